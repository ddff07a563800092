//! `scheduler_config.json` of diffusers: the part of it that describes levels, read and written.

use super::{Class, Warning};
use crate::{
    BetaKind, ContinuousSchedule, DiffusionError, DiscreteSchedule, End, Path, Prediction,
    Schedule, Shift, Spacing, Variance,
};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::BTreeMap;

/// A `scheduler_config.json` as it stands: every option may be absent, and one that is not about levels is kept in
/// [`SchedulerConfig::rest`] unread, so that what is read can be written back.
///
/// The methods give each part in the terms of this crate, with the defaults of the file's class where it says nothing,
/// and [`SchedulerConfig::warnings`] says where that is not what diffusers would do.
///
/// ```
/// use counterfoil_diffusion::{End, Prediction, Spacing, compat::SchedulerConfig};
/// let config = SchedulerConfig::from_json(
///     r#"{"_class_name": "DDIMScheduler", "beta_start": 0.00085, "beta_end": 0.012,
///         "beta_schedule": "scaled_linear", "set_alpha_to_one": false, "steps_offset": 1}"#,
/// )?;
/// assert_eq!(config.prediction()?, Prediction::Eps);
/// let grid = config.schedule()?.as_schedule().grid(config.spacing(None)?, 50, config.end()?)?;
/// assert_eq!((grid.times()[0].value(), grid.steps()), (981.0, 50));
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[expect(missing_docs, reason = "each field is the option of that name in diffusers")]
pub struct SchedulerConfig {
    #[serde(rename = "_class_name", skip_serializing_if = "Option::is_none")]
    pub class_name: Option<String>,
    #[serde(rename = "_diffusers_version", skip_serializing_if = "Option::is_none")]
    pub diffusers_version: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub num_train_timesteps: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta_start: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta_end: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beta_schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub trained_betas: Option<Vec<f64>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rescale_betas_zero_snr: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub prediction_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variance_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_sample: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub clip_sample_range: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timestep_spacing: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps_offset: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set_alpha_to_one: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub final_sigmas_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_karras_sigmas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_exponential_sigmas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_beta_sigmas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_lu_lambdas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_flow_sigmas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_shift: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub use_dynamic_shifting: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_shift: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_shift: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub base_image_seq_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_image_seq_len: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time_shift_type: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shift_terminal: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub invert_sigmas: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_min: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_max: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_data: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sigma_schedule: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rho: Option<f64>,
    /// Everything else: the options of the solver, and those that nothing here knows.
    #[serde(flatten)]
    pub rest: BTreeMap<String, Value>,
}

/// The schedule of a file.
#[derive(Clone, Debug, PartialEq)]
pub enum ImportedSchedule {
    /// A table of betas.
    Table(DiscreteSchedule),
    /// A flow, or the sigmas of EDM.
    Continuous(ContinuousSchedule),
}

impl ImportedSchedule {
    /// The schedule, whichever it is.
    pub fn as_schedule(&self) -> &dyn Schedule {
        match self {
            Self::Table(schedule) => schedule,
            Self::Continuous(schedule) => schedule,
        }
    }
}

/// An option that cannot be what the file says.
pub(super) fn refuse(option: &str, reason: impl Into<String>) -> DiffusionError {
    DiffusionError::SchedulerConfig { option: option.to_owned(), reason: reason.into() }
}

impl SchedulerConfig {
    /// The class that the file is for.
    pub fn class(&self) -> Class {
        self.class_name.as_deref().map_or(Class::Other, Class::from_name)
    }

    /// One warning for each option that means something else here, or nothing.
    pub fn warnings(&self) -> Vec<Warning> {
        super::warnings::collect(self)
    }

    /// Number of training labels.
    pub fn train_steps(&self) -> usize {
        self.num_train_timesteps.unwrap_or(1000)
    }

    /// Whether the levels are those of a flow.
    pub fn is_flow(&self) -> bool {
        self.class().is_flow() || self.use_flow_sigmas == Some(true)
    }

    /// The family of betas; `None` when the file lists them, or when its levels come from no table.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a schedule that is not known.
    pub fn beta_kind(&self) -> Result<Option<BetaKind>, DiffusionError> {
        if self.trained_betas.is_some() || self.is_flow() || self.class().is_edm() {
            return Ok(None);
        }
        let (first, last, schedule) = self.class().betas();
        let (first, last) = (self.beta_start.unwrap_or(first), self.beta_end.unwrap_or(last));
        let kind = match self.beta_schedule.as_deref().unwrap_or(schedule) {
            "linear" => BetaKind::Linear { first, last },
            "scaled_linear" => BetaKind::ScaledLinear { first, last },
            "squaredcos_cap_v2" => BetaKind::COSINE,
            "sigmoid" => BetaKind::SigmoidBetas { first, last },
            "exp" => BetaKind::EXPONENTIAL,
            // What a network was trained with is what it must be run with.
            "laplace" => BetaKind::LaplaceCompat { mu: 0.0, b: 0.5, epsilon: 1e-6, cap: 0.999 },
            other => return Err(refuse("beta_schedule", format!("\"{other}\" is not known"))),
        };
        Ok(Some(kind))
    }

    /// The schedule.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`], and those of [`DiscreteSchedule::new`] and [`ContinuousSchedule::new`].
    pub fn schedule(&self) -> Result<ImportedSchedule, DiffusionError> {
        if self.is_flow() {
            let time_scale = self.train_steps() as f64;
            return Ok(ImportedSchedule::Continuous(ContinuousSchedule::flow(time_scale)?));
        }
        if self.class().is_edm() {
            let (from, to) = (self.sigma_min.unwrap_or(0.002), self.sigma_max.unwrap_or(80.0));
            return Ok(ImportedSchedule::Continuous(ContinuousSchedule::new(
                Path::Sigma,
                from,
                to,
            )?));
        }
        let table = match (&self.trained_betas, self.beta_kind()?) {
            (Some(betas), _) => DiscreteSchedule::from_betas(betas.clone())?,
            (None, Some(kind)) => DiscreteSchedule::new(kind, self.train_steps())?,
            (None, None) => return Err(refuse("beta_schedule", "is missing")),
        };
        Ok(ImportedSchedule::Table(if self.rescale_betas_zero_snr == Some(true) {
            table.zero_terminal_snr()?
        } else {
            table
        }))
    }

    /// What the network predicts.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a type that is not known.
    pub fn prediction(&self) -> Result<Prediction, DiffusionError> {
        let sigma_data = self.sigma_data.unwrap_or(0.5);
        Ok(match self.prediction_type.as_deref() {
            // The EDM classes mean by "epsilon" the raw output of a preconditioned network.
            None | Some("epsilon") if self.class().is_edm() => Prediction::Edm { sigma_data },
            Some(other) if self.class().is_edm() => {
                let reason = format!(
                    "\"{other}\" of a preconditioned network is not read: for v_prediction negate the output"
                );
                return Err(refuse("prediction_type", reason));
            }
            None if self.is_flow() => Prediction::Flow,
            None | Some("epsilon") => Prediction::Eps,
            Some("sample") => Prediction::X0,
            Some("v_prediction") => Prediction::V,
            Some("flow_prediction") => Prediction::Flow,
            Some(other) => {
                return Err(refuse("prediction_type", format!("\"{other}\" is not known")));
            }
        })
    }

    /// The variance of the reverse step; `None` when the file does not say.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a type that is not known.
    pub fn variance(&self) -> Result<Option<Variance>, DiffusionError> {
        Ok(match self.variance_type.as_deref() {
            None => None,
            Some("fixed_small" | "fixed_small_log") => Some(Variance::FixedSmall),
            Some("fixed_large" | "fixed_large_log") => Some(Variance::FixedLarge),
            Some("learned") => Some(Variance::Learned),
            Some("learned_range") => Some(Variance::LearnedRange),
            Some(other) => {
                return Err(refuse("variance_type", format!("\"{other}\" is not known")));
            }
        })
    }

    /// The bound to which the predicted image is clamped, if any.
    pub fn clip(&self) -> Option<f64> {
        let clips = self.clip_sample.unwrap_or(self.class().clips());
        clips.then(|| self.clip_sample_range.unwrap_or(1.0))
    }

    /// The shift of flow times; a dynamic one depends on the number of image tokens.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a dynamic shift without tokens, or an unknown kind of it.
    pub fn shift(&self, tokens: Option<f64>) -> Result<Shift, DiffusionError> {
        if self.use_dynamic_shifting != Some(true) {
            return Ok(match self.shift.or(self.flow_shift) {
                None | Some(1.0) => Shift::None,
                Some(k) => Shift::Constant(k),
            });
        }
        let Some(tokens) = tokens else {
            return Err(refuse("use_dynamic_shifting", "needs the number of image tokens"));
        };
        let few = (self.base_image_seq_len.unwrap_or(256) as f64, self.base_shift.unwrap_or(0.5));
        let many = (self.max_image_seq_len.unwrap_or(4096) as f64, self.max_shift.unwrap_or(1.15));
        let mu = Shift::mu(tokens, few, many);
        let pow = 1.0;
        match self.time_shift_type.as_deref() {
            None | Some("exponential") => Ok(Shift::Dynamic { mu, pow }),
            // The linear kind uses mu itself where the other has its exponential.
            Some("linear") => Ok(Shift::Dynamic { mu: mu.ln(), pow }),
            Some(other) => Err(refuse("time_shift_type", format!("\"{other}\" is not known"))),
        }
    }

    /// How levels are spaced; `tokens` as for [`SchedulerConfig::shift`].
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a spacing that is not known, or two at once.
    pub fn spacing(&self, tokens: Option<f64>) -> Result<Spacing, DiffusionError> {
        let karras = Spacing::Karras { rho: self.rho.unwrap_or(7.0) };
        let chosen: Vec<Spacing> = [
            (self.use_karras_sigmas, karras),
            (self.use_exponential_sigmas, Spacing::EXPONENTIAL),
            (self.use_lu_lambdas, Spacing::LogSnr),
            (self.use_beta_sigmas, Spacing::BETA),
        ]
        .into_iter()
        .filter_map(|(chosen, spacing)| (chosen == Some(true)).then_some(spacing))
        .collect();
        match (chosen.as_slice(), self.class().is_edm(), self.sigma_schedule.as_deref()) {
            ([_, _, ..], _, _) => Err(refuse("use_karras_sigmas", "excludes the other sigmas")),
            (_, true, None | Some("karras")) => Ok(karras),
            (_, true, Some("exponential")) => Ok(Spacing::EXPONENTIAL),
            (_, true, Some(other)) => {
                Err(refuse("sigma_schedule", format!("\"{other}\" is not known")))
            }
            ([spacing], _, _) => Ok(*spacing),
            _ if self.is_flow() => {
                Ok(Spacing::Flow { shift: self.shift(tokens)?, terminal: self.shift_terminal })
            }
            _ => match self.timestep_spacing.as_deref().unwrap_or(self.class().spacing()) {
                "leading" => Ok(Spacing::Leading { offset: self.steps_offset.unwrap_or(0) }),
                "trailing" => Ok(Spacing::Trailing),
                "linspace" => Ok(Spacing::Linspace),
                other => Err(refuse("timestep_spacing", format!("\"{other}\" is not known"))),
            },
        }
    }

    /// Where the levels end.
    ///
    /// A file may end at label 0 and visit label 0 itself, as the defaults of DEIS and PNDM do: then the last label that
    /// is spaced is the end, [`End::LastPositive`], and the network is not asked there.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for an end or a spacing that is not known.
    pub fn end(&self) -> Result<End, DiffusionError> {
        let at_label0 = match (self.class().alpha_to_one(), self.final_sigmas_type.as_deref()) {
            (Some(default), _) => !self.set_alpha_to_one.unwrap_or(default),
            (None, None) => self.class() == Class::Deis,
            (None, Some("zero")) => false,
            (None, Some("sigma_min")) => true,
            (None, Some(other)) => {
                return Err(refuse("final_sigmas_type", format!("\"{other}\" is not known")));
            }
        };
        Ok(match at_label0 {
            false => End::Zero,
            true if self.visits_label0() => End::LastPositive,
            true => End::Label0,
        })
    }

    /// Whether label 0 is one of those that are spaced.
    pub(super) fn visits_label0(&self) -> bool {
        let in_labels = |spacing: Spacing| {
            matches!(spacing, Spacing::Leading { offset: 0 } | Spacing::Linspace | Spacing::BETA)
        };
        !self.is_flow() && self.spacing(None).is_ok_and(in_labels)
    }
}
