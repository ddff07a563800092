//! Families of mechanisms on the labels of an experiment: figures with a truth, a likelihood without, refusals.

use std::fmt::Write as _;

use counterfoil::data::png::Picture;
use serde_json::Value;

use crate::bench::{Bench, CONFIG};

fn without_clock(mut told: Value) -> Value {
    for family in told["families"].as_array_mut().unwrap() {
        assert!(family["seconds"].as_f64().unwrap() > 0.0);
        family["seconds"] = Value::Null;
    }
    told
}

/// Exact: the figures are a function of data, settings and seed; every pair of cause and effect has some.
#[test]
fn families_are_compared_on_labels() {
    let bench = Bench::new();
    let before = bench.files();
    let arguments = ["mechanisms", "tiny.toml", "--steps", "12"];
    let told = without_clock(bench.json(&arguments));
    assert_eq!(told, without_clock(bench.json(&arguments)));
    assert_ne!(told, without_clock(bench.json(&[&arguments[..], &["--seed", "6"]].concat())));
    assert_eq!(
        (&told["rows"], &told["tested"], &told["exact"]),
        (&32.into(), &16.into(), &true.into())
    );
    let families = told["families"].as_array().unwrap();
    let names: Vec<_> = families.iter().map(|f| f["family"].as_str().unwrap()).collect();
    assert_eq!(names, ["additive", "affine", "spline", "dcm"]);
    for family in families {
        let effects = family["effects"].as_array().unwrap();
        assert_eq!(effects.len(), 1, "{family}");
        assert_eq!(
            (&effects[0]["set"], &effects[0]["measured"]),
            (&"thickness".into(), &"intensity".into())
        );
        assert!(effects[0]["share"].as_f64().unwrap() > 0.0, "{family}");
        assert!(family["noise"]["intensity"]["correlation"].is_f64(), "{family}");
        assert_eq!(family["log_likelihood"].is_null(), family["family"] == "dcm");
    }
    let text = bench.succeed(&[
        "mechanisms",
        "tiny.toml",
        "--steps",
        "5",
        "--families",
        "affine,dcm",
        "--rows",
        "20",
        "--inversion",
        "ddim",
    ]);
    assert!(text.contains("20 rows fitted") && text.contains("do(thickness): intensity"), "{text}");
    assert!(text.contains("affine") && !text.contains("spline"), "{text}");
    assert!(before == bench.files());
}

#[test]
fn without_a_label_model_there_is_a_likelihood() {
    let bench = Bench::new();
    fs_err::create_dir(bench.path("real")).unwrap();
    let picture = Picture::new(4, 4, 1, vec![9; 16]).unwrap();
    let mut labels = "file,thickness,intensity\n".to_owned();
    for k in 0..64 {
        picture.write(&bench.path(format!("real/{k}.png"))).unwrap();
        writeln!(labels, "{k}.png,{},{}", 1.5 + 0.05 * f64::from(k), 80 + 2 * k + k % 7).unwrap();
    }
    bench.write("real/labels.csv", labels);
    let config =
        CONFIG.replace("kind = \"digits\"\ncount = 64", "kind = \"folder\"\ndir = \"real\"");
    bench.write("real.toml", config);
    let arguments = ["mechanisms", "real.toml", "--steps", "5", "--families", "spline"];
    let told = bench.json(&arguments);
    assert_eq!(told["exact"], false);
    let family = &told["families"][0];
    assert!(family["log_likelihood"].is_f64() && family["mean_share"].is_null(), "{told}");
    assert_eq!(family["effects"], serde_json::json!([]));
    let text = bench.succeed(&arguments);
    assert!(text.contains("label model of these data is not known"), "{text}");
}

#[test]
fn bad_questions_are_refused() {
    let bench = Bench::new();
    bench.refuse(
        2,
        &["mechanisms", "tiny.toml", "--steps", "0"],
        &["mechanisms.steps", "at least 1"],
    );
    bench.refuse(2, &["mechanisms", "tiny.toml", "--rows", "1"], &["[1, 2]", "two rows"]);
    bench.refuse(2, &["mechanisms", "no.toml"], &["no experiment `no.toml`"]);
    let ended = bench.run(&["mechanisms", "tiny.toml", "--families", "spine"]);
    assert_eq!((ended.status, ended.out.as_str()), (Some(2), ""));
    assert!(ended.err.contains("spine") && ended.err.contains("spline"), "{ended:?}");
}
