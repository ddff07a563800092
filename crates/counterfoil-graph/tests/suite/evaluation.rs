//! Values of estimands: against the plain definition in exact fractions, against a model's interventions, and the
//! complaints where there is no value.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::expressions::{Definition, Fraction, build, cardinality, cells, joint, plan};
use counterfoil_graph::{
    Admg, admg,
    estimand::{
        Arena, Counts, Distribution, Estimand, EvalError, Expr, JointTable, Marginal, Number,
        Symbol, Table, Unavailable,
    },
};
use proptest::prelude::*;

fn graph() -> Admg {
    admg! { A; B; C; D }.unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Exact class. Vectorised elimination and evaluation at one cell agree with the definition at every cell, zeros in
    /// the table included; where the definition has no value there is a complaint.
    #[test]
    fn evaluation_follows_the_definition(
        plan in plan(), weights in proptest::collection::vec(0_usize..4, 36),
    ) {
        prop_assume!(weights.iter().any(|&w| w > 0));
        let mut arena = Arena::new();
        let root = build(&mut arena, &plan);
        let estimand = Estimand::new(arena, root, &graph());
        let table = joint(4, &weights);
        let free = estimand.free_symbols();
        let all = estimand.eval_table(&table);
        let mut complete = true;
        for cell in cells(&free) {
            let expected = Definition::new(estimand.arena(), &table).value(root, &cell);
            let at: Vec<_> = cell.iter().map(|(s, v)| (*s, *v)).collect();
            let found = estimand.eval(&table, &at);
            if let Some(expected) = &expected {
                prop_assert_eq!(found.as_ref(), Ok(expected), "{} at {:?}", estimand, at);
            } else {
                let refused = matches!(found, Err(EvalError::Positivity { .. }));
                prop_assert!(refused);
            }
            complete &= expected.is_some();
            if let Ok(all) = &all {
                prop_assert_eq!(all.at(&at), expected.as_ref());
            }
        }
        prop_assert_eq!(all.is_ok(), complete);
    }
}

fn front_door() -> (Estimand, [Symbol; 3]) {
    let graph = admg! { X -> M -> Y; X <-> Y }.unwrap();
    let [x, m, y] = [0, 1, 2].map(Symbol::of);
    let mut arena = Arena::new();
    let (mediator, cause, outcome) = (arena.p([m], [x]), arena.p([x], []), arena.p([y], [m, x]));
    let inner = arena.product([cause, outcome]);
    let inner = arena.sum([x], inner);
    let body = arena.product([inner, mediator]);
    let root = arena.sum([m], body);
    (Estimand::new(arena, root, &graph), [x, m, y])
}

/// P(x, m, y) with a hidden u that causes x and y, when x is drawn or when it is set.
fn with_hidden_cause(set: Option<usize>) -> Vec<Fraction> {
    let x_given_u = [Fraction::new(1, 3), Fraction::new(3, 4)];
    let m_given_x = [Fraction::new(1, 5), Fraction::new(5, 7)];
    let y_given_mu = [[1, 6], [4, 2]].map(|row| row.map(|above| Fraction::new(above, 9)));
    let choose =
        |one: &Fraction, value: usize| if value == 1 { one.clone() } else { one.complement() };
    let mut values = Vec::new();
    for cell in 0..8 {
        let (x, m, y) = (cell >> 2, cell >> 1 & 1, cell & 1);
        let mut sum = Fraction::whole(0);
        for u in 0..2 {
            let cause = match set {
                Some(value) => Fraction::whole(usize::from(value == x)),
                None => choose(&x_given_u[u], x),
            };
            let rest = choose(&m_given_x[x], m).times(&choose(&y_given_mu[m][u], y));
            sum = sum.plus(&Fraction::new(1, 2).times(&cause).times(&rest));
        }
        values.push(sum);
    }
    values
}

/// Exact class: the front-door formula gives the effect of the intervention in the model.
#[test]
fn the_front_door_formula_is_the_effect() {
    let (estimand, [x, m, y]) = front_door();
    let observed = JointTable::new(&[(0, 2), (1, 2), (2, 2)], with_hidden_cause(None)).unwrap();
    let table = estimand.eval_table(&observed).unwrap();
    assert_eq!(table.symbols(), [x, y]);
    for set in 0..2 {
        let acted =
            JointTable::new(&[(0, 2), (1, 2), (2, 2)], with_hidden_cause(Some(set))).unwrap();
        for value in 0..2 {
            let what = Marginal { over: &[], at: &[(2, value)], do_: &[], source: 0 };
            let truth = acted.marginal(&what).unwrap();
            assert_eq!(table.at(&[(x, set), (y, value)]), Some(&truth[0]));
            // Further symbols make no difference.
            let at = [(m, 1), (x, set), (y, value)];
            assert_eq!(estimand.eval(&observed, &at).as_ref(), Ok(&truth[0]));
        }
    }
}

fn complaint(estimand: &Estimand, data: &impl Distribution, at: &[(Symbol, usize)]) -> String {
    estimand.eval(data, at).unwrap_err().to_string()
}

#[test]
fn a_missing_case_is_named() {
    let (estimand, [x, _, y]) = front_door();
    let rows = [[0, 0, 1], [0, 1, 0], [1, 1, 1], [1, 1, 0], [0, 0, 0]];
    let counts = Counts::new(&[(0, 2), (1, 2), (2, 2)], rows).unwrap();
    assert_eq!((counts.total(), counts.len()), (5, 5));
    assert_eq!(
        complaint(&estimand, &counts, &[(x, 0), (y, 1)]),
        "`P(y | x, m)` is not defined at X = 1, M = 0, because `P(x, m)` is 0 there: the data must have every such \
         case (positivity)"
    );
    assert_eq!(
        estimand.eval_table(&counts).unwrap_err().to_string(),
        complaint(&estimand, &counts, &[(x, 0), (y, 1)])
    );
    // Where M is 1 whenever X is, the case X = 1, M = 0 has no weight in the first factor, but it has in the second.
    assert!(estimand.eval(&counts, &[(x, 1), (y, 1)]).is_ok());
    assert_eq!(
        complaint(&estimand, &counts, &[(x, 2), (y, 1)]),
        "`X` has no value 2: it has 2, counted from 0"
    );
    assert_eq!(
        complaint(&estimand, &counts, &[(y, 1)]),
        "the estimand depends on `x`: give a value of `X`"
    );
    let fewer = Counts::new(&[(0, 2), (1, 2)], [[0, 1]]).unwrap();
    assert_eq!(
        complaint(&estimand, &fewer, &[(x, 0), (y, 1)]),
        "the distribution does not have `Y`, which `Σ_m P(m | x) Σ_x' P(x') P(y | x', m)` needs: add it to the data"
    );
    let none = Counts::new(&[(0, 2), (1, 2), (2, 2)], Vec::<[usize; 3]>::new()).unwrap();
    assert_eq!(
        complaint(&estimand, &none, &[(x, 0), (y, 1)]),
        "`P(y | x, m)` cannot be had from this distribution: there are no observations"
    );
}

#[test]
fn quotients_and_interventions_complain_too() {
    let graph = admg! { X -> Y }.unwrap();
    let [x, y] = [0, 1].map(Symbol::of);
    let certain = JointTable::new(&[(0, 2), (1, 2)], vec![0.25, 0.75, 0.0, 0.0]).unwrap();
    let mut arena = Arena::new();
    let (both, cause) = (arena.p([x, y], []), arena.p([x], []));
    let ratio = arena.ratio(both, cause);
    let trial = arena.source("trial");
    let acted = arena.term([y], [], [x], 0);
    let elsewhere = arena.term([y], [x], [], trial);
    let twice = arena.p([x.primed(1), y], [x]);
    let estimand = Estimand::new(arena, ratio, &graph);
    let at = [(x, 1), (y, 0), (x.primed(1), 0)];
    assert_eq!(
        complaint(&estimand, &certain, &at),
        "`P(x, y) / P(x)` is not defined at X = 1, because its denominator is 0 there: the data must have every such \
         case (positivity)"
    );
    assert_eq!(estimand.eval(&certain, &[(x, 0), (y, 1)]), Ok(0.75));
    let of = |root: Expr| estimand.with_root(root);
    assert_eq!(
        complaint(&of(acted), &certain, &at),
        "`P(y | do(x))` cannot be had from this distribution: it was observed without interventions"
    );
    assert_eq!(
        complaint(&of(elsewhere), &certain, &at),
        "`P[trial](y | x)` cannot be had from this distribution: it holds one distribution, without other experiments"
    );
    assert_eq!(
        complaint(&of(twice), &certain, &at),
        "`P(x', y | x)` gives `X` two values at once: write it with one symbol for each variable"
    );
}

/// Answers `P(y | do(x))` from a table of effects and nothing else.
struct Trial;

impl Distribution for Trial {
    type Number = f64;

    fn cardinality(&self, variable: usize) -> Result<usize, Unavailable> {
        Ok(cardinality(variable))
    }

    fn marginal(&self, what: &Marginal<'_>) -> Result<Vec<f64>, Unavailable> {
        // Which variables were acted on and how is told by the numbers.
        let code = |pairs: &[(usize, usize)]| {
            pairs
                .iter()
                .map(|(v, value)| (10_usize.pow(*v as u32) * (value + 1)) as f64)
                .sum::<f64>()
        };
        let cells = what.over.iter().map(|&v| cardinality(v)).product();
        Ok((0..cells)
            .map(|i| code(what.do_) + i as f64 / 10.0 + what.source as f64 / 100.0)
            .collect())
    }
}

/// Exact class: interventions are asked for one by one and land in the right cells.
#[test]
fn interventions_are_asked_with_their_values() {
    let [a, b, c] = [0, 1, 2].map(Symbol::of);
    let mut arena = Arena::new();
    let trial = arena.source("trial");
    let root = arena.term([b], [], [a, c], trial);
    let estimand = Estimand::new(arena, root, &graph());
    let table = estimand.eval_table(&Trial).unwrap();
    assert_eq!((table.symbols(), table.sizes()), (&[a, b, c][..], &[2, 3, 2][..]));
    for i in 0..table.values().len() {
        let cell = table.cell(i);
        let [acted, of, also] = [cell[0].1, cell[1].1, cell[2].1];
        let code = ((acted + 1) + 100 * (also + 1)) as f64 + of as f64 / 10.0 + 0.01;
        assert_eq!(table.at(&cell), Some(&code));
        if of == 0 {
            // At one cell the event is fixed too.
            assert_eq!(estimand.eval(&Trial, &cell), Ok(code));
        }
    }
    // Float class: one rounding of numbers below 1000 on each side.
    assert!((table.spread(b) - 0.2).abs() < 1e-12);
}

#[test]
fn tables_and_samples_are_checked() {
    let table = |sizes: &[(usize, usize)], values: &[f64]| {
        JointTable::new(sizes, values.to_vec()).map(drop).map_err(|e| e.to_string())
    };
    let refused = |message: &str| Err(message.to_owned());
    assert_eq!(table(&[(0, 2)], &[0.5, 0.5]), Ok(()));
    assert_eq!(
        table(&[(0, 2)], &[0.5]),
        refused("the table has 1 entries, but its variables have 2 combinations of values")
    );
    assert_eq!(
        table(&[(0, 2), (0, 1)], &[0.5, 0.5]),
        refused("variable number 0 is listed twice: list each once")
    );
    assert_eq!(
        table(&[(0, 2)], &[0.5, 0.6]),
        refused("the table is no distribution: it sums to 1.1, not to 1")
    );
    assert_eq!(
        table(&[(0, 2)], &[1.5, -0.5]),
        refused("the table is no distribution: entry 1 is -0.5, which is no probability")
    );
    let sample = |rows: &[&[usize]]| {
        Counts::new(&[(3, 2), (1, 3)], rows.iter().copied()).map(drop).map_err(|e| e.to_string())
    };
    assert_eq!(sample(&[&[1, 2], &[0, 0]]), Ok(()));
    assert_eq!(sample(&[&[1, 2], &[0]]), refused("row 1 has 1 values, but there are 2 variables"));
    assert_eq!(
        sample(&[&[2, 2]]),
        refused("row 0 has the value 2 for variable number 3, which has 2 values, counted from 0")
    );
}

/// A symbol without values has no cells, and asking for one is no reason to panic.
#[test]
fn a_table_without_cells_is_a_table() {
    let x = Symbol::of(0);
    let table = Table::<f64>::new(vec![x], vec![0], Vec::new()).unwrap();
    assert_eq!((table.cell(3), table.at(&[(x, 0)]), table.spread(x)), (vec![(x, 0)], None, 0.0));
}
