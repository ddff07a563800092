//! All separators, minimal or not, one after the other.

use super::{Bounds, exists};
use crate::{CausalGraph, NodeSet, separation::Workspace};

/// The separators of two sets within bounds, each once; made by [`View::separators`](crate::View::separators).
///
/// Each allowed node in turn is left out or taken in, as long as a separator remains within the tightened bounds
/// (van der Zander, Liskiewicz and Textor 2019, `LISTSEP`); sets without the earlier nodes come first. Delay
/// `O(n (n + m))`.
#[derive(Clone, Debug)]
pub struct Separators<'g, G> {
    graph: &'g G,
    x: NodeSet,
    y: NodeSet,
    /// Bounds within which there is a separator, the next on top.
    frames: Vec<Bounds>,
    workspace: Workspace,
    tests: u64,
}

impl<'g, G: CausalGraph> Separators<'g, G> {
    /// The sets as in [`minimal`](super::minimal).
    pub(super) fn new(graph: &'g G, x: &NodeSet, y: &NodeSet, bounds: &Bounds) -> Self {
        let everywhere: NodeSet =
            (0..graph.node_count()).filter(|&node| graph.has_node(node)).collect();
        let bounds = bounds.clone().within(&(&everywhere - x) - y);
        let mut all = Self {
            graph,
            x: x.clone(),
            y: y.clone(),
            frames: Vec::new(),
            workspace: Workspace::default(),
            tests: 0,
        };
        if all.test(&bounds) {
            all.frames.push(bounds);
        }
        all
    }

    /// How many times a separator within bounds was looked for so far, each in `O(n + m)`: the unit in which the delay
    /// is promised.
    pub fn tests(&self) -> u64 {
        self.tests
    }

    fn test(&mut self, bounds: &Bounds) -> bool {
        self.tests += 1;
        exists(self.graph, &self.x, &self.y, bounds, &mut self.workspace)
    }
}

impl<G: CausalGraph> Iterator for Separators<'_, G> {
    type Item = NodeSet;

    fn next(&mut self) -> Option<NodeSet> {
        let mut bounds = self.frames.pop()?;
        // Nodes before this one are decided.
        loop {
            let open = bounds.allowed().map(|allowed| allowed - bounds.required());
            let Some(node) = open.and_then(|open| open.first()) else {
                return Some(bounds.include);
            };
            let with = bounds.clone().including(&NodeSet::from([node]));
            if let Some(allowed) = &mut bounds.restrict {
                allowed.remove(node);
            }
            if self.test(&bounds) {
                if self.test(&with) {
                    self.frames.push(with);
                }
            } else {
                // There is a separator, and none without the node.
                bounds = with;
            }
        }
    }
}
