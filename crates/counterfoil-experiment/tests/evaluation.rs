//! A small model is trained and evaluated: every promised figure is there, finite, and the same the second time.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

use std::{
    path::Path,
    sync::atomic::{AtomicBool, Ordering},
};

use counterfoil_autoencoder::Procedure;
use counterfoil_experiment::{
    ExperimentError,
    config::Config,
    data::Data,
    evaluate::{Gallery, Options, SUMMARY_FILE, Summary, evaluate, prepare::Prepared},
    progress::{Reporter, Silent},
    run_dir::{Origin, RunDir, read_json},
    train::train,
    trained::{Trained, Which},
};
use counterfoil_metrics::statistics::spearman;
use serde_json::Value;
use tch::{Device, Kind, Tensor};

struct Bench {
    _folder: tempfile::TempDir,
    config: Config,
    data: Data,
    run: RunDir,
}

impl Bench {
    /// The smoke preset of the digits, made smaller still, and trained.
    fn new(more: &[&str]) -> Self {
        Self::of("digits", more)
    }

    /// The same of another experiment.
    fn of(experiment: &str, more: &[&str]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let experiments = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments");
        let file = experiments.join(format!("{experiment}.toml"));
        let small = [
            "training.steps=20",
            "training.warmup_steps=2",
            "counterfactual.steps=3",
            "evaluation.images=24",
            "evaluation.tenfold_images=4",
            "evaluation.batch=16",
            "evaluation.resamples=50",
            "evaluation.oracle.steps=20",
        ];
        let set: Vec<String> = small.iter().chain(more).map(|&s| s.to_owned()).collect();
        let config = Config::load(&file, Some("smoke"), &set).unwrap();
        let data = Data::load(&config).unwrap();
        let run = RunDir::create(folder.path(), &config, &data, Origin::default()).unwrap();
        train(&run, &config, &data, &mut Silent, &AtomicBool::new(false)).unwrap();
        Self { _folder: folder, config, data, run }
    }

    fn evaluate(
        &self,
        options: Options,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<Summary, ExperimentError> {
        let trained = Trained::load(&self.run, &self.config, Which::Latest, Device::Cpu).unwrap();
        evaluate(&self.run, &self.config, &self.data, trained, options, reporter, interrupt)
    }

    fn summary(&self, options: Options) -> Summary {
        self.evaluate(options, &mut Silent, &AtomicBool::new(false)).unwrap()
    }
}

/// Counts what is told and interrupts after some passes.
struct StopAfter<'a> {
    passes: u64,
    flag: &'a AtomicBool,
}

impl Reporter for StopAfter<'_> {
    fn begin(&mut self, _: &str, _: u64, _: u64) {}
    fn advance(&mut self, done: u64, detail: &str) {
        if done == self.passes && detail.contains("thickness") {
            self.flag.store(true, Ordering::Relaxed);
        }
    }
    fn note(&mut self, _: &str) {}
    fn end(&mut self) {}
}

/// Notes that were told.
#[derive(Default)]
struct Notes(Vec<String>);

impl Reporter for Notes {
    fn begin(&mut self, _: &str, _: u64, _: u64) {}
    fn advance(&mut self, _: u64, _: &str) {}
    fn note(&mut self, text: &str) {
        self.0.push(text.to_owned());
    }
    fn end(&mut self) {}
}

/// Exact: what an evaluation kept is what preparing anew gives, and is not used where it does not fit.
fn what_was_prepared_is_kept(bench: &Bench) {
    let load = || Trained::load(&bench.run, &bench.config, Which::Latest, Device::Cpu).unwrap();
    let open = || {
        let mut notes = Notes::default();
        let (run, config, data) = (&bench.run, &bench.config, &bench.data);
        let prepared = Prepared::kept_or_new(run, config, data, load(), &mut notes).unwrap();
        (prepared, notes.0.len())
    };
    let fresh = Prepared::new(&bench.config, &bench.data, load()).unwrap();
    let check = |found: &Prepared| {
        assert_eq!(found.calibration, fresh.calibration);
        let states = found.trained.weights.state().into_iter().zip(fresh.trained.weights.state());
        for ((name, mine), (_, theirs)) in states {
            assert!(mine.equal(&theirs), "{name}");
        }
    };
    let (kept, told) = open();
    check(&kept);
    assert_eq!(told, 0, "nothing had to be fitted");

    let file = bench.run.file("statistics.safetensors");
    let whole = fs_err::read(&file).unwrap();
    let mut damaged = whole.clone();
    *damaged.last_mut().unwrap() ^= 1;
    for wrong in [damaged, whole[..9].to_vec()] {
        put(&file, &wrong);
        let (anew, told) = open();
        check(&anew);
        assert_eq!(told, 1, "what does not fit is fitted again");
    }
    put(&file, &whole);
}

/// Exact: the figure is that of the exogenous code u, read anew, with the noise that the world draws.
fn noise_is_read_off_the_exogenous_code(bench: &Bench, summary: &Summary) {
    let trained = Trained::load(&bench.run, &bench.config, Which::Latest, Device::Cpu).unwrap();
    let prepared = Prepared::new(&bench.config, &bench.data, trained).unwrap();
    let (weights, dataset) = (prepared.exact_weights(), bench.data.dataset());
    let items = &bench.data.split().test;
    let images = bench.data.batch(items, Device::Cpu).unwrap().images;
    let batch = bench.config.evaluation().batch;
    let procedure = Procedure { batch, ..bench.config.sections().counterfactual };
    let counterfactuals = prepared.counterfactuals(&weights, procedure).unwrap();
    let (u, z) = counterfactuals.encode(&images).unwrap();
    let blocks = prepared.trained.model.architecture().blocks();
    let noise: Vec<f64> =
        items.iter().map(|item| dataset.exogenous(*item).unwrap().unwrap().noise[1]).collect();
    let of = |codes: &Tensor| {
        let block = blocks.get(1).of(codes).mean_dim(1, false, None).to_kind(Kind::Double);
        spearman(&Vec::<f64>::try_from(block).unwrap(), &noise).unwrap()
    };
    let found = &summary.abduction["intensity"];
    assert_eq!(summary.abduction.len(), 1, "thickness has no causes");
    assert!((found.correlation - of(&u)).abs() < 1e-9, "{found:?} {}", of(&u));
    assert!((found.correlation - of(&z)).abs() > 1e-3, "latents are not their noise");
    assert_eq!(found.images, items.len());
    let [low, high] = found.ci95;
    assert!(low <= found.correlation && found.correlation <= high, "{found:?}");
}

fn put(file: &Path, bytes: &[u8]) {
    std::io::Write::write_all(&mut fs_err::File::create(file).unwrap(), bytes).unwrap();
}

/// Every key that the run directory's contract names.
#[test]
fn a_summary_holds_every_promised_figure() {
    let bench = Bench::new(&[]);
    let summary = bench.summary(Options::default());
    let written: Value = read_json(&bench.run.file(SUMMARY_FILE)).unwrap();
    assert_eq!(written, serde_json::to_value(&summary).unwrap());
    let at = |path: &str| {
        let found = path.split('/').try_fold(&written, |value, key| value.get(key));
        found.unwrap_or_else(|| panic!("{path} is missing"))
    };
    let plain = [
        "schema",
        "seed",
        "steps",
        "eval_n",
        "wall_s",
        "peak_rss_mib",
        "abduction_slope",
        "composition_1",
        "composition_10",
        "reversibility_1",
        "reversibility_10",
        "parameters",
        "following/thickness/calibration_error",
        "following/intensity/slope",
        "following/intensity/monotonicity",
        "following/intensity/code_share",
        "resemblance/distance",
        "resemblance/leave_as_is",
        "image_error/psnr",
        "image_error/mae",
        "image_error/leave_as_is",
        "image_error/share",
        "image_error/ssim",
        "image_error/by/thickness/share",
        "image_error/by/intensity/share",
        "image_error/by/thickness+intensity/share",
        "drift/intensity/thickness/mae",
        "drift/intensity/thickness/share",
        "drift/intensity_extrapolated/thickness/mae",
        "identity_kept/thickness/abducted",
        "identity_kept/thickness/fresh",
        "identity_kept/intensity/abducted",
        "identity_kept/intensity/fresh",
        "composition_references/mean_image",
        "composition_references/other_image",
        "null_intervention/thickness",
        "null_intervention/intensity",
        "reversibility/intensity",
        "latent_reading/thickness/mae",
        "latent_reading/intensity/mae",
        "minimality/thickness/cld",
        "minimality/intensity/of_truth",
        "disentanglement/sap",
        "disentanglement/mig",
        "disentanglement/irs",
        "disentanglement/mic",
        "disentanglement/mic_other",
        "disentanglement/tic",
        "disentanglement/tic_other",
        "disentanglement/mcc_by_block",
        "disentanglement/of_labels/mic_other",
        "abduction/intensity/without_mechanism",
        "leakage/unlabelled/thickness/r2",
        "leakage/unlabelled/intensity/mutual_information",
        "leakage/noise/thickness/r2",
        "leakage/noise/intensity/mutual_information",
        "judges/mae/thickness",
        "judges/mae/intensity",
        "judges/class_accuracy",
        "effectiveness/thickness/intensity/ignores_u/share",
        "effectiveness/thickness/intensity/redraws_u/share",
        "effectiveness/thickness/intensity/latent/share",
    ];
    for path in plain {
        assert!(at(path).is_number(), "{path}: {}", at(path));
    }
    for deed in ["thickness", "intensity", "intensity_extrapolated", "thickness+intensity"] {
        for measured in ["thickness", "intensity"] {
            for figure in ["mae", "leave_as_is", "oracle_mae"] {
                assert!(at(&format!("effectiveness/{deed}/{measured}/{figure}")).is_number());
            }
            let ends = at(&format!("effectiveness/{deed}/{measured}/ci95"));
            assert!(ends[0].as_f64().unwrap() <= ends[1].as_f64().unwrap());
            assert!(at(&format!("effectiveness/{deed}/{measured}/unit")).is_string());
        }
    }
    assert_eq!(at("experiment"), "digits");
    assert_eq!(at("stopped_by"), "steps");
    // What an intervention does not concern has no share of leaving the image as it is.
    assert!(at("effectiveness/intensity/thickness/share").is_null());
    assert!(at("effectiveness/thickness/thickness/share").is_number());
    assert!(summary.interaction.is_empty(), "nothing follows from both");
    let each = ["composition_1", "composition_10", "abduction_slope", "reversibility_10"];
    for name in each {
        let [low, high] = summary.intervals[name];
        assert!(low <= high, "{name}");
    }
    let scores = summary.disentanglement.as_ref().unwrap();
    for name in ["disentanglement", "completeness", "mcc"] {
        let [low, high] = scores.intervals[name];
        assert!(low <= high && low >= 0.0 && high <= 1.0, "{name}");
    }
    let [low, high] = scores.intervals["mcc"];
    assert!(low <= scores.mcc && scores.mcc <= high);
    let found = summary.resemblance.unwrap();
    assert!(found.of_truth && found.distance > 0.0 && found.leave_as_is > 0.0, "{found:?}");
    // Ten journeys are not one.
    assert_ne!(summary.reversibility_10, summary.reversibility_1);
    assert_eq!(serde_json::from_value::<Summary>(written).unwrap(), summary);

    let gallery: Gallery = read_json(&bench.run.file("samples/gallery.json")).unwrap();
    let headings: Vec<&str> =
        gallery.grid[0].tiles.iter().map(|tile| tile.heading.as_str()).collect();
    let expected = [
        "factual",
        "reconstruction",
        "do(thickness)",
        "truth",
        "difference",
        "do(intensity)",
        "truth",
        "difference",
        "do(thickness, intensity)",
        "truth",
        "difference",
    ];
    assert_eq!(headings, expected);
    assert_eq!(gallery.sweeps.len(), 2);
    for file in ["grid.png", "sweep-thickness.png", "sweep-intensity.png"] {
        assert!(bench.run.file("counterfactuals").join(file).is_file(), "{file}");
    }
    assert!(bench.run.file("calibration.json").is_file());
    what_was_prepared_is_kept(&bench);
    noise_is_read_off_the_exogenous_code(&bench, &summary);

    // Exact: the figures are a function of config, data and weights; only the clock and the memory differ.
    let again = bench.summary(Options::default());
    let timeless =
        |s: &Summary| Summary { wall_s: 0.0, evaluation_s: 0.0, peak_rss_mib: None, ..s.clone() };
    assert_eq!(timeless(&again), timeless(&summary));

    // An interrupt ends it between two passes, and what was there stays.
    let flag = AtomicBool::new(false);
    let mut reporter = StopAfter { passes: 3, flag: &flag };
    let error = bench.evaluate(Options::default(), &mut reporter, &flag).unwrap_err();
    assert_eq!(error.exit_status(), 130, "{error}");
    assert_eq!(read_json::<Summary>(&bench.run.file(SUMMARY_FILE)).unwrap(), again);

    let all = bench.summary(Options { all: true });
    assert_eq!(all.eval_n, bench.data.split().test.len());
}

/// A scene in colour without classes: every variable is measured, the truth is rendered, and what has no meaning is absent.
#[test]
fn scenes_are_evaluated_against_their_rendered_truth() {
    for (experiment, variables, abducted) in [
        (
            "pendulum",
            &["angle", "light", "shadow_length", "shadow_position"][..],
            &["shadow_length", "shadow_position"][..],
        ),
        ("circuit", &["arm", "blue", "green", "red"][..], &["blue", "green", "red"][..]),
    ] {
        let bench = Bench::of(experiment, &["data.side=16", "evaluation.images=12"]);
        let summary = bench.summary(Options::default());
        let all = variables.join("+");
        let image_error = summary.image_error.as_ref().unwrap();
        for name in variables.iter().copied().chain([all.as_str()]) {
            let row = &summary.effectiveness[name];
            assert_eq!(row.keys().collect::<Vec<_>>(), variables, "{experiment}: {name}");
            assert!(row.values().all(|e| e.mae.is_finite() && e.leave_as_is > 0.0));
            assert!(image_error.by[name].mae.is_finite(), "{experiment}: {name}");
        }
        let effect = &summary.effectiveness[variables[0]][variables[3]];
        assert!(effect.share.is_some() && effect.ignores_u.is_some() && effect.redraws_u.is_some());
        assert!(summary.drift[variables[3]].contains_key(variables[0]));
        assert!(summary.identity_kept.is_empty() && summary.judges.class_accuracy.is_none());
        assert!(summary.abduction_slope.is_none());
        let follow = |pair: &str| summary.interaction[pair].keys().collect::<Vec<_>>();
        match experiment {
            "pendulum" => {
                assert_eq!(follow("angle+light"), ["shadow_length", "shadow_position"]);
                assert_eq!(summary.interaction.len(), 1, "nothing follows from a shadow");
            }
            _ => assert_eq!(follow("blue+green"), ["red"]),
        }
        let noisy = summary.abduction.keys().collect::<Vec<_>>();
        assert_eq!(noisy, abducted, "{experiment}");
        let gallery: Gallery = read_json(&bench.run.file("samples/gallery.json")).unwrap();
        assert_eq!((gallery.shape, gallery.sweeps.len()), ([3, 16, 16], 4));
        let truths = gallery.grid[0].tiles.iter().filter(|tile| tile.heading == "truth");
        assert_eq!(truths.count(), 5);
        assert!(counterfoil_experiment::report::write(&bench.run).is_ok());
    }
}
