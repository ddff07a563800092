//! From what a config says of its data to the data set: worlds are drawn, folders are read.

use std::path::Path;

use counterfoil_data::{
    Dataset,
    circuit::Circuit,
    digits::Digits,
    flow::Flow,
    gaussian::Gaussian,
    generate, morphomnist,
    pendulum::{self, Pendulum},
};

use crate::{
    config::{DataKind, DataSection},
    error::Result,
};

/// Draws the world or reads the folder that `section` names.
///
/// # Errors
/// When the folder is missing or damaged.
pub(crate) fn open(section: &DataSection) -> Result<Dataset> {
    let (count, seed) = (section.count, section.seed);
    let folder = || section.dir.as_deref().unwrap_or(Path::new("."));
    // The config is checked: scenes have a side and the name of a form.
    let side = section.side.unwrap_or_default();
    let variant = section.variant.as_deref().unwrap_or_default();
    let data = match section.kind {
        DataKind::Digits => generate(Digits::new(), count, seed),
        DataKind::MorphoMnist => morphomnist::load(folder()),
        DataKind::Pendulum => {
            let variant = match variant {
                "exact" => pendulum::Variant::Exact,
                "grid" => pendulum::Variant::Grid,
                "published" => pendulum::Variant::Published,
                _ => pendulum::Variant::Noisy,
            };
            let world = Pendulum::new(side, variant)?;
            generate(if section.alpha { world.with_alpha() } else { world }, count, seed)
        }
        DataKind::Circuit => generate(Circuit::new(side)?, count, seed),
        DataKind::Flow => generate(Flow::new(side)?, count, seed),
        DataKind::Gaussian => generate(Gaussian::new(side)?, count, seed),
    };
    Ok(data?)
}
