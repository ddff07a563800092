//! The exogenous noise of rows, variable by variable, as the family that abducted it keeps it.

use crate::ModelError;
use counterfoil_diffusion::inversion::Latent;
use tch::{Kind, Tensor};

/// The noise of `n` rows.
///
/// A flow keeps one number a place of the code; a diffusion model what its sampler needs to come back exactly.
#[derive(Debug)]
pub struct Noise {
    pub(super) parts: Vec<Latent<Tensor>>,
}

impl Noise {
    /// How many rows it is the noise of.
    pub fn len(&self) -> usize {
        self.parts.first().map_or(0, |part| part.outer().size()[0] as usize)
    }

    /// Whether it is the noise of no row.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The noise of all variables side by side, `[n, d]`, in the order of the graph: what is held against true noise. Of a
    /// diffusion model the noisiest state.
    pub fn codes(&self) -> Tensor {
        let outer: Vec<&Tensor> = self.parts.iter().map(Latent::outer).collect();
        Tensor::cat(&outer, 1)
    }

    /// The noise of one variable of some rows, which may repeat.
    pub(super) fn of(&self, variable: usize, rows: &[i64]) -> Latent<Tensor> {
        let rows = Tensor::from_slice(rows);
        self.parts[variable].map(|x| x.index_select(0, &rows))
    }

    /// The standard deviation of each place of the code, at least `LEAST`.
    pub(super) fn deviations(&self) -> Result<Vec<f64>, ModelError> {
        let codes = self.codes().to_kind(Kind::Double);
        let deviations = codes.var_dim([0i64].as_slice(), false, false).sqrt().clamp_min(LEAST);
        Ok(Vec::<f64>::try_from(deviations)?)
    }
}

/// What a deviation is taken for where nothing varies.
pub(super) const LEAST: f64 = 1e-6;
