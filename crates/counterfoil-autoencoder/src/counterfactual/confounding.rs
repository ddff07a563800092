//! Models that agree about everything observed and disagree about an effect.
//!
//! Where a cause and its effect have a hidden common cause, the effect's noise goes with the cause, and the mechanism that
//! training finds, `z = f(z_pa) + u` with `f` its value at zero noise, holds a part of it. Every model
//!
//! ```text
//! z = f(z_pa) - b z_cause + u',    u' = u + b z_cause
//! ```
//!
//! gives the same images and labels, and the same abduction of what is there; under `do(cause)` its effect is smaller by `b`
//! times the change of the cause. Where data do not tell the effect they do not tell which `b` is right. In a linear Gaussian model in which the noise has the
//! partial correlation `r` with the cause, `b = r / sqrt(1 - r^2) sd(u) / sd(cause | other causes)`: the omitted variable bias
//! (Cinelli and Hazlett 2020, section 3), with `r` in place of their two partial R2. So a bound on `r` bounds `b`, and with it the
//! effect itself; what follows from the effect is bounded where it rises or falls with it throughout.

use crate::{Mechanism, Model, ModelError, known::known_rows, objective::label_codes};
use counterfoil_graph::Kind as VariableKind;
use counterfoil_tensor::Weights;
use tch::{Kind, Tensor};

/// How much of a mechanism a hidden common cause accounts for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Confounded {
    /// The cause, a variable of the model's graph.
    pub cause: usize,
    /// Its effect.
    pub effect: usize,
    /// `b`: latents of the effect per latent of the cause.
    pub slope: f64,
}

/// The slope that a partial correlation of the effect's noise with the cause accounts for, given the standard deviations
/// of the noise that was found and of the cause given the other causes.
pub fn bias(correlation: f64, noise: f64, cause: f64) -> f64 {
    correlation / (1.0 - correlation * correlation).sqrt() * noise / cause.max(1e-12)
}

impl Confounded {
    /// The slopes for `(cause, effect)` pairs of a model whose noise has this partial correlation with the cause, from the
    /// labels `[n, labelled variables]` of images (in label units; rows with an unknown one are left out).
    ///
    /// # Errors
    /// When the correlation is not inside (-1, 1), a variable of a pair is no continuous labelled one, the effect is no child
    /// of the cause, the mechanisms are not recursive, or fewer than eight images have all labels.
    pub fn fit(
        model: &Model,
        weights: &Weights,
        pairs: &[(usize, usize)],
        correlation: f64,
        labels: &Tensor,
    ) -> Result<Vec<Self>, ModelError> {
        let a = model.architecture();
        let fault = |reason: &str| ModelError::Fit {
            what: "the range of compatible models".to_owned(),
            reason: reason.to_owned(),
        };
        if !(correlation > -1.0 && correlation < 1.0) {
            return Err(fault("the correlation must lie between -1 and 1, ends excluded"));
        }
        if matches!(a.mechanism, Mechanism::Published | Mechanism::Independent) {
            return Err(fault("it needs a recursive mechanism: additive, affine or spline"));
        }
        let known = known_rows(labels);
        if known.size()[0] < 8 {
            return Err(fault("fewer than eight images have all labels"));
        }
        let codes = label_codes(a, &labels.index_select(0, &known));
        let noise = &codes - tch::no_grad(|| model.mechanisms().central(weights, &codes));
        let scalar = |x: &Tensor, variable: usize| {
            a.blocks().get(variable).of(x).mean_dim(1, true, Kind::Double)
        };
        let slope = |&(cause, effect): &(usize, usize)| {
            let parents = a.dag().parents(effect);
            for variable in [cause, effect] {
                let v = a.dag().variable(variable);
                if !a.blocks().get(variable).labelled || v.kind() != VariableKind::Continuous {
                    return Err(fault(&format!(
                        "`{}` is no continuous labelled variable",
                        v.name()
                    )));
                }
            }
            if !parents.contains(&cause) {
                let [cause, effect] = [cause, effect].map(|v| a.dag().variable(v).name());
                return Err(fault(&format!("`{cause}` is no direct cause of `{effect}`")));
            }
            let others: Vec<Tensor> =
                parents.iter().filter(|p| **p != cause).map(|p| scalar(&codes, *p)).collect();
            let of_cause = spread(&residual(&scalar(&codes, cause), &others));
            let slope = bias(correlation, spread(&scalar(&noise, effect)), of_cause);
            Ok(Self { cause, effect, slope })
        };
        pairs.iter().map(slope).collect()
    }
}

/// What hidden common causes account for of the change of a variable, `[n, 1]`, where causes went from `factual` to `acted`.
pub(super) fn accounted_for(
    confounded: &[Confounded],
    variable: usize,
    acted: &[Tensor],
    factual: &[Tensor],
) -> Tensor {
    let change = |c: &Confounded| {
        let mean = |x: &Tensor| x.mean_dim(1, true, None);
        (mean(&acted[c.cause]) - mean(&factual[c.cause])) * c.slope
    };
    let own = confounded.iter().filter(|c| c.effect == variable).map(change);
    own.reduce(|sum, part| sum + part).unwrap_or_else(|| Tensor::from(0.0f32))
}

fn spread(x: &Tensor) -> f64 {
    x.std(false).double_value(&[])
}

/// `y` `[n, 1]` less its least squares on a constant and `others`.
fn residual(y: &Tensor, others: &[Tensor]) -> Tensor {
    let constant = y.ones_like();
    let columns: Vec<&Tensor> = std::iter::once(&constant).chain(others).collect();
    let x = Tensor::cat(&columns, 1);
    let turned = x.transpose(0, 1);
    let ridge = Tensor::eye(x.size()[1], (Kind::Double, y.device())) * 1e-9;
    let fit = Tensor::linalg_solve(&(turned.matmul(&x) + ridge), &turned.matmul(y), true);
    y - x.matmul(&fit)
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;
    use tch::Device;

    /// Monte-Carlo (40,000 draws, slopes known to 0.01): what least squares finds, less the bias, is the true slope, beside
    /// another cause that goes with the first.
    #[test]
    fn the_bias_is_what_least_squares_gets_wrong() {
        for (r, slope) in [(0.0, 0.7), (0.5, 0.7), (-0.8, 0.2)] {
            let (mut causes, mut others, mut effects) = (Vec::new(), Vec::new(), Vec::new());
            for k in 0..40_000 {
                let mut stream = Stream::new(1, "confounded", k, 0);
                let [w, own, free] = [stream.normal(), stream.normal(), stream.normal()];
                let cause = 0.6 * w + 1.5 * own;
                let noise = 0.4 * (r * own + (1.0f64 - r * r).sqrt() * free);
                causes.push(cause);
                others.push(w);
                effects.push(slope * cause - 0.3 * w + noise);
            }
            let column = |x: &[f64]| Tensor::from_slice(x).view([-1, 1]).to_device(Device::Cpu);
            let (x, w, y) = (column(&causes), column(&others), column(&effects));
            let own = residual(&x, &[w.shallow_clone()]);
            let found =
                ((&own * &y).sum(Kind::Double) / own.square().sum(Kind::Double)).double_value(&[]);
            let noise = spread(&residual(&y, &[x, w]));
            let corrected = found - bias(r, noise, spread(&own));
            assert!((corrected - slope).abs() < 0.01, "{r}: {corrected} for {slope}");
            assert!(r == 0.0 || (found - slope).abs() > 0.05, "{r}: there must be a bias");
        }
    }
}
