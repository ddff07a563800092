//! The figures of a run as `summary.json` keeps them; later versions add keys, none changes meaning.
//!
//! Figures that exist once are plain numbers, with their 95 % intervals under `intervals` by the same name; figures
//! that exist for each intervention are tables `<do>.<measured>`, where `<do>` is a variable's name, several joined by
//! `+`, or a name with `_extrapolated` behind it.

use counterfoil_autoencoder::Counterfactuals;
use counterfoil_diffusion::{End, Spacing, inversion::Method};
use indexmap::IndexMap;
use serde::{Deserialize, Serialize};

use crate::{error::Result, identification::Identification, run_dir::StoppedBy};

/// The file of the summary inside a run directory.
pub const SUMMARY_FILE: &str = "summary.json";
/// The version of the summary's layout.
pub const SCHEMA: u32 = 1;

/// Ends of a 95 % percentile-bootstrap interval over images.
pub type Ends = [f64; 2];

/// Everything that was measured on the held-out images of one run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The version of this layout, [`SCHEMA`].
    pub schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's seed.
    pub seed: u64,
    /// Optimiser steps behind the evaluated weights.
    pub steps: u64,
    /// Why training ended.
    pub stopped_by: Option<StoppedBy>,
    /// The number of held-out images that figures are means over. Those of going ten times there and back are over the first
    /// `evaluation.tenfold_images` of them, what is read off latents over up to 1,000 of the test part.
    pub eval_n: usize,
    /// Seconds of training and evaluation together.
    pub wall_s: f64,
    /// Seconds of evaluation.
    pub evaluation_s: f64,
    /// The most memory that the process has held, where the system tells.
    pub peak_rss_mib: Option<f64>,
    /// Numbers that were trained; absent in summaries from before they were told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parameters: Option<usize>,
    /// The name of the data.
    pub data: String,
    /// How images were abducted and decoded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub solver: Option<Solver>,
    /// Is the effect the wanted one? `<do>.<measured>`.
    pub effectiveness: IndexMap<String, IndexMap<String, Effect>>,
    /// Least-squares slope of the counterfactual on the factual exogenous intensity under do(thickness), for wanted
    /// values in `[1.6, 3.2]`: 1 is right, 0 is no abduction.
    pub abduction_slope: Option<f64>,
    /// Does the code hold the exogenous noise? By variable with causes, where its true noise is known; empty in summaries
    /// from before it was measured.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub abduction: IndexMap<String, Abducted>,
    /// Does asking for a value yield that value? By variable, over its interventions in support; empty in summaries from before
    /// it was measured.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub following: IndexMap<String, Following>,
    /// Does what is no effect stay? `<do>.<measured>`.
    pub drift: IndexMap<String, IndexMap<String, Drift>>,
    /// Does the recognised class stay? By intervention.
    pub identity_kept: IndexMap<String, Kept>,
    /// Does an image change no more than it must? By intervention on one continuous variable; empty in summaries from before
    /// it was measured.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub minimality: IndexMap<String, Minimal>,
    /// Do two interventions act together as they do in truth? `<a>+<b>`, then the variable that follows from both; empty in
    /// summaries from before it was measured.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub interaction: IndexMap<String, IndexMap<String, Interaction>>,
    /// How sure is an effect, and is the truth where it is thought to be? `<do>.<measured>` for what follows; empty in
    /// summaries from before it was measured.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub uncertainty: IndexMap<String, IndexMap<String, Range>>,
    /// Mean squared error, pixels in `[0, 1]`, after encoding and decoding once with nothing set.
    pub composition_1: f64,
    /// The same after ten times in a row.
    pub composition_10: f64,
    /// Mean squared error after setting the first variable to another value and back.
    pub reversibility_1: Option<f64>,
    /// The same after ten such journeys in a row; absent in summaries from before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reversibility_10: Option<f64>,
    /// The same for each variable.
    pub reversibility: IndexMap<String, f64>,
    /// Mean squared error after setting a variable to its own label.
    pub null_intervention: IndexMap<String, f64>,
    /// What two answers without a model make of composition.
    pub composition_references: References,
    /// Labels read from the latents of test images.
    pub latent_reading: IndexMap<String, Reading>,
    /// Whether each block of the code holds its own variable and no other; absent in summaries from before it was
    /// measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disentanglement: Option<Disentanglement>,
    /// What the declared graph says of the effects that were asked for, where it declares hidden causes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identification: Vec<Identification>,
    /// The error against the re-rendered truth, where the world can render it.
    pub image_error: Option<ImageErrors>,
    /// How far counterfactual images are from the true ones as a set, or from other real ones where the truth is not known; absent
    /// in summaries from before it was measured.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resemblance: Option<Resemblance>,
    /// What parts of the code tell of labels that they should not carry: `unlabelled` and `noise` (x_T), by variable.
    pub leakage: IndexMap<String, IndexMap<String, Leak>>,
    /// The judges' own errors on real test images.
    pub judges: Judged,
    /// 95 % intervals of the figures that are plain numbers.
    pub intervals: IndexMap<String, Ends>,
}

/// What was run between image and noise.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Solver {
    /// The method, as the config names it.
    pub method: Method,
    /// How the levels are spaced.
    pub spacing: Spacing,
    /// Where decoding ends.
    pub end: End,
    /// Steps that were walked each way.
    pub steps: usize,
    /// Network calls to abduct an image and to decode one.
    pub evaluations: [usize; 2],
}

impl Solver {
    /// What these counterfactuals are made with.
    ///
    /// # Errors
    /// When the method cannot walk its grid.
    pub fn of(counterfactuals: &Counterfactuals<'_>) -> Result<Self> {
        let procedure = counterfactuals.procedure();
        Ok(Self {
            method: procedure.method,
            spacing: procedure.spacing,
            end: End::Zero,
            steps: counterfactuals.grid().steps(),
            evaluations: counterfactuals.evaluations()?,
        })
    }
}

/// The effect of one intervention on one measured variable.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Effect {
    /// Mean absolute error against the true counterfactual value, in label units.
    pub mae: f64,
    /// The unit.
    pub unit: Option<String>,
    /// The error of leaving the image as it is, measured by the same judge.
    pub leave_as_is: f64,
    /// `mae / leave_as_is`; nothing where the intervention does not concern the variable.
    pub share: Option<f64>,
    /// The judge's mean absolute error on the real images.
    pub oracle_mae: f64,
    /// Interval of `mae`.
    pub ci95: Ends,
    /// Interval of `share`.
    pub share_ci95: Option<Ends>,
    /// The value that the latents hold after acting, before any image is drawn.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub latent: Option<Reference>,
    /// A model that sets the image's exogenous noise to 0.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ignores_u: Option<Reference>,
    /// A model that draws the noise afresh.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub redraws_u: Option<Reference>,
}

/// An error to read another one against.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reference {
    /// Mean absolute error in label units.
    pub mae: f64,
    /// The same as a share of leaving the image as it is.
    pub share: f64,
}

/// The noise of a mechanism as the model abducts it from images, against the true one.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Abducted {
    /// Spearman's rank correlation: 1 is right, 0 is no abduction.
    pub correlation: f64,
    /// Interval of `correlation`.
    pub ci95: Ends,
    /// Images behind it.
    pub images: usize,
    /// The correlation of the label itself: what perfect latents give in a model without mechanisms.
    pub without_mechanism: f64,
}

/// How a variable follows the values that it is set to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Following {
    /// Mean distance of the calibration curve from the diagonal, in label units: points are means over 32 images or more, whose
    /// scatter leaves a little of it.
    pub calibration_error: f64,
    /// Slope of what is measured on what was asked: 1 is right, less is shrinkage.
    pub slope: f64,
    /// The unit.
    pub unit: Option<String>,
    /// Share of pairs of a sweep over the declared range in which the larger value asked gives the larger one measured, mean over
    /// the images that are swept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub monotonicity: Option<f64>,
    /// Mean difference between the code of an image and that of its label, as a share of the declared range, on images that no
    /// map was fitted to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code_share: Option<f64>,
}

/// Squared Fréchet distances between sets of images, in features of the judges, in units of each judge's spread (Heusel et al.
/// 2017 with features of our own).
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Resemblance {
    /// Of the answers to single interventions from the images that they should be like.
    pub distance: f64,
    /// Of the unchanged images from the same.
    pub leave_as_is: f64,
    /// Whether those are the re-rendered true counterfactual images; else they are other held-out images, and a model that changes
    /// nothing does well.
    pub of_truth: bool,
}

/// How far a variable moved that should have stayed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Drift {
    /// Mean absolute difference of the measurements before and after.
    pub mae: f64,
    /// The unit.
    pub unit: Option<String>,
    /// The same in a model that redraws the variable given what was set.
    pub redraw: Option<f64>,
    /// `mae / redraw`.
    pub share: Option<f64>,
    /// Interval of `share`, both resampled together; absent in summaries from before it was told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub share_ci95: Option<Ends>,
    /// Interval of `mae`.
    pub ci95: Ends,
}

/// Shares of images whose class is kept.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Kept {
    /// With the image's own noise x_T.
    pub abducted: f64,
    /// Interval of `abducted`.
    pub ci95: Ends,
    /// With a fresh x_T.
    pub fresh: Option<f64>,
    /// Interval of `fresh`.
    pub fresh_ci95: Option<Ends>,
}

/// Counterfactual latent divergence of one intervention, on pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Minimal {
    /// The mean over images; lower is better, and doing nothing has 0.295.
    pub cld: f64,
    /// Interval of `cld`.
    pub ci95: Ends,
    /// Images behind it: those asked for a value of another group than their own.
    pub images: usize,
    /// That of the re-rendered truth.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_truth: Option<f64>,
}

/// What is left of a joint effect when the single ones are taken away, in the latents against the truth.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Interaction {
    /// Root mean square distance of the model's interaction from the true one, over that of the true single effects.
    pub error: f64,
    /// Interval of `error`.
    pub ci95: Ends,
    /// The error of a model whose effects add up.
    pub additive: f64,
}

/// The range of an effect over several abductions of each image, read off the latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Range {
    /// The share of images whose true value lies in their range.
    pub coverage: f64,
    /// Interval of `coverage`.
    pub ci95: Ends,
    /// The probability that a further sample lies in a range: what `coverage` should be.
    pub level: f64,
    /// The mean width of a range, in label units.
    pub width: f64,
}

/// Mean squared errors of two answers without a model.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct References {
    /// The mean of training images, the first 2,000 of them.
    pub mean_image: f64,
    /// Another image of the test part.
    pub other_image: f64,
}

/// A label read from the latents.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// Mean absolute error, in label units.
    pub mae: f64,
    /// The unit.
    pub unit: Option<String>,
    /// Interval of `mae`.
    pub ci95: Ends,
}

/// Scores of the blocks of the code, each counted as one dimension.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Disentanglement {
    /// One variable a block? 1 is best (DCI, boosted trees).
    pub disentanglement: f64,
    /// One block a variable? 1 is best.
    pub completeness: f64,
    /// Mean correlation of labels with the labelled blocks' means, paired as well as possible.
    pub mcc: f64,
    /// The same where a block is read by ridge regression on other images: recovery up to a linear map within blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mcc_by_block: Option<f64>,
    /// Intervals over images of the numbers above, by their names.
    #[serde(default, skip_serializing_if = "IndexMap::is_empty")]
    pub intervals: IndexMap<String, Ends>,
    /// SAP, MIG, IRS, MIC and TIC; absent in summaries from before they were measured.
    #[serde(flatten)]
    pub separation: Separation,
    /// The same for a code that is the labels themselves: what dependent variables leave to reach.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_labels: Option<Separation>,
    /// By block.
    pub blocks: IndexMap<String, BlockScore>,
    /// By variable.
    pub factors: IndexMap<String, FactorScore>,
}

/// How clearly the continuous variables are told by their own blocks; what could not be scored is absent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Separation {
    /// How far the best block is ahead of the second for a line (share of variance); 1 is best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sap: Option<f64>,
    /// How far it is ahead in mutual information, as a share of the variable's entropy; 1 is best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mig: Option<f64>,
    /// How still labelled blocks stand while a variable does (interventional robustness); 1 is best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub irs: Option<f64>,
    /// Maximal information coefficient of a variable with its own block; 1 is best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mic: Option<f64>,
    /// The same with the most telling of the other labelled blocks; independent columns of 1,000 images have 0.14.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mic_other: Option<f64>,
    /// Total information coefficient of a variable with its own block, over the number of its entries; 1 is best.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tic: Option<f64>,
    /// The same with the most telling of the other labelled blocks.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tic_other: Option<f64>,
}

/// What one block tells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockScore {
    /// Its own score; low in a block that tells of several variables.
    pub disentanglement: f64,
    /// How many variables' worth of importance it has; a block of no importance does not count.
    pub importance: f64,
}

/// How one variable is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FactorScore {
    /// Its own score; low where several blocks tell of it.
    pub completeness: f64,
    /// Share of its variance that the whole code explains, on images the reader never saw.
    pub r2: f64,
    /// Root of the mean squared error as a share of its range, on the same images.
    pub nrmse: f64,
}

/// Errors of images against the re-rendered truth, pixels in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageErrors {
    /// All interventions together.
    #[serde(flatten)]
    pub all: ImageError,
    /// Each intervention alone.
    pub by: IndexMap<String, ImageError>,
}

/// The error of images against the re-rendered truth, pixels in `[0, 1]`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ImageError {
    /// Mean absolute error.
    pub mae: f64,
    /// That of the factual image.
    pub leave_as_is: f64,
    /// `mae / leave_as_is`.
    pub share: Option<f64>,
    /// Interval of `share`.
    pub share_ci95: Option<Ends>,
    /// Interval of `mae`.
    pub ci95: Ends,
    /// Mean structural similarity; nothing for images below its window.
    pub ssim: Option<f64>,
    /// That of the factual image.
    pub ssim_leave_as_is: Option<f64>,
    /// Peak signal-to-noise ratio of the mean squared error over all images, in decibels; nothing where there is no error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psnr: Option<f64>,
    /// That of the factual image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub psnr_leave_as_is: Option<f64>,
}

/// What a part of the code tells of a label.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Leak {
    /// Variance of the label that a ridge regression explains on images it never saw.
    pub r2: Option<f64>,
    /// Mutual information in nats: the largest of one code dimension, or that of the noise's moments.
    pub mutual_information: Option<f64>,
}

/// How good the judges are.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Judged {
    /// Mean absolute error on real test images, in label units.
    pub mae: IndexMap<String, f64>,
    /// Share of real test images whose class is recognised.
    pub class_accuracy: Option<f64>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::Value;
    use std::path::Path;

    /// Published figures come from several versions; keys that were added since must not keep them from loading.
    #[test]
    fn published_summaries_still_load() {
        let results = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/results");
        let mut loaded = 0;
        for folder in fs_err::read_dir(results).unwrap().map(|entry| entry.unwrap().path()) {
            for entry in fs_err::read_dir(folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.extension().is_none_or(|extension| extension != "json") {
                    continue;
                }
                let mut value: Value = crate::run_dir::read_json(&path).unwrap();
                if let Some(summary) = value.get_mut("summary") {
                    value = summary.take();
                }
                if value.get("effectiveness").is_none() {
                    continue; // a record of another kind
                }
                if let Err(error) = serde_json::from_value::<Summary>(value) {
                    panic!("{}: {error}", path.display());
                }
                loaded += 1;
            }
        }
        assert!(loaded >= 6, "{loaded}");
    }
}
