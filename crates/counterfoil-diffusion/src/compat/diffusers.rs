//! Schedulers of diffusers 0.42 as plans.

use super::grids::{Family, karras, label_of, labels, level, of_s};
use crate::{
    BetaKind, Ddim, Ddpm, Deis, DiffusionError, DiscreteSchedule, DpmMultistep, DpmSinglestep,
    Euler, EulerAncestral, Grid, Heun, Level, Lms, ModelTime, Plan, Pndm, Prediction, Sampler,
    Stage, UniPc, Variance,
    plan::{Entry, Parts},
    sampler::{dpm::Form, pndm, unipc},
};
use serde::Deserialize;

/// A scheduler class.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[non_exhaustive]
pub enum Scheduler {
    /// [`Ddim`], whose steps go down by `T // N` labels whatever the next label is.
    #[serde(rename = "DDIMScheduler")]
    Ddim,
    /// [`Ddim`] towards the noise. The network is told the level that the step leads to, not the one where the state is.
    #[serde(rename = "DDIMInverseScheduler")]
    DdimInverse,
    /// [`Ddpm`].
    #[serde(rename = "DDPMScheduler")]
    Ddpm,
    /// [`Euler`].
    #[serde(rename = "EulerDiscreteScheduler")]
    Euler,
    /// [`EulerAncestral`].
    #[serde(rename = "EulerAncestralDiscreteScheduler")]
    EulerAncestral,
    /// [`Heun`].
    #[serde(rename = "HeunDiscreteScheduler")]
    Heun,
    /// [`Lms`].
    #[serde(rename = "LMSDiscreteScheduler")]
    Lms,
    /// [`DpmMultistep`]; in third order with half of the second difference.
    #[serde(rename = "DPMSolverMultistepScheduler")]
    DpmMultistep,
    /// [`DpmSinglestep`].
    #[serde(rename = "DPMSolverSinglestepScheduler")]
    DpmSinglestep,
    /// [`UniPc`].
    #[serde(rename = "UniPCMultistepScheduler")]
    UniPc,
    /// [`Deis`], down to the level of label 0.
    #[serde(rename = "DEISMultistepScheduler")]
    Deis,
    /// [`Pndm`], which ends with a call at label 0 that changes nothing.
    #[serde(rename = "PNDMScheduler")]
    Pndm,
    /// [`Euler`] on flow levels. The least level of a shifted schedule is shifted twice.
    #[serde(rename = "FlowMatchEulerDiscreteScheduler")]
    FlowEuler,
}

/// Options of a scheduler; those left out have the class's own defaults.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Options {
    /// Number of training steps, 1,000.
    pub num_train_timesteps: Option<usize>,
    /// First beta.
    pub beta_start: Option<f64>,
    /// Last beta.
    pub beta_end: Option<f64>,
    /// `linear` or `squaredcos_cap_v2`.
    pub beta_schedule: Option<String>,
    /// `leading`, `trailing` or `linspace`.
    pub timestep_spacing: Option<String>,
    /// Added to leading labels.
    pub steps_offset: usize,
    /// Clamp the predicted image to [-1, 1]: DDIM and DDPM do unless told otherwise.
    pub clip_sample: Option<bool>,
    /// `fixed_small` or `fixed_large`.
    pub variance_type: Option<String>,
    /// Karras' levels in place of those of the labels.
    pub use_karras_sigmas: bool,
    /// Order of a multistep or singlestep solver.
    pub solver_order: Option<u8>,
    /// `midpoint`, `heun`, `bh1`, `bh2`, `logrho`.
    pub solver_type: Option<String>,
    /// `dpmsolver++` or `sde-dpmsolver++`.
    pub algorithm_type: Option<String>,
    /// `zero`; others are refused.
    pub final_sigmas_type: Option<String>,
    /// Begin PNDM without Runge-Kutta steps.
    pub skip_prk_steps: bool,
    /// Shift of flow levels.
    pub shift: Option<f64>,
    /// Share of the ancestral noise in DDIM, which diffusers takes at each step.
    pub eta: f64,
}

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

impl Scheduler {
    /// The plan of `steps` steps with these options, for a network with this prediction where the scheduler leaves a choice.
    ///
    /// # Errors
    /// [`DiffusionError::OthersFail`] for options that diffusers refuses, or on which it fails and so has nothing to
    /// reproduce; otherwise as the samplers.
    pub fn recipe(
        self,
        options: &Options,
        steps: usize,
        prediction: Prediction,
    ) -> Result<Recipe, DiffusionError> {
        if self == Self::FlowEuler {
            return flow(options, steps, prediction);
        }
        let schedule = options.schedule(self)?;
        let built = Built { schedule, options, steps, prediction };
        match self {
            Self::Ddim | Self::DdimInverse | Self::Ddpm => built.chain(self),
            Self::Pndm => built.pndm(),
            _ => built.solver(self),
        }
    }
}

fn fails(reason: &'static str) -> DiffusionError {
    DiffusionError::OthersFail { library: "diffusers", reason }
}

impl Options {
    fn schedule(&self, scheduler: Scheduler) -> Result<DiscreteSchedule, DiffusionError> {
        let train_steps = self.num_train_timesteps.unwrap_or(1000);
        // Heun's defaults are those of Stable Diffusion, without its square root.
        let (first, last) = match scheduler {
            Scheduler::Heun => (0.00085, 0.012),
            _ => (1e-4, 0.02),
        };
        let (first, last) = (self.beta_start.unwrap_or(first), self.beta_end.unwrap_or(last));
        let kind = match self.beta_schedule.as_deref() {
            None | Some("linear") => BetaKind::Linear { first, last },
            Some("squaredcos_cap_v2") => BetaKind::Cosine { offset: 0.008, cap: 0.999 },
            Some(_) => return Err(fails("this beta_schedule is not one that it knows")),
        };
        DiscreteSchedule::new(kind, train_steps)
    }

    fn clip(&self) -> Option<f64> {
        self.clip_sample.unwrap_or(true).then_some(1.0)
    }
}

struct Built<'o> {
    schedule: DiscreteSchedule,
    options: &'o Options,
    steps: usize,
    prediction: Prediction,
}

impl Built<'_> {
    fn labels(&self, family: Family, default: &str) -> Result<Vec<f64>, DiffusionError> {
        let spacing = self.options.timestep_spacing.as_deref().unwrap_or(default);
        let offset = self.options.steps_offset;
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
    fn chain(&self, scheduler: Scheduler) -> Result<Recipe, DiffusionError> {
        let grid = self.grid(&self.labels(Family::Ddim, "leading")?, Level::CLEAN)?;
        let (levels, clip) = (grid.levels().to_vec(), self.options.clip());
        let recipe = |plan, encodes| Recipe { levels, plan, scale: Scale::Level, encodes };
        match scheduler {
            Scheduler::Ddpm => {
                let variance = match self.options.variance_type.as_deref() {
                    None | Some("fixed_small") => Variance::FixedSmall,
                    Some("fixed_large") => Variance::FixedLarge,
                    Some(_) => return Err(fails("this variance_type is not one that is fixed")),
                };
                let plan = Ddpm { variance, clip }.plan(&grid, self.prediction)?;
                Ok(recipe(plan, false))
            }
            Scheduler::DdimInverse if clip.is_none() => {
                let mirror = grid.mirror();
                let plan = Ddim::default().plan(&mirror, Prediction::Eps)?;
                let stages = plan.stages().iter().enumerate().map(|(step, stage)| Stage {
                    level: mirror.levels()[step + 1],
                    time: mirror.times()[step + 1],
                    ..stage.clone()
                });
                Ok(recipe(parts("ddim-inverse", 1, Prediction::Eps, stages.collect())?, true))
            }
            Scheduler::DdimInverse => {
                Err(fails("an inversion with clipped images is no inversion"))
            }
            _ => self.ddim(&grid),
        }
    }

    /// DDIM goes from each label down by `T // N`, whatever the next label is.
    fn ddim(&self, grid: &Grid) -> Result<Recipe, DiffusionError> {
        let sampler = Ddim { eta: self.options.eta, clip: self.options.clip() };
        let ratio = (self.schedule.train_steps() / self.steps) as f64;
        let mut levels = grid.levels().to_vec();
        let mut stages = Vec::with_capacity(self.steps);
        for step in 0..self.steps {
            let (from, time) = (levels[step], grid.times()[step]);
            let target = time.value() - ratio;
            let to = if target < 0.0 { Level::CLEAN } else { level(&self.schedule, target)? };
            let alone =
                Grid::new(vec![from, to], vec![time, ModelTime::Continuous(target.max(0.0))])?;
            let plan = sampler.plan(&alone, self.prediction)?;
            stages.extend(plan.stages().iter().map(|stage| Stage { step, ..stage.clone() }));
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

    fn pndm(&self) -> Result<Recipe, DiffusionError> {
        let labels = self.labels(Family::Ddim, "leading")?;
        let end = self.schedule.level(0)?;
        let mut levels = Vec::with_capacity(labels.len() + 1);
        for &label in &labels {
            levels.push(level(&self.schedule, label)?);
        }
        levels.push(end);
        let (start, visited) = if self.options.skip_prk_steps {
            (pndm::Start::Heun, labels.clone())
        } else {
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
        let plan = parts("pndm", 2, self.prediction, stages)?;
        Ok(Recipe { levels, plan, scale: Scale::Level, encodes: false })
    }

    fn solver(&self, scheduler: Scheduler) -> Result<Recipe, DiffusionError> {
        let Options { solver_order, solver_type, algorithm_type, final_sigmas_type, .. } =
            self.options;
        if final_sigmas_type.as_deref().is_some_and(|name| name != "zero") {
            return Err(fails("only runs to zero noise are reproduced"));
        }
        let exploding = matches!(
            scheduler,
            Scheduler::Euler | Scheduler::EulerAncestral | Scheduler::Heun | Scheduler::Lms
        );
        let family = if exploding { Family::Euler } else { Family::Dpm };
        let labels = self.labels(family, "linspace")?;
        let end = match scheduler {
            Scheduler::Deis => self.schedule.level(0)?,
            _ => Level::CLEAN,
        };
        let grid = if self.options.use_karras_sigmas {
            self.karras(&labels, end)?
        } else {
            self.grid(&labels, end)?
        };
        let form = match solver_type.as_deref() {
            Some("heun") => Form::Taylor,
            _ => Form::Midpoint,
        };
        let order = solver_order.unwrap_or(2);
        // Orders fall at the end of short grids.
        let taper = self.steps < 15;
        let sampler: Box<dyn Sampler> = match scheduler {
            Scheduler::Euler => Box::new(Euler::default()),
            Scheduler::EulerAncestral => Box::new(EulerAncestral::default()),
            Scheduler::Heun => Box::new(Heun::default()),
            Scheduler::Lms => Box::new(Lms::default()),
            Scheduler::DpmMultistep => {
                let eta = match algorithm_type.as_deref() {
                    None | Some("dpmsolver++") => 0.0,
                    Some("sde-dpmsolver++") => 1.0,
                    Some(_) => return Err(fails("only the ++ algorithms are reproduced")),
                };
                if eta > 0.0 && order > 2 {
                    return Err(fails("its stochastic solver of third order has a wrong sign"));
                }
                let half_difference = true;
                let settings =
                    DpmMultistep { order, form, eta, taper, half_difference, clip: None };
                Box::new(settings)
            }
            Scheduler::DpmSinglestep => Box::new(DpmSinglestep { order, form }),
            Scheduler::UniPc => {
                let scale = match solver_type.as_deref() {
                    Some("bh1") => unipc::Scale::Bh1,
                    _ => unipc::Scale::Bh2,
                };
                Box::new(UniPc { order, scale, taper: true })
            }
            _ => Box::new(Deis { order, taper }),
        };
        let scale = if exploding { Scale::Exploding } else { Scale::Level };
        let plan = sampler.plan(&grid, self.prediction)?;
        Ok(Recipe { levels: grid.levels().to_vec(), plan, scale, encodes: false })
    }

    fn karras(&self, labels: &[f64], end: Level) -> Result<Grid, DiffusionError> {
        let ends = [labels[0], labels[labels.len() - 1]];
        let [high, low] = ends.map(|label| level(&self.schedule, label).map(Level::s));
        let mut levels = Vec::with_capacity(labels.len() + 1);
        let mut times = Vec::with_capacity(labels.len() + 1);
        for s in karras(high?, low?, labels.len()) {
            levels.push(of_s(s)?);
            times.push(ModelTime::Continuous(label_of(&self.schedule, s)));
        }
        levels.push(end);
        times.push(ModelTime::Continuous(0.0));
        Grid::new(levels, times)
    }
}

fn flow(options: &Options, steps: usize, prediction: Prediction) -> Result<Recipe, DiffusionError> {
    if steps == 0 {
        return Err(DiffusionError::ZeroSteps { what: "a grid" });
    }
    let train_steps = options.num_train_timesteps.unwrap_or(1000) as f64;
    let k = options.shift.unwrap_or(1.0);
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

fn parts(
    name: &str,
    order: u8,
    prediction: Prediction,
    stages: Vec<Stage>,
) -> Result<Plan, DiffusionError> {
    let (sampler, entry) = (name.to_owned(), Entry::Single);
    Plan::new(Parts { sampler, order, prediction, entry, clip: None, stages })
}
