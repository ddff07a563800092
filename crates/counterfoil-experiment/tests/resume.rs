//! A run that is stopped anywhere, even by `kill -9`, and resumed ends with the bits of one that was not.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

mod bench;

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use counterfoil_experiment::{
    ExperimentError,
    actions::outcome::{Environment, Tolerance},
    checkpoint::{Checkpoints, NamedTensors},
    data::Data,
    progress::Reporter,
    run_dir::{Event, Origin, RunDir, StoppedBy, read_events},
    train::{Outcome, train},
    trained::{Trained, Which},
};
use tch::Device;

use bench::Bench;

const CONFIG: &str = r#"
graph = "tiny.dot"
[experiment]
name = "tiny"
seed = 5
[data]
kind = "digits"
count = 60
split = [40, 10, 10]
[model]
size = "tiny"
[training]
steps = 20
batch = 8
warmup_steps = 3
log_every = 3
validate_every = 5
checkpoint_every = 5
keep = 10
threads = 1
[evaluation]
images = 10
tenfold_images = 2
"#;

const FILES: [&str; 4] =
    ["weights.safetensors", "ema.safetensors", "optimiser.safetensors", "state.json"];

impl Bench {
    fn new(set: &[&str]) -> Self {
        Self::of(CONFIG, set)
    }

    /// Trains to the end, or until the interrupt that comes during `stop`.
    fn train(&self, run: &RunDir, stop: Option<u64>) -> Result<Outcome, ExperimentError> {
        let flag = AtomicBool::new(false);
        let set = || flag.store(true, Ordering::Relaxed);
        let mut reporter = At { step: stop.unwrap_or(u64::MAX), then: set };
        train(run, &self.config, &self.data, &mut reporter, &flag)
    }
}

/// Does something when a step is done.
struct At<F> {
    step: u64,
    then: F,
}

impl<F: FnMut()> Reporter for At<F> {
    fn begin(&mut self, _: &str, _: u64, _: u64) {}
    fn advance(&mut self, done: u64, _: &str) {
        if done == self.step {
            (self.then)();
        }
    }
    fn note(&mut self, _: &str) {}
    fn end(&mut self) {}
}

/// Every byte of the checkpoint at `step`.
fn bytes(run: &RunDir, step: u64) -> Vec<Vec<u8>> {
    let folder = run.file(format!("checkpoints/step-{step}"));
    FILES.iter().map(|file| fs_err::read(folder.join(file)).unwrap()).collect()
}

/// The events without their clock.
fn history(run: &RunDir) -> Vec<Event> {
    let events = read_events(run.path()).unwrap();
    events.into_iter().map(|event| Event { wall: 0.0, ..event }).collect()
}

/// Exact: bytes of all files of the last checkpoint, and all events but their clock.
fn assert_same(one: &RunDir, two: &RunDir, steps: u64) {
    assert!(bytes(one, steps) == bytes(two, steps), "the last checkpoints differ");
    assert_eq!(history(one), history(two));
    let best = |run: &RunDir| fs_err::read(run.file("best.json")).unwrap();
    assert_eq!(best(one), best(two));
}

#[test]
fn an_interrupted_run_ends_with_the_same_bits() {
    let f32 = vec![vec![1], vec![10], vec![7, 8, 19]];
    let bf16 = vec![vec![7]];
    for (precision, ways) in [("f32", f32), ("bf16", bf16)] {
        let bench = Bench::new(&[&format!("training.precision={precision}")]);
        let straight = bench.run();
        let outcome = bench.train(&straight, None).unwrap();
        assert_eq!((outcome.steps, outcome.stopped_by), (20, StoppedBy::Steps));
        for stops in ways {
            let run = bench.run();
            for stop in stops {
                let outcome = bench.train(&run, Some(stop)).unwrap();
                assert_eq!((outcome.steps, outcome.stopped_by), (stop, StoppedBy::Interrupt));
                assert!(run.file(format!("checkpoints/step-{stop}/state.json")).is_file());
            }
            bench.train(&run, None).unwrap();
            assert_same(&straight, &run, 20);
        }
    }
}

#[test]
fn a_run_that_keeps_no_activations_ends_with_the_same_bits() {
    for precision in ["f32", "bf16"] {
        let precision = format!("training.precision={precision}");
        let ends = |keys: &[&str]| {
            let bench = Bench::new(&[&[precision.as_str(), "training.steps=10"], keys].concat());
            let run = bench.run();
            bench.train(&run, None).unwrap();
            (run, bench)
        };
        let (kept, _folder) = ends(&[]);
        let (again, _other) = ends(&["training.checkpoint_activations=true"]);
        assert_same(&kept, &again, 10);
    }
}

/// Where one file of a checkpoint shall be written lies a device that is always full: the disk's own refusal, in the middle
/// of a checkpoint.
#[test]
#[cfg(target_os = "linux")]
fn a_disk_that_fills_up_within_a_checkpoint_costs_the_steps_since_the_last() {
    let bench = Bench::new(&[]);
    let straight = bench.run();
    bench.train(&straight, None).unwrap();

    let run = bench.run();
    for (step, file, kept) in [(5, "weights", &[][..]), (15, "optimiser", &[5, 10])] {
        let ours = std::process::id();
        let hidden = run.file(format!("checkpoints/.step-{step}.{ours}.tmp"));
        let full = hidden.join(format!("{file}.safetensors.{ours}.tmp"));
        // What resumes clears such folders first, so that this one comes later.
        let mut place = At {
            step,
            then: || {
                fs_err::create_dir_all(&hidden).unwrap();
                std::os::unix::fs::symlink("/dev/full", &full).unwrap();
            },
        };
        let never = AtomicBool::new(false);
        let error = train(&run, &bench.config, &bench.data, &mut place, &never).unwrap_err();
        let said = error.to_string();
        assert!(said.contains(&format!("step-{step}")) && said.contains(file), "{said}");
        assert!(said.ends_with("free some space and resume the run"), "{said}");
        assert_eq!((error.exit_status(), said.lines().count()), (1, 1));
        assert!(!hidden.exists());
        assert_eq!(Checkpoints::of(run.path()).steps().unwrap(), kept);
        assert_eq!(run.manifest().unwrap().stopped_by, None);
    }
    bench.train(&run, None).unwrap();
    assert_same(&straight, &run, 20);
}

/// What `a_killed_run_ends_with_the_same_bits` does in the process that it starts and kills: train, and hang at step 13.
fn train_until_killed(run: &str) {
    struct HangAt13(PathBuf);
    impl Reporter for HangAt13 {
        fn begin(&mut self, _: &str, _: u64, _: u64) {}
        fn advance(&mut self, done: u64, _: &str) {
            if done == 13 {
                fs_err::write(&self.0, "").unwrap();
                std::thread::sleep(Duration::from_mins(10));
            }
        }
        fn note(&mut self, _: &str) {}
        fn end(&mut self) {}
    }
    let run = RunDir::open(Path::new("."), run).unwrap();
    let config = run.config().unwrap();
    let data = Data::load(&config).unwrap();
    let mut reporter = HangAt13(run.file("at-step-13"));
    train(&run, &config, &data, &mut reporter, &AtomicBool::new(false)).unwrap();
}

#[test]
fn a_killed_run_ends_with_the_same_bits() {
    if let Ok(run) = std::env::var("COUNTERFOIL_TEST_RUN") {
        return train_until_killed(&run);
    }
    let bench = Bench::new(&[]);
    let straight = bench.run();
    bench.train(&straight, None).unwrap();

    let run = bench.run();
    let marker = run.file("at-step-13");
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "a_killed_run_ends_with_the_same_bits"])
        .env("COUNTERFOIL_TEST_RUN", run.path())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begun = Instant::now();
    while !marker.exists() {
        assert!(begun.elapsed() < Duration::from_mins(5), "the child does not come to step 13");
        assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
        std::thread::sleep(Duration::from_millis(20));
    }
    // While it lives it owns the run, and says who it is.
    let error = bench.train(&run, None).unwrap_err();
    assert!(error.to_string().contains(&format!("process {}", child.id())), "{error}");
    child.kill().unwrap();
    child.wait().unwrap();

    assert_eq!(Checkpoints::of(run.path()).steps().unwrap(), [5, 10]);
    assert_eq!(read_events(run.path()).unwrap().last().unwrap().step, 12);
    assert_eq!(run.manifest().unwrap().stopped_by, None);
    bench.train(&run, None).unwrap();
    assert_same(&straight, &run, 20);
    let manifest = run.manifest().unwrap();
    let sessions: Vec<u64> = manifest.sessions.iter().map(|s| s.from_step).collect();
    assert_eq!(sessions, [0, 10]);
    // A session that was killed could not say how long it waited for images.
    let waited: Vec<Option<f64>> = manifest.sessions.iter().map(|s| s.waited_s).collect();
    assert_eq!(waited[0], None);
    assert!((0.0..=manifest.training_s).contains(&waited[1].unwrap()), "{waited:?}");
    assert!(!manifest.is_mixed());
    assert_eq!((manifest.steps, manifest.stopped_by), (20, Some(StoppedBy::Steps)));
}

/// A run that its manifest puts elsewhere before: the log says that it moved, and no repetition is held to its bits.
#[test]
fn a_run_that_goes_on_elsewhere_says_so() {
    let bench = Bench::new(&[]);
    let run = bench.run();
    bench.train(&run, Some(10)).unwrap();
    run.amend(|manifest| {
        manifest.threads = Some(7);
        manifest.sessions[0].place.as_mut().unwrap().threads = 7;
    })
    .unwrap();
    bench.train(&run, None).unwrap();
    let log = fs_err::read_to_string(run.file("log.txt")).unwrap();
    let said = log.lines().find(|line| line.contains("continues on")).unwrap();
    assert!(
        said.contains("was computed on cpu with 7 threads (")
            && said.contains("continues on cpu with 1 thread ("),
        "{said}"
    );
    let manifest = run.manifest().unwrap();
    assert!(manifest.is_mixed());
    let environment = Environment::of(&manifest);
    assert_eq!(environment.tolerance(&environment), Tolerance::Bounds);
}

#[test]
fn a_damaged_checkpoint_is_named_and_the_one_before_leads_to_the_same_bits() {
    let bench = Bench::new(&[]);
    let straight = bench.run();
    bench.train(&straight, None).unwrap();
    let run = bench.run();
    bench.train(&run, Some(10)).unwrap();
    let damaged = run.file("checkpoints/step-10");
    let weights = damaged.join("weights.safetensors");
    let whole = fs_err::read(&weights).unwrap();
    fs_err::write(&weights, &whole[..whole.len() / 2]).unwrap();
    let error = bench.train(&run, None).unwrap_err();
    assert_eq!(error.exit_status(), 2);
    let said = error.to_string();
    assert!(said.contains("weights.safetensors is truncated"), "{said}");
    assert!(said.contains("delete that folder to go on from step-5"), "{said}");
    fs_err::remove_dir_all(&damaged).unwrap();
    bench.train(&run, None).unwrap();
    assert_same(&straight, &run, 20);
}

#[test]
fn a_loss_that_stays_not_finite_stops_the_run_and_keeps_what_is_good() {
    let bench = Bench::new(&["training.learning_rate=1e30", "training.checkpoint_every=20"]);
    let run = bench.run();
    let error = bench.train(&run, None).unwrap_err();
    assert_eq!(error.exit_status(), 1);
    let said = error.to_string();
    assert!(said.starts_with("training stopped at step 2: "), "{said}");
    assert!(said.contains("not finite, also after 2 rollbacks; there is no checkpoint"), "{said}");
    let manifest = run.manifest().unwrap();
    assert_eq!((manifest.steps, manifest.stopped_by), (1, Some(StoppedBy::Diverged)));
    assert!(read_events(run.path()).unwrap().iter().all(|event| event.value.is_finite()));
    let log = fs_err::read_to_string(run.file("log.txt")).unwrap();
    assert!(log.contains("back to step 0 with 0.2500 of the learning rate, 2 of 2"), "{log}");
}

/// A rate that is ten thousand times too high makes the loss explode; with a ten-thousandth of it the run ends well, with one
/// entry for each step, and a run that was killed in between goes back by itself and ends with the same bits.
#[test]
fn training_that_explodes_goes_back_and_on_with_a_lower_rate() {
    let bench = Bench::new(&[
        "training.learning_rate=20.0",
        "training.clip=1e9",
        "training.rollback_rate=1e-4",
        "training.explosion=2.0",
    ]);
    let straight = bench.run();
    let outcome = bench.train(&straight, None).unwrap();
    assert_eq!((outcome.steps, outcome.stopped_by), (20, StoppedBy::Steps));
    let log = fs_err::read_to_string(straight.file("log.txt")).unwrap();
    assert!(log.contains("back to step 0 with 0.0001 of the learning rate, 1 of 2"), "{log}");
    let events = read_events(straight.path()).unwrap();
    let steps: Vec<u64> = events
        .iter()
        .filter(|event| event.name == "learning_rate")
        .map(|event| event.step)
        .collect();
    assert_eq!(steps, [3, 6, 9, 12, 15, 18, 20]);
    let losses = events.iter().filter(|event| event.name == "loss").map(|event| event.value);
    assert!(losses.fold(0.0, f64::max) < 50.0);
    let run = bench.run();
    bench.train(&run, Some(10)).unwrap();
    bench.train(&run, None).unwrap();
    assert_same(&straight, &run, 20);
}

#[test]
fn the_clock_stops_a_run_that_can_go_on() {
    let bench = Bench::new(&["training.wall_clock_minutes=1e-9", "training.steps=6"]);
    let run = bench.run();
    for steps in 1..6 {
        let outcome = bench.train(&run, None).unwrap();
        assert_eq!((outcome.steps, outcome.stopped_by), (steps, StoppedBy::WallClock));
        assert_eq!(run.manifest().unwrap().stopped_by, Some(StoppedBy::WallClock));
    }
    let outcome = bench.train(&run, None).unwrap();
    assert_eq!((outcome.steps, outcome.stopped_by), (6, StoppedBy::Steps));
    // A finished run stays as it is.
    let before = bytes(&run, 6);
    assert_eq!(bench.train(&run, None).unwrap().stopped_by, StoppedBy::Steps);
    assert_eq!(bytes(&run, 6), before);
}

#[test]
fn a_finished_run_holds_what_the_layout_promises() {
    let bench = Bench::new(&["training.keep=1"]);
    let run = bench.run();
    let outcome = bench.train(&run, None).unwrap();
    for file in ["config.toml", "graph.dot", "manifest.json", "events.jsonl", "metrics.csv", "tb"] {
        assert!(run.file(file).exists(), "{file}");
    }
    let best = outcome.best.unwrap();
    let mut kept = vec![best.step, 20];
    kept.dedup();
    assert_eq!(Checkpoints::of(run.path()).steps().unwrap(), kept);
    let table = fs_err::read_to_string(run.file("metrics.csv")).unwrap();
    assert!(table.starts_with("step,wall,split,loss,denoise,"), "{table}");
    // Entries at 3, 6 .. 18 and 20, and four validations.
    assert_eq!(table.lines().count(), 1 + 7 + 4);

    // Averaged weights are what is taken out of a run, and they are not the trained ones.
    let trained = Trained::load(&run, &bench.config, Which::Latest, Device::Cpu).unwrap();
    assert_eq!(trained.step, 20);
    let checkpoint = Checkpoints::of(run.path()).open(20, bench.config.hash()).unwrap();
    let sorted = |mut tensors: NamedTensors| {
        tensors.sort_by(|a, b| a.0.cmp(&b.0));
        tensors
    };
    let taken = sorted(trained.weights.state());
    assert!(taken == sorted(checkpoint.ema().unwrap()), "not the averaged weights");
    assert!(taken != sorted(checkpoint.weights().unwrap()), "the trained weights");
    let best_one = Trained::load(&run, &bench.config, Which::Best, Device::Cpu).unwrap();
    assert_eq!(best_one.step, best.step);
}

#[test]
fn other_data_and_other_configs_are_refused() {
    let bench = Bench::new(&[]);
    let run = bench.run();
    bench.train(&run, Some(2)).unwrap();
    let other = Bench::new(&["data.seed=9"]);
    let said = other.train(&run, None).unwrap_err().to_string();
    assert!(said.contains("began with other data than `digits` holds now"), "{said}");
    let other = Bench::new(&["training.learning_rate=0.01"]);
    let error = other.train(&run, None).unwrap_err();
    assert!(error.to_string().contains("belongs to another config"), "{error}");
    assert_eq!(error.exit_status(), 2);

    // A model that does not fit its images leaves no run behind.
    let wrong = Bench::new(&["model.multipliers=[1, 2, 2, 2]"]);
    let out = wrong.folder.path().join("runs");
    let error = RunDir::create(&out, &wrong.config, &wrong.data, Origin::default()).unwrap_err();
    assert!(error.to_string().contains("model.multipliers"), "{error}");
    assert!(!out.exists());
}
