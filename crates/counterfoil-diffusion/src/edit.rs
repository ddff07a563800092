//! Editing an image by noising it part of the way and sampling back.

use crate::{
    Denoiser, DiffusionError, Grid, Level, NoiseSource, SampleError, Sampler, State,
    plan::check_setting, sampler::require_denoising, training::noised,
};

/// SDEdit (Meng et al. 2022, algorithm 1): a guide image is noised to a level within the grid, and the run begins there.
///
/// The more steps are left, the more of the guide is replaced. The guide is noised to exactly the level from which the
/// first step goes, at whose label the network is first called: both are the start of [`Edit::grid`], so that they cannot
/// be one step apart, as in other libraries they have been.
///
/// ```
/// use counterfoil_diffusion::{
///     DiscreteSchedule, DpmMultistep, Edit, End, KeyedNoise, Prediction, Spacing, denoiser,
/// };
/// use ndarray::{Array2, array};
///
/// let grid = DiscreteSchedule::linear(1000)?.grid(Spacing::Trailing, 50, End::Zero)?;
/// let edit = Edit::by_strength(&grid, 0.6)?;
/// assert_eq!(edit.grid().steps(), 30);
///
/// let mut network = denoiser(Prediction::X0, |x: &Array2<f64>, call| Ok(x * call.level.alpha()));
/// let mut noise = KeyedNoise::new(1, "edit", [0]);
/// let guide = array![[0.4, -0.2, 0.9]];
/// let eps = noise.start(&guide)?;
/// let edited = edit.run(&DpmMultistep::default(), &guide, &eps, &mut network, &mut noise)?;
/// assert_eq!(edited.dim(), guide.dim());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Edit {
    grid: Grid,
}

impl Edit {
    /// An edit over the `depth` steps of `grid` that are nearest to the data.
    ///
    /// # Errors
    /// [`DiffusionError::DepthOutOfRange`], and [`DiffusionError::WrongDirection`] for a grid that runs towards the noise.
    pub fn new(grid: &Grid, depth: usize) -> Result<Self, DiffusionError> {
        require_denoising("an edit", grid)?;
        Ok(Self { grid: grid.lowest(depth)? })
    }

    /// An edit over a share of the steps, 0 to 1: the nearest whole number of steps, and at least one.
    ///
    /// # Errors
    /// [`DiffusionError::SettingOutOfRange`], and as [`Edit::new`].
    pub fn by_strength(grid: &Grid, strength: f64) -> Result<Self, DiffusionError> {
        check_setting("strength", strength, (0.0..=1.0).contains(&strength), "[0, 1]")?;
        Self::new(grid, ((strength * grid.steps() as f64).round() as usize).max(1))
    }

    /// The grid of the run: make plans from it.
    pub fn grid(&self) -> &Grid {
        &self.grid
    }

    /// The level to which the guide is noised.
    pub fn level(&self) -> Level {
        self.grid.start()
    }

    /// The guide noised with `eps`, standard normal: the start of the run.
    ///
    /// # Errors
    /// A shape or type mismatch.
    pub fn start<X: State>(&self, guide: &X, eps: &X) -> Result<X, DiffusionError> {
        noised(guide, eps, &vec![self.level(); guide.items()])
    }

    /// Noises the guide with `eps` and samples back to the end of the grid.
    ///
    /// # Errors
    /// As [`Sampler::plan`] and [`crate::Plan::run`].
    pub fn run<S, X, D, N>(
        &self,
        sampler: &S,
        guide: &X,
        eps: &X,
        denoiser: &mut D,
        noise: &mut N,
    ) -> Result<X, SampleError>
    where
        S: Sampler + ?Sized,
        X: State,
        D: Denoiser<X> + ?Sized,
        N: NoiseSource<X> + ?Sized,
    {
        let plan = sampler.plan(&self.grid, denoiser.prediction())?;
        plan.run(self.start(guide, eps)?, denoiser, noise)
    }
}
