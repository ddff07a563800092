//! How long questions to the graph crate take, over many graphs: `cargo run --release -p counterfoil-graph-benches --bin
//! latency`.
//!
//! Criterion tells the mean of a question; this tells the median, the 95th percentile and the worst of many, and how they
//! grow with the graph. Words choose the operations whose names contain one of them: `latency separation front-door`.

use counterfoil_graph::{
    Admg, Dag, GraphError, Query, adjustment::Effect, distance::intervention,
    front_door::FrontDoor, identification, identification::identifiable, identification::identify,
    separation::Workspace, separators::Bounds,
};
use counterfoil_graph_benches::{
    Case, Density, SIMPLIFICATION, Spread, apart, district, ladder, mediated, napkin, random,
    readable, seconds, three_worlds,
};
use std::error::Error;

type Fallible<T> = Result<T, Box<dyn Error>>;

const SIZES: [usize; 6] = [30, 100, 300, 1_000, 10_000, 100_000];

/// Enough graphs of each size to meet rare cases, and few enough large ones to be done soon.
fn graphs(n: usize) -> u64 {
    match n {
        ..=1_000 => 1_000,
        1_001..=10_000 => 100,
        _ => 20,
    }
}

/// The table, of which the lines are printed as they come.
struct Table {
    chosen: Vec<String>,
}

impl Table {
    /// A line for each size. `ask` times the question of a case, or says that there is none.
    #[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
    fn lines<C>(
        &self,
        operation: &str,
        sizes: &[usize],
        case: impl Fn(usize, u64) -> Result<C, GraphError>,
        mut ask: impl FnMut(C) -> Fallible<Option<f64>>,
    ) -> Fallible<()> {
        if !self.chosen.is_empty() && !self.chosen.iter().any(|word| operation.contains(word)) {
            return Ok(());
        }
        for &n in sizes {
            let mut times = Vec::new();
            for item in 0..graphs(n) {
                times.extend(ask(case(n, item)?)?);
            }
            let Spread { count, median, p95, worst } = Spread::of(times);
            let [median, p95, worst] = [median, p95, worst].map(readable);
            println!("| {operation} | {n} | {count} | {median} | {p95} | {worst} |");
        }
        Ok(())
    }

    /// The same with `count` graphs of each size.
    fn few(
        &self,
        operation: &str,
        sizes: &[usize],
        count: u64,
        case: impl Fn(usize, u64) -> Result<Case, GraphError>,
        ask: impl Fn(Case) -> Fallible<Option<f64>>,
    ) -> Fallible<()> {
        let some = |n, item| if item < count { case(n, item).map(Some) } else { Ok(None) };
        self.lines(operation, sizes, some, |case| case.map_or(Ok(None), &ask))
    }

    /// The same where there is one graph of each size.
    fn single(
        &self,
        operation: &str,
        sizes: &[usize],
        case: impl Fn(usize) -> Result<Case, GraphError>,
        ask: impl Fn(Case) -> Fallible<Option<f64>>,
    ) -> Fallible<()> {
        self.few(operation, sizes, 1, |n, _| case(n), ask)
    }
}

fn usual(n: usize, item: u64) -> Result<Case, GraphError> {
    random(n, Density::USUAL, item)
}

fn open(n: usize, item: u64) -> Result<Case, GraphError> {
    random(n, Density::OPEN, item)
}

#[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
fn main() -> Fallible<()> {
    let table = Table { chosen: std::env::args().skip(1).collect() };
    println!("| operation | n | questions | median | 95 % | worst |");
    println!("|---|---|---|---|---|---|");
    separations(&table)?;
    whole_graphs(&table)?;
    adjustments(&table)?;
    identifications(&table)?;
    let find = |case: Case| {
        let Case { graph, x, y, .. } = &case;
        FrontDoor::of(graph, x, y)?;
        Ok(Some(seconds(|| FrontDoor::of(graph, x, y).map(|question| question.find()))))
    };
    table.lines("front-door find, random", &SIZES, usual, find)?;
    table.lines("front-door find, mediated", &SIZES, mediated, find)?;
    let sizes = [10, 20, 50, 100, 300, 1_000];
    table.lines("counterfactual, three worlds", &sizes, three_worlds, |(graph, question)| {
        question.identify(&graph)?;
        Ok(Some(seconds(|| question.identify(&graph))))
    })
}

fn separations(table: &Table) -> Fallible<()> {
    let mut workspace = Workspace::default();
    let mut any = |case: Case| {
        let Case { graph, x, y, z } = &case;
        graph.view().m_separated(x, y, z, &mut workspace)?;
        Ok(Some(seconds(|| graph.view().m_separated(x, y, z, &mut workspace))))
    };
    table.lines("separation, random z", &SIZES, usual, &mut any)?;
    let dense = |n, item| random(n, Density::DENSE, item);
    table.lines("separation, random z, 3 n edges", &SIZES, dense, &mut any)?;
    table.lines("separation, everything reached", &SIZES, apart, &mut any)?;
    // A path is often found soon; that there is none shows at the end only.
    let separated = |case: Case| {
        let Case { graph, x, y, .. } = &case;
        let bounds = Bounds::any();
        let found = graph.view().minimal_separator(x, y, &bounds, &mut Workspace::default())?;
        found.map_or(Ok(None), |z| any(Case { z, ..case }))
    };
    table.lines("separation, separated", &SIZES, usual, separated)
}

/// Questions about all pairs of variables, which are dealt to all cores: `RAYON_NUM_THREADS` says to how many.
fn whole_graphs(table: &Table) -> Fallible<()> {
    let sizes = [30, 100, 300, 1_000];
    let dag = |graph: Admg| Dag::try_from((*graph).clone());
    table.few("distance, intervention", &sizes, 10, open, |case| {
        let n = case.graph.len();
        let (truth, guess) = (dag(case.graph)?, dag(open(n, 1_000)?.graph)?);
        intervention(&truth, &guess)?;
        Ok(Some(seconds(|| intervention(&truth, &guess))))
    })?;
    table.few("separation, tests of all pairs", &sizes, 10, usual, |case| {
        Ok(Some(seconds(|| case.graph.pairwise_independences())))
    })
}

fn adjustments(table: &Table) -> Fallible<()> {
    let mut workspace = Workspace::default();
    let mut first = |case: Case| {
        let Case { graph, x, y, .. } = &case;
        Effect::of(graph, x, y)?;
        let minimal = || Effect::of(graph, x, y).map(|effect| effect.minimal(&mut workspace));
        Ok(Some(seconds(minimal)))
    };
    table.lines("adjustment, first, hidden causes", &SIZES, usual, &mut first)?;
    table.lines("adjustment, first, none hidden", &SIZES, open, &mut first)?;
    table.single("adjustment, first, ladder", &SIZES, ladder, |case| {
        let Case { graph, x, y, .. } = &case;
        let mut workspace = Workspace::default();
        Ok(Some(seconds(|| Effect::of(graph, x, y).map(|e| e.minimal(&mut workspace)))))
    })?;
    let thousand = |case: Case| {
        let Case { graph, x, y, .. } = &case;
        let list = || Effect::of(graph, x, y).map(|e| e.all_minimal().take(1_000).count());
        Ok((list()? == 1_000).then(|| seconds(list)))
    };
    let sizes = [30, 100, 300, 1_000];
    table.lines("adjustment, 1000 sets, none hidden", &sizes, open, thousand)?;
    table.single("adjustment, 1000 sets, ladder", &sizes, ladder, thousand)
}

fn identifications(table: &Table) -> Fallible<()> {
    let mut workspace = identification::Workspace::default();
    let sizes = &SIZES[..5];
    table.lines("identification, verdict", &SIZES, usual, |case| {
        let query = Query::effect(case.x, case.y);
        identifiable(&case.graph, &query, &mut workspace)?;
        Ok(Some(seconds(|| identifiable(&case.graph, &query, &mut workspace))))
    })?;
    let formula = |case: Case| {
        let query = Query::effect(case.x, case.y);
        let answer = identify(&case.graph, &query).is_ok();
        Ok(answer.then(|| seconds(|| identify(&case.graph, &query))))
    };
    let simplified = |case: Case| {
        let query = Query::effect(case.x, case.y);
        let answer = identify(&case.graph, &query).is_ok();
        let simple =
            || identify(&case.graph, &query).map(|e| e.simplified_in(&case.graph, SIMPLIFICATION));
        Ok(answer.then(|| seconds(simple)))
    };
    table.lines("identification, formula", sizes, usual, formula)?;
    table.lines("identification, simplified", sizes, usual, simplified)?;
    let sizes = [30, 100, 300, 1_000];
    table.single("identification, formula, one district", &sizes, district, formula)?;
    table.single("identification, simplified, one district", &sizes, district, simplified)?;
    table.single("identification, formula, long napkin", &sizes, napkin, formula)?;
    table.single("identification, simplified, long napkin", &sizes, napkin, simplified)
}
