//! Scores of counterfactuals and representations, on ndarray.
