//! How well mechanisms explain latents: what they are fitted by.

use crate::{Architecture, Block, Model, ModelError, error::expect_shape, known::filled_codes};
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// `-ln p(z_i | z_pa)` of each labelled dimension of latents `[n, d]`, up to a constant: `u^2 / 2 + ln dz/du`, `[n, labelled
/// dimensions]`. A normalising flow's change of variables; with additive noise half the squared error of the mechanism.
pub(crate) fn surprise(model: &Model, weights: &Weights, latents: &Tensor) -> Tensor {
    let (u, log_slope) = model.mechanisms().abduct(weights, latents);
    let labelled = |x: &Tensor| model.architecture().blocks().gather(x, true);
    labelled(&u).square() * 0.5 + labelled(&log_slope)
}

/// The mean surprise of the latents of a batch, `[n, labelled dimensions]`, and of the codes of further label vectors
/// `[m, labelled variables]`, NaN where one is unknown: all that is known counts alike.
///
/// # Errors
/// When there is not one label a variable.
pub(crate) fn mean_with_more(
    model: &Model,
    weights: &Weights,
    of_batch: &Tensor,
    labels: &Tensor,
) -> Result<Tensor, ModelError> {
    let a = model.architecture();
    let columns = a.blocks().labelled().count() as i64;
    expect_shape("the further labels", &labels.size(), &[labels.size()[0], columns])?;
    let families = families(a, labels);
    let more = surprise(model, weights, &filled_codes(a, labels)) * &families;
    let count = families.sum(Kind::Float) + of_batch.numel() as f64;
    Ok((of_batch.sum(Kind::Float) + more.sum(Kind::Float)) / count)
}

/// `[m, labelled dimensions]`: 1 where the label of a variable and those of all its causes are known; no label tells an
/// unlabelled cause.
fn families(a: &Architecture, labels: &Tensor) -> Tensor {
    let known = labels.isnan().logical_not().to_kind(Kind::Float);
    let of = |variable: usize| match a.blocks().column(variable) {
        Some(column) => known.narrow(1, column as i64, 1),
        None => known.narrow(1, 0, 1).zeros_like(),
    };
    let block = |b: &Block| {
        let causes = a.dag().parents(b.variable).iter();
        causes.fold(of(b.variable), |known, cause| known * of(*cause)).expand([-1, b.width], false)
    };
    Tensor::cat(&a.blocks().labelled().map(block).collect::<Vec<_>>(), 1)
}
