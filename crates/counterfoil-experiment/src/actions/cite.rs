//! Whom a run builds on: the works behind what its config names (data, networks, mechanisms, schedule, loss, sampler,
//! optimiser) and behind the figures that its summary holds.
//!
//! What counts as a use stands in two tables, `parts` for the config and `measures` for the summary, and for the kinds of the
//! diffusion library in [`diffusion`].

pub mod diffusion;
#[macro_use]
mod entry;
mod measures;
mod parts;
mod works;

use counterfoil_autoencoder::Decoder;
use serde_json::Value;

use crate::{
    config::Config,
    error::Result,
    evaluate::SUMMARY_FILE,
    run_dir::{RunDir, read_json},
};

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

/// BibTeX entries of the works that a run builds on, by its config and, once it was evaluated, its summary.
///
/// # Errors
/// When the config cannot be read, or there is a summary that cannot be understood.
pub fn of_run(run: &RunDir) -> Result<Vec<&'static str>> {
    let config = run.config()?;
    let file = run.file(SUMMARY_FILE);
    let summary: Option<Value> = if file.is_file() { Some(read_json(&file)?) } else { None };
    Ok(bibtex(&config, summary.as_ref()))
}

/// BibTeX entries of the works that a run with this config builds on, and of those behind the figures that it was found to
/// have: the method first and none twice.
pub fn bibtex(config: &Config, summary: Option<&Value>) -> Vec<&'static str> {
    let sections = config.sections();
    let mut entries = vec![CAUSAL_DIFF_AE];
    match sections.model.decoder {
        Decoder::Diffusion => entries.extend(diffusion::of(sections)),
        Decoder::Corrective => {
            entries.push(works::CORRECTIVE);
            entries.extend(diffusion::of(sections));
        }
        Decoder::Direct => entries.push(works::CAUSAL_VAE),
        Decoder::Hierarchical => entries.extend([works::HIERARCHICAL, works::VERY_DEEP]),
    }
    entries.push(STRUCTURAL_MODEL);
    entries.extend(parts::of(sections));
    entries.extend(summary.into_iter().flat_map(measures::of));
    let mut seen = std::collections::BTreeSet::new();
    entries.retain(|entry| seen.insert(*entry));
    entries
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use counterfoil_diffusion::{
        BetaKind, Choice, Prediction, Spacing,
        inversion::Method,
        training::{LossWeight, TimeSampling},
    };

    use super::{
        diffusion::{guidance, loss_weight, method, prediction, sampler, schedule, spacing, times},
        *,
    };

    fn config(experiment: &str, set: &[&str]) -> Config {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
        let set: Vec<String> = set.iter().map(|s| (*s).to_owned()).collect();
        Config::load(&folder.join(experiment).with_extension("toml"), None, &set).unwrap()
    }

    fn keys_of(config: &Config) -> Vec<&'static str> {
        bibtex(config, None).into_iter().map(key).collect()
    }

    /// The entries' keys for the published experiment under overrides.
    fn keys(set: &[&str]) -> Vec<&'static str> {
        keys_of(&config("digits", set))
    }

    fn key(entry: &str) -> &str {
        &entry[entry.find('{').unwrap() + 1..entry.find(',').unwrap()]
    }

    #[test]
    fn a_run_cites_what_its_config_names() {
        let has = |set: &[&str], key: &str| keys(set).contains(&key);
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
            ("counterfactual.guidance=2.0", "xia2025decoupled"),
            ("model.predictor=[8]", "sanchez2022diffscm"),
            ("method=diff-scm", "sanchez2022diffscm"),
            ("method=diffae", "preechakul2022diffae"),
            ("training.checkpoint_activations=true", "chen2016sublinear"),
            ("objective.cycles=4", "fu2019cyclical"),
            ("counterfactual.spacing=log-snr", "lu2022dpmsolver"),
            ("objective.loss_weight={ min-snr = { gamma = 5.0 } }", "hang2023minsnr"),
            ("objective.loss_weight={ p2 = { k = 1.0, gamma = 1.0 } }", "choi2022p2"),
        ] {
            assert!(!has(&[], key) && has(&[set], key), "{set}");
        }
        for (set, key) in [
            ("objective.times=uniform", "kingma2021vdm"),
            ("model.mechanism=additive", "durkan2019splines"),
            ("model.mechanism_activation=leaky-relu", "hendrycks2016gelu"),
            ("training.clip=inf", "pascanu2013difficulty"),
            ("training.warmup_steps=0", "goyal2017minibatch"),
            ("training.ema_decay=0.0", "polyak1992averaging"),
            ("training.precision=f32", "kalamkar2019bfloat16"),
            ("method=hvae", "ronneberger2015unet"),
        ] {
            assert!(has(&[], key) && !has(&[set], key), "{set}");
        }
        for always in ["pearl2009causality", "loshchilov2019adamw", "wu2018groupnorm"] {
            assert!(has(&[], always), "{always}");
        }
        // A decoder of one pass has no sampler to cite.
        for (method, key) in
            [("method=causal-vae", "yang2021causalvae"), ("method=hvae", "ribeiro2023highfidelity")]
        {
            assert!(!has(&[], key) && has(&[method], key), "{method}");
            assert!(!has(&[method], "song2021ddim") && has(&[method], "pawlowski2020dscm"));
        }
        let all = keys(&["model.prediction=v", "counterfactual.method=adams-bashforth"]);
        let different: std::collections::BTreeSet<&&str> = all.iter().collect();
        assert_eq!(different.len(), all.len(), "{all:?}");
    }

    #[test]
    fn a_run_cites_whose_data_it_has() {
        let works = ["yang2021causalvae", "brehmer2022weakly", "castro2019morphomnist"];
        for (experiment, cited) in [
            ("digits", Some("castro2019morphomnist")),
            ("digits-slant", Some("castro2019morphomnist")),
            ("pendulum", Some("yang2021causalvae")),
            ("flow", Some("yang2021causalvae")),
            ("circuit", Some("brehmer2022weakly")),
            ("gaussian", None),
        ] {
            let keys = keys_of(&config(experiment, &[]));
            let found: Vec<&str> = works.into_iter().filter(|work| keys.contains(work)).collect();
            assert_eq!(found, cited.as_slice(), "{experiment}");
        }
        let files = config("morphomnist", &["data.dir=anywhere"]);
        assert!(keys_of(&files).contains(&"castro2019morphomnist"));
    }

    /// What a summary lacks, or holds as nothing or an empty table, was not measured.
    #[test]
    fn a_summary_adds_the_works_behind_its_figures() {
        let config = config("digits", &[]);
        let added = |summary: &str| -> Vec<&str> {
            let summary: Value = serde_json::from_str(summary).unwrap();
            let before = bibtex(&config, None);
            let all = bibtex(&config, Some(&summary));
            assert_eq!(all[..before.len()], before);
            all[before.len()..].iter().copied().map(key).collect()
        };
        for empty in ["{}", r#"{"image_error": null, "minimality": {}, "identification": []}"#] {
            assert!(added(empty).is_empty(), "{empty}");
        }
        assert_eq!(added(r#"{"composition_1": 0.1}"#), ["monteiro2023axioms"]);
        assert_eq!(added(r#"{"image_error": {"ssim": 0.5, "by": {}}}"#), ["wang2004ssim"]);
        let scores =
            r#"{"disentanglement": {"mcc": 1, "sap": 1, "mig": null, "irs": 0, "mic": 1}}"#;
        let keys = "hyvarinen2016tcl khemakhem2020ivae kumar2018sap suter2019irs reshef2011mic reshef2016equitably";
        assert_eq!(added(scores).join(" "), keys);
    }

    /// A published summary has every figure that was measured then, under the names that the table knows.
    #[test]
    fn the_table_of_figures_knows_a_summary() {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results");
        let mut summary: Value = read_json(&results.join("quick/digits-s0.json")).unwrap();
        let found: Vec<&str> = measures::of(&summary).map(key).collect();
        for key in
            ["monteiro2023axioms", "castro2019morphomnist", "wang2004ssim", "efron1979bootstrap"]
        {
            assert!(found.contains(&key), "{key} is not among {found:?}");
        }
        summary["image_error"] = Value::Null;
        assert!(measures::of(&summary).all(|entry| key(entry) != "wang2004ssim"));
    }

    /// Every entry is whole, and a key has one entry; every sampler by name has a work.
    #[test]
    fn entries_are_closed() {
        let all = everything();
        assert!(all.len() > 100);
        let mut of_key = std::collections::BTreeMap::new();
        for entry in all {
            assert!(entry.starts_with('@') && entry.ends_with("\n}"), "{entry}");
            assert_eq!(entry.matches('{').count(), entry.matches('}').count(), "{entry}");
            assert_eq!(*of_key.entry(key(entry)).or_insert(entry), entry);
        }
        assert!(of_key.len() > 80, "{}", of_key.len());
    }

    fn everything() -> Vec<&'static str> {
        let mut all = vec![CAUSAL_DIFF_AE, STRUCTURAL_MODEL, MORPHO_MNIST];
        all.extend(parts::RULES.iter().flat_map(|(_, works)| *works));
        all.extend(measures::MEASURES.iter().flat_map(|(_, works)| *works));
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
        all
    }
}
