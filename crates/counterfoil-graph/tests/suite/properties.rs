//! What holds for every graph: round trips, independence of writing order, agreement with petgraph and with
//! definitions computed in another way. All comparisons are exact unless a bound is named.

use crate::draws::{dag, interval, variable};
use counterfoil_graph::{CausalGraph, Dag, GraphError, Kind, NodeSet, Placement, Variable};
use petgraph::{algo, graph::DiGraph};
use proptest::prelude::*;

/// Any directed graph on a few nodes, cycles and all, as `(nodes, edges)`.
fn digraph() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
    (1usize..8).prop_flat_map(|n| {
        let edges = proptest::collection::btree_set((0..n, 0..n), 0..2 * n);
        (Just(n), edges.prop_map(|edges| edges.into_iter().collect()))
    })
}

fn from_edges(n: usize, edges: &[(usize, usize)]) -> Result<Dag, GraphError> {
    let mut graph = DiGraph::<String, ()>::new();
    let nodes: Vec<_> = (0..n).map(|i| graph.add_node(format!("v{i}"))).collect();
    for &(from, to) in edges {
        graph.add_edge(nodes[from], nodes[to], ());
    }
    Dag::from_petgraph(&graph)
}

/// `reachable[i][j]`: a directed path of any length leads from `i` to `j` (Warshall's algorithm).
fn closure(dag: &Dag) -> Vec<Vec<bool>> {
    let n = dag.len();
    let direct = |i: usize, j: usize| i == j || dag.children(i).contains(&j);
    let mut reachable: Vec<Vec<bool>> =
        (0..n).map(|i| (0..n).map(|j| direct(i, j)).collect()).collect();
    for k in 0..n {
        for i in 0..n {
            for j in 0..n {
                reachable[i][j] |= reachable[i][k] && reachable[k][j];
            }
        }
    }
    reachable
}

proptest! {
    #[test]
    fn dot_reads_back_what_it_wrote(dag in dag(6)) {
        let text = dag.to_dot();
        let back = Dag::from_dot(&text);
        prop_assert_eq!(back.as_ref(), Ok(&dag), "{}", text);
        prop_assert_eq!(back.unwrap().to_dot(), text);
    }

    #[test]
    fn a_graph_survives_json(dag in dag(4)) {
        let json = serde_json::to_string(&dag).unwrap();
        prop_assert_eq!(serde_json::from_str::<Dag>(&json).unwrap(), dag);
    }

    /// White space and comments mean nothing, wherever they stand between tokens.
    #[test]
    fn layout_has_no_meaning(
        dag in dag(4),
        blanks in proptest::collection::vec(r#"( |\t|\n|\r\n|//"x\n|/\* " } \*/){1,3}"#, 8),
    ) {
        let mut blank = blanks.iter().cycle();
        let (mut laid_out, mut quoted, mut escaped) = (String::new(), false, false);
        for c in dag.to_dot().chars() {
            let breakable = !quoted && matches!(c, '{' | '}' | '[' | ']' | ';' | ',' | ' ' | '\n');
            if breakable {
                laid_out += blank.next().unwrap();
            }
            laid_out.push(c);
            if breakable {
                laid_out += blank.next().unwrap();
            }
            quoted ^= c == '"' && !escaped;
            escaped = quoted && c == '\\' && !escaped;
        }
        prop_assert_eq!(Dag::from_dot(&laid_out), Ok(dag), "{}", laid_out);
    }

    /// Whatever the text, the reader answers, and a refusal points into the text or just behind it.
    #[test]
    fn no_text_makes_the_reader_panic(
        dag in dag(4),
        noise in "[a-c\"\\\\\\[\\]{}=;,:+\\-<>./*#0-9 \n]{0,8}|digraph|\\PC{0,4}",
        place: prop::sample::Index,
        cut in 0usize..12,
    ) {
        let text: Vec<char> = dag.to_dot().chars().collect();
        let start = place.index(text.len() + 1);
        let end = (start + cut).min(text.len());
        let mutant: String = text[..start].iter().copied()
            .chain(noise.chars())
            .chain(text[end..].iter().copied())
            .collect();
        if let Err(error) = Dag::from_dot(&mutant) {
            let (line, column) = error.position().expect("a place");
            let lines: Vec<&str> = mutant.split('\n').collect();
            prop_assert!(line <= lines.len(), "{error}");
            prop_assert!(column <= lines[line - 1].chars().count() + 1, "{error}");
        }
    }

    #[test]
    fn arbitrary_text_is_answered(text: String) {
        prop_assert!(Dag::from_dot(&text).is_err());
    }

    #[test]
    fn petgraph_gives_back_what_it_got(dag in dag(6)) {
        prop_assert_eq!(Dag::from_petgraph(&dag.to_petgraph()).unwrap(), dag);
    }

    /// A refused graph shows a cycle made of its own edges; an accepted one has none by petgraph's account.
    #[test]
    fn cycles_are_found_and_shown((n, edges) in digraph()) {
        let cyclic = algo::is_cyclic_directed(&DiGraph::<(), ()>::from_edges(
            edges.iter().map(|&(a, b)| (a as u32, b as u32)),
        ));
        match from_edges(n, &edges) {
            Ok(_) => prop_assert!(!cyclic),
            Err(GraphError::Cycle { names }) => {
                prop_assert!(cyclic);
                let nodes: Vec<usize> = names.iter().map(|v| v[1..].parse().unwrap()).collect();
                for (i, &from) in nodes.iter().enumerate() {
                    let to = nodes[(i + 1) % nodes.len()];
                    prop_assert!(edges.contains(&(from, to)), "{from} -> {to}");
                    prop_assert!(!nodes[..i].contains(&from), "each variable once");
                }
            }
            Err(other) => prop_assert!(false, "{other}"),
        }
    }

    #[test]
    fn the_order_of_edges_has_no_influence(dag in dag(6), seed: u64) {
        let mut edges: Vec<_> = dag.edges()
            .map(|(from, to)| (dag.variable(from).name(), dag.variable(to).name()))
            .collect();
        let n = edges.len().max(1);
        edges.rotate_left(seed as usize % n);
        edges.reverse();
        prop_assert_eq!(Dag::new(dag.variables().cloned(), &edges).unwrap(), dag);
    }

    /// Of the variables whose parents are all placed, the first declared comes next: that fixes the order.
    #[test]
    fn the_topological_order_takes_the_first_available(dag in dag(8)) {
        let order = dag.topological_order();
        let mut placed = vec![false; dag.len()];
        for &next in order {
            let first = (0..dag.len())
                .find(|&i| !placed[i] && dag.parents(i).iter().all(|&p| placed[p]));
            prop_assert_eq!(first, Some(next));
            placed[next] = true;
        }
        prop_assert!(placed.into_iter().all(|p| p));
    }

    #[test]
    fn parents_and_children_mirror_each_other_and_ascend(dag in dag(8)) {
        for i in 0..dag.len() {
            prop_assert!(dag.parents(i).is_sorted_by(|a, b| a < b));
            prop_assert!(dag.children(i).is_sorted_by(|a, b| a < b));
            for j in 0..dag.len() {
                prop_assert_eq!(dag.children(i).contains(&j), dag.parents(j).contains(&i));
            }
        }
        prop_assert_eq!(dag.edges().count(), dag.edge_count());
    }

    /// Three independent ways: our search, Warshall's closure, and petgraph on the graph itself.
    #[test]
    fn ancestors_and_descendants_are_the_reachable(dag in dag(7), pick in any::<[prop::sample::Index; 2]>()) {
        prop_assume!(!dag.is_empty());
        let seeds = pick.map(|index| index.index(dag.len()));
        let closure = closure(&dag);
        let reaches = |from: usize, to: usize| closure[from][to];
        let (ancestors, descendants) = (dag.ancestors(seeds), dag.descendants(seeds));
        for node in 0..dag.len() {
            let down = seeds.iter().any(|&s| reaches(s, node));
            prop_assert_eq!(descendants.contains(node), down);
            let up = seeds.iter().any(|&s| reaches(node, s));
            prop_assert_eq!(ancestors.contains(node), up);
            let path = |&s: &usize| algo::has_path_connecting(&dag, s, node, None);
            prop_assert_eq!(down, seeds.iter().any(path));
        }
    }

    /// The view equals the graph that is built without the cut edges, and is a view: the graph is as before.
    #[test]
    fn a_mutilated_graph_is_the_graph_without_the_edges(
        dag in dag(7),
        cut in proptest::collection::vec(any::<prop::sample::Index>(), 0..4),
        seed: prop::sample::Index,
    ) {
        prop_assume!(!dag.is_empty());
        let cut: Vec<usize> = cut.iter().map(|index| index.index(dag.len())).collect();
        let kept: Vec<_> = dag.edges()
            .filter(|(_, to)| !cut.contains(to))
            .map(|(from, to)| (dag.variable(from).name(), dag.variable(to).name()))
            .collect();
        let built = Dag::new(dag.variables().cloned(), &kept).unwrap();
        let view = dag.mutilated(cut.iter().copied());
        prop_assert_eq!(view.node_count(), built.len());
        for i in 0..dag.len() {
            prop_assert!(view.parents_of(i).eq(built.parents_of(i)));
            prop_assert!(view.children_of(i).eq(built.children_of(i)));
        }
        let seeds = [seed.index(dag.len())];
        prop_assert_eq!(view.ancestors_of(seeds), built.ancestors(seeds));
        prop_assert_eq!(view.descendants_of(seeds), built.descendants(seeds));
        let at = |node: usize| view.topological_order().position(|i| i == node);
        prop_assert!(built.edges().all(|(from, to)| at(from) < at(to)));
    }

    /// Nothing descends into a cut variable but itself, and an uncut graph is itself.
    #[test]
    fn an_intervened_variable_has_no_causes(dag in dag(7), cut: prop::sample::Index) {
        prop_assume!(!dag.is_empty());
        let node = cut.index(dag.len());
        prop_assert_eq!(dag.mutilated([node]).ancestors_of([node]), NodeSet::from([node]));
        prop_assert_eq!(dag.mutilated([]).ancestors_of([node]), dag.ancestors([node]));
        prop_assert_eq!(dag.mutilated([node]).descendants_of([node]), dag.descendants([node]));
    }

    #[test]
    fn the_labelled_part_leaves_out_the_unlabelled_alone(dag in dag(7)) {
        let part = dag.labelled_part();
        prop_assert!(part.unlabelled().is_empty());
        let names = |dag: &Dag, positions: &[usize]| -> Vec<String> {
            positions.iter().map(|&i| dag.variable(i).name().to_owned()).collect()
        };
        prop_assert_eq!(names(&part, &part.labelled()), names(&dag, &dag.labelled()));
        for i in 0..part.len() {
            let whole = dag.index_of(part.variable(i).name()).unwrap();
            prop_assert_eq!(names(&part, part.parents(i)), names(&dag, dag.parents(whole)));
            prop_assert_eq!(names(&part, part.children(i)), names(&dag, dag.children(whole)));
        }
        // The same order as a graph built from scratch.
        prop_assert_eq!(Dag::from_petgraph(&part.to_petgraph()).unwrap(), part);
    }

    /// Hiding is seen nowhere but in what is hidden: among the others the same variables cause one another, and a graph
    /// that hides nothing is its own observed part.
    #[test]
    fn the_observed_part_keeps_who_causes_whom(dag in dag(7), hidden in prop::collection::vec(any::<bool>(), 7)) {
        prop_assert_eq!(&dag.observed_part(), &dag);
        let latent = |(i, v): (usize, &Variable)| {
            let hide = hidden[i] && !v.is_unlabelled();
            if hide { Variable::latent(v.name()).unwrap() } else { v.clone() }
        };
        let edges: Vec<(String, String)> = dag
            .edges()
            .map(|(a, b)| (dag.name(a).to_owned(), dag.name(b).to_owned()))
            .collect();
        let named: Vec<_> = edges.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        let whole = Dag::new(dag.variables().enumerate().map(latent), &named).unwrap();
        let part = whole.observed_part();
        prop_assert!(part.latent().is_empty());
        for (i, v) in part.variables().enumerate() {
            let below = |graph: &Dag, i: usize| -> Vec<String> {
                let found = graph.descendants([i]);
                let seen = found.iter().filter(|&k| !graph.variable(k).is_latent());
                seen.map(|k| graph.name(k).to_owned()).collect()
            };
            let place = whole.index_of(v.name()).unwrap();
            prop_assert_eq!(below(&part, i), below(&whole, place));
        }
    }

    #[test]
    fn every_name_is_found_at_its_place(dag in dag(6)) {
        for (i, variable) in dag.variables().enumerate() {
            prop_assert_eq!(dag.index_of(variable.name()), Ok(i));
        }
    }

    /// Float class. With `u = 2^-53`, the two maps make at most a dozen roundings of terms no larger than
    /// `|low| + |high| + |value|` (in the variable's units), each then scaled by at most 1.
    #[test]
    fn restore_undoes_standardise(variable in variable("v".to_owned()), t in -2.0..3.0f64) {
        let (low, high) = variable.range();
        let value = match variable.kind() {
            Kind::Categorical { categories } => (t.abs() * 1000.0).round() % categories as f64,
            _ => low + t * (high - low),
        };
        prop_assume!(value.is_finite());
        let back = variable.restore(variable.standardise(value));
        let mut gap = (back - value).abs();
        if let Kind::Circular { period } = variable.kind() {
            prop_assert!((low..high).contains(&back));
            gap = gap.rem_euclid(period).min(period - gap.rem_euclid(period));
        }
        let bound = 12.0 * f64::EPSILON * (low.abs() + high.abs() + value.abs());
        prop_assert!(gap <= bound, "{value} came back as {back}, bound {bound}");
    }

    /// The ends of a declared range are exactly -1 and 1, both ways, and the map ascends.
    #[test]
    fn the_range_becomes_minus_one_to_one((low, high) in interval(), t in 0.0..1.0f64) {
        let variable = Variable::continuous("v").unwrap().with_range(low, high).unwrap();
        prop_assert_eq!((variable.standardise(low), variable.standardise(high)), (-1.0, 1.0));
        prop_assert_eq!((variable.restore(-1.0), variable.restore(1.0)), (low, high));
        let value = (low + t * (high - low)).clamp(low, high);
        prop_assert!((-1.0..=1.0).contains(&variable.standardise(value)));
        prop_assert_eq!(variable.place(value), Ok(Placement::Inside));
    }

    /// Float class: a value and its copy `turns` later agree on the circle, within the rounding of the copy.
    #[test]
    fn a_turn_makes_no_difference(period in 0.1..1e3f64, origin in -1e3..1e3f64, t in 0.0..1.0f64, turns in -9i32..9) {
        let angle = Variable::circular("angle", period).unwrap().with_origin(origin).unwrap();
        let value = origin + t * period;
        let (a, b) = (angle.standardise(value), angle.standardise(value + f64::from(turns) * period));
        let bound = 8.0 * f64::EPSILON * (origin.abs() + 10.0 * period) / period;
        let gap = (a - b).abs();
        prop_assert!(gap.min(2.0 - gap) <= bound, "{a} and {b}, bound {bound}");
        prop_assert!((-1.0..1.0).contains(&a) && (-1.0..1.0).contains(&b));
    }

    /// A value is refused exactly where the definitions of domain and kind say so.
    #[test]
    fn a_value_is_placed_by_range_and_domain(variable in variable("v".to_owned()), value: f64) {
        use std::ops::RangeBounds;
        let possible = variable.is_labelled() && value.is_finite() && match variable.kind() {
            Kind::Continuous => variable.domain().contains(&value),
            Kind::Circular { .. } => true,
            Kind::Categorical { categories } => (0..categories).any(|c| c as f64 == value),
        };
        let (low, high) = variable.range();
        match variable.place(value) {
            Err(_) => prop_assert!(!possible),
            Ok(placement) => {
                prop_assert!(possible);
                let outside = variable.kind() == Kind::Continuous && variable.has_range()
                    && (value < low || value > high);
                prop_assert_eq!(placement == Placement::Extrapolated, outside);
            }
        }
    }
}

/// petgraph graphs that are no causal graphs are refused like any other.
#[test]
fn petgraph_graphs_are_checked() {
    assert_eq!(
        from_edges(2, &[(0, 1), (0, 1)]),
        Err(GraphError::DuplicateEdge { from: "v0".into(), arrow: "->", to: "v1".into() })
    );
    let mut twins = DiGraph::<&str, f64>::new();
    twins.add_node("x");
    twins.add_node("x");
    assert_eq!(Dag::from_petgraph(&twins), Err(GraphError::DuplicateVariable { name: "x".into() }));
}
