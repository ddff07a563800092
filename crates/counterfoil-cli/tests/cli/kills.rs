//! `kill -9` at random moments of a run's whole life: training, checkpoints, evaluation, the report.
//!
//! `COUNTERFOIL_KILLS=50 cargo test -p counterfoil-cli --test cli kills` kills fifty times.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use counterfoil::random::Stream;
use serde_json::Value;

use crate::bench::{Bench, outcome};

/// How often a run is killed before it is left to end.
const CHAIN: usize = 5;
/// Starts a command, kills it after a while, and tells whether it was still alive.
fn killed(bench: &Bench, arguments: &[&str], after: Duration) -> bool {
    let mut command = bench.command(arguments);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    std::thread::sleep(after);
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
            .collect();
        assert!(found.len() < 2, "{found:?}");
        found.into_iter().next()
    };
    let expected = outcome(&only("alone").unwrap());
    let mut stream = Stream::new(1, "kills", 0, 0);
    let mut met = 0;
    for chain in 0..kills.div_ceil(CHAIN) {
        let out = format!("killed-{chain}");
        let end = CHAIN.min(kills - chain * CHAIN);
        for _ in 0..end {
            let resume = only(&out).is_some_and(|run| run.join("manifest.json").is_file());
            let arguments = if resume { vec!["resume", "tiny"] } else { run.to_vec() };
            let after = whole.mul_f64(stream.uniform_in(0.02, 1.0 / end as f64 + 0.3));
            met += usize::from(killed(&bench, &[&arguments[..], &["--out", &out]].concat(), after));
            // Whatever moment it was, the folder can be read.
            let listed = bench.json(&["runs", "--out", &out]);
            for run in listed["runs"].as_array().unwrap() {
                assert_eq!(run["broken"], Value::Null, "{listed}");
            }
        }
        let left = only(&out).is_some_and(|run| run.join("manifest.json").is_file());
        let last = if left { vec!["resume", "tiny"] } else { run.to_vec() };
        bench.succeed(&[&last[..], &["--out", &out]].concat());
        let found = outcome(&only(&out).unwrap());
        assert!(found.0 == expected.0, "checkpoints or pictures differ after chain {chain}");
        assert_eq!(found.1, expected.1, "after chain {chain}");
    }
    assert!(met * 2 > kills, "only {met} of {kills} met a living process");
}
