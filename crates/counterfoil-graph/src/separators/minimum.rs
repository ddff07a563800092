//! The separator of least cost, as a minimum cut.

use super::{
    Bounds, exists,
    hubs::{Hubs, Part},
    minimal,
};
use crate::{CausalGraph, NodeSet, separation::Workspace};

/// A separator of `x` and `y` within the bounds whose nodes cost least in sum, or `None` where there is none of finite
/// cost. It is minimal, too. What is required is paid for in any case.
///
/// `cost` must not be negative; a node whose cost is infinite is not chosen. Of several separators with the least cost the
/// one nearest to `x` that the cut shows is taken. A maximum flow through the moral graph of the ancestors (van der
/// Zander, Liskiewicz and Textor 2019, proposition 6), with hubs for its cliques so that the network has `O(n + m)`
/// edges, by the algorithm of Dinic (1970): `O(n^2 m)` at worst, `O(sqrt(n) m)` where all costs are equal. Sets as in
/// [`minimal`].
pub fn minimum<G: CausalGraph>(
    graph: &G,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
    cost: impl Fn(usize) -> f64,
    workspace: &mut Workspace,
) -> Option<NodeSet> {
    let payable = |&node: &usize| bounds.required().contains(node) || cost(node).is_finite();
    let bounds = bounds.clone().within((0..graph.node_count()).filter(payable).collect());
    if !exists(graph, x, y, &bounds, workspace) {
        return None;
    }
    let hubs = Hubs::new(graph, x, y, &bounds);
    let cut = Network::new(&hubs, |node| cost(hubs.nodes[node])).cut();
    let cut: NodeSet = cut.into_iter().map(|node| hubs.nodes[node]).collect();
    // Nodes that cost nothing may be in the cut without need.
    let within = Bounds::any().including(bounds.required()).within(&cut | bounds.required());
    minimal(graph, x, y, &within, workspace)
}

const UNSEEN: usize = usize::MAX;

/// A flow network. Node i of the moral graph has an entrance `2 i` and an exit `2 i + 1`, which its cost joins; then come
/// the hubs, the source and the sink. Edges stand in pairs of a direction and its reverse.
struct Network {
    nodes: usize,
    source: usize,
    sink: usize,
    to: Vec<usize>,
    capacity: Vec<f64>,
    out: Vec<Vec<usize>>,
    level: Vec<usize>,
}

impl Network {
    fn new(hubs: &Hubs, cost: impl Fn(usize) -> f64) -> Self {
        let nodes = hubs.nodes.len();
        let source = 2 * nodes + hubs.hub_count;
        let mut network = Self {
            nodes,
            source,
            sink: source + 1,
            to: Vec::new(),
            capacity: Vec::new(),
            out: vec![Vec::new(); source + 2],
            level: Vec::new(),
        };
        for node in 0..nodes {
            let (entrance, exit) = (2 * node, 2 * node + 1);
            match hubs.parts[node] {
                Part::Required => continue,
                Part::Free => network.join(entrance, exit, cost(node)),
                Part::Forbidden => network.join(entrance, exit, f64::INFINITY),
                Part::X => network.join(source, exit, f64::INFINITY),
                Part::Y => network.join(entrance, source + 1, f64::INFINITY),
            }
            for hub in hubs.holders.of(node).iter().map(|hub| 2 * nodes + hub) {
                network.join(exit, hub, f64::INFINITY);
                network.join(hub, entrance, f64::INFINITY);
            }
        }
        network
    }

    fn join(&mut self, from: usize, to: usize, capacity: f64) {
        self.out[from].push(self.to.len());
        self.out[to].push(self.to.len() + 1);
        self.to.extend([to, from]);
        self.capacity.extend([capacity, 0.0]);
    }

    /// Distances from the source along edges that have room.
    fn measure(&mut self) {
        self.level.clear();
        self.level.resize(self.out.len(), UNSEEN);
        self.level[self.source] = 0;
        let mut queue = vec![self.source];
        let mut next = 0;
        while let Some(&at) = queue.get(next) {
            next += 1;
            for &edge in &self.out[at] {
                let to = self.to[edge];
                if self.capacity[edge] > 0.0 && self.level[to] == UNSEEN {
                    self.level[to] = self.level[at] + 1;
                    queue.push(to);
                }
            }
        }
    }

    /// Fills the shortest ways until each has an edge without room.
    fn fill(&mut self) {
        let mut turn = vec![0; self.out.len()];
        let mut way: Vec<usize> = Vec::new();
        let mut at = self.source;
        loop {
            if at == self.sink {
                let room =
                    way.iter().map(|&edge| self.capacity[edge]).fold(f64::INFINITY, f64::min);
                for &edge in &way {
                    self.capacity[edge] -= room;
                    self.capacity[edge ^ 1] += room;
                }
                way.clear();
                at = self.source;
            }
            if let Some(&edge) = self.out[at].get(turn[at]) {
                let to = self.to[edge];
                if self.capacity[edge] > 0.0
                    && self.level[to] != UNSEEN
                    && self.level[to] == self.level[at] + 1
                {
                    way.push(edge);
                    at = to;
                } else {
                    turn[at] += 1;
                }
            } else {
                let Some(edge) = way.pop() else { return };
                at = self.to[edge ^ 1];
                turn[at] += 1;
            }
        }
    }

    /// The nodes whose entrance can be reached when the flow is greatest, and whose exit cannot. The flow is finite.
    fn cut(mut self) -> Vec<usize> {
        self.measure();
        while self.level[self.sink] != UNSEEN {
            self.fill();
            self.measure();
        }
        let reached = |at: usize| self.level[at] != UNSEEN;
        let at_cut = |&node: &usize| reached(2 * node) && !reached(2 * node + 1);
        (0..self.nodes).filter(at_cut).collect()
    }
}
