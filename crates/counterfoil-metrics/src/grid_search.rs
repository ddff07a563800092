//! The best grid over a scatter plot: rows held to near equal counts, columns by a dynamic program.
//!
//! Reshef et al., *Detecting novel associations in large data sets* (2011), supporting material, algorithms 2 to 4; see
//! [`mine`](crate::mine) for what is made of it.

/// One quantity: its values and its images in ascending order.
pub(crate) struct Axis {
    order: Vec<usize>,
    values: Vec<f64>,
}

impl Axis {
    pub(crate) fn new(values: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..values.len()).collect();
        order.sort_by(|&a, &b| values[a].total_cmp(&values[b]));
        Self { order, values: values.to_vec() }
    }

    /// Runs of images that must stay together because they are equal, ascending.
    fn runs(&self) -> impl Iterator<Item = &[usize]> {
        self.order.chunk_by(|&a, &b| self.values[a] == self.values[b])
    }
}

/// Puts runs of the given lengths into at most `parts` consecutive parts of near equal size: the part of each run,
/// ascending from 0 without holes (algorithm 3). A part is closed when the next run would take it farther from the
/// size aimed at than it is; that size is renewed from what is left.
fn equipartition(runs: &[usize], parts: usize) -> Vec<usize> {
    let total: usize = runs.iter().sum();
    let mut aim = total as f64 / parts as f64;
    let (mut part, mut held, mut placed) = (0, 0, 0);
    let mut of = Vec::with_capacity(runs.len());
    for &run in runs {
        let (with, without) = ((held + run) as f64 - aim, held as f64 - aim);
        if held != 0 && with.abs() >= without.abs() {
            part += 1;
            held = 0;
            aim = (total - placed) as f64 / (parts - part) as f64;
        }
        of.push(part);
        held += run;
        placed += run;
    }
    of
}

/// Normalised information of the best 2 to `most` columns along `x`, made of at most `clumped` clumps, given `rows`
/// rows of near equal count of `y`.
pub(crate) fn best_columns(
    x: &Axis,
    y: &Axis,
    rows: usize,
    most: usize,
    clumped: usize,
) -> Vec<f64> {
    let n = x.order.len();
    let runs: Vec<&[usize]> = y.runs().collect();
    let parts = equipartition(&runs.iter().map(|run| run.len()).collect::<Vec<_>>(), rows);
    let rows = parts.last().map_or(0, |last| last + 1);
    let mut row = vec![0; n];
    for (run, part) in runs.iter().zip(parts) {
        run.iter().for_each(|&image| row[image] = part);
    }
    let ends = clumps(x, &row, clumped);
    if rows < 2 || ends.len() < 2 {
        return vec![0.0; most - 1];
    }
    // below[t][r]: images of row r in the first t clumps.
    let mut below = vec![vec![0usize; rows]; ends.len() + 1];
    let mut start = 0;
    for (t, &end) in ends.iter().enumerate() {
        let mut counts = below[t].clone();
        for &image in &x.order[start..end] {
            counts[row[image]] += 1;
        }
        below[t + 1] = counts;
        start = end;
    }
    let informations = informations(&below, &ends, most);
    let normalise = |(i, information): (usize, f64)| {
        (information / (rows.min(i + 2) as f64).ln()).clamp(0.0, 1.0)
    };
    informations.into_iter().enumerate().map(normalise).collect()
}

/// The ends of the clumps along `x`: consecutive images of one row, or of equal `x` (algorithm 2 never cuts within
/// one); where there are more than `most`, they are merged into so many of near equal count.
fn clumps(x: &Axis, row: &[usize], most: usize) -> Vec<usize> {
    let mut sizes: Vec<usize> = Vec::new();
    let mut last = None; // the row of the clump before, `None` where it is mixed
    for run in x.runs() {
        let pure = run.iter().all(|&image| row[image] == row[run[0]]).then_some(row[run[0]]);
        match sizes.last_mut() {
            Some(size) if pure.is_some() && pure == last => *size += run.len(),
            _ => sizes.push(run.len()),
        }
        last = pure;
    }
    let parts =
        if sizes.len() > most { equipartition(&sizes, most) } else { (0..sizes.len()).collect() };
    let mut ends: Vec<usize> = Vec::new();
    let mut end = 0;
    for (size, part) in sizes.into_iter().zip(parts) {
        end += size;
        if part == ends.len() {
            ends.push(end);
        } else if let Some(open) = ends.last_mut() {
            *open = end;
        }
    }
    ends
}

/// The largest mutual information in nats of the rows with 2, 3, ... `most` columns made of whole clumps.
///
/// Maximising `H(rows) - H(rows | columns)` is minimising the sum over columns of count times entropy of the rows
/// within; `least[t]` is that sum for the first `t` clumps (algorithm 2 in this form).
fn informations(below: &[Vec<usize>], ends: &[usize], most: usize) -> Vec<f64> {
    let clumps = ends.len();
    let n = ends[clumps - 1];
    let x_log_x: Vec<f64> =
        (0..=n).map(|m| if m == 0 { 0.0 } else { m as f64 * (m as f64).ln() }).collect();
    // Count times entropy of the clumps s .. t.
    let cost = |s: usize, t: usize| {
        let from = if s == 0 { 0 } else { ends[s - 1] };
        let parts = below[t].iter().zip(&below[s]).map(|(after, before)| x_log_x[after - before]);
        x_log_x[ends[t - 1] - from] - parts.sum::<f64>()
    };
    let costs: Vec<Vec<f64>> = (1..=clumps).map(|t| (0..t).map(|s| cost(s, t)).collect()).collect();
    let whole = costs[clumps - 1][0];
    let mut least: Vec<f64> = costs.iter().map(|of| of[0]).collect(); // by last clump, one column
    let mut out = Vec::with_capacity(most - 1);
    for columns in 2..=most {
        if columns <= clumps {
            // The columns before end at clump s, which is at least as many as they are; no need to improve.
            for t in (columns - 1..clumps).rev() {
                let splits = (columns - 1..=t).map(|s| least[s - 1] + costs[t][s]);
                least[t] = splits.fold(least[t], f64::min);
            }
        }
        out.push(((whole - least[clumps - 1]) / n as f64).max(0.0));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_near_equal_and_runs_stay_whole() {
        // Aim 7/3 closes the first part at two, then 5/2 the second: half a run is as far over as under.
        assert_eq!(equipartition(&[1; 7], 3), [0, 0, 1, 1, 2, 2, 2]);
        assert_eq!(equipartition(&[3, 1, 1, 1], 2), [0, 1, 1, 1]);
        // One long run leaves fewer parts than asked for.
        assert_eq!(equipartition(&[1, 9], 3), [0, 1]);
        assert_eq!(equipartition(&[10], 3), [0]);
    }

    #[test]
    fn clumps_end_where_the_row_changes_and_equal_values_stay_together() {
        // Along x the rows read 0 0 1, then two images of equal x in both rows, then 1 1.
        let x = Axis::new(&[1.0, 2.0, 3.0, 4.0, 4.0, 5.0, 6.0]);
        let row = [0, 0, 1, 0, 1, 1, 1];
        assert_eq!(clumps(&x, &row, 9), [2, 3, 5, 7]);
        // Two parts of near equal count: the first aims at 7/2, which three miss by less than five.
        assert_eq!(clumps(&x, &row, 2), [3, 7]);
    }
}
