//! What a run came to: its figures, pictures and weights, the machine that they are of, and how closely two must agree.

use std::{collections::BTreeMap, path::Path};

use serde::{Deserialize, Serialize};

use super::figures::{Difference, differences, figures};
use crate::{
    checkpoint::{Checkpoints, hash_file},
    config::Config,
    error::Result,
    evaluate::{
        dotted::Figures,
        gallery::{GALLERY_FILE, SHEETS, is_sheet},
    },
    run_dir::{Cpu, Manifest, RunDir, Software},
};

/// Figures that tell of the machine and not of the outcome.
pub const MACHINE: [&str; 3] = ["wall_s", "evaluation_s", "peak_rss_mib"];

/// What it is called that a run was computed in several places.
const PLACES: &str = "places";

/// What decides the last bits of a number, beside code and config.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Environment {
    /// The processor: libraries choose their kernels by its instruction sets and caches.
    pub cpu: Cpu,
    /// Threads of one tensor operation, which share its sums.
    pub threads: Option<usize>,
    /// Processes that trained together and shared their sums, where there was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<usize>,
    /// The device.
    pub device: Option<String>,
    /// The version of libtorch.
    pub libtorch: String,
    /// Whether parts of it were computed in different places, as after a resume with more threads.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub mixed: bool,
}

/// How closely two outcomes must agree.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Tolerance {
    /// To the bit, weights and pictures too: both are of the same processor, threads, ranks, device and libtorch.
    Exact,
    /// Figures within a stated bound, and nothing else: sums were taken in another order, and training made more of it.
    Bounds,
}

impl Environment {
    /// That of a run that has computed something.
    pub fn of(manifest: &Manifest) -> Self {
        let (cpu, device) = (manifest.cpu.clone(), manifest.device.clone());
        let alone = Self::alone(cpu, manifest.threads, device, &manifest.software);
        Self { ranks: manifest.ranks, mixed: manifest.is_mixed(), ..alone }
    }

    /// That of one process that computed in one place.
    pub(crate) fn alone(
        cpu: Cpu,
        threads: Option<usize>,
        device: Option<String>,
        software: &Software,
    ) -> Self {
        // How many cores there are does not matter once the number of threads is settled.
        let cpu = Cpu { cores: 0, ..cpu };
        let libtorch = software.libtorch.clone();
        Self { cpu, threads, ranks: None, device, libtorch, mixed: false }
    }

    /// How closely outcomes of this and another environment must agree.
    pub fn tolerance(&self, other: &Self) -> Tolerance {
        // Which part was computed where is not told, so that two mixtures are never the same.
        if self == other && !self.mixed { Tolerance::Exact } else { Tolerance::Bounds }
    }

    /// What keeps outcomes of this and another environment from being the same to the bit.
    pub fn differences(&self, other: &Self) -> Vec<Difference> {
        let mut found = differences(&self.told(), &other.told());
        if self.mixed && other.mixed {
            let told = Some("several".to_owned());
            found.push(Difference { key: PLACES.into(), first: told.clone(), second: told });
        }
        found
    }

    /// Everything by its name, for the eye.
    fn told(&self) -> BTreeMap<String, String> {
        let Cpu { model, avx2, avx512, bf16, kind, limits, .. } = &self.cpu;
        let sets = [("avx2", avx2), ("avx512", avx512), ("bf16", bf16)];
        let sets: Vec<&str> = sets.iter().filter(|(_, has)| **has).map(|(name, _)| *name).collect();
        let told = [
            ("processor", Some(model.clone())),
            ("instruction sets", Some(sets.join(" "))),
            ("processor kind", kind.clone()),
            ("limits", Some(limits.join(" "))),
            ("threads", self.threads.map(|threads| threads.to_string())),
            ("ranks", Some(self.ranks.unwrap_or(1).to_string())),
            ("device", self.device.clone()),
            ("libtorch", Some(self.libtorch.clone())),
            (PLACES, Some(if self.mixed { "several" } else { "one" }.to_owned())),
        ];
        let told = told.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        told.filter(|(_, value)| !value.is_empty()).collect()
    }
}

/// The figures of a run that tell of its outcome.
pub(super) fn outcome(run: &Path) -> Result<Figures> {
    let mut told = figures(run)?;
    told.retain(is_outcome);
    Ok(told)
}

/// Whether a figure tells of the outcome and not of the machine.
pub(crate) fn is_outcome((name, _): &(String, f64)) -> bool {
    !MACHINE.contains(&name.as_str())
}

/// The hashes of the files of the last checkpoint.
pub(super) fn weights(run: &RunDir, config: &Config) -> Result<BTreeMap<String, String>> {
    let latest = Checkpoints::of(run.path()).latest(config.hash())?;
    Ok(latest.map(|checkpoint| checkpoint.state().files.clone()).unwrap_or_default())
}

/// The hashes of the pictures that evaluation made, by `FOLDER/FILE`: contact sheets, and the gallery of the report.
pub(super) fn pictures(run: &RunDir) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let gallery = run.file(GALLERY_FILE);
    if gallery.is_file() {
        found.insert(GALLERY_FILE.to_owned(), hash_file(&gallery)?);
    }
    let sheets = run.file(SHEETS);
    if !sheets.is_dir() {
        return Ok(found);
    }
    for entry in fs_err::read_dir(&sheets)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if is_sheet(&name) && entry.path().is_file() {
            found.insert(format!("{SHEETS}/{name}"), hash_file(&entry.path())?);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn here() -> Environment {
        Environment {
            cpu: Cpu { cores: 0, ..Cpu::here() },
            threads: Some(1),
            ranks: None,
            device: Some("cpu".into()),
            libtorch: "2.11.0".into(),
            mixed: false,
        }
    }

    #[test]
    fn only_one_place_gives_the_same_bits() {
        assert_eq!(here().tolerance(&here()), Tolerance::Exact);
        assert_eq!(here().differences(&here()), []);
        let mixed = || Environment { mixed: true, ..here() };
        for (one, other) in [(mixed(), here()), (here(), mixed()), (mixed(), mixed())] {
            assert_eq!(one.tolerance(&other), Tolerance::Bounds);
            let keys = one.differences(&other).into_iter().map(|difference| difference.key);
            assert_eq!(keys.collect::<Vec<_>>(), ["places"]);
        }
    }

    #[test]
    fn what_is_not_the_same_is_named() {
        let limited = Cpu { limits: vec!["MKL_CBWR=AVX2".into()], ..here().cpu };
        let elsewhere = Environment {
            cpu: limited,
            threads: Some(2),
            ranks: Some(4),
            device: Some("cuda:0".into()),
            ..here()
        };
        let keys = here().differences(&elsewhere).into_iter().map(|difference| difference.key);
        assert_eq!(keys.collect::<Vec<_>>(), ["device", "limits", "ranks", "threads"]);
    }

    /// An expectation from before mixtures were told apart is that of one place.
    #[test]
    fn an_environment_without_the_word_is_of_one_place() {
        let text = serde_json::to_string(&here()).unwrap();
        assert!(!text.contains("mixed"), "{text}");
        assert_eq!(serde_json::from_str::<Environment>(&text).unwrap(), here());
    }

    #[test]
    fn what_a_user_asked_for_is_no_outcome() {
        for name in ["grid.png", "sweep-thickness.png"] {
            assert!(is_sheet(name), "{name}");
        }
        for name in ["do-thickness-2.png", "traverse-thickness.png", ".grid.png.7.tmp", "grid2.png"]
        {
            assert!(!is_sheet(name), "{name}");
        }
    }
}
