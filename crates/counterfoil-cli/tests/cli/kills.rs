//! `kill -9` at random moments of a run's whole life, and aimed at the short ones: a checkpoint, the evaluation, the report.
//!
//! `COUNTERFOIL_KILLS=50 cargo test -p counterfoil-cli --test cli kills` kills fifty times.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Stdio,
    time::{Duration, Instant, SystemTime},
};

use counterfoil::{
    experiment::{
        checkpoint::Checkpoints,
        run_dir::{EVENTS_FILE, Manifest, RunDir, read_events},
    },
    random::Stream,
};
use serde_json::Value;

use crate::bench::{Bench, outcome};

/// How often a run is killed before it is left to end.
const CHAIN: usize = 5;
/// From so many kills on, meeting every phase is no matter of luck.
const MANY: usize = 25;
/// How often a folder is looked at for the phase that a kill is aimed at. A checkpoint of the tiny run takes milliseconds.
const GLANCE: Duration = Duration::from_micros(200);

/// What a run was at when it was killed, as far as its folder tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Phase {
    /// It had no manifest yet.
    Beginning,
    Training,
    Checkpoint,
    Evaluation,
    /// The summary was written and the command had not ended.
    Report,
    /// Too late: this command, or one before it, had come to its end.
    End,
}

impl Phase {
    /// That of a command that found a summary from `before`, if any.
    fn of(run: Option<&Path>, before: Option<SystemTime>) -> Self {
        let Some(run) = run else { return Self::Beginning };
        let manifest = Manifest::read(run).unwrap();
        let hidden = |folder: PathBuf| {
            let names = fs_err::read_dir(folder).into_iter().flatten();
            let mut names = names.map(|entry| entry.unwrap().file_name());
            names.any(|name| name.to_string_lossy().starts_with('.'))
        };
        // An earlier command may have come as far as the summary, and the next evaluates again.
        let judged = written(run) != before;
        match manifest.stopped_by {
            _ if manifest.finished.is_some() => Self::End,
            Some(_) if judged => Self::Report,
            Some(_) => Self::Evaluation,
            // What is half written is hidden, and swept by the next command.
            None if hidden(run.join("checkpoints")) => Self::Checkpoint,
            None => Self::Training,
        }
    }
}

/// When the summary of a run was written.
fn written(run: &Path) -> Option<SystemTime> {
    fs_err::metadata(run.join("summary.json")).ok().map(|told| told.modified().unwrap())
}

/// Whatever moment a run was killed at, its manifest, config, events and newest checkpoint can be read, and the checkpoint's
/// files have the hashes that its state names.
fn readable(path: &Path) {
    let run = RunDir::open(Path::new("."), path.to_str().unwrap()).unwrap();
    let (manifest, config) = (run.manifest().unwrap(), run.config().unwrap());
    assert_eq!(manifest.config_hash, config.hash());
    let events = if run.file(EVENTS_FILE).is_file() { read_events(path).unwrap() } else { vec![] };
    let last = events.iter().map(|event| event.step).max().unwrap_or(0);
    let Some(checkpoint) = Checkpoints::of(path).latest(config.hash()).unwrap() else { return };
    for tensors in [checkpoint.weights(), checkpoint.ema(), checkpoint.optimiser()] {
        assert!(!tensors.unwrap().is_empty());
    }
    // Events are made durable before the checkpoint of their step, and one comes every so many steps.
    let (step, every) = (checkpoint.state().step, config.training().log_every);
    assert!(last + every > step, "no event after {last}, and a checkpoint of {step}");
}

/// The moment of a kill.
#[derive(Clone, Copy, Debug)]
enum Aim {
    /// After a time of the command.
    After(Duration),
    /// As soon as the run's folder tells that it is there.
    At(Phase),
}

/// Starts a command, kills it, and tells whether it was still alive. `phase` is what its run is at.
fn killed(bench: &Bench, arguments: &[&str], aim: Aim, phase: impl Fn() -> Phase) -> bool {
    let mut command = bench.command(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    match aim {
        Aim::After(time) => std::thread::sleep(time),
        Aim::At(wanted) => {
            while phase() < wanted && child.try_wait().unwrap().is_none() {
                std::thread::sleep(GLANCE);
            }
        }
    }
    let alive = child.try_wait().unwrap().is_none();
    // On Unix this is `kill -9`.
    child.kill().unwrap();
    child.wait().unwrap();
    alive
}

#[test]
fn a_run_that_is_killed_at_any_moment_ends_as_one_that_is_left_alone() {
    let kills: usize = std::env::var("COUNTERFOIL_KILLS").map_or(CHAIN, |n| n.parse().unwrap());
    let bench = Bench::new();
    let run = ["run", "tiny.toml", "--preset", "long", "--set", "training.checkpoint_every=6"];
    let begun = Instant::now();
    bench.succeed(&[&run[..], &["--out", "alone"]].concat());
    let whole = begun.elapsed();
    let only = |out: &str| {
        let folder = bench.path(out).join("tiny");
        let found: Vec<PathBuf> = fs_err::read_dir(folder)
            .into_iter()
            .flatten()
            .map(|entry| entry.unwrap().path())
            // A folder is a run from the moment it has a manifest; before, a kill leaves an empty name.
            .filter(|path| path.join("manifest.json").is_file())
            .collect();
        assert!(found.len() < 2, "{found:?}");
        found.into_iter().next()
    };
    let expected = outcome(&only("alone").unwrap());
    let mut stream = Stream::new(1, "kills", 0, 0);
    let mut met: BTreeMap<Phase, usize> = BTreeMap::new();
    let mut alive = 0;
    for chain in 0..kills.div_ceil(CHAIN) {
        let out = format!("killed-{chain}");
        let end = CHAIN.min(kills - chain * CHAIN);
        for kill in 0..end {
            let arguments =
                if only(&out).is_some() { vec!["resume", "tiny"] } else { run.to_vec() };
            let after = whole.mul_f64(stream.uniform_in(0.02, 1.0 / end as f64 + 0.3));
            // The last three of a chain are aimed, in the order of a run's life.
            let aim = match end - kill {
                3 => Aim::At(Phase::Checkpoint),
                2 => Aim::At(Phase::Evaluation),
                1 => Aim::At(Phase::Report),
                _ => Aim::After(after),
            };
            let before = only(&out).as_deref().and_then(written);
            let phase = || Phase::of(only(&out).as_deref(), before);
            let arguments = [&arguments[..], &["--out", &out]].concat();
            alive += usize::from(killed(&bench, &arguments, aim, phase));
            if let Some(run) = only(&out) {
                readable(&run);
            }
            *met.entry(phase()).or_default() += 1;
            let listed = bench.json(&["runs", "--out", &out]);
            for run in listed["runs"].as_array().unwrap() {
                assert_eq!(run["broken"], Value::Null, "{listed}");
            }
        }
        let last = if only(&out).is_some() { vec!["resume", "tiny"] } else { run.to_vec() };
        bench.succeed(&[&last[..], &["--out", &out]].concat());
        let found = outcome(&only(&out).unwrap());
        assert!(found.0 == expected.0, "checkpoints or pictures differ after chain {chain}");
        assert_eq!(found.1, expected.1, "after chain {chain}");
    }
    eprintln!("killed at {met:?}");
    assert!(alive * 2 > kills, "only {alive} of {kills} met a living process: {met:?}");
    if kills >= MANY {
        for phase in [Phase::Training, Phase::Checkpoint, Phase::Evaluation, Phase::Report] {
            assert!(met.contains_key(&phase), "none of {kills} kills met {phase:?}: {met:?}");
        }
    }
}
