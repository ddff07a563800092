//! Estimates from a sample, with intervals that say how far to trust them.

use super::{Counts, EvalError, Symbol, bundle::Estimand};
use counterfoil_random::Stream;

/// The plug-in estimate of a quantity and how it varies between samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Estimate {
    /// The estimand with relative frequencies for probabilities.
    pub value: f64,
    /// The bootstrap percentile interval; `None` where fewer than half of the resamples gave a value.
    pub interval: Option<[f64; 2]>,
    /// The standard deviation of the resampled values; `None` together with `interval`.
    pub standard_error: Option<f64>,
    /// The number of resamples in which the estimand had no value, because some case that it conditions on was not
    /// drawn. They count for nothing in the interval, which is too narrow when there are many.
    pub undefined: usize,
}

impl Estimand {
    /// The plug-in estimate of the estimand from a sample at each of `cells`, with percentile intervals of coverage
    /// `level` from `replicates` resamples of the rows (Efron 1979).
    ///
    /// All cells are estimated from the same resamples. With few observations of some case the intervals are too
    /// narrow, like all percentile intervals; without any there is an error. A level that does not lie between 0 and 1 gives no
    /// interval. `O(replicates (r log d + c))` for r rows,
    /// d of them different, and an estimand that takes c to evaluate.
    ///
    /// # Errors
    /// As [`Estimand::eval`] in the sample itself.
    ///
    /// ```
    /// use counterfoil_graph::{admg, estimand::{Counts, Symbol}, identification::identify, Query};
    /// use counterfoil_random::Stream;
    ///
    /// # fn main() -> Result<(), Box<dyn std::error::Error>> {
    /// let graph = admg! { Z -> X -> Y; Z -> Y }?;
    /// let query = Query::p(&graph, ["Y"])?.do_(["X"])?;
    /// let effect = identify(&graph, &query)?;
    /// let rows = [[0, 0, 0], [0, 0, 1], [0, 1, 1], [1, 0, 0], [1, 1, 1], [1, 1, 0], [1, 1, 1]];
    /// let sample = Counts::new(&[(0, 2), (1, 2), (2, 2)], rows.iter().cycle().take(700))?;
    /// let cell = vec![(Symbol::of(1), 1), (Symbol::of(2), 1)];
    /// let mut stream = Stream::new(1, "bootstrap", 0, 0);
    /// let found = effect.estimate(&sample, &[cell], 200, 0.95, &mut stream)?;
    /// // 3/7 of z = 0 with all of y = 1, 4/7 of z = 1 with two in three.
    /// assert!((found[0].value - (3.0 / 7.0 + 4.0 / 7.0 * 2.0 / 3.0)).abs() < 1e-12);
    /// let [low, high] = found[0].interval.unwrap();
    /// assert!(low < found[0].value && found[0].value < high && high - low < 0.15);
    /// # Ok(())
    /// # }
    /// ```
    pub fn estimate(
        &self,
        sample: &Counts,
        cells: &[Vec<(Symbol, usize)>],
        replicates: usize,
        level: f64,
        stream: &mut Stream,
    ) -> Result<Vec<Estimate>, EvalError> {
        let values: Vec<f64> =
            cells.iter().map(|cell| self.eval(sample, cell)).collect::<Result<_, _>>()?;
        let mut resampled: Vec<Vec<f64>> = vec![Vec::new(); cells.len()];
        for _ in 0..replicates {
            let again = sample.resampled(stream);
            for (cell, found) in cells.iter().zip(&mut resampled) {
                match self.eval(&again, cell) {
                    Ok(value) => found.push(value),
                    Err(EvalError::Positivity { .. }) => {}
                    Err(other) => return Err(other),
                }
            }
        }
        let summary = |(value, found): (f64, Vec<f64>)| summarised(value, found, replicates, level);
        Ok(values.into_iter().zip(resampled).map(summary).collect())
    }
}

fn summarised(value: f64, mut found: Vec<f64>, replicates: usize, level: f64) -> Estimate {
    let undefined = replicates - found.len();
    if found.len() < 2 || undefined > found.len() || !(level > 0.0 && level < 1.0) {
        return Estimate { value, interval: None, standard_error: None, undefined };
    }
    found.sort_by(f64::total_cmp);
    let n = found.len() as f64;
    let mean = found.iter().sum::<f64>() / n;
    let spread = found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0);
    let tail = (1.0 - level) / 2.0;
    let interval = Some([quantile(&found, tail), quantile(&found, 1.0 - tail)]);
    Estimate { value, interval, standard_error: Some(spread.sqrt()), undefined }
}

/// The quantile of ascending values, between two of them by straight lines.
fn quantile(ascending: &[f64], p: f64) -> f64 {
    let at = p * (ascending.len() - 1) as f64;
    let below = at.floor() as usize;
    let above = (below + 1).min(ascending.len() - 1);
    let part = at - at.floor();
    ascending[below] * (1.0 - part) + ascending[above] * part
}
