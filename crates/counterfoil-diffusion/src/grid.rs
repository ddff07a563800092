//! The grid: the levels that a sampler visits, and for each the label that the network is fed.

use crate::{DiffusionError, Level};
use serde::{Deserialize, Serialize};

/// What the network is told about the noise level; never used for arithmetic.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelTime {
    /// A label of the training schedule, `0..T`; 0 already holds one step of noise.
    Index(usize),
    /// A time between labels, or the time of a continuous schedule.
    Continuous(f64),
}

impl ModelTime {
    /// The number to embed.
    pub fn value(self) -> f64 {
        match self {
            Self::Index(label) => label as f64,
            Self::Continuous(time) => time,
        }
    }
}

/// Where a grid ends, after its last visited label; never chosen silently.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
#[non_exhaustive]
pub enum End {
    /// At the data, `sigma = 0`. The label of this level, needed only when the grid is run upwards, is 0: the
    /// cleanest that the network has seen.
    Zero,
    /// At the cleanest level of the schedule, that of label 0, which counts as clean (diffusers'
    /// `set_alpha_to_one = false` and `final_sigmas_type = "sigma_min"`).
    Label0,
    /// At the level with this `sigma / alpha`, in the scaling of the schedule.
    SigmaMin(f64),
    /// At the last level that the spacing visits, which the network is then never asked about: one entry more is
    /// spaced, and nothing is appended. What is left of the noise may be removed by reading the image from one more
    /// call ("denoise to x0").
    LastPositive,
}

/// Which way a grid runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Direction {
    /// From noise to data: sampling, decoding.
    Denoise,
    /// From data to noise: inversion, encoding.
    Noise,
}

/// `N + 1` strictly monotone levels and `N + 1` labels: the only object from which samplers make plans.
///
/// A step goes from level `i` to level `i + 1`, and the network is called with the label of the level that the
/// sample is at. There is no "previous timestep" to compute anywhere, and [`Grid::mirror`] is the exact reverse:
/// inversion visits the same levels with the same labels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Points", into = "Points")]
pub struct Grid {
    levels: Vec<Level>,
    times: Vec<ModelTime>,
}

impl Grid {
    /// A grid of these levels and labels, in the order in which they are visited.
    ///
    /// # Errors
    /// [`DiffusionError::ZeroSteps`] for fewer than two levels, [`DiffusionError::LabelCount`],
    /// [`DiffusionError::DuplicateLevel`] or [`DiffusionError::NonMonotone`].
    pub fn new(levels: Vec<Level>, times: Vec<ModelTime>) -> Result<Self, DiffusionError> {
        if levels.len() != times.len() {
            let (levels, times) = (levels.len(), times.len());
            return Err(DiffusionError::LabelCount { levels, times });
        }
        if levels.len() < 2 {
            return Err(DiffusionError::ZeroSteps { what: "a grid" });
        }
        let denoises = levels[1].lambda() > levels[0].lambda();
        for (at, pair) in levels.windows(2).enumerate() {
            let (from, to) = (pair[0].lambda(), pair[1].lambda());
            if from == to {
                return Err(DiffusionError::DuplicateLevel { at });
            }
            if (to > from) != denoises {
                return Err(DiffusionError::NonMonotone { at });
            }
        }
        Ok(Self { levels, times })
    }

    /// Number of steps, one less than the number of levels.
    pub fn steps(&self) -> usize {
        self.levels.len() - 1
    }

    /// The `N + 1` levels in the order in which they are visited.
    pub fn levels(&self) -> &[Level] {
        &self.levels
    }

    /// The `N + 1` labels.
    pub fn times(&self) -> &[ModelTime] {
        &self.times
    }

    /// The level at which a run starts.
    pub fn start(&self) -> Level {
        self.levels[0]
    }

    /// The level at which a run ends.
    pub fn end(&self) -> Level {
        self.levels[self.steps()]
    }

    /// Which way the grid runs.
    pub fn direction(&self) -> Direction {
        if self.end().lambda() > self.start().lambda() {
            Direction::Denoise
        } else {
            Direction::Noise
        }
    }

    /// The same levels and labels in reverse: the grid of the inversion.
    #[must_use]
    pub fn mirror(&self) -> Self {
        let mut mirror = self.clone();
        mirror.levels.reverse();
        mirror.times.reverse();
        mirror
    }

    /// Only the `depth` steps nearest to the data: partial abduction, or sampling from a half-noised image
    /// (Meng et al. 2022).
    ///
    /// # Errors
    /// [`DiffusionError::DepthOutOfRange`] when `depth` is 0 or more than the grid has.
    pub fn lowest(&self, depth: usize) -> Result<Self, DiffusionError> {
        let steps = self.steps();
        if depth == 0 || depth > steps {
            return Err(DiffusionError::DepthOutOfRange { depth, steps });
        }
        let kept = match self.direction() {
            Direction::Denoise => steps - depth..steps + 1,
            Direction::Noise => 0..depth + 1,
        };
        Ok(Self { levels: self.levels[kept.clone()].to_vec(), times: self.times[kept].to_vec() })
    }
}

/// The serialised form of a grid, checked again when it is read.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Points {
    levels: Vec<Level>,
    times: Vec<ModelTime>,
}

impl From<Grid> for Points {
    fn from(grid: Grid) -> Self {
        Self { levels: grid.levels, times: grid.times }
    }
}

impl TryFrom<Points> for Grid {
    type Error = DiffusionError;

    fn try_from(raw: Points) -> Result<Self, DiffusionError> {
        Self::new(raw.levels, raw.times)
    }
}
