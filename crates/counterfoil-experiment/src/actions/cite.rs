//! Whom a run builds on: the works behind the method, the schedule, the loss, the sampler and the data that its config
//! names; and, for use by themselves, the works behind each part of the diffusion library.

mod works;

use counterfoil_autoencoder::{Decoder, config::ScheduleKind};
use counterfoil_diffusion::{
    BetaKind, Choice, Prediction, Spacing,
    inversion::Method,
    training::{LossWeight, TimeSampling},
};

use crate::config::{Config, DataKind};

const CAUSAL_DIFF_AE: &str = "@inproceedings{komanduri2024causaldiffae,
  title     = {Causal Diffusion Autoencoders: Toward Counterfactual Generation via Diffusion Probabilistic Models},
  author    = {Komanduri, Aneesh and Zhao, Chen and Chen, Feng and Wu, Xintao},
  booktitle = {European Conference on Artificial Intelligence (ECAI)},
  year      = {2024},
  note      = {arXiv:2404.17735}
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

/// BibTeX entries of the works that a run with this config builds on, the method first and none twice.
pub fn bibtex(config: &Config) -> Vec<&'static str> {
    let sections = config.sections();
    let mut entries = vec![CAUSAL_DIFF_AE];
    match sections.model.decoder {
        Decoder::Diffusion => entries.extend(diffusion(config)),
        Decoder::Corrective => {
            entries.push(works::CORRECTIVE);
            entries.extend(diffusion(config));
        }
        Decoder::Direct => entries.push(works::CAUSAL_VAE),
        Decoder::Hierarchical => entries.extend([works::HIERARCHICAL, works::VERY_DEEP]),
    }
    entries.push(STRUCTURAL_MODEL);
    if sections.data.kind == DataKind::MorphoMnist {
        entries.push(MORPHO_MNIST);
    }
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| seen.insert(*entry));
    entries
}

/// The works behind a diffusion decoder and its sampler.
fn diffusion(config: &Config) -> Vec<&'static str> {
    let sections = config.sections();
    let (model, objective) = (&sections.model, &sections.objective);
    let counterfactual = &sections.counterfactual;
    let mut entries = schedule(match model.schedule {
        ScheduleKind::Cosine => BetaKind::COSINE,
        ScheduleKind::Linear => BetaKind::DDPM,
    });
    entries.extend(prediction(model.prediction));
    entries.extend(loss_weight(objective.loss_weight));
    entries.extend(times(objective.times));
    // Every sampler of a counterfactual integrates the deterministic flow that DDIM introduced.
    entries.push(works::DDIM);
    entries.extend(method(counterfactual.method));
    entries.extend(spacing(counterfactual.spacing));
    if counterfactual.guidance != 1.0 {
        entries.push(works::GUIDANCE);
    }
    if counterfactual.anticausal != 0.0 {
        entries.extend([works::DIFF_SCM, works::CLASSIFIER]);
    }
    entries
}

/// The works behind a noise schedule.
pub fn schedule(kind: BetaKind) -> Vec<&'static str> {
    match kind {
        BetaKind::ScaledLinear { .. } => vec![works::LATENT_DIFFUSION],
        BetaKind::Cosine { .. } => vec![works::COSINE],
        BetaKind::Sqrt { .. } => vec![works::DIFFUSION_LM],
        BetaKind::SigmoidBetas { .. } => vec![works::GEODIFF],
        BetaKind::SigmoidAlphaBar { .. } => vec![works::SIGMOID],
        BetaKind::Laplace { .. } | BetaKind::LaplaceCompat { .. } => vec![works::LAPLACE],
        // Betas along a line, and what has no work of its own.
        _ => vec![works::DDPM],
    }
}

/// The works behind what a network predicts.
pub fn prediction(prediction: Prediction) -> Vec<&'static str> {
    match prediction {
        Prediction::V => vec![works::VELOCITY],
        Prediction::Flow => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        Prediction::Edm { .. } => vec![works::EDM],
        _ => vec![works::DDPM],
    }
}

/// The works behind a weight of the loss over noise levels; none for the plain mean.
pub fn loss_weight(weight: LossWeight) -> Vec<&'static str> {
    match weight {
        LossWeight::MinSnr { .. } => vec![works::MIN_SNR],
        LossWeight::P2 { .. } => vec![works::P2],
        LossWeight::Edm { .. } => vec![works::EDM],
        _ => vec![],
    }
}

/// The works behind the draws of noise levels; none for independent ones.
pub fn times(times: TimeSampling) -> Vec<&'static str> {
    match times {
        TimeSampling::Stratified | TimeSampling::Lattice => vec![works::VARIATIONAL],
        TimeSampling::Antithetic => vec![works::DDIM],
        _ => vec![],
    }
}

/// The works behind a spacing of levels; none where none is known.
pub fn spacing(spacing: Spacing) -> Vec<&'static str> {
    match spacing {
        Spacing::Leading { .. } | Spacing::Quadratic => vec![works::DDIM],
        Spacing::Trailing => vec![works::FLAWED],
        Spacing::BetaQuantile { .. } => vec![works::BETA_SAMPLING],
        Spacing::LogSnr => vec![works::DPM_SOLVER],
        Spacing::Karras { .. } => vec![works::EDM],
        Spacing::PolyExponential { .. } => vec![works::K_DIFFUSION],
        Spacing::Flow { .. } => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        _ => vec![],
    }
}

/// The works behind a method of abduction, DDIM's included; the frame of a coordinate counts as a work behind it.
pub fn method(method: Method) -> Vec<&'static str> {
    let mut works = vec![works::DDIM];
    works.extend(match method {
        // The velocity is their slope, and the angle their coordinate.
        Method::Leapfrog | Method::AdamsBashforth => vec![works::VELOCITY],
        Method::FlowAdams => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        Method::DpmSolver2M => vec![works::DPM_SOLVER_PP],
        Method::OBelm => vec![works::BELM],
        Method::OBelmAngle => vec![works::BELM, works::VELOCITY],
        Method::Bdia => vec![works::BDIA],
        Method::Edict => vec![works::EDICT],
        Method::FixedPoint => vec![works::AIDI],
        Method::EditFriendly => vec![works::EDIT_FRIENDLY],
        Method::CoupledHeun | Method::CoupledRk4 => vec![works::REVERSIBLE, works::REX],
        _ => vec![],
    });
    works
}

/// The works behind a sampler.
pub fn sampler(choice: &Choice) -> Vec<&'static str> {
    match choice {
        Choice::Ddpm(_) => vec![works::DDPM],
        Choice::Euler(_) | Choice::Heun(_) => vec![works::EDM],
        Choice::FlowHeun(_) | Choice::FlowAdams(_) => {
            vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW]
        }
        Choice::DpmMultistep(_) | Choice::DpmSinglestep(_) => vec![works::DPM_SOLVER_PP],
        Choice::UniPc(_) => vec![works::UNIPC],
        Choice::Deis(_) => vec![works::DEIS],
        Choice::EulerAncestral(_) | Choice::Lms(_) => vec![works::K_DIFFUSION],
        Choice::Pndm(_) => vec![works::PNDM],
        Choice::AdamsBashforth(_) | Choice::Leapfrog(_) => vec![works::DDIM, works::VELOCITY],
        Choice::Lcm(_) => vec![works::LCM],
        _ => vec![works::DDIM],
    }
}

/// The works behind each kind of guidance, by its name: `classifier-free`, `rescaled`, `interval`, `projected`,
/// `decoupled`, `classifier`.
pub fn guidance() -> [(&'static str, &'static str); 6] {
    [
        ("classifier-free", works::GUIDANCE),
        ("rescaled", works::FLAWED),
        ("interval", works::INTERVAL),
        ("projected", works::PROJECTED),
        ("decoupled", works::DECOUPLED),
        ("classifier", works::CLASSIFIER),
    ]
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
        bibtex(&config).into_iter().map(|entry| key(entry).to_owned()).collect()
    }

    fn key(entry: &str) -> &str {
        &entry[entry.find('{').unwrap() + 1..entry.find(',').unwrap()]
    }

    #[test]
    fn a_run_cites_what_its_config_names() {
        let has = |set: &[&str], key: &str| keys(set).iter().any(|k| k == key);
        assert_eq!(keys(&[])[0], "komanduri2024causaldiffae");
        assert!(has(&[], "nichol2021improved") && !has(&[], "ho2020ddpm"));
        assert!(has(&[], "song2021ddim") && has(&[], "kingma2021vdm"));
        let linear = ["model.schedule=linear"];
        assert!(has(&linear, "ho2020ddpm") && !has(&linear, "nichol2021improved"));
        for (set, key) in [
            ("counterfactual.method=dpm-solver-2m", "lu2022dpmsolverpp"),
            ("counterfactual.method=o-belm-angle", "wang2024belm"),
            ("counterfactual.method=bdia", "zhang2024bdia"),
            ("counterfactual.method=edict", "wallace2023edict"),
            ("counterfactual.method=fixed-point", "pan2023aidi"),
            ("counterfactual.method=edit-friendly", "huberman2024edit"),
            ("counterfactual.method=coupled-rk4", "blasingame2025rex"),
            ("counterfactual.method=flow-adams", "lipman2023flow"),
            ("counterfactual.guidance=2.0", "ho2022guidance"),
            ("counterfactual.anticausal=1.0", "dhariwal2021beat"),
            ("method=diff-scm", "sanchez2022diffscm"),
            ("counterfactual.spacing=log-snr", "lu2022dpmsolver"),
            ("objective.loss_weight={ min-snr = { gamma = 5.0 } }", "hang2023minsnr"),
            ("objective.loss_weight={ p2 = { k = 1.0, gamma = 1.0 } }", "choi2022p2"),
        ] {
            assert!(!has(&[], key) && has(&[set], key), "{set}");
        }
        assert!(!has(&["objective.times=uniform"], "kingma2021vdm"));
        // A decoder of one pass has no sampler to cite.
        for (method, key) in
            [("method=causal-vae", "yang2021causalvae"), ("method=hvae", "ribeiro2023highfidelity")]
        {
            assert!(!has(&[], key) && has(&[method], key), "{method}");
            assert!(!has(&[method], "song2021ddim") && has(&[method], "pawlowski2020dscm"));
        }
        let all = keys(&["model.prediction=v", "counterfactual.method=adams-bashforth"]);
        let different: std::collections::BTreeSet<&String> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
    }

    /// Every entry is whole, and a key has one entry; every sampler by name has a work.
    #[test]
    fn entries_are_closed() {
        let all = everything();
        assert!(all.len() > 60);
        let mut of_key = std::collections::BTreeMap::new();
        for entry in all {
            assert!(entry.starts_with('@') && entry.ends_with("\n}"), "{entry}");
            assert_eq!(entry.matches('{').count(), entry.matches('}').count(), "{entry}");
            assert_eq!(*of_key.entry(key(entry)).or_insert(entry), entry);
        }
        assert!(of_key.len() > 30, "{}", of_key.len());
    }

    fn everything() -> Vec<&'static str> {
        let mut all = vec![CAUSAL_DIFF_AE, STRUCTURAL_MODEL, MORPHO_MNIST];
        all.extend([works::CAUSAL_VAE, works::HIERARCHICAL, works::VERY_DEEP]);
        let named = Choice::named();
        for (name, choice) in &named {
            assert!(!sampler(choice).is_empty(), "{name}");
            all.extend(sampler(choice));
        }
        let names = r#"["leapfrog","adams-bashforth","flow-adams","dpm-solver-2m","ddim","o-belm","o-belm-angle","bdia",
            "edict","fixed-point","edit-friendly","coupled-heun","coupled-rk4"]"#;
        let methods: Vec<Method> = serde_json::from_str(names).unwrap();
        all.extend(methods.into_iter().flat_map(method));
        let kinds = [
            BetaKind::DDPM,
            BetaKind::STABLE_DIFFUSION,
            BetaKind::COSINE,
            BetaKind::SQRT,
            BetaKind::SIGMOID_BETAS,
            BetaKind::SIGMOID_ALPHA_BAR,
            BetaKind::EXPONENTIAL,
            BetaKind::LAPLACE,
        ];
        all.extend(kinds.into_iter().flat_map(schedule));
        let weights = [
            LossWeight::MinSnr { gamma: 5.0 },
            LossWeight::P2 { k: 1.0, gamma: 1.0 },
            LossWeight::Edm { sigma_data: 0.5 },
        ];
        all.extend(weights.into_iter().flat_map(loss_weight));
        all.extend(
            [Prediction::Eps, Prediction::V, Prediction::Flow].into_iter().flat_map(prediction),
        );
        all.extend(
            [Spacing::Trailing, Spacing::BETA, Spacing::LogSnr].into_iter().flat_map(spacing),
        );
        all.extend([TimeSampling::Lattice, TimeSampling::Antithetic].into_iter().flat_map(times));
        all.extend(guidance().map(|(_, work)| work));
        all.push(works::DIFF_SCM);
        all
    }
}
