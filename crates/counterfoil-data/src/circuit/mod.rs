//! A circuit-like scene: a robot arm presses one of three buttons, buttons and lamps light lamps.
//!
//! The causal graph and the label model are those of CausalCircuit (Brehmer et al., NeurIPS 2022), the images are not:
//! those are renderings of a physics engine, these are drawn here. With `b_c` the pressure on the button of lamp c,
//!
//! ```text
//! arm   ~ U(0, 1)                         b_c = max(0, 1 - |arm - p_c| / 0.1)
//! blue  ~ Beta(5 v, 5 (1 - v))            v = 0.2 + 0.6 b_blue
//! green ~ Beta(5 v, 5 (1 - v))            v = 0.2 + 0.6 b_green
//! red   ~ Beta(5 v, 5 (1 - v))            v = 0.2 + 0.6 min(1, green + blue + b_red)
//! ```
//!
//! where each Beta number is the quantile of a uniform one, so its noise can be abducted. What the labels do not say, the
//! bend of the elbow, the camera's place and the colour of the table, is style and stays under every intervention.

mod scene;

use crate::{DataError, Exogenous, Result, World};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_scm::{Beta, Mechanism, Noise, Root, Scm};

/// The causal graph of the labels; `experiments/graphs/circuit.dot` says the same.
const GRAPH: &str = r#"digraph circuit {
    arm [unit="arc", low=0, high=1, domain_low=0, domain_high=1];
    blue [unit="brightness", low=0, high=1, domain_low=0, domain_high=1];
    green [unit="brightness", low=0, high=1, domain_low=0, domain_high=1];
    red [unit="brightness", low=0, high=1, domain_low=0, domain_high=1];
    arm -> blue; arm -> green; arm -> red; blue -> red; green -> red;
}"#;

/// Where the buttons of blue, green and red lie on the arm's arc.
pub const BUTTONS: [f64; 3] = [0.2, 0.5, 0.8];
/// How far from a button's middle the arm presses it at all.
const BUTTON_REACH: f64 = 0.1;
/// Sum of the shapes of each Beta distribution.
const CONCENTRATION: f64 = 5.0;

/// The circuit-like world.
pub struct Circuit {
    model: Scm,
    side: usize,
}

impl Circuit {
    /// Images of `side x side` pixels, red, green and blue.
    ///
    /// # Errors
    /// [`DataError::Shape`] when `side` is 0.
    pub fn new(side: usize) -> Result<Self> {
        DataError::check_side(side)?;
        Ok(Self { model: model()?, side })
    }
}

/// How much an arm at this place of its arc presses the button at `button`: 1 in its middle, 0 beside it.
pub fn pressure(arm: f64, button: f64) -> f64 {
    (1.0 - (arm - button).abs() / BUTTON_REACH).max(0.0)
}

fn model() -> Result<Scm> {
    let mean = |drive: f64| 0.2 + 0.6 * drive.clamp(0.0, 1.0);
    let lamp = |k: usize| {
        Beta::new(move |parents: &[f64]| mean(pressure(parents[0], BUTTONS[k])), CONCENTRATION)
    };
    let red =
        move |parents: &[f64]| mean(parents[1] + parents[2] + pressure(parents[0], BUTTONS[2]));
    let mechanisms: Vec<Box<dyn Mechanism>> = vec![
        Box::new(Root::new(0.0, 1.0, Noise::Uniform)?),
        Box::new(lamp(0)?),
        Box::new(lamp(1)?),
        Box::new(Beta::new(red, CONCENTRATION)?),
    ];
    Ok(Scm::new(Dag::from_dot(GRAPH)?, mechanisms)?)
}

impl World for Circuit {
    fn name(&self) -> &'static str {
        "circuit"
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [3, self.side, self.side]
    }

    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = self.model.draw_noise(&mut Stream::new(seed, "circuit-labels", index, 0));
        let mut style = vec![0.0; scene::STYLE];
        Stream::new(seed, "circuit-style", index, 0).fill_normal_f64(&mut style);
        Exogenous { noise, style, class: None }
    }

    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]) {
        let labels = [values[0], values[1], values[2], values[3]];
        scene::draw(labels, &exogenous.style, self.side).write(pixels);
    }
}
