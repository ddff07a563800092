//! How far off a figure may be where a run is repeated elsewhere: by bounds that were measured, where there are some.

use std::{collections::BTreeMap, path::Path};

use crate::{actions::expected::Expected, error::Result, run_dir::Manifest};

/// What figures are held to where bits cannot be the same.
#[derive(Clone, Debug, PartialEq)]
pub struct Elsewhere {
    /// A share of the larger value, for figures without a bound of their own.
    within: f64,
    /// The bounds of the expectation, and the words for it.
    measured: Option<(String, BTreeMap<String, f64>)>,
}

impl Elsewhere {
    /// A share of each figure's value.
    pub fn share(within: f64) -> Self {
        Self { within, measured: None }
    }

    /// The bounds that `file` keeps for the config and data of a run; without them a share of each figure's value.
    ///
    /// # Errors
    /// When the file is there and cannot be understood.
    pub fn of(manifest: &Manifest, file: &Path, within: f64) -> Result<Self> {
        if !file.is_file() {
            return Ok(Self::share(within));
        }
        let expected = Expected::read(file)?;
        let outcome = expected.of(&manifest.config_hash);
        let outcome = outcome.filter(|(_, outcome)| outcome.data == manifest.data);
        let measured = outcome.map(|(preset, outcome)| {
            let words = format!("within the bounds of preset {preset} in {}", file.display());
            let bounds = outcome.figures.iter().map(|(name, figure)| (name.clone(), figure.within));
            (words, bounds.collect())
        });
        Ok(Self { within, measured })
    }

    /// What those of `figures` that agree are, with how many of them have no bound of their own.
    pub fn told<'f>(&self, figures: impl IntoIterator<Item = &'f str>) -> String {
        let share = format!("within {} of each other", self.within);
        let Some((words, bounds)) = &self.measured else { return share };
        let without = figures.into_iter().filter(|name| !bounds.contains_key(*name)).count();
        match without {
            0 => words.clone(),
            1 => format!("{words}, and the one that has no bound there {share}"),
            _ => format!("{words}, and the {without} that have no bound there {share}"),
        }
    }

    /// Whether two values of a figure may be as far apart as they are.
    pub(super) fn allows(&self, figure: &str, first: f64, second: f64) -> bool {
        let measured = self.measured.as_ref().and_then(|(_, bounds)| bounds.get(figure).copied());
        let bound = measured.unwrap_or(self.within * first.abs().max(second.abs()));
        (first - second).abs() <= bound
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_figure_is_held_to_its_own_bound_or_to_a_share() {
        let share = Elsewhere::share(0.05);
        assert!(share.allows("a", -1.0, -1.04) && !share.allows("a", 1.0, 1.06));
        assert!(!share.allows("a", 1.0, f64::NAN));
        assert_eq!(share.told(["a", "b"]), "within 0.05 of each other");
        let bounds = BTreeMap::from([("a".to_owned(), 0.5), ("b".to_owned(), 0.0)]);
        let measured = Elsewhere { measured: Some(("as was measured".into(), bounds)), ..share };
        assert!(measured.allows("a", 1.0, 1.5) && !measured.allows("a", 1.0, 1.6));
        assert!(!measured.allows("b", 1.0, 1.01) && measured.allows("new", 1.0, 1.01));
        assert_eq!(measured.told(["a", "b"]), "as was measured");
        let some = "as was measured, and the 2 that have no bound there within 0.05 of each other";
        assert_eq!(measured.told(["a", "new", "newer"]), some);
        assert!(measured.told(["new"]).contains("the one that has no bound there within 0.05"));
    }
}
