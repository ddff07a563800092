//! A trained model ready to imagine: its test images, `do(...)` in label units, and the pictures that come out.

mod asked;

use std::path::{Path, PathBuf};

use counterfoil_autoencoder::{Procedure, counterfactual::Confounded};
use counterfoil_data::{
    png::{self, Picture, read_grey},
    sheet::{self, Layout},
};
use counterfoil_graph::{Change, Dag, Intervention, Kind as VariableKind};
use counterfoil_tensor::{Weights, image, parse_device};
use serde::Serialize;
use tch::{Device, Kind, Tensor};

pub use self::asked::{SWEEP, parse_intervention, sweep};
pub use crate::evaluate::uncertainty::LEVEL;

use super::{perform::same_data, picture};
use crate::{
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    evaluate::{
        draw::graph_error,
        prepare::Prepared,
        uncertainty::{OfLabels, of_answers},
    },
    identification::{Identification, identifications},
    numbers,
    progress::Reporter,
    run_dir::RunDir,
    trained::{Trained, Which},
};

/// The folder of pictures inside a run directory.
pub const COUNTERFACTUALS_DIR: &str = "counterfactuals";

/// A trained, calibrated model with the data of its run.
#[derive(Debug)]
pub struct Imagination {
    run: RunDir,
    config: Config,
    data: Data,
    prepared: Prepared,
    device: Device,
}

/// Images to imagine from, with what is known of them.
#[derive(Debug)]
pub struct Subjects {
    /// `[n, c, h, w]` in `[-1, 1]`.
    images: Tensor,
    /// Classes `[n]`, for a model that looks at them.
    classes: Option<Tensor>,
    /// The position in the data set of each image; nothing for a picture from elsewhere.
    items: Vec<Option<usize>>,
}

/// How it is imagined.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Options {
    /// Whether the image that the world itself renders, where it can, comes after what is imagined.
    pub truth: bool,
    /// The largest partial correlation, in (0, 1), of an effect's noise with its cause that hidden common causes are thought
    /// to make. Where data cannot tell an effect, both ends of the range of compatible models are then imagined instead of
    /// the trained model's answer alone.
    pub confounding: Option<f64>,
    /// Whether each answer comes with the range in which a further one would lie with probability [`LEVEL`].
    pub ranges: bool,
}

/// By image, then by label: the ends of its range.
type Ranges = Vec<OfLabels>;

/// The key of the errors that ranges come from.
const SEED: u64 = 0;

/// Training labels that the range of compatible models is fitted to.
const FITTED: usize = 2000;

/// Hidden causes over which a range is tried: each doubles the answers.
const HIDDEN: usize = 4;
/// Share of a range by which a variable may be read beyond it without a word.
const NEAR: f64 = 0.02;

/// What was imagined: one row a subject, one column an intervention, the factual image first.
#[derive(Debug, Serialize)]
pub struct Imagined {
    /// What stands in each column.
    pub columns: Vec<String>,
    /// The subjects.
    pub rows: Vec<Row>,
    /// One sentence for each value outside its variable's declared range, and for each effect that data or the model cannot
    /// tell.
    pub warnings: Vec<String>,
    /// What the declared graph says of the effects of each intervention.
    pub identification: Vec<Vec<Identification>>,
    /// All images, row by row.
    #[serde(skip)]
    pub picture: Picture,
}

/// One subject.
#[derive(Clone, Debug, Serialize)]
pub struct Row {
    /// Its position in the data set; nothing for a picture from elsewhere.
    pub item: Option<usize>,
    /// One entry a column.
    pub cells: Vec<Cell>,
}

/// One image of a row.
#[derive(Clone, Debug, Serialize)]
pub struct Cell {
    /// What the model's encoder reads from the image, in label units and in the order of [`Imagination::labels`].
    pub read: Vec<f64>,
    /// The labels that are known: the recorded ones of the factual image, those of the true model under the
    /// intervention.
    pub truth: Option<Vec<f64>>,
    /// The range of each label, `[low, high]`, over several abductions of the image, where it was asked for: labels are read
    /// off an image with an error, and what is abducted is as unsure.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ranges: Option<Vec<Option<[f64; 2]>>>,
}

impl Imagination {
    /// Loads the latest checkpoint of `run` with its data and its calibration; `device` replaces the config's.
    ///
    /// # Errors
    /// When nothing was trained yet, a file of the run is damaged, or the data changed.
    pub fn open(run: RunDir, device: Option<&str>, reporter: &mut dyn Reporter) -> Result<Self> {
        Self::with(run, Data::load, device, reporter)
    }

    /// [`Imagination::open`] for a run on images that the caller holds ([`Data::of`]).
    ///
    /// # Errors
    /// As [`Imagination::open`].
    pub fn of(
        run: RunDir,
        data: Data,
        device: Option<&str>,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        Self::with(run, |_| Ok(data), device, reporter)
    }

    fn with(
        run: RunDir,
        data: impl FnOnce(&Config) -> Result<Data>,
        device: Option<&str>,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let config = run.config()?;
        let device = parse_device(device.unwrap_or(&config.sections().device))?;
        let threads = config.training().threads;
        if threads > 0 {
            tch::set_num_threads(threads as i32);
        }
        // The checkpoint first: that nothing was trained yet should not take the time of drawing a world to learn.
        let trained = Trained::load(&run, &config, Which::Latest, device)?;
        let data = data(&config)?;
        same_data(&run, &data)?;
        let prepared = Prepared::kept_or_new(&run, &config, &data, trained, reporter)?;
        Ok(Self { run, config, data, prepared, device })
    }

    /// The run.
    pub fn run(&self) -> &RunDir {
        &self.run
    }

    /// The causal graph of the model.
    pub fn graph(&self) -> &Dag {
        self.config.graph()
    }

    /// The labelled variables: what the columns of a reading are.
    pub fn labels(&self) -> Vec<&str> {
        let graph = self.graph();
        graph.labelled().into_iter().map(|index| graph.variable(index).name()).collect()
    }

    /// The first `count` images of the test part.
    ///
    /// # Errors
    /// When there are fewer.
    pub fn held_out(&self, count: usize) -> Result<Subjects> {
        let test = &self.data.split().test;
        if !(1..=test.len()).contains(&count) {
            return Err(ExperimentError::InvalidKey {
                origin: "--count".into(),
                key: count.to_string(),
                reason: format!(
                    "is out of bounds: the run holds {} test images, ask for 1 to {}",
                    test.len(),
                    test.len()
                ),
            });
        }
        let items = &test[..count];
        let batch = self.data.batch(items, self.device)?;
        let items = items.iter().copied().map(Some).collect();
        Ok(Subjects { images: batch.images, classes: batch.classes, items })
    }

    /// A PNG of the size and channels of the model's images, of class `class` where the model looks at classes.
    ///
    /// # Errors
    /// When the file is missing, no PNG, of another size or of other channels, or when the class is missing or none of the
    /// data set's.
    pub fn picture(&self, file: &Path, class: Option<usize>) -> Result<Subjects> {
        let refuse = |reason: String| ExperimentError::Syntax {
            origin: format!("--image {}", file.display()),
            reason,
        };
        let [channels, height, width] = self.data.dataset().images().image_shape();
        let classes = match (self.config.sections().model.class_conditional, class) {
            (false, _) => None,
            (true, Some(class)) if class < self.data.dataset().class_count() => {
                Some(Tensor::from_slice(&[class as i64]).to_device(self.device))
            }
            (true, _) => {
                let last = self.data.dataset().class_count().saturating_sub(1);
                return Err(refuse(format!(
                    "the model looks at the class of an image: name it with --class 0 to {last}"
                )));
            }
        };
        let pixels = if channels == 1 {
            read_grey(file, [height, width])?
        } else {
            let picture = png::read(file)?;
            let found = [picture.channels(), picture.height(), picture.width()];
            if found != [channels, height, width] {
                return Err(refuse(format!(
                    "the picture has {} channels and {} x {} pixels, the model's images have {channels} and \
                     {height} x {width}: convert it",
                    found[0], found[1], found[2]
                )));
            }
            picture.to_planes()
        };
        let images = image::to_tensor(&pixels, [1, channels, height, width], self.device)?;
        Ok(Subjects { images, classes, items: vec![None] })
    }

    /// The intervention written as texts `thickness=2.5`.
    ///
    /// # Errors
    /// When a text has another form, a variable is unknown (the nearest is suggested) or unlabelled, or a value is
    /// outside its variable's domain.
    pub fn intervention(&self, texts: &[String]) -> Result<Intervention> {
        parse_intervention(self.graph(), texts)
    }

    /// Imagines every subject under every intervention.
    ///
    /// # Errors
    /// When a sampler or the device fails, or the range is asked for of what has none.
    pub fn imagine(
        &self,
        subjects: &Subjects,
        interventions: &[Intervention],
        options: Options,
    ) -> Result<Imagined> {
        let n = subjects.items.len();
        let procedure: Procedure = self.config.sections().counterfactual;
        let weights = self.prepared.weights();
        let maker = self.prepared.counterfactuals(&weights, procedure)?;
        let exact = self.prepared.exact_weights();
        let reader = self.prepared.counterfactuals(&exact, procedure)?;
        let abduction = maker.abduct(&subjects.images, subjects.classes.as_ref())?;

        let shape = self.data.dataset().images().image_shape();
        let size = shape.iter().product::<usize>();
        let mut columns = Vec::new();
        let mut sheets: Vec<Vec<u8>> = Vec::new();
        let mut rows: Vec<Row> =
            subjects.items.iter().map(|item| Row { item: *item, cells: Vec::new() }).collect();
        let mut enter =
            |title: String, pixels: Vec<u8>, truths: Vec<Option<Vec<f64>>>, ranges: &Ranges| {
                let images =
                    image::to_tensor(&pixels, [n, shape[0], shape[1], shape[2]], self.device)?;
                let (_, latents) = reader.encode(&images)?;
                let architecture = self.prepared.trained.model.architecture();
                let readings = self.prepared.calibration.labels(architecture, &latents);
                let readings = Vec::<f32>::try_from(readings.to_kind(Kind::Float).reshape([-1]))?;
                let width = readings.len() / n.max(1);
                for (k, (row, truth)) in rows.iter_mut().zip(truths).enumerate() {
                    let read = readings[k * width..(k + 1) * width].iter().map(|x| f64::from(*x));
                    row.cells.push(Cell {
                        read: read.collect(),
                        truth,
                        ranges: ranges.get(k).cloned(),
                    });
                }
                columns.push(title);
                sheets.push(pixels);
                Ok::<(), ExperimentError>(())
            };

        let recorded = subjects.items.iter().map(|item| Some(self.data.labels((*item)?))).collect();
        let unranged = Ranges::new();
        enter("factual".into(), image::to_pixels(&subjects.images)?, recorded, &unranged)?;
        let ranges = if options.ranges {
            of_answers(&reader, &self.prepared, &subjects.images, interventions, SEED)?
        } else {
            Vec::new()
        };
        let mut identification = Vec::new();
        let mut warnings = maker.warnings(interventions);
        for (which, intervention) in interventions.iter().enumerate() {
            let title = intervention.describe(self.graph());
            let (set, soft): (Vec<_>, Vec<_>) =
                intervention.iter().partition(|(_, change)| change.value().is_some());
            let [set, soft] = [set, soft]
                .map(|of| of.iter().map(|(v, _)| self.graph().name(*v)).collect::<Vec<_>>());
            identification.push(identifications(self.config.declared(), &set, &soft)?);
            let found = identification.last().map_or(&[][..], Vec::as_slice);
            let answers = self.answers(found, &weights, options.confounding)?;
            if options.confounding.is_some() && answers.len() == 1 {
                warnings.push(format!(
                    "{title}: there are no other models to show for --confounding, for by the graph data tell this effect"
                ));
            }
            let truths: Vec<_> = subjects
                .items
                .iter()
                .map(|item| item.and_then(|item| self.true_labels(item, intervention)))
                .collect();
            let asked = vec![intervention.clone(); n];
            for (end, confounded) in answers {
                // The answers of other models have no ranges of their own.
                let own = ranges.get(which).filter(|_| confounded.is_empty()).unwrap_or(&unranged);
                let latents = maker.act_confounded(&abduction, &asked, &confounded)?;
                if confounded.is_empty() {
                    warnings.extend(self.moved_out_of_range(intervention, &latents));
                }
                let images = maker.predict(&abduction, &asked, &latents)?;
                enter(format!("{title}{end}"), image::to_pixels(&images)?, truths.clone(), own)?;
            }
            if !options.truth {
                continue;
            }
            let rendered: Option<Vec<Vec<u8>>> = subjects
                .items
                .iter()
                .map(|item| item.and_then(|item| self.true_image(item, intervention)))
                .collect();
            if let Some(rendered) = rendered {
                enter(format!("truth, {title}"), rendered.concat(), truths, &unranged)?;
            }
        }

        let of = |k: usize| sheets.iter().map(move |column| &column[k * size..(k + 1) * size]);
        let images: Vec<&[u8]> = (0..n).flat_map(of).collect();
        let layout = Layout { columns: sheets.len(), ..Layout::default() };
        let picture = sheet::compose(shape, &images, &layout)?;
        for warning in identification.iter().flatten().filter_map(Identification::warning) {
            if !warnings.contains(&warning) {
                warnings.push(warning);
            }
        }
        Ok(Imagined { columns, rows, warnings, identification, picture })
    }

    /// The models that answer an intervention, each with what stands behind its title: the trained one, and where hidden
    /// common causes are to be reckoned with, those at the corners of the range, where each of them pulls one way or the other.
    fn answers(
        &self,
        identification: &[Identification],
        weights: &Weights,
        confounding: Option<f64>,
    ) -> Result<Vec<(String, Vec<Confounded>)>> {
        let graph = self.graph();
        let mut pairs = Vec::new();
        // Where data tell the effect, they tell which of these models is wrong.
        let open = identification.iter().filter(|one| !one.identifiable);
        for (cause, effect) in open.flat_map(|one| &one.mistaken) {
            let pair = (
                graph.index_of(cause).map_err(graph_error)?,
                graph.index_of(effect).map_err(graph_error)?,
            );
            if !pairs.contains(&pair) {
                pairs.push(pair);
            }
        }
        let trained = (String::new(), Vec::new());
        let Some(most) = confounding.filter(|_| !pairs.is_empty()) else {
            return Ok(vec![trained]);
        };
        let train = &self.data.split().train;
        let labels = self.data.batch(&train[..train.len().min(FITTED)], self.device)?.labels;
        let model = &self.prepared.trained.model;
        if pairs.len() > HIDDEN {
            return Err(ExperimentError::Syntax {
                origin: "--confounding".to_owned(),
                reason: format!(
                    "this intervention meets {} hidden causes, and the range over more than {HIDDEN} is not tried: set fewer \
                     variables at a time",
                    pairs.len()
                ),
            });
        }
        let ends = [-most, most];
        let [low, high] = ends.map(|r| Confounded::fit(model, weights, &pairs, r, &labels));
        let fitted = [low?, high?];
        let answer = |sides: Vec<usize>| {
            let signs: Vec<String> =
                sides.iter().map(|side| format!("{:+}", ends[*side])).collect();
            let causes = if sides.len() == 1 { "cause" } else { "causes" };
            let each = sides.iter().enumerate().map(|(pair, side)| fitted[*side][pair]);
            (format!(", hidden {causes} {}", signs.join(" ")), each.collect())
        };
        Ok(std::iter::once(trained).chain(corners(pairs.len()).map(answer)).collect())
    }

    /// One sentence for each variable that a soft change moves out of its declared range on one of the images: the model never
    /// saw such.
    fn moved_out_of_range(&self, intervention: &Intervention, latents: &Tensor) -> Vec<String> {
        let architecture = self.prepared.trained.model.architecture();
        let sentence = |(variable, change): (usize, Change)| {
            let v = self.graph().variable(variable);
            if change.value().is_some() || !matches!(v.kind(), VariableKind::Continuous) {
                return None;
            }
            let block = architecture.blocks().get(variable).of(latents);
            let read = self.prepared.calibration.label(architecture, variable, &block)?;
            let (low, high) = v.range();
            let [least, most] = [read.min(), read.max()].map(|x| x.double_value(&[]));
            // Where it lies is read, and what lies at an end may be read a little beyond it.
            let slack = NEAR * (high - low);
            let far = if least < low - slack { least } else { most };
            (far < low - slack || far > high + slack).then(|| {
                format!(
                    "{} becomes {}, outside the declared range {low} to {high}: the result is an extrapolation",
                    v.name(),
                    numbers::short(far)
                )
            })
        };
        intervention.iter().filter_map(sentence).collect()
    }

    /// Writes the picture to `file`, by default `NAME.png` in the run's folder [`COUNTERFACTUALS_DIR`]; the result is
    /// where it lies.
    ///
    /// # Errors
    /// Those of [`picture::write`].
    pub fn keep(&self, imagined: &Imagined, name: &str, file: Option<&Path>) -> Result<PathBuf> {
        let file = match file {
            Some(file) => file.to_owned(),
            None => self.run.folder(COUNTERFACTUALS_DIR)?.join(format!("{name}.png")),
        };
        picture::write(&imagined.picture, &file)?;
        Ok(file)
    }

    /// The labels that the true model gives an image under an intervention, in the order of [`Imagination::labels`];
    /// nothing where the model is not known or cannot have produced the image's own labels.
    fn true_labels(&self, item: usize, intervention: &Intervention) -> Option<Vec<f64>> {
        let dataset = self.data.dataset();
        let action = intervention.translate(self.graph(), dataset.graph()).ok()?;
        let labels = dataset.counterfactual_labels(item, &action)?.ok()?;
        let place = |name: &str| Some(labels[dataset.graph().index_of(name).ok()?]);
        self.labels().into_iter().map(place).collect()
    }

    /// The image that the world renders under an intervention.
    fn true_image(&self, item: usize, intervention: &Intervention) -> Option<Vec<u8>> {
        let dataset = self.data.dataset();
        let action = intervention.translate(self.graph(), dataset.graph()).ok()?;
        dataset.counterfactual_image(item, &action)?.ok()
    }
}

/// The corners of a cube of so many sides, by which end of each they lie at.
fn corners(sides: usize) -> impl Iterator<Item = Vec<usize>> {
    (0..1usize << sides).map(move |corner| (0..sides).map(|side| corner >> side & 1).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_corner_is_met_once() {
        assert_eq!(corners(1).collect::<Vec<_>>(), [[0], [1]]);
        assert_eq!(corners(2).collect::<Vec<_>>(), [[0, 0], [1, 0], [0, 1], [1, 1]]);
        assert_eq!(corners(4).collect::<std::collections::BTreeSet<_>>().len(), 16);
    }
}
