//! Adjustment where data leave open which graph is the true one: for a CPDAG, a MAG or a PAG.

use super::{Effect, causal_nodes};
use crate::{
    Cpdag, Mag, Mark, MixedGraph, NodeSet, Pag, QueryError, View,
    class::{closure, mark_at, path_text},
    order,
    pag::is_visible,
    scope::Scope,
};

/// Why no set of a whole class of graphs can be an adjustment set.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassRefusal {
    /// The question is none.
    #[error(transparent)]
    Query(#[from] QueryError),
    /// The graph has edges without an arrowhead that stand for selection, under which adjustment in this sense fails.
    #[error("`{name}` has an edge that stands for selection: adjustment is for graphs without it")]
    Selection {
        /// An end of the edge.
        name: String,
    },
    /// A possibly causal path whose first edge may also be confounding, or lead the other way: not amenable.
    #[error("no set will do: {text} may be causal or not, its first edge is not settled")]
    NotAmenable {
        /// The path from an exposure to an outcome.
        path: Vec<usize>,
        /// The path in text.
        text: String,
    },
}

impl ClassRefusal {
    /// Checks the refusal of the effect of `x` on `y` in `graph`, where `hidden` says that hidden causes are possible, as
    /// in a MAG or PAG. A [`ClassRefusal::NotAmenable`] is checked edge by edge: a path from `x` to `y` that leaves `x` at
    /// once, no edge of which has an arrowhead against the direction, and whose first edge is not directed or, with
    /// hidden causes, not visible.
    pub fn verify(&self, graph: &MixedGraph, x: &NodeSet, y: &NodeSet, hidden: bool) -> bool {
        let path = match self {
            Self::Query(_) => return Scope::of(View::new(graph, &[]), x, y).is_err(),
            Self::Selection { name } => {
                return hidden && graph.index_of(name).is_ok_and(|node| is_selected(graph, node));
            }
            Self::NotAmenable { path, .. } => path,
        };
        let [first, second, ..] = path[..] else { return false };
        if path.iter().any(|&node| node >= graph.len()) {
            return false;
        }
        let settled =
            graph.parents(second).contains(&first) && (!hidden || is_visible(graph, first, second));
        let forward = |pair: &[usize]| {
            let [here, there] =
                [mark_at(graph, pair[0], pair[1]), mark_at(graph, pair[1], pair[0])];
            there.is_some_and(|there| there != Mark::Tail || here == Some(Mark::Tail))
                && here.is_some_and(|here| here != Mark::Arrow)
        };
        x.contains(first)
            && path[1..].iter().all(|&node| !x.contains(node))
            && path.last().is_some_and(|&node| y.contains(node))
            && path.windows(2).all(forward)
            && !settled
    }
}

/// The effect of some variables on others in every graph of a class: a set is an adjustment set when it is one in all of
/// them.
///
/// The generalised adjustment criterion (Perkovic et al 2018) asks three things: that the graph is *amenable*, every proper
/// possibly causal path beginning with an edge that is causal in all members and, where hidden causes are possible,
/// visible; that no node is forbidden, a possible descendant of a node on such a path; and that the other paths are blocked.
/// When the first two hold, the third does in all members or in none, so it is decided in one of them: the searches are
/// those of an [`Effect`] in a member, without the nodes that are forbidden in the class.
///
/// ```
/// use counterfoil_graph::{Dag, Variable, adjustment::ClassEffect, separation::Workspace};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let variables = ["A", "B", "X", "Y"].map(Variable::continuous).into_iter().collect::<Result<Vec<_>, _>>()?;
/// let dag = Dag::new(variables, &[("A", "X"), ("B", "X"), ("X", "Y"), ("B", "Y")])?;
/// let cpdag = dag.cpdag()?;
/// let [b, x, y] = ["B", "X", "Y"].map(|name| cpdag.set_of([name]));
/// let class = ClassEffect::of_cpdag(&cpdag, &x?, &y?)?;
/// let effect = class.effect();
/// assert_eq!(effect.minimal(&mut Workspace::default()), Some(b?));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct ClassEffect {
    member: MixedGraph,
    order: Vec<usize>,
    x: NodeSet,
    y: NodeSet,
    allowed: NodeSet,
    causal_nodes: NodeSet,
    forbidden: NodeSet,
    hidden: bool,
}

impl ClassEffect {
    /// The effect of `x` on `y` in all DAGs of a class. `O(n + m)` and sorting.
    ///
    /// # Errors
    /// [`ClassRefusal`].
    pub fn of_cpdag(cpdag: &Cpdag, x: &NodeSet, y: &NodeSet) -> Result<Self, ClassRefusal> {
        let next = |node: usize| cpdag.possible_children(node);
        let settled = |a: usize, b: usize| cpdag.parents(b).contains(&a);
        Self::new(cpdag, || (*cpdag.member()).clone(), x, y, false, next, settled)
    }

    /// The effect of `x` on `y` in all DAGs whose margin is the given MAG. `O(n + m)` and a test of visibility for each
    /// edge out of `x`.
    ///
    /// # Errors
    /// [`ClassRefusal`].
    pub fn of_mag(mag: &Mag, x: &NodeSet, y: &NodeSet) -> Result<Self, ClassRefusal> {
        let next = |node: usize| mag.children(node).iter().copied();
        let settled = |a: usize, b: usize| mag.is_visible(a, b);
        Self::new(mag, || (**mag).clone(), x, y, true, next, settled)
    }

    /// The effect of `x` on `y` in all DAGs whose margin is in the class of a PAG. As [`ClassEffect::of_mag`], and the
    /// making of a member.
    ///
    /// # Errors
    /// [`ClassRefusal`].
    pub fn of_pag(pag: &Pag, x: &NodeSet, y: &NodeSet) -> Result<Self, ClassRefusal> {
        let next = |node: usize| pag.possible_children(node);
        let settled = |a: usize, b: usize| pag.is_visible(a, b);
        Self::new(pag, || (*pag.member()).clone(), x, y, true, next, settled)
    }

    fn new<I: Iterator<Item = usize>>(
        graph: &MixedGraph,
        member: impl Fn() -> MixedGraph,
        x: &NodeSet,
        y: &NodeSet,
        hidden: bool,
        next: impl Fn(usize) -> I,
        settled: impl Fn(usize, usize) -> bool,
    ) -> Result<Self, ClassRefusal> {
        if hidden && let Some(node) = (0..graph.len()).find(|&node| is_selected(graph, node)) {
            return Err(ClassRefusal::Selection { name: graph.name(node).to_owned() });
        }
        let order: Vec<usize> = (0..graph.len()).collect();
        let allowed = Scope::of(View::new(graph, &order), x, y)?.allowed;

        // The next node on a way to y that avoids x.
        let mut before = vec![Vec::new(); graph.len()];
        for node in 0..graph.len() {
            next(node).for_each(|after| before[after].push(node));
        }
        let mut onwards = vec![None; graph.len()];
        let mut queue: Vec<usize> = y.iter().collect();
        let mut at = 0;
        while let Some(&node) = queue.get(at) {
            at += 1;
            for &from in &before[node] {
                if onwards[from].is_none() && !x.contains(from) && !y.contains(from) {
                    onwards[from] = Some(node);
                    queue.push(from);
                }
            }
        }
        let leads: NodeSet = queue.iter().copied().collect();
        let mut first = Vec::new();
        for exposure in x {
            for step in next(exposure).filter(|&step| leads.contains(step)) {
                if !settled(exposure, step) {
                    let mut path = vec![exposure];
                    path.extend(std::iter::successors(Some(step), |&node| onwards[node]));
                    let text = path_text(graph, &path);
                    return Err(ClassRefusal::NotAmenable { path, text });
                }
                first.push(step);
            }
        }
        let outside = |node: usize| next(node).filter(|&after| !x.contains(after));
        let possibly_causal = &closure(first, outside) & &leads;
        let forbidden = &closure(&possibly_causal, &next) | x;
        let member = member();
        let order = order::topological(member.links()).unwrap_or_default();
        let causal_nodes = causal_nodes(&member, x, y);
        let (x, y) = (x.clone(), y.clone());
        Ok(Self { member, order, x, y, allowed, causal_nodes, forbidden, hidden })
    }

    /// The nodes that no adjustment set has a node of: possible descendants of nodes on proper possibly causal paths, and X.
    pub fn forbidden(&self) -> &NodeSet {
        &self.forbidden
    }

    /// The question in a member of the class, restricted to what may be adjusted for in all members: what it calls an
    /// adjustment set is one in all of them, and the other way round.
    ///
    /// The O-set is that of all members too for a CPDAG (Henckel, Perkovic and Maathuis 2022); for a MAG or PAG there is
    /// none. The back-door criterion is not asked here: [`Effect::check_back_door`] refuses, and
    /// [`Effect::all_backdoor`] is empty.
    pub fn effect(&self) -> Effect<'_> {
        let (x, y) = (self.x.clone(), self.y.clone());
        let view = View::new(&self.member, &self.order);
        let allowed = &self.allowed - &self.forbidden;
        Effect {
            scope: Scope { view, x, y, allowed, required: NodeSet::new() },
            causal_nodes: self.causal_nodes.clone(),
            forbidden: self.forbidden.clone(),
            of_class: true,
            hidden: self.hidden,
        }
    }
}

/// `true` when `node` has an edge with a tail at it and no arrowhead at the other end, which only selection explains.
fn is_selected(graph: &MixedGraph, node: usize) -> bool {
    [Mark::Tail, Mark::Circle]
        .iter()
        .any(|&there| !graph.linked(node, Mark::Tail, there).is_empty())
}
