//! Progress on stderr: a bar at a terminal, one line anywhere else.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over a number of bytes; it vanishes when it is dropped.
pub(super) struct Progress(ProgressBar);

impl Progress {
    /// Announces work on `bytes` bytes.
    pub(super) fn new(work: &str, bytes: u64) -> Progress {
        if !std::io::stderr().is_terminal() {
            eprintln!("{work} ({} MB)", bytes.div_ceil(1_000_000));
        }
        let template = "{msg} {wide_bar} {bytes}/{total_bytes} {bytes_per_sec} {eta}";
        let style =
            ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        Progress(ProgressBar::new(bytes).with_style(style).with_message(work.to_owned()))
    }

    /// So many bytes are done.
    pub(super) fn at(&self, bytes: u64) {
        self.0.set_position(bytes);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
