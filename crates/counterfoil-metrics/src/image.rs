//! How alike two images are: mean squared error, signal-to-noise ratio and structural similarity.

use ndarray::{Array2, ArrayRef2, ArrayRef3, ArrayView2};

use crate::{
    check,
    error::{MetricsError, Result},
};

/// Side of the Gaussian window of [`ssim`], in pixels.
pub const WINDOW: usize = 11;
const SIGMA: f64 = 1.5;
const K1: f64 = 0.01;
const K2: f64 = 0.03;

/// Mean squared error over all channels and pixels; arrays of shape `[channels, height, width]`.
///
/// # Errors
/// When the shapes differ, nothing is given, or a value is not finite.
pub fn mse(a: &ArrayRef3<f64>, b: &ArrayRef3<f64>) -> Result<f64> {
    check::same_shape("a", a, "b", b)?;
    Ok(a.iter().zip(b).map(|(x, y)| (x - y).powi(2)).sum::<f64>() / a.len() as f64)
}

/// Peak signal-to-noise ratio in decibels, `10 log10(range^2 / MSE)`; infinite for equal images.
///
/// `range` is the width of the pixel scale: 1 for `[0, 1]`, 2 for `[-1, 1]`, 255 for bytes.
///
/// # Errors
/// As [`mse`], and when `range` is not positive.
pub fn psnr(a: &ArrayRef3<f64>, b: &ArrayRef3<f64>, range: f64) -> Result<f64> {
    check::positive("range", range)?;
    Ok(10.0 * (range * range / mse(a, b)?).log10())
}

/// Structural similarity of two images of shape `[channels, height, width]`: 1 for equal images.
///
/// Wang, Bovik, Sheikh and Simoncelli, *Image quality assessment: from error visibility to structural
/// similarity* (2004), section III: an 11 x 11 Gaussian window of standard deviation 1.5, weighted (not
/// sample-corrected) moments, `C1 = (0.01 range)^2`, `C2 = (0.03 range)^2`, averaged over the windows that lie wholly
/// inside the image, and here over channels too. The authors' optional downsampling of large images is left
/// out. Separable filters: `O(pixels * 11)`.
///
/// `range` is the width of the pixel scale, as in [`psnr`].
///
/// # Errors
/// When the shapes differ, a value is not finite, the image is smaller than the window in either direction, or
/// `range` is not positive.
pub fn ssim(a: &ArrayRef3<f64>, b: &ArrayRef3<f64>, range: f64) -> Result<f64> {
    check::same_shape("a", a, "b", b)?;
    check::positive("range", range)?;
    let (channels, height, width) = a.dim();
    if let Some(side) = [height, width].into_iter().find(|&side| side < WINDOW) {
        let domain = "sides of at least 11 pixels, the window of SSIM";
        return Err(MetricsError::Domain { name: "image side", value: side as f64, domain });
    }
    let (c1, c2) = ((K1 * range).powi(2), (K2 * range).powi(2));
    let channel = |(x, y): (ArrayView2<f64>, ArrayView2<f64>)| {
        let (mx, my) = (blur(&x), blur(&y));
        let xx = blur(&(&x * &x)) - &mx * &mx;
        let yy = blur(&(&y * &y)) - &my * &my;
        let xy = blur(&(&x * &y)) - &mx * &my;
        let luminance = (2.0 * &mx * &my + c1) / (&mx * &mx + &my * &my + c1);
        let structure = (2.0 * xy + c2) / (xx + yy + c2);
        (luminance * structure).mean().unwrap_or(f64::NAN) // never empty: the sides were checked
    };
    Ok(a.outer_iter().zip(b.outer_iter()).map(channel).sum::<f64>() / channels as f64)
}

/// Gaussian blur at the positions where the window fits: `[h, w]` becomes `[h - 10, w - 10]`.
fn blur(image: &ArrayRef2<f64>) -> Array2<f64> {
    let along_rows = slide(image);
    slide(&along_rows.t()).reversed_axes()
}

/// Weighted sums along each row at the positions where the window fits.
fn slide(image: &ArrayRef2<f64>) -> Array2<f64> {
    let weights = gaussian();
    let (height, width) = image.dim();
    Array2::from_shape_fn((height, width + 1 - WINDOW), |(row, column)| {
        weights.iter().enumerate().map(|(k, w)| w * image[(row, column + k)]).sum()
    })
}

/// The one-dimensional window, summing to one; the square window is its outer product.
fn gaussian() -> [f64; WINDOW] {
    let centre = (WINDOW / 2) as f64;
    let raw: [f64; WINDOW] =
        std::array::from_fn(|k| (-(k as f64 - centre).powi(2) / (2.0 * SIGMA * SIGMA)).exp());
    let sum: f64 = raw.iter().sum();
    raw.map(|w| w / sum)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::{Array3, Axis};
    use proptest::prelude::*;

    fn image(shape: (usize, usize, usize)) -> impl Strategy<Value = Array3<f64>> {
        let n = shape.0 * shape.1 * shape.2;
        prop::collection::vec(0.0..1.0f64, n)
            .prop_map(move |pixels| Array3::from_shape_vec(shape, pixels).unwrap())
    }

    /// The definition read off the paper: for each position, the weighted moments over the square window.
    fn ssim_by_definition(a: &Array3<f64>, b: &Array3<f64>, range: f64) -> f64 {
        let weight = |i: f64, j: f64| (-(i * i + j * j) / 4.5).exp();
        let offsets: Vec<(usize, usize)> =
            (0..11).flat_map(|i| (0..11).map(move |j| (i, j))).collect();
        let w: Vec<f64> =
            offsets.iter().map(|&(i, j)| weight(i as f64 - 5.0, j as f64 - 5.0)).collect();
        let total: f64 = w.iter().sum();
        let (c1, c2) = ((0.01 * range).powi(2), (0.03 * range).powi(2));
        let (channels, height, width) = a.dim();
        let mut scores = Vec::new();
        for c in 0..channels {
            for row in 0..=height - 11 {
                for column in 0..=width - 11 {
                    let at = |x: &Array3<f64>| -> Vec<f64> {
                        offsets.iter().map(|&(i, j)| x[(c, row + i, column + j)]).collect()
                    };
                    let (x, y) = (at(a), at(b));
                    let e = |f: &dyn Fn(usize) -> f64| {
                        (0..121).map(|k| w[k] / total * f(k)).sum::<f64>()
                    };
                    let (mx, my) = (e(&|k| x[k]), e(&|k| y[k]));
                    let vx = e(&|k| (x[k] - mx).powi(2));
                    let vy = e(&|k| (y[k] - my).powi(2));
                    let cov = e(&|k| (x[k] - mx) * (y[k] - my));
                    scores.push(
                        (2.0 * mx * my + c1) * (2.0 * cov + c2)
                            / ((mx * mx + my * my + c1) * (vx + vy + c2)),
                    );
                }
            }
        }
        scores.iter().sum::<f64>() / scores.len() as f64
    }

    #[test]
    fn flat_images_leave_the_luminance_term() {
        // Variances are 0, so SSIM = (2 a b + C1) / (a^2 + b^2 + C1), C1 = 1e-4.
        let (a, b) = (Array3::from_elem((1, 12, 13), 0.5), Array3::from_elem((1, 12, 13), 0.25));
        let expected = (0.25 + 1e-4) / (0.3125 + 1e-4);
        assert_relative_eq!(ssim(&a, &b, 1.0).unwrap(), expected, epsilon = 1e-9);
        assert_relative_eq!(mse(&a, &b).unwrap(), 0.0625);
        // 10 log10(16) decibels.
        assert_relative_eq!(psnr(&a, &b, 1.0).unwrap(), 12.041_199_826_559_248);
        assert_eq!(psnr(&a, &a, 1.0), Ok(f64::INFINITY));
    }

    #[test]
    fn faults_are_named() {
        let (a, b) = (Array3::zeros((1, 10, 20)), Array3::zeros((1, 20, 10)));
        assert!(matches!(ssim(&a, &b, 1.0), Err(MetricsError::Shape { .. })));
        let error = ssim(&a, &a, 1.0).unwrap_err();
        assert!(error.to_string().starts_with("`image side` is 10"), "{error}");
        let error = psnr(&b, &b, 0.0).unwrap_err();
        assert_eq!(error.to_string(), "`range` is 0, outside the positive numbers");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Float class: `E[x^2] - E[x]^2` against the centred moments loses 1e-16 / C2 = 1e-12 at worst.
        #[test]
        fn separable_filters_agree_with_the_definition(
            a in image((2, 12, 14)), b in image((2, 12, 14)), closeness in 0.0..1.0f64,
        ) {
            let b = &a * closeness + &b * (1.0 - closeness);
            let fast = ssim(&a, &b, 1.0).unwrap();
            assert_relative_eq!(fast, ssim_by_definition(&a, &b, 1.0), epsilon = 1e-10);
        }

        #[test]
        fn invariances(a in image((1, 13, 12)), b in image((1, 13, 12))) {
            let of = |a: &ArrayRef3<f64>, b: &ArrayRef3<f64>, range| ssim(a, b, range).unwrap();
            let plain = of(&a, &b, 1.0);
            prop_assert_eq!(of(&a, &a, 1.0), 1.0);
            assert_relative_eq!(plain, of(&b, &a, 1.0), epsilon = 1e-12);
            prop_assert!(plain < 1.0 && plain > -1.0);
            // Bytes instead of unit pixels; mirrored or turned images.
            let (bytes_a, bytes_b) = (&a * 255.0, &b * 255.0);
            assert_relative_eq!(plain, of(&bytes_a, &bytes_b, 255.0), epsilon = 1e-9);
            let mirror = |x: &Array3<f64>| {
                let mut x = x.clone();
                x.invert_axis(Axis(2));
                x
            };
            assert_relative_eq!(plain, of(&mirror(&a), &mirror(&b), 1.0), epsilon = 1e-12);
            let turn = |x: &Array3<f64>| x.clone().permuted_axes([0, 2, 1]);
            assert_relative_eq!(plain, of(&turn(&a), &turn(&b), 1.0), epsilon = 1e-12);
        }
    }
}
