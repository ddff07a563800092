//! An identified counterfactual probability, written as experiments show it.

use super::{
    decide::Side,
    graph::Value,
    worlds::{Held, Place, Worlds},
};
use crate::{
    Admg, Query,
    estimand::{Arena, Estimand, Expr, Node, Symbol},
    identification::{self, NotIdentified},
};
use std::collections::{BTreeMap, BTreeSet};

/// An identified counterfactual probability: a formula of interventional distributions, in which the values that the
/// question names stand as symbols.
///
/// Values of one variable that differ are different symbols of it, x and x', in the order in which the question names
/// them; [`Formula::values`] says which is which. Those that are summed over have more primes.
#[derive(Clone, Debug)]
pub struct Formula {
    estimand: Estimand,
    values: Vec<(Symbol, usize)>,
}

impl Formula {
    /// The formula of interventional distributions: its terms have `do(...)`, each for one experiment.
    pub fn estimand(&self) -> &Estimand {
        &self.estimand
    }

    /// What the free symbols of the formula stand for, ascending.
    pub fn values(&self) -> &[(Symbol, usize)] {
        &self.values
    }

    /// The same probability from the joint distribution of what is observed: each interventional distribution is pushed
    /// through [`identify`](crate::identification::identify). Where that speaks of further variables, any of their
    /// values gives the same number.
    ///
    /// A factor that has no formula leaves the probability without one: its districts stand as they do in the general
    /// identification from any set of experiments (Correa, Lee and Bareinboim 2021, theorem 3).
    ///
    /// # Errors
    /// [`NotIdentified::Hedge`] for the first distribution that observations do not tell.
    pub fn from_observations(&self, graph: &Admg) -> Result<Self, NotIdentified> {
        let given = self.estimand.arena();
        let mut arena = Arena::new();
        let mut moved: BTreeMap<Expr, Expr> = BTreeMap::new();
        let mut stack = vec![self.estimand.root()];
        while let Some(&expr) = stack.last() {
            let parts: Vec<Expr> = match given.node(expr) {
                Node::One | Node::Zero | Node::Probability(_) => Vec::new(),
                Node::Product(factors) => factors.to_vec(),
                Node::Sum { body, .. } => vec![body],
                Node::Ratio { numerator, denominator } => vec![numerator, denominator],
            };
            let missing: Vec<Expr> =
                parts.iter().copied().filter(|part| !moved.contains_key(part)).collect();
            if !missing.is_empty() {
                stack.extend(missing);
                continue;
            }
            stack.pop();
            let mut parts = parts.iter().filter_map(|part| moved.get(part).copied());
            let new = match given.node(expr) {
                Node::One => Expr::ONE,
                Node::Zero => Expr::ZERO,
                Node::Product(_) => arena.product(parts),
                Node::Sum { over, .. } => {
                    let body = parts.next().unwrap_or(Expr::ONE);
                    arena.sum(over.iter().copied(), body)
                }
                Node::Ratio { .. } => {
                    let [above, below] =
                        [parts.next(), parts.next()].map(|e| e.unwrap_or(Expr::ONE));
                    arena.ratio(above, below)
                }
                Node::Probability(term) => {
                    let set = |list: &[Symbol]| list.iter().map(|s| s.variable()).collect();
                    let query =
                        Query { y: set(term.of), do_: set(term.do_), given: set(term.given) };
                    let found = identification::identify(graph, &query)?;
                    let plain = arena.import(found.arena(), found.root());
                    let symbols = term.of.iter().chain(term.given).chain(term.do_);
                    let names: Vec<_> = symbols.map(|&s| (Symbol::of(s.variable()), s)).collect();
                    arena.rename(plain, &names)
                }
            };
            moved.insert(expr, new);
        }
        let root = moved.get(&self.estimand.root()).copied().unwrap_or(Expr::ONE);
        let estimand = Estimand::new(arena, root, graph);
        let free = estimand.free_symbols();
        let values = self.values.iter().copied().filter(|(symbol, _)| free.contains(symbol));
        Ok(Self { values: values.collect(), estimand })
    }

    /// The ratio of two sides, of which the second may be without parts. `places` with their values in the order in
    /// which the question has them.
    pub(super) fn new(
        graph: &Admg,
        worlds: &Worlds,
        stated: &[(Place, usize)],
        sides: &[Side; 2],
    ) -> Self {
        let groups = [0, 1].map(|side| groups(graph, &sides[side]));
        let known = known_symbols(worlds, stated, groups.iter().flatten());
        let symbol = |variable: usize, value: Value| match value {
            Value::Known(value) => known.get(&(variable, value)).copied(),
            Value::Of(_) => None,
        };
        // After the known values of the variable; there is one open value of it on a side at most.
        let open = |variable: usize| {
            let taken = known.range((variable, 0)..=(variable, usize::MAX)).count();
            Symbol::new(variable, taken as u32)
        };
        let symbol =
            |variable: usize, value: Value| symbol(variable, value).unwrap_or(open(variable));
        let mut arena = Arena::new();
        let [numerator, denominator] = groups.map(|groups| expression(&mut arena, &groups, symbol));
        let root = match conditional(&mut arena, numerator, denominator) {
            Some(term) => term,
            None => arena.ratio(numerator, denominator),
        };
        let estimand = Estimand::new(arena, root, graph);
        let free: BTreeSet<Symbol> = estimand.free_symbols().into_iter().collect();
        let mut values: Vec<(Symbol, usize)> = known
            .iter()
            .map(|(&(_, value), &symbol)| (symbol, value))
            .filter(|(symbol, _)| free.contains(symbol))
            .collect();
        values.sort_unstable();
        Self { estimand, values }
    }
}

/// Equality of the formulas as they are written.
impl PartialEq for Formula {
    fn eq(&self, other: &Self) -> bool {
        self.values == other.values && self.estimand.to_string() == other.estimand.to_string()
    }
}

/// Factors that one experiment shows together: every variable has one value in them, be it a member's or a parent's.
struct Group {
    values: BTreeMap<usize, Value>,
    members: BTreeSet<usize>,
}

impl Group {
    /// Whether one is about parents of the other, with equal values of all that they share.
    fn fits(&self, other: &Self) -> bool {
        let touches = |a: &Self, b: &Self| a.members.iter().any(|m| b.values.contains_key(m));
        let agrees = |(variable, value): (&usize, &Value)| {
            other.values.get(variable).is_none_or(|v| v == value)
        };
        (touches(self, other) || touches(other, self)) && self.values.iter().all(agrees)
    }

    fn absorb(&mut self, other: Self) {
        self.values.extend(other.values);
        self.members.extend(other.members);
    }
}

/// The factors of a side, brought together as far as each experiment goes: `P_m(y) P_x(m)` is `P_x(m, y)`. A product of
/// factors `Q[C_i]` over districts of the graph of their union S is `Q[S]` (Tian and Pearl 2002).
fn groups(graph: &Admg, side: &Side) -> Vec<Group> {
    let mut groups: Vec<Group> = Vec::new();
    for &district in side.parts.iter().flatten() {
        let mut group = Group { values: BTreeMap::new(), members: BTreeSet::new() };
        for &number in &side.districts[district] {
            let node = &side.closure.nodes[number];
            let parents = graph.parents(node.variable).iter().copied();
            group.values.extend(parents.zip(node.parents.iter().copied()));
            group.values.insert(node.variable, side.closure.settled(Value::Of(number)));
            group.members.insert(node.variable);
        }
        let mut at = 0;
        while at < groups.len() {
            if group.fits(&groups[at]) {
                group.absorb(groups.remove(at));
                // What was absorbed may fit to what was passed over.
                at = 0;
            } else {
                at += 1;
            }
        }
        groups.push(group);
    }
    groups.sort_by_key(|group| group.members.first().copied());
    groups
}

/// Symbols for the known values that occur in the groups, in the order in which the question names them.
fn known_symbols<'g>(
    worlds: &Worlds,
    stated: &[(Place, usize)],
    groups: impl Iterator<Item = &'g Group>,
) -> BTreeMap<(usize, usize), Symbol> {
    let used: BTreeSet<(usize, usize)> = groups
        .flat_map(|group| &group.values)
        .filter_map(|(&variable, &value)| match value {
            Value::Known(value) => Some((variable, value)),
            Value::Of(_) => None,
        })
        .collect();
    let mut symbols = BTreeMap::new();
    let mut primes: BTreeMap<usize, u32> = BTreeMap::new();
    let mut name = |variable: usize, value: usize| {
        if used.contains(&(variable, value)) {
            symbols.entry((variable, value)).or_insert_with(|| {
                let next = primes.entry(variable).or_insert(0);
                *next += 1;
                Symbol::new(variable, *next - 1)
            });
        }
    };
    let mut visited = vec![false; worlds.len()];
    for &(place, value) in stated {
        name(place.variable, value);
        let mut stack = vec![place.world];
        while let Some(world) = stack.pop() {
            if std::mem::replace(&mut visited[world], true) {
                continue;
            }
            for &(variable, held) in worlds.all_held(world) {
                match held {
                    Held::Value(value) => name(variable, value),
                    Held::AsIn(inner) => stack.push(inner),
                }
            }
        }
    }
    symbols
}

/// The product of the groups' probabilities, summed over the open values that more than one of them share. An open value
/// of one group alone is summed out by leaving it away.
fn expression(
    arena: &mut Arena,
    groups: &[Group],
    symbol: impl Fn(usize, Value) -> Symbol + Copy,
) -> Expr {
    let mut uses: BTreeMap<Value, usize> = BTreeMap::new();
    for value in groups.iter().flat_map(|group| group.values.values()) {
        if let Value::Of(_) = value {
            *uses.entry(*value).or_insert(0) += 1;
        }
    }
    let is_shown = |value: &Value| uses.get(value).is_none_or(|&count| count > 1);
    // Sums and products are kept apart by what they share, so that each sum stays as narrow as it can be.
    let mut left: Vec<&Group> = groups.iter().collect();
    let mut factors = Vec::new();
    while let Some(first) = left.first().copied() {
        let mut open: BTreeSet<Value> = BTreeSet::new();
        let shared = |group: &Group| -> Vec<Value> {
            let values = group.values.values().copied();
            values.filter(|v| matches!(v, Value::Of(_)) && is_shown(v)).collect()
        };
        open.extend(shared(first));
        let mut part = vec![left.remove(0)];
        while let Some(at) = left.iter().position(|g| shared(g).iter().any(|v| open.contains(v))) {
            let group = left.remove(at);
            open.extend(shared(group));
            part.push(group);
        }
        let mut over = BTreeSet::new();
        let mut terms = Vec::new();
        for group in part {
            let entries = || group.values.iter().map(|(&variable, &value)| (variable, value));
            let is_member = |variable: &usize| group.members.contains(variable);
            over.extend(entries().filter(|(_, v)| open.contains(v)).map(|(u, v)| symbol(u, v)));
            let of = entries().filter(|(u, v)| is_member(u) && is_shown(v));
            let do_ = entries().filter(|(u, _)| !is_member(u));
            terms.push(arena.term(
                of.map(|(u, v)| symbol(u, v)).collect::<Vec<_>>(),
                [],
                do_.map(|(u, v)| symbol(u, v)).collect::<Vec<_>>(),
                0,
            ));
        }
        let product = arena.product(terms);
        factors.push(arena.sum(over, product));
    }
    arena.product(factors)
}

/// `P_x(y, z) / P_x(z)` as the one term `P_x(y | z)`.
fn conditional(arena: &mut Arena, numerator: Expr, denominator: Expr) -> Option<Expr> {
    let (Node::Probability(above), Node::Probability(below)) =
        (arena.node(numerator), arena.node(denominator))
    else {
        return None;
    };
    let (of, given, do_) = (above.of.to_vec(), below.of.to_vec(), above.do_.to_vec());
    let contained = given.iter().all(|symbol| of.contains(symbol));
    if below.do_ != do_ || !contained || of == given {
        return None;
    }
    Some(arena.term(of, given, do_, 0))
}
