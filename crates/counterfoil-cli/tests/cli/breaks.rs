//! A run that is killed, resumed, interrupted and resumed again ends with the bits of one that was left alone.

use std::{
    path::Path,
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use crate::bench::{Bench, Ended, outcome};

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
    assert!(sentence.contains("is its folder still there?"), "{said}");
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

/// The binary as a shell starts it once `before` is done.
#[cfg(unix)]
fn after(bench: &Bench, before: &str, arguments: &[&str]) -> Ended {
    let mut command = Command::new("sh");
    command.args(["-c", &format!("{before}; exec \"$0\" \"$@\"")]);
    command.arg(bench.command(&[]).get_program()).args(arguments);
    command.current_dir(bench.path("")).env("OMP_NUM_THREADS", "1").stdin(Stdio::null());
    Ended::of(command)
}

/// One sentence, the last, that holds all `parts`; status 1.
#[cfg(unix)]
fn failed(ended: &Ended, parts: &[&str]) {
    let said = ended.err.trim_end().lines().last().unwrap_or_default();
    assert_eq!((ended.status, ended.out.as_str()), (Some(1), ""), "{ended:?}");
    assert!(said.starts_with("error: ") && !ended.err.contains("panicked"), "{ended:?}");
    for part in parts {
        assert!(said.contains(part), "{part:?} is not in {said:?}");
    }
}

/// Files may not grow beyond a limit, which anybody can set and which ends a write in its middle as a full disk does: in a
/// checkpoint, in the history, in a picture of the evaluation.
#[test]
#[cfg(unix)]
fn a_run_whose_files_find_no_room_goes_on_when_there_is_some() {
    let bench = Bench::new();
    let run = ["run", "tiny.toml", "--preset", "long"];
    bench.succeed(&[&run[..], &["--out", "straight"]].concat());
    let straight = fs_err::read_dir(bench.path("straight/tiny")).unwrap().next().unwrap().unwrap();
    let straight = straight.path();
    // In blocks of 512 bytes. Without the signal, which would kill, the write itself fails.
    let limited = |bytes: u64, arguments: &[&str]| {
        after(&bench, &format!("trap '' XFSZ; ulimit -f {}", bytes / 512), arguments)
    };
    let size = |file: &str| fs_err::metadata(straight.join(file)).unwrap().len();

    // The largest file of a checkpoint does not fit.
    let most = size("checkpoints/step-60/optimiser.safetensors");
    let ended = limited(most - 1024, &run);
    failed(&ended, &["runs/tiny", "optimiser", "allow larger files"]);
    let run = bench.runs().remove(0);
    assert_eq!(fs_err::read_dir(run.join("checkpoints")).unwrap().count(), 0);
    // What fails clears away what it began; a kill, as below, may leave some.
    let torsos = || bench.files().into_keys().filter(|p| p.extension().is_some_and(|e| e == "tmp"));
    assert_eq!(torsos().count(), 0);
    let told = bench.json(&["runs"]);
    assert_eq!(told["runs"][0]["broken"], serde_json::Value::Null, "{told}");

    // Some steps further the next one does not either.
    let mut child = bench.command(&["resume", "tiny"]);
    let mut child = child.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    wait_for(&mut child, || has(&bench.path("runs/tiny"), 20));
    child.kill().unwrap();
    child.wait().unwrap();
    let kept = |run: &Path| -> Vec<String> {
        let names = fs_err::read_dir(run.join("checkpoints")).unwrap();
        let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
        let mut names: Vec<String> = names.filter(|name| name.starts_with("step-")).collect();
        names.sort();
        names
    };
    let before = kept(&run);
    failed(&limited(most - 1024, &["resume", "tiny"]), &["runs/tiny", "optimiser"]);
    // The kill may have come before the deletion of an old one, which the resume makes up for; the latest two are to be kept.
    let after = kept(&run);
    assert!(after.iter().all(|step| before.contains(step)), "{before:?} {after:?}");
    assert!(after.ends_with(&before[before.len() - 2..]), "lost: {before:?} {after:?}");
    assert_eq!(bench.json(&["runs"])["runs"][0]["stopped_by"], serde_json::Value::Null);

    bench.succeed(&["resume", "tiny"]);
    let (found, expected) = (outcome(&run), outcome(&straight));
    assert!(found.0 == expected.0, "checkpoints or pictures differ");
    assert_eq!(found.1, expected.1);

    // A page that does not fit leaves the one that is there.
    let page = fs_err::read(run.join("report.html")).unwrap();
    failed(&limited(page.len() as u64 / 2, &["report", "tiny"]), &["report.html"]);
    assert_eq!(fs_err::read(run.join("report.html")).unwrap(), page);
}

/// Root may write anywhere, so that right is given up first where the tests have it.
#[test]
#[cfg(target_os = "linux")]
fn a_run_that_may_not_be_written_says_so_and_keeps_every_file() {
    use std::{fs::Permissions, os::unix::fs::PermissionsExt};
    let bench = Bench::new();
    bench.succeed(&["run", "tiny.toml"]);
    let run = bench.runs().remove(0);
    let folders = |mode| {
        for folder in [run.clone(), run.join("checkpoints"), run.join("counterfactuals")] {
            fs_err::set_permissions(folder, Permissions::from_mode(mode)).unwrap();
        }
        fs_err::set_permissions(run.join("lock"), Permissions::from_mode(mode & 0o666)).unwrap();
    };
    let before = bench.files();
    folders(0o555);
    let bound = fs_err::write(run.join("probe"), "").is_err();
    let _ = fs_err::remove_file(run.join("probe"));
    for arguments in [
        &["resume", "tiny"][..],
        &["evaluate", "tiny"],
        &["report", "tiny"],
        &["counterfactual", "tiny", "--do", "thickness=2", "--count", "1"],
    ] {
        let ended = if bound {
            bench.run(arguments)
        } else {
            let mut command = Command::new("setpriv");
            command.arg("--bounding-set=-dac_override,-dac_read_search");
            command.arg(bench.command(&[]).get_program()).args(arguments);
            command.current_dir(bench.path("")).env("OMP_NUM_THREADS", "1");
            Ended::of(command)
        };
        failed(&ended, &["runs/tiny", "choose a folder that you may write to"]);
    }
    folders(0o755);
    assert!(bench.files() == before, "files changed");
    bench.succeed(&["report", "tiny"]);
}
