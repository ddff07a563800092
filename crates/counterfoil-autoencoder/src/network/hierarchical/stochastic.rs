//! One stochastic layer: its prior given what came before, and its posterior given the image too.

use crate::network::diagonal::Diagonal;
use counterfoil_tensor::layers::{Conv2d, GroupNorm, Linear};
use counterfoil_tensor::{Scope, Weights};
use tch::Tensor;

/// Two heads, both of which begin as standard normals: a layer says nothing until it has learned to.
#[derive(Clone, Debug)]
pub(super) struct Stochastic {
    prior: Head,
    posterior: Head,
}

impl Stochastic {
    /// A vector of `latents` numbers, given `state` numbers and `seen` ones of the image.
    pub(super) fn dense(
        mut scope: Scope<'_>,
        [state, seen, latents]: [i64; 3],
        hidden: i64,
    ) -> Self {
        let mut head = |name: &str, inputs| {
            let mut part = scope.sub(name);
            Head::Dense {
                hidden: Linear::new(part.sub("hidden"), inputs, hidden),
                out: Linear::zeroed(part.sub("out"), hidden, 2 * latents),
            }
        };
        Self { prior: head("prior", state), posterior: head("posterior", state + seen) }
    }

    /// A map of `latents` channels, given maps of `state` channels and `seen` ones of the image.
    pub(super) fn map(mut scope: Scope<'_>, [state, seen, latents]: [i64; 3], groups: i64) -> Self {
        // A bottleneck, as published: heads are most of what a hierarchy costs.
        let hidden = seen / 2;
        let mut head = |name: &str, inputs| {
            let mut part = scope.sub(name);
            Head::Map {
                norm: GroupNorm::new(part.sub("norm"), groups, inputs),
                hidden: Conv2d::new(part.sub("hidden"), inputs, hidden, 3, 1),
                out: Conv2d::zeroed(part.sub("out"), hidden, 2 * latents, 3),
            }
        };
        Self { prior: head("prior", state), posterior: head("posterior", state + seen) }
    }

    pub(super) fn prior(&self, weights: &Weights, state: &Tensor) -> Diagonal {
        Diagonal::new(&self.prior.forward(weights, state))
    }

    pub(super) fn posterior(&self, weights: &Weights, state: &Tensor, seen: &Tensor) -> Diagonal {
        let both = Tensor::cat(&[weights.cast(state), weights.cast(seen)], 1);
        Diagonal::new(&self.posterior.forward(weights, &both))
    }
}

/// What says mean and scale.
#[derive(Clone, Debug)]
enum Head {
    Dense { hidden: Linear, out: Linear },
    Map { norm: GroupNorm, hidden: Conv2d, out: Conv2d },
}

impl Head {
    fn forward(&self, weights: &Weights, x: &Tensor) -> Tensor {
        match self {
            Self::Dense { hidden, out } => out.forward(weights, &hidden.forward(weights, x).silu()),
            Self::Map { norm, hidden, out } => {
                let h = hidden.forward(weights, &norm.forward(weights, x).silu());
                out.forward(weights, &h.silu())
            }
        }
    }
}
