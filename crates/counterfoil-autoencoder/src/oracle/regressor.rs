//! Measures one continuous attribute of images, thickness for example.

use super::{
    OracleConfig, as_they_are, augment,
    judge::{Head, Judge, Lesson, Vary, View},
    without_brightness,
};
use crate::ModelError;
use counterfoil_random::Stream;
use tch::{Reduction, Tensor};

/// A trained judge of one continuous attribute.
#[derive(Debug)]
pub struct Regressor {
    judge: Judge,
    centre: f64,
    spread: f64,
}

impl Regressor {
    /// Trains a judge by the mean squared error of the standardised attribute, on images without brightness, each
    /// shifted by up to two pixels of its own and with a little noise. `images` is `[n, c, h, w]` in `[-1, 1]`, `values`
    /// the attribute of each, in label units; `report(step)` is called after each step.
    ///
    /// # Errors
    /// When there are no images, or another number of values.
    pub fn train(
        images: &Tensor,
        values: &[f64],
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let vary = |x: &Tensor, stream: &mut Stream, step: u64| {
            let shifted = augment::shift(x, stream)?;
            Ok(augment::fuzz(&shifted, stream, seed, step))
        };
        Self::learn(images, values, (Head::Value, without_brightness, &vary), config, seed, report)
    }

    /// Trains a judge of something in a scene, which may be a place or a colour: on images as they are, never shifted, and
    /// with all features where they are. Arguments and errors are those of [`Regressor::train`].
    ///
    /// # Errors
    /// As there.
    pub fn train_on_scenes(
        images: &Tensor,
        values: &[f64],
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        let vary =
            |x: &Tensor, stream: &mut Stream, step: u64| Ok(augment::fuzz(x, stream, seed, step));
        Self::learn(images, values, (Head::Place, as_they_are, &vary), config, seed, report)
    }

    fn learn(
        images: &Tensor,
        values: &[f64],
        (head, view, vary): (Head, View, &Vary<'_>),
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        super::expect_labels(images, values.len())?;
        let n = values.len() as f64;
        let centre = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - centre).powi(2)).sum::<f64>() / n;
        let spread = variance.sqrt().max(1e-6);
        let standard: Vec<f32> = values.iter().map(|v| ((v - centre) / spread) as f32).collect();
        let standard = Tensor::from_slice(&standard).to_device(images.device());
        let loss = |output: &Tensor, index: &Tensor| {
            output.squeeze_dim(1).mse_loss(&standard.index_select(0, index), Reduction::Mean)
        };
        let lesson = Lesson { images, head, view, vary, loss: &loss };
        Ok(Self { judge: Judge::train(&lesson, config, seed, report)?, centre, spread })
    }

    /// The attribute of images `[n, c, h, w]` in `[-1, 1]`, in label units.
    ///
    /// # Errors
    /// When libtorch cannot copy the tensor to the CPU.
    pub fn read(&self, images: &Tensor) -> Result<Vec<f64>, ModelError> {
        let values = Vec::<f32>::try_from(self.judge.read(images)?.squeeze_dim(1))?;
        Ok(values.iter().map(|v| self.centre + self.spread * f64::from(*v)).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_tensor::Precision;
    use tch::{Device, Kind};

    /// `[n, 3, 16, 16]`: a red square of 4 pixels at a column of its own, and the columns.
    fn squares(n: i64) -> (Tensor, Vec<f64>) {
        let images = Tensor::full([n, 3, 16, 16], -1.0, (Kind::Float, Device::Cpu));
        let columns = (0..n).map(|k| {
            let mut stream = Stream::new(5, "squares", k as u64, 0);
            let (row, column) = (stream.below(12) as i64, stream.below(12) as i64);
            let square = images.get(k).get(0).narrow(0, row, 4).narrow(1, column, 4);
            let _ = square.shallow_clone().fill_(1.0);
            column as f64
        });
        let columns = columns.collect();
        (images, columns)
    }

    /// Learned (seed 1): a place is read to a fraction of a pixel from images that it was not trained on; chance is 3 pixels.
    #[test]
    fn a_place_in_a_scene_is_read() {
        let (images, columns) = squares(320);
        let config =
            OracleConfig { steps: 80, batch: 32, learning_rate: 3e-3, precision: Precision::F32 };
        let learned = images.narrow(0, 0, 256);
        let judge =
            Regressor::train_on_scenes(&learned, &columns[..256], config, 1, &mut |_| {}).unwrap();
        let read = judge.read(&images.narrow(0, 256, 64)).unwrap();
        let errors = read.iter().zip(&columns[256..]).map(|(a, b)| (a - b).abs());
        let mae = errors.sum::<f64>() / 64.0;
        assert!(mae < 0.7, "{mae}");
    }
}
