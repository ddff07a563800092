//! From an error to the exit status: 1 for a failed run, 2 for bad input.

use counterfoil::experiment::ExperimentError;

/// The exit status of a run or a comparison that failed.
pub(crate) const FAILED: u8 = 1;
/// The exit status of input that makes no sense.
pub(crate) const BAD_INPUT: u8 = 2;

/// Input that makes no sense, found by the command line itself.
#[derive(Debug)]
struct BadInput(String);

impl std::fmt::Display for BadInput {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadInput {}

/// An error with exit status 2.
pub(crate) fn bad_input(sentence: String) -> anyhow::Error {
    BadInput(sentence).into()
}

/// What the user is told of an error. A name that a file holds may have line breaks in it, a sentence has none.
pub(crate) fn sentence(error: &anyhow::Error) -> String {
    format!("error: {}", format!("{error:#}").replace(['\n', '\r'], " "))
}

/// The exit status of an error that reached the user.
pub(crate) fn status(error: &anyhow::Error) -> u8 {
    if error.is::<BadInput>() {
        return BAD_INPUT;
    }
    error.downcast_ref().map_or(FAILED, ExperimentError::exit_status)
}
