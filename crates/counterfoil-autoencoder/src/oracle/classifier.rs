//! Recognises the class of images, the digit for example: whether an intervention kept what it should not touch.

use super::{
    OracleConfig, augment,
    judge::{Head, Judge, Lesson},
    without_brightness,
};
use crate::ModelError;
use counterfoil_random::Stream;
use tch::Tensor;

/// A trained judge of the class.
#[derive(Debug)]
pub struct Classifier {
    judge: Judge,
}

impl Classifier {
    /// Trains a judge by the cross-entropy of the class, on images without brightness, each turned, stretched, sheared
    /// and moved a little as handwriting varies (a counterfactual is such a variant of its image), and with a little
    /// noise. `images` is `[n, c, h, w]` in `[-1, 1]`; `report(step)` is called after each step.
    ///
    /// # Errors
    /// When there are no images, or another number of classes.
    pub fn train(
        images: &Tensor,
        classes: &[u8],
        count: usize,
        config: OracleConfig,
        seed: u64,
        report: &mut dyn FnMut(u64),
    ) -> Result<Self, ModelError> {
        super::expect_labels(images, classes.len())?;
        let classes: Vec<i64> = classes.iter().map(|c| i64::from(*c)).collect();
        let classes = Tensor::from_slice(&classes).to_device(images.device());
        let vary = |x: &Tensor, stream: &mut Stream, step: u64| {
            let warped = augment::warp(x, stream)?;
            Ok(augment::fuzz(&warped, stream, seed, step))
        };
        let loss = |output: &Tensor, index: &Tensor| {
            output.cross_entropy_for_logits(&classes.index_select(0, index))
        };
        let head = Head::Classes(count as i64);
        let lesson = Lesson { images, head, view: without_brightness, vary: &vary, loss: &loss };
        Ok(Self { judge: Judge::train(&lesson, config, seed, report)? })
    }

    /// The class of images `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When libtorch cannot copy the tensor to the CPU.
    pub fn read(&self, images: &Tensor) -> Result<Vec<usize>, ModelError> {
        let classes = Vec::<i64>::try_from(self.judge.read(images)?.argmax(1, false))?;
        Ok(classes.into_iter().map(|class| class as usize).collect())
    }
}
