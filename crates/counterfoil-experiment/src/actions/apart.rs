//! How far apart two runs of one config are whose bits need not be the same: in their weights and in their pictures.

use std::collections::BTreeMap;

use counterfoil_data::png;
use serde::Serialize;
use tch::{Kind, Tensor};

use crate::{
    checkpoint::Checkpoints,
    config::Config,
    error::{ExperimentError, Result},
    evaluate::gallery::GALLERY_FILE,
    run_dir::RunDir,
};

/// The averaged weights of a repetition elsewhere may be so far off, as a share of their norm. Those of another seed are off by
/// 1.0 (`gaussian` at preset smoke), those of the same run under other instruction sets by 0.004 (at quick).
pub const WEIGHTS_WITHIN: f64 = 0.5;
/// Its pictures may be so far off, as a share of the grey levels, mean over all pixels.
pub const PICTURES_WITHIN: f64 = 0.1;

/// How far two runs are apart; nothing where one of them has no such files.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Apart {
    /// The norm of the difference of the averaged weights, as a share of the norm of the first.
    pub weights: Option<f64>,
    /// The mean difference of the pixels of all pictures, as a share of the grey levels.
    pub pictures: Option<f64>,
}

impl Apart {
    /// Compares two runs of one config, of which both have the pictures of these `names`.
    ///
    /// # Errors
    /// When a file is damaged, or the two have no common shape.
    pub(super) fn of<'n>(
        first: &RunDir,
        second: &RunDir,
        config: &Config,
        names: impl Iterator<Item = &'n String>,
    ) -> Result<Self> {
        Ok(Self {
            weights: of_weights(first, second, config)?,
            pictures: of_pictures(first, second, names)?,
        })
    }

    /// Whether both are within what is allowed elsewhere.
    pub(super) fn is_allowed(&self) -> bool {
        self.weights.is_none_or(|apart| apart <= WEIGHTS_WITHIN)
            && self.pictures.is_none_or(|apart| apart <= PICTURES_WITHIN)
    }
}

fn unlike(run: &RunDir, what: &str) -> ExperimentError {
    ExperimentError::BrokenRun {
        path: run.path().to_owned(),
        reason: format!("has {what} of another shape than its repetition"),
    }
}

fn of_weights(first: &RunDir, second: &RunDir, config: &Config) -> Result<Option<f64>> {
    let averaged = |run: &RunDir| -> Result<Option<BTreeMap<String, Tensor>>> {
        let latest = Checkpoints::of(run.path()).latest(config.hash())?;
        latest.map(|checkpoint| Ok(checkpoint.ema()?.into_iter().collect())).transpose()
    };
    let (Some(ours), Some(theirs)) = (averaged(first)?, averaged(second)?) else {
        return Ok(None);
    };
    let (mut apart, mut size) = (0.0, 0.0);
    for (name, own) in &ours {
        let other = theirs.get(name).filter(|other| other.size() == own.size());
        let other = other.ok_or_else(|| unlike(first, "weights"))?;
        let squared = |x: Tensor| x.to_kind(Kind::Double).square().sum(Kind::Double);
        apart += squared(own - other).double_value(&[]);
        size += squared(own.shallow_clone()).double_value(&[]);
    }
    Ok(Some((apart / size).sqrt()))
}

fn of_pictures<'n>(
    first: &RunDir,
    second: &RunDir,
    names: impl Iterator<Item = &'n String>,
) -> Result<Option<f64>> {
    let (mut apart, mut pixels) = (0.0, 0usize);
    // The gallery is text.
    for name in names.filter(|name| *name != GALLERY_FILE) {
        let [own, other] = [first, second].map(|run| png::read(&run.file(name)));
        let (own, other) = (own?, other?);
        if own.pixels().len() != other.pixels().len() {
            return Err(unlike(first, "pictures"));
        }
        let differences = own.pixels().iter().zip(other.pixels());
        apart += differences.map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>();
        pixels += own.pixels().len();
    }
    Ok((pixels > 0).then(|| apart / 255.0 / pixels as f64))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_its_bound() {
        let allowed = |weights, pictures| Apart { weights, pictures }.is_allowed();
        assert!(allowed(None, None) && allowed(Some(0.4), Some(0.09)));
        assert!(!allowed(Some(0.6), None) && !allowed(Some(0.1), Some(0.2)));
        assert!(!allowed(Some(f64::NAN), None), "weights that are no numbers are like none");
    }
}
