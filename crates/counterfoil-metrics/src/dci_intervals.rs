//! How sure are the DCI scores of a code? Bootstrap intervals over images.
//!
//! Every image keeps the half it was put in: a round draws images with replacement and refits the readers on those
//! of the fitting half, so no copy of a fitted image is ever scored. (Splitting after drawing would put copies of one
//! image on both sides, and any reader that can learn by heart would then look informative on noise.)

use ndarray::ArrayRef2;
use serde::{Deserialize, Serialize};

use crate::{
    bootstrap::{Bootstrap, Interval},
    check,
    disentanglement::{Reader, completeness, disentanglement, over_blocks, read},
    error::Result,
    probe::halves,
};

/// The DCI scores with their intervals.
#[derive(Clone, Debug, Deserialize, PartialEq, Serialize)]
pub struct DciIntervals {
    /// One factor per dimension or block?
    pub disentanglement: Interval,
    /// One dimension or block per factor?
    pub completeness: Interval,
    /// R2 of each factor on images the reader never saw.
    pub r2: Vec<Interval>,
}

/// Intervals of the DCI scores of `codes` (`[n, dimensions]`) for `factors` (`[n, factors]`), one image per row.
///
/// The estimates are those of [`dci`](crate::disentanglement::dci) or
/// [`dci_boosted`](crate::disentanglement::dci_boosted) at the same `seed`, with importances summed over blocks
/// ([`over_blocks`]) where `widths` is given. The interval says how the scores move with the images, not with the
/// choice of halves. Rounds see about 63 % of the distinct images, so where more images would help the reader the
/// interval lies a little low in R2 and need not be centred on the estimate. Costs `rounds + 1` fits of every factor:
/// take a few hundred rounds, not thousands, with trees.
///
/// # Errors
/// As [`dci`](crate::disentanglement::dci) and [`Bootstrap::interval`], and when `widths` do not add up to the number
/// of dimensions.
pub fn dci_intervals(
    codes: &ArrayRef2<f64>,
    factors: &ArrayRef2<f64>,
    widths: Option<&[usize]>,
    reader: &Reader,
    seed: u64,
    bootstrap: &Bootstrap,
) -> Result<DciIntervals> {
    let n = codes.nrows();
    check::same_len("codes", n, "factors", factors.nrows())?;
    let (fit, score) = halves(n, seed);
    let mut place: Vec<(bool, usize)> = vec![(false, 0); n];
    fit.into_iter().enumerate().for_each(|(at, image)| place[image] = (false, at));
    score.into_iter().enumerate().for_each(|(at, image)| place[image] = (true, at));
    let mut figures = bootstrap.intervals(n, |images| {
        let (mut score, mut fit): (Vec<usize>, Vec<usize>) =
            images.iter().partition(|&&image| place[image].0);
        fit.sort_unstable_by_key(|&image| place[image]);
        score.sort_unstable_by_key(|&image| place[image]);
        let fit = copies_on_one_side(&fit);
        let dci = read(codes, factors, (fit, score), reader)?;
        let (d, c) = match widths {
            None => (dci.disentanglement.overall, dci.completeness.overall),
            Some(widths) => {
                let blocks = over_blocks(&dci.importance, widths)?;
                (disentanglement(&blocks)?.overall, completeness(&blocks)?.overall)
            }
        };
        Ok([d, c].into_iter().chain(dci.informativeness.iter().map(|i| i.r2)).collect())
    })?;
    let r2 = figures.split_off(2);
    Ok(DciIntervals { disentanglement: figures[0], completeness: figures[1], r2 })
}

/// The images, copies adjacent, in an order that has all copies of an image at even or all at odd positions but for a
/// few at the end: a penalty is tuned between those halves. Without copies the order stays.
fn copies_on_one_side(images: &[usize]) -> Vec<usize> {
    let (mut even, mut odd) = (Vec::new(), Vec::new());
    for copies in images.chunk_by(|a, b| a == b) {
        let shorter = if even.len() <= odd.len() { &mut even } else { &mut odd };
        shorter.extend_from_slice(copies);
    }
    let both = even.len().min(odd.len());
    let pairs = even.iter().zip(&odd).flat_map(|(a, b)| [*a, *b]);
    pairs.chain(even[both..].iter().copied()).chain(odd[both..].iter().copied()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        disentanglement::{dci, dci_boosted},
        trees::Boosting,
    };
    use approx::assert_relative_eq;
    use counterfoil_random::Stream;
    use ndarray::{Array2, array};

    fn normals(n: usize, width: usize, item: u64) -> Array2<f64> {
        let mut s = Stream::new(26, "dci-intervals-test", item, 0);
        Array2::from_shape_fn((n, width), |_| s.normal())
    }

    const ROUNDS: Bootstrap = Bootstrap { rounds: 60, level: 0.9, seed: 2 };

    #[test]
    fn copies_are_kept_on_one_side() {
        assert_eq!(copies_on_one_side(&[5, 3, 9, 4]), [5, 3, 9, 4]);
        // Even: 7, 7, 2. Odd: 4, 8, 1.
        assert_eq!(copies_on_one_side(&[7, 7, 4, 8, 2, 1]), [7, 4, 7, 8, 2, 1]);
    }

    #[test]
    fn estimates_are_the_scores_themselves() {
        let factors = normals(120, 2, 0);
        let codes = factors.dot(&array![[1.0, 0.3, 0.0], [0.0, 1.0, 0.5]]) + normals(120, 3, 1);
        let (plain, interval) = (
            dci(&codes, &factors, 5).unwrap(),
            dci_intervals(&codes, &factors, None, &Reader::Ridge, 5, &ROUNDS).unwrap(),
        );
        let near = |a: f64, b: f64| assert_relative_eq!(a, b, epsilon = 1e-12);
        near(interval.disentanglement.estimate, plain.disentanglement.overall);
        near(interval.completeness.estimate, plain.completeness.overall);
        near(interval.r2[1].estimate, plain.informativeness[1].r2);
        assert!(interval.disentanglement.low < interval.disentanglement.high);
        // Blocks are pooled before the entropies are taken.
        let blocks = dci_intervals(&codes, &factors, Some(&[1, 2]), &Reader::Ridge, 5, &ROUNDS);
        let pooled = over_blocks(&plain.importance, &[1, 2]).unwrap();
        near(blocks.unwrap().completeness.estimate, completeness(&pooled).unwrap().overall);
        let wrong = dci_intervals(&codes, &factors, Some(&[1, 1]), &Reader::Ridge, 5, &ROUNDS);
        assert!(wrong.is_err());
    }

    /// Exact in kind: trees learn by heart; were copies of fitted images scored, noise would be read with an R2 of
    /// about a half.
    #[test]
    fn copies_of_fitted_images_are_not_scored() {
        let (codes, factors) = (normals(80, 3, 2), normals(80, 1, 3));
        let by_heart = Boosting { trees: 40, depth: 6, rate: 0.5, leaf: 1 };
        let reader = Reader::Boosted(by_heart);
        let interval = dci_intervals(&codes, &factors, None, &reader, 1, &ROUNDS).unwrap();
        assert!(interval.r2[0].high < 0.2, "{:?}", interval.r2);
        let plain = dci_boosted(&codes, &factors, &by_heart, 1).unwrap();
        assert_relative_eq!(interval.r2[0].estimate, plain.informativeness[0].r2, epsilon = 1e-12);
    }

    /// Monte-Carlo: four times the images halve the interval, 0.3 to 0.75 allowed for 60 rounds.
    #[test]
    fn intervals_shrink_with_more_images() {
        let width = |n: usize| {
            let factors = normals(n, 2, 4);
            let codes = factors.dot(&array![[1.0, 0.5], [0.2, 1.0]]) + normals(n, 2, 5);
            let of = dci_intervals(&codes, &factors, None, &Reader::Ridge, 1, &ROUNDS).unwrap();
            of.r2[0].high - of.r2[0].low
        };
        let ratio = width(1600) / width(400);
        assert!((0.3..0.75).contains(&ratio), "{ratio}");
    }
}
