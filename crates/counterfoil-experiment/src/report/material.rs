//! What a run directory has to tell, read as far as it can be read.

use std::path::{Path, PathBuf};

use counterfoil_autoencoder::Calibration;
use counterfoil_graph::Dag;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{
    config::{CONFIG_FILE, GRAPH_FILE},
    error::{ExperimentError, Result},
    evaluate::{
        dotted::{Figures, flatten},
        gallery::is_sheet,
        gallery::{GALLERY_FILE, Gallery, SHEETS},
        kept::CALIBRATION_FILE,
        summary::{SUMMARY_FILE, Summary},
    },
    run_dir::{EVENTS_FILE, Event, Manifest, RunDir, read_events, read_json, short_name},
};

/// The parts of a run that its report is made from.
#[derive(Debug)]
pub(super) struct Material {
    /// `NAME/ID`.
    pub(super) run: String,
    /// Where the run comes from; the one part that every run has.
    pub(super) manifest: Manifest,
    /// The resolved config, as text.
    pub(super) config: Option<String>,
    /// The causal graph.
    pub(super) graph: Option<Dag>,
    /// The numbers of training.
    pub(super) events: Vec<Event>,
    /// The figures of the evaluation.
    pub(super) summary: Option<Summary>,
    /// The same, every number under its dotted name, those that this version does not know included.
    pub(super) figures: Figures,
    /// The images worth showing.
    pub(super) gallery: Option<Gallery>,
    /// How labels and latents belong together.
    pub(super) calibration: Option<Calibration>,
    /// Pictures that were made on request.
    pub(super) sheets: Vec<PathBuf>,
    /// One sentence for each part that is there and cannot be understood.
    pub(super) troubles: Vec<String>,
}

impl Material {
    /// Reads everything that is there.
    pub(super) fn read(run: &RunDir) -> Result<Self> {
        let mut troubles = Vec::new();
        let manifest = run.manifest()?;
        let summary: Option<Value> = optional(&run.file(SUMMARY_FILE), &mut troubles, read_json);
        let mut figures = Vec::new();
        if let Some(summary) = &summary {
            flatten("", summary, &mut figures);
        }
        let text = |path: &Path| fs_err::read_to_string(path).map_err(ExperimentError::unreadable);
        let graph = |path: &Path| {
            Dag::from_dot(&text(path)?).map_err(|error| ExperimentError::Graph {
                origin: path.display().to_string(),
                error: Box::new(error),
            })
        };
        let gallery: Option<Gallery> = optional(&run.file(GALLERY_FILE), &mut troubles, read_json);
        Ok(Self {
            run: short_name(run.path()),
            config: optional(&run.file(CONFIG_FILE), &mut troubles, text),
            graph: optional(&run.file(GRAPH_FILE), &mut troubles, graph),
            events: optional(&run.file(EVENTS_FILE), &mut troubles, |_| read_events(run.path()))
                .unwrap_or_default(),
            summary: summary
                .and_then(|value| kept(understood(&run.file(SUMMARY_FILE), value), &mut troubles)),
            figures,
            calibration: optional(&run.file(CALIBRATION_FILE), &mut troubles, read_json),
            sheets: sheets(&run.file(SHEETS), gallery.is_some()),
            gallery,
            manifest,
            troubles,
        })
    }
}

/// What `read` makes of a file; nothing when there is none, and a trouble when it fails.
fn optional<T>(
    path: &Path,
    troubles: &mut Vec<String>,
    read: impl Fn(&Path) -> Result<T>,
) -> Option<T> {
    if path.is_file() { kept(read(path), troubles) } else { None }
}

fn kept<T>(read: Result<T>, troubles: &mut Vec<String>) -> Option<T> {
    read.map_err(|error| troubles.push(error.to_string())).ok()
}

fn understood<T: DeserializeOwned>(path: &Path, value: Value) -> Result<T> {
    serde_json::from_value(value).map_err(|e| ExperimentError::BrokenRun {
        path: path.to_owned(),
        reason: format!("is of another version ({e}); evaluate the run again"),
    })
}

/// The pictures in a folder by name, without those that the gallery shows better.
fn sheets(folder: &Path, gallery: bool) -> Vec<PathBuf> {
    let Ok(entries) = fs_err::read_dir(folder) else { return Vec::new() };
    let shown = |path: &Path| {
        gallery && path.file_name().is_some_and(|name| is_sheet(&name.to_string_lossy()))
    };
    let mut found: Vec<PathBuf> = entries
        .filter_map(|entry| Some(entry.ok()?.path()))
        .filter(|path| path.extension().is_some_and(|e| e == "png") && !shown(path))
        .collect();
    found.sort();
    found
}
