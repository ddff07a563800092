//! The autoencoder's mechanisms on the columns of a table: normalising flows with one place a number, fitted by maximum
//! likelihood.

use super::{
    Settings,
    nodes::{Batch, Nodes},
    table::Table,
};
use crate::{
    Mechanism, ModelError,
    network::{Mechanisms, mechanism::Shape},
};
use counterfoil_diffusion::inversion::Latent;
use counterfoil_tensor::{Scope, Weights};
use tch::{Kind, Tensor};

/// Mechanisms of one form for all variables, roots included.
#[derive(Debug)]
pub(super) struct Flow {
    mechanisms: Mechanisms,
    variables: usize,
}

impl Flow {
    /// Declares the networks.
    pub(super) fn new(
        scope: Scope<'_>,
        table: &Table,
        form: Mechanism,
        settings: &Settings,
    ) -> Self {
        let hidden = settings.hidden.first().copied().unwrap_or(1) as i64;
        let (depth, activation) = (settings.hidden.len(), settings.activation);
        let shape = Shape { depth, hidden, activation };
        let mechanisms = Mechanisms::along(scope, &table.dag, &table.blocks, form, shape);
        Self { mechanisms, variables: table.dag.len() }
    }
}

impl Nodes for Flow {
    /// `-ln p(row)` up to a constant, `u^2 / 2 + ln dz/du`, the mean over rows of the sum over places.
    fn loss(&self, weights: &Weights, batch: &Batch<'_>) -> Result<Tensor, ModelError> {
        let of = |variable: usize| {
            let conditional = self.mechanisms.conditional(weights, variable, batch.blocks);
            let (u, log_slope) = conditional.abduct(&batch.blocks[variable]);
            u.square() * 0.5 + log_slope
        };
        let terms: Vec<Tensor> = (0..self.variables).map(of).collect();
        let each = Tensor::cat(&terms, 1).sum_dim_intlist([1i64].as_slice(), false, Kind::Float);
        Ok(each.mean(Kind::Float))
    }

    fn abduct(
        &self,
        weights: &Weights,
        variable: usize,
        blocks: &[Tensor],
    ) -> Result<Latent<Tensor>, ModelError> {
        let conditional = self.mechanisms.conditional(weights, variable, blocks);
        Ok(Latent::Single(conditional.abduct(&blocks[variable]).0))
    }

    fn predict(
        &self,
        weights: &Weights,
        variable: usize,
        noise: Latent<Tensor>,
        blocks: &[Tensor],
    ) -> Result<Tensor, ModelError> {
        let conditional = self.mechanisms.conditional(weights, variable, blocks);
        Ok(conditional.forward(noise.outer()))
    }

    fn log_slope(&self, weights: &Weights, variable: usize, blocks: &[Tensor]) -> Option<Tensor> {
        let conditional = self.mechanisms.conditional(weights, variable, blocks);
        Some(conditional.abduct(&blocks[variable]).1)
    }
}
