//! Help, completion, and the commands that need no run.

use crate::bench::Bench;

const COMMANDS: [&str; 21] = [
    "run",
    "resume",
    "evaluate",
    "solvers",
    "strength",
    "mechanisms",
    "report",
    "counterfactual",
    "traverse",
    "codes",
    "data",
    "runs",
    "table",
    "matrix",
    "compare",
    "reproduce",
    "expected",
    "cite",
    "graph",
    "diffusion",
    "completion",
];

#[test]
fn every_command_explains_itself_with_examples() {
    let bench = Bench::new();
    let overview = bench.succeed(&["--help"]);
    for command in COMMANDS {
        assert!(overview.contains(&format!("\n  {command} ")), "{command} is not in the overview");
        let help = bench.succeed(&[command, "--help"]);
        assert!(help.contains(&format!("Examples:\n  counterfoil {command}")), "{help}");
    }
    assert!(bench.succeed(&["--version"]).starts_with("counterfoil "));
}

#[test]
fn every_shell_gets_a_script_that_knows_the_commands() {
    let bench = Bench::new();
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let script = bench.succeed(&["completion", shell]);
        assert!(COMMANDS.iter().all(|command| script.contains(command)), "{shell}");
    }
}

#[test]
fn a_graph_is_shown() {
    let bench = Bench::new();
    let told = bench.json(&["graph", "show", "tiny.dot"]);
    let names: Vec<_> =
        told["variables"].as_array().unwrap().iter().map(|v| v["name"].clone()).collect();
    assert_eq!(names, ["thickness", "intensity", "style"]);
    assert_eq!(told["edges"], serde_json::json!([["thickness", "->", "intensity"]]));
    assert_eq!(told["variables"][0]["range"], serde_json::json!([1.0, 5.8]));
    let text = bench.succeed(&["graph", "show", "tiny.dot"]);
    assert!(text.contains("edges: thickness -> intensity"), "{text}");
}

/// Exact: the two ends of a trailing grid of the linear schedule are known.
#[test]
fn a_schedule_is_shown() {
    let bench = Bench::new();
    let arguments = ["diffusion", "schedules", "--schedule", "linear", "--steps", "4"];
    let told = bench.json(&arguments);
    let levels = told["levels"].as_array().unwrap();
    assert_eq!(levels.len(), 5);
    assert_eq!((&levels[0]["time"], &levels[4]["alpha_bar"]), (&999.0.into(), &1.0.into()));
    assert!(levels.windows(2).all(|w| w[0]["alpha"].as_f64() < w[1]["alpha"].as_f64()));
    assert_eq!(bench.succeed(&arguments).lines().count(), 6);
}

#[test]
fn a_data_set_is_shown_and_drawn() {
    let bench = Bench::new();
    let told = bench.json(&["data", "tiny.toml", "--sheet", "sheet.png", "--count", "20"]);
    assert_eq!((&told["images"], &told["split"]), (&64.into(), &serde_json::json!([32, 16, 16])));
    assert_eq!(told["classes"].as_array().unwrap().len(), 10);
    let (low, mean) = (told["labels"][0]["low"].as_f64(), told["labels"][0]["mean"].as_f64());
    assert!(low < mean, "{told}");
    assert!(fs_err::read(bench.path("sheet.png")).unwrap().starts_with(b"\x89PNG"));
    let other = bench.json(&["data", "tiny.toml", "--set", "data.seed=1"]);
    assert_ne!(told["hash"], other["hash"]);
    assert!(bench.succeed(&["data", "tiny.toml"]).contains(told["hash"].as_str().unwrap()));
}

#[test]
fn a_dry_run_shows_the_config_and_writes_nothing() {
    let bench = Bench::new();
    let before = bench.files();
    let text = bench.succeed(&["run", "tiny.toml", "--preset", "long", "--seed", "7", "--dry-run"]);
    assert!(text.contains("\nseed = 7\n") && text.contains("\nsteps = 60\n"), "{text}");
    let told = bench.json(&["run", "tiny.toml", "--seeds", "0..3", "--dry-run"]);
    let seeds: Vec<_> = told["plans"]
        .as_array()
        .unwrap()
        .iter()
        .map(|plan| plan["config"]["experiment"]["seed"].as_u64().unwrap())
        .collect();
    assert_eq!(seeds, [0, 1, 2]);
    assert!(told["plans"][0]["parameters"].as_u64().unwrap() > 1000);
    assert!(before == bench.files());
}

#[test]
fn an_empty_folder_has_no_runs() {
    let bench = Bench::new();
    assert_eq!(bench.json(&["runs"])["runs"], serde_json::json!([]));
    fs_err::create_dir(bench.path("elsewhere")).unwrap();
    assert_eq!(bench.succeed(&["runs", "--out", "elsewhere"]), "no runs in elsewhere\n");
}
