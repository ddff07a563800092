//! Which part of the latent vector belongs to which variable of the graph.

use counterfoil_graph::{Dag, Role};
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
}

impl Block {
    /// The block's part of a latent tensor `[n, d] -> [n, width]` (a view).
    pub fn of(&self, latent: &Tensor) -> Tensor {
        latent.narrow(1, self.start, self.width)
    }
}

/// All blocks, in the order of the graph's variables; together they are the latent vector.
#[derive(Clone, Debug, PartialEq)]
pub struct Blocks(Vec<Block>);

impl Blocks {
    /// One block a variable: as wide as the graph file says, else `default_width`.
    pub fn new(dag: &Dag, default_width: usize) -> Self {
        let mut start = 0;
        let block = |(variable, v): (usize, &counterfoil_graph::Variable)| {
            let width = v.width().unwrap_or(default_width) as i64;
            let labelled = v.role() == Role::Labelled;
            let block = Block { name: v.name().to_owned(), variable, start, width, labelled };
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

    /// The blocks of unlabelled variables.
    pub fn unlabelled(&self) -> impl Iterator<Item = &Block> {
        self.0.iter().filter(|b| !b.labelled)
    }
}
