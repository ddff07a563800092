//! Pairing rows with columns so that the paired entries add up to the most: the assignment problem.
//!
//! Kuhn, *The Hungarian method for the assignment problem* (1955), in the shortest-augmenting-path form of
//! Jonker and Volgenant (1987).

use ndarray::{Array2, ArrayRef2};

use crate::{check, error::Result};

/// The pairs (row, column), in the order of rows, that maximise the sum of `gains` over pairs.
///
/// Every row of a wide matrix and every column of a tall one is paired once. Equal optima are resolved the same
/// way each time. `O(s^2 l)` for the shorter side `s` and the longer side `l`.
///
/// ```
/// use counterfoil_metrics::assignment::best_pairs;
/// use ndarray::array;
/// // Greedy would take 9 and be left with 1; 8 + 7 is more.
/// assert_eq!(best_pairs(&array![[9.0, 8.0], [7.0, 1.0]])?, [(0, 1), (1, 0)]);
/// # Ok::<(), counterfoil_metrics::MetricsError>(())
/// ```
///
/// # Errors
/// When `gains` is empty or holds a non-finite value.
pub fn best_pairs(gains: &ArrayRef2<f64>) -> Result<Vec<(usize, usize)>> {
    check::at_least("gains", gains.len(), 1)?;
    check::finite("gains", gains)?;
    let tall = gains.nrows() > gains.ncols();
    let costs = if tall { -&gains.t() } else { -gains };
    let row_of = cheapest_rows(&costs);
    let pairs = row_of.into_iter().enumerate();
    let mut pairs: Vec<(usize, usize)> =
        pairs.filter_map(|(column, row)| row.map(|row| (row, column))).collect();
    if tall {
        for (row, column) in &mut pairs {
            std::mem::swap(row, column);
        }
    }
    pairs.sort_unstable();
    Ok(pairs)
}

/// For each column, the row assigned to it, at least cost; there are no more rows than columns.
///
/// One row at a time is added along the shortest augmenting path in reduced costs `cost - u - v >= 0`, where the
/// potentials `u` and `v` keep assigned pairs at zero.
fn cheapest_rows(costs: &Array2<f64>) -> Vec<Option<usize>> {
    let (rows, columns) = costs.dim();
    let (mut u, mut v) = (vec![0.0; rows], vec![0.0; columns]);
    let mut row_of: Vec<Option<usize>> = vec![None; columns];
    for start in 0..rows {
        let mut distance = vec![f64::INFINITY; columns];
        let mut previous: Vec<Option<usize>> = vec![None; columns]; // column before, None: `start` itself
        let mut settled = vec![false; columns];
        let (mut row, mut column) = (start, None);
        // Grow a shortest-path tree until it reaches a column without a row.
        let end = loop {
            let base = column.map_or(0.0, |c: usize| distance[c]);
            let mut nearest: Option<usize> = None;
            for c in (0..columns).filter(|&c| !settled[c]) {
                let reach = base + costs[(row, c)] - u[row] - v[c];
                if reach < distance[c] {
                    (distance[c], previous[c]) = (reach, column);
                }
                if nearest.is_none_or(|n| distance[c] < distance[n]) {
                    nearest = Some(c);
                }
            }
            // No more rows than columns: while a row is unassigned, an unsettled column exists.
            let Some(next) = nearest else { return row_of };
            settled[next] = true;
            match row_of[next] {
                None => break next,
                Some(assigned) => (row, column) = (assigned, Some(next)),
            }
        };
        // Shift the potentials so that the path becomes tight, then swap pairs along it.
        u[start] += distance[end];
        for c in (0..columns).filter(|&c| settled[c]) {
            let slack = distance[end] - distance[c];
            v[c] -= slack;
            if let Some(assigned) = row_of[c] {
                u[assigned] += slack;
            }
        }
        let mut c = end;
        while let Some(before) = previous[c] {
            row_of[c] = row_of[before];
            c = before;
        }
        row_of[c] = Some(start);
    }
    row_of
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use ndarray::array;
    use proptest::prelude::*;

    /// The best sum over all ways to pair rows `from..` with unused columns, by trying them.
    fn exhaustive(gains: &Array2<f64>, from: usize, used: &mut Vec<bool>) -> f64 {
        if from == gains.nrows() {
            return 0.0;
        }
        let mut best = f64::NEG_INFINITY;
        for column in 0..gains.ncols() {
            if !used[column] {
                used[column] = true;
                best = best.max(gains[(from, column)] + exhaustive(gains, from + 1, used));
                used[column] = false;
            }
        }
        best
    }

    fn sum(gains: &Array2<f64>, pairs: &[(usize, usize)]) -> f64 {
        pairs.iter().map(|&pair| gains[pair]).sum()
    }

    #[test]
    fn wide_tall_and_single() {
        let wide = array![[1.0, 5.0, 2.0], [4.0, 6.0, 1.0]];
        assert_eq!(best_pairs(&wide), Ok(vec![(0, 1), (1, 0)]));
        assert_eq!(best_pairs(&wide.t()), Ok(vec![(0, 1), (1, 0)]));
        assert_eq!(best_pairs(&array![[-3.0]]), Ok(vec![(0, 0)]));
        assert!(best_pairs(&Array2::zeros((0, 3))).is_err());
    }

    proptest! {
        /// Float class: sums of at most six numbers below ten in another order. Values on a coarse grid make
        /// ties common.
        #[test]
        fn it_agrees_with_trying_everything(
            rows in 1usize..6, extra in 0usize..3, coarse: bool,
            values in prop::collection::vec(-9.0..9.0f64, 48),
        ) {
            let columns = rows + extra;
            let gains = Array2::from_shape_fn((rows, columns), |(i, j)| {
                let value = values[i * columns + j];
                if coarse { value.round() } else { value }
            });
            let best = exhaustive(&gains, 0, &mut vec![false; columns]);
            let pairs = best_pairs(&gains).unwrap();
            prop_assert_eq!(pairs.len(), rows);
            let mut used: Vec<usize> = pairs.iter().map(|p| p.1).collect();
            used.sort_unstable();
            used.dedup();
            prop_assert_eq!(used.len(), rows);
            assert_relative_eq!(sum(&gains, &pairs), best, epsilon = 1e-12);
            let turned = gains.t().to_owned();
            assert_relative_eq!(sum(&turned, &best_pairs(&turned).unwrap()), best, epsilon = 1e-12);
        }
    }
}
