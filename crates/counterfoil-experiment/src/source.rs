//! From what a config says of its data to the data set: worlds are drawn, folders are read.

use std::path::Path;

use counterfoil_data::{
    DataError, Dataset, Split, causalcircuit,
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
    config::{DataKind, DataSection, Parts},
    error::{ExperimentError, Result},
};

/// Draws the world or reads the folder that `section` names, and the parts that it was published with where they are asked
/// for; `graph` is the model's, whose labelled variables a folder of pictures must label.
///
/// # Errors
/// When the folder is missing or damaged, or has no parts that are asked for.
pub(crate) fn open(section: &DataSection, graph: &Dag) -> Result<(Dataset, Option<Split>)> {
    let (count, seed) = (section.count, section.seed);
    let dir = || section.dir.as_deref().unwrap_or(Path::new("."));
    // The config is checked: scenes have a side and the name of a form.
    let side = section.side.unwrap_or_default();
    let variant = section.variant.as_deref().unwrap_or_default();
    let published = section.parts == Parts::Published;
    let data = match section.kind {
        DataKind::Digits => {
            let variant = match variant {
                "slant" => digits::Variant::Slant,
                "confounded" => digits::Variant::Confounded,
                "biased" => digits::Variant::Biased { first_plain: learned(section) as u64 },
                _ => digits::Variant::Plain,
            };
            let world = Digits::variant(variant)?;
            let world = match section.side {
                Some(side) => world.with_side(side),
                None => world,
            };
            generate(world, count, seed)
        }
        DataKind::MorphoMnist => morphomnist::load(dir()),
        DataKind::CausalCircuit if published => {
            let (data, parts) = causalcircuit::load_split(dir(), side)?;
            return Ok((data, Some(parts)));
        }
        DataKind::CausalCircuit => causalcircuit::load(dir(), side),
        DataKind::Folder => folder::load(dir(), graph),
        DataKind::PendulumFiles => {
            let named = variant == "named";
            let labels = if named { files::Labels::Named } else { files::Labels::Exact };
            let (data, parts) = files::load_split(dir(), labels)?;
            if published && parts.test.is_empty() {
                let (folder, missing) = (dir().to_owned(), "there are no parts".to_owned());
                let expected = "folders train and test of pictures, as published; \
                                or leave data.parts out"
                    .to_owned();
                return Err(DataError::MissingFile { folder, missing, expected }.into());
            }
            return Ok((data, published.then_some(parts)));
        }
        DataKind::Pendulum => {
            let variant = match variant {
                "exact" => pendulum::Variant::Exact,
                "grid" => pendulum::Variant::Grid,
                "published" => pendulum::Variant::Published,
                _ => pendulum::Variant::Noisy,
            };
            let world = Pendulum::new(side, variant)?;
            let data =
                generate(if section.alpha { world.with_alpha() } else { world }, count, seed)?;
            // The config is checked: what is parted is the whole grid.
            return Ok((data, published.then(pendulum::published_split)));
        }
        DataKind::Circuit => generate(Circuit::new(side)?, count, seed),
        DataKind::Flow => generate(Flow::new(side)?, count, seed),
        DataKind::Gaussian => generate(Gaussian::new(side)?, count, seed),
        DataKind::Own => {
            return Err(ExperimentError::InvalidKey {
                origin: "the config".into(),
                key: "data.kind".into(),
                reason: "is \"own\": the program that trains on these images holds them and hands them over (Data::of); no \
                         command can draw or read them"
                    .into(),
            });
        }
    };
    Ok((data?, None))
}

/// Images to train and to validate on.
fn learned(section: &DataSection) -> usize {
    section.split[0].saturating_add(section.split[1])
}

/// The parts of the images: drawn at random, from the `published` parts where there are such, or in the order of the data
/// where training and test differ. Images with unknown labels are for training alone.
///
/// # Errors
/// When the parts are more than the images, or too few images have all their labels.
pub(crate) fn split(
    section: &DataSection,
    data: &Dataset,
    published: Option<&Split>,
) -> Result<Split> {
    let (counts, seed) = (section.split, section.seed);
    let biased = section.kind == DataKind::Digits && section.variant.as_deref() == Some("biased");
    Ok(if let Some(parts) = published {
        parts.sample(counts, seed)?
    } else if biased {
        Split::in_order(data.len(), counts)?
    } else {
        let whole: Vec<bool> = (0..data.len()).map(|item| data.is_whole(item)).collect();
        Split::seeded_whole(&whole, counts, seed)?
    })
}
