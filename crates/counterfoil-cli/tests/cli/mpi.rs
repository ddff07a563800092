//! Two processes of an MPI job, as `mpirun` starts them.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::bench::{Bench, Ended, outcome};

/// Losses that can be compared to the last digits.
const EXACT: [&str; 2] = ["--set", "training.precision=f32"];

/// The binary twice, with arguments, to be started in the folder of `bench`.
fn launched(bench: &Bench, arguments: &[&str]) -> Command {
    let alone = bench.command(&[]);
    let mut command = Command::new("mpirun");
    command.args(["-np", "2"]).arg(alone.get_program()).args(arguments);
    command.current_dir(bench.path("")).stdin(Stdio::null()).env("OMP_NUM_THREADS", "1");
    // OpenMPI wants to be asked twice before it runs as root or starts more processes than there are cores.
    for name in ["OMPI_ALLOW_RUN_AS_ROOT", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM"] {
        command.env(name, "1");
    }
    command.env("OMPI_MCA_rmaps_base_oversubscribe", "1");
    command.env("PRTE_MCA_rmaps_default_mapping_policy", ":oversubscribe");
    // Two processes that wait for each other must not keep a core from other tests.
    command.env("OMPI_MCA_mpi_yield_when_idle", "1");
    command
}

fn together(bench: &Bench, arguments: &[&str]) -> Ended {
    Ended::of(launched(bench, arguments))
}

fn only_run(bench: &Bench, out: &str) -> PathBuf {
    let found: Vec<_> = fs_err::read_dir(bench.path(out).join("tiny")).unwrap().collect();
    assert_eq!(found.len(), 1);
    found.into_iter().next().unwrap().unwrap().path()
}

/// The training loss of each entry.
fn losses(run: &Path) -> Vec<f64> {
    let events = fs_err::read_to_string(run.join("events.jsonl")).unwrap();
    let events = events.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let of = |event: &Value| event["split"] == "train" && event["name"] == "loss";
    events.filter(of).map(|event| event["value"].as_f64().unwrap()).collect()
}

/// Float class, 2e-4 of the loss, and the run is evaluated and told of once.
#[test]
fn two_processes_train_the_model_of_one() {
    let bench = Bench::new();
    let run = [&["run", "tiny.toml", "--set", "training.log_every=1"], &EXACT[..]].concat();
    bench.succeed(&[&run[..], &["--out", "alone"]].concat());
    let ended = together(&bench, &[&run[..], &["--out", "both", "--json"]].concat());
    assert_eq!((ended.status, ended.err.as_str()), (Some(0), ""), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told["runs"].as_array().unwrap().len(), 1);
    let [alone, both] = ["alone", "both"].map(|out| only_run(&bench, out));
    let manifest: Value =
        serde_json::from_slice(&fs_err::read(both.join("manifest.json")).unwrap()).unwrap();
    assert_eq!(manifest["ranks"], 2);
    let (found, expected) = (losses(&both), losses(&alone));
    assert_eq!((found.len(), expected.len()), (10, 10));
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 2e-4 * (1.0 + expected.abs()), "{found} {expected}");
    }
}

/// Exact: a rank is killed, the job ends with an error, and the run goes on to the bits of one that was left alone.
#[test]
#[cfg(target_os = "linux")]
fn a_lost_rank_ends_the_job_which_resumes() {
    let bench = Bench::new();
    let run = ["run", "tiny.toml", "--preset", "long", "--set", "training.checkpoint_every=6"];
    let whole = together(&bench, &[&run[..], &["--out", "alone"]].concat());
    assert_eq!(whole.status, Some(0), "{whole:?}");
    let mut job = launched(&bench, &[&run[..], &["--out", "broken"]].concat());
    let mut job = job.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let checkpoint = || {
        let folder = bench.path("broken").join("tiny");
        let run = fs_err::read_dir(folder).ok()?.next()?.ok()?.path();
        run.join("latest.json").is_file().then_some(())
    };
    while checkpoint().is_none() {
        assert!(begun.elapsed() < Duration::from_mins(2), "no checkpoint");
        sleep(Duration::from_millis(5));
    }
    let victim = rank(&bench, 1).unwrap();
    assert!(Command::new("kill").args(["-9", &victim.to_string()]).status().unwrap().success());
    assert!(!job.wait().unwrap().success());
    assert_eq!(rank(&bench, 0), None, "rank 0 outlives rank 1");
    let resumed = together(&bench, &["resume", "tiny", "--out", "broken"]);
    assert_eq!(resumed.status, Some(0), "{resumed:?}");
    let [alone, broken] = ["alone", "broken"].map(|out| outcome(&only_run(&bench, out)));
    assert!(alone.0 == broken.0, "checkpoints or pictures differ");
    assert_eq!(alone.1, broken.1);
}

/// The process of a rank that works in the folder of `bench`.
fn rank(bench: &Bench, rank: usize) -> Option<u32> {
    let folder = bench.path("").canonicalize().unwrap();
    let name = format!("OMPI_COMM_WORLD_RANK={rank}");
    let is_it = |process: &Path| {
        let there = fs_err::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder);
        let told = fs_err::read(process.join("environ")).unwrap_or_default();
        there && told.split(|byte| *byte == 0).any(|variable| variable == name.as_bytes())
    };
    let processes = fs_err::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    let mut found = processes.filter(|process| is_it(process));
    found.next()?.file_name()?.to_str()?.parse().ok()
}

/// Each cell is run by one of the processes, in a process of its own that is alone, and the table is told of once.
#[test]
fn cells_are_dealt() {
    let bench = Bench::new();
    bench.write("both.toml", crate::matrix::TABLE);
    let ended = together(&bench, &["matrix", "both.toml", "--device", "auto", "--json"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((&told["outcome"]["ran"], &told["board"]["done"]), (&json!(3), &json!(3)));
    let runs = bench.runs();
    assert_eq!(runs.len(), 3);
    for run in runs {
        let manifest = fs_err::read(run.join("manifest.json")).unwrap();
        let manifest: Value = serde_json::from_slice(&manifest).unwrap();
        assert_eq!(manifest["ranks"], Value::Null);
    }
    let again = together(&bench, &["matrix", "both.toml", "--device", "auto", "--json"]);
    let told: Value = serde_json::from_str(&again.out).unwrap();
    assert_eq!((&told["outcome"]["ran"], bench.runs().len()), (&json!(0), 3));
}

/// One sentence and its status, however many find the fault, and no waiting for each other.
#[test]
fn a_fault_of_the_input_is_told_once() {
    let bench = Bench::new();
    let wrong: [(&[&str], &str); 3] = [
        (&["run", "tiny.toml", "--set", "training.stebs=3"], "training.stebs"),
        (&["run", "tiny.toml", "--set", "training.batch=1"], "2 processes"),
        (&["resume", "nothing"], "nothing"),
    ];
    for (arguments, part) in wrong {
        let ended = together(&bench, arguments);
        let said: Vec<&str> =
            ended.err.lines().filter(|line| line.starts_with("error: ")).collect();
        assert_eq!((ended.status, said.len()), (Some(2), 1), "{arguments:?}: {ended:?}");
        assert!(said[0].contains(part), "{said:?}");
    }
    assert!(!bench.path("runs").exists(), "a mistake leaves no run behind");
}
