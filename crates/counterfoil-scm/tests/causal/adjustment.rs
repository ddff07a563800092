//! Adjustment and front-door sets: what the criteria accept is numerically right, and what the adjustment criterion
//! refuses is wrong in a model drawn at random.

use counterfoil_graph::{Admg, NodeSet, adjustment::Effect, front_door::FrontDoor};
use counterfoil_random::Stream;
use counterfoil_scm::{
    discrete::{CptModel, Table},
    generate::{self, GraphShape, ModelShape},
};
use proptest::prelude::*;

/// Float class: sums of products of fewer than 10 probabilities, divided by at least 1e-4.
const RIGHT: f64 = 1e-10;
/// A formula that is not right in general is wrong by a function of random numbers that vanishes on a set of measure
/// zero alone, so that it comes this near to 0 in hardly any draw.
const WRONG: f64 = 1e-9;

fn draw(seed: u64, nodes: usize) -> (Admg, CptModel, [NodeSet; 3]) {
    let mut stream = Stream::new(seed, "tests of adjustment", 0, 0);
    let shape = GraphShape { nodes, degree: 2.2, hidden_degree: 0.5 };
    let graph = generate::admg(&shape, &mut stream).unwrap();
    let shape = ModelShape { hidden_cardinality: 3..=3, floor: 0.02, ..ModelShape::default() };
    let model = generate::cpt_model(&graph, &shape, &mut stream).unwrap();
    let order = stream.permutation(nodes);
    let causes = if nodes > 3 && stream.bernoulli(0.3) { 2 } else { 1 };
    let set = |nodes: &[usize]| nodes.iter().copied().collect::<NodeSet>();
    let (x, y) = (set(&order[..causes]), set(&order[causes..=causes]));
    (graph, model, [x, y, set(&order[causes + 1..])])
}

fn list(set: &NodeSet) -> Vec<usize> {
    set.iter().collect()
}

fn subsets(of: &NodeSet) -> Vec<NodeSet> {
    let members = list(of);
    (0..1usize << members.len())
        .map(|bits| (0..members.len()).filter(|i| bits >> i & 1 == 1).map(|i| members[i]).collect())
        .collect()
}

/// The cell of a marginal of `joint` at values of all variables.
fn cell(marginal: &Table, at: &[usize]) -> f64 {
    let values: Vec<usize> = marginal.variables().iter().map(|&v| at[v]).collect();
    marginal.get(&values).unwrap()
}

/// `P(y | do(x))` at the values of x and y in `at`.
fn truth(model: &CptModel, x: &NodeSet, y: &NodeSet, at: &[usize]) -> f64 {
    let pairs = |set: &NodeSet| set.iter().map(|v| (v, at[v])).collect::<Vec<_>>();
    model.restricted_under(&[], &pairs(y), &pairs(x)).unwrap().total()
}

/// The largest error of a formula over all values of x and y; `formula` gets values of all variables, of which those
/// of x and y matter.
fn error(
    model: &CptModel,
    x: &NodeSet,
    y: &NodeSet,
    mut formula: impl FnMut(&[usize]) -> f64,
) -> f64 {
    let joint = model.joint().unwrap();
    let concerned = joint.marginal(&list(&(x | y))).unwrap();
    let mut worst: f64 = 0.0;
    for (values, _) in concerned.cells() {
        let mut at = vec![0; model.len()];
        for (&v, value) in concerned.variables().iter().zip(values) {
            at[v] = value;
        }
        worst = worst.max((formula(&at) - truth(model, x, y, &at)).abs());
    }
    worst
}

/// `sum_z P(y | x, z) P(z)`.
fn adjusted(joint: &Table, x: &NodeSet, y: &NodeSet, z: &NodeSet, at: &[usize]) -> f64 {
    let marginal = |set: &NodeSet| joint.marginal(&list(set)).unwrap();
    let (p_z, p_xz, p_xyz) = (marginal(z), marginal(&(x | z)), marginal(&(&(x | y) | z)));
    let mut at = at.to_vec();
    let mut sum = 0.0;
    for (values, p) in p_z.cells() {
        for (v, value) in z.iter().zip(values) {
            at[v] = value;
        }
        sum += p * cell(&p_xyz, &at) / cell(&p_xz, &at);
    }
    sum
}

/// `sum_m P(m | x) sum_x' P(x') P(y | x', m)`.
fn through_the_front_door(
    joint: &Table,
    x: &NodeSet,
    y: &NodeSet,
    m: &NodeSet,
    at: &[usize],
) -> f64 {
    let marginal = |set: &NodeSet| joint.marginal(&list(set)).unwrap();
    let (p_x, p_xm, p_xym) = (marginal(x), marginal(&(x | m)), marginal(&(&(x | y) | m)));
    let mediators = marginal(m);
    let mut sum = 0.0;
    for (values, _) in mediators.cells() {
        let mut at = at.to_vec();
        for (v, value) in m.iter().zip(values) {
            at[v] = value;
        }
        let of_m = cell(&p_xm, &at) / cell(&p_x, &at);
        let mut inner = 0.0;
        for (values, p) in p_x.cells() {
            let mut other = at.clone();
            for (v, value) in x.iter().zip(values) {
                other[v] = value;
            }
            inner += p * cell(&p_xym, &other) / cell(&p_xm, &other);
        }
        sum += of_m * inner;
    }
    sum
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_set_is_an_adjustment_set_iff_adjusting_for_it_is_right(seed: u64, nodes in 2usize..6) {
        let (graph, model, [x, y, rest]) = draw(seed, nodes);
        let effect = Effect::of(&graph, &x, &y).unwrap();
        let joint = model.joint().unwrap();
        for z in subsets(&rest) {
            let error = error(&model, &x, &y, |at| adjusted(&joint, &x, &y, &z, at));
            match effect.check(&z) {
                Ok(()) => prop_assert!(error < RIGHT, "{graph}: {x:?} {y:?} {z:?} {error}"),
                Err(refusal) => {
                    prop_assert!(error > WRONG, "{graph}: {x:?} {y:?} {z:?} {error}");
                    prop_assert!(refusal.verify(&effect, &z));
                }
            }
        }
    }

    /// The criterion is sufficient and not necessary, so only one direction holds.
    #[test]
    fn what_the_front_door_criterion_accepts_is_right(seed: u64, nodes in 3usize..6) {
        let (graph, model, [x, y, rest]) = draw(seed, nodes);
        let question = FrontDoor::of(&graph, &x, &y).unwrap();
        let joint = model.joint().unwrap();
        for m in subsets(&rest).into_iter().filter(|m| !m.is_empty()) {
            match question.check(&m) {
                Ok(()) => {
                    let error = error(&model, &x, &y, |at| through_the_front_door(&joint, &x, &y, &m, at));
                    prop_assert!(error < RIGHT, "{graph}: {x:?} {y:?} {m:?} {error}");
                }
                Err(refusal) => prop_assert!(refusal.verify(&question, &m)),
            }
        }
    }
}
