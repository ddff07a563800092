//! Separators against all subsets of small graphs. All comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::draws::{admg, subset};
use counterfoil_graph::{Admg, NodeSet, View, admg, separation::Workspace, separators::Bounds};
use proptest::prelude::*;

/// A graph, two disjoint sets to separate, and what is required and allowed besides.
pub(crate) fn problem(max: usize) -> impl Strategy<Value = (Admg, NodeSet, NodeSet, Bounds)> {
    admg(max)
        .prop_filter("two sets need two nodes", |graph| graph.len() >= 2)
        .prop_flat_map(|graph| {
            let n = graph.len();
            let order = Just((0..n).collect::<Vec<_>>()).prop_shuffle();
            let part = proptest::collection::vec(0usize..9, n);
            (Just(graph), order, part, proptest::option::weighted(0.7, subset(n)))
        })
        .prop_map(|(graph, order, part, allowed)| {
            let chosen = |k: usize| -> NodeSet {
                let part = |i: usize| if i < 2 { i } else { part[i] };
                (0..graph.len()).filter(|&i| part(i) == k).map(|i| order[i]).collect()
            };
            let include = chosen(2);
            let bounds = Bounds::any().including(&include);
            let bounds = match allowed {
                Some(allowed) => bounds.within(&allowed | &include),
                None => bounds,
            };
            (graph.clone(), chosen(0), chosen(1), bounds)
        })
}

/// Every separator within the bounds, the sets of fewer nodes first.
pub(crate) fn separators_by_definition(
    view: &View<'_>,
    x: &NodeSet,
    y: &NodeSet,
    bounds: &Bounds,
) -> Vec<NodeSet> {
    let n = view.graph().len();
    let mut workspace = Workspace::default();
    let mut all: Vec<NodeSet> = (0..1_usize << n)
        .map(|bits| (0..n).filter(|i| bits >> i & 1 == 1).collect::<NodeSet>())
        .filter(|z| !z.intersects(x) && !z.intersects(y) && bounds.required().is_subset(z))
        .filter(|z| z.iter().all(|node| bounds.allows(node)))
        .filter(|z| view.m_separated(x, y, z, &mut workspace).unwrap())
        .collect();
    all.sort_by_key(|z| (z.len(), z.clone()));
    all
}

/// The sets of which no other is a proper subset.
pub(crate) fn minimal_of(all: &[NodeSet]) -> Vec<NodeSet> {
    all.iter()
        .filter(|z| all.iter().all(|other| other == *z || !other.is_subset(z)))
        .cloned()
        .collect()
}

proptest! {
    #[test]
    fn one_minimal_separator_is_found_where_there_is_any((graph, x, y, bounds) in problem(6)) {
        let view = graph.view();
        let mut workspace = Workspace::default();
        let all = separators_by_definition(&view, &x, &y, &bounds);
        let found = view.minimal_separator(&x, &y, &bounds, &mut workspace).unwrap();
        let nearest = view.nearest_separator(&x, &y, &bounds, &mut workspace).unwrap();
        match (found, nearest) {
            (Some(z), Some(near)) => {
                prop_assert!(minimal_of(&all).contains(&z), "{:?} of {:?}", z, all);
                prop_assert!(all.contains(&near) && z.is_subset(&near));
            }
            (found, nearest) => prop_assert_eq!((found, nearest, all.len()), (None, None, 0)),
        }
    }

    /// Listing gives each separator once and no other, and the promised delay holds between any two.
    #[test]
    fn listing_is_exact_and_never_waits((graph, x, y, bounds) in problem(6)) {
        let view = graph.view();
        let size = (graph.len() + graph.edge_count()) as u64;
        let n = graph.len() as u64;
        let by_size = |mut all: Vec<NodeSet>| {
            all.sort_by_key(|z| (z.len(), z.clone()));
            all
        };
        let all = separators_by_definition(&view, &x, &y, &bounds);

        let mut listing = view.separators(&x, &y, &bounds).unwrap();
        let (mut listed, mut before) = (Vec::new(), 0);
        while let Some(z) = listing.next() {
            listed.push(z);
            // Two tests for each node.
            prop_assert!(listing.tests() - before <= 2 * n + 1);
            before = listing.tests();
        }
        prop_assert!(listing.tests() - before <= 1);
        prop_assert_eq!(by_size(listed), all.clone());

        let mut listing = view.minimal_separators(&x, &y, &bounds).unwrap();
        let (mut listed, mut before) = (Vec::new(), 0);
        while let Some(z) = listing.next() {
            listed.push(z);
            // Three separators' worth of moves, with two sweeps each over at most twice as many members as edges.
            prop_assert!(listing.steps() - before <= 3 * n * 4 * size);
            before = listing.steps();
        }
        prop_assert!(listing.steps() - before <= 3 * n * 4 * size);
        prop_assert_eq!(by_size(listed), minimal_of(&all));
    }

    /// The cheapest separator is as cheap as any and minimal. Costs are small multiples of 1/4, so sums are exact.
    #[test]
    fn the_cheapest_separator_is_found(
        (graph, x, y, bounds) in problem(6), costs in proptest::collection::vec(0u8..9, 6)
    ) {
        let view = graph.view();
        // Some are free, some forbidden.
        let cost = |node: usize| match costs[node] {
            8 => f64::INFINITY,
            quarters => f64::from(quarters) / 4.0,
        };
        let required = bounds.required().clone();
        let price = |z: &NodeSet| (z - &required).iter().map(cost).sum::<f64>();
        let all = separators_by_definition(&view, &x, &y, &bounds);
        let least = all.iter().map(price).fold(f64::INFINITY, f64::min);
        match view.minimum_separator(&x, &y, &bounds, cost).unwrap() {
            Some((z, sum)) => {
                prop_assert_eq!((sum, price(&z)), (least, least));
                prop_assert!(minimal_of(&all).contains(&z));
            }
            None => prop_assert!(least.is_infinite()),
        }
    }

    /// A view is searched as the graph that it stands for is.
    #[test]
    fn separators_of_views_are_found(
        (graph, x, y, bounds) in problem(6), into in subset(6), out_of in subset(6)
    ) {
        let view = graph.view()
            .without_edges_into(&into)
            .without_edges_out_of(&out_of)
            .without_edges_between(x.clone(), y.clone());
        let all = separators_by_definition(&view, &x, &y, &bounds);
        let found = view.minimal_separator(&x, &y, &bounds, &mut Workspace::default()).unwrap();
        prop_assert_eq!(found.is_some(), !all.is_empty());
        prop_assert!(found.is_none_or(|z| minimal_of(&all).contains(&z)));
    }
}

/// A graph with `2^k` minimal separators: `k` chains of two nodes side by side.
fn chains(k: usize) -> Admg {
    let text: Vec<String> = (0..k).map(|i| format!("X <- A{i} <- B{i} -> Y")).collect();
    text.join("; ").parse().unwrap()
}

/// Lists of any length begin at once, and the longest wait grows no faster than promised.
#[test]
fn exponentially_many_are_listed_lazily() {
    let waits = |k: usize| {
        let graph = chains(k);
        let (x, y) = (graph.set_of(["X"]).unwrap(), graph.set_of(["Y"]).unwrap());
        let view = graph.view();
        let mut listing = view.minimal_separators(&x, &y, &Bounds::any()).unwrap();
        let (mut longest, mut before, mut seen) = (0, 0, std::collections::BTreeSet::new());
        while seen.len() < 2000
            && let Some(z) = listing.next()
        {
            assert!(z.len() == k && seen.insert(z));
            longest = longest.max(listing.steps() - before);
            before = listing.steps();
        }
        assert_eq!(seen.len(), if k > 10 { 2000 } else { 1 << k });
        longest
    };
    assert!(waits(5) > 0);
    // Twice the size: at most four times the wait.
    let (small, large) = (waits(40), waits(80));
    assert!(large <= 4 * small, "{small} steps, then {large}");
}

#[test]
fn nothing_needed_is_not_nothing_found() {
    let graph = admg! { A -> B; C }.unwrap();
    let view = graph.view();
    let find = |x: usize, y: usize| {
        let (x, y) = (NodeSet::from([x]), NodeSet::from([y]));
        view.minimal_separator(&x, &y, &Bounds::any(), &mut Workspace::default()).unwrap()
    };
    assert_eq!(find(0, 2), Some(NodeSet::new()));
    assert_eq!(find(0, 1), None);
}

#[test]
fn bounds_that_contradict_themselves_are_refused() {
    let graph = admg! { A -> B -> C; D }.unwrap();
    let view = graph.view();
    let [a, c, d] = [0, 2, 3].map(|node| NodeSet::from([node]));
    let refused = |bounds: Bounds| {
        view.minimal_separator(&a, &c, &bounds, &mut Workspace::default()).unwrap_err().to_string()
    };
    assert_eq!(
        refused(Bounds::any().including(&d).within(NodeSet::from([1]))),
        "`D` is required but not allowed: add it to the allowed variables"
    );
    assert_eq!(
        refused(Bounds::any().including(&a)),
        "`A` is in both the first set and what is required: take it out of one of them"
    );
}
