//! How clearly is a variable told by its own block alone? SAP, MIG, IRS, MIC and TIC of the blocks of the code.
//!
//! DCI asks what a reader of the whole code leans on. These scores look at one block and one variable at a time: whether
//! the best block is far ahead of the second for a line (SAP) and for any relation (MIG), whether a block stands still
//! while its variable does (IRS), and how strongly it is related to its own label and to others (MIC, TIC).
//!
//! A block counts by the best of what it is shown by: the mean of each part where it is labelled, every dimension where it
//! is not. An unlabelled block is thus a rival in SAP and MIG, which fall where one of its dimensions repeats a label; IRS
//! and MIC are of labelled blocks. Only continuous variables are asked for, as the scores read values by their order; the
//! blocks of others are rivals too.
//!
//! Variables that cause one another are related however well the blocks keep them apart, and grouping images by a value is
//! no intervention then. So the same scores are given for a code that is the labels themselves.

use counterfoil_metrics::{
    MetricsError,
    gap::Gaps,
    grouping::Grouping,
    irs::irs,
    mig::mig,
    mine::{Characteristic, Grids},
    sap::sap,
    statistics::variance,
};
use ndarray::{Array2, Axis, concatenate};

use super::{draw::Labelled, summary::Separation};

/// Groups of values where there are images enough, as is usual for MIG.
const GROUPS: usize = 20;
/// The quantile of deviations that IRS takes, that of the authors' code.
const QUANTILE: f64 = 0.99;

/// Scores of blocks, each shown by the columns of one of `parts`, for `factors` (`[images, variables]`). The labelled
/// blocks are those of `variables`, in their order. What cannot be scored (one block, too few images) is absent.
pub(super) fn of_blocks(
    parts: &[Array2<f64>],
    labelled: &[bool],
    variables: &[Labelled],
    factors: &Array2<f64>,
) -> Separation {
    let own: Vec<&Array2<f64>> = parts
        .iter()
        .zip(labelled)
        .filter_map(|(part, labelled)| labelled.then_some(part))
        .collect();
    let changes = |column: usize| {
        variance(&factors.column(column).to_vec()).is_ok_and(|variance| variance > 0.0)
    };
    let asked: Vec<usize> = variables
        .iter()
        .enumerate()
        .filter(|(column, v)| v.is_ordered() && changes(*column))
        .map(|(column, _)| column)
        .collect();
    let factors = factors.select(Axis(1), &asked);
    let groups = groups(factors.nrows());
    let [with_own, with_other] = relations(&own, &asked, &factors);
    let of = |strength: Option<Strength>, k: usize| strength.map(|strength| strength[k]);
    Separation {
        sap: gap(parts, |codes| sap(codes, &factors)),
        mig: gap(parts, |codes| {
            mig(codes, &factors, Grouping::EqualWidth(groups), Grouping::EqualWidth(groups))
        }),
        irs: standing_still(&own, &asked, &factors, groups),
        mic: of(with_own, 0),
        mic_other: of(with_other, 0),
        tic: of(with_own, 1),
        tic_other: of(with_other, 1),
    }
}

/// The scores of a code that is the labels themselves, one column a block.
pub(super) fn of_labels(variables: &[Labelled], factors: &Array2<f64>) -> Separation {
    let parts: Vec<Array2<f64>> =
        (0..factors.ncols()).map(|column| factors.select(Axis(1), &[column])).collect();
    of_blocks(&parts, &vec![true; parts.len()], variables, factors)
}

/// As many groups as leave two images and a half for a pair of groups: 20 for 1,000 images.
fn groups(images: usize) -> usize {
    ((images as f64 / 2.5).sqrt() as usize).clamp(2, GROUPS)
}

fn side_by_side<'a>(parts: impl Iterator<Item = &'a Array2<f64>>) -> Option<Array2<f64>> {
    let views: Vec<_> = parts.map(|part| part.view()).collect();
    concatenate(Axis(1), &views).ok()
}

/// The mean gap between the two best blocks of a factor, by the best score of each block's columns.
fn gap(
    parts: &[Array2<f64>],
    score: impl Fn(&Array2<f64>) -> Result<Gaps, MetricsError>,
) -> Option<f64> {
    let scores = score(&side_by_side(parts.iter())?).ok()?.scores;
    let mut by_block = Array2::zeros((parts.len(), scores.ncols()));
    let mut start = 0;
    for (part, mut row) in parts.iter().zip(by_block.rows_mut()) {
        for offset in 0..part.ncols() {
            row.zip_mut_with(&scores.row(start + offset), |best, score| *best = score.max(*best));
        }
        start += part.ncols();
    }
    Some(Gaps::of(by_block).ok()?.mean)
}

/// IRS of the asked variables' own blocks, all of one scale.
fn standing_still(
    own: &[&Array2<f64>],
    asked: &[usize],
    factors: &Array2<f64>,
    groups: usize,
) -> Option<f64> {
    let mut codes = side_by_side(asked.iter().map(|column| own[*column]))?;
    for mut column in codes.columns_mut() {
        let scale = variance(&column.to_vec()).ok()?.sqrt();
        if scale > 0.0 {
            column /= scale;
        }
    }
    Some(irs(&codes, factors, Grouping::EqualCount(groups), QUANTILE).ok()?.overall)
}

/// MIC and TIC of a relation.
type Strength = [f64; 2];

/// Mean strength of each asked variable's relation with its own block, and with the most telling of the other labelled blocks.
fn relations(
    own: &[&Array2<f64>],
    asked: &[usize],
    factors: &Array2<f64>,
) -> [Option<Strength>; 2] {
    let stronger = |a: Strength, b: Strength| [a[0].max(b[0]), a[1].max(b[1])];
    let related = |block: &Array2<f64>, label: &[f64]| -> Option<Strength> {
        let one = |column: ndarray::ArrayView1<'_, f64>| {
            let found = Characteristic::of(&column.to_vec(), label, &Grids::default()).ok()?;
            Some([found.mic(), found.mean()])
        };
        let each: Option<Vec<Strength>> = block.columns().into_iter().map(one).collect();
        each?.into_iter().reduce(stronger)
    };
    let (mut with_own, mut with_other) = (Vec::new(), Vec::new());
    for (label, variable) in factors.columns().into_iter().zip(asked) {
        let label = label.to_vec();
        let of = |block: usize| related(own[block], &label);
        with_own.push(of(*variable));
        let others = (0..own.len()).filter(|block| block != variable).map(of);
        let others: Option<Vec<Strength>> = others.collect();
        with_other.push(others.and_then(|each| each.into_iter().reduce(stronger)));
    }
    [with_own, with_other].map(|each| {
        let each: Vec<Strength> = each.into_iter().collect::<Option<_>>()?;
        let mean = |k: usize| each.iter().map(|s| s[k]).sum::<f64>() / each.len() as f64;
        (!each.is_empty()).then(|| [mean(0), mean(1)])
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;
    use counterfoil_scm::morphomnist as world;

    fn normal(name: &str, k: usize, j: usize) -> f64 {
        Stream::new(3, name, k as u64, j as u64).normal()
    }

    /// Two independent variables, their blocks turned by an angle, and an unlabelled block whose last dimension repeats the
    /// first variable as far as `leak` says.
    fn scores(images: usize, mixed: f64, leak: f64) -> Separation {
        let scm = world::model();
        let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
        let factors = Array2::from_shape_fn((images, 2), |(k, j)| normal("factor", k, j));
        let (cos, sin) = (mixed.cos(), mixed.sin());
        let column = |j| {
            Array2::from_shape_fn((images, 1), |(k, _)| {
                let (a, b) = (factors[[k, 0]], factors[[k, 1]]);
                if j == 0 { cos * a + sin * b } else { cos * b - sin * a }
            })
        };
        let style = Array2::from_shape_fn((images, 3), |(k, j)| {
            let leak = if j == 2 { leak } else { 0.0 };
            leak * factors[[k, 0]] + (1.0 - leak) * normal("style", k, j)
        });
        let parts = [column(0), style, column(1)];
        of_blocks(&parts, &[true, false, true], &variables, &factors)
    }

    /// Monte-Carlo over 400 images: squared correlations of independent columns are near 1 / 400, their MIC near 0.18.
    #[test]
    fn blocks_that_mix_their_variables_have_no_lead() {
        use std::f64::consts::FRAC_PI_4;
        let all = |s: Separation| [s.sap, s.mig, s.irs, s.mic, s.mic_other].map(Option::unwrap);
        let [sap, mig, irs, mic, other] = all(scores(400, 0.0, 0.0));
        assert!(sap > 0.95 && mig > 0.6 && irs > 0.7, "{sap} {mig} {irs}");
        assert!(mic > 0.999 && other < 0.25, "{mic} {other}");
        let clear = scores(400, 0.0, 0.0);
        let [tic, tic_other] = [clear.tic, clear.tic_other].map(Option::unwrap);
        assert!(tic > 0.9 && tic_other < 0.15, "{tic} {tic_other}");
        let [mixed_sap, mixed_mig, mixed_irs, mic, other] = all(scores(400, FRAC_PI_4, 0.0));
        assert!(mixed_sap < 0.1 && mixed_mig < 0.1, "{mixed_sap} {mixed_mig}");
        assert!(mixed_irs < irs - 0.2, "{mixed_irs}");
        assert!(mic < 0.7 && (mic - other).abs() < 0.1, "{mic} {other}");
        // One of two variables is told by the unlabelled block as well; labelled blocks are what they were.
        let leaky = all(scores(400, 0.0, 1.0));
        assert!((leaky[0] - sap / 2.0).abs() < 0.02, "{leaky:?}");
        assert!((leaky[1] - mig / 2.0).abs() < 0.1, "{leaky:?}");
        assert_eq!(leaky[2..], [irs, all(scores(400, 0.0, 0.0))[3], all(scores(400, 0.0, 0.0))[4]]);
    }

    /// Exact: a code that is the labels scores as the labels do, in whatever units; few images are no error.
    #[test]
    fn labels_are_their_own_reference() {
        let scm = world::model();
        let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
        let rows: Vec<Vec<f64>> =
            (0..200).map(|k| scm.sample(&mut Stream::new(2, "labels", k, 0)).values).collect();
        let factors = Array2::from_shape_fn((200, 2), |(row, column)| rows[row][column]);
        let reference = of_labels(&variables, &factors);
        let parts = [0, 1].map(|column| 8.0 * factors.select(Axis(1), &[column]));
        let scaled = of_blocks(&parts, &[true, true], &variables, &factors);
        assert_eq!(scaled.mic, reference.mic);
        assert_eq!(scaled.mic_other, reference.mic_other);
        assert!((scaled.sap.unwrap() - reference.sap.unwrap()).abs() < 1e-9);
        assert!(reference.mic_other.unwrap() > 0.4, "thickness drives intensity: {reference:?}");
        let few = factors.select(Axis(0), &[0, 1, 2]);
        assert_eq!(of_labels(&variables, &few).mic, None);
        let still = Array2::ones((50, 2));
        assert_eq!(of_labels(&variables, &still), Separation::default());
    }
}
