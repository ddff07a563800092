//! The directed acyclic graph of named variables: checked once when it is made, and only read afterwards.

use crate::{
    DirectedGraph, GraphError, Mutilated, Role, Variable, arcs::Arcs, variables::Variables,
};
use fixedbitset::FixedBitSet;
use std::collections::BTreeSet;

/// A directed acyclic graph (DAG) of named [`Variable`]s.
///
/// A value of this type is a DAG: every constructor refuses cycles, duplicates, undeclared names and edges at
/// unlabelled variables, and there is no way to change it. Variables are numbered from 0 in the order of their
/// declaration, and that order decides the order of everything that comes out: parents and children ascend, the
/// topological order takes the first available variable. The order in which edges are written has no influence.
///
/// ```
/// use counterfoil_graph::Dag;
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let dag = Dag::from_dot(
///     r#"digraph {
///         intensity [unit="grey level", low=64.0, high=255.0];
///         thickness [unit="px", low=1.0, high=5.8];
///         thickness -> intensity;
///     }"#,
/// )?;
/// let (thickness, intensity) = (dag.index_of("thickness")?, dag.index_of("intensity")?);
/// assert_eq!(dag.topological_order(), [thickness, intensity]);
/// assert_eq!(dag.parents(intensity), [thickness]);
/// assert!(dag.mutilated(&[intensity]).parents(intensity).is_empty());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Dag {
    variables: Variables,
    arcs: Arcs,
    order: Vec<usize>,
}

impl Dag {
    /// A graph of `variables` with the edges `(from, to)` by name.
    ///
    /// # Errors
    /// [`GraphError::DuplicateVariable`], [`GraphError::Undeclared`] (with a suggestion for a misspelt name),
    /// [`GraphError::DuplicateEdge`], [`GraphError::UnlabelledEdge`], [`GraphError::Cycle`] (with the cycle).
    pub fn new(
        variables: impl IntoIterator<Item = Variable>,
        edges: &[(&str, &str)],
    ) -> Result<Self, GraphError> {
        let mut builder = Builder::default();
        for variable in variables {
            builder.declare(variable)?;
        }
        for (from, to) in edges {
            builder.connect(from, to)?;
        }
        builder.finish()
    }

    /// Number of variables.
    pub fn len(&self) -> usize {
        self.variables.len()
    }

    /// `true` for the graph without variables.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The variables in the order of their declaration.
    pub fn variables(&self) -> impl ExactSizeIterator<Item = &Variable> {
        self.variables.iter()
    }

    /// The variable at `index`.
    ///
    /// # Panics
    /// When `index` is not below [`Dag::len`], as a slice does.
    pub fn variable(&self, index: usize) -> &Variable {
        self.variables.get(index)
    }

    /// The position of the variable called `name`.
    ///
    /// # Errors
    /// [`GraphError::UnknownVariable`], with the nearest existing name when it looks misspelt.
    pub fn index_of(&self, name: &str) -> Result<usize, GraphError> {
        self.variables.index_of(name)
    }

    /// The direct causes of a variable, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`Dag::len`].
    pub fn parents(&self, index: usize) -> &[usize] {
        self.arcs.parents(index)
    }

    /// The direct effects of a variable, ascending.
    ///
    /// # Panics
    /// When `index` is not below [`Dag::len`].
    pub fn children(&self, index: usize) -> &[usize] {
        self.arcs.children(index)
    }

    /// Number of edges.
    pub fn edge_count(&self) -> usize {
        self.arcs.count()
    }

    /// The edges `(from, to)`, sorted by `from` and then by `to`.
    pub fn edges(&self) -> impl Iterator<Item = (usize, usize)> {
        (0..self.len()).flat_map(|from| self.children(from).iter().map(move |&to| (from, to)))
    }

    /// All variables, each after its parents; of those that could come next, the first declared.
    pub fn topological_order(&self) -> &[usize] {
        &self.order
    }

    /// The causes of `nodes`, direct and indirect, and `nodes` themselves. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`Dag::len`].
    pub fn ancestors(&self, nodes: &[usize]) -> FixedBitSet {
        self.ancestors_of(nodes)
    }

    /// The effects of `nodes`, direct and indirect, and `nodes` themselves. `O(n + m)`.
    ///
    /// # Panics
    /// When a node is not below [`Dag::len`].
    pub fn descendants(&self, nodes: &[usize]) -> FixedBitSet {
        self.descendants_of(nodes)
    }

    /// The positions of the variables that data carry a value of, ascending.
    pub fn labelled(&self) -> Vec<usize> {
        self.with_role(Role::Labelled)
    }

    /// The positions of the variables that stand for what the graph does not name, ascending.
    pub fn unlabelled(&self) -> Vec<usize> {
        self.with_role(Role::Unlabelled)
    }

    fn with_role(&self, role: Role) -> Vec<usize> {
        (0..self.len()).filter(|&i| self.variable(i).role() == role).collect()
    }

    /// The graph of the labelled variables alone. Unlabelled ones have no edges, so none is lost.
    pub fn labelled_part(&self) -> Self {
        let kept = self.labelled();
        let mut variables = Variables::default();
        let mut new_index = vec![usize::MAX; self.len()];
        for (new, &old) in kept.iter().enumerate() {
            new_index[old] = new;
            // Names are unique here already, so this cannot fail.
            let _ = variables.add(self.variable(old).clone());
        }
        let edges: Vec<_> =
            self.edges().map(|(from, to)| (new_index[from], new_index[to])).collect();
        let order = self.order.iter().map(|&i| new_index[i]).filter(|&i| i != usize::MAX).collect();
        Self { arcs: Arcs::new(kept.len(), &edges), variables, order }
    }

    /// The graph without the edges into `nodes`: what is left of it under an intervention on them (Pearl 2009,
    /// section 3.2). A view, nothing is copied.
    ///
    /// # Panics
    /// When a node is not below [`Dag::len`].
    pub fn mutilated(&self, nodes: &[usize]) -> Mutilated<'_> {
        Mutilated::new(self, nodes)
    }
}

impl DirectedGraph for Dag {
    fn node_count(&self) -> usize {
        self.len()
    }

    fn parents_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.parents(node).iter().copied()
    }

    fn children_of(&self, node: usize) -> impl Iterator<Item = usize> {
        self.children(node).iter().copied()
    }
}

/// Collects variables and edges, refusing each that is wrong at the moment it is added, so that a reader can
/// say where in its text that was.
#[derive(Debug, Default)]
pub(crate) struct Builder {
    variables: Variables,
    edges: BTreeSet<(usize, usize)>,
}

impl Builder {
    /// Adds a variable and returns its position.
    pub(crate) fn declare(&mut self, variable: Variable) -> Result<usize, GraphError> {
        self.variables.add(variable)
    }

    /// Adds the edge `from -> to` by name.
    pub(crate) fn connect(&mut self, from: &str, to: &str) -> Result<(), GraphError> {
        let find = |name: &str| {
            self.variables.find(name).ok_or_else(|| GraphError::Undeclared {
                from: from.to_owned(),
                to: to.to_owned(),
                name: name.to_owned(),
                suggestion: self.variables.nearest(name),
            })
        };
        let (tail, head) = (find(from)?, find(to)?);
        self.connect_indices(tail, head)
    }

    /// Adds the edge between two declared positions.
    pub(crate) fn connect_indices(&mut self, tail: usize, head: usize) -> Result<(), GraphError> {
        let name = |index: usize| self.variables.get(index).name().to_owned();
        let unlabelled = [tail, head].into_iter().find(|&i| !self.variables.get(i).is_labelled());
        if let Some(end) = unlabelled {
            return Err(GraphError::UnlabelledEdge {
                from: name(tail),
                to: name(head),
                name: name(end),
            });
        }
        if self.edges.insert((tail, head)) {
            Ok(())
        } else {
            Err(GraphError::DuplicateEdge { from: name(tail), to: name(head) })
        }
    }

    /// The finished graph, unless its edges form a cycle.
    pub(crate) fn finish(self) -> Result<Dag, GraphError> {
        let edges: Vec<_> = self.edges.into_iter().collect();
        let arcs = Arcs::new(self.variables.len(), &edges);
        match arcs.topological_order() {
            Ok(order) => Ok(Dag { variables: self.variables, arcs, order }),
            Err(cycle) => {
                let name = |&i: &usize| self.variables.get(i).name().to_owned();
                Err(GraphError::Cycle { names: cycle.iter().map(name).collect() })
            }
        }
    }
}
