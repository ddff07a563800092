//! What goes to stderr beside progress.

use std::io::{Write, stderr};

/// Writes a line. Where nobody can be told anything any more, behind a closed pipe or a full disk, work goes on and the exit status
/// speaks alone; `eprintln!` would panic there.
pub(crate) fn say(line: &str) {
    let _ = writeln!(stderr(), "{line}");
}
