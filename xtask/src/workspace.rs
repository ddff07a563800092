//! Where the workspace and its caller stand.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::process;

/// The checkout that this runner belongs to, and the folder it was called from.
pub(crate) struct Workspace {
    root: PathBuf,
    here: PathBuf,
}

impl Workspace {
    /// Asks cargo, which tells a program it runs where its package stands. The path of the build
    /// stands in when the runner is started without cargo.
    pub(crate) fn find() -> anyhow::Result<Workspace> {
        let package = process::variable("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = package.parent().context("xtask stands in no workspace")?.to_owned();
        let here = std::env::current_dir().context("the current folder is gone")?;
        Ok(Workspace { root, here })
    }

    /// The workspace's root folder.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The caller's folder: paths on the command line are relative to it.
    pub(crate) fn here(&self) -> &Path {
        &self.here
    }

    /// The cargo that started this runner, at the root.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = process::variable("CARGO").unwrap_or_else(|| "cargo".into());
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        command
    }

    /// The shortest way to name a file of the workspace from the caller's folder.
    pub(crate) fn seen_from_here(&self, file: &Path) -> PathBuf {
        file.strip_prefix(&self.here).unwrap_or(file).to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_below_the_caller_are_named_relatively() {
        let workspace = Workspace { root: "/w".into(), here: "/w/docs".into() };
        assert_eq!(workspace.seen_from_here(Path::new("/w/docs/a.md")), Path::new("a.md"));
        assert_eq!(workspace.seen_from_here(Path::new("/w/a.toml")), Path::new("/w/a.toml"));
    }
}
