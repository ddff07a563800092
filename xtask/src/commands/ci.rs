//! `cargo xtask ci`: everything that must hold before a change is taken, cheapest first.
//!
//! The order also spares compiling: clippy and the documentation share the checked dependencies,
//! tests and examples share the built ones, and the experiments are run by the binary that the
//! tests start.

use std::process::Command;
use std::time::{Duration, Instant};

use clap::Args;

use super::{binary::Binary, expected, test, tidy};
use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// Experiments that are run and compared: all whose data are drawn and not fetched.
const SMOKE: [&str; 8] = [
    "gaussian",
    "digits",
    "digits-slant",
    "digits-confounded",
    "digits-biased",
    "pendulum",
    "flow",
    "circuit",
];

/// What is checked beside the default.
#[derive(Args)]
pub(crate) struct Options {
    /// Training over MPI too: needs an MPI library with its `mpirun`, and libclang
    #[arg(long)]
    mpi: bool,
}

type Stage<'a> = (&'static str, &'a dyn Fn() -> anyhow::Result<Status>);

/// Runs the stages, stops at the first that fails, and hands its status over.
pub(crate) fn run(workspace: &Workspace, options: &Options) -> anyhow::Result<Status> {
    let libtorch = Libtorch::ensure(false)?;
    let all = test::Options::all(options.mpi);
    let cargo = |arguments: &[&str]| -> anyhow::Result<Command> {
        let mut cargo = workspace.cargo();
        cargo.args(arguments);
        libtorch.apply(&mut cargo)?;
        Ok(cargo)
    };
    let features = test::features(options.mpi);
    let clippy =
        [&["clippy", "--workspace", "--all-targets"], features, &["--", "--deny", "warnings"]]
            .concat();
    let doc = [&["doc", "--workspace", "--no-deps"], features].concat();
    let stages: [Stage<'_>; 7] = [
        ("format", &|| process::run(&mut cargo(&["fmt", "--all", "--check"])?)),
        ("tidy", &|| tidy::run(workspace)),
        ("clippy", &|| process::run(&mut cargo(&clippy)?)),
        ("docs", &|| process::run(cargo(&doc)?.env("RUSTDOCFLAGS", "--deny warnings"))),
        ("tests", &|| test::code(workspace, Some(&libtorch), &all)),
        ("doc tests", &|| test::examples(workspace, Some(&libtorch), &all)),
        ("experiments", &|| match Binary::of_tests(workspace, &all)? {
            Ok(binary) => expected::smoke(workspace, &binary, &SMOKE),
            Err(failed) => Ok(failed),
        }),
    ];
    run_stages(&stages)
}

fn run_stages(stages: &[Stage<'_>]) -> anyhow::Result<Status> {
    let mut done = Vec::new();
    for (number, (name, stage)) in stages.iter().enumerate() {
        eprintln!("\n[{}/{}] {name}", number + 1, stages.len());
        let started = Instant::now();
        let ended = stage();
        let status = match &ended {
            Ok(status) => *status,
            Err(error) => crate::status::of(error),
        };
        let took = started.elapsed();
        eprintln!("[{}/{}] {name}: {}", number + 1, stages.len(), seconds(took));
        done.push((*name, took, status));
        if status != 0 {
            eprint!("{}", table(&done, stages.len()));
            return ended;
        }
    }
    eprint!("{}", table(&done, stages.len()));
    Ok(0)
}

/// The summary at the end.
fn table(done: &[(&str, Duration, Status)], stages: usize) -> String {
    let row = |(name, took, status): &(&str, Duration, Status)| {
        let result = if *status == 0 { "ok".to_owned() } else { format!("failed ({status})") };
        format!("{name:<18}{:>10}  {result}\n", seconds(*took))
    };
    let rows: String = done.iter().map(row).collect();
    let total = seconds(done.iter().map(|(_, took, _)| *took).sum());
    let left = match stages - done.len() {
        0 => String::new(),
        left => format!("  {left} stages not run"),
    };
    format!("\n{:<18}{:>10}  result\n{rows}{:<18}{total:>10}{left}\n", "stage", "time", "together")
}

fn seconds(took: Duration) -> String {
    format!("{:.1} s", took.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn the_first_failure_ends_the_run_with_its_status() {
        let later = Cell::new(false);
        let stages: [Stage<'_>; 3] = [
            ("one", &|| Ok(0)),
            ("two", &|| Ok(7)),
            ("three", &|| {
                later.set(true);
                Ok(0)
            }),
        ];
        assert_eq!(run_stages(&stages).unwrap(), 7);
        assert!(!later.get());
        assert_eq!(run_stages(&stages[..1]).unwrap(), 0);
    }

    #[test]
    fn the_table_tells_times_results_and_what_was_not_run() {
        let done =
            [("format", Duration::from_millis(640), 0), ("tests", Duration::from_secs(61), 101)];
        let expected = "\n\
            stage                   time  result\n\
            format                 0.6 s  ok\n\
            tests                 61.0 s  failed (101)\n\
            together              61.6 s  5 stages not run\n";
        assert_eq!(table(&done, 7), expected);
    }
}
