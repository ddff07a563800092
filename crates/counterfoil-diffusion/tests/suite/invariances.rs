//! What must not matter: the parametrisation, the scaling, the batch, the thread, the way a run is cut.

use crate::{
    mixture::{Mixture, distance, level_of_s, uniform_grid},
    samplers::{all, solvers},
};
use counterfoil_diffusion::{
    Ddim, Ddpm, DiffusionError, DiscreteSchedule, DpmSolver2M, End, Grid, KeyedNoise, Leapfrog,
    Level, ModelTime, NoNoise, Plan, Prediction, SampleError, Sampler, Spacing, denoiser,
};
use ndarray::{Array2, Axis, array, s};

fn points() -> Array2<f64> {
    array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1], [0.1, 0.2, -0.3, 0.4]]
}

fn trailing(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

fn sampled(plan: &Plan, mixture: &Mixture, x: Array2<f64>, items: &[u64]) -> Array2<f64> {
    let mut noise = KeyedNoise::new(3, "sample", items);
    plan.run(x, &mut mixture.network(plan.prediction()), &mut noise).unwrap()
}

/// Float class: 1e-11 after 30 steps, on values of order 1.
#[test]
fn every_prediction_gives_the_same_trajectory() {
    let mixture = Mixture::conditional(0.0);
    for sampler in all() {
        let predictions = [
            Prediction::Eps,
            Prediction::V,
            Prediction::X0,
            Prediction::Flow,
            Prediction::Edm { sigma_data: 0.5 },
        ];
        let runs = predictions.map(|prediction| {
            let plan = sampler.plan(&trailing(30), prediction).unwrap();
            sampled(&plan, &mixture, points(), &[0, 1, 2])
        });
        for (run, prediction) in runs.iter().zip(predictions) {
            assert!(distance(&runs[0], run) < 1e-11, "{prediction}");
        }
    }
}

/// Float class: 1e-11. DDIM with eta 1 and DDPM with the small variance are the same chain by different formulas.
#[test]
fn ddim_with_full_noise_is_ddpm() {
    let mixture = Mixture::conditional(0.0);
    let eta_one = Ddim { eta: 1.0, clip: None };
    let ancestral = Ddpm::default();
    let runs = [&eta_one as &dyn Sampler, &ancestral].map(|sampler| {
        let plan = sampler.plan(&trailing(40), Prediction::Eps).unwrap();
        sampled(&plan, &mixture, points(), &[0, 1, 2])
    });
    assert!(distance(&runs[0], &runs[1]) < 1e-11);
}

/// Float class: 1e-12. The same `sigma / alpha` in three scalings of `x` is the same trajectory of `x / alpha`.
#[test]
fn the_scaling_does_not_matter() {
    let mixture = Mixture::conditional(0.0);
    let values: Vec<f64> = (0..=20).map(|i| (3.0 - 0.3 * f64::from(i)).exp()).collect();
    let scalings: [fn(f64) -> Level; 3] = [
        level_of_s,
        |s| Level::from_sigma_ve(s).unwrap(),
        |s| Level::from_flow(s / (1.0 + s)).unwrap(),
    ];
    for sampler in solvers() {
        let runs = scalings.map(|level| {
            let levels: Vec<Level> = values.iter().map(|&s| level(s)).collect();
            let times = (0..levels.len()).map(ModelTime::Index).collect();
            let grid = Grid::new(levels, times).unwrap();
            let plan = sampler.plan(&grid, Prediction::Eps).unwrap();
            let start = points() * values[0] * grid.start().alpha();
            sampled(&plan, &mixture, start, &[0, 1, 2]) / grid.end().alpha()
        });
        assert!(distance(&runs[0], &runs[1]) < 1e-12);
        assert!(distance(&runs[0], &runs[2]) < 1e-12);
    }
}

/// Exact: item k of a batch is item k alone, its noise included, and eight threads that share one plan agree.
#[test]
fn items_depend_neither_on_their_batch_nor_on_the_thread() {
    let mixture = Mixture::conditional(0.0);
    for sampler in all() {
        let plan = sampler.plan(&trailing(20), Prediction::V).unwrap();
        let items = [7, 1, 40];
        let together = sampled(&plan, &mixture, points(), &items);
        for (k, &item) in items.iter().enumerate() {
            let alone = points().slice(s![k..=k, ..]).to_owned();
            let alone = sampled(&plan, &mixture, alone, &[item]);
            assert_eq!(alone.row(0), together.row(k));
        }
        std::thread::scope(|scope| {
            let run = || sampled(&plan, &mixture, points(), &items);
            let threads: Vec<_> = (0..8).map(|_| scope.spawn(run)).collect();
            for thread in threads {
                assert_eq!(thread.join().unwrap(), together);
            }
        });
    }
}

/// Exact: without `eta` nothing is drawn, so any source, or none, gives the same bits.
#[test]
fn deterministic_plans_draw_nothing() {
    let mixture = Mixture::conditional(0.0);
    for sampler in [&Ddim::default() as &dyn Sampler, &DpmSolver2M::default(), &Leapfrog::default()]
    {
        let plan = sampler.plan(&trailing(10), Prediction::V).unwrap();
        assert!(!plan.is_stochastic());
        let mut network = mixture.network(Prediction::V);
        let without = plan.run(points(), &mut network, &mut NoNoise).unwrap();
        assert_eq!(sampled(&plan, &mixture, points(), &[9, 9, 9]), without);
    }
    let plan = Ddim { eta: 0.1, clip: None }.plan(&trailing(10), Prediction::V).unwrap();
    assert!(plan.is_stochastic());
    let refused = plan.run(points(), &mut mixture.network(Prediction::V), &mut NoNoise);
    let missing = DiffusionError::NoiseMissing { step: 0 };
    assert!(matches!(refused, Err(SampleError::Diffusion(error)) if error == missing));
}

/// Exact: a run can be stopped, taken apart and resumed, and a partial run is the end of the full one.
#[test]
fn a_run_may_be_cut_anywhere() {
    let mixture = Mixture::conditional(0.0);
    let full_grid = trailing(12);
    for sampler in [&Ddpm::default() as &dyn Sampler, &DpmSolver2M::default(), &Leapfrog::default()]
    {
        let plan = sampler.plan(&full_grid, Prediction::V).unwrap();
        let whole = sampled(&plan, &mixture, points(), &[0, 1, 2]);
        let mut noise = KeyedNoise::new(3, "sample", [0, 1, 2]);
        let mut network = mixture.network(Prediction::V);
        let mut run = plan.start(points()).unwrap();
        for _ in 0..5 {
            run.step(&mut network, &mut noise).unwrap();
        }
        let mut run = plan.resume(run.into_memory());
        let mut last = None;
        while let Some(report) = run.step(&mut network, &mut noise).unwrap() {
            last = Some(report);
        }
        assert_eq!(*run.state(), whole);
        let last = last.unwrap();
        assert_eq!((last.step, last.reached), (11, Level::CLEAN));
        assert_eq!(last.evaluations, plan.evaluations());
    }
    // One-step samplers forget: their partial run from the state in the middle ends where the full one does.
    let plan = Ddpm::default().plan(&full_grid, Prediction::V).unwrap();
    let mut noise = KeyedNoise::new(3, "sample", [0, 1, 2]);
    let mut network = mixture.network(Prediction::V);
    let mut run = plan.start(points()).unwrap();
    for _ in 0..8 {
        run.step(&mut network, &mut noise).unwrap();
    }
    let partial = Ddpm::default().plan(&full_grid.lowest(4).unwrap(), Prediction::V).unwrap();
    let found = sampled(&partial, &mixture, run.state().clone(), &[0, 1, 2]);
    assert_eq!(found, sampled(&plan, &mixture, points(), &[0, 1, 2]));
}

/// Exact: the layout in memory and the number of axes do not matter, single precision is kept, and unequal
/// shapes are refused.
#[test]
fn states_keep_their_shape_and_type() {
    let plan = DpmSolver2M::default().plan(&trailing(8), Prediction::Eps).unwrap();
    let mixture = Mixture::conditional(0.0);
    let straight = sampled(&plan, &mixture, points(), &[0, 1, 2]);
    let mut turned = points().reversed_axes().as_standard_layout().into_owned();
    turned = turned.reversed_axes();
    assert!(!turned.is_standard_layout());
    assert_eq!(sampled(&plan, &mixture, turned, &[0, 1, 2]), straight);

    let single = points().mapv(|x| x as f32);
    let mut network = denoiser(Prediction::Eps, |x: &Array2<f32>, call| {
        let wide = mixture.predict(Prediction::Eps, &x.mapv(f64::from), call.level);
        Ok(wide.mapv(|x| x as f32))
    });
    let single = plan.run(single, &mut network, &mut NoNoise).unwrap();
    assert!(distance(&single.mapv(f64::from), &straight) < 2e-6 * 8f64.sqrt());

    let mut narrow = denoiser(Prediction::Eps, |x: &Array2<f64>, _| {
        Ok(x.index_axis(Axis(1), 0).to_owned().insert_axis(Axis(1)))
    });
    let refused = plan.run(points(), &mut narrow, &mut NoNoise).unwrap_err();
    assert_eq!(refused.to_string(), "shapes differ: [3, 1] and [3, 4]");
    let refused = plan.run(points(), &mut mixture.network(Prediction::V), &mut NoNoise);
    let expected = "prediction mismatch: eps was expected, the denoiser gives v";
    assert_eq!(refused.unwrap_err().to_string(), expected);
    let mut failing = denoiser(Prediction::Eps, |_: &Array2<f64>, _| Err("out of memory".into()));
    let refused = plan.run(points(), &mut failing, &mut NoNoise).unwrap_err();
    assert_eq!(refused.to_string(), "the denoiser failed at step 0: out of memory");
}

/// Exact where the clip bites; float class, 1e-12, where it never does: the clipped plan is then the free one.
#[test]
fn clipping_keeps_the_image_in_range() {
    let mixture = Mixture::conditional(0.6);
    for sampler in [
        &Ddim { eta: 0.0, clip: Some(0.5) } as &dyn Sampler,
        &Ddpm { clip: Some(0.5), ..Ddpm::default() },
        &DpmSolver2M { clip: Some(0.5) },
    ] {
        let plan = sampler.plan(&trailing(20), Prediction::V).unwrap();
        let image = sampled(&plan, &mixture, points(), &[0, 1, 2]);
        // The last step returns the clipped image itself.
        assert!(image.iter().all(|x| x.abs() <= 0.5));
        assert!(image.iter().any(|x| x.abs() == 0.5));
    }
    let grid = uniform_grid(80.0, 0.05, 10);
    let wide = Ddim { eta: 0.0, clip: Some(1e6) }.plan(&grid, Prediction::V).unwrap();
    let free = Ddim::default().plan(&grid, Prediction::V).unwrap();
    let run = |plan: &Plan| sampled(plan, &mixture, points(), &[0, 1, 2]);
    assert!(distance(&run(&wide), &run(&free)) < 1e-12);
}
