//! What the graph crate asks of models: probabilities for its estimands, and answers to its counterfactual questions.

use super::{CptModel, Fact, FunctionalModel, World};
use crate::ScmError;
use counterfoil_graph::{
    counterfactual::{Event, Setting, World as GraphWorld},
    estimand::{Distribution, JointTable, Marginal, Unavailable},
};
use std::{collections::BTreeMap, sync::Arc};

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
        // Rows may be off by rounding, each by its own.
        let joint = self.joint()?.normalised().ok_or(ScmError::ImpossibleCondition)?;
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
        Worlds::default().world(world)
    }
}

/// The statements of an event of the graph crate, in its order. Worlds that are shared there are shared here.
pub fn facts(event: &Event) -> Vec<Fact> {
    let mut worlds = Worlds::default();
    let atoms = event.atoms().iter();
    atoms
        .map(|atom| Fact::new(atom.of.variable, worlds.world(&atom.of.world), atom.value))
        .collect()
}

/// Worlds of the graph crate by address, with what has become of them.
#[derive(Default)]
struct Worlds(BTreeMap<*const GraphWorld, Arc<World>>);

impl Worlds {
    /// A world, after those that it refers to: with a stack, since they may be nested as deep as a graph.
    fn world(&mut self, world: &GraphWorld) -> World {
        let mut stack = self.missing(world);
        while let Some(&inner) = stack.last() {
            let within = self.missing(inner);
            if within.is_empty() {
                stack.pop();
                let made = self.outermost(inner);
                self.0.entry(Arc::as_ptr(inner)).or_insert_with(|| made.into());
            } else {
                stack.extend(within);
            }
        }
        self.outermost(world)
    }

    fn missing<'w>(&self, world: &'w GraphWorld) -> Vec<&'w Arc<GraphWorld>> {
        let inner = world.settings().filter_map(|(_, setting)| match setting {
            Setting::AsIn(inner) if !self.0.contains_key(&Arc::as_ptr(inner)) => Some(inner),
            _ => None,
        });
        inner.collect()
    }

    /// A world whose inner ones are here.
    fn outermost(&self, world: &GraphWorld) -> World {
        world.settings().fold(World::actual(), |here, (variable, setting)| match setting {
            Setting::Value(value) => here.set(variable, *value),
            Setting::AsIn(inner) => {
                here.set_as(variable, variable, self.0[&Arc::as_ptr(inner)].clone())
            }
            // Settings of later versions have no meaning here yet; leaving the variable alone would be wrong silently,
            // so it is held by a policy that no model accepts.
            _ => here.act(variable, super::Action::Policy { inputs: vec![], values: vec![] }),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discrete::{Exogenous, Function};
    use counterfoil_graph::{Admg, counterfactual::Question};

    /// Exact. Each variable is the parity of the two before it, so that V60 is that of a Fibonacci number, 1; worlds that
    /// were written out would be as many as that number.
    #[test]
    fn shared_worlds_stay_shared() {
        let n = 61;
        let edge = |i: usize| format!("V{} -> V{i}; V{} -> V{i}", i - 1, i - 2);
        let text = (2..n).map(edge).fold("V0 -> V1".to_owned(), |all, next| all + "; " + &next);
        let graph: Admg = text.parse().unwrap();
        let functions = (0..n).map(|i| {
            let parents: Vec<String> = (i.saturating_sub(2)..i).map(|p| format!("V{p}")).collect();
            let (sources, values) = match i {
                0 => (vec!["N"], vec![0, 1]),
                1 => (vec![], vec![0, 1]),
                _ => (vec![], vec![0, 1, 1, 0]),
            };
            Function::new(format!("V{i}"), 2, parents, sources, values)
        });
        let model =
            FunctionalModel::new([Exogenous::new("N", vec![0.75, 0.25])], functions).unwrap();
        let edges: Vec<_> = graph.directed_edges().collect();
        let along = |new| Question::along(&graph, (n - 1, 1), 0, [0, new], &edges).unwrap();
        let facts_of = |new| facts(&along(new).event);
        assert_eq!(model.probability(&facts_of(0), &[]), Ok(0.0));
        assert_eq!(model.probability(&facts_of(1), &[]), Ok(1.0));
        assert!(facts_of(1) == facts_of(1) && facts_of(1) != facts_of(0));
        assert!(format!("{:?}", facts_of(1)).len() < 1000);
    }

    #[test]
    fn worlds_are_nested_as_deep_as_a_graph() {
        let deep = |bottom: usize| {
            let bottom = GraphWorld::factual().set(0, bottom);
            (1..100_000).fold(bottom, |inner, _| GraphWorld::factual().set_as_in(0, inner))
        };
        let [a, b, c] = [1, 1, 0].map(|bottom| World::from(&deep(bottom)));
        assert!(a == b && a != c);
        let model = FunctionalModel::new(
            [Exogenous::new("N", vec![0.5, 0.5])],
            [Function::new("X", 2, [""; 0], ["N"], vec![0, 1])],
        );
        assert_eq!(model.unwrap().predict(&[0], &a), Ok(vec![1]));
    }
}
