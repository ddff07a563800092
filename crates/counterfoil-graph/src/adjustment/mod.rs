//! Adjustment: the effect of X on Y from what was merely observed, by comparing like with like.
//!
//! A set Z is an *adjustment set* for X and Y when `P(y | do(x)) = sum_z P(y | x, z) P(z)` in every model of the graph. Two
//! conditions are exactly that (Shpitser, VanderWeele and Robins 2010; Perkovic et al 2018, the generalised adjustment
//! criterion):
//! 1. no node of Z is *forbidden*: a descendant of a node, outside X, on a proper causal path from X to Y;
//! 2. Z blocks every proper path from X to Y that is not causal: it separates the two in the *proper back-door graph*,
//!    from which the first edges of all proper causal paths are removed.
//!
//! A path is proper when only its first node is in X. Descendants of X that lie on no causal path are allowed; the
//! back-door criterion (Pearl 1993) forbids these, too, and misses some sets for it.
//!
//! Ask with an [`Effect`]. *Minimal* (nothing can be left out), *minimum* (least cost) and *optimal* (least asymptotic
//! variance) are three different sets, and `None`, there is no set, differs from `Some` of the empty one.
//!
//! ```
//! use counterfoil_graph::{NodeSet, admg, adjustment::Effect, separation::Workspace};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { C -> B -> X -> M -> Y; C -> Y; P -> M; X -> D }?;
//! let [x, y, m, d] = ["X", "Y", "M", "D"].map(|name| graph.set_of([name]));
//! let effect = Effect::of(&graph, &x?, &y?)?;
//! let minimal = effect.minimal(&mut Workspace::default()).ok_or("none")?;
//! assert_eq!(graph.names(&minimal), ["B"]);
//! assert_eq!(effect.estimand(&minimal)?.to_string(), "Σ_b P(b) P(y | b, x)");
//! assert_eq!(effect.optimal(), Some(graph.set_of(["C", "P"])?));
//! assert!(effect.check(&graph.set_of(["B", "D"])?).is_ok());
//! assert_eq!(
//!     effect.check(&m?).unwrap_err().to_string(),
//!     "`M` may not be adjusted for: it is on a causal path or below one, X -> M, M -> Y"
//! );
//! assert_eq!(
//!     effect.check(&NodeSet::new()).unwrap_err().to_string(),
//!     "a path that is not causal stays open: X <- B <- C -> Y"
//! );
//! # Ok(())
//! # }
//! ```
//!
//! Where only the class of the graph is known, a [`ClassEffect`] asks for sets that serve in all of its members.

mod back_door;
mod class;
mod refusal;

pub use class::{ClassEffect, ClassRefusal};
pub use refusal::Refusal;

use crate::{
    CausalGraph, NodeSet, QueryError, View,
    cut::Cut,
    estimand::{Arena, Estimand, Symbol},
    intervals::Intervals,
    scope::{Misfit, Scope},
    separation::{Workspace, open_path, separated},
    separators::{self, Bounds},
};

/// The effect of some variables on others in a graph, and the bounds that its adjustment sets have to keep.
///
/// Variables that are hidden or that data carry no value of are never part of an answer.
#[derive(Clone, Debug)]
pub struct Effect<'g> {
    scope: Scope<'g>,
    causal_nodes: NodeSet,
    forbidden: NodeSet,
    /// The graph stands for a class of them.
    of_class: bool,
    /// There may be hidden causes that the graph does not show as such.
    hidden: bool,
}

/// Calls `$search(graph, ..)` with the proper back-door graph of the effect: on the graph itself where the view cuts
/// nothing of it, since its edges are read faster than those of a view.
macro_rules! on_proper_back_door_graph {
    ($effect:expr, |$graph:ident| $search:expr) => {{
        let (causes, effects) = (&$effect.scope.x, &$effect.causal_nodes);
        let view = &$effect.scope.view;
        if view.is_whole() {
            let $graph = &Cut { graph: view.graph(), causes, effects };
            $search
        } else {
            let $graph = &Cut { graph: view, causes, effects };
            $search
        }
    }};
}

impl<'g> Effect<'g> {
    /// The effect of `x` on `y` in a graph, `&Dag` or `&Admg`, or a view of one. `O(n + m)`.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Empty`] for an empty `x` or `y`, [`QueryError::Overlap`],
    /// [`QueryError::Hidden`] for an end that is not observed.
    pub fn of(graph: impl Into<View<'g>>, x: &NodeSet, y: &NodeSet) -> Result<Self, QueryError> {
        let scope = Scope::of(graph.into(), x, y)?;
        let view = &scope.view;
        let (causal_nodes, below) = if view.is_whole() {
            let nodes = causal_nodes(view.graph(), x, y);
            let below = view.graph().descendants_of(&nodes);
            (nodes, below)
        } else {
            let nodes = causal_nodes(view, x, y);
            let below = view.descendants_of(&nodes);
            (nodes, below)
        };
        let forbidden = &below | x;
        Ok(Self { forbidden, causal_nodes, scope, of_class: false, hidden: false })
    }

    /// The same effect with sets within `nodes`. Called again it restricts further.
    pub fn allowed(mut self, nodes: &NodeSet) -> Self {
        self.scope.allowed.intersect_with(nodes);
        self
    }

    /// The same effect with sets that hold all of `nodes`. Called again it adds to them. What is required and may not be
    /// adjusted for leaves no set.
    pub fn required(mut self, nodes: &NodeSet) -> Self {
        self.scope.required.union_with(nodes);
        self
    }

    /// The exposures.
    pub fn x(&self) -> &NodeSet {
        &self.scope.x
    }

    /// The outcomes.
    pub fn y(&self) -> &NodeSet {
        &self.scope.y
    }

    /// The nodes on proper causal paths from X to Y without those of X: `cn(X, Y)`.
    pub fn causal_nodes(&self) -> &NodeSet {
        &self.causal_nodes
    }

    /// The causal nodes, all their descendants, and X: `forb(X, Y)`, of which no adjustment set has a node.
    pub fn forbidden(&self) -> &NodeSet {
        &self.forbidden
    }

    /// The nodes that may be adjusted for: observed, allowed, and not forbidden.
    pub fn candidates(&self) -> NodeSet {
        &self.scope.allowed - &self.forbidden
    }

    /// The graph without the first edges of all proper causal paths: where an adjustment set separates X from Y.
    pub fn proper_back_door_graph(&self) -> View<'g> {
        let Scope { view, x, .. } = &self.scope;
        view.clone().without_edges_between(x.clone(), self.causal_nodes.clone())
    }

    /// Whether `z` is an adjustment set within the bounds: the generalised adjustment criterion. `O(n + m)`.
    ///
    /// # Errors
    /// [`Refusal`] says which node is forbidden or which path stays open.
    pub fn check(&self, z: &NodeSet) -> Result<(), Refusal> {
        self.check_bounds(z)?;
        if let Some(node) = z.iter().find(|&node| self.forbidden.contains(node)) {
            return Err(self.forbid(node));
        }
        self.find_open(z).map_or(Ok(()), Err)
    }

    fn check_bounds(&self, z: &NodeSet) -> Result<(), Refusal> {
        self.scope.check(z, "the adjustment set")?;
        match self.scope.misfit(z) {
            Some(Misfit::NotAllowed(node, name)) => Err(Refusal::NotAllowed { node, name }),
            Some(Misfit::Missing(node, name)) => Err(Refusal::Missing { node, name }),
            None => Ok(()),
        }
    }

    /// A path that `z` leaves open although it is not causal.
    fn find_open(&self, z: &NodeSet) -> Option<Refusal> {
        let Scope { view, x, y, .. } = &self.scope;
        let workspace = &mut Workspace::default();
        let path = on_proper_back_door_graph!(self, |graph| open_path(graph, x, y, z, workspace))?;
        let text = path.display(view.graph()).to_string();
        Some(Refusal::Open { path, text })
    }

    /// What [`Bounds`] say of separators in the proper back-door graph, unless something is required that may not be
    /// adjusted for.
    fn bounds(&self) -> Option<Bounds> {
        let candidates = self.candidates();
        let required = &self.scope.required;
        required
            .is_subset(&candidates)
            .then(|| Bounds::any().including(required).within(candidates))
    }

    /// An adjustment set within the bounds of which nothing that is not required can be left out, near to X; `None` when
    /// there is no adjustment set, `Some` of the empty set where nothing needs to be adjusted for.
    ///
    /// The nearest separator in the proper back-door graph (van der Zander and Liskiewicz 2020): `O(n + m)`, and no
    /// allocation beyond the answer once `workspace` has served a graph of this size.
    pub fn minimal(&self, workspace: &mut Workspace) -> Option<NodeSet> {
        let (Scope { x, y, .. }, bounds) = (&self.scope, self.bounds()?);
        on_proper_back_door_graph!(self, |graph| {
            separators::minimal(graph, x, y, &bounds, workspace)
        })
    }

    /// The adjustment set within the bounds whose nodes cost least in sum, where `cost(node)` is what measuring one costs;
    /// with a cost of 1 for each, the smallest. `None` when there is none of finite cost. See
    /// [`separators::minimum`] for complexity and ties.
    ///
    /// # Errors
    /// [`QueryError::Cost`] for a candidate whose cost is negative or no number.
    pub fn minimum(&self, cost: impl Fn(usize) -> f64) -> Result<Option<NodeSet>, QueryError> {
        let Scope { view, x, y, .. } = &self.scope;
        let unsound = |&node: &usize| cost(node).is_nan() || cost(node) < 0.0;
        if let Some(node) = self.candidates().iter().find(unsound) {
            let (name, cost) = (view.graph().name(node).to_owned(), cost(node).to_string());
            return Err(QueryError::Cost { name, cost });
        }
        let workspace = &mut Workspace::default();
        Ok(self.bounds().and_then(|bounds| {
            on_proper_back_door_graph!(self, |graph| {
                separators::minimum(graph, x, y, &bounds, &cost, workspace).map(|(set, _)| set)
            })
        }))
    }

    /// All adjustment sets within the bounds of which nothing that is not required can be left out, each once and lazily;
    /// the one nearest to X comes first. The delay is `O(n (n + m))`, see
    /// [`MinimalSeparators`](separators::MinimalSeparators).
    pub fn all_minimal(&self) -> impl Iterator<Item = NodeSet> + use<> {
        let Scope { x, y, .. } = &self.scope;
        let list = |bounds| {
            on_proper_back_door_graph!(self, |graph| {
                separators::MinimalSeparators::new(graph, x, y, &bounds)
            })
        };
        self.bounds().map(list).into_iter().flatten()
    }

    /// The adjustment formula of `z`: `sum_z P(y | x, z) P(z)`.
    ///
    /// # Errors
    /// As [`Effect::check`]: a formula comes for adjustment sets alone.
    pub fn estimand(&self, z: &NodeSet) -> Result<Estimand, Refusal> {
        self.check(z)?;
        let Scope { view, x, y, .. } = &self.scope;
        let mut arena = Arena::new();
        let outcome = arena.p_of(y, &(x | z));
        let weight = arena.p_of(z, &NodeSet::new());
        let product = arena.product([outcome, weight]);
        let formula = arena.sum(z.iter().map(Symbol::of), product);
        Ok(Estimand::new(arena, formula, view.graph()))
    }

    /// The optimal adjustment set, or O-set: the parents of the causal nodes that are not forbidden. Of all adjustment
    /// sets it has the least asymptotic variance, in linear models (Henckel, Perkovic and Maathuis 2022, theorem 3.1) and
    /// for non-parametric estimators (Rotnitzky and Smucler 2020). `O(n + m)`.
    ///
    /// `None` where there is none: it is not an adjustment set or leaves the bounds, or the graph has bidirected edges,
    /// for which the set is not defined. Of a graph with hidden causes ask its [`Admg::canonical_dag`](crate::Admg::canonical_dag):
    /// the answer is optimal when it takes no hidden variable.
    pub fn optimal(&self) -> Option<NodeSet> {
        let Scope { view, .. } = &self.scope;
        if self.hidden || (0..view.node_count()).any(|node| view.spouses_of(node).next().is_some())
        {
            return None;
        }
        let mut set: NodeSet =
            self.causal_nodes.iter().flat_map(|node| view.parents_of(node)).collect();
        set.difference_with(&self.forbidden);
        self.check(&set).is_ok().then_some(set)
    }

    /// All adjustment sets within the bounds, each once. Lazy: before each one `O(n)` linear searches are made, so that the
    /// delay is `O(n (n + m))` however many there are (van der Zander, Liskiewicz and Textor 2014, section 4).
    pub fn all(&self) -> impl Iterator<Item = NodeSet> + '_ {
        let mut workspace = Workspace::default();
        let Scope { x, y, required, .. } = &self.scope;
        Intervals::new(required.clone(), &self.candidates(), move |required, allowed| {
            on_proper_back_door_graph!(self, |graph| {
                let ends = x.iter().chain(y).chain(required);
                let nearest = &graph.ancestors_of(ends) & allowed;
                let found =
                    required.is_subset(allowed) && separated(graph, x, y, &nearest, &mut workspace);
                found.then(|| allowed.clone())
            })
        })
    }

    /// Why there is no adjustment set within the bounds: a set that comes nearest, and why it is refused; `None` when there
    /// is an adjustment set. `O(n + m)`.
    ///
    /// Either what is required is refused already, or the set of all candidates that are ancestors of X, Y or what is
    /// required leaves a path open: then every set does (van der Zander, Liskiewicz and Textor 2014, lemma 1).
    pub fn refusal(&self) -> Option<(NodeSet, Refusal)> {
        let Scope { x, y, required, .. } = &self.scope;
        let bounds = self.check_bounds(required).err();
        let forbidden = || required.iter().find(|&node| self.forbidden.contains(node));
        if let Some(refusal) = bounds.or_else(|| forbidden().map(|node| self.forbid(node))) {
            return Some((required.clone(), refusal));
        }
        let ends = || x.iter().chain(y).chain(required);
        let ancestors = on_proper_back_door_graph!(self, |graph| graph.ancestors_of(ends()));
        let nearest = &ancestors & &self.candidates();
        self.find_open(&nearest).map(|refusal| (nearest, refusal))
    }
}

/// The nodes on proper causal paths from `x` to `y`, without those in `x`. `O(n + m)`.
pub(crate) fn causal_nodes<G: CausalGraph>(graph: &G, x: &NodeSet, y: &NodeSet) -> NodeSet {
    let mut below = x.clone();
    let mut stack: Vec<usize> = x.iter().collect();
    while let Some(node) = stack.pop() {
        stack.extend(graph.children_of(node).filter(|&child| below.insert(child)));
    }
    below.difference_with(x);
    let mut found = &below & y;
    stack.extend(&found);
    while let Some(node) = stack.pop() {
        let onwards = |&parent: &usize| below.contains(parent) && found.insert(parent);
        stack.extend(graph.parents_of(node).filter(onwards));
    }
    found
}
