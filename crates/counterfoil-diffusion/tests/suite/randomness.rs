//! Stochastic samplers: exact marginals where theory gives them, and moments by Monte-Carlo.

use counterfoil_diffusion::{
    Churn, Ddim, Ddpm, DiscreteSchedule, DpmMultistep, End, Euler, EulerAncestral, Grid, Heun,
    KeyedNoise, Level, NoiseSource, Plan, Prediction, ReplayedNoise, Sampler, Spacing, Variance,
    denoiser, noise_from,
};
use ndarray::{Array1, array};

/// The exact prediction of `x0` for normal data of this spread: linear in the state.
fn gaussian(spread: f64) -> impl counterfoil_diffusion::Denoiser<Array1<f64>> {
    denoiser(Prediction::X0, move |x: &Array1<f64>, call| {
        let (alpha, sigma) = (call.level.alpha(), call.level.sigma());
        let gain = alpha * spread.powi(2) / ((alpha * spread).powi(2) + sigma.powi(2));
        Ok(x * gain)
    })
}

/// Variance of the state after each step, propagated through the linear network: the two components carry the
/// response to the state and to the noise.
fn variances(plan: &Plan, spread: f64, start: f64) -> Vec<f64> {
    let mut network = gaussian(spread);
    let mut noise = noise_from(|_: &Array1<f64>, _| Ok(array![0.0, 1.0]));
    let mut variance = start;
    let mut found = Vec::new();
    let mut run = plan.start(array![1.0, 0.0]).unwrap();
    while run.step(&mut network, &mut noise).unwrap().is_some() {
        let [gain, fresh] = [run.state()[0], run.state()[1]];
        variance = variance * gain.powi(2) + fresh.powi(2);
        found.push(variance);
        let mut memory = run.into_memory();
        memory.state = array![1.0, 0.0];
        run = plan.resume(memory);
    }
    found
}

/// Float class: 1e-12. The large variance is exact for standard normal data and the small one for a point, so the
/// chain has the forward marginal at every level, on a coarse grid as on a fine one.
#[test]
fn ancestral_marginals_are_exact() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    for steps in [3, 10, 1000] {
        let grid = schedule.grid(Spacing::Trailing, steps, End::Zero).unwrap();
        let large = Ddpm { variance: Variance::FixedLarge, clip: None };
        let plan = large.plan(&grid, Prediction::X0).unwrap();
        let unit = variances(&plan, 1.0, 1.0);
        assert!(unit[..steps - 1].iter().all(|found| (found - 1.0).abs() < 1e-12));
        // In any scale of the levels: exploding ones, and those of a flow.
        for of in [Level::from_sigma_ve, |s: f64| Level::from_flow(s / (1.0 + s))] {
            let levels: Vec<Level> =
                grid.levels().iter().map(|level| of(level.s()).unwrap()).collect();
            let at = |level: &Level| level.power();
            let scaled = Grid::new(levels.clone(), grid.times().to_vec()).unwrap();
            let plan = large.plan(&scaled, Prediction::X0).unwrap();
            let found = variances(&plan, 1.0, at(&levels[0]));
            for (level, found) in levels[1..steps].iter().zip(found) {
                assert!((found / at(level) - 1.0).abs() < 1e-11, "{found} at {level:?}");
            }
        }

        let plan = Ddpm::default().plan(&grid, Prediction::X0).unwrap();
        let point = variances(&plan, 0.0, grid.start().sigma().powi(2));
        for (level, found) in grid.levels()[1..].iter().zip(point) {
            assert!((found - level.sigma().powi(2)).abs() < 1e-12);
        }
    }
}

/// Float class: for other data the reverse chain is an approximation of first order in the step.
#[test]
fn ancestral_variance_converges() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    for sampler in [&Ddpm::default() as &dyn Sampler, &Ddim { eta: 0.5, clip: None }] {
        let errors = [100, 200, 400].map(|steps| {
            let grid = schedule.grid(Spacing::LogSnr, steps, End::Label0).unwrap();
            let plan = sampler.plan(&grid, Prediction::X0).unwrap();
            let spread: f64 = 0.5;
            let at = |level: Level| (level.alpha() * spread).powi(2) + level.sigma().powi(2);
            let found = variances(&plan, spread, at(grid.start()));
            (found[steps - 1] - at(grid.end())).abs()
        });
        assert!(errors[2] < 0.01 && errors[1] < 0.6 * errors[0] && errors[2] < 0.6 * errors[1]);
    }
}

/// Monte-Carlo class: mean and variance of 20,000 samples within 4 standard errors, at 200 steps, with the bias of
/// the chain (computed exactly above) taken into account.
#[test]
fn samples_have_the_moments_of_the_chain() {
    let n = 20_000u64;
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 200, End::Zero).unwrap();
    let plan = Ddpm::default().plan(&grid, Prediction::X0).unwrap();
    let expected = variances(&plan, 0.5, 1.0)[199];
    assert!((expected - 0.25).abs() < 0.03, "{expected}");
    let mut noise = KeyedNoise::new(11, "moments", (0..n).collect::<Vec<_>>());
    let start = noise.start(&Array1::zeros(n as usize)).unwrap();
    let found = plan.run(start, &mut gaussian(0.5), &mut noise).unwrap();
    let mean = found.sum() / n as f64;
    let variance = found.mapv(|x| (x - mean).powi(2)).sum() / n as f64;
    assert!(mean.abs() < 4.0 * (expected / n as f64).sqrt(), "{mean}");
    let error = 4.0 * expected * (2.0 / n as f64).sqrt();
    assert!((variance - expected).abs() < error, "{variance} and {expected}");
}

/// Exact: keys decide the noise, the start is drawn apart, and sources run dry with a typed error.
#[test]
fn noise_is_keyed_and_replayed() {
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 4, End::Zero).unwrap();
    let plan = Ddpm::default().plan(&grid, Prediction::X0).unwrap();
    let mut kept: Vec<Array1<f64>> = Vec::new();
    let mut keyed = KeyedNoise::new(1, "run", [5, 6]);
    let start = keyed.start(&array![0.0, 0.0]).unwrap();
    let mut recording = noise_from(|like: &Array1<f64>, call| {
        let noise = keyed.draw(like, call)?;
        kept.push(noise.clone());
        Ok(noise)
    });
    let first = plan.run(start.clone(), &mut gaussian(1.0), &mut recording).unwrap();
    // The last step, to the data, draws none.
    assert_eq!(kept.len(), 3);
    let mut drawn = kept.clone();
    drawn.push(start.clone());
    for (i, a) in drawn.iter().enumerate() {
        assert!(drawn[i + 1..].iter().all(|b| a != b), "two places share their noise");
    }
    let mut replayed = ReplayedNoise::new(kept.clone());
    let second = plan.run(start.clone(), &mut gaussian(1.0), &mut replayed).unwrap();
    assert_eq!((first, replayed.left()), (second, 0));
    let mut short = ReplayedNoise::new(kept.into_iter().take(1));
    let refused = plan.run(start, &mut gaussian(1.0), &mut short).unwrap_err();
    assert!(refused.to_string().starts_with("the plan needs noise at step 1"));
    let refused = KeyedNoise::new(1, "run", [5]).start(&array![0.0, 0.0]).unwrap_err();
    assert_eq!(refused.to_string(), "1 entries were given for a batch of 2 items");
}

/// Variance at the end of a run of a linear network: the response to the start and to the noise of every call, each
/// propagated for itself, whatever the sampler remembers.
fn variance(plan: &Plan, spread: f64, start: f64) -> f64 {
    let n = plan.evaluations() + 1;
    let mut drawn = 0;
    let mut noise = noise_from(move |_: &Array1<f64>, _| {
        drawn += 1;
        Ok(Array1::from_shape_fn(n, |i| f64::from(u8::from(i == drawn))))
    });
    let begin = Array1::from_shape_fn(n, |i| if i == 0 { start.sqrt() } else { 0.0 });
    plan.run(begin, &mut gaussian(spread), &mut noise).unwrap().mapv(|x| x * x).sum()
}

/// Float class: the variance of the stochastic solvers is right to first order in the step at least, on a grid whose levels
/// are equally spaced in log-SNR, and the better solver is nearer.
#[test]
fn stochastic_solvers_converge_in_law() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let multistep = |order, eta| DpmMultistep { order, eta, ..DpmMultistep::default() };
    let samplers: [(&dyn Sampler, f64); 5] = [
        (&EulerAncestral::default(), 1.0),
        (&multistep(1, 1.0), 1.0),
        (&multistep(2, 1.0), 1.9),
        (&multistep(3, 1.0), 2.5),
        (&multistep(2, 0.3), 1.9),
    ];
    for (sampler, order) in samplers {
        let errors = [40, 80, 160].map(|steps| {
            let grid = schedule.grid(Spacing::LogSnr, steps, End::SigmaMin(0.1)).unwrap();
            let plan = sampler.plan(&grid, Prediction::X0).unwrap();
            let at = |level: Level| (level.alpha() * 0.5).powi(2) + level.sigma().powi(2);
            (variance(&plan, 0.5, at(grid.start())) - at(grid.end())).abs()
        });
        let found = (errors[0] / errors[2]).log2() / 2.0;
        println!("{order}: {errors:?} {found:.2}");
        assert!(found > order - 0.15, "order {found}: {errors:?}");
    }
}

/// Float class: as eta goes to 0 the stochastic solver goes to the deterministic one, linearly in its noise.
#[test]
fn less_noise_is_nearer_to_the_flow() {
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 20, End::Zero).unwrap();
    let end = |eta| {
        let plan = DpmMultistep { eta, ..DpmMultistep::default() };
        let plan = plan.plan(&grid, Prediction::X0).unwrap();
        let mut noise = KeyedNoise::new(4, "eta", [0, 1]);
        plan.run(array![0.7, -1.1], &mut gaussian(0.5), &mut noise).unwrap()
    };
    let gap = |eta: f64| (end(eta) - end(0.0)).mapv(f64::abs).sum();
    assert!(gap(1e-4) < 0.2 * gap(1e-2) && gap(1e-6) < 0.2 * gap(1e-4) && gap(1e-8) < 1e-3);
}

/// Float class: churn keeps the distribution of the flow, up to the error of the solver.
#[test]
fn churn_keeps_the_distribution() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let grid = schedule.grid(Spacing::LogSnr, 100, End::SigmaMin(0.05)).unwrap();
    let at = |level: Level| (level.alpha() * 0.5).powi(2) + level.sigma().powi(2);
    let churn = Churn { amount: 20.0, ..Churn::default() };
    for (sampler, bound) in [(&Heun { churn } as &dyn Sampler, 3e-3), (&Euler { churn }, 4e-2)] {
        let plan = sampler.plan(&grid, Prediction::X0).unwrap();
        assert!(plan.is_stochastic());
        let found = variance(&plan, 0.5, at(grid.start()));
        let error = (found - at(grid.end())).abs();
        assert!(error < bound, "{}: {error}", plan.sampler());
    }
}

/// Exact: noise raises no call beyond the label of the grid's start, where no network was trained, however much of it there is;
/// what is raised beyond the step before lies between labels further up.
#[test]
fn churn_asks_for_no_label_beyond_the_grid() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, 100, End::Zero).unwrap();
    let plan = Heun { churn: Churn { amount: 40.0, ..Churn::default() } };
    let plan = plan.plan(&grid, Prediction::Eps).unwrap();
    for stage in plan.stages() {
        assert!(stage.time.value() <= grid.times()[0].value(), "{stage:?}");
        let exact = schedule.time_of(stage.level).value().min(999.0);
        if !stage.level.is_clean() {
            assert!((stage.time.value() - exact).abs() < 1.0, "{stage:?} for {exact}");
        }
    }
}
