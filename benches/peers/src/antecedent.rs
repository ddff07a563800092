//! Questions put to `antecedent` 2.4.1 in its own terms.

use antecedent_core::{
    AverageEffectQuery, CausalQuery, IdentificationStatus, Intervention,
    InterventionalDistributionQuery, Value, VariableId,
};
use antecedent_graph::{Admg, DSeparationWorkspace, Dag, DenseNodeId};
use antecedent_identify::{
    BackdoorIdentifier, IdIdentifier, IdentificationResult, IdentificationWorkspace, PreparedAdmg,
    PreparedIdentificationGraph,
};
use counterfoil_graph::NodeSet;
use counterfoil_graph_benches::Case;
use std::error::Error;

/// A graph as `antecedent` holds it, with everything prepared that it can use for several questions.
pub(crate) struct Peer {
    graph: Admg,
    prepared: PreparedAdmg,
    /// The directed part, in which it looks for adjustment sets.
    open: PreparedIdentificationGraph,
    ends: [DenseNodeId; 2],
    known: Vec<DenseNodeId>,
    distribution: CausalQuery,
    effect: CausalQuery,
    searched: DSeparationWorkspace,
    identified: IdentificationWorkspace,
}

fn node(index: usize) -> DenseNodeId {
    DenseNodeId::from_index(index)
}

impl Peer {
    /// The graph of a case, and its questions.
    pub(crate) fn of(case: &Case) -> Result<Self, Box<dyn Error>> {
        let ours = &case.graph;
        let count = u32::try_from(ours.len())?;
        let (mut graph, mut open) = (Admg::with_variables(count), Dag::with_variables(count));
        for (a, b) in ours.directed_edges() {
            graph.insert_directed(node(a), node(b))?;
            open.insert_directed(node(a), node(b))?;
        }
        for (a, b) in ours.bidirected_edges() {
            graph.insert_bidirected(node(a), node(b))?;
        }
        let [x, y] = [&case.x, &case.y].map(|set| set.first().unwrap_or(0));
        let variable = |index: usize| VariableId::from_raw(index as u32);
        let set = Intervention::set(variable(x), Value::f64(1.0));
        let distribution = InterventionalDistributionQuery::new(variable(y), [set]);
        let effect = AverageEffectQuery::binary_ate(variable(x), variable(y));
        Ok(Self {
            prepared: IdIdentifier::new().prepare(&graph)?,
            graph,
            open: BackdoorIdentifier::new().prepare(&open)?,
            ends: [node(x), node(y)],
            known: case.z.iter().map(node).collect(),
            distribution: CausalQuery::Distribution(distribution),
            effect: CausalQuery::AverageEffect(effect),
            searched: DSeparationWorkspace::default(),
            identified: IdentificationWorkspace::default(),
        })
    }

    /// Whether what is known separates the two.
    pub(crate) fn separated(&mut self) -> Result<bool, Box<dyn Error>> {
        let [x, y] = self.ends;
        Ok(self.graph.is_m_separated(x, y, &self.known, &mut self.searched)?)
    }

    /// Whether there is a formula, from the prepared graph; nothing where the search ended before it knew.
    pub(crate) fn identified(&mut self) -> Option<bool> {
        let workspace = &mut self.identified;
        let answer = IdIdentifier::new().identify(&self.prepared, &self.distribution, workspace);
        verdict(&answer.ok()?)
    }

    /// The same from the graph as it is.
    pub(crate) fn prepared_and_identified(&mut self) -> Option<bool> {
        let prepared = IdIdentifier::new().prepare(&self.graph).ok()?;
        let workspace = &mut self.identified;
        let answer = IdIdentifier::new().identify(&prepared, &self.distribution, workspace);
        verdict(&answer.ok()?)
    }

    /// Up to `count` minimal back-door sets in the directed part.
    pub(crate) fn adjustment_sets(&mut self, count: usize) -> Option<Vec<NodeSet>> {
        let mut search = BackdoorIdentifier::new();
        search.config.max_results = count;
        let answer = search.identify(&self.open, &self.effect, &mut self.identified).ok()?;
        verdict(&answer)?;
        let set = |ids: &[VariableId]| ids.iter().map(|id| id.raw() as usize).collect();
        Some(answer.estimands.iter().map(|estimand| set(&estimand.adjustment_set)).collect())
    }
}

/// What is found counts; that nothing is found counts unless the search was cut short.
fn verdict(result: &IdentificationResult) -> Option<bool> {
    match result.status {
        IdentificationStatus::NonparametricallyIdentified => Some(true),
        IdentificationStatus::NotIdentified => {
            let cut = result.diagnostics.iter().any(|d| d.code.ends_with(".search_bounded"));
            (!cut).then_some(false)
        }
        _ => None,
    }
}
