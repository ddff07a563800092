//! One file per command.

pub(crate) mod bench;
pub(crate) mod binary;
pub(crate) mod ci;
pub(crate) mod expected;
pub(crate) mod experiment;
pub(crate) mod setup;
pub(crate) mod test;
pub(crate) mod tidy;
