//! What a trained model makes of images, as arrays for any other program: latents, noise and readings beside the labels.

use std::path::Path;

use counterfoil_data::Split;
use counterfoil_tensor::{archive, parse_device};
use serde::Serialize;
use tch::Tensor;

use super::perform::same_data;
use crate::{
    data::Data,
    error::{ExperimentError, Result},
    evaluate::prepare::Prepared,
    progress::Reporter,
    run_dir::{RunDir, check_target},
    trained::{Trained, Which},
};

/// A part of the data.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Part {
    /// What the model was trained on.
    Train,
    /// What training was watched by.
    Validation,
    /// What the model never saw.
    #[default]
    Test,
}

impl Part {
    fn of(self, split: &Split) -> &[usize] {
        match self {
            Self::Train => &split.train,
            Self::Validation => &split.validation,
            Self::Test => &split.test,
        }
    }
}

/// Named arrays of the same `n` images.
#[derive(Debug)]
pub struct Codes(Vec<(String, Tensor)>);

/// One array as a person is told of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Array {
    /// Its name.
    pub name: String,
    /// Its shape, images first.
    pub shape: Vec<i64>,
}

/// Images that are encoded between two reports of progress.
const STRIDE: usize = 256;

impl Codes {
    /// Encodes the first `count` images of a part (all when there is no number) with the averaged weights of the latest
    /// checkpoint, in single precision. With `pixels` the images come along.
    ///
    /// For each variable of the model's graph `z.NAME` and `u.NAME` `[n, width]`, its causal latents and exogenous noise;
    /// for each labelled one `label.NAME` `[n]`, as recorded (NaN where unknown), and `read.NAME` `[n]`, what the calibration
    /// reads off the latents, both in the label's own unit; `item` `[n]`, the images' numbers in the data set; `image`
    /// `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When nothing was trained yet, a file of the run is damaged, the data changed, or the part holds fewer images.
    pub fn of(
        run: &RunDir,
        device: Option<&str>,
        (part, count): (Part, Option<usize>),
        pixels: bool,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        let config = run.config()?;
        let device = parse_device(device.unwrap_or(&config.sections().device))?;
        let trained = Trained::load(run, &config, Which::Latest, device)?;
        let data = Data::load(&config)?;
        same_data(run, &data)?;
        let items = part.of(data.split());
        let count = count.unwrap_or(items.len());
        if !(1..=items.len()).contains(&count) {
            return Err(ExperimentError::InvalidKey {
                origin: "--count".into(),
                key: count.to_string(),
                reason: format!("is out of bounds: this part holds {} images", items.len()),
            });
        }
        let items = &items[..count];
        let prepared = Prepared::kept_or_new(run, &config, &data, trained, reporter)?;
        let weights = prepared.exact_weights();
        let encoder = prepared.counterfactuals(&weights, config.sections().counterfactual)?;
        let (mut images, mut u, mut z) = (Vec::new(), Vec::new(), Vec::new());
        reporter.begin("encoding", count as u64, 0);
        for stride in items.chunks(STRIDE) {
            let batch = data.batch(stride, device)?;
            let (noise, latents) = encoder.encode(&batch.images)?;
            u.push(noise);
            z.push(latents);
            if pixels {
                images.push(batch.images);
            }
            reporter.advance(((u.len() - 1) * STRIDE + stride.len()) as u64, "");
        }
        reporter.end();
        let (u, z) = (Tensor::cat(&u, 0), Tensor::cat(&z, 0));

        let architecture = prepared.trained.model.architecture();
        let read = prepared.calibration.labels(architecture, &z);
        let labels: Vec<Vec<f64>> = items.iter().map(|item| data.labels(*item)).collect();
        let column = |values: Vec<f64>| Tensor::from_slice(&values);
        let mut arrays =
            vec![("item".to_owned(), column(items.iter().map(|item| *item as f64).collect()))];
        for block in architecture.blocks().iter() {
            let name = &block.name;
            arrays.push((format!("z.{name}"), block.of(&z)));
            arrays.push((format!("u.{name}"), block.of(&u)));
            if let Some(k) = architecture.blocks().column(block.variable) {
                arrays
                    .push((format!("label.{name}"), column(labels.iter().map(|l| l[k]).collect())));
                arrays.push((format!("read.{name}"), read.select(1, k as i64)));
            }
        }
        if pixels {
            arrays.push(("image".to_owned(), Tensor::cat(&images, 0)));
        }
        Ok(Self(arrays))
    }

    /// Names and shapes, in the order of the graph's variables.
    pub fn arrays(&self) -> Vec<Array> {
        let array = |(name, x): &(String, Tensor)| Array { name: name.clone(), shape: x.size() };
        self.0.iter().map(array).collect()
    }

    /// Writes a safetensors file of single-precision arrays: complete under its name or not at all.
    ///
    /// # Errors
    /// When its folder does not exist or cannot be written, or the disk is full.
    pub fn write(&self, file: &Path) -> Result<()> {
        check_target(file)?;
        Ok(archive::write(file, &self.0)?)
    }
}
