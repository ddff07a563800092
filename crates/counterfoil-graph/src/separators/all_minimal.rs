//! All minimal separators, one after the other without an end in sight being needed.

use super::{
    Bounds,
    hubs::{Hubs, Part},
};
use crate::{CausalGraph, NodeSet};

/// The minimal separators of two sets within bounds, each once; made by
/// [`View::minimal_separators`](crate::View::minimal_separators).
///
/// The minimal separators are a lattice by nearness to `x`. From the nearest one, each node of a separator in turn is
/// moved to the side of `x`, which leads to the nearest separator behind it (Takata 2010, who lists the minimal
/// separators of undirected graphs; van der Zander, Liskiewicz and Textor 2019 reduce to those). A node that has had its
/// turn stays in all separators found from there on, so that nothing is found twice; as nearness is a lattice, a move
/// that fails once fails for good. Separators are given out before or after those that are found from them by turns
/// (Uno 2003), so that at most a fixed number of separators' worth of work lies between two.
///
/// Delay `O(n (n + m))`, memory `O(n^2 / 64 + m)`. Deviation: districts with their parents stand for the cliques of the
/// moral graph, see the [module](super).
#[derive(Clone, Debug)]
pub struct MinimalSeparators {
    hubs: Hubs,
    bounds: Bounds,
    /// The separators from which others are being found, outermost first.
    frames: Vec<Frame>,
    search: Search,
    started: bool,
}

/// A separator whose neighbours in the lattice are being visited.
#[derive(Clone, Debug)]
struct Frame {
    cut: NodeSet,
    /// What is on the far side, with `y`.
    far: NodeSet,
    /// The nodes that stay in every separator found from here.
    settled: NodeSet,
}

/// Reusable memory of the searches: when each node and hub was last met.
#[derive(Clone, Debug, Default)]
struct Search {
    now: u32,
    node_met: Vec<u32>,
    hub_met: Vec<u32>,
    stack: Vec<usize>,
    steps: u64,
}

impl MinimalSeparators {
    /// The sets as in [`minimal`](super::minimal). `O(n + m)`.
    pub(crate) fn new<G: CausalGraph>(
        graph: &G,
        x: &NodeSet,
        y: &NodeSet,
        bounds: &Bounds,
    ) -> Self {
        let hubs = Hubs::new(graph, x, y, bounds);
        let search = Search {
            node_met: vec![0; hubs.nodes.len()],
            hub_met: vec![0; hubs.hub_count],
            ..Search::default()
        };
        Self { hubs, bounds: bounds.clone(), frames: Vec::new(), search, started: false }
    }

    /// How many steps from a hub to a node all searches have made so far: the unit in which the delay is promised.
    pub fn steps(&self) -> u64 {
        self.search.steps
    }

    fn first(&mut self) -> Option<NodeSet> {
        // Everything is on the far side of nothing.
        let nowhere = Frame {
            cut: NodeSet::new(),
            far: NodeSet::full(self.hubs.nodes.len()),
            settled: NodeSet::new(),
        };
        let sources: Vec<usize> = self.hubs.of(Part::X).collect();
        let (cut, far) = self.search.behind(&self.hubs, &nowhere, &sources)?;
        let separator = self.hubs.separator(&cut, &self.bounds);
        self.frames.push(Frame { cut, far, settled: NodeSet::new() });
        Some(separator)
    }
}

impl Iterator for MinimalSeparators {
    type Item = NodeSet;

    fn next(&mut self) -> Option<NodeSet> {
        if !self.started {
            self.started = true;
            return self.first();
        }
        loop {
            let depth = self.frames.len();
            let frame = self.frames.last_mut()?;
            // Each node is settled after its turn, whether or not a separator lies behind it.
            let Some(node) = frame.cut.iter().find(|&node| !frame.settled.contains(node)) else {
                let done = self.frames.pop()?;
                if depth.is_multiple_of(2) {
                    return Some(self.hubs.separator(&done.cut, &self.bounds));
                }
                continue;
            };
            let found = self.search.behind(&self.hubs, frame, &[node]);
            let settled = frame.settled.clone();
            frame.settled.insert(node);
            if let Some((cut, far)) = found {
                // The outermost separator was given out at once, so those at odd depths are.
                let separator =
                    depth.is_multiple_of(2).then(|| self.hubs.separator(&cut, &self.bounds));
                self.frames.push(Frame { cut, far, settled });
                if separator.is_some() {
                    return separator;
                }
            }
        }
    }
}

impl Search {
    fn begin(&mut self) {
        if self.now == u32::MAX {
            self.node_met.fill(0);
            self.hub_met.fill(0);
            self.now = 0;
        }
        self.now += 1;
        self.stack.clear();
    }

    /// The nearest separator to `x` that has `moved` on its side besides what the frame's has there, and what is on its
    /// far side; `None` where there is none that keeps what is settled.
    fn behind(
        &mut self,
        hubs: &Hubs,
        frame: &Frame,
        moved: &[usize],
    ) -> Option<(NodeSet, NodeSet)> {
        // What is met first on the far side bars the way, together with the rest of the old separator.
        let mut bar = frame.cut.clone();
        for &node in moved {
            bar.remove(node);
        }
        self.begin();
        let now = self.now;
        for &node in moved {
            self.node_met[node] = now;
            self.stack.push(node);
        }
        while let Some(node) = self.stack.pop() {
            for &hub in hubs.holders.of(node) {
                if self.hub_met[hub] == now {
                    continue;
                }
                self.hub_met[hub] = now;
                for &next in hubs.members.of(hub) {
                    self.steps += 1;
                    if self.node_met[next] == now || !frame.far.contains(next) {
                        continue;
                    }
                    self.node_met[next] = now;
                    match hubs.parts[next] {
                        Part::Y => return None,
                        Part::Free => {
                            bar.insert(next);
                        }
                        Part::Forbidden | Part::X => self.stack.push(next),
                        Part::Required => {}
                    }
                }
            }
        }
        // Of that, the separator is what the far side touches.
        self.begin();
        let now = self.now;
        let (mut cut, mut far) = (NodeSet::new(), NodeSet::new());
        for node in hubs.of(Part::Y) {
            self.node_met[node] = now;
            far.insert(node);
            self.stack.push(node);
        }
        while let Some(node) = self.stack.pop() {
            for &hub in hubs.holders.of(node) {
                if self.hub_met[hub] == now {
                    continue;
                }
                self.hub_met[hub] = now;
                for &next in hubs.members.of(hub) {
                    self.steps += 1;
                    if self.node_met[next] == now {
                        continue;
                    }
                    self.node_met[next] = now;
                    if bar.contains(next) {
                        cut.insert(next);
                    } else if hubs.parts[next] != Part::Required {
                        far.insert(next);
                        self.stack.push(next);
                    }
                }
            }
        }
        frame.settled.is_subset(&cut).then_some((cut, far))
    }
}
