//! The pendulum: a bob and a sun, and the shadow that one throws in the light of the other.
//!
//! The scene is that of CausalVAE (Yang et al., CVPR 2021, appendix): the angle of the pendulum and the elevation of the
//! sun are drawn independently, and both cause the length and the place of the shadow. In lengths of a square of 20 by
//! 22, with theta the angle and phi the elevation:
//!
//! ```text
//! position = 10 + 4.75 sin(theta) - (11 - 4.75 cos(theta)) / tan(phi)
//! length   = max(3, |9.5 sin(theta) + 9.5 cos(theta) / tan(phi)|)
//! ```
//!
//! Angles are counted in gon, of which a turn has 400: the whole numbers in the published file names.
//!
//! | variant | labels | drawing |
//! |---|---|---|
//! | [`Variant::Noisy`] | independent draws; length and place of the shadow have noise of their own | smooth |
//! | [`Variant::Exact`] | independent draws, no noise | smooth |
//! | [`Variant::Grid`] | the 7,308 published pairs of angles in the published order, no noise | smooth |
//! | [`Variant::Published`] | as `Grid` | lines snapped to pixels, as matplotlib did |
//!
//! Without noise the shadow is a function of the image's other labels, so nothing is there to abduct; the noisy variant
//! is the one to learn counterfactuals on. Smooth images are continuous in the labels; in the published ones the
//! shadow's ends stand on whole pixels.

pub mod files;
mod scene;

use crate::{DataError, Exogenous, Result, Split, World};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_scm::{Additive, Custom, Exact, Mechanism, Noise, Root, Scm, ScmError};

/// Height and width of the published images.
pub const PUBLISHED_SIDE: usize = 96;
/// Images of the published grid.
pub const GRID: usize = ANGLES * LIGHTS;

const ANGLES: usize = 84;
const LIGHTS: usize = 87;
/// The elevation that the published grid leaves out: the sun is at the zenith, where its tangent is infinite.
const ZENITH: f64 = 100.0;
const LOWEST: [f64; 2] = [-40.0, 60.0];
const HIGHEST: [f64; 2] = [43.0, 147.0];

/// Standard deviation of the logarithm of the shadow's length.
const LENGTH_NOISE: f64 = 0.12;
/// Standard deviation of the shadow's place.
const POSITION_NOISE: f64 = 0.6;

/// The causal graph; `experiments/graphs/pendulum.dot` says the same.
const GRAPH: &str = r#"digraph pendulum {
    angle [unit="gon", low=-40, high=43];
    light [unit="gon", low=60, high=147, domain_above=0, domain_below=200];
    shadow_length [unit="unit", low=2, high=15, domain_above=0];
    shadow_position [unit="unit", low=1, high=20.5];
    angle -> shadow_length; light -> shadow_length;
    angle -> shadow_position; light -> shadow_position;
}"#;

/// How labels come about and how lines are drawn; the table above has them side by side.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Independent draws, noise on the shadow.
    Noisy,
    /// Independent draws, no noise.
    Exact,
    /// The published pairs, drawn smoothly.
    Grid,
    /// The published pairs as they were drawn.
    Published,
}

/// The world of pendulums.
pub struct Pendulum {
    model: Scm,
    side: usize,
    channels: usize,
    variant: Variant,
}

impl Pendulum {
    /// Images of `side x side` pixels, red, green and blue.
    ///
    /// # Errors
    /// [`DataError::Shape`] when `side` is 0.
    pub fn new(side: usize, variant: Variant) -> Result<Self> {
        DataError::check_side(side)?;
        Ok(Self { model: model(variant)?, side, channels: 3, variant })
    }

    /// The published images: 96 x 96, the grid, lines snapped to pixels, and a fourth channel that is opaque everywhere.
    ///
    /// # Errors
    /// None.
    pub fn published() -> Result<Self> {
        Ok(Self::new(PUBLISHED_SIDE, Variant::Published)?.with_alpha())
    }

    /// The same world with a fourth channel, opaque everywhere: it says nothing, but published networks read it.
    pub fn with_alpha(mut self) -> Self {
        self.channels = 4;
        self
    }
}

/// Length and place of the shadow of a pendulum at `angle` under a sun at elevation `light`, both in gon.
pub fn shadow(angle: f64, light: f64) -> [f64; 2] {
    let ((sin, cos), slope) = (radians(angle).sin_cos(), cotangent(light));
    let length = (9.5 * sin + 9.5 * cos * slope).abs().max(3.0);
    [length, 10.0 + 4.75 * sin - (11.0 - 4.75 * cos) * slope]
}

fn radians(gon: f64) -> f64 {
    gon * std::f64::consts::PI / 200.0
}

/// The reciprocal of the tangent, which is finite at the zenith.
fn cotangent(gon: f64) -> f64 {
    let (sin, cos) = radians(gon).sin_cos();
    cos / sin
}

fn model(variant: Variant) -> Result<Scm> {
    let dag = Dag::from_dot(GRAPH)?;
    let [angle, light]: [Box<dyn Mechanism>; 2] = match variant {
        Variant::Noisy | Variant::Exact => {
            let root = |k: usize| Root::new(LOWEST[k], HIGHEST[k] - LOWEST[k], Noise::Uniform);
            [Box::new(root(0)?), Box::new(root(1)?)]
        }
        Variant::Grid | Variant::Published => [steps(0), steps(1)],
    };
    let [length, position]: [Box<dyn Mechanism>; 2] = match variant {
        Variant::Noisy => {
            let place = |p: &[f64]| shadow(p[0], p[1])[1];
            [stretched(), Box::new(Additive::new(place, POSITION_NOISE, Noise::Normal)?)]
        }
        _ => [
            Box::new(Exact::new(|p: &[f64]| shadow(p[0], p[1])[0])),
            Box::new(Exact::new(|p: &[f64]| shadow(p[0], p[1])[1])),
        ],
    };
    Ok(Scm::new(dag, vec![angle, light, length, position])?)
}

/// A shadow that a rough ground stretches: noise on the logarithm keeps the length positive.
fn stretched() -> Box<dyn Mechanism> {
    Box::new(Custom::new(
        Stream::normal,
        |p: &[f64], noise: f64| shadow(p[0], p[1])[0] * (LENGTH_NOISE * noise).exp(),
        |p: &[f64], value: f64| {
            if value > 0.0 && value.is_finite() {
                Ok((value / shadow(p[0], p[1])[0]).ln() / LENGTH_NOISE)
            } else {
                Err(ScmError::OutsideSupport { value, low: 0.0, high: f64::INFINITY })
            }
        },
    ))
}

/// One axis of the grid: the noise is the distance from the lowest value, so that labels are whole numbers exactly.
fn steps(axis: usize) -> Box<dyn Mechanism> {
    let (low, high) = (LOWEST[axis], HIGHEST[axis]);
    let mechanism = Custom::new(
        move |stream: &mut Stream| {
            let count = if axis == 0 { ANGLES } else { LIGHTS };
            step(axis, stream.below(count))
        },
        move |_: &[f64], noise: f64| low + noise,
        move |_: &[f64], value: f64| {
            if (low..=high).contains(&value) {
                Ok(value - low)
            } else {
                Err(ScmError::OutsideSupport { value, low, high })
            }
        },
    );
    Box::new(mechanism.with_central_noise((high - low) / 2.0))
}

/// The distance from the lowest value of step `k` of an axis; the zenith is stepped over.
fn step(axis: usize, k: usize) -> f64 {
    let distance = k as f64;
    if axis == 1 && LOWEST[1] + distance >= ZENITH { distance + 1.0 } else { distance }
}

impl World for Pendulum {
    fn name(&self) -> &'static str {
        "pendulum"
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [self.channels, self.side, self.side]
    }

    /// On the grid image `k` is the published image `k`, whatever the seed, and begins anew after the last.
    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = match self.variant {
            Variant::Noisy | Variant::Exact => {
                self.model.draw_noise(&mut Stream::new(seed, "pendulum", index, 0))
            }
            Variant::Grid | Variant::Published => {
                let k = (index % GRID as u64) as usize;
                vec![step(0, k / LIGHTS), step(1, k % LIGHTS), 0.0, 0.0]
            }
        };
        Exogenous { noise, style: Vec::new(), class: None }
    }

    fn render(&self, values: &[f64], _: &Exogenous, pixels: &mut [u8]) {
        let scene = scene::Scene {
            angle: values[0],
            light: values[1],
            shadow_length: values[2],
            shadow_position: values[3],
        };
        scene.draw(self.side, self.variant == Variant::Published).write(pixels);
    }
}

/// The published parts of the grid: of every four images after the first four, one is for testing. There is no
/// validation part. Test images are thus always between training images.
pub fn published_split() -> Split {
    let (test, train): (Vec<usize>, Vec<usize>) = (0..GRID).partition(|k| *k > 0 && k % 4 == 0);
    Split { train, validation: Vec::new(), test }
}
