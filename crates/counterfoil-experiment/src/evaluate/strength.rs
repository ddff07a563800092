//! What the strength of an intervention does: the same questions at several guidance weights.
//!
//! At 1 the decoder is given the latents after the intervention. Above, its prediction is moved further away from that under
//! the factual latents, which exaggerates what changes at the cost of what does not; at 0 the image stays as it is. (The
//! weight of CausalDiffAE is against a decoder without latents; ours is against the factual ones, so that it vanishes where
//! nothing is set.) Where the decoder sees no latents the weight is that of anti-causal guidance: at 0 the image stays as it
//! is, at 1 the predictor is followed as it was trained.

use std::sync::atomic::AtomicBool;

use counterfoil_autoencoder::{Conditioning, Procedure};
use serde::Serialize;

use super::{
    prepare::Prepared,
    questions::{Priced, answer_each},
};
use crate::{config::Config, data::Data, error::Result, progress::Reporter};

/// The figures at one guidance weight.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Strength {
    /// The weight: of the wanted latents, or of the predictor where the decoder sees no latents.
    pub guidance: f64,
    /// What the answers are worth.
    #[serde(flatten)]
    pub answers: Priced,
}

/// Answers the same questions about `images` held-out images at each of the guidance weights.
///
/// # Errors
/// As [`super::evaluate`], and when the decoder is direct, which has nothing to guide.
pub fn strengths(
    config: &Config,
    data: &Data,
    prepared: &Prepared,
    guidance: &[f64],
    images: usize,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Vec<Strength>> {
    prepared.expect_diffusion()?;
    let (as_is, conditioning) =
        (config.sections().counterfactual, config.sections().model.conditioning);
    let way = |weight: &f64| {
        let procedure = match conditioning {
            Conditioning::None => Procedure { anticausal: *weight, ..as_is },
            _ => Procedure { guidance: *weight, ..as_is },
        };
        (format!("guidance {weight}"), procedure)
    };
    let ways: Vec<(String, Procedure)> = guidance.iter().map(way).collect();
    let answers = answer_each(config, data, prepared, &ways, images, reporter, interrupt)?;
    let pairs = guidance.iter().zip(answers);
    Ok(pairs.map(|(guidance, answers)| Strength { guidance: *guidance, answers }).collect())
}
