//! Cutting one continuous quantity into groups, for scores that count: mutual information and robustness.

use serde::{Deserialize, Serialize};

use crate::{
    check,
    error::{MetricsError, Result},
};

/// How the values of one column are put into groups.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Grouping {
    /// Equal values form a group: for factors with few values.
    Distinct,
    /// So many intervals of equal width between least and greatest value, the last one closed: a histogram.
    EqualWidth(usize),
    /// So many groups of near equal size by rank, as many images in each as in any other up to one where no
    /// values are equal. Equal values stay together.
    EqualCount(usize),
}

impl Grouping {
    /// The group of each value, ascending in the value; some groups below the greatest may be empty.
    ///
    /// A constant column is one group. `O(n log n)`.
    ///
    /// ```
    /// use counterfoil_metrics::grouping::Grouping;
    /// let values = [0.0, 1.0, 1.5, 10.0];
    /// assert_eq!(Grouping::EqualWidth(2).of(&values)?, [0, 0, 0, 1]);
    /// assert_eq!(Grouping::EqualCount(2).of(&values)?, [0, 0, 1, 1]);
    /// # Ok::<(), counterfoil_metrics::MetricsError>(())
    /// ```
    ///
    /// # Errors
    /// When `values` is empty or holds a non-finite value, the number of groups is 0 or, for groups of equal count, above
    /// the number of values, or the range of the values cannot be cut into so many intervals.
    pub fn of(self, values: &[f64]) -> Result<Vec<usize>> {
        check::series("values", values, 1)?;
        let mut sorted = values.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        match self {
            Self::Distinct => {
                sorted.dedup();
                Ok(by_edges(values, &sorted))
            }
            Self::EqualWidth(groups) => {
                check::at_least("groups", groups, 1)?;
                let (low, high) = (sorted[0], sorted[sorted.len() - 1]);
                if low == high {
                    return Ok(vec![0; values.len()]);
                }
                let width = (high - low) / groups as f64;
                if !width.is_finite() || low + width == low {
                    let reason = "the range of the values is too wide or too narrow to be cut";
                    return Err(MetricsError::Degenerate { figure: "a grouping", reason });
                }
                let edge = |group: usize| low + group as f64 * width;
                let of = |&value: &f64| {
                    // The quotient may round across an edge.
                    let guess = (((value - low) / width) as usize).min(groups - 1);
                    if edge(guess) > value {
                        guess.saturating_sub(1)
                    } else if guess + 1 < groups && edge(guess + 1) <= value {
                        guess + 1
                    } else {
                        guess
                    }
                };
                Ok(values.iter().map(of).collect())
            }
            Self::EqualCount(groups) => {
                let n = sorted.len();
                if !(1..=n).contains(&groups) {
                    let domain = "1 to the number of values";
                    return Err(MetricsError::Domain {
                        name: "groups",
                        value: groups as f64,
                        domain,
                    });
                }
                let edges: Vec<f64> = (0..groups).map(|g| sorted[g * n / groups]).collect();
                Ok(by_edges(values, &edges))
            }
        }
    }
}

/// The last of the ascending `edges` that is not above each value, the first of which is the least value.
fn by_edges(values: &[f64], edges: &[f64]) -> Vec<usize> {
    values.iter().map(|v| edges.partition_point(|e| e <= v) - 1).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn groups_by_hand() {
        assert_eq!(Grouping::Distinct.of(&[2.0, -1.0, 2.0, 5.0]).unwrap(), [1, 0, 1, 2]);
        // Edges 0, 1, 2, 3: the greatest value belongs to the last group.
        assert_eq!(Grouping::EqualWidth(4).of(&[0.0, 0.9, 1.0, 4.0]).unwrap(), [0, 0, 1, 3]);
        assert_eq!(Grouping::EqualWidth(4).of(&[7.0; 3]).unwrap(), [0; 3]);
        // Five values in two groups: ranks 0 and 1, then 2 to 4. Equal values are not torn apart.
        assert_eq!(
            Grouping::EqualCount(2).of(&[9.0, 3.0, 5.0, 1.0, 7.0]).unwrap(),
            [1, 0, 1, 0, 1]
        );
        assert_eq!(Grouping::EqualCount(2).of(&[1.0, 1.0, 1.0, 2.0]).unwrap(), [1, 1, 1, 1]);
        assert!(Grouping::EqualCount(0).of(&[1.0]).is_err());
        assert!(Grouping::EqualCount(usize::MAX).of(&[1.0, 2.0]).is_err());
        assert!(Grouping::EqualWidth(usize::MAX).of(&[1.0, 2.0]).is_err());
        assert!(Grouping::EqualWidth(3).of(&[f64::MIN, f64::MAX]).is_err());
    }

    proptest! {
        /// Exact: groups ascend with the value and are near equal in size where no values are equal.
        #[test]
        fn groups_follow_the_order(
            values in prop::collection::vec(-9.0..9.0f64, 8..60), groups in 1usize..8,
        ) {
            for grouping in [Grouping::Distinct, Grouping::EqualWidth(groups), Grouping::EqualCount(groups)] {
                let of = grouping.of(&values).unwrap();
                for i in 0..values.len() {
                    for j in 0..i {
                        prop_assert!(values[i] < values[j] || of[i] >= of[j]);
                        prop_assert!(values[i] != values[j] || of[i] == of[j]);
                    }
                }
            }
            let of = Grouping::EqualWidth(groups).of(&values).unwrap();
            let low = values.iter().copied().fold(f64::INFINITY, f64::min);
            let high = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
            for (v, g) in values.iter().zip(of) {
                let edge = |g: usize| low + g as f64 * ((high - low) / groups as f64);
                prop_assert!(g < groups && edge(g) <= *v && (g + 1 == groups || *v < edge(g + 1)));
            }
            let mut distinct = values.clone();
            distinct.sort_unstable_by(f64::total_cmp);
            distinct.dedup();
            prop_assume!(distinct.len() == values.len() && groups <= values.len());
            let of = Grouping::EqualCount(groups).of(&values).unwrap();
            for g in 0..groups {
                let size = of.iter().filter(|&&o| o == g).count();
                prop_assert!(size == values.len() / groups || size == values.len().div_ceil(groups));
            }
        }
    }
}
