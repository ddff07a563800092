//! Models from Bayesian networks in BIF files, and back.

use super::{CptModel, Factor};
use crate::ScmError;
use counterfoil_graph::formats::{BifNetwork, BifVariable};

/// The model of a network with tables. Nothing is hidden in it; states keep their order and lose their names. Rows,
/// which files round, are divided by their sums.
///
/// ```
/// use counterfoil_graph::formats::BifNetwork;
/// use counterfoil_scm::discrete::CptModel;
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let network = BifNetwork::read(
///     "network rain {}
///      variable cloudy { type discrete [ 2 ] { yes, no }; }
///      variable rain { type discrete [ 2 ] { yes, no }; }
///      probability ( cloudy ) { table 0.4, 0.6; }
///      probability ( rain | cloudy ) { (yes) 0.7, 0.3; (no) 0.1, 0.9; }",
/// )?;
/// let model = CptModel::try_from(&network)?;
/// assert!((model.probability(&[(1, 0)])? - 0.34).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
impl TryFrom<&BifNetwork> for CptModel {
    type Error = ScmError;

    fn try_from(network: &BifNetwork) -> Result<Self, ScmError> {
        network.check()?;
        let name = |index: &usize| network.variables[*index].name.clone();
        Self::new(network.variables.iter().map(|variable| {
            let row = |row: &Vec<f64>| {
                let sum: f64 = row.iter().sum();
                row.iter().map(|p| p / sum).collect::<Vec<_>>()
            };
            Factor::new(
                variable.name.clone(),
                variable.states.len(),
                variable.parents.iter().map(name),
                variable.rows.iter().flat_map(row).collect(),
            )
        }))
    }
}

/// The network of a model without hidden variables, with the states `0`, `1`, ...
impl TryFrom<&CptModel> for BifNetwork {
    type Error = ScmError;

    fn try_from(model: &CptModel) -> Result<Self, ScmError> {
        if let Some(hidden) = model.hidden().first() {
            let name = model.name(hidden).to_owned();
            return Err(counterfoil_graph::GraphError::LatentInClass { name }.into());
        }
        let variables = model.nodes.iter().map(|node| BifVariable {
            name: node.name.clone(),
            states: (0..node.cardinality).map(|state| state.to_string()).collect(),
            parents: node.parents.clone(),
            rows: node.rows.chunks_exact(node.cardinality).map(<[f64]>::to_vec).collect(),
        });
        Ok(Self { name: String::new(), variables: variables.collect() })
    }
}
