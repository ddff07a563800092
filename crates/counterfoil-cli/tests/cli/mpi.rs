//! Two processes of an MPI job, as `mpirun` starts them.

use std::{
    ffi::OsStr,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

use counterfoil::experiment::ranks::{Mpi, Ranks};
use serde_json::{Value, json};

use crate::bench::{Bench, Ended, manifest, outcome};

/// Losses that can be compared to the last digits.
const EXACT: [&str; 2] = ["--set", "training.precision=f32"];

/// How long a job of the tiny run may take before it counts as one that hangs.
const PATIENCE: Duration = Duration::from_mins(2);

/// The binary twice, with arguments, to be started in the folder of `bench`.
fn launched(bench: &Bench, arguments: &[&str]) -> Command {
    twice(bench, bench.command(&[]).get_program(), arguments)
}

/// A program twice, with arguments, to be started in the folder of `bench`.
fn twice(bench: &Bench, program: &OsStr, arguments: &[&str]) -> Command {
    let mut command = Command::new("mpirun");
    command.args(["-np", "2"]).arg(program).args(arguments);
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
    assert_eq!(manifest(&both)["ranks"], 2);
    let (found, expected) = (losses(&both), losses(&alone));
    assert_eq!((found.len(), expected.len()), (10, 10));
    for (found, expected) in found.iter().zip(&expected) {
        assert!((found - expected).abs() < 2e-4 * (1.0 + expected.abs()), "{found} {expected}");
    }
}

/// Exact: whichever rank is killed, the job ends with an error, and the run goes on to the bits of one that was left alone.
#[test]
#[cfg(target_os = "linux")]
fn a_lost_rank_ends_the_job_which_resumes() {
    let bench = Bench::new();
    let run = ["run", "tiny.toml", "--preset", "long", "--set", "training.checkpoint_every=6"];
    let whole = together(&bench, &[&run[..], &["--out", "alone"]].concat());
    assert_eq!(whole.status, Some(0), "{whole:?}");
    let alone = outcome(&only_run(&bench, "alone"));
    for (lost, left, out) in [(1, 0, "helper-lost"), (0, 1, "writer-lost")] {
        let mut job = launched(&bench, &[&run[..], &["--out", out]].concat());
        let mut job = job.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        until("no checkpoint", || checkpoints(&bench, out) == 1);
        kill(rank(&bench, lost).unwrap());
        assert!(!job.wait().unwrap().success());
        assert_eq!(rank(&bench, left), None, "rank {left} outlives rank {lost}");
        let resumed = together(&bench, &["resume", "tiny", "--out", out]);
        assert_eq!(resumed.status, Some(0), "{resumed:?}");
        let broken = outcome(&only_run(&bench, out));
        assert!(
            alone.0 == broken.0,
            "checkpoints or pictures differ after the loss of rank {lost}"
        );
        assert_eq!(alone.1, broken.1, "after the loss of rank {lost}");
    }
}

/// Its neighbour, which waits for it in a sum, would wait without end. The test starts itself as both ranks.
#[test]
fn a_rank_that_panics_ends_the_job() {
    const PLAYED: &str = "COUNTERFOIL_TEST_RANK";
    if std::env::var_os(PLAYED).is_some() {
        let job = Mpi::join().unwrap();
        assert!(job.rank() != 1, "as it was asked to");
        job.sum(&mut [1.0]);
        return;
    }
    let bench = Bench::new();
    let test = std::env::current_exe().unwrap();
    let itself = ["--exact", "mpi::a_rank_that_panics_ends_the_job", "--nocapture"];
    let mut job = twice(&bench, test.as_os_str(), &itself);
    let mut job = job.env(PLAYED, "1").stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    let begun = Instant::now();
    let ended = loop {
        if let Some(ended) = job.try_wait().unwrap() {
            break ended;
        }
        if begun.elapsed() > PATIENCE {
            job.kill().unwrap();
            panic!("rank 0 waits for rank 1");
        }
        sleep(Duration::from_millis(20));
    };
    assert_eq!(ended.code(), Some(101));
}

/// Waits for something to be so.
fn until(otherwise: &str, is_so: impl Fn() -> bool) {
    let begun = Instant::now();
    while !is_so() {
        assert!(begun.elapsed() < PATIENCE, "{otherwise}");
        sleep(Duration::from_millis(5));
    }
}

/// How many runs below `out` have a checkpoint.
fn checkpoints(bench: &Bench, out: &str) -> usize {
    let runs = fs_err::read_dir(bench.path(out).join("tiny")).into_iter().flatten().flatten();
    runs.filter(|run| run.path().join("latest.json").is_file()).count()
}

/// The processes that work in the folder of `bench`, with the variables that they were started with.
fn processes(bench: &Bench) -> impl Iterator<Item = (u32, String)> {
    let folder = bench.path("").canonicalize().unwrap();
    let all = fs_err::read_dir("/proc").unwrap().flatten().map(|entry| entry.path());
    all.filter_map(move |process| {
        let number = process.file_name()?.to_str()?.parse().ok()?;
        let there = fs_err::read_link(process.join("cwd")).is_ok_and(|cwd| cwd == folder);
        let told = fs_err::read(process.join("environ")).unwrap_or_default();
        // One that has ended and was not waited for has none.
        (there && !told.is_empty()).then(|| (number, String::from_utf8_lossy(&told).into_owned()))
    })
}

/// The process of a rank that works in the folder of `bench`.
fn rank(bench: &Bench, rank: usize) -> Option<u32> {
    let name = format!("OMPI_COMM_WORLD_RANK={rank}");
    let mut found = processes(bench).filter(|(_, told)| told.split('\0').any(|set| set == name));
    found.next().map(|(process, _)| process)
}

fn kill(process: u32) {
    assert!(Command::new("kill").args(["-9", &process.to_string()]).status().unwrap().success());
}

/// Each cell is run by one of the processes, in a process of its own that is alone. When one is lost no cell outlives its table,
/// each keeps what is done, and the table goes on with it and is told of once.
#[test]
#[cfg(target_os = "linux")]
fn cells_are_dealt_and_a_lost_rank_loses_none() {
    let bench = Bench::new();
    let table = crate::matrix::TABLE.replace(r#""default", "parity""#, r#""default""#);
    bench.write("both.toml", table);
    let matrix =
        ["matrix", "both.toml", "--device", "auto", "--set", "training.steps=60", "--json"];
    let mut job = launched(&bench, &matrix);
    let mut job = job.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
    until("two cells have no checkpoints", || checkpoints(&bench, "runs") == 2);
    kill(rank(&bench, 1).unwrap());
    assert!(!job.wait().unwrap().success());
    until("a cell outlives its table", || processes(&bench).next().is_none());
    let manifests = || -> Vec<Value> { bench.runs().iter().map(|run| manifest(run)).collect() };
    let ended = |status: i32| {
        let manifests = manifests();
        let so = |run: &Value| run["exit_status"] == status && run["ranks"] == Value::Null;
        manifests.len() == 2 && manifests.iter().all(so)
    };
    assert!(ended(130), "{:?}", manifests());
    for ran in [2, 0] {
        let told = together(&bench, &matrix);
        assert_eq!(told.status, Some(0), "{told:?}");
        let told: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!((&told["outcome"]["ran"], &told["board"]["done"]), (&json!(ran), &json!(2)));
        // Each is the run that was begun.
        assert!(ended(0), "{:?}", manifests());
    }
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
