//! Distances between graphs against their definitions and against an independent tool.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::classes::{all_dags, graph, pairs};
use counterfoil_graph::{
    Admg, Cpdag, Dag, Edge, MixedGraph,
    distance::{Strategy, adjustment, hamming, intervention, intervention_bounds},
};
use counterfoil_random::Stream;

/// A linear model of a DAG: the total effects and the covariances of all variables, for coefficients and variances
/// without a pattern.
fn linear(dag: &Dag) -> (Vec<Vec<f64>>, Vec<Vec<f64>>) {
    let n = dag.len();
    let noise = |k: usize| (1.0 + 0.37 * (k as f64 * 1.7).sin()).powi(2);
    let weight = |a: usize, b: usize| 0.6 + 0.5 * ((3 * a + 7 * b + 1) as f64).sin();
    let mut total = vec![vec![0.0; n]; n];
    for &node in dag.topological_order() {
        total[node][node] = 1.0;
        for &parent in dag.parents(node) {
            for row in &mut total {
                row[node] += row[parent] * weight(parent, node);
            }
        }
    }
    let covariance = (0..n)
        .map(|i| {
            (0..n).map(|j| (0..n).map(|k| total[k][i] * noise(k) * total[k][j]).sum()).collect()
        })
        .collect();
    (total, covariance)
}

/// The coefficient of `cause` in the regression of `effect` on it and on `given`, by Gauss.
fn regression(covariance: &[Vec<f64>], cause: usize, effect: usize, given: &[usize]) -> f64 {
    let by: Vec<usize> = given.iter().copied().chain([cause]).collect();
    let mut rows: Vec<Vec<f64>> = by
        .iter()
        .map(|&i| by.iter().chain([&effect]).map(|&j| covariance[i][j]).collect())
        .collect();
    let n = by.len();
    for k in 0..n {
        let best = (k..n).max_by(|&i, &j| rows[i][k].abs().total_cmp(&rows[j][k].abs())).unwrap();
        rows.swap(k, best);
        for i in 0..n {
            if i != k {
                let factor = rows[i][k] / rows[k][k];
                let pivot = rows[k].clone();
                for (entry, above) in rows[i].iter_mut().zip(&pivot) {
                    *entry -= factor * above;
                }
            }
        }
    }
    rows[n - 1][n] / rows[n - 1][n - 1]
}

/// Float: effects of a generic linear model are equal to 1e-9 where adjustment is valid (numbers of order one, at most
/// five eliminations) and differ by more otherwise, since the coefficients have no pattern.
#[test]
fn interventions_are_wrong_where_a_linear_model_says_so() {
    let dags: Vec<Dag> = all_dags(4).collect();
    let mut at = 1_usize;
    for truth in dags.iter().step_by(3) {
        let (total, covariance) = linear(truth);
        for _ in 0..12 {
            at = (at * 7919 + 13) % dags.len();
            let guess = &dags[at];
            let mut wrong = 0;
            for (cause, effects) in total.iter().enumerate() {
                for effect in (0..4).filter(|&effect| effect != cause) {
                    let parents = guess.parents(cause);
                    let said = if parents.contains(&effect) {
                        0.0
                    } else {
                        regression(&covariance, cause, effect, parents)
                    };
                    wrong += usize::from((said - effects[effect]).abs() > 1e-9);
                }
            }
            let found = intervention(truth, guess).unwrap();
            assert_eq!((found.wrong, found.asked), (wrong, 12), "{} | {}", **truth, **guess);
        }
    }
}

/// Exact.
#[test]
fn bounds_are_the_extremes_over_the_class() {
    let dags: Vec<Dag> = all_dags(4).collect();
    let mut at = 5_usize;
    for truth in dags.iter().step_by(7) {
        for _ in 0..4 {
            at = (at * 7919 + 13) % dags.len();
            let class = dags[at].cpdag().unwrap();
            let all: Vec<usize> =
                class.members().map(|guess| intervention(truth, &guess).unwrap().wrong).collect();
            let bounds = intervention_bounds(truth, &class, 1000).unwrap().map(|bound| bound.wrong);
            assert_eq!(bounds, [*all.iter().min().unwrap(), *all.iter().max().unwrap()]);
        }
    }
    let full: Vec<Edge> = pairs(4).into_iter().map(|(a, b)| Edge::undirected(a, b)).collect();
    let class = Cpdag::try_from(graph(4, &full)).unwrap();
    assert_eq!(
        intervention_bounds(&dags[0], &class, 23).unwrap_err().to_string(),
        "the chain component of `v0` has more than 23 members: raise the limit"
    );
}

/// Exact, on graphs with enough causes to be dealt to several threads.
#[test]
fn distances_and_tests_do_not_depend_on_the_number_of_threads() {
    let drawn = |item: u64| {
        let mut stream = Stream::new(7, "threads", item, 0);
        let mut edges: Vec<Edge> = (1..300)
            .flat_map(|b| [stream.below(b), stream.below(b)].map(|a| Edge::directed(a, b)))
            .collect();
        edges.dedup();
        Dag::try_from(graph(300, &edges)).unwrap()
    };
    let (truth, guess) = (drawn(0), drawn(1));
    let all = || {
        let strategies = [Strategy::Parents, Strategy::Ancestors, Strategy::Optimal];
        let distances = strategies.map(|strategy| adjustment(&truth, &guess, strategy).unwrap());
        let tests = Admg::try_from((*truth).clone()).unwrap().pairwise_independences();
        (intervention(&truth, &guess).unwrap(), distances, tests)
    };
    let [alone, shared] = [1, 3].map(|threads| {
        rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap().install(all)
    });
    assert!(alone.0.wrong > 0 && !alone.2.is_empty());
    assert_eq!(alone, shared);
}

enum Guess {
    One(Dag),
    Class(Cpdag),
}

fn read(n: usize, text: &str) -> Guess {
    let mut edges = Vec::new();
    for edge in text.split(',').filter(|&edge| edge != "none") {
        let ends: Vec<usize> = edge.split(['>', '-']).map(|end| end.parse().unwrap()).collect();
        edges.push(if edge.contains('>') {
            Edge::directed(ends[0], ends[1])
        } else {
            Edge::undirected(ends[0], ends[1])
        });
    }
    let graph: MixedGraph = graph(n, &edges);
    match Cpdag::try_from(graph.clone()) {
        Ok(class) if class.undirected_edges().next().is_some() => Guess::Class(class),
        _ => Guess::One(Dag::try_from(graph).unwrap()),
    }
}

/// Exact: counts of another implementation.
#[test]
fn distances_are_those_of_another_tool() {
    let lines = include_str!("../goldens/graph_distances.txt").lines();
    for line in lines.filter(|line| !line.starts_with('#')) {
        let fields: Vec<&str> = line.split(' ').collect();
        let n = fields[0].parse().unwrap();
        let expected: Vec<usize> =
            fields[3..].iter().map(|f| f.parse::<f64>().unwrap() as usize).collect();
        let (truth, guess) = (read(n, fields[1]), read(n, fields[2]));
        let strategies = [Strategy::Parents, Strategy::Ancestors, Strategy::Optimal];
        let mut found: Vec<usize> = strategies
            .iter()
            .map(|&strategy| {
                match (&truth, &guess) {
                    (Guess::One(truth), Guess::One(guess)) => adjustment(truth, guess, strategy),
                    (Guess::One(truth), Guess::Class(guess)) => adjustment(truth, guess, strategy),
                    (Guess::Class(truth), Guess::One(guess)) => adjustment(truth, guess, strategy),
                    (Guess::Class(truth), Guess::Class(guess)) => {
                        adjustment(truth, guess, strategy)
                    }
                }
                .unwrap()
                .wrong
            })
            .collect();
        let mixed = |guess: &Guess| match guess {
            Guess::One(dag) => (**dag).clone(),
            Guess::Class(class) => (**class).clone(),
        };
        found.push(hamming(&mixed(&truth), &mixed(&guess)).unwrap());
        assert_eq!(found, expected, "{line}");
    }
}
