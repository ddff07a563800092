//! Linear Gaussian models against linear algebra: `x = (I - B)^-1 (c + S u)`, under interventions too, and the
//! covariance `(I - B)^-1 S^2 (I - B)^-T` that samples must have.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{Dag, Variable};
use counterfoil_random::Stream;
use counterfoil_scm::{Intervention, LinearGaussian, Mechanism, Scm};
use proptest::prelude::*;

/// `b[i][j]` is the weight of parent `j` in the equation of `i`.
#[derive(Clone, Debug)]
struct Linear {
    b: Vec<Vec<f64>>,
    intercepts: Vec<f64>,
    sds: Vec<f64>,
}

impl Linear {
    fn model(&self) -> Scm {
        let n = self.sds.len();
        let names: Vec<String> = (0..n).map(|i| format!("v{i}")).collect();
        let edges: Vec<_> = (0..n * n)
            .map(|k| (k / n, k % n))
            .filter(|&(i, j)| self.b[i][j] != 0.0)
            .map(|(i, j)| (names[j].as_str(), names[i].as_str()))
            .collect();
        let variables = names.iter().map(|name| Variable::continuous(name.as_str()).unwrap());
        let dag = Dag::new(variables, &edges).unwrap();
        let mechanisms = (0..n)
            .map(|i| {
                let weights = dag.parents(i).iter().map(|&j| self.b[i][j]).collect();
                let mechanism = LinearGaussian::new(self.intercepts[i], weights, self.sds[i]);
                Box::new(mechanism.unwrap()) as Box<dyn Mechanism>
            })
            .collect();
        Scm::new(dag, mechanisms).unwrap()
    }

    /// `(I - B) x = c + S u`, with the rows of set variables replaced by `x_i = value`; Gaussian elimination
    /// with pivoting, which knows of no graph and no order.
    fn solve(&self, noise: &[f64], settings: &[(usize, f64)]) -> Vec<f64> {
        let n = noise.len();
        let mut rows: Vec<Vec<f64>> = (0..n)
            .map(|i| {
                let mut row: Vec<f64> = self.b[i].iter().map(|w| -w).collect();
                row[i] += 1.0;
                row.push(self.intercepts[i] + self.sds[i] * noise[i]);
                row
            })
            .collect();
        for &(i, value) in settings {
            rows[i] = vec![0.0; n + 1];
            rows[i][i] = 1.0;
            rows[i][n] = value;
        }
        for k in 0..n {
            let pivot = (k..n).max_by(|&a, &b| rows[a][k].abs().total_cmp(&rows[b][k].abs()));
            rows.swap(k, pivot.unwrap());
            let pivot = rows[k].clone();
            for (i, row) in rows.iter_mut().enumerate() {
                let factor = if i == k { 0.0 } else { row[k] / pivot[k] };
                for (entry, above) in row.iter_mut().zip(&pivot) {
                    *entry -= factor * above;
                }
            }
        }
        (0..n).map(|i| rows[i][n] / rows[i][i]).collect()
    }
}

fn linear() -> impl Strategy<Value = Linear> {
    (2usize..6)
        .prop_flat_map(|n| {
            (
                Just((0..n).collect::<Vec<_>>()).prop_shuffle(),
                proptest::collection::vec(
                    prop_oneof![Just(0.0), -2.0..-0.1f64, 0.1..2.0f64],
                    n * n,
                ),
                proptest::collection::vec(-3.0..3.0f64, n),
                proptest::collection::vec(0.1..2.0f64, n),
            )
        })
        .prop_map(|(order, weights, intercepts, sds)| {
            let n = order.len();
            let mut b = vec![vec![0.0; n]; n];
            for i in 0..n {
                for j in 0..i {
                    b[order[i]][order[j]] = weights[i * n + j];
                }
            }
            Linear { b, intercepts, sds }
        })
}

proptest! {
    /// Float: weights of at most 2 on paths of at most 4 edges, so entries of the inverse stay below a few
    /// hundred and both ways lose at most some thousand roundings.
    #[test]
    fn predictions_solve_the_equations(
        linear in linear(),
        seed: u64,
        settings in proptest::collection::btree_map(0usize..2, -3.0..3.0f64, 0..3),
    ) {
        let scm = linear.model();
        let settings: Vec<_> = settings.into_iter().collect();
        let sample = scm.sample(&mut Stream::new(seed, "test-linear", 0, 0));
        let action = Intervention::from_pairs(scm.dag(), settings.iter().copied()).unwrap();
        let expected = linear.solve(&sample.noise, &settings);
        for got in [
            scm.predict(&sample.noise, &action),
            scm.counterfactual(&sample.values, &action).unwrap(),
        ] {
            for (x, y) in got.iter().zip(&expected) {
                prop_assert!((x - y).abs() <= 1e-11 * (1.0 + y.abs()), "{got:?} and {expected:?}");
            }
        }
    }
}

/// Monte-Carlo class: means and covariances of 100,000 samples within 4.5 standard errors, for the model as it
/// is and under do(v1 = 2). The standard error of a Gaussian covariance is
/// `sqrt((c_ii c_jj + c_ij^2) / n)`.
#[test]
fn samples_have_the_moments_of_the_closed_form() {
    let linear = Linear {
        b: vec![
            vec![0.0, 0.0, 0.0, 0.0],
            vec![0.8, 0.0, 0.0, 0.0],
            vec![-0.5, 1.2, 0.0, 0.0],
            vec![0.0, 0.7, -0.4, 0.0],
        ],
        intercepts: vec![1.0, 0.0, -2.0, 0.5],
        sds: vec![1.0, 0.5, 0.8, 0.3],
    };
    let scm = linear.model();
    let (n, dims) = (100_000, 4);
    for settings in [vec![], vec![(1, 2.0)]] {
        let action = Intervention::from_pairs(scm.dag(), settings.iter().copied()).unwrap();
        let mean = linear.solve(&[0.0; 4], &settings);
        // Columns of (I - B)^-1 S: the response to one unit of one noise.
        let response: Vec<Vec<f64>> = (0..dims)
            .map(|k| {
                let unit: Vec<f64> = (0..dims).map(|i| f64::from(u8::from(i == k))).collect();
                linear.solve(&unit, &settings).iter().zip(&mean).map(|(x, m)| x - m).collect()
            })
            .collect();
        let covariance =
            |i: usize, j: usize| response.iter().map(|column| column[i] * column[j]).sum::<f64>();
        let samples: Vec<Vec<f64>> = (0..n)
            .map(|k| scm.sample_under(&mut Stream::new(3, "test-moments", k, 0), &action).values)
            .collect();
        let average =
            |f: &dyn Fn(&[f64]) -> f64| samples.iter().map(|x| f(x)).sum::<f64>() / n as f64;
        for i in 0..dims {
            let error = average(&|x| x[i]) - mean[i];
            let se = (covariance(i, i) / n as f64).sqrt();
            assert!(error.abs() <= 4.5 * se + 1e-12, "mean of v{i} off by {error}, se {se}");
            for j in 0..=i {
                let c = average(&|x| (x[i] - mean[i]) * (x[j] - mean[j]));
                let se = ((covariance(i, i) * covariance(j, j) + covariance(i, j).powi(2))
                    / n as f64)
                    .sqrt();
                let error = c - covariance(i, j);
                assert!(error.abs() <= 4.5 * se + 1e-12, "cov v{i} v{j} off by {error}, se {se}");
            }
        }
    }
}
