//! Respacing strings: which labels of a schedule are kept, as text.

use super::round_ratio;
use crate::DiffusionError;
use serde::{Deserialize, Serialize};

/// A respacing string of the improved-diffusion code (Nichol and Dhariwal 2021, section 4).
///
/// `"ddimN"` takes every k-th label, k being the smallest stride that gives exactly `N`; `"10,15,20"` cuts the
/// schedule into equal sections and takes so many labels of each, both ends included.
///
/// ```
/// use counterfoil_diffusion::Respacing;
/// let respacing: Respacing = "ddim5".parse()?;
/// assert_eq!(respacing.labels(1000)?, [800, 600, 400, 200, 0]);
/// # Ok::<(), counterfoil_diffusion::DiffusionError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Respacing {
    /// Every k-th label, `N` in all.
    Ddim(usize),
    /// So many labels of each of equally long sections, the section nearest the data first.
    Sections(Vec<usize>),
}

impl Respacing {
    /// The labels from the noisiest to the cleanest.
    ///
    /// # Errors
    /// [`DiffusionError::RespacingImpossible`] when no integer stride gives `N` labels, when there is no section, or
    /// when one is shorter than its count.
    pub fn labels(&self, train_steps: usize) -> Result<Vec<usize>, DiffusionError> {
        let impossible = |reason: String| DiffusionError::RespacingImpossible {
            spec: self.to_string(),
            train_steps,
            reason,
        };
        let mut labels = Vec::new();
        match self {
            Self::Ddim(steps) => {
                let stride = (1..=train_steps)
                    .find(|stride| train_steps.div_ceil(*stride) == *steps)
                    .ok_or_else(|| impossible(format!("no stride gives {steps} labels")))?;
                labels.extend((0..train_steps).step_by(stride));
            }
            Self::Sections(counts) if counts.is_empty() => {
                return Err(impossible("it has no section".to_owned()));
            }
            Self::Sections(counts) => {
                let (base, extra) = (train_steps / counts.len(), train_steps % counts.len());
                let mut start = 0;
                for (i, &count) in counts.iter().enumerate() {
                    let length = base + usize::from(i < extra);
                    if count > length {
                        let why = format!("section {i} has {length} labels, not {count}");
                        return Err(impossible(why));
                    }
                    labels.extend((0..count).map(|j| match count {
                        1 => start,
                        _ => start + round_ratio(j * (length - 1), count - 1),
                    }));
                    start += length;
                }
            }
        }
        labels.reverse();
        Ok(labels)
    }
}

impl std::str::FromStr for Respacing {
    type Err = DiffusionError;

    fn from_str(spec: &str) -> Result<Self, DiffusionError> {
        let count = |text: &str| text.trim().parse::<usize>().ok().filter(|&n| n > 0);
        let parsed = match spec.trim().strip_prefix("ddim") {
            Some(n) => count(n).map(Self::Ddim),
            None => spec.split(',').map(count).collect::<Option<Vec<_>>>().map(Self::Sections),
        };
        parsed.ok_or_else(|| DiffusionError::RespacingSyntax { spec: spec.to_owned() })
    }
}

impl std::fmt::Display for Respacing {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Ddim(steps) => write!(f, "ddim{steps}"),
            Self::Sections(counts) => {
                let counts: Vec<String> = counts.iter().map(usize::to_string).collect();
                f.write_str(&counts.join(","))
            }
        }
    }
}

impl TryFrom<String> for Respacing {
    type Error = DiffusionError;

    fn try_from(spec: String) -> Result<Self, DiffusionError> {
        spec.parse()
    }
}

impl From<Respacing> for String {
    fn from(respacing: Respacing) -> Self {
        respacing.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: no string reads like this, but a value can be made.
    #[test]
    fn no_sections_keep_no_labels() {
        let refused = Respacing::Sections(Vec::new()).labels(1000);
        assert!(matches!(refused, Err(DiffusionError::RespacingImpossible { .. })), "{refused:?}");
    }
}
