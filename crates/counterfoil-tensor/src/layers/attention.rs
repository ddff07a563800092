//! Self-attention over the pixels of a feature map.

use crate::{Init, Parameter, Scope, Weights, layers::GroupNorm};
use tch::Tensor;

/// Multi-head self-attention with a residual connection, `[n, c, h, w] -> [n, c, h, w]`.
///
/// ADM's block (Dhariwal and Nichol 2021): group norm, one 1x1 projection to q, k and v (heads outermost, the three
/// contiguous inside each head), softmax of `q k^T / sqrt(c / heads)`, and an output projection that starts at 0.
#[derive(Clone, Debug)]
pub struct SelfAttention {
    norm: GroupNorm,
    qkv_weight: Parameter,
    qkv_bias: Parameter,
    out_weight: Parameter,
    out_bias: Parameter,
    heads: i64,
}

impl SelfAttention {
    /// Declares the block; `channels` must be a multiple of `heads` and of `groups`.
    pub fn new(mut scope: Scope<'_>, channels: i64, heads: i64, groups: i64) -> Self {
        let init = Init::Uniform((channels as f64).sqrt().recip());
        let zero = Init::Constant(0.0);
        let norm = GroupNorm::new(scope.sub("norm"), groups, channels);
        let mut qkv = scope.sub("qkv");
        let qkv_weight = qkv.parameter("weight", &[3 * channels, channels, 1], init);
        let qkv_bias = qkv.parameter("bias", &[3 * channels], init);
        let mut out = scope.sub("out");
        let out_weight = out.parameter("weight", &[channels, channels, 1], zero);
        let out_bias = out.parameter("bias", &[channels], zero);
        Self { norm, qkv_weight, qkv_bias, out_weight, out_bias, heads }
    }

    /// Applies the block.
    pub fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        let (n, c, h, w) = x.size4().unwrap_or((0, 0, 0, 0));
        let flat = x.view([n, c, h * w]);
        let project = |x: &Tensor, weight, bias| {
            let (weight, bias) = (weights.compute(weight), weights.compute(bias));
            weights.cast(x).conv1d(weight, Some(bias), 1, 0, 1, 1)
        };
        let qkv = project(&self.norm.forward(weights, &flat), self.qkv_weight, self.qkv_bias);
        let parts = qkv.view([n, self.heads, 3, c / self.heads, h * w]).transpose(3, 4).unbind(2);
        let attended = Tensor::scaled_dot_product_attention(
            &parts[0],
            &parts[1],
            &parts[2],
            None::<&Tensor>,
            0.0,
            false,
            None,
            false,
        );
        let merged = attended.transpose(2, 3).reshape([n, c, h * w]);
        x + project(&merged, self.out_weight, self.out_bias).view([n, c, h, w])
    }
}
