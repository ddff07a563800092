//! The file of a table as plain values, and everything about them that shows without reading an experiment.

use std::path::Path;

use serde::Deserialize;
use toml::{Table, Value};

use super::sweep::{Place, Sweep};
use crate::{
    config::layers::{KIND, TABLE, holds, overlay, parse, read, take_presets},
    error::{ExperimentError, Result, suggestion},
};

/// Minutes that a cell is expected to take when nothing is known of it.
const MINUTES: f64 = 15.0;
/// Keys that rows and seeds set, and nobody else.
const TAKEN: [&str; 3] = ["method", "experiment.seed", "experiment.name"];

/// A table as its file has it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct File {
    pub(super) table: Head,
    #[serde(default)]
    pub(super) matrix: Vec<Group>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Head {
    pub(super) name: String,
    #[serde(default)]
    pub(super) preset: Option<String>,
    #[serde(default = "minutes")]
    pub(super) minutes: f64,
    #[serde(default)]
    pub(super) publish: bool,
}

/// Everything that is crossed with everything else.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Group {
    #[serde(default)]
    pub(super) label: Option<String>,
    pub(super) experiments: Vec<String>,
    #[serde(default)]
    pub(super) methods: Vec<String>,
    #[serde(default)]
    pub(super) ablations: Vec<Ablation>,
    #[serde(default)]
    pub(super) sweep: Option<Sweep>,
    #[serde(default = "one_seed")]
    pub(super) seeds: Vec<u64>,
    #[serde(default)]
    pub(super) set: Vec<String>,
    #[serde(default)]
    pub(super) minutes: Option<f64>,
}

/// A method with keys of its own.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Ablation {
    pub(super) name: String,
    #[serde(default)]
    pub(super) method: Option<String>,
    pub(super) set: Vec<String>,
    /// Where it stands in a sweep, which writes it.
    #[serde(skip)]
    pub(super) place: Option<Place>,
}

fn minutes() -> f64 {
    MINUTES
}

fn one_seed() -> Vec<u64> {
    vec![0]
}

/// The file's values under a preset; a list of a preset replaces the file's.
pub(super) fn parsed(path: &Path, preset: Option<&str>) -> Result<File> {
    let origin = path.display().to_string();
    let text = fs_err::read_to_string(path).map_err(ExperimentError::unreadable)?;
    let mut base = parse(&text, &origin)?;
    if base.remove(KIND).as_ref().and_then(Value::as_str) != Some(TABLE) {
        let reason = "must be \"table\": an experiment is run with `counterfoil run`";
        return Err(ExperimentError::InvalidKey {
            origin,
            key: KIND.into(),
            reason: reason.into(),
        });
    }
    let presets = take_presets(&mut base, &origin)?;
    let laid = |layer: Option<&Value>| -> Table {
        let mut table = base.clone();
        if let Some(layer) = layer {
            overlay(&mut table, layer);
        }
        table
    };
    // A mistake in a preset that is not asked for is one too.
    for (name, layer) in &presets {
        read::<File>(laid(Some(layer)), |key| {
            let own = holds(layer, key.split(['[', '.']).next().unwrap_or(key));
            if own { format!("{origin} [preset.{name}]") } else { origin.clone() }
        })?;
    }
    let asked = match preset {
        None => None,
        Some(name) => Some(presets.get(name).ok_or_else(|| ExperimentError::Unknown {
            what: "preset",
            name: name.to_owned(),
            place: origin.clone(),
            hint: suggestion(name, &presets.keys().collect::<Vec<_>>()),
        })?),
    };
    read(laid(asked), |_| origin.clone())
}

/// The file, as mistakes name it.
#[derive(Clone, Debug)]
pub(super) struct Origin(pub(super) String);

impl Origin {
    /// A mistake at `key`.
    pub(super) fn wrong(&self, key: &str, reason: &str) -> ExperimentError {
        ExperimentError::InvalidKey {
            origin: self.0.clone(),
            key: key.to_owned(),
            reason: reason.to_owned(),
        }
    }

    /// The name and the time.
    pub(super) fn check_head(&self, head: &Head) -> Result<()> {
        let name = &head.name;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_".contains(c);
        if name.is_empty() || name.len() > 64 || !name.chars().all(plain) {
            let need = "must be 1 to 64 lower-case letters, digits, `-` or `_`: it names a folder";
            return Err(self.wrong("table.name", need));
        }
        self.check_minutes("table.minutes", head.minutes)
    }

    fn check_minutes(&self, key: &str, minutes: f64) -> Result<()> {
        if minutes > 0.0 && minutes.is_finite() {
            return Ok(());
        }
        Err(self.wrong(key, &format!("is {minutes}, it must be a number above 0")))
    }

    /// Lists that are empty, name something twice, or set what has a key of its own.
    pub(super) fn check_group(&self, place: usize, group: &Group) -> Result<()> {
        let key = |name: &str| format!("matrix[{place}].{name}");
        if let Some(minutes) = group.minutes {
            self.check_minutes(&key("minutes"), minutes)?;
        }
        if group.experiments.is_empty() {
            return Err(self.wrong(&key("experiments"), "is empty: name at least one"));
        }
        if group.methods.is_empty() && group.ablations.is_empty() {
            return Err(self.wrong(&key("methods"), "is missing: name a method, or give ablations"));
        }
        if group.seeds.is_empty() {
            return Err(self.wrong(&key("seeds"), "is empty: name at least one"));
        }
        let named = group.ablations.iter().map(|a| &a.name);
        for (name, twice) in [
            ("experiments", twice(&group.experiments)),
            ("seeds", twice(&group.seeds).map(|seed| seed.to_string())),
            ("methods", twice(&group.methods.iter().chain(named).collect::<Vec<_>>()).cloned()),
        ] {
            if let Some(value) = twice {
                return Err(self.wrong(&key(name), &format!("names `{value}` twice")));
            }
        }
        let sets = std::iter::once((key("set"), &group.set)).chain(
            group
                .ablations
                .iter()
                .enumerate()
                .map(|(k, ablation)| (key(&format!("ablations[{k}].set")), &ablation.set)),
        );
        for (key, set) in sets {
            if let Some(text) = set.iter().find(|text| is_taken(text)) {
                let reason = format!("holds `{text}`: methods and seeds have keys of their own");
                return Err(self.wrong(&key, &reason));
            }
        }
        Ok(())
    }
}

fn twice<T: PartialEq + Clone>(values: &[T]) -> Option<T> {
    let again = |(k, value): &(usize, &T)| values[..*k].contains(value);
    values.iter().enumerate().find(again).map(|(_, value)| value.clone())
}

/// The key that an override sets.
pub(super) fn key_of(text: &str) -> &str {
    text.split('=').next().unwrap_or_default().trim()
}

/// Whether an override sets what has a key of its own.
pub(super) fn is_taken(text: &str) -> bool {
    TAKEN.contains(&key_of(text))
}
