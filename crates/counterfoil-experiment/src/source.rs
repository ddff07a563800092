//! From what a config says of its data to the data set: worlds are drawn, folders are read.

use std::path::Path;

use counterfoil_data::{
    Dataset, Split, causalcircuit,
    circuit::Circuit,
    digits::{self, Digits},
    flow::Flow,
    folder,
    gaussian::Gaussian,
    generate, morphomnist,
    pendulum::{self, Pendulum, files},
};
use counterfoil_graph::Dag;

use crate::{
    config::{DataKind, DataSection},
    error::Result,
};

/// Draws the world or reads the folder that `section` names; `graph` is the model's, whose labelled variables a folder of
/// pictures must label.
///
/// # Errors
/// When the folder is missing or damaged.
pub(crate) fn open(section: &DataSection, graph: &Dag) -> Result<Dataset> {
    let (count, seed) = (section.count, section.seed);
    let dir = || section.dir.as_deref().unwrap_or(Path::new("."));
    // The config is checked: scenes have a side and the name of a form.
    let side = section.side.unwrap_or_default();
    let variant = section.variant.as_deref().unwrap_or_default();
    let data = match section.kind {
        DataKind::Digits => {
            let variant = match variant {
                "slant" => digits::Variant::Slant,
                "confounded" => digits::Variant::Confounded,
                "biased" => digits::Variant::Biased { first_plain: learned(section) as u64 },
                _ => digits::Variant::Plain,
            };
            generate(Digits::variant(variant)?, count, seed)
        }
        DataKind::MorphoMnist => morphomnist::load(dir()),
        DataKind::CausalCircuit => causalcircuit::load(dir(), side),
        DataKind::Folder => folder::load(dir(), graph),
        DataKind::PendulumFiles => {
            let named = variant == "named";
            files::load(dir(), if named { files::Labels::Named } else { files::Labels::Exact })
        }
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

/// Images to train and to validate on.
fn learned(section: &DataSection) -> usize {
    section.split[0].saturating_add(section.split[1])
}

/// The parts of `n` images: drawn at random, or in the order of the data where training and test differ.
///
/// # Errors
/// When the parts are more than the images.
pub(crate) fn split(section: &DataSection, n: usize) -> Result<Split> {
    let biased = section.kind == DataKind::Digits && section.variant.as_deref() == Some("biased");
    Ok(if biased {
        Split::in_order(n, section.split)?
    } else {
        Split::seeded(n, section.split, section.seed)?
    })
}
