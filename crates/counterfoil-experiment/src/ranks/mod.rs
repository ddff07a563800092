//! Several processes that train one model: what they say to each other.
//!
//! Every rank holds the model, the optimiser and the data, and takes the same steps. Of each batch a rank decodes its share
//! ([`Share`]); the gradients, one flat vector a rank, are added, and so all ranks hold the same weights, which is checked
//! at every checkpoint. Rank 0 alone writes, evaluates and talks.
//!
//! [`Alone`] is the one rank of a common run; `Mpi`, behind the feature `mpi`, are the processes that `mpirun` or `srun`
//! started.

mod agreement;
#[cfg(feature = "mpi")]
mod mpi;

use std::fmt;

use counterfoil_autoencoder::Share;
use counterfoil_tensor::{TensorError, parse_device};
use tch::{Cuda, Device};

pub(crate) use self::agreement::{added, agree_on_gradient, any, expect_same, told};
#[cfg(feature = "mpi")]
pub use self::mpi::Mpi;

/// One of the processes that work on something together.
///
/// Both operations are collective: each rank calls them in the same order, and none goes on before all have called.
pub trait Ranks: fmt::Debug {
    /// The number of this process, from 0.
    fn rank(&self) -> usize;

    /// How many there are.
    fn count(&self) -> usize;

    /// The number of this process among those of its machine, from 0.
    fn local_rank(&self) -> usize;

    /// Puts the sum over all ranks, the same bits on each, in the place of `values`, as many on each.
    fn sum(&self, values: &mut [f32]);

    /// What rank 0 hands in, on every rank.
    fn tell(&self, said: Vec<u8>) -> Vec<u8>;
}

/// A process that works alone.
#[derive(Clone, Copy, Debug, Default)]
pub struct Alone;

impl Ranks for Alone {
    fn rank(&self) -> usize {
        0
    }

    fn count(&self) -> usize {
        1
    }

    fn local_rank(&self) -> usize {
        0
    }

    fn sum(&self, _: &mut [f32]) {}

    fn tell(&self, said: Vec<u8>) -> Vec<u8> {
        said
    }
}

/// Whether this rank writes and talks.
pub(crate) fn leads(ranks: &dyn Ranks) -> bool {
    ranks.rank() == 0
}

/// What this rank decodes of each batch.
pub(crate) fn share(ranks: &dyn Ranks) -> Share {
    Share::new(ranks.rank(), ranks.count())
}

/// As [`parse_device`]; where the text leaves open which GPU, each rank of a machine takes its own, in turn.
///
/// # Errors
/// As [`parse_device`].
pub(crate) fn device(ranks: &dyn Ranks, text: &str) -> Result<Device, TensorError> {
    Ok(match gpu(ranks, text)? {
        Some(own) => Device::Cuda(own),
        None => parse_device(text)?,
    })
}

/// The GPU of this rank, where it is one of several and `text` leaves open which.
///
/// # Errors
/// As [`parse_device`].
pub fn gpu(ranks: &dyn Ranks, text: &str) -> Result<Option<usize>, TensorError> {
    let open = matches!(text, "auto" | "cuda") && matches!(parse_device(text)?, Device::Cuda(_));
    let here = usize::try_from(Cuda::device_count()).unwrap_or(0);
    Ok(open.then(|| own_gpu(ranks.count(), ranks.local_rank(), here)).flatten())
}

/// The GPU of one of `count` ranks: those of a machine take its `gpus` in turn.
fn own_gpu(count: usize, local_rank: usize, gpus: usize) -> Option<usize> {
    (count > 1).then(|| local_rank % gpus.max(1))
}

/// Processes of this job, where a launcher of MPI programs started this one as one of several.
///
/// OpenMPI, MPICH with its kin, and `srun` say it in the environment; what is started without a launcher finds nothing, and
/// neither does what is told to work alone by `COUNTERFOIL_ALONE`.
pub fn launched() -> Option<usize> {
    if std::env::var_os("COUNTERFOIL_ALONE").is_some_and(|told| !told.is_empty()) {
        return None;
    }
    let counts = ["OMPI_COMM_WORLD_SIZE", "PMI_SIZE", "SLURM_STEP_NUM_TASKS"];
    let count = counts.iter().find_map(|name| std::env::var(name).ok()?.parse().ok());
    count.filter(|count| *count > 1)
}

/// Beginnings of the names of variables by which launchers speak to their processes.
pub(crate) const OF_LAUNCHERS: [&str; 6] =
    ["OMPI_", "PMIX_", "PMI_", "PRTE_", "HYDRA_", "SLURM_STEP_NUM_TASKS"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranks_of_a_machine_take_its_gpus_in_turn() {
        assert_eq!([0, 1, 2, 3].map(|local| own_gpu(4, local, 2)), [0, 1, 0, 1].map(Some));
        assert_eq!(own_gpu(1, 0, 2), None, "alone it takes what the config says");
        assert_eq!(own_gpu(2, 1, 0), Some(0));
    }
}
