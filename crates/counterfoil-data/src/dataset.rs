//! Images with the labels of their causes and, where it is known, the truth behind them.

use crate::{DataError, Exogenous, Gauge, Images, Result, World};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_scm::Scm;
use ndarray::Array2;
use std::{fmt, sync::Arc};

/// Images, labels, classes, a hash of all three, and what is known about their making.
#[derive(Clone)]
pub struct Dataset {
    name: String,
    images: Images,
    labels: Array2<f64>,
    classes: Option<Vec<u8>>,
    class_count: usize,
    hash: String,
    truth: Truth,
    gauge: Gauge,
}

/// How much of the process that made the data is known.
#[derive(Clone)]
enum Truth {
    /// Which variable may cause which, no more.
    Graph(Dag),
    /// The structural model of the labels, but not how an image follows from them.
    Labels(Scm),
    /// Everything: the noise of each image can be drawn again and the image rendered under other labels.
    World { world: Arc<dyn World>, seed: u64 },
}

impl Dataset {
    /// Data that were observed, and the graph of their labelled variables.
    ///
    /// `labels` is `images x variables` in the graph's order and units, NaN where one is unknown; `classes` is the class of
    /// each image and the number of classes.
    ///
    /// # Errors
    /// [`DataError::Shape`] when the counts disagree or a class is not below the number of classes.
    pub fn observed(
        name: impl Into<String>,
        graph: Dag,
        images: Images,
        labels: Array2<f64>,
        classes: Option<(Vec<u8>, usize)>,
    ) -> Result<Self> {
        Self::new(name.into(), Truth::Graph(graph), images, labels, classes)
    }

    /// These data with the structural model that their labels follow, so that counterfactual labels are known.
    ///
    /// # Errors
    /// [`DataError::Shape`] when the model's variables are not those of the graph, in its order.
    pub fn with_model(mut self, model: Scm) -> Result<Self> {
        let names =
            |graph: &Dag| graph.variables().map(|v| v.name().to_owned()).collect::<Vec<_>>();
        let (expected, found) = (names(self.graph()), names(model.dag()));
        if expected != found {
            return Err(DataError::Shape {
                what: "variables of the label model",
                expected: expected.join(", "),
                found: found.join(", "),
            });
        }
        self.truth = Truth::Labels(model);
        Ok(self)
    }

    /// These data with another way to measure their variables; observed data are scenes unless it is said otherwise.
    pub fn with_gauge(mut self, gauge: Gauge) -> Self {
        self.gauge = gauge;
        self
    }

    /// Data that a world made under a seed.
    pub(crate) fn of_world(
        world: Arc<dyn World>,
        seed: u64,
        images: Images,
        labels: Array2<f64>,
        classes: Option<Vec<u8>>,
    ) -> Result<Self> {
        let classes = classes.map(|classes| (classes, world.class_count()));
        Self::new(world.name().to_owned(), Truth::World { world, seed }, images, labels, classes)
    }

    fn new(
        name: String,
        truth: Truth,
        images: Images,
        labels: Array2<f64>,
        classes: Option<(Vec<u8>, usize)>,
    ) -> Result<Self> {
        let expected = (images.len(), truth.graph().len());
        if labels.dim() != expected {
            return Err(DataError::Shape {
                what: "labels [images, variables]",
                expected: format!("{expected:?}"),
                found: format!("{:?}", labels.dim()),
            });
        }
        if let Some((classes, count)) = &classes {
            let worst = classes.iter().copied().max().map_or(0, usize::from);
            if classes.len() != images.len() || worst >= *count {
                return Err(DataError::Shape {
                    what: "classes",
                    expected: format!("{} of them, each below {count}", images.len()),
                    found: format!("{} of them, the largest {worst}", classes.len()),
                });
            }
        }
        let (classes, class_count) =
            classes.map_or((None, 0), |(classes, count)| (Some(classes), count));
        let hash = content_hash(truth.graph(), &images, &labels, classes.as_deref());
        let gauge = match &truth {
            Truth::World { world, .. } => world.gauge(),
            Truth::Graph(_) | Truth::Labels(_) => Gauge::Scene,
        };
        Ok(Self { name, images, labels, classes, class_count, hash, truth, gauge })
    }

    /// The name of the world or of the data set, as configurations and reports write it.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.images.len()
    }

    /// `true` when there is none.
    pub fn is_empty(&self) -> bool {
        self.images.is_empty()
    }

    /// The images.
    pub fn images(&self) -> &Images {
        &self.images
    }

    /// The labels, `images x variables` in the order of [`Dataset::graph`], each in its own unit; NaN where one
    /// is unknown.
    pub fn labels(&self) -> &Array2<f64> {
        &self.labels
    }

    /// Whether every label of an image is known.
    ///
    /// # Panics
    /// When there is no image `index`.
    pub fn is_whole(&self, index: usize) -> bool {
        !self.labels.row(index).iter().any(|label| label.is_nan())
    }

    /// The class of each image, where there are classes.
    pub fn classes(&self) -> Option<&[u8]> {
        self.classes.as_deref()
    }

    /// How many classes there are; 0 without classes.
    pub fn class_count(&self) -> usize {
        self.class_count
    }

    /// BLAKE3 of all content in hexadecimal: the variables' names, labels, images and classes.
    ///
    /// Equal data have equal hashes on every machine; neither the name nor the way of making enters.
    pub fn hash(&self) -> &str {
        &self.hash
    }

    /// How the labelled variables can be measured on an image.
    pub fn gauge(&self) -> Gauge {
        self.gauge
    }

    /// Whether classes and labels are known to go together in some of the images, so that one could be read off the other.
    pub fn class_tells_labels(&self) -> bool {
        matches!(&self.truth, Truth::World { world, .. } if world.class_tells_labels())
    }

    /// The graph of the labelled variables.
    pub fn graph(&self) -> &Dag {
        self.truth.graph()
    }

    /// The true structural model of the labels, where it is known.
    pub fn scm(&self) -> Option<&Scm> {
        match &self.truth {
            Truth::Graph(_) => None,
            Truth::Labels(model) => Some(model),
            Truth::World { world, .. } => Some(world.scm()),
        }
    }

    /// The exogenous noise of an image, drawn again; `None` unless the data come from a world.
    ///
    /// # Errors
    /// [`DataError::Index`].
    pub fn exogenous(&self, index: usize) -> Option<Result<Exogenous>> {
        let Truth::World { world, seed } = &self.truth else { return None };
        Some(self.check_index(index).map(|()| world.draw(*seed, index as u64)))
    }

    /// The labels that image `index` would have had under the intervention: same noise, other mechanisms.
    ///
    /// The noise is the world's own, or abducted from the labels where only their model is known; exact but for
    /// rounding either way. `None` when no model is known.
    ///
    /// # Errors
    /// [`DataError::Index`]; a value outside its variable's domain; labels that the model cannot have produced.
    pub fn counterfactual_labels(
        &self,
        index: usize,
        action: &Intervention,
    ) -> Option<Result<Vec<f64>>> {
        let checked = self.check(index, action);
        match &self.truth {
            Truth::Graph(_) => None,
            Truth::Labels(model) => Some(checked.and_then(|()| {
                let values = self.labels.row(index).to_vec();
                Ok(model.counterfactual(&values, action)?)
            })),
            Truth::World { world, seed } => Some(checked.map(|()| {
                let exogenous = world.draw(*seed, index as u64);
                world.scm().predict(&exogenous.noise, action)
            })),
        }
    }

    /// The image that `index` would have been under the intervention: same noise, style and class, rendered
    /// again. `None` for observed data, whose making is not known.
    ///
    /// # Errors
    /// As [`Dataset::counterfactual_labels`].
    pub fn counterfactual_image(
        &self,
        index: usize,
        action: &Intervention,
    ) -> Option<Result<Vec<u8>>> {
        let Truth::World { world, seed } = &self.truth else { return None };
        Some(self.check(index, action).map(|()| {
            let exogenous = world.draw(*seed, index as u64);
            let values = world.scm().predict(&exogenous.noise, action);
            let mut pixels = vec![0; world.image_shape().iter().product()];
            world.render(&values, &exogenous, &mut pixels);
            pixels
        }))
    }

    fn check_index(&self, index: usize) -> Result<()> {
        if index < self.len() { Ok(()) } else { Err(DataError::Index { index, len: self.len() }) }
    }

    /// An intervention may have been made for another graph: its positions and values are checked against ours.
    fn check(&self, index: usize, action: &Intervention) -> Result<()> {
        self.check_index(index)?;
        Intervention::from_changes(self.graph(), action.iter())?;
        Ok(())
    }
}

impl Truth {
    fn graph(&self) -> &Dag {
        match self {
            Self::Graph(graph) => graph,
            Self::Labels(model) => model.dag(),
            Self::World { world, .. } => world.scm().dag(),
        }
    }
}

impl fmt::Debug for Dataset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Dataset")
            .field("name", &self.name)
            .field("shape", &self.images.shape())
            .field("hash", &self.hash)
            .finish_non_exhaustive()
    }
}

/// Every part goes in with its length, so that no two different contents give the same bytes.
fn content_hash(
    graph: &Dag,
    images: &Images,
    labels: &Array2<f64>,
    classes: Option<&[u8]>,
) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut part = |bytes: &[u8]| {
        hasher.update(&(bytes.len() as u64).to_le_bytes());
        hasher.update(bytes);
    };
    for variable in graph.variables() {
        part(variable.name().as_bytes());
    }
    for side in images.shape() {
        part(&(side as u64).to_le_bytes());
    }
    part(images.pixels());
    // Many bit patterns are NaN; an unknown label has one, whoever wrote it.
    let plain = |value: &f64| if value.is_nan() { f64::NAN } else { *value };
    part(&labels.iter().flat_map(|value| plain(value).to_le_bytes()).collect::<Vec<u8>>());
    part(classes.unwrap_or_default());
    hasher.finalize().to_hex().to_string()
}
