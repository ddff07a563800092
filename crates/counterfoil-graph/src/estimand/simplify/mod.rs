//! Shorter formulas of the same value, in polynomial time.

mod factors;
mod independence;
mod sums;
mod universe;

use super::{
    arena::{Arena, Expr, Node},
    bundle::Estimand,
    symbol::Symbol,
};
use crate::{Admg, NodeSet};
use factors::Fraction;
use independence::Independences;
use std::collections::VecDeque;
use universe::Universe;

/// After a pass nothing but what the pass itself made can be rewritten again, so few are needed.
const PASSES: usize = 4;

impl Estimand {
    /// A formula with the same value by the laws of probability alone.
    ///
    /// Equal factors of quotients cancel, also as `P(a, b) / P(b) = P(a | b)`; chains `P(a | b) P(b)` become `P(a, b)`;
    /// what a sum's symbols do not occur in moves out of it, and a sum over parts that have none in common is taken
    /// apart; a probability is summed out where its variable occurs nowhere else. (Tikka and Karvanen 2017 search all ways to rewrite, which takes exponential time; these
    /// rules never search.)
    ///
    /// The values are equal wherever this formula has one and none of its quotients divides by 0 on the way to it; there
    /// may be further cells in which the result has a value.
    ///
    /// `budget` bounds the number of expressions that are made on the way; when it is spent the rest stays as it is. A
    /// thousand are enough for most effects, and 0 changes nothing.
    pub fn simplified(&self, budget: usize) -> Self {
        simplify(self, None, budget)
    }

    /// The same with the independences of `graph` at hand: what is m-separated leaves conditions, so that more chains
    /// and quotients close. The distribution must be Markov to the graph, as every one is that it generated.
    ///
    /// Only probabilities of the target's own distribution (source 0) are rewritten by independences.
    ///
    /// ```
    /// use counterfoil_graph::{admg, estimand::{Arena, Estimand, Symbol}};
    ///
    /// # fn main() -> Result<(), counterfoil_graph::GraphError> {
    /// let graph = admg! { X -> M -> Y }?;
    /// let [x, m, y] = [0, 1, 2].map(Symbol::of);
    /// let mut arena = Arena::new();
    /// let (mediator, outcome) = (arena.p([m], [x]), arena.p([y], [m]));
    /// let product = arena.product([mediator, outcome]);
    /// let root = arena.sum([m], product);
    /// let long = Estimand::new(arena, root, &graph);
    /// assert_eq!(long.to_string(), "Σ_m P(m | x) P(y | m)");
    /// assert_eq!(long.simplified_in(&graph, 1000).to_string(), "P(y | x)");
    /// # Ok(())
    /// # }
    /// ```
    pub fn simplified_in(&self, graph: &Admg, budget: usize) -> Self {
        simplify(self, Some(graph), budget)
    }
}

fn simplify(estimand: &Estimand, graph: Option<&Admg>, budget: usize) -> Estimand {
    let old = estimand.arena();
    let mut s = Simplifier {
        universe: Universe::of(old),
        free: Vec::new(),
        pruned: Vec::new(),
        independences: graph.map(Independences::of),
        end: old.len().saturating_add(budget),
        arena: old.clone(),
    };
    let mut root = estimand.root();
    for _ in 0..PASSES {
        let next = s.pass(root);
        if next == root || s.is_spent() {
            root = next;
            break;
        }
        root = next;
    }
    // A clean arena in the order of the formula, without what was tried on the way.
    let mut arena = Arena::new();
    for name in old.sources() {
        arena.source(name);
    }
    let root = arena.import(&s.arena, root);
    estimand.with_arena(arena, root)
}

struct Simplifier<'g> {
    arena: Arena,
    /// The symbols that the sets of free symbols number.
    universe: Universe,
    /// The free symbols of every expression that was asked for, by number.
    free: Vec<NodeSet>,
    /// What each probability became when independent conditions were dropped; itself where it was not looked at.
    pruned: Vec<Option<Expr>>,
    independences: Option<Independences<'g>>,
    /// No rewriting once the arena has this many expressions.
    end: usize,
}

impl Simplifier<'_> {
    fn is_spent(&self) -> bool {
        self.arena.len() >= self.end
    }

    /// Rewrites everything that `root` is made of once, parts first.
    fn pass(&mut self, root: Expr) -> Expr {
        let used = self.arena.reachable([root]);
        let mut new = vec![Expr::ONE; root.index() + 1];
        for index in (0..=root.index()).filter(|&i| used[i]) {
            let expr = Expr(index as u32);
            if self.is_spent() {
                new[index] = self.arena.with_parts(expr, |part| new[part.index()]);
                continue;
            }
            new[index] = match self.arena.node(expr) {
                Node::One | Node::Zero => expr,
                Node::Probability(_) => self.prune(expr),
                // Chains are joined by whatever the product is part of, since a sum takes it apart first.
                Node::Product(_) => {
                    let product = self.arena.with_parts(expr, |part| new[part.index()]);
                    let mut fraction = Fraction::of(&self.arena, product);
                    self.cancel(&mut fraction);
                    self.build(fraction)
                }
                Node::Sum { over, body } => {
                    let over = over.to_vec();
                    self.sum(over, new[body.index()])
                }
                Node::Ratio { numerator, denominator } => {
                    let mut fraction = Fraction::of(&self.arena, new[numerator.index()]);
                    fraction.divide(Fraction::of(&self.arena, new[denominator.index()]));
                    self.finish(fraction)
                }
            };
        }
        let root = new[root.index()];
        if self.is_spent() {
            return root;
        }
        let fraction = Fraction::of(&self.arena, root);
        self.finish(fraction)
    }

    /// The free symbols of an expression, as positions in the universe.
    fn free(&mut self, expr: Expr) -> &NodeSet {
        // Parts have smaller numbers, so the table grows in order.
        while self.free.len() <= expr.index() {
            let next = Expr(self.free.len() as u32);
            let position = |s: &Symbol| self.universe.position(*s);
            let mut set = NodeSet::new();
            match self.arena.node(next) {
                Node::Probability(term) => {
                    let all = term.of.iter().chain(term.given).chain(term.do_);
                    set.extend(all.filter_map(position));
                }
                Node::Sum { over, body } => {
                    set.union_with(&self.free[body.index()]);
                    for position in over.iter().filter_map(position) {
                        set.remove(position);
                    }
                }
                _ => self.arena.parts(next).for_each(|p| set.union_with(&self.free[p.index()])),
            }
            self.free.push(set);
        }
        &self.free[expr.index()]
    }

    fn positions(&self, symbols: &[Symbol]) -> NodeSet {
        symbols.iter().filter_map(|&s| self.universe.position(s)).collect()
    }

    /// A probability without the conditions that its event does not depend on.
    fn prune(&mut self, expr: Expr) -> Expr {
        let Some(independences) = &mut self.independences else { return expr };
        if let Some(&Some(known)) = self.pruned.get(expr.index()) {
            return known;
        }
        let Node::Probability(term) = self.arena.node(expr) else { return expr };
        if term.source != 0 || term.given.is_empty() || !is_plain(&[term.of, term.given, term.do_])
        {
            return expr;
        }
        let relevant = independences.relevant(term.of, term.given, term.do_);
        let kept: Vec<Symbol> =
            term.given.iter().copied().filter(|s| relevant.contains(s.variable())).collect();
        let result = if kept.len() == term.given.len() {
            expr
        } else {
            let (of, do_) = (term.of.to_vec(), term.do_.to_vec());
            self.arena.term(of, kept, do_, 0)
        };
        if self.pruned.len() <= expr.index() {
            self.pruned.resize(expr.index() + 1, None);
        }
        self.pruned[expr.index()] = Some(result);
        result
    }
}

/// `true` when no variable has two symbols.
fn is_plain(lists: &[&[Symbol]]) -> bool {
    let mut seen = NodeSet::new();
    lists.iter().copied().flatten().all(|symbol| seen.insert(symbol.variable()))
}

/// Symbols that wait for their turn, each once.
#[derive(Debug, Default)]
struct Queue {
    waiting: VecDeque<usize>,
    members: NodeSet,
}

impl Queue {
    fn push(&mut self, position: usize) {
        if self.members.insert(position) {
            self.waiting.push_back(position);
        }
    }

    fn pop(&mut self) -> Option<usize> {
        let next = self.waiting.pop_front()?;
        self.members.remove(next);
        Some(next)
    }
}
