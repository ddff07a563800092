//! The latent structural model: exogenous code u to causal latents z along the graph, and back.

use crate::{Architecture, Blocks, Mechanism};
use counterfoil_graph::Dag;
use counterfoil_tensor::layers::Linear;
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// A two-layer network from the parents' latents to shift (and log-scale) of one variable's block.
#[derive(Clone, Debug)]
struct Net {
    hidden: Linear,
    out: Linear,
}

impl Net {
    fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        let hidden = self.hidden.forward(weights, x).leaky_relu();
        self.out.forward(weights, &hidden).to_kind(Kind::Float)
    }
}

/// Shift and log-scale of one block given its parents, `[n, width]` each: `z = shift + exp(log_scale) u`.
#[derive(Debug)]
pub struct Conditional {
    /// The mean of z given the parents.
    pub shift: Tensor,
    /// The logarithm of the noise's factor; absent when the noise is added as it is.
    pub log_scale: Option<Tensor>,
}

impl Conditional {
    /// z from u.
    pub fn forward(&self, u: &Tensor) -> Tensor {
        match &self.log_scale {
            None => &self.shift + u,
            Some(log_scale) => &self.shift + log_scale.exp() * u,
        }
    }

    /// u from z: exact abduction.
    pub fn abduct(&self, z: &Tensor) -> Tensor {
        match &self.log_scale {
            None => z - &self.shift,
            Some(log_scale) => (z - &self.shift) * (-log_scale).exp(),
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

/// Log-scales are kept within `±SCALE_BOUND` by a scaled tanh, so that abduction cannot blow up.
const SCALE_BOUND: f64 = 4.0;

impl Mechanisms {
    /// Declares the mechanisms of an architecture: hidden width = width of the latent vector (the published choice).
    ///
    /// A root has a net too (its input is 0, so it is a learned constant), as in the published parameter counts.
    pub fn new(mut scope: Scope<'_>, a: &Architecture) -> Self {
        let hidden = a.blocks.width();
        let net = |block: &crate::Block| {
            if !block.labelled || a.mechanism == Mechanism::Independent {
                return None;
            }
            let mut part = scope.sub(&block.name);
            let parents = a.dag.parents(block.variable);
            let inputs = match (a.mechanism, parents) {
                (_, []) | (Mechanism::Published, _) => block.width,
                (_, parents) => parents.iter().map(|p| a.blocks.get(*p).width).sum(),
            };
            let outputs =
                if a.mechanism == Mechanism::Affine { 2 * block.width } else { block.width };
            let first = Linear::new(part.sub("hidden"), inputs, hidden);
            // An affine mechanism starts as z = u: its scale must not be a random number.
            let last = match a.mechanism {
                Mechanism::Affine => Linear::zeroed(part.sub("out"), hidden, outputs),
                _ => Linear::new(part.sub("out"), hidden, outputs),
            };
            Some(Net { hidden: first, out: last })
        };
        let nets = a.blocks.iter().map(net).collect();
        Self { dag: a.dag.clone(), blocks: a.blocks.clone(), form: a.mechanism, nets }
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
            return Conditional { shift: own.zeros_like(), log_scale: None };
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
        if self.form != Mechanism::Affine {
            return Conditional { shift: out, log_scale: None };
        }
        let parts = out.chunk(2, 1);
        let bounded = (&parts[1] / SCALE_BOUND).tanh() * SCALE_BOUND;
        Conditional { shift: parts[0].shallow_clone(), log_scale: Some(bounded) }
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

    /// The exogenous code of causal latents and, per dimension, the log-scales it was divided by (0 where noise is
    /// added plainly): `u = (z - shift(z_pa)) exp(-log_scale(z_pa))`. Not for the published form, whose parents are
    /// noises; there the encoder gives u itself.
    pub fn abduct(&self, weights: &Weights, z: &Tensor) -> (Tensor, Tensor) {
        let blocks: Vec<Tensor> = self.blocks.iter().map(|b| b.of(z)).collect();
        let (mut codes, mut scales) = (Vec::new(), Vec::new());
        for (variable, block) in blocks.iter().enumerate() {
            let conditional = self.conditional(weights, variable, &blocks);
            codes.push(conditional.abduct(block));
            scales.push(conditional.log_scale.unwrap_or_else(|| block.zeros_like()));
        }
        (Tensor::cat(&codes, 1), Tensor::cat(&scales, 1))
    }
}
