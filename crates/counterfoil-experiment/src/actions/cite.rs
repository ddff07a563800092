//! Whom a run builds on: the works behind the method, the sampler, the schedule and the data that its config names.

use counterfoil_autoencoder::config::ScheduleKind;
use counterfoil_diffusion::{Prediction, inversion::Method};

use crate::config::{Config, DataKind};

const CAUSAL_DIFF_AE: &str = "@inproceedings{komanduri2024causaldiffae,
  title     = {Causal Diffusion Autoencoders: Toward Counterfactual Generation via Diffusion Probabilistic Models},
  author    = {Komanduri, Aneesh and Zhao, Chen and Chen, Feng and Wu, Xintao},
  booktitle = {European Conference on Artificial Intelligence (ECAI)},
  year      = {2024},
  note      = {arXiv:2404.17735}
}";

const DDPM: &str = "@inproceedings{ho2020ddpm,
  title     = {Denoising Diffusion Probabilistic Models},
  author    = {Ho, Jonathan and Jain, Ajay and Abbeel, Pieter},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2020},
  note      = {arXiv:2006.11239}
}";

const COSINE: &str = "@inproceedings{nichol2021improved,
  title     = {Improved Denoising Diffusion Probabilistic Models},
  author    = {Nichol, Alexander Quinn and Dhariwal, Prafulla},
  booktitle = {International Conference on Machine Learning (ICML)},
  year      = {2021},
  note      = {arXiv:2102.09672}
}";

const DDIM: &str = "@inproceedings{song2021ddim,
  title     = {Denoising Diffusion Implicit Models},
  author    = {Song, Jiaming and Meng, Chenlin and Ermon, Stefano},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2021},
  note      = {arXiv:2010.02502}
}";

const DPM_SOLVER: &str = "@article{lu2022dpmsolverpp,
  title   = {{DPM-Solver++}: Fast Solver for Guided Sampling of Diffusion Probabilistic Models},
  author  = {Lu, Cheng and Zhou, Yuhao and Bao, Fan and Chen, Jianfei and Li, Chongxuan and Zhu, Jun},
  journal = {arXiv preprint arXiv:2211.01095},
  year    = {2022}
}";

const VELOCITY: &str = "@inproceedings{salimans2022progressive,
  title     = {Progressive Distillation for Fast Sampling of Diffusion Models},
  author    = {Salimans, Tim and Ho, Jonathan},
  booktitle = {International Conference on Learning Representations (ICLR)},
  year      = {2022},
  note      = {arXiv:2202.00512}
}";

const GUIDANCE: &str = "@article{ho2022guidance,
  title   = {Classifier-Free Diffusion Guidance},
  author  = {Ho, Jonathan and Salimans, Tim},
  journal = {arXiv preprint arXiv:2207.12598},
  year    = {2022}
}";

const STRUCTURAL_MODEL: &str = "@inproceedings{pawlowski2020dscm,
  title     = {Deep Structural Causal Models for Tractable Counterfactual Inference},
  author    = {Pawlowski, Nick and Castro, Daniel C. and Glocker, Ben},
  booktitle = {Advances in Neural Information Processing Systems (NeurIPS)},
  year      = {2020},
  note      = {arXiv:2006.06485}
}";

const MORPHO_MNIST: &str = "@article{castro2019morphomnist,
  title   = {{Morpho-MNIST}: Quantitative Assessment and Diagnostics for Representation Learning},
  author  = {Castro, Daniel C. and Tan, Jeremy and Kainz, Bernhard and Konukoglu, Ender and Glocker, Ben},
  journal = {Journal of Machine Learning Research},
  volume  = {20},
  number  = {178},
  year    = {2019}
}";

/// BibTeX entries of the works that a run with this config builds on, the method first.
pub fn bibtex(config: &Config) -> Vec<&'static str> {
    let sections = config.sections();
    let mut entries = vec![CAUSAL_DIFF_AE];
    entries.push(match sections.model.schedule {
        ScheduleKind::Cosine => COSINE,
        ScheduleKind::Linear => DDPM,
    });
    // Every sampler here integrates the deterministic flow that DDIM introduced.
    entries.push(DDIM);
    if sections.counterfactual.method == Method::DpmSolver2M {
        entries.push(DPM_SOLVER);
    }
    // The velocity is a target of training, and the frame that Adams-Bashforth turns in.
    let turns = sections.counterfactual.method == Method::AdamsBashforth;
    if sections.model.prediction == Prediction::V || turns {
        entries.push(VELOCITY);
    }
    if sections.counterfactual.guidance != 1.0 {
        entries.push(GUIDANCE);
    }
    entries.push(STRUCTURAL_MODEL);
    if sections.data.kind == DataKind::MorphoMnist {
        entries.push(MORPHO_MNIST);
    }
    entries
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;

    /// The entries' keys for the published experiment under overrides.
    fn keys(set: &[&str]) -> Vec<String> {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/digits.toml");
        let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
        let config = Config::load(&file, None, &set).unwrap();
        let key =
            |entry: &&str| entry[entry.find('{').unwrap() + 1..entry.find(',').unwrap()].into();
        bibtex(&config).iter().map(key).collect()
    }

    #[test]
    fn a_run_cites_what_its_config_names() {
        let has = |set: &[&str], key: &str| keys(set).iter().any(|k| k == key);
        assert_eq!(keys(&[])[0], "komanduri2024causaldiffae");
        assert!(has(&[], "nichol2021improved") && !has(&[], "ho2020ddpm"));
        let linear = ["model.schedule=linear"];
        assert!(has(&linear, "ho2020ddpm") && !has(&linear, "nichol2021improved"));
        assert!(!has(&[], "lu2022dpmsolverpp"));
        assert!(has(&["counterfactual.method=dpm-solver-2m"], "lu2022dpmsolverpp"));
        assert!(
            !has(&[], "ho2022guidance") && has(&["counterfactual.guidance=2.0"], "ho2022guidance")
        );
    }

    #[test]
    fn entries_are_closed() {
        for entry in bibtex_all() {
            assert!(entry.starts_with('@') && entry.ends_with("\n}"), "{entry}");
            assert_eq!(entry.matches('{').count(), entry.matches('}').count(), "{entry}");
        }
    }

    fn bibtex_all() -> [&'static str; 9] {
        [
            CAUSAL_DIFF_AE,
            DDPM,
            COSINE,
            DDIM,
            DPM_SOLVER,
            VELOCITY,
            GUIDANCE,
            STRUCTURAL_MODEL,
            MORPHO_MNIST,
        ]
    }
}
