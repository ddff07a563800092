//! Label value to latent value and back, fitted after training, with its error.
//!
//! Training pulls block `i` towards the code of label `i`, but only as hard as the other terms allow: a block may be
//! shrunk, shifted or noisy. An intervention in label units has to know what the trained encoder really writes.

use crate::{
    Architecture, Code, Directions, Mechanism, Model, ModelError, codes, error::expect_shape,
};
use crate::{
    known::{filled_codes, known_rows},
    objective::label_codes,
};
use counterfoil_graph::Kind as VariableKind;
use counterfoil_tensor::Weights;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// The maps of one labelled variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockCalibration {
    /// The variable.
    pub variable: String,
    /// Latent = `slope * code + offset`, one pair a dimension of the block.
    pub slope: Vec<f64>,
    /// See `slope`.
    pub offset: Vec<f64>,
    /// Code read from the latent: `[width, width]` row-major, `code = read * latent + read_offset`.
    pub read: Vec<f64>,
    /// See `read`.
    pub read_offset: Vec<f64>,
    /// Regression of the noise abducted from images on the noise of their labels; abducted noise is divided by it.
    pub noise_gain: f64,
    /// Mean absolute error of reading the label from the latent, in label units, on images that were not used to fit.
    pub read_mae: f64,
    /// Mean absolute difference of the latent from what the label would be given, on the same images.
    pub latent_mae: f64,
}

/// The calibration of all labelled variables of a trained model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Calibration {
    /// One entry a labelled variable, in the graph's order.
    pub blocks: Vec<BlockCalibration>,
    /// The reader of the whole code, where labels are read off it instead of off blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub directions: Option<Directions>,
}

/// Relative size of the ridge that keeps the normal equations solvable when a block's dimensions copy each other.
const RIDGE: f64 = 1e-4;
/// Images that a noise gain is estimated from at least; from fewer its error is larger than what it mends.
const LEAST: i64 = 32;

impl Calibration {
    /// The calibration of a model whose latents equal their codes: what the prior promises.
    pub fn ideal(a: &Architecture) -> Self {
        let block = |b: &crate::Block| {
            let width = b.width as usize;
            let diagonal = (0..width * width).map(|i| f64::from(u8::from(i % (width + 1) == 0)));
            BlockCalibration {
                variable: b.name.clone(),
                slope: vec![1.0; width],
                offset: vec![0.0; width],
                read: diagonal.collect(),
                read_offset: vec![0.0; width],
                noise_gain: 1.0,
                read_mae: 0.0,
                latent_mae: 0.0,
            }
        };
        Self { blocks: a.blocks().labelled().map(block).collect(), directions: None }
    }

    /// Fits both maps on latents `[n, d]` and labels `[n, variables]` (label units) of training images, and measures the errors
    /// on `held_out`. Labels that are NaN are not known, and their images are left out of what needs them.
    /// Ridge regression in double precision both ways. With `taught`, a decoder that was shown the
    /// labels' own codes in training is given just these: the map from label to latent is then the identity, and only
    /// the reading is fitted.
    ///
    /// # Errors
    /// When shapes differ or a latent is not finite.
    pub fn fit(
        a: &Architecture,
        fitted: (&Tensor, &Tensor),
        held_out: (&Tensor, &Tensor),
        taught: bool,
    ) -> Result<Self, ModelError> {
        let width = a.blocks().width();
        for (latents, labels) in [fitted, held_out] {
            expect_shape("the latents of the calibration", &latents.size(), &[-1, width])?;
            let n = latents.size()[0];
            let columns = a.blocks().labelled().count() as i64;
            expect_shape("the labels of the calibration", &labels.size(), &[n, columns])?;
        }
        let double = |x: &Tensor| x.to_device(Device::Cpu).to_kind(Kind::Double);
        let (z, z_held) = (double(fitted.0), double(held_out.0));
        let cpu = |x: &Tensor| x.to_device(Device::Cpu);
        let (labels, labels_held) = (cpu(fitted.1), cpu(held_out.1));
        let codes = double(&filled_codes(a, &labels));
        let codes_held = double(&filled_codes(a, &labels_held));
        let mut blocks = Vec::new();
        for (column, block) in a.blocks().labelled().enumerate() {
            let rows = known(&labels, &[column as i64]);
            let rows_held = known(&labels_held, &[column as i64]);
            if rows.size()[0] < 2 || rows_held.size()[0] < 1 {
                let what = format!("calibration of `{}`", block.name);
                let reason = "too few images have a label; raise data.labelled".to_owned();
                return Err(ModelError::Fit { what, reason });
            }
            let (codes, z) = (codes.index_select(0, &rows), z.index_select(0, &rows));
            let codes_held = codes_held.index_select(0, &rows_held);
            let z_held = z_held.index_select(0, &rows_held);
            let own = block.of(&codes).narrow(0, 0, 1);
            let (slope, offset) = if taught {
                (own.ones_like(), own.zeros_like())
            } else {
                per_dimension(&block.of(&codes), &block.of(&z))
            };
            let (read, read_offset) = ridge(&block.of(&z), &block.of(&codes));
            let list = |x: &Tensor| Vec::<f64>::try_from(x.reshape([-1]));
            let mut found = BlockCalibration {
                variable: block.name.clone(),
                slope: list(&slope)?,
                offset: list(&offset)?,
                read: list(&read)?,
                read_offset: list(&read_offset)?,
                noise_gain: 1.0,
                read_mae: 0.0,
                latent_mae: 0.0,
            };
            if found.slope.iter().chain(&found.read).any(|x| !x.is_finite()) {
                let what = format!("calibration of `{}`", block.name);
                return Err(ModelError::Fit { what, reason: "a latent is not finite".to_owned() });
            }
            let given = &block.of(&codes_held) * slope + offset;
            found.latent_mae = mean_abs(&(given - block.of(&z_held)));
            let read = found.read_labels(a, block.variable, &block.of(&z_held));
            let truth = double(&labels_held.select(1, column as i64).index_select(0, &rows_held));
            found.read_mae = mean_abs(&off(a, block.variable, &(read - truth)));
            blocks.push(found);
        }
        Ok(Self { blocks, directions: None })
    }

    /// Fits how much of a variable's exogenous noise survives its abduction, on latents and labels of held-out images.
    ///
    /// A reader that is trained on correlated causes and effects reads the cause partly off the effect: a stroke that is
    /// brighter than its thickness explains is read as thicker than it is, and its noise comes out too small. With the
    /// noise `u` of the labels known, the slope of the abducted noise on it says by how much (0.82 for intensity on
    /// Morpho-MNIST). Variables without parents have nothing to be confused with and keep 1, and so does everything
    /// where the labels show no noise.
    ///
    /// # Errors
    /// When shapes differ.
    pub fn fit_noise_gain(
        &mut self,
        model: &Model,
        weights: &Weights,
        latents: &Tensor,
        labels: &Tensor,
    ) -> Result<(), ModelError> {
        let a = model.architecture();
        if a.code != Code::Causal || a.mechanism == Mechanism::Independent {
            return Ok(());
        }
        expect_shape("the latents of the calibration", &latents.size(), &[-1, a.blocks().width()])?;
        let columns = a.blocks().labelled().count() as i64;
        expect_shape(
            "the labels of the calibration",
            &labels.size(),
            &[latents.size()[0], columns],
        )?;
        let abduct = |z: &Tensor| tch::no_grad(|| model.mechanisms().abduct(weights, z)).0;
        let codes = filled_codes(a, labels);
        let (abducted, of_labels) = (abduct(latents), abduct(&codes));
        for (entry, block) in self.blocks.iter_mut().zip(a.blocks().labelled()) {
            if a.dag().parents(block.variable).is_empty() {
                continue;
            }
            let mean = |x: &Tensor| x.mean(Kind::Double).double_value(&[]);
            // The noise of a label is known where its parents' labels are known too.
            let family = a.dag().parents(block.variable).iter().chain([&block.variable]);
            let columns: Vec<i64> =
                family.filter_map(|v| Some(a.blocks().column(*v)? as i64)).collect();
            let rows = known(&labels.to_device(Device::Cpu), &columns);
            if rows.size()[0] < LEAST {
                continue;
            }
            let rows = rows.to_device(labels.device());
            let found = block.of(&abducted).index_select(0, &rows);
            let known = block.of(&of_labels).index_select(0, &rows);
            let power = mean(&known.square());
            if power > 1e-8 {
                entry.noise_gain = (mean(&(found * &known)) / power).clamp(0.25, 4.0);
            }
        }
        Ok(())
    }

    /// Reads labels off the whole code from now on, by a reader that is fitted and measured on the same images.
    ///
    /// # Errors
    /// When libtorch cannot copy it.
    pub fn fit_directions(
        &mut self,
        a: &Architecture,
        fitted: (&Tensor, &Tensor),
        held_out: (&Tensor, &Tensor),
    ) -> Result<(), ModelError> {
        let directions = Directions::fit(a, fitted, held_out)?;
        let labels = held_out.1.to_device(Device::Cpu).to_kind(Kind::Double);
        let read = directions.labels(a, &held_out.0.to_device(Device::Cpu).to_kind(Kind::Double));
        for (column, (entry, block)) in
            self.blocks.iter_mut().zip(a.blocks().labelled()).enumerate()
        {
            let column = column as i64;
            let rows = known(&labels, &[column]);
            let of = |x: &Tensor| x.select(1, column).index_select(0, &rows);
            entry.read_mae = mean_abs(&off(a, block.variable, &(of(&read) - of(&labels))));
        }
        self.directions = Some(directions);
        Ok(())
    }

    /// The latents that labels stand for, `[n, variables] -> [n, d]`; unlabelled blocks are 0.
    pub fn latents(&self, a: &Architecture, labels: &Tensor) -> Tensor {
        let codes = label_codes(a, labels);
        let mut entries = self.blocks.iter();
        let block = |b: &crate::Block| match b.labelled.then(|| entries.next()).flatten() {
            None => b.of(&codes),
            Some(entry) => {
                b.of(&codes) * row(&entry.slope, labels.device())
                    + row(&entry.offset, labels.device())
            }
        };
        Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1)
    }

    /// The latents that labels `[n]` of one variable stand for, `[n, width]`; nothing for an unlabelled one.
    pub fn latent(&self, a: &Architecture, variable: usize, labels: &Tensor) -> Option<Tensor> {
        let entry = self.blocks.get(a.blocks().column(variable)?)?;
        let (of, block) = (a.dag().variable(variable), a.blocks().get(variable));
        let code = codes::of_values(of, block, &labels.unsqueeze(1));
        Some(code * row(&entry.slope, labels.device()) + row(&entry.offset, labels.device()))
    }

    /// How far from the middle of its circle a circular variable's block `[n, width]` lies, `[n, 1]`: 1 where it is a code;
    /// nothing for another variable.
    pub(crate) fn radius(
        &self,
        a: &Architecture,
        variable: usize,
        block: &Tensor,
    ) -> Option<Tensor> {
        let VariableKind::Circular { .. } = a.dag().variable(variable).kind() else { return None };
        let entry = self.blocks.get(a.blocks().column(variable)?)?;
        let scalars = entry.read_scalars(a, variable, block);
        Some(scalars.square().sum_dim_intlist([1i64].as_slice(), true, None).sqrt())
    }

    /// The scalars of the codes whose latents come nearest to these, `[n, d] -> [n, scalars]`: of [`Calibration::latents`]
    /// the codes again, where [`Calibration::labels`] would shrink them by what the encoder reads wrongly.
    pub(crate) fn scalars(&self, a: &Architecture, latents: &Tensor) -> Tensor {
        let of = |(entry, block): (&BlockCalibration, &crate::Block)| {
            let slope = row(&entry.slope, latents.device()).unsqueeze(0);
            let offset = row(&entry.offset, latents.device());
            let shown = &slope * (block.of(latents) - offset);
            block.scalars(&shown) / block.scalars(&slope.square()).clamp_min(1e-12)
        };
        let scalars: Vec<Tensor> = self.blocks.iter().zip(a.blocks().labelled()).map(of).collect();
        Tensor::cat(&scalars, 1)
    }

    /// The labels that one variable's block `[n, width]` stands for, `[n]`; nothing for an unlabelled one.
    pub fn label(&self, a: &Architecture, variable: usize, block: &Tensor) -> Option<Tensor> {
        let entry = self.blocks.get(a.blocks().column(variable)?)?;
        Some(entry.read_labels(a, variable, block))
    }

    /// The labels that latents `[n, d]` stand for, `[n, variables]` in label units.
    pub fn labels(&self, a: &Architecture, latents: &Tensor) -> Tensor {
        if let Some(directions) = &self.directions {
            return directions.labels(a, latents);
        }
        let read = |(entry, b): (&BlockCalibration, &crate::Block)| {
            entry.read_labels(a, b.variable, &b.of(latents))
        };
        let columns: Vec<Tensor> =
            self.blocks.iter().zip(a.blocks().labelled()).map(read).collect();
        codes::side_by_side(&columns, latents)
    }
}

impl BlockCalibration {
    /// The scalars of the code that the block's latents hold, `[n, width] -> [n, parts]`.
    fn read_scalars(&self, a: &Architecture, index: usize, block: &Tensor) -> Tensor {
        let width = self.slope.len() as i64;
        let matrix = row(&self.read, block.device()).view([width, width]).to_kind(block.kind());
        let code = block.matmul(&matrix.transpose(0, 1))
            + row(&self.read_offset, block.device()).to_kind(block.kind());
        a.blocks().get(index).scalars(&code)
    }

    /// Labels read from the block's latents `[n, width] -> [n]`.
    fn read_labels(&self, a: &Architecture, index: usize, block: &Tensor) -> Tensor {
        codes::values(a.dag().variable(index), &self.read_scalars(a, index, block))
    }
}

/// The rows of `labels` in which none of these columns is NaN.
pub(crate) fn known(labels: &Tensor, columns: &[i64]) -> Tensor {
    known_rows(&labels.index_select(1, &Tensor::from_slice(columns)))
}

/// How far off labels are by a difference of them: circular ones the short way round, categories 1 where there is one.
fn off(a: &Architecture, variable: usize, difference: &Tensor) -> Tensor {
    match a.dag().variable(variable).kind() {
        VariableKind::Circular { period } => {
            let turns = difference / period;
            (&turns - turns.round()) * period
        }
        VariableKind::Categorical { .. } => difference.ne(0.0).to_kind(difference.kind()),
        VariableKind::Continuous => difference.shallow_clone(),
    }
}

fn mean_abs(x: &Tensor) -> f64 {
    x.abs().mean(Kind::Double).double_value(&[])
}

fn row(values: &[f64], device: Device) -> Tensor {
    let values: Vec<f32> = values.iter().map(|x| *x as f32).collect();
    Tensor::from_slice(&values).to_device(device)
}

/// Least squares of each column of `y` on the same column of `x`.
fn per_dimension(x: &Tensor, y: &Tensor) -> (Tensor, Tensor) {
    let mean = |t: &Tensor| t.mean_dim([0i64].as_slice(), true, None);
    let (x_mean, y_mean) = (mean(x), mean(y));
    let (dx, dy) = (x - &x_mean, y - &y_mean);
    let slope = mean(&(&dx * dy)) / (mean(&dx.square()) + 1e-12);
    let offset = y_mean - &slope * x_mean;
    (slope, offset)
}

/// Ridge regression `y = W x + b`: `W` is `[outputs, inputs]`.
pub(crate) fn ridge(x: &Tensor, y: &Tensor) -> (Tensor, Tensor) {
    let mean = |t: &Tensor| t.mean_dim([0i64].as_slice(), true, None);
    let (x_mean, y_mean) = (mean(x), mean(y));
    let (dx, dy) = (x - &x_mean, y - &y_mean);
    let gram = dx.transpose(0, 1).matmul(&dx);
    let width = x.size()[1];
    let size = gram.trace().double_value(&[]) / width as f64;
    let penalty = Tensor::eye(width, (Kind::Double, x.device())) * (RIDGE * size + 1e-12);
    let weights = Tensor::linalg_solve(&(gram + penalty), &dx.transpose(0, 1).matmul(&dy), true);
    let offset = y_mean - x_mean.matmul(&weights);
    (weights.transpose(0, 1).contiguous(), offset)
}
