//! The standard normal distribution: its distribution function and its quantiles, to about 1e-15.

/// Probability that a standard normal variable lies below `z`: the series near 0 and Lentz's continued fraction beyond
/// (Abramowitz and Stegun 26.2.11 and 26.2.14).
#[must_use]
pub fn below(z: f64) -> f64 {
    if z.abs() < 3.0 {
        let (mut term, mut sum) = (z, z);
        let mut n = 1.0;
        while term.abs() > 1e-17 * sum.abs() {
            n += 2.0;
            term *= z * z / n;
            sum += term;
        }
        return 0.5 + density(z) * sum;
    }
    // z + 1/(z + 2/(z + 3/(z + ...))), from the inside.
    let far = z.abs();
    let tail = density(z) / (1..=60).rev().fold(far, |rest, n| far + f64::from(n) / rest);
    if z < 0.0 { tail } else { 1.0 - tail }
}

/// The number that a standard normal variable lies below with probability `p`; infinite at 0 and 1.
///
/// A rational approximation good to 4.5e-4 (Abramowitz and Stegun 26.2.23) and two steps of Halley's method, each of
/// which cubes the error.
#[must_use]
pub fn quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p > 0.5 {
        return -quantile(1.0 - p);
    }
    let t = (-2.0 * p.ln()).sqrt();
    let above = 2.515_517 + t * (0.802_853 + t * 0.010_328);
    let under = 1.0 + t * (1.432_788 + t * (0.189_269 + t * 0.001_308));
    let first = above / under - t;
    (0..2).fold(first, |z, _| {
        let newton = (below(z) - p) / density(z);
        z - newton / (1.0 + 0.5 * z * newton)
    })
}

fn density(z: f64) -> f64 {
    (-0.5 * z * z).exp() / (2.0 * std::f64::consts::PI).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Float class: 1e-14. Tabulated values, and the mirror image.
    #[test]
    fn the_normal_distribution_is_right() {
        for (z, expected) in [
            (0.0, 0.5),
            (1.0, 0.841_344_746_068_542_9),
            (2.5, 0.993_790_334_674_223_8),
            (-3.5, 2.326_290_790_355_250_4e-4),
            (-6.0, 9.865_876_450_376_98e-10),
        ] {
            assert!((below(z) / expected - 1.0).abs() < 1e-12, "{z}");
            assert!((below(z) + below(-z) - 1.0).abs() < 1e-14);
            assert!((quantile(expected) - z).abs() < 1e-12, "{z}");
        }
        let (left, right) = (below(-3.0 - 1e-9), below(-3.0 + 1e-9));
        assert!((left / right - 1.0).abs() < 1e-8);
    }

    /// Float class: 1e-13 relative. The two functions undo each other down to the smallest draw of a uniform number.
    #[test]
    fn quantiles_undo_the_distribution() {
        for power in 2..=54 {
            let p = 0.5_f64.powi(power);
            for p in [p, 0.7 * p] {
                assert!((below(quantile(p)) / p - 1.0).abs() < 1e-13, "{p:e}");
                if power < 53 {
                    assert_eq!(quantile(1.0 - p), -quantile(1.0 - (1.0 - p)));
                }
            }
        }
        assert!(quantile(0.5).abs() < 1e-15);
        assert_eq!([0.0, 1.0].map(quantile), [f64::NEG_INFINITY, f64::INFINITY]);
    }
}
