//! Expressions: what is equal is the same, scopes are kept, and formulas read as in the textbooks. All comparisons are
//! exact.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{
    Admg, Query, admg,
    do_calculus::derive,
    estimand::{Arena, Estimand, Expr, Symbol},
    identification::identify,
};

/// The front-door formula on `X -> M -> Y; X <-> Y`, in which an inner sum binds the x that is free outside.
fn front_door() -> Estimand {
    let graph = admg! { X -> M -> Y; X <-> Y }.unwrap();
    let [x, m, y] = [0, 1, 2].map(Symbol::of);
    let mut arena = Arena::new();
    let (mediator, cause, outcome) = (arena.p([m], [x]), arena.p([x], []), arena.p([y], [m, x]));
    let inner = arena.product([cause, outcome]);
    let inner = arena.sum([x], inner);
    let body = arena.product([inner, mediator]);
    let root = arena.sum([m], body);
    Estimand::new(arena, root, &graph)
}

#[test]
fn a_bound_symbol_is_written_apart_from_a_free_one() {
    let estimand = front_door();
    assert_eq!(estimand.free_symbols(), [Symbol::of(0), Symbol::of(2)]);
    assert_eq!(estimand.to_string(), "Σ_m P(m | x) Σ_x' P(x') P(y | x', m)");
    assert_eq!(
        estimand.latex().to_string(),
        "\\sum_{m} P(m \\mid x) \\, \\sum_{x'} P(x') \\, P(y \\mid x', m)"
    );
}

/// Rounds of Identify in which every factor takes up those before it: shared in the expression, each use written in a line of
/// text, gigabytes of it.
#[test]
fn of_a_formula_that_nobody_can_read_the_beginning_is_written() {
    let (rounds, factors) = (8, 8);
    let mut edges = vec!["W0 -> Z; Z -> A0".to_owned()];
    for i in 0..rounds {
        edges.push(format!("V{i} -> A0; V{i} <-> W{i}"));
        edges.extend((0..factors).map(|j| format!("W{i} <-> A{j}")));
        edges.extend((i + 1 < rounds).then(|| format!("W{} -> V{i}", i + 1)));
    }
    edges.extend((1..factors).map(|j| format!("A{} -> A{j}; A{} <-> A{j}", j - 1, j - 1)));
    let graph: Admg = edges.join("; ").parse().unwrap();
    let set = (0..rounds).map(|i| format!("V{i}")).chain(["Z".to_owned()]);
    let query = Query::effect(
        graph.set_of(set.collect::<Vec<_>>()).unwrap(),
        graph.set_of(["A7"]).unwrap(),
    );
    let estimand = identify(&graph, &query).unwrap();
    for text in [estimand.to_string(), estimand.latex().to_string()] {
        assert!(text.ends_with('…') && (1 << 19..1 << 21).contains(&text.len()), "{}", text.len());
    }
    let derivation = derive(&graph, &query).unwrap();
    let lines = 1 + derivation.steps().len();
    assert!(derivation.to_string().len() < lines * 4 * (1 << 14));
    // The shared form is whole.
    let json = serde_json::to_string(&estimand).unwrap();
    assert_eq!(serde_json::from_str::<Estimand>(&json).unwrap().to_string(), estimand.to_string());
}

#[test]
fn what_is_built_alike_is_the_same() {
    let [a, b, c] = [0, 1, 2].map(Symbol::of);
    let mut arena = Arena::new();
    let (p, q) = (arena.p([a, b], [c]), arena.p([b], [a]));
    assert_eq!(arena.p([b, a, b], [c, c]), p);
    let (pq, qp) = (arena.product([p, q]), arena.product([q, Expr::ONE, p]));
    assert_eq!(pq, qp);
    assert_eq!(arena.ratio(pq, qp), Expr::ONE);
    assert_eq!(arena.product([pq, Expr::ZERO]), Expr::ZERO);
    assert_eq!(arena.p([a], [a, c]), Expr::ONE);
    let inner = arena.sum([b], p);
    assert_eq!(arena.sum([a], inner), arena.sum([a, b], p));
    assert_eq!(arena.sum([], p), p);
    let over = arena.ratio(p, q);
    let nested = arena.ratio(over, pq);
    let flat = arena.product([q, pq]);
    assert_eq!(nested, arena.ratio(p, flat));
    // A symbol bound twice is not summed once.
    let again = arena.sum([a], p);
    assert_ne!(arena.sum([a], again), again);
}

#[test]
fn equal_content_is_found_again_among_many() {
    let mut arena = Arena::new();
    let make = |arena: &mut Arena| -> Vec<Expr> {
        (0..2000).map(|i| arena.p([Symbol::of(i)], [Symbol::of(i / 2 + 2000)])).collect()
    };
    let first = make(&mut arena);
    let len = arena.len();
    assert_eq!(make(&mut arena), first);
    assert_eq!(arena.len(), len);
}

#[test]
fn renaming_does_not_capture() {
    let estimand = front_door();
    let [x, y] = [Symbol::of(0), Symbol::of(2)];
    let mut arena = estimand.arena().clone();
    // x outside becomes x'; the bound x stays, y becomes the x that the inner sum binds.
    let renamed = arena.rename(estimand.root(), &[(x, x.primed(1)), (y, x)]);
    assert_eq!(arena.free_symbols(renamed), [x, x.primed(1)]);
    assert_eq!(arena.rename(estimand.root(), &[(y, y.primed(3))]), {
        let there = arena.rename(estimand.root(), &[(y, y.primed(1))]);
        arena.rename(there, &[(y.primed(1), y.primed(3))])
    });
}

#[test]
fn an_expression_moves_to_another_arena() {
    let estimand = front_door();
    let mut other = Arena::new();
    other.p([Symbol::of(2)], []);
    let root = other.import(estimand.arena(), estimand.root());
    let mut back = Arena::new();
    let back_root = back.import(&other, root);
    let graph = admg! { X -> M -> Y; X <-> Y }.unwrap();
    assert_eq!(Estimand::new(back, back_root, &graph).to_string(), estimand.to_string());
    assert_eq!(other.import(estimand.arena(), estimand.root()), root);
}

#[test]
fn names_are_written_as_letters_or_words() {
    let graph = admg! { A; a; W1; smoking_now -> W1 }.unwrap();
    let mut arena = Arena::new();
    let trial = arena.source("trial");
    let [a, b, w, s] = [0, 1, 2, 3].map(Symbol::of);
    let root = arena.term([w], [a, b], [s.primed(1)], trial);
    let estimand = Estimand::new(arena, root, &graph);
    assert_eq!(estimand.to_string(), "P[trial](w1 | do(smoking_now'), A, a)");
    assert_eq!(
        estimand.latex().to_string(),
        "P^{\\mathit{trial}}(w_{1} \\mid \\mathrm{do}(\\mathit{smoking\\_now}'), A, a)"
    );
}

/// JSON gives the same formula back, and refuses what is none.
#[test]
fn json_round_trip() {
    let estimand = front_door();
    let json = serde_json::to_string(&estimand).unwrap();
    assert_eq!(
        json,
        r#"{"variables":["X","M","Y"],"expressions":[{"p":{"of":["M"],"given":["X"]}},{"p":{"of":["X"]}},"#.to_owned()
            + r#"{"p":{"of":["Y"],"given":["X","M"]}},{"product":[1,2]},{"sum":{"over":["X"],"body":3}},"#
            + r#"{"product":[0,4]},{"sum":{"over":["M"],"body":5}}]}"#
    );
    let back: Estimand = serde_json::from_str(&json).unwrap();
    assert_eq!(back, estimand);
    let refused = |json: &str| serde_json::from_str::<Estimand>(json).unwrap_err().to_string();
    let with = |expressions: &str| {
        refused(&format!(r#"{{"variables":["X"],"expressions":[{expressions}]}}"#))
    };
    assert_eq!(with(""), "there are no expressions");
    assert_eq!(
        with(r#"{"p":{"of":[["X",4294967295]]}}"#),
        "expression 0 names `X` with 4294967295 primes: with fewer in all symbols the formula is the same"
    );
    // Each line would double the formula: 2^40 factors, or as many symbols in the end.
    let p = r#"{"p":{"of":["X"]}}"#.to_owned();
    let doubled = (0..40).map(|i| format!(r#"{{"product":[{i},{i}]}}"#));
    let doubled = [p].into_iter().chain(doubled).collect::<Vec<_>>().join(",");
    assert!(with(&doubled).contains("make the formula longer than 4194304"));
    assert_eq!(
        with(r#"{"p":{"of":["Y"]}}"#),
        "expression 0 names `Y`, which is not among the variables"
    );
    assert_eq!(
        with(r#"{"sum":{"over":["X"],"body":0}}"#),
        "expression 0 has part 0, but only parts that come before it"
    );
    assert_eq!(
        with(r#"{"p":{"of":[["X",2]],"source":1}}"#),
        "expression 0 is of distribution 1, and there are 1"
    );
}
