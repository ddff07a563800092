//! Writes a contact sheet of a world: `cargo run -p counterfoil-data --example contact_sheet -- WORLD FILE.png`.

use counterfoil_data::{
    World,
    circuit::Circuit,
    digits::{self, Digits},
    flow::Flow,
    gaussian::Gaussian,
    pendulum::{self, Pendulum},
    sheet::{self, Layout},
};
use std::path::Path;

/// Images in a row.
const COLUMNS: usize = 9;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [world, file] = arguments.as_slice() else {
        return Err("give a world and a file: contact_sheet WORLD FILE.png".into());
    };
    let file = Path::new(file);
    let scene: Box<dyn World> = match world.as_str() {
        "digits" => return Ok(digits::contact_sheet(20, 1)?.write(file)?),
        "pendulum" => Box::new(Pendulum::new(96, pendulum::Variant::Noisy)?),
        "digits-slant" => Box::new(Digits::variant(digits::Variant::Slant)?),
        "digits-confounded" => Box::new(Digits::variant(digits::Variant::Confounded)?),
        // One row of images as they are trained on, one as they are tested on.
        "digits-biased" => {
            let first_plain = COLUMNS as u64;
            Box::new(Digits::variant(digits::Variant::Biased { first_plain })?)
        }
        "circuit" => Box::new(Circuit::new(72)?),
        "flow" => Box::new(Flow::new(96)?),
        "gaussian" => Box::new(Gaussian::new(96)?),
        other => return Err(format!("there is no world `{other}`").into()),
    };
    let scale = if scene.image_shape()[1] < 50 { 3 } else { 1 };
    let layout = Layout { columns: COLUMNS, padding: 3, scale, background: 48 };
    Ok(sheet::of_world(&*scene, 1, &layout)?.write(file)?)
}
