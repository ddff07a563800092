//! What a data set holds, in numbers and in pictures, and what a graph file declares.

use std::path::Path;

use counterfoil_data::{
    Dataset,
    sheet::{self, Layout},
};
use counterfoil_graph::formats::{Described, Format};
use serde::Serialize;

use super::picture;
use crate::{
    data::Data,
    error::{ExperimentError, Result},
};

/// The numbers of a data set and its split.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Facts {
    /// The name of the world or of the data set.
    pub name: String,
    /// blake3 of all content.
    pub hash: String,
    /// How many images there are.
    pub images: usize,
    /// `[channels, height, width]`.
    pub image_shape: [usize; 3],
    /// Images to train on, to validate on and to test on.
    pub split: [usize; 3],
    /// One entry a labelled variable, in the graph's order.
    pub labels: Vec<LabelFacts>,
    /// Images of each class; empty without classes.
    pub classes: Vec<usize>,
    /// Whether the structural model of the labels is known.
    pub known_labels: bool,
    /// Whether true counterfactual images can be rendered.
    pub known_images: bool,
}

/// The distribution of one label over all images that have it.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LabelFacts {
    /// The variable.
    pub name: String,
    /// Its unit.
    pub unit: Option<String>,
    /// Images whose label is known.
    pub known: usize,
    /// Arithmetic mean.
    pub mean: f64,
    /// Standard deviation, with the number of known labels as divisor.
    pub deviation: f64,
    /// Smallest value.
    pub low: f64,
    /// Largest value.
    pub high: f64,
}

/// The facts of `data`. O(images).
pub fn facts(data: &Data) -> Facts {
    let (dataset, split) = (data.dataset(), data.split());
    let mut classes = vec![0; dataset.class_count()];
    for class in dataset.classes().unwrap_or_default() {
        classes[usize::from(*class)] += 1;
    }
    Facts {
        name: dataset.name().to_owned(),
        hash: dataset.hash().to_owned(),
        images: dataset.len(),
        image_shape: dataset.images().image_shape(),
        split: [split.train.len(), split.validation.len(), split.test.len()],
        labels: (0..dataset.graph().len()).map(|column| label(dataset, column)).collect(),
        classes,
        known_labels: dataset.scm().is_some(),
        known_images: dataset.exogenous(0).is_some(),
    }
}

fn label(dataset: &Dataset, column: usize) -> LabelFacts {
    let variable = dataset.graph().variable(column);
    let values = dataset.labels().column(column).to_vec();
    let values: Vec<f64> = values.into_iter().filter(|label| !label.is_nan()).collect();
    let n = values.len().max(1) as f64;
    let mean = values.iter().sum::<f64>() / n;
    let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n;
    LabelFacts {
        name: variable.name().to_owned(),
        unit: variable.unit().map(str::to_owned),
        known: values.len(),
        mean,
        deviation: variance.sqrt(),
        low: values.iter().copied().fold(f64::INFINITY, f64::min),
        high: values.iter().copied().fold(f64::NEG_INFINITY, f64::max),
    }
}

/// Writes the first `count` images side by side, ten in a row, into a PNG file.
///
/// # Errors
/// When `count` is 0, or as [`picture::write`].
pub fn contact_sheet(dataset: &Dataset, count: usize, file: &Path) -> Result<()> {
    let images: Vec<&[u8]> =
        (0..count.min(dataset.len())).map(|i| dataset.images().get(i)).collect();
    let layout = Layout::default();
    picture::write(&sheet::compose(dataset.images().image_shape(), &images, &layout)?, file)
}

/// The graph that a file declares, in any of the formats of `counterfoil-graph`.
///
/// # Errors
/// When the file cannot be read, has no format that is known, or declares no valid graph; the place is named.
pub fn read_graph(file: &Path) -> Result<Described> {
    let text = fs_err::read_to_string(file).map_err(ExperimentError::unreadable)?;
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let format = Format::from_file_name(&name).or_else(|| Format::detect(&text));
    let Some(format) = format else {
        return Err(ExperimentError::Syntax {
            origin: file.display().to_string(),
            reason: "is no graph in DOT, dagitty text, GML, JSON, BIF or statements: write for example `X -> Y`"
                .to_owned(),
        });
    };
    format.read(&text).map_err(|error| ExperimentError::Graph {
        origin: file.display().to_string(),
        error: Box::new(error),
    })
}
