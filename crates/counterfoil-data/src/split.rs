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
    }
}
