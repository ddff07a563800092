//! Editing: the level that is noised is the level first stepped from, and known regions stay known.

use crate::{mixture::Mixture, samplers::all};
use counterfoil_diffusion::{
    Call, Ddim, Ddpm, DiscreteSchedule, Edit, End, Grid, KeyedNoise, NoNoise, NoiseSource,
    Prediction, RePaint, Sampler, Spacing, State, Variance, denoiser, noise_from,
};
use ndarray::{Array1, Array2, array};

fn grid(steps: usize) -> Grid {
    DiscreteSchedule::cosine(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

fn points() -> Array2<f64> {
    array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1]]
}

/// Exact: the first call is at the level and label that was noised, for every sampler and depth. Float class: a network
/// that knows the noise gives the guide back, to 1e-14 over the signal that is left, which any other level would not.
#[test]
fn the_level_noised_is_the_level_first_stepped_from() {
    let eps = points().mapv(f64::cos);
    let full = grid(20);
    for depth in 1..=20 {
        let edit = Edit::new(&full, depth).unwrap();
        assert_eq!(edit, Edit::by_strength(&full, depth as f64 / 20.0).unwrap());
        assert_eq!(edit.level(), full.levels()[20 - depth]);
        for sampler in all() {
            // Some starts take more steps than a short grid has.
            let Ok(plan) = sampler.plan(edit.grid(), Prediction::Eps) else { continue };
            let first = &plan.stages()[0];
            assert_eq!((first.level, first.time), (edit.level(), full.times()[20 - depth]));
        }
        let mut oracle = denoiser(Prediction::Eps, |_: &Array2<f64>, _| Ok(eps.clone()));
        let sampler = Ddim::default();
        let found = edit.run(&sampler, &points(), &eps, &mut oracle, &mut NoNoise).unwrap();
        let bound = 1e-14 / edit.level().alpha();
        assert!(found.rms_difference(&points()).unwrap() < bound, "depth {depth}");
    }
    assert_eq!(Edit::by_strength(&full, 0.0).unwrap().grid().steps(), 1);
    assert!(Edit::by_strength(&full, 1.01).is_err());
    assert!(Edit::new(&full, 0).is_err() && Edit::new(&full, 21).is_err());
    let refused = Edit::new(&full.mirror(), 3).unwrap_err().to_string();
    assert_eq!(refused, "an edit only runs towards the data, but the grid runs towards the noise");
}

/// Exact: a mask of ones is the known image, a mask of zeros without jumps plain DDPM, and a mixed mask keeps the known
/// numbers.
#[test]
fn masks_choose_between_known_and_new() {
    let mixture = Mixture::conditional(0.0);
    let known = points().mapv(|x| 0.5 * x);
    let mut noise = KeyedNoise::new(2, "repaint", [4, 5]);
    let run = |painter: RePaint, mask: &Array2<f64>, noise: &mut KeyedNoise| {
        let mut network = mixture.network(Prediction::V);
        painter.run(&grid(12), points(), &known, mask, &mut network, noise).unwrap()
    };
    let [ones, zeros] = [1.0, 0.0].map(|value| Array2::from_elem((2, 4), value));
    for sampler in [
        Ddpm::default(),
        Ddpm { variance: Variance::FixedLarge, clip: None },
        Ddpm { clip: Some(0.7), ..Ddpm::default() },
    ] {
        let jumping = RePaint { jump_length: 3, jump_count: 4, sampler };
        assert_eq!(run(jumping, &ones, &mut noise), known);
        let straight = RePaint { jump_count: 1, ..jumping };
        let plan = sampler.plan(&grid(12), Prediction::V).unwrap();
        let plain = plan.run(points(), &mut mixture.network(Prediction::V), &mut noise).unwrap();
        assert_eq!(run(straight, &zeros, &mut noise), plain);
        let mut half = zeros.clone();
        half.column_mut(1).fill(1.0);
        let found = run(jumping, &half, &mut noise);
        assert_eq!(found.column(1), known.column(1));
        assert!(found.iter().all(|x| x.is_finite()));
    }
}

/// Exact: every draw of a run has its own key, of the levels that it belongs to, and the network sees the grid's steps.
#[test]
fn nothing_is_drawn_twice() {
    let painter = RePaint { jump_length: 2, jump_count: 3, ..RePaint::default() };
    let heights = painter.heights(7).unwrap();
    let (mut keys, mut calls) = (Vec::new(), Vec::new());
    let mut noise = noise_from(|like: &Array2<f64>, call: &Call<'_>| {
        assert_eq!(call.of, heights.len() - 1);
        assert!(call.level != call.reaches);
        keys.push((call.step, call.stage));
        KeyedNoise::new(0, "once", [0, 1]).draw(like, call)
    });
    let mut network = denoiser(Prediction::X0, |x: &Array2<f64>, call| {
        assert_eq!(call.level, grid(7).levels()[call.step]);
        calls.push(call.step);
        Ok(x * 0.5)
    });
    let mask = Array2::from_elem((2, 4), 0.5);
    painter.run(&grid(7), points(), &points(), &mask, &mut network, &mut noise).unwrap();
    let drawn = keys.len();
    keys.sort_unstable();
    keys.dedup();
    assert_eq!(keys.len(), drawn);
    let downs: Vec<usize> =
        heights.windows(2).filter(|pair| pair[1] < pair[0]).map(|pair| 7 - pair[0]).collect();
    assert_eq!(calls, downs);
    // Two draws a step down, one a step up, none in the step to the data.
    assert_eq!(drawn, 2 * (downs.len() - 1) + heights.len() - 1 - downs.len());
}

/// Monte-Carlo class, 4,000 pairs: with one of two correlated numbers known, the other is drawn nearer to its conditional
/// mean with jumps than without. The variance of the residual, exact 1 - 0.9^2 = 0.19, has a standard error of 2.2 %; the
/// chain of 50 steps has a bias of its own.
#[test]
fn jumps_fit_the_new_to_the_known() {
    let n = 4000;
    // The exact prediction for two standard normals of correlation 0.9: one shrinkage for their sum, one for their difference.
    let mut network = denoiser(Prediction::X0, |x: &Array2<f64>, call| {
        let (alpha, sigma) = (call.level.alpha(), call.level.sigma());
        let gain = |v: f64| alpha * v / (alpha * alpha * v + sigma * sigma);
        let mut out = x.clone();
        for mut row in out.rows_mut() {
            let (sum, gap) = (gain(1.9) * (row[0] + row[1]), gain(0.1) * (row[0] - row[1]));
            (row[0], row[1]) = (0.5 * (sum + gap), 0.5 * (sum - gap));
        }
        Ok(out)
    });
    let keys: Vec<u64> = (0..n as u64).collect();
    let mut noise = KeyedNoise::new(6, "pairs", keys.clone());
    let start: Array2<f64> = noise.start(&Array2::zeros((n, 2))).unwrap();
    let known: Array2<f64> = KeyedNoise::new(6, "known", keys).start(&start).unwrap();
    let mask = Array2::from_shape_fn((n, 2), |(_, column)| if column == 0 { 1.0 } else { 0.0 });
    let residuals = [1, 10].map(|jump_count| {
        let painter = RePaint { jump_length: 5, jump_count, ..RePaint::default() };
        let found =
            painter.run(&grid(50), start.clone(), &known, &mask, &mut network, &mut noise).unwrap();
        let gaps: Array1<f64> = &found.column(1) - &(&known.column(0) * 0.9);
        gaps.mapv(|gap| gap * gap).mean().unwrap()
    });
    println!("residual variance {residuals:.3?}, exact 0.19");
    assert!(residuals[0] > 0.25 && (residuals[1] - 0.19).abs() < 0.04, "{residuals:?}");
}
