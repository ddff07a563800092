//! House rules as a test: layers, module docs, file sizes, banned patterns, lock file, licences,
//! committed paths.
//!
//! Each rule is a pure function from text to findings; only [`check`] reads files and asks cargo
//! and git.

pub(crate) mod layers;
mod licences;
mod lock;
mod repository;
mod rules;
mod source;

use std::fmt;
use std::path::Path;
use std::process::Stdio;

use anyhow::{Context as _, bail};

use crate::workspace::Workspace;

/// How grave a finding is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum Level {
    /// Tidy fails.
    Fail,
    /// Tidy only says so.
    Warn,
}

/// One broken rule and its place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) struct Finding {
    /// The file, from the root.
    path: String,
    /// The line, counted from 1; `None` for the whole file.
    line: Option<usize>,
    pub(crate) level: Level,
    /// What is wrong and how to mend it.
    text: String,
}

impl Finding {
    fn new(path: &str, line: impl Into<Option<usize>>, text: impl Into<String>) -> Finding {
        Finding { path: path.to_owned(), line: line.into(), level: Level::Fail, text: text.into() }
    }
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let line = self.line.map_or_else(String::new, |line| format!(":{line}"));
        let level = if self.level == Level::Warn { "warning: " } else { "" };
        write!(f, "{}{line}: {level}{}", self.path, self.text)
    }
}

/// What tidy found, and how much it looked at.
pub(crate) struct Report {
    /// By path and line.
    pub(crate) findings: Vec<Finding>,
    pub(crate) crates: usize,
    pub(crate) files: usize,
    pub(crate) locked: usize,
}

/// Looks at the whole workspace.
pub(crate) fn check(workspace: &Workspace) -> anyhow::Result<Report> {
    let root = workspace.root();
    let packages = layers::packages(&metadata(workspace, &["--no-deps"])?)?;
    let mut findings = layers::check(&packages);
    let mut files = 0;
    for folder in ["crates", "xtask", "benches"] {
        for path in rust_files(&root.join(folder))? {
            let text = fs_err::read_to_string(&path)?;
            findings.extend(rules::check(&relative(root, &path), &text));
            files += 1;
        }
    }
    let lock = fs_err::read_to_string(root.join("Cargo.lock"))?;
    findings.extend(lock::check_size(&lock));
    let deny = fs_err::read_to_string(root.join("deny.toml"))?;
    findings.extend(lock::check_doubled(&lock, &deny));
    // What is built here: other systems' packages need not be fetched for this.
    let here = ["--locked", "--filter-platform", &host(workspace)?];
    findings.extend(licences::check(&metadata(workspace, &here)?, &deny)?);
    for name in committed(workspace)? {
        findings.extend(repository::check_place(&name));
        // Files that are deleted but not yet committed, and files that are no text, hold no path.
        if let Ok(text) = fs_err::read_to_string(root.join(&name)) {
            findings.extend(repository::check_paths(&name, &text));
        }
    }
    findings.sort();
    let locked = lock::count(&lock);
    Ok(Report { findings, crates: packages.len(), files, locked })
}

/// The platform that cargo builds for unless told otherwise.
fn host(workspace: &Workspace) -> anyhow::Result<String> {
    let told = workspace.cargo().args(["--version", "--verbose"]).output()?;
    let told = String::from_utf8(told.stdout)?;
    let host = told.lines().find_map(|line| line.strip_prefix("host: "));
    Ok(host.context("cargo does not say which platform it runs on")?.to_owned())
}

fn metadata(workspace: &Workspace, which: &[&str]) -> anyhow::Result<String> {
    let asked = workspace
        .cargo()
        .args(["metadata", "--format-version", "1"])
        .args(which)
        .stderr(Stdio::inherit())
        .output()
        .context("cannot start cargo")?;
    if !asked.status.success() {
        bail!("cargo metadata failed, so that layers and licences cannot be checked");
    }
    Ok(String::from_utf8(asked.stdout)?)
}

/// The files that git has, or would take with `git add`.
fn committed(workspace: &Workspace) -> anyhow::Result<Vec<String>> {
    let asked = std::process::Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
        .current_dir(workspace.root())
        .stderr(Stdio::null())
        .output();
    match asked {
        Ok(answer) if answer.status.success() => {
            let names = String::from_utf8(answer.stdout)?;
            Ok(names.split_terminator('\0').map(str::to_owned).collect())
        }
        _ => {
            eprintln!("tidy: this is no git checkout, so that committed paths are not checked");
            Ok(Vec::new())
        }
    }
}

/// Every Rust file below a folder, sorted; build output is not ours.
fn rust_files(folder: &Path) -> anyhow::Result<Vec<std::path::PathBuf>> {
    let mut files = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs_err::read_dir(&folder)? {
            let entry = entry?;
            let path = entry.path();
            if entry.file_type()?.is_dir() {
                if entry.file_name() != "target" {
                    folders.push(path);
                }
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    Ok(files)
}

/// A path from the root, with `/` on every system.
fn relative(root: &Path, path: &Path) -> String {
    let path = path.strip_prefix(root).unwrap_or(path);
    let parts: Vec<_> = path.components().map(|part| part.as_os_str().to_string_lossy()).collect();
    parts.join("/")
}
