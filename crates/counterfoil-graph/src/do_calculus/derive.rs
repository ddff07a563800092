//! From an effect to observations: the proof behind an identified effect, written in rules and laws of probability.

use super::{Derivation, Reason, Rule, Step, applicable, check::replace};
use crate::{
    Admg, CausalGraph, NodeSet, Query,
    estimand::{Arena, Estimand, Expr, Symbol},
    identification::{NotIdentified, Workspace, identifiable},
};

/// A derivation of `P(y | do(x), z)` from observations, for every effect that can be identified.
///
/// The proof of Huang and Valtorta (2006) that the do-calculus reaches what ID does (Tian and Pearl 2003; Shpitser and
/// Pearl 2006), written out. With `Q[C] = P(c | do(parents of C outside C))`:
/// 1. observations that rule 2 turns into actions are turned, and a conditional effect becomes a quotient;
/// 2. the effect is the sum of `Q[D]` over D, the ancestors of the outcomes without x (marginal probability, rule 3);
/// 3. `Q[D]` is the product over its districts (chain rule; rules 2 and 3 trade what belongs to other districts);
/// 4. `Q[C]` of a district is a sum of `Q[T]` of one around it when it is closed upwards in it (rule 3, marginal
///    probability), and a product of quotients of such sums otherwise;
/// 5. the districts T that observations show are products of conditional probabilities (rules 3 and 2), from which rule 1
///    drops what is not in the Markov pillow.
///
/// Where rule 2 or 3 settles all of x at once, that is the whole proof. The conclusion speaks of observations alone; it is
/// equal in value to what [`identify`](crate::identification::identify) returns, not in form. `O(n^2)` steps of
/// `O(n + m)` for each round of each district, and as many replacements.
///
/// # Errors
/// [`NotIdentified::Hedge`] where there is nothing to derive, [`NotIdentified::Query`].
pub fn derive(graph: &Admg, query: &Query) -> Result<Derivation, NotIdentified> {
    if let Some(hedge) = identifiable(graph, query, &mut Workspace::default())? {
        return Err(NotIdentified::Hedge(Box::new(hedge)));
    }
    let mut proof = Proof::new(graph, query);
    proof.run(query)?;
    let start = Estimand::new(proof.arena, proof.start, graph);
    Ok(Derivation::new(start, proof.steps))
}

struct Proof<'g> {
    graph: &'g Admg,
    arena: Arena,
    start: Expr,
    current: Expr,
    steps: Vec<Step>,
}

impl<'g> Proof<'g> {
    fn new(graph: &'g Admg, query: &Query) -> Self {
        let mut arena = Arena::new();
        let start = probability(&mut arena, query);
        Self { graph, arena, start, current: start, steps: Vec::new() }
    }

    fn run(&mut self, query: &Query) -> Result<(), NotIdentified> {
        let mut term = query.clone();
        if self.settle_at_once(&term)? {
            return Ok(());
        }
        while let Some(node) = self.exchangeable(&term)? {
            let z = NodeSet::from([node]);
            let moved = Query { do_: &term.do_ | &z, given: &term.given - &z, y: term.y.clone() };
            self.by_rule(Rule::ExchangeActionObservation, &term, &moved);
            term = moved;
        }
        if !term.given.is_empty() {
            let joint =
                Query { y: &term.y | &term.given, do_: term.do_.clone(), given: NodeSet::new() };
            let condition = Query { y: term.given.clone(), ..joint.clone() };
            let [from, above, below] = self.all([&term, &joint, &condition]);
            let quotient = self.arena.ratio(above, below);
            self.step(from, quotient, Reason::Condition);
            self.marginalise(&condition, &joint);
            term = joint;
        }
        if self.settle_at_once(&term)? {
            return Ok(());
        }
        self.effect(&term);
        Ok(())
    }

    /// One step from `P(y | do(x), w)` to `P(y | w)` or `P(y | x, w)`, where a rule allows it for all of x.
    fn settle_at_once(&mut self, term: &Query) -> Result<bool, NotIdentified> {
        if term.do_.is_empty() {
            return Ok(true);
        }
        let without = Query { do_: NodeSet::new(), ..term.clone() };
        let seen = Query { given: &term.given | &term.do_, ..without.clone() };
        for (rule, to) in [(Rule::DropAction, &without), (Rule::ExchangeActionObservation, &seen)] {
            if applicable(self.graph, rule, &without, &term.do_)?.is_ok() {
                self.by_rule(rule, term, to);
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// An observation that rule 2 turns into an action.
    fn exchangeable(&self, term: &Query) -> Result<Option<usize>, NotIdentified> {
        for node in &term.given {
            let z = NodeSet::from([node]);
            let base = Query { given: &term.given - &z, ..term.clone() };
            if applicable(self.graph, Rule::ExchangeActionObservation, &base, &z)?.is_ok() {
                return Ok(Some(node));
            }
        }
        Ok(None)
    }

    /// `P(w | do(x))` down to observations.
    fn effect(&mut self, term: &Query) {
        let graph = self.graph;
        // Ancestors of the outcomes, with everything and without what is done.
        let all = graph.ancestors_of(&term.y);
        let uncaused = graph.view().within(&(&graph.nodes() - &term.do_));
        let active = uncaused.ancestors_of(&term.y);
        let wider = Query { y: active.clone(), ..term.clone() };
        self.marginalise(term, &wider);
        let whole = self.q(&active);
        self.by_rule(Rule::DropAction, &wider, &whole);

        let within = graph.view().within(&active);
        let parts: Vec<NodeSet> =
            within.districts().into_iter().filter(|part| part.is_subset(&active)).collect();
        if parts.len() > 1 {
            self.factorise(&active);
            for part in &parts {
                let terms: Vec<Query> =
                    self.in_order(part).iter().map(|&node| self.traded(node, part)).collect();
                let factors = self.all_of(&terms);
                let product = self.arena.product(factors);
                let term = self.q(part);
                let joint = probability(&mut self.arena, &term);
                self.step(product, joint, Reason::Chain);
            }
        }
        for part in &parts {
            self.district(part, &all);
        }
    }

    /// `Q[part]` down to observations: Identify of Tian and Pearl, from the inside outwards.
    fn district(&mut self, part: &NodeSet, all: &NodeSet) {
        let graph = self.graph;
        let first = part.first().unwrap_or_default();
        // Pairs of a district T around the part and of the ancestors of the part in it, from the outside inwards.
        let mut rounds: Vec<(NodeSet, NodeSet)> = Vec::new();
        let mut scope = graph.view().within(all).district_of(first);
        loop {
            let inner = graph.view().within(&scope).ancestors_of(part);
            rounds.push((scope.clone(), inner.clone()));
            if inner == *part {
                break;
            }
            if inner == scope {
                // A hedge, which an identifiable effect does not have.
                break;
            }
            scope = graph.view().within(&inner).district_of(first);
        }
        if let Some((scope, _)) = rounds.last() {
            let term = self.q(part);
            self.widen(&term, scope);
        }
        for pair in rounds.windows(2).rev() {
            let ((outer, inner), (scope, _)) = (&pair[0], &pair[1]);
            // Q[T'] as quotients of marginals of Q[A], which are sums of Q[T].
            let term = self.q(scope);
            self.expand(&term);
            for node in self.in_order(scope) {
                let conditional = self.trade_back(node, scope, inner);
                self.quotient(&conditional);
                let (before, do_) = (conditional.given, conditional.do_);
                for y in [before.clone().with(node), before] {
                    if !y.is_empty() {
                        self.widen(&Query { y, do_: do_.clone(), given: NodeSet::new() }, outer);
                    }
                }
            }
        }
        if let Some((scope, _)) = rounds.first() {
            let term = self.q(scope);
            self.expand(&term);
            for node in self.in_order(scope) {
                let seen = self.trade_back(node, scope, all);
                let pillow = self.pillow(node, scope);
                let shorter = Query { given: &seen.given & &pillow, ..seen.clone() };
                self.by_rule(Rule::DropObservation, &seen, &shorter);
            }
        }
    }

    /// The chain rule for `Q[set]`, in topological order.
    fn factorise(&mut self, set: &NodeSet) {
        let term = self.q(set);
        self.expand(&term);
        // Each factor gives up what belongs to other districts.
        let within = self.graph.view().within(set);
        for node in self.in_order(set) {
            let part = within.district_of(node);
            let path = self.path_between(node, &part, set);
            for pair in path.windows(2).rev() {
                let ((_, to), (rule, from)) = (&pair[0], &pair[1]);
                self.by_rule(*rule, from, to);
            }
        }
    }

    /// What [`Proof::factorise`] makes of the factor of `node`.
    fn traded(&self, node: usize, part: &NodeSet) -> Query {
        let given = self.before(node, part);
        Query { y: NodeSet::from([node]), do_: self.q(part).do_, given }
    }

    /// From the factor of `node` in `Q[part]` to the one in `Q[set]`, where `part` is one of the districts of `set`.
    fn trade_back(&mut self, node: usize, part: &NodeSet, set: &NodeSet) -> Query {
        let path = self.path_between(node, part, set);
        for pair in path.windows(2) {
            let ((_, from), (rule, to)) = (&pair[0], &pair[1]);
            self.by_rule(*rule, from, to);
        }
        path.last().map(|(_, term)| term.clone()).unwrap_or_default()
    }

    /// The terms between `P(v | earlier of part, do(parents of part))` and `P(v | earlier of set, do(parents of set))`,
    /// each with the rule that leads to it from the one before.
    ///
    /// What comes later than v, or is done already, has no say in v. Earlier members of other districts are seen or done
    /// alike, since paths from them into v would have to pass what is known.
    fn path_between(&self, node: usize, part: &NodeSet, set: &NodeSet) -> Vec<(Rule, Query)> {
        let y = NodeSet::from([node]);
        let (of_part, of_set) = (self.q(part).do_, self.q(set).do_);
        let given = self.before(node, part);
        let all_given = self.before(node, set);
        let traded = &all_given - part;
        let exchanged = &of_set | &traded;
        let term =
            |do_: NodeSet, given: &NodeSet| Query { y: y.clone(), do_, given: given.clone() };
        vec![
            (Rule::DropAction, term(of_part.clone(), &given)),
            (Rule::DropAction, term(&of_part | &exchanged, &given)),
            (Rule::DropAction, term(exchanged, &given)),
            (Rule::ExchangeActionObservation, term(of_set, &all_given)),
        ]
    }

    /// A term without condition as a sum of `Q[outer]`, in which its outcomes are closed upwards.
    fn widen(&mut self, term: &Query, outer: &NodeSet) {
        let large = self.q(outer);
        let acted = Query { y: term.y.clone(), ..large.clone() };
        self.by_rule(Rule::DropAction, term, &acted);
        self.marginalise(&acted, &large);
    }

    /// `Q[set]`: its members when their parents outside are set; nothing else has a say then.
    fn q(&self, set: &NodeSet) -> Query {
        let mut parents = NodeSet::new();
        for node in set {
            parents.extend(self.graph.parents(node).iter().copied());
        }
        Query { y: set.clone(), do_: &parents - set, given: NodeSet::new() }
    }

    /// The district of `node` among the members of `scope` that do not come later, and their parents.
    fn pillow(&self, node: usize, scope: &NodeSet) -> NodeSet {
        let known = self.before(node, scope).with(node);
        let district = self.graph.view().within(&known).district_of(node);
        let mut pillow = district.clone();
        for member in &district {
            pillow.extend(self.graph.parents(member).iter().copied());
        }
        pillow.without(node)
    }

    fn in_order(&self, set: &NodeSet) -> Vec<usize> {
        let order = self.graph.topological_order().iter().copied();
        order.filter(|&node| set.contains(node)).collect()
    }

    /// The members of `set` before `node` in the topological order.
    fn before(&self, node: usize, set: &NodeSet) -> NodeSet {
        let order = self.graph.topological_order().iter().copied();
        order.take_while(|&other| other != node).filter(|&other| set.contains(other)).collect()
    }

    fn all<const N: usize>(&mut self, terms: [&Query; N]) -> [Expr; N] {
        terms.map(|term| probability(&mut self.arena, term))
    }

    fn all_of(&mut self, terms: &[Query]) -> Vec<Expr> {
        terms.iter().map(|term| probability(&mut self.arena, term)).collect()
    }

    fn by_rule(&mut self, rule: Rule, from: &Query, to: &Query) {
        let [from, to] = self.all([from, to]);
        self.step(from, to, Reason::Rule(rule));
    }

    /// `P(a | do(x)) = Σ_b P(a, b | do(x))`.
    fn marginalise(&mut self, narrow: &Query, wide: &Query) {
        let [from, joint] = self.all([narrow, wide]);
        let over: Vec<Symbol> = (&wide.y - &narrow.y).iter().map(Symbol::of).collect();
        let sum = self.arena.sum(over, joint);
        self.step(from, sum, Reason::Marginalise);
    }

    /// The chain rule in topological order.
    fn expand(&mut self, joint: &Query) {
        let mut factors = Vec::new();
        let mut given = joint.given.clone();
        for node in self.in_order(&joint.y) {
            let y = NodeSet::from([node]);
            factors.push(Query { y, do_: joint.do_.clone(), given: given.clone() });
            given.insert(node);
        }
        let factors = self.all_of(&factors);
        let product = self.arena.product(factors);
        let from = probability(&mut self.arena, joint);
        self.step(from, product, Reason::Chain);
    }

    fn quotient(&mut self, conditional: &Query) {
        if conditional.given.is_empty() {
            return;
        }
        let below =
            Query { y: conditional.given.clone(), given: NodeSet::new(), ..conditional.clone() };
        let above = Query { y: &conditional.y | &conditional.given, ..below.clone() };
        let [from, above, below] = self.all([conditional, &above, &below]);
        let quotient = self.arena.ratio(above, below);
        self.step(from, quotient, Reason::Condition);
    }

    /// Adds a step unless it changes nothing: the two are the same, or `from` does not occur.
    fn step(&mut self, from: Expr, to: Expr, reason: Reason) {
        if from == to {
            return;
        }
        let result = replace(&mut self.arena, self.current, from, to);
        if result != self.current {
            self.steps.push(Step { from, to, reason, result });
            self.current = result;
        }
    }
}

/// `P(y | given, do(do_))` for the values without primes.
fn probability(arena: &mut Arena, term: &Query) -> Expr {
    let symbols = |set: &NodeSet| set.iter().map(Symbol::of).collect::<Vec<_>>();
    arena.term(symbols(&term.y), symbols(&term.given), symbols(&term.do_), 0)
}
