//! Schedulers of diffusers 0.42 as plans.

use super::{
    Class, ImportedSchedule, SchedulerConfig,
    config::refuse,
    grids::{Family, labels, level},
};
use crate::{
    Ddim, Ddpm, Deis, DiffusionError, DiscreteSchedule, DpmMultistep, DpmSinglestep, Euler,
    EulerAncestral, Grid, Heun, Level, Lms, ModelTime, Plan, Pndm, Prediction, Sampler, Spacing,
    Stage, UniPc, Variance,
    plan::{Entry, Parts},
    sampler::{dpm::Form, pndm, unipc},
    schedule::check_count,
};
use serde::de::DeserializeOwned;

/// In which scale a scheduler keeps its state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// `alpha x0 + sigma eps`, as in every [`Plan`].
    Level,
    /// `x0 + (sigma / alpha) eps`: divide by alpha.
    Exploding,
}

/// What a scheduler does in N steps.
#[derive(Clone, Debug, PartialEq)]
pub struct Recipe {
    /// Levels from noise to data, N + 1 of them.
    pub levels: Vec<Level>,
    /// The run. Its state is in the scale of the levels.
    pub plan: Plan,
    /// The scheduler's own scale.
    pub scale: Scale,
    /// Whether it runs from data to noise.
    pub encodes: bool,
}

impl Recipe {
    /// The label of every network call.
    pub fn labels(&self) -> Vec<f64> {
        self.plan.stages().iter().map(|stage| stage.time.value()).collect()
    }
}

/// Options of solvers that have a meaning here; the others of a file must be absent.
const SOLVER_OPTIONS: [&str; 4] =
    ["solver_order", "solver_type", "algorithm_type", "skip_prk_steps"];

impl SchedulerConfig {
    /// What the scheduler of this file does in N steps, for a network with this prediction where it leaves a choice. `eta` is
    /// the share of noise that diffusers' DDIM takes at each step.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a class or an option that is not reproduced, and
    /// [`DiffusionError::OthersFail`] where diffusers fails and so leaves nothing to reproduce; otherwise as the samplers.
    ///
    /// ```
    /// use counterfoil_diffusion::{Prediction, compat::SchedulerConfig};
    ///
    /// let config = SchedulerConfig::from_json(
    ///     r#"{"_class_name": "UniPCMultistepScheduler", "solver_order": 3, "beta_schedule": "scaled_linear",
    ///         "beta_start": 0.00085, "beta_end": 0.012}"#,
    /// )?;
    /// let recipe = config.recipe(20, 0.0, Prediction::Eps)?;
    /// assert_eq!((recipe.levels.len(), recipe.plan.evaluations()), (21, 20));
    /// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
    /// ```
    pub fn recipe(
        &self,
        steps: usize,
        eta: f64,
        prediction: Prediction,
    ) -> Result<Recipe, DiffusionError> {
        self.refuse_others()?;
        let class = self.class();
        if class == Class::FlowEuler {
            return flow(self, steps, prediction);
        }
        let ImportedSchedule::Table(schedule) = self.schedule()? else {
            return Err(refuse("_class_name", format!("{} is not reproduced", class.name())));
        };
        let built = Built { schedule, config: self, eta, steps, prediction };
        match class {
            Class::Ddim | Class::DdimInverse | Class::Ddpm => built.chain(class),
            Class::Pndm => built.pndm(),
            _ => built.solver(class),
        }
    }

    /// Refuses options whose effect is not reproduced.
    fn refuse_others(&self) -> Result<(), DiffusionError> {
        let (class, on) = (self.class(), |option: Option<bool>| option == Some(true));
        let flow = class == Class::FlowEuler;
        let of_this_class = [
            ("shift_terminal", flow && self.shift_terminal.is_some()),
            ("use_karras_sigmas", (flow || class == Class::Deis) && on(self.use_karras_sigmas)),
            // Labels are cut to whole ones, and the first lies at one up to rounding.
            (
                "use_karras_sigmas",
                class == Class::DpmMultistep
                    && on(self.use_karras_sigmas)
                    && self.beta_schedule.as_deref() == Some("squaredcos_cap_v2"),
            ),
            ("clip_sample", class == Class::Heun && on(self.clip_sample)),
            // They begin at 2^-24 instead of 0, and so at another level.
            (
                "rescale_betas_zero_snr",
                !matches!(class, Class::Ddim | Class::DdimInverse | Class::Ddpm)
                    && on(self.rescale_betas_zero_snr),
            ),
            ("set_alpha_to_one", class == Class::Pndm && on(self.set_alpha_to_one)),
            (
                "timestep_spacing",
                class == Class::Pndm && self.timestep_spacing.as_deref() == Some("linspace"),
            ),
        ];
        if let Some((option, _)) = of_this_class.into_iter().find(|(_, is_set)| *is_set) {
            return Err(refuse(option, format!("is not reproduced for {}", class.name())));
        }
        let unknown = self.rest.keys().find(|key| !SOLVER_OPTIONS.contains(&key.as_str()));
        let switched = [
            ("use_exponential_sigmas", self.use_exponential_sigmas),
            ("use_beta_sigmas", self.use_beta_sigmas),
            ("use_lu_lambdas", self.use_lu_lambdas),
            ("use_flow_sigmas", self.use_flow_sigmas),
            ("use_dynamic_shifting", self.use_dynamic_shifting),
            ("invert_sigmas", self.invert_sigmas),
        ];
        let switched = switched.into_iter().find(|(_, on)| *on == Some(true));
        match unknown.map(String::as_str).or(switched.map(|(option, _)| option)) {
            Some(option) => Err(refuse(option, "is not reproduced")),
            None => Ok(()),
        }
    }

    /// An option of the solver.
    fn option<T: DeserializeOwned>(&self, name: &str) -> Result<Option<T>, DiffusionError> {
        let value = self.rest.get(name).cloned();
        let read = |value| serde_json::from_value(value).map_err(|e| refuse(name, e.to_string()));
        value.map(read).transpose()
    }
}

fn fails(reason: &'static str) -> DiffusionError {
    DiffusionError::OthersFail { library: "diffusers", reason }
}

struct Built<'c> {
    schedule: DiscreteSchedule,
    config: &'c SchedulerConfig,
    eta: f64,
    steps: usize,
    prediction: Prediction,
}

impl Built<'_> {
    fn labels(&self, family: Family, default: &str) -> Result<Vec<f64>, DiffusionError> {
        let spacing = self.config.timestep_spacing.as_deref().unwrap_or(default);
        let offset = self.config.steps_offset.unwrap_or(0);
        labels(family, spacing, self.schedule.train_steps(), self.steps, offset)
    }

    fn grid(&self, labels: &[f64], end: Level) -> Result<Grid, DiffusionError> {
        let mut levels = Vec::with_capacity(labels.len() + 1);
        for &label in labels {
            levels.push(level(&self.schedule, label)?);
        }
        levels.push(end);
        let times = labels.iter().chain([&0.0]).map(|&label| ModelTime::Continuous(label));
        Grid::new(levels, times.collect())
    }

    /// DDIM, its inversion and DDPM.
    fn chain(&self, class: Class) -> Result<Recipe, DiffusionError> {
        let labels = self.labels(Family::Ddim, "leading")?;
        let end = match class.alpha_to_one() {
            Some(usual) if !self.config.set_alpha_to_one.unwrap_or(usual) => {
                if labels.last() == Some(&0.0) {
                    let reason =
                        "false goes from label 0 nowhere: give it with \"steps_offset\": 1";
                    return Err(refuse("set_alpha_to_one", reason));
                }
                self.schedule.level(0)?
            }
            _ => Level::CLEAN,
        };
        let grid = self.grid(&labels, end)?;
        let (levels, clip) = (grid.levels().to_vec(), self.config.clip());
        let recipe = |plan, encodes| Recipe { levels, plan, scale: Scale::Level, encodes };
        match class {
            Class::Ddpm => {
                let variance = self.config.variance()?.unwrap_or(Variance::FixedSmall);
                let plan = Ddpm { variance, clip }.plan(&grid, self.prediction)?;
                Ok(recipe(plan, false))
            }
            Class::DdimInverse if clip.is_none() => {
                let mirror = grid.mirror();
                let plan = Ddim::default().plan(&mirror, Prediction::Eps)?;
                let stages = plan.stages().iter().enumerate().map(|(step, stage)| Stage {
                    level: mirror.levels()[step + 1],
                    time: mirror.times()[step + 1],
                    ..stage.clone()
                });
                Ok(recipe(
                    Plan::single("ddim-inverse", 1, Prediction::Eps, stages.collect())?,
                    true,
                ))
            }
            Class::DdimInverse => Err(fails("an inversion with clipped images is no inversion")),
            _ => self.ddim(&grid),
        }
    }

    /// DDIM goes from each label down by `T // N`, whatever the next label is.
    fn ddim(&self, grid: &Grid) -> Result<Recipe, DiffusionError> {
        let sampler = Ddim { eta: self.eta, clip: self.config.clip() };
        let ratio = (self.schedule.train_steps() / self.steps) as f64;
        let mut levels = grid.levels().to_vec();
        let mut stages = Vec::with_capacity(self.steps);
        for step in 0..self.steps {
            let (from, time) = (levels[step], grid.times()[step]);
            let target = time.value() - ratio;
            let to = if target < 0.0 { grid.end() } else { level(&self.schedule, target)? };
            let alone =
                Grid::new(vec![from, to], vec![time, ModelTime::Continuous(target.max(0.0))])?;
            let plan = sampler.plan(&alone, self.prediction)?;
            for stage in plan.stages() {
                let stage = Stage { step, ..stage.clone() };
                stages.push(if sampler.clip.is_some() { self.keep_noise(&stage)? } else { stage });
            }
            if step + 1 == self.steps {
                levels[self.steps] = to;
            }
        }
        let plan = Plan::new(Parts {
            sampler: "ddim".to_owned(),
            order: 1,
            prediction: self.prediction,
            entry: Entry::Single,
            clip: sampler.clip,
            stages,
        })?;
        Ok(Recipe { levels, plan, scale: Scale::Level, encodes: false })
    }

    /// The same step with the noise of the unclamped image, as diffusers takes it unless a call says
    /// `use_clipped_model_output`: only the image is clamped.
    fn keep_noise(&self, stage: &Stage) -> Result<Stage, DiffusionError> {
        let noise = self.prediction.mix(Prediction::Eps, stage.level)?;
        // The state enters the clamped step by its noise alone, (x - alpha x0) / sigma, and not at all in one to the image.
        let weight = stage.state * stage.level.sigma();
        Ok(Stage {
            state: weight * noise.state,
            output: weight * noise.output,
            history: vec![stage.reaches.alpha()],
            ..stage.clone()
        })
    }

    fn pndm(&self) -> Result<Recipe, DiffusionError> {
        let labels = self.labels(Family::Ddim, "leading")?;
        let end = self.schedule.level(0)?;
        let mut levels = Vec::with_capacity(labels.len() + 1);
        for &label in &labels {
            levels.push(level(&self.schedule, label)?);
        }
        levels.push(end);
        let (start, visited) = if self.config.option("skip_prk_steps")?.unwrap_or(false) {
            (pndm::Start::Heun, labels.clone())
        } else {
            if self.steps < 4 {
                let (sampler, least, steps) = ("PNDM with Runge-Kutta steps", 4, self.steps);
                return Err(DiffusionError::TooFewSteps { sampler, least, steps });
            }
            let half = (self.schedule.train_steps() / self.steps / 2) as f64;
            let halved = labels.iter().take(3).flat_map(|&label| [label, label - half]);
            (pndm::Start::RungeKutta, halved.chain(labels.iter().skip(3).copied()).collect())
        };
        let [before @ .., last] = visited.as_slice() else {
            return Err(DiffusionError::ZeroSteps { what: "a grid" });
        };
        let mut grid_levels = Vec::with_capacity(visited.len());
        for &label in &visited {
            grid_levels.push(level(&self.schedule, label)?);
        }
        let times = visited.iter().map(|&label| ModelTime::Continuous(label)).collect();
        let plan = Pndm { start }.plan(&Grid::new(grid_levels, times)?, self.prediction)?;
        let mut stages = plan.stages().to_vec();
        // The last step goes from label 0 to label 0: a call, and nothing else.
        if before.is_empty() || *last != 0.0 {
            return Err(fails("its PNDM runs to label 0 with leading labels without an offset"));
        }
        let mut idle = stages[stages.len() - 1].clone();
        (idle.step, idle.stage) = (idle.step + 1, 0);
        (idle.level, idle.reaches, idle.time) = (end, end, ModelTime::Continuous(0.0));
        (idle.state, idle.anchor, idle.history, idle.rebase) = (1.0, 0.0, vec![0.0], false);
        idle.read = self.prediction.mix(Prediction::Eps, end)?;
        stages.push(idle);
        let plan = Plan::single("pndm", 2, self.prediction, stages)?;
        Ok(Recipe { levels, plan, scale: Scale::Level, encodes: false })
    }

    fn solver(&self, class: Class) -> Result<Recipe, DiffusionError> {
        if self.config.final_sigmas_type.as_deref().is_some_and(|name| name != "zero") {
            return Err(refuse("final_sigmas_type", "only runs to zero noise are reproduced"));
        }
        let solver_type: Option<String> = self.config.option("solver_type")?;
        let algorithm_type: Option<String> = self.config.option("algorithm_type")?;
        let exploding =
            matches!(class, Class::Euler | Class::EulerAncestral | Class::Heun | Class::Lms);
        let family = if exploding { Family::Euler } else { Family::Dpm };
        let labels = self.labels(family, "linspace")?;
        let end = match class {
            Class::Deis => self.schedule.level(0)?,
            _ => Level::CLEAN,
        };
        let grid = if self.config.use_karras_sigmas == Some(true) {
            self.karras(class, &labels, end)?
        } else {
            self.grid(&labels, end)?
        };
        let form = match solver_type.as_deref() {
            Some("heun") => Form::Taylor,
            _ => Form::Midpoint,
        };
        let order = self.config.option("solver_order")?.unwrap_or(2);
        // Orders fall at the end of short grids.
        let taper = self.steps < 15;
        let sampler: Box<dyn Sampler> = match class {
            Class::Euler => Box::new(Euler::default()),
            Class::EulerAncestral => Box::new(EulerAncestral::default()),
            Class::Heun => Box::new(Heun::default()),
            Class::Lms => Box::new(Lms::default()),
            Class::DpmMultistep => {
                let eta = match algorithm_type.as_deref() {
                    None | Some("dpmsolver++") => 0.0,
                    Some("sde-dpmsolver++") => 1.0,
                    Some(other) => {
                        let reason = format!("\"{other}\" is not reproduced: only the ++ ones are");
                        return Err(refuse("algorithm_type", reason));
                    }
                };
                if eta > 0.0 && order > 2 {
                    return Err(fails("its stochastic solver of third order has a wrong sign"));
                }
                let half_difference = true;
                let settings =
                    DpmMultistep { order, form, eta, taper, half_difference, clip: None };
                Box::new(settings)
            }
            Class::DpmSinglestep => {
                if let Some(other) = algorithm_type.filter(|name| name != "dpmsolver++") {
                    let reason = format!("\"{other}\" is not reproduced for {}", class.name());
                    return Err(refuse("algorithm_type", reason));
                }
                Box::new(DpmSinglestep { order, form })
            }
            Class::UniPc => {
                let scale = match solver_type.as_deref() {
                    Some("bh1") => unipc::Scale::Bh1,
                    _ => unipc::Scale::Bh2,
                };
                Box::new(UniPc { order, scale, taper: true })
            }
            Class::Deis => Box::new(Deis { order, taper }),
            _ => {
                let name = self.config.class_name.as_deref().unwrap_or("no class");
                return Err(refuse("_class_name", format!("{name} is not reproduced")));
            }
        };
        let scale = if exploding { Scale::Exploding } else { Scale::Level };
        let plan = sampler.plan(&grid, self.prediction)?;
        Ok(Recipe { levels: grid.levels().to_vec(), plan, scale, encodes: false })
    }

    /// Between the sigmas of the first and the last label; the solvers in log signal-to-noise ratio span the whole table
    /// whatever labels were picked, and ask the network with whole labels.
    fn karras(&self, class: Class, labels: &[f64], end: Level) -> Result<Grid, DiffusionError> {
        let lambda = |label| level(&self.schedule, label).map(Level::lambda);
        let (first, last) = if class.counts_one_more() {
            ((self.schedule.train_steps() - 1) as f64, 0.0)
        } else {
            (labels[0], labels[labels.len() - 1])
        };
        let (from, to) = (lambda(first)?, lambda(last)?);
        let mut levels = Vec::with_capacity(labels.len() + 1);
        let mut times = Vec::with_capacity(labels.len() + 1);
        for lambda in (Spacing::Karras { rho: 7.0 }).lambdas(from, to, labels.len())? {
            let level = Level::from_log_snr(2.0 * lambda)?;
            levels.push(level);
            let label = self.schedule.time_of(level);
            times.push(if class.counts_one_more() {
                ModelTime::Continuous(label.value().round_ties_even())
            } else {
                label
            });
        }
        levels.push(end);
        times.push(ModelTime::Continuous(0.0));
        Grid::new(levels, times)
    }
}

fn flow(
    config: &SchedulerConfig,
    steps: usize,
    prediction: Prediction,
) -> Result<Recipe, DiffusionError> {
    if steps == 0 {
        return Err(DiffusionError::ZeroSteps { what: "a grid" });
    }
    check_count("number of steps", steps)?;
    let train_steps = config.train_steps() as f64;
    let k = config.shift.unwrap_or(1.0);
    let shifted = |t: f64| k * t / (1.0 + (k - 1.0) * t);
    // The ends of the training schedule are shifted, and then all levels between them once more.
    let (high, low) = (shifted(1.0), shifted(1.0 / train_steps));
    let gaps = (steps - 1).max(1) as f64;
    let mut levels = Vec::with_capacity(steps + 1);
    let mut times = Vec::with_capacity(steps + 1);
    for i in 0..steps {
        let t =
            if i + 1 == steps && steps > 1 { low } else { high + i as f64 * ((low - high) / gaps) };
        let t = shifted(t);
        levels.push(Level::from_flow(t)?);
        times.push(ModelTime::Continuous(t * train_steps));
    }
    levels.push(Level::CLEAN);
    times.push(ModelTime::Continuous(0.0));
    let plan = Euler::default().plan(&Grid::new(levels.clone(), times)?, prediction)?;
    Ok(Recipe { levels, plan, scale: Scale::Level, encodes: false })
}
