//! From a MAG to the PAG of its class: the orientation rules of Zhang (2008), with the MAG as their oracle.

use super::marks::Marks;
use crate::{Mag, Mark, MixedGraph, Pag, class::mark_at};
use std::collections::VecDeque;

use Mark::{Arrow, Circle, Tail};

impl Mag {
    /// The Markov equivalence class of this graph: the PAG whose marks are those on which all MAGs with the same
    /// independences agree.
    ///
    /// Rules R0 to R10 of Zhang (2008, "On the completeness of orientation rules for causal discovery in the presence of
    /// latent confounders and selection bias"), which are complete. Where FCI asks for a separating set, this looks at
    /// the MAG: a node on an unshielded triple or at the end of a discriminating path is a collider there or is not.
    /// Polynomial; `O(n^2)` memory.
    pub fn pag(&self) -> Pag {
        let mut rules = Rules { marks: Marks::circles(self), mag: self };
        rules.unshielded_colliders();
        while rules.heads() {}
        loop {
            let tails = rules.selection_tails();
            let heads = rules.heads();
            if !(rules.cause_tails() || tails || heads) {
                break;
            }
        }
        Pag::from_checked(self.with_edges(&rules.marks.edges()))
    }
}

struct Rules<'m> {
    marks: Marks,
    mag: &'m MixedGraph,
}

impl Rules<'_> {
    /// `true` when b is a collider between a and c in the MAG.
    fn is_collider(&self, a: usize, b: usize, c: usize) -> bool {
        let head = |other| mark_at(self.mag, b, other) == Some(Arrow);
        head(a) && head(c)
    }

    /// Every pair of different nodes joined with `b`.
    fn triples(&self) -> impl Iterator<Item = (usize, usize, usize)> {
        (0..self.marks.len()).flat_map(|b| {
            let near = self.marks.adjacent(b).to_vec();
            let pairs: Vec<_> = near
                .iter()
                .flat_map(|&a| near.iter().filter(move |&&c| c != a).map(move |&c| (a, b, c)))
                .collect();
            pairs
        })
    }

    /// R0: an unshielded triple whose middle is a collider.
    fn unshielded_colliders(&mut self) {
        for (a, b, c) in self.triples().collect::<Vec<_>>() {
            if a < c && !self.marks.joined(a, c) && self.is_collider(a, b, c) {
                self.marks.settle(b, a, Arrow);
                self.marks.settle(b, c, Arrow);
            }
        }
    }

    /// R1 to R4 once over the graph; `true` when a mark was set.
    fn heads(&mut self) -> bool {
        let mut changed = false;
        for (a, b, c) in self.triples().collect::<Vec<_>>() {
            let m = &mut self.marks;
            // R1: a *-> b o-* c with a and c apart gives b -> c.
            if m.has(b, a, Arrow) && m.has(b, c, Circle) && !m.joined(a, c) {
                changed |= m.settle(b, c, Tail) | m.settle(c, b, Arrow);
            }
            // R2: a -> b *-> c or a *-> b -> c with a *-o c gives a *-> c.
            let chain = m.has(b, a, Arrow)
                && m.has(c, b, Arrow)
                && (m.has(a, b, Tail) || m.has(b, c, Tail));
            if chain && m.has(c, a, Circle) {
                changed |= m.settle(c, a, Arrow);
            }
            // R3: a *-> b <-* c, a *-o d o-* c, a and c apart, d *-o b gives d *-> b.
            if a < c && !m.joined(a, c) && m.has(b, a, Arrow) && m.has(b, c, Arrow) {
                for d in m.adjacent(b).to_vec() {
                    if m.has(d, a, Circle) && m.has(d, c, Circle) && m.has(b, d, Circle) {
                        changed |= m.settle(b, d, Arrow);
                    }
                }
            }
        }
        changed | self.discriminating_paths()
    }

    /// R4: on a discriminating path ... a, b, c for b with b o-* c, b is a collider or causes c.
    fn discriminating_paths(&mut self) -> bool {
        let mut changed = false;
        for b in 0..self.marks.len() {
            for c in self.marks.adjacent(b).to_vec() {
                if !self.marks.has(b, c, Circle) {
                    continue;
                }
                let Some(a) = self.discriminated_from(b, c) else { continue };
                let m = &mut self.marks;
                if mark_at(self.mag, b, a) == Some(Arrow) && mark_at(self.mag, b, c) == Some(Arrow)
                {
                    changed |=
                        m.settle(b, a, Arrow) | m.settle(b, c, Arrow) | m.settle(c, b, Arrow);
                } else {
                    changed |= m.settle(b, c, Tail) | m.settle(c, b, Arrow);
                }
            }
        }
        changed
    }

    /// The node before b on a discriminating path between some node and c for b: every node between the first, which is
    /// apart from c, and b is a collider and a parent of c. Breadth first, backwards from b.
    fn discriminated_from(&self, b: usize, c: usize) -> Option<usize> {
        let m = &self.marks;
        // Each node that is reached knows through which neighbour of b.
        let mut through = vec![usize::MAX; m.len()];
        let mut queue = VecDeque::new();
        for &a in m.adjacent(b) {
            if a != c && m.has(a, b, Arrow) && m.directed(a, c) {
                through[a] = a;
                queue.push_back(a);
            }
        }
        while let Some(node) = queue.pop_front() {
            for &next in m.adjacent(node) {
                if next == b
                    || next == c
                    || through[next] != usize::MAX
                    || !m.has(node, next, Arrow)
                {
                    continue;
                }
                if !m.joined(next, c) {
                    return Some(through[node]);
                }
                if m.has(next, node, Arrow) && m.directed(next, c) {
                    through[next] = through[node];
                    queue.push_back(next);
                }
            }
        }
        None
    }

    /// R5 to R7, which only data under selection can need; `true` when a mark was set.
    fn selection_tails(&mut self) -> bool {
        let mut changed = false;
        for a in 0..self.marks.len() {
            for b in self.marks.adjacent(a).to_vec() {
                if a < b && self.marks.has(a, b, Circle) && self.marks.has(b, a, Circle) {
                    changed |= self.circle_cycle(a, b);
                }
            }
        }
        for (a, b, c) in self.triples().collect::<Vec<_>>() {
            let m = &mut self.marks;
            // R6: a -- b o-* c gives a tail at b.
            let undirected = m.has(a, b, Tail) && m.has(b, a, Tail);
            // R7: a -o b o-* c with a and c apart gives a tail at b.
            let half = m.has(a, b, Tail) && m.has(b, a, Circle) && !m.joined(a, c);
            if undirected || half {
                changed |= m.settle(b, c, Tail);
            }
        }
        changed
    }

    /// R5: an uncovered path of circle edges a, c, ..., d, b with a and d apart and b and c apart makes all of its edges
    /// and a o-o b undirected.
    fn circle_cycle(&mut self, a: usize, b: usize) -> bool {
        let m = &self.marks;
        let circle = |x: usize, y: usize| m.has(x, y, Circle) && m.has(y, x, Circle);
        let first = |c: usize| c != b && circle(a, c) && !m.joined(c, b);
        let found = self.uncovered(a, first, circle, |d, last| last == b && !m.joined(a, d));
        let Some(path) = found else { return false };
        let mut changed = self.marks.settle(a, b, Tail) | self.marks.settle(b, a, Tail);
        for step in path.windows(2) {
            changed |= self.marks.settle(step[0], step[1], Tail);
            changed |= self.marks.settle(step[1], step[0], Tail);
        }
        changed
    }

    /// R8 to R10; `true` when a mark was set.
    fn cause_tails(&mut self) -> bool {
        let mut changed = false;
        for a in 0..self.marks.len() {
            for c in self.marks.adjacent(a).to_vec() {
                let m = &self.marks;
                if m.has(a, c, Circle) && m.has(c, a, Arrow) && self.is_cause(a, c) {
                    changed |= self.marks.settle(a, c, Tail);
                }
            }
        }
        changed
    }

    /// Whether a o-> c is a -> c.
    fn is_cause(&self, a: usize, c: usize) -> bool {
        let m = &self.marks;
        // R8: a -> b -> c or a -o b -> c.
        let through = |&b: &usize| m.has(a, b, Tail) && !m.has(b, a, Tail) && m.directed(b, c);
        if m.adjacent(a).iter().any(through) {
            return true;
        }
        // R9: an uncovered possibly directed path a, b, ..., c with b and c apart.
        let possible =
            |x: usize, y: usize| !m.has(x, y, Arrow) && m.joined(x, y) && !m.has(y, x, Tail);
        let first = |b: usize| b != c && possible(a, b) && !m.joined(b, c);
        if self.uncovered(a, first, possible, |_, last| last == c).is_some() {
            return true;
        }
        // R10: parents b and d of c, and uncovered possibly directed paths from a to each whose first nodes are
        // different and apart.
        let parents: Vec<usize> =
            m.adjacent(c).iter().copied().filter(|&b| b != a && m.directed(b, c)).collect();
        let starts: Vec<usize> =
            m.adjacent(a).iter().copied().filter(|&u| u != c && possible(a, u)).collect();
        let reaches: Vec<Vec<bool>> = starts
            .iter()
            .map(|&start| {
                let reach = |goal: usize| {
                    start == goal
                        || self
                            .uncovered(a, |u| u == start, possible, |_, last| last == goal)
                            .is_some()
                };
                parents.iter().map(|&goal| reach(goal)).collect()
            })
            .collect();
        (0..starts.len()).any(|i| {
            (i + 1..starts.len()).filter(|&j| !m.joined(starts[i], starts[j])).any(|j| {
                (0..parents.len())
                    .any(|p| (0..parents.len()).any(|q| p != q && reaches[i][p] && reaches[j][q]))
            })
        })
    }

    /// A shortest uncovered walk from `start` (any two nodes that are two steps apart on it are not joined) whose first
    /// step passes `first`, whose steps all pass `step`, and which ends where `done(before last, last)`. It has three
    /// nodes at least. Breadth first over the ordered edges: `O(n d^2)`.
    ///
    /// A walk serves the rules as well as a path: along it either all edges point forwards or none backwards.
    fn uncovered(
        &self,
        start: usize,
        first: impl Fn(usize) -> bool,
        step: impl Fn(usize, usize) -> bool,
        done: impl Fn(usize, usize) -> bool,
    ) -> Option<Vec<usize>> {
        let (m, n) = (&self.marks, self.marks.len());
        let mut came_from = vec![usize::MAX; n * n];
        let mut queue = VecDeque::new();
        for &next in m.adjacent(start) {
            if first(next) {
                came_from[start * n + next] = start * n + next;
                queue.push_back((start, next));
            }
        }
        while let Some((before, node)) = queue.pop_front() {
            for &next in m.adjacent(node) {
                let edge = node * n + next;
                if next == before
                    || next == start
                    || m.joined(before, next)
                    || came_from[edge] != usize::MAX
                    || !step(node, next)
                {
                    continue;
                }
                came_from[edge] = before * n + node;
                if done(node, next) {
                    let mut path = vec![next];
                    let mut at = edge;
                    while came_from[at] != at {
                        path.push(at / n);
                        at = came_from[at];
                    }
                    path.extend([at % n, start]);
                    path.dedup();
                    path.reverse();
                    return Some(path);
                }
                queue.push_back((node, next));
            }
        }
        None
    }
}
