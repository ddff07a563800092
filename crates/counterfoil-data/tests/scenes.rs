//! The scenes `circuit`, `flow` and `gaussian` follow their stated models, and their counterfactuals are exact.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use counterfoil_data::{
    Dataset, World,
    circuit::{BUTTONS, Circuit, pressure},
    flow::{Flow, reach},
    gaussian::{COVARIANCE, Gaussian, level},
    generate,
    pendulum::{Pendulum, Variant},
};
use counterfoil_graph::Intervention;
use proptest::prelude::*;

fn worlds(side: usize) -> Vec<Box<dyn World>> {
    vec![
        Box::new(Pendulum::new(side, Variant::Noisy).unwrap()),
        Box::new(Circuit::new(side).unwrap()),
        Box::new(Flow::new(side).unwrap()),
        Box::new(Gaussian::new(side).unwrap()),
    ]
}

fn act(data: &Dataset, pairs: &[(&str, f64)]) -> Intervention {
    let pairs = pairs.iter().map(|(name, value)| (data.graph().index_of(name).unwrap(), *value));
    Intervention::from_pairs(data.graph(), pairs).unwrap()
}

fn edges(world: &dyn World) -> Vec<String> {
    let dag = world.scm().dag();
    let name = |i: usize| dag.variable(i).name();
    let of = |child: usize| {
        dag.parents(child).iter().map(move |p| format!("{}>{}", name(*p), name(child)))
    };
    (0..dag.len()).flat_map(of).collect()
}

#[test]
fn the_graphs_are_the_stated_ones() {
    let expected: [&[&str]; 4] = [
        &[
            "angle>shadow_length",
            "light>shadow_length",
            "angle>shadow_position",
            "light>shadow_position",
        ],
        &["arm>blue", "arm>green", "arm>red", "blue>red", "green>red"],
        &["ball>height", "height>flow", "hole>flow"],
        &["a>b", "a>c", "b>c"],
    ];
    for (world, expected) in worlds(8).iter().zip(expected) {
        assert_eq!(edges(&**world), expected);
    }
}

/// Exact: image k is a function of seed and k; labels are those that its noise predicts; doing nothing does nothing.
#[test]
fn images_are_functions_of_their_keys() {
    fn check<W: World + 'static>(make: impl Fn() -> W + Sync) {
        let (few, many) = (generate(make(), 5, 7).unwrap(), generate(make(), 40, 7).unwrap());
        for k in 0..few.len() {
            assert_eq!(few.images().get(k), many.images().get(k));
            let same = few.counterfactual_image(k, &Intervention::none()).unwrap().unwrap();
            assert_eq!(same, few.images().get(k));
        }
        assert_ne!(few.hash(), generate(make(), 5, 8).unwrap().hash());
        let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let alone = pool.install(|| generate(make(), 40, 7).unwrap());
        assert_eq!(alone.hash(), many.hash());
    }
    check(|| Circuit::new(24).unwrap());
    check(|| Flow::new(24).unwrap());
    check(|| Gaussian::new(24).unwrap());
    check(|| Pendulum::new(24, Variant::Noisy).unwrap());
}

/// Exact: what published runs are named by.
#[test]
fn the_worlds_are_those_of_the_published_runs() {
    let hash = |data: Dataset| blake3::hash(data.images().pixels()).to_hex().to_string();
    assert_eq!(hash(generate(Circuit::new(48).unwrap(), 50, 0).unwrap()), CIRCUIT);
    assert_eq!(hash(generate(Flow::new(48).unwrap(), 50, 0).unwrap()), FLOW);
    assert_eq!(hash(generate(Gaussian::new(16).unwrap(), 50, 0).unwrap()), GAUSSIAN);
}
const CIRCUIT: &str = "eaceb487e4aed21e8d13fb7ee4da46f5cc6fd65096f717375fee85d54bd3df37";
const FLOW: &str = "fd29217835b78e322b4416d70eed33c1ab913e4d830fb097583525e8c1c052df";
const GAUSSIAN: &str = "277dac675871ee4166e7eab0e39bea8f1dbefdfb86334f3eef661f16c4f6fbab";

/// Noise comes back from labels (1e-9): the Beta lamps and the jet are invertible.
#[test]
fn abduction_finds_the_noise_that_was_drawn() {
    for world in worlds(8) {
        for k in 0..200 {
            let drawn = world.draw(3, k).noise;
            let values = world.scm().predict(&drawn, &Intervention::none());
            let found = world.scm().abduct(&values).unwrap();
            for (a, b) in drawn.iter().zip(&found) {
                assert!((a - b).abs() < 1e-9, "{}: {drawn:?} {found:?}", world.name());
            }
        }
    }
}

#[test]
fn pressing_a_button_lights_its_lamp_and_red() {
    let data = generate(Circuit::new(16).unwrap(), 200, 1).unwrap();
    assert_eq!(pressure(0.5, 0.5), 1.0);
    assert!((pressure(0.45, 0.5) - 0.5).abs() < 1e-12);
    for k in 0..data.len() {
        let labels = |pairs: &[(&str, f64)]| {
            data.counterfactual_labels(k, &act(&data, pairs)).unwrap().unwrap()
        };
        let idle = labels(&[("arm", 0.35)]);
        let blue = labels(&[("arm", BUTTONS[0])]);
        let red = labels(&[("arm", BUTTONS[2])]);
        assert!(blue[1] > idle[1] && blue[2] == idle[2] && blue[3] >= idle[3]);
        assert!(red[1] == idle[1] && red[2] == idle[2] && red[3] >= idle[3]);
        // An effect moves no cause, and lamps go on as they were when red is set.
        assert_eq!(labels(&[("arm", 0.35), ("red", 0.9)]), [0.35, idle[1], idle[2], 0.9]);
    }
}

/// Exact: the style stays. Setting a lamp changes pixels near the lamp alone, and two images of one style share the rest.
#[test]
fn do_lamp_changes_its_surroundings_alone() {
    let side = 48;
    let data = generate(Circuit::new(side).unwrap(), 20, 2).unwrap();
    for k in 0..data.len() {
        let own = data.labels().row(k).to_vec();
        let action = act(&data, &[("blue", 1.0 - own[1]), ("red", own[3])]);
        let after = data.counterfactual_image(k, &action).unwrap().unwrap();
        let mut changed = 0;
        for (p, (a, b)) in after.iter().zip(data.images().get(k)).enumerate() {
            let (row, column) = (p % (side * side) / side, p % side);
            if a != b {
                changed += 1;
                assert!(column < side / 2 && row < side / 2, "pixel {row}, {column}");
            }
        }
        assert!(changed > 50);
    }
}

/// Monte-Carlo: the arm is beside all buttons for 2 of 5 images, where blue has mean 0.2 and variance 0.16 / 6; moments
/// within 5 standard errors.
#[test]
fn lamps_have_the_stated_moments() {
    let world = Circuit::new(4).unwrap();
    let rows: Vec<Vec<f64>> = (0..20_000)
        .map(|k| world.scm().predict(&world.draw(5, k).noise, &Intervention::none()))
        .collect();
    let idle: Vec<&Vec<f64>> = rows
        .iter()
        .filter(|r| BUTTONS.iter().all(|button| pressure(r[0], *button) == 0.0))
        .collect();
    let (all, n) = (rows.len() as f64, idle.len() as f64);
    assert!((n / all - 0.4).abs() < 5.0 * (0.24 / all).sqrt());
    let variance = 0.2 * 0.8 / 6.0;
    for lamp in [1, 2] {
        let mean = idle.iter().map(|r| r[lamp]).sum::<f64>() / n;
        assert!((mean - 0.2).abs() < 5.0 * (variance / n).sqrt(), "{mean}");
        let spread = idle.iter().map(|r| (r[lamp] - 0.2).powi(2)).sum::<f64>() / n;
        // The fourth central moment of Beta(1, 4) is 0.0026.
        assert!((spread - variance).abs() < 5.0 * (0.0026 / n).sqrt(), "{spread}");
    }
}

/// Float (1e-9): counterfactuals of the jet have their closed form.
#[test]
fn the_jet_follows_height_and_hole() {
    let data = generate(Flow::new(16).unwrap(), 60, 4).unwrap();
    for k in 0..data.len() {
        let own = data.labels().row(k).to_vec();
        let found = data.counterfactual_labels(k, &act(&data, &[("ball", 30.0)])).unwrap().unwrap();
        let raised = own[1] + 1.0 - (own[0] / 30.0).powi(3);
        assert!((found[1] - raised).abs() < 1e-9);
        let expected = own[3] * reach(raised, own[2]) / reach(own[1], own[2]);
        assert!((found[3] - expected).abs() < 1e-9 * expected, "{found:?}");
        assert_eq!((found[0], found[2]), (30.0, own[2]));
    }
}

/// Monte-Carlo: uniform ball and hole, and the exogenous height and drive within 5 standard errors.
#[test]
fn flow_has_the_stated_moments() {
    let world = Flow::new(4).unwrap();
    let n = 20_000u32;
    let rows: Vec<Vec<f64>> = (0..u64::from(n))
        .map(|k| world.scm().predict(&world.draw(6, k).noise, &Intervention::none()))
        .collect();
    let root = f64::from(n).sqrt();
    let mean = |f: &dyn Fn(&[f64]) -> f64| rows.iter().map(|r| f(r)).sum::<f64>() / f64::from(n);
    assert!((mean(&|r| r[0]) - 19.5).abs() < 5.0 * 29.0 / 12.0f64.sqrt() / root);
    assert!((mean(&|r| r[2]) - 10.0).abs() < 5.0 * 8.0 / 12.0f64.sqrt() / root);
    let own = mean(&|r| r[1] - (r[0] / 30.0).powi(3));
    assert!((own - 2.45).abs() < 5.0 * 2.9 / 12.0f64.sqrt() / root);
    let drive = mean(&|r| (r[3] / reach(r[1], r[2])).ln().powi(2)).sqrt();
    assert!((drive / 0.075 - 1.0).abs() < 5.0 * 0.5f64.sqrt() / root, "{drive}");
}

/// Monte-Carlo: every covariance within 5 standard errors, sqrt((vv' + c^2) / n) for normal variables.
#[test]
fn the_linear_world_has_its_closed_form() {
    let world = Gaussian::new(4).unwrap();
    let n = 40_000u32;
    let rows: Vec<Vec<f64>> = (0..u64::from(n))
        .map(|k| world.scm().predict(&world.draw(7, k).noise, &Intervention::none()))
        .collect();
    for i in 0..3 {
        for j in 0..3 {
            let found = rows.iter().map(|r| r[i] * r[j]).sum::<f64>() / f64::from(n);
            let expected = COVARIANCE[i][j];
            let error =
                ((COVARIANCE[i][i] * COVARIANCE[j][j] + expected * expected) / f64::from(n)).sqrt();
            assert!((found - expected).abs() < 5.0 * error, "{i} {j}: {found} != {expected}");
        }
    }
    // Float: under do(b = 1), c = 0.5 a - 0.7 + its noise.
    let data = generate(Gaussian::new(8).unwrap(), 20, 1).unwrap();
    for k in 0..data.len() {
        let own = data.labels().row(k).to_vec();
        let found = data.counterfactual_labels(k, &act(&data, &[("b", 1.0)])).unwrap().unwrap();
        assert!((found[2] - (own[2] - 0.7 * (1.0 - own[1]))).abs() < 1e-12);
        // Exact: a pixel is the rounded linear function.
        let style = data.exogenous(k).unwrap().unwrap().style[0];
        let expected = level(&own, style, [2.5 / 8.0, 1.5 / 8.0]).round();
        assert_eq!(f64::from(data.images().get(k)[8 + 2]), expected);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_in_the_domain_renders(
        side in 1usize..50, unit in prop::collection::vec(0.0..=1.0f64, 4), seed: u64, far in 0.0..1e9f64,
    ) {
        let [a, b, c, d] = [unit[0], unit[1], unit[2], unit[3]];
        let mut pixels = vec![0; 3 * side * side];
        let circuit = Circuit::new(side).unwrap();
        circuit.render(&[a, b, c, d], &circuit.draw(seed, 0), &mut pixels);
        let flow = Flow::new(side).unwrap();
        flow.render(&[60.0 * a, 14.0 * b, 1.5 + 40.0 * c, far * d], &flow.draw(seed, 0), &mut pixels);
        let linear = Gaussian::new(side).unwrap();
        linear.render(&[far * a, -far * b, c], &linear.draw(seed, 0), &mut pixels[..side * side]);
    }
}
