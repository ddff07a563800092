//! A table of tiny runs: each in a process of its own, kept, skipped the second time, and shown.

use serde_json::{Value, json};

use crate::bench::{Bench, manifest};

pub(crate) const TABLE: &str = r#"
kind = "table"
[table]
name = "both"
publish = false
[[matrix]]
experiments = ["tiny"]
methods = ["default", "parity"]
ablations = [{ name = "few steps", set = ["counterfactual.steps=2"] }]
"#;

fn states(told: &Value) -> Vec<&str> {
    told["cells"].as_array().unwrap().iter().map(|cell| cell["state"].as_str().unwrap()).collect()
}

#[test]
fn a_table_is_run_once_and_shown() {
    let bench = Bench::new();
    bench.write("both.toml", TABLE);
    let listed = bench.json(&["matrix", "both.toml", "--dry-run"]);
    assert_eq!(states(&listed), ["missing"; 3]);
    let text = bench.succeed(&["matrix", "both.toml", "--only", "parity", "--dry-run"]);
    assert!(text.contains("left out") && text.contains("1 cells to run, about 15 min"), "{text}");

    // Nothing can end in a second.
    let told = bench.json(&["matrix", "both.toml", "--budget", "1s"]);
    assert_eq!((&told["outcome"]["left"], &told["board"]["done"]), (&json!(3), &json!(0)));
    assert!(bench.read("runs/both/table.html").contains("0 of 3 cells have run"));

    let ended = bench.run(&["matrix", "both.toml", "--only", "default,parity"]);
    assert_eq!(ended.status, Some(0), "{ended:?}");
    assert!(ended.err.contains("cell 1 of 2: tiny, default, seed 0"), "{}", ended.err);
    assert!(ended.out.contains("2 of 3 have run"), "{}", ended.out);
    assert_eq!(bench.runs().len(), 2);

    let page = bench.read("runs/both/table.html");
    assert!(page.contains("2 of 3 cells have run") && page.contains("data:image/png;base64,"));
    let results = bench.read("runs/both/results.md");
    assert!(results.contains("| few steps | not run |"), "{results}");
    let told = bench.json(&["matrix", "both.toml", "--only", "default,parity"]);
    assert_eq!(told["outcome"]["ran"], 0);
    let entry = &told["board"]["sections"][0]["rows"][0]["entries"][0];
    assert!(entry["value"].as_f64().is_some_and(f64::is_finite), "{entry}");
    assert_eq!(bench.runs().len(), 2, "what is there is not run again");

    told_by_a_cell(&bench);

    // From the cells alone, with the same text.
    fs_err::remove_dir_all(bench.path("runs/tiny")).unwrap();
    bench.succeed(&["matrix", "both.toml", "--report-only"]);
    assert_eq!(bench.read("runs/both/table.html"), page);
    assert_eq!(bench.read("runs/both/results.md"), results);

    mistakes(&bench);
}

/// A cell stands for the run that it was kept of: the same config, data, environment and figures to the bit.
fn told_by_a_cell(bench: &Bench) {
    let run = bench.runs().remove(0);
    let manifest = manifest(&run);
    let run = run.to_str().unwrap();
    let cells = bench.json(&["matrix", "both.toml", "--dry-run"]);
    let cells = cells["cells"].as_array().unwrap().iter().filter(|cell| cell["state"] == "done");
    let (own, other): (Vec<&Value>, Vec<&Value>) =
        cells.partition(|cell| cell["config_hash"] == manifest["config_hash"]);
    let file = |cell: &Value| {
        format!("runs/both/cells/{}.json", &cell["config_hash"].as_str().unwrap()[..16])
    };
    let (own, other) = (file(own[0]), file(other[0]));
    bench.refuse(2, &["expected", run, &other, "--write", "cell"], &[&other, "of another config"]);
    bench.succeed(&["expected", run, &own, "--write", "cell"]);
    bench.refuse(
        2,
        &["expected", &own, "--widen"],
        &[&own, "environment that the values come from"],
    );
    let expected = bench.read("experiments/expected/tiny.json");
    bench.write("elsewhere.json", expected.replace("\"threads\": 1", "\"threads\": 7"));
    let told = bench.json(&["expected", &own, "--file", "elsewhere.json", "--widen"]);
    assert_eq!(told["wider"], 0, "the figures of a cell are those of its run");
}

fn mistakes(bench: &Bench) {
    let parts = ["no experiment, method or ablation `pariti`", "`parity`?"];
    bench.refuse(2, &["matrix", "both.toml", "--only", "pariti"], &parts);
    bench.refuse(2, &["run", "both.toml"], &["both.toml", "`kind`", "counterfoil matrix"]);
    bench.refuse(2, &["matrix", "tiny.toml"], &["tiny.toml", "`kind`", "counterfoil run"]);
    let ended = bench.run(&["matrix", "both.toml", "--budget", "soon"]);
    assert!(ended.status == Some(2) && ended.err.contains("2h, 90m"), "{ended:?}");
}
