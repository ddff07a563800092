//! Effects that all graphs of a PAG agree on, when hidden causes and directions are known only as far as data tell.

use super::{
    class_condition::{Class, relevant},
    class_verdict::{NotIdentifiedInClass, conditional_of},
    pag_parts::{Part, visible_edges},
};
use crate::{
    Mag, Mark, NodeSet, Pag, Query,
    estimand::{Arena, Estimand, Expr, Symbol},
};
use std::collections::BTreeMap;

/// Why an effect is not identified in a PAG: a set that cannot be cut out of one that contains it, both tied together by
/// what may be confounded. The counterpart of a hedge (Jaber, Ribeiro, Zhang and Bareinboim 2022, theorem 5).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impasse {
    /// The sets that the distribution of the outcomes falls into, each a part of the one before it. The first is all that
    /// the outcomes may depend on; none when that is `wanted` itself.
    pub around: Vec<NodeSet>,
    /// The set whose distribution, everything else being set, is asked for: a part of the last of these.
    pub wanted: NodeSet,
    /// The buckets that were set from outside one after the other before there was no way on; the rest is the larger
    /// set.
    pub removed: Vec<NodeSet>,
}

impl Impasse {
    /// Checks that the wanted set is what the outcomes may depend on, or one of the parts into which that falls, and does
    /// not fall apart itself; that each bucket could be removed when it was, and that none can be now. A query with a
    /// condition is not refused by this: the answer is `false`.
    pub fn verify(&self, graph: &Pag, query: &Query) -> bool {
        if query.check(graph).is_err() || !query.given.is_empty() {
            return false;
        }
        let (all, visible) = (graph.nodes(), visible_edges(graph));
        let visible = visible.as_slice();
        let outside = &all - &query.do_;
        let needed = Part { graph, visible, nodes: &outside }.possible_ancestors(&query.y);
        let sets: Vec<&NodeSet> = self.around.iter().chain([&self.wanted]).collect();
        let falls_apart = sets.iter().all(|set| set.is_subset(&all))
            && sets.windows(2).all(|pair| {
                let whole = Part { graph, visible, nodes: pair[0] };
                let mut buckets = whole.buckets().into_iter();
                buckets
                    .any(|bucket| whole.split(&bucket).is_some_and(|parts| parts.contains(pair[1])))
            });
        if sets[0] != &needed || !falls_apart {
            return false;
        }
        let mut scope = all;
        for bucket in &self.removed {
            let part = Part { graph, visible, nodes: &scope };
            if !part.buckets().contains(bucket) || !part.is_removable(bucket) {
                return false;
            }
            scope.difference_with(bucket);
        }
        let part = Part { graph, visible, nodes: &scope };
        let inner = Part { graph, visible, nodes: &self.wanted };
        !self.wanted.is_empty()
            && self.wanted.is_subset(&scope)
            && self.wanted != scope
            && part
                .buckets()
                .iter()
                .all(|bucket| bucket.intersects(&self.wanted) || !part.is_removable(bucket))
            && inner.buckets().iter().all(|bucket| inner.region(bucket) == self.wanted)
    }
}

/// A formula for `P(y | do(x), z)` that holds in every graph with hidden causes of the class, or the reason why there is
/// none: IDP (Jaber, Zhang and Bareinboim 2019; Jaber, Ribeiro, Zhang and Bareinboim 2022), complete without condition.
/// With a condition, rule 2 of the do-calculus first moves what it can in all members (after CIDP of the latter paper),
/// and the quotient of the joint effect by its sum over y is given where that is identified; where it is not, this does
/// not decide.
///
/// `Q[D]`, for D the possible ancestors of y when x is taken out, is cut out of the joint distribution by setting
/// buckets from outside that nothing ties to their possible effects, and falls into regions that are cut out one by one.
/// Polynomial; the depth of the recursion is at most the number of buckets. Whether an edge is visible is seen in the
/// whole graph.
///
/// Deviation: distributions are kept as chains of conditional probabilities of buckets, each given its Markov blanket
/// among those before it, so that what sums to 1 is never written.
///
/// # Errors
/// [`NotIdentifiedInClass::Impasse`], [`NotIdentifiedInClass::Conditional`], [`NotIdentifiedInClass::Selection`] for a
/// graph with an edge `--` or `-o`, [`NotIdentifiedInClass::Query`].
///
/// ```
/// use counterfoil_graph::{Mag, Query, admg, identification::identify_in_pag};
///
/// # fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let pag = Mag::from(&admg! { W -> X; Z -> X; X -> Y }?).pag();
/// let query = Query::p(&pag, ["Y"])?.do_(["X"])?;
/// // The edge X -> Y is visible: whatever is hidden, it does not confound the two.
/// assert_eq!(identify_in_pag(&pag, &query)?.to_string(), "P(y | x)");
/// # Ok(())
/// # }
/// ```
pub fn identify_in_pag(graph: &Pag, query: &Query) -> Result<Estimand, NotIdentifiedInClass> {
    query.check(graph)?;
    let selected = |edge: &&crate::Edge| {
        let marks = edge.marks();
        marks[0] == Mark::Tail && marks[1] != Mark::Arrow
    };
    if let Some(&edge) = graph.mixed_edges().iter().find(selected) {
        return Err(NotIdentifiedInClass::Selection { edge: graph.describe(edge) });
    }
    let (visible, all) = (visible_edges(graph), graph.nodes());
    let reduced = if query.given.is_empty() {
        query.clone()
    } else {
        let (member, unconfounded) = (&graph.member(), &visible);
        let buckets = &Part { graph, visible: &visible, nodes: &all }.buckets();
        let class = Class { graph, member, unconfounded, has_hidden: true, buckets };
        class.reduced(query, |set, fixed| relevant(set, fixed, |node| graph.possible_parents(node)))
    };
    let wanted = &reduced.y | &reduced.given;
    let outside = &all - &reduced.do_;
    let needed = Part { graph, visible: &visible, nodes: &outside }.possible_ancestors(&wanted);
    let mut search =
        Search { graph, visible: &visible, arena: Arena::new(), known: BTreeMap::new() };
    let whole = search.joint();
    match search.cut_out(&needed, whole, Vec::new()) {
        Ok(found) => {
            let mut arena = search.arena;
            let joint = arena.sum((&needed - &wanted).iter().map(Symbol::of), found);
            let root = conditional_of(&mut arena, joint, &reduced);
            Ok(Estimand::new(arena, root, graph))
        }
        Err(impasse) if query.given.is_empty() => Err(NotIdentifiedInClass::Impasse(impasse)),
        Err(_) => Err(NotIdentifiedInClass::Conditional),
    }
}

/// `Q[nodes]`, the distribution of the nodes when everything else is set from outside, as a chain of conditional
/// probabilities: of each bucket given those before it, in a partial topological order.
#[derive(Clone, Debug)]
struct Given {
    nodes: NodeSet,
    chain: Vec<Link>,
}

#[derive(Clone, Debug)]
struct Link {
    bucket: NodeSet,
    expr: Expr,
}

struct Search<'g> {
    graph: &'g Pag,
    visible: &'g [NodeSet],
    arena: Arena,
    /// What was cut out, by the wanted set and the set it was cut out of.
    known: BTreeMap<(NodeSet, NodeSet), Expr>,
}

impl<'g> Search<'g> {
    fn part<'a>(&self, nodes: &'a NodeSet) -> Part<'a>
    where
        'g: 'a,
    {
        Part { graph: self.graph, visible: self.visible, nodes }
    }

    /// The joint distribution, each bucket given its Markov blanket among those before it. Members agree on what that
    /// is, since they agree on all separations; it is read off one of them.
    fn joint(&mut self) -> Given {
        let (nodes, member) = (self.graph.nodes(), self.graph.member());
        let mut before = NodeSet::new();
        let mut chain = Vec::new();
        for bucket in self.part(&nodes).ordered_buckets() {
            let blanket = blanket(&member, &bucket, &before);
            before.union_with(&bucket);
            let expr = self.arena.p_of(&bucket, &blanket);
            chain.push(Link { bucket, expr });
        }
        Given { nodes, chain }
    }

    /// `Q[wanted]` from `Q[given.nodes]`: the function Identify.
    fn cut_out(
        &mut self,
        wanted: &NodeSet,
        mut given: Given,
        mut removed: Vec<NodeSet>,
    ) -> Result<Expr, Box<Impasse>> {
        if wanted.is_empty() {
            return Ok(Expr::ONE);
        }
        let key = (wanted.clone(), given.nodes.clone());
        if let Some(&known) = self.known.get(&key) {
            return Ok(known);
        }
        // Buckets are set from outside as long as one can be.
        while given.nodes != *wanted {
            let part = self.part(&given.nodes);
            let next = part
                .buckets()
                .into_iter()
                .find(|bucket| !bucket.intersects(wanted) && part.is_removable(bucket));
            let Some(bucket) = next else { break };
            given = self.without(given, &bucket);
            removed.push(bucket);
        }
        let found = if given.nodes == *wanted {
            self.arena.product(given.chain.iter().map(|link| link.expr))
        } else {
            let inner = self.part(wanted);
            let parts = inner.buckets().iter().find_map(|bucket| inner.split(bucket));
            let Some([region, rest, both]) = parts else {
                let (around, wanted) = (Vec::new(), wanted.clone());
                return Err(Box::new(Impasse { around, wanted, removed }));
            };
            let inside = |mut impasse: Box<Impasse>| {
                impasse.around.insert(0, wanted.clone());
                impasse
            };
            let first = self.cut_out(&region, given.clone(), removed.clone()).map_err(inside)?;
            let second = self.cut_out(&rest, given.clone(), removed.clone()).map_err(inside)?;
            let shared = self.cut_out(&both, given, removed).map_err(inside)?;
            let product = self.arena.product([first, second]);
            self.arena.ratio(product, shared)
        };
        self.known.insert(key, found);
        Ok(found)
    }

    /// `Q[T - B]` from `Q[T]` (Jaber, Zhang and Bareinboim 2019, proposition 2): of the chain, the buckets that are
    /// definitely confounded with B are summed over B, the others stay. What is summed is taken apart into a chain again:
    /// up to B nothing changes, and each tied bucket after it is the quotient of two partial sums.
    fn without(&mut self, given: Given, bucket: &NodeSet) -> Given {
        let tied = self.part(&given.nodes).confounded(bucket);
        let mut chain = Vec::with_capacity(given.chain.len());
        // The tied factors so far, once that of the bucket is among them, and their sum over it.
        let mut product = Expr::ONE;
        let mut sum = Expr::ONE;
        let mut seen = false;
        for link in given.chain {
            if !link.bucket.is_subset(&tied) {
                chain.push(link);
                continue;
            }
            if link.bucket == *bucket {
                seen = true;
                product = link.expr;
                continue;
            }
            if !seen {
                chain.push(link);
                continue;
            }
            product = self.arena.product([product, link.expr]);
            let total = self.arena.sum(bucket.iter().map(Symbol::of), product);
            let expr = self.arena.ratio(total, sum);
            sum = total;
            chain.push(Link { bucket: link.bucket, expr });
        }
        Given { nodes: &given.nodes - bucket, chain }
    }
}

/// The members of `before` that paths of colliders join with `bucket` within both: given them, the bucket is independent
/// of the rest (Richardson 2003 for ancestral sets, which both together are).
fn blanket(graph: &Mag, bucket: &NodeSet, before: &NodeSet) -> NodeSet {
    let within = bucket | before;
    let mut found = NodeSet::new();
    let mut entered = NodeSet::new();
    let mut stack = Vec::new();
    for node in bucket {
        for &next in graph.adjacent(node).iter().filter(|&&next| within.contains(next)) {
            found.insert(next);
            let head = graph.parents(next).contains(&node) || graph.spouses(next).contains(&node);
            if head && entered.insert(next) {
                stack.push(next);
            }
        }
    }
    while let Some(node) = stack.pop() {
        for &next in graph.parents(node).iter().filter(|&&next| within.contains(next)) {
            found.insert(next);
        }
        for &next in graph.spouses(node).iter().filter(|&&next| within.contains(next)) {
            found.insert(next);
            if entered.insert(next) {
                stack.push(next);
            }
        }
    }
    &found - bucket
}
