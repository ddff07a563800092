//! A method is a set of defaults: every step from the published method to ours is a key that can be set alone.

use serde::{Deserialize, Serialize};
use toml::Table;

/// Whose defaults an experiment has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Method {
    /// Those that the documentation gives with each key.
    #[default]
    Default,
    /// CausalDiffAE as its code was released, less what only breaks it.
    Parity,
    /// A diffusion decoder of the labels alone: what the image holds beside them is left to its noise.
    LabelConditional,
    /// A diffusion autoencoder without structure, some of whose code is aligned with labels.
    Diffae,
    /// A variational autoencoder with causal latents, after CausalVAE.
    CausalVae,
    /// A hierarchical variational autoencoder whose prior the labels condition.
    Hvae,
    /// A diffusion model of images alone, steered by a predictor of the labels, after Diff-SCM.
    DiffScm,
}

/// The published method. Its warm-up of 50,000 steps outlasted its runs, so here it takes all of the planned steps; its
/// label term and KLs are sums of weight 1, and half of all images are decoded without their latents.
const PARITY: &str = r#"
[model]
mechanism = "published"
mechanism_depth = 1
mechanism_activation = "leaky-relu"
code = "exogenous"
reader = []
residual_code = false
unlabelled_blocks = false
prediction = "eps"
schedule = "linear"
levels = 1000
labelled_noise = 0.001

[objective]
parity = true
label_weight = 1.0
u_weight = 1.0
independence_weight = 0.0
warm_up = 1.0
drop_labelled = 0.5
drop_unlabelled = 0.0
teach_labels = 0.0
reader_shift = 0
decoder_shapes_labels = true
fit_mechanisms_to_labels = false
mechanism_labels = 0
loss_weight = "simple"
times = "uniform"

[training]
mechanism_rate = 1.0

[counterfactual]
method = "ddim"
spacing = "linspace"
depth = 1.0
guidance = 1.0
rounds = 0
fresh_noise = true
clamp = true
calibrated = false
"#;

/// Labels are read off the image by the same reader as ours; the decoder is taught their codes and sees nothing else.
const LABEL_CONDITIONAL: &str = r#"
[model]
code = "causal"
residual_code = false
unlabelled_blocks = false

[objective]
teach_labels = 1.0
drop_labelled = 0.0
decoder_shapes_labels = false
"#;

/// DiffAE (Preechakul et al. 2022) with a deterministic code in two-condition norms, and the label term on a part of it;
/// nothing connects the blocks, so an intervention reaches no descendant.
const DIFFAE: &str = r#"
[model]
mechanism = "independent"
mechanism_depth = 1
mechanism_activation = "leaky-relu"
code = "causal"
reader = []
residual_code = false
conditioning = "two-condition"
prediction = "eps"
schedule = "linear"
levels = 1000
labelled_noise = 0.0
unlabelled_noise = 0.0

[objective]
label_weight = 1.0
u_weight = 0.0
unlabelled_weight = 0.0
independence_weight = 0.0
drop_labelled = 0.0
drop_unlabelled = 0.0
teach_labels = 0.0
reader_shift = 0
decoder_shapes_labels = true
fit_mechanisms_to_labels = false
mechanism_labels = 0
loss_weight = "simple"
times = "uniform"

[counterfactual]
method = "ddim"
spacing = "linspace"
"#;

/// CausalVAE (Yang et al. 2021) with its graph given: label-aligned latents, mechanisms fitted to them as its mask layer
/// is, evaluated recursively, and the image drawn in one pass. What the graph declares unlabelled has a block, so that
/// identity has a home as in ours; without it each label's block holds the whole image.
const CAUSAL_VAE: &str = r#"
[model]
mechanism = "additive"
code = "causal"
reader = []
residual_code = false
decoder = "direct"
mechanism_activation = "leaky-relu"
labelled_noise = 0.001

[objective]
label_weight = 1.0
u_weight = 1.0
independence_weight = 0.0
drop_labelled = 0.0
drop_unlabelled = 0.0
teach_labels = 0.0
reader_shift = 0
decoder_shapes_labels = true
fit_mechanisms_to_labels = false
"#;

/// A deep structural causal model with a hierarchical mechanism for the image (De Sousa Ribeiro et al. 2023) and its
/// conditional prior: labels and their mechanisms as for `label-conditional`, the rest of the image in the decoder's own
/// latents and in the noise of pixels, both of which are kept.
const HVAE: &str = r#"
[model]
code = "causal"
residual_code = false
unlabelled_blocks = false
decoder = "hierarchical"

[objective]
teach_labels = 1.0
drop_labelled = 0.0
decoder_shapes_labels = false

[counterfactual]
keep_residual = true
"#;

/// Diff-SCM (Sanchez and Tsaftaris 2022): images without labels in the decoder, abduction three quarters of the way up, and
/// the gradient of a noise-aware predictor of the labels on the way down. Labels and their mechanisms are those of
/// label-conditional diffusion.
const DIFF_SCM: &str = r#"
[model]
code = "causal"
residual_code = false
unlabelled_blocks = false
conditioning = "none"
predictor = [16, 32, 64, 64]
prediction = "eps"
schedule = "linear"
levels = 1000

[objective]
teach_labels = 1.0
drop_labelled = 0.0
decoder_shapes_labels = false
predictor_weight = 1.0
loss_weight = "simple"
times = "uniform"

[counterfactual]
method = "ddim"
spacing = "linspace"
depth = 0.75
anticausal = 1.0
"#;

impl Method {
    /// All of them.
    pub const ALL: [Self; 7] = [
        Self::Default,
        Self::Parity,
        Self::LabelConditional,
        Self::Diffae,
        Self::CausalVae,
        Self::Hvae,
        Self::DiffScm,
    ];

    /// The name, as a config file has it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Default => "default",
            Self::Parity => "parity",
            Self::LabelConditional => "label-conditional",
            Self::Diffae => "diffae",
            Self::CausalVae => "causal-vae",
            Self::Hvae => "hvae",
            Self::DiffScm => "diff-scm",
        }
    }

    /// The keys that the method gives other defaults, as a file would have them.
    pub(super) fn text(self) -> &'static str {
        match self {
            Self::Default => "",
            Self::Parity => PARITY,
            Self::LabelConditional => LABEL_CONDITIONAL,
            Self::Diffae => DIFFAE,
            Self::CausalVae => CAUSAL_VAE,
            Self::Hvae => HVAE,
            Self::DiffScm => DIFF_SCM,
        }
    }

    /// The method called `name`, as a config file has it.
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|method| method.name() == name)
    }

    /// [`Method::text`] as a table.
    pub(super) fn defaults(self) -> Table {
        self.text().parse().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_is_a_table() {
        for (method, keys) in Method::ALL.into_iter().zip([0, 4, 2, 3, 2, 3, 3]) {
            let name = method.name();
            assert_eq!(serde_json::to_value(method).unwrap(), name);
            assert_eq!(Method::named(name), Some(method));
            assert!(method.text().parse::<Table>().is_ok(), "{name}");
            assert_eq!(method.defaults().len(), keys, "{name}");
        }
        assert_eq!(Method::named("pariti"), None);
    }
}
