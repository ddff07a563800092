//! Effects in classes of graphs against the effects in every member. Whether members agree is exact; formulas are of the
//! float class, with the bound and the reason of the module `effects`.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{
    classes::{dag_classes, graph, pairs},
    oracle::{Model, value},
};
use counterfoil_graph::{
    Admg, Cpdag, Dag, Edge, Mag, MixedGraph, Mpdag, NodeSet, Pag, Query,
    estimand::Estimand,
    identification::{
        AmbiguousPath, Impasse, NotIdentifiedInClass, identify, identify_in_mpdag, identify_in_pag,
    },
};
use proptest::prelude::*;
use std::collections::BTreeMap;

const BOUND: f64 = 1e-9;

/// The largest difference between a formula and a table over all values of all variables.
fn difference(estimand: &Estimand, joint: &[f64], truth: &[f64]) -> f64 {
    let error = |(bits, truth): (usize, &f64)| {
        let found = value(estimand.arena(), estimand.root(), bits, &mut |source, fixed, _| {
            assert!(source == 0 && fixed.is_empty(), "only observations are given");
            joint.to_vec()
        });
        (truth - found).abs()
    };
    truth.iter().enumerate().map(error).fold(0.0, f64::max)
}

fn observed(model: &Model) -> Vec<f64> {
    model.joint(&NodeSet::new(), 0, &NodeSet::new(), 0)
}

/// The queries of one or two interventions and one outcome.
fn queries(n: usize) -> Vec<Query> {
    let mut all = Vec::new();
    for y in 0..n {
        for x in (0..n).filter(|&x| x != y) {
            all.push(Query::effect([x], [y]));
        }
        for (a, b) in pairs(n) {
            if a != y && b != y {
                all.push(Query::effect([a, b], [y]));
            }
        }
    }
    all
}

/// The queries of one intervention, one outcome and one observation.
fn conditional_queries(n: usize) -> Vec<Query> {
    let mut all = Vec::new();
    for query in queries(n).into_iter().filter(|query| query.do_.len() == 1) {
        for z in (0..n).filter(|&z| !query.do_.contains(z) && !query.y.contains(z)) {
            all.push(Query { given: [z].into(), ..query.clone() });
        }
    }
    all
}

fn as_admg(dag: &Dag) -> Admg {
    Admg::try_from((**dag).clone()).unwrap()
}

/// Every member's effect computed from one member's distribution, which all members share: they agree exactly when the
/// class identifies the effect, and then the formula is that effect.
fn check_mpdag(class: &Mpdag, query: &Query) {
    let members: Vec<Admg> = class.members().map(|dag| as_admg(&dag)).collect();
    let model = Model::new(&members[0], 5);
    let joint = observed(&model);
    let truth = model.effect(&query.y, &query.do_, &query.given);
    let spread = members
        .iter()
        .map(|member| difference(&identify(member, query).unwrap(), &joint, &truth))
        .fold(0.0, f64::max);
    match identify_in_mpdag(class, query) {
        Ok(estimand) => {
            let error = difference(&estimand, &joint, &truth);
            assert!(
                spread < BOUND && error < BOUND,
                "{} | {}: {estimand}",
                **class,
                query.text(class)
            );
        }
        Err(NotIdentifiedInClass::Path(path)) => {
            assert!(path.verify(class, query));
            assert!(spread > 1e-6, "{} | {}: {path:?}", **class, query.text(class));
            let [causal, turned] = path.members(class).unwrap();
            let [first, second] = [path.path[0], path.path[1]];
            assert!(path.path.windows(2).all(|step| causal.children(step[0]).contains(&step[1])));
            assert!(turned.children(second).contains(&first));
        }
        Err(NotIdentifiedInClass::Conditional) if !query.given.is_empty() => {
            assert!(spread > 1e-6, "{} | {} is not decided", **class, query.text(class));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn effects_in_classes_of_dags() {
    for n in 2..=4 {
        for class in dag_classes(n) {
            let class = Mpdag::from(class[0].cpdag().unwrap());
            for query in queries(n).into_iter().chain(conditional_queries(n)) {
                check_mpdag(&class, &query);
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]

    #[test]
    fn effects_in_classes_with_knowledge(
        chosen in proptest::collection::vec(any::<bool>(), 10), known in proptest::collection::vec(0u8..3, 10)
    ) {
        let edges: Vec<Edge> = pairs(5)
            .into_iter()
            .zip(&chosen)
            .filter(|(_, is)| **is)
            .map(|((a, b), _)| Edge::directed(a, b))
            .collect();
        let dag = Dag::try_from(graph(5, &edges)).unwrap();
        let known = dag.edges().zip(&known).filter(|(_, k)| **k == 0).map(|(edge, _)| edge);
        let class = Mpdag::from(dag.cpdag().unwrap()).with_knowledge(known).unwrap();
        for query in queries(5).iter().step_by(3) {
            check_mpdag(&class, query);
        }
    }
}

/// Every ADMG on n nodes by the PAG of its class.
fn admg_classes(n: usize) -> BTreeMap<String, (Pag, Vec<Admg>)> {
    let pairs = pairs(n);
    let mut classes: BTreeMap<String, (Pag, Vec<Admg>)> = BTreeMap::new();
    for mut code in 0..6_usize.pow(pairs.len() as u32) {
        let mut edges = Vec::new();
        for &(a, b) in &pairs {
            match code % 3 {
                1 => edges.push(Edge::directed(a, b)),
                2 => edges.push(Edge::directed(b, a)),
                _ => {}
            }
            if code / 3 % 2 == 1 {
                edges.push(Edge::bidirected(a, b));
            }
            code /= 6;
        }
        if let Ok(member) = Admg::try_from(graph(n, &edges)) {
            let pag = Mag::from(&member).pag();
            classes.entry(pag.to_string()).or_insert((pag, Vec::new())).1.push(member);
        }
    }
    classes
}

/// Whether some member does not identify the effect, or two disagree on it in the distribution of one of them.
fn members_differ(members: &[Admg], query: &Query) -> bool {
    let Ok(formulas) =
        members.iter().map(|member| identify(member, query)).collect::<Result<Vec<_>, _>>()
    else {
        return true;
    };
    // Few members tell: those with the most hidden causes have the most general distributions.
    let mut models: Vec<&Admg> = members.iter().collect();
    models.sort_by_key(|member| std::cmp::Reverse(member.edge_count()));
    models.iter().take(2).any(|member| {
        let model = Model::new(member, 23);
        let joint = observed(&model);
        let truth = model.effect(&query.y, &query.do_, &query.given);
        formulas.iter().any(|formula| difference(formula, &joint, &truth) > 1e-7)
    })
}

fn check_pag(pag: &Pag, members: &[Admg], query: &Query, of_members: usize) {
    match identify_in_pag(pag, query) {
        Ok(estimand) => {
            let meant = &(&query.y | &query.do_) | &query.given;
            assert!(estimand.free_symbols().iter().all(|s| meant.contains(s.variable())));
            let step = members.len().div_ceil(of_members);
            for member in members.iter().step_by(step) {
                let model = Model::new(member, 31);
                let truth = model.effect(&query.y, &query.do_, &query.given);
                let error = difference(&estimand, &observed(&model), &truth);
                assert!(error < BOUND, "{pag} | {}: {estimand} in {member}", query.text(pag));
            }
        }
        Err(NotIdentifiedInClass::Impasse(impasse)) => {
            assert!(impasse.verify(pag, query));
            assert!(members_differ(members, query), "{pag} | {}: {impasse:?}", query.text(pag));
        }
        Err(NotIdentifiedInClass::Conditional) if !query.given.is_empty() => {
            assert!(members_differ(members, query), "{pag} | {} is not decided", query.text(pag));
        }
        Err(other) => panic!("{other}"),
    }
}

#[test]
fn effects_in_classes_with_hidden_causes() {
    for n in 2..=3 {
        for (pag, members) in admg_classes(n).into_values() {
            for query in queries(n).into_iter().chain(conditional_queries(n)) {
                check_pag(&pag, &members, &query, 40);
            }
        }
    }
}

/// A part of the classes of four nodes: what is identified in each, and for some whether the others truly are not.
#[test]
fn effects_in_classes_of_four_nodes_with_hidden_causes() {
    for (i, (pag, members)) in admg_classes(4).into_values().enumerate() {
        let at = i % 5;
        let all = queries(4).into_iter().chain(conditional_queries(4)).collect::<Vec<_>>();
        for query in all.iter().skip(at).step_by(5) {
            check_pag(&pag, &members, query, 3);
        }
    }
}

#[test]
fn what_cannot_be_decided_is_said() {
    let mixed = graph(2, &[Edge::undirected(0, 1)]);
    let selected = Pag::try_from(graph(
        4,
        &[(0, 1), (1, 2), (2, 3), (0, 3)].map(|(a, b)| Edge::undirected(a, b)),
    ))
    .unwrap();
    let query = Query::effect([0], [1]);
    assert_eq!(
        identify_in_pag(&selected, &query).unwrap_err().to_string(),
        "v0 -- v1 says that the data were selected, which identification does not cover"
    );
    let class = Mpdag::from(Cpdag::try_from(mixed).unwrap());
    assert!(matches!(identify_in_mpdag(&class, &query), Err(NotIdentifiedInClass::Path(_))));
    let chain: MixedGraph = graph(3, &[Edge::undirected(0, 1), Edge::undirected(1, 2)]);
    let class = Mpdag::try_from(chain).unwrap();
    let given = Query { given: [2].into(), ..query };
    assert_eq!(
        identify_in_mpdag(&class, &given).unwrap_err().to_string(),
        "the joint effect on the outcomes and the condition is not identified, and without it the conditional one is not decided: ask without the condition"
    );
}

/// A certificate refuses what it was made for: the parts that an effect falls into, and no query with a condition.
#[test]
fn certificates_of_other_questions_are_refused() {
    let pag = Mag::from(&"A -> Y".parse::<Admg>().unwrap()).pag();
    let impasse = |wanted: NodeSet| Impasse { around: Vec::new(), wanted, removed: Vec::new() };
    // Nothing cuts Y out of both, but nobody has to: P(y) is a sum.
    let observed = Query::effect([], [1]);
    assert!(identify_in_pag(&pag, &observed).is_ok());
    assert!(!impasse([1].into()).verify(&pag, &observed));
    let effect = Query::effect([0], [1]);
    assert!(impasse([1].into()).verify(&pag, &effect));
    assert!(!impasse([0].into()).verify(&pag, &effect));
    assert!(!impasse([1].into()).verify(&pag, &Query::effect([0], [7])));
    assert!(!impasse([7].into()).verify(&pag, &effect));

    // Given the cause of both, it does not matter which of the two causes the other.
    let class =
        Mpdag::try_from(graph(3, &[Edge::undirected(0, 1), Edge::undirected(1, 2)])).unwrap();
    let path = AmbiguousPath { path: vec![0, 1, 2] };
    let effect = Query::effect([0], [2]);
    assert!(path.verify(&class, &effect));
    let given = Query { given: [1].into(), ..effect.clone() };
    assert!(identify_in_mpdag(&class, &given).is_ok() && !path.verify(&class, &given));
    assert!(!path.verify(&class, &Query { y: [2, 7].into(), ..effect }));
}

/// What is separated in all members needs no look at marks that members differ in.
#[test]
fn separations_of_the_class_decide_conditional_effects() {
    let text = "A -> B; A -> C; A -> D; A -> E; C -> B; C -> E";
    let member: Admg = text.parse().unwrap();
    let [a, b, c, e] = ["A", "B", "C", "E"].map(|name| member.index_of(name).unwrap());
    let query = Query { y: [b].into(), do_: [e].into(), given: [a, c].into() };
    let pag = Mag::from(&member).pag();
    assert!(identify_in_pag(&pag, &query).is_ok());
    check_pag(&pag, std::slice::from_ref(&member), &query, 1);
    let class = Mpdag::from(Dag::try_from((*member).clone()).unwrap().cpdag().unwrap());
    assert!(identify_in_mpdag(&class, &query).is_ok());
    check_mpdag(&class, &query);
}
