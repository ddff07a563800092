//! The judges: what is measured on an image, by means that cannot confuse one variable with another.
//!
//! A variable called `intensity` is measured directly; every other continuous variable by a regressor that sees the
//! image divided by its intensity, and the class by a classifier that sees the same; all trained on the training part
//! alone. The judges' own errors on real test images stand beside every figure.

use counterfoil_autoencoder::oracle::{Classifier, OracleConfig, Regressor, intensity};
use counterfoil_graph::Kind;
use tch::{Device, Tensor};

use super::draw::Labelled;
use crate::{data::Data, error::Result, progress::Reporter};

/// The variable that is measured directly.
pub const DIRECT: &str = "intensity";

/// Training images that judges see: enough for errors far below those they judge.
const SEEN: usize = 20_000;

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

#[derive(Clone, Copy, Debug)]
enum By {
    /// The pixels themselves.
    Pixels,
    /// A regressor.
    Regressor(usize),
    /// Nobody: a circular or categorical variable.
    Nobody,
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
        let train = &data.split().train[..SEEN.min(data.split().train.len())];
        let images = data.batch(train, device)?.images;
        let measured = |v: &&Labelled| v.name() != DIRECT && v.variable.kind() == Kind::Continuous;
        let columns: Vec<&Labelled> = variables.iter().filter(measured).collect();
        let classes = data.dataset().classes();
        let judges = columns.len() + usize::from(classes.is_some());
        reporter.begin("training the judges", config.steps * judges as u64, 0);
        let mut trained = 0;
        let mut report = |step: u64| {
            reporter.advance(trained + step, "");
            trained += if step == config.steps { step } else { 0 };
        };
        let labels = data.dataset().labels();
        let mut regressors = Vec::new();
        for (column, seed) in columns.iter().zip(seed..) {
            let values: Vec<f64> = train.iter().map(|i| labels[[*i, column.data]]).collect();
            regressors.push(Regressor::train(&images, &values, config, seed, &mut report)?);
        }
        let classifier = classes.map(|classes| {
            let classes: Vec<u8> = train.iter().map(|i| classes[*i]).collect();
            let count = data.dataset().class_count();
            Classifier::train(&images, &classes, count, config, seed, &mut report)
        });
        let classifier = classifier.transpose()?;
        reporter.end();
        let mut next = 0;
        let by = variables.iter().map(|v| match v.variable.kind() {
            _ if v.name() == DIRECT => By::Pixels,
            Kind::Continuous => {
                next += 1;
                By::Regressor(next - 1)
            }
            _ => By::Nobody,
        });
        Ok(Self { by: by.collect(), regressors, classifier })
    }

    /// Measures images `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When libtorch cannot copy the images.
    pub fn measure(&self, images: &Tensor) -> Result<Measured> {
        let value = |by: &By| {
            Ok(match by {
                By::Pixels => Some(intensity(images)?),
                By::Regressor(index) => Some(self.regressors[*index].read(images)?),
                By::Nobody => None,
            })
        };
        let values = self.by.iter().map(value).collect::<Result<_>>()?;
        let classes = self.classifier.as_ref().map(|c| c.read(images)).transpose()?;
        Ok(Measured { values, classes })
    }
}
