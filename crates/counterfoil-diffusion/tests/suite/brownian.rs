//! Noise as one Brownian path: increments that add up, their variance, and convergence sample by sample.

use crate::mixture::{Mixture, level_of_s, uniform_grid};
use counterfoil_diffusion::{
    BrownianTree, Call, Ddpm, DpmMultistep, ItemPlans, KeyedNoise, Level, ModelTime, NoiseSource,
    Prediction, Sampler, State, denoiser,
};
use ndarray::{Array2, Axis};
use proptest::prelude::*;

fn tree(items: &[u64]) -> BrownianTree {
    BrownianTree::new(11, "path", items, level_of_s(80.0), level_of_s(0.05)).unwrap()
}

proptest! {
    /// Float class: 1e-13 on increments of order 1. The parts of an interval add up to it, forwards and backwards.
    #[test]
    fn increments_add_up(mut times in prop::collection::vec(0.0f64..=1.0, 2..12), item: u64) {
        times.sort_by(f64::total_cmp);
        let like = Array2::<f64>::zeros((1, 3));
        let tree = tree(&[item]);
        let mut sum = like.clone();
        for pair in times.windows(2) {
            sum += &tree.increment(&like, pair[0], pair[1]).unwrap();
        }
        let (first, last) = (times[0], times[times.len() - 1]);
        let whole = tree.increment(&like, first, last).unwrap();
        prop_assert!(whole.rms_difference(&sum).unwrap() < 1e-13);
        prop_assert_eq!(-whole, tree.increment(&like, last, first).unwrap());
    }
}

/// Monte-Carlo class: mean, variance and the covariance of neighbours over 40,000 numbers, within 4 standard errors (1,
/// root 2 and 1 over the root of their number), at intervals as long as the path and as short as 2e-6 of it, where the
/// straight ends of the path change the variance by less than 3 %.
#[test]
fn draws_are_standard_normal() {
    let n = 40_000;
    let like = Array2::<f64>::zeros((4, n / 4));
    let mut tree = tree(&[0, 1, 2, 3]);
    let at = |time: f64| Level::from_log_snr(2.0 * (-(80f64.ln()) + time * 1600f64.ln())).unwrap();
    for (from, middle, to) in [(0.0, 0.4, 1.0), (0.3, 0.31, 0.3101), (0.7, 0.700_002, 0.700_004)] {
        let mut draw = |from: f64, to: f64| {
            let call = Call { reaches: at(to), ..Call::at(at(from), ModelTime::Index(0)) };
            let found: Array2<f64> = tree.draw(&like, &call).unwrap();
            found
        };
        let (a, b) = (draw(from, middle), draw(middle, to));
        let bound = 4.0 / (n as f64).sqrt();
        let mean = |x: &Array2<f64>| x.sum() / n as f64;
        assert!(mean(&a).abs() < bound && mean(&b).abs() < bound);
        for variance in [mean(&(&a * &a)), mean(&(&b * &b))] {
            let straight = if to - from < 1e-4 { 0.03 } else { 0.0 };
            assert!((variance - 1.0).abs() < bound * 2f64.sqrt() + straight, "{variance}");
        }
        assert!(mean(&(&a * &b)).abs() < bound + if to - from < 1e-4 { 0.015 } else { 0.0 });
    }
}

/// Root mean square difference between runs of `n` and `2 n` steps from the same start, for three doublings.
fn gaps(mut noise: impl NoiseSource<Array2<f64>>) -> [f64; 4] {
    let mixture = Mixture::conditional(0.0);
    let keys: Vec<u64> = (0..32).collect();
    let start: Array2<f64> =
        KeyedNoise::new(5, "start", keys).start(&Array2::zeros((32, 4))).unwrap();
    let mut run = |steps| {
        let sampler = DpmMultistep { eta: 1.0, ..DpmMultistep::default() };
        let plan = sampler.plan(&uniform_grid(80.0, 0.05, steps), Prediction::X0).unwrap();
        plan.run(start.clone(), &mut mixture.network(Prediction::X0), &mut noise).unwrap()
    };
    [20, 40, 80, 160].map(|steps| run(steps).rms_difference(&run(2 * steps)).unwrap())
}

/// Monte-Carlo class, 32 points of 4 numbers: with one path a finer run refines the sample, to first order in the step (a
/// ratio of 8 over three doublings, of which 5 is asked); with independent noise the runs part.
#[test]
fn one_path_converges_sample_by_sample() {
    let keys: Vec<u64> = (0..32).collect();
    let shared = gaps(tree(&keys));
    let apart = gaps(KeyedNoise::new(11, "path", keys));
    println!("one path {shared:.4?}, independent noise {apart:.4?}");
    assert!(shared.windows(2).all(|pair| pair[1] < 0.7 * pair[0]), "{shared:?}");
    assert!(shared[3] < shared[0] / 5.0, "{shared:?}");
    assert!(apart.iter().all(|&gap| gap > 0.3), "{apart:?}");
}

/// Exact: the path of an item does not depend on its batch, also where items are at calls of their own, and a path without
/// an interval is refused.
#[test]
fn paths_belong_to_items() {
    let like = Array2::<f64>::zeros((3, 2));
    let together = tree(&[4, 0, 9]).increment(&like, 0.2, 0.7).unwrap();
    let alone = tree(&[9]).increment(&Array2::<f64>::zeros((1, 2)), 0.2, 0.7).unwrap();
    assert_eq!(together.row(2), alone.row(0));
    assert!(tree(&[1]).increment(&like, 0.0, 1.0).is_err());

    let plans = [6, 9].map(|steps| {
        Ddpm::default().plan(&uniform_grid(80.0, 0.05, steps), Prediction::X0).unwrap()
    });
    let lanes = ItemPlans::new(vec![(2, plans[0].clone()), (0, plans[1].clone())]).unwrap();
    let mut halved = denoiser(Prediction::X0, |x: &Array2<f64>, _| Ok(x * 0.5));
    let start = Array2::from_elem((2, 3), 0.4);
    let found = lanes.run(start.clone(), &mut halved, &mut tree(&[7, 8])).unwrap();
    for (k, plan) in plans.iter().enumerate() {
        let row = start.row(k).to_owned().insert_axis(Axis(0));
        let alone = plan.run(row, &mut halved, &mut tree(&[7 + k as u64])).unwrap();
        assert!((&alone.row(0) - &found.row(k)).iter().all(|gap| gap.abs() < 1e-12));
    }

    let level = level_of_s(1.0);
    let refused = BrownianTree::new(1, "path", [0], level, level).unwrap_err().to_string();
    assert!(refused.starts_with("a Brownian path has no increment between the log-SNRs"));
    assert!(BrownianTree::new(1, "path", [0], level, Level::CLEAN).is_err());
    let outside =
        Call { reaches: level_of_s(90.0), ..Call::at(level_of_s(100.0), ModelTime::Index(0)) };
    assert!(tree(&[0, 1, 2]).draw(&like, &outside).is_err());
}
