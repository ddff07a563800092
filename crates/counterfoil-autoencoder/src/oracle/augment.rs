//! Variants of training images that keep what is judged: whole-pixel shifts for what is measured, small affine maps for
//! what is recognised.

use crate::ModelError;
use counterfoil_random::Stream;
use counterfoil_tensor::{image::shifted, noise};
use tch::{Kind, Tensor};

/// Largest shift in pixels.
const SHIFT: i64 = 2;
/// Largest turn, in radians: about 12 degrees.
const TURN: f64 = 0.2;
/// Largest relative change of width and of height.
const STRETCH: f64 = 0.15;
/// Largest shear.
const SHEAR: f64 = 0.2;

/// Each image shifted by up to two pixels of its own. Exact, so that a thickness stays what it is.
pub(super) fn shift(x: &Tensor, stream: &mut Stream) -> Result<Tensor, ModelError> {
    let mut place = || stream.below(2 * SHIFT as usize + 1) as i64 - SHIFT;
    let shifts: Vec<(i64, i64)> = (0..x.size()[0]).map(|_| (place(), place())).collect();
    Ok(shifted(x, &shifts, 0.0)?)
}

/// Each image turned, stretched, sheared and moved by amounts of its own, as handwriting varies; black comes in.
pub(super) fn warp(x: &Tensor, stream: &mut Stream) -> Result<Tensor, ModelError> {
    let size = x.size();
    let mut between = |most: f64| most * (2.0 * stream.uniform() - 1.0);
    let mut maps: Vec<f32> = Vec::with_capacity(6 * size[0] as usize);
    for _ in 0..size[0] {
        let (sine, cosine) = between(TURN).sin_cos();
        let (wide, high) = (1.0 + between(STRETCH), 1.0 + between(STRETCH));
        let shear = between(SHEAR);
        // Coordinates run from -1 to 1 over the image, so a pixel is 2 / size of them.
        let right = between(SHIFT as f64) * 2.0 / size[3] as f64;
        let down = between(SHIFT as f64) * 2.0 / size[2] as f64;
        let rows = [
            [wide * cosine, wide * (shear * cosine - sine), right],
            [high * sine, high * (shear * sine + cosine), down],
        ];
        maps.extend(rows.as_flattened().iter().map(|v| *v as f32));
    }
    let maps = Tensor::from_slice(&maps).view([-1, 2, 3]).to_device(x.device());
    let grid = Tensor::f_affine_grid_generator(&maps, &size, false)?;
    // Bilinear, zeros outside.
    Ok(x.f_grid_sampler(&grid, 0, 0, false)?)
}

/// The batch with noise of random size, as generated images are never perfectly clean.
pub(super) fn fuzz(x: &Tensor, stream: &mut Stream, seed: u64, step: u64) -> Tensor {
    let size = x.size();
    let items: Vec<u64> = (0..size[0] as u64).collect();
    let noise = noise::normal(seed, "oracle-noise", &items, step, &size[1..], x.device());
    (x + noise * (0.05 * stream.uniform())).clamp(0.0, 1.2).to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    /// Float class: a bilinear sample is a mean of pixels with weights that sum to at most 1, so no value leaves
    /// the range of the image; its mass changes by what stretching does, at most by (1 + STRETCH)^2 and the blur of
    /// single pixels.
    #[test]
    fn a_warped_image_is_made_of_the_pixels_of_the_image() {
        let image = Tensor::zeros([64, 1, 28, 28], (Kind::Float, Device::Cpu));
        let _ = image.narrow(2, 10, 8).narrow(3, 11, 6).fill_(1.0);
        let mut stream = Stream::new(3, "warp-test", 0, 0);
        let warped = warp(&image, &mut stream).unwrap();
        assert_eq!(warped.size(), image.size());
        let (low, high) = (warped.min().double_value(&[]), warped.max().double_value(&[]));
        assert!(low >= 0.0 && high <= 1.0 + 1e-5, "{low} .. {high}");
        let mass = warped.sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Double) / 48.0;
        let (least, most) = (mass.min().double_value(&[]), mass.max().double_value(&[]));
        assert!(least > 0.7 && most < 1.5, "{least} .. {most}");
        assert!(most - least > 0.05, "images are warped each by its own map");
    }
}
