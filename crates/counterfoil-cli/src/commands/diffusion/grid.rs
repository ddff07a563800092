//! The flags that make up a grid.

use clap::{Args, ValueEnum};
use counterfoil::diffusion::{DiffusionError, DiscreteSchedule, End, Grid, Prediction, Spacing};

use crate::failure;

/// Flags of every command that walks a grid.
#[derive(Debug, Args)]
pub(super) struct GridOptions {
    /// The schedule of training
    #[arg(long, value_enum, default_value_t = Name::Cosine)]
    schedule: Name,
    /// Noise levels of training
    #[arg(long, value_name = "T", default_value_t = 1000)]
    levels: usize,
    /// Steps of the sampler
    #[arg(long, value_name = "N", default_value_t = 20)]
    steps: usize,
    /// How the steps are spaced
    #[arg(long, value_enum, default_value_t = Spaced::Trailing)]
    spacing: Spaced,
    /// Where the grid ends: at the image, at the first level of training, or at a noise level sigma/alpha
    #[arg(long, value_name = "zero|first|SIGMA", default_value = "zero", value_parser = end)]
    end: End,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Name {
    Linear,
    Cosine,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Spaced {
    Leading,
    Trailing,
    Linspace,
    LogSnr,
}

/// What the network predicts.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Predicted {
    Eps,
    X0,
    V,
}

impl From<Predicted> for Prediction {
    fn from(predicted: Predicted) -> Self {
        match predicted {
            Predicted::Eps => Self::Eps,
            Predicted::X0 => Self::X0,
            Predicted::V => Self::V,
        }
    }
}

fn end(text: &str) -> Result<End, String> {
    match text {
        "zero" => Ok(End::Zero),
        "first" => Ok(End::Label0),
        other => match other.parse::<f64>() {
            Ok(sigma) if sigma > 0.0 && sigma.is_finite() => Ok(End::SigmaMin(sigma)),
            _ => Err("write zero, first or a positive number".to_owned()),
        },
    }
}

impl GridOptions {
    pub(super) fn grid(&self) -> anyhow::Result<Grid> {
        self.build().map_err(|error| failure::bad_input(error.to_string()))
    }

    fn build(&self) -> Result<Grid, DiffusionError> {
        let schedule = match self.schedule {
            Name::Linear => DiscreteSchedule::linear(self.levels)?,
            Name::Cosine => DiscreteSchedule::cosine(self.levels)?,
        };
        let spacing = match self.spacing {
            Spaced::Leading => Spacing::Leading { offset: 0 },
            Spaced::Trailing => Spacing::Trailing,
            Spaced::Linspace => Spacing::Linspace,
            Spaced::LogSnr => Spacing::LogSnr,
        };
        schedule.grid(spacing, self.steps, self.end)
    }
}
