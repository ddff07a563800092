//! Scores of counterfactual images and of causal representations: pure functions on slices and array views.
//!
//! Nothing here reads a file, knows libtorch or draws a number outside a keyed stream. Whoever measured
//! something (a thickness, an image, a latent code) hands over `f64` numbers, one per image, and gets a figure
//! back with the reference that makes it readable and an interval over images.
//!
//! | question | module | source |
//! |---|---|---|
//! | how far is the measured value from the wanted one? | [`deviation`], [`comparison`], [`effectiveness`] | Monteiro et al. 2023 |
//! | did the model recover the exogenous noise? | [`abduction`] | Pawlowski et al. 2020 (the label model) |
//! | does what must stay, stay? | [`reproduction`], [`drift`] | Monteiro et al. 2023 |
//! | is the image the true counterfactual image? | [`image`] | Wang et al. 2004 (SSIM) |
//! | are the images as a set like real ones? | [`frechet`] | Heusel et al. 2017; Dowson and Landau 1982 |
//! | do a model's values under an intervention spread as the true ones? | [`wasserstein`] | Vallender 1974 |
//! | does a block carry what it should not? | [`information`], [`probe`] | Kraskov et al. 2004; Alain and Bengio 2017 |
//! | does the image change no more than it must? | [`minimality`] | Sanchez and Tsaftaris 2022 |
//! | do effects of interventions add up? | [`additivity`] | Fisher 1935 (interaction) |
//! | do drawn answers cover the truth as often as they should? | [`uncertainty`] | Wilks 1941 |
//! | does one code dimension mean one factor? | [`disentanglement`], [`identifiability`] | Eastwood and Williams 2018; Hyvärinen and Morioka 2016 |
//! | does one block mean one factor? | [`block_identifiability`] | Khemakhem et al. 2020; von Kügelgen et al. 2021 |
//! | is one dimension clearly ahead of the rest? | [`sap`], [`mig`] | Kumar et al. 2018; Chen et al. 2018 |
//! | does a dimension stand still while its factor does? | [`irs`] | Suter et al. 2019 |
//! | are two quantities related by any curve? | [`mine`] (MIC, TIC) | Reshef et al. 2011, 2016 |
//! | does asking for a value yield that value? | [`calibration`] | Kuleshov et al. 2018 (binned form) |
//! | how sure is the figure? | [`bootstrap`], [`dci_intervals`] | Efron 1979 |
//!
//! ```
//! use counterfoil_metrics::{bootstrap::Bootstrap, comparison::compare, deviation::absolute};
//!
//! // Thickness measured on four counterfactual images, what was asked for, and what the images had before.
//! let (measured, wanted, before) = ([2.1, 3.0, 1.4, 4.2], [2.0, 3.2, 1.5, 4.0], [3.0, 2.2, 2.5, 3.0]);
//! let figure = compare(
//!     &absolute(&measured, &wanted)?,
//!     &absolute(&before, &wanted)?,
//!     &Bootstrap::new(7),
//! )?;
//! assert!((figure.error.estimate - 0.15).abs() < 1e-12);
//! assert!((figure.share.unwrap().estimate - 0.15).abs() < 1e-12); // a share of leaving the images as they are
//! # Ok::<(), counterfoil_metrics::MetricsError>(())
//! ```
#![forbid(unsafe_code)]

pub mod abduction;
pub mod additivity;
pub mod assignment;
pub mod block_identifiability;
pub mod bootstrap;
pub mod calibration;
mod check;
pub mod comparison;
pub mod dci_intervals;
pub mod deviation;
pub mod disentanglement;
pub mod drift;
pub mod effectiveness;
mod error;
pub mod frechet;
pub mod gap;
mod grid_search;
pub mod grouping;
pub mod identifiability;
pub mod image;
pub mod information;
pub mod irs;
pub mod line;
pub mod mig;
pub mod mine;
pub mod minimality;
pub mod probe;
pub mod reproduction;
pub mod ridge;
pub mod sap;
pub mod statistics;
pub mod symmetric;
pub mod trees;
pub mod uncertainty;
pub mod wasserstein;

pub use error::MetricsError;
