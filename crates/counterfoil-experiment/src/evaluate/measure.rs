//! The judges: what is measured on an image, by means that cannot confuse one variable with another.
//!
//! On strokes, a variable called `intensity` is measured directly; every other variable by a regressor that sees
//! the image divided by its intensity, and the class by a classifier that sees the same. In a scene all
//! variables are read by one regressor that sees the whole image as it is. A regressor learns of an angle its cosine and sine, of
//! a category which one it is. All are trained on the training part alone. The judges' own errors on real test images stand beside
//! every figure.
//!
//! A regressor could read an effect off its causes, which hold it but for its noise, and would then call a wrong image
//! right. Where the world can render, half of what the judges learn from are therefore training images rendered again with
//! every variable set on its own, uniformly over its range: there nothing tells of a variable but its own trace. That is so in
//! every scene, and on strokes where a regressor measures a variable that has causes, such as the slant that thickness causes.

use counterfoil_autoencoder::oracle::{Classifier, OracleConfig, Regressor, intensity};
use counterfoil_data::Gauge;
use counterfoil_graph::{Intervention, Kind};
use counterfoil_random::Stream;
use counterfoil_tensor::image;
use std::{f64::consts::TAU, ops::Range};
use tch::{Device, Tensor};

use super::draw::{Labelled, graph_error};
use crate::{data::Data, error::Result, progress::Reporter, run_dir::Cpu};

/// The variable that is measured directly.
pub const DIRECT: &str = "intensity";

/// Training images that judges see: enough for errors far below those they judge.
const SEEN: usize = 20_000;
/// Images of a scene that judges see, real ones and those rendered again.
const SEEN_SCENES: usize = 8_000;

/// What was measured on images.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Measured {
    /// For each labelled variable one value an image, in label units; none where no judge can measure it.
    pub values: Vec<Option<Vec<f64>>>,
    /// The recognised classes.
    pub classes: Option<Vec<usize>>,
}

/// The judges of one experiment.
#[derive(Debug)]
pub struct Judges {
    /// For each labelled variable who measures it.
    by: Vec<By>,
    regressors: Vec<Regressor>,
    classifier: Option<Classifier>,
}

#[derive(Clone, Debug)]
enum By {
    /// The pixels themselves.
    Pixels,
    /// Outputs of a regressor.
    Regressor { judge: usize, outputs: Range<usize>, kind: Kind, low: f64 },
}

/// What a regressor learns of labels, one series for each of its outputs; an unknown label is unknown in all.
fn targets(kind: Kind, labels: &[f64]) -> Vec<Vec<f64>> {
    let of = |target: &dyn Fn(f64) -> f64| labels.iter().map(|label| target(*label)).collect();
    match kind {
        Kind::Continuous => vec![labels.to_vec()],
        Kind::Circular { period } => {
            let turn = |label: f64| TAU * label / period;
            vec![of(&|label| turn(label).cos()), of(&|label| turn(label).sin())]
        }
        Kind::Categorical { categories } => {
            let is = |category: usize| {
                of(&|label| {
                    if label.is_nan() { label } else { f64::from(label == category as f64) }
                })
            };
            (0..categories).map(is).collect()
        }
    }
}

/// The labels that a regressor's outputs stand for: the inverse of [`targets`], for a circle that begins at `low`.
fn labels(kind: Kind, low: f64, outputs: &[Vec<f64>]) -> Vec<f64> {
    let images = 0..outputs.first().map_or(0, Vec::len);
    match kind {
        Kind::Continuous => outputs[0].clone(),
        Kind::Circular { period } => {
            let angle = |k: usize| period * outputs[1][k].atan2(outputs[0][k]) / TAU;
            images.map(|k| low + (angle(k) - low).rem_euclid(period)).collect()
        }
        Kind::Categorical { .. } => {
            let likeliest = |k: usize| {
                let by_size = |a: &usize, b: &usize| outputs[*a][k].total_cmp(&outputs[*b][k]);
                (0..outputs.len()).max_by(by_size).unwrap_or(0) as f64
            };
            images.map(likeliest).collect()
        }
    }
}

impl Judges {
    /// Trains the oracles that `variables` and the classes need.
    ///
    /// # Errors
    /// When the device has no room.
    pub fn train(
        data: &Data,
        variables: &[Labelled],
        config: OracleConfig,
        seed: u64,
        device: Device,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let precision = Cpu::here().precision(config.precision, device);
        let config = OracleConfig { precision, ..config };
        let gauge = data.dataset().gauge();
        let direct = |v: &Labelled| gauge == Gauge::Strokes && v.name() == DIRECT;
        let lesson = Lesson::new(data, variables, seed, device)?;
        let columns: Vec<&Labelled> = variables.iter().filter(|v| !direct(v)).collect();
        let classes = data.dataset().classes();
        let series = |column: &&Labelled| {
            let labels: Vec<f64> = lesson.labels.iter().map(|row| row[column.data]).collect();
            targets(column.variable.kind(), &labels)
        };
        let values: Vec<Vec<Vec<f64>>> = columns.iter().map(series).collect();
        let apart = gauge == Gauge::Strokes;
        // Where labels are unknown every variable has a judge of its own, which learns from the images that label it.
        let partly = values.iter().flatten().flatten().any(|label| label.is_nan());
        let share = if apart || partly { 1 } else { values.len().max(1) };
        let judges = values.len().div_ceil(share) + usize::from(classes.is_some());
        reporter.begin("training the judges", config.steps * judges as u64, 0);
        let mut trained = 0;
        let mut report = |step: u64| {
            reporter.advance(trained + step, "");
            trained += if step == config.steps { step } else { 0 };
        };
        let train = if apart { Regressor::train } else { Regressor::train_on_scenes };
        let regressors = values
            .chunks(share)
            .zip(seed..)
            .map(|(values, seed)| {
                let (images, values) = lesson.known(&values.concat());
                Ok(train(&images, &values, config, seed, &mut report)?)
            })
            .collect::<Result<Vec<_>>>()?;
        let classifier = classes.map(|classes| {
            let classes: Vec<u8> = lesson.items.iter().map(|i| classes[*i]).collect();
            let count = data.dataset().class_count();
            Classifier::train(&lesson.images, &classes, count, config, seed, &mut report)
        });
        let classifier = classifier.transpose()?;
        reporter.end();
        // A regressor's outputs are those of its variables, one after the other.
        let mut measured = values
            .chunks(share)
            .enumerate()
            .flat_map(|(judge, values)| {
                values.iter().scan(0, move |end, targets| {
                    let outputs = *end..*end + targets.len();
                    *end = outputs.end;
                    Some((judge, outputs))
                })
            })
            .peekable();
        let by = variables.iter().map(|v| match measured.next_if(|_| !direct(v)) {
            Some((judge, outputs)) => {
                let (kind, (low, _)) = (v.variable.kind(), v.variable.range());
                By::Regressor { judge, outputs, kind, low }
            }
            None => By::Pixels,
        });
        Ok(Self { by: by.collect(), regressors, classifier })
    }

    /// What each regressor reads its answers from, `[n, features]`, and what is measured directly, `[n, 1]`; nothing where there is
    /// no regressor.
    ///
    /// # Errors
    /// When the images are not such as they were trained on.
    pub fn features(&self, images: &Tensor) -> Result<Vec<Tensor>> {
        let each = self.regressors.iter().map(|judge| judge.features(images));
        let mut parts: Vec<Tensor> = each.collect::<std::result::Result<_, _>>()?;
        if !parts.is_empty() && self.by.iter().any(|by| matches!(by, By::Pixels)) {
            let read: Vec<f32> = intensity(images)?.into_iter().map(|value| value as f32).collect();
            parts.push(Tensor::from_slice(&read).to_device(images.device()).unsqueeze(1));
        }
        Ok(parts)
    }

    /// Measures images `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When libtorch cannot copy the images.
    pub fn measure(&self, images: &Tensor) -> Result<Measured> {
        let read: Vec<Vec<Vec<f64>>> = self
            .regressors
            .iter()
            .map(|judge| judge.read(images))
            .collect::<std::result::Result<_, _>>()?;
        let value = |by: &By| {
            Ok(match by {
                By::Pixels => Some(intensity(images)?),
                By::Regressor { judge, outputs, kind, low } => {
                    Some(labels(*kind, *low, &read[*judge][outputs.clone()]))
                }
            })
        };
        let values = self.by.iter().map(value).collect::<Result<_>>()?;
        let classes = self.classifier.as_ref().map(|c| c.read(images)).transpose()?;
        Ok(Measured { values, classes })
    }
}

/// What judges learn from.
struct Lesson {
    /// `[n, c, h, w]` in `[-1, 1]`.
    images: Tensor,
    /// The labels of each, in the order of the data's graph.
    labels: Vec<Vec<f64>>,
    /// Which image of the data set each is, or was before it was rendered again.
    items: Vec<usize>,
}

/// Training images to learn from: the first `most`, those of which most is known before others; and of a variable that too few of
/// them know, further ones that do. Where all is known these are the first `most`.
fn chosen(
    train: &[usize],
    variables: usize,
    knows: impl Fn(usize, usize) -> bool,
    most: usize,
) -> Vec<usize> {
    let mut items = train.to_vec();
    items.sort_by_key(|item| (0..variables).filter(|v| !knows(*item, *v)).count());
    let mut rest = items.split_off(most.min(items.len()));
    for v in 0..variables {
        let known = items.iter().filter(|item| knows(**item, v)).count();
        let mut lacking = most.saturating_sub(known);
        rest.retain(|item| {
            let taken = lacking > 0 && knows(*item, v);
            if taken {
                lacking -= 1;
                items.push(*item);
            }
            !taken
        });
    }
    items
}

impl Lesson {
    /// The images that have all labels of these series, and the series without the others.
    fn known(&self, series: &[Vec<f64>]) -> (Tensor, Vec<Vec<f64>>) {
        let whole = |k: &usize| series.iter().all(|labels| !labels[*k].is_nan());
        let rows: Vec<usize> = (0..self.items.len()).filter(whole).collect();
        if rows.len() == self.items.len() {
            return (self.images.shallow_clone(), series.to_vec());
        }
        let places: Vec<i64> = rows.iter().map(|k| *k as i64).collect();
        let places = Tensor::from_slice(&places).to_device(self.images.device());
        let pick = |labels: &Vec<f64>| rows.iter().map(|k| labels[*k]).collect();
        (self.images.index_select(0, &places), series.iter().map(pick).collect())
    }

    /// Training images; where a judge could read a variable off its causes or off the class, and the world can render, as many
    /// again with every variable set on its own.
    fn new(data: &Data, variables: &[Labelled], seed: u64, device: Device) -> Result<Self> {
        let dataset = data.dataset();
        let tells_causes = match dataset.gauge() {
            Gauge::Scene => true,
            Gauge::Strokes => variables
                .iter()
                .any(|v| v.name() != DIRECT && !dataset.graph().parents(v.data).is_empty()),
        };
        let tells = tells_causes || dataset.class_tells_labels();
        let rendered = tells && dataset.exogenous(0).is_some();
        let most = match dataset.gauge() {
            Gauge::Strokes => SEEN,
            Gauge::Scene => SEEN_SCENES,
        };
        let most = if rendered { most / 2 } else { most };
        let knows = |item: usize, v: usize| !dataset.labels()[[item, variables[v].data]].is_nan();
        let mut items = chosen(&data.split().train, variables.len(), knows, most);
        let mut images = data.batch(&items, device)?.images;
        let row = |item: &usize| dataset.labels().row(*item).to_vec();
        let mut labels: Vec<Vec<f64>> = items.iter().map(row).collect();
        if rendered {
            let mut pixels = Vec::new();
            for item in &items {
                let mut stream = Stream::new(seed, "judge-scene", *item as u64, 0);
                let set = variables.iter().map(|v| {
                    let (low, high) = v.variable.range();
                    let value = match v.variable.kind() {
                        Kind::Categorical { categories } => stream.below(categories) as f64,
                        Kind::Circular { .. } | Kind::Continuous => stream.uniform_in(low, high),
                    };
                    (v.data, value)
                });
                let action = Intervention::from_pairs(dataset.graph(), set).map_err(graph_error)?;
                if let (Some(image), Some(values)) = (
                    dataset.counterfactual_image(*item, &action),
                    dataset.counterfactual_labels(*item, &action),
                ) {
                    pixels.extend(image?);
                    labels.push(values?);
                }
            }
            let [channels, height, width] = dataset.images().image_shape();
            let shape = [items.len(), channels, height, width];
            images = Tensor::cat(&[images, image::to_tensor(&pixels, shape, device)?], 0);
            items.extend_from_within(..);
        }
        Ok(Self { images, labels, items })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use counterfoil_metrics::statistics::pearson;

    /// What the judges of a published experiment learn from at preset smoke, and its data.
    fn lesson_of(name: &str) -> (Lesson, Data) {
        let experiments = concat!(env!("CARGO_MANIFEST_DIR"), "/../../experiments");
        let file = format!("{experiments}/{name}.toml");
        let config = Config::load(file.as_ref(), Some("smoke"), &[]).unwrap();
        let data = Data::load(&config).unwrap();
        let variables = Labelled::all(config.graph(), data.dataset().graph()).unwrap();
        (Lesson::new(&data, &variables, 1, Device::Cpu).unwrap(), data)
    }

    /// Exact: of an image with an unknown label neither label nor pixels are shown to the judge of that variable.
    #[test]
    fn judges_see_enough_of_every_variable() {
        // All is known of all: the first ones. Of items 3, 5 and 7 the second variable alone is known, of the rest the first.
        assert_eq!(chosen(&[4, 2, 9, 7], 2, |_, _| true, 3), [4, 2, 9]);
        let knows = |item: usize, v: usize| (item % 2 == 1) == (v == 1);
        assert_eq!(chosen(&[2, 4, 6, 8, 3, 5, 7], 2, knows, 2), [2, 4, 3, 5]);
        // What is known whole comes first.
        let knows = |item: usize, v: usize| v == 0 || item == 8;
        assert_eq!(chosen(&[2, 4, 8], 2, knows, 2), [8, 2]);
    }

    /// Float class: what a regressor learns of a label says which it was, at every angle and category.
    #[test]
    fn labels_come_back_from_what_judges_learn_of_them() {
        let circle = Kind::Circular { period: 360.0 };
        let angles: Vec<f64> = (-6..6).map(|k| 30.0 * f64::from(k) + 1.0).collect();
        let back = labels(circle, -180.0, &targets(circle, &angles));
        assert!(angles.iter().zip(&back).all(|(a, b)| (a - b).abs() < 1e-9), "{back:?}");
        let four = Kind::Categorical { categories: 4 };
        let kinds = [3.0, 0.0, 2.0, 1.0];
        assert_eq!(labels(four, 0.0, &targets(four, &kinds)), kinds);
        assert_eq!(labels(Kind::Continuous, 0.0, &targets(Kind::Continuous, &kinds)), kinds);
        let unknown = targets(four, &[f64::NAN]);
        assert!(unknown.len() == 4 && unknown.iter().flatten().all(|target| target.is_nan()));
    }

    /// Monte-Carlo: a slant goes with its thickness in the images that are there and not in those rendered again for its judge
    /// (512 of them, standard error 0.044). Of plain digits the only effect is measured on the pixels: nothing is rendered.
    #[test]
    fn a_judge_cannot_read_a_slant_off_its_cause() {
        let lesson = |name: &str| {
            let (lesson, data) = lesson_of(name);
            (lesson, data.split().train.len())
        };
        let (plain, seen) = lesson("digits");
        assert_eq!((plain.labels.len(), plain.images.size()[0]), (seen, seen as i64));
        let (slanted, seen) = lesson("digits-slant");
        assert_eq!((slanted.labels.len(), slanted.images.size()[0]), (2 * seen, 2 * seen as i64));
        let tie = |rows: &[Vec<f64>]| {
            let column = |k: usize| rows.iter().map(|row| row[k]).collect::<Vec<_>>();
            pearson(&column(0), &column(2)).unwrap()
        };
        let (there, again) = slanted.labels.split_at(seen);
        assert!(tie(there) > 0.4, "{}", tie(there));
        assert!(tie(again).abs() < 0.25, "{}", tie(again));
    }

    /// Biased digits from 5 on are thick: a judge must not take a thick stroke for such a digit, or such a digit for a thick stroke.
    #[test]
    fn a_judge_cannot_read_a_class_off_a_stroke() {
        let (lesson, data) = lesson_of("digits-biased");
        let seen = data.split().train.len();
        assert_eq!((lesson.labels.len(), lesson.items.len()), (2 * seen, 2 * seen));
        let classes = data.dataset().classes().unwrap();
        let tie = |rows: Range<usize>| {
            let late = |k: usize| f64::from(u8::from(classes[lesson.items[k]] >= 5));
            let of = |f: &dyn Fn(usize) -> f64| rows.clone().map(f).collect::<Vec<_>>();
            pearson(&of(&late), &of(&|k| lesson.labels[k][0])).unwrap()
        };
        assert!(tie(0..seen) > 0.4, "{}", tie(0..seen));
        assert!(tie(seen..2 * seen).abs() < 0.25, "{}", tie(seen..2 * seen));
    }

    #[test]
    fn judges_learn_from_known_labels_alone() {
        let images = Tensor::from_slice(&[0.0f32, 1.0, 2.0, 3.0]).view([4, 1, 1, 1]);
        let nan = f64::NAN;
        let labels = vec![vec![5.0, nan], vec![6.0, 1.0], vec![nan, nan], vec![8.0, 3.0]];
        let lesson = Lesson { images, labels, items: vec![7, 8, 9, 10] };
        let series = |column: usize| lesson.labels.iter().map(|row| row[column]).collect();
        let known = |columns: &[usize]| {
            let all: Vec<Vec<f64>> = columns.iter().map(|column| series(*column)).collect();
            let (images, values) = lesson.known(&all);
            (
                Vec::<f64>::try_from(images.flatten(0, -1).to_kind(tch::Kind::Double)).unwrap(),
                values,
            )
        };
        assert_eq!(known(&[0]), (vec![0.0, 1.0, 3.0], vec![vec![5.0, 6.0, 8.0]]));
        assert_eq!(known(&[1, 0]), (vec![1.0, 3.0], vec![vec![1.0, 3.0], vec![6.0, 8.0]]));
    }
}
