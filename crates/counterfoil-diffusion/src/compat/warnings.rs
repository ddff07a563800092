//! Where a file of diffusers means something else here.

use super::{Class, SchedulerConfig};
use crate::End;
use serde_json::Value;

/// An option that changes meaning, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Warning {
    /// Name of the option.
    pub option: String,
    /// What diffusers does and what happens here, in a sentence.
    pub message: String,
}

impl std::fmt::Display for Warning {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}: {}", self.option, self.message)
    }
}

/// Options of the solvers, which say nothing about levels: kept, and left to whoever makes the plan.
const OF_THE_SOLVER: [&str; 27] = [
    "algorithm_type",
    "disable_corrector",
    "dynamic_thresholding_ratio",
    "euler_at_final",
    "gamma",
    "interpolation_type",
    "lambda_min_clipped",
    "lower_order_final",
    "noise_sampler_seed",
    "original_inference_steps",
    "predict_x0",
    "rescale_sigmas",
    "s_churn",
    "s_noise",
    "s_tmax",
    "s_tmin",
    "sample_max_value",
    "skip_prk_steps",
    "solver_order",
    "solver_p",
    "solver_type",
    "stochastic_sampling",
    "thresholding",
    "timestep_scaling",
    "timestep_type",
    "use_clipped_model_output",
    "use_noise_sampler",
];

/// The warnings of a file, in the order of its concerns: class, table, network, grid, end, and what is left.
pub(super) fn collect(config: &SchedulerConfig) -> Vec<Warning> {
    let mut found = Vec::new();
    let mut warn = |option: &str, message: &str| {
        found.push(Warning { option: option.to_owned(), message: message.to_owned() });
    };
    of_the_table(config, &mut warn);
    of_the_network(config, &mut warn);
    of_the_grid(config, &mut warn);
    of_the_rest(config, &mut warn);
    found
}

/// Takes an option and a sentence.
type Warn<'a> = &'a mut dyn FnMut(&str, &str);

fn of_the_table(config: &SchedulerConfig, warn: Warn<'_>) {
    if config.class() == Class::Other {
        warn("_class_name", "no class that is known here: the defaults are those of most classes");
    }
    if config.beta_schedule.as_deref() == Some("laplace") {
        warn(
            "beta_schedule",
            "diffusers takes one square root too many, which is kept here for networks trained with it; \
             the published schedule is BetaKind::LAPLACE",
        );
    }
    if let Some(betas) = &config.trained_betas
        && betas.len() != config.train_steps()
    {
        warn("trained_betas", "has another length than num_train_timesteps: its own is used");
    }
    if config.rescale_betas_zero_snr == Some(true) {
        warn(
            "rescale_betas_zero_snr",
            "some classes of diffusers replace the zero of the last label by 2^-24; here it is zero, \
             and samplers whose coordinate is infinite there refuse it",
        );
    }
}

fn of_the_network(config: &SchedulerConfig, warn: Warn<'_>) {
    if config.rescale_betas_zero_snr == Some(true)
        && matches!(config.prediction_type.as_deref(), None | Some("epsilon"))
    {
        warn(
            "prediction_type",
            "epsilon says nothing about the image at zero signal: refused there",
        );
    }
    match config.variance_type.as_deref() {
        Some("fixed_large_log") => warn(
            "variance_type",
            "diffusers takes the square root of a logarithm, which is not a number; here it is fixed_large",
        ),
        Some("learned" | "learned_range") => warn(
            "variance_type",
            "the network gives the variance in further channels, which no plan of this crate reads",
        ),
        _ => {}
    }
    let clips_apart = config.class() == Class::Ddim
        && config.rest.get("use_clipped_model_output") != Some(&Value::Bool(true));
    if config.clip().is_some() && clips_apart {
        warn(
            "clip_sample",
            "diffusers clamps the image and keeps the noise of the unclamped one, as a recipe does; here \
             the noise of a Ddim with clip follows the clamped image",
        );
    }
}

fn of_the_grid(config: &SchedulerConfig, warn: Warn<'_>) {
    let class = config.class();
    let last_is_end = config.end() == Ok(End::LastPositive);
    let spaced_in_sigmas = [
        (config.use_karras_sigmas, "use_karras_sigmas"),
        (config.use_exponential_sigmas, "use_exponential_sigmas"),
        (config.use_lu_lambdas, "use_lu_lambdas"),
    ];
    for (_, option) in spaced_in_sigmas.into_iter().filter(|(chosen, _)| *chosen == Some(true)) {
        warn(
            option,
            if class.counts_one_more() {
                "this class rounds the label to a whole one; here it stays fractional"
            } else {
                "diffusers spaces between the sigmas that timestep_spacing picked; here the levels span the \
                 table"
            },
        );
    }
    if config.use_beta_sigmas == Some(true) {
        warn("use_beta_sigmas", "diffusers maps sigmas by the quantile; here labels, as published");
    }
    let by_labels = !config.is_flow()
        && !class.is_edm()
        && config.use_beta_sigmas != Some(true)
        && spaced_in_sigmas.iter().all(|(chosen, _)| *chosen != Some(true));
    if by_labels {
        match config.timestep_spacing.as_deref().unwrap_or(class.spacing()) {
            "trailing" => warn(
                "timestep_spacing",
                "diffusers steps through a floating-point range, which has N + 1 entries for 62 of the \
                 first 1000 N; here there are N",
            ),
            "leading" if class.counts_one_more() => {
                warn("timestep_spacing", "this class strides by T // (N + 1), here by T // N");
            }
            "linspace" if class.counts_one_more() && last_is_end => warn(
                "timestep_spacing",
                "ends at the last of N + 1 equally spaced labels, 0, as in diffusers: read as \
                 Spacing::Linspace with End::LastPositive, since End::Zero and End::Label0 would call there",
            ),
            "linspace" if class.counts_one_more() => warn(
                "timestep_spacing",
                "this class takes N + 1 equally spaced labels and drops label 0; here N labels with \
                 both ends",
            ),
            "linspace" if matches!(class, Class::Ddim | Class::DdimInverse) => warn(
                "timestep_spacing",
                "diffusers steps by T // N from each label, whatever its grid; here to the next label",
            ),
            "linspace"
                if matches!(
                    class,
                    Class::Euler | Class::EulerAncestral | Class::Heun | Class::Lms
                ) =>
            {
                warn(
                    "timestep_spacing",
                    "this class keeps fractional labels and interpolates sigma between them; here they \
                     are rounded",
                );
            }
            _ => {}
        }
    }
    if last_is_end && !class.counts_one_more() {
        warn(
            if class.alpha_to_one().is_some() { "set_alpha_to_one" } else { "final_sigmas_type" },
            "ends at label 0, which its labels visit too: diffusers calls there once more and moves \
             nowhere; here N + 1 labels are spaced and the last is the end, End::LastPositive",
        );
    }
    if class == Class::Pndm && config.rest.get("skip_prk_steps") != Some(&Value::Bool(true)) {
        warn("skip_prk_steps", "diffusers starts with three steps of four calls each");
    }
    if config.is_flow() {
        if config.shift.or(config.flow_shift).is_some_and(|k| k != 1.0)
            && config.use_dynamic_shifting != Some(true)
        {
            warn(
                if config.shift.is_some() { "shift" } else { "flow_shift" },
                "diffusers shifts its last time twice, for k = 3 to 0.0089 instead of 0.0030; here all \
                 times are shifted once",
            );
        }
        if config.invert_sigmas == Some(true) {
            warn("invert_sigmas", "levels run from noise to data here, and the network is told so");
        }
    }
    if class.alpha_to_one().is_some() && config.final_sigmas_type.is_some() {
        warn("final_sigmas_type", "is not an option of this class: set_alpha_to_one decides");
    }
    if class.alpha_to_one().is_none() && config.set_alpha_to_one.is_some() {
        warn(
            "set_alpha_to_one",
            "is not an option of this class and is ignored, as diffusers does",
        );
    }
}

fn of_the_rest(config: &SchedulerConfig, warn: Warn<'_>) {
    for (option, value) in &config.rest {
        match (option.as_str(), value) {
            (_, Value::Null) => {}
            ("thresholding", Value::Bool(true)) => {
                warn("thresholding", "images are not clamped at a quantile here");
            }
            ("lambda_min_clipped", Value::Number(_)) => {
                warn("lambda_min_clipped", "noisy labels are not left out here");
            }
            (known, _) if OF_THE_SOLVER.contains(&known) => {}
            (unknown, _) => warn(unknown, "is not understood; it is kept and has no effect"),
        }
    }
}
