//! Endless supplies of random cases, each a function of a seed and a number.

use crate::{
    ScmError,
    discrete::{CptModel, FunctionalModel},
    generate::{self, CounterfactualShape, GraphShape, ModelShape},
};
use counterfoil_graph::{Admg, Query, counterfactual::Question};
use counterfoil_random::Stream;

/// A random effect question with a model of its graph.
#[derive(Clone, Debug)]
pub struct EffectCase {
    /// Two to seven variables.
    pub graph: Admg,
    /// One to three causes in most cases, one or two effects, and a condition in a third of the cases.
    pub query: Query,
    /// Mostly binary variables; hidden causes of two or three values.
    pub model: CptModel,
}

impl EffectCase {
    /// Case number `item` of `seed`. In four cases of five the causes do reach the effects.
    ///
    /// # Errors
    /// None that a draw can bring about.
    pub fn draw(seed: u64, item: u64) -> Result<Self, ScmError> {
        let mut stream = Stream::new(seed, "effect cases", item, 0);
        let (graph, query) = loop {
            let graph =
                generate::admg(&graph_shape(2 + stream.below(6), &mut stream), &mut stream)?;
            let Some(query) = generate::effect(&graph, &mut stream) else { continue };
            let reaches = graph.descendants(&query.do_).intersects(&query.y);
            if reaches || stream.bernoulli(0.1) {
                break (graph, query);
            }
        };
        let model =
            generate::cpt_model(&graph, &model_shape(graph.len(), &mut stream), &mut stream)?;
        Ok(Self { graph, query, model })
    }
}

/// A random counterfactual question with a functional model of its graph.
#[derive(Clone, Debug)]
pub struct CounterfactualCase {
    /// Two to five variables.
    pub graph: Admg,
    /// Up to three facts, given up to two, over up to four worlds, now and then nested.
    pub question: Question,
    /// Mostly binary variables.
    pub model: FunctionalModel,
}

impl CounterfactualCase {
    /// Case number `item` of `seed`.
    ///
    /// # Errors
    /// None that a draw can bring about.
    pub fn draw(seed: u64, item: u64) -> Result<Self, ScmError> {
        let mut stream = Stream::new(seed, "counterfactual cases", item, 0);
        let mut shape = graph_shape(2 + stream.below(4), &mut stream);
        // Many hidden causes leave little that is identified, and many states to try.
        shape.hidden_degree *= 0.6;
        let graph = generate::admg(&shape, &mut stream)?;
        let model_shape =
            ModelShape { hidden_cardinality: 2..=2, ..model_shape(graph.len(), &mut stream) };
        let model = generate::functional_model(&graph, &model_shape, 2, &mut stream)?;
        let shape = CounterfactualShape { nested: 0.15, ..CounterfactualShape::default() };
        let cardinalities = model.to_cpt().cardinalities();
        let question = generate::counterfactual(&cardinalities, &shape, &mut stream);
        Ok(Self { graph, question, model })
    }
}

/// From sparse to dense, with few hidden causes and with many.
fn graph_shape(nodes: usize, stream: &mut Stream) -> GraphShape {
    GraphShape {
        nodes,
        degree: stream.uniform_in(1.0, 3.5),
        hidden_degree: stream.uniform_in(0.2, 1.8),
    }
}

fn model_shape(nodes: usize, stream: &mut Stream) -> ModelShape {
    let ternary = nodes < 6 && stream.bernoulli(0.15);
    ModelShape { cardinality: 2..=if ternary { 3 } else { 2 }, ..ModelShape::default() }
}
