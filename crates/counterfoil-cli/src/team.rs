//! The processes that a launcher of MPI programs started, of which this is one.

#[cfg(feature = "mpi")]
use std::time::Duration;

#[cfg(feature = "mpi")]
use counterfoil::experiment::ranks::Mpi;
use counterfoil::experiment::{
    progress::{Reporter, Silent},
    ranks::{self, Alone, Ranks},
};

use crate::{failure, progress};

/// How long a rank waits with an error for rank 0 to say the same: what is wrong with the input is wrong for all.
#[cfg(feature = "mpi")]
const GRACE: Duration = Duration::from_secs(5);

/// This process and those it works with.
#[derive(Debug)]
pub(crate) enum Team {
    /// Nobody else.
    Alone,
    /// The processes of an MPI job.
    #[cfg(feature = "mpi")]
    Job(Mpi),
}

impl Team {
    /// Joins the job that this process was started in, if it was.
    pub(crate) fn gather() -> anyhow::Result<Self> {
        let Some(count) = ranks::launched() else { return Ok(Self::Alone) };
        Self::join(count)
    }

    #[cfg(feature = "mpi")]
    fn join(count: usize) -> anyhow::Result<Self> {
        let lost = || {
            let sentence = format!(
                "one of {count} processes cannot join the others: start them with the launcher of the MPI that this \
                 binary was built with"
            );
            failure::bad_input(sentence)
        };
        let job = Mpi::join().filter(|job| job.count() == count).ok_or_else(lost)?;
        Ok(Self::Job(job))
    }

    #[cfg(not(feature = "mpi"))]
    fn join(count: usize) -> anyhow::Result<Self> {
        let sentence = format!(
            "this is one of {count} processes, but the binary cannot talk to the others: build it with `cargo build \
             --release -p counterfoil-cli --features mpi`, or set COUNTERFOIL_ALONE=1 for {count} runs of their own"
        );
        Err(failure::bad_input(sentence))
    }

    /// What the processes say to each other.
    pub(crate) fn ranks(&self) -> &dyn Ranks {
        match self {
            Self::Alone => &Alone,
            #[cfg(feature = "mpi")]
            Self::Job(job) => job,
        }
    }

    /// Whether this process talks to the user.
    pub(crate) fn leads(&self) -> bool {
        self.ranks().rank() == 0
    }

    /// Shows progress where this process talks to the user.
    pub(crate) fn reporter(&self, json: bool) -> Box<dyn Reporter> {
        if self.leads() { progress::reporter(json) } else { Box::new(Silent) }
    }

    /// Does work that all do. An error in one process ends all, which would wait for it without end.
    pub(crate) fn work(self, work: impl FnOnce(&Self) -> anyhow::Result<u8>) -> anyhow::Result<u8> {
        let ended = work(&self);
        #[cfg(feature = "mpi")]
        if let (Self::Job(job), Err(error)) = (&self, &ended) {
            if !self.leads() {
                std::thread::sleep(GRACE);
            }
            crate::say::say(&failure::sentence(error));
            job.abort(failure::status(error));
        }
        ended
    }
}
