//! From the terms of this crate to a file of diffusers, where it can say them.

use super::{Class, SchedulerConfig};
use crate::{BetaKind, DiffusionError, End, Prediction, Shift, Spacing};

/// A setting that diffusers has no option for.
fn unable(option: &str, reason: impl Into<String>) -> DiffusionError {
    DiffusionError::SchedulerConfig { option: option.to_owned(), reason: reason.into() }
}

impl SchedulerConfig {
    /// A file for this class with a table of betas; every option is written out, defaults too.
    ///
    /// The file says what this crate means, but diffusers will do what it does: [`SchedulerConfig::warnings`] of the
    /// result tells where that differs.
    ///
    /// ```
    /// use counterfoil_diffusion::compat::{Class, SchedulerConfig};
    /// use counterfoil_diffusion::{BetaKind, End, Prediction, Spacing};
    /// let kind = BetaKind::STABLE_DIFFUSION;
    /// let config = SchedulerConfig::of_table(Class::Ddim, kind, 1000, Prediction::V)?
    ///     .with_grid(Spacing::Leading { offset: 1 }, End::Label0)?;
    /// let text = config.to_json()?;
    /// assert!(text.contains("\"beta_schedule\": \"scaled_linear\""));
    /// assert_eq!(SchedulerConfig::from_json(&text)?, config);
    /// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
    /// ```
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a family, a prediction or a class that diffusers does not have together.
    /// Families that it lacks can be given as their betas, in [`SchedulerConfig::trained_betas`].
    pub fn of_table(
        class: Class,
        kind: BetaKind,
        train_steps: usize,
        prediction: Prediction,
    ) -> Result<Self, DiffusionError> {
        if class.is_edm() || class.is_flow() || class == Class::Other {
            return Err(unable("_class_name", "is not a class with a table of betas"));
        }
        let (schedule, ends) = match kind {
            BetaKind::Linear { first, last } => ("linear", Some((first, last))),
            BetaKind::ScaledLinear { first, last } => ("scaled_linear", Some((first, last))),
            BetaKind::SigmoidBetas { first, last } => ("sigmoid", Some((first, last))),
            BetaKind::COSINE => ("squaredcos_cap_v2", None),
            BetaKind::EXPONENTIAL => ("exp", None),
            BetaKind::LaplaceCompat { mu: 0.0, b: 0.5, epsilon: 1e-6, cap: 0.999 } => {
                ("laplace", None)
            }
            _ => {
                let reason = "diffusers lacks this family: write its betas into trained_betas";
                return Err(unable("beta_schedule", reason));
            }
        };
        let prediction = match prediction {
            Prediction::Eps => "epsilon",
            Prediction::X0 => "sample",
            Prediction::V => "v_prediction",
            Prediction::Flow | Prediction::Edm { .. } => {
                let reason =
                    format!("diffusers has no {prediction} prediction with a table of betas");
                return Err(unable("prediction_type", reason));
            }
        };
        Ok(Self {
            class_name: Some(class.name().to_owned()),
            num_train_timesteps: Some(train_steps),
            beta_schedule: Some(schedule.to_owned()),
            beta_start: ends.map(|(first, _)| first),
            beta_end: ends.map(|(_, last)| last),
            prediction_type: Some(prediction.to_owned()),
            // Some classes clamp unless they are told not to.
            clip_sample: class.clips().then_some(false),
            ..Self::default()
        })
    }

    /// A file for a flow, with a constant or dynamic shift.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a class that is not one of flows, or a shift with an exponent.
    pub fn of_flow(class: Class, train_steps: usize, shift: Shift) -> Result<Self, DiffusionError> {
        if !class.is_flow() {
            return Err(unable("_class_name", "is not a class of flows"));
        }
        let mut config = Self {
            class_name: Some(class.name().to_owned()),
            num_train_timesteps: Some(train_steps),
            shift: Some(1.0),
            ..Self::default()
        };
        match shift {
            Shift::None => {}
            Shift::Constant(k) => config.shift = Some(k),
            Shift::Dynamic { mu, pow: 1.0 } => {
                // The same mu for every number of tokens.
                config.use_dynamic_shifting = Some(true);
                (config.base_shift, config.max_shift) = (Some(mu), Some(mu));
            }
            Shift::Dynamic { .. } => return Err(unable("shift", "diffusers has no exponent here")),
        }
        Ok(config)
    }

    /// The same file with this grid.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a spacing or an end that the class does not have.
    pub fn with_grid(mut self, spacing: Spacing, end: End) -> Result<Self, DiffusionError> {
        let (mut named, mut offset) = (None, None);
        match spacing {
            Spacing::Leading { offset: by } => (named, offset) = (Some("leading"), Some(by)),
            Spacing::Trailing => named = Some("trailing"),
            Spacing::Linspace => named = Some("linspace"),
            Spacing::Karras { rho: 7.0 } => self.use_karras_sigmas = Some(true),
            Spacing::LogSnr => self.use_exponential_sigmas = Some(true),
            Spacing::BETA => self.use_beta_sigmas = Some(true),
            other => {
                let reason = format!("diffusers has no {} spacing like this", other.name());
                return Err(unable("timestep_spacing", reason));
            }
        }
        self.timestep_spacing = named.map(str::to_owned);
        self.steps_offset = offset;
        let by_alpha = self.class().alpha_to_one().is_some();
        let always_clean = matches!(
            self.class(),
            Class::Ddpm | Class::Lms | Class::EulerAncestral | Class::Heun | Class::DpmSde
        );
        // The label that such a grid ends at, it visits: the two ends are one option of the file.
        let end = match (end, self.visits_label0()) {
            (End::LastPositive, true) => End::Label0,
            (End::Label0, true) => {
                let reason = "the spacing visits label 0 itself: write the end as LastPositive";
                return Err(unable("timestep_spacing", reason));
            }
            (end, _) => end,
        };
        match end {
            End::Zero if by_alpha => self.set_alpha_to_one = Some(true),
            End::Label0 if by_alpha => self.set_alpha_to_one = Some(false),
            End::Zero if always_clean => {}
            End::Label0 if self.class() == Class::Deis => {}
            End::Zero if self.class() != Class::Deis => {
                self.final_sigmas_type = Some("zero".to_owned());
            }
            End::Label0 if !always_clean => self.final_sigmas_type = Some("sigma_min".to_owned()),
            _ => {
                let reason = format!("{} cannot end like this", self.class().name());
                return Err(unable("final_sigmas_type", reason));
            }
        }
        Ok(self)
    }
}
