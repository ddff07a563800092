//! The diffusion decoder: a UNet that sees a noisy image, its time and the causal latents.

use super::residual::{Downsample, Embedding, Residual, Upsample, Widths};
use crate::{Architecture, Conditioning, Decoder};
use counterfoil_tensor::layers::{self, Conv2d, GroupNorm, Linear, SelfAttention, sinusoid};
use counterfoil_tensor::{Chain, Recomputation, Scope, Value, Weights};
use std::sync::Arc;
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

/// Shared with the passes that run it twice.
type Stage = Arc<[Layer]>;

/// Runs a stage over maps of one resolution side by side.
fn run(chain: &mut Chain<'_>, stage: &Stage, maps: &[&Value], embedding: &[Value]) -> Value {
    let inputs: Vec<&Value> = maps.iter().copied().chain(embedding).collect();
    let (stage, maps) = (Arc::clone(stage), maps.len());
    chain.run(&inputs, move |weights, inputs| {
        let (maps, conditions) = inputs.split_at(maps);
        let embedding = Embedding {
            added: conditions[0].shallow_clone(),
            scaling: conditions.get(1).map(Tensor::shallow_clone),
        };
        let x = match maps {
            [x] => x.shallow_clone(),
            several => Tensor::cat(several, 1),
        };
        stage.iter().fold(x, |h, layer| layer.forward(weights, &h, &embedding))
    })
}

/// What conditions a pass beside the noisy image.
#[derive(Debug)]
pub struct Condition<'a> {
    /// Times as the network is fed them, `[n]`.
    pub times: &'a Tensor,
    /// Causal latents, `[n, d]`.
    pub latents: &'a Tensor,
    /// The mean images of the latents, `[n, c, h, w]`, when what is noisy is what they leave (see [`Decoder::Corrective`]).
    pub mean: Option<&'a Tensor>,
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
    Placed {
        added: Linear,
        map: Linear,
        lowest: [i64; 3],
    },
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
        let shown = if a.decoder == Decoder::Corrective { 2 } else { 1 };
        let stem = Conv2d::new(scope.sub("stem"), shown * a.image[0], base, 3, 1);

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
                down.push(stage.into());
                skips.push(c);
            }
            if level < deepest {
                let mut part = scope.sub("down");
                down.push([Layer::Down(Downsample::new(part.sub(down.len()), c))].into());
                skips.push(c);
                factor *= 2;
            }
        }
        let middle = {
            let mut part = scope.sub("middle");
            let first = residual(&mut part, "first", c, c);
            let between = attention(&mut part, c);
            [first, between, residual(&mut part, "last", c, c)].into()
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
                up.push(stage.into());
            }
        }
        let norm = GroupNorm::new(scope.sub("norm"), groups, c);
        let out = Conv2d::zeroed(scope.sub("out"), c, a.image[0], 3);
        Self { channels: base, time, latents, class, stem, down, middle, up, norm, out }
    }

    /// The prediction for noisy images `[n, c, h, w]`, in single precision.
    pub fn forward(&self, weights: &Weights, noisy: &Tensor, condition: &Condition<'_>) -> Tensor {
        self.pass(weights, Chain::recorded(weights), noisy, condition).0
    }

    /// The same where the pass keeps what enters its stages and nothing else; gradients are taken by
    /// [`Recomputation::backward`].
    pub fn checkpointed(
        &self,
        weights: &Weights,
        noisy: &Tensor,
        condition: &Condition<'_>,
    ) -> (Tensor, Option<Recomputation>) {
        self.pass(weights, Chain::checkpointed(weights), noisy, condition)
    }

    /// The stages are the segments of `chain`. What the images and their conditions come in by is small and stands in front.
    fn pass(
        &self,
        weights: &Weights,
        mut chain: Chain<'_>,
        noisy: &Tensor,
        condition: &Condition<'_>,
    ) -> (Tensor, Option<Recomputation>) {
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
        let embedding: Vec<Value> =
            [Some(added.silu()), scaling].iter().flatten().map(|part| chain.enter(part)).collect();

        let mut h = chain.enter(&self.stem.forward(weights, noisy));
        let mut skips = vec![h.share()];
        for stage in &self.down {
            h = run(&mut chain, stage, &[&h], &embedding);
            skips.push(h.share());
        }
        if let Latents::Placed { map, lowest: [c, height, across], .. } = &self.latents {
            let map = map.forward(weights, condition.latents).view([-1, *c, *height, *across]);
            let map = chain.enter(&map);
            h = chain.run(&[&h, &map], |_, maps| &maps[0] + &maps[1]);
            // The skip beside the middle holds the map too.
            skips.pop();
            skips.push(h.share());
        }
        h = run(&mut chain, &self.middle, &[&h], &embedding);
        for stage in &self.up {
            let skip = skips.pop();
            let maps: Vec<&Value> = [Some(&h), skip.as_ref()].into_iter().flatten().collect();
            h = run(&mut chain, stage, &maps, &embedding);
        }
        let (norm, out) = (self.norm.clone(), self.out.clone());
        let prediction = chain.run(&[&h], move |weights, h| {
            out.forward(weights, &norm.forward(weights, &h[0]).silu()).to_kind(Kind::Float)
        });
        chain.leave(&prediction)
    }
}
