//! Progress on stderr: a bar for a terminal, a line for each tenth where no one watches, nothing beside JSON.

use std::io::{IsTerminal, stderr};

use counterfoil::experiment::progress::{Bar, Lines, Reporter, Silent};
use indicatif::ProgressDrawTarget;

/// The reporter that suits where stderr goes.
pub(crate) fn reporter(json: bool) -> Box<dyn Reporter> {
    if json {
        Box::new(Silent)
    } else if stderr().is_terminal() {
        Box::new(Bar::new(ProgressDrawTarget::stderr()))
    } else {
        Box::new(Lines::new(stderr()))
    }
}
