//! In which order images are seen: every epoch is one seeded shuffle, cut into batches of equal size.

use counterfoil_random::Stream;
use serde::{Deserialize, Serialize};

/// Where in the data the next batch begins.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Position {
    /// Full passes over the data before it.
    pub epoch: u64,
    /// Images of this pass before it.
    pub offset: usize,
}

/// The batches of a training run, as a pure function of seed and step: nothing has to be remembered to go on.
///
/// The images that are left at the end of an epoch, fewer than a batch, wait for the next shuffle; so all steps weigh
/// the same and no image occurs twice in a batch.
#[derive(Debug)]
pub struct Order {
    items: Vec<usize>,
    batch: usize,
    seed: u64,
    /// The shuffle of one epoch, because a shuffle for each batch would cost more than the batch.
    shuffle: Option<(u64, Vec<usize>)>,
}

impl Order {
    /// The order over `items` (indices into the data) in batches of `batch`, which is at least 1 and at most their
    /// number, as a checked config makes sure.
    pub fn new(items: &[usize], batch: usize, seed: u64) -> Self {
        Self { items: items.to_vec(), batch, seed, shuffle: None }
    }

    /// Where the batch of `step` (counted from 0) begins.
    pub fn position(&self, step: u64) -> Position {
        let per_epoch = (self.items.len() / self.batch).max(1) as u64;
        Position { epoch: step / per_epoch, offset: (step % per_epoch) as usize * self.batch }
    }

    /// The images of the batch of `step`. O(number of items) at the first step of an epoch, O(batch) otherwise.
    pub fn batch(&mut self, step: u64) -> &[usize] {
        let Position { epoch, offset } = self.position(step);
        let current = self.shuffle.take().filter(|(shuffled, _)| *shuffled == epoch);
        let (_, order) = self.shuffle.insert(current.unwrap_or_else(|| {
            let mut stream = Stream::new(self.seed, "epoch-order", 0, epoch);
            let order = stream.permutation(self.items.len());
            (epoch, order.into_iter().map(|i| self.items[i]).collect())
        }));
        &order[offset..(offset + self.batch).min(order.len())]
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        /// Exact: within an epoch no image comes twice, and only a remainder smaller than a batch is left out.
        #[test]
        fn an_epoch_sees_each_image_once(n in 1usize..60, batch in 1usize..60, seed: u64) {
            prop_assume!(batch <= n);
            let items: Vec<usize> = (100..100 + n).collect();
            let mut order = Order::new(&items, batch, seed);
            let steps = (n / batch) as u64;
            for epoch in 0..3 {
                let mut seen: Vec<usize> = Vec::new();
                for step in epoch * steps..(epoch + 1) * steps {
                    prop_assert_eq!(order.position(step).epoch, epoch);
                    prop_assert_eq!(order.position(step).offset, seen.len());
                    seen.extend(order.batch(step));
                }
                prop_assert_eq!(seen.len(), n / batch * batch);
                seen.sort_unstable();
                seen.dedup();
                prop_assert_eq!(seen.len(), n / batch * batch);
                prop_assert!(seen.iter().all(|i| items.contains(i)));
            }
        }

        /// Exact: a batch depends on its step, not on what was asked before.
        #[test]
        fn any_step_can_be_asked_first(seed: u64, step in 0u64..50) {
            let items: Vec<usize> = (0..23).collect();
            let mut straight = Order::new(&items, 4, seed);
            for earlier in 0..step {
                straight.batch(earlier);
            }
            let mut direct = Order::new(&items, 4, seed);
            prop_assert_eq!(straight.batch(step), direct.batch(step));
        }
    }

    #[test]
    fn epochs_and_seeds_differ() {
        let items: Vec<usize> = (0..50).collect();
        let first = |seed, step| Order::new(&items, 50, seed).batch(step).to_vec();
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
    }
}
