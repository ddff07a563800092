//! Weights of multistep solvers: integrals of the polynomial through the signals, against the solver's own kernel.
//!
//! On one step, with the place `theta` running from 0 at its start to 1 at its end, the signal is replaced by the polynomial
//! through its values at some places (the calls of earlier steps lie at negative ones), and a solver is told apart by the
//! kernel that it integrates against: 1 in the noise level itself (Adams methods), an exponential in the log-SNR
//! (exponential integrators).

/// `k! phi_{k+1}(x) = int_0^1 exp(x (1 - theta)) theta^k d theta` for k = 0 to `count - 1` (Hochbruck and Ostermann 2010,
/// section 2.1). By the series near 0, where the recurrence cancels.
pub(crate) fn exponential_moments(x: f64, count: usize) -> Vec<f64> {
    let factorial = |k: usize| (1..=k).map(|i| i as f64).product::<f64>();
    let phi = |k: usize| {
        if x.abs() < 2.0 {
            // sum of x^j / (j + k)!: 30 terms reach far below rounding.
            let mut term = 1.0 / factorial(k);
            let mut sum = term;
            for j in 1..30 {
                term *= x / (j + k) as f64;
                sum += term;
            }
            sum
        } else {
            (0..k).fold(x.exp(), |value, i| (value - 1.0 / factorial(i)) / x)
        }
    };
    (0..count).map(|k| factorial(k) * phi(k + 1)).collect()
}

/// `int_0^1 theta^k d theta`.
pub(crate) fn plain_moments(count: usize) -> Vec<f64> {
    (1..=count).map(|k| 1.0 / k as f64).collect()
}

/// The weight of the value at each of `nodes` in the integral of the polynomial through all of them, from the integrals of
/// the powers of theta. As many moments as nodes, which are all different.
pub(crate) fn weights(nodes: &[f64], moments: &[f64]) -> Vec<f64> {
    let basis = |j: usize| {
        // Coefficients of the product over the other nodes of (theta - node) / (node_j - node).
        let mut coefficients = vec![1.0];
        for (i, &node) in nodes.iter().enumerate().filter(|(i, _)| *i != j) {
            let scale = 1.0 / (nodes[j] - nodes[i]);
            let mut next = vec![0.0; coefficients.len() + 1];
            for (k, c) in coefficients.iter().enumerate() {
                next[k + 1] += scale * c;
                next[k] -= scale * node * c;
            }
            coefficients = next;
        }
        coefficients
    };
    (0..nodes.len()).map(|j| basis(j).iter().zip(moments).map(|(c, m)| c * m).sum()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Float class: both forms at the place where they meet, and the closed form of the first.
    #[test]
    fn moments_are_the_integrals() {
        for x in [-40.0, -3.0, -2.0, -1.9, -1e-3, 0.0, 1e-9, 0.7, 1.99, 2.01, 5.0] {
            let moments = exponential_moments(x, 4);
            let steps = 20_000;
            for (k, moment) in moments.iter().enumerate() {
                // Midpoint rule, good to 1e-9 of the largest value.
                let integral: f64 = (0..steps)
                    .map(|i| (f64::from(i) + 0.5) / f64::from(steps))
                    .map(|t| (x * (1.0 - t)).exp() * t.powi(k as i32))
                    .sum::<f64>()
                    / f64::from(steps);
                let scale = x.exp().max(1.0);
                assert!((moment - integral).abs() < 1e-6 * scale, "{x} {k}: {moment} {integral}");
            }
            let first = if x == 0.0 { 1.0 } else { x.exp_m1() / x };
            assert!((moments[0] / first - 1.0).abs() < 1e-14);
        }
    }

    /// Exact for polynomials: the classical Adams-Bashforth and Adams-Moulton coefficients.
    #[test]
    fn classical_coefficients_come_out() {
        let check = |nodes: &[f64], expected: &[f64]| {
            let found = weights(nodes, &plain_moments(nodes.len()));
            assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-14), "{found:?}");
        };
        check(&[0.0, -1.0], &[1.5, -0.5]);
        check(&[0.0, -1.0, -2.0], &[23.0 / 12.0, -16.0 / 12.0, 5.0 / 12.0]);
        check(&[0.0, -1.0, -2.0, -3.0], &[55.0 / 24.0, -59.0 / 24.0, 37.0 / 24.0, -9.0 / 24.0]);
        check(&[1.0, 0.0], &[0.5, 0.5]);
    }
}
