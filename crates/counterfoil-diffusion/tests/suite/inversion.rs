//! Abduction: what comes back, how near the latent is to the exact one, and what guidance does to both.

use crate::mixture::{Mixture, distance, level_of_s, uniform_grid};
use counterfoil_diffusion::inversion::{Latent, Method};
use counterfoil_diffusion::{
    Abduction, AdamsBashforth, Ddim, DiscreteSchedule, DpmSolver2M, End, Grid, Guided, Leapfrog,
    NoNoise, Prediction, Sampler, Spacing, denoiser,
};
use ndarray::{Array2, array};

fn images() -> Array2<f64> {
    array![[0.85, -0.35, 0.2, -0.9], [-0.6, 0.5, -0.7, 0.35], [0.2, -0.8, 0.6, 0.4]]
}

fn trailing(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

/// Largest error of an image after encoding and decoding under the same network.
fn round_trip<A: Abduction>(method: &A, grid: &Grid, weight: f64) -> f64 {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let v = Prediction::V;
    let mut network = Guided::new(own.network(v), null.network(v), weight).unwrap();
    let found = method.encode(grid, images(), &mut network).unwrap();
    distance(&method.decode(grid, found.latent, &mut network).unwrap(), &images())
}

/// Float class: rounding alone, a unit in the last place per step, neutral in both directions.
#[test]
fn leapfrog_undoes_itself() {
    for steps in [1, 2, 3, 10, 50, 200] {
        for grid in [trailing(steps), uniform_grid(80.0, 0.02, steps)] {
            let error = round_trip(&Leapfrog::default(), &grid, 1.0);
            assert!(error < 1e-12, "{steps} steps: {error:e}");
        }
    }
    let guided = round_trip(&Leapfrog::default(), &uniform_grid(80.0, 0.02, 50), 7.5);
    assert!(guided < 1e-9, "{guided:e}");
}

/// Float class: 1e-5 in single precision.
#[test]
fn leapfrog_undoes_itself_in_single_precision() {
    let mixture = Mixture::conditional(0.0);
    let mut network = denoiser(Prediction::V, |x: &Array2<f32>, call| {
        let wide = mixture.predict(Prediction::V, &x.mapv(f64::from), call.level);
        Ok(wide.mapv(|x| x as f32))
    });
    let image = images().mapv(|x| x as f32);
    let method = Leapfrog::default();
    let found = method.encode(&trailing(50), image.clone(), &mut network).unwrap();
    let back = method.decode(&trailing(50), found.latent, &mut network).unwrap();
    let error = distance(&back.mapv(f64::from), &image.mapv(f64::from));
    assert!(error < 1e-5, "{error:e}");
}

/// Float class: a first-order method halves its round-trip error with the step, a second-order one quarters it.
#[test]
fn single_state_methods_come_back_at_their_order() {
    let errors =
        |method: &dyn Fn(&Grid) -> f64| [40, 80].map(|n| method(&uniform_grid(80.0, 0.02, n)));
    let [coarse, fine] = errors(&|grid| round_trip(&Ddim::default(), grid, 1.0));
    assert!(coarse < 0.2 && fine < 0.6 * coarse && fine > 0.3 * coarse, "{coarse:e} {fine:e}");
    let [coarse, fine] = errors(&|grid| round_trip(&DpmSolver2M::default(), grid, 1.0));
    assert!(coarse < 0.01 && fine < 0.3 * coarse, "{coarse:e} {fine:e}");
    assert!(fine < 2e-3);
    let [coarse, fine] = errors(&|grid| round_trip(&AdamsBashforth::default(), grid, 1.0));
    assert!(coarse < 0.02 && fine < 0.35 * coarse, "{coarse:e} {fine:e}");
}

/// Float class: the latent itself, against the exact flow. Reconstruction is an identity for the leapfrog scheme
/// and says nothing about this.
#[test]
fn latents_are_near_the_exact_ones() {
    let mixture = Mixture::conditional(0.0);
    let grid = uniform_grid(80.0, 0.02, 100);
    let exact = mixture.flow(images(), level_of_s(0.02), level_of_s(80.0));
    let v = Prediction::V;
    for (method, bound) in [
        (Method::Ddim, 0.1),
        (Method::DpmSolver2M, 5e-3),
        (Method::AdamsBashforth, 5e-3),
        (Method::Leapfrog, 5e-3),
    ] {
        let found = method.encode(&grid, images(), &mut mixture.network(v)).unwrap();
        let error = distance(found.latent.outer(), &exact);
        assert!(error < bound, "{method:?}: {error:e}");
        assert_eq!(
            found.evaluations,
            if matches!(method, Method::Ddim | Method::DpmSolver2M) { 100 } else { 101 }
        );
    }
}

/// Float class: a half beside the errors that are documented. At the price of the default the third order has nearer
/// latents and images from 20 steps of the cosine schedule on.
#[test]
fn the_third_order_pays_from_twenty_steps_on() {
    let mixture = Mixture::conditional(0.0);
    let noise = array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1], [1.1, 0.2, -0.7, 0.4]];
    for (steps, nearer) in [(20, 2.5), (50, 3.0), (100, 4.0)] {
        let schedule = DiscreteSchedule::cosine(1000).unwrap();
        let grid = schedule.grid(Spacing::Trailing, steps, End::Zero).unwrap();
        let latent = mixture.flow(images(), grid.end(), grid.start());
        let image = mixture.flow(noise.clone(), grid.start(), grid.end());
        let errors = |method: Method| {
            let network = &mut mixture.network(Prediction::V);
            let up = method.encode(&grid, images(), network).unwrap();
            assert_eq!(up.evaluations, steps + 1);
            let down = method.decode(&grid, Latent::Single(noise.clone()), network).unwrap();
            [distance(up.latent.outer(), &latent), distance(&down, &image)]
        };
        let (second, third) = (errors(Method::AdamsBashforth), errors(Method::FlowAdams));
        assert!((0..2).all(|i| nearer * third[i] < second[i]), "{steps}: {third:?} {second:?}");
    }
}

/// Exact: encoding visits the very levels and labels of decoding, in reverse.
#[test]
fn encoding_mirrors_decoding() {
    let grid = trailing(9);
    let calls = |grid: &Grid| {
        let mut calls = Vec::new();
        let mut recording = denoiser(Prediction::V, |x: &Array2<f64>, call| {
            calls.push((call.level, call.time));
            Ok(x.clone())
        });
        let plan = Ddim::default().plan(grid, Prediction::V).unwrap();
        plan.run(images(), &mut recording, &mut NoNoise).unwrap();
        calls
    };
    let (down, mut up) = (calls(&grid), calls(&grid.mirror()));
    up.reverse();
    // Both call at the level that the state is at, so the calls differ only in which end they leave out.
    assert_eq!(up[..8], down[1..]);
    assert_eq!(up[8], (grid.end(), grid.times()[9]));
    assert_eq!(down[0], (grid.start(), grid.times()[0]));
}

/// Float class: a partial abduction comes back as exactly as a full one, and disturbs the image less.
#[test]
fn partial_depth_keeps_more_of_the_image() {
    let (own, other) = (Mixture::conditional(0.0), Mixture::conditional(0.4));
    let v = Prediction::V;
    let mut moved = Vec::new();
    for depth in [5, 15, 30] {
        let grid = trailing(30).lowest(depth).unwrap();
        let method = Leapfrog::default();
        let found = method.encode(&grid, images(), &mut own.network(v)).unwrap();
        let same = method.decode(&grid, found.latent.clone(), &mut own.network(v)).unwrap();
        assert!(distance(&same, &images()) < 1e-12);
        let changed = method.decode(&grid, found.latent, &mut other.network(v)).unwrap();
        moved.push(distance(&changed, &images()));
    }
    assert!(moved[0] < 0.7 * moved[1] && moved[1] < moved[2], "{moved:?}");
}

/// Exact: a latent is refused by a method that did not make it.
#[test]
fn latents_belong_to_their_method() {
    let mixture = Mixture::conditional(0.0);
    let mut network = mixture.network(Prediction::V);
    let grid = trailing(5);
    let single = Latent::Single(images());
    let refused = Method::Leapfrog.decode(&grid, single, &mut network).unwrap_err();
    let expected = "this latent was not made by leapfrog: decode with the method that encoded";
    assert_eq!(refused.to_string(), expected);
    let pair = Method::Leapfrog.encode(&grid, images(), &mut network).unwrap().latent;
    for method in [Method::Ddim, Method::DpmSolver2M, Method::AdamsBashforth] {
        assert!(method.decode(&grid, pair.clone(), &mut network).is_err());
        let own = method.encode(&grid, images(), &mut network).unwrap().latent;
        assert!(method.decode(&grid, own, &mut network).is_ok());
    }
    let methods: Vec<Method> =
        serde_json::from_str(r#"["leapfrog", "adams-bashforth", "dpm-solver-2m", "ddim"]"#)
            .unwrap();
    let expected = [Method::Leapfrog, Method::AdamsBashforth, Method::DpmSolver2M, Method::Ddim];
    assert_eq!(methods, expected);
}
