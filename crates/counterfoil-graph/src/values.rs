//! The values of a variable: whether it can take one, and where that lies on the standard scale of its range.

use crate::{GraphError, Kind, Variable};
use std::ops::{Bound, RangeBounds};

/// Where a permitted value lies with respect to the declared range.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Placement {
    /// Within the declared range (or there is none).
    Inside,
    /// Possible, but outside the declared range: whatever was learned there is extrapolated.
    Extrapolated,
}

impl Variable {
    /// The value on the standard scale, on which the range is `[-1, 1]`.
    ///
    /// Continuous: `2 (value - low) / (high - low) - 1`, also outside the range; the value itself when no range
    /// was declared. Circular: the same after wrapping into one turn, so the result is in `[-1, 1)`.
    /// Categorical: the same with `(low, high) = (0, categories - 1)`.
    pub fn standardise(&self, value: f64) -> f64 {
        if !self.has_range() {
            return value;
        }
        let (low, high) = self.range();
        match self.kind() {
            Kind::Circular { period } => 2.0 * (wrap(value - low, period) / period) - 1.0,
            Kind::Continuous | Kind::Categorical { .. } => {
                2.0 * ((value - low) / (high - low)) - 1.0
            }
        }
    }

    /// The inverse of [`Variable::standardise`]: from the standard scale back to the variable's own unit.
    ///
    /// A circular value comes back within `[low, low + period)`, a categorical one as the nearest category.
    pub fn restore(&self, standardised: f64) -> f64 {
        if !self.has_range() {
            return standardised;
        }
        let (low, high) = self.range();
        // Written as a weighted mean, so that -1 and 1 give the bounds exactly.
        let value = 0.5 * (1.0 - standardised) * low + 0.5 * (1.0 + standardised) * high;
        match self.kind() {
            Kind::Continuous => value,
            // Adding the origin may round up to the end of the turn, which is its beginning.
            Kind::Circular { period } => match low + wrap(value - low, period) {
                angle if angle >= high => low,
                angle => angle,
            },
            Kind::Categorical { .. } => value.round().clamp(low, high),
        }
    }

    /// Whether `value` lies in the declared range, outside it, or nowhere that the variable can be.
    ///
    /// # Errors
    /// [`GraphError::OutsideDomain`] when the value is not finite, outside the hard domain, or, for a
    /// categorical variable, not an integer in `0 .. categories`; [`GraphError::UnlabelledIntervention`] for an
    /// unlabelled or latent variable, which has no values.
    pub fn place(&self, value: f64) -> Result<Placement, GraphError> {
        if !self.is_labelled() {
            let name = self.name().to_owned();
            return Err(GraphError::UnlabelledIntervention { name, role: self.what() });
        }
        let possible = value.is_finite()
            && match self.kind() {
                Kind::Continuous => self.domain().contains(&value),
                Kind::Circular { .. } => true,
                Kind::Categorical { categories } => {
                    value.fract() == 0.0 && (0.0..categories as f64).contains(&value)
                }
            };
        if !possible {
            return Err(GraphError::OutsideDomain {
                name: self.name().to_owned(),
                value,
                expected: self.values_in_words(),
            });
        }
        let (low, high) = self.range();
        let ranged = self.kind() == Kind::Continuous && self.has_range();
        if ranged && !(low..=high).contains(&value) {
            Ok(Placement::Extrapolated)
        } else {
            Ok(Placement::Inside)
        }
    }

    /// The values that the variable can take, as a phrase after "give".
    fn values_in_words(&self) -> String {
        let unit = self.unit().map(|unit| format!(" {unit}")).unwrap_or_default();
        match self.kind() {
            Kind::Categorical { categories } => {
                format!("a whole number from 0 to {}", categories - 1)
            }
            Kind::Circular { .. } => "a finite number".to_owned(),
            Kind::Continuous => match domain_in_words(self.domain()) {
                Some(bounds) => format!("a finite number {bounds}{unit}"),
                None => "a finite number".to_owned(),
            },
        }
    }
}

/// "above 0 and at most 255", or nothing when there are no bounds.
pub(crate) fn domain_in_words((low, high): (Bound<f64>, Bound<f64>)) -> Option<String> {
    let low = match low {
        Bound::Included(x) => Some(format!("of at least {x}")),
        Bound::Excluded(x) => Some(format!("above {x}")),
        Bound::Unbounded => None,
    };
    let high = match high {
        Bound::Included(x) => Some(format!("of at most {x}")),
        Bound::Excluded(x) => Some(format!("below {x}")),
        Bound::Unbounded => None,
    };
    let parts: Vec<String> = low.into_iter().chain(high).collect();
    (!parts.is_empty()).then(|| parts.join(" and "))
}

/// `x` modulo `period`, in `[0, period)` also where rounding would give `period` itself.
fn wrap(x: f64, period: f64) -> f64 {
    let turned = x.rem_euclid(period);
    if turned >= period { 0.0 } else { turned }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: just below the beginning of a turn is its end, which rounds to the beginning.
    #[test]
    fn rounding_never_leaves_the_turn() -> Result<(), GraphError> {
        let angle = Variable::circular("angle", 360.0)?;
        assert_eq!(angle.standardise(-1e-20), -1.0);
        assert_eq!(angle.standardise(180.0), 0.0);
        assert_eq!(angle.restore(1.0), 0.0);
        // What is no number is none in degrees either, and no place on the circle.
        assert!(angle.restore(f64::NAN).is_nan() && angle.standardise(f64::INFINITY).is_nan());
        let far = Variable::circular("far", 0.3)?.with_origin(1e3)?;
        let (low, high) = far.range();
        for step in 0..1000 {
            let back = far.restore(1.0 - f64::from(step) * f64::EPSILON);
            assert!(low <= back && back < high, "{back}");
        }
        Ok(())
    }
}
