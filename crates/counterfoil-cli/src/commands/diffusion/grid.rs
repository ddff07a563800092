//! The flags that make up a grid.

use clap::{Args, ValueEnum};
use counterfoil::diffusion::{
    BetaKind, ContinuousSchedule, DiffusionError, DiscreteSchedule, End, Grid, Prediction,
    Schedule, Shift, Spacing,
};

use crate::failure;

/// Flags of every command that walks a grid.
#[derive(Debug, Args)]
pub(super) struct GridOptions {
    /// The schedule of training
    #[arg(long, value_enum, default_value_t = Name::Cosine)]
    schedule: Name,
    /// Noise levels of training; of a flow or of sigmas, the time that full noise has
    #[arg(long, value_name = "T", default_value_t = 1000)]
    levels: usize,
    /// Bend the schedule so that its last level holds no signal
    #[arg(long)]
    zero_terminal_snr: bool,
    /// Steps of the sampler
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
    /// How the steps are spaced
    #[arg(long, value_enum, default_value_t = Spaced::Trailing)]
    spacing: Spaced,
    /// The exponent of the spacings karras and poly-exponential
    #[arg(long, value_name = "X", default_value_t = 7.0)]
    rho: f64,
    /// The shift of the spacing flow
    #[arg(long, value_name = "X", default_value_t = 1.0)]
    shift: f64,
    /// Where the grid ends: at the image, at the first level of training, at the last that the spacing visits, or at a
    /// noise level sigma/alpha
    #[arg(long, value_name = "zero|first|last|SIGMA", default_value = "zero", value_parser = end)]
    end: End,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Linear,
    ScaledLinear,
    Cosine,
    Sqrt,
    SigmoidBetas,
    Sigmoid,
    Exponential,
    Laplace,
    /// A flow from noise to data
    Flow,
    /// The continuous variance-preserving schedule
    Vp,
    /// Noise levels from 0.002 to 80
    Edm,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Spaced {
    Leading,
    Trailing,
    Linspace,
    Quadratic,
    Beta,
    LogSnr,
    Karras,
    PolyExponential,
    Flow,
}

/// What the network predicts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Predicted {
    Eps,
    X0,
    V,
    Flow,
}

impl From<Predicted> for Prediction {
    fn from(predicted: Predicted) -> Self {
        match predicted {
            Predicted::Eps => Self::Eps,
            Predicted::X0 => Self::X0,
            Predicted::V => Self::V,
            Predicted::Flow => Self::Flow,
        }
    }
}

fn end(text: &str) -> Result<End, String> {
    match text {
        "zero" => Ok(End::Zero),
        "first" => Ok(End::Label0),
        "last" => Ok(End::LastPositive),
        other => match other.parse::<f64>() {
            Ok(sigma) if sigma > 0.0 && sigma.is_finite() => Ok(End::SigmaMin(sigma)),
            _ => Err("write zero, first, last or a positive number".to_owned()),
        },
    }
}

impl GridOptions {
    pub(super) fn grid(&self) -> anyhow::Result<Grid> {
        self.build().map_err(|error| failure::bad_input(error.to_string()))
    }

    fn build(&self) -> Result<Grid, DiffusionError> {
        self.schedule()?.grid(self.spacing(), self.steps, self.end)
    }

    fn schedule(&self) -> Result<Box<dyn Schedule>, DiffusionError> {
        let table = |kind| -> Result<Box<dyn Schedule>, DiffusionError> {
            let table = DiscreteSchedule::new(kind, self.levels)?;
            Ok(Box::new(if self.zero_terminal_snr { table.zero_terminal_snr()? } else { table }))
        };
        match self.schedule {
            // Scaled so that any number of levels ends in the same noise.
            Name::Linear => {
                let table = DiscreteSchedule::linear(self.levels)?;
                Ok(Box::new(if self.zero_terminal_snr {
                    table.zero_terminal_snr()?
                } else {
                    table
                }))
            }
            Name::ScaledLinear => table(BetaKind::STABLE_DIFFUSION),
            Name::Cosine => table(BetaKind::COSINE),
            Name::Sqrt => table(BetaKind::SQRT),
            Name::SigmoidBetas => table(BetaKind::SIGMOID_BETAS),
            Name::Sigmoid => table(BetaKind::SIGMOID_ALPHA_BAR),
            Name::Exponential => table(BetaKind::EXPONENTIAL),
            Name::Laplace => table(BetaKind::LAPLACE),
            Name::Flow => Ok(Box::new(ContinuousSchedule::flow(self.levels as f64)?)),
            Name::Vp => Ok(Box::new(ContinuousSchedule::vp(0.1, 20.0)?)),
            Name::Edm => Ok(Box::new(ContinuousSchedule::edm(0.002, 80.0)?)),
        }
    }

    fn spacing(&self) -> Spacing {
        let shift = if self.shift == 1.0 { Shift::None } else { Shift::Constant(self.shift) };
        match self.spacing {
            Spaced::Leading => Spacing::Leading { offset: 0 },
            Spaced::Trailing => Spacing::Trailing,
            Spaced::Linspace => Spacing::Linspace,
            Spaced::Quadratic => Spacing::Quadratic,
            Spaced::Beta => Spacing::BETA,
            Spaced::LogSnr => Spacing::LogSnr,
            Spaced::Karras => Spacing::Karras { rho: self.rho },
            Spaced::PolyExponential => Spacing::PolyExponential { rho: self.rho },
            Spaced::Flow => Spacing::Flow { shift, terminal: None },
        }
    }
}
