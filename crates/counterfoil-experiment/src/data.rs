//! The images of one experiment, split into their parts, and the way from there to the batches of a model.

use counterfoil_autoencoder::Batch;
use counterfoil_data::{Dataset, Split};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_tensor::image;
use tch::{Device, Kind, Tensor};

use crate::{
    config::{Config, DataKind},
    error::{ExperimentError, Result},
    source, statistics,
};

/// Training images that the calibration is fitted to.
const FITTED: usize = 2000;
/// Validation images that its errors are measured on.
const HELD_OUT: usize = 1000;
/// Of the images that the calibration is fitted to, those that must have a variable's label: a line through a few says
/// little of the others.
const FEWEST: usize = 32;
/// Images without which there is no line.
const LINE: usize = 2;

/// Images with their labels, split, in the order of the model's graph.
#[derive(Debug)]
pub struct Data {
    dataset: Dataset,
    split: Split,
    /// For each labelled variable of the model's graph, in its order, the column of the data set that holds its label.
    columns: Vec<usize>,
    /// The share of the labels that training may see, and the seed that says which.
    labelled: (f64, u64),
    /// Whether the model looks at classes.
    conditional: bool,
}

impl Data {
    /// Draws the world or reads the folder that `config` names, and splits it.
    ///
    /// # Errors
    /// When the folder is missing or damaged, when it holds fewer images than the split needs or too few with all their
    /// labels, when the calibration would see too few labels of a variable, or when the model's graph has a labelled
    /// variable that the data do not label.
    pub fn load(config: &Config) -> Result<Self> {
        let (dataset, published) = source::open(config.data(), config.graph())?;
        Self::parted(config, dataset, published.as_ref())
    }

    /// Splits images that the caller holds: of a world of their own, drawn with
    /// [`generate`](counterfoil_data::generate), or read in a way of their own
    /// ([`Dataset::observed`](counterfoil_data::Dataset::observed)). The config says `data.kind = "own"`.
    ///
    /// # Errors
    /// As [`Data::load`], and when the config says that its data are found elsewhere.
    pub fn of(config: &Config, dataset: Dataset) -> Result<Self> {
        if config.data().kind != DataKind::Own {
            return Err(ExperimentError::InvalidKey {
                origin: "the config".into(),
                key: "data.kind".into(),
                reason: "must be \"own\" for images that a program hands over".into(),
            });
        }
        Self::parted(config, dataset, None)
    }

    fn parted(config: &Config, dataset: Dataset, published: Option<&Split>) -> Result<Self> {
        let section = config.data();
        let split = source::split(section, &dataset, published)?;
        let columns = columns(config.graph(), dataset.graph())?;
        let conditional = config.sections().model.class_conditional;
        let labelled = (section.labelled, section.seed);
        let data = Self { dataset, split, columns, labelled, conditional };
        data.check_calibration(config.experiment().seed)?;
        Ok(data)
    }

    /// Everything that is known of the images.
    pub fn dataset(&self) -> &Dataset {
        &self.dataset
    }

    /// Indices of the images to train on, to validate on and to test on.
    pub fn split(&self) -> &Split {
        &self.split
    }

    /// The labels of an image, in the order of the model's labelled variables and in their own units; NaN
    /// where one is unknown.
    ///
    /// # Panics
    /// When there is no image `item`.
    pub fn labels(&self, item: usize) -> Vec<f64> {
        self.columns.iter().map(|column| self.dataset.labels()[[item, *column]]).collect()
    }

    /// Whether training may see the label of an image in a column of [`Data::labels`]: what is unknown nobody
    /// sees; of the others a share is drawn, once for each image and variable, so that with a larger share the same labels are
    /// seen and some more.
    ///
    /// # Panics
    /// When there is no image `item` or no such column.
    pub fn seen(&self, item: usize, column: usize) -> bool {
        let (share, seed) = self.labelled;
        if self.dataset.labels()[[item, self.columns[column]]].is_nan() {
            return false;
        }
        share >= 1.0 || Stream::new(seed, "labelled", item as u64, column as u64).uniform() < share
    }

    /// Whether training may see any label of an image.
    ///
    /// # Panics
    /// When there is no image `item`.
    pub fn has_label(&self, item: usize) -> bool {
        (0..self.columns.len()).any(|column| self.seen(item, column))
    }

    /// The training images that the calibration of an experiment with this seed is fitted to: in the order in which a model is
    /// made ready, those with fewer labels unseen first.
    pub(crate) fn fitted(&self, seed: u64) -> Vec<usize> {
        let mut items = statistics::order(self, seed);
        let unseen = |item: &usize| {
            (0..self.columns.len()).filter(|column| !self.seen(*item, *column)).count()
        };
        // Stable, so that nothing changes where every label is seen.
        items.sort_by_cached_key(unseen);
        items.truncate(FITTED);
        items
    }

    /// The validation images that the errors of the calibration are measured on.
    pub(crate) fn held_out(&self) -> &[usize] {
        let items = &self.split.validation;
        &items[..HELD_OUT.min(items.len())]
    }

    /// Refuses a variable of which the calibration would see too few labels: it is fitted after training, and a mistake
    /// should not wait until then.
    fn check_calibration(&self, seed: u64) -> Result<()> {
        let (fitted, held_out) = (self.fitted(seed), self.held_out());
        // One image calibrates nothing, and is what a network is tried out on.
        if fitted.len() < LINE {
            return Ok(());
        }
        // Of fewer than twice as many images half must do.
        let needed = FEWEST.min(fitted.len().div_ceil(2)).max(LINE);
        for (column, place) in self.columns.iter().enumerate() {
            let refuse = |found: usize, needed: usize, part: &str, of: usize, fix: &str| {
                if found >= needed {
                    return Ok(());
                }
                Err(ExperimentError::InvalidKey {
                    origin: "the labels".into(),
                    key: self.dataset.graph().variable(*place).name().to_owned(),
                    reason: format!(
                        "is known for {found} of the {of} {part} images that the calibration sees, at least {needed} must \
                         be; {fix}, or declare it with role=\"unlabelled\""
                    ),
                })
            };
            let known = |item: &&usize| !self.dataset.labels()[[**item, *place]].is_nan();
            let seen = |item: &&usize| self.seen(**item, column);
            let found = fitted.iter().filter(known).count();
            let fix = "fill blank cells of the label file";
            refuse(found, needed, "training", fitted.len(), fix)?;
            // Who hides labels wants to know what few are worth, so that here whatever can be fitted will do.
            let fix = "raise data.labelled";
            let found = fitted.iter().filter(seen).count();
            refuse(found, LINE, "training", fitted.len(), fix)?;
            let found = held_out.iter().filter(seen).count();
            refuse(found, 1, "validation", held_out.len(), fix)?;
        }
        Ok(())
    }

    /// The labels of `items` in their own units, `[n, labelled variables]`; NaN where training may not see one.
    ///
    /// # Panics
    /// When there is no image at an index.
    pub fn shown_labels(&self, items: &[usize], device: Device) -> Tensor {
        let shown = |item: &usize| {
            let item = *item;
            let labels = self.labels(item).into_iter().enumerate();
            labels.map(move |(c, label)| if self.seen(item, c) { label as f32 } else { f32::NAN })
        };
        let labels: Vec<f32> = items.iter().flat_map(shown).collect();
        let shape = [items.len() as i64, self.columns.len() as i64];
        Tensor::from_slice(&labels).view(shape).to_device(device)
    }

    /// The images `items` as a model takes them: pixels in `[-1, 1]`, labels in their own units (NaN where training may
    /// not see one), classes where the model looks at them, and the items' numbers as keys of their noise.
    ///
    /// # Errors
    /// When the device has no room.
    ///
    /// # Panics
    /// When there is no image at an index.
    pub fn batch(&self, items: &[usize], device: Device) -> Result<Batch> {
        let chosen = self.dataset.images().select(items);
        let classes = self.dataset.classes().filter(|_| self.conditional).map(|classes| {
            let classes: Vec<i64> = items.iter().map(|item| i64::from(classes[*item])).collect();
            Tensor::from_slice(&classes).to_kind(Kind::Int64).to_device(device)
        });
        let images = image::to_tensor(chosen.pixels(), chosen.shape(), device)?;
        let keys = items.iter().map(|item| *item as u64).collect();
        Ok(Batch { classes, ..Batch::new(images, self.shown_labels(items, device), keys) })
    }
}

/// Where each labelled variable of `model` stands among the variables of `data`.
fn columns(model: &Dag, data: &Dag) -> Result<Vec<usize>> {
    let labelled = model.labelled();
    let find = |index: usize| {
        let name = model.variable(index).name();
        data.index_of(name).map_err(|error| ExperimentError::InvalidKey {
            origin: "the causal graph".into(),
            key: name.to_owned(),
            reason: format!(
                "is labelled, but not in the data: {error}; or declare it with role=\"unlabelled\""
            ),
        })
    };
    labelled.into_iter().map(find).collect()
}
