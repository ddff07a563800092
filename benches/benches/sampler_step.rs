//! What a sampler adds to the calls of its network: `cargo bench -p counterfoil-benches --bench sampler_step`.
//!
//! Two latents of the sizes that image models have run down a grid of 50 steps; criterion's elements per second are calls
//! per second. The network is a copy of the state, so that little but the sampler's own arithmetic is timed, once over
//! `ndarray` and once over libtorch. The bench `training_step` times the real network, `schedule` plans and grids.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_diffusion::{
    Choice, DiscreteSchedule, End, NoNoise, Plan, Prediction, Sampler, Spacing, State, denoiser,
};
use counterfoil_random::Stream;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array4;
use tch::Tensor;

/// Channels and side.
const SIZES: [(usize, usize); 2] = [(4, 64), (16, 128)];

const SAMPLERS: [&str; 7] =
    ["ddim", "heun", "dpm-solver-2m", "unipc-3", "deis-3", "lms", "leapfrog"];

fn samplers(criterion: &mut Criterion) {
    let grid =
        DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, 50, End::Zero).unwrap();
    for (channels, side) in SIZES {
        let normals = Stream::new(1, "bench-state", 0, 0).normals(channels * side * side);
        let shape = [1, channels as i64, side as i64, side as i64];
        let tensor = Tensor::from_slice(&normals).reshape(shape);
        let array = Array4::from_shape_vec([1, channels, side, side], normals).unwrap();
        let mut group = criterion.benchmark_group(format!("sampler 1x{channels}x{side}x{side}"));
        for name in SAMPLERS {
            let sampler: Choice = name.parse().unwrap();
            let plan = &sampler.plan(&grid, Prediction::V).unwrap();
            group.throughput(Throughput::Elements(plan.evaluations() as u64));
            group.bench_with_input(BenchmarkId::new(name, "ndarray"), plan, |bencher, plan| {
                bencher.iter(|| run(plan, array.clone(), Array4::clone));
            });
            group.bench_with_input(BenchmarkId::new(name, "libtorch"), plan, |bencher, plan| {
                bencher.iter(|| run(plan, tensor.copy(), Tensor::copy));
            });
        }
        group.finish();
    }
}

/// Runs a plan from `state` with a network that returns its own input.
fn run<X: State>(plan: &Plan, state: X, copy: impl Fn(&X) -> X) -> X {
    let mut network = denoiser(Prediction::V, |x: &X, _| Ok(copy(x)));
    plan.run(state, &mut network, &mut NoNoise).unwrap()
}

criterion_group!(benches, samplers);
criterion_main!(benches);
