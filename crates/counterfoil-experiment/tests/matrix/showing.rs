//! The table as it is shown: means, ranks, gaps, and the same text every time.

use counterfoil_experiment::matrix::{Budget, board::Entry, board::Part};
use serde_json::json;

use crate::bench::{Act, Actor, Bench};

fn entry<'a>(part: &'a Part, row: usize, key: &str) -> &'a Entry {
    let column = part.columns.iter().position(|head| head.key == key).unwrap();
    part.rows[row].entries[column].as_ref().unwrap()
}

/// Exact: means over seeds and pairs, ends of intervals, ranks in each direction.
#[test]
fn figures_are_means_with_ranks() {
    let bench = Bench::new();
    let plan = bench.plan();
    let effect = |share: f64| {
        json!({"mae": 1, "unit": null, "leave_as_is": 1, "share": share, "oracle_mae": 0,
               "ci95": [0, 1], "share_ci95": [share - 0.1, share + 0.2]})
    };
    let mut actor = Actor::new(&bench, |cell| {
        let parity = cell.name == "parity";
        let x = if parity { 0.5 } else { 0.25 } + cell.seed as f64;
        let slope = if parity { 0.9 } else { 1.2 };
        Act::End(json!({
            "effectiveness": {
                "thickness": {"thickness": effect(x), "intensity": effect(x + 1.0)},
                "intensity": {"intensity": effect(x + 2.0)},
                "intensity_extrapolated": {"intensity": effect(99.0)},
                "thickness+intensity": {"thickness": effect(99.0)},
            },
            "abduction_slope": slope,
            "abduction": {
                "intensity": {"correlation": slope - 0.3, "ci95": [slope - 0.4, slope - 0.1],
                    "images": 9, "without_mechanism": 0.5},
                "slant": {"correlation": 0.5, "ci95": [0.4, 0.6], "images": 9,
                    "without_mechanism": 0.5},
            },
            "following": {
                "thickness": {"calibration_error": 0.048, "slope": 0.8, "unit": "px",
                    "code_share": 0.02, "monotonicity": 0.9},
                "intensity": {"calibration_error": 1.91, "slope": 0.9, "unit": null,
                    "code_share": 0.04, "monotonicity": 1.0},
            },
            "latent_reading": {
                "thickness": {"mae": 0.48, "unit": "px", "ci95": [0.24, 0.96]},
                "intensity": {"mae": 19.1, "unit": null, "ci95": [19.1, 38.2]},
            },
            "intervals": {},
        }))
    });
    bench.perform(&plan, Budget::NONE, &[], &mut actor);
    let (board, ..) = bench.board(&plan);
    assert_eq!((board.done, board.cells), (9, 9));
    let part = &board.sections[0];
    let effects = entry(part, 0, "effect");
    // Over seeds 0 and 1 and three pairs: 0.25 + 0.5 + 1.
    assert_eq!((effects.value, effects.seeds.as_slice()), (1.75, &[1.25, 2.25][..]));
    let [low, high] = effects.ends.unwrap();
    assert!((low - 1.65).abs() < 1e-12 && (high - 1.95).abs() < 1e-12);
    assert_eq!(entry(part, 0, "descendants").value, 1.75);
    assert_eq!([0, 1].map(|row| entry(part, row, "effect").rank), [Some(1), None]);
    // The nearer to 1 the better, from either side; and nothing is second of two.
    assert_eq!([0, 1].map(|row| entry(part, row, "slope").rank), [None, Some(1)]);
    // The mean over variables, and more is better.
    let abduction = entry(part, 0, "abduction");
    assert!((abduction.value - 0.7).abs() < 1e-12, "{abduction:?}");
    let [low, high] = abduction.ends.unwrap();
    assert!((low - 0.6).abs() < 1e-12 && (high - 0.85).abs() < 1e-12);
    assert_eq!([0, 1].map(|row| entry(part, row, "abduction").rank), [Some(1), None]);
    // A tenth of each range, which are 4.8 and 191 wide.
    let reading = entry(part, 0, "reading");
    assert!((reading.value - 0.1).abs() < 1e-12, "{reading:?}");
    assert_eq!(reading.interval.as_deref(), Some("7.5 to 20.0 %"));
    // One unit of each range; what was asked beyond the data is in no other column.
    let near = |key: &str, expected: f64| {
        let found = entry(part, 0, key).value;
        assert!((found - expected).abs() < 1e-12, "{key}: {found}");
    };
    near("wanted", f64::midpoint(1.0 / 4.8, 1.0 / 191.0));
    near("follows", 0.15);
    near("order", 0.95);
    near("residual", 0.03);
    near("outside", 99.0);
    assert!(part.columns.iter().all(|head| head.key != "far" && head.key != "joint"));
    assert_eq!(entry(part, 0, "training").rank, None);
    // Equal values share the first place.
    assert_eq!([0, 1].map(|row| entry(part, row, "composition").rank), [Some(1), Some(1)]);
    let ablations = &board.sections[2];
    assert_eq!(ablations.rows[1].set, ["counterfactual.calibrated=false"]);
    assert_eq!(entry(ablations, 0, "effect").seeds, [1.25]);
}

/// Exact: a code is compared with the labels as a code, and tenfold errors keep their intervals.
#[test]
fn scores_of_others_stand_beside_ours() {
    let bench = Bench::new();
    let plan = bench.plan();
    let told = |nrmse: f64| json!({"completeness": 1, "r2": 1, "nrmse": nrmse});
    let mut actor = Actor::new(&bench, |_| {
        Act::End(json!({
            "disentanglement": {
                "disentanglement": 0.9, "completeness": 0.9, "mcc": 0.9,
                "sap": 0.2, "mig": 0.3, "irs": 0.8, "mic": 0.7, "tic": 0.6,
                "of_labels": {"sap": 0.4, "mig": 0.6, "irs": 1.0, "mic": 1.0, "tic": 1.0},
                "blocks": {}, "factors": {"thickness": told(0.02), "intensity": told(0.06)},
            },
            "interaction": {"thickness+intensity": {
                "thickness": {"error": 0.1, "ci95": [0.0, 0.2], "additive": 1.0},
                "intensity": {"error": 0.3, "ci95": [0.2, 0.6], "additive": 1.0},
            }},
            "composition_10": 0.5, "intervals": {"composition_10": [0.25, 0.75]},
        }))
    });
    bench.perform(&plan, Budget::NONE, &["one", "default"], &mut actor);
    let (board, _, markdown) = bench.board(&plan);
    let near = |key: &str, expected: f64| {
        let found = entry(&board.sections[0], 0, key).value;
        assert!((found - expected).abs() < 1e-12, "{key}: {found}");
    };
    near("sap", 0.5);
    near("mig", 0.5);
    near("irs", 0.8);
    near("mic", 0.7);
    near("tic", 0.6);
    near("nrmse", 0.04);
    near("interaction", 0.2);
    let tenfold = entry(&board.sections[0], 0, "composition-10");
    assert_eq!((tenfold.value, tenfold.ends), (0.5, Some([0.25, 0.75])));
    assert!(
        markdown.contains("| method | SSIM |")
            || markdown.contains("| method | composition ten times |")
    );
}

/// A method that saw other data is shown, and is neither best nor worst.
#[test]
fn what_saw_other_data_is_not_ranked() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |cell| {
        let slope = if cell.name == "parity" { 1.0 } else { 1.5 };
        Act::End(json!({ "abduction_slope": slope }))
    });
    bench.perform(&plan, Budget::NONE, &["one"], &mut actor);
    let ranks = || {
        let (board, ..) = bench.board(&plan);
        let part = &board.sections[0];
        ([0, 1].map(|row| entry(part, row, "slope").rank), part.rows[1].status())
    };
    assert_eq!(ranks(), ([None, Some(1)], "2 seeds; on [1]".to_owned()));

    let parity = plan.cells.iter().find(|cell| cell.name == "parity" && cell.seed == 1).unwrap();
    let path = bench.path("cells").join(format!("{}.json", &parity.hash[..16]));
    let record = fs_err::read_to_string(&path).unwrap();
    let other = record.replacen("\"digits\": \"d\"", "\"digits\": \"e\"", 1);
    assert_ne!(record, other);
    fs_err::write(&path, other).unwrap();
    let told = "2 seeds; on [1]; on other data, so not ranked";
    assert_eq!(ranks(), ([None, None], told.to_owned()));
}

#[test]
fn gaps_and_failures_are_said_and_words_are_escaped() {
    let bench = Bench::new();
    let plan = bench.plan();
    let (_, page, markdown) = bench.board(&plan);
    assert!(page.contains("0 of 9 cells have run") && page.contains("no figures yet"));
    assert!(markdown.contains("| default | not run |"), "{markdown}");

    let mut actor = Actor::new(&bench, |cell| match (cell.name.as_str(), cell.seed) {
        ("parity", _) => Act::Fail("a <script> is not finite"),
        (_, 1) => Act::End(json!({ "stopped_by": "wall-clock" })),
        _ => Act::End(json!({})),
    });
    bench.perform(&plan, Budget::NONE, &["one"], &mut actor);
    let (board, page, markdown) = bench.board(&plan);
    assert!(page.contains("seeds 0, 1: exit status 1: a &lt;script&gt; is not finite"));
    assert!(!page.contains("<script") && page.contains("a &lt;b&gt; processor"));
    assert!(page.contains("thickness &lt;2&gt;"));
    assert!(page.contains("src=\"data:image/png;base64,"));
    assert!(!page.contains("http") && !page.contains("url("), "nothing is fetched");
    assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
    assert_eq!(board.sections[0].rows[0].status(), "2 seeds; on [1]; seed 1 stopped by the clock");
    assert!(markdown.contains("| parity | failed |"), "{markdown}");
    assert!(markdown.contains("a \\<b\\> processor"), "{markdown}");
    // One picture a row that ran; a picture lies where the text says.
    let pictures: Vec<&str> =
        markdown.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    let pictures: Vec<&&str> = pictures.iter().filter(|link| link.contains(".png")).collect();
    assert_eq!(pictures.len(), 3);
    for picture in pictures {
        assert!(bench.path("runs/tiny").join(picture).is_file(), "{picture}");
    }
}

/// Exact: a sweep is a row a value, a value that the method has shares its cell, and what ran is drawn in page and text.
#[test]
fn a_sweep_is_drawn_over_its_key() {
    let bench = Bench::new();
    let sweep = format!(
        "{}\n[[matrix]]\nlabel = \"Fewer labels\"\nexperiments = [\"one\"]\nsweep = {{ key = \"data.labelled\", \
         values = [1.0, 0.1, 0.01], axis = \"share of the labels\", logarithm = true }}\n",
        crate::bench::TABLE.split("[preset").next().unwrap()
    );
    let plan = bench.load(&sweep, None, &[]).unwrap();
    let section = plan.sections.last().unwrap();
    let names: Vec<&str> = section.rows.iter().map(|row| row.name.as_str()).collect();
    assert_eq!(names, ["data.labelled=1.0", "data.labelled=0.1", "data.labelled=0.01"]);
    assert_eq!(section.rows[0].cells, plan.sections[0].rows[0].cells[..1]);
    let (_, page, markdown) = bench.board(&plan);
    assert!(!page.contains("image/svg") && !markdown.contains(".svg"), "nothing has run");

    let composed = |cell: &str| if cell.ends_with("0.1") { 0.5 } else { 0.25 };
    let mut actor = Actor::new(&bench, |cell| {
        let effect = json!({"mae": 1, "unit": null, "leave_as_is": 1, "share": composed(&cell.name),
                            "oracle_mae": 0, "ci95": [0, 1], "share_ci95": [0, 1]});
        Act::End(json!({ "effectiveness": { "thickness": { "thickness": effect } } }))
    });
    bench.perform(&plan, Budget::NONE, &["one", "data.labelled=0.1", "default"], &mut actor);
    let (_, page, markdown) = bench.board(&plan);
    assert!(page.contains("data:image/svg+xml;base64,"));
    let name = "sweep-one-fewer-labels.svg";
    assert!(markdown.contains(name), "{markdown}");
    let svg = fs_err::read_to_string(bench.path("cells").join(name)).unwrap();
    assert!(svg.contains("share of the labels") && svg.contains("effect error"), "{svg}");
    // Of the shares between a tenth and all, an axis of equal ratios names 0.2 and 0.5, one of equal steps 0.7 too.
    let beside = |number: &str| svg.lines().filter(|line| line.trim() == number).count();
    let panels = svg.matches("share of the labels").count();
    assert_eq!((beside("0.2"), beside("0.7")), (panels, 0), "{svg}");
}

/// Exact: without new cells nothing changes, in whatever order cells ran, and no run directory is needed.
#[test]
fn the_same_cells_make_the_same_text() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
    bench.perform(&plan, Budget::NONE, &["two"], &mut actor);
    bench.perform(&plan, Budget::NONE, &[], &mut actor);
    let first = bench.board(&plan);
    for world in ["one", "two"] {
        fs_err::remove_dir_all(bench.path("runs").join(world)).unwrap();
    }
    let second = bench.board(&bench.plan());
    assert_eq!((first.1, first.2), (second.1, second.2));
}

#[test]
fn a_table_that_is_not_published_keeps_to_its_folder() {
    use counterfoil_experiment::matrix::Places;
    let bench = Bench::new();
    let out = bench.path("runs");
    let short = bench.load(crate::bench::TABLE, Some("short"), &[]).unwrap();
    let places = Places::new(&short, &out, None, None);
    assert_eq!(places.store.folder(), out.join("tiny-short/cells"));
    assert_eq!(places.markdown, out.join("tiny-short/results.md"));
    // Beside the folder of its file, wherever the command is given.
    let home = bench.path("").parent().unwrap().to_owned();
    let places = Places::new(&bench.plan(), &out, None, None);
    assert_eq!(places.store.folder(), home.join("docs/results/cells"));
    assert_eq!(places.markdown, home.join("docs/results.md"));
    assert_eq!(places.page, out.join("tiny/table.html"));
    // Where data lie is no other table; other settings are.
    let load = |set| bench.load(crate::bench::TABLE, None, &[set]).unwrap();
    assert_eq!(load("data.dir=elsewhere").publish, Some(home));
    let places = Places::new(&load("training.steps=11"), &out, None, None);
    assert_eq!(places.markdown, out.join("tiny/results.md"));
}
