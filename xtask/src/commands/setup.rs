//! `cargo xtask setup`: libtorch, and what a shell needs to know about it.

use crate::libtorch::Libtorch;
use crate::status::Status;

/// Makes sure of libtorch. Stdout gets the lines that a shell needs, so `eval "$(cargo xtask
/// setup)"` prepares one for plain `cargo build`.
pub(crate) fn run(cuda: bool) -> anyhow::Result<Status> {
    let libtorch = Libtorch::ensure(cuda)?;
    eprintln!("{}", libtorch.describe());
    print!("{}", libtorch.exports());
    Ok(0)
}
