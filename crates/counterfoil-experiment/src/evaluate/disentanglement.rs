//! Does each block hold its own variable and no other? DCI and MCC of the blocks of the code.
//!
//! A block counts as one code dimension. It is shown by the mean of each part that stands for one scalar of a label (see
//! `Block::parts`), so that its width, which is a setting, is worth nothing; an unlabelled block by all its dimensions.
//! What matters of a block is the sum over what it is shown by.
//!
//! DCI has trees, which read the value of an angle or the number of a category as they are; correlations are those of the
//! scalars that stand for them (`scalars`), and a variable's is the mean of theirs.

use counterfoil_autoencoder::{Block, Blocks};
use counterfoil_metrics::{
    MetricsError,
    assignment::best_pairs,
    block_identifiability::mcc_by_block,
    bootstrap::{Bootstrap, Interval},
    dci_intervals::dci_intervals,
    disentanglement::{Reader, completeness, dci_boosted, disentanglement, over_blocks},
    identifiability::{Correlation, mcc},
    probe::Features,
    trees::Boosting,
};
use indexmap::IndexMap;
use ndarray::{Array2, Axis, concatenate};
use tch::Tensor;

use super::{
    draw::Labelled,
    figures::ends,
    pictures,
    scalars::Scalars,
    separation,
    summary::{BlockScore, Disentanglement, FactorScore},
};
use crate::error::Result;

/// Rounds behind the intervals of DCI: each fits the trees of every variable anew.
const REFITS: usize = 100;

/// Scores of latents `[n, d]` for the labels of the same images; nothing where they say nothing (too few images, a label
/// or a code that never changes).
///
/// # Errors
/// When libtorch cannot copy the latents.
pub fn of_latents(
    blocks: &Blocks,
    latents: &Tensor,
    variables: &[Labelled],
    labels: &[Vec<f64>],
    seed: u64,
) -> Result<Option<Disentanglement>> {
    let shown = |block: &Block| -> Result<Array2<f64>> {
        let own = block.of(latents);
        pictures::table(&if block.labelled { block.scalars(&own) } else { own })
    };
    let parts: Vec<Array2<f64>> = blocks.iter().map(shown).collect::<Result<_>>()?;
    let names: Vec<&str> = blocks.iter().map(|block| block.name.as_str()).collect();
    let labelled: Vec<bool> = blocks.iter().map(|block| block.labelled).collect();
    let of = |(row, column): (usize, usize)| labels[row][variables[column].data];
    let factors = Array2::from_shape_fn((labels.len(), variables.len()), of);
    Ok(score(&parts, &names, &labelled, variables, &factors, seed))
}

fn score(
    parts: &[Array2<f64>],
    names: &[&str],
    labelled: &[bool],
    variables: &[Labelled],
    factors: &Array2<f64>,
    seed: u64,
) -> Option<Disentanglement> {
    let side_by_side = |parts: &[&Array2<f64>]| {
        let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
        concatenate(Axis(1), &views).ok()
    };
    let codes = side_by_side(&parts.iter().collect::<Vec<_>>())?;
    let widths: Vec<usize> = parts.iter().map(Array2::ncols).collect();
    let read = dci_boosted(&codes, factors, &Boosting::default(), seed).ok()?;
    let importance = over_blocks(&read.importance, &widths).ok()?;
    let (each_block, each_factor) =
        (disentanglement(&importance).ok()?, completeness(&importance).ok()?);
    let of_labels: Vec<&Array2<f64>> = parts
        .iter()
        .zip(labelled)
        .filter_map(|(part, labelled)| labelled.then_some(part))
        .collect();
    let block = |(index, name): (usize, &&str)| {
        let weights = importance.row(index);
        let score =
            BlockScore { disentanglement: each_block.each[index], importance: weights.sum() };
        ((*name).to_owned(), score)
    };
    let factor = |(index, variable): (usize, &Labelled)| {
        let score = FactorScore {
            completeness: each_factor.each[index],
            r2: read.informativeness[index].r2,
            nrmse: read.informativeness[index].nrmse,
        };
        (variable.name().to_owned(), score)
    };
    let of_labels = side_by_side(&of_labels)?;
    let scalars = Scalars::of(variables, factors)?;
    let columns = &scalars.columns;
    let mcc_of = |codes: &Array2<f64>, columns: &Array2<f64>| {
        let found = mcc(codes, columns, Correlation::Pearson)?;
        let mut strengths = Array2::zeros((1, columns.ncols()));
        for (_, column, strength) in found.pairs {
            strengths[[0, column]] = strength;
        }
        Ok::<f64, MetricsError>(scalars.over_variables(&strengths).mean().unwrap_or(0.0))
    };
    let by_block = || -> Result<f64, MetricsError> {
        let found =
            mcc_by_block(&codes, &widths, columns, Correlation::Pearson, Features::Linear, seed)?;
        let strengths = scalars.over_variables(&found.strengths);
        let pairs = best_pairs(&strengths)?;
        Ok(pairs.iter().map(|&pair| strengths[pair]).sum::<f64>() / pairs.len() as f64)
    };
    let mut intervals = IndexMap::new();
    let mut keep = |name: &str, interval: &Interval| {
        intervals.insert(name.to_owned(), ends(interval));
    };
    let rounds = Bootstrap { rounds: REFITS, level: 0.95, seed };
    let reader = Reader::Boosted(Boosting::default());
    if let Ok(found) = dci_intervals(&codes, factors, Some(&widths), &reader, seed, &rounds) {
        keep("disentanglement", &found.disentanglement);
        keep("completeness", &found.completeness);
    }
    let rounds = Bootstrap::new(seed);
    let of_images = |images: &[usize]| {
        mcc_of(&of_labels.select(Axis(0), images), &columns.select(Axis(0), images))
    };
    if let Ok(found) = rounds.interval(factors.nrows(), of_images) {
        keep("mcc", &found);
    }
    Some(Disentanglement {
        disentanglement: each_block.overall,
        completeness: each_factor.overall,
        mcc: mcc_of(&of_labels, columns).ok()?,
        mcc_by_block: by_block().ok(),
        intervals,
        separation: separation::of_blocks(parts, labelled, variables, factors),
        of_labels: Some(separation::of_labels(variables, factors)),
        blocks: names.iter().enumerate().map(block).collect(),
        factors: variables.iter().enumerate().map(factor).collect(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_graph::Dag;
    use counterfoil_random::Stream;
    use counterfoil_scm::morphomnist as world;

    /// Monte-Carlo over 400 images: a code that keeps thickness and intensity apart scores high, one that turns them by
    /// an eighth of a circle does not, and an unlabelled block that repeats a label is found out.
    #[test]
    fn blocks_that_mix_their_variables_score_low() {
        let scm = world::model();
        let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
        let normal = |name, k: usize, j: usize| Stream::new(3, name, k as u64, j as u64).normal();
        let factors = Array2::from_shape_fn((400, 2), |(k, j)| normal("factor", k, j));
        let scores = |mixed: f64, leak: f64| {
            let (cos, sin) = (mixed.cos(), mixed.sin());
            let turned = |k: usize, j: usize| {
                let (a, b) = (factors[[k, 0]], factors[[k, 1]]);
                if j == 0 { cos * a + sin * b } else { cos * b - sin * a }
            };
            let column = |j| Array2::from_shape_fn((400, 1), |(k, _)| turned(k, j));
            let style = Array2::from_shape_fn((400, 3), |(k, j)| {
                leak * factors[[k, 0]] + (1.0 - leak) * normal("style", k, j)
            });
            let names = ["thickness", "intensity", "style"];
            let parts = [column(0), column(1), style];
            score(&parts, &names, &[true, true, false], &variables, &factors, 1).unwrap()
        };
        let (apart, mixed) = (scores(0.0, 0.0), scores(std::f64::consts::FRAC_PI_4, 0.0));
        assert!(apart.disentanglement > 0.95 && apart.completeness > 0.95, "{apart:?}");
        assert!(apart.mcc > 0.999 && apart.factors["thickness"].r2 > 0.95, "{apart:?}");
        assert!(mixed.disentanglement < 0.3 && mixed.mcc < 0.8, "{mixed:?}");
        let leaky = scores(std::f64::consts::FRAC_PI_4, 1.0);
        assert!(leaky.blocks["style"].importance > 0.8, "{leaky:?}");
    }

    /// Monte-Carlo over 400 images: a code that holds the cosine and sine of an angle and the category of three has an MCC of
    /// 1, which the numbers themselves would not give it (0.78 of an angle); one with noise in place of the category has not.
    #[test]
    fn angles_and_categories_are_recovered_by_their_scalars() {
        let graph = Dag::from_dot(
            "digraph { turn [kind=circular, period=360]; kind [kind=categorical, categories=3] }",
        )
        .unwrap();
        let variables = Labelled::all(&graph, &graph).unwrap();
        let uniform = |name, k: usize| Stream::new(3, name, k as u64, 0).uniform();
        let factors = Array2::from_shape_fn((400, 2), |(k, j)| match j {
            0 => 360.0 * uniform("turn", k),
            _ => (3.0 * uniform("kind", k)).floor(),
        });
        let turn = Array2::from_shape_fn((400, 2), |(k, j)| {
            let angle = factors[[k, 0]].to_radians();
            if j == 0 { angle.cos() } else { angle.sin() }
        });
        let kind = Array2::from_shape_fn((400, 3), |(k, j)| f64::from(factors[[k, 1]] == j as f64));
        let names = ["turn", "kind"];
        let scores = |parts: &[Array2<f64>]| {
            score(parts, &names, &[true, true], &variables, &factors, 1).unwrap()
        };
        let right = scores(&[turn.clone(), kind.clone()]);
        assert!(right.mcc > 0.999 && right.mcc_by_block.unwrap() > 0.999, "{right:?}");
        let noise = Array2::from_shape_fn((400, 3), |(k, j)| {
            Stream::new(3, "noise", k as u64, j as u64).normal()
        });
        let half = scores(&[turn, noise]);
        assert!(half.mcc < 0.6 && half.mcc_by_block.unwrap() < 0.7, "{half:?}");
    }
}
