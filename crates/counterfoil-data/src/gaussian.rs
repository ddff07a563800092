//! A linear world whose every distribution is normal and known in closed form: for tests and for first experiments.
//!
//! ```text
//! a = n_a         b = 0.8 a + 0.6 n_b         c = 0.5 a - 0.7 b + 0.5 n_c         s = n_s
//! pixel = 128 + 20 (a A + b B + c C) + 12 s S
//! ```
//!
//! with independent standard normal n, s the style, A, B and C three round spots, S a slope across the image. Labels and
//! pixels are jointly normal up to the rounding of pixels, so the best reader and the best decoder are linear.

use crate::{DataError, Exogenous, Result, World};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_scm::{LinearGaussian, Mechanism, Scm};

/// The causal graph of the labels; `experiments/graphs/gaussian.dot` says the same.
const GRAPH: &str = r#"digraph gaussian {
    a [unit="sd", low=-3, high=3];
    b [unit="sd", low=-3, high=3];
    c [unit="sd", low=-3, high=3];
    a -> b; a -> c; b -> c;
}"#;

/// The covariance of a, b and c.
pub const COVARIANCE: [[f64; 3]; 3] = [[1.0, 0.8, -0.06], [0.8, 1.0, -0.3], [-0.06, -0.3, 0.43]];

/// The grey level of all labels and the style at 0.
const MIDDLE: f64 = 128.0;
/// Grey levels of a label's unit in the middle of its spot.
const GAIN: f64 = 20.0;
/// Grey levels of the style's unit at the border.
const SLOPE: f64 = 12.0;
/// Centres of the spots, in widths of the image, and their spread.
const SPOTS: [[f64; 2]; 3] = [[0.28, 0.3], [0.72, 0.3], [0.5, 0.72]];
const SPREAD: f64 = 0.13;

/// The linear world, grey images.
pub struct Gaussian {
    model: Scm,
    side: usize,
}

impl Gaussian {
    /// Images of `side x side` grey pixels.
    ///
    /// # Errors
    /// [`DataError::Shape`] when `side` is 0.
    pub fn new(side: usize) -> Result<Self> {
        DataError::check_side(side)?;
        let mechanisms: Vec<Box<dyn Mechanism>> = vec![
            Box::new(LinearGaussian::new(0.0, vec![], 1.0)?),
            Box::new(LinearGaussian::new(0.0, vec![0.8], 0.6)?),
            Box::new(LinearGaussian::new(0.0, vec![0.5, -0.7], 0.5)?),
        ];
        Ok(Self { model: Scm::new(Dag::from_dot(GRAPH)?, mechanisms)?, side })
    }
}

/// The grey level before rounding at a place given in widths of the image.
pub fn level(values: &[f64], style: f64, [x, y]: [f64; 2]) -> f64 {
    let spot = |(value, [cx, cy]): (&f64, [f64; 2])| {
        let squared = (x - cx).powi(2) + (y - cy).powi(2);
        GAIN * value * (-0.5 * squared / (SPREAD * SPREAD)).exp()
    };
    MIDDLE + values.iter().zip(SPOTS).map(spot).sum::<f64>() + SLOPE * style * (2.0 * x - 1.0)
}

impl World for Gaussian {
    fn name(&self) -> &'static str {
        "gaussian"
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [1, self.side, self.side]
    }

    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = self.model.draw_noise(&mut Stream::new(seed, "gaussian-labels", index, 0));
        let style = vec![Stream::new(seed, "gaussian-style", index, 0).normal()];
        Exogenous { noise, style, class: None }
    }

    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]) {
        let style = exogenous.style.first().copied().unwrap_or(0.0);
        let side = self.side as f64;
        for (k, pixel) in pixels.iter_mut().enumerate() {
            let place = [k % self.side, k / self.side].map(|i| (i as f64 + 0.5) / side);
            *pixel = (level(values, style, place).clamp(0.0, 255.0) + 0.5) as u8;
        }
    }
}
