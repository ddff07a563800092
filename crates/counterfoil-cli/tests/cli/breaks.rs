//! A run that is killed, resumed, interrupted and resumed again ends with the bits of one that was left alone.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::bench::Bench;

const FILES: [&str; 4] =
    ["weights.safetensors", "ema.safetensors", "optimiser.safetensors", "state.json"];

/// Every byte of the checkpoint at `step`.
fn bytes(run: &Path, step: u64) -> Vec<Vec<u8>> {
    let folder = run.join(format!("checkpoints/step-{step}"));
    FILES.iter().map(|file| fs_err::read(folder.join(file)).unwrap()).collect()
}

/// Waits until `child`, still alive, has written what `there` looks for.
fn wait_for(child: &mut Child, there: impl Fn() -> bool) {
    let begun = Instant::now();
    while !there() {
        assert!(child.try_wait().unwrap().is_none(), "the child ended by itself");
        assert!(begun.elapsed() < Duration::from_mins(2), "the child does not get there");
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// Whether some run under `runs` has the checkpoint of `step`.
fn has(runs: &Path, step: u64) -> bool {
    let Ok(entries) = fs_err::read_dir(runs) else { return false };
    entries
        .flatten()
        .any(|e| e.path().join(format!("checkpoints/step-{step}/state.json")).is_file())
}

#[test]
fn a_run_whose_folder_is_taken_away_says_so_in_one_sentence() {
    let bench = Bench::new();
    let mut command = bench.command(&["run", "tiny.toml", "--preset", "long"]);
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let runs = bench.path("runs/tiny");
    wait_for(&mut child, || has(&runs, 10));
    // A file that is written in the meantime makes the folder appear again.
    wait_for(&mut child, || fs_err::remove_dir_all(&runs).is_ok() && !runs.exists());
    let ended = child.wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    let sentence = said.trim_end().lines().last().unwrap();
    assert!(sentence.starts_with("error: ") && sentence.contains("runs/tiny"), "{said}");
    assert!(!said.contains("panicked"), "{said}");
}

#[test]
fn killed_and_interrupted_runs_end_with_the_same_bits() {
    let bench = Bench::new();
    let long = ["run", "tiny.toml", "--preset", "long"];
    bench.succeed(&[&long[..], &["--out", "straight"]].concat());
    let straight = fs_err::read_dir(bench.path("straight/tiny")).unwrap().next().unwrap().unwrap();

    let start = |arguments: &[&str]| {
        let mut command = bench.command(arguments);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let runs = bench.path("runs/tiny");
    let mut child = start(&long);
    wait_for(&mut child, || has(&runs, 10));
    // While it lives it owns the run.
    let ended = bench.run(&["resume", "tiny"]);
    assert_eq!(ended.status, Some(2), "{ended:?}");
    assert!(ended.err.contains(&format!("in use by process {}", child.id())), "{}", ended.err);
    // On Unix this is `kill -9`.
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(!has(&runs, 60), "it was killed too late");
    let run = bench.runs().remove(0);
    let told = bench.json(&["runs"]);
    assert_eq!(told["runs"][0]["stopped_by"], serde_json::Value::Null);
    bench.refuse(2, &["reproduce", "tiny"], &["has not ended", "resume it"]);

    let mut child = start(&["resume", "tiny"]);
    wait_for(&mut child, || has(&runs, 40));
    let interrupt = format!("kill -INT {}", child.id());
    assert!(Command::new("sh").args(["-c", &interrupt]).status().unwrap().success());
    assert_eq!(child.wait().unwrap().code(), Some(130));
    assert_eq!(bench.json(&["runs"])["runs"][0]["stopped_by"], "interrupt");
    assert!(!run.join("summary.json").exists());

    let told = bench.json(&["resume", "tiny"]);
    assert_eq!((&told["steps"], &told["stopped_by"]), (&60.into(), &"steps".into()));
    assert!(run.join("report.html").is_file());
    assert!(bytes(&straight.path(), 60) == bytes(&run, 60), "the last checkpoints differ");
}
