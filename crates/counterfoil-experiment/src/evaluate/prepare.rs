//! A trained model made ready to answer questions in label units: fresh statistics, then the calibration.
//!
//! Averaged weights carry the running statistics of the trained ones; they get their own from passes over training
//! images. Only then are latents those that the model will show, and the maps between them and labels are fitted. Both
//! are functions of run and data alone, so whoever asks a trained model anything begins here and finds the same model.

use counterfoil_autoencoder::{Calibration, Counterfactuals, ModelError, Procedure};
use counterfoil_graph::Dag;
use counterfoil_tensor::{Mode, Precision, Weights};
use tch::{Kind, Tensor};

use crate::{
    config::Config,
    data::Data,
    error::Result,
    evaluate::kept,
    progress::Reporter,
    run_dir::{Cpu, RunDir},
    statistics,
    trained::Trained,
};

/// Images of a pass that makes the running statistics.
const PASS: usize = 256;

/// A trained model with the statistics of its averaged weights and its calibration.
#[derive(Debug)]
pub struct Prepared {
    /// The network and its averaged weights.
    pub trained: Trained,
    /// Between labels and latents.
    pub calibration: Calibration,
    /// The number format of the sampler's passes, that of training where this processor has it.
    precision: Precision,
}

impl Prepared {
    /// Refreshes the running statistics and fits the calibration: maps on training images, those with most labels first,
    /// errors and the gain of the abducted noise on validation images.
    ///
    /// # Errors
    /// When the data do not fit the model, or a latent is not finite.
    pub fn new(config: &Config, data: &Data, trained: Trained) -> Result<Self> {
        let model = &trained.model;
        let device = trained.weights.device();
        let seed = config.experiment().seed;
        statistics::refresh(model, &trained.weights, data, seed, PASS)?;
        // Labels are read in single precision, whatever images are drawn in.
        let weights = trained.weights.bind(Precision::F32, Mode::Evaluate);
        let taught = config.sections().objective.teach_labels == 1.0;
        let architecture = model.architecture();
        let ideal = Calibration::ideal(architecture);
        let encoder =
            Counterfactuals::new(model, &weights, &ideal, config.sections().counterfactual)?;
        let encode = |items: &[usize]| -> Result<(Tensor, Tensor)> {
            let batch = data.batch(items, device)?;
            Ok((encoder.encode(&batch.images)?.1, batch.labels))
        };
        let fitted = encode(&data.fitted(seed))?;
        let held_out = encode(data.held_out())?;
        let (on, off) = ((&fitted.0, &fitted.1), (&held_out.0, &held_out.1));
        let mut calibration = Calibration::fit(architecture, on, off, taught)?;
        if config.sections().counterfactual.directions {
            calibration.fit_directions(architecture, on, off)?;
        }
        calibration.fit_noise_gain(model, &weights, off.0, off.1)?;
        Ok(Self::of(config, trained, calibration))
    }

    fn of(config: &Config, trained: Trained, calibration: Calibration) -> Self {
        let device = trained.weights.device();
        let precision = Cpu::here().precision(config.training().precision, device);
        Self { trained, calibration, precision }
    }

    /// The weights in the number format of training. On the `small` model of Morpho-MNIST half precision adds 4e-6 to the
    /// mean squared error of composition (5e-5) and saves four tenths of the time.
    pub fn weights(&self) -> Weights {
        self.trained.weights.bind(self.precision, Mode::Evaluate)
    }

    /// The weights in single precision, for reading labels.
    pub fn exact_weights(&self) -> Weights {
        self.trained.weights.bind(Precision::F32, Mode::Evaluate)
    }

    /// Whether the decoder is a diffusion model, and so a sampler lies between image and noise.
    pub fn diffuses(&self) -> bool {
        !self.trained.model.architecture().decoder().draws_in_one_pass()
    }

    /// Fails where the decoder is direct: there is no way between image and noise to compare or to guide.
    ///
    /// # Errors
    /// The key and what would be right.
    pub fn expect_diffusion(&self) -> Result<()> {
        if self.diffuses() {
            return Ok(());
        }
        let reason = "draws in one pass (`direct` or `hierarchical`): there is no way between image and noise to compare or to guide; \
                      name a run whose decoder is a diffusion model";
        Err(ModelError::Setting { key: "model.decoder", reason: reason.to_owned() }.into())
    }

    /// The model's graph.
    pub fn graph(&self) -> &Dag {
        self.trained.model.architecture().dag()
    }

    /// The labels that latents `[n, d]` stand for: one series a labelled variable, in label units.
    ///
    /// # Errors
    /// When libtorch cannot copy them.
    pub fn read(&self, latents: &Tensor) -> Result<Vec<Vec<f64>>> {
        let read = self.calibration.labels(self.trained.model.architecture(), latents);
        let columns = 0..read.size()[1];
        let series = columns.map(|c| Vec::<f64>::try_from(read.select(1, c).to_kind(Kind::Double)));
        Ok(series.collect::<std::result::Result<_, _>>()?)
    }

    /// The counterfactual procedure of this model.
    ///
    /// # Errors
    /// When a setting is out of range; the key is named.
    pub fn counterfactuals<'m>(
        &'m self,
        weights: &'m Weights,
        procedure: Procedure,
    ) -> Result<Counterfactuals<'m>> {
        Ok(Counterfactuals::new(&self.trained.model, weights, &self.calibration, procedure)?)
    }

    /// What an evaluation of `run` kept of these weights, else made anew.
    ///
    /// # Errors
    /// As [`Prepared::new`].
    pub fn kept_or_new(
        run: &RunDir,
        config: &Config,
        data: &Data,
        mut trained: Trained,
        reporter: &mut dyn Reporter,
    ) -> Result<Self> {
        if let Some(calibration) = kept::read(run, &mut trained) {
            return Ok(Self::of(config, trained, calibration));
        }
        reporter.note("fitting the calibration from labels to latents");
        Self::new(config, data, trained)
    }

    /// Writes the calibration and the running statistics into the run, for [`Prepared::kept_or_new`].
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn save(&self, run: &RunDir) -> Result<()> {
        kept::write(run, &self.trained, &self.calibration)
    }
}
