//! Draws of labels and levels for training: uniform, even, and in proportion to the loss.

use counterfoil_diffusion::Level;
use counterfoil_diffusion::training::{LevelSampling, LossAware, MEMORY, TimeSampling};
use counterfoil_random::Stream;

const TIMES: [TimeSampling; 4] = [
    TimeSampling::Uniform,
    TimeSampling::Stratified,
    TimeSampling::Lattice,
    TimeSampling::Antithetic,
];

/// Exact for the strata; Monte-Carlo class for uniformity: 4 standard errors of each bin.
#[test]
fn labels_are_uniform() {
    let (t, items, rounds) = (1000, 64, 2000);
    for sampling in TIMES {
        let mut counts = [0u32; 10];
        for round in 0..rounds {
            let labels = sampling.draw(&mut Stream::new(1, "labels", 0, round), items, t);
            assert_eq!(labels.len(), items);
            for label in &labels {
                counts[label / 100] += 1;
            }
            if matches!(sampling, TimeSampling::Stratified | TimeSampling::Lattice) {
                let mut sorted = labels.clone();
                sorted.sort_unstable();
                for (part, label) in sorted.into_iter().enumerate() {
                    assert!((part * t / items..=(part + 1) * t / items).contains(&label));
                }
            }
        }
        let expected = (items as f64 * rounds as f64) / 10.0;
        for count in counts {
            // A pair is one draw, and both of its labels may lie in one bin.
            let pairs = if sampling == TimeSampling::Antithetic { 2_f64.sqrt() } else { 1.0 };
            let error = 4.0 * pairs * (expected * 0.9).sqrt();
            assert!((f64::from(count) - expected).abs() < error, "{sampling:?}: {counts:?}");
        }
    }
    let mut stream = Stream::new(1, "labels", 0, 0);
    // More items than labels, and none of either.
    assert!(TimeSampling::Stratified.draw(&mut stream, 50, 7).iter().all(|&label| label < 7));
    assert!(TimeSampling::Stratified.draw(&mut stream, 0, 7).is_empty());
    assert_eq!(TimeSampling::Uniform.draw(&mut stream, 2, 1), [0, 0]);
}

/// Monte-Carlo class: 4 standard errors of the mean, and of the median by its normal approximation.
#[test]
fn levels_have_their_densities() {
    let n = 40_000;
    let draw = |sampling: LevelSampling| {
        let levels =
            sampling.draw(TimeSampling::Uniform, &mut Stream::new(3, "levels", 0, 0), n).unwrap();
        assert_eq!(levels.len(), n);
        levels
    };
    let mean = |values: Vec<f64>, expected: f64, deviation: f64, what: &str| {
        let mean = values.iter().sum::<f64>() / n as f64;
        let error = 4.0 * deviation / (n as f64).sqrt();
        assert!((mean - expected).abs() < error, "{what}: {mean}, not {expected}");
    };
    let log_normal = draw(LevelSampling::LogNormal { mean: -1.2, std: 1.2 });
    mean(log_normal.iter().map(|level| level.s().ln()).collect(), -1.2, 1.2, "ln s");
    let spread = log_normal.iter().map(|level| (level.s().ln() + 1.2).powi(2)).collect();
    mean(spread, 1.44, 1.44 * 2_f64.sqrt(), "variance of ln s");
    let logit = draw(LevelSampling::LogitNormal { mean: 0.5, std: 0.8 });
    mean(logit.iter().map(|level| -level.lambda()).collect(), 0.5, 0.8, "logit");
    let log_uniform = draw(LevelSampling::LogUniform { low: 0.002, high: 80.0 });
    let (low, high) = (0.002_f64.ln(), 80_f64.ln());
    let deviation = (high - low) / 12_f64.sqrt();
    let ln_s: Vec<f64> = log_uniform.iter().map(|level| level.s().ln()).collect();
    assert!(ln_s.iter().all(|ln_s| (low..=high).contains(ln_s)));
    mean(ln_s, 0.5 * (low + high), deviation, "log-uniform");
    let uniform = draw(LevelSampling::FlowUniform);
    mean(uniform.iter().map(|level| level.sigma()).collect(), 0.5, 0.3, "uniform");
    // The map is odd about 1/2 but for its sign, so its mean is 1/2; cos-map is symmetric too.
    let mode = draw(LevelSampling::Mode { scale: 1.29 });
    mean(mode.iter().map(|level| level.sigma()).collect(), 0.5, 0.3, "mode");
    let middle = |levels: &[Level]| {
        levels.iter().filter(|level| (0.4..0.6).contains(&level.sigma())).count() as f64 / n as f64
    };
    assert!(middle(&mode) > 0.3 && (middle(&uniform) - 0.2).abs() < 0.01);
    let cos_map = draw(LevelSampling::CosMap);
    // The density is 2 / (pi (1 - 2 t + 2 t^2)), 4 / pi in the middle.
    assert!((middle(&cos_map) - 0.2 * 4.0 / std::f64::consts::PI).abs() < 0.015);
    for refused in [
        LevelSampling::LogNormal { mean: 0.0, std: 0.0 },
        LevelSampling::Mode { scale: 2.0 },
        LevelSampling::LogitNormal { mean: f64::NAN, std: 1.0 },
        LevelSampling::LogUniform { low: 0.0, high: 1.0 },
        LevelSampling::LogUniform { low: 1.0, high: 1.0 },
    ] {
        assert!(
            refused.draw(TimeSampling::Uniform, &mut Stream::new(0, "levels", 0, 0), 1).is_err()
        );
    }
}

const DENSITIES: [LevelSampling; 6] = [
    LevelSampling::LogNormal { mean: -1.2, std: 1.2 },
    LevelSampling::LogUniform { low: 0.002, high: 80.0 },
    LevelSampling::FlowUniform,
    LevelSampling::LogitNormal { mean: 0.5, std: 0.8 },
    LevelSampling::Mode { scale: 1.29 },
    LevelSampling::CosMap,
];

/// Exact for coverage: of as many parts of equal probability as there are items, each holds one level, whatever the
/// density; and the two levels of an antithetic pair lie at opposite quantiles.
#[test]
fn levels_cover_their_densities() {
    let items = 37;
    let ln_s = |level: &Level| -level.lambda();
    for density in DENSITIES {
        let quantile = |place: f64| ln_s(&density.quantile(place).unwrap());
        let steps: Vec<f64> = (0..=items).map(|i| quantile(i as f64 / items as f64)).collect();
        assert!(steps.windows(2).all(|pair| pair[0] < pair[1]), "{density:?}: {steps:?}");
        for times in [TimeSampling::Stratified, TimeSampling::Lattice] {
            for round in 0..20 {
                let stream = &mut Stream::new(4, "levels", 0, round);
                let levels = density.draw(times, stream, items).unwrap();
                let drawn: Vec<f64> = levels.iter().map(ln_s).collect();
                let mut sorted = drawn.clone();
                sorted.sort_by(f64::total_cmp);
                assert_ne!(sorted, drawn, "the order of the items says nothing about their level");
                for (part, found) in sorted.into_iter().enumerate() {
                    let (low, high) = (steps[part] - 1e-12, steps[part + 1] + 1e-12);
                    assert!((low..=high).contains(&found), "{density:?}, {times:?}: {part}");
                }
            }
        }
        assert!(density.quantile(1.1).is_err() && density.quantile(f64::NAN).is_err());
        let stream = || Stream::new(5, "levels", 0, 0);
        let places = TimeSampling::Antithetic.places(&mut stream(), items);
        let levels = density.draw(TimeSampling::Antithetic, &mut stream(), items).unwrap();
        for (pair, of) in levels.chunks_exact(2).zip(places.chunks_exact(2)) {
            assert!((of[0] + of[1] - 1.0).abs() < 1e-15);
            assert!((ln_s(&pair[1]) - quantile(1.0 - of[0])).abs() < 1e-12);
        }
        for times in TIMES {
            assert!(density.draw(times, &mut stream(), 0).unwrap().is_empty());
            assert_eq!(density.draw(times, &mut stream(), 1).unwrap().len(), 1);
        }
    }
}

/// Monte-Carlo class: a factor of 2 beside the variances that theory gives. Every way of drawing has the mean of the
/// density, and the mean of a batch varies less the more evenly the batch covers it.
#[test]
fn even_batches_vary_less() {
    let (items, rounds) = (16, 4000);
    let variance = |times: TimeSampling, loss: &dyn Fn(f64) -> f64, mean: f64| {
        let batch = |round| {
            let places = times.places(&mut Stream::new(6, "batches", 0, round), items);
            places.into_iter().map(loss).sum::<f64>() / items as f64 - mean
        };
        let errors: Vec<f64> = (0..rounds).map(batch).collect();
        let square = errors.iter().map(|error| error * error).sum::<f64>() / rounds as f64;
        let bias = errors.iter().sum::<f64>() / rounds as f64;
        assert!(bias.abs() < 4.0 * (square / rounds as f64).sqrt() + 1e-14, "{times:?}: {bias}");
        square
    };
    let n = items as f64;
    // The loss u: independent draws have 1/12 n, strata 1/12 n^3 and the lattice, whose start is their common error, 1/12
    // n^2; pairs have none.
    let [independent, strata, lattice, pairs] = TIMES.map(|times| variance(times, &|u| u, 0.5));
    let expected = [1.0, 1.0 / (n * n), 1.0 / n].map(|share| share / (12.0 * n));
    for (found, expected) in [independent, strata, lattice].into_iter().zip(expected) {
        assert!((0.5..2.0).contains(&(found / expected)), "{found} for {expected}");
    }
    assert!(pairs < 1e-28, "{pairs}");
    // A loss that ends as it began: the lattice has no error up to its number of points, pairs do not help.
    let wave = |u: f64| (2.0 * std::f64::consts::PI * u).cos();
    let [independent, strata, lattice, pairs] = TIMES.map(|times| variance(times, &wave, 0.0));
    assert!(lattice < 1e-28 && strata < 0.05 * independent && pairs > independent);
}

/// Exact: a batch of labels in proportion to the loss is spread as evenly as they allow: each label is drawn as often as
/// its probability says, but for one at each side.
#[test]
fn loss_aware_draws_can_be_stratified() {
    let mut sampler = LossAware::new(5).unwrap();
    for _ in 0..MEMORY {
        sampler.update(&[0, 1, 2, 3, 4], &[0.1, 4.0, 0.0, 1.0, 0.4]).unwrap();
    }
    let items = 200;
    for times in [TimeSampling::Stratified, TimeSampling::Lattice] {
        let draws = sampler.draw(times, &mut Stream::new(2, "labels", 0, 0), items);
        for (label, p) in sampler.probabilities().iter().enumerate() {
            let count = draws.iter().filter(|draw| draw.0 == label).count() as f64;
            assert!((count - items as f64 * p).abs() < 2.0, "{times:?}, label {label}: {count}");
        }
    }
}

/// Exact for the probabilities; Monte-Carlo class, 4 standard errors, for the draws and for the unbiased mean.
#[test]
fn loss_aware_draws_are_unbiased() {
    let losses = [0.1, 4.0, 0.0, 1.0, 0.4];
    let mut sampler = LossAware::new(5).unwrap();
    let labels: Vec<usize> = (0..5).collect();
    for round in 0..2 * MEMORY {
        // What is older than the memory has no weight.
        let old = round < MEMORY;
        if round < MEMORY {
            assert!(sampler.probabilities().iter().all(|p| (p - 0.2).abs() < 1e-15));
        }
        let losses = if old { [9.0; 5] } else { losses };
        sampler.update(&labels, &losses).unwrap();
    }
    let probabilities = sampler.probabilities();
    assert!((probabilities.iter().sum::<f64>() - 1.0).abs() < 1e-14);
    for (p, loss) in probabilities.iter().zip(losses) {
        assert!((p - (0.999 * loss / 5.5 + 0.0002)).abs() < 1e-15);
    }
    let n = 200_000;
    let draws = sampler.draw(TimeSampling::Uniform, &mut Stream::new(1, "labels", 0, 0), n);
    let mut mean = 0.0;
    for (label, p) in probabilities.iter().enumerate() {
        let count = draws.iter().filter(|draw| draw.0 == label).count() as f64;
        let error = 4.0 * (n as f64 * p * (1.0 - p)).sqrt();
        assert!((count - n as f64 * p).abs() < error, "label {label}: {count}");
    }
    for (label, weight) in &draws {
        mean += losses[*label] * weight / n as f64;
    }
    // The weighted loss is nearly constant over labels: that is what the draws are for.
    assert!((mean - 1.1).abs() < 0.01, "{mean}");
    let text = serde_json::to_string(&sampler).unwrap();
    assert_eq!(serde_json::from_str::<LossAware>(&text).unwrap().probabilities().len(), 5);
    assert!(LossAware::new(0).is_err());
    for refused in [
        sampler.update(&[0, 1], &[1.0]),
        sampler.update(&[5], &[1.0]),
        sampler.update(&[0], &[f64::NAN]),
    ] {
        assert!(refused.is_err());
    }
    assert_eq!(sampler.probabilities(), probabilities);
    let mut silent = LossAware::new(1).unwrap();
    for _ in 0..MEMORY {
        silent.update(&[0], &[0.0]).unwrap();
    }
    assert_eq!(silent.probabilities(), [1.0]);
}
