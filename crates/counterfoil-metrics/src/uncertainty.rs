//! How much do answers to one question scatter, and is the truth among them as often as it should be?
//!
//! A counterfactual that draws what it cannot know (several exogenous samples `u` for one image) answers with a
//! distribution. If it is right, the truth is one more draw from it. Between the `r`-th least and the `r`-th greatest
//! of `m` draws an exchangeable truth then falls with probability `(m + 1 - 2 r) / (m + 1)` exactly, whatever the
//! distribution (Wilks, *Determination of sample sizes for setting tolerance limits*, 1941), so coverage can
//! be tested without any assumption on its shape. Spread without coverage says nothing: draws may scatter around the
//! wrong place. Compare first coverage, then the narrower interval (Gneiting, Balabdaoui and Raftery, *Probabilistic
//! forecasts, calibration and sharpness*, 2007).

use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval},
    check,
    error::{MetricsError, Result},
    statistics::squares,
};

/// How far the draws of a query lie apart, averaged over queries.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Spread {
    /// Root of the mean variance of the draws (divisor `m - 1`), in label units.
    pub deviation: Interval,
    /// Share of the variance of a draw that lies within queries (between draws of one query), by the unbiased components
    /// of an analysis of variance: 0 if every query is answered for certain, near 1 if the answers ignore the query.
    /// Absent where all draws are equal, and for one query.
    pub within: Option<Interval>,
}

/// Spread of `draws` (`[queries, m]`, one measured value per draw, in label units).
///
/// `O(queries m)`, and as much in every bootstrap round; rounds draw queries.
///
/// # Errors
/// When there are no queries or fewer than two draws, a value is not finite, or as [`Bootstrap::interval`].
pub fn spread(draws: &ArrayRef2<f64>, bootstrap: &Bootstrap) -> Result<Spread> {
    check_draws(draws)?;
    let m = draws.ncols() as f64;
    let rows: Vec<(f64, f64)> =
        draws.outer_iter().map(|row| (row.sum() / m, squares(&row.to_vec()))).collect();
    let variance = |queries: &[usize]| {
        queries.iter().map(|&q| rows[q].1).sum::<f64>() / (queries.len() as f64 * (m - 1.0))
    };
    let within = |queries: &[usize]| {
        let means: Vec<f64> = queries.iter().map(|&q| rows[q].0).collect();
        if means.len() < 2 {
            let reason = "one query has nothing to vary from";
            return Err(MetricsError::Degenerate { figure: "a share of variance", reason });
        }
        let inside = variance(queries);
        // The mean of `m` draws varies by an `m`-th of their variance where nothing varies between queries.
        let between = (squares(&means) / (means.len() as f64 - 1.0) - inside / m).max(0.0);
        let share = inside / (inside + between);
        if share.is_nan() {
            let reason = "all draws are equal";
            return Err(MetricsError::Degenerate { figure: "a share of variance", reason });
        }
        Ok(share)
    };
    let all: Vec<usize> = (0..rows.len()).collect();
    let varies = within(&all).is_ok();
    Ok(Spread {
        deviation: bootstrap.interval(rows.len(), |queries| Ok(variance(queries).sqrt()))?,
        within: varies.then(|| bootstrap.interval(rows.len(), within)).transpose()?,
    })
}

/// How often the truth lies within the central interval of the draws.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Serialize)]
pub struct Coverage {
    /// Share of queries whose truth lies within the interval. A truth equal to some draws takes every place among them
    /// with equal chance, so an answer that is certain and right has what is expected, not 0 or 1.
    pub covered: Interval,
    /// What that share is on average if the truth is one more draw: `(m + 1 - 2 r) / (m + 1)`.
    pub expected: f64,
    /// Standard deviation of the share around `expected` over the queries, if these are independent:
    /// `sqrt(expected (1 - expected) / queries)`.
    pub error: f64,
    /// Share of queries whose truth lies below the interval, counted alike; above it lies what remains.
    pub below: f64,
    /// Mean length of the interval, in label units.
    pub length: f64,
    /// Rank `r` of the ends among the draws, from either side.
    pub rank: usize,
}

impl Coverage {
    /// How many Monte-Carlo errors the coverage is off: beyond 3 in size it is no chance; negative is overconfidence.
    pub fn errors_off(&self) -> f64 {
        (self.covered.estimate - self.expected) / self.error
    }
}

/// Coverage of `truths` (one per query) by the central interval of `draws` (`[queries, m]`), in label units.
///
/// The interval lies between the `r`-th draws from either end, with the `r` whose exact coverage is nearest to `level`
/// (the wider one of two as near), at least 1: ten draws reach 9/11 at most, a level of 95 % needs 39. Several queries
/// on one image are not independent; the error is then too small, so pass one query an image.
/// `O(queries m log m)`, and `O(queries)` in every bootstrap round; rounds draw queries.
///
/// ```
/// use counterfoil_metrics::{bootstrap::Bootstrap, uncertainty::coverage};
/// use ndarray::array;
/// // Three draws, level 1/2: between the least and the greatest an equal fourth falls half the time.
/// let rounds = Bootstrap { rounds: 100, level: 0.95, seed: 0 };
/// let c = coverage(&array![[1.0, 2.0, 3.0], [5.0, 9.0, 4.0]], &[2.5, 3.0], 0.5, &rounds)?;
/// assert_eq!((c.covered.estimate, c.expected, c.below, c.rank), (0.5, 0.5, 0.5, 1));
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When there are no queries or fewer than two draws, the numbers of queries differ, a value is not finite, `level` is
/// outside (0, 1), or as [`Bootstrap::mean`].
pub fn coverage(
    draws: &ArrayRef2<f64>,
    truths: &[f64],
    level: f64,
    bootstrap: &Bootstrap,
) -> Result<Coverage> {
    check_draws(draws)?;
    check::same_len("draws", draws.nrows(), "truths", truths.len())?;
    check::finite("truths", truths)?;
    check::inside_unit("level", level)?;
    let m = draws.ncols();
    let rank = rank(m, level);
    let (mut covered, mut below, mut length) = (Vec::with_capacity(truths.len()), 0.0, 0.0);
    for (row, &truth) in draws.outer_iter().zip(truths) {
        let mut sorted = row.to_vec();
        sorted.sort_unstable_by(f64::total_cmp);
        length += sorted[m - rank] - sorted[rank - 1];
        // Places 0 ..= m of the truth among the draws: below the interval are the first `rank`, above the last.
        let first = sorted.partition_point(|&draw| draw < truth);
        let last = sorted.partition_point(|&draw| draw <= truth);
        let places = |from: usize, to: usize| {
            let shared = (to.min(last + 1)).saturating_sub(from.max(first));
            shared as f64 / (last + 1 - first) as f64
        };
        below += places(0, rank);
        covered.push(places(rank, m + 1 - rank));
    }
    let n = truths.len() as f64;
    let expected = (m + 1 - 2 * rank) as f64 / (m + 1) as f64;
    Ok(Coverage {
        covered: bootstrap.mean(&covered)?,
        expected,
        error: (expected * (1.0 - expected) / n).sqrt(),
        below: below / n,
        length: length / n,
        rank,
    })
}

/// The central interval `[low, high]` of the draws of one query, as [`coverage`] takes it at this `level`.
///
/// # Errors
/// When there are fewer than two draws, one is not finite, or `level` is outside (0, 1).
pub fn central(draws: &[f64], level: f64) -> Result<[f64; 2]> {
    check::at_least("draws of a query", draws.len(), 2)?;
    check::finite("draws", draws)?;
    check::inside_unit("level", level)?;
    let mut sorted = draws.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    let rank = rank(sorted.len(), level);
    Ok([sorted[rank - 1], sorted[sorted.len() - rank]])
}

/// The rank of the ends whose exact coverage is nearest to `level`; `m + 1 - 2 r` stays above zero.
fn rank(m: usize, level: f64) -> usize {
    let wanted = (1.0 - level) * (m + 1) as f64 / 2.0;
    // Half down: the wider of two as near, also where `1 - level` was rounded up.
    let nearest = (wanted - 0.5 - 1e-9).ceil().max(1.0) as usize;
    nearest.min(m / 2)
}

fn check_draws(draws: &ArrayRef2<f64>) -> Result<()> {
    check::at_least("queries", draws.nrows(), 1)?;
    check::at_least("draws of a query", draws.ncols(), 2)?;
    check::finite("draws", draws)
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Array2, array};
    use proptest::prelude::*;

    const ROUNDS: Bootstrap = Bootstrap { rounds: 50, level: 0.9, seed: 3 };

    /// Draws around a centre of each query, and truths from the same distribution scaled by `factor`.
    fn queries(n: usize, m: usize, factor: f64, item: u64) -> (Array2<f64>, Vec<f64>) {
        let mut s = Stream::new(28, "uncertainty-test", item, 0);
        let centres: Vec<f64> = (0..n).map(|_| 5.0 * s.normal()).collect();
        let draws = Array2::from_shape_fn((n, m), |(q, _)| centres[q] + s.gamma(2.0, 1.0));
        let truths = centres.iter().map(|c| c + factor * s.gamma(2.0, 1.0)).collect();
        (draws, truths)
    }

    #[test]
    fn a_spread_worked_by_hand() {
        // Rows vary by 2 and 8 around means 1 and 5: 10/4 within, 8 between means, of which 10/12 is from within.
        let of = spread(&array![[0.0, 1.0, 2.0], [3.0, 5.0, 7.0]], &ROUNDS).unwrap();
        assert_relative_eq!(of.deviation.estimate, (10.0f64 / 4.0).sqrt(), epsilon = 1e-15);
        assert_relative_eq!(of.within.unwrap().estimate, 15.0 / 58.0, epsilon = 1e-15);
        let none = spread(&array![[0.1, 0.1], [0.1, 0.1]], &ROUNDS).unwrap();
        assert_eq!((none.deviation.high, none.within), (0.0, None));
        assert_eq!(spread(&array![[1.0, 2.0]], &ROUNDS).unwrap().within, None);
        assert!(spread(&array![[1.0], [2.0]], &ROUNDS).is_err());
    }

    /// Monte-Carlo: 4,000 queries of two draws that know nothing of their query; the share of 1 within 0.05.
    #[test]
    fn answers_that_ignore_the_query_vary_within_it() {
        let mut s = Stream::new(28, "uncertainty-ignoring", 0, 0);
        let draws = Array2::from_shape_fn((4000, 2), |_| s.normal());
        assert_relative_eq!(
            spread(&draws, &ROUNDS).unwrap().within.unwrap().estimate,
            1.0,
            epsilon = 0.05
        );
    }

    #[test]
    fn ranks_are_those_of_the_nearest_exact_coverage() {
        // m = 19: r = 1 covers 90 %, r = 2 80 %; 85 % is as near to both and takes the wider.
        assert_eq!([0.95, 0.90, 0.85, 0.80].map(|level| rank(19, level)), [1, 1, 1, 2]);
        assert_eq!((rank(39, 0.95), rank(99, 0.9), rank(2, 0.01), rank(3, 0.01)), (1, 5, 1, 1));
        // Of 1 to 59 the third from each end.
        let draws: Vec<f64> = (1..=59).rev().map(f64::from).collect();
        assert_eq!(central(&draws, 0.9).unwrap(), [3.0, 57.0]);
        assert!(central(&[1.0], 0.9).is_err() && central(&[1.0, f64::NAN], 0.9).is_err());
    }

    /// Exact in kind: the truth is one of few values and one more draw; Monte-Carlo as below.
    #[test]
    fn equal_values_leave_the_expectation_exact() {
        let mut s = Stream::new(28, "uncertainty-ties", 0, 0);
        let draws = Array2::from_shape_fn((4000, 9), |_| s.below(3) as f64);
        let truths: Vec<f64> = (0..4000).map(|_| s.below(3) as f64).collect();
        let c = coverage(&draws, &truths, 0.6, &ROUNDS).unwrap();
        assert!(c.errors_off().abs() < 4.0, "{c:?}");
        let sure = coverage(&array![[2.0, 2.0, 2.0]], &[2.0], 0.5, &ROUNDS).unwrap();
        assert_eq!((sure.covered.estimate, sure.below, sure.length), (0.5, 0.25, 0.0));
        assert_eq!(
            coverage(&array![[2.0, 2.0, 2.0]], &[2.1], 0.5, &ROUNDS).unwrap().covered.high,
            0.0
        );
    }

    #[test]
    fn ends_count_half() {
        let c =
            coverage(&array![[1.0, 2.0], [1.0, 2.0], [1.0, 2.0]], &[1.0, 2.0, 7.0], 0.3, &ROUNDS)
                .unwrap();
        assert_relative_eq!(c.covered.estimate, 1.0 / 3.0, epsilon = 1e-15);
        assert_relative_eq!(c.below, 0.5 / 3.0, epsilon = 1e-15);
        assert_eq!((c.length, c.rank), (1.0, 1));
        assert_relative_eq!(c.error, (2.0f64 / 9.0 / 3.0).sqrt(), epsilon = 1e-15);
        assert!(coverage(&array![[1.0, 2.0]], &[1.0, 2.0], 0.5, &ROUNDS).is_err());
        assert!(coverage(&array![[1.0, 2.0]], &[1.0], 1.0, &ROUNDS).is_err());
    }

    /// Monte-Carlo: 4,000 queries; a right answer is within four errors of its exact coverage, sides alike, for a skewed
    /// distribution and several numbers of draws; truths spread by 1.6 are told apart.
    #[test]
    fn right_answers_cover_and_overconfident_ones_do_not() {
        for (m, level) in [(2, 0.3), (9, 0.5), (19, 0.9), (40, 0.7)] {
            let (draws, truths) = queries(4000, m, 1.0, m as u64);
            let c = coverage(&draws, &truths, level, &ROUNDS).unwrap();
            assert!(c.errors_off().abs() < 4.0, "{m}: {c:?}");
            let tail = (1.0 - c.expected) / 2.0;
            let error = (tail * (1.0 - tail) / 4000.0).sqrt();
            assert!((c.below - tail).abs() < 4.0 * error, "{m}: {c:?}");
        }
        let (draws, truths) = queries(4000, 19, 1.6, 1);
        assert!(coverage(&draws, &truths, 0.9, &ROUNDS).unwrap().errors_off() < -10.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(48))]

        /// Exact up to rounding: nothing depends on the order of the draws, and all lengths follow the units.
        #[test]
        fn order_and_units_do_not_matter(item: u64, scale in 0.1..9.0f64, level in 0.05..0.95f64) {
            let (draws, truths) = queries(12, 7, 1.0, item);
            let plain = coverage(&draws, &truths, level, &ROUNDS).unwrap();
            let order = Stream::new(item, "order", 0, 0).permutation(7);
            let moved = draws.select(ndarray::Axis(1), &order) * scale;
            let scaled: Vec<f64> = truths.iter().map(|t| t * scale).collect();
            let moved_coverage = coverage(&moved, &scaled, level, &ROUNDS).unwrap();
            prop_assert_eq!(moved_coverage.covered, plain.covered);
            assert_relative_eq!(moved_coverage.length, scale * plain.length, max_relative = 1e-9);
            let (a, b) = (spread(&draws, &ROUNDS).unwrap(), spread(&moved, &ROUNDS).unwrap());
            assert_relative_eq!(b.deviation.estimate, scale * a.deviation.estimate, max_relative = 1e-9);
            assert_relative_eq!(b.within.unwrap().high, a.within.unwrap().high, max_relative = 1e-9);
            prop_assert!((0.0..=1.0).contains(&a.within.unwrap().estimate));
        }
    }
}
