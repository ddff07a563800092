//! What keeps an unlabelled code from telling the labels again: a penalty on its correlations with functions of them.

use tch::{Kind, Tensor};

/// Variance below which a dimension of an unlabelled code tells nothing beside its own noise. Its correlations are shortened, so
/// that a dimension that has died sends no long gradient.
const FAINT: f64 = 0.01;
/// Keeps a function of the labels finite that does not vary over the batch.
const LEAST: f64 = 1e-12;

/// Mean squared correlation, over the batch, of each dimension of `code` with each function of the labels (the codes
/// themselves, their squares and products of neighbours), less what independent draws would give in a large batch.
///
/// They give 1/(n - 1) in a batch of n, of which 1/n is taken off: 1/n^2 or so is left. It is a constant, so it moves the
/// reported loss by that little and no gradient at all; it stays, for losses to be those of earlier runs to the bit.
pub(super) fn correlation(code: &Tensor, labels: &Tensor) -> Tensor {
    let n = code.size()[0];
    let standard = |x: &Tensor, least: f64| {
        let centred = x - x.mean_dim([0i64].as_slice(), true, None);
        let variance = centred.square().mean_dim([0i64].as_slice(), true, None);
        centred / (variance + least).sqrt()
    };
    let features = Tensor::cat(&[labels, &labels.square(), &(labels * labels.roll(1, 1))], 1);
    let (features, code) = (standard(&features, LEAST), standard(code, FAINT));
    let matrix = features.transpose(0, 1).matmul(&code) / n as f64;
    (matrix.square() - 1.0 / n as f64).mean(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_tensor::noise;
    use tch::Device;

    const N: u64 = 4000;

    fn normal(purpose: &str, width: i64) -> Tensor {
        let items: Vec<u64> = (0..N).collect();
        noise::normal(5, purpose, &items, 0, &[width], Device::Cpu)
    }

    fn of(code: &Tensor, labels: &Tensor) -> f64 {
        correlation(code, labels).double_value(&[])
    }

    /// Monte-Carlo class: squared correlations of independent draws have mean 1/(n - 1), of which 1/n is taken off, and deviation
    /// sqrt(2)/n; of what a label or its square or a product makes, two of the six functions here know all or half.
    #[test]
    fn what_follows_from_labels_is_found_and_nothing_else() {
        let labels = normal("labels", 2);
        assert!(of(&normal("code", 3), &labels).abs() < 5.0 / N as f64);
        let [a, b] = [0i64, 1].map(|k| labels.narrow(1, k, 1));
        // Six functions: a, b, their squares, and their product twice.
        for (code, known) in [(&a * 3.0 + 1.0, 1.0), (b.square() * -2.0, 1.0), (&a * &b, 2.0)] {
            assert!((of(&code, &labels) - known / 6.0).abs() < 0.02, "{known}");
        }
        let half = &a + normal("rest", 1);
        assert!((of(&half, &labels) - 0.5 / 6.0).abs() < 0.02);
    }

    /// The scale of a code that lives does not matter, and one that has died sends no gradient longer than that.
    #[test]
    fn dead_dimensions_are_left_alone() {
        let labels = normal("labels", 1);
        let code = &labels + normal("rest", 1);
        assert!((of(&(&code * 100.0), &labels) - of(&code, &labels)).abs() < 0.01);
        let length = |scale: f64| {
            let code = (&code * scale).set_requires_grad(true);
            correlation(&code, &labels).backward();
            code.grad().norm().double_value(&[])
        };
        assert!(length(1e-5) < length(1.0), "{} {}", length(1e-5), length(1.0));
        assert!(of(&(&code * 1e-5), &labels).abs() < 1e-3);
    }
}
