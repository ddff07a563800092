//! Measures continuous attributes of images, thickness for example.

use super::{
    OracleConfig, as_they_are, augment,
    judge::{Head, Judge, Lesson, Vary, View},
    without_brightness,
};
use crate::ModelError;
use counterfoil_random::Stream;
use tch::{Kind, Reduction, Tensor};

/// A trained judge of continuous attributes.
#[derive(Debug)]
pub struct Regressor {
    judge: Judge,
    scales: Vec<Scale>,
}

/// An attribute's mean and standard deviation among the images that were learned from.
#[derive(Clone, Copy, Debug)]
struct Scale {
    centre: f64,
    spread: f64,
}

impl Scale {
    fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let centre = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / n;
        Self { centre, spread: variance.sqrt().max(1e-6) }
    }
}

impl Regressor {
    /// Trains a judge by the mean squared error of the standardised attributes, on images without brightness, each
    /// shifted by up to two pixels of its own and with a little noise. `images` is `[n, c, h, w]` in `[-1, 1]`, `values`
    /// holds one series an attribute, one value an image, in label units; `report(step)` is called after each step.
    ///
    /// # Errors
    /// When there are no images, or another number of values.
    pub fn train(
        images: &Tensor,
        values: &[Vec<f64>],
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let vary = |x: &Tensor, stream: &mut Stream, step: u64| {
            let shifted = augment::shift(x, stream)?;
            Ok(augment::fuzz(&shifted, stream, seed, step))
        };
        let head = Head::Values(values.len() as i64);
        Self::learn(images, values, (head, without_brightness, &vary), config, seed, report)
    }

    /// Trains a judge of things in a scene, which may be places or colours: on images as they are, never shifted, and with
    /// all features where they are. Arguments and errors are those of [`Regressor::train`].
    ///
    /// # Errors
    /// As there.
    pub fn train_on_scenes(
        images: &Tensor,
        values: &[Vec<f64>],
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let vary =
            |x: &Tensor, stream: &mut Stream, step: u64| Ok(augment::fuzz(x, stream, seed, step));
        let head = Head::Places(values.len() as i64);
        Self::learn(images, values, (head, as_they_are, &vary), config, seed, report)
    }

    fn learn(
        images: &Tensor,
        values: &[Vec<f64>],
        (head, view, vary): (Head, View, &Vary<'_>),
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        for series in values {
            super::expect_labels(images, series.len())?;
        }
        let scales: Vec<Scale> = values.iter().map(|series| Scale::of(series)).collect();
        let standard = |(series, scale): (&Vec<f64>, &Scale)| {
            let of = |v: &f64| ((v - scale.centre) / scale.spread) as f32;
            Tensor::from_slice(&series.iter().map(of).collect::<Vec<f32>>())
        };
        let standard: Vec<Tensor> = values.iter().zip(&scales).map(standard).collect();
        let standard = Tensor::f_stack(&standard, 1)?.to_device(images.device());
        let loss = |output: &Tensor, index: &Tensor| {
            output.mse_loss(&standard.index_select(0, index), Reduction::Mean)
        };
        let lesson = Lesson { images, head, view, vary, loss: &loss };
        Ok(Self { judge: Judge::train(&lesson, config, seed, report)?, scales })
    }

    /// The attributes of images `[n, c, h, w]` in `[-1, 1]`, one series each, in label units.
    ///
    /// # Errors
    /// When libtorch cannot copy the tensor to the CPU.
    pub fn read(&self, images: &Tensor) -> Result<Vec<Vec<f64>>, ModelError> {
        let outputs = self.judge.read(images)?;
        let series = |(column, scale): (i64, &Scale)| {
            let values = Vec::<f32>::try_from(outputs.select(1, column).contiguous())?;
            Ok(values.iter().map(|v| scale.centre + scale.spread * f64::from(*v)).collect())
        };
        (0..).zip(&self.scales).map(series).collect()
    }

    /// What the attributes are read from, `[n, features]` in single precision: a description of images `[n, c, h, w]` in
    /// `[-1, 1]` that holds what the judge looks at, for distances between sets of images.
    ///
    /// # Errors
    /// When the images are not such as it was trained on.
    pub fn features(&self, images: &Tensor) -> Result<Tensor, ModelError> {
        Ok(self.judge.features(images)?.to_kind(Kind::Float))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_tensor::Precision;
    use tch::Device;

    /// `[n, 3, 16, 16]`: a red square of 4 pixels at a place of its own, and the rows and columns.
    fn squares(n: i64) -> (Tensor, [Vec<f64>; 2]) {
        let images = Tensor::full([n, 3, 16, 16], -1.0, (Kind::Float, Device::Cpu));
        let places = (0..n).map(|k| {
            let mut stream = Stream::new(5, "squares", k as u64, 0);
            let (row, column) = (stream.below(12) as i64, stream.below(12) as i64);
            let square = images.get(k).get(0).narrow(0, row, 4).narrow(1, column, 4);
            let _ = square.shallow_clone().fill_(1.0);
            (row as f64, column as f64)
        });
        let (rows, columns) = places.unzip();
        (images, [rows, columns])
    }

    /// Learned (seed 1): a place is read to a fraction of a pixel from images that it was not trained on; chance is 3 pixels.
    #[test]
    fn places_in_a_scene_are_read() {
        let (images, places) = squares(320);
        let config =
            OracleConfig { steps: 80, batch: 32, learning_rate: 3e-3, precision: Precision::F32 };
        let learned = images.narrow(0, 0, 256);
        let known = places.each_ref().map(|series| series[..256].to_vec());
        let judge = Regressor::train_on_scenes(&learned, &known, config, 1, &mut |_| {}).unwrap();
        let read = judge.read(&images.narrow(0, 256, 64)).unwrap();
        for (found, known) in read.iter().zip(&places) {
            let errors = found.iter().zip(&known[256..]).map(|(a, b)| (a - b).abs());
            let mae = errors.sum::<f64>() / 64.0;
            assert!(mae < 0.7, "{mae}");
        }
    }
}
