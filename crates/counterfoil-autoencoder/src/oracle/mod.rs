//! Judges of generated images: intensity measured directly, thickness and identity read by networks that cannot see
//! brightness.
//!
//! The networks see each image divided by its own intensity, so that they cannot read thickness off brightness (the two
//! are correlated at 0.9 in the data, and a judge that uses the correlation would call a wrong image right). They are
//! trained on the training part alone; their errors on real held-out images stand beside every figure.
//!
//! That is for strokes on black. In a scene a variable may be a place or a colour: [`Regressor::train_on_scenes`] sees the
//! image as it is.

mod augment;
mod classifier;
mod judge;
mod regressor;

pub use classifier::Classifier;
pub use regressor::Regressor;

use crate::ModelError;
use counterfoil_tensor::Precision;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// How a judge is trained.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct OracleConfig {
    /// Steps of the optimiser.
    pub steps: u64,
    /// Images a step.
    pub batch: usize,
    /// Learning rate at the beginning; it falls to 0 along a cosine.
    pub learning_rate: f64,
    /// Arithmetic of the network.
    pub precision: Precision,
}

impl Default for OracleConfig {
    fn default() -> Self {
        Self { steps: 1000, batch: 128, learning_rate: 3e-3, precision: Precision::F32 }
    }
}

/// The grey level of the strokes of each image, `[n, 1, h, w]` in `[-1, 1]` -> n values in 0..=255: the median of the
/// pixels above half of the image's maximum (0 for an image without any light).
///
/// # Errors
/// When libtorch cannot copy the tensor to the CPU.
pub fn intensity(images: &Tensor) -> Result<Vec<f64>, ModelError> {
    let grey = (images.detach().to_device(Device::Cpu).to_kind(Kind::Float) + 1.0) * 127.5;
    let count = grey.size().iter().skip(1).product::<i64>().max(1) as usize;
    let values = Vec::<f32>::try_from(grey.contiguous().view([-1]))?;
    Ok(values.chunks_exact(count).map(median_of_bright).collect())
}

fn median_of_bright(pixels: &[f32]) -> f64 {
    let maximum = pixels.iter().copied().fold(0.0f32, f32::max);
    let mut bright: Vec<f32> = pixels.iter().copied().filter(|p| *p > 0.5 * maximum).collect();
    if bright.is_empty() {
        return 0.0;
    }
    bright.sort_unstable_by(f32::total_cmp);
    let middle = bright.len() / 2;
    match bright.len() % 2 {
        1 => f64::from(bright[middle]),
        _ => f64::midpoint(f64::from(bright[middle - 1]), f64::from(bright[middle])),
    }
}

/// Images divided by their own intensity, `[n, 1, h, w]` -> the same shape with strokes at 1 and background at 0,
/// clamped to `[0, 1.2]`.
///
/// # Errors
/// Those of [`intensity`].
pub fn without_brightness(images: &Tensor) -> Result<Tensor, ModelError> {
    let levels: Vec<f32> =
        intensity(images)?.iter().map(|i| (i / 255.0).max(0.05) as f32).collect();
    let scale = Tensor::from_slice(&levels).view([-1, 1, 1, 1]).to_device(images.device());
    Ok(((images + 1.0) / 2.0 / scale).clamp(0.0, 1.2))
}

/// Images as they are, from 0 to 1.
///
/// # Errors
/// When the device has no room.
fn as_they_are(images: &Tensor) -> Result<Tensor, ModelError> {
    Ok(((images + 1.0) / 2.0).f_to_kind(Kind::Float)?)
}

/// Fails unless there is one label an image.
fn expect_labels(images: &Tensor, labels: usize) -> Result<(), ModelError> {
    let n = images.size().first().copied().unwrap_or(0);
    if n as usize == labels {
        return Ok(());
    }
    let reason = format!("there are {n} images and {labels} labels: give one label an image");
    Err(ModelError::Fit { what: "attribute oracle".to_owned(), reason })
}
