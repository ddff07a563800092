//! Two tiny runs beside each other: what differs, how their losses fell, and a picture of both; and whom a run cites, which
//! needs a run as well.

use serde_json::{Value, json};

use crate::bench::Bench;

fn curve<'a>(told: &'a Value, part: &str, run: usize) -> &'a Vec<Value> {
    told["curves"][part][run].as_array().unwrap()
}

#[test]
fn two_runs_are_compared_in_numbers_and_in_a_picture() {
    let bench = Bench::new();
    let log = ["run", "tiny.toml", "--set", "training.log_every=1"];
    bench.succeed(&log);
    bench.succeed(&log);
    bench.succeed(&[&log[..], &["--seed", "6"]].concat());
    let mut runs = bench.runs();
    // By seed, for runs of one second have no order.
    runs.sort_by_key(|run| run.to_str().unwrap().contains("-s6-"));
    let names: Vec<&str> = runs.iter().map(|run| run.to_str().unwrap()).collect();

    // Exact: the same seed gives the same losses, another seed others.
    let told = bench.json(&["compare", names[0], names[1], "--svg", "same.svg"]);
    assert_eq!(told["config"], json!([]));
    for (part, points) in [("train", 10), ("validation", 2)] {
        assert_eq!(curve(&told, part, 0).len(), points, "{told}");
        assert_eq!(curve(&told, part, 0), curve(&told, part, 1));
    }
    let last = &curve(&told, "train", 0)[9];
    assert!(last["step"] == 10 && last["loss"].as_f64().is_some_and(f64::is_finite), "{last}");
    let told = bench.json(&["compare", names[0], names[2]]);
    assert_eq!(told["config"][0]["key"], "experiment.seed");
    assert_eq!(curve(&told, "train", 1).len(), 10);
    assert_ne!(curve(&told, "train", 0), curve(&told, "train", 1));

    let svg = bench.read("same.svg");
    let id = runs[1].file_name().unwrap().to_str().unwrap();
    assert!(svg.starts_with("<svg") && svg.contains("loss") && svg.contains(id), "{svg}");

    let text = bench.succeed(&["compare", names[0], names[2]]);
    let mut lines = text.lines().skip_while(|line| !line.starts_with("loss at step"));
    assert_eq!(lines.next().unwrap().split("  ").filter(|cell| !cell.is_empty()).count(), 5);
    let steps: Vec<u64> =
        lines.map_while(|line| line.split_whitespace().next()?.parse().ok()).collect();
    assert_eq!(steps, (1..=10).collect::<Vec<u64>>(), "{text}");

    // A folder that is not there is told before anything is written.
    let lost = ["compare", names[0], names[1], "--svg", "no/where.svg"];
    bench.refuse(2, &lost, &["no/where.svg", "make it first"]);

    // Without a loss there is nothing to draw, which is said after what can be told.
    let (events, away) = (runs[0].join("events.jsonl"), bench.path("away.jsonl"));
    fs_err::rename(&events, &away).unwrap();
    let ended = bench.run(&["compare", names[0], names[0], "--svg", "none.svg"]);
    assert_eq!(ended.status, Some(1), "{ended:?}");
    assert!(ended.out.contains("config: no difference"), "{ended:?}");
    assert!(ended.err.starts_with("error: neither run has a loss yet, so none.svg"), "{ended:?}");
    assert!(!bench.path("none.svg").exists());
    fs_err::rename(&away, &events).unwrap();

    // What was measured is cited once there is a summary.
    let cites = |key: &str| {
        let told = bench.json(&["cite", names[2]]);
        told["bibtex"].as_array().unwrap().iter().any(|entry| entry.as_str().unwrap().contains(key))
    };
    assert!(cites("{castro2019morphomnist,") && cites("{monteiro2023axioms,"));
    fs_err::remove_file(runs[2].join("summary.json")).unwrap();
    assert!(cites("{castro2019morphomnist,") && !cites("{monteiro2023axioms,"));
}
