//! How much a scheme with two states amplifies what should not be there.

/// The largest growth bound that [`super::Abduction::encode`] accepts. Above about 10 a latent is unfit for abduction
/// though it reconstructs: what was amplified is the method's own error, not the item's noise.
pub const GROWTH_LIMIT: f64 = 10.0;

/// The largest product of roots from any level up to the last.
pub(super) fn encoding(roots: &[f64]) -> f64 {
    largest(roots.iter().rev().map(|root| root.abs()))
}

/// The largest product of reciprocal roots from any level down to the first.
pub(super) fn decoding(roots: &[f64]) -> f64 {
    largest(roots.iter().map(|root| 1.0 / root.abs()))
}

/// The largest of 1 and the partial products, in the order in which an error would have to be made ever earlier.
fn largest(factors: impl Iterator<Item = f64>) -> f64 {
    let products = factors.scan(1.0, |product, factor| {
        *product *= factor;
        Some(*product)
    });
    // Not `f64::max`, which would hide a bound that is not a number.
    products.fold(1.0, |most: f64, product| if product <= most { most } else { product })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: an error made late passes the last roots only; neutral roots grow neither way.
    #[test]
    fn growth_is_the_worst_level() {
        assert_eq!((encoding(&[]), decoding(&[])), (1.0, 1.0));
        assert_eq!((encoding(&[-1.0; 9]), decoding(&[-1.0; 9])), (1.0, 1.0));
        assert_eq!((encoding(&[0.25, 2.0, 4.0]), decoding(&[0.25, 2.0, 4.0])), (8.0, 4.0));
        assert!(encoding(&[2.0, f64::NAN, 2.0]).is_nan());
    }
}
