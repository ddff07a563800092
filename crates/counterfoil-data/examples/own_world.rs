//! A world of your own, whose counterfactuals are exact: `cargo run -p counterfoil-data --example own_world [FOLDER]`.
//!
//! Candles: the more wax is left, the higher the flame stands, and a draught makes it lean. Three things make a world: a
//! structural model of the labels, a draw of all that labels do not say, and a renderer that depends on nothing else.
//! Everything beyond follows: data sets, true counterfactual images, contact sheets.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use counterfoil_data::{
    DataError, Exogenous, World, generate,
    sheet::{self, Layout},
};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_random::Stream;
use counterfoil_scm::{Additive, LinearGaussian, Mechanism, Noise, Scm};
use std::path::{Path, PathBuf};

const GRAPH: &str = r#"digraph candles {
    wax   [unit="cm", low=4, high=16, domain_above=0];
    flame [unit="cm", low=1, high=5, domain_above=0];
    wax -> flame;
}"#;
/// Pixels of a side; a pixel is half a centimetre.
const SIDE: usize = 48;

struct Candles {
    model: Scm,
}

impl Candles {
    fn new() -> Result<Self, DataError> {
        // One mechanism a variable, in the graph's order. The noise must be recoverable from value and causes.
        let flame = |causes: &[f64]| 1.0 + 0.2 * causes[0];
        let mechanisms: Vec<Box<dyn Mechanism>> = vec![
            Box::new(LinearGaussian::new(10.0, vec![], 2.0)?),
            Box::new(Additive::new(flame, 0.3, Noise::Normal)?),
        ];
        Ok(Self { model: Scm::new(Dag::from_dot(GRAPH)?, mechanisms)? })
    }
}

impl World for Candles {
    fn name(&self) -> &'static str {
        "candles"
    }

    fn scm(&self) -> &Scm {
        &self.model
    }

    fn image_shape(&self) -> [usize; 3] {
        [1, SIDE, SIDE]
    }

    /// Image `index` has a stream of its own, so it is the same in a data set of any size.
    fn draw(&self, seed: u64, index: u64) -> Exogenous {
        let noise = self.model.draw_noise(&mut Stream::new(seed, "candle-labels", index, 0));
        let mut style = Stream::new(seed, "candle-style", index, 0);
        // The draught, and where the candle stands.
        let style = vec![style.normal(), 24.0 + 3.0 * style.normal()];
        Exogenous { noise, style, class: None }
    }

    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]) {
        let ([wax, flame], [draught, place]) = (values, &*exogenous.style) else { return };
        for (k, pixel) in pixels.iter_mut().enumerate() {
            let (x, y) = ((k % SIDE) as f64, (SIDE - 1 - k / SIDE) as f64 / 2.0);
            let height = y - wax;
            let body = edge(4.0 - (x - place).abs()) * edge(-2.0 * height);
            let share = (height / flame).clamp(0.0, 1.0);
            let middle = place + 3.0 * draught * share * share;
            let width = 3.0 * (share * (1.0 - share)).sqrt();
            let within = edge(2.0 * height) * edge(2.0 * (flame - height));
            let light = within * edge(width - (x - middle).abs());
            *pixel = (20.0 + 110.0 * body + 235.0 * light).min(255.0) as u8;
        }
    }
}

/// 0 outside, 1 inside, and in between for the pixel on the border: `depth` is in pixels.
fn edge(depth: f64) -> f64 {
    (depth + 0.5).clamp(0.0, 1.0)
}

fn main() -> Result<(), DataError> {
    let default = std::env::temp_dir().join("counterfoil-own-world");
    let folder = std::env::args().nth(1).map_or(default, PathBuf::from);
    show(&folder).map(|_| ())
}

/// Writes `candles.png` into `folder`; returns the labels of an image, and what they would have been.
pub(crate) fn show(folder: &Path) -> Result<[Vec<f64>; 2], DataError> {
    let data = generate(Candles::new()?, 500, 7)?;
    println!(
        "{} images of {:?}, content {}",
        data.len(),
        data.images().image_shape(),
        &data.hash()[..8]
    );

    // Image 3 with the candle burnt down: its own noise, its own draught, a smaller flame.
    let fact = data.labels().row(3).to_vec();
    let burnt = Intervention::none().set(data.graph(), "wax", 5.0)?;
    let cannot = || DataError::Index { index: 3, len: data.len() };
    let would = data.counterfactual_labels(3, &burnt).ok_or_else(cannot)??;
    let image = data.counterfactual_image(3, &burnt).ok_or_else(cannot)??;
    println!("image 3: wax {:.1} cm, flame {:.2} cm", fact[0], fact[1]);
    println!("under {}: flame {:.2} cm", burnt.describe(data.graph()), would[1]);
    let other = image.iter().zip(data.images().get(3)).filter(|(a, b)| a != b).count();
    println!("         {other} of {} pixels are others", image.len());

    fs_err::create_dir_all(folder)?;
    let file = folder.join("candles.png");
    sheet::of_world(&Candles::new()?, 7, &Layout { columns: 9, ..Layout::default() })?
        .write(&file)?;
    println!("two rows of candles, then wax and flame set over their ranges: {}", file.display());
    Ok([fact, would])
}
