//! Bad input that is found before anything is trained: one sentence, exit status 2, nothing written.

use std::{fs::File, process::Stdio};

use crate::bench::{Bench, CONFIG, Ended, GRAPH};

#[test]
fn configs_at_fault() {
    let bench = Bench::new();
    fs_err::create_dir(bench.path("experiments")).unwrap();
    bench.write("experiments/tiny.toml", CONFIG);
    bench.write("experiments/tiny.dot", GRAPH);
    bench.write("broken.toml", "graph = ");
    bench.write("odd.toml", format!("\"gr\\naph\" = 1\n{CONFIG}"));
    fs_err::create_dir(bench.path("experiments/empty")).unwrap();
    let many = format!("model.multipliers={:?}", [1; 80]);
    let cases: [(&[&str], &[&str]); 26] = [
        (&["run", "odd.toml"], &["error: odd.toml: unknown key `gr aph`; did you mean `graph`?"]),
        (&["run", "tini"], &["no experiment `tini`", "did you mean `tiny`?"]),
        (&["run", "tiny.toml", "--preset", "lnog"], &["no preset `lnog`", "`long`?"]),
        (
            &["run", "tiny.toml", "--set", "training.lerning_rate=1"],
            &["--set training.lerning_rate=1", "unknown key", "did you mean `learning_rate`?"],
        ),
        (&["run", "tiny.toml", "--set", "training.steps"], &["section.key=value"]),
        (&["run", "tiny.toml", "--set", "training.steps=0"], &["training.steps", "at least 1"]),
        (&["run", "tiny.toml", "--device", "gpu"], &["unknown device `gpu`", "cpu"]),
        (&["run", "tiny.toml", "--device", "cuda:99"], &["cuda:99", "cpu"]),
        (&["run", "tiny.toml", "--set", "model.multipliers=[1,2,2,2]"], &["model.multipliers"]),
        // Sizes that nothing can hold, or that no number can: told without trying.
        (
            &["run", "tiny.toml", "--set", "model.channels=1000000000000"],
            &["model.channels", "between 1 and 8192"],
        ),
        (
            &["run", "tiny.toml", "--set", "model.encoder=[8192, 8192, 8192, 8192, 8192]"],
            &["model", "parameters, more than 1073741824"],
        ),
        (&["run", "tiny.toml", "--set", &many], &["model.multipliers", "at most 16"]),
        (&["run", "broken.toml"], &["broken.toml line 1", "not TOML"]),
        (&["run", "broken.toml", "--json"], &["broken.toml line 1"]),
        (&["run", "tiny.toml", "--set", "counterfactual.depth=2"], &["counterfactual.depth"]),
        (&["run", "tiny.toml", "--set", "counterfactual.batch=0"], &["counterfactual.batch"]),
        (&["run", "tiny.toml", "--set", "evaluation.oracle.steps=0"], &["evaluation.oracle.steps"]),
        (&["data", "tiny.toml", "--set", "data.count=3"], &["data.count", "at least 64"]),
        (&["run", "nowhere/x.toml"], &["nowhere/x.toml is no file", "the TOML file"]),
        (&["run", "experiments/empty"], &["experiments/empty is a folder", "the TOML file"]),
        (&["report", "experiments/empty"], &["experiments/empty is no run", "manifest.json"]),
        (&["runs", "--out", "nowhere"], &["--out nowhere", "no such folder"]),
        (
            &["diffusion", "trace", "--svg", "no/a.svg"],
            &["no/a.svg", "no folder no; make it first"],
        ),
        (&["diffusion", "trace", "--svg", "experiments"], &["experiments", "name a file in it"]),
        (&["data", "tiny.toml", "--sheet", "no/such/s.png"], &["no/such/s.png", "make it first"]),
        (&["graph", "simulate", "tiny.dot", "--out", "no/a.csv"], &["no/a.csv", "make it first"]),
    ];
    for (arguments, parts) in cases {
        bench.refuse(2, arguments, parts);
    }
}

#[test]
fn graphs_at_fault() {
    let bench = Bench::new();
    bench.write(
        "cycle.dot",
        "digraph { thickness; intensity; thickness -> intensity -> thickness; }",
    );
    bench.write("missing.dot", "digraph { thickness; intensity; thickness -> intensty; }");
    bench.write("more.dot", "digraph { thickness; colour [low=0, high=1]; }");
    let run = |graph: &str, parts: &[&str]| {
        let set = format!("graph={graph}");
        bench.refuse(2, &["run", "tiny.toml", "--set", &set], &[&[graph], parts].concat());
    };
    let cycle = ["cycle", "thickness -> intensity -> thickness"];
    run("cycle.dot", &cycle);
    run("missing.dot", &["`intensty`", "not declared", "`intensity`"]);
    run("none.dot", &[]);
    bench.refuse(2, &["graph", "show", "cycle.dot"], &cycle);
    bench.refuse(2, &["graph", "show", "none.dot"], &["none.dot", "check the path"]);
    let set = "graph=more.dot";
    bench.refuse(2, &["run", "tiny.toml", "--set", set], &["colour", "labelled", "unlabelled"]);
}

#[test]
fn data_folders_at_fault() {
    let bench = Bench::new();
    let real =
        CONFIG.replace("kind = \"digits\"\ncount = 64", "kind = \"morphomnist\"\ndir = \"real\"");
    bench.write("real.toml", real);
    bench.refuse(2, &["run", "real.toml"], &["real"]);
    fs_err::create_dir(bench.path("real")).unwrap();
    bench.refuse(2, &["run", "real.toml"], &["t10k"]);
    // Two images of 2 x 2 pixels, then with a wrong magic number and without the last byte.
    let images = [&[0, 0, 8, 3, 0, 0, 0, 2, 0, 0, 0, 2, 0, 0, 0, 2][..], &[9; 8]].concat();
    let labels = [0, 0, 8, 1, 0, 0, 0, 2, 1, 7];
    bench.write("real/t10k-labels-idx1-ubyte", labels);
    bench.write("real/t10k-morpho.csv", "index,thickness,intensity\n0,2.0,100\n1,3.0,200\n");
    bench.write("real/t10k-images-idx3-ubyte", [&[7], &images[1..]].concat());
    bench.refuse(2, &["run", "real.toml"], &["t10k-images-idx3-ubyte", "magic"]);
    bench.write("real/t10k-images-idx3-ubyte", &images[..images.len() - 1]);
    bench.refuse(2, &["run", "real.toml"], &["t10k-images-idx3-ubyte"]);
}

#[test]
fn commands_at_fault() {
    let bench = Bench::new();
    bench.refuse(2, &["resume", "tiny"], &["no run `tiny`", "--out"]);
    bench.refuse(2, &["counterfactual", "tiny", "--do", "thickness=2"], &["no run `tiny`"]);
    bench.refuse(2, &["compare", "a", "b"], &["no run `a`"]);
    bench.refuse(2, &["diffusion", "schedules", "--steps", "0"], &["step"]);
    for arguments in [
        &["run"][..],
        &["rnu"],
        &["counterfactual", "tiny"],
        &["run", "tiny.toml", "--seeds", "3..1"],
        &["run", "tiny.toml", "--seed", "1", "--seeds", "0..2"],
        &["completion", "tcsh"],
    ] {
        let ended = bench.run(arguments);
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{arguments:?}");
        assert!(ended.err.starts_with("error: "), "{arguments:?}: {ended:?}");
    }
    assert!(!bench.path("runs").exists());
}

/// Values of flags that the parser of arguments refuses, with its usage behind the sentence.
#[test]
fn flags_at_fault() {
    let bench = Bench::new();
    let cases: [(&[&str], &[&str]); 2] = [
        (&["run", "tiny.toml", "--seed", "-1"], &["--seed", "a whole number from 0 on"]),
        (&["run", "tiny.toml", "--seed", "x"], &["--seed", "a whole number from 0 on"]),
    ];
    for (arguments, parts) in cases {
        let ended = bench.run(arguments);
        assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
        assert!(ended.err.starts_with("error: "), "{ended:?}");
        assert!(parts.iter().all(|part| ended.err.contains(part)), "{ended:?}");
    }
}

/// Numbers that no machine has room for are refused before anything is counted out.
#[test]
fn absurd_numbers() {
    let bench = Bench::new();
    let huge = "10000000000000";
    let count = format!("data.count={huge}");
    bench.refuse(2, &["run", "tiny.toml", "--set", &count], &["data.count", "at most 10000000"]);
    bench.refuse(2, &["diffusion", "trace", "--points", huge], &["--points", huge, "at most"]);
    let rows = ["graph", "simulate", "tiny.dot", "--rows", huge];
    bench.refuse(2, &rows, &["--rows", huge, "at most"]);
    let seeds = format!("0..{huge}");
    let ended = bench.run(&["run", "tiny.toml", "--dry-run", "--seeds", &seeds]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.starts_with("error: ") && ended.err.contains("10000 seeds"), "{ended:?}");
}

#[test]
fn what_cannot_be_written_is_a_failure() {
    let bench = Bench::new();
    bench.refuse(1, &["run", "tiny.toml", "--out", "tiny.dot/runs"], &["tiny.dot"]);
    // Nobody, not even root, makes a folder there: the one says that there is no such place, the other that it may not be
    // written to.
    #[cfg(target_os = "linux")]
    {
        bench.refuse(1, &["run", "tiny.toml", "--out", "/proc/runs"], &["/proc/runs"]);
        let parts = ["/sys/runs", "choose a folder that you may write to with --out"];
        bench.refuse(1, &["run", "tiny.toml", "--out", "/sys/runs"], &parts);
    }
}

/// A device that is always full stands for a full disk.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_stdout_is_a_failure() {
    let bench = Bench::new();
    let full = File::options().write(true).open("/dev/full").unwrap();
    let child =
        bench.command(&["graph", "show", "tiny.dot"]).stdout(full).stderr(Stdio::piped()).spawn();
    let ended = child.unwrap().wait_with_output().unwrap();
    let said = String::from_utf8(ended.stderr).unwrap();
    assert_eq!(ended.status.code(), Some(1), "{said}");
    assert!(said.starts_with("error: ") && said.contains("No space left"), "{said}");
}

/// A log that fills its disk must not turn bad input into a panic.
#[test]
#[cfg(target_os = "linux")]
fn a_full_disk_behind_stderr_changes_no_exit_status() {
    let bench = Bench::new();
    for (arguments, status) in
        [(&["graph", "show", "nope.dot"][..], 2), (&["run", "tiny.toml", "--dry-run"], 0)]
    {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let mut command = bench.command(arguments);
        let ended = command.stdout(Stdio::null()).stderr(full).status().unwrap();
        assert_eq!(ended.code(), Some(status), "{arguments:?}");
    }
}

/// A launcher started several, but they cannot be one job: without MPI they have no way, with it nobody else answers.
#[test]
fn processes_that_cannot_find_each_other() {
    let bench = Bench::new();
    let one_of_two = |alone: &str| {
        let mut command = bench.command(&["run", "tiny.toml", "--dry-run"]);
        command.env("PMI_SIZE", "2").env("COUNTERFOIL_ALONE", alone);
        Ended::of(command)
    };
    let ended = one_of_two("");
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""), "{ended:?}");
    assert!(ended.err.starts_with("error: ") && ended.err.contains("of 2 processes"), "{ended:?}");
    assert_eq!(one_of_two("1").status, Some(0));
}
