//! What the graph crate asks of models: probabilities for its estimands, and answers to its counterfactual questions.

use super::{CptModel, Fact, FunctionalModel, World};
use crate::ScmError;
use counterfoil_graph::{
    counterfactual::{Event, Setting, World as GraphWorld},
    estimand::{Distribution, JointTable, Marginal, Unavailable},
};

/// Every interventional distribution of what is seen. Sources other than 0 (other populations) are unknown to a model.
///
/// ```
/// use counterfoil_graph::{Query, estimand::Symbol, identification::identify};
/// use counterfoil_scm::discrete::{CptModel, Factor};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let model = CptModel::new([
///     Factor::binary("smoking", ["gene"], [0.2, 0.7]),
///     Factor::binary("tar", ["smoking"], [0.1, 0.9]),
///     Factor::binary("cancer", ["tar", "gene"], [0.1, 0.4, 0.2, 0.5]),
///     Factor::binary("gene", [], [0.5]).hidden(),
/// ])?;
/// let query = Query::p(model.graph(), ["cancer"])?.do_(["smoking"])?;
/// let estimand = identify(model.graph(), &query)?;
/// let [smoking, cancer] = [0, 2].map(Symbol::of);
/// // From observations alone, and yet what the intervention does.
/// let estimated = estimand.eval(&model, &[(smoking, 1), (cancer, 1)])?;
/// assert!((estimated - 0.34).abs() < 1e-12);
/// # Ok(())
/// # }
/// ```
impl Distribution for CptModel {
    type Number = f64;

    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable> {
        if variable < self.len() {
            Ok(CptModel::cardinality(self, variable))
        } else {
            Err(Unavailable::Variable(variable))
        }
    }

    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<f64>, Unavailable> {
        if what.source != 0 {
            return Err(Unavailable::Source(what.source));
        }
        let table = self.restricted_under(what.over, what.at, what.do_);
        table.map(super::Table::into_values).map_err(|error| Unavailable::Other(error.to_string()))
    }
}

/// As for [`CptModel`].
impl Distribution for FunctionalModel {
    type Number = f64;

    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable> {
        Distribution::cardinality(self.to_cpt(), variable)
    }

    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<f64>, Unavailable> {
        Distribution::marginal(self.to_cpt(), what)
    }
}

impl CptModel {
    /// `P(v)` of what is seen, as graph's table: observations without the model behind them.
    ///
    /// # Errors
    /// [`ScmError::TooLarge`].
    pub fn observations(&self) -> Result<JointTable, ScmError> {
        let joint = self.joint()?;
        let variables: Vec<(usize, usize)> =
            joint.variables().iter().copied().zip(joint.cardinalities().iter().copied()).collect();
        let total = joint.total();
        JointTable::new(&variables, joint.into_values()).map_err(|_| ScmError::NotADistribution {
            variable: "all".to_owned(),
            row: vec![],
            sum: total,
        })
    }
}

/// The world of a counterfactual question of the graph crate.
impl From<&GraphWorld> for World {
    fn from(world: &GraphWorld) -> Self {
        world.settings().fold(Self::actual(), |here, (variable, setting)| match setting {
            Setting::Value(value) => here.set(variable, *value),
            Setting::AsIn(nested) => here.set_as(variable, variable, Self::from(&**nested)),
            // Settings of later versions have no meaning here yet; leaving the variable alone would be wrong silently,
            // so it is held by a policy that no model accepts.
            _ => here.act(variable, super::Action::Policy { inputs: vec![], values: vec![] }),
        })
    }
}

/// The statements of an event of the graph crate, in its order.
pub fn facts(event: &Event) -> Vec<Fact> {
    let fact = |atom: &counterfoil_graph::counterfactual::Atom| {
        Fact::new(atom.of.variable, World::from(&atom.of.world), atom.value)
    };
    event.atoms().iter().map(fact).collect()
}
