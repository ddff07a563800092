//! Questions about three worlds, with their formulas where there is one: `cargo bench -p counterfoil-graph-benches --bench
//! counterfactual`.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_graph_benches::three_worlds;
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn counterfactual(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("counterfactual/three-worlds");
    for n in [10, 20, 50, 100, 300, 1_000] {
        let questions: Vec<_> = (0..20).map(|item| three_worlds(n, item).unwrap()).collect();
        let mut next = questions.iter().cycle();
        group.bench_function(BenchmarkId::from_parameter(n), |bencher| {
            bencher.iter(|| {
                let (graph, question) = next.next().unwrap();
                question.identify(graph).unwrap().status()
            });
        });
    }
    group.finish();
}

criterion_group!(benches, counterfactual);
criterion_main!(benches);
