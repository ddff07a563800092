//! The beta distribution: its distribution function and its quantiles, good to a few units in the last place.

/// Probability that a Beta(a, b) variable lies below `x`: the regularised incomplete beta function, by a continued
/// fraction on the side of the mean where it converges fast. 0 below 0 and 1 above 1; the shapes must be positive.
///
/// ```
/// use counterfoil_random::beta;
/// // Beta(1, 4) has the distribution function 1 - (1 - x)^4.
/// assert!((beta::below(0.3, 1.0, 4.0) - (1.0 - 0.7_f64.powi(4))).abs() < 1e-14);
/// ```
#[must_use]
pub fn below(x: f64, a: f64, b: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let mean = a / (a + b);
    let ln_whole = Whole::new(mean, a, b).ln;
    if x <= mean {
        (ln_integral(x, a, b) - ln_whole).exp()
    } else {
        1.0 - (ln_integral(1.0 - x, b, a) - ln_whole).exp()
    }
}

/// The value below which a Beta(a, b) variable lies with probability `q`, in `[0, 1]`: the inverse of [`below`], accurate
/// to a few units in the last place of `q`; about six evaluations of a continued fraction. `q` must lie in `[0, 1]`
/// and the shapes be positive; with shapes outside `[0.01, 1000]` the quantiles crowd at floating-point neighbours of the
/// ends.
///
/// ```
/// use counterfoil_random::beta;
/// // The arcsine distribution, Beta(1/2, 1/2).
/// let exact = (0.3 * std::f64::consts::FRAC_PI_2).sin().powi(2);
/// assert!((beta::quantile(0.3, 0.5, 0.5) - exact).abs() < 1e-14);
/// ```
#[must_use]
pub fn quantile(q: f64, a: f64, b: f64) -> f64 {
    if q <= 0.0 || q >= 1.0 {
        return q.clamp(0.0, 1.0);
    }
    let mean = a / (a + b);
    let whole = Whole::new(mean, a, b);
    // The smaller tail keeps its digits: the quantile is sought as a distance from the nearer end.
    if q <= whole.below_mean {
        solve(q, mean, a, b, whole.ln)
    } else {
        1.0 - solve(1.0 - q, 1.0 - mean, b, a, whole.ln)
    }
}

/// The integral of `t^(a-1) (1-t)^(b-1)` over `[0, 1]`, B(a, b).
struct Whole {
    ln: f64,
    /// The share of it below the mean.
    below_mean: f64,
}

impl Whole {
    /// No gamma function is needed: B(a, b) is the sum of both incomplete integrals at any point, and near the mean both
    /// continued fractions converge fast.
    fn new(mean: f64, a: f64, b: f64) -> Self {
        let (below, above) = (ln_integral(mean, a, b), ln_integral(1.0 - mean, b, a));
        let ln = below.max(above) + (-(below - above).abs()).exp().ln_1p();
        Self { ln, below_mean: (below - ln).exp() }
    }
}

/// The `x` in `[0, top]` whose lower tail is `q`: Newton's method in logarithms of both, in which the tail is nearly a
/// straight line, and halving wherever that would leave the bracket.
fn solve(q: f64, top: f64, a: f64, b: f64, ln_whole: f64) -> f64 {
    let (mut low, mut high) = (0.0, top);
    let mut x = 0.5 * top;
    // Halving 1 reaches the smallest normal number in 1022 steps; quantiles near zero may need them.
    for _ in 0..1100 {
        let ln_tail = ln_integral(x, a, b);
        let excess = ln_tail - ln_whole - q.ln();
        if excess == 0.0 {
            return x;
        }
        if excess > 0.0 {
            high = x;
        } else {
            low = x;
        }
        // d ln(tail) / d ln(x)
        let slope = (a * x.ln() + (b - 1.0) * (-x).ln_1p() - ln_tail).exp();
        let newton = x * (-excess / slope).exp();
        let next = if newton > low && newton < high { newton } else { 0.5 * (low + high) };
        if (next - x).abs() <= f64::EPSILON * x {
            return next;
        }
        x = next;
    }
    x
}

/// `ln` of the integral of `t^(a-1) (1-t)^(b-1)` over `[0, x]`, for `x` at or below the mean: Lentz's evaluation of the
/// continued fraction of Press et al., Numerical Recipes, section 6.4.
fn ln_integral(x: f64, a: f64, b: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let guard = |y: f64| if y.abs() < TINY { TINY } else { y };
    let mut c = 1.0;
    let mut d = guard(1.0 - (a + b) * x / (a + 1.0)).recip();
    let mut value = d;
    // Ends at some 20 terms where the shapes are moderate, at 2,000 where one is 0.01 and the other 1,000.
    for m in 1..20_000 {
        let m = f64::from(m);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = guard(1.0 + term * d).recip();
            c = guard(1.0 + term / c);
            change = c * d;
            value *= change;
        }
        if (change - 1.0_f64).abs() < 1e-16 {
            break;
        }
    }
    a * x.ln() + b * (-x).ln_1p() - a.ln() + value.ln()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Float class: 1e-13 relative. Families whose quantiles are known in closed form, and the mirror image.
    #[test]
    fn known_quantiles_are_met() {
        for i in 1..200 {
            let q = f64::from(i) / 200.0;
            let at = |a, b| quantile(q, a, b);
            let arcsine = (q * std::f64::consts::FRAC_PI_2).sin().powi(2);
            for (found, exact) in [
                (at(1.0, 1.0), q),
                (at(0.5, 0.5), arcsine),
                (at(3.0, 1.0), q.cbrt()),
                (at(0.5, 1.0), q * q),
                (at(1.0, 4.0), 1.0 - (1.0 - q).powf(0.25)),
            ] {
                assert!((found / exact - 1.0).abs() < 1e-13, "{q}: {found}, not {exact}");
            }
            let mirror = 1.0 - quantile(1.0 - q, 0.6, 0.6);
            assert!((at(0.6, 0.6) - mirror).abs() < 1e-14);
        }
    }

    /// Exact: ends and order.
    #[test]
    fn quantiles_rise_from_end_to_end() {
        for (a, b) in [(0.01, 0.01), (0.6, 0.6), (1000.0, 1000.0), (0.05, 700.0), (30.0, 0.2)] {
            let all: Vec<f64> = (0..=100).map(|i| quantile(f64::from(i) / 100.0, a, b)).collect();
            assert_eq!((all[0], all[100]), (0.0, 1.0));
            assert!(all.windows(2).all(|pair| pair[0] <= pair[1]), "Beta({a}, {b}): {all:?}");
        }
    }

    /// Float: 1e-12 relative after 2,000 terms of the continued fraction; mpmath 1.3, `betainc` at 40 digits.
    #[test]
    fn unlike_shapes_converge() {
        let found = below(0.999_999, 1000.0, 0.01);
        assert!((found / 0.061_433_984_859_827_42 - 1.0).abs() < 1e-12, "{found}");
    }

    proptest! {
        /// Float: the solver ends within a few units in the last place of x; where the density is at most 1e3 that is
        /// 1e-12 of the probability.
        #[test]
        fn quantiles_undo_the_distribution(mean in 0.15..0.85f64, q in 1e-9..0.999_999f64) {
            let [a, b] = [5.0 * mean, 5.0 * (1.0 - mean)];
            let back = below(quantile(q, a, b), a, b);
            prop_assert!((back - q).abs() < 1e-11, "{back} != {q}");
        }

        /// Float: whole shapes have a finite sum, I(x; a, b) = P(at least a successes of a + b - 1).
        #[test]
        fn whole_shapes_count_successes(x in 0.0..1.0f64, a in 1u32..7, b in 1u32..7) {
            let n = a + b - 1;
            let choose = |k: u32| (0..k).map(|i| f64::from(n - i) / f64::from(i + 1)).product::<f64>();
            let term = |k: u32| choose(k) * x.powi(k as i32) * (1.0 - x).powi((n - k) as i32);
            let expected: f64 = (a..=n).map(term).sum();
            prop_assert!((below(x, f64::from(a), f64::from(b)) - expected).abs() < 1e-13);
        }
    }
}
