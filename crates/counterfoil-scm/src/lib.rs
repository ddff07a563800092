//! Structural causal models with explicit exogenous noise: sample, intervene, abduct, predict.
