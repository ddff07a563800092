//! Sweeps over a window of a run: the sequential result, in fewer rounds.

use crate::mixture::{Mixture, distance};
use counterfoil_diffusion::{
    BoxError, Call, Churn, Ddim, Ddpm, DiscreteSchedule, DpmMultistep, DpmSinglestep, End, Euler,
    EulerAncestral, Heun, KeyedNoise, Lcm, NoNoise, NoiseSource, Picard, Plan, Prediction,
    ReplayedNoise, Sampler, Spacing, noise_from,
};
use ndarray::{Array2, array};

const KINDS: [Prediction; 3] = [Prediction::Eps, Prediction::X0, Prediction::V];

fn points() -> Array2<f64> {
    array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1]]
}

fn plan(sampler: &dyn Sampler, steps: usize, prediction: Prediction) -> Plan {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, steps, End::Zero).unwrap();
    sampler.plan(&grid, prediction).unwrap()
}

/// The outputs of a sweep.
type Answers = Result<Vec<Array2<f64>>, BoxError>;

/// The mixture, asked for a whole sweep.
fn sweep(
    mixture: &Mixture,
    prediction: Prediction,
) -> impl FnMut(&[Array2<f64>], &[Call<'_>]) -> Answers {
    move |states, calls| {
        assert_eq!(states.len(), calls.len());
        let answer =
            |(x, call): (&Array2<f64>, &Call<'_>)| mixture.predict(prediction, x, call.level);
        Ok(states.iter().zip(calls).map(answer).collect())
    }
}

fn noise() -> KeyedNoise {
    KeyedNoise::new(8, "picard", [3, 4])
}

/// Float class: 1e-12. Without tolerance the sweeps end at the sequential result, for every sampler that remembers
/// nothing, every window and every prediction; with a window of one they are the run.
#[test]
fn sweeps_end_at_the_sequential_result() {
    let mixture = Mixture::conditional(0.0);
    let churn = Churn { amount: 10.0, ..Churn::default() };
    let samplers: [&dyn Sampler; 8] = [
        &Ddim::default(),
        &Ddim { eta: 0.6, clip: Some(0.8) },
        &Ddpm::default(),
        &Euler::default(),
        &Euler { churn },
        &EulerAncestral::default(),
        &DpmMultistep { order: 1, eta: 1.0, ..DpmMultistep::default() },
        &Lcm::default(),
    ];
    for sampler in samplers {
        for prediction in KINDS {
            let plan = plan(sampler, 24, prediction);
            let mut network = mixture.network(prediction);
            let expected = plan.run(points(), &mut network, &mut noise()).unwrap();
            for window in [1, 5, 24, 100] {
                let picard = Picard { window, tolerance: 0.0 };
                let found =
                    picard.run(&plan, points(), sweep(&mixture, prediction), &mut noise()).unwrap();
                let error = distance(&found.state, &expected);
                assert!(error < 1e-12, "{} in windows of {window}: {error:e}", plan.sampler());
                assert!(found.sweeps <= 24 && found.evaluations >= 24);
                assert!(window > 1 || (found.sweeps, found.evaluations) == (24, 24));
            }
        }
    }
}

/// Float class: at a tolerance of 1e-3 the result is within 2e-3 of the sequential one, in at most half of its rounds.
#[test]
fn a_tolerance_saves_rounds() {
    let mixture = Mixture::conditional(0.0);
    for sampler in [&Ddim::default() as &dyn Sampler, &Ddpm::default()] {
        for prediction in KINDS {
            let plan = plan(sampler, 100, prediction);
            let mut network = mixture.network(prediction);
            let expected = plan.run(points(), &mut network, &mut noise()).unwrap();
            for window in [20, 100] {
                let picard = Picard { window, tolerance: 1e-3 };
                let found =
                    picard.run(&plan, points(), sweep(&mixture, prediction), &mut noise()).unwrap();
                let error = distance(&found.state, &expected);
                println!(
                    "{} {prediction} window {window}: {} sweeps, {} evaluations, error {error:.1e}",
                    plan.sampler(),
                    found.sweeps,
                    found.evaluations
                );
                assert!(found.sweeps <= 50 && error < 2e-3);
            }
        }
    }
}

/// Exact: noise is drawn once a step and in order, so that replayed noise gives what the run gives.
#[test]
fn noise_is_drawn_once_a_step() {
    let mixture = Mixture::conditional(0.0);
    let plan = plan(&Ddpm::default(), 12, Prediction::V);
    let mut kept = Vec::new();
    let mut keyed = noise();
    let mut recording = noise_from(|like: &Array2<f64>, call| {
        let fresh = keyed.draw(like, call)?;
        kept.push(fresh.clone());
        Ok(fresh)
    });
    let expected = plan.run(points(), &mut mixture.network(Prediction::V), &mut recording).unwrap();
    let mut replayed = ReplayedNoise::new(kept);
    let picard = Picard { window: 5, tolerance: 0.0 };
    let found = picard.run(&plan, points(), sweep(&mixture, Prediction::V), &mut replayed).unwrap();
    assert!(distance(&found.state, &expected) < 1e-12);
    assert_eq!(replayed.left(), 0);
}

/// Exact: what sweeps cannot run is refused by name.
#[test]
fn plans_with_memory_are_refused() {
    let mixture = Mixture::conditional(0.0);
    let run = |picard: Picard, plan: &Plan| {
        picard.run(plan, points(), sweep(&mixture, Prediction::V), &mut NoNoise).unwrap_err()
    };
    let samplers: [&dyn Sampler; 3] =
        [&DpmMultistep::default(), &DpmSinglestep::default(), &Heun::default()];
    for sampler in samplers {
        let refused = run(Picard::default(), &plan(sampler, 10, Prediction::V)).to_string();
        assert!(refused.contains("remembers nothing but its state"), "{refused}");
    }
    let ddim = plan(&Ddim::default(), 10, Prediction::V);
    assert!(
        run(Picard { window: 0, ..Picard::default() }, &ddim).to_string().starts_with("window")
    );
    let negative = Picard { tolerance: -1.0, ..Picard::default() };
    assert!(run(negative, &ddim).to_string().starts_with("tolerance"));
    let ddpm = plan(&Ddpm::default(), 10, Prediction::V);
    assert!(
        run(Picard::default(), &ddpm).to_string().starts_with("the plan needs noise at step 0")
    );
    let none = |_: &[Array2<f64>], _: &[Call<'_>]| Ok(Vec::new());
    let refused = Picard::default().run(&ddim, points(), none, &mut NoNoise).unwrap_err();
    assert_eq!(refused.to_string(), "0 entries were given for a batch of 10 items");
    let failing = |_: &[Array2<f64>], _: &[Call<'_>]| Err("out of memory".into());
    let refused = Picard::default().run(&ddim, points(), failing, &mut NoNoise).unwrap_err();
    assert_eq!(refused.to_string(), "the denoiser failed at step 0: out of memory");
}
