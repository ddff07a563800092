//! Any bytes are the table of a folder of pictures or are refused; a label is a finite number or unknown, a class one of those
//! counted.
#![no_main]

use std::sync::LazyLock;

use counterfoil_data::{folder, png::Picture};
use counterfoil_graph::Dag;

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

static GRAPH: LazyLock<Dag> = LazyLock::new(|| {
    // Pictures that the table may name.
    for (name, channels) in [("a.png", 1), ("b.png", 1), ("colour.png", 3)] {
        let picture = Picture::new(3, 2, channels, vec![7; 6 * channels]).expect("it has a size");
        shared::file(name, &picture.encode().expect("it is small"));
    }
    Dag::from_dot("digraph { a [domain_low=0]; b; a -> b }").expect("the graph is right")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let graph = &*GRAPH;
    let file = shared::file(folder::LABELS, bytes);
    if let Ok(data) = folder::load(file.parent().expect("it is in a folder"), graph) {
        assert!(data.labels().iter().all(|label| !label.is_infinite()));
        for class in data.classes().into_iter().flatten() {
            assert!(usize::from(*class) < data.class_count());
        }
    }
});
