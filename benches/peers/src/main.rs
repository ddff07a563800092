//! The graph crate beside `antecedent`: the same questions on the same graphs, whether the answers agree, and the times.
//!
//! `cargo run --release --manifest-path benches/peers/Cargo.toml`; it fails when two answers differ. Left out is what the
//! peer does not ask in this form: front doors among hidden causes, and counterfactuals of more than eight variables.

mod antecedent;

use antecedent::Peer;
use counterfoil_graph::{
    Query, adjustment::Effect, identification::identify, separation::Workspace,
};
use counterfoil_graph_benches::{Case, Density, Spread, ladder, random, readable, seconds};
use std::error::Error;

type Fallible<T> = Result<T, Box<dyn Error>>;

const SIZES: [usize; 4] = [30, 100, 300, 1_000];

/// Times of both, and how often both gave an answer and the two differed.
#[derive(Default)]
struct Duel {
    ours: Vec<f64>,
    theirs: Vec<f64>,
    compared: usize,
    different: usize,
}

impl Duel {
    /// Notes the two times of a question and its two answers; the peer may have given none.
    fn note<T: PartialEq>(&mut self, times: [f64; 2], ours: &T, theirs: Option<&T>) {
        self.ours.push(times[0]);
        self.theirs.push(times[1]);
        self.compared += usize::from(theirs.is_some());
        self.different += usize::from(theirs.is_some_and(|theirs| theirs != ours));
    }

    fn print(self, question: &str, n: usize) -> usize {
        let [ours, theirs] = [self.ours, self.theirs].map(Spread::of);
        let text = |s: Spread| format!("{} | {}", readable(s.median), readable(s.worst));
        let (compared, different) = (self.compared, self.different);
        println!(
            "| {question} | {n} | {} | {} | {} | {compared} | {different} |",
            ours.count,
            text(ours),
            text(theirs),
        );
        different
    }
}

fn main() -> Fallible<()> {
    println!(
        "| question | n | asked | counterfoil: median | worst | antecedent: median | worst | both answer | differ |"
    );
    println!("|---|---|---|---|---|---|---|---|---|");
    let mut different = 0;
    for n in SIZES {
        different += separation(n)?;
    }
    for n in SIZES {
        different += formula(n)?;
    }
    for n in SIZES {
        different += first_set(n)?;
    }
    for n in SIZES {
        different += many_sets(n)?;
    }
    if different > 0 {
        return Err(format!("{different} answers differ").into());
    }
    Ok(())
}

fn separation(n: usize) -> Fallible<usize> {
    let mut duel = Duel::default();
    let mut workspace = Workspace::default();
    for item in 0..200 {
        let case = random(n, Density::USUAL, item)?;
        let mut peer = Peer::of(&case)?;
        let Case { graph, x, y, z } = &case;
        let answer = graph.view().m_separated(x, y, z, &mut workspace)?;
        let other = peer.separated()?;
        let ours = seconds(|| graph.view().m_separated(x, y, z, &mut workspace));
        duel.note([ours, seconds(|| peer.separated())], &answer, Some(&other));
    }
    Ok(duel.print("separation", n))
}

/// Whether the effect has a formula, and making it; of the peer with and without the preparation of the graph, which it can
/// use for several questions.
fn formula(n: usize) -> Fallible<usize> {
    let [mut whole, mut prepared] = [Duel::default(), Duel::default()];
    for item in 0..200 {
        let case = random(n, Density::USUAL, item)?;
        let mut peer = Peer::of(&case)?;
        let Case { graph, x, y, .. } = &case;
        let query = Query::effect(x.clone(), y.clone());
        let answer = identify(graph, &query).is_ok();
        let other = peer.identified();
        let ours = seconds(|| identify(graph, &query));
        let times = [seconds(|| peer.prepared_and_identified()), seconds(|| peer.identified())];
        whole.note([ours, times[0]], &answer, other.as_ref());
        prepared.note([ours, times[1]], &answer, other.as_ref());
    }
    prepared.print("formula (antecedent: prepared)", n);
    Ok(whole.print("formula", n))
}

/// One minimal adjustment set where nothing is hidden. The sets may differ; that there is one may not, nor that the peer's
/// is one.
fn first_set(n: usize) -> Fallible<usize> {
    let mut duel = Duel::default();
    let mut workspace = Workspace::default();
    for item in 0..100 {
        let case = random(n, Density::OPEN, item)?;
        let mut peer = Peer::of(&case)?;
        let Case { graph, x, y, .. } = &case;
        let effect = Effect::of(graph, x, y)?;
        let answer = effect.minimal(&mut workspace).is_some();
        let found = peer.adjustment_sets(1);
        let other = found.map(|sets| sets.iter().any(|set| effect.check(set).is_ok()));
        let minimal = || Effect::of(graph, x, y).map(|effect| effect.minimal(&mut workspace));
        let times = [seconds(minimal), seconds(|| peer.adjustment_sets(1))];
        duel.note(times, &answer, other.as_ref());
    }
    Ok(duel.print("first minimal adjustment set", n))
}

/// A thousand minimal adjustment sets of a graph that has more; the peer's answer counts when it has as many.
fn many_sets(n: usize) -> Fallible<usize> {
    let mut duel = Duel::default();
    let case = ladder(n)?;
    let mut peer = Peer::of(&case)?;
    let Case { graph, x, y, .. } = &case;
    let effect = Effect::of(graph, x, y)?;
    let list = || effect.all_minimal().take(1_000).count();
    let other = peer.adjustment_sets(1_000).map(|sets| sets.len());
    let times = [seconds(list), seconds(|| peer.adjustment_sets(1_000))];
    let sets = other.map_or("nothing".to_owned(), |sets| sets.to_string());
    duel.note(times, &list(), other.filter(|&sets| sets == 1_000).as_ref());
    Ok(duel.print(&format!("1000 minimal sets (antecedent finds {sets})"), n))
}
