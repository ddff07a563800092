//! Which part of the latent vector belongs to which variable of the graph.

use counterfoil_graph::{Dag, Kind, Role, Variable};
use tch::Tensor;

/// The block of one variable.
#[derive(Clone, Debug, PartialEq)]
pub struct Block {
    /// The variable's name.
    pub name: String,
    /// The variable's index in the graph, which is also the block's index.
    pub variable: usize,
    /// First place in the latent vector.
    pub start: i64,
    /// Number of places.
    pub width: i64,
    /// Whether the variable has labels.
    pub labelled: bool,
    /// `(start, width)` within the block of the parts that hold one scalar of the label's code each: the whole block
    /// for a continuous variable, two halves for a circular one, one part a category for a categorical one. What
    /// equal parts leave over holds 0.
    pub parts: Vec<(i64, i64)>,
}

impl Block {
    /// The block's part of a latent tensor `[n, d] -> [n, width]` (a view).
    pub fn of(&self, latent: &Tensor) -> Tensor {
        latent.narrow(1, self.start, self.width)
    }
}

/// The fewest places that hold the code of a label: one, cosine and sine, or one a category.
pub(crate) fn least(kind: Kind) -> i64 {
    match kind {
        Kind::Circular { .. } => 2,
        Kind::Categorical { categories } => categories as i64,
        Kind::Continuous => 1,
    }
}

fn parts(kind: Kind, width: i64) -> Vec<(i64, i64)> {
    match kind {
        Kind::Continuous => vec![(0, width)],
        Kind::Circular { .. } => vec![(0, width / 2), (width / 2, width - width / 2)],
        Kind::Categorical { categories } => {
            let part = width / categories as i64;
            (0..categories as i64).map(|c| (c * part, part)).collect()
        }
    }
}

impl Block {
    /// The block that holds the scalars `[n, parts]`, each repeated over its part, `[n, width]`.
    pub fn spread(&self, scalars: &Tensor) -> Tensor {
        let n = scalars.size()[0];
        let part = |(index, (_, width)): (usize, &(i64, i64))| {
            scalars.narrow(1, index as i64, 1).expand([n, *width], false)
        };
        let spread = Tensor::cat(&self.parts.iter().enumerate().map(part).collect::<Vec<_>>(), 1);
        let used: i64 = self.parts.iter().map(|(_, width)| width).sum();
        if used == self.width { spread } else { spread.constant_pad_nd([0, self.width - used]) }
    }

    /// The mean of each part of a block `[n, width]`, `[n, parts]`: the inverse of [`Block::spread`].
    pub fn scalars(&self, block: &Tensor) -> Tensor {
        let mean =
            |(start, width): &(i64, i64)| block.narrow(1, *start, *width).mean_dim(1, true, None);
        Tensor::cat(&self.parts.iter().map(mean).collect::<Vec<_>>(), 1)
    }
}

/// All blocks, in the order of the graph's variables; together they are the latent vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks(Vec<Block>);

impl Blocks {
    /// One block a variable: as wide as the graph file says, else `default_width`.
    pub fn new(dag: &Dag, default_width: usize) -> Self {
        // No sum of widths may overflow before they are checked.
        let most = 1 << 32;
        Self::of_widths(dag, |v| v.width().unwrap_or(default_width).min(most) as i64)
    }

    /// One block a variable, just as wide as the code of its label, whatever the graph file says: for tables, where nothing
    /// but the label has to be held.
    pub fn narrowest(dag: &Dag) -> Self {
        Self::of_widths(dag, |v| least(v.kind()))
    }

    fn of_widths(dag: &Dag, width: impl Fn(&Variable) -> i64) -> Self {
        let mut start = 0;
        let block = |(variable, v): (usize, &Variable)| {
            let width = width(v);
            let labelled = v.role() == Role::Labelled;
            let parts = parts(v.kind(), width);
            let block =
                Block { name: v.name().to_owned(), variable, start, width, labelled, parts };
            start += width;
            block
        };
        Self(dag.variables().enumerate().map(block).collect())
    }

    /// The width of the whole latent vector.
    pub fn width(&self) -> i64 {
        self.0.iter().map(|b| b.width).sum()
    }

    /// The block of variable `index`.
    pub fn get(&self, index: usize) -> &Block {
        &self.0[index]
    }

    /// All blocks in order.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = &Block> {
        self.0.iter()
    }

    /// The blocks of labelled variables, in the order of label columns.
    pub fn labelled(&self) -> impl Iterator<Item = &Block> {
        self.0.iter().filter(|b| b.labelled)
    }

    /// The label column of variable `index`; nothing where it is unlabelled.
    pub fn column(&self, index: usize) -> Option<usize> {
        self.labelled().position(|b| b.variable == index)
    }

    /// The labelled or the unlabelled blocks of a latent `[n, d]`, side by side.
    pub fn gather(&self, latent: &Tensor, labelled: bool) -> Tensor {
        let blocks = self.0.iter().filter(|b| b.labelled == labelled);
        Tensor::cat(&blocks.map(|b| b.of(latent)).collect::<Vec<_>>(), 1)
    }

    /// The scalars of the labels' codes in a latent `[n, d]`, side by side, `[n, scalars]`: the mean of each part of each
    /// labelled block.
    pub fn scalars(&self, latent: &Tensor) -> Tensor {
        let of = |block: &Block| block.scalars(&block.of(latent));
        Tensor::cat(&self.labelled().map(of).collect::<Vec<_>>(), 1)
    }

    /// The number of [`Blocks::scalars`].
    pub fn scalar_count(&self) -> i64 {
        self.labelled().map(|block| block.parts.len() as i64).sum()
    }

    /// Such scalars cut by block, `[n, parts]` each.
    pub(crate) fn cut(&self, scalars: &Tensor) -> impl Iterator<Item = (&Block, Tensor)> {
        let parts: Vec<i64> = self.labelled().map(|block| block.parts.len() as i64).collect();
        self.labelled().zip(scalars.split_with_sizes(parts, 1))
    }

    /// The blocks of unlabelled variables.
    pub fn unlabelled(&self) -> impl Iterator<Item = &Block> {
        self.0.iter().filter(|b| !b.labelled)
    }
}
