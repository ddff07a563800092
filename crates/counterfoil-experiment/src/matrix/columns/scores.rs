//! The scores by which papers on representations and on counterfactual images compare, so that ours can stand beside them.
//!
//! Causes and effects are dependent, so a code that *is* the labels does not reach 1 in SAP, MIG and IRS: these stand as
//! shares of what the labels themselves score on the same images.

use indexmap::IndexMap;

use super::{estimated, score};
use crate::{
    evaluate::summary::{Separation, Summary},
    matrix::figures::{Column, Figure, Goal, mean},
};

pub(super) const SCORES: [Column; 11] = [
    score(
        "ssim",
        "SSIM",
        "1 is best",
        "mean structural similarity with the re-rendered true counterfactual image",
        Goal::High,
        |summary, _| plain(summary.image_error.as_ref()?.all.ssim),
    ),
    score(
        "psnr",
        "PSNR",
        "dB",
        "peak signal-to-noise ratio against the re-rendered true counterfactual image, of the mean squared error over all",
        Goal::High,
        |summary, _| plain(summary.image_error.as_ref()?.all.psnr),
    ),
    score(
        "composition-10",
        "composition ten times",
        "mean squared error",
        "pixels in [0, 1], after encoding and decoding the first images ten times with nothing set",
        Goal::Low,
        |summary, _| Some(estimated(summary, "composition_10", summary.composition_10)),
    ),
    score(
        "reversal-10",
        "there and back ten times",
        "mean squared error",
        "pixels in [0, 1], of the first variable that is set to another value and back, ten times, of the same images",
        Goal::Low,
        |summary, _| Some(estimated(summary, "reversibility_10", summary.reversibility_10?)),
    ),
    score(
        "nrmse",
        "informativeness",
        "share of the range",
        "mean over variables: root mean squared error of the trees that read the variable off the code (DCI, NRMSE)",
        Goal::Low,
        |summary, _| {
            let factors = summary.disentanglement.as_ref()?.factors.values();
            mean(factors.map(|factor| Figure { value: factor.nrmse, ends: None }))
        },
    ),
    score(
        "sap",
        "SAP",
        "share of the labels' own",
        "how far the best block is ahead of the second for a line, in variance",
        Goal::One,
        |summary, _| share(summary, |scores| scores.sap),
    ),
    score(
        "mig",
        "MIG",
        "share of the labels' own",
        "how far the best block is ahead of the second in mutual information",
        Goal::One,
        |summary, _| share(summary, |scores| scores.mig),
    ),
    score(
        "irs",
        "IRS",
        "share of the labels' own",
        "how still labelled blocks stand while a variable does (interventional robustness)",
        Goal::One,
        |summary, _| share(summary, |scores| scores.irs),
    ),
    score(
        "mic",
        "MIC",
        "1 is best",
        "maximal information coefficient of a variable with its own block",
        Goal::High,
        |summary, _| plain(summary.disentanglement.as_ref()?.separation.mic),
    ),
    score(
        "tic",
        "TIC",
        "1 is best",
        "total information coefficient of a variable with its own block, over the number of its entries",
        Goal::High,
        |summary, _| plain(summary.disentanglement.as_ref()?.separation.tic),
    ),
    score(
        "interaction",
        "interaction",
        "share of the single effects",
        "mean over pairs of variables and what follows from them: how far what setting both adds to setting each alone is \
         from the true addition, in the latents",
        Goal::Low,
        |summary, _| {
            let pairs = summary.interaction.values().flat_map(IndexMap::values);
            mean(pairs.map(|pair| Figure { value: pair.error, ends: Some(pair.ci95) }))
        },
    ),
];

/// A value without an interval.
fn plain(value: Option<f64>) -> Option<Figure> {
    value.map(|value| Figure { value, ends: None })
}

/// A score divided by that of a code that is the labels.
fn share(summary: &Summary, of: fn(&Separation) -> Option<f64>) -> Option<Figure> {
    let scores = summary.disentanglement.as_ref()?;
    let own = scores.of_labels.as_ref().and_then(of).filter(|own| *own > 0.0)?;
    plain(Some(of(&scores.separation)? / own))
}
