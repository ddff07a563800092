//! A mean error beside that of a reference on the same images: the form in which every figure is read.
//!
//! "0.12 pixels" says little until one knows that leaving the image as it is gives 0.5. The reference may be
//! the unchanged image, a model without abduction, a redraw, the mean image or another image: whatever has one
//! error per image.

use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval},
    check,
    error::Result,
    statistics::average,
};

/// A mean error, a reference's mean error, and the first as a share of the second.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Comparison {
    /// Mean error over images, in the unit of the errors.
    pub error: Interval,
    /// Mean error of the reference on the same images.
    pub reference: f64,
    /// `error / reference`, resampled in pairs; `None` when the reference makes no error (an image left as it
    /// is under an intervention that does not concern the measured variable).
    pub share: Option<Interval>,
    /// Number of images.
    pub count: usize,
}

/// Compares one error per image with a reference's error on the same image.
///
/// # Errors
/// When the lengths differ, nothing is given, a value is not finite, or the bootstrap is ill set.
pub fn compare(errors: &[f64], reference: &[f64], bootstrap: &Bootstrap) -> Result<Comparison> {
    check::paired("errors", errors, "reference", reference, 1)?;
    let scale = average(reference);
    Ok(Comparison {
        error: bootstrap.mean(errors)?,
        reference: scale,
        share: (scale != 0.0).then(|| bootstrap.share(errors, reference)).transpose()?,
        count: errors.len(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::error::MetricsError;

    #[test]
    fn a_comparison_worked_by_hand() {
        let c = compare(&[1.0, 2.0], &[2.0, 4.0], &Bootstrap::new(1)).unwrap();
        assert_eq!((c.error.estimate, c.reference, c.count), (1.5, 3.0, 2));
        // Each error is half its reference, so every resample gives one half.
        let share = c.share.unwrap();
        assert_eq!((share.estimate, share.low, share.high), (0.5, 0.5, 0.5));
    }

    #[test]
    fn a_perfect_reference_leaves_no_share() {
        let c = compare(&[1.0, 2.0], &[0.0, 0.0], &Bootstrap::new(1)).unwrap();
        assert_eq!((c.share, c.reference), (None, 0.0));
        assert_eq!(
            compare(&[1.0], &[f64::NAN], &Bootstrap::new(1)).unwrap_err().to_string(),
            MetricsError::NotFinite { name: "reference", index: 0, value: f64::NAN }.to_string()
        );
    }
}
