//! What a family answers about one variable given its parents.

use crate::ModelError;
use counterfoil_diffusion::inversion::Latent;
use counterfoil_tensor::Weights;
use tch::Tensor;

/// What is shown in one step: codes of some rows, and the keys of what is drawn.
pub(super) struct Batch<'a> {
    /// One `[n, width]` a variable, in single precision.
    pub(super) blocks: &'a [Tensor],
    /// The places of the rows in the table.
    pub(super) items: &'a [u64],
    /// The seed and the step.
    pub(super) seed: u64,
    pub(super) step: u64,
}

/// The mechanisms of all variables, as functions of weights.
pub(super) trait Nodes: std::fmt::Debug {
    /// What training minimises, a single number.
    fn loss(&self, weights: &Weights, batch: &Batch<'_>) -> Result<Tensor, ModelError>;

    /// The noise of `variable` whose own block and whose parents' stand in `blocks`, one `[n, width]` a variable.
    fn abduct(
        &self,
        weights: &Weights,
        variable: usize,
        blocks: &[Tensor],
    ) -> Result<Latent<Tensor>, ModelError>;

    /// The code of `variable` under its noise, given its parents' blocks; its own is not looked at.
    fn predict(
        &self,
        weights: &Weights,
        variable: usize,
        noise: Latent<Tensor>,
        blocks: &[Tensor],
    ) -> Result<Tensor, ModelError>;

    /// The logarithm of the slope of each place of the code in its noise, `[n, width]`; none where there is no density.
    fn log_slope(&self, weights: &Weights, variable: usize, blocks: &[Tensor]) -> Option<Tensor>;
}
