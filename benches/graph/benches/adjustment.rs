//! Adjustment sets: the first minimal one, and a thousand of them: `cargo bench -p counterfoil-graph-benches --bench
//! adjustment`.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_graph::{adjustment::Effect, separation::Workspace};
use counterfoil_graph_benches::{Case, Density, ladder, random};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn first(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("adjustment/first");
    for n in [30, 100, 300, 1_000, 10_000, 100_000] {
        for (name, density) in [("hidden", Density::USUAL), ("open", Density::OPEN)] {
            let cases: Vec<Case> = (0..20).map(|i| random(n, density, i).unwrap()).collect();
            let mut workspace = Workspace::default();
            let mut next = cases.iter().cycle();
            group.bench_function(BenchmarkId::new(name, n), |bencher| {
                bencher.iter(|| {
                    let Case { graph, x, y, .. } = next.next().unwrap();
                    Effect::of(graph, x, y).unwrap().minimal(&mut workspace)
                });
            });
        }
    }
    group.finish();
}

fn thousand(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("adjustment/thousand");
    group.sample_size(10);
    for n in [30, 100, 300, 1_000] {
        let Case { graph, x, y, .. } = ladder(n).unwrap();
        group.bench_function(BenchmarkId::new("ladder", n), |bencher| {
            bencher.iter(|| Effect::of(&graph, &x, &y).unwrap().all_minimal().take(1_000).count());
        });
    }
    group.finish();
}

criterion_group!(benches, first, thousand);
criterion_main!(benches);
