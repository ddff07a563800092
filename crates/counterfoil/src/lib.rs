//! The facade: every library crate under one name, and a prelude.
//!
//! Counterfoil learns the causal variables of images under a known graph, intervenes with `do(...)`, and draws the
//! counterfactual image: the one that would have been. Each module here is a crate that can be used alone.
//!
//! | module | holds | needs libtorch |
//! |---|---|---|
//! | [`graph`] | named causal graphs in six formats, separation, identification, interventions | no |
//! | [`scm`] | structural causal models: sample, intervene, abduct, predict | no |
//! | [`data`] | worlds that render true counterfactuals, importers, splits, PNG | no |
//! | [`diffusion`] | noise levels, schedules, sampler plans, inversion, guidance | no |
//! | [`metrics`] | figures with their intervals | no |
//! | [`random`] | keyed random streams | no |
//! | [`tensor`] | devices, layers, optimiser, averaged weights, safetensors | yes |
//! | [`autoencoder`] | the causal diffusion autoencoder and its counterfactual procedure | yes |
//! | [`experiment`] | configs, run directories, training, evaluation, report | yes |
//!
//! # Quick start
//! A world with a known truth, a few steps of training, and the images that would have been with thicker strokes
//! (the same code is run by `tests/quick_start.rs`):
//!
//! ```no_run
#![doc = include_str!("../tests/strokes/mod.rs")]
//! ```

pub use counterfoil_autoencoder as autoencoder;
pub use counterfoil_data as data;
pub use counterfoil_diffusion as diffusion;
pub use counterfoil_experiment as experiment;
pub use counterfoil_graph as graph;
pub use counterfoil_metrics as metrics;
pub use counterfoil_random as random;
pub use counterfoil_scm as scm;
pub use counterfoil_tensor as tensor;

pub mod prelude {
    //! The names that most programs need: `use counterfoil::prelude::*;`.

    pub use counterfoil_autoencoder::{
        Architecture, Calibration, Counterfactuals, Model, ModelConfig, Procedure,
    };
    pub use counterfoil_data::{Dataset, Images, Split, World, digits::Digits, generate};
    pub use counterfoil_diffusion::{DiscreteSchedule, Grid, Level, Plan, Prediction, Sampler};
    pub use counterfoil_experiment::{
        ExperimentError,
        actions::{
            imagine::{Imagination, Imagined},
            perform::{self, Performed, Request},
        },
        config::Config,
        data::Data,
        progress::{Reporter, Silent},
        run_dir::RunDir,
        train::train,
        trained::{Trained, Which},
    };
    pub use counterfoil_graph::{Dag, Intervention, Variable};
    pub use counterfoil_random::Stream;
    pub use counterfoil_scm::{Mechanism, Scm};
}
