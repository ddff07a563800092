//! The diffusion decoder: a UNet that sees a noisy image, its time and the causal latents.

use super::residual::{Downsample, Embedding, Residual, Upsample, Widths};
use crate::{Architecture, Conditioning};
use counterfoil_tensor::layers::{self, Conv2d, GroupNorm, Linear, SelfAttention, sinusoid};
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// One stage: a residual block, perhaps attention, perhaps a change of resolution.
#[derive(Clone, Debug)]
enum Layer {
    Residual(Residual),
    Attention(SelfAttention),
    Down(Downsample),
    Up(Upsample),
}

impl Layer {
    fn forward(&self, weights: &Weights, x: &Tensor, embedding: &Embedding) -> Tensor {
        match self {
            Self::Residual(layer) => layer.forward(weights, x, embedding),
            Self::Attention(layer) => layer.forward(weights, x),
            Self::Down(layer) => layer.forward(weights, x),
            Self::Up(layer) => layer.forward(weights, x),
        }
    }
}

type Stage = Vec<Layer>;

fn run(stage: &Stage, weights: &Weights, x: Tensor, embedding: &Embedding) -> Tensor {
    stage.iter().fold(x, |h, layer| layer.forward(weights, &h, embedding))
}

/// What conditions a pass beside the noisy image.
#[derive(Debug)]
pub struct Condition<'a> {
    /// Times as the network is fed them, `[n]`.
    pub times: &'a Tensor,
    /// Causal latents, `[n, d]`.
    pub latents: &'a Tensor,
    /// Classes `[n]` (integers), when the architecture has them.
    pub classes: Option<&'a Tensor>,
}

/// The network behind [`Conditioning`].
#[derive(Clone, Debug)]
enum Latents {
    Unseen,
    Added(Linear),
    Scaling(Linear),
    /// What is added, and the map of the lowest resolution.
    Placed { added: Linear, map: Linear, lowest: [i64; 3] },
}

/// An ADM-style UNet (Dhariwal and Nichol 2021). The latents enter by a dense layer whose output is added to the time
/// embedding, and so by scale and shift of every residual block; or, with [`Conditioning::TwoCondition`], by a scale of
/// their own, or not at all.
#[derive(Clone, Debug)]
pub struct Unet {
    channels: i64,
    time: [Linear; 2],
    latents: Latents,
    class: Option<layers::Embedding>,
    stem: Conv2d,
    down: Vec<Stage>,
    middle: Stage,
    up: Vec<Stage>,
    norm: GroupNorm,
    out: Conv2d,
}

impl Unet {
    /// Declares the UNet of an architecture.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let (base, width, groups) = (a.channels, 4 * a.channels, a.groups);
        let time = {
            let mut time = scope.sub("time");
            [Linear::new(time.sub(0), base, width), Linear::new(time.sub(1), width, width)]
        };
        let mut dense = || Linear::new(scope.sub("latent"), a.blocks.width(), width);
        let latents = match a.conditioning {
            Conditioning::Placed => {
                let (added, lowest) = (dense(), a.lowest());
                let map = Linear::new(scope.sub("map"), a.blocks.width(), lowest.iter().product());
                Latents::Placed { added, map, lowest }
            }
            Conditioning::Added => Latents::Added(dense()),
            Conditioning::TwoCondition => Latents::Scaling(dense()),
            Conditioning::None => Latents::Unseen,
        };
        let class =
            (a.classes > 0).then(|| layers::Embedding::new(scope.sub("class"), a.classes, width));
        let stem = Conv2d::new(scope.sub("stem"), a.image[0], base, 3, 1);

        let residual = |scope: &mut Scope<'_>, name: &str, inputs, outputs| {
            let scaling = (a.conditioning == Conditioning::TwoCondition).then_some(width);
            let widths = Widths { added: width, scaling };
            Layer::Residual(Residual::new(scope.sub(name), [inputs, outputs], widths, groups))
        };
        let attention = |scope: &mut Scope<'_>, c| {
            Layer::Attention(SelfAttention::new(scope.sub("attention"), c, a.heads, groups))
        };

        let (mut skips, mut c, mut factor) = (vec![base], base, 1);
        let (mut down, mut up) = (Vec::new(), Vec::new());
        let deepest = a.multipliers.len() - 1;
        for (level, multiplier) in a.multipliers.iter().enumerate() {
            for _ in 0..a.res_blocks {
                let mut part = scope.sub("down");
                let mut part = part.sub(down.len());
                let outputs = multiplier * base;
                let mut stage = vec![residual(&mut part, "residual", c, outputs)];
                c = outputs;
                if a.attention.contains(&factor) {
                    stage.push(attention(&mut part, c));
                }
                down.push(stage);
                skips.push(c);
            }
            if level < deepest {
                let mut part = scope.sub("down");
                down.push(vec![Layer::Down(Downsample::new(part.sub(down.len()), c))]);
                skips.push(c);
                factor *= 2;
            }
        }
        let middle = {
            let mut part = scope.sub("middle");
            let first = residual(&mut part, "first", c, c);
            let between = attention(&mut part, c);
            vec![first, between, residual(&mut part, "last", c, c)]
        };
        for (level, multiplier) in a.multipliers.iter().enumerate().rev() {
            for block in 0..=a.res_blocks {
                let mut part = scope.sub("up");
                let mut part = part.sub(up.len());
                let outputs = multiplier * base;
                let inputs = c + skips.pop().unwrap_or(0);
                let mut stage = vec![residual(&mut part, "residual", inputs, outputs)];
                c = outputs;
                if a.attention.contains(&factor) {
                    stage.push(attention(&mut part, c));
                }
                if level > 0 && block == a.res_blocks {
                    stage.push(Layer::Up(Upsample::new(part.sub("upsample"), c)));
                    factor /= 2;
                }
                up.push(stage);
            }
        }
        let norm = GroupNorm::new(scope.sub("norm"), groups, c);
        let out = Conv2d::zeroed(scope.sub("out"), c, a.image[0], 3);
        Self { channels: base, time, latents, class, stem, down, middle, up, norm, out }
    }

    /// The prediction for noisy images `[n, c, h, w]`, in single precision.
    pub fn forward(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        let [first, second] = &self.time;
        let time = first.forward(weights, &sinusoid(condition.times, self.channels)).silu();
        let time = second.forward(weights, &time);
        let (mut added, scaling) = match &self.latents {
            Latents::Unseen => (time, None),
            Latents::Added(dense) | Latents::Placed { added: dense, .. } => {
                (time + dense.forward(weights, condition.latents), None)
            }
            Latents::Scaling(dense) => {
                (time, Some(dense.forward(weights, condition.latents).silu()))
            }
        };
        if let (Some(table), Some(classes)) = (&self.class, condition.classes) {
            added += table.forward(weights, classes);
        }
        let embedding = Embedding { added: added.silu(), scaling };

        let mut h = self.stem.forward(weights, noisy);
        let mut skips = vec![h.shallow_clone()];
        for stage in &self.down {
            h = run(stage, weights, h, &embedding);
            skips.push(h.shallow_clone());
        }
        if let Latents::Placed { map, lowest: [c, height, across], .. } = &self.latents {
            let map = map.forward(weights, condition.latents);
            h += map.view([-1, *c, *height, *across]);
        }
        h = run(&self.middle, weights, h, &embedding);
        for (stage, skip) in self.up.iter().zip(skips.iter().rev()) {
            h = run(stage, weights, Tensor::cat(&[&h, skip], 1), &embedding);
        }
        let h = self.norm.forward(weights, &h).silu();
        self.out.forward(weights, &h).to_kind(Kind::Float)
    }
}
