//! Every mistake in the file of a table is one sentence with file, key and mend, told before anything runs.

use crate::bench::{Bench, TABLE};

/// What is replaced by what in [`TABLE`], and what the sentence must hold.
type Case<'a> = (&'a str, &'a str, &'a [&'a str]);

#[test]
fn mistakes_are_named() {
    let bench = Bench::new();
    let cases: &[Case<'_>] = &[
        (
            "\"parity\"",
            "\"pariti\"",
            &["`matrix[0].methods[1]`", "no method `pariti`", "`parity`?"],
        ),
        ("\"two\"]\nmethods", "\"tow\"]\nmethods", &["`matrix[0].experiments`", "`tow`", "`two`?"]),
        ("seeds = [0, 1]", "seeds = [0, 0]", &["`matrix[0].seeds`", "names `0` twice"]),
        ("seeds = [0, 1]", "seeds = []", &["`matrix[0].seeds`", "is empty"]),
        ("seeds = [0, 1]", "sedes = [0, 1]", &["unknown key `matrix[0].sedes`", "`seeds`?"]),
        ("seeds = [0, 1]", "seeds = [-1]", &["`matrix[0].seeds", "is wrong"]),
        ("minutes = 2", "minutes = 0", &["`table.minutes`", "above 0"]),
        ("minutes = 5", "minutes = nan", &["`matrix[1].minutes`", "above 0"]),
        ("name = \"tiny\"", "name = \"a/b\"", &["`table.name`", "names a folder"]),
        ("minutes = 2", "preset = \"lnog\"", &["one.toml", "`lnog`", "`long`?"]),
        (
            "counterfactual.calibrated=false",
            "counterfactual.calibratd=false",
            &["`matrix[1].ablations[0]`", "one with `not calibrated`", "`calibrated`?"],
        ),
        (
            "counterfactual.calibrated=false",
            "counterfactual.calibrated=true",
            &["`matrix[1].ablations[0].set`", "changes nothing in one", "`default`"],
        ),
        (
            "counterfactual.calibrated=false",
            "method=parity",
            &["`matrix[1].ablations[0].set`", "`method=parity`", "keys of their own"],
        ),
        // What no network can be built of shows although every key has a right value.
        (
            "counterfactual.calibrated=false",
            "model.code=exogenous",
            &["`matrix[1].ablations[0]`", "exogenous"],
        ),
        (
            "methods = [\"default\"]\nablations",
            "methods = [\"default\"]\nsweep = { key = \"data.labelled\", values = [1.0] }\nablations",
            &["`matrix[1].ablations`", "beside a sweep"],
        ),
        (
            "ablations = [{ name = \"not calibrated\", set = [\"counterfactual.calibrated=false\"] }]",
            "sweep = { key = \"data.labelled\", values = [1.0] }",
            &["`matrix[1].sweep.values`", "two numbers"],
        ),
        ("label = \"less a step\"", "", &["`matrix[1].experiments`", "one again", "`label`"]),
        ("name = \"not calibrated\"", "name = \"default\"", &["`matrix[1].methods`", "twice"]),
        ("kind = \"table\"", "kind = \"tabel\"", &["`kind`", "\"table\"", "counterfoil run"]),
        ("kind = \"table\"", "", &["`kind`", "counterfoil run"]),
        ("publish = false", "publsh = false", &["[preset.short]", "`table.publsh`", "`publish`?"]),
        ("[table]", "[table", &["table.toml line", "not TOML"]),
    ];
    for (right, wrong, parts) in cases {
        assert!(TABLE.contains(right), "{right}");
        let error = bench.load(&TABLE.replacen(right, wrong, 1), None, &[]).unwrap_err();
        let said = error.to_string();
        assert_eq!(error.exit_status(), 2, "{said}");
        assert!(said.contains("table.toml") && !said.contains('\n'), "{said}");
        for part in *parts {
            assert!(said.contains(part), "{wrong}: {part:?} is not in {said:?}");
        }
    }
    let said = |preset, set: &[&str]| bench.load(TABLE, preset, set).unwrap_err().to_string();
    assert!(said(Some("shrot"), &[]).contains("`short`?"));
    assert!(said(None, &["method=parity"]).contains("--set method=parity"));
    assert!(said(None, &["training.step=3"]).contains("`steps`?"));
    let plan = bench.plan();
    let said = plan.select(&["one".into(), "pariy".into()]).unwrap_err().to_string();
    assert!(said.contains("`pariy`") && said.contains("`parity`?"), "{said}");
}

#[test]
fn a_table_is_no_experiment() {
    let bench = Bench::new();
    let table = bench.write("table.toml", TABLE);
    let error = counterfoil_experiment::config::Config::load(&table, None, &[]).unwrap_err();
    let said = error.to_string();
    assert!(said.contains("`kind`") && said.contains("counterfoil matrix"), "{said}");
}

#[test]
fn the_published_table_is_right_in_every_preset() {
    use counterfoil_experiment::matrix::{Plan, plan::Request};
    let file =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/table.toml");
    let plan = |preset| Plan::load(&file, &Request { preset, set: Vec::new() }).unwrap();
    let hashes = |plan: &Plan| plan.cells.iter().map(|c| c.hash.clone()).collect::<Vec<_>>();
    let (usual, smoke, full) = (plan(None), plan(Some("smoke")), plan(Some("full")));
    assert_eq!((smoke.cells.len(), &smoke.publish), (6, &None));
    assert_eq!((smoke.folder().as_str(), usual.folder().as_str()), ("table-smoke", "table"));
    assert_eq!(usual.cells.len(), full.cells.len());
    let usual = hashes(&usual);
    assert!(hashes(&full).iter().all(|hash| !usual.contains(hash)));
}
