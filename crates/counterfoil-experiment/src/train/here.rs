//! Where a run is computed, as far as its last digits depend on it.

use std::fmt;

use crate::{ranks::Ranks, run_dir::Manifest};

/// A device, the threads of an operation there, and how many processes share the work.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Here {
    device: String,
    threads: usize,
    ranks: usize,
}

impl Here {
    /// This process and those it works with.
    pub(super) fn of(ranks: &dyn Ranks, device: String) -> Self {
        Self { device, threads: tch::get_num_threads() as usize, ranks: ranks.count() }
    }

    /// Where the run of a manifest was last computed; nothing before it began.
    pub(super) fn before(manifest: &Manifest) -> Option<Self> {
        let (device, threads) = (manifest.device.clone()?, manifest.threads?);
        Some(Self { device, threads, ranks: manifest.ranks.unwrap_or(1) })
    }

    /// Writes it into a manifest.
    pub(super) fn enter(self, manifest: &mut Manifest) {
        manifest.device = Some(self.device);
        manifest.threads = Some(self.threads);
        manifest.ranks = (self.ranks > 1).then_some(self.ranks);
    }
}

impl fmt::Display for Here {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} with {} threads", self.device, self.threads)?;
        if self.ranks > 1 { write!(f, " and {} ranks", self.ranks) } else { Ok(()) }
    }
}
