//! Water in a vessel: a ball raises it, and through a hole in the wall it reaches as far as its height drives it.
//!
//! The labels are those of the flow data of CausalVAE (Yang et al., CVPR 2021), as independent draws without rounding.
//! With `R = ball / 30` and `d = hole / 3`, in lengths of a square of 20 by 20:
//!
//! ```text
//! height = R^3 + 1 + 2.9 u                          u uniform on [0, 1)
//! flow   = 10 sqrt(2 g height (d - 0.5))            g = 0.98 exp(0.15 n), n standard normal
//! ```
//!
//! Height is that of the water above 5, flow ten times the distance at which the jet has fallen to 0.5. The published
//! generator has a noise of one or two hundredths on the jet, which no label shows; here it is wide enough to be seen and
//! abducted. The drawing is our own: the whole square, the ball twice its size so that it can be seen at 48 pixels.

mod scene;

use crate::{DataError, Exogenous, Result, World};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_scm::{Additive, Custom, Mechanism, Noise, Root, Scm, ScmError};

/// The causal graph; `experiments/graphs/flow.dot` says the same.
const GRAPH: &str = r#"digraph flow {
    ball [unit="unit/30", low=5, high=34, domain_low=0, domain_high=60];
    height [unit="unit", low=1, high=5.4, domain_above=0, domain_high=14];
    hole [unit="unit/3", low=6, high=14, domain_above=1.5, domain_high=42];
    flow [unit="unit/10", low=12, high=85, domain_above=0];
    ball -> height; height -> flow; hole -> flow;
}"#;

/// Standard deviation of the logarithm of the acceleration that drives the jet.
const DRIVE_NOISE: f64 = 0.15;

/// The world of flowing water.
pub struct Flow {
    model: Scm,
    side: usize,
}

impl Flow {
    /// Images of `side x side` pixels, red, green and blue.
    ///
    /// # Errors
    /// [`DataError::Shape`] when `side` is 0.
    pub fn new(side: usize) -> Result<Self> {
        DataError::check_side(side)?;
        Ok(Self { model: model()?, side })
    }
}

/// Ten times the reach of a jet from water of this height through this hole, without noise.
pub fn reach(height: f64, hole: f64) -> f64 {
    10.0 * (1.96 * height * (hole / 3.0 - 0.5)).max(0.0).sqrt()
}

fn model() -> Result<Scm> {
    let raised = |p: &[f64]| (p[0] / 30.0).powi(3) + 1.0;
    // Twice the logarithm of flow / reach is that of g / 0.98.
    let flow = Custom::new(
        Stream::normal,
        |p: &[f64], noise: f64| reach(p[0], p[1]) * (0.5 * DRIVE_NOISE * noise).exp(),
        |p: &[f64], value: f64| match 2.0 / DRIVE_NOISE * (value / reach(p[0], p[1])).ln() {
            noise if noise.is_finite() => Ok(noise),
            _ => Err(ScmError::OutsideSupport { value, low: 0.0, high: f64::INFINITY }),
        },
    );
    let mechanisms: Vec<Box<dyn Mechanism>> = vec![
        Box::new(Root::new(5.0, 29.0, Noise::Uniform)?),
        Box::new(Additive::new(raised, 2.9, Noise::Uniform)?),
        Box::new(Root::new(6.0, 8.0, Noise::Uniform)?),
        Box::new(flow),
    ];
    Ok(Scm::new(Dag::from_dot(GRAPH)?, mechanisms)?)
}

impl World for Flow {
    fn name(&self) -> &'static str {
        "flow"
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [3, self.side, self.side]
    }

    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = self.model.draw_noise(&mut Stream::new(seed, "flow", index, 0));
        Exogenous { noise, style: Vec::new(), class: None }
    }

    fn render(&self, values: &[f64], _: &Exogenous, pixels: &mut [u8]) {
        scene::draw([values[0], values[1], values[2], values[3]], self.side).write(pixels);
    }
}
