//! A fitted structural model of a table: abduct, act, predict, and sample.

use super::{Noise, nodes::Nodes, noise::LEAST, table::Table};
use crate::{Blocks, ModelError};
use counterfoil_graph::{Dag, Intervention, Kind as VariableKind};
use counterfoil_random::Stream;
use counterfoil_tensor::{Mode, ParameterStore, Precision, Weights};
use ndarray::{Array2, ArrayRef2};
use tch::Tensor;

/// Rows whose noise is kept to draw from.
const POOL: i64 = 2000;

/// The mechanisms of a table, fitted.
///
/// Answers about a row depend on that row alone: exactly so in passes of an equal number of rows, to single precision
/// otherwise.
#[derive(Debug)]
pub struct Fitted {
    table: Table,
    nodes: Box<dyn Nodes>,
    weights: Weights,
    /// The noise of fitted rows.
    pool: Noise,
    /// Standard deviation of that noise, by place of the code.
    spread: Vec<f64>,
}

impl Fitted {
    pub(super) fn new(
        table: Table,
        nodes: Box<dyn Nodes>,
        store: &ParameterStore,
        codes: &[Tensor],
    ) -> Result<Self, ModelError> {
        let weights = store.bind(Precision::F32, Mode::Evaluate);
        let pool = Noise { parts: Vec::new() };
        let mut fitted = Self { table, nodes, weights, pool, spread: Vec::new() };
        let some = |code: &Tensor| code.narrow(0, 0, POOL.min(code.size()[0]));
        fitted.pool = fitted.abduct_codes(&codes.iter().map(some).collect::<Vec<_>>())?;
        fitted.spread = fitted.pool.deviations()?;
        Ok(fitted)
    }

    /// The graph, whose order is that of the columns.
    pub fn dag(&self) -> &Dag {
        &self.table.dag
    }

    /// Which places of [`Noise::codes`] are whose.
    pub fn blocks(&self) -> &Blocks {
        &self.table.blocks
    }

    /// The exogenous noise of rows `[n, variables]` in label units.
    ///
    /// # Errors
    /// When the rows do not fit the graph.
    pub fn abduct(&self, rows: &ArrayRef2<f64>) -> Result<Noise, ModelError> {
        self.table.check(rows)?;
        self.abduct_codes(&self.table.encode(rows))
    }

    fn abduct_codes(&self, blocks: &[Tensor]) -> Result<Noise, ModelError> {
        let of = |variable| tch::no_grad(|| self.nodes.abduct(&self.weights, variable, blocks));
        Ok(Noise { parts: (0..blocks.len()).map(of).collect::<Result<_, _>>()? })
    }

    /// What `rows` with that noise would have been under one intervention a row, `[n, variables]`.
    ///
    /// A variable whose parents keep their values keeps its own to the last bit, so that no intervention, and setting a
    /// variable to the value it has, change nothing.
    ///
    /// # Errors
    /// When there are not as many noises and interventions as rows, or the rows do not fit the graph.
    pub fn predict(
        &self,
        rows: &ArrayRef2<f64>,
        noise: &Noise,
        interventions: &[Intervention],
    ) -> Result<Array2<f64>, ModelError> {
        self.table.check(rows)?;
        let n = rows.nrows();
        for (what, found) in
            [("the list of interventions", interventions.len()), ("the noise", noise.len())]
        {
            if found != n {
                let (found, expected) = (vec![found as i64], vec![n as i64]);
                return Err(ModelError::Shape { what, found, expected });
            }
        }
        let mut values = rows.to_owned();
        let mut blocks = self.table.encode(rows);
        for &variable in self.dag().topological_order() {
            let parents = self.dag().parents(variable);
            let mut moved = Vec::new();
            for (row, intervention) in interventions.iter().enumerate() {
                let set = intervention.get(variable).is_some();
                if !set && parents.iter().any(|p| values[[row, *p]] != rows[[row, *p]]) {
                    moved.push(row as i64);
                }
            }
            if !moved.is_empty() {
                let chosen = Tensor::from_slice(&moved);
                let of_rows: Vec<Tensor> =
                    blocks.iter().map(|block| block.index_select(0, &chosen)).collect();
                let noise = noise.of(variable, &moved);
                let found = self.mechanism(variable, noise, &of_rows)?;
                for (row, value) in moved.iter().zip(found) {
                    values[[*row as usize, variable]] = value;
                }
            }
            for (value, intervention) in values.column_mut(variable).iter_mut().zip(interventions) {
                *value = intervention.outcome(self.dag(), variable, *value);
            }
            blocks[variable] = self.table.code(variable, &values.column(variable));
        }
        Ok(values)
    }

    /// The values that the mechanism of a variable gives under its noise, in label units.
    fn mechanism(
        &self,
        variable: usize,
        noise: counterfoil_diffusion::inversion::Latent<Tensor>,
        blocks: &[Tensor],
    ) -> Result<Vec<f64>, ModelError> {
        let predict = || self.nodes.predict(&self.weights, variable, noise, blocks);
        self.table.values(variable, &tch::no_grad(predict)?)
    }

    /// Abduct, act and predict in one call.
    ///
    /// # Errors
    /// As [`Fitted::abduct`] and [`Fitted::predict`].
    pub fn counterfactual(
        &self,
        rows: &ArrayRef2<f64>,
        interventions: &[Intervention],
    ) -> Result<Array2<f64>, ModelError> {
        self.predict(rows, &self.abduct(rows)?, interventions)
    }

    /// The noise of `n` new rows: that of fitted rows, each variable's from a row of its own. So families differ by their
    /// mechanisms alone, also one whose noise has no law of its own; and what the noise of a variable still says about its
    /// causes, which it should not, shows in the samples.
    pub fn draw(&self, seed: u64, n: usize) -> Noise {
        let part = |variable: usize| {
            let pick = |k: usize| {
                let mut stream = Stream::new(seed, "tabular draw", k as u64, variable as u64);
                stream.below(self.pool.len()) as i64
            };
            self.pool.of(variable, &(0..n).map(pick).collect::<Vec<_>>())
        };
        Noise { parts: (0..self.dag().len()).map(part).collect() }
    }

    /// The rows that noise brings about under an intervention, `[n, variables]`: a sample of the interventional distribution,
    /// of the observational one with [`Intervention::none`].
    ///
    /// # Errors
    /// When the sampler fails.
    pub fn sample(
        &self,
        noise: &Noise,
        intervention: &Intervention,
    ) -> Result<Array2<f64>, ModelError> {
        let n = noise.len();
        let all: Vec<i64> = (0..n as i64).collect();
        let mut values = Array2::zeros((n, self.dag().len()));
        let mut blocks: Vec<Tensor> = noise.parts.iter().map(|p| p.outer().zeros_like()).collect();
        for &variable in self.dag().topological_order() {
            let found = match intervention.get(variable) {
                Some(value) => vec![value; n],
                None => self.mechanism(variable, noise.of(variable, &all), &blocks)?,
            };
            for (value, natural) in values.column_mut(variable).iter_mut().zip(found) {
                *value = intervention.outcome(self.dag(), variable, natural);
            }
            blocks[variable] = self.table.code(variable, &values.column(variable));
        }
        Ok(values)
    }

    /// The logarithm of the density of each row's continuous variables given their parents, in label units, summed over them;
    /// nothing for a family without a density.
    ///
    /// The noise is taken as normal with the spread that it has in the fitted rows, which is 1 where a family has a scale of
    /// its own; additive mechanisms have none.
    ///
    /// # Errors
    /// As [`Fitted::abduct`].
    pub fn log_likelihood(&self, rows: &ArrayRef2<f64>) -> Result<Option<Vec<f64>>, ModelError> {
        self.table.check(rows)?;
        let blocks = self.table.encode(rows);
        let mut total = vec![0.0; rows.nrows()];
        for (index, variable) in self.dag().variables().enumerate() {
            if !matches!(variable.kind(), VariableKind::Continuous) {
                continue;
            }
            let Some(slope) = tch::no_grad(|| self.nodes.log_slope(&self.weights, index, &blocks))
            else {
                return Ok(None);
            };
            let noise = tch::no_grad(|| self.nodes.abduct(&self.weights, index, &blocks))?;
            let block = self.table.blocks.get(index);
            let spread = self.spread.get(block.start as usize).copied().unwrap_or(1.0).max(LEAST);
            // The code is an affine function of the label.
            let unit = (variable.standardise(1.0) - variable.standardise(0.0)).abs();
            let constant = unit.ln() - spread.ln() - 0.5 * (2.0 * std::f64::consts::PI).ln();
            let log = (noise.outer() / spread).square() * -0.5 - slope + constant;
            let log = Vec::<f64>::try_from(log.select(1, 0).to_kind(tch::Kind::Double))?;
            total.iter_mut().zip(log).for_each(|(t, l)| *t += l);
        }
        Ok(Some(total))
    }
}
