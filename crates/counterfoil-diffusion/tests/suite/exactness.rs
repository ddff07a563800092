//! The exact methods undo themselves: in both precisions, at any number of steps, under guidance, with any network.

use crate::mixture::{Mixture, distance, uniform_grid};
use counterfoil_diffusion::inversion::{
    Bdia, Coupled, Edict, EditFriendly, LatentOf, LatticeLeapfrog, OBelm, Tableau, Twins,
};
use counterfoil_diffusion::{
    Abduction, Ddim, Denoiser, DiscreteSchedule, End, Grid, Guided, KeyedNoise, Leapfrog,
    Prediction, ReplayedNoise, Sampler, Spacing, State, denoiser,
};
use ndarray::{Array2, Axis, array, s};

const V: Prediction = Prediction::V;

fn images() -> Array2<f64> {
    array![
        [0.85, -0.35, 0.2, -0.9],
        [-0.6, 0.5, -0.7, 0.35],
        [0.2, -0.8, 0.6, 0.4],
        [0.45, 0.1, -0.15, -0.3],
        [-0.9, 0.75, -0.4, 0.1]
    ]
}

fn keys() -> KeyedNoise {
    KeyedNoise::new(5, "exactness", [3, 1, 4, 15, 9])
}

/// EDICT amplifies its rounding, decoding few steps and encoding many, and O-BELM in the angle where steps in the angle
/// shrink towards the noise, by what their roots say; the others do not.
fn amplified<A: Abduction>(method: &A, grid: &Grid, rounding: f64) -> f64 {
    let growth = method.growth_bound(grid).unwrap().max(method.decoding_growth(grid).unwrap());
    if ["edict", "o-belm-angle"].contains(&method.name()) { 40.0 * rounding * growth } else { 0.0 }
}

/// Root mean square difference, as the orders of magnitude are published.
fn rms(a: &Array2<f64>, b: &Array2<f64>) -> f64 {
    a.rms_difference(b).unwrap()
}

/// The outer state of any latent.
fn outer<L: LatentOf<Array2<f64>>>(latent: &L) -> &Array2<f64> {
    latent.outer()
}

/// Error of the images after encoding, whatever the growth, and decoding.
fn round_trip<A: Abduction>(
    method: &A,
    grid: &Grid,
    network: &mut dyn Denoiser<Array2<f64>>,
) -> f64 {
    let found = method.encode_within(f64::INFINITY, grid, images(), network).unwrap();
    rms(&method.decode(grid, found.latent, network).unwrap(), &images())
}

/// Runs the same check with every exact method.
macro_rules! each_exact {
    (|$method:ident, $name:ident| $check:expr) => {{
        each_exact!(@ Leapfrog::default(), $method, $name, $check);
        each_exact!(@ OBelm::default(), $method, $name, $check);
        each_exact!(@ OBelm::ANGLE, $method, $name, $check);
        each_exact!(@ Bdia::default(), $method, $name, $check);
        each_exact!(@ Edict::default(), $method, $name, $check);
        each_exact!(@ Edict { alternating: false, ..Edict::default() }, $method, $name, $check);
        each_exact!(@ heun(), $method, $name, $check);
        each_exact!(@ Coupled::default(), $method, $name, $check);
        each_exact!(@ EditFriendly { eta: 1.0, noise: keys() }, $method, $name, $check);
        each_exact!(@ EditFriendly { eta: 0.4, noise: keys() }, $method, $name, $check);
    }};
    (@ $value:expr, $method:ident, $name:ident, $check:expr) => {{
        let $method = $value;
        let $name = $method.name();
        assert!($method.is_exact());
        $check;
    }};
}

fn heun() -> Coupled {
    Coupled { tableau: Tableau::Heun, ..Coupled::default() }
}

fn trailing(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

/// Float class: rounding, 1e-12 (EDICT: what it amplifies); the grids reach the clean image and stop short of it.
#[test]
fn exact_methods_undo_themselves() {
    let mixture = Mixture::conditional(0.0);
    for steps in [1, 2, 3, 10, 20, 50, 200] {
        for grid in [uniform_grid(80.0, 0.02, steps), trailing(steps)] {
            each_exact!(|method, name| {
                let error = round_trip(&method, &grid, &mut mixture.network(V));
                let bound = 1e-12_f64.max(amplified(&method, &grid, 1e-16));
                assert!(error < bound, "{name}, {steps} steps: {error:e}");
            });
        }
    }
}

/// Float class: the same, of what the network predicts and of scalings.
#[test]
fn predictions_do_not_matter() {
    let mixture = Mixture::conditional(0.0);
    let grid = uniform_grid(80.0, 0.02, 30);
    for prediction in [Prediction::Eps, Prediction::X0] {
        each_exact!(|method, name| {
            let error = round_trip(&method, &grid, &mut mixture.network(prediction));
            assert!(error < 1e-11, "{name} of {prediction}: {error:e}");
            let any = f64::INFINITY;
            let of = |p| method.encode_within(any, &grid, images(), &mut mixture.network(p));
            let (a, b) = (of(prediction).unwrap().latent, of(V).unwrap().latent);
            let growth = method.growth_bound(&grid).unwrap();
            let bound = 1e-11 * growth.max(100.0);
            let error = distance(outer(&a), outer(&b));
            assert!(error < bound, "{name} of {prediction}: {error:e}");
        });
    }
}

/// Float class: in single precision 1e-6 (EDICT: what it amplifies).
#[test]
fn exact_methods_undo_themselves_in_single_precision() {
    let mixture = Mixture::conditional(0.0);
    let mut network = denoiser(V, |x: &Array2<f32>, call| {
        let wide = mixture.predict(V, &x.mapv(f64::from), call.level);
        Ok(wide.mapv(|x| x as f32))
    });
    let image = images().mapv(|x| x as f32);
    for steps in [10, 50, 200] {
        for grid in [uniform_grid(80.0, 0.02, steps), trailing(steps)] {
            each_exact!(|method, name| {
                let any = f64::INFINITY;
                let found = method.encode_within(any, &grid, image.clone(), &mut network).unwrap();
                let back = method.decode(&grid, found.latent, &mut network).unwrap();
                let error = rms(&back.mapv(f64::from), &image.mapv(f64::from));
                let bound = 1e-6_f64.max(amplified(&method, &grid, 1e-7));
                assert!(error < bound, "{name}, {steps} steps: {error:e}");
            });
        }
    }
}

/// Float class: under weight 7.5 the flow itself spreads neighbours, so rounding grows with it, and with the number of
/// steps, to 1e-12 and 1e-11; it stays rounding where every iterative method breaks.
#[test]
fn exact_methods_undo_themselves_under_guidance() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.23));
    for (steps, bound) in [(10, 1e-12_f64), (50, 1e-12), (200, 1e-11)] {
        let grid = uniform_grid(80.0, 0.02, steps);
        each_exact!(|method, name| {
            let mut network = Guided::new(own.network(V), null.network(V), 7.5).unwrap();
            let error = round_trip(&method, &grid, &mut network);
            let bound = bound.max(amplified(&method, &grid, 1e-16));
            assert!(error < bound, "{name}, {steps} steps: {error:e}");
        });
    }
}

/// Float class: 1e-12. A network with a jump every 1/16, to random heights, has no flow to follow, and
/// the identity does not need one.
#[test]
fn rough_networks_are_undone_too() {
    let rough = |x: f64, s: f64| {
        let cell = ((16.0 * x + 0.37).floor() * 12.9898 + s).sin() * 43758.5453;
        2.0 * (cell - cell.floor()) - 1.0
    };
    let mut network = denoiser(V, |x: &Array2<f64>, call| {
        let s = call.level.s();
        Ok(x.mapv(|x| rough(x, s)))
    });
    for steps in [10, 50, 200] {
        let grid = uniform_grid(80.0, 0.02, steps);
        each_exact!(|method, name| {
            let error = round_trip(&method, &grid, &mut network);
            let bound = 1e-12_f64.max(amplified(&method, &grid, 1e-16));
            assert!(error < bound, "{name}, {steps} steps: {error:e}");
        });
    }
}

/// Exact: on a lattice nothing is lost, in either precision, under guidance, and with a network that tears neighbours
/// apart; the latent is leapfrog's up to the lattice.
#[test]
fn the_lattice_gives_every_bit_back() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.23));
    let (wide, narrow) = (LatticeLeapfrog::double(), LatticeLeapfrog::single());
    assert_eq!((wide.range(53), narrow.range(24)), (512.0, 16.0));
    let mut rounded = images();
    rounded.round_to(2f64.powi(-44)).unwrap();
    assert!(distance(&rounded, &images()) < 3e-14);
    for steps in [1, 2, 10, 50, 200] {
        for grid in [uniform_grid(80.0, 0.02, steps), trailing(steps)] {
            for weight in [1.0, 7.5] {
                let mut network = Guided::new(own.network(V), null.network(V), weight).unwrap();
                let found = wide.encode(&grid, images(), &mut network).unwrap();
                assert_eq!(found.evaluations, steps + 1);
                let back = wide.decode(&grid, found.latent, &mut network).unwrap();
                assert_eq!(back, rounded, "{steps} steps, weight {weight}");
            }
            let mut torn = denoiser(V, |x: &Array2<f64>, _| Ok(x.mapv(|x| (1e12 * x).sin())));
            let found = wide.encode(&grid, images(), &mut torn).unwrap();
            assert_eq!(wide.decode(&grid, found.latent, &mut torn).unwrap(), rounded);

            let mut network = denoiser(V, |x: &Array2<f32>, call| {
                let wide = own.predict(V, &x.mapv(f64::from), call.level);
                Ok(wide.mapv(|x| x as f32))
            });
            let image = images().mapv(|x| x as f32);
            let found = narrow.encode(&grid, image.clone(), &mut network).unwrap();
            let back = narrow.decode(&grid, found.latent, &mut network).unwrap();
            assert!(back.iter().zip(&image).all(|(a, b)| (a - b).abs() < 5e-7));
        }
    }
    let grid = uniform_grid(80.0, 0.02, 50);
    let of = |latent| {
        distance(latent, &wide.climb(&grid, images(), &mut own.network(V)).unwrap().0.outer)
    };
    let plain = Leapfrog::default().encode(&grid, images(), &mut own.network(V)).unwrap();
    assert!(of(&plain.latent.outer) < 1e-11);
    for bits in [0, 61] {
        let refused = LatticeLeapfrog { bits }.encode(&grid, images(), &mut own.network(V));
        assert!(refused.is_err());
    }
}

/// Exact: item k of a batch is item k alone, latent and image.
#[test]
fn items_do_not_depend_on_their_batch() {
    let mixture = Mixture::conditional(0.0);
    let grid = trailing(12);
    each_exact!(|method, name| {
        if name != "edit-friendly" {
            let any = f64::INFINITY;
            let of = |x| method.encode_within(any, &grid, x, &mut mixture.network(V)).unwrap();
            let together = of(images());
            for k in 0..images().len_of(Axis(0)) {
                let alone = of(images().slice(s![k..=k, ..]).to_owned());
                assert_eq!(outer(&alone.latent).row(0), outer(&together.latent).row(k), "{name}");
            }
        }
    });
}

/// Float class: 1e-12. The noise maps are the noise of the stochastic sampler: replayed, it ends at the image, at any
/// `eta`; and the states that they lead through are those that were drawn, independent at every level.
#[test]
fn noise_maps_are_the_noise_of_the_sampler() {
    let mixture = Mixture::conditional(0.0);
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 20, End::Label0).unwrap();
    for eta in [0.3, 1.0] {
        let method = EditFriendly { eta, noise: keys() };
        let found = method.encode(&grid, images(), &mut mixture.network(V)).unwrap();
        assert_eq!((found.evaluations, found.latent.maps.len()), (20, 20));
        let plan = Ddim { eta, clip: None }.plan(&grid, V).unwrap();
        let noises = plan.stages().iter().zip(&found.latent.maps).map(|(stage, m)| m / stage.noise);
        let mut noise = ReplayedNoise::new(noises.collect::<Vec<_>>());
        let start = found.latent.start.clone();
        let back = plan.run(start, &mut mixture.network(V), &mut noise).unwrap();
        assert!(distance(&back, &images()) < 1e-12);
    }
    let other = EditFriendly { eta: 1.0, noise: KeyedNoise::new(6, "exactness", [3, 1, 4, 15, 9]) };
    let own = EditFriendly { eta: 1.0, noise: keys() };
    let of =
        |method: &EditFriendly| method.climb(&grid, images(), &mut mixture.network(V)).unwrap();
    assert_eq!(of(&own).0, of(&own).0);
    assert!(distance(&of(&own).0.start, &of(&other).0.start) > 0.1);
    // Maps of another grid are refused.
    let short = trailing(5);
    assert!(own.decode(&short, of(&own).0, &mut mixture.network(V)).is_err());
}

/// Float class: within a factor of 3. EDICT's difference mode grows as its roots say, on data whose exact flow stands
/// still.
#[test]
fn edict_amplifies_by_its_roots() {
    let mut still = denoiser(V, |x: &Array2<f64>, _| Ok(x * 0.0));
    for (steps, alternating) in [(10, false), (10, true), (25, true)] {
        let method = Edict { alternating, ..Edict::default() };
        let grid = uniform_grid(80.0, 0.02, steps);
        let mut decoded = |off: f64| {
            let second = images() + off;
            let latent = Twins { first: images(), second };
            method.decode(&grid, latent, &mut still).unwrap()
        };
        let found = distance(&decoded(0.0), &decoded(1e-6)) / 1e-6;
        let bound = method.decoding_growth(&grid).unwrap();
        assert!(found < 1.1 * bound && found > bound / 20.0, "{found} of {bound}");
    }
}
