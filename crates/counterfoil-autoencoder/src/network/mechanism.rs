//! The latent structural model: exogenous code u to causal latents z along the graph, and back.

use super::spline::{self, Spline};
use crate::{Architecture, Blocks, Mechanism, config::Activation};
use counterfoil_graph::Dag;
use counterfoil_tensor::layers::Linear;
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// A network from the parents' latents to what describes one variable's conditional.
#[derive(Clone, Debug)]
struct Net {
    hidden: Vec<Linear>,
    activation: Activation,
    out: Linear,
}

impl Net {
    fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        let bent = |x: Tensor| match self.activation {
            Activation::Gelu => x.gelu("none"),
            Activation::LeakyRelu => x.leaky_relu(),
        };
        let layers = self.hidden.iter();
        let hidden = layers.fold(x.shallow_clone(), |x, layer| bent(layer.forward(weights, &x)));
        self.out.forward(weights, &hidden).to_kind(Kind::Float)
    }
}

/// What one block is given its parents, entry by entry an increasing map of its noise: `z = shift + exp(log_scale) w`
/// with `u = spline(w)`; `w = u` where there is no spline.
#[derive(Debug)]
pub struct Conditional {
    /// `[n, width]`: the mean of z given the parents, where the noise is added as it is.
    shift: Tensor,
    /// `[n, width]`: the logarithm of the noise's factor; absent when the noise is added as it is.
    log_scale: Option<Tensor>,
    spline: Option<Spline>,
}

impl Conditional {
    fn shifted(shift: Tensor) -> Self {
        Self { shift, log_scale: None, spline: None }
    }

    /// z from u, `[n, width]`.
    pub fn forward(&self, u: &Tensor) -> Tensor {
        let noise = match &self.spline {
            None => u.shallow_clone(),
            Some(spline) => spline.inverse(u),
        };
        match &self.log_scale {
            None => &self.shift + noise,
            Some(log_scale) => &self.shift + log_scale.exp() * noise,
        }
    }

    /// u from z, `[n, width]`, exactly, and entry by entry the logarithm of the slope dz/du there.
    pub fn abduct(&self, z: &Tensor) -> (Tensor, Tensor) {
        let Some(log_scale) = &self.log_scale else {
            return (z - &self.shift, z.zeros_like());
        };
        let noise = (z - &self.shift) * (-log_scale).exp();
        match &self.spline {
            None => (noise, log_scale.shallow_clone()),
            Some(spline) => {
                let (u, log_slope) = spline.forward(&noise);
                (u, log_scale - log_slope)
            }
        }
    }
}

/// One mechanism a variable, evaluated in topological order. Unlabelled variables have none, and neither has any in
/// the independent form: their z is their u.
#[derive(Clone, Debug)]
pub struct Mechanisms {
    dag: Dag,
    blocks: Blocks,
    form: Mechanism,
    nets: Vec<Option<Net>>,
}

/// The networks of mechanisms.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Hidden layers.
    pub(crate) depth: usize,
    /// Width of each.
    pub(crate) hidden: i64,
    /// What bends each.
    pub(crate) activation: Activation,
}

/// Log-scales are kept within `±SCALE_BOUND` by a scaled tanh, so that abduction cannot blow up.
const SCALE_BOUND: f64 = 4.0;

impl Mechanisms {
    /// Declares the mechanisms of an architecture: `mechanism_depth` hidden layers as wide as the latent vector (one of
    /// them is the published choice).
    ///
    /// A root has a net too (its input is 0, so it is a learned constant), as in the published parameter counts.
    pub fn new(scope: Scope<'_>, a: &Architecture) -> Self {
        let shape = Shape {
            depth: a.mechanism_depth,
            hidden: a.blocks.width(),
            activation: a.mechanism_activation,
        };
        Self::along(scope, &a.dag, &a.blocks, a.mechanism, shape)
    }

    /// Declares the mechanisms of one form along a graph, for blocks of any width.
    pub(crate) fn along(
        mut scope: Scope<'_>,
        dag: &Dag,
        blocks: &Blocks,
        form: Mechanism,
        Shape { depth, hidden, activation }: Shape,
    ) -> Self {
        let net = |block: &crate::Block| {
            if !block.labelled || form == Mechanism::Independent {
                return None;
            }
            let mut part = scope.sub(&block.name);
            let parents = dag.parents(block.variable);
            let inputs = match (form, parents) {
                (_, []) | (Mechanism::Published, _) => block.width,
                (_, parents) => parents.iter().map(|p| blocks.get(*p).width).sum(),
            };
            let layer = |k: usize| match k {
                0 => Linear::new(part.sub("hidden"), inputs, hidden),
                k => Linear::new(part.sub(format!("hidden{}", k + 1)), hidden, hidden),
            };
            let layers = (0..depth).map(layer).collect();
            let out = part.sub("out");
            // What scales or bends noise starts as z = u: a scale must not be a random number.
            let last = match form {
                Mechanism::Affine => Linear::zeroed(out, hidden, 2 * block.width),
                Mechanism::Spline => {
                    Linear::zeroed(out, hidden, (2 + spline::NUMBERS) * block.width)
                }
                _ => Linear::new(out, hidden, block.width),
            };
            Some(Net { hidden: layers, activation, out: last })
        };
        let nets = blocks.iter().map(net).collect();
        Self { dag: dag.clone(), blocks: blocks.clone(), form, nets }
    }

    /// The conditional of `variable` given the latents (or, in the published form, the noises) of its parents.
    ///
    /// `blocks` holds one `[n, width]` tensor a variable, of which the parents' are read.
    pub fn conditional(
        &self,
        weights: &Weights,
        variable: usize,
        blocks: &[Tensor],
    ) -> Conditional {
        let own = &blocks[variable];
        let Some(net) = &self.nets[variable] else {
            return Conditional::shifted(own.zeros_like());
        };
        let parents = self.dag.parents(variable);
        let input = match (self.form, parents) {
            (_, []) => own.zeros_like(),
            (Mechanism::Published, parents) => parents
                .iter()
                .map(|p| blocks[*p].shallow_clone())
                .reduce(|a, b| a + b)
                .unwrap_or_else(|| own.zeros_like()),
            (_, [parent]) => blocks[*parent].shallow_clone(),
            (_, parents) => {
                let parts: Vec<&Tensor> = parents.iter().map(|p| &blocks[*p]).collect();
                Tensor::cat(&parts, 1)
            }
        };
        let out = net.forward(weights, &input);
        let width = own.size()[1];
        let part = |k: i64| out.narrow(1, k * width, width);
        let log_scale = || (part(1) / SCALE_BOUND).tanh() * SCALE_BOUND;
        match self.form {
            Mechanism::Affine => {
                Conditional { shift: part(0), log_scale: Some(log_scale()), spline: None }
            }
            Mechanism::Spline => {
                let raw = out.narrow(1, 2 * width, spline::NUMBERS * width);
                let spline = Spline::new(&raw.reshape([-1, width, spline::NUMBERS]));
                Conditional { shift: part(0), log_scale: Some(log_scale()), spline: Some(spline) }
            }
            _ => Conditional::shifted(out),
        }
    }

    /// Causal latents from the exogenous code, `[n, d] -> [n, d]`, in topological order.
    pub fn predict(&self, weights: &Weights, u: &Tensor) -> Tensor {
        self.propagate(weights, u, |_, _, z| z)
    }

    /// Like [`Mechanisms::predict`], with `replace(variable, u_block, z_block)` deciding what each block becomes: the
    /// place where an intervention enters. Children see the replaced block.
    pub fn propagate(
        &self,
        weights: &Weights,
        u: &Tensor,
        mut replace: impl FnMut(usize, &Tensor, Tensor) -> Tensor,
    ) -> Tensor {
        let noises: Vec<Tensor> = self.blocks.iter().map(|b| b.of(u)).collect();
        let mut z: Vec<Tensor> = noises.iter().map(Tensor::shallow_clone).collect();
        for &variable in self.dag.topological_order() {
            let read = if self.form == Mechanism::Published { &noises } else { &z };
            let block = self.conditional(weights, variable, read).forward(&noises[variable]);
            z[variable] = replace(variable, &noises[variable], block);
        }
        Tensor::cat(&z, 1)
    }

    /// What each block would be at zero noise, given the latents of its parents, `[n, d] -> [n, d]`: the median of the
    /// mechanism's distribution. Not for the published form.
    pub fn central(&self, weights: &Weights, z: &Tensor) -> Tensor {
        let blocks: Vec<Tensor> = self.blocks.iter().map(|b| b.of(z)).collect();
        let of = |(variable, block): (usize, &Tensor)| {
            self.conditional(weights, variable, &blocks).forward(&block.zeros_like())
        };
        Tensor::cat(&blocks.iter().enumerate().map(of).collect::<Vec<_>>(), 1)
    }

    /// The exogenous code of causal latents and, per dimension, the logarithm of the slope dz/du of the mechanism there (0
    /// where noise is added plainly), so that `-u^2/2 - log_slope` is the log density of z up to a constant. Not for the
    /// published form, whose parents are noises; there the encoder gives u itself.
    pub fn abduct(&self, weights: &Weights, z: &Tensor) -> (Tensor, Tensor) {
        let blocks: Vec<Tensor> = self.blocks.iter().map(|b| b.of(z)).collect();
        let of = |(variable, block)| self.conditional(weights, variable, &blocks).abduct(block);
        let (codes, slopes): (Vec<_>, Vec<_>) = blocks.iter().enumerate().map(of).unzip();
        (Tensor::cat(&codes, 1), Tensor::cat(&slopes, 1))
    }
}
