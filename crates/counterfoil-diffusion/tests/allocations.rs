//! A step over `ndarray` takes no memory of its own once the run is warm. Exact: every allocation is counted.

#![expect(clippy::unwrap_used, reason = "a helper that fails is a failed test")]

use allocation_counter::measure;
use counterfoil_diffusion::{
    Choice, Denoiser, DiscreteSchedule, End, NoNoise, Prediction, Sampler, Spacing, denoiser,
};
use ndarray::Array2;

/// A network that hands out arrays that were made before.
fn network(mut outputs: Vec<Array2<f64>>) -> impl Denoiser<Array2<f64>> {
    denoiser(Prediction::V, move |x: &Array2<f64>, _| {
        let mut output = outputs.pop().unwrap();
        output.assign(x);
        Ok(output)
    })
}

#[test]
fn a_step_allocates_nothing() {
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 20, End::Zero).unwrap();
    let mut counted = 0;
    for (name, sampler) in Choice::named() {
        // Flow Heun needs another grid; samplers that draw noise pay for the noise.
        let Ok(plan) = sampler.plan(&grid, Prediction::V) else { continue };
        if plan.is_stochastic() {
            continue;
        }
        let outputs = vec![Array2::zeros((4, 100)); plan.evaluations()];
        let mut network = network(outputs);
        let mut run = plan.start(Array2::from_elem((4, 100), 0.3)).unwrap();
        // The history and the anchor are made by the first calls.
        for _ in 0..8 {
            run.step(&mut network, &mut NoNoise).unwrap();
        }
        let taken = measure(|| while run.step(&mut network, &mut NoNoise).unwrap().is_some() {});
        let calls = plan.evaluations() - 8;
        assert_eq!(taken.count_total, 0, "{name} allocates in {calls} calls: {taken:?}");
        counted += 1;
    }
    assert!(counted > 12, "{counted}");
}
