//! Drawing and rendering of the world `digits` on one core: `cargo bench -p counterfoil-benches --bench data`.
//!
//! Criterion prints elements per second, which here are images per second and core.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_data::{digits::Digits, generate};
use counterfoil_graph::Intervention;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use std::hint::black_box;

fn digits(criterion: &mut Criterion) {
    let one_core = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let n = 1_000;
    let mut group = criterion.benchmark_group("data/digits");
    group.throughput(Throughput::Elements(n as u64));
    group.bench_function("generate", |bencher| {
        bencher.iter(|| one_core.install(|| generate(Digits::new(), black_box(n), 0).unwrap()));
    });
    let data = generate(Digits::new(), n, 0).unwrap();
    let thicker = Intervention::none().set(data.graph(), "thickness", 3.5).unwrap();
    group.bench_function("counterfactual", |bencher| {
        bencher.iter(|| {
            for k in 0..n {
                black_box(data.counterfactual_image(k, &thicker).unwrap().unwrap());
            }
        });
    });
    group.finish();
}

criterion_group!(benches, digits);
criterion_main!(benches);
