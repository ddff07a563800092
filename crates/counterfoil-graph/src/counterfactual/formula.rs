//! An identified counterfactual probability, written as experiments show it.

use super::{
    decide::{Joined, Side},
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
    fn of(graph: &Admg, side: &Side, district: usize) -> Self {
        let mut group = Self { values: BTreeMap::new(), members: BTreeSet::new() };
        for &number in &side.districts[district] {
            let node = &side.closure.nodes[number];
            let parents = graph.parents(node.variable).iter().copied();
            group.values.extend(parents.zip(node.parents.iter().copied()));
            group.values.insert(node.variable, side.closure.settled(Value::Of(number)));
            group.members.insert(node.variable);
        }
        group
    }

    /// Whether one is about parents of the other, with equal values of all that they share. Looks through the smaller.
    fn fits(&self, other: &Self) -> bool {
        let by_size = self.values.len() <= other.values.len();
        let (small, large) = if by_size { (self, other) } else { (other, self) };
        let mut touches = false;
        for (variable, value) in &small.values {
            match large.values.get(variable) {
                Some(same) if same == value => {
                    touches |= small.members.contains(variable) || large.members.contains(variable);
                }
                Some(_) => return false,
                None => {}
            }
        }
        touches
    }

    /// The smaller moves into the larger.
    fn absorb(&mut self, mut other: Self) {
        if other.values.len() > self.values.len() {
            std::mem::swap(self, &mut other);
        }
        self.values.extend(other.values);
        self.members.extend(other.members);
    }
}

/// The factors of a side, brought together as far as each experiment goes: `P_m(y) P_x(m)` is `P_x(m, y)`. A product of
/// factors `Q[C_i]` over districts of the graph of their union S is `Q[S]` (Tian and Pearl 2002).
///
/// Groups that are there already do not fit each other, and no third one changes that: a new one is held against those
/// that it touches, each once. So an event of n nodes whose groups all fit takes `O((n + m) log^2 n)`.
fn groups(graph: &Admg, side: &Side) -> Vec<Group> {
    let mut groups: Vec<Option<Group>> = Vec::new();
    // By group: the later one that has absorbed it, or itself.
    let mut into: Vec<usize> = Vec::new();
    // By variable: the groups that have a value of it, and those that it is a member of.
    let mut holders: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    let mut owners: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (number, &district) in side.parts.iter().flatten().enumerate() {
        let mut group = Group::of(graph, side, district);
        let held = group.members.iter().filter_map(|variable| holders.get(variable));
        let owned = group.values.keys().filter_map(|variable| owners.get(variable));
        let mut touched: Vec<usize> = held.chain(owned).flatten().copied().collect();
        for at in &mut touched {
            while into[*at] != *at {
                into[*at] = into[into[*at]];
                *at = into[*at];
            }
        }
        touched.sort_unstable();
        touched.dedup();
        into.push(number);
        for &variable in group.values.keys() {
            holders.entry(variable).or_default().push(number);
        }
        for &variable in &group.members {
            owners.entry(variable).or_default().push(number);
        }
        for other in touched {
            if groups[other].as_ref().is_some_and(|known| group.fits(known)) {
                into[other] = number;
                groups[other].take().into_iter().for_each(|known| group.absorb(known));
            }
        }
        groups.push(Some(group));
    }
    let mut groups: Vec<Group> = groups.into_iter().flatten().collect();
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
    let is_summed = |value: &Value| matches!(value, Value::Of(_)) && is_shown(value);
    // Sums and products are kept apart by what they share, so that each sum stays as narrow as it can be.
    let mut joined = Joined::new(groups.len());
    let mut first: BTreeMap<Value, usize> = BTreeMap::new();
    for (number, group) in groups.iter().enumerate() {
        for &value in group.values.values().filter(|value| is_summed(value)) {
            joined.join(*first.entry(value).or_insert(number), number);
        }
    }
    let mut factors = Vec::new();
    for part in joined.classes() {
        let mut over = BTreeSet::new();
        let mut terms = Vec::new();
        for group in part.into_iter().map(|number| &groups[number]) {
            let entries = || group.values.iter().map(|(&variable, &value)| (variable, value));
            let is_member = |variable: &usize| group.members.contains(variable);
            over.extend(entries().filter(|(_, v)| is_summed(v)).map(|(u, v)| symbol(u, v)));
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

#[cfg(test)]
mod tests {
    use crate::{
        Admg, Edge, MixedGraph, Variable,
        counterfactual::{Answer, CounterfactualGraph, Event, World, identify},
    };

    /// Graphs of this size take a second or two; were groups or nodes compared in pairs, they would take minutes.
    const LARGE: usize = 20_000;

    fn graph(edges: impl IntoIterator<Item = Edge>) -> Admg {
        let variables = (0..LARGE).map(|i| Variable::continuous(format!("v{i}")).unwrap());
        Admg::try_from(MixedGraph::new(variables, edges).unwrap()).unwrap()
    }

    fn formula(graph: &Admg, event: &Event) -> String {
        match identify(graph, event, &Event::sure()).unwrap() {
            Answer::Identified(formula) => formula.estimand().to_string(),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_long_chain_is_one_experiment() {
        let chain = graph((1..LARGE).map(|i| Edge::directed(i - 1, i)));
        let last = LARGE - 1;
        let event = Event::sure().and(last, World::factual().set(0, 1), 1);
        assert_eq!(formula(&chain, &event), "P(v19999 | do(v0))");
        let both = event.and(last, World::factual(), 1);
        let network = CounterfactualGraph::of(&chain, &both).unwrap().unwrap();
        assert_eq!(network.nodes().len(), 2 * LARGE - 1);
    }

    #[test]
    fn many_effects_in_two_experiments_are_a_product() {
        let star = graph((1..LARGE).map(|i| Edge::directed(0, i)));
        let event = (1..LARGE)
            .fold(Event::sure(), |event, i| event.and(i, World::factual().set(0, i % 2), 1));
        assert_eq!(formula(&star, &event).matches("do(").count(), LARGE - 1);
    }
}
