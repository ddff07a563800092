//! Exit statuses: 0 for success, 1 for a failed run, 2 for bad input, 130 for Ctrl-C.

use std::fmt;

/// The exit status of a process; a child's is handed over unchanged.
pub(crate) type Status = u8;

/// A failed run.
pub(crate) const FAILED: Status = 1;
/// Bad input: a wrong name or flag, or a machine that lacks something.
pub(crate) const BAD_INPUT: Status = 2;
/// Stopped by Ctrl-C (128 + SIGINT).
pub(crate) const INTERRUPTED: Status = 130;

/// An error that the caller can mend: it ends the process with status 2.
#[derive(Debug)]
struct BadInput(String);

impl fmt::Display for BadInput {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// Ctrl-C between two steps of xtask's own work.
#[derive(Debug)]
struct Interrupted;

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("interrupted")
    }
}

impl std::error::Error for Interrupted {}

/// One sentence that says what is wrong, where, and how to mend it.
pub(crate) fn bad_input(sentence: impl Into<String>) -> anyhow::Error {
    BadInput(sentence.into()).into()
}

/// The error that stands for Ctrl-C.
pub(crate) fn interrupted() -> anyhow::Error {
    Interrupted.into()
}

/// The exit status that belongs to an error.
pub(crate) fn of(error: &anyhow::Error) -> Status {
    if error.is::<Interrupted>() {
        INTERRUPTED
    } else if error.is::<BadInput>() {
        BAD_INPUT
    } else {
        FAILED
    }
}

#[cfg(test)]
mod tests {
    use anyhow::Context as _;

    use super::*;

    #[test]
    fn the_kind_of_an_error_survives_context() {
        let failed: anyhow::Result<()> = Err(bad_input("no such thing"));
        let error = failed.context("while looking").unwrap_err();
        assert_eq!(of(&error), BAD_INPUT);
        assert_eq!(of(&interrupted()), INTERRUPTED);
        assert_eq!(of(&anyhow::anyhow!("the disk is full")), FAILED);
    }
}
