//! An experiment, from its config file to the folder that holds everything it led to.
//!
//! ```text
//! NAME.toml -> Config -> Data -> RunDir -> train -> Checkpoints -> Trained -> Summary
//! ```
//!
//! | idea | module |
//! |---|---|
//! | one checked file describes one experiment | [`config`] |
//! | images, their split, and the batches of a model | [`data`] |
//! | the folder of one run: config, manifest, events, tables | [`run_dir`] |
//! | steps, budgets, validation, the guard against numbers that are not finite | [`train`] |
//! | what training needs to go on as if it had never stopped | [`checkpoint`] |
//! | a trained model taken out of a run | [`trained`] |
//! | what it is worth on images it never saw | [`evaluate`] |
//! | the page that shows it to a person | [`report`] |
//! | many runs as one table | [`matrix`] |
//! | several processes as one training | [`ranks`] |
//! | lines over an axis as SVG | [`plot`] |
//! | how long-running work reports its progress | [`progress`] |
//! | whether data can tell what a model is asked | [`identification`] |
//! | whole tasks: run, imagine, compare, reproduce | [`actions`] |
//!
//! Nothing here prints; what should be shown goes through a [`progress::Reporter`] that the caller hands in. A run
//! begins like this:
//!
//! ```no_run
//! use std::{path::Path, sync::atomic::AtomicBool};
//! use counterfoil_experiment::{Result, config::Config, data::Data, progress::Silent, run_dir, train::train};
//!
//! fn run() -> Result<()> {
//!     let set = ["training.steps=200".to_owned()];
//!     let config = Config::load(Path::new("experiments/digits.toml"), Some("quick"), &set)?;
//!     let data = Data::load(&config)?;
//!     let out = Path::new(run_dir::DEFAULT_OUT);
//!     let run = run_dir::RunDir::create(out, &config, &data, run_dir::Origin::default())?;
//!     train(&run, &config, &data, &mut Silent, &AtomicBool::new(false))?;
//!     run.finish(0)
//! }
//! ```

pub mod actions;
pub mod checkpoint;
pub mod config;
pub mod data;
mod error;
pub mod evaluate;
pub mod identification;
pub mod matrix;
mod numbers;
pub mod plot;
pub mod progress;
pub mod ranks;
pub mod report;
pub mod run_dir;
mod source;
mod statistics;
pub mod train;
pub mod trained;

pub use error::{ExperimentError, Result};
