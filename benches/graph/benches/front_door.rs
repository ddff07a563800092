//! Front-door sets, where there is one and on graphs of any kind: `cargo bench -p counterfoil-graph-benches --bench
//! front_door`.
#![expect(clippy::unwrap_used, reason = "a bench may fail")]

use counterfoil_graph::front_door::FrontDoor;
use counterfoil_graph_benches::{Case, Density, mediated, random};
use criterion::{BenchmarkId, Criterion, criterion_group, criterion_main};

fn front_door(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("front_door");
    for n in [30, 100, 300, 1_000, 10_000, 100_000] {
        let cases: Vec<Case> = (0..10).map(|i| random(n, Density::USUAL, i).unwrap()).collect();
        let mut next = cases.iter().cycle();
        group.bench_function(BenchmarkId::new("find/random", n), |bencher| {
            bencher.iter(|| {
                let Case { graph, x, y, .. } = next.next().unwrap();
                FrontDoor::of(graph, x, y).unwrap().find()
            });
        });
        let Case { graph, x, y, .. } = mediated(n, 0).unwrap();
        group.bench_function(BenchmarkId::new("find/mediated", n), |bencher| {
            bencher.iter(|| FrontDoor::of(&graph, &x, &y).unwrap().find().unwrap());
        });
        group.bench_function(BenchmarkId::new("minimal/mediated", n), |bencher| {
            bencher.iter(|| FrontDoor::of(&graph, &x, &y).unwrap().minimal().unwrap());
        });
    }
    group.finish();
}

criterion_group!(benches, front_door);
criterion_main!(benches);
