//! Which cells run, in which order and time, and that none runs twice.

use counterfoil_experiment::{
    matrix::{
        Budget, Outcome, Plan, deal,
        schedule::{State, states},
    },
    ranks::Ranks,
    run_dir::{read_json, write_json},
};
use serde_json::{Value, json};

use crate::bench::{Act, Actor, Bench, TABLE};

fn words(plan: &Plan, bench: &Bench) -> Vec<&'static str> {
    states(plan, &bench.places(plan).store).iter().map(State::word).collect()
}

/// Exact: the first seed of every row comes before the second of any, and equal configs are one cell.
#[test]
fn cells_are_ordered_and_run_once() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
    let outcome = bench.perform(&plan, Budget::NONE, &[], &mut actor);
    let expected = [
        "one/default/0",
        "one/parity/0",
        "two/default/0",
        "two/parity/0",
        "one/not calibrated/0",
        "one/default/1",
        "one/parity/1",
        "two/default/1",
        "two/parity/1",
    ];
    assert_eq!(actor.ran, expected);
    assert_eq!((outcome.ran, outcome.failed, outcome.left), (9, 0, 0));
    // `default` of seed 0 stands in two sections and is one cell.
    assert_eq!(plan.sections[0].rows[0].cells[0], plan.sections[2].rows[0].cells[0]);

    let mut idle = Actor::new(&bench, |_| Act::Fail("is never asked"));
    assert_eq!(bench.perform(&plan, Budget::NONE, &[], &mut idle), Outcome::default());
    assert!(idle.ran.is_empty());
}

#[test]
fn words_select_worlds_and_methods() {
    let bench = Bench::new();
    let plan = bench.plan();
    let selected = |words: &[&str]| {
        let words: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
        let chosen = plan.select(&words).unwrap();
        let cells = plan.cells.iter().zip(chosen).filter(|(_, chosen)| *chosen);
        cells.map(|(c, _)| format!("{}/{}/{}", c.experiment, c.name, c.seed)).collect::<Vec<_>>()
    };
    assert_eq!(selected(&[]).len(), plan.cells.len());
    assert_eq!(selected(&["two", "parity"]), ["two/parity/0", "two/parity/1"]);
    assert_eq!(selected(&["not calibrated"]), ["one/not calibrated/0"]);
    assert_eq!(selected(&["one"]).len(), 5);
}

/// Only cells that can end in time are begun: by the file at first, then by those of their kind that ran.
#[test]
fn a_budget_decides_what_is_begun() {
    let bench = Bench::new();
    let plan = bench.plan();
    let run = |budget: &str, only: &[&str]| {
        let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
        let outcome = bench.perform(&plan, budget.parse().unwrap(), only, &mut actor);
        (actor.ran, outcome.left)
    };
    // Nothing is known: each of the nine may take two minutes, and the ablation five.
    assert_eq!(run("1m", &[]), (vec![], 9));
    // The ablation alone does not fit.
    assert_eq!(run("4m", &["not calibrated"]), (vec![], 1));
    let (ran, left) = run("2m1s", &["one", "default"]);
    assert_eq!((ran.len(), left), (2, 0), "once one has run, its kind is known to take no time");

    // Records that say otherwise are believed: `default` of `one` takes an hour, so all of `one` may.
    let store = bench.places(&plan).store;
    let mut record: Value = read_json(&store.file(&plan.cells[0].hash)).unwrap();
    record["seconds"] = 3600.0.into();
    write_json(&store.file(&plan.cells[0].hash), &record).unwrap();
    let (ran, left) = run("10m", &[]);
    assert!(ran.iter().all(|cell| cell.starts_with("two/")) && ran.len() == 4, "{ran:?}");
    assert_eq!(left, 3);
}

/// What another process is at, or has run since this one looked, is passed over.
#[test]
fn two_processes_share_a_table() {
    let bench = Bench::new();
    let plan = bench.plan();
    let store = bench.places(&plan).store;
    let held = plan.cells.iter().find(|cell| cell.name == "not calibrated").unwrap();
    let lock = store.claim(&held.hash).unwrap();
    let mut actor = Actor::new(&bench, |cell| {
        if (cell.experiment.as_str(), cell.name.as_str(), cell.seed) == ("one", "default", 0) {
            let mut other = Actor::new(&bench, |_| Act::End(json!({})));
            let outcome = bench.perform(&plan, Budget::NONE, &["two"], &mut other);
            assert_eq!((outcome.ran, outcome.elsewhere), (4, 0));
        }
        Act::End(json!({}))
    });
    let outcome = bench.perform(&plan, Budget::NONE, &[], &mut actor);
    assert_eq!((outcome.ran, outcome.elsewhere), (4, 5));
    assert!(actor.ran.iter().all(|cell| cell.starts_with("one/")), "{:?}", actor.ran);
    assert!(store.record(&held.hash).unwrap().is_none());
    drop(lock);
    let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
    assert_eq!(bench.perform(&plan, Budget::NONE, &[], &mut actor).ran, 1);
}

#[test]
fn times_are_read_or_refused() {
    for text in ["2h", "90m", "1h30m", "45s", "0.5h"] {
        assert!(text.parse::<Budget>().is_ok(), "{text}");
    }
    let equal = |a: &str, b: &str| a.parse::<Budget>().unwrap() == b.parse::<Budget>().unwrap();
    assert!(equal("1h30m", "90m") && equal("90s", "1m30s") && !equal("1h", "1m"));
    for text in ["", "2", "h", "2x", "30m1h", "1h1h", "-1h", "0s", "1h5"] {
        assert!(text.parse::<Budget>().is_err(), "{text}");
    }
}

#[test]
fn a_failed_cell_leaves_the_rest_alive_and_is_tried_last_next_time() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |cell| match (cell.name.as_str(), cell.seed) {
        ("parity", 0) => Act::Fail("the loss is not finite"),
        ("not calibrated", _) => Act::Stop,
        _ => Act::End(json!({})),
    });
    let outcome = bench.perform(&plan, Budget::NONE, &[], &mut actor);
    assert_eq!(outcome, Outcome { ran: 2, failed: 2, left: 0, elsewhere: 0, interrupted: true });
    let expected = ["done", "failed", "done", "failed"];
    assert_eq!(words(&plan, &bench)[..4], expected);
    assert!(words(&plan, &bench)[4..].iter().all(|word| *word == "missing"));

    let mut again = Actor::new(&bench, |_| Act::End(json!({})));
    bench.perform(&plan, Budget::NONE, &[], &mut again);
    assert_eq!(again.ran[5..], ["one/parity/0", "two/parity/0"]);
    assert!(words(&plan, &bench).iter().all(|word| *word == "done"));
}

#[test]
fn a_record_holds_all_and_what_is_damaged_or_foreign_runs_again() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |_| Act::End(json!({ "composition_1": 0.25 })));
    bench.perform(&plan, Budget::NONE, &["two"], &mut actor);
    let (cell, store) = (&plan.cells[2], bench.places(&plan).store);
    let record = store.record(&cell.hash).unwrap().unwrap();
    assert_eq!(
        (record.experiment.as_str(), record.name.as_str(), record.seed),
        ("two", "default", 0)
    );
    assert_eq!((record.summary.composition_1, record.training_s), (0.25, 3.0));
    assert_eq!(record.set, ["method=default", "experiment.seed=0"]);
    assert_eq!(record.config_hash, cell.hash);
    let strip = record.picture.as_ref().unwrap();
    assert_eq!(strip.columns, ["factual", "do(thickness)", "truth"]);
    let png = fs_err::read(store.picture(&cell.hash)).unwrap();
    assert!(png.starts_with(b"\x89PNG") && png.len() < 1000);
    // Exact: what is read is what was written.
    store.save(&record, None).unwrap();
    assert_eq!(store.record(&cell.hash).unwrap().unwrap(), record);
    assert_eq!(store.all().unwrap().len(), 4);

    let file = store.file(&cell.hash);
    let text = fs_err::read_to_string(&file).unwrap();
    fs_err::write(&file, &text[..text.len() / 2]).unwrap();
    assert_eq!(words(&plan, &bench)[2], "damaged");
    fs_err::write(&file, text.replace(&cell.hash, &plan.cells[0].hash)).unwrap();
    assert_eq!(words(&plan, &bench)[2], "missing");
    let mut again = Actor::new(&bench, |_| Act::End(json!({})));
    bench.perform(&plan, Budget::NONE, &["two"], &mut again);
    assert_eq!(again.ran, ["two/default/0"]);
}

#[test]
fn data_that_are_not_here_block_their_cells_alone() {
    let bench = Bench::new();
    let table = TABLE.replace("[\"one\", \"two\"]", "[\"real\", \"two\"]");
    let plan = bench.load(&table, None, &[]).unwrap();
    let blocked = |plan: &Plan| plan.cells.iter().filter(|c| c.blocked.is_some()).count();
    assert_eq!(blocked(&plan), 4);
    let reason = plan.cells[0].blocked.as_ref().unwrap();
    assert!(reason.contains("nowhere") && reason.contains("--set data.dir=FOLDER"), "{reason}");
    let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
    bench.perform(&plan, Budget::NONE, &[], &mut actor);
    assert!(actor.ran.iter().all(|cell| !cell.starts_with("real")) && actor.ran.len() == 6);

    // A folder is for those that read one, and changes no hash.
    let set = format!("data.dir={}", bench.path("").display());
    let given = bench.load(&table, None, &[&set]).unwrap();
    assert_eq!(blocked(&given), 0);
    for (with, without) in given.cells.iter().zip(&plan.cells) {
        assert_eq!(with.hash, without.hash);
        assert_eq!(with.set.contains(&set), with.experiment == "real");
    }
}

/// One of several processes that all look at the same folder.
#[derive(Debug)]
struct One {
    rank: usize,
    count: usize,
}

impl Ranks for One {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.count
    }

    fn local_rank(&self) -> usize {
        self.rank
    }

    fn sum(&self, _: &mut [f32]) {}

    fn tell(&self, said: Vec<u8>) -> Vec<u8> {
        said
    }
}

/// Exact: every cell that is missing goes to one process, and none has more than one cell more than another.
#[test]
fn cells_are_dealt_evenly() {
    let bench = Bench::new();
    let plan = bench.plan();
    let mut actor = Actor::new(&bench, |_| Act::End(json!({})));
    bench.perform(&plan, Budget::NONE, &["not calibrated"], &mut actor);
    let selected = plan.select(&[]).unwrap();
    let store = bench.places(&plan).store;
    for count in 1..=10 {
        let hands: Vec<Vec<bool>> = (0..count)
            .map(|rank| deal(&One { rank, count }, &plan, &selected, &store).unwrap())
            .collect();
        for (k, state) in states(&plan, &store).iter().enumerate() {
            let holders = hands.iter().filter(|hand| hand[k]).count();
            assert_eq!(holders, usize::from(state.runs()), "{count} ranks, cell {k}");
        }
        let sizes = hands.iter().map(|hand| hand.iter().filter(|own| **own).count());
        let (least, most) = (sizes.clone().min().unwrap(), sizes.max().unwrap());
        assert!(most - least <= 1, "{count} ranks: {least} to {most}");
    }
}
