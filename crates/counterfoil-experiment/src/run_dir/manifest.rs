//! `manifest.json`: where a run comes from, with what it was made and how it ended.

use std::{collections::BTreeMap, path::Path};

use counterfoil_data::Dataset;
use serde::{Deserialize, Serialize};

use super::{
    atomic::{read_json, write_json},
    clock,
    machine::{Cpu, Git, Software},
    place::Place,
};
use crate::{config::Config, error::Result};

/// The file of the manifest inside a run directory.
pub const MANIFEST_FILE: &str = "manifest.json";

/// The layout of the manifest; grows when a key changes meaning.
const SCHEMA: u32 = 1;

/// How a run was asked for: what the caller knows and the config does not.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// The preset that was laid over the file.
    pub preset: Option<String>,
    /// The `--set` overrides, in order.
    pub overrides: Vec<String>,
    /// The command line.
    pub arguments: Vec<String>,
    /// The run that this one repeats.
    pub parent: Option<String>,
}

/// Why training ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum StoppedBy {
    /// All planned steps were taken.
    Steps,
    /// The safety net of `training.wall_clock_minutes`; the outcome depends on the machine's speed.
    WallClock,
    /// The user.
    Interrupt,
    /// A loss that was not finite or exploded, after all rollbacks.
    #[serde(alias = "non-finite")]
    Diverged,
}

/// One stretch of training without a break.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Session {
    /// UTC.
    pub started: String,
    /// The step that it continued after.
    pub from_step: u64,
    /// Where it was computed; nothing in runs from before that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub place: Option<Place>,
    /// Seconds that its steps waited for images and labels; nothing while it goes on or after a kill.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub waited_s: Option<f64>,
}

/// The contents of `manifest.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// The layout of this file.
    pub schema: u32,
    /// The experiment's name.
    pub experiment: String,
    /// The experiment's seed.
    pub seed: u64,
    /// How the run was asked for.
    #[serde(flatten)]
    pub origin: Origin,
    /// [`Config::hash`].
    pub config_hash: String,
    /// The state of the source code.
    pub git: Option<Git>,
    /// The versions behind the numbers.
    #[serde(flatten)]
    pub software: Software,
    /// The processor; like device, threads and ranks that of the last session.
    pub cpu: Cpu,
    /// The device that was computed on.
    pub device: Option<String>,
    /// Threads of one tensor operation.
    pub threads: Option<usize>,
    /// Processes that trained together, where there was more than one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ranks: Option<usize>,
    /// blake3 of the data that were read or drawn, by the name of the data set.
    pub data: BTreeMap<String, String>,
    /// `[channels, height, width]` of an image.
    pub image_shape: [usize; 3],
    /// Classes of the images; 0 for none.
    pub classes: usize,
    /// When the run directory was made, UTC.
    pub started: String,
    /// Stretches of training.
    pub sessions: Vec<Session>,
    /// Optimiser steps taken.
    pub steps: u64,
    /// Seconds of training, all sessions together.
    pub training_s: f64,
    /// Where the figures of the summary were computed; nothing before that, and in runs from before that was written down.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub evaluated_at: Option<Place>,
    /// Why training ended; nothing while it goes on or after a kill.
    pub stopped_by: Option<StoppedBy>,
    /// When the command that made the run ended, UTC.
    pub finished: Option<String>,
    /// The exit status of that command.
    pub exit_status: Option<u8>,
}

impl Manifest {
    /// The manifest of a run that begins now.
    pub(super) fn begin(config: &Config, data: &Dataset, origin: Origin, git: Option<Git>) -> Self {
        Self {
            schema: SCHEMA,
            experiment: config.experiment().name.clone(),
            seed: config.experiment().seed,
            origin,
            config_hash: config.hash().to_owned(),
            git,
            software: Software::built_with(),
            cpu: Cpu::here(),
            device: None,
            threads: None,
            ranks: None,
            data: BTreeMap::from([(data.name().to_owned(), data.hash().to_owned())]),
            image_shape: data.images().image_shape(),
            classes: data.class_count(),
            started: clock::utc(),
            sessions: Vec::new(),
            steps: 0,
            training_s: 0.0,
            evaluated_at: None,
            stopped_by: None,
            finished: None,
            exit_status: None,
        }
    }

    /// Where the run was last trained; nothing before it began.
    pub fn place(&self) -> Option<Place> {
        let (device, threads) = (self.device.clone()?, self.threads?);
        Some(Place::new(&self.cpu, device, threads, self.ranks.unwrap_or(1)))
    }

    /// Notes that the run goes on at `place`, the machine that this process runs on, after `from_step` steps.
    pub(crate) fn go_on(&mut self, place: Place, from_step: u64) {
        let before = self.place();
        if let Some(last) = self.sessions.last_mut() {
            // A session of a run from before places were written down was where the manifest says.
            last.place = last.place.take().or(before);
        }
        self.cpu = Cpu::here();
        self.device = Some(place.device.clone());
        self.threads = Some(place.threads);
        self.ranks = (place.ranks > 1).then_some(place.ranks);
        self.sessions.push(Session {
            started: clock::utc(),
            from_step,
            place: Some(place),
            waited_s: None,
        });
    }

    /// Whether what the run came to, its evaluation included, was computed in several places. A session whose steps were all
    /// taken anew, since it was killed before its first checkpoint, has left nothing.
    pub fn is_mixed(&self) -> bool {
        let left = |number: usize, session: &Session| {
            self.sessions[number + 1..].iter().all(|later| later.from_step > session.from_step)
        };
        let sessions = self.sessions.iter().enumerate().filter(|(number, one)| left(*number, one));
        let places: Vec<&Place> = sessions.filter_map(|(_, one)| one.place.as_ref()).collect();
        let apart = self.evaluated_at.as_ref().zip(self.place());
        places.windows(2).any(|pair| pair[0] != pair[1])
            || apart.is_some_and(|(evaluated, trained)| !evaluated.computes_like(&trained))
    }

    /// Reads the manifest of `run`.
    ///
    /// # Errors
    /// When it is missing or damaged.
    pub fn read(run: &Path) -> Result<Self> {
        read_json(&run.join(MANIFEST_FILE))
    }

    /// Writes the manifest of `run`.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write(&self, run: &Path) -> Result<()> {
        write_json(&run.join(MANIFEST_FILE), self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One as it was written before sessions told their places.
    const OLD: &str = r#"{
        "schema": 1, "experiment": "tiny", "seed": 3, "preset": null, "overrides": [], "arguments": [],
        "parent": null, "config_hash": "c", "git": null, "counterfoil": "0.1.0", "lock_hash": null,
        "rustc": "rustc 1.95.0", "tch": null, "libtorch": "2.11.0",
        "cpu": {"model": "Some CPU", "cores": 2, "avx2": true, "avx512": false, "bf16": false},
        "device": "cpu", "threads": 1, "data": {"digits": "d"}, "image_shape": [1, 28, 28], "classes": 10,
        "started": "s", "sessions": [{"started": "s", "from_step": 0}], "steps": 5, "training_s": 1.0,
        "stopped_by": null, "finished": null, "exit_status": null
    }"#;

    fn old() -> Manifest {
        serde_json::from_str(OLD).unwrap()
    }

    fn on(threads: usize) -> Place {
        Place { threads, ..old().place().unwrap() }
    }

    #[test]
    fn a_manifest_without_places_is_read_and_goes_on() {
        let mut manifest = old();
        assert!(!manifest.is_mixed());
        manifest.go_on(on(4), 5);
        let places: Vec<_> = manifest.sessions.iter().map(|one| one.place.clone()).collect();
        assert_eq!(places, [Some(on(1)), Some(on(4))]);
        assert_eq!((manifest.threads, manifest.ranks), (Some(4), None));
        assert!(manifest.is_mixed());
        let text = serde_json::to_string(&manifest).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
    }

    #[test]
    fn sessions_that_left_nothing_do_not_count() {
        let mixed = |sessions: &[(usize, u64)]| {
            let mut manifest = old();
            manifest.sessions.clear();
            for (threads, step) in sessions {
                manifest.go_on(on(*threads), *step);
            }
            manifest.is_mixed()
        };
        assert!(!mixed(&[]) && !mixed(&[(1, 0)]) && !mixed(&[(2, 0), (2, 5), (2, 9)]));
        assert!(mixed(&[(1, 0), (2, 5)]) && mixed(&[(1, 0), (2, 5), (1, 9)]));
        // Killed before its first checkpoint, and begun anew elsewhere.
        assert!(!mixed(&[(1, 0), (2, 0)]) && !mixed(&[(1, 0), (2, 5), (1, 5)]));
        assert!(mixed(&[(1, 0), (2, 5), (1, 5), (2, 9)]));
    }

    /// However many ranks trained, one process evaluates.
    #[test]
    fn an_evaluation_elsewhere_is_another_place() {
        let evaluated = |place: Place| Manifest { evaluated_at: Some(place), ..old() };
        assert!(!old().is_mixed() && !evaluated(on(1)).is_mixed());
        assert!(evaluated(on(4)).is_mixed());
        let mut manifest = evaluated(on(1));
        manifest.sessions.clear();
        manifest.go_on(Place { ranks: 2, ..on(1) }, 0);
        // Several processes train, one evaluates, on the machine that this test runs on.
        manifest.evaluated_at = manifest.place().map(|place| Place { ranks: 1, ..place });
        assert!(!manifest.is_mixed());
        let text = serde_json::to_string(&manifest).unwrap();
        assert_eq!(serde_json::from_str::<Manifest>(&text).unwrap(), manifest);
        assert!(!serde_json::to_string(&old()).unwrap().contains("evaluated_at"));
    }
}
