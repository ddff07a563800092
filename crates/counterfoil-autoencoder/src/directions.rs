//! Directions through the whole code along which labels change: how a code without aligned blocks is moved.
//!
//! A code that nothing ties to labels says of each label something in every dimension. After training a linear reader of
//! the standardised code is fitted, and a value is reached by the shortest move after which the reader says it: for one
//! label a move along the reader's weights (DiffAE, Preechakul et al. 2022, its manipulation of attributes). Where several
//! labels are set the move is the shortest after which all are read. Labels that are not set may change with it.

use crate::calibration::{known, ridge};
use crate::known::filled_codes;
use crate::objective::label_codes;
use crate::{Architecture, Block, ModelError, codes};
use counterfoil_graph::Intervention;
use serde::{Deserialize, Serialize};
use tch::{Device, Kind, Tensor};

/// A linear reader of the whole code: `scalars = weights * (code - mean) / scale + offset`, where scalars are those of the
/// labels' codes (one of a continuous variable, cosine and sine of a circular one, one a category).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Directions {
    /// Mean of each dimension of the code, `[d]`.
    pub mean: Vec<f64>,
    /// Standard deviation of each, `[d]`.
    pub scale: Vec<f64>,
    /// `[scalars, d]`, row-major.
    pub weights: Vec<f64>,
    /// `[scalars]`.
    pub offset: Vec<f64>,
    /// Mean absolute error of each scalar on images that were not used to fit, `[scalars]`.
    pub error: Vec<f64>,
}

/// Relative size of what keeps a move defined where one scalar follows from the others, as in categories.
const RIDGE: f64 = 1e-6;

impl Directions {
    /// Fits the reader on latents `[n, d]` and labels `[n, variables]` in label units, NaN where unknown, and measures its
    /// errors on `held_out`. Shapes are those of [`Calibration::fit`](crate::Calibration::fit), which checked them.
    pub(crate) fn fit(
        a: &Architecture,
        fitted: (&Tensor, &Tensor),
        held_out: (&Tensor, &Tensor),
    ) -> Result<Self, ModelError> {
        let double = |x: &Tensor| x.to_device(Device::Cpu).to_kind(Kind::Double);
        let (z, z_held) = (double(fitted.0), double(held_out.0));
        let mean = z.mean_dim([0i64].as_slice(), true, None);
        // A dimension that does not vary tells nothing, whatever it is divided by.
        let scale = z.std_dim([0i64].as_slice(), true, true).clamp_min(1e-6);
        let standard = |z: &Tensor| (z - &mean) / &scale;
        let scalars = |labels: &Tensor| double(&a.blocks().scalars(&filled_codes(a, labels)));
        let (codes, codes_held) = (scalars(fitted.1), scalars(held_out.1));
        let (mut weights, mut offset, mut error) = (Vec::new(), Vec::new(), Vec::new());
        let cpu = |labels: &Tensor| labels.to_device(Device::Cpu);
        let (labels, labels_held) = (cpu(fitted.1), cpu(held_out.1));
        let each = a.blocks().cut(&codes).zip(a.blocks().cut(&codes_held));
        for (column, ((_, codes), (_, codes_held))) in each.enumerate() {
            let rows = known(&labels, &[column as i64]);
            let rows_held = known(&labels_held, &[column as i64]);
            let (matrix, constant) =
                ridge(&standard(&z.index_select(0, &rows)), &codes.index_select(0, &rows));
            let read = standard(&z_held.index_select(0, &rows_held))
                .matmul(&matrix.transpose(0, 1))
                + &constant;
            let off = (read - codes_held.index_select(0, &rows_held)).abs();
            error.push(off.mean_dim([0i64].as_slice(), false, None));
            weights.push(matrix);
            offset.push(constant.reshape([-1]));
        }
        let list = |x: &Tensor| Vec::<f64>::try_from(x.reshape([-1]));
        Ok(Self {
            mean: list(&mean)?,
            scale: list(&scale)?,
            weights: list(&Tensor::cat(&weights, 0))?,
            offset: list(&Tensor::cat(&offset, 0))?,
            error: list(&Tensor::cat(&error, 0))?,
        })
    }

    /// The scalars of the labels' codes that latents `[n, d]` stand for, `[n, scalars]`.
    pub fn scalars(&self, latents: &Tensor) -> Tensor {
        let (mean, scale) = (like(&self.mean, latents), like(&self.scale, latents));
        ((latents - mean) / scale).matmul(&self.matrix(latents).transpose(0, 1))
            + like(&self.offset, latents)
    }

    /// The labels that latents `[n, d]` stand for, `[n, variables]` in label units.
    pub fn labels(&self, a: &Architecture, latents: &Tensor) -> Tensor {
        let scalars = self.scalars(latents);
        let of =
            |(block, own): (&Block, Tensor)| codes::values(a.dag().variable(block.variable), &own);
        let columns: Vec<Tensor> = a.blocks().cut(&scalars).map(of).collect();
        codes::side_by_side(&columns, latents)
    }

    /// Latents `[n, d]` after interventions, one an item; those of an item on which nothing is changed stay bit for bit.
    pub(crate) fn moved(
        &self,
        a: &Architecture,
        latents: &Tensor,
        interventions: &[Intervention],
    ) -> Tensor {
        let read = self.labels(a, latents);
        let labelled: Vec<&Block> = a.blocks().labelled().collect();
        let (mut labels, mut changed) = (Vec::new(), Vec::new());
        for (item, intervention) in interventions.iter().enumerate() {
            for (column, block) in labelled.iter().enumerate() {
                let natural = read.double_value(&[item as i64, column as i64]);
                labels.push(intervention.outcome(a.dag(), block.variable, natural) as f32);
                let set = f32::from(u8::from(intervention.change(block.variable).is_some()));
                changed.extend(std::iter::repeat_n(set, block.parts.len()));
            }
        }
        let n = interventions.len() as i64;
        let labels = Tensor::from_slice(&labels).view([n, labelled.len() as i64]);
        let wanted = a.blocks().scalars(&label_codes(a, &labels.to_device(latents.device())));
        let changed = Tensor::from_slice(&changed).view([n, -1]).to_device(latents.device());
        self.towards(latents, &(wanted - self.scalars(latents)), &changed)
    }

    /// The shortest move of the standardised code by which the scalars where `changed` is 1, `[n, scalars]`, change by
    /// `difference`.
    pub(crate) fn towards(
        &self,
        latents: &Tensor,
        difference: &Tensor,
        changed: &Tensor,
    ) -> Tensor {
        let double = |x: &Tensor| x.to_kind(Kind::Double);
        let weights = self.matrix(&double(latents));
        let (changed, missing) = (double(changed), double(difference));
        let count = weights.size()[0];
        // [n, scalars, scalars]: the Gram matrix of the changed scalars, and the identity elsewhere.
        let gram = weights.matmul(&weights.transpose(0, 1));
        let size = gram.trace() / count as f64;
        let both = changed.unsqueeze(2) * changed.unsqueeze(1);
        let identity = Tensor::eye(count, (Kind::Double, latents.device()));
        let system = both * gram
            + &identity * (1.0 - changed.unsqueeze(2))
            + &identity * (size * RIDGE + 1e-12);
        let share = Tensor::linalg_solve(&system, &(&changed * missing).unsqueeze(2), true);
        let step = (share.squeeze_dim(2) * changed).matmul(&weights) * like(&self.scale, &weights);
        latents + step.to_kind(latents.kind())
    }

    fn matrix(&self, like_this: &Tensor) -> Tensor {
        like(&self.weights, like_this).view([self.offset.len() as i64, -1])
    }
}

/// Numbers in the format and on the device of a tensor.
fn like(values: &[f64], tensor: &Tensor) -> Tensor {
    Tensor::from_slice(values).to_device(tensor.device()).to_kind(tensor.kind())
}
