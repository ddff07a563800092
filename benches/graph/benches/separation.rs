//! Separation with warm memory, one question of twenty after the other: `cargo bench -p counterfoil-graph-benches --bench
//! separation`.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_graph::{separation::Workspace, separators::Bounds};
use counterfoil_graph_benches::{Case, Density, random};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn separation(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("separation");
    for n in [30, 100, 300, 1_000, 10_000, 100_000] {
        let cases: Vec<Case> = (0..20).map(|i| random(n, Density::USUAL, i).unwrap()).collect();
        let mut workspace = Workspace::default();
        let mut next = cases.iter().cycle();
        group.bench_function(BenchmarkId::new("any", n), |bencher| {
            bencher.iter(|| {
                let Case { graph, x, y, z } = next.next().unwrap();
                graph.view().m_separated(x, y, z, &mut workspace).unwrap()
            });
        });
        // A path is often found soon; that there is none shows at the end only.
        let apart: Vec<Case> = cases.into_iter().filter_map(separated).collect();
        let mut next = apart.iter().cycle();
        group.bench_function(BenchmarkId::new("separated", n), |bencher| {
            bencher.iter(|| {
                let Case { graph, x, y, z } = next.next().unwrap();
                graph.view().m_separated(x, y, z, &mut workspace).unwrap()
            });
        });
    }
    group.finish();
}

/// The case with a set that separates the two, if there is one.
fn separated(case: Case) -> Option<Case> {
    let Case { graph, x, y, .. } = &case;
    let found = graph.view().minimal_separator(x, y, &Bounds::any(), &mut Workspace::default());
    let z = found.unwrap()?;
    Some(Case { z, ..case })
}

criterion_group!(benches, separation);
criterion_main!(benches);
