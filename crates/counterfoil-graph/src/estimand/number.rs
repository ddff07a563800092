//! What an estimand is computed in: floats in practice, exact fractions in proofs.

/// Numbers that probabilities can be. Implemented for `f64`; exact fractions can implement it, so that a test needs no
/// tolerance.
pub trait Number: Clone + PartialEq + std::fmt::Debug {
    /// The whole number `n`.
    fn whole(n: usize) -> Self;

    /// The sum.
    fn plus(&self, other: &Self) -> Self;

    /// The product.
    fn times(&self, other: &Self) -> Self;

    /// The quotient; `divisor` is not zero.
    fn over(&self, divisor: &Self) -> Self;

    /// The nearest `f64`.
    fn to_f64(&self) -> f64;

    /// `true` for exactly zero.
    fn is_zero(&self) -> bool {
        *self == Self::whole(0)
    }
}

impl Number for f64 {
    fn whole(n: usize) -> Self {
        n as f64
    }

    fn plus(&self, other: &Self) -> Self {
        self + other
    }

    fn times(&self, other: &Self) -> Self {
        self * other
    }

    fn over(&self, divisor: &Self) -> Self {
        self / divisor
    }

    fn to_f64(&self) -> f64 {
        *self
    }
}
