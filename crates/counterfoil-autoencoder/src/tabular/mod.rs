//! Causal mechanisms fitted to the columns of a table: a structural model of the labels alone, no images.
//!
//! A family says what one variable's mechanism looks like given its parents. The structural model around it, which values a
//! counterfactual keeps and in which order the others follow, is the same for all, so that families can be compared.
//!
//! ```text
//! rows -> Fitting (steps) -> Fitted -> abduct -> Noise -> predict (act) -> rows
//!                                   -> draw   -> Noise -> sample       -> rows
//! ```
//!
//! | idea | module |
//! |---|---|
//! | rows in label units to codes and back | `table` |
//! | what a family answers about one variable | `nodes` |
//! | the mechanisms of the autoencoder: additive, affine, spline; by maximum likelihood | `flow` |
//! | a diffusion model of each variable given its parents | `dcm` |
//! | batches, steps, the end of training | `fit` |
//! | abduct, act, predict; sample | `fitted` |

mod dcm;
mod fit;
mod fitted;
mod flow;
mod nodes;
mod noise;
mod table;

pub use fit::Fitting;
pub use fitted::Fitted;
pub use noise::Noise;

use crate::{Mechanism, ModelError, config::Activation};
use counterfoil_diffusion::inversion::Method;
use serde::{Deserialize, Serialize};

/// What the mechanism of each variable looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Family {
    /// `f(parents) + u`: the noise is added as it is.
    Additive,
    /// `f(parents) + s(parents) u`: location and scale.
    Affine,
    /// `f(parents) + s(parents) S(u; parents)` with a rational-quadratic spline S: any increasing map of the noise.
    Spline,
    /// A diffusion model of the variable given its parents, whose noise is what the sampler, run backwards, ends at (DCM,
    /// Chao, Blöbaum and Kasiviswanathan 2023, "Modeling causal mechanisms with diffusion models").
    Dcm,
}

impl Family {
    /// Every family, the simplest first.
    pub const ALL: [Self; 4] = [Self::Additive, Self::Affine, Self::Spline, Self::Dcm];

    /// The name that a command line knows.
    pub fn name(self) -> &'static str {
        match self {
            Self::Additive => "additive",
            Self::Affine => "affine",
            Self::Spline => "spline",
            Self::Dcm => "dcm",
        }
    }

    /// The form of the autoencoder's mechanisms that the family is; none for diffusion.
    fn form(self) -> Option<Mechanism> {
        match self {
            Self::Additive => Some(Mechanism::Additive),
            Self::Affine => Some(Mechanism::Affine),
            Self::Spline => Some(Mechanism::Spline),
            Self::Dcm => None,
        }
    }
}

/// How mechanisms are fitted.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// Steps of the optimiser.
    pub steps: u64,
    /// Rows a step; all of them where there are fewer.
    pub batch: usize,
    /// Learning rate at the beginning; it falls to 0 along a half cosine.
    pub learning_rate: f64,
    /// Widths of the hidden layers of each variable's network. Those of flows are all as wide as the first.
    pub hidden: Vec<usize>,
    /// What bends the hidden layers of flows; the diffusion family has its own.
    pub activation: Activation,
    /// What only the diffusion family has.
    pub diffusion: Diffusion,
}

/// The settings of the diffusion family.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Diffusion {
    /// Noise levels of training and steps of the sampler, `T`.
    pub levels: usize,
    /// The first beta of the linear schedule.
    pub first_beta: f64,
    /// The last one.
    pub last_beta: f64,
    /// The sampler, backwards and forwards. DDIM is published; it does not come back to where it began.
    pub method: Method,
}

impl Default for Diffusion {
    fn default() -> Self {
        Self { levels: 100, first_beta: 1e-4, last_beta: 0.1, method: Method::Leapfrog }
    }
}

impl Settings {
    /// The settings that a family is fitted with unless it is said otherwise.
    ///
    /// The published hidden widths of the diffusion family are 64 and 128, its learning rate is 1e-4 for hundreds of passes
    /// over the rows; here it is larger, and falls, for far fewer steps.
    pub fn of(family: Family) -> Self {
        match family {
            Family::Additive | Family::Affine | Family::Spline => Self {
                steps: 1000,
                batch: 256,
                learning_rate: 5e-3,
                hidden: vec![64; 3],
                activation: Activation::Gelu,
                diffusion: Diffusion::default(),
            },
            Family::Dcm => Self {
                steps: 3000,
                batch: 512,
                learning_rate: 4e-3,
                hidden: vec![64, 128],
                activation: Activation::LeakyRelu,
                diffusion: Diffusion::default(),
            },
        }
    }

    fn check(&self) -> Result<(), ModelError> {
        let setting = |key, reason: &str| Err(ModelError::Setting { key, reason: reason.into() });
        if self.steps == 0 {
            return setting("mechanisms.steps", "must be at least 1");
        }
        if self.batch == 0 {
            return setting("mechanisms.batch", "must be at least 1");
        }
        if !(self.learning_rate > 0.0 && self.learning_rate.is_finite()) {
            return setting("mechanisms.learning_rate", "must be a positive number");
        }
        if self.hidden.is_empty() || self.hidden.contains(&0) {
            return setting("mechanisms.hidden", "must be a list of at least one positive number");
        }
        if self.diffusion.levels < 2 {
            return setting("mechanisms.diffusion.levels", "must be at least 2");
        }
        Ok(())
    }
}
