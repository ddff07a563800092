//! The processes that `mpirun` or `srun` started.

use std::fmt;

use ::mpi::{
    collective::SystemOperation,
    environment::Universe,
    topology::SimpleCommunicator,
    traits::{Communicator, CommunicatorCollectives, Root},
};

use super::Ranks;

/// The exit status of a process that panicked.
const PANICKED: u8 = 101;

/// All processes of an MPI job, this one among them. MPI ends when it is dropped, which waits for the others.
pub struct Mpi {
    world: SimpleCommunicator,
    rank: usize,
    count: usize,
    local_rank: usize,
    // Last, because fields are dropped in order: communicators must be gone when MPI ends.
    _universe: Universe,
}

impl Mpi {
    /// Joins the job. Nothing in a process where MPI has begun or ended before.
    pub fn join() -> Option<Self> {
        let universe = ::mpi::initialize()?;
        let world = universe.world();
        let number = |i: i32| usize::try_from(i).unwrap_or_default();
        let (rank, count) = (number(world.rank()), number(world.size()));
        let local_rank = number(world.split_shared(world.rank()).rank());
        Some(Self { world, rank, count, local_rank, _universe: universe })
    }

    /// Ends all processes of the job with this exit status: one that failed would leave the others waiting for it.
    pub fn abort(&self, status: u8) -> ! {
        self.world.abort(i32::from(status))
    }
}

impl Drop for Mpi {
    /// The end of MPI waits for all processes, and those wait for one that panicked.
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.abort(PANICKED);
        }
    }
}

impl fmt::Debug for Mpi {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "rank {} of {}", self.rank, self.count)
    }
}

impl Ranks for Mpi {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.count
    }

    fn local_rank(&self) -> usize {
        self.local_rank
    }

    fn sum(&self, values: &mut [f32]) {
        let own = values.to_vec();
        self.world.all_reduce_into(&own[..], values, SystemOperation::sum());
    }

    fn tell(&self, said: Vec<u8>) -> Vec<u8> {
        let root = self.world.process_at_rank(0);
        let mut length = said.len() as u64;
        root.broadcast_into(&mut length);
        let mut heard = said;
        heard.resize(length as usize, 0);
        root.broadcast_into(&mut heard[..]);
        heard
    }
}
