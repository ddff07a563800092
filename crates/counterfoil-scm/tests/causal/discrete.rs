//! Discrete models: two forms and two algorithms that must agree, and the laws of counterfactuals.

use counterfoil_graph::{CausalGraph, formats::BifNetwork};
use counterfoil_random::Stream;
use counterfoil_scm::{
    ScmError,
    discrete::{
        Action, CptModel, Exogenous, Fact, Factor, Function, FunctionalModel, World, facts,
        tabulate,
    },
    generate::{self, CounterfactualShape, GraphShape, ModelShape},
};
use proptest::prelude::*;

/// Float class: sums of at most 2^12 products of fewer than 20 numbers in [0, 1], divided by at least 1e-4.
const ROUNDING: f64 = 1e-10;

fn shape() -> ModelShape {
    ModelShape { cardinality: 2..=3, hidden_cardinality: 1..=3, floor: 0.1 }
}

fn graph_of(seed: u64, nodes: usize) -> (counterfoil_graph::Admg, Stream) {
    let mut stream = Stream::new(seed, "tests of discrete models", 0, 0);
    let shape = GraphShape { nodes, degree: 2.0, hidden_degree: 0.8 };
    (generate::admg(&shape, &mut stream).unwrap(), stream)
}

fn cpt_of(seed: u64, nodes: usize) -> (CptModel, Stream) {
    let (graph, mut stream) = graph_of(seed, nodes);
    (generate::cpt_model(&graph, &shape(), &mut stream).unwrap(), stream)
}

fn functional_of(seed: u64, nodes: usize) -> (FunctionalModel, Stream) {
    let (graph, mut stream) = graph_of(seed, nodes);
    (generate::functional_model(&graph, &shape(), 2, &mut stream).unwrap(), stream)
}

fn close(a: &[f64], b: &[f64]) -> bool {
    a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < ROUNDING)
}

/// Any action on `variable` that does not read what depends on it.
fn action(model: &CptModel, variable: usize, stream: &mut Stream) -> Action {
    let cardinality = model.cardinality(variable);
    let after = model.full_graph().descendants_of([variable]);
    let before: Vec<usize> =
        (0..model.len()).filter(|&v| !after.contains(v) && stream.bernoulli(0.4)).collect();
    let shape: Vec<usize> = before.iter().map(|&v| model.cardinality(v)).collect();
    match stream.below(4) {
        0 => Action::Set(stream.below(cardinality)),
        1 => Action::Shift([-1, 1][stream.below(2)]),
        2 => Action::Policy {
            values: tabulate(&shape, |_| stream.below(cardinality)),
            inputs: before,
        },
        _ => {
            let rows: usize = shape.iter().product();
            let rows = (0..rows).flat_map(|_| {
                let p = stream.uniform();
                let mut row = vec![0.0; cardinality];
                row[0] = p;
                row[cardinality - 1] += 1.0 - p;
                row
            });
            Action::Mechanism { rows: rows.collect(), parents: before }
        }
    }
}

/// The joint distribution by its definition: the product of all tables, summed over the hidden.
fn joint_by_definition(model: &CptModel) -> Vec<f64> {
    let count = model.full_graph().len();
    let shape: Vec<usize> = (0..count).map(|v| model.cardinality(v)).collect();
    let mut joint = vec![0.0; model.cardinalities().iter().product()];
    let mut cell = 0;
    let hidden: usize = shape[model.len()..].iter().product();
    tabulate(&shape, |at| {
        let mut p = 1.0;
        for v in 0..count {
            let table = model.table(v);
            let values: Vec<usize> = table.variables().iter().map(|&u| at[u]).collect();
            p *= table.get(&values).unwrap();
        }
        joint[cell / hidden] += p;
        cell += 1;
        0
    });
    joint
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn elimination_agrees_with_the_definition(seed: u64, nodes in 1usize..5) {
        let (model, mut stream) = cpt_of(seed, nodes);
        let joint = model.joint().unwrap();
        prop_assert!(close(joint.values(), &joint_by_definition(&model)));
        let variable = stream.below(nodes);
        let acted = model.intervene([(variable, action(&model, variable, &mut stream))]).unwrap();
        prop_assert!(close(acted.joint().unwrap().values(), &joint_by_definition(&acted)));
        // Any marginal in any order.
        let order = stream.permutation(nodes);
        let some = &order[..=stream.below(nodes)];
        let found = model.marginal(some).unwrap();
        let expected = joint.marginal(some).unwrap();
        prop_assert!(close(found.values(), expected.values()));
    }

    /// The functional form has the distribution of the tables under every intervention, and of itself by tables.
    #[test]
    fn both_forms_agree_under_every_action(seed: u64, nodes in 1usize..5) {
        let (model, mut stream) = cpt_of(seed, nodes);
        let functional = model.to_functional().unwrap();
        prop_assert_eq!(functional.graph(), model.graph());
        prop_assert!(close(functional.joint().unwrap().values(), model.joint().unwrap().values()));
        for variable in 0..nodes {
            let action = action(&model, variable, &mut stream);
            let by_tables = model.intervene([(variable, action.clone())]).unwrap().joint().unwrap();
            let by_functions = functional.intervene([(variable, action.clone())]).unwrap();
            prop_assert!(close(by_functions.joint().unwrap().values(), by_tables.values()));
            if !matches!(action, Action::Mechanism { .. }) {
                let world = World::actual().act(variable, action);
                let all: Vec<(usize, &World)> = (0..nodes).map(|v| (v, &world)).collect();
                let in_world = functional.distribution(&all, &[]).unwrap();
                prop_assert!(close(in_world.values(), by_tables.values()));
            }
        }
    }

    #[test]
    fn enumeration_and_elimination_agree(seed: u64, nodes in 1usize..6) {
        let (model, mut stream) = functional_of(seed, nodes);
        let cardinalities = model.to_cpt().cardinalities();
        let shape = CounterfactualShape { nested: 0.3, ..CounterfactualShape::default() };
        let q = generate::counterfactual(&cardinalities, &shape, &mut stream);
        let (event, given) = (facts(&q.event), facts(&q.given));
        let a = model.probability_by_enumeration(&event, &given);
        let b = model.probability_by_elimination(&event, &given);
        match (a, b) {
            (Ok(a), Ok(b)) => prop_assert!((a - b).abs() < ROUNDING, "{} {} {:?}", a, b, q),
            (a, b) => prop_assert_eq!(a, b),
        }
        // The twin network is a model like any other.
        let worlds: Vec<&World> = event.iter().chain(&given).map(|fact| &fact.world).collect();
        let twin = model.twin(&worlds).unwrap();
        let places: Vec<(usize, usize)> = event.iter().chain(&given).enumerate()
            .map(|(i, fact)| (twin.position(i, fact.variable).unwrap(), fact.value)).collect();
        let all: Vec<Fact> = event.iter().chain(&given).cloned().collect();
        let both = model.probability(&all, &[]).unwrap();
        prop_assert!((twin.model.probability(&places).unwrap() - both).abs() < ROUNDING);
    }

    /// Galles and Pearl (1998): composition, effectiveness, reversibility follow from consistency and effectiveness in
    /// recursive models; consistency: if X is x, then Y is Y_x.
    #[test]
    fn the_axioms_hold(seed: u64, nodes in 2usize..6) {
        let (model, mut stream) = functional_of(seed, nodes);
        let order = stream.permutation(nodes);
        let (x, y) = (order[0], order[1]);
        let cardinality = |v: usize| model.to_cpt().cardinality(v);
        let (at_x, at_y) = (stream.below(cardinality(x)), stream.below(cardinality(y)));
        let done = World::actual().set(x, at_x);
        let effective = model.probability(&[Fact::new(x, done.clone(), at_x)], &[]).unwrap();
        prop_assert!((effective - 1.0).abs() < ROUNDING);
        let consistent = model.probability(
            &[Fact::new(y, done, at_y)],
            &[Fact::seen(x, at_x), Fact::seen(y, at_y)],
        ).unwrap();
        prop_assert!((consistent - 1.0).abs() < ROUNDING);
        // Setting a variable to what it would have been anyway changes nothing.
        let natural = World::actual().set_as(x, x, World::actual());
        let joint = model.distribution(&[(y, &natural), (y, &World::actual())], &[]).unwrap();
        for (at, p) in joint.cells() {
            prop_assert!(at[0] == at[1] || p == 0.0);
        }
    }

    /// Abduct, act, predict gives what the definition gives.
    #[test]
    fn three_steps_are_a_counterfactual(seed: u64, nodes in 2usize..4) {
        let (model, mut stream) = functional_of(seed, nodes);
        let fact = Fact::seen(0, stream.below(model.to_cpt().cardinality(0)));
        let world = World::actual().set(0, 0);
        let posterior = model.abduct(std::slice::from_ref(&fact)).unwrap();
        let mut by_steps = vec![0.0; model.to_cpt().cardinality(1)];
        for (noise, p) in posterior.cells().filter(|(_, p)| *p > 0.0) {
            by_steps[model.predict(&noise, &world).unwrap()[1]] += p;
        }
        let at_once = model.distribution(&[(1, &world)], &[fact]).unwrap();
        prop_assert!(close(at_once.values(), &by_steps));
    }
}

/// Monte-Carlo class: 5 standard errors of 20,000 draws in each of some 20 cells.
#[test]
fn draws_follow_the_distribution() {
    let (model, _) = cpt_of(11, 4);
    let functional = model.to_functional().unwrap();
    let joint = model.joint().unwrap();
    let n = 20_000;
    let mut counts = [vec![0usize; joint.values().len()], vec![0; joint.values().len()]];
    for item in 0..n {
        let draws = [
            model.sample(&mut Stream::new(1, "draws", item, 0)),
            functional.sample(&mut Stream::new(1, "draws", item, 1)),
        ];
        for (counts, draw) in counts.iter_mut().zip(draws) {
            let cell = (0..4).fold(0, |cell, v| cell * model.cardinality(v) + draw[v]);
            counts[cell] += 1;
        }
    }
    for counts in counts {
        for (&count, &p) in counts.iter().zip(joint.values()) {
            let error = (count as f64 / n as f64 - p).abs();
            assert!(error < 5.0 * (p * (1.0 - p) / n as f64).sqrt(), "{error} at {p}");
        }
    }
}

/// Exact: a draw is the same under an intervention wherever that does not reach.
#[test]
fn draws_share_their_noise_across_interventions() {
    let (model, _) = cpt_of(5, 5);
    let acted = model.set(&[(2, 1)]).unwrap();
    let reached = model.full_graph().descendants_of([2]);
    for item in 0..50 {
        let stream = || Stream::new(3, "shared", item, 0);
        let (before, after) = (model.sample(&mut stream()), acted.sample(&mut stream()));
        for v in (0..before.len()).filter(|&v| !reached.contains(v)) {
            assert_eq!(before[v], after[v]);
        }
        assert_eq!(after[2], 1);
    }
}

/// A long chain in three worlds has far too many states to try, and a narrow network.
#[test]
fn elimination_goes_where_enumeration_cannot() {
    let n = 60;
    let mut functions = vec![Function::new("v0", 2, [""; 0], ["n0"], vec![0, 1])];
    let mut sources = vec![Exogenous::new("n0", vec![0.5, 0.5])];
    for i in 1..n {
        let (name, source) = (format!("v{i}"), format!("n{i}"));
        sources.push(Exogenous::new(source.clone(), vec![0.9, 0.1]));
        functions.push(Function::new(name, 2, [format!("v{}", i - 1)], [source], vec![0, 1, 1, 0]));
    }
    let model = FunctionalModel::new(sources, functions).unwrap();
    let worlds = [0, 1].map(|value| World::actual().set(0, value));
    let facts = [Fact::new(n - 1, worlds[0].clone(), 0), Fact::new(n - 1, worlds[1].clone(), 1)];
    // Flips of the noise reach both worlds alike, so the ends differ as the beginnings do.
    let even = 0.5 * (1.0 + 0.8f64.powi(n as i32 - 1));
    let found = model.probability(&facts, &[]).unwrap();
    assert!((found - even).abs() < ROUNDING);
    let opposite = Fact::new(n - 1, worlds[1].clone(), 0);
    assert_eq!(model.probability(&[facts[0].clone(), opposite], &[]).unwrap(), 0.0);
}

/// Float class: a round trip through a file keeps the distribution to rounding.
#[test]
fn networks_in_files_are_models() {
    let model = CptModel::new([
        Factor::new("a", 3, [""; 0], vec![0.2, 0.3, 0.5]),
        Factor::binary("b", ["a"], [0.1, 0.6, 0.9]),
        Factor::binary("c", ["b", "a"], [0.1, 0.2, 0.3, 0.4, 0.5, 0.6]),
    ])
    .unwrap();
    let written = BifNetwork::try_from(&model).unwrap().write().unwrap();
    let read = CptModel::try_from(&BifNetwork::read(&written).unwrap()).unwrap();
    assert_eq!(read.graph(), model.graph());
    assert!(close(read.joint().unwrap().values(), model.joint().unwrap().values()));
    let hidden = CptModel::new([Factor::binary("u", [], [0.5]).hidden()]).unwrap();
    assert!(BifNetwork::try_from(&hidden).is_err());
}

#[track_caller]
fn refused<T>(result: Result<T, ScmError>, expected: &str) {
    assert_eq!(result.err().expect("must be refused").to_string(), expected);
}

#[test]
fn mistakes_are_named() {
    let coin = || Factor::binary("coin", [], [0.5]);
    let model = CptModel::new([coin(), Factor::binary("u", [], [0.5]).hidden()]).unwrap();
    refused(
        CptModel::new([Factor::binary("y", ["coin"], [0.1, 0.2])]),
        "`coin`, a parent of `y`, is not in the model: give it a table of its own",
    );
    refused(
        CptModel::new([coin(), Factor::binary("y", ["coin"], [0.1])]),
        "the mechanism of `y` has 2 entries, its parents and values ask for 4: give one for each combination",
    );
    refused(
        CptModel::new([Factor::new("y", 2, [""; 0], vec![0.5, 0.4])]),
        "the probabilities of `y` at [] add up to 0.9 or are not all between 0 and 1: correct the row",
    );
    refused(model.set(&[(0, 2)]), "`coin` cannot be 2: it has 2 values, counted from 0");
    refused(
        model.intervene([(0, Action::Policy { inputs: vec![1], values: vec![0, 1] })]),
        "the policy of `coin` reads `u`, which nobody sees: let it read visible variables, or give a new mechanism",
    );
    refused(
        model.marginal(&[4]),
        "variable number 4, counted from 0, is not there or is named twice: name each variable once",
    );
    let certain = model.set(&[(0, 1)]).unwrap();
    refused(
        certain.conditional(&[], &[(0, 0)]),
        "the condition has probability zero: condition on something that can happen",
    );
    let functional = model.to_functional().unwrap();
    let random = Action::Mechanism { parents: vec![], rows: vec![0.5, 0.5] };
    refused(
        functional.probability(&[Fact::new(0, World::actual().act(0, random), 1)], &[]),
        "`coin` gets a new random mechanism in one world: its noise would be in no other, so give the mechanism to the model",
    );
    refused(
        CptModel::from_json("{\n \"cpt\": 3}"),
        "line 2, column 9: invalid type: integer `3`, expected an object: correct the JSON",
    );
    refused(
        model.in_order(["die"]),
        "the order names 1 variables and the model shows 1, or not the same ones: name each visible variable once",
    );
}

/// Exact: names and sizes that a model may have, and that a twin network and a drawn model have to find room beside.
#[test]
fn names_give_way_to_those_of_the_model() {
    // Y differs between the worlds, Y' is a variable of its own, and a hidden variable has one value.
    let sources = [Exogenous::new("u", vec![0.5, 0.5]), Exogenous::new("Y''", vec![1.0])];
    let function = |name: &str, parents: &[&str], values: Vec<usize>| {
        let exogenous = if name == "X" { vec!["u"] } else { vec![] };
        Function::new(name, 2, parents.iter().copied(), exogenous, values)
    };
    let constant = Function { hidden: true, ..Function::new("H", 1, [""; 0], ["Y''"], vec![0]) };
    let functions = [
        function("X", &[], vec![0, 1]),
        function("Y", &["X"], vec![0, 1]),
        function("Y'", &["X"], vec![1, 0]),
        constant,
    ];
    let model = FunctionalModel::new(sources, functions).unwrap();
    let [actual, set] = [World::actual(), World::actual().set(0, 1)];
    let twin = model.twin(&[&actual, &set]).unwrap();
    let [own, other] = [0, 1].map(|world| twin.position(world, 1).unwrap());
    assert_eq!([own, other].map(|at| twin.model.name(at)), ["Y", "Y'''"]);
    let facts = [(own, 0), (other, 1)];
    assert!((twin.model.probability(&facts).unwrap() - 0.5).abs() < ROUNDING);

    let graph = "X; N_X".parse().unwrap();
    let mut stream = Stream::new(1, "tests of names", 0, 0);
    assert!(generate::functional_model(&graph, &shape(), 1, &mut stream).is_ok());
}

/// Rows that are off by rounding, each within the tolerance of a row, are observations together.
#[test]
fn many_rounded_rows_are_a_distribution() {
    let coin = |i: usize| Factor::new(format!("c{i}"), 2, [""; 0], vec![0.500_000_4; 2]);
    let coins = CptModel::new((0..13).map(coin)).unwrap();
    assert!(coins.observations().is_ok());
}

#[test]
fn what_is_no_node_is_refused() {
    let text = |functions: &str, hidden: &str| {
        format!(
            r#"{{"nodes": ["X"], "exogenous": {{"u": [0.5, 0.5]}}, "functions": {{
                "X": {{"parents": [], "exogenous": ["u"], "table": [0, 1]}}{functions}}}, "hidden": ["{hidden}"]}}"#
        )
    };
    assert!(FunctionalModel::from_json(&text("", "X")).is_ok());
    let further = r#", "Y": {"parents": [], "exogenous": ["u"], "table": [0, 1]}"#;
    let again = r#", "X": {"parents": [], "exogenous": ["u"], "table": [1, 0]}"#;
    for (functions, hidden, expected) in [
        (further, "X", "is not among the `nodes`"),
        ("", "Z", "is not among the `nodes`"),
        (again, "X", "`X` is declared twice"),
    ] {
        let refused = FunctionalModel::from_json(&text(functions, hidden)).unwrap_err().to_string();
        assert!(refused.contains(expected), "{refused}");
    }
    // The table of a misspelt latent would make it seen.
    let tables = |name: &str| {
        let text = r#"{"latents": [{"name": "U"}], "cpt": {"NAME": {"parents": [], "p1": [0.5]}}}"#;
        CptModel::from_json(&text.replace("NAME", name))
    };
    assert_eq!(tables("U").unwrap().len(), 0);
    assert!(
        tables("V").unwrap_err().to_string().contains("`U` has a function or is called hidden")
    );
}
