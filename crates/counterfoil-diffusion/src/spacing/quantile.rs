//! Quantiles of the beta distribution as places of levels, their arguments checked.

use counterfoil_random::beta;

use crate::{DiffusionError, plan::check_setting};

/// The value below which a Beta(a, b) variable lies with probability `q`: [`counterfoil_random::beta::quantile`] for shapes
/// that a grid can use.
///
/// # Errors
/// [`DiffusionError::SettingOutOfRange`] for `q` outside `[0, 1]` or a shape outside `[0.01, 1000]`, beyond which the
/// quantiles crowd at floating-point neighbours of the ends.
pub fn beta_quantile(q: f64, a: f64, b: f64) -> Result<f64, DiffusionError> {
    check_setting("q", q, (0.0..=1.0).contains(&q), "[0, 1]")?;
    for (name, shape) in [("a", a), ("b", b)] {
        check_setting(name, shape, (0.01..=1000.0).contains(&shape), "[0.01, 1000]")?;
    }
    Ok(beta::quantile(q, a, b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_grid_can_use_is_refused() {
        assert_eq!(beta_quantile(0.5, 0.6, 0.6).unwrap(), beta::quantile(0.5, 0.6, 0.6));
        for (q, a, b) in [(1.1, 1.0, 1.0), (0.5, 0.0, 1.0), (0.5, 1.0, f64::NAN)] {
            assert!(beta_quantile(q, a, b).is_err());
        }
    }
}
