//! Ctrl-C: the first asks the work to end where nothing is lost, the second ends the process at once.
//!
//! The process of a table's cell is asked by the end of its input, too, so that it does not outlive the table.

use std::{
    io,
    sync::atomic::{AtomicBool, Ordering},
};

use counterfoil::experiment::{actions::perform::INTERRUPTED, matrix::child::TETHER};

use crate::say::say;

static ASKED: AtomicBool = AtomicBool::new(false);

/// Listens for Ctrl-C, or for the end of the table whose cell this is, from now on; the flag is set when it comes.
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
    if std::env::var_os(TETHER).is_some() {
        std::thread::spawn(|| {
            // An input that cannot be read has ended.
            let _ = io::copy(&mut io::stdin(), &mut io::sink());
            say("the table has ended: ending the step and keeping what is done");
            ASKED.store(true, Ordering::Relaxed);
        });
    }
    &ASKED
}
