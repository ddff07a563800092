//! All samplers as one setting, for a configuration or a command line that leaves the choice to its reader.

use super::{Sampler, dpm::Form, pndm, unipc};
use crate::{
    AdamsBashforth, Ddim, Ddpm, Deis, DiffusionError, DpmMultistep, DpmSinglestep, Euler,
    EulerAncestral, FlowAdams, FlowHeun, Grid, Heun, Lcm, Leapfrog, Lms, Plan, Pndm, Prediction,
    UniPc, Variance,
};
use serde::{Deserialize, Serialize};

/// A sampler with its settings.
///
/// Read from a short name with its usual settings, or from a table with all of them.
///
/// ```
/// use counterfoil_diffusion::{Choice, DiscreteSchedule, End, Prediction, Sampler, Spacing};
///
/// let sampler: Choice = "dpm-solver-3m".parse()?;
/// let grid = DiscreteSchedule::cosine(1000)?.grid(Spacing::Trailing, 20, End::Zero)?;
/// assert_eq!(sampler.plan(&grid, Prediction::V)?.evaluations(), 20);
/// assert!("dpm-solver-9m".parse::<Choice>().is_err());
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum Choice {
    /// [`Ddpm`].
    Ddpm(Ddpm),
    /// [`Ddim`].
    Ddim(Ddim),
    /// [`Euler`].
    Euler(Euler),
    /// [`EulerAncestral`].
    EulerAncestral(EulerAncestral),
    /// [`Heun`].
    Heun(Heun),
    /// [`FlowHeun`].
    FlowHeun(FlowHeun),
    /// [`DpmMultistep`].
    DpmMultistep(DpmMultistep),
    /// [`DpmSinglestep`].
    DpmSinglestep(DpmSinglestep),
    /// [`UniPc`].
    UniPc(UniPc),
    /// [`Deis`].
    Deis(Deis),
    /// [`Lms`].
    Lms(Lms),
    /// [`Pndm`].
    Pndm(Pndm),
    /// [`AdamsBashforth`].
    AdamsBashforth(AdamsBashforth),
    /// [`FlowAdams`].
    FlowAdams(FlowAdams),
    /// [`Leapfrog`].
    Leapfrog(Leapfrog),
    /// [`Lcm`].
    Lcm(Lcm),
}

impl Choice {
    /// The short names, each with what it stands for.
    pub fn named() -> Vec<(&'static str, Self)> {
        let multistep =
            |order, eta| Self::DpmMultistep(DpmMultistep { order, eta, ..DpmMultistep::default() });
        let singlestep = |order| Self::DpmSinglestep(DpmSinglestep { order, form: Form::Midpoint });
        let unipc = |order| Self::UniPc(UniPc { order, scale: unipc::Scale::Bh2, taper: false });
        vec![
            ("ddpm", Self::Ddpm(Ddpm::default())),
            ("ddpm-large", Self::Ddpm(Ddpm { variance: Variance::FixedLarge, clip: None })),
            ("ddim", Self::Ddim(Ddim::default())),
            ("euler", Self::Euler(Euler::default())),
            ("euler-ancestral", Self::EulerAncestral(EulerAncestral::default())),
            ("heun", Self::Heun(Heun::default())),
            ("flow-heun", Self::FlowHeun(FlowHeun::default())),
            ("dpm-solver-1s", singlestep(1)),
            ("dpm-solver-2s", singlestep(2)),
            ("dpm-solver-3s", singlestep(3)),
            ("dpm-solver-2m", multistep(2, 0.0)),
            ("dpm-solver-3m", multistep(3, 0.0)),
            ("dpm-solver-2m-sde", multistep(2, 1.0)),
            ("dpm-solver-3m-sde", multistep(3, 1.0)),
            ("unipc-1", unipc(1)),
            ("unipc-2", unipc(2)),
            ("unipc-3", unipc(3)),
            ("deis-2", Self::Deis(Deis { order: 2, taper: false })),
            ("deis-3", Self::Deis(Deis { order: 3, taper: false })),
            ("lms", Self::Lms(Lms::default())),
            ("plms", Self::Pndm(Pndm::default())),
            ("pndm", Self::Pndm(Pndm { start: pndm::Start::RungeKutta })),
            ("adams-bashforth", Self::AdamsBashforth(AdamsBashforth::default())),
            ("flow-adams-2", Self::FlowAdams(FlowAdams { order: 2 })),
            ("flow-adams-3", Self::FlowAdams(FlowAdams { order: 3 })),
            ("leapfrog", Self::Leapfrog(Leapfrog::default())),
            ("lcm", Self::Lcm(Lcm::default())),
        ]
    }
}

impl std::str::FromStr for Choice {
    type Err = DiffusionError;

    fn from_str(name: &str) -> Result<Self, DiffusionError> {
        let found = Self::named().into_iter().find(|(known, _)| *known == name);
        found.map(|(_, choice)| choice).ok_or_else(|| {
            let known: Vec<&str> = Self::named().into_iter().map(|(known, _)| known).collect();
            DiffusionError::UnknownName {
                what: "sampler",
                name: name.to_owned(),
                known: known.join(", "),
            }
        })
    }
}

impl Sampler for Choice {
    fn plan(&self, grid: &Grid, prediction: Prediction) -> Result<Plan, DiffusionError> {
        match self {
            Self::Ddpm(sampler) => sampler.plan(grid, prediction),
            Self::Ddim(sampler) => sampler.plan(grid, prediction),
            Self::Euler(sampler) => sampler.plan(grid, prediction),
            Self::EulerAncestral(sampler) => sampler.plan(grid, prediction),
            Self::Heun(sampler) => sampler.plan(grid, prediction),
            Self::FlowHeun(sampler) => sampler.plan(grid, prediction),
            Self::DpmMultistep(sampler) => sampler.plan(grid, prediction),
            Self::DpmSinglestep(sampler) => sampler.plan(grid, prediction),
            Self::UniPc(sampler) => sampler.plan(grid, prediction),
            Self::Deis(sampler) => sampler.plan(grid, prediction),
            Self::Lms(sampler) => sampler.plan(grid, prediction),
            Self::Pndm(sampler) => sampler.plan(grid, prediction),
            Self::AdamsBashforth(sampler) => sampler.plan(grid, prediction),
            Self::FlowAdams(sampler) => sampler.plan(grid, prediction),
            Self::Leapfrog(sampler) => sampler.plan(grid, prediction),
            Self::Lcm(sampler) => sampler.plan(grid, prediction),
        }
    }
}
