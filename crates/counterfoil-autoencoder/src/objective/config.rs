//! The settings of the objective, and their bounds.

use crate::ModelError;
use counterfoil_diffusion::training::{LossWeight, TimeSampling};
use serde::{Deserialize, Serialize};

/// The `[objective]` section.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct ObjectiveConfig {
    /// Weight of the label term: how closely a block follows its label.
    pub label_weight: f64,
    /// Weight of the term of the exogenous code of labelled variables.
    pub u_weight: f64,
    /// Weight of the KL of unlabelled blocks to N(0, I).
    pub unlabelled_weight: f64,
    /// Weight of the squared correlation between unlabelled blocks and (functions of) the labels.
    pub independence_weight: f64,
    /// Weight of the KL of a hierarchical decoder's own latents, from their posterior to their prior; 1 is the evidence
    /// bound.
    pub hierarchy_weight: f64,
    /// Weight of the predictor's term: how unlikely it finds the labels of noisy images. It shares no parameter with another.
    pub predictor_weight: f64,
    /// Share of the planned steps over which the KL weights rise from 0.
    pub warm_up: f64,
    /// The same for the KL of unlabelled blocks, where it has a pace of its own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unlabelled_warm_up: Option<f64>,
    /// How often the KL weights rise from 0, each time over that share of its part of the planned steps: cyclical annealing
    /// (Fu et al. 2019).
    pub cycles: u64,
    /// Probability that the decoder does not see the labelled blocks of an item.
    pub drop_labelled: f64,
    /// Probability that the decoder does not see a labelled block of an item, for each block on its own.
    pub drop_each: f64,
    /// Probability that the decoder does not see the unlabelled blocks of an item.
    pub drop_unlabelled: f64,
    /// Probability that the decoder sees the labels' own codes instead of the encoded ones.
    pub teach_labels: f64,
    /// Pixels by which the label reader sees a training image moved at most, each way and anew at every step; 0 where a
    /// label depends on the place.
    pub reader_shift: u32,
    /// Whether the denoising loss trains what labelled blocks hold, where that is what was read: where a label is unknown or
    /// not taught. If not, the label term alone does.
    pub decoder_shapes_labels: bool,
    /// Whether mechanisms are fitted to the labels' own codes where a label is known. If not, they are fitted to what is
    /// read off images alone, with the reader's errors. With a causal code only.
    pub fit_mechanisms_to_labels: bool,
    /// How many label vectors of the training part, drawn anew at every step, mechanisms are fitted to beside the latents
    /// of the batch. With a causal code only.
    pub mechanism_labels: usize,
    /// Weight of the denoising loss over noise levels.
    pub loss_weight: LossWeight,
    /// How the noise levels of a batch are drawn.
    pub times: TimeSampling,
    /// The published behaviour: KLs summed over dimensions, all blocks dropped together, and both KLs masked by the
    /// same draw (0 when no item is kept).
    pub parity: bool,
}

impl Default for ObjectiveConfig {
    fn default() -> Self {
        Self {
            label_weight: 1.0,
            u_weight: 1.0,
            unlabelled_weight: 0.003,
            independence_weight: 0.0,
            hierarchy_weight: 1.0,
            predictor_weight: 1.0,
            warm_up: 0.1,
            unlabelled_warm_up: None,
            cycles: 1,
            drop_labelled: 0.0,
            drop_each: 0.0,
            drop_unlabelled: 0.3,
            teach_labels: 1.0,
            reader_shift: 0,
            decoder_shapes_labels: false,
            fit_mechanisms_to_labels: true,
            mechanism_labels: 256,
            loss_weight: LossWeight::Simple,
            times: TimeSampling::Stratified,
            parity: false,
        }
    }
}

impl ObjectiveConfig {
    pub(super) fn check(&self) -> Result<(), ModelError> {
        let shares = [
            ("objective.warm_up", self.warm_up),
            ("objective.unlabelled_warm_up", self.unlabelled_warm_up.unwrap_or(0.0)),
            ("objective.drop_labelled", self.drop_labelled),
            ("objective.drop_each", self.drop_each),
            ("objective.drop_unlabelled", self.drop_unlabelled),
            ("objective.teach_labels", self.teach_labels),
        ];
        let weights = [
            ("objective.label_weight", self.label_weight),
            ("objective.u_weight", self.u_weight),
            ("objective.unlabelled_weight", self.unlabelled_weight),
            ("objective.independence_weight", self.independence_weight),
            ("objective.hierarchy_weight", self.hierarchy_weight),
            ("objective.predictor_weight", self.predictor_weight),
        ];
        for (key, share) in shares {
            if !(0.0..=1.0).contains(&share) {
                return Err(ModelError::Setting {
                    key,
                    reason: format!("must lie in [0, 1], not {share}"),
                });
            }
        }
        if self.parity && self.drop_each > 0.0 {
            let reason = "must be 0 with objective.parity, which drops all labelled blocks of an image or none";
            let reason = reason.to_owned();
            return Err(ModelError::Setting { key: "objective.drop_each", reason });
        }
        if self.cycles == 0 {
            let reason = "must be at least 1".to_owned();
            return Err(ModelError::Setting { key: "objective.cycles", reason });
        }
        for (key, weight) in weights {
            if !(weight >= 0.0 && weight.is_finite()) {
                let reason = format!("must be a finite number of at least 0, not {weight}");
                return Err(ModelError::Setting { key, reason });
            }
        }
        Ok(())
    }
}
