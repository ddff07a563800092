//! Ctrl-C: the first asks the work to end where nothing is lost, the second ends the process at once.

use std::sync::atomic::{AtomicBool, Ordering};

use counterfoil::experiment::actions::perform::INTERRUPTED;

use crate::say::say;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C from now on; the flag is set when it comes.
pub(crate) fn listen() -> &'static AtomicBool {
    let heard = ctrlc::set_handler(|| {
        if ASKED.swap(true, Ordering::Relaxed) {
            #[expect(
                clippy::exit,
                reason = "the user insists; checkpoints are written whole or not at all"
            )]
            std::process::exit(i32::from(INTERRUPTED));
        }
        say("ending the step and keeping what is done; Ctrl-C again to stop at once");
    });
    if let Err(error) = heard {
        // Without the handler Ctrl-C ends the process, which loses no more than the steps since the last checkpoint.
        say(&format!("warning: Ctrl-C will not write a checkpoint: {error}"));
    }
    &ASKED
}
