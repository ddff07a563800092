//! `log.txt`: what happened to a run, in sentences with their time, for the person who looks later.

use std::{io::Write, path::Path};

use crate::error::Result;

/// The file of the log inside a run directory.
pub const LOG_FILE: &str = "log.txt";

/// Appends one line to the log of `run`.
///
/// # Errors
/// When the file cannot be written.
pub(super) fn append_log(run: &Path, line: &str) -> Result<()> {
    let mut file = fs_err::OpenOptions::new().append(true).create(true).open(run.join(LOG_FILE))?;
    // One write per line, so that lines of two processes do not mix.
    file.write_all(format!("{} {line}\n", super::clock::utc()).as_bytes())?;
    Ok(())
}
