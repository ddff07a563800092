//! A cell in a process of its own, which here is a few lines of shell.
#![cfg(unix)]

use std::{
    os::unix::fs::PermissionsExt,
    path::PathBuf,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

use counterfoil_experiment::{
    matrix::{Children, child::Ended, schedule::Runner},
    run_dir::{Git, RunDir, RunLock, Software},
};
use serde_json::{Value, json};

use crate::bench::{self, Bench};

/// How a process that does `script` ends.
fn run(bench: &Bench, script: &str) -> Ended {
    run_until(bench, script, &AtomicBool::new(false))
}

fn run_until(bench: &Bench, script: &str, interrupt: &AtomicBool) -> Ended {
    let program = bench.write("program", &format!("#!/bin/sh\n{script}\n"));
    fs_err::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let mut children = Children { program, out: bench.path("runs"), gpu: None };
    children.run(&bench.plan().cells[0], interrupt).unwrap()
}

/// A folder that can be opened as a run.
fn any_run(bench: &Bench) -> PathBuf {
    let folder = bench.path("runs/one/x");
    fs_err::create_dir_all(&folder).unwrap();
    fs_err::write(folder.join("manifest.json"), "{}").unwrap();
    folder
}

#[test]
fn the_last_line_of_a_failed_process_is_kept() {
    let bench = Bench::new();
    let script = "echo progress >&2; echo 'error: the loss is not finite' >&2; echo >&2; exit 1";
    match run(&bench, script) {
        Ended::Failed(failure) => {
            assert_eq!(failure.to_string(), "exit status 1: the loss is not finite");
        }
        other => panic!("{other:?}"),
    }
    match run(&bench, "kill -KILL $$") {
        Ended::Failed(failure) => {
            assert_eq!(failure.exit_status, None);
            assert!(failure.said.contains("memory"), "{failure}");
        }
        other => panic!("{other:?}"),
    }
    assert!(matches!(run(&bench, "exit 130"), Ended::Interrupted));
}

#[test]
fn a_run_is_asked_for_and_found() {
    let bench = Bench::new();
    let run_dir = any_run(&bench);
    // More than a pipe holds, on both, before the answer.
    let script = format!(
        "echo \"$@\" > {}; yes | head -c 200000 >&2; printf '%200000s' ' '; \
         echo '{{\"runs\": [{{\"run\": \"{}\"}}]}}'",
        bench.path("arguments").display(),
        run_dir.display()
    );
    match run(&bench, &script) {
        Ended::Done(run) => assert_eq!(run.path(), run_dir),
        other => panic!("{other:?}"),
    }
    let asked = fs_err::read_to_string(bench.path("arguments")).unwrap();
    let file = bench.path("one.toml").display().to_string();
    assert!(asked.starts_with(&format!("run {file} --set method=default")), "{asked}");
    assert!(
        asked.contains("--set experiment.seed=0") && asked.trim().ends_with("--json"),
        "{asked}"
    );
}

/// One that ends well although it was told to end has ended well.
#[test]
fn what_ends_before_it_hears_is_kept() {
    let bench = Bench::new();
    let run_dir = any_run(&bench);
    let script = format!("cat; echo '{{\"run\": \"{}\"}}'", run_dir.display());
    assert!(matches!(run_until(&bench, &script, &AtomicBool::new(true)), Ended::Done(_)));
}

/// The run of the first cell, as a process that was killed left it, with these changes of its manifest.
fn torso(bench: &Bench, changes: &[(&str, Value)]) -> RunDir {
    let run = bench::run(&bench.path("runs"), &bench.plan().cells[0], &json!({}));
    let file = run.path().join("manifest.json");
    let mut manifest: Value = serde_json::from_slice(&fs_err::read(&file).unwrap()).unwrap();
    let software = serde_json::to_value(Software::built_with()).unwrap();
    manifest.as_object_mut().unwrap().extend(software.as_object().unwrap().clone());
    manifest["git"] = serde_json::to_value(Git::of_source()).unwrap();
    manifest["exit_status"] = Value::Null;
    for (key, value) in changes {
        manifest[*key] = value.clone();
    }
    fs_err::write(&file, manifest.to_string()).unwrap();
    run
}

/// What a killed table left is gone on with, unless somebody is at it; what other source began, or what ended, is not.
#[test]
fn a_run_that_was_begun_is_gone_on_with() {
    let bench = Bench::new();
    let begun = torso(&bench, &[]);
    let path = begun.path().display();
    let asked = bench.path("arguments");
    let script = format!("echo \"$@\" > {}; echo '{{\"run\": \"{path}\"}}'", asked.display());
    match run(&bench, &script) {
        Ended::Done(run) => assert_eq!(run.path(), begun.path()),
        other => panic!("{other:?}"),
    }
    let words = || fs_err::read_to_string(&asked).unwrap().trim().to_owned();
    assert_eq!(words(), format!("resume {path} --json"));

    let held = RunLock::acquire(begun.path()).unwrap();
    match run(&bench, &script) {
        Ended::Elsewhere(said) => assert!(said.contains("in use by process"), "{said}"),
        other => panic!("{other:?}"),
    }
    drop(held);
    let other = json!({ "revision": "0123456789", "dirty": false });
    for change in [("git", other), ("exit_status", json!(0)), ("config_hash", json!("f"))] {
        torso(&bench, &[change]);
        assert!(matches!(run(&bench, &script), Ended::Done(_)));
        assert!(words().starts_with("run "), "{}", words());
    }
}

/// The process is told to end by the end of its input, and has the time to.
#[test]
fn an_interrupt_is_handed_on() {
    let bench = Bench::new();
    let told = bench.path("told");
    let script = format!(
        "echo $COUNTERFOIL_TETHER > {0}; cat > {0}.heard; echo told >> {0}; exit 130",
        told.display()
    );
    let interrupt = AtomicBool::new(false);
    let said = || fs_err::read_to_string(&told).unwrap_or_default();
    let ended = std::thread::scope(|scope| {
        scope.spawn(|| {
            let began = Instant::now();
            while said().is_empty() && began.elapsed() < Duration::from_mins(1) {
                std::thread::sleep(Duration::from_millis(10));
            }
            interrupt.store(true, Ordering::Relaxed);
        });
        run_until(&bench, &script, &interrupt)
    });
    assert!(matches!(ended, Ended::Interrupted), "{ended:?}");
    assert_eq!(said(), "1\ntold\n");
}
