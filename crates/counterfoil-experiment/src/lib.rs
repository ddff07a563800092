//! Checked configs, run directories, the training loop, checkpoints, evaluation and the report.
