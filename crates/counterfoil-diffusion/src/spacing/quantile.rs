//! Quantiles of the beta distribution, by Newton's method on the regularised incomplete beta function.

use crate::{DiffusionError, plan::check_setting};

/// The value below which a Beta(a, b) variable lies with probability `q`: the inverse of the regularised incomplete
/// beta function. Accurate to a few units in the last place of `q`; about six evaluations of a continued fraction.
///
/// ```
/// use counterfoil_diffusion::spacing::beta_quantile;
/// // The arcsine distribution, Beta(1/2, 1/2).
/// let exact = (0.3 * std::f64::consts::FRAC_PI_2).sin().powi(2);
/// assert!((beta_quantile(0.3, 0.5, 0.5)? - exact).abs() < 1e-14);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
///
/// # Errors
/// [`DiffusionError::SettingOutOfRange`] for `q` outside `[0, 1]` or a shape outside `[0.01, 1000]`, beyond which the
/// quantiles crowd at floating-point neighbours of the ends.
pub fn beta_quantile(q: f64, a: f64, b: f64) -> Result<f64, DiffusionError> {
    check_setting("q", q, (0.0..=1.0).contains(&q), "[0, 1]")?;
    for (name, shape) in [("a", a), ("b", b)] {
        check_setting(name, shape, (0.01..=1000.0).contains(&shape), "[0.01, 1000]")?;
    }
    if q == 0.0 || q == 1.0 {
        return Ok(q);
    }
    // B(a, b) needs no gamma function: it is the sum of both incomplete integrals at any point, and near the mean both
    // continued fractions converge fast.
    let mean = a / (a + b);
    let (below, above) = (ln_integral(mean, a, b), ln_integral(1.0 - mean, b, a));
    let ln_whole = below.max(above) + (-(below - above).abs()).exp().ln_1p();
    // The smaller tail keeps its digits: the quantile is sought as a distance from the nearer end.
    let split = (below - ln_whole).exp();
    Ok(if q <= split {
        solve(q, mean, a, b, ln_whole)
    } else {
        1.0 - solve(1.0 - q, 1.0 - mean, b, a, ln_whole)
    })
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
    for m in 1..1000 {
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

    /// Float class: 1e-13 relative. Three families whose quantiles are known in closed form, and the mirror image.
    #[test]
    fn known_quantiles_are_met() {
        for i in 1..200 {
            let q = f64::from(i) / 200.0;
            let at = |a, b| beta_quantile(q, a, b).unwrap();
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
            let mirror = 1.0 - beta_quantile(1.0 - q, 0.6, 0.6).unwrap();
            assert!((at(0.6, 0.6) - mirror).abs() < 1e-14);
        }
    }

    /// Exact: ends, order, and what is refused.
    #[test]
    fn quantiles_rise_from_end_to_end() {
        for (a, b) in [(0.01, 0.01), (0.6, 0.6), (1000.0, 1000.0), (0.05, 700.0), (30.0, 0.2)] {
            let all: Vec<f64> =
                (0..=100).map(|i| beta_quantile(f64::from(i) / 100.0, a, b).unwrap()).collect();
            assert_eq!((all[0], all[100]), (0.0, 1.0));
            assert!(all.windows(2).all(|pair| pair[0] <= pair[1]), "Beta({a}, {b}): {all:?}");
        }
        for (q, a, b) in [(1.1, 1.0, 1.0), (0.5, 0.0, 1.0), (0.5, 1.0, f64::NAN)] {
            assert!(beta_quantile(q, a, b).is_err());
        }
    }
}
