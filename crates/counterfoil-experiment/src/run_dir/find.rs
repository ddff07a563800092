//! From what a user calls a run to its folder, and the list of all runs.

use std::path::{Path, PathBuf};

use super::manifest::{MANIFEST_FILE, Manifest};
use crate::error::{ExperimentError, Result, suggestion};

/// A run as a list shows it.
#[derive(Clone, Debug)]
pub struct RunEntry {
    /// Its folder.
    pub path: PathBuf,
    /// What its manifest says, or why it cannot be read.
    pub manifest: std::result::Result<Manifest, String>,
}

/// All runs under `out`, by experiment and then by age. Folders without a manifest are none of ours and are passed over.
///
/// # Errors
/// When a folder that is there cannot be read; an `out` that does not exist has no runs.
pub fn list(out: &Path) -> Result<Vec<RunEntry>> {
    let mut entries = Vec::new();
    for name in folders(out)? {
        let mut runs: Vec<RunEntry> = folders(&name)?
            .into_iter()
            .filter(|path| path.join(MANIFEST_FILE).is_file())
            .map(|path| {
                let manifest = Manifest::read(&path).map_err(|e| e.to_string());
                RunEntry { path, manifest }
            })
            .collect();
        runs.sort_by_cached_key(age);
        entries.append(&mut runs);
    }
    Ok(entries)
}

/// The folder of the run that `text` names: a path, `NAME/ID` under `out`, or NAME for its latest run.
///
/// # Errors
/// When there is no such run; the nearest name is suggested.
pub fn resolve(out: &Path, text: &str) -> Result<PathBuf> {
    for path in [PathBuf::from(text), out.join(text)] {
        if path.join(MANIFEST_FILE).is_file() {
            return Ok(path);
        }
    }
    if Path::new(text).is_dir() && Path::new(text).components().count() > 1 {
        return Err(ExperimentError::BrokenRun {
            path: text.into(),
            reason: format!("is no run: it holds no {MANIFEST_FILE}"),
        });
    }
    let runs = list(out)?;
    let name = |entry: &RunEntry| {
        let folder = entry.path.parent()?.file_name()?;
        Some(folder.to_string_lossy().into_owned())
    };
    if let Some(latest) = runs.iter().rfind(|entry| name(entry).as_deref() == Some(text)) {
        return Ok(latest.path.clone());
    }
    let mut names: Vec<String> = runs.iter().filter_map(name).collect();
    names.dedup();
    Err(ExperimentError::Unknown {
        what: "run",
        name: text.to_owned(),
        place: out.display().to_string(),
        hint: if names.is_empty() {
            "; it holds no runs, name another folder with --out".into()
        } else {
            suggestion(text, &names)
        },
    })
}

/// Sorts runs by their start; those whose manifest is damaged by their name, which begins with the time too.
fn age(entry: &RunEntry) -> (String, PathBuf) {
    let started = match &entry.manifest {
        Ok(manifest) => manifest.started.replace(['-', ':'], ""),
        Err(_) => entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned(),
    };
    (started, entry.path.clone())
}

/// The folders inside `path`, sorted.
fn folders(path: &Path) -> Result<Vec<PathBuf>> {
    if !path.is_dir() {
        return Ok(Vec::new());
    }
    let mut found = Vec::new();
    for entry in fs_err::read_dir(path).map_err(ExperimentError::unreadable)? {
        let path = entry.map_err(ExperimentError::unreadable)?.path();
        if path.is_dir() {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
