//! The judges: what is measured on an image, by means that cannot confuse one variable with another.
//!
//! A variable called `intensity` is measured directly; every other continuous variable by a regressor that sees the
//! image divided by its intensity, trained on the training part alone. The class is recognised by the first of them.
//! The judges' own errors on real test images stand beside every figure.

use counterfoil_autoencoder::oracle::{Oracle, OracleConfig, OracleData, intensity};
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
    oracles: Vec<Oracle>,
    classes: bool,
}

#[derive(Clone, Copy, Debug)]
enum By {
    /// The pixels themselves.
    Pixels,
    /// An oracle.
    Oracle(usize),
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
        let known = data.dataset().classes();
        let classes: Vec<u8> =
            known.map_or_else(Vec::new, |c| train.iter().map(|i| c[*i]).collect());
        let regressed = |v: &&Labelled| v.name() != DIRECT && v.variable.kind() == Kind::Continuous;
        let mut columns: Vec<Option<&Labelled>> =
            variables.iter().filter(regressed).map(Some).collect();
        if columns.is_empty() && !classes.is_empty() {
            columns.push(None);
        }
        let steps = config.steps * columns.len() as u64;
        reporter.begin("training the judges", steps, 0);
        let labels = data.dataset().labels();
        let mut oracles = Vec::new();
        for (index, column) in columns.iter().enumerate() {
            let values: Vec<f64> =
                train.iter().map(|i| column.map_or(0.0, |v| labels[[*i, v.data]])).collect();
            // Only the first is asked about classes.
            let (classes, class_count) = match index {
                0 => (classes.as_slice(), data.dataset().class_count()),
                _ => (&[][..], 0),
            };
            let given = OracleData { images: &images, values: &values, classes, class_count };
            let before = config.steps * index as u64;
            let mut report = |step: u64| reporter.advance(before + step, "");
            oracles.push(Oracle::train(&given, config, seed + index as u64, &mut report)?);
        }
        reporter.end();
        let mut next = 0;
        let by = variables.iter().map(|v| match v.variable.kind() {
            _ if v.name() == DIRECT => By::Pixels,
            Kind::Continuous => {
                next += 1;
                By::Oracle(next - 1)
            }
            _ => By::Nobody,
        });
        Ok(Self { by: by.collect(), oracles, classes: !classes.is_empty() })
    }

    /// Measures images `[n, c, h, w]` in `[-1, 1]`.
    ///
    /// # Errors
    /// When libtorch cannot copy the images.
    pub fn measure(&self, images: &Tensor) -> Result<Measured> {
        let mut readings = Vec::new();
        for oracle in &self.oracles {
            readings.push(oracle.read(images)?);
        }
        let value = |by: &By| {
            Ok(match by {
                By::Pixels => Some(intensity(images)?),
                By::Oracle(index) => Some(readings[*index].iter().map(|r| r.value).collect()),
                By::Nobody => None,
            })
        };
        let values = self.by.iter().map(value).collect::<Result<_>>()?;
        let first = readings.first().filter(|_| self.classes);
        let classes = first.map(|readings| readings.iter().map(|r| r.class).collect());
        Ok(Measured { values, classes })
    }
}
