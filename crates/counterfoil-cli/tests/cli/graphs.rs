//! Questions to causal graphs, each with its answer and its reason.

use serde_json::json;

use crate::bench::Bench;

const FRONT_DOOR: &str = "Smoking -> Tar -> Cancer; Smoking <-> Cancer";

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("smoking.txt", FRONT_DOOR);
    bench.write("bow.dot", "digraph { X; Y; X -> Y; X -> Y [dir=both, style=dashed]; }");
    bench.write("lottery.txt", "dag { U [latent] Z -> X -> Y X <- U -> Y W -> Z W -> Y }");
    bench
}

#[test]
fn separation_shows_the_open_path() {
    let bench = bench();
    let ask = |given: &[&str]| {
        let ends = ["graph", "separate", "smoking.txt", "--x", "Smoking", "--y", "Cancer"];
        bench.json(&[&ends[..], given].concat())
    };
    assert_eq!(ask(&["--given", "Tar"])["open_path"], json!("Smoking <-> Cancer"));
    let told =
        bench.json(&["graph", "separate", "lottery.txt", "--x", "Z", "--y", "Y", "--given", "W,X"]);
    assert_eq!(told["separated"], json!(false), "{told}");
    let text = bench.succeed(&[
        "graph",
        "separate",
        "lottery.txt",
        "--x",
        "W",
        "--y",
        "X",
        "--given",
        "Z",
    ]);
    assert_eq!(text, "{W} and {X} are separated given {Z}\n");
}

/// What a file says of selection has no part in answers from whole samples, which is told and not passed over.
#[test]
fn a_selected_sample_is_warned_of() {
    let bench = bench();
    bench.write("trial.txt", "dag { S [selected] X -> S Y -> S X -> Y }");
    for question in ["adjust", "identify", "frontdoor", "instruments"] {
        let ended = bench.run(&["graph", question, "trial.txt", "--do", "X", "--on", "Y"]);
        assert!(ended.err.contains("not for those that S selects"), "{}", ended.err);
        let quiet =
            bench.run(&["graph", question, "smoking.txt", "--do", "Smoking", "--on", "Cancer"]);
        assert_eq!(quiet.err, "", "{question}");
    }
}

#[test]
fn adjustment_lists_sets_and_gives_reasons() {
    let bench = bench();
    let effect = ["--do", "Z", "--on", "Y"];
    let told = bench.json(&[&["graph", "adjust", "lottery.txt"], &effect[..]].concat());
    assert_eq!(told["minimal_sets"], json!([["W"]]));
    let check = |set| {
        bench.json(&[&["graph", "adjust", "lottery.txt", "--check", set], &effect[..]].concat())
    };
    assert_eq!(check("W")["estimand"], json!("Σ_w P(y | z, w) P(w)"));
    let refused = check("W,X");
    assert_eq!(refused["valid"], json!(false));
    assert!(
        refused["reason"].as_str().unwrap().contains("`X` may not be adjusted for"),
        "{refused}"
    );
    let none =
        bench.succeed(&["graph", "adjust", "smoking.txt", "--do", "Smoking", "--on", "Cancer"]);
    assert!(none.starts_with("there is no adjustment set: "), "{none}");
}

#[test]
fn effects_are_identified_or_refused_with_a_hedge() {
    let bench = bench();
    let front = ["--do", "Smoking", "--on", "Cancer"];
    let told = bench.json(&[&["graph", "frontdoor", "smoking.txt"], &front[..]].concat());
    assert_eq!(told["sets"], json!([["Tar"]]));
    let told = bench.json(&[&["graph", "identify", "smoking.txt"], &front[..]].concat());
    assert_eq!(told["identifiable"], json!(true));
    let formula = bench.succeed(&[&["graph", "identify", "smoking.txt"], &front[..]].concat());
    assert!(formula.starts_with("P(Cancer | do(Smoking)) = Σ"), "{formula}");
    let told = bench.json(&["graph", "identify", "bow.dot", "--do", "X", "--on", "Y"]);
    assert_eq!(told["hedge"], json!({ "F": ["X", "Y"], "F_prime": ["Y"] }));
    let told = bench.json(&["graph", "instruments", "lottery.txt", "--do", "X", "--on", "Y"]);
    assert_eq!(told["instruments"][0], json!({ "z": "Z", "given": ["W"] }), "{told}");
}

#[test]
fn graphs_are_projected_classified_and_drawn() {
    let bench = bench();
    let text = bench.succeed(&["graph", "project", "smoking.txt", "--latent", "Tar"]);
    assert!(text.contains("Smoking -> Cancer; Smoking <-> Cancer"), "{text}");
    bench.write("chain.txt", "A -> B -> C");
    let told = bench.json(&["graph", "cpdag", "chain.txt"]);
    assert_eq!((&told["class_size"], &told["directed"]), (&json!("3"), &json!([])));
    let svg = bench.succeed(&["graph", "show", "chain.txt", "--to", "svg"]);
    assert!(svg.starts_with("<svg") && svg.contains(">B<"), "{svg}");
    let dagitty = bench.succeed(&["graph", "show", "chain.txt", "--to", "dagitty"]);
    bench.write("again.txt", &dagitty);
    assert_eq!(bench.succeed(&["graph", "project", "again.txt"]), "A; B; C; A -> B; B -> C\n");
}

#[test]
fn unknown_names_get_a_suggestion() {
    let bench = bench();
    let wrong = ["graph", "identify", "smoking.txt", "--do", "Smokin", "--on", "Cancer"];
    bench.refuse(2, &wrong, &["smoking.txt", "did you mean `Smoking`?"]);
    let same = ["graph", "identify", "smoking.txt", "--do", "Tar", "--on", "Tar"];
    bench.refuse(2, &same, &["smoking.txt", "`Tar`"]);
    bench.write("odd.txt", "?!");
    bench.refuse(2, &["graph", "show", "odd.txt"], &["odd.txt", "DOT, dagitty text"]);
}
