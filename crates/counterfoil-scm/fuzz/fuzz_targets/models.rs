//! Any text is a discrete model, as JSON or as a Bayesian network, or is refused; the probabilities of one that is read
//! sum to 1.
#![no_main]

use counterfoil_graph::formats::BifNetwork;
use counterfoil_scm::discrete::{CptModel, FunctionalModel};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(model) = CptModel::from_json(text) {
        sums_to_one(&model);
    }
    if let Ok(model) = FunctionalModel::from_json(text) {
        sums_to_one(model.to_cpt());
    }
    if let Ok(model) =
        BifNetwork::read(text).map_err(Into::into).and_then(|network| CptModel::try_from(&network))
    {
        sums_to_one(&model);
    }
});

/// Of the first variable alone: a network may have more states than can be summed over.
fn sums_to_one(model: &CptModel) {
    if model.len() == 0 {
        return;
    }
    let cardinality = model.cardinality(0);
    let sum: Result<f64, _> = (0..cardinality).map(|value| model.probability(&[(0, value)])).sum();
    if let Ok(sum) = sum {
        assert!((sum - 1.0).abs() < 1e-6, "{sum}");
    }
}
