//! The layers of the networks here; each holds places in a layout and reads its weights from the pass.

mod attention;
mod conv;
mod embedding;
mod linear;
mod norm;

pub use attention::SelfAttention;
pub use conv::Conv2d;
pub use embedding::{Embedding, sinusoid};
pub use linear::Linear;
pub use norm::{BatchNorm, GroupNorm};
