//! The PyTorch that steps are compared with: a virtual environment of its own, made on demand.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};

use crate::libtorch;
use crate::process;
use crate::status::bad_input;

/// The variable that names a Python with PyTorch in it, instead of an environment made here.
const PYTHON: &str = "COUNTERFOIL_TORCH_PYTHON";

/// The interpreter, whose PyTorch is of the version of our libtorch.
pub(super) fn python() -> anyhow::Result<PathBuf> {
    if let Some(python) = process::variable(PYTHON) {
        let python = PathBuf::from(python);
        let found = match version(&python) {
            Some(found) if found.starts_with(libtorch::VERSION) => return Ok(python),
            Some(found) => format!("has PyTorch {found}"),
            None => "cannot import torch".to_owned(),
        };
        return Err(bad_input(format!(
            "{PYTHON}={} {found}: install torch=={} there, or unset the variable",
            python.display(),
            libtorch::VERSION
        )));
    }
    let folder = libtorch::home()?.join(format!("pytorch-{}", libtorch::VERSION));
    let python = folder.join(if cfg!(windows) { r"Scripts\python.exe" } else { "bin/python" });
    if version(&python).is_none() {
        make(&folder, &python)?;
    }
    Ok(python)
}

/// The version of an interpreter's PyTorch.
fn version(python: &Path) -> Option<String> {
    let mut ask = Command::new(python);
    ask.args(["-c", "import torch; print(torch.__version__)"]).stderr(Stdio::null());
    let told = clean(&mut ask).output().ok().filter(|told| told.status.success())?;
    Some(String::from_utf8_lossy(&told.stdout).trim().to_owned())
}

/// PyTorch brings a libtorch of its own and must not find ours.
pub(super) fn clean(command: &mut Command) -> &mut Command {
    command.env_remove(libtorch::LOADER_PATH)
}

fn make(folder: &Path, python: &Path) -> anyhow::Result<()> {
    eprintln!(
        "installing PyTorch {} into {}: on Linux the package index brings several GB of CUDA libraries with it, which are \
         not used; name another Python that has it with {PYTHON}=FILE",
        libtorch::VERSION,
        folder.display()
    );
    if folder.exists() {
        // What an interrupted install left.
        fs_err::remove_dir_all(folder)?;
    }
    let mut environment = Command::new("python3");
    environment.args(["-m", "venv"]).arg(folder);
    succeed(&mut environment, "python3 -m venv")?;
    let mut pip = Command::new(python);
    pip.args(["-m", "pip", "install", "--disable-pip-version-check"]);
    pip.args([&format!("torch=={}", libtorch::VERSION), "numpy"]).stdout(std::io::stderr());
    succeed(&mut pip, "pip install")?;
    version(python)
        .map(|_| ())
        .with_context(|| format!("{} has no torch after all", python.display()))
}

fn succeed(command: &mut Command, what: &str) -> anyhow::Result<()> {
    match process::run(clean(command))? {
        0 => Ok(()),
        status => bail!("`{what}` failed with status {status}"),
    }
}
