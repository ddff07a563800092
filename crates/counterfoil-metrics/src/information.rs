//! How much two continuous quantities tell of each other: mutual information by nearest neighbours.
//!
//! Used to ask whether a block of the latent code carries a label that it should not. Kraskov, Stögbauer and
//! Grassberger, *Estimating mutual information* (2004), first estimator (equation 8):
//!
//! `I(X; Y) = psi(k) + psi(n) - < psi(n_x + 1) + psi(n_y + 1) >`
//!
//! where `n_x` counts the points nearer in X than the k-th neighbour in the joint space, under the maximum norm.

use ndarray::{Array2, ArrayRef2};

use crate::{
    check,
    error::{MetricsError, Result},
    statistics::standardised,
};

/// Mutual information of two continuous blocks in nats, estimated from `k` nearest neighbours.
///
/// `x` is `[n, width]` and `y` `[n, width]`, one image per row. Every column is standardised first, so the figure does
/// not change under affine maps of a column; constant columns carry nothing and count as zero. The estimate may
/// fall slightly below zero; its bias vanishes for independent blocks (section III of the paper) and grows with
/// width, so prefer narrow blocks or one column at a time. `k` of 3 to 5 is usual. Values must be continuous:
/// many equal values (rounded grey levels) break the count of neighbours, so add a little noise to those.
/// `O(n^2 (width_x + width_y))` time and `O(n)` memory.
///
/// # Errors
/// When the numbers of rows differ, a block has no column, a value is not finite, or `k` is not in `1..n`.
pub fn mutual_information(x: &ArrayRef2<f64>, y: &ArrayRef2<f64>, k: usize) -> Result<f64> {
    check::same_len("x", x.nrows(), "y", y.nrows())?;
    for (name, block) in [("x", x), ("y", y)] {
        check::at_least(name, block.len(), 1)?;
        check::finite(name, block)?;
    }
    let n = x.nrows();
    if k == 0 || k >= n {
        let domain = "1 to the number of rows less one";
        return Err(MetricsError::Domain { name: "k", value: k as f64, domain });
    }
    let (x, y) = (standardised(x), standardised(y));
    let psi = digammas(n);
    let (mut dx, mut dy) = (vec![0.0; n - 1], vec![0.0; n - 1]);
    let mut joint = vec![0.0; n - 1];
    let mut sum = 0.0;
    for i in 0..n {
        for (slot, j) in (0..n).filter(|&j| j != i).enumerate() {
            dx[slot] = distance(&x, i, j);
            dy[slot] = distance(&y, i, j);
            joint[slot] = f64::max(dx[slot], dy[slot]);
        }
        let (_, &mut radius, _) = joint.select_nth_unstable_by(k - 1, f64::total_cmp);
        let nearer = |d: &[f64]| d.iter().filter(|&&d| d < radius).count();
        sum += psi[nearer(&dx) + 1] + psi[nearer(&dy) + 1];
    }
    Ok(psi[k] + psi[n] - sum / n as f64)
}

/// Mutual information, in nats, of two normal variables with correlation `rho`: `-ln(1 - rho^2) / 2`.
///
/// # Errors
/// When `rho` is not strictly between -1 and 1.
pub fn of_normal_pair(rho: f64) -> Result<f64> {
    if rho.abs() < 1.0 {
        Ok(-0.5 * (-rho * rho).ln_1p())
    } else {
        Err(MetricsError::Domain { name: "rho", value: rho, domain: "the open interval (-1, 1)" })
    }
}

/// Maximum norm between two rows.
fn distance(block: &Array2<f64>, i: usize, j: usize) -> f64 {
    let rows = block.row(i).into_iter().zip(block.row(j));
    rows.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max)
}

/// `psi(m)` at index `m` for `1..=n`: minus Euler's constant plus the harmonic number of `m - 1`.
fn digammas(n: usize) -> Vec<f64> {
    const EULER: f64 = 0.577_215_664_901_532_9;
    let mut psi = vec![f64::NAN, -EULER];
    for m in 1..n {
        psi.push(psi[m] + 1.0 / m as f64);
    }
    psi
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::statistics::{average, squares};
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Axis, array};
    use proptest::prelude::*;

    /// `n` pairs of normals with correlation `rho`, each block one column.
    fn normal_pairs(n: usize, rho: f64, item: u64) -> (Array2<f64>, Array2<f64>) {
        let mut s = Stream::new(6, "information-test", item, 0);
        let (mut x, mut y) = (Array2::zeros((n, 1)), Array2::zeros((n, 1)));
        for i in 0..n {
            x[(i, 0)] = s.normal();
            y[(i, 0)] = rho * x[(i, 0)] + (1.0 - rho * rho).sqrt() * s.normal();
        }
        (x, y)
    }

    #[test]
    fn four_points_worked_by_hand() {
        // On the diagonal with k = 1 the joint distance is the marginal one: nobody is strictly nearer, so
        // I = psi(1) + psi(4) - 2 psi(1) = H_3 = 11/6.
        let x = array![[0.0], [1.0], [3.0], [7.0]];
        assert_relative_eq!(mutual_information(&x, &x, 1).unwrap(), 11.0 / 6.0, epsilon = 1e-12);
    }

    /// Monte-Carlo: the mean of 12 estimates within four standard errors plus 0.01 for the bias at n = 500
    /// (figure 4 of the paper; none is allowed at rho = 0).
    #[test]
    fn it_agrees_with_correlated_gaussians() {
        for (rho, bias) in [(0.0, 0.0), (0.5, 0.01), (0.9, 0.01)] {
            let estimates: Vec<f64> = (0..12)
                .map(|item| {
                    let (x, y) = normal_pairs(500, rho, item);
                    mutual_information(&x, &y, 4).unwrap()
                })
                .collect();
            let mean = average(&estimates);
            let error = (squares(&estimates) / 11.0 / 12.0).sqrt();
            let truth = of_normal_pair(rho).unwrap();
            assert!((mean - truth).abs() < 4.0 * error + bias, "{rho}: {mean} {error} {truth}");
        }
    }

    /// Monte-Carlo: columns of noise beside the informative one add nothing but spread.
    #[test]
    fn a_block_tells_what_its_informative_column_tells() {
        let (x, y) = normal_pairs(1500, 0.9, 50);
        let mut s = Stream::new(6, "information-noise", 0, 0);
        let noise = Array2::from_shape_fn((1500, 1), |_| s.normal());
        let wide = ndarray::concatenate(Axis(1), &[x.view(), noise.view()]).unwrap();
        let estimate = mutual_information(&wide, &y, 4).unwrap();
        let truth = of_normal_pair(0.9).unwrap();
        assert!((estimate - truth).abs() < 0.12, "{estimate} against {truth}");
    }

    #[test]
    fn faults_are_named() {
        let (x, y) = normal_pairs(5, 0.0, 0);
        assert!(matches!(
            mutual_information(&x, &y.select(Axis(0), &[0, 1, 2, 3]), 1),
            Err(MetricsError::Length { left_len: 5, right_len: 4, .. })
        ));
        for k in [0, 5] {
            let error = mutual_information(&x, &y, k).unwrap_err();
            assert!(matches!(error, MetricsError::Domain { name: "k", .. }), "{error}");
        }
        assert!(of_normal_pair(1.0).is_err());
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Exact for powers of two, where scaling and standardising commute with rounding; symmetric always.
        #[test]
        fn it_is_symmetric_and_ignores_scale(item in 100u64..10_000, rho in -0.9..0.9f64) {
            let (x, y) = normal_pairs(60, rho, item);
            let plain = mutual_information(&x, &y, 3).unwrap();
            prop_assert_eq!(plain, mutual_information(&y, &x, 3).unwrap());
            let scaled = &x * -8.0;
            prop_assert_eq!(plain, mutual_information(&scaled, &y, 3).unwrap());
        }
    }
}
