//! Linear models: closed forms against each other, against sums over treks, and against draws.

use counterfoil_graph::CausalGraph;
use counterfoil_random::Stream;
use counterfoil_scm::{
    ScmError,
    generate::{self, GraphShape},
    linear::{Equation, LinearAction, LinearModel},
};
use proptest::prelude::*;

/// Float class: at most 8 x 8 matrices of numbers below 1e4, condition below 1e4: 1e-7 of the size.
fn close(a: f64, b: f64) -> bool {
    (a - b).abs() <= 1e-7 * (1.0 + a.abs().max(b.abs()))
}

fn model_of(seed: u64, nodes: usize) -> (LinearModel, Stream) {
    let mut stream = Stream::new(seed, "tests of linear models", 0, 0);
    let shape = GraphShape { nodes, degree: 2.0, hidden_degree: 0.8 };
    let graph = generate::admg(&shape, &mut stream).unwrap();
    (generate::linear_model(&graph, &mut stream).unwrap(), stream)
}

/// Any action on `variable` that does not read what depends on it; random mechanisms on request.
fn action(model: &LinearModel, variable: usize, random: bool, stream: &mut Stream) -> LinearAction {
    let after = model.graph().descendants_of([variable]);
    let inputs: Vec<usize> =
        (0..model.len()).filter(|&v| !after.contains(v) && stream.bernoulli(0.4)).collect();
    let weights: Vec<f64> = inputs.iter().map(|_| stream.normal()).collect();
    match stream.below(if random { 4 } else { 3 }) {
        0 => LinearAction::Set(stream.normal()),
        1 => LinearAction::Shift(stream.normal()),
        2 => LinearAction::Policy { inputs, weights, intercept: stream.normal() },
        _ => {
            let equation = Equation::new(stream.normal(), weights, stream.uniform_in(0.1, 2.0));
            LinearAction::Mechanism { parents: inputs, equation }
        }
    }
}

/// The covariance of two variables as the sum over treks (Wright 1921): a directed path to each from two sources whose
/// errors covary (or are one).
fn by_treks(model: &LinearModel, a: usize, b: usize) -> f64 {
    let mut sum = 0.0;
    for i in 0..model.len() {
        for j in 0..model.len() {
            let error = model.error_covariance(i, j);
            if error != 0.0 {
                for (_, left) in model.causal_paths(i, a).unwrap() {
                    for (_, right) in model.causal_paths(j, b).unwrap() {
                        sum += left * error * right;
                    }
                }
            }
        }
    }
    sum
}

/// Float: an error of 3e-3 beside values of 1e4 is known to 12 digits of the value. Where all is seen, all is known, and what
/// is not changed comes back.
#[test]
fn a_small_error_of_a_large_variable_is_abducted() {
    let equations = vec![Equation::new(0.0, vec![], 1e8), Equation::new(0.0, vec![1.0], 1e-5)];
    let model = LinearModel::new("X -> Y".parse().unwrap(), equations, &[]).unwrap();
    let seen = [(1, 1e4 + 0.00316), (0, 1e4)];
    for (actions, expected) in
        [(vec![(0, LinearAction::Set(0.0))], 0.00316), (vec![], 1e4 + 0.00316)]
    {
        let would = model.counterfactual(&seen, &actions).unwrap();
        assert!((would.mean(1).unwrap() - expected).abs() < 1e-8, "{would:?}");
        assert_eq!(would.sd(1).unwrap(), 0.0);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn covariances_are_sums_over_treks(seed: u64, nodes in 1usize..6) {
        let (model, mut stream) = model_of(seed, nodes);
        let variable = stream.below(nodes);
        let acted = model.intervene([(variable, action(&model, variable, true, &mut stream))]).unwrap();
        for model in [model, acted] {
            let joint = model.distribution();
            for a in 0..nodes {
                for b in 0..nodes {
                    prop_assert!(close(joint.covariance(a, b).unwrap(), by_treks(&model, a, b)));
                }
            }
        }
    }

    /// Total effects: by paths, by the recursion, and as the slope of the mean under do.
    #[test]
    fn total_effects_agree(seed: u64, nodes in 2usize..8) {
        let (model, mut stream) = model_of(seed, nodes);
        let order = stream.permutation(nodes);
        let (x, y) = (order[0], order[1]);
        let total = model.total_effect(x, y).unwrap();
        let by_paths: f64 = model.causal_paths(x, y).unwrap().map(|(_, product)| product).sum();
        let mean = |value: f64| {
            model.intervene([(x, LinearAction::Set(value))]).unwrap().distribution().mean(y).unwrap()
        };
        prop_assert!(close(total, by_paths));
        prop_assert!(close(total, mean(1.0) - mean(0.0)));
        prop_assert_eq!(model.causal_paths(x, y).unwrap().next().is_some(),
            model.graph().descendants([x]).contains(y));
    }

    /// Conditioning one by one is conditioning on all, and the law of total variance holds.
    #[test]
    fn conditioning_composes(seed: u64, nodes in 3usize..7) {
        let (model, mut stream) = model_of(seed, nodes);
        let order = stream.permutation(nodes);
        let known: Vec<(usize, f64)> = order[..2].iter().map(|&v| (v, stream.normal())).collect();
        let joint = model.distribution();
        let at_once = joint.given(&known).unwrap();
        let by_steps = joint.given(&known[..1]).unwrap().given(&known[1..]).unwrap();
        for &v in &order[2..] {
            prop_assert!(close(at_once.mean(v).unwrap(), by_steps.mean(v).unwrap()));
            prop_assert!(close(at_once.sd(v).unwrap(), by_steps.sd(v).unwrap()));
            prop_assert!(at_once.sd(v).unwrap() <= joint.sd(v).unwrap() + 1e-9);
        }
    }

    /// With everything seen, the closed form is abduction, action and prediction of one item.
    #[test]
    fn full_evidence_leaves_one_item(seed: u64, nodes in 1usize..7) {
        let (model, mut stream) = model_of(seed, nodes);
        let fact = model.sample(&mut stream);
        prop_assert!(model.abduct(&fact.values).unwrap().iter().zip(&fact.noise).all(|(a, b)| close(*a, *b)));
        let variable = stream.below(nodes);
        let action = action(&model, variable, false, &mut stream);
        let evidence: Vec<(usize, f64)> = fact.values.iter().copied().enumerate().collect();
        let would = model.counterfactual(&evidence, &[(variable, action.clone())]).unwrap();
        let shift = matches!(action, LinearAction::Shift(_));
        let acted = model.intervene([(variable, action)]).unwrap();
        let mut noise = fact.noise.clone();
        if !shift {
            noise[variable] = 0.0;
        }
        let by_steps = acted.predict(&noise).unwrap();
        for (v, step) in by_steps.iter().enumerate() {
            prop_assert!(close(would.mean(v).unwrap(), *step));
            prop_assert!(would.sd(v).unwrap() < 1e-5);
        }
        // Nothing done: what was seen.
        let same = model.counterfactual(&evidence, &[]).unwrap();
        prop_assert!((0..nodes).all(|v| close(same.mean(v).unwrap(), fact.values[v])));
    }

    /// Without evidence a counterfactual is an intervention, and the actual world beside it is what was seen.
    #[test]
    fn partial_evidence_agrees_with_the_other_rungs(seed: u64, nodes in 2usize..6) {
        let (model, mut stream) = model_of(seed, nodes);
        let variable = stream.below(nodes);
        let actions = [(variable, action(&model, variable, false, &mut stream))];
        let acted = model.intervene(actions.iter().cloned()).unwrap().distribution();
        let free = model.counterfactual(&[], &actions).unwrap();
        let known = (stream.below(nodes), stream.normal());
        let seen = model.distribution().given(&[known]).unwrap();
        let both = model.worlds(&[known], &[&[], &actions]).unwrap();
        for v in 0..nodes {
            prop_assert!(close(free.mean(v).unwrap(), acted.mean(v).unwrap()));
            prop_assert!(close(free.sd(v).unwrap(), acted.sd(v).unwrap()));
            prop_assert!(close(both.mean(v).unwrap(), seen.mean(v).unwrap_or(known.1)));
            prop_assert!(close(both.covariance(v, v).unwrap(), seen.covariance(v, v).unwrap_or(0.0)));
        }
        // Two copies of one world are one.
        let twice = model.worlds(&[], &[&actions, &actions]).unwrap();
        for v in 0..nodes {
            prop_assert!(close(twice.covariance(v, v).unwrap(), twice.covariance(v, nodes + v).unwrap()));
        }
    }
}

/// Monte-Carlo class: 5 standard errors of the mean and the covariance of 20,000 draws.
#[test]
fn draws_have_the_moments() {
    let (model, _) = model_of(4, 4);
    let joint = model.distribution();
    let n = 20_000;
    let draws: Vec<Vec<f64>> = (0..n)
        .map(|item| model.sample(&mut Stream::new(2, "linear draws", item, 0)).values)
        .collect();
    for a in 0..4 {
        let mean = draws.iter().map(|x| x[a]).sum::<f64>() / n as f64;
        let sd = joint.sd(a).unwrap();
        assert!((mean - joint.mean(a).unwrap()).abs() < 5.0 * sd / (n as f64).sqrt());
        for b in 0..=a {
            let at = |v: usize, x: &[f64]| x[v] - joint.mean(v).unwrap();
            let covariance = draws.iter().map(|x| at(a, x) * at(b, x)).sum::<f64>() / n as f64;
            // Var(xy) of normals is s_aa s_bb + s_ab^2.
            let expected = joint.covariance(a, b).unwrap();
            let spread = ((sd * joint.sd(b).unwrap()).powi(2) + expected.powi(2)).sqrt();
            assert!((covariance - expected).abs() < 5.0 * spread / (n as f64).sqrt());
        }
    }
}

#[test]
fn mistakes_are_named() {
    let graph = || counterfoil_graph::admg! { X -> Y; X <-> Y; Z }.unwrap();
    let equations = || [vec![], vec![1.0], vec![]].map(|w| Equation::new(0.0, w, 1.0)).to_vec();
    let check = |result: Result<LinearModel, ScmError>, expected: &str| {
        assert_eq!(result.err().unwrap().to_string(), expected);
    };
    check(
        LinearModel::new(graph(), equations(), &[(0, 2, 0.1)]),
        "the errors of `X` and `Z` covary, and the graph has no edge X <-> Z: add the edge or leave out the covariance",
    );
    check(
        LinearModel::new(graph(), equations(), &[(0, 1, 1.1)]),
        "the covariances are too large for the variances, or not symmetric: no random numbers have them",
    );
    let model = LinearModel::new(graph(), equations(), &[(0, 1, 0.5)]).unwrap();
    check(
        model.intervene([(
            0,
            LinearAction::Policy { inputs: vec![1], weights: vec![1.0], intercept: 0.0 },
        )]),
        "the edges form a cycle, X -> Y -> X: remove one of them",
    );
    // Y is determined by X once nothing else disturbs it; then X and Y may contradict each other.
    let policy = LinearAction::Policy { inputs: vec![0], weights: vec![2.0], intercept: 0.0 };
    let determined = model.intervene([(1, policy)]).unwrap().distribution();
    assert_eq!(determined.given(&[(0, 1.0), (1, 3.0)]), Err(ScmError::ImpossibleCondition));
    assert!(determined.given(&[(0, 1.0), (1, 2.0)]).is_ok());
}
