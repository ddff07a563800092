//! Causal worlds with exact counterfactual renderers, importers for real data, splits and hashes.
