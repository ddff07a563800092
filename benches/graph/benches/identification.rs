//! Verdicts and formulas of effects, one question of twenty after the other: `cargo bench -p counterfoil-graph-benches
//! --bench identification`.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_graph::{
    Admg, Query,
    identification::{Workspace, identifiable, identify},
};
use counterfoil_graph_benches::{Case, Density, SIMPLIFICATION, district, random};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn query(case: Case) -> (Admg, Query) {
    let query = Query::effect(case.x, case.y);
    (case.graph, query)
}

fn random_graphs(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("identification/random");
    for n in [30, 100, 300, 1_000, 10_000] {
        let all = (0..).map(|i| query(random(n, Density::USUAL, i).unwrap()));
        let queries: Vec<_> = all.filter(|(g, q)| identify(g, q).is_ok()).take(20).collect();
        let mut workspace = Workspace::default();
        let mut next = queries.iter().cycle();
        group.bench_function(BenchmarkId::new("verdict", n), |bencher| {
            bencher.iter(|| {
                let (graph, query) = next.next().unwrap();
                identifiable(graph, query, &mut workspace).unwrap().is_none()
            });
        });
        group.bench_function(BenchmarkId::new("formula", n), |bencher| {
            bencher.iter(|| {
                let (graph, query) = next.next().unwrap();
                identify(graph, query).unwrap()
            });
        });
        group.bench_function(BenchmarkId::new("simplified", n), |bencher| {
            bencher.iter(|| {
                let (graph, query) = next.next().unwrap();
                identify(graph, query).unwrap().simplified_in(graph, SIMPLIFICATION)
            });
        });
    }
    group.finish();
}

fn one_district(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("identification/district");
    for n in [30, 100, 300, 1_000] {
        let (graph, query) = query(district(n).unwrap());
        group.bench_function(BenchmarkId::new("formula", n), |bencher| {
            bencher.iter(|| identify(&graph, &query).unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, random_graphs, one_district);
criterion_main!(benches);
