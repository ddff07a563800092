//! How long-running work reports its progress. Nothing in this crate prints; the caller hands in what should show progress.

use std::{io::Write, time::Duration};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// Something that shows progress, or does not.
pub trait Reporter {
    /// A task of `total` parts begins, of which `done` were done earlier.
    fn begin(&mut self, task: &str, total: u64, done: u64);
    /// `done` parts are done; `detail` is a few words about the latest.
    fn advance(&mut self, done: u64, detail: &str);
    /// Something happened that the user should see.
    fn note(&mut self, line: &str);
    /// The task is over.
    fn end(&mut self);
}

/// Shows nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Reporter for Silent {
    fn begin(&mut self, _: &str, _: u64, _: u64) {}
    fn advance(&mut self, _: u64, _: &str) {}
    fn note(&mut self, _: &str) {}
    fn end(&mut self) {}
}

/// A bar with rate, remaining time and the latest detail, for a person at a terminal.
#[derive(Debug)]
pub struct Bar {
    bar: ProgressBar,
}

impl Bar {
    /// A bar on `target`, which hides it when it is not a terminal.
    pub fn new(target: ProgressDrawTarget) -> Self {
        Self { bar: ProgressBar::with_draw_target(Some(0), target) }
    }
}

impl Reporter for Bar {
    fn begin(&mut self, task: &str, total: u64, done: u64) {
        // Hundredths of a second are of no use to anyone who waits, so the bar is drawn ten times a second.
        let template = "{prefix} {bar:24} {pos}/{len}  {per_sec}  {eta} left  {msg}";
        self.bar.reset();
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style.progress_chars("=> "));
        }
        self.bar.set_prefix(task.to_owned());
        self.bar.set_length(total);
        self.bar.set_position(done);
        // The parts of an earlier session must not count into the rate.
        self.bar.reset_eta();
        self.bar.enable_steady_tick(Duration::from_millis(500));
    }

    fn advance(&mut self, done: u64, detail: &str) {
        self.bar.set_message(detail.to_owned());
        self.bar.set_position(done);
    }

    fn note(&mut self, line: &str) {
        self.bar.println(line);
    }

    fn end(&mut self) {
        self.bar.finish_and_clear();
    }
}

/// A line for each tenth of a task and for each note, for a log that no one watches.
#[derive(Debug)]
pub struct Lines<W> {
    out: W,
    task: String,
    total: u64,
    tenths: u64,
}

impl<W: Write> Lines<W> {
    /// Lines written to `out`.
    pub fn new(out: W) -> Self {
        Self { out, task: String::new(), total: 0, tenths: 0 }
    }

    /// The writer.
    pub fn into_inner(self) -> W {
        self.out
    }

    fn tenths(&self, done: u64) -> u64 {
        done.saturating_mul(10).checked_div(self.total).unwrap_or(0)
    }
}

impl<W: Write> Reporter for Lines<W> {
    fn begin(&mut self, task: &str, total: u64, done: u64) {
        (self.task, self.total) = (task.to_owned(), total);
        self.tenths = self.tenths(done);
    }

    fn advance(&mut self, done: u64, detail: &str) {
        if self.tenths(done) > self.tenths {
            self.tenths = self.tenths(done);
            let line = format!("{} {done}/{}  {detail}", self.task, self.total);
            self.note(&line);
        }
    }

    fn note(&mut self, line: &str) {
        // Progress is a courtesy: work does not stop because nobody can be told of it.
        let _ = writeln!(self.out, "{line}");
    }

    fn end(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_come_once_for_each_tenth() {
        let mut lines = Lines::new(Vec::new());
        lines.begin("training", 40, 8);
        for done in 9..=40 {
            lines.advance(done, "loss 0.5");
        }
        lines.end();
        let text = String::from_utf8(lines.into_inner()).unwrap();
        let done: Vec<&str> = text.lines().map(|l| l.split(['/', ' ']).nth(1).unwrap()).collect();
        assert_eq!(done, ["12", "16", "20", "24", "28", "32", "36", "40"]);
        assert!(text.starts_with("training 12/40  loss 0.5\n"), "{text}");
    }

    /// A hidden bar takes everything; a template with a mistake would show here.
    #[test]
    fn a_hidden_bar_counts() {
        let mut bar = Bar::new(ProgressDrawTarget::hidden());
        for (task, total) in [("training", 10), ("evaluation", 4)] {
            bar.begin(task, total, 2);
            bar.advance(3, "loss 0.5");
            bar.note("a note");
            assert_eq!((bar.bar.position(), bar.bar.length()), (3, Some(total)));
            assert_eq!((bar.bar.prefix().as_str(), bar.bar.message().as_str()), (task, "loss 0.5"));
            bar.end();
        }
    }
}
