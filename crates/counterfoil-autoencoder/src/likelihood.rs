//! How well mechanisms explain latents: what they are fitted by.

use crate::{Architecture, KnownCodes, Model, ModelError, error::expect_shape};
use counterfoil_graph::Role;
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
    let known = KnownCodes::new(a, labels);
    let codes = known.or_read(&Tensor::zeros(
        [labels.size()[0], a.blocks().width()],
        (Kind::Float, labels.device()),
    ));
    let families = a.blocks().gather(&families(a, known.mask(), &codes), true);
    let more = surprise(model, weights, &codes) * &families;
    let count = families.sum(Kind::Float) + of_batch.numel() as f64;
    Ok((of_batch.sum(Kind::Float) + more.sum(Kind::Float)) / count)
}

/// `[n, d]`: 1 where the code of a variable and of all its causes is known; no label tells an unlabelled cause.
fn families(a: &Architecture, known: Option<&Tensor>, codes: &Tensor) -> Tensor {
    let of = |variable: usize, width: i64| {
        let unlabelled = a.dag().variable(variable).role() == Role::Unlabelled;
        let one = a.blocks().get(variable).of(codes).narrow(1, 0, 1);
        let flag = match known {
            _ if unlabelled => one.zeros_like(),
            None => one.ones_like(),
            Some(known) => a.blocks().get(variable).of(known).narrow(1, 0, 1),
        };
        flag.expand([-1, width], false)
    };
    let block = |b: &crate::Block| {
        let causes = a.dag().parents(b.variable).iter();
        causes.fold(of(b.variable, b.width), |known, cause| known * of(*cause, b.width))
    };
    Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1)
}
