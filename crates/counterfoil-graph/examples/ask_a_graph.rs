//! Questions to a causal graph with a hidden cause: `cargo run -p counterfoil-graph --example ask_a_graph`.
//!
//! Does smoking cause cancer, or does a gene cause both? Nobody measures the gene. The graph says whether observations can
//! tell, by which formula, and what goes wrong without it; a small model with known probabilities shows that it is so.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil_graph::{
    Dag, NodeSet, Query,
    adjustment::Effect,
    estimand::{JointTable, Symbol},
    identification::{NotIdentified, identify},
    separation::Workspace,
};
use std::error::Error;

/// A graph is text: in a program of yours it stands in a file.
const GRAPH: &str = "digraph {
    gene [role=latent]; smoking; tar; cancer;
    gene -> smoking; gene -> cancer;
    smoking -> tar; tar -> cancer;
}";

fn main() -> Result<(), Box<dyn Error>> {
    ask().map(|_| ())
}

/// Prints the answers; returns P(cancer | do(smoking)) by the formula, by the model, and P(cancer | smoking).
pub(crate) fn ask() -> Result<[f64; 3], Box<dyn Error>> {
    let declared = Dag::from_dot(GRAPH)?;
    // What is hidden is projected out: an edge with two heads is all that is left of the gene.
    let graph = declared.project(&NodeSet::from_iter(declared.latent()));
    println!("what is measured:  {graph}");
    let [smoking, tar, cancer] = ["smoking", "tar", "cancer"].map(|name| graph.set_of([name]));
    let (smoking, tar, cancer) = (smoking?, tar?, cancer?);

    // Separation. Every "no" comes with the path that is open.
    println!("\nAre smoking and cancer independent given tar?");
    match graph.open_path(&smoking, &cancer, &tar)? {
        None => println!("  yes"),
        Some(path) => println!("  no: {}", path.display(&graph)),
    }

    // Adjustment: comparing like with like. The gene would do; without it nothing does.
    println!("\nWhat must be adjusted for?");
    let measured = Dag::from_dot(&GRAPH.replace("role=latent", "role=labelled"))?;
    let [from, to] = ["smoking", "cancer"].map(|name| measured.set_of([name]));
    let effect = Effect::of(&measured, &from?, &to?)?;
    let set = effect.minimal(&mut Workspace::default()).ok_or("there is a set")?;
    println!("  with the gene:     {}", effect.estimand(&set)?);
    let effect = Effect::of(&graph, &smoking, &cancer)?;
    if let Some((_, refusal)) = effect.refusal() {
        println!("  without it:        no set will do; {refusal}");
    }

    // Identification finds a formula whenever there is one: here the front door, through tar.
    let query = Query::p(&graph, ["cancer"])?.do_(["smoking"])?;
    let formula = identify(&graph, &query)?;
    println!("\n{} = {formula}", query.text(&graph));

    // The formula needs nothing but what was measured. It agrees with the model that the gene is part of.
    let joint = JointTable::new(&[(0, 2), (1, 2), (2, 2)], joint())?;
    let [s, c] = ["smoking", "cancer"].map(|name| graph.index_of(name));
    let at = [(Symbol::of(s?), 1), (Symbol::of(c?), 1)];
    let found = formula.eval(&joint, &at)?;
    let truth = effect_in_model();
    let seen = observed();
    println!("  by the formula, from what was measured   {found:.4}");
    println!("  by the model, gene included              {truth:.4}");
    println!("  among those who happen to smoke          {seen:.4}");

    // Where nobody measures tar either, no formula exists, and a hedge proves it.
    let hidden = ["gene", "tar"].map(|name| declared.index_of(name));
    let [gene, tar] = hidden;
    let poorer = declared.project(&NodeSet::from([gene?, tar?]));
    let query = Query::p(&poorer, ["cancer"])?.do_(["smoking"])?;
    println!("\nAnd without tar ({poorer})?");
    if let Err(NotIdentified::Hedge(hedge)) = identify(&poorer, &query) {
        let [f, inner] = [&hedge.f, &hedge.f_prime].map(|set| poorer.names(set).join(", "));
        println!(
            "  no formula: {{{f}}} and {{{inner}}} are a hedge, checked: {}",
            hedge.verify(&poorer, &query)
        );
    }
    Ok([found, truth, seen])
}

/// The model: P(gene), P(smoking | gene), P(tar | smoking), P(cancer | tar, gene), each that of the value 1.
const GENE: f64 = 0.5;
const SMOKING: [f64; 2] = [0.2, 0.8];
const TAR: [f64; 2] = [0.1, 0.9];
const CANCER: [[f64; 2]; 2] = [[0.1, 0.5], [0.3, 0.7]];

/// The probability of a value where that of 1 is `p`.
fn of(value: usize, p: f64) -> f64 {
    if value == 1 { p } else { 1.0 - p }
}

/// P(smoking, tar, cancer), the gene summed out: what a survey finds.
fn joint() -> Vec<f64> {
    let cell = |s: usize, t: usize, c: usize| {
        let with = |g: usize| of(g, GENE) * of(s, SMOKING[g]) * of(t, TAR[s]) * of(c, CANCER[t][g]);
        with(0) + with(1)
    };
    (0..8).map(|k| cell(k >> 2, k >> 1 & 1, k & 1)).collect()
}

/// P(cancer = 1 | do(smoking = 1)): the gene keeps its distribution, whoever smokes.
fn effect_in_model() -> f64 {
    let with = |g: usize, t: usize| of(g, GENE) * of(t, TAR[1]) * CANCER[t][g];
    with(0, 0) + with(0, 1) + with(1, 0) + with(1, 1)
}

/// P(cancer = 1 | smoking = 1): those who smoke have the gene more often.
fn observed() -> f64 {
    let joint = joint();
    (joint[5] + joint[7]) / joint[4..].iter().sum::<f64>()
}
