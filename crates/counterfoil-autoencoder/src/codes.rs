//! Label value to code and back: what stands in the block of a variable whose label is known.

use crate::{Block, Blocks};
use counterfoil_graph::{Dag, Kind as VariableKind, Variable};
use std::f64::consts::PI;
use tch::{Kind, Tensor};

/// The codes of labels `[n, labelled variables]` in their own units, `[n, d]`; blocks of unlabelled variables are 0.
pub(crate) fn of_labels(dag: &Dag, blocks: &Blocks, labels: &Tensor) -> Tensor {
    let n = labels.size()[0];
    let mut column = -1;
    let block = |b: &Block| {
        if !b.labelled {
            return Tensor::zeros([n, b.width], (Kind::Float, labels.device()));
        }
        column += 1;
        of_values(dag.variable(b.variable), b, &labels.narrow(1, column, 1))
    };
    Tensor::cat(&blocks.iter().map(block).collect::<Vec<_>>(), 1)
}

/// The code of one variable's values, `[n, 1] -> [n, width]`: standardised by the declared range and repeated; of a circular
/// variable the cosine in the first half of the block and the sine in the second; of a categorical one one-hot over equal
/// parts (what remains is 0).
pub(crate) fn of_values(variable: &Variable, b: &Block, value: &Tensor) -> Tensor {
    let n = value.size()[0];
    match variable.kind() {
        VariableKind::Circular { period } => {
            let angle = (value - variable.range().0) * (2.0 * PI / period);
            let half = b.width / 2;
            Tensor::cat(
                &[
                    angle.cos().expand([n, half], false),
                    angle.sin().expand([n, b.width - half], false),
                ],
                1,
            )
        }
        VariableKind::Categorical { categories } => {
            let (categories, part) = (categories as i64, b.width / categories as i64);
            let index = value.to_kind(Kind::Int64).squeeze_dim(1);
            let hot = index.one_hot(categories).to_kind(Kind::Float);
            let spread = hot.repeat_interleave_self_int(part, 1, None);
            spread.constant_pad_nd([0, b.width - part * categories])
        }
        VariableKind::Continuous => {
            // Standardising is affine, so two values fix it.
            let (at0, at1) = (variable.standardise(0.0), variable.standardise(1.0));
            (value * (at1 - at0) + at0).expand([n, b.width], false)
        }
    }
}

/// The values that the scalars of blocks, `[n, parts]`, stand for, `[n]`: the inverse of [`of_values`], for any scalars the
/// angle, or the category with the largest one.
pub(crate) fn values(variable: &Variable, scalars: &Tensor) -> Tensor {
    match variable.kind() {
        VariableKind::Circular { period } => {
            let angle = scalars.select(1, 1).atan2(&scalars.select(1, 0));
            let turns = angle / (2.0 * PI);
            (&turns - turns.floor()) * period + variable.range().0
        }
        VariableKind::Categorical { .. } => scalars.argmax(1, false).to_kind(scalars.kind()),
        VariableKind::Continuous => {
            let (low, high) = (variable.restore(-1.0), variable.restore(1.0));
            scalars.select(1, 0) * ((high - low) / 2.0) + f64::midpoint(high, low)
        }
    }
}

/// Labels `[n]` of each variable side by side, `[n, variables]`; where there is none, `[n, 0]` for `n` latents.
pub(crate) fn side_by_side(columns: &[Tensor], latents: &Tensor) -> Tensor {
    if columns.is_empty() {
        return Tensor::zeros([latents.size()[0], 0], (Kind::Float, latents.device()));
    }
    Tensor::stack(columns, 1)
}
