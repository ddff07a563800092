//! DPM-Solver++ (Lu et al. 2022b): exponential integrators of the probability flow, or of its stochastic form, in log-SNR,
//! with the predicted image as signal.

pub mod multistep;
pub mod singlestep;

use serde::{Deserialize, Serialize};

/// How the second-order term is formed. Both are second order.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Form {
    /// Half the first-order weight on the extrapolated change, as in the paper's algorithm 2.
    #[default]
    Midpoint,
    /// The exact integral of the interpolating polynomial; what diffusers calls `heun`.
    Taylor,
}
