//! Simplified formulas: the value of the original wherever that has one, in exact fractions, and the shapes that
//! textbooks give.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    draws::admg as drawn_graph,
    expressions::{Definition, Fraction, build, cells, joint, markov, plan},
    goldens::{cases, graph as graph_of, set},
};
use counterfoil_graph::{
    Admg, Query, admg,
    estimand::{Arena, Estimand, Expr, JointTable, Symbol},
    identification::identify,
};
use proptest::prelude::*;

/// A budget that these formulas never spend.
const AMPLE: usize = 10_000;

/// Exact class: `short` has the value that `long` has by definition, wherever no quotient of that divides by 0.
fn same_value(
    long: &Estimand,
    short: &Estimand,
    joint: &JointTable<Fraction>,
) -> Result<(), TestCaseError> {
    let symbols = long.free_symbols();
    prop_assert!(short.free_symbols().iter().all(|s| symbols.contains(s)), "{} to {}", long, short);
    for cell in cells(&symbols) {
        let definition = Definition::new(long.arena(), joint);
        let expected = definition.value(long.root(), &cell);
        let at: Vec<_> = cell.into_iter().collect();
        if let (Some(expected), false) = (expected, definition.divided_by_zero.get()) {
            let found = short.eval(joint, &at);
            prop_assert_eq!(found, Ok(expected), "{} to {} at {:?}", long, short, at);
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    /// By the laws of probability alone, in any distribution; whatever the budget.
    #[test]
    fn simplification_keeps_the_value(
        plan in plan(),
        weights in proptest::collection::vec(0_usize..4, 36),
        budget in prop_oneof![Just(AMPLE), 0_usize..30],
    ) {
        prop_assume!(weights.iter().any(|&w| w > 0));
        let mut arena = Arena::new();
        let root = build(&mut arena, &plan);
        let estimand = Estimand::new(arena, root, &admg! { A; B; C; D }.unwrap());
        let short = estimand.simplified(budget);
        same_value(&estimand, &short, &joint(4, &weights))?;
        // Nothing is left to do, and data are read back as they were written.
        if budget == AMPLE {
            prop_assert_eq!(short.simplified(AMPLE).to_string(), short.to_string());
        }
        for formula in [&estimand, &short] {
            let json = serde_json::to_string(formula).unwrap();
            let back: Estimand = serde_json::from_str(&json).unwrap();
            prop_assert_eq!(&back, formula);
            prop_assert_eq!(back.to_string(), formula.to_string());
        }
    }

    /// By the independences of a graph, in distributions that hidden causes of its shape generate.
    #[test]
    fn independences_keep_the_value(
        graph in drawn_graph(4),
        plan in plan(),
        weights in proptest::collection::vec(0_usize..5, 53),
    ) {
        prop_assume!(graph.len() == 4);
        let mut arena = Arena::new();
        let root = build(&mut arena, &plan);
        let estimand = Estimand::new(arena, root, &graph);
        let short = estimand.simplified_in(&graph, AMPLE);
        same_value(&estimand, &short, &markov(&graph, &weights))?;
    }
}

/// Builds a formula from its parts and compares what it becomes without and with the graph.
fn check(
    graph: &Admg,
    make: impl FnOnce(&mut Arena, &dyn Fn(&str) -> Symbol) -> Expr,
    [long, short, in_graph]: [&str; 3],
) {
    let mut arena = Arena::new();
    let symbol = |name: &str| {
        let letter = name.trim_end_matches('\'');
        Symbol::new(graph.index_of(letter).unwrap(), (name.len() - letter.len()) as u32)
    };
    let root = make(&mut arena, &symbol);
    let estimand = Estimand::new(arena, root, graph);
    assert_eq!(estimand.to_string(), long);
    assert_eq!(estimand.simplified(AMPLE).to_string(), short);
    assert_eq!(estimand.simplified_in(graph, AMPLE).to_string(), in_graph);
}

#[test]
fn textbook_formulas_become_short() {
    let backdoor = admg! { Z -> X -> Y; Z -> Y }.unwrap();
    check(
        &backdoor,
        |a, s| {
            let parts = [a.p([s("Y")], [s("X"), s("Z")]), a.p([s("Z")], [])];
            let product = a.product(parts);
            a.sum([s("Z")], product)
        },
        ["Σ_z P(z) P(y | z, x)"; 3],
    );
    // The truncated factorisation of a chain, with a cause that nothing depends on.
    let chain = admg! { W -> X -> M -> Y }.unwrap();
    check(
        &chain,
        |a, s| {
            let parts = [a.p([s("W")], []), a.p([s("M")], [s("X")]), a.p([s("Y")], [s("M")])];
            let product = a.product(parts);
            a.sum([s("W"), s("M")], product)
        },
        ["Σ_{w, m} P(w) P(m | x) P(y | m)", "Σ_m P(m | x) P(y | m)", "P(y | x)"],
    );
    // The same product summed over what is conditioned on: a joint probability.
    check(
        &backdoor,
        |a, s| {
            let parts =
                [a.p([s("Y")], [s("X"), s("Z")]), a.p([s("X")], [s("Z")]), a.p([s("Z")], [])];
            let product = a.product(parts);
            let above = a.sum([s("Z")], product);
            let below = a.sum([s("Y"), s("Z")], product);
            a.ratio(above, below)
        },
        [
            "(Σ_z P(z) P(x | z) P(y | z, x)) / (Σ_{z, y'} P(z) P(x | z) P(y' | z, x))",
            "P(y | x)",
            "P(y | x)",
        ],
    );
    // Two sums that differ in the name of what they bind, and one that two parts share nothing in.
    let pair = admg! { A; B; C; D }.unwrap();
    check(
        &pair,
        |a, s| {
            let other = a.p([s("A'"), s("B")], [s("C")]);
            let above = a.sum([s("A'")], other);
            let same = a.p([s("A"), s("B")], [s("C")]);
            let below = a.sum([s("A")], same);
            a.ratio(above, below)
        },
        ["(Σ_a' P(a', b | c)) / (Σ_a P(a, b | c))", "1", "1"],
    );
    check(
        &pair,
        |a, s| {
            let parts = [
                a.p([s("C")], [s("A")]),
                a.p([s("A")], [s("C")]),
                a.p([s("D")], [s("B")]),
                a.p([s("B")], [s("D")]),
            ];
            let product = a.product(parts);
            a.sum([s("A"), s("B")], product)
        },
        [
            "Σ_{a, b} P(a | c) P(b | d) P(c | a) P(d | b)",
            "(Σ_a P(a | c) P(c | a)) Σ_b P(b | d) P(d | b)",
            "P(c) P(d)",
        ],
    );
}

/// Float class, 1e-9: the effects of the golden cases of type `numeric_effect` from their observed joint distributions
/// alone, at every cell, plain and simplified, and whatever value is given to variables that the query does not name.
#[test]
fn golden_effects_are_computed_from_the_joint_distribution() {
    for case in cases("numeric_effect") {
        let graph = graph_of(&case);
        let sets = ["x", "y", "z"].map(|key| set(&graph, &case["query"][key]));
        let [x, y, z] = sets.clone();
        let effect = identify(&graph, &Query { y, do_: x, given: z }).unwrap();
        let number = |v: &serde_json::Value| v.as_f64().unwrap();
        let list =
            |v: &serde_json::Value| v.as_array().unwrap().iter().map(number).collect::<Vec<_>>();
        let observed = &case["expected"]["observational_joint"];
        let order: Vec<(usize, usize)> = observed["order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|name| (graph.index_of(name.as_str().unwrap()).unwrap(), 2))
            .collect();
        let joint = JointTable::new(&order, list(&observed["p"])).unwrap();
        let outcomes: Vec<Symbol> = crate::goldens::strings(&case["query"]["y"])
            .iter()
            .map(|name| Symbol::of(graph.index_of(name).unwrap()))
            .collect();
        let named = &(&sets[0] | &sets[1]) | &sets[2];
        let forms = [effect.simplified(AMPLE), effect.simplified_in(&graph, AMPLE), effect];
        for form in &forms {
            let table = form.eval_table(&joint).unwrap();
            for &symbol in table.symbols() {
                assert!(named.contains(symbol.variable()) || table.spread(symbol) < 1e-9);
            }
            for expected in case["expected"]["effects"].as_array().unwrap() {
                let mut at: Vec<(Symbol, usize)> = Vec::new();
                for part in ["do", "given"] {
                    for (name, value) in expected[part].as_object().unwrap() {
                        let symbol = Symbol::of(graph.index_of(name).unwrap());
                        at.push((symbol, value.as_u64().unwrap() as usize));
                    }
                }
                at.extend(
                    table
                        .symbols()
                        .iter()
                        .filter(|s| !named.contains(s.variable()))
                        .map(|s| (*s, 1)),
                );
                for (cell, p) in list(&expected["p"]).into_iter().enumerate() {
                    let mut at = at.clone();
                    let last = outcomes.len() - 1;
                    at.extend(
                        outcomes.iter().enumerate().map(|(i, s)| (*s, cell >> (last - i) & 1)),
                    );
                    let found = *table.at(&at).unwrap();
                    assert!((found - p).abs() < 1e-9, "{}: {form}: {found}, not {p}", case["id"]);
                    assert!((form.eval(&joint, &at).unwrap() - p).abs() < 1e-9);
                }
            }
        }
    }
}
