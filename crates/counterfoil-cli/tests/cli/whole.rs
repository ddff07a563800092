//! A run from its beginning to its report, everything that can be asked of it, and its repetition.

use std::fmt::Write;

use counterfoil::data::png::Picture;
use serde_json::Value;

use crate::bench::{Bench, CONFIG, GRAPH, manifest};

/// Columns and rows of a picture of 28 x 28 images, two pixels apart and drawn twice as large.
fn grid(png: &[u8]) -> (u32, u32) {
    let side = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    let cells = |pixels: u32| (pixels / 2 - 2) / 30;
    (cells(side(16)), cells(side(20)))
}

fn finite(value: &Value) -> bool {
    value.as_f64().is_some_and(f64::is_finite)
}

#[test]
fn a_run_and_everything_that_can_be_asked_of_it() {
    let bench = Bench::new();
    let told = bench.json(&["run", "tiny.toml", "--seed", "3"]);
    let run = &told["runs"][0];
    assert_eq!((&run["steps"], &run["stopped_by"]), (&10.into(), &"steps".into()));
    assert!(finite(&run["summary"]["composition_1"]), "{run}");
    let path = bench.path(run["run"].as_str().unwrap());
    for file in ["config.toml", "manifest.json", "summary.json", "report.html", "metrics.csv"] {
        assert!(path.join(file).is_file(), "{file}");
    }

    pictures(&bench, &path);
    questions(&bench, &path);
    bad_questions(&bench, &path);
    checkpoints_at_fault(&bench, &path);
}

/// Counterfactual images and sweeps.
fn pictures(bench: &Bench, run: &std::path::Path) {
    let told = bench.json(&["counterfactual", "tiny", "--do", "thickness=2.5", "--count", "3"]);
    assert_eq!(told["labels"], serde_json::json!(["thickness", "intensity"]));
    assert_eq!(told["imagined"]["columns"].as_array().unwrap().len(), 3);
    let cell = &told["imagined"]["rows"][0]["cells"][1];
    assert_eq!(cell["truth"][0], 2.5);
    assert!(finite(&cell["read"][1]));
    let png = fs_err::read(run.join("counterfactuals/do-thickness-2.5.png")).unwrap();
    assert_eq!(grid(&png), (3, 3));

    let arguments = ["counterfactual", "tiny", "--do", "thickness=9", "--do", "intensity=80"];
    let ended = bench.run(&[&arguments[..], &["--count", "1", "--out-file", "own.png"]].concat());
    assert_eq!(ended.status, Some(0), "{ended:?}");
    let warning = "warning: thickness = 9 lies outside the declared range 1 to 5.8";
    assert!(ended.err.contains(warning), "{}", ended.err);
    assert_eq!(grid(&fs_err::read(bench.path("own.png")).unwrap()), (3, 1));

    // What is set is set, what follows lies in a range around what is read off the latents.
    let ask = ["counterfactual", "tiny", "--do", "thickness=2.5", "--count", "2", "--ranges"];
    let told = bench.json(&ask);
    for row in told["imagined"]["rows"].as_array().unwrap() {
        let ranges = &row["cells"][1]["ranges"];
        let ends = |label: usize| [0, 1].map(|end| ranges[label][end].as_f64().unwrap());
        assert!((ends(0)[0] - ends(0)[1]).abs() < 1e-6, "{ranges}");
        assert!(ends(1)[0] < ends(1)[1], "{ranges}");
        assert!(row["cells"][0].get("ranges").is_none() && row["cells"][2].get("ranges").is_none());
    }
    assert!(bench.succeed(&ask).contains("(range)"));

    // Text says what the graph makes of the effect.
    let text = bench.run(&["counterfactual", "tiny", "--do", "thickness=2", "--count", "1"]);
    assert!(text.out.contains("P(intensity | do(thickness))"), "{}", text.out);

    // A soft change leaves causes and noise in force, and its truth is each image's own.
    let soft = ["counterfactual", "tiny", "--do", "thickness=3", "--do", "intensity-=20"];
    let told = bench.json(&[&soft[..], &["--count", "2"]].concat());
    assert_eq!(told["imagined"]["columns"][1], "do(thickness = 3 px, intensity -= 20 grey)");
    let hard = bench.json(&["counterfactual", "tiny", "--do", "thickness=3", "--count", "2"]);
    for row in 0..2 {
        let truth = |told: &Value| told["imagined"]["rows"][row]["cells"][1]["truth"][1].as_f64();
        let moved = truth(&told).unwrap() - truth(&hard).unwrap();
        assert!((moved + 20.0).abs() < 1e-6, "{moved}");
    }
    assert!(run.join("counterfactuals/do-thickness-3-intensity-minus-20.png").is_file());

    // A picture from elsewhere has no truth beside it.
    let stroke =
        (0..28 * 28).map(|p| if (6..22).contains(&(p / 28)) && p % 28 / 3 == 4 { 200 } else { 0 });
    let picture = Picture::new(28, 28, 1, stroke.collect()).unwrap();
    picture.write(&bench.path("stroke.png")).unwrap();
    let told = bench.json(&[
        "counterfactual",
        "tiny",
        "--do",
        "thickness=3",
        "--image",
        "stroke.png",
        "--out-file",
        "stroke-3.png",
    ]);
    assert_eq!(told["imagined"]["rows"][0]["item"], Value::Null);
    assert_eq!(told["imagined"]["rows"][0]["cells"][1]["truth"], Value::Null);
    assert_eq!(grid(&fs_err::read(bench.path("stroke-3.png")).unwrap()), (2, 1));

    let told = bench.json(&[
        "traverse",
        "tiny",
        "--variable",
        "intensity",
        "--steps",
        "4",
        "--count",
        "2",
    ]);
    assert_eq!(told["imagined"]["columns"].as_array().unwrap().len(), 5);
    let png = fs_err::read(run.join("counterfactuals/traverse-intensity.png")).unwrap();
    assert_eq!(grid(&png), (5, 2));
}

/// Everything else that reads a run.
fn questions(bench: &Bench, run: &std::path::Path) {
    let told = bench.json(&["codes", "tiny", "--part", "validation", "--count", "5"]);
    let array = |name: &str| {
        let arrays = told["arrays"].as_array().unwrap();
        arrays.iter().find(|array| array["name"] == name).unwrap()["shape"].clone()
    };
    assert_eq!(array("label.thickness"), serde_json::json!([5]));
    assert_eq!(array("u.intensity")[0], 5);
    let bytes = fs_err::read(bench.path("codes.safetensors")).unwrap();
    // Exact: what is recorded is handed on.
    let arrays = counterfoil::tensor::archive::read(&bench.path("codes.safetensors")).unwrap();
    assert_eq!(arrays.len(), told["arrays"].as_array().unwrap().len());
    bench.json(&[
        "codes",
        "tiny",
        "--part",
        "validation",
        "--count",
        "5",
        "--out-file",
        "b.safetensors",
    ]);
    assert_eq!(fs_err::read(bench.path("b.safetensors")).unwrap(), bytes);
    let first = fs_err::read_to_string(run.join("summary.json")).unwrap();
    fs_err::remove_file(run.join("summary.json")).unwrap();
    fs_err::remove_file(run.join("report.html")).unwrap();
    let manifest = || manifest(run);
    let place = manifest()["sessions"][0]["place"].clone();
    assert!(place.is_object() && manifest()["evaluated_at"] == place, "{place}");
    let again = bench.json(&["evaluate", "tiny"]);
    assert_eq!(manifest()["evaluated_at"], place);
    // Trained elsewhere, by what the manifest says.
    let whole = manifest();
    let mut elsewhere = whole.clone();
    elsewhere["threads"] = 7.into();
    fs_err::write(run.join("manifest.json"), elsewhere.to_string()).unwrap();
    bench.json(&["evaluate", "tiny"]);
    let log = fs_err::read_to_string(run.join("log.txt")).unwrap();
    assert!(
        log.contains("trained on cpu with 7 threads (")
            && log.contains("evaluated on cpu with 1 thread (")
    );
    fs_err::write(run.join("manifest.json"), whole.to_string()).unwrap();
    let first: Value = serde_json::from_str(&first).unwrap();
    // Exact: a figure is a function of config, data and weights.
    assert_eq!(first["effectiveness"], again["effectiveness"]);
    assert_eq!(first["composition_10"], again["composition_10"]);
    assert_eq!(bench.json(&["evaluate", "tiny", "--all"])["eval_n"], 16);

    let before = fs_err::read(run.join("summary.json")).unwrap();
    let methods =
        ["--methods", "ddim,leapfrog", "--calls", "4,6", "--reference", "8", "--images", "4"];
    let told = bench.json(&[&["solvers", "tiny", "--svg", "prices.svg"], &methods[..]].concat());
    let calls: Vec<u64> = told["solvers"]
        .as_array()
        .unwrap()
        .iter()
        .map(|price| price["evaluations"].as_u64().unwrap())
        .collect();
    assert_eq!(calls, [4, 6, 4, 6, 8]);
    assert!(told["sufficient"]["composition"]["leapfrog"].is_u64(), "{told}");
    assert!(finite(&told["solvers"][3]["figures"]["do(thickness): thickness"]["value"]), "{told}");
    assert!(bench.read("prices.svg").starts_with("<svg"));
    let weights = ["--guidance", "0,1,2", "--images", "4", "--svg", "strength.svg"];
    let told = bench.json(&[&["strength", "tiny"], &weights[..]].concat());
    let strengths = told["strengths"].as_array().unwrap();
    assert_eq!(
        strengths.iter().map(|s| s["guidance"].as_f64().unwrap()).collect::<Vec<_>>(),
        [0.0, 1.0, 2.0]
    );
    let reached = |at: usize| &strengths[at]["figures"]["do(thickness): thickness"]["value"];
    // At 0 the image stays as it is, whatever is asked.
    assert!(finite(reached(0)) && finite(reached(2)) && reached(0) != reached(1), "{told}");
    assert!(bench.read("strength.svg").starts_with("<svg"));
    assert_eq!(fs_err::read(run.join("summary.json")).unwrap(), before);
    fs_err::remove_file(run.join("report.html")).unwrap();
    let report = bench.json(&["report", "tiny"]);
    assert_eq!(bench.path(report["report"].as_str().unwrap()), run.join("report.html"));
    assert!(fs_err::read_to_string(run.join("report.html")).unwrap().contains("<svg"));

    let listed = bench.json(&["runs"]);
    let listed = &listed["runs"][0];
    assert_eq!((&listed["experiment"], &listed["seed"]), (&"tiny".into(), &3.into()));
    assert!(finite(&listed["figures"]["composition_1"]));
    let text = bench.succeed(&["runs"]);
    assert!(text.contains("composition") && text.contains("do(thickness)"), "{text}");
    assert!(
        bench.succeed(&["cite", "tiny"]).starts_with("@inproceedings{komanduri2024causaldiffae,")
    );
    let table = bench.json(&["table", "tiny", "tiny"]);
    let row = table["rows"].as_array().unwrap().iter().find(|r| r["figure"] == "composition_1");
    let values = &row.unwrap()["values"];
    assert_eq!(values[0], values[1]);
    let comparison = bench.json(&["compare", "tiny", "tiny"]);
    assert_eq!(comparison["config"], serde_json::json!([]));
    assert!(bench.succeed(&["compare", "tiny", "tiny"]).contains("config: no difference"));
}

/// Mistakes that a trained run has to be there for.
fn bad_questions(bench: &Bench, run: &std::path::Path) {
    let run = run.to_str().unwrap();
    let ask = |arguments: &[&str], parts: &[&str]| {
        bench.refuse(2, &[&["counterfactual", run][..], arguments].concat(), parts);
    };
    ask(&["--do", "thicknes=2"], &["--do thicknes=2", "no variable `thicknes`", "`thickness`"]);
    ask(&["--do", "thickness=-1"], &["thickness", "-1"]);
    ask(&["--do", "thickness=thick"], &["thickness=thick"]);
    ask(&["--do", "style=1"], &["style", "unlabelled"]);
    ask(&["--do", "thickness=2", "--do", "thickness=3"], &["thickness", "2", "3"]);
    ask(&["--do", "thickness=2", "--count", "17"], &["--count", "16"]);
    ask(&["--do", "thickness=2", "--count", "0"], &["--count"]);
    ask(&["--do", "thickness=2", "--image", "none.png"], &["none.png"]);
    ask(&["--do", "thickness=2", "--image", "own.png"], &["own.png", "28 x 28"]);
    ask(&["--do", "thickness=2", "--out-file", "no/where.png"], &["no/where.png", "make it first"]);
    ask(&["--do", "thickness=2", "--device", "gpu"], &["unknown device `gpu`"]);
    bench.refuse(2, &["traverse", run, "--variable", "intensty"], &["`intensity`"]);
    bench.refuse(2, &["traverse", run, "--variable", "intensity", "--steps", "1"], &["at least 2"]);
    let absurd = ["traverse", run, "--variable", "intensity", "--steps", "10000000000000"];
    bench.refuse(2, &absurd, &["--steps", "at most 1000"]);
    bench.refuse(2, &["table", "tiny", "tinny"], &["no run `tinny`", "did you mean `tiny`?"]);
}

/// A checkpoint that is truncated or comes from another config; nothing is written over it.
fn checkpoints_at_fault(bench: &Bench, run: &std::path::Path) {
    let commands: [&[&str]; 3] = [
        &["counterfactual", "tiny", "--do", "thickness=2"],
        &["evaluate", "tiny"],
        &["resume", "tiny"],
    ];
    let ema = run.join("checkpoints/step-10/ema.safetensors");
    let whole = fs_err::read(&ema).unwrap();
    fs_err::write(&ema, &whole[..whole.len() / 2]).unwrap();
    for command in commands {
        bench.refuse(2, command, &["ema.safetensors is truncated"]);
    }
    fs_err::write(&ema, &whole).unwrap();

    let state = run.join("checkpoints/step-10/state.json");
    let text = fs_err::read_to_string(&state).unwrap();
    let manifest = manifest(run);
    let hash = manifest["config_hash"].as_str().unwrap();
    fs_err::write(&state, text.replace(hash, &hash.chars().rev().collect::<String>())).unwrap();
    for command in commands {
        bench.refuse(2, command, &["step-10", "another config"]);
    }
    fs_err::write(&state, text).unwrap();

    let config = run.join("config.toml");
    let text = fs_err::read_to_string(&config).unwrap();
    fs_err::write(&config, text.replace("seed = 3", "seed = 4")).unwrap();
    bench.refuse(2, &["resume", "tiny"], &["config.toml differs from what the run began with"]);
    fs_err::write(&config, text).unwrap();
}

/// A hidden common cause: the answer comes with the hedge that proves it no more than one of many, and on request the range of
/// those that all data fit stands in its place.
#[test]
fn a_hidden_cause_is_warned_of_and_ranged_over() {
    let bench = Bench::new();
    let pen = "pen [role=latent]; pen -> thickness; pen -> intensity; thickness -> intensity;";
    bench.write("tiny.dot", GRAPH.replace("thickness -> intensity;", pen));
    bench.succeed(&["run", "tiny.toml", "--set", "data.variant=confounded"]);
    let ask = ["counterfactual", "tiny", "--do", "thickness=4", "--count", "2"];
    let told = bench.json(&ask);
    let imagined = &told["imagined"];
    let warning = imagined["warnings"][0].as_str().unwrap();
    assert!(warning.starts_with("P(intensity | do(thickness)) is not identifiable"), "{warning}");
    let found = &imagined["identification"][0][0];
    assert_eq!((&found["identifiable"], found["hedge"].is_string()), (&Value::Bool(false), true));
    let titles = |imagined: &Value| -> Vec<String> {
        let columns = imagined["columns"].as_array().unwrap();
        columns.iter().map(|title| title.as_str().unwrap().to_owned()).collect()
    };
    let set = "do(thickness = 4 px)";
    assert_eq!(titles(imagined), ["factual", set, &format!("truth, {set}")]);

    let ranged = bench.json(&[&ask[..], &["--confounding", "0.5"]].concat());
    let [low, high] = ["-0.5", "+0.5"].map(|r| format!("{set}, hidden cause {r}"));
    let truth = format!("truth, {set}");
    assert_eq!(titles(&ranged["imagined"]), ["factual", set, &low, &high, &truth]);
    let picture =
        |told: &Value| fs_err::read(bench.path(told["picture"].as_str().unwrap())).unwrap();
    assert_eq!(grid(&picture(&ranged)), (5, 2));
}

#[test]
fn a_run_is_reproduced_to_the_bit_or_the_difference_is_named() {
    let bench = Bench::new();
    bench.succeed(&["run", "tiny.toml"]);
    let first = bench.runs().remove(0);
    let name = first.to_str().unwrap();
    // What was asked of a run lies beside what its evaluation drew, and is no part of its outcome.
    let asked = bench.json(&["counterfactual", name, "--do", "thickness=2.5", "--count", "2"]);
    assert!(
        bench.path(asked["picture"].as_str().unwrap()).starts_with(first.join("counterfactuals"))
    );
    let told = bench.json(&["reproduce", name]);
    assert_eq!(
        (&told["pictures"], &told["agreement"]),
        (&serde_json::json!([]), &"the same".into())
    );
    assert_eq!(
        (&told["same"], &told["figures"], &told["weights"]),
        (&true.into(), &serde_json::json!([]), &serde_json::json!([]))
    );
    assert!(told["compared"].as_u64().unwrap() > 10);
    let second = bench.runs().remove(1);
    let manifest = fs_err::read_to_string(second.join("manifest.json")).unwrap();
    assert!(manifest.contains(&format!(
        "\"parent\": \"tiny/{}\"",
        first.file_name().unwrap().to_str().unwrap()
    )));

    // Without figures there is nothing to compare with, which is said before anything is run again.
    let (summary, away) = (first.join("summary.json"), bench.path("away.json"));
    fs_err::rename(&summary, &away).unwrap();
    bench.refuse(2, &["reproduce", name], &["has no figures", "resume it or evaluate it"]);
    fs_err::rename(&away, &summary).unwrap();

    // What the first gave is what the second is expected to give.
    let told = bench.json(&["expected", name, "--write", "smoke"]);
    assert_eq!(
        (&told["expectation"], &told["preset"]),
        (&"experiments/expected/tiny.json".into(), &"smoke".into())
    );
    let again = second.to_str().unwrap();
    let told = bench.json(&["expected", again]);
    assert_eq!((&told["passed"], &told["tolerance"]), (&true.into(), &"exact".into()));
    let kept = bench.read("experiments/expected/tiny.json");
    assert!(kept.contains("checkpoint/weights.safetensors") && kept.contains("counterfactuals/"));
    // A difference where the values come from is no matter of bounds.
    bench.refuse(2, &["expected", again, "--widen"], &["environment that the values come from"]);
    // Elsewhere a figure has a bound.
    bench.write("elsewhere.json", kept.replace("\"threads\": 1", "\"threads\": 7"));
    let told = bench.json(&["expected", again, "--file", "elsewhere.json"]);
    assert_eq!((&told["passed"], &told["tolerance"]), (&true.into(), &"bounds".into()));

    // A run that says it went on elsewhere is held to what is expected of its config, and to a share where nothing is.
    let manifest = first.join("manifest.json");
    let whole = fs_err::read_to_string(&manifest).unwrap();
    let mut moved: Value = serde_json::from_str(&whole).unwrap();
    let mut session = moved["sessions"][0].clone();
    session["from_step"] = 5.into();
    session["place"]["threads"] = 7.into();
    moved["sessions"].as_array_mut().unwrap().push(session);
    fs_err::write(&manifest, moved.to_string()).unwrap();
    let write = ["expected", name, "--write", "smoke"];
    bench.refuse(2, &write, &["in several places", "take a run of one place"]);
    let text = bench.succeed(&["reproduce", name]);
    assert!(
        text.contains("within the bounds of preset smoke in experiments/expected/tiny.json"),
        "{text}"
    );
    assert!(text.contains("places") && text.contains("several"), "{text}");
    assert!(text.contains("weights: 0 apart") && text.contains("pictures: 0 apart"), "{text}");
    let (kept, hidden) = (bench.path("experiments/expected/tiny.json"), bench.path("hidden.json"));
    fs_err::rename(&kept, &hidden).unwrap();
    let told = bench.json(&["reproduce", name, "--within", "0.25"]);
    assert_eq!((&told["same"], &told["tolerance"]), (&true.into(), &"bounds".into()));
    assert_eq!(told["agreement"], "within 0.25 of each other");
    fs_err::rename(&hidden, &kept).unwrap();
    fs_err::write(&manifest, whole).unwrap();

    // A figure that was altered by hand is found out.
    let mut altered: Value = serde_json::from_slice(&fs_err::read(&summary).unwrap()).unwrap();
    altered["composition_1"] = 0.5.into();
    fs_err::write(&summary, altered.to_string()).unwrap();
    let ended = bench.run(&["reproduce", name, "--json"]);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!((ended.status, &told["same"]), (Some(1), &false.into()));
    assert_eq!(told["figures"][0]["figure"], "composition_1");
    let told: Value = serde_json::from_str(&bench.fail(&["expected", name, "--json"])).unwrap();
    assert_eq!(told["off"][0]["figure"], "composition_1");
    // As one more environment it widens that figure's bound and alters nothing else.
    let elsewhere = ["expected", name, "--file", "elsewhere.json"];
    bench.fail(&elsewhere);
    let told = bench.json(&[&elsewhere[..], &["--widen"]].concat());
    assert!(told["wider"].as_u64().is_some_and(|wider| wider > 0), "{told}");
    bench.succeed(&elsewhere);
    let again_elsewhere = ["expected", again, "--file", "elsewhere.json"];
    bench.succeed(&again_elsewhere);
    // New values leave the bounds as wide as they were measured, if asked to.
    let bound = || -> f64 {
        let kept: Value = serde_json::from_str(&bench.read("elsewhere.json")).unwrap();
        kept["presets"]["smoke"]["figures"]["composition_1"]["within"].as_f64().unwrap()
    };
    let wide = bound();
    let write = [&again_elsewhere[..], &["--write", "smoke"]].concat();
    bench.succeed(&[&write[..], &["--keep-bounds"]].concat());
    assert_eq!(bound(), wide);
    bench.succeed(&write);
    assert!(bound() < wide);

    // Other data cannot be compared; the clock cannot be reproduced.
    let set = ["--set", "data.seed=9", "--set", "training.wall_clock_minutes=1e-9"];
    bench.succeed(&[&["run", "tiny.toml"], &set[..]].concat());
    let other = bench.runs().pop().unwrap();
    let other = other.to_str().unwrap();
    bench.refuse(1, &["compare", name, other], &["different data cannot be compared"]);
    bench.refuse(2, &["expected", other], &["nothing is expected of", "--write"]);
    let write = ["expected", other, "--write", "smoke", "--keep-bounds"];
    bench.refuse(2, &write, &["no bounds to keep"]);
    bench.refuse(2, &["reproduce", other], &["stopped by the clock", "cannot be reproduced"]);
}

/// Pictures of one's own whose labels are an angle and a kind: both are judged, a wrong kind counts 1 and an angle the shorter way
/// round, and neither has a range, as their values are in no order.
#[test]
fn angles_and_kinds_are_judged() {
    let bench = Bench::new();
    let mut table = "file,angle,shape\n".to_owned();
    for k in 0..64 {
        let (angle, shape) = (f64::from(k * 37 % 360), k % 3);
        let (sin, cos) = angle.to_radians().sin_cos();
        let pixel = |at: i32| {
            let (x, y) = (f64::from(at % 16) - 7.5, f64::from(at / 16) - 7.5);
            // A sector of the circle, of another brightness for each kind.
            if x * cos + y * sin > 0.8 * x.hypot(y) { 80 * (1 + shape) as u8 } else { 0 }
        };
        let picture = Picture::new(16, 16, 1, (0..256).map(pixel).collect()).unwrap();
        bench.write(&format!("{k}.png"), picture.encode().unwrap());
        let _ = writeln!(table, "{k}.png,{angle},{shape}");
    }
    bench.write("labels.csv", table);
    let variables = "angle [kind=circular, period=360]; shape [kind=categorical, categories=3]";
    bench.write("tiny.dot", format!("digraph {{ {variables} }}"));
    let config = CONFIG.replace("kind = \"digits\"\ncount = 64", "kind = \"folder\"\ndir = \".\"");
    bench.write("tiny.toml", config);
    let told = bench.json(&["run", "tiny.toml"]);
    let summary = &told["runs"][0]["summary"];
    for (name, most) in [("angle", 180.0), ("shape", 1.0)] {
        for figure in [
            &summary["effectiveness"][name][name]["mae"],
            &summary["judges"]["mae"][name],
            &summary["latent_reading"][name]["mae"],
        ] {
            let value = figure.as_f64().unwrap_or(f64::NAN);
            assert!((0.0..=most).contains(&value), "{name}: {figure} of {summary}");
        }
        assert!(summary["following"].get(name).is_none(), "more of it has no meaning");
    }
    let ask = ["counterfactual", "tiny", "--do", "shape=2", "--count", "2", "--ranges"];
    let cells = &bench.json(&ask)["imagined"]["rows"][0]["cells"];
    assert_eq!(cells[1]["ranges"], serde_json::json!([null, null]));
    assert!(bench.succeed(&ask).contains("(range)"));
}
