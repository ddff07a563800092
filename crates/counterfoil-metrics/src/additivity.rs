//! Is the effect of two interventions together the sum of their effects apart? Additivity in latent space.
//!
//! For one image let `z`, `z_a`, `z_b` and `z_ab` be its latents as they are and under do(a), do(b) and do(a, b), all
//! with the same exogenous noise. The effects are differences from `z`; the *interaction* of the two interventions,
//! the contrast of a two-by-two factorial experiment (Fisher, *The Design of Experiments*, 1935, chapter VI), is
//!
//! `i = (z_ab - z) - (z_a - z) - (z_b - z) = z_ab - z_a - z_b + z`
//!
//! and vanishes where effects add up, which is what arithmetic on latents presumes (Mikolov et al., *Linguistic
//! regularities in continuous space word representations*, 2013). Two figures weigh it against the effects:
//! the interaction as a share of the single effects, and how much of the joint effect the sum predicts.
//!
//! Additive is not the same as right. The true model interacts wherever a mechanism is not additive in its causes, and
//! wherever one of the two variables causes the other: do(b) then cuts what do(a) would have done to b. Compare with
//! the figures of the true latents on the same queries where these are known; [`between`] gives the distance of the
//! interactions themselves.

use ndarray::{Array2, ArrayRef2};
use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval},
    check,
    error::{MetricsError, Result},
};

/// Latents of the same images under four interventions, each `[n, dimensions]`, one image per row.
#[derive(Clone, Copy, Debug)]
pub struct Factorial<'a> {
    /// With nothing set.
    pub neither: &'a ArrayRef2<f64>,
    /// Under do(a).
    pub first: &'a ArrayRef2<f64>,
    /// Under do(b).
    pub second: &'a ArrayRef2<f64>,
    /// Under do(a, b).
    pub both: &'a ArrayRef2<f64>,
}

impl Factorial<'_> {
    /// The interaction of each image, `[n, dimensions]`, in latent units. `O(n dimensions)`.
    ///
    /// # Errors
    /// When shapes differ, nothing is given or a value is not finite.
    pub fn interaction(&self) -> Result<Array2<f64>> {
        check::same_shape("neither", self.neither, "first", self.first)?;
        check::same_shape("neither", self.neither, "second", self.second)?;
        check::same_shape("neither", self.neither, "both", self.both)?;
        Ok((self.both - self.first) - (self.second - self.neither))
    }
}

/// How nearly effects add up.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Additivity {
    /// Root mean square of the interaction over that of the two single effects,
    /// `sqrt(sum |i|^2 / sum (|e_a|^2 + |e_b|^2))`: 0 adds up; 1 is, for effects at right angles, a joint intervention
    /// that does nothing.
    pub interaction: Interval,
    /// Share of the joint effect that the sum of the single ones predicts, `1 - sum |i|^2 / sum |e_ab|^2`: 1 adds up, 0
    /// predicts no better than no effect, below that worse. Absent where the joint interventions have no effect.
    pub predicted: Option<Interval>,
}

/// Additivity of a factorial of latents, sums taken over images and dimensions.
///
/// Both figures are without unit, but dimensions count by their squared size: standardise latents (by the deviation of
/// `neither`, all four alike) whose scales mean nothing. Bootstrap rounds draw images. `O(n dimensions)` and `O(n)` a
/// round.
///
/// ```
/// use counterfoil_metrics::{additivity::{Factorial, additivity}, bootstrap::Bootstrap};
/// use ndarray::array;
/// let [neither, first, second] = [array![[0.0, 1.0]], array![[2.0, 1.0]], array![[0.0, 4.0]]];
/// let both = array![[2.0, 4.0]];
/// let of = Factorial { neither: &neither, first: &first, second: &second, both: &both };
/// assert_eq!(additivity(&of, &Bootstrap::new(1))?.interaction.estimate, 0.0);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// As [`Factorial::interaction`] and [`Bootstrap::interval`], and when neither single intervention has any effect.
pub fn additivity(latents: &Factorial<'_>, bootstrap: &Bootstrap) -> Result<Additivity> {
    let interaction = squared_rows(&latents.interaction()?);
    let of = |after: &ArrayRef2<f64>| squared_rows(&(after - latents.neither));
    let (first, second, joint) = (of(latents.first), of(latents.second), of(latents.both));
    let single: Vec<f64> = first.iter().zip(&second).map(|(a, b)| a + b).collect();
    let ratio = |by: &[f64], images: &[usize]| {
        let sum = |of: &[f64]| images.iter().map(|&image| of[image]).sum::<f64>();
        let whole = sum(by);
        if whole > 0.0 {
            Ok(sum(&interaction) / whole)
        } else {
            let reason = "the interventions have no effect";
            Err(MetricsError::Degenerate { figure: "additivity", reason })
        }
    };
    let n = interaction.len();
    let moved = joint.iter().any(|&e| e > 0.0);
    let predicted = || bootstrap.interval(n, |images| Ok(1.0 - ratio(&joint, images)?));
    Ok(Additivity {
        interaction: bootstrap.interval(n, |images| Ok(ratio(&single, images)?.sqrt()))?,
        predicted: moved.then(predicted).transpose()?,
    })
}

/// Root mean square distance of the interactions of `latents` from those of `truth`, over the root mean square of the
/// true single effects: 0 is a model that interacts as the truth does, additive or not. Latents must be in the same
/// units and order of dimensions.
///
/// # Errors
/// As [`additivity`] of either, and when the two differ in shape.
pub fn between(
    latents: &Factorial<'_>,
    truth: &Factorial<'_>,
    bootstrap: &Bootstrap,
) -> Result<Interval> {
    let (ours, theirs) = (latents.interaction()?, truth.interaction()?);
    check::same_shape("latents", &ours, "truth", &theirs)?;
    let off = squared_rows(&(ours - theirs));
    let of = |after: &ArrayRef2<f64>| squared_rows(&(after - truth.neither));
    let (first, second) = (of(truth.first), of(truth.second));
    bootstrap.interval(off.len(), |images| {
        let whole: f64 = images.iter().map(|&image| first[image] + second[image]).sum();
        if whole == 0.0 {
            let reason = "the true interventions have no effect";
            return Err(MetricsError::Degenerate { figure: "additivity", reason });
        }
        Ok((images.iter().map(|&image| off[image]).sum::<f64>() / whole).sqrt())
    })
}

/// Sum of squares of each row.
fn squared_rows(block: &Array2<f64>) -> Vec<f64> {
    block.outer_iter().map(|row| row.dot(&row)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::array;
    use proptest::prelude::*;

    const ROUNDS: Bootstrap = Bootstrap { rounds: 50, level: 0.9, seed: 4 };

    fn normals(item: u64) -> Array2<f64> {
        let mut s = Stream::new(29, "additivity-test", item, 0);
        Array2::from_shape_fn((20, 3), |_| s.normal())
    }

    #[test]
    fn effects_worked_by_hand() {
        // Effects (3, 0) and (0, 4) of one image, together (3, 3): the interaction is (0, -1).
        let (neither, first) = (array![[1.0, 1.0]], array![[4.0, 1.0]]);
        let (second, both) = (array![[1.0, 5.0]], array![[4.0, 4.0]]);
        let of = Factorial { neither: &neither, first: &first, second: &second, both: &both };
        assert_eq!(of.interaction().unwrap(), array![[0.0, -1.0]]);
        let a = additivity(&of, &ROUNDS).unwrap();
        assert_relative_eq!(a.interaction.estimate, 0.2, epsilon = 1e-15);
        assert_relative_eq!(a.predicted.unwrap().estimate, 1.0 - 1.0 / 18.0, epsilon = 1e-15);
        // A joint intervention that does nothing, at right angles: 1, and nothing to predict.
        let undone = Factorial { both: &neither, ..of };
        let a = additivity(&undone, &ROUNDS).unwrap();
        assert_relative_eq!(a.interaction.estimate, 1.0, epsilon = 1e-15);
        assert!(a.predicted.is_none());
        // The truth interacts by (0, -1) too, or by nothing: off by 1 of 5.
        assert_eq!(between(&of, &of, &ROUNDS).unwrap().estimate, 0.0);
        let additive = array![[4.0, 5.0]];
        let truth = Factorial { both: &additive, ..of };
        assert_relative_eq!(between(&of, &truth, &ROUNDS).unwrap().estimate, 0.2, epsilon = 1e-15);
    }

    #[test]
    fn faults_are_named() {
        let (x, narrow) = (normals(0), Array2::zeros((20, 2)));
        let still = Factorial { neither: &x, first: &x, second: &x, both: &x };
        assert!(matches!(additivity(&still, &ROUNDS), Err(MetricsError::Degenerate { .. })));
        assert!(matches!(between(&still, &still, &ROUNDS), Err(MetricsError::Degenerate { .. })));
        let uneven = Factorial { second: &narrow, ..still };
        assert!(matches!(additivity(&uneven, &ROUNDS), Err(MetricsError::Shape { .. })));
    }

    /// Exact in kind: in a chain a -> b with slope 2, do(b) cuts the effect of do(a) on b, so that the right latents
    /// interact by just that effect.
    #[test]
    fn an_intervention_on_a_descendant_interacts() {
        let at = |a: f64, b: Option<f64>| array![[a, b.unwrap_or(2.0 * a + 0.5)]];
        let (neither, first, second, both) =
            (at(0.0, None), at(1.0, None), at(0.0, Some(4.0)), at(1.0, Some(4.0)));
        let of = Factorial { neither: &neither, first: &first, second: &second, both: &both };
        assert_eq!(of.interaction().unwrap(), array![[0.0, -2.0]]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Float class: effects that add up interact by rounding alone; units, shifts and the names of the two
        /// interventions do not matter.
        #[test]
        fn sums_add_up(item: u64, scale in 0.1..9.0f64, shift in -3.0..3.0f64) {
            let (neither, first, second, off) =
                (normals(item), normals(item ^ 1), normals(item ^ 2), normals(item ^ 3));
            let sum = &first + &second - &neither;
            let of = Factorial { neither: &neither, first: &first, second: &second, both: &sum };
            let exact = additivity(&of, &ROUNDS).unwrap();
            prop_assert!(exact.interaction.high < 1e-12 && exact.predicted.unwrap().low > 1.0 - 1e-12);
            let both = &sum + &off;
            let of = Factorial { both: &both, ..of };
            let plain = additivity(&of, &ROUNDS).unwrap();
            let moved = [&neither, &first, &second, &both].map(|z| z * scale + shift);
            let turned = Factorial { neither: &moved[0], first: &moved[2], second: &moved[1], both: &moved[3] };
            let turned = additivity(&turned, &ROUNDS).unwrap();
            assert_relative_eq!(turned.interaction.estimate, plain.interaction.estimate, max_relative = 1e-9);
            assert_relative_eq!(turned.predicted.unwrap().estimate, plain.predicted.unwrap().estimate, epsilon = 1e-9);
        }
    }
}
