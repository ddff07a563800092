//! libtorch: the one that the user names, or the one that setup installs.
//!
//! `given` looks at `LIBTORCH` and `LIBTORCH_USE_PYTORCH`; `recipe` says which wheels make an
//! install; `pip` fetches them, `unpack` takes libtorch out of them, `install` does both once and
//! `marker` tells a finished install from a broken one.

mod given;
mod install;
mod marker;
mod pip;
mod progress;
mod recipe;
mod unpack;

use std::env;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use crate::process;
use crate::status::bad_input;
pub(crate) use recipe::VERSION;
use recipe::{Kind, Recipe};

/// The variable through which the system's loader is told about folders of libraries.
pub(crate) const LOADER_PATH: &str = if cfg!(target_os = "macos") {
    "DYLD_LIBRARY_PATH"
} else if cfg!(windows) {
    "PATH"
} else {
    "LD_LIBRARY_PATH"
};

/// A libtorch that the bindings can be built against.
pub(crate) struct Libtorch {
    place: Place,
    lib: PathBuf,
    version: String,
}

/// Where libtorch stands, in the terms of torch-sys.
enum Place {
    /// A folder with `lib` and `include`: `LIBTORCH`.
    Folder(PathBuf),
    /// The PyTorch of the user's Python: `LIBTORCH_USE_PYTORCH`.
    PyTorch,
}

impl Libtorch {
    /// Finds libtorch, and installs it where that has not been done; milliseconds when it has. An
    /// install with CUDA is made on demand and preferred from then on.
    pub(crate) fn ensure(cuda: bool) -> anyhow::Result<Libtorch> {
        require_compilers()?;
        if let Some(given) = given::find()? {
            if cuda && !given.has_cuda() {
                return Err(bad_input(format!(
                    "{} has no CUDA: unset LIBTORCH and LIBTORCH_USE_PYTORCH to let `cargo xtask \
                     setup --cuda` install one that has",
                    given.lib.display()
                )));
            }
            return Ok(given);
        }
        let home = home()?;
        let with_cuda = recipe_for(Kind::Cuda).ok();
        let recipe = match with_cuda {
            Some(recipe) if !cuda && install::is_ready(&home, &recipe) => recipe,
            _ => recipe_for(if cuda { Kind::Cuda } else { Kind::Cpu })?,
        };
        let folder = install::install(&home, &recipe, &pip::fetch)?;
        let lib = folder.join("lib");
        Ok(Libtorch { place: Place::Folder(folder), lib, version: VERSION.to_owned() })
    }

    /// Tells cargo, or a binary that cargo built, where libtorch is.
    pub(crate) fn apply(&self, command: &mut Command) -> anyhow::Result<()> {
        match &self.place {
            Place::Folder(folder) => {
                command.env("LIBTORCH", folder).env_remove("LIBTORCH_USE_PYTORCH");
            }
            Place::PyTorch => {
                command.env("LIBTORCH_USE_PYTORCH", "1");
            }
        }
        if !given::is_exact(&self.version) {
            command.env("LIBTORCH_BYPASS_VERSION_CHECK", "1");
        }
        command.env(LOADER_PATH, self.loader_path()?);
        Ok(())
    }

    /// The lines that a shell needs for plain `cargo build`.
    pub(crate) fn exports(&self) -> String {
        let place = match &self.place {
            Place::Folder(folder) => format!("LIBTORCH={}", quoted(folder)),
            Place::PyTorch => "LIBTORCH_USE_PYTORCH=1".to_owned(),
        };
        let lib = quoted(&self.lib);
        format!("export {place}\nexport {LOADER_PATH}={lib}${{{LOADER_PATH}:+:${LOADER_PATH}}}\n")
    }

    /// What was found, for a person.
    pub(crate) fn describe(&self) -> String {
        let cuda = if self.has_cuda() { "CUDA" } else { "CPU" };
        format!("libtorch {} ({cuda}) in {}", self.version, self.lib.display())
    }

    fn has_cuda(&self) -> bool {
        self.lib.join("libtorch_cuda.so").exists()
    }

    fn loader_path(&self) -> anyhow::Result<OsString> {
        let earlier = env::var_os(LOADER_PATH).unwrap_or_default();
        let folders = std::iter::once(self.lib.clone())
            .chain(env::split_paths(&earlier).filter(|folder| *folder != self.lib));
        env::join_paths(folders)
            .with_context(|| format!("{} cannot stand in {LOADER_PATH}", self.lib.display()))
    }
}

/// Hides libtorch from a command that must do without it.
pub(crate) fn hide(command: &mut Command) {
    command.env_remove("LIBTORCH").env_remove("LIBTORCH_USE_PYTORCH");
}

/// Where installs and downloads are kept: `$COUNTERFOIL_HOME`, or `~/.cache/counterfoil`.
pub(crate) fn home() -> anyhow::Result<PathBuf> {
    if let Some(home) = process::variable("COUNTERFOIL_HOME") {
        return std::path::absolute(&home)
            .with_context(|| format!("COUNTERFOIL_HOME={} is no path", home.display()));
    }
    match env::home_dir() {
        Some(home) if home.is_absolute() => Ok(home.join(".cache").join("counterfoil")),
        _ => Err(bad_input(
            "there is no home folder to keep libtorch in: set COUNTERFOIL_HOME to a folder with 2 \
             GB of room",
        )),
    }
}

fn recipe_for(kind: Kind) -> anyhow::Result<Recipe> {
    let (os, machine) = (env::consts::OS, env::consts::ARCH);
    Recipe::new(os, machine, kind).ok_or_else(|| {
        bad_input(format!(
            "setup knows no libtorch {} ({}) for {os} on {machine}: set LIBTORCH to a folder that \
             holds one, or install PyTorch {} and set LIBTORCH_USE_PYTORCH=1",
            VERSION,
            kind.name(),
            VERSION
        ))
    })
}

/// torch-sys compiles a little C++, and rustc links with `cc`: better to say so before half a
/// gigabyte is fetched.
fn require_compilers() -> anyhow::Result<()> {
    for (variable, usual, language) in [("CXX", "c++", "C++"), ("CC", "cc", "C")] {
        if cfg!(unix)
            && process::variable(variable).is_none()
            && process::find_program(OsStr::new(usual)).is_none()
        {
            return Err(bad_input(format!(
                "no {language} compiler `{usual}` is in PATH, and libtorch's bindings need one: \
                 install it (Debian or Ubuntu: sudo apt install g++) or name yours in {variable}"
            )));
        }
    }
    Ok(())
}

/// A path as one word of a shell.
fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+".contains(c);
    if text.chars().all(plain) { text } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn installed() -> Libtorch {
        let folder = PathBuf::from("/cache/a b");
        Libtorch { lib: folder.join("lib"), place: Place::Folder(folder), version: "2.11.0".into() }
    }

    fn environment(libtorch: &Libtorch) -> Vec<(String, Option<String>)> {
        let mut command = Command::new("cargo");
        libtorch.apply(&mut command).unwrap();
        command
            .get_envs()
            .map(|(name, value)| {
                (name.display().to_string(), value.map(|value| value.display().to_string()))
            })
            .collect()
    }

    #[test]
    fn children_see_the_folder_and_the_loader_path() {
        let seen = environment(&installed());
        assert!(seen.contains(&("LIBTORCH".into(), Some("/cache/a b".into()))));
        assert!(seen.contains(&("LIBTORCH_USE_PYTORCH".into(), None)));
        let loader = seen.iter().find(|(name, _)| name == LOADER_PATH).unwrap();
        assert!(loader.1.as_ref().unwrap().starts_with("/cache/a b/lib"));
        assert!(!seen.iter().any(|(name, _)| name == "LIBTORCH_BYPASS_VERSION_CHECK"));
    }

    #[test]
    fn a_patch_release_passes_the_check_of_torch_sys() {
        let seen = environment(&Libtorch { version: "2.11.1".into(), ..installed() });
        assert!(seen.contains(&("LIBTORCH_BYPASS_VERSION_CHECK".into(), Some("1".into()))));
    }

    #[test]
    fn exports_are_words_of_a_shell() {
        let exports = installed().exports();
        assert!(exports.starts_with("export LIBTORCH='/cache/a b'\nexport "), "{exports}");
        assert_eq!(quoted(Path::new("/a/b-1.c")), "/a/b-1.c");
        assert_eq!(quoted(Path::new("/it's")), r"'/it'\''s'");
    }
}
