//! What can go wrong, as types: one enum for building and combining, one for running a network.

/// Everything that this crate itself can refuse: a level, schedule, grid, plan, state or noise source.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum DiffusionError {
    /// A number that describes a noise level lies outside its domain.
    #[error("{name} = {value} is no noise level: give a number in {domain}")]
    LevelOutOfRange {
        /// What the number is.
        name: &'static str,
        /// The number.
        value: f64,
        /// Where it must lie.
        domain: &'static str,
    },
    /// A schedule, grid or plan was asked for without any step.
    #[error("{what} needs at least one step")]
    ZeroSteps {
        /// What was asked for.
        what: &'static str,
    },
    /// A beta lies outside `(0, 1)`, so that a step would destroy or amplify the signal.
    #[error(
        "beta[{index}] = {beta} of {train_steps} training steps is not in (0, 1): use more steps or smaller betas"
    )]
    BetaOutOfRange {
        /// Index of the offending beta.
        index: usize,
        /// Its value.
        beta: f64,
        /// Length of the schedule.
        train_steps: usize,
    },
    /// More sampling steps than training steps.
    #[error("{steps} steps were asked for, but the schedule has only {train_steps}")]
    TooManySteps {
        /// Steps asked for.
        steps: usize,
        /// Length of the schedule.
        train_steps: usize,
    },
    /// Too few labels or steps for what must hold at both ends.
    #[error("{what} needs at least {needed} labels, not {given}")]
    TooFewLabels {
        /// What was asked for.
        what: &'static str,
        /// Labels given.
        given: usize,
        /// Labels needed.
        needed: usize,
    },
    /// A spacing and a schedule that do not go together.
    #[error("{spacing} spacing needs {schedule}: choose another spacing or schedule")]
    SpacingUnsupported {
        /// Name of the spacing.
        spacing: &'static str,
        /// What it would need.
        schedule: &'static str,
    },
    /// A label that the schedule does not have.
    #[error("label {label} lies outside the schedule, whose labels are 0 to {}", train_steps - 1)]
    LabelOutOfRange {
        /// The label.
        label: usize,
        /// Length of the schedule.
        train_steps: usize,
    },
    /// A respacing string that cannot be read.
    #[error("respacing \"{spec}\" is neither \"ddimN\" nor a list such as \"10,15,20\"")]
    RespacingSyntax {
        /// The string.
        spec: String,
    },
    /// A respacing string that cannot be met by the schedule.
    #[error("respacing \"{spec}\" does not fit {train_steps} training steps: {reason}")]
    RespacingImpossible {
        /// The string.
        spec: String,
        /// Length of the schedule.
        train_steps: usize,
        /// Which part does not fit.
        reason: String,
    },
    /// Two neighbouring levels of a grid are the same.
    #[error("grid levels {at} and {} are the same: drop one or choose another end", at + 1)]
    DuplicateLevel {
        /// Index of the first of the two.
        at: usize,
    },
    /// A grid turns round.
    #[error(
        "the grid turns round at level {at}: levels must go strictly towards the data or away from it"
    )]
    NonMonotone {
        /// Index of the level where it turns.
        at: usize,
    },
    /// A grid with unequally many levels and labels.
    #[error("a grid needs one label per level, but has {levels} levels and {times} labels")]
    LabelCount {
        /// Number of levels.
        levels: usize,
        /// Number of labels.
        times: usize,
    },
    /// A depth that the grid does not have.
    #[error("depth {depth} is not between 1 and the grid's {steps} steps")]
    DepthOutOfRange {
        /// Steps asked for.
        depth: usize,
        /// Steps of the grid.
        steps: usize,
    },
    /// The noise was predicted at a level that holds no signal, where it does not determine `x0`.
    #[error(
        "eps prediction is undefined at zero signal (alpha = 0): predict v or x0, or start later"
    )]
    EpsAtZeroSignal,
    /// The image was predicted at a level that holds no noise, where it does not determine `eps`.
    #[error(
        "x0 prediction is undefined at zero noise (sigma = 0): predict v or eps, or end the grid above zero"
    )]
    X0AtZeroNoise,
    /// A coefficient is infinite or not a number.
    #[error(
        "coefficient {name} of call {call} is {value}: the grid is too extreme for this sampler"
    )]
    NonFiniteCoefficient {
        /// Index of the network call in the plan.
        call: usize,
        /// Name of the coefficient.
        name: &'static str,
        /// Its value.
        value: f64,
    },
    /// A plan that contradicts itself.
    #[error("the plan is malformed at call {call}: {reason}")]
    MalformedPlan {
        /// Index of the network call in the plan.
        call: usize,
        /// What is wrong.
        reason: &'static str,
    },
    /// A setting of a sampler, weight or guidance lies outside its domain.
    #[error("{name} = {value} is outside {domain}")]
    SettingOutOfRange {
        /// Name of the setting.
        name: &'static str,
        /// Its value.
        value: f64,
        /// Where it must lie.
        domain: &'static str,
    },
    /// A sampler was given a grid that runs the wrong way for it.
    #[error("{sampler} only runs towards the data, but the grid runs towards the noise")]
    WrongDirection {
        /// Name of the sampler or setting.
        sampler: &'static str,
    },
    /// A sampler cannot use a variance that the network gives pixel by pixel.
    #[error("{sampler} plans fixed variances, not {variance:?}: choose fixed-small or fixed-large")]
    VarianceUnavailable {
        /// Name of the sampler.
        sampler: &'static str,
        /// The variance asked for.
        variance: crate::Variance,
    },
    /// An option of a `scheduler_config.json` that cannot be used.
    #[error("scheduler_config.json: {option}: {reason}")]
    SchedulerConfig {
        /// Name of the option.
        option: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A loss weight that is infinite at a level.
    #[error("the {weight} weight of {prediction} is infinite at log_snr = {log_snr}")]
    InfiniteWeight {
        /// Name of the weight.
        weight: &'static str,
        /// What the network predicts.
        prediction: crate::Prediction,
        /// The level.
        log_snr: f64,
    },
    /// A scheme for variance-preserving levels met another level.
    #[error("{sampler} needs alpha^2 + sigma^2 = 1, but level {at} of the grid has {sum}")]
    NotVariancePreserving {
        /// Name of the sampler.
        sampler: &'static str,
        /// Index of the level.
        at: usize,
        /// The sum found.
        sum: f64,
    },
    /// A scheme for flow levels met another level.
    #[error("{sampler} needs alpha + sigma = 1, but level {at} of the grid has {sum}")]
    NotFlow {
        /// Name of the sampler.
        sampler: &'static str,
        /// Index of the level.
        at: usize,
        /// The sum found.
        sum: f64,
    },
    /// A sampler whose start takes more steps than the grid has.
    #[error("{sampler} needs a grid of at least {least} steps, and this has {steps}")]
    TooFewSteps {
        /// Name of the sampler.
        sampler: &'static str,
        /// The least number of steps.
        least: usize,
        /// Steps of the grid.
        steps: usize,
    },
    /// A name that nothing has.
    #[error("there is no {what} `{name}`: use one of {known}")]
    UnknownName {
        /// What was looked for.
        what: &'static str,
        /// The name given.
        name: String,
        /// The names that there are.
        known: String,
    },
    /// Options of another library that it refuses or fails on.
    #[error("{library} has no such run to reproduce: {reason}")]
    OthersFail {
        /// The library.
        library: &'static str,
        /// Why.
        reason: &'static str,
    },
    /// Two parts disagree on what the network predicts.
    #[error("prediction mismatch: {left} was expected, the denoiser gives {right}")]
    PredictionMismatch {
        /// What was expected.
        left: crate::Prediction,
        /// What the denoiser predicts.
        right: crate::Prediction,
    },
    /// A latent of one method was given to another.
    #[error("this latent was not made by {method}: decode with the method that encoded")]
    LatentMismatch {
        /// The method that was to decode.
        method: &'static str,
    },
    /// Encoding would amplify its own errors by more than the limit.
    #[error(
        "encoding with {method} amplifies errors {growth:.3e} times along this grid, more than {limit}: choose a neutral method such as leapfrog, bdia or o-belm-angle, or encode with a higher limit"
    )]
    GrowthTooLarge {
        /// Name of the method.
        method: &'static str,
        /// The growth bound.
        growth: f64,
        /// The limit.
        limit: f64,
    },
    /// Two grids that were to be compared do not have the same ends.
    #[error("the grids to compare differ at their {end}: log-SNR {left} and {right}")]
    GridEnds {
        /// Which end.
        end: &'static str,
        /// Log-SNR of the first grid there.
        left: f64,
        /// Log-SNR of the second.
        right: f64,
    },
    /// Latents of different forms were to become one, or none at all.
    #[error("only latents of one form can be joined, and at least one")]
    LatentForms,
    /// Two states of unequal shape were combined.
    #[error("shapes differ: {left:?} and {right:?}")]
    ShapeMismatch {
        /// Shape of the state that is written.
        left: Vec<usize>,
        /// Shape of the other.
        right: Vec<usize>,
    },
    /// A per-item argument does not have one entry per item of the batch.
    #[error("{given} entries were given for a batch of {batch} items")]
    ItemMismatch {
        /// Entries given.
        given: usize,
        /// Items along the first axis.
        batch: usize,
    },
    /// A state lives in a number type in which sampling would lose accuracy, or two types were mixed.
    #[error(
        "a state of type {found} was given where {expected} is needed: cast inside the denoiser instead"
    )]
    DtypeMismatch {
        /// Type wanted.
        expected: String,
        /// Type found.
        found: String,
    },
    /// Two states on different devices were combined.
    #[error("a state on {right} cannot be combined with one on {left}: move it first")]
    DeviceMismatch {
        /// Device of the state that is written.
        left: String,
        /// Device of the other.
        right: String,
    },
    /// A plan drew noise, but the source has none.
    #[error(
        "the plan needs noise at step {step}, but its source has none: give a keyed source or set eta to 0"
    )]
    NoiseMissing {
        /// Grid step at which noise was wanted.
        step: usize,
    },
    /// A Brownian path was asked for an interval that it does not have.
    #[error(
        "a Brownian path has no increment between the log-SNRs {} and {}: give it two ends that the run lies between",
        2.0 * from, 2.0 * to
    )]
    NoIncrement {
        /// `ln(alpha / sigma)` of the one end.
        from: f64,
        /// That of the other.
        to: f64,
    },
    /// An adaptive run came to a place where no step is short enough.
    #[error(
        "at a log-SNR of {} a step of {step} in ln(alpha / sigma) still has {error} times the error allowed: loosen the tolerances or lower the floor",
        2.0 * lambda
    )]
    StepTooSmall {
        /// `ln(alpha / sigma)` at the start of the step.
        lambda: f64,
        /// Length of the step that was refused.
        step: f64,
        /// Its estimated error over that allowed.
        error: f64,
    },
    /// The array library failed.
    #[error("the array library failed: {message}")]
    Backend {
        /// Its own words.
        message: String,
    },
}

/// The error of a network: any error type converts into it with `?`.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Why a run stopped: the network failed, or this crate refused.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SampleError {
    /// The network returned an error.
    #[error("the denoiser failed at step {step}: {source}")]
    Denoiser {
        /// Grid step of the call.
        step: usize,
        /// The network's own error.
        source: BoxError,
    },
    /// A plan could not be built or applied.
    #[error(transparent)]
    Diffusion(#[from] DiffusionError),
}
