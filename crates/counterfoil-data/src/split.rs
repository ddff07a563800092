//! Disjoint training, validation and test parts of a data set.

use crate::{DataError, Result};
use counterfoil_random::Stream;
use serde::{Deserialize, Serialize};

/// Indices of the images of each part; no index is in two parts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Split {
    /// Images to learn from.
    pub train: Vec<usize>,
    /// Images to choose settings and stopping times on.
    pub validation: Vec<usize>,
    /// Images that the published figures are measured on.
    pub test: Vec<usize>,
}

impl Split {
    /// `[train, validation, test]` images out of `n`, drawn without replacement; the same for the same seed.
    ///
    /// The parts are consecutive pieces of one random order of all `n` images, so images that are left over
    /// belong to none.
    ///
    /// ```
    /// use counterfoil_data::Split;
    ///
    /// let split = Split::seeded(10_000, [8_000, 1_000, 1_000], 0)?;
    /// assert_eq!(split.test.len(), 1_000);
    /// # Ok::<(), counterfoil_data::DataError>(())
    /// ```
    ///
    /// # Errors
    /// [`DataError::Split`] when the parts are more than `n` together.
    pub fn seeded(n: usize, [train, validation, test]: [usize; 3], seed: u64) -> Result<Self> {
        let needed =
            [train, validation, test].iter().try_fold(0usize, |sum, k| sum.checked_add(*k));
        if needed.is_none_or(|needed| needed > n) {
            return Err(DataError::Split { train, validation, test, available: n });
        }
        let order = Stream::new(seed, "split", 0, 0).permutation(n);
        let (learn, rest) = order.split_at(train);
        let (validate, rest) = rest.split_at(validation);
        Ok(Self {
            train: learn.to_vec(),
            validation: validate.to_vec(),
            test: rest[..test].to_vec(),
        })
    }
}

impl Split {
    /// As [`Split::seeded`], of images of which some have unknown labels (`whole` is `false`): those are for training alone,
    /// since validation and test need the truth.
    ///
    /// The images of one random order that are whole and come after the first `train` are held out; where they are too few,
    /// earlier ones are. The first of the rest are trained on. Where all are whole this is [`Split::seeded`].
    ///
    /// # Errors
    /// [`DataError::Split`] as there; [`DataError::Unknown`] when fewer images are whole than are to be held out.
    pub fn seeded_whole(
        whole: &[bool],
        [train, validation, test]: [usize; 3],
        seed: u64,
    ) -> Result<Self> {
        let n = whole.len();
        // The order, and what is wrong with the counts, are those of all images.
        let Self { train: first, .. } = Self::seeded(n, [train, validation, test], seed)?;
        let order = Stream::new(seed, "split", 0, 0).permutation(n);
        let candidates: Vec<usize> = order.iter().copied().filter(|item| whole[*item]).collect();
        let (needed, available) = (validation + test, candidates.len());
        let Some(latest) = available.checked_sub(needed) else {
            return Err(DataError::Unknown { needed, available, len: n });
        };
        let start = first.iter().filter(|item| whole[**item]).count().min(latest);
        let held = &candidates[start..start + needed];
        let mut free = vec![true; n];
        for item in held {
            free[*item] = false;
        }
        let (validate, examine) = held.split_at(validation);
        Ok(Self {
            train: order.into_iter().filter(|item| free[*item]).take(train).collect(),
            validation: validate.to_vec(),
            test: examine.to_vec(),
        })
    }

    /// `[train, validation, test]` images of these parts, each drawn without replacement from the part of its name: for data
    /// that were published with parts. Where there is no validation part, validation is drawn from what is for training.
    ///
    /// # Errors
    /// [`DataError::Part`] when a part holds fewer.
    pub fn sample(&self, [train, validation, test]: [usize; 3], seed: u64) -> Result<Self> {
        let draw = |part, items: &[usize], count: usize, place: u64| {
            let available = items.len();
            if count > available {
                return Err(DataError::Part { part, wanted: count, available });
            }
            let order = Stream::new(seed, "split", place, 0).permutation(available);
            Ok(order.into_iter().take(count).map(|k| items[k]).collect::<Vec<usize>>())
        };
        let (learn, validate) = if self.validation.is_empty() {
            let both = train.saturating_add(validation);
            let mut learn = draw("to train and validate on", &self.train, both, 0)?;
            let validate = learn.split_off(train);
            (learn, validate)
        } else {
            let learn = draw("to train on", &self.train, train, 0)?;
            (learn, draw("to validate on", &self.validation, validation, 1)?)
        };
        Ok(Self {
            train: learn,
            validation: validate,
            test: draw("to test on", &self.test, test, 2)?,
        })
    }

    /// The first `train` images, the next `validation`, the next `test`: for data whose order has a meaning, such as a shift
    /// between training and test.
    ///
    /// # Errors
    /// [`DataError::Split`] when the parts are more than `n` together.
    pub fn in_order(n: usize, [train, validation, test]: [usize; 3]) -> Result<Self> {
        let sum = train.checked_add(validation).and_then(|learn| learn.checked_add(test));
        if sum.is_none_or(|needed| needed > n) {
            return Err(DataError::Split { train, validation, test, available: n });
        }
        let learn = train + validation;
        Ok(Self {
            train: (0..train).collect(),
            validation: (train..learn).collect(),
            test: (learn..learn + test).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn parts_have_their_sizes_and_share_nothing(
            a in 0usize..50, b in 0usize..50, c in 0usize..50, left in 0usize..20, seed: u64,
        ) {
            let n = a + b + c + left;
            let split = Split::seeded(n, [a, b, c], seed).unwrap();
            prop_assert_eq!([split.train.len(), split.validation.len(), split.test.len()], [a, b, c]);
            let mut all = [split.train.clone(), split.validation.clone(), split.test.clone()].concat();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), a + b + c);
            prop_assert!(all.iter().all(|i| *i < n));
            prop_assert_eq!(split, Split::seeded(n, [a, b, c], seed).unwrap());
        }
    }

    proptest! {
        /// Exact: sizes and disjointness, no unknown label where the truth is needed, and an error just when there are too few.
        #[test]
        fn images_with_unknown_labels_are_for_training_alone(
            whole in prop::collection::vec(any::<bool>(), 0..60), a in 0usize..30, b in 0usize..15, c in 0usize..15, seed: u64,
        ) {
            let enough = whole.iter().filter(|whole| **whole).count() >= b + c;
            match Split::seeded_whole(&whole, [a, b, c], seed) {
                Ok(split) => {
                    prop_assert!(enough && a + b + c <= whole.len());
                    prop_assert_eq!([split.train.len(), split.validation.len(), split.test.len()], [a, b, c]);
                    prop_assert!(split.validation.iter().chain(&split.test).all(|item| whole[*item]));
                    let mut all = [split.train, split.validation, split.test].concat();
                    all.sort_unstable();
                    all.dedup();
                    prop_assert_eq!(all.len(), a + b + c);
                }
                Err(DataError::Unknown { .. }) => prop_assert!(!enough && a + b + c <= whole.len()),
                Err(_) => prop_assert!(a + b + c > whole.len()),
            }
        }

        /// Exact: with every label known nothing changes.
        #[test]
        fn whole_images_are_split_as_ever(
            a in 0usize..50, b in 0usize..50, c in 0usize..50, left in 0usize..20, seed: u64,
        ) {
            let whole = vec![true; a + b + c + left];
            let found = Split::seeded_whole(&whole, [a, b, c], seed).unwrap();
            prop_assert_eq!(found, Split::seeded(whole.len(), [a, b, c], seed).unwrap());
        }

        /// Exact: every image comes from the part of its name, or from the training part where there is none to validate on.
        #[test]
        fn samples_stay_in_their_parts(
            sizes in [0usize..40, 0usize..40, 0usize..40], counts in [0usize..40, 0usize..40, 0usize..40], seed: u64,
        ) {
            let n: usize = sizes.iter().sum();
            let parts = Split::in_order(n, sizes).unwrap();
            let [a, b, c] = sizes;
            let apart = b > 0;
            let room = if apart { counts[0] <= a && counts[1] <= b } else { counts[0] + counts[1] <= a };
            let Ok(found) = parts.sample(counts, seed) else {
                prop_assert!(!room || counts[2] > c);
                return Ok(());
            };
            prop_assert!(room && counts[2] <= c);
            prop_assert_eq!([found.train.len(), found.validation.len(), found.test.len()], counts);
            prop_assert!(found.train.iter().all(|item| *item < a));
            prop_assert!(found.validation.iter().all(|item| (*item < a) != apart && *item < a + b));
            prop_assert!(found.test.iter().all(|item| *item >= a + b));
            let mut all = [found.train, found.validation, found.test].concat();
            all.sort_unstable();
            all.dedup();
            prop_assert_eq!(all.len(), counts.iter().sum::<usize>());
        }
    }

    #[test]
    fn another_seed_is_another_split() {
        let split = |seed| Split::seeded(1000, [800, 100, 100], seed).unwrap();
        assert_ne!(split(0).test, split(1).test);
    }

    #[test]
    fn parts_in_order_follow_each_other() {
        let split = Split::in_order(10, [4, 2, 3]).unwrap();
        assert_eq!(split.train, [0, 1, 2, 3]);
        assert_eq!((split.validation, split.test), (vec![4, 5], vec![6, 7, 8]));
        assert!(Split::in_order(8, [4, 2, 3]).is_err());
        assert!(Split::in_order(8, [usize::MAX, 2, 3]).is_err());
    }

    #[test]
    fn too_much_is_refused() {
        let message = Split::seeded(9_999, [8_000, 1_000, 1_000], 0).unwrap_err().to_string();
        assert_eq!(
            message,
            "a split of 8000 + 1000 + 1000 needs 10000 items, but the data set has 9999"
        );
        assert!(Split::seeded(10, [usize::MAX, 2, 0], 0).is_err());
        let message = Split::seeded_whole(&[true, false, false], [1, 1, 1], 0).unwrap_err();
        let expected = "validation and test need 2 images whose labels are all known, but the data set has 1 of 3; \
                        fill empty cells or ask for fewer";
        assert_eq!(message.to_string(), expected);
        let parts = Split::in_order(9, [4, 0, 5]).unwrap();
        let message = parts.sample([4, 1, 5], 0).unwrap_err().to_string();
        let expected = "5 images to train and validate on are asked for, but the published parts have 4; ask for fewer";
        assert_eq!(message, expected);
        assert!(parts.sample([usize::MAX, 2, 0], 0).is_err());
    }
}
