//! A trained model taken from a run directory: the network and the averaged weights of one checkpoint.

use counterfoil_autoencoder::Model;
use counterfoil_tensor::ParameterStore;
use tch::Device;

use crate::{
    checkpoint::{Checkpoint, Checkpoints},
    config::Config,
    error::{ExperimentError, Result},
    run_dir::RunDir,
};

/// Which checkpoint of a run is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Which {
    /// The last one.
    #[default]
    Latest,
    /// The one with the lowest validation loss.
    Best,
    /// The one of a step.
    Step(u64),
}

/// A network and the weights to evaluate it with.
#[derive(Debug)]
pub struct Trained {
    /// The network.
    pub model: Model,
    /// The averaged weights.
    pub weights: ParameterStore,
    /// How many steps they were trained for.
    pub step: u64,
    /// blake3 of the file that the weights came from.
    pub hash: String,
}

impl Trained {
    /// Reads the averaged weights of a checkpoint of `run`, whose resolved config is `config`, onto `device`.
    ///
    /// # Errors
    /// When the run has no such checkpoint, or it is damaged or of another config.
    pub fn load(run: &RunDir, config: &Config, which: Which, device: Device) -> Result<Self> {
        let checkpoint = find(run, config, which)?;
        let manifest = run.manifest()?;
        let model = Model::new(&config.architecture(manifest.image_shape, manifest.classes)?);
        let mut weights = model.initialise(config.experiment().seed, device);
        weights.load_state(&checkpoint.ema()?)?;
        let (step, hash) = (checkpoint.state().step, checkpoint.ema_hash().to_owned());
        Ok(Self { model, weights: weights.detached_copy(), step, hash })
    }
}

fn find(run: &RunDir, config: &Config, which: Which) -> Result<Checkpoint> {
    let checkpoints = Checkpoints::of(run.path());
    let found = match which {
        Which::Latest => checkpoints.latest(config.hash())?,
        Which::Best => checkpoints.best(config.hash())?,
        Which::Step(step) => Some(checkpoints.open(step, config.hash())?),
    };
    found.ok_or_else(|| ExperimentError::Checkpoint {
        path: run.path().to_owned(),
        reason: "is missing, nothing was trained there yet; resume the run first".into(),
    })
}
