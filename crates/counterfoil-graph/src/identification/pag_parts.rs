//! The parts of a PAG that take the place of districts: buckets, and components of what may be confounded.

use crate::{Mark, NodeSet, Pag, class::closure};

/// A PAG seen on some of its nodes, with the visibility of edges as in the whole (Jaber, Ribeiro, Zhang and Bareinboim
/// 2022, section 2).
#[derive(Clone, Copy, Debug)]
pub(super) struct Part<'g> {
    pub(super) graph: &'g Pag,
    /// For each node the effects of which no member has it confounded: the visible edges.
    pub(super) visible: &'g [NodeSet],
    pub(super) nodes: &'g NodeSet,
}

/// The ends of the visible edges of each node.
pub(super) fn visible_edges(graph: &Pag) -> Vec<NodeSet> {
    let visible = |a: usize| {
        let children = graph.children(a).iter().copied();
        children.filter(|&b| graph.is_visible(a, b)).collect()
    };
    (0..graph.len()).map(visible).collect()
}

impl Part<'_> {
    /// The neighbours of `node` within the part along edges with the mark `here` at it.
    fn along(&self, node: usize, here: Mark) -> impl Iterator<Item = (usize, Mark)> {
        [Mark::Tail, Mark::Circle, Mark::Arrow].into_iter().flat_map(move |there| {
            let near = self.graph.linked(node, here, there).iter().copied();
            near.filter(|&next| self.nodes.contains(next)).map(move |next| (next, there))
        })
    }

    /// The buckets: the sets that paths of `o-o` join, in the order of their smallest members.
    pub(super) fn buckets(&self) -> Vec<NodeSet> {
        let mut left = self.nodes.clone();
        let mut buckets = Vec::new();
        while let Some(node) = left.first() {
            let bucket = closure([node], |at| {
                let near = self.graph.linked(at, Mark::Circle, Mark::Circle).iter().copied();
                near.filter(|&next| self.nodes.contains(next))
            });
            left.difference_with(&bucket);
            buckets.push(bucket);
        }
        buckets
    }

    /// The buckets, none with an arrowhead from a later one: a partial topological order.
    pub(super) fn ordered_buckets(&self) -> Vec<NodeSet> {
        let mut left = self.buckets();
        let mut order = Vec::with_capacity(left.len());
        let mut placed = NodeSet::new();
        while !left.is_empty() {
            let ready = |bucket: &NodeSet| {
                bucket.iter().all(|node| {
                    self.along(node, Mark::Arrow)
                        .all(|(from, there)| there == Mark::Arrow || placed.contains(from))
                })
            };
            // In a PAG there is always one; should there be none, the first is as good as any.
            let next = left.iter().position(ready).unwrap_or(0);
            let bucket = left.remove(next);
            placed.union_with(&bucket);
            order.push(bucket);
        }
        order
    }

    /// The nodes that may be effects of `set` along an edge.
    pub(super) fn possible_children(&self, set: &NodeSet) -> NodeSet {
        set.iter()
            .flat_map(|node| self.graph.possible_children(node))
            .filter(|&next| self.nodes.contains(next))
            .collect()
    }

    /// The possible ancestors of `set`, itself included.
    pub(super) fn possible_ancestors(&self, set: &NodeSet) -> NodeSet {
        closure(set, |node| {
            self.graph.possible_parents(node).filter(|&next| self.nodes.contains(next))
        })
    }

    /// The nodes that may be confounded with a member of `set`, directly or over colliders, and `set` itself: its
    /// pc-component (definition 6).
    pub(super) fn possibly_confounded(&self, set: &NodeSet) -> NodeSet {
        let mut found = set.clone();
        // Nodes entered by an arrowhead, from which the path can go on through one.
        let mut entered = NodeSet::new();
        let mut stack = Vec::new();
        let invisible =
            |a: usize, b: usize| !self.visible[a].contains(b) && !self.visible[b].contains(a);
        let mut enter = |node: usize, there: Mark, stack: &mut Vec<usize>| {
            found.insert(node);
            if there == Mark::Arrow && entered.insert(node) {
                stack.push(node);
            }
        };
        for node in set {
            for here in [Mark::Tail, Mark::Circle, Mark::Arrow] {
                for (next, there) in self.along(node, here) {
                    if invisible(node, next) {
                        enter(next, there, &mut stack);
                    }
                }
            }
        }
        while let Some(node) = stack.pop() {
            for (next, there) in self.along(node, Mark::Arrow) {
                if invisible(node, next) {
                    enter(next, there, &mut stack);
                }
            }
        }
        found
    }

    /// The nodes that paths of `<->` join with `set`, itself included: its dc-component.
    pub(super) fn confounded(&self, set: &NodeSet) -> NodeSet {
        closure(set, |node| {
            self.graph.spouses(node).iter().copied().filter(|&next| self.nodes.contains(next))
        })
    }

    /// The buckets that `set` is possibly confounded with: its region (definition 9).
    pub(super) fn region(&self, set: &NodeSet) -> NodeSet {
        let touched = self.possibly_confounded(set);
        let mut region = NodeSet::new();
        for bucket in self.buckets().iter().filter(|bucket| bucket.intersects(&touched)) {
            region.union_with(bucket);
        }
        region
    }

    /// The region of `bucket`, that of the rest, and what is in both: `Q` of this part is the product of those of the
    /// first two over that of the third (Jaber, Ribeiro, Zhang and Bareinboim 2022, lemma 3). `None` where the region is
    /// everything; otherwise no bucket of one part is in all three, so that each is smaller.
    pub(super) fn split(&self, bucket: &NodeSet) -> Option<[NodeSet; 3]> {
        let region = self.region(bucket);
        (region != *self.nodes).then(|| {
            let rest = self.region(&(self.nodes - &region));
            let both = &region & &rest;
            [region, rest, both]
        })
    }

    /// Whether the distribution of the part without `bucket`, set from outside, follows from that of the part: nothing
    /// outside the bucket may be both its effect and confounded with it.
    pub(super) fn is_removable(&self, bucket: &NodeSet) -> bool {
        let both = &self.possibly_confounded(bucket) & &self.possible_children(bucket);
        both.is_subset(bucket)
    }
}
