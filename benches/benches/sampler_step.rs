//! What a sampler adds to the calls of its network: `cargo bench -p counterfoil-benches --bench sampler_step`.
//!
//! 64 images of 28x28 run down a grid of 20 steps; criterion's elements per second are steps per second. The network
//! is a copy of the state, so that little but the sampler's own arithmetic is timed, once over `ndarray` and once over
//! libtorch. The bench `training_step` times the real network.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_diffusion::{
    AdamsBashforth, Ddim, DiscreteSchedule, DpmSolver2M, End, Leapfrog, NoNoise, Plan, Prediction,
    Sampler, Spacing, State, denoiser,
};
use counterfoil_random::Stream;
use counterfoil_tensor::noise;
use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use ndarray::Array4;
use tch::{Device, Tensor};

const ITEMS: usize = 64;
const SIDE: usize = 28;

fn samplers(criterion: &mut Criterion) {
    let schedule = DiscreteSchedule::cosine(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, 20, End::Zero).unwrap();
    let plan = |sampler: &dyn Sampler| sampler.plan(&grid, Prediction::V).unwrap();
    let plans = [
        ("ddim", plan(&Ddim::default())),
        ("dpm-solver-2m", plan(&DpmSolver2M::default())),
        ("adams-bashforth", plan(&AdamsBashforth::default())),
        ("leapfrog", plan(&Leapfrog::default())),
    ];
    let normals = Stream::new(1, "bench-state", 0, 0).normals(ITEMS * SIDE * SIDE);
    let array = Array4::from_shape_vec([ITEMS, 1, SIDE, SIDE], normals).unwrap();
    let items: Vec<u64> = (0..ITEMS as u64).collect();
    let shape = [1, SIDE as i64, SIDE as i64];
    let tensor = noise::normal(1, "bench-state", &items, 0, &shape, Device::Cpu);

    let mut group = criterion.benchmark_group("sampler");
    group.throughput(Throughput::Elements(grid.steps() as u64));
    for (name, plan) in &plans {
        group.bench_with_input(BenchmarkId::new(*name, "ndarray"), plan, |bencher, plan| {
            bencher.iter(|| run(plan, array.clone(), Array4::clone));
        });
        group.bench_with_input(BenchmarkId::new(*name, "libtorch"), plan, |bencher, plan| {
            bencher.iter(|| run(plan, tensor.copy(), Tensor::copy));
        });
    }
    group.finish();
}

/// Runs a plan from `state` with a network that returns its own input.
fn run<X: State>(plan: &Plan, state: X, copy: impl Fn(&X) -> X) -> X {
    let mut network = denoiser(Prediction::V, |x: &X, _| Ok(copy(x)));
    plan.run(state, &mut network, &mut NoNoise).unwrap()
}

criterion_group!(benches, samplers);
criterion_main!(benches);
