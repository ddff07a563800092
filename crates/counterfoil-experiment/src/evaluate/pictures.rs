//! Figures of whole images: how far pixels are from where they should be.

use counterfoil_metrics::{
    bootstrap::Bootstrap,
    comparison::compare,
    image::{WINDOW, ssim},
    reproduction::{mse_each, other_image_each},
    statistics::mean,
};
use ndarray::{Array2, Array3, ArrayView3};
use tch::{Device, Kind, Tensor};

use super::{
    figures::ends,
    summary::{ImageError, References},
};
use crate::error::Result;

/// Images `[n, c, h, w]` in `[-1, 1]` as rows of pixels in `[0, 1]`.
///
/// # Errors
/// When libtorch cannot copy them.
pub fn rows(images: &Tensor) -> Result<Array2<f64>> {
    table(&((images + 1.0) * 0.5).flatten(1, -1))
}

/// A tensor `[n, d]` as an array.
///
/// # Errors
/// When libtorch cannot copy it.
pub fn table(x: &Tensor) -> Result<Array2<f64>> {
    let size = (x.size()[0] as usize, x.size()[1] as usize);
    let x = x.detach().to_device(Device::Cpu).to_kind(Kind::Double).contiguous();
    let values = Vec::<f64>::try_from(x.view([-1]))?;
    // The sizes are the tensor's own.
    Ok(Array2::from_shape_vec(size, values).unwrap_or_else(|_| Array2::zeros(size)))
}

/// Mean squared error of each image, and the mean with its interval.
///
/// # Errors
/// When shapes differ or a pixel is not finite.
pub fn mean_squared(
    images: &Tensor,
    reproduced: &Tensor,
    bootstrap: &Bootstrap,
) -> Result<(f64, [f64; 2])> {
    let errors = mse_each(&rows(images)?, &rows(reproduced)?)?;
    let error = bootstrap.mean(&errors)?;
    Ok((error.estimate, ends(&error)))
}

/// What answering with the mean of `train` or with another of `images` gives.
///
/// # Errors
/// When there is one image alone.
pub fn references(images: &Tensor, train: &Tensor) -> Result<References> {
    let rows = rows(images)?;
    let average = (train.mean_dim([0i64].as_slice(), true, Kind::Float) + 1.0) * 0.5;
    let average = table(&average.flatten(1, -1))?;
    let repeated = Array2::from_shape_fn(rows.dim(), |(_, pixel)| average[[0, pixel]]);
    Ok(References {
        mean_image: mean(&mse_each(&rows, &repeated)?)?,
        other_image: mean(&other_image_each(&rows)?)?,
    })
}

/// Errors of single images against the truth, made so that several interventions can be put together.
#[derive(Clone, Debug, Default)]
pub struct Against {
    absolute: Vec<f64>,
    unchanged: Vec<f64>,
    ssim: Vec<f64>,
    ssim_unchanged: Vec<f64>,
    squared: Vec<f64>,
    squared_unchanged: Vec<f64>,
}

impl Against {
    /// Compares `found` and the factual images with `truth`, all `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When shapes differ or a pixel is not finite.
    pub fn truth(found: &Tensor, factual: &Tensor, truth: &Tensor) -> Result<Self> {
        let size = truth.size();
        let shape = (size[1] as usize, size[2] as usize, size[3] as usize);
        let [found, factual, truth] = [rows(found)?, rows(factual)?, rows(truth)?];
        let mut against = Self {
            squared: mse_each(&found, &truth)?,
            squared_unchanged: mse_each(&factual, &truth)?,
            ..Self::default()
        };
        for i in 0..truth.nrows() {
            let [found, factual, truth] =
                [&found, &factual, &truth].map(|images| images.row(i).to_vec());
            let error = |x: &[f64]| {
                x.iter().zip(&truth).map(|(a, b)| (a - b).abs()).sum::<f64>() / truth.len() as f64
            };
            against.absolute.push(error(&found));
            against.unchanged.push(error(&factual));
            if shape.1.min(shape.2) >= WINDOW {
                let truth = cube(shape, &truth);
                against.ssim.push(ssim(&cube(shape, &found), &truth, 1.0)?);
                against.ssim_unchanged.push(ssim(&cube(shape, &factual), &truth, 1.0)?);
            }
        }
        Ok(against)
    }

    /// The mean errors of each image over several interventions on the same images, of which resampling draws the images
    /// and not the interventions.
    pub fn mean(each: &[&Self]) -> Self {
        let of = |errors: fn(&Self) -> &[f64]| {
            mean_each(&each.iter().map(|one| errors(one)).collect::<Vec<_>>())
        };
        Self {
            absolute: of(|one| &one.absolute),
            unchanged: of(|one| &one.unchanged),
            ssim: of(|one| &one.ssim),
            ssim_unchanged: of(|one| &one.ssim_unchanged),
            squared: of(|one| &one.squared),
            squared_unchanged: of(|one| &one.squared_unchanged),
        }
    }

    /// The figures.
    ///
    /// # Errors
    /// When there is no image.
    pub fn figures(&self, bootstrap: &Bootstrap) -> Result<ImageError> {
        let found = compare(&self.absolute, &self.unchanged, bootstrap)?;
        Ok(ImageError {
            mae: found.error.estimate,
            leave_as_is: found.reference,
            share: found.share.map(|s| s.estimate),
            share_ci95: found.share.as_ref().map(ends),
            ci95: ends(&found.error),
            ssim: mean(&self.ssim).ok(),
            ssim_leave_as_is: mean(&self.ssim_unchanged).ok(),
            psnr: decibels(&self.squared),
            psnr_leave_as_is: decibels(&self.squared_unchanged),
        })
    }
}

/// The mean of several lists of one length, entry by entry.
fn mean_each(lists: &[&[f64]]) -> Vec<f64> {
    let mut mean = vec![0.0; lists.first().map_or(0, |list| list.len())];
    for list in lists {
        for (mean, value) in mean.iter_mut().zip(*list) {
            *mean += value;
        }
    }
    for mean in &mut mean {
        *mean /= lists.len() as f64;
    }
    mean
}

/// Peak signal-to-noise ratio of the mean of squared errors of pixels in `[0, 1]`; nothing where there is no error, which
/// would be infinite.
fn decibels(squared: &[f64]) -> Option<f64> {
    let error = mean(squared).ok().filter(|error| *error > 0.0)?;
    Some(-10.0 * error.log10())
}

fn cube(shape: (usize, usize, usize), pixels: &[f64]) -> Array3<f64> {
    // The length is the shape's product, as the rows come from images of that shape.
    ArrayView3::from_shape(shape, pixels)
        .map_or_else(|_| Array3::zeros(shape), |view| view.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: the truth itself has no error and full similarity, the factual image is its own yardstick.
    #[test]
    fn images_are_read_against_the_truth() {
        let flat = |value: f64| Tensor::full([3, 1, 12, 12], value, (Kind::Float, Device::Cpu));
        let bootstrap = Bootstrap { rounds: 20, level: 0.95, seed: 1 };
        let figures = |found: &Tensor| {
            Against::truth(found, &flat(-1.0), &flat(0.0)).unwrap().figures(&bootstrap).unwrap()
        };
        let right = figures(&flat(0.0));
        assert_eq!((right.mae, right.leave_as_is, right.share), (0.0, 0.5, Some(0.0)));
        assert_eq!(right.ssim, Some(1.0));
        // The factual image is off by half the scale: a quarter squared, 6.02 decibels.
        assert_eq!((right.psnr, right.psnr_leave_as_is), (None, Some(-10.0 * 0.25f64.log10())));
        let half = figures(&flat(-0.5));
        assert_eq!((half.mae, half.share), (0.25, Some(0.5)));
        let (error, ends) = mean_squared(&flat(0.0), &flat(0.5), &bootstrap).unwrap();
        assert_eq!((error, ends), (0.0625, [0.0625, 0.0625]));
        let small = Tensor::zeros([2, 1, 4, 4], (Kind::Float, Device::Cpu));
        let small = Against::truth(&small, &small, &small).unwrap().figures(&bootstrap).unwrap();
        assert_eq!((small.ssim, small.share), (None, None));
        // Two interventions on the same three images, of which one is twice as far off: a mean an image, so no spread.
        let off = |by: f64| Against::truth(&flat(by), &flat(-1.0), &flat(0.0)).unwrap();
        let both = Against::mean(&[&off(0.25), &off(0.5)]).figures(&bootstrap).unwrap();
        assert_eq!((both.mae, both.share, both.ci95), (0.1875, Some(0.375), [0.1875; 2]));
        let train = Tensor::cat(&[flat(-1.0), flat(1.0)], 0);
        let apart = Tensor::cat(&[flat(-1.0).narrow(0, 0, 1), flat(1.0).narrow(0, 0, 1)], 0);
        let found = references(&apart, &train).unwrap();
        assert_eq!((found.mean_image, found.other_image), (0.25, 1.0));
    }
}
