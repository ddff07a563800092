//! A causal question, `P(y | do(x), z)`, and what can be wrong with a question whatever its graph.

use crate::{CausalGraph, GraphError, MixedGraph, NodeSet, View};
use std::ops::Deref;

/// What is wrong with a query: sets that overlap, are empty where they may not be, or name what the graph lacks. Its
/// `Display` is one sentence that names the variable and the way to mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum QueryError {
    /// A variable that stands in two sets which have to be disjoint.
    #[error("`{name}` is in both {first} and {second}: take it out of one of them")]
    Overlap {
        /// The variable.
        name: String,
        /// The role of the first set, with its article: "the outcomes", "the condition".
        first: &'static str,
        /// The role of the second set.
        second: &'static str,
    },
    /// A set that needs a member.
    #[error("{what} may not be empty: name at least one variable")]
    Empty {
        /// The role of the set, with its article.
        what: &'static str,
    },
    /// A position that lies outside the graph.
    #[error("there is no variable number {index}: the graph has {len} variables, counted from 0")]
    OutOfRange {
        /// The position that was asked for.
        index: usize,
        /// The number of variables.
        len: usize,
    },
    /// A variable that the graph has and the view of it leaves out.
    #[error("`{name}` is not in this view of the graph: ask about the variables that it keeps")]
    OutOfView {
        /// The variable.
        name: String,
    },
    /// A variable that an answer must have and may not have.
    #[error("`{name}` is required but not allowed: add it to the allowed variables")]
    Bounds {
        /// The variable.
        name: String,
    },
    /// A price that cannot be compared with others.
    #[error("the cost of `{name}` is {cost}: give a number that is not negative, or infinity")]
    Cost {
        /// The variable.
        name: String,
        /// What it was said to cost.
        cost: String,
    },
    /// A variable that is not observed where only observed ones can be asked about.
    #[error("`{name}` is not observed: ask about variables that are")]
    Hidden {
        /// The variable.
        name: String,
    },
    /// Regimes of one population on which different selection nodes bear, so that they are not one distribution.
    #[error(
        "the regimes of {population} differ in their selection nodes, and a formula could not tell them apart: name two populations"
    )]
    Population {
        /// The population, or "the target".
        population: String,
    },
    /// A population without a name, which a formula could not tell from the target.
    #[error("a population has an empty name: give it one, or none if it is the target")]
    Nameless,
    /// An edge that the graph does not have.
    #[error("there is no edge {cause} -> {effect} in the graph: name edges that it has")]
    NoEdge {
        /// The end that the edge would leave.
        cause: String,
        /// The end that it would lead into.
        effect: String,
    },
    /// A variable that one world holds at two values.
    #[error("`{name}` is held at two values in one world: keep one")]
    SetTwice {
        /// The variable.
        name: String,
    },
    /// Counterfactual worlds for which there is no room.
    #[error(
        "the event speaks of {worlds} worlds of {variables} variables each, and there is room for {limit} values: ask about fewer worlds, or on the part of the graph that matters"
    )]
    Worlds {
        /// How many worlds the event speaks of, nested ones included.
        worlds: usize,
        /// The number of variables of the graph.
        variables: usize,
        /// The largest number of values, one for each variable in each world.
        limit: usize,
    },
    /// Text that describes no counterfactual event.
    #[error("column {column}: expected {expected}, as in `Y[X=1, M[X=0]] = 1, X = 0`")]
    Event {
        /// Where in the text, in characters from 1.
        column: usize,
        /// What was expected there.
        expected: String,
    },
    /// A name that the graph does not have.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

/// Checks that every member of `set` is a node of `graph`.
///
/// # Errors
/// [`QueryError::OutOfRange`] with the first that is not.
pub(crate) fn within(graph: &MixedGraph, set: &NodeSet) -> Result<(), QueryError> {
    let len = graph.len();
    match set.iter().find(|&node| node >= len) {
        Some(index) => Err(QueryError::OutOfRange { index, len }),
        None => Ok(()),
    }
}

/// Checks that every member of `set` is a node that `view` keeps.
///
/// # Errors
/// [`QueryError::OutOfRange`], [`QueryError::OutOfView`].
pub(crate) fn in_view(view: &View<'_>, set: &NodeSet) -> Result<(), QueryError> {
    within(view.graph(), set)?;
    match set.iter().find(|&node| !view.has_node(node)) {
        Some(node) => Err(QueryError::OutOfView { name: view.graph().name(node).to_owned() }),
        None => Ok(()),
    }
}

/// Checks that two sets of nodes of `graph` share nothing. Each is a pair of the set and its role with article.
///
/// # Errors
/// [`QueryError::Overlap`] with the first shared node.
pub(crate) fn disjoint(
    graph: &MixedGraph,
    first: (&NodeSet, &'static str),
    second: (&NodeSet, &'static str),
) -> Result<(), QueryError> {
    if !first.0.intersects(second.0) {
        return Ok(());
    }
    match first.0.iter().find(|&node| second.0.contains(node)) {
        Some(node) => Err(QueryError::Overlap {
            name: graph.name(node).to_owned(),
            first: first.1,
            second: second.1,
        }),
        None => Ok(()),
    }
}

/// The distribution of `y` when `do_` is set from outside and `given` is then observed: `P(y | do(x), z)`.
///
/// The fields are plain sets of positions, so that a query can be made from anything; [`Query::p`] makes one by names.
/// Functions that take a query check it ([`Query::check`]).
///
/// ```
/// use counterfoil_graph::{Query, admg};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let graph = admg! { Z -> X -> Y; Z -> Y }?;
/// let query = Query::p(&graph, ["Y"])?.do_(["X"])?.given(["Z"])?;
/// assert_eq!(query.to_string(), "P(Y | do(X), Z)");
/// assert_eq!(query.do_, graph.set_of(["X"])?);
///
/// let wrong = Query::p(&graph, ["Y"])?.do_(["Y"]).unwrap_err();
/// assert_eq!(
///     wrong.to_string(),
///     "`Y` is in both the outcomes and the interventions: take it out of one of them"
/// );
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Query {
    /// The outcomes: whose distribution is asked for. Not empty.
    pub y: NodeSet,
    /// The interventions: what is set from outside.
    pub do_: NodeSet,
    /// The condition: what is observed in the world that the interventions made.
    pub given: NodeSet,
}

impl Query {
    /// Begins the query for the distribution of the variables called `outcomes`.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name, [`QueryError::Empty`].
    pub fn p<S: AsRef<str>>(
        graph: &MixedGraph,
        outcomes: impl IntoIterator<Item = S>,
    ) -> Result<NamedQuery<'_>, QueryError> {
        let query = Self { y: graph.set_of(outcomes)?, ..Self::default() };
        NamedQuery { query, graph }.checked()
    }

    /// The query for the effect of `x` on `y` alone.
    pub fn effect(x: impl Into<NodeSet>, y: impl Into<NodeSet>) -> Self {
        Self { y: y.into(), do_: x.into(), given: NodeSet::new() }
    }

    /// Checks the query against a graph.
    ///
    /// # Errors
    /// [`QueryError::Empty`] without an outcome, [`QueryError::OutOfRange`], [`QueryError::Overlap`] when two of the
    /// three sets share a variable.
    pub fn check(&self, graph: &MixedGraph) -> Result<(), QueryError> {
        for set in [&self.y, &self.do_, &self.given] {
            within(graph, set)?;
        }
        if self.y.is_empty() {
            return Err(QueryError::Empty { what: "the set of outcomes" });
        }
        let y = (&self.y, "the outcomes");
        let x = (&self.do_, "the interventions");
        let z = (&self.given, "the condition");
        disjoint(graph, y, x)?;
        disjoint(graph, y, z)?;
        disjoint(graph, x, z)
    }

    /// The query in text with the names of `graph`: `P(Y | do(X), Z)`.
    pub fn text(&self, graph: &MixedGraph) -> String {
        let list = |set: &NodeSet| graph.names(set).join(", ");
        let condition: Vec<String> = [
            (!self.do_.is_empty()).then(|| format!("do({})", list(&self.do_))),
            (!self.given.is_empty()).then(|| list(&self.given)),
        ]
        .into_iter()
        .flatten()
        .collect();
        if condition.is_empty() {
            format!("P({})", list(&self.y))
        } else {
            format!("P({} | {})", list(&self.y), condition.join(", "))
        }
    }
}

/// A [`Query`] in the making, which still knows the graph that its names belong to. Derefs to the query.
#[derive(Clone, Debug)]
pub struct NamedQuery<'g> {
    query: Query,
    graph: &'g MixedGraph,
}

impl NamedQuery<'_> {
    /// The same query in the world where the variables called `names` are set from outside, too.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name, [`QueryError::Overlap`].
    pub fn do_<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, QueryError> {
        self.query.do_.union_with(&self.graph.set_of(names)?);
        self.checked()
    }

    /// The same query where the variables called `names` are observed, too.
    ///
    /// # Errors
    /// [`QueryError::Graph`] for an unknown name, [`QueryError::Overlap`].
    pub fn given<S: AsRef<str>>(
        mut self,
        names: impl IntoIterator<Item = S>,
    ) -> Result<Self, QueryError> {
        self.query.given.union_with(&self.graph.set_of(names)?);
        self.checked()
    }

    fn checked(self) -> Result<Self, QueryError> {
        self.query.check(self.graph)?;
        Ok(self)
    }
}

impl Deref for NamedQuery<'_> {
    type Target = Query;

    fn deref(&self) -> &Query {
        &self.query
    }
}

impl From<NamedQuery<'_>> for Query {
    fn from(named: NamedQuery<'_>) -> Self {
        named.query
    }
}

impl std::fmt::Display for NamedQuery<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.query.text(self.graph))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Admg;

    fn check(x: &[usize], y: &[usize], z: &[usize], expected: &str) {
        let graph: Admg = "A -> B; C".parse().unwrap();
        let query = Query { y: y.into(), do_: x.into(), given: z.into() };
        let found = query.check(&graph).map_or_else(|e| e.to_string(), |()| query.text(&graph));
        assert_eq!(found, expected);
    }

    #[test]
    fn a_query_is_checked_and_written() {
        check(&[], &[1], &[], "P(B)");
        check(&[0], &[1], &[], "P(B | do(A))");
        check(&[], &[0, 1], &[2], "P(A, B | C)");
        check(&[0], &[], &[], "the set of outcomes may not be empty: name at least one variable");
        check(
            &[0],
            &[7],
            &[],
            "there is no variable number 7: the graph has 3 variables, counted from 0",
        );
        check(
            &[0],
            &[1],
            &[0],
            "`A` is in both the interventions and the condition: take it out of one of them",
        );
    }
}
