//! A file that extends another: it is read as if its keys were written into that one.
//!
//! ```toml
//! extends = "digits.toml"
//! graph = "graphs/digits-slant.dot"
//! experiment = { name = "digits-slant" }
//! data = { variant = "slant" }
//! ```
//!
//! Tables are joined key by key, presets and what stands under `for.METHOD` among them, so what the extended file says to
//! one method or in a preset stays stronger than what this one says to all.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::layers::{holds, overlay, parse};
use crate::error::{ExperimentError, Result};

/// The key that names the extended file, from the folder of the one that extends it.
const EXTENDS: &str = "extends";
/// The path of a graph, which counts from the folder of the file that says it.
const GRAPH: &str = "graph";
/// Files above each other, at most.
const DEPTH: usize = 8;

/// A file over those that it extends.
#[derive(Debug)]
pub(super) struct Chain {
    /// All of them as one.
    pub(super) table: Table,
    /// The file itself first: how mistakes name it, and what it says.
    files: Vec<(String, Value)>,
}

impl Chain {
    /// Reads `file` and what it extends.
    ///
    /// # Errors
    /// When a file cannot be read or is not TOML, extends itself, or stands on too many others; the file and its key are
    /// named.
    pub(super) fn read(file: &Path) -> Result<Self> {
        let mut files: Vec<(String, Value)> = Vec::new();
        let mut seen: Vec<PathBuf> = Vec::new();
        let mut next = Some(file.to_owned());
        while let Some(path) = next.take() {
            let origin = path.display().to_string();
            let wrong = |from: &str, reason: String| ExperimentError::InvalidKey {
                origin: from.to_owned(),
                key: EXTENDS.into(),
                reason,
            };
            let below = files.last().map(|(origin, _)| origin.clone());
            let text = fs_err::read_to_string(&path).map_err(|error| match &below {
                None => ExperimentError::unreadable(error),
                Some(from) => wrong(from, format!("names a file that cannot be read: {error}")),
            })?;
            let known = fs_err::canonicalize(&path).unwrap_or_else(|_| path.clone());
            if let Some(from) = below.as_deref().filter(|_| seen.contains(&known)) {
                return Err(wrong(
                    from,
                    format!("comes back to {origin}: leave it out in one of them"),
                ));
            }
            if let Some(from) = below.as_deref().filter(|_| files.len() == DEPTH) {
                return Err(wrong(
                    from,
                    format!("is the {DEPTH}th in a row: extend a file nearer to the first"),
                ));
            }
            seen.push(known);
            let mut own = parse(&text, &origin)?;
            let folder = path.parent().unwrap_or(Path::new(""));
            next = match own.remove(EXTENDS) {
                None => None,
                Some(Value::String(name)) if !name.is_empty() => Some(folder.join(name)),
                Some(_) => return Err(wrong(&origin, "must be the path of a config file".into())),
            };
            let elsewhere = file.parent().unwrap_or(Path::new("")) != folder;
            if let (true, Some(Value::String(graph))) = (elsewhere, own.get_mut(GRAPH)) {
                *graph = std::path::absolute(folder.join(&*graph))?.to_string_lossy().into_owned();
            }
            files.push((origin, Value::Table(own)));
        }
        let mut table = Table::new();
        files.iter().rev().for_each(|(_, own)| overlay(&mut table, own));
        Ok(Self { table, files })
    }

    /// The file that has the last word on `key`, under `above` or plainly; the file itself where none says anything.
    pub(super) fn blame(&self, above: &str, key: &str) -> &str {
        let under = format!("{above}.{key}");
        let says = |(_, own): &&(String, Value)| holds(own, &under) || holds(own, key);
        self.files.iter().find(says).or(self.files.first()).map_or("", |(origin, _)| origin)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;

    const BASE: &str = "graph = 'g.dot'\n[experiment]\nname = 'base'\n[data]\nkind = 'digits'\ncount = 100\n\
                        split = [80, 10, 10]\n[training]\nsteps = 100\nbatch = 8\nwarmup_steps = 2\n[evaluation]\n\
                        images = 10\ntenfold_images = 2\n[for.parity.objective]\nu_weight = 2.0\n\
                        [preset.long.training]\nsteps = 900\n";

    /// Writes files into a folder that has a graph.
    fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        let graph = "digraph { thickness [low=1, high=6]; intensity [low=64, high=255]; thickness -> intensity; }";
        for (name, text) in [("g.dot", graph)].iter().chain(files) {
            let path = folder.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(path, text).unwrap();
        }
        folder
    }

    /// Exact: as if the keys were written into the extended file, in presets and for methods too; a graph counts from where it
    /// is named.
    #[test]
    fn keys_are_laid_over_the_extended_file() {
        let child = "extends = 'base.toml'\n[experiment]\nname = 'child'\n[training]\nsteps = 50\nbatch = 4\n\
                     [preset.long.training]\nbatch = 16\n";
        let far = "extends = '../child.toml'\n[experiment]\nname = 'far'\n";
        let folder = folder(&[("base.toml", BASE), ("child.toml", child), ("sub/far.toml", far)]);
        let load = |name: &str, preset, set: &[&str]| {
            let set: Vec<String> = set.iter().map(|&text| text.to_owned()).collect();
            Config::load(&folder.path().join(name), preset, &set).unwrap()
        };
        for name in ["child.toml", "sub/far.toml"] {
            let plain = load(name, None, &[]);
            let t = plain.training();
            assert_eq!((t.steps, t.batch, t.warmup_steps), (50, 4, 2), "{name}");
            let long = load(name, Some("long"), &["method=parity"]);
            let t = long.training();
            assert_eq!((t.steps, t.batch), (900, 16), "{name}");
            assert_eq!(long.sections().objective.u_weight, 2.0);
        }
        let written = ["experiment.name=child", "training.steps=50", "training.batch=4"];
        assert_eq!(load("child.toml", None, &[]).hash(), load("base.toml", None, &written).hash());
        assert!(!load("child.toml", None, &[]).to_toml().unwrap().contains(EXTENDS));
    }

    #[test]
    fn mistakes_name_the_file_that_makes_them() {
        let faulty = BASE.replace("batch = 8", "batsh = 8");
        let preset = format!("{BASE}[preset.long.model]\nchanels = 3\n");
        let cases = [
            ("extends = 'nowhere.toml'", &["child.toml: `extends`", "nowhere.toml"][..]),
            ("extends = 'child.toml'", &["child.toml: `extends`", "comes back"]),
            ("extends = 3", &["child.toml: `extends`", "path of a config file"]),
            ("extends = 'faulty.toml'", &["faulty.toml: unknown key `training.batsh`"]),
            (
                "extends = 'preset.toml'",
                &["preset.toml [preset.long]: unknown key `model.chanels`"],
            ),
            ("extends = 'base.toml'\n[data]\nsplt = 3", &["child.toml: unknown key `data.splt`"]),
        ];
        for (child, parts) in cases {
            let files = [
                ("base.toml", BASE),
                ("faulty.toml", &faulty),
                ("preset.toml", &preset),
                ("child.toml", child),
            ];
            let folder = folder(&files);
            let error = Config::load(&folder.path().join("child.toml"), None, &[]).unwrap_err();
            let said = error.to_string();
            assert_eq!(error.exit_status(), 2, "{said}");
            for part in parts {
                assert!(said.contains(part), "{part:?} is not in {said:?}");
            }
        }
        let names: Vec<String> = (0..=DEPTH + 1).map(|k| format!("{k}.toml")).collect();
        let texts: Vec<String> = (1..=DEPTH + 2).map(|k| format!("extends = '{k}.toml'")).collect();
        let files: Vec<(&str, &str)> =
            names.iter().map(String::as_str).zip(texts.iter().map(String::as_str)).collect();
        let folder = folder(&files);
        let error = Config::load(&folder.path().join("0.toml"), None, &[]).unwrap_err().to_string();
        assert!(error.contains("in a row"), "{error}");
    }
}
