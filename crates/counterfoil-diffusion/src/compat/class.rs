//! The scheduler classes of diffusers and the defaults that their files leave out.

/// A scheduler class of diffusers 0.42, as a file names it in `_class_name`.
///
/// A file need not repeat a default, and the defaults differ between classes; [`Class::Other`] has those of most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each is the class of that name")]
#[non_exhaustive]
pub enum Class {
    Ddim,
    DdimInverse,
    Ddpm,
    Pndm,
    Lms,
    Euler,
    EulerAncestral,
    Heun,
    Kdpm2,
    Kdpm2Ancestral,
    DpmMultistep,
    DpmSinglestep,
    DpmSde,
    UniPc,
    Deis,
    Lcm,
    Tcd,
    FlowEuler,
    FlowHeun,
    EdmEuler,
    EdmDpmMultistep,
    /// A class that is not known here, or none.
    Other,
}

impl Class {
    /// Every known class.
    pub const ALL: [Self; 21] = [
        Self::Ddim,
        Self::DdimInverse,
        Self::Ddpm,
        Self::Pndm,
        Self::Lms,
        Self::Euler,
        Self::EulerAncestral,
        Self::Heun,
        Self::Kdpm2,
        Self::Kdpm2Ancestral,
        Self::DpmMultistep,
        Self::DpmSinglestep,
        Self::DpmSde,
        Self::UniPc,
        Self::Deis,
        Self::Lcm,
        Self::Tcd,
        Self::FlowEuler,
        Self::FlowHeun,
        Self::EdmEuler,
        Self::EdmDpmMultistep,
    ];

    /// The class of this name; [`Class::Other`] for one that is not known.
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|class| class.name() == name).unwrap_or(Self::Other)
    }

    /// Its name in diffusers; empty for [`Class::Other`].
    pub fn name(self) -> &'static str {
        match self {
            Self::Ddim => "DDIMScheduler",
            Self::DdimInverse => "DDIMInverseScheduler",
            Self::Ddpm => "DDPMScheduler",
            Self::Pndm => "PNDMScheduler",
            Self::Lms => "LMSDiscreteScheduler",
            Self::Euler => "EulerDiscreteScheduler",
            Self::EulerAncestral => "EulerAncestralDiscreteScheduler",
            Self::Heun => "HeunDiscreteScheduler",
            Self::Kdpm2 => "KDPM2DiscreteScheduler",
            Self::Kdpm2Ancestral => "KDPM2AncestralDiscreteScheduler",
            Self::DpmMultistep => "DPMSolverMultistepScheduler",
            Self::DpmSinglestep => "DPMSolverSinglestepScheduler",
            Self::DpmSde => "DPMSolverSDEScheduler",
            Self::UniPc => "UniPCMultistepScheduler",
            Self::Deis => "DEISMultistepScheduler",
            Self::Lcm => "LCMScheduler",
            Self::Tcd => "TCDScheduler",
            Self::FlowEuler => "FlowMatchEulerDiscreteScheduler",
            Self::FlowHeun => "FlowMatchHeunDiscreteScheduler",
            Self::EdmEuler => "EDMEulerScheduler",
            Self::EdmDpmMultistep => "EDMDPMSolverMultistepScheduler",
            Self::Other => "",
        }
    }

    /// Whether its levels are those of a flow whatever the file says.
    pub fn is_flow(self) -> bool {
        matches!(self, Self::FlowEuler | Self::FlowHeun)
    }

    /// Whether its levels are sigmas without any table of betas.
    pub fn is_edm(self) -> bool {
        matches!(self, Self::EdmEuler | Self::EdmDpmMultistep)
    }

    /// Whether it cuts `T` by `N + 1` where others cut it by `N`: the solvers in log signal-to-noise ratio.
    pub fn counts_one_more(self) -> bool {
        matches!(self, Self::DpmMultistep | Self::DpmSinglestep | Self::UniPc | Self::Deis)
    }

    /// Whether its end is chosen by `set_alpha_to_one`, and what that is by default.
    pub fn alpha_to_one(self) -> Option<bool> {
        match self {
            Self::Ddim | Self::DdimInverse | Self::Lcm | Self::Tcd => Some(true),
            Self::Pndm => Some(false),
            _ => None,
        }
    }

    /// Default `(beta_start, beta_end, beta_schedule)`.
    pub fn betas(self) -> (f64, f64, &'static str) {
        match self {
            Self::Heun | Self::Kdpm2 | Self::Kdpm2Ancestral | Self::DpmSde => {
                (0.00085, 0.012, "linear")
            }
            Self::Lcm | Self::Tcd => (0.00085, 0.012, "scaled_linear"),
            _ => (0.0001, 0.02, "linear"),
        }
    }

    /// Default `timestep_spacing`.
    pub fn spacing(self) -> &'static str {
        match self {
            Self::Ddim | Self::DdimInverse | Self::Ddpm | Self::Pndm | Self::Lcm | Self::Tcd => {
                "leading"
            }
            _ => "linspace",
        }
    }

    /// Default `clip_sample`.
    pub fn clips(self) -> bool {
        matches!(self, Self::Ddim | Self::DdimInverse | Self::Ddpm)
    }
}
