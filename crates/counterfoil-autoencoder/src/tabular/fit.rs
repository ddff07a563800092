//! Fitting: batches of rows, steps of the optimiser, and the mechanisms that come of it.

use super::{
    Family, Fitted, Settings,
    dcm::Dcm,
    flow::Flow,
    nodes::{Batch, Nodes},
    table::Table,
};
use crate::ModelError;
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_tensor::{
    AdamW, AdamWConfig, LayoutBuilder, Mode, ParameterStore, Precision, clip_gradient_norm,
};
use ndarray::ArrayRef2;
use std::f64::consts::PI;
use tch::{Device, Kind, Tensor};

/// A longer gradient is shortened to this: a spline's first steps may be steep.
const CLIP: f64 = 10.0;

/// Mechanisms being fitted to a table. Every number is a function of rows, settings and seed (exactly so at an equal number of
/// threads).
///
/// ```no_run
/// use counterfoil_autoencoder::tabular::{Family, Fitting, Settings};
/// use counterfoil_graph::{Dag, Intervention};
/// use ndarray::Array2;
///
/// # fn answer(dag: &Dag, rows: &Array2<f64>) -> Result<(), Box<dyn std::error::Error>> {
/// let mut fitting = Fitting::new(Family::Spline, dag, rows, &Settings::of(Family::Spline), 0)?;
/// while fitting.step()?.is_some() {}
/// let fitted = fitting.finish()?;
/// let wanted = vec![Intervention::none().set(dag, "arm", 0.5)?; rows.nrows()];
/// let counterfactual = fitted.counterfactual(rows, &wanted)?;
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct Fitting {
    table: Table,
    nodes: Box<dyn Nodes>,
    store: ParameterStore,
    optimiser: AdamW,
    settings: Settings,
    seed: u64,
    step: u64,
    /// Codes of all rows, one `[n, width]` a variable, in double and in single precision.
    codes: Vec<Tensor>,
    shown: Vec<Tensor>,
    rows: usize,
    order: Vec<usize>,
}

impl Fitting {
    /// Prepares to fit `family` to `rows`, `[n, variables]` in label units and in the order of `dag`, which has labelled
    /// variables alone.
    ///
    /// # Errors
    /// When a setting is out of bounds, there are fewer than two rows, they have another number of columns or a value that its
    /// variable cannot have.
    pub fn new(
        family: Family,
        dag: &Dag,
        rows: &ArrayRef2<f64>,
        settings: &Settings,
        seed: u64,
    ) -> Result<Self, ModelError> {
        settings.check()?;
        let table = Table::new(dag)?;
        table.check(rows)?;
        if rows.nrows() < 2 || dag.is_empty() {
            let (found, expected) = (vec![rows.nrows() as i64, dag.len() as i64], vec![-1, -1]);
            let what = "the table to fit, of at least two rows and one column,";
            return Err(ModelError::Shape { what, found, expected });
        }
        let codes = table.encode(rows);
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        let scope = root.sub("mechanisms");
        let nodes: Box<dyn Nodes> = match family.form() {
            Some(form) => Box::new(Flow::new(scope, &table, form, settings)),
            None => Box::new(Dcm::new(scope, &table, &codes, settings)?),
        };
        let store = ParameterStore::initialise(&builder.finish(), seed, Device::Cpu);
        Ok(Self {
            optimiser: AdamW::new(&store, AdamWConfig::default()),
            shown: codes.iter().map(|code| code.to_kind(Kind::Float)).collect(),
            nodes,
            store,
            settings: settings.clone(),
            seed,
            step: 0,
            codes,
            rows: rows.nrows(),
            order: Vec::new(),
            table,
        })
    }

    /// How many steps there are in all; 0 where nothing is to be learned, as in a graph without edges whose roots keep the law
    /// of their rows.
    pub fn steps(&self) -> u64 {
        if self.store.layout().count() == 0 { 0 } else { self.settings.steps }
    }

    /// Takes a step; its loss, or nothing when all steps are taken.
    ///
    /// # Errors
    /// When the loss is not finite.
    pub fn step(&mut self) -> Result<Option<f64>, ModelError> {
        if self.step >= self.steps() {
            return Ok(None);
        }
        let rows = self.next_rows();
        let places: Vec<i64> = rows.iter().map(|row| *row as i64).collect();
        let items: Vec<u64> = rows.iter().map(|row| *row as u64).collect();
        let places = Tensor::from_slice(&places);
        let blocks: Vec<Tensor> = self.shown.iter().map(|x| x.index_select(0, &places)).collect();
        let weights = self.store.bind(Precision::F32, Mode::Train);
        let batch = Batch { blocks: &blocks, items: &items, seed: self.seed, step: self.step };
        let loss = self.nodes.loss(&weights, &batch)?;
        let value = loss.double_value(&[]);
        if !value.is_finite() {
            let reason = format!(
                "the loss is not finite at step {}; lower the learning rate, or look for a label without spread",
                self.step
            );
            return Err(ModelError::Fit { what: "the mechanisms of a table".into(), reason });
        }
        loss.backward();
        clip_gradient_norm(&self.store, CLIP);
        let place = self.step as f64 / self.settings.steps as f64;
        let rate = self.settings.learning_rate * 0.5 * (1.0 + (PI * place).cos());
        self.optimiser.step(&self.store, rate);
        self.step += 1;
        Ok(Some(value))
    }

    /// The rows of this step: parts of one random order of all rows after another, what is too short for a step left out.
    fn next_rows(&mut self) -> Vec<usize> {
        let batch = self.settings.batch.min(self.rows);
        let in_order = (self.rows / batch) as u64;
        if self.step.is_multiple_of(in_order) {
            let mut stream = Stream::new(self.seed, "tabular order", self.step / in_order, 0);
            self.order = stream.permutation(self.rows);
        }
        let start = (self.step % in_order) as usize * batch;
        self.order[start..start + batch].to_vec()
    }

    /// The mechanisms as they are now.
    ///
    /// # Errors
    /// When the rows' noise cannot be abducted.
    pub fn finish(self) -> Result<Fitted, ModelError> {
        Fitted::new(self.table, self.nodes, &self.store, &self.codes)
    }
}
