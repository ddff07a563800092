//! A cell in a process of its own, which here is a few lines of shell.
#![cfg(unix)]

use std::{os::unix::fs::PermissionsExt, sync::atomic::AtomicBool};

use counterfoil_experiment::matrix::{Children, child::Ended, schedule::Runner};

use crate::bench::Bench;

/// How a process that does `script` ends.
fn run(bench: &Bench, script: &str) -> Ended {
    let program = bench.write("program", &format!("#!/bin/sh\n{script}\n"));
    fs_err::set_permissions(&program, PermissionsExt::from_mode(0o755)).unwrap();
    let mut children = Children { program, out: bench.path("runs"), gpu: None };
    children.run(&bench.plan().cells[0], &AtomicBool::new(false)).unwrap()
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
    let run_dir = bench.path("runs/one/x");
    fs_err::create_dir_all(&run_dir).unwrap();
    fs_err::write(run_dir.join("manifest.json"), "{}").unwrap();
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
