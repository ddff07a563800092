//! What an intervention does to one variable: sets it, or leaves its causes in force and moves the outcome.

use crate::{GraphError, Kind, Variable};
use std::ops::Bound;

/// The change of one variable, in its own unit.
///
/// `Set` is the hard intervention, which cuts the variable from its causes. The others are soft (Eberhardt and Scheines
/// 2007, "parametric"; Correa and Bareinboim 2020): the variable still follows its causes and its noise, and what they
/// make of it, its *natural* value, is moved. Soft changes are written `x+=1`, `x-=1` and `x*=0.5`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Change {
    /// `x := value`, whatever its causes say.
    Set(f64),
    /// `x := natural value + amount`.
    Shift(f64),
    /// `x := natural value * factor`: causes and noise act on the variable by that much of what they did.
    Scale(f64),
}

impl Change {
    /// The value that a variable takes whose causes and noise make it `natural`. A soft change stops at the edge of the
    /// variable's domain and wraps into the turn of a circular variable; one that moves nothing returns `natural` itself.
    pub fn of(self, variable: &Variable, natural: f64) -> f64 {
        let moved = match self {
            Self::Set(value) => return value,
            Self::Shift(amount) => natural + amount,
            Self::Scale(factor) => natural * factor,
        };
        if moved == natural {
            return natural;
        }
        // No value is near to NaN, and an edge of the domain would look like one.
        if moved.is_nan() {
            return moved;
        }
        match variable.kind() {
            Kind::Circular { .. } => variable.restore(variable.standardise(moved)),
            Kind::Continuous | Kind::Categorical { .. } => confine(variable, moved),
        }
    }

    /// The value that is set, whatever the natural one; nothing for a soft change.
    pub fn value(self) -> Option<f64> {
        match self {
            Self::Set(value) => Some(value),
            Self::Shift(_) | Self::Scale(_) => None,
        }
    }

    /// Whether the change means something for `variable`.
    ///
    /// # Errors
    /// As [`Variable::place`] for a value that is set; [`GraphError::SoftChange`] for a soft change of a categorical
    /// variable, for a circular one that is scaled, and for a number that is not finite.
    pub fn check(self, variable: &Variable) -> Result<(), GraphError> {
        let refuse = |reason| {
            let (name, change) = (variable.name().to_owned(), self.written(variable));
            Err(GraphError::SoftChange { name, change, reason })
        };
        let by = match self {
            Self::Set(value) => return variable.place(value).map(|_| ()),
            Self::Shift(by) | Self::Scale(by) => by,
        };
        if !variable.is_labelled() {
            let (name, role) = (variable.name().to_owned(), variable.what());
            return Err(GraphError::UnlabelledIntervention { name, role });
        }
        match (variable.kind(), self) {
            _ if !by.is_finite() => refuse("give a finite number"),
            (Kind::Categorical { .. }, _) => {
                refuse("a category has no neighbours to move to: set it, as in name=1")
            }
            (Kind::Circular { .. }, Self::Scale(_)) => {
                refuse("a circle has no zero to scale from: shift it, as in name+=10")
            }
            _ => Ok(()),
        }
    }

    /// The change as it is written: `thickness = 2.5 px`, `thickness += 0.5 px`, `thickness *= 2`.
    pub fn written(self, variable: &Variable) -> String {
        let name = variable.name();
        let unit = variable.unit().map(|unit| format!(" {unit}")).unwrap_or_default();
        match self {
            Self::Set(value) => format!("{name} = {value}{unit}"),
            Self::Shift(amount) if amount < 0.0 => format!("{name} -= {}{unit}", -amount),
            Self::Shift(amount) => format!("{name} += {amount}{unit}"),
            Self::Scale(factor) => format!("{name} *= {factor}"),
        }
    }
}

/// The value of a continuous variable's domain that is nearest to `value`.
fn confine(variable: &Variable, value: f64) -> f64 {
    let (low, high) = variable.domain();
    let low = match low {
        Bound::Included(x) => x,
        Bound::Excluded(x) => x.next_up(),
        Bound::Unbounded => f64::NEG_INFINITY,
    };
    let high = match high {
        Bound::Included(x) => x,
        Bound::Excluded(x) => x.next_down(),
        Bound::Unbounded => f64::INFINITY,
    };
    value.max(low).min(high)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: the values are chosen so that nothing rounds.
    #[test]
    fn a_soft_change_moves_the_natural_value_and_stays_where_values_are() -> Result<(), GraphError>
    {
        let grey =
            Variable::continuous("grey")?.with_range(64.0, 255.0)?.with_domain(0.0..=255.0)?;
        let angle = Variable::circular("angle", 360.0)?.with_origin(-180.0)?;
        for (variable, change, natural, expected) in [
            (&grey, Change::Set(3.0), 100.0, 3.0),
            (&grey, Change::Shift(20.0), 100.0, 120.0),
            (&grey, Change::Scale(0.5), 100.0, 50.0),
            (&grey, Change::Shift(200.0), 100.0, 255.0),
            (&grey, Change::Scale(-1.0), 100.0, 0.0),
            (&angle, Change::Shift(90.0), 135.0, -135.0),
            (&angle, Change::Shift(0.0), 135.0, 135.0),
            // What moves nothing puts nothing right either.
            (&grey, Change::Shift(0.0), 300.0, 300.0),
        ] {
            assert_eq!(change.of(variable, natural), expected, "{}", change.written(variable));
        }
        for variable in [&grey, &angle] {
            assert!(Change::Shift(1.0).of(variable, f64::NAN).is_nan());
        }
        let positive = Variable::continuous("length")?
            .with_domain((Bound::Excluded(0.0), Bound::Unbounded))?;
        let least = Change::Shift(-5.0).of(&positive, 1.0);
        assert!(least > 0.0 && positive.place(least).is_ok());
        Ok(())
    }
}
