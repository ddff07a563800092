//! Takes out of the unlabelled blocks what a quadratic function of the labels can predict.
//!
//! An unlabelled block is meant to hold what the labels do not say. Left alone it also holds what they do say, and the
//! decoder, shown a block that says "thick" and a label that says "thin", draws something in between. So the block is
//! the residual of a regression of the code on the labels: `code - phi(labels) W`, with `phi` all monomials up to
//! degree two and `W` the ridge solution over a running average of batches. In evaluation the labels are those read
//! off the image, so nothing but the image is needed.

use crate::{Architecture, Blocks};
use counterfoil_tensor::{Buffer, Scope, Weights};
use tch::{Kind, Tensor};

/// Share of the running averages that each training batch replaces.
const MOMENTUM: f64 = 0.05;
/// Ridge on the second moments of features of order 1.
const RIDGE: f64 = 1e-3;

/// The running regression of unlabelled codes on labels.
#[derive(Clone, Debug)]
pub struct ResidualCode {
    blocks: Blocks,
    gram: Buffer,
    cross: Buffer,
}

impl ResidualCode {
    /// Declares the regression's buffers: second moments of the features, and their products with the codes.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let scalars = a.blocks.scalar_count();
        let features = 1 + scalars + scalars * (scalars + 1) / 2;
        let width = a.blocks.unlabelled().map(|b| b.width).sum();
        Self {
            blocks: a.blocks.clone(),
            gram: scope.buffer("gram", &[features, features], 0.0),
            cross: scope.buffer("cross", &[features, width], 0.0),
        }
    }

    /// The residual of `code` `[n, unlabelled width]` given labelled latents or label codes `[n, d]`. A training pass
    /// updates the running moments first; no gradient goes through the regression.
    pub fn forward(&self, weights: &Weights, code: &Tensor, labels: &Tensor) -> Tensor {
        let features = tch::no_grad(|| self.features(labels));
        let solution = tch::no_grad(|| {
            let (gram, cross) = (weights.buffer(self.gram), weights.buffer(self.cross));
            if weights.trains() {
                let n = code.size()[0].max(1) as f64;
                let turned = features.transpose(0, 1);
                let (mut gram, mut cross) = (gram.shallow_clone(), cross.shallow_clone());
                let _ = gram.lerp_(&(turned.matmul(&features) / n), MOMENTUM);
                let _ = cross.lerp_(&(turned.matmul(&code.detach()) / n), MOMENTUM);
            }
            // Both averages start at 0 and so are too small by the same factor, which the quotient forgets.
            let size = gram.size()[0];
            let scale = gram.select(0, 0).select(0, 0);
            let ridge = Tensor::eye(size, (Kind::Float, code.device())) * (&scale * RIDGE + 1e-12);
            Tensor::linalg_solve(&(gram + ridge), cross, true)
        });
        code - features.matmul(&solution)
    }

    /// 1, the labels' scalars and their products up to degree two, `[n, features]`.
    fn features(&self, labels: &Tensor) -> Tensor {
        let scalars: Vec<Tensor> = self
            .blocks
            .labelled()
            .flat_map(|block| block.scalars(&block.of(labels)).split(1, 1))
            .collect();
        let mut features =
            vec![Tensor::ones([labels.size()[0], 1], (Kind::Float, labels.device()))];
        for (i, first) in scalars.iter().enumerate() {
            features.push(first.shallow_clone());
            features.extend(scalars[i..].iter().map(|second| first * second));
        }
        Tensor::cat(&features, 1)
    }
}
