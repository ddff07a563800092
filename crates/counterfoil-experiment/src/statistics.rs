//! Running statistics for averaged weights: those that they carry are of the trained weights, and not theirs.

use counterfoil_autoencoder::Model;
use counterfoil_random::Stream;
use counterfoil_tensor::ParameterStore;

use crate::{data::Data, error::Result};

/// Passes over training images that make the running statistics: what was there before keeps a hundredth of its weight in a
/// batch norm, and an eighth in the residual regression.
const PASSES: usize = 40;

/// The training images in the order in which a model is made ready.
pub(crate) fn order(data: &Data, seed: u64) -> Vec<usize> {
    let train = &data.split().train;
    let order = Stream::new(seed, "prepare-order", 0, 0).permutation(train.len());
    order.into_iter().map(|i| train[i]).collect()
}

/// Makes the running statistics in `weights` their own, by passes over so many training images each; always the same ones.
pub(crate) fn refresh(
    model: &Model,
    weights: &ParameterStore,
    data: &Data,
    seed: u64,
    images: usize,
) -> Result<()> {
    if weights.buffers().is_empty() {
        return Ok(());
    }
    let shuffled = order(data, seed);
    let mut items = shuffled.iter().copied().cycle();
    for _ in 0..PASSES {
        let pass: Vec<usize> = items.by_ref().take(images.min(shuffled.len())).collect();
        let batch = data.batch(&pass, weights.device())?;
        model.refresh_statistics(weights, [(&batch.images, &batch.labels)])?;
    }
    Ok(())
}
