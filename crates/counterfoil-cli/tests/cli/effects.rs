//! Formulas of effects and counterfactuals, rows drawn from models, and effects estimated from them.

use serde_json::json;

use crate::bench::Bench;

const FRONT_DOOR: &str = "Smoking -> Tar -> Cancer; Smoking <-> Cancer";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("smoking.txt", FRONT_DOOR);
    bench.write("mediation.txt", "X -> M -> Y; X -> Y");
    bench.write("transport.txt", "S -> Z; Z -> X; X -> Y; Z -> Y; X <-> Y");
    bench
}

#[test]
fn rules_apply_or_show_the_path_that_forbids_them() {
    let bench = bench();
    let rule = |rest: &[&str]| bench.succeed(&[&["graph", "rule", "smoking.txt"], rest].concat());
    assert_eq!(
        rule(&["--rule", "2", "--do", "Smoking", "--on", "Cancer", "--move", "Tar"]),
        "P(Cancer | do(Smoking, Tar)) = P(Cancer | do(Smoking), Tar) by rule 2\n"
    );
    let refused = rule(&["--rule", "2", "--on", "Cancer", "--move", "Smoking"]);
    assert!(refused.ends_with("Smoking <-> Cancer stays open\n"), "{refused}");
    let told = bench.json(&[
        "graph",
        "rule",
        "smoking.txt",
        "--rule",
        "3",
        "--on",
        "Smoking",
        "--move",
        "Tar",
    ]);
    assert_eq!((&told["applies"], &told["left"]), (&json!(true), &json!("P(Smoking | do(Tar))")));
    let wrong = ["graph", "rule", "smoking.txt", "--rule", "1", "--on", "Tar", "--move", "Tar"];
    bench.refuse(2, &wrong, &["smoking.txt", "`Tar` is in both"]);
}

#[test]
fn derivations_show_every_step() {
    let bench = bench();
    let ask = ["graph", "identify", "smoking.txt", "--do", "Smoking", "--on", "Cancer", "--steps"];
    let text = bench.succeed(&ask);
    assert!(
        text.starts_with("P(Cancer | do(Smoking))\n= ") && text.contains("[rule 3: "),
        "{text}"
    );
}

#[test]
fn counterfactuals_are_identified_or_refused() {
    let bench = bench();
    let ask = |event, rest: &[&str]| {
        let ask = ["graph", "identify", "mediation.txt", "--counterfactual", event];
        bench.json(&[&ask[..], rest].concat())
    };
    let told = ask("Y[X=1, M[X=0]]=1", &[]);
    assert_eq!(told["from_experiments"]["estimand"], json!("Σ_m P(m | do(x')) P(y | do(x, m))"));
    assert_eq!(told["from_observations"]["values"], json!(["x = 1", "x' = 0", "y = 1"]));
    let told = ask("Y[X=0]=1", &["--given", "X=1, Y=1"]);
    assert_eq!(told["status"], json!("not identifiable"), "{told}");
    assert!(told["conflict"].is_string());
    let wrong = ["graph", "identify", "mediation.txt", "--counterfactual", "Q=1"];
    bench.refuse(2, &wrong, &["mediation.txt", "`Q`"]);
}

#[test]
fn experiments_elsewhere_are_put_to_use() {
    let bench = bench();
    let regimes = json!([
        { "observed": ["X", "Y", "Z"], "domain": "target" },
        { "observed": ["Y", "Z"], "do": ["X"], "population": "trial", "selection": ["S"] },
    ]);
    bench.write("regimes.json", regimes.to_string());
    let ask =
        |graph| ["graph", "identify", graph, "--do", "X", "--on", "Y", "--data", "regimes.json"];
    let text = bench.succeed(&ask("transport.txt"));
    assert_eq!(text, "P(Y | do(X)) = Σ_z P(z) P[trial](y | do(x), z)\n");
    bench.refuse(2, &ask("mediation.txt"), &["regimes.json", "`Z`"]);
    bench.write("regimes.json", r#"[{ "measured": ["X"] }]"#);
    bench.refuse(2, &ask("transport.txt"), &["regimes.json", "unknown field `measured`"]);
}

#[test]
fn classes_have_effects_of_all_their_members() {
    let bench = Bench::new();
    bench.write("class.txt", "pdag { C -> X C -> Y X -> Y A -- C }");
    let text = bench.succeed(&["graph", "identify", "class.txt", "--do", "X", "--on", "Y"]);
    assert_eq!(text, "P(Y | do(X)) = Σ_c P(c) P(y | c, x)\n");
    bench.write("open.txt", "pdag { X -- Y }");
    let text = bench.succeed(&["graph", "identify", "open.txt", "--do", "X", "--on", "Y"]);
    assert!(
        text.contains("not identifiable in this class: the graphs of the class disagree"),
        "{text}"
    );
}

/// Monte-Carlo: a share of 4,000 cases under the intervention lies within five standard errors, 0.04, of the truth, and
/// so does the estimate from observations, whose spread is less than twice as large: 0.12 in all.
#[test]
fn an_effect_is_estimated_from_simulated_rows() {
    let bench = bench();
    let draw = |out, rest: &[&str]| {
        let ask =
            ["graph", "simulate", "smoking.txt", "--rows", "4000", "--seed", "3", "--out", out];
        bench.succeed(&[&ask[..], rest].concat());
        bench.read(out)
    };
    draw("seen.csv", &[]);
    let done = draw("done.csv", &["--do", "Smoking=1"]);
    assert!(done.starts_with("Smoking,Tar,Cancer\n1,"), "{}", &done[..40]);
    let truth = done.lines().skip(1).filter(|row| row.ends_with(",1")).count() as f64 / 4000.0;
    let ask = ["graph", "estimate", "smoking.txt", "--data", "seen.csv", "--do", "Smoking=1"];
    let told = bench.json(&[&ask[..], &["--on", "Cancer=1"]].concat());
    let estimate = told["cells"][0]["estimate"].as_f64().unwrap();
    assert!((estimate - truth).abs() < 0.12, "{estimate} {truth}");
    let [low, high] = [0, 1].map(|end| told["cells"][0]["interval"][end].as_f64().unwrap());
    assert!(low < estimate && estimate < high, "{told}");
    // What has no column is hidden, and without the mediator nothing identifies the effect.
    let narrow: Vec<String> = bench
        .read("seen.csv")
        .lines()
        .map(|row| {
            let cells: Vec<&str> = row.split(',').collect();
            format!("{},{}", cells[0], cells[2])
        })
        .collect();
    bench.write("narrow.csv", narrow.join("\n"));
    let ask = |data| {
        ["graph", "estimate", "smoking.txt", "--data", data, "--do", "Smoking", "--on", "Cancer"]
    };
    bench.refuse(2, &ask("narrow.csv"), &["not identifiable from these columns"]);
    bench.write("gaps.csv", "Smoking,Tar,Cancer\n1,,0\n");
    bench.refuse(2, &ask("gaps.csv"), &["gaps.csv", "line 2", "`Tar`"]);
    let wrong = ["graph", "simulate", "smoking.txt", "--do", "Tar=7"];
    bench.refuse(2, &wrong, &["`Tar`", "2 values"]);
}

#[test]
fn models_are_drawn_from_as_they_are() {
    let bench = Bench::new();
    let rain = "network rain {}
        variable cloudy { type discrete [ 2 ] { yes, no }; }
        variable rain { type discrete [ 2 ] { yes, no }; }
        probability ( cloudy ) { table 0.4, 0.6; }
        probability ( rain | cloudy ) { (yes) 1.0, 0.0; (no) 0.0, 1.0; }";
    bench.write("rain.bif", rain);
    let text = bench.succeed(&["graph", "simulate", "rain.bif", "--rows", "50"]);
    let mut rows = text.lines();
    assert_eq!(rows.next(), Some("cloudy,rain"));
    assert!(rows.all(|row| row == "yes,yes" || row == "no,no"), "{text}");
    let done = bench.json(&["graph", "simulate", "rain.bif", "--rows", "2", "--do", "rain=yes"]);
    assert_eq!(done["rows"][1][1], json!("yes"));
}
