//! A sampler's plan: every coefficient of a run, computed and checked before the first network call.

use crate::{Call, DiffusionError, Level, Mix, ModelTime, Prediction};
use serde::{Deserialize, Serialize};

/// One network call and the linear combination that follows it.
///
/// With `x` the state, `a` the anchor (an older state) and `f` the network's output at `(x, level, time)`, the
/// solver reads a signal `m = read.state x + read.output f`, puts it in front of its history, and sets
/// `x <- state x + anchor a + sum_j history[j] m_j + output f + noise z`, where `m_0` is the new signal and `z` is standard
/// normal. With `rebase` the old `x` becomes the anchor. Every sampler of this crate is a list of these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Index of the grid step that the call belongs to.
    pub step: usize,
    /// Index of the call within its step.
    pub stage: u8,
    /// Level at which the network is called.
    pub level: Level,
    /// Label with which it is called.
    pub time: ModelTime,
    /// Level that the state has after the update.
    pub reaches: Level,
    /// What the solver reads from the output.
    pub read: Mix,
    /// Weight of the state.
    pub state: f64,
    /// Weight of the anchor.
    pub anchor: f64,
    /// Weights of the signals, newest first.
    pub history: Vec<f64>,
    /// Weight of the output itself, as it is before a signal is clamped; 0 in plans that clamp nothing.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub output: f64,
    /// Weight of fresh standard normal noise; 0 draws none.
    pub noise: f64,
    /// Whether the old state becomes the anchor.
    pub rebase: bool,
}

/// Whether a weight can be left out of a written plan.
#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_zero(weight: &f64) -> bool {
    *weight == 0.0
}

impl Stage {
    /// The call of grid step `step` without any update: builders fill in the rest.
    pub(crate) fn call(grid: &crate::Grid, step: usize) -> Self {
        Self {
            step,
            stage: 0,
            level: grid.levels()[step],
            time: grid.times()[step],
            reaches: grid.levels()[step + 1],
            read: Mix::OUTPUT,
            state: 0.0,
            anchor: 0.0,
            history: Vec::new(),
            output: 0.0,
            noise: 0.0,
            rebase: false,
        }
    }

    /// The call record of this stage in a run of `of` grid steps whose items share their level.
    pub(crate) fn record(&self, of: usize) -> Call<'static> {
        let (step, stage, reaches) = (self.step, self.stage, self.reaches);
        Call { step, stage, of, reaches, ..Call::at(self.level, self.time) }
    }
}

/// What a run must be given before its first call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Entry {
    /// One state.
    Single,
    /// A state and its anchor: the run continues an exactly reversible scheme.
    Pair,
}

/// An immutable list of stages: shareable between threads, serialisable, and finite by construction.
///
/// Make one with a [`crate::Sampler`], run it with [`Plan::run`] or step by step with [`Plan::start`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Parts", into = "Parts")]
pub struct Plan {
    parts: Parts,
    steps: usize,
    depth: usize,
}

/// The freely chosen parts of a plan; [`Plan::new`] checks them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Parts {
    /// Name of the sampler, for logs and errors.
    pub sampler: String,
    /// Order of convergence that the sampler claims.
    pub order: u8,
    /// What the network must predict.
    pub prediction: Prediction,
    /// What the run starts from.
    pub entry: Entry,
    /// Clamp every signal to `[-clip, clip]`; only for plans whose signal is `x0`.
    pub clip: Option<f64>,
    /// The calls, in order.
    pub stages: Vec<Stage>,
}

impl Plan {
    /// Checks the parts and makes a plan of them.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`] for no stages, [`DiffusionError::NonFiniteCoefficient`] for any coefficient
    /// that is not finite, [`DiffusionError::MalformedPlan`] when a stage uses a signal or an anchor that does
    /// not exist yet.
    pub fn new(parts: Parts) -> Result<Self, DiffusionError> {
        if parts.stages.is_empty() {
            return Err(DiffusionError::ZeroSteps { what: "a plan" });
        }
        if let Some(clip) = parts.clip {
            check_setting("clip", clip, clip > 0.0 && clip.is_finite(), "(0, inf)")?;
        }
        let mut anchored = parts.entry == Entry::Pair;
        let mut last_step = 0;
        for (call, stage) in parts.stages.iter().enumerate() {
            let named = [
                ("read.state", stage.read.state),
                ("read.output", stage.read.output),
                ("state", stage.state),
                ("anchor", stage.anchor),
                ("output", stage.output),
                ("noise", stage.noise),
            ];
            let history = stage.history.iter().map(|&value| ("history", value));
            for (name, value) in named.into_iter().chain(history) {
                if !value.is_finite() {
                    return Err(DiffusionError::NonFiniteCoefficient { call, name, value });
                }
            }
            let flaw = if stage.history.is_empty() {
                Some("it ignores the network")
            } else if stage.history.len() > call + 1 {
                Some("it uses a signal from before the start")
            } else if stage.anchor != 0.0 && !anchored {
                Some("it uses an anchor that was never set")
            } else if stage.step != last_step && stage.step != last_step + 1 {
                Some("its step does not follow the one before")
            } else {
                None
            };
            if let Some(reason) = flaw {
                return Err(DiffusionError::MalformedPlan { call, reason });
            }
            anchored |= stage.rebase;
            last_step = stage.step;
        }
        let depth = parts.stages.iter().map(|stage| stage.history.len()).max().unwrap_or(1);
        Ok(Self { parts, steps: last_step + 1, depth })
    }

    /// A plan that starts from one state and clamps nothing: what all but a few samplers make.
    pub(crate) fn single(
        sampler: &str,
        order: u8,
        prediction: Prediction,
        stages: Vec<Stage>,
    ) -> Result<Self, DiffusionError> {
        let (sampler, entry) = (sampler.to_owned(), Entry::Single);
        Self::new(Parts { sampler, order, prediction, entry, clip: None, stages })
    }

    /// Name of the sampler.
    pub fn sampler(&self) -> &str {
        &self.parts.sampler
    }

    /// What the network must predict.
    pub fn prediction(&self) -> Prediction {
        self.parts.prediction
    }

    /// Order of convergence that the sampler claims.
    pub fn order(&self) -> u8 {
        self.parts.order
    }

    /// The clip of the predicted image, if any.
    pub fn clip(&self) -> Option<f64> {
        self.parts.clip
    }

    /// What the run starts from.
    pub fn entry(&self) -> Entry {
        self.parts.entry
    }

    /// The calls, in order.
    pub fn stages(&self) -> &[Stage] {
        &self.parts.stages
    }

    /// Number of network calls.
    pub fn evaluations(&self) -> usize {
        self.parts.stages.len()
    }

    /// Number of grid steps.
    pub fn steps(&self) -> usize {
        self.steps
    }

    /// How many signals the solver remembers, the newest included.
    pub fn depth(&self) -> usize {
        self.depth
    }

    /// Whether a run draws noise.
    pub fn is_stochastic(&self) -> bool {
        self.parts.stages.iter().any(|stage| stage.noise != 0.0)
    }
}

impl From<Plan> for Parts {
    fn from(plan: Plan) -> Self {
        plan.parts
    }
}

impl TryFrom<Parts> for Plan {
    type Error = DiffusionError;

    fn try_from(parts: Parts) -> Result<Self, DiffusionError> {
        Self::new(parts)
    }
}

/// Refuses a setting unless it is in its domain.
pub(crate) fn check_setting(
    name: &'static str,
    value: f64,
    fits: bool,
    domain: &'static str,
) -> Result<(), DiffusionError> {
    if fits { Ok(()) } else { Err(DiffusionError::SettingOutOfRange { name, value, domain }) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stage(step: usize) -> Stage {
        Stage {
            step,
            stage: 0,
            level: Level::CLEAN,
            time: ModelTime::Index(0),
            reaches: Level::CLEAN,
            read: Mix::OUTPUT,
            state: 1.0,
            anchor: 0.0,
            history: vec![1.0],
            output: 0.0,
            noise: 0.0,
            rebase: false,
        }
    }

    fn plan(stages: Vec<Stage>) -> Result<Plan, DiffusionError> {
        let (sampler, prediction) = ("custom".to_owned(), Prediction::Eps);
        Plan::new(Parts { sampler, order: 1, prediction, entry: Entry::Single, clip: None, stages })
    }

    /// Makes a sound stage unsound.
    type Break = fn(&mut Stage);

    /// A plan built by hand is checked like any other.
    #[test]
    fn contradictions_are_refused() {
        assert!(plan(vec![stage(0), stage(0), stage(1)]).is_ok());
        assert!(matches!(plan(vec![]), Err(DiffusionError::ZeroSteps { .. })));
        let cases: [(Break, &str); 5] = [
            (|s| s.history.clear(), "the plan is malformed at call 1: it ignores the network"),
            (
                |s| s.history = vec![1.0; 3],
                "the plan is malformed at call 1: it uses a signal from before the start",
            ),
            (
                |s| s.anchor = 1.0,
                "the plan is malformed at call 1: it uses an anchor that was never set",
            ),
            (
                |s| s.step = 5,
                "the plan is malformed at call 1: its step does not follow the one before",
            ),
            (
                |s| s.noise = f64::NAN,
                "coefficient noise of call 1 is NaN: the grid is too extreme for this sampler",
            ),
        ];
        for (break_it, expected) in cases {
            let mut broken = stage(1);
            break_it(&mut broken);
            assert_eq!(plan(vec![stage(0), broken]).unwrap_err().to_string(), expected);
        }
    }
}
