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
    first: Pass,
    /// Where labels are few: the images without any, of which each batch has its part too.
    unlabelled: Option<Pass>,
}

impl Order {
    /// The order over `items` (indices into the data) in batches of `batch`, which is at least 1 and at most their
    /// number, as a checked config makes sure.
    pub fn new(items: &[usize], batch: usize, seed: u64) -> Self {
        Self { first: Pass::new("epoch-order", items.to_vec(), batch, seed), unlabelled: None }
    }

    /// The same, where a `share` of each batch consists of images that have a label and the rest of images that have none, each
    /// kind in an order of its own. As they come where the share is 0 or where there are too few of either kind.
    pub fn balanced(
        items: &[usize],
        has_label: impl Fn(usize) -> bool,
        share: f64,
        batch: usize,
        seed: u64,
    ) -> Self {
        let of_first = (share * batch as f64).round() as usize;
        if of_first == 0 {
            return Self::new(items, batch, seed);
        }
        let (labelled, without): (Vec<usize>, Vec<usize>) =
            items.iter().partition(|item| has_label(**item));
        let rest = batch.saturating_sub(of_first);
        if labelled.len() < of_first || without.len() < rest {
            return Self::new(items, batch, seed);
        }
        Self {
            first: Pass::new("epoch-order", labelled, of_first, seed),
            unlabelled: (rest > 0)
                .then(|| Pass::new("epoch-order-unlabelled", without, rest, seed)),
        }
    }

    /// An order over the images that have a label, `batch` or all of them a step, apart from that of the batches; none where
    /// nothing is asked for or nothing has a label.
    pub fn labelled(
        items: &[usize],
        has_label: impl Fn(usize) -> bool,
        batch: usize,
        seed: u64,
    ) -> Option<Self> {
        let labelled: Vec<usize> = items.iter().copied().filter(|item| has_label(*item)).collect();
        let batch = batch.min(labelled.len());
        let pass = (batch > 0).then(|| Pass::new("reading-order", labelled, batch, seed));
        pass.map(|first| Self { first, unlabelled: None })
    }

    /// Where the batch of `step` (counted from 0) begins; among the images with labels, where they have an order of their own.
    pub fn position(&self, step: u64) -> Position {
        self.first.position(step)
    }

    /// The images of the batch of `step`. O(number of items) at the first step of an epoch, O(batch) otherwise.
    pub fn batch(&mut self, step: u64) -> Vec<usize> {
        let mut items = self.first.batch(step).to_vec();
        if let Some(unlabelled) = &mut self.unlabelled {
            items.extend_from_slice(unlabelled.batch(step));
        }
        items
    }
}

/// Images in one order, so many a batch.
#[derive(Debug)]
struct Pass {
    purpose: &'static str,
    items: Vec<usize>,
    batch: usize,
    seed: u64,
    /// The shuffle of one epoch, because a shuffle for each batch would cost more than the batch.
    shuffle: Option<(u64, Vec<usize>)>,
}

impl Pass {
    fn new(purpose: &'static str, items: Vec<usize>, batch: usize, seed: u64) -> Self {
        Self { purpose, items, batch, seed, shuffle: None }
    }

    fn position(&self, step: u64) -> Position {
        let per_epoch = (self.items.len() / self.batch).max(1) as u64;
        Position { epoch: step / per_epoch, offset: (step % per_epoch) as usize * self.batch }
    }

    fn batch(&mut self, step: u64) -> &[usize] {
        let Position { epoch, offset } = self.position(step);
        let current = self.shuffle.take().filter(|(shuffled, _)| *shuffled == epoch);
        let (_, order) = self.shuffle.insert(current.unwrap_or_else(|| {
            let mut stream = Stream::new(self.seed, self.purpose, 0, epoch);
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
        let first = |seed, step| Order::new(&items, 50, seed).batch(step);
        assert_ne!(first(1, 0), first(1, 1));
        assert_ne!(first(1, 0), first(2, 0));
    }

    /// Exact: of a tenth with labels each batch has its three quarters, and over an epoch of theirs each comes once.
    #[test]
    fn a_batch_has_its_share_of_labelled_images() {
        let items: Vec<usize> = (0..200).collect();
        let has_label = |item: usize| item.is_multiple_of(10);
        let mut order = Order::balanced(&items, has_label, 0.75, 8, 1);
        let mut seen = Vec::new();
        for step in 0..3 {
            let batch = order.batch(step);
            let (labelled, rest): (Vec<usize>, Vec<usize>) =
                batch.iter().partition(|item| has_label(**item));
            assert_eq!((labelled.len(), rest.len()), (6, 2));
            seen.extend(labelled);
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!((seen.len(), order.position(3).epoch), (18, 1));
        assert_eq!(Order::balanced(&items, has_label, 1.0, 8, 1).batch(0).len(), 8);
        let batch =
            |asked| Order::labelled(&items, has_label, asked, 1).map(|mut order| order.batch(7));
        assert!(batch(0).is_none());
        assert!(batch(6).is_some_and(|read| read.len() == 6 && read.iter().all(|i| has_label(*i))));
        assert_eq!(batch(99).map(|read| read.len()), Some(20));
        // As they come: nothing is asked for, or there are too few of a kind.
        let plain = Order::new(&items, 8, 1).batch(5);
        for (share, known) in [(0.0, 10), (0.75, 1), (0.75, 100)] {
            let mut order =
                Order::balanced(&items, |item: usize| item.is_multiple_of(known), share, 8, 1);
            assert_eq!(order.batch(5), plain);
        }
    }
}
