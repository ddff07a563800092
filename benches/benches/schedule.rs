//! Tables and plans of coefficients, all in f64: `cargo bench -p counterfoil-benches --bench schedule`.
//!
//! A run makes each of these once, so they need only be negligible beside one call of a network.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_diffusion::{Choice, DiscreteSchedule, End, Prediction, Sampler, Spacing};
use criterion::{Criterion, criterion_group, criterion_main};
use std::hint::black_box;

fn tables(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("schedule/table");
    group.bench_function("linear", |bencher| {
        bencher.iter(|| DiscreteSchedule::linear(black_box(1000)).unwrap());
    });
    group.bench_function("cosine", |bencher| {
        bencher.iter(|| DiscreteSchedule::cosine(black_box(1000)).unwrap());
    });
    group.finish();
}

fn grids(criterion: &mut Criterion) {
    let schedule = DiscreteSchedule::cosine(1000).unwrap();
    let mut group = criterion.benchmark_group("schedule/grid");
    let spacings = [
        ("trailing", Spacing::Trailing),
        ("log-snr", Spacing::LogSnr),
        ("karras", Spacing::Karras { rho: 7.0 }),
    ];
    for (name, spacing) in spacings {
        group.bench_function(name, |bencher| {
            bencher.iter(|| schedule.grid(spacing, black_box(50), End::Zero).unwrap());
        });
    }
    group.finish();
}

fn plans(criterion: &mut Criterion) {
    let schedule = DiscreteSchedule::cosine(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, 50, End::Zero).unwrap();
    let mut group = criterion.benchmark_group("schedule/plan");
    for (name, sampler) in Choice::named() {
        // Flow Heun walks flow levels alone.
        if sampler.plan(&grid, Prediction::V).is_ok() {
            group.bench_function(name, |bencher| {
                bencher.iter(|| sampler.plan(black_box(&grid), Prediction::V).unwrap());
            });
        }
    }
    group.finish();
}

criterion_group!(benches, tables, grids, plans);
criterion_main!(benches);
