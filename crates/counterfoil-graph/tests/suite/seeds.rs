//! The texts that the fuzzers begin with are read, and come back from every format that can hold them. All comparisons
//! are exact.

use counterfoil_graph::{
    Dag, GraphError,
    formats::{BifNetwork, Described, Format},
};

#[track_caller]
fn check(read: Result<Described, GraphError>) {
    let described = match read {
        Ok(described) => described,
        Err(error) => panic!("{error}"),
    };
    assert!(!described.graph().is_empty());
    for format in Format::ALL {
        if let Ok(text) = format.write(&described) {
            assert_eq!(format.read(&text).as_ref(), Ok(&described), "{text}");
        }
    }
}

#[test]
fn seeds_of_the_fuzzers_come_back() {
    check(Format::Dagitty.read(include_str!("../../fuzz/seeds/dagitty/parts.txt")));
    check(Format::Dagitty.read(include_str!("../../fuzz/seeds/dagitty/marks.txt")));
    check(Format::Dot.read(include_str!("../../fuzz/seeds/dot_mixed/conventions.txt")));
    check(Format::Gml.read(include_str!("../../fuzz/seeds/gml/graph.txt")));
    check(Format::Json.read(include_str!("../../fuzz/seeds/json/graph.txt")));
    check(Format::Statements.read(include_str!("../../fuzz/seeds/statements/chains.txt")));
    let strict = include_str!("../../fuzz/seeds/dot_strict/image.txt");
    check(Dag::from_dot(strict).map(|dag| Described::from(&dag)));
    let network = BifNetwork::read(include_str!("../../fuzz/seeds/bif/network.txt")).unwrap();
    assert_eq!(BifNetwork::read(&network.write().unwrap()).as_ref(), Ok(&network));
    check(network.to_dag().map(|dag| Described::from(&dag)));
}
