//! What is written reads back as the same, in every format that can hold it. All comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::draws;
use counterfoil_graph::{
    Edge, GraphError, Mark, MixedGraph, Variable,
    formats::{BifNetwork, BifVariable, Class, Described, Format, Part},
};
use proptest::prelude::*;

fn mark() -> impl Strategy<Value = Mark> {
    prop_oneof![Just(Mark::Tail), Just(Mark::Circle), Just(Mark::Arrow)]
}

/// Any graph with all that can be said of one: names, units and marks of every sort, several edges between two nodes.
pub(crate) fn described() -> impl Strategy<Value = Described> {
    proptest::collection::btree_set(draws::plain_text(), 0..6)
        .prop_map(|names| names.into_iter().collect::<Vec<_>>())
        .prop_shuffle()
        .prop_flat_map(|names| names.into_iter().map(any_variable).collect::<Vec<_>>())
        .prop_flat_map(|variables| {
            let n = variables.len();
            let edges =
                proptest::collection::vec((0..n.max(1), mark(), 0..n.max(1), mark()), 0..2 * n + 1);
            let parts = [0; 4].map(|_| draws::subset(n));
            let place = proptest::option::of([draws::number(), draws::number()]);
            (Just(variables), edges, parts, proptest::collection::vec(place, n), 0usize..4)
        })
        .prop_map(|(variables, edges, parts, places, class)| {
            let mut kept = std::collections::BTreeSet::new();
            for (a, at_a, b, at_b) in edges {
                let labelled = [a, b]
                    .iter()
                    .all(|&end| variables.get(end).is_some_and(|v| !v.is_unlabelled()));
                if a != b && labelled {
                    kept.insert(Edge::new(a, at_a, b, at_b));
                }
            }
            let mut described = Described::new(MixedGraph::new(variables, kept).unwrap());
            let classes = [Class::Admg, Class::Pdag, Class::Mag, Class::Pag];
            described = described.clone().with_class(classes[class]).unwrap_or(described);
            for (part, nodes) in Part::ALL.into_iter().zip(parts) {
                described = described.with_part(part, nodes).unwrap();
            }
            for (node, place) in places.into_iter().enumerate() {
                if let Some(place) = place {
                    described = described.with_position(node, place).unwrap();
                }
            }
            described
        })
}

fn any_variable(name: String) -> impl Strategy<Value = Variable> {
    let latent = Just(Variable::latent(name.clone()).unwrap());
    prop_oneof![4 => draws::variable(name), 1 => latent]
}

/// Writes and reads back; `false` when the format cannot hold the graph.
fn comes_back(format: Format, described: &Described) -> Result<bool, TestCaseError> {
    match format.write(described) {
        Ok(text) => {
            let back = format.read(&text);
            prop_assert_eq!(back.as_ref(), Ok(described), "{}", text);
            if !text.is_empty() {
                prop_assert_eq!(Format::detect(&text), Some(format), "{}", text);
            }
            Ok(true)
        }
        Err(GraphError::Unwritable { .. }) => Ok(false),
        // Statements and networks have no cycles.
        Err(GraphError::Cycle { .. }) if matches!(format, Format::Bif | Format::Statements) => {
            Ok(false)
        }
        Err(error) => Err(TestCaseError::fail(error.to_string())),
    }
}

/// A network with a row for each combination of parents.
fn network() -> impl Strategy<Value = BifNetwork> {
    let variable =
        (draws::plain_text(), proptest::collection::btree_set(draws::plain_text(), 2..4));
    proptest::collection::vec(variable, 0..5)
        .prop_flat_map(|variables| {
            let n = variables.len();
            let numbers = proptest::collection::vec(0.0..1.0f64, 64);
            (
                Just(variables),
                proptest::collection::vec(any::<bool>(), n * n),
                numbers,
                any::<bool>(),
            )
        })
        .prop_map(|(variables, chosen, numbers, tables)| {
            let n = variables.len();
            let mut next = numbers.into_iter().cycle();
            let mut network = BifNetwork { name: "a network".to_owned(), variables: Vec::new() };
            for (child, (name, states)) in variables.into_iter().enumerate() {
                // No name twice: each ends with its own number.
                let name = format!("{name}{child}");
                let states: Vec<String> = states.into_iter().collect();
                let parents: Vec<usize> =
                    (0..child).rev().filter(|p| chosen[child * n + p]).collect();
                let combinations =
                    parents.iter().map(|&p| network.variables[p].states.len()).product();
                let mut row = || {
                    let weights: Vec<f64> =
                        states.iter().map(|_| next.next().unwrap() + 0.1).collect();
                    let sum: f64 = weights.iter().sum();
                    weights.iter().map(|w| w / sum).collect::<Vec<f64>>()
                };
                let rows = if tables { (0..combinations).map(|_| row()).collect() } else { vec![] };
                network.variables.push(BifVariable { name, states, parents, rows });
            }
            network
        })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_is_written_reads_back(described in described()) {
        let names = || described.graph().variables().map(Variable::name);
        for format in Format::ALL {
            let written = comes_back(format, &described)?;
            match format {
                Format::Dot | Format::Gml | Format::Json => prop_assert!(written),
                Format::Dagitty if names().all(|name| !name.ends_with('\\')) => {
                    let odd = names().any(|name| ["graph", "node"].contains(&&*name.to_lowercase()));
                    let units = described.graph().variables().filter_map(Variable::unit);
                    prop_assert!(written || odd || units.into_iter().any(|unit| unit.ends_with('\\')));
                }
                _ => {}
            }
        }
    }

    #[test]
    fn plain_graphs_are_written_as_statements(graph in draws::admg(7)) {
        prop_assert!(comes_back(Format::Statements, &Described::from(&graph))?);
        prop_assert!(comes_back(Format::Dagitty, &Described::from(&graph))?);
    }

    #[test]
    fn networks_read_back_with_their_tables(network in network()) {
        let text = network.write().unwrap();
        let back = BifNetwork::read(&text);
        prop_assert_eq!(back.as_ref(), Ok(&network), "{}", text);
        let dag = network.to_dag().unwrap();
        prop_assert!(comes_back(Format::Bif, &Described::from(&dag))?);
    }

    /// No reader may panic, and errors have a place; the fuzzers look deeper.
    #[test]
    fn any_text_is_read_or_refused(text in "[-a-c{}\\[\\]<>@=;,:\"\\\\ \n./*]{0,40}") {
        for format in Format::ALL {
            let inside = ["dag {", "digraph {", "graph [", "{\"nodes\": [", "network {"];
            for text in inside.map(|head| format!("{head} {text}")).into_iter().chain([text.clone()]) {
                if let Err(error) = format.read(&text) {
                    let whole = matches!(error, GraphError::Cycle { .. } | GraphError::UnknownFormat);
                    prop_assert!(whole || error.position().is_some(), "{}", error);
                }
            }
        }
    }
}
