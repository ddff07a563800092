//! The works behind each part of the diffusion library: schedules, predictions, losses, spacings, samplers, inversions and
//! guidance.

use counterfoil_autoencoder::config::ScheduleKind;
use counterfoil_diffusion::{
    BetaKind, Choice, Prediction, Spacing,
    inversion::Method,
    training::{LossWeight, TimeSampling},
};

use super::works;
use crate::config::Sections;

/// The works behind a diffusion decoder and its sampler.
pub(super) fn of(sections: &Sections) -> Vec<&'static str> {
    let (model, objective) = (&sections.model, &sections.objective);
    let counterfactual = &sections.counterfactual;
    let mut entries = schedule(match model.schedule {
        ScheduleKind::Cosine => BetaKind::COSINE,
        ScheduleKind::Linear => BetaKind::DDPM,
    });
    entries.extend(prediction(model.prediction));
    entries.extend(loss_weight(objective.loss_weight));
    entries.extend(times(objective.times));
    // Every sampler of a counterfactual integrates the deterministic flow that DDIM introduced.
    entries.push(works::DDIM);
    entries.extend(method(counterfactual.method));
    entries.extend(spacing(counterfactual.spacing));
    if counterfactual.guidance != 1.0 || counterfactual.guidance_kept != 1.0 {
        entries.extend([works::GUIDANCE, works::DECOUPLED]);
    }
    entries
}

/// The works behind a noise schedule.
pub fn schedule(kind: BetaKind) -> Vec<&'static str> {
    match kind {
        BetaKind::ScaledLinear { .. } => vec![works::LATENT_DIFFUSION],
        BetaKind::Cosine { .. } => vec![works::COSINE],
        BetaKind::Sqrt { .. } => vec![works::DIFFUSION_LM],
        BetaKind::SigmoidBetas { .. } => vec![works::GEODIFF],
        BetaKind::SigmoidAlphaBar { .. } => vec![works::SIGMOID],
        BetaKind::Laplace { .. } | BetaKind::LaplaceCompat { .. } => vec![works::LAPLACE],
        // Betas along a line, and what has no work of its own.
        _ => vec![works::DDPM],
    }
}

/// The works behind what a network predicts.
pub fn prediction(prediction: Prediction) -> Vec<&'static str> {
    match prediction {
        Prediction::V => vec![works::VELOCITY],
        Prediction::Flow => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        Prediction::Edm { .. } => vec![works::EDM],
        _ => vec![works::DDPM],
    }
}

/// The works behind a weight of the loss over noise levels; none for the plain mean.
pub fn loss_weight(weight: LossWeight) -> Vec<&'static str> {
    match weight {
        LossWeight::MinSnr { .. } => vec![works::MIN_SNR],
        LossWeight::P2 { .. } => vec![works::P2],
        LossWeight::Edm { .. } => vec![works::EDM],
        _ => vec![],
    }
}

/// The works behind the draws of noise levels; none for independent ones.
pub fn times(times: TimeSampling) -> Vec<&'static str> {
    match times {
        TimeSampling::Stratified | TimeSampling::Lattice => vec![works::VARIATIONAL],
        TimeSampling::Antithetic => vec![works::DDIM],
        _ => vec![],
    }
}

/// The works behind a spacing of levels; none where none is known.
pub fn spacing(spacing: Spacing) -> Vec<&'static str> {
    match spacing {
        Spacing::Leading { .. } | Spacing::Quadratic => vec![works::DDIM],
        Spacing::Trailing => vec![works::FLAWED],
        Spacing::BetaQuantile { .. } => vec![works::BETA_SAMPLING],
        Spacing::LogSnr => vec![works::DPM_SOLVER],
        Spacing::Karras { .. } => vec![works::EDM],
        Spacing::PolyExponential { .. } => vec![works::K_DIFFUSION],
        Spacing::Flow { .. } => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        _ => vec![],
    }
}

/// The works behind a method of abduction, DDIM's included; the frame of a coordinate counts as a work behind it.
pub fn method(method: Method) -> Vec<&'static str> {
    let mut works = vec![works::DDIM];
    works.extend(match method {
        // The velocity is their slope, and the angle their coordinate.
        Method::Leapfrog | Method::AdamsBashforth => vec![works::VELOCITY],
        Method::FlowAdams => vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW],
        Method::DpmSolver2M => vec![works::DPM_SOLVER_PP],
        Method::OBelm => vec![works::BELM],
        Method::OBelmAngle => vec![works::BELM, works::VELOCITY],
        Method::Bdia => vec![works::BDIA],
        Method::Edict => vec![works::EDICT],
        Method::FixedPoint => vec![works::AIDI],
        Method::EditFriendly => vec![works::EDIT_FRIENDLY],
        Method::CoupledHeun | Method::CoupledRk4 => vec![works::REVERSIBLE, works::REX],
        _ => vec![],
    });
    works
}

/// The works behind a sampler.
pub fn sampler(choice: &Choice) -> Vec<&'static str> {
    match choice {
        Choice::Ddpm(_) => vec![works::DDPM],
        Choice::Euler(_) | Choice::Heun(_) => vec![works::EDM],
        Choice::FlowHeun(_) | Choice::FlowAdams(_) => {
            vec![works::FLOW_MATCHING, works::RECTIFIED_FLOW]
        }
        Choice::DpmMultistep(_) | Choice::DpmSinglestep(_) => vec![works::DPM_SOLVER_PP],
        Choice::UniPc(_) => vec![works::UNIPC],
        Choice::Deis(_) => vec![works::DEIS],
        Choice::EulerAncestral(_) | Choice::Lms(_) => vec![works::K_DIFFUSION],
        Choice::Pndm(_) => vec![works::PNDM],
        Choice::AdamsBashforth(_) | Choice::Leapfrog(_) => vec![works::DDIM, works::VELOCITY],
        Choice::Lcm(_) => vec![works::LCM],
        _ => vec![works::DDIM],
    }
}

/// The works behind each kind of guidance, by its name: `classifier-free`, `rescaled`, `interval`, `projected`,
/// `decoupled`, `classifier`.
pub fn guidance() -> [(&'static str, &'static str); 6] {
    [
        ("classifier-free", works::GUIDANCE),
        ("rescaled", works::FLAWED),
        ("interval", works::INTERVAL),
        ("projected", works::PROJECTED),
        ("decoupled", works::DECOUPLED),
        ("classifier", works::CLASSIFIER),
    ]
}
