//! The libtorch that the user names: `LIBTORCH`, or `LIBTORCH_USE_PYTORCH=1` for the one inside
//! PyTorch.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Context as _;

use super::recipe::VERSION;
use super::{Libtorch, Place};
use crate::process;
use crate::status::bad_input;

/// Every release with this beginning has the interface that the bindings were generated from.
const SERIES: &str = "2.11.";

/// Prints the folder of PyTorch without importing it, which would take seconds.
const WHERE_IS_TORCH: &str =
    "import importlib.util as u; s = u.find_spec('torch'); print(s.submodule_search_locations[0])";

/// The libtorch that the environment names, if it names one; an error when that one cannot be used.
pub(super) fn find() -> anyhow::Result<Option<Libtorch>> {
    // torch-sys looks at the two in this order.
    if process::variable("LIBTORCH_USE_PYTORCH").is_some_and(|value| value != "0") {
        return in_pytorch().map(Some);
    }
    let Some(folder) = process::variable("LIBTORCH") else { return Ok(None) };
    // Cargo is started at the root, wherever the caller is.
    let folder = std::path::absolute(&folder)
        .with_context(|| format!("LIBTORCH={} is no path", folder.display()))?;
    let include = process::variable("LIBTORCH_INCLUDE").map_or_else(|| folder.clone(), Into::into);
    let lib = process::variable("LIBTORCH_LIB").map_or_else(|| folder.clone(), PathBuf::from);
    let found = check("LIBTORCH", &folder, &include, &lib.join("lib"))?;
    Ok(Some(Libtorch { place: Place::Folder(folder), ..found }))
}

/// Whether torch-sys itself takes a version; it compares all three numbers.
pub(super) fn is_exact(version: &str) -> bool {
    version.split('+').next() == Some(VERSION)
}

fn in_pytorch() -> anyhow::Result<Libtorch> {
    // The same choice as torch-sys makes.
    let python = if process::variable("VIRTUAL_ENV").is_some() { "python" } else { "python3" };
    let asked = Command::new(python).args(["-c", WHERE_IS_TORCH]).output();
    let folder = match asked {
        Ok(answer) if answer.status.success() => {
            PathBuf::from(String::from_utf8_lossy(&answer.stdout).trim())
        }
        _ => {
            return Err(bad_input(format!(
                "LIBTORCH_USE_PYTORCH is set and `{python}` has no PyTorch: run `{python} -m pip \
                 install torch=={VERSION}`, or unset LIBTORCH_USE_PYTORCH to let `cargo xtask \
                 setup` install libtorch"
            )));
        }
    };
    check("LIBTORCH_USE_PYTORCH", &folder, &folder, &folder.join("lib"))
}

/// Looks for the library and the version; `variable` is what the user has to mend.
fn check(variable: &str, folder: &Path, include: &Path, lib: &Path) -> anyhow::Result<Libtorch> {
    let mend = format!(
        "point {variable} to a libtorch {VERSION} or unset it to let `cargo xtask setup` install \
         one"
    );
    let names = ["libtorch_cpu.so", "libtorch_cpu.dylib", "torch_cpu.dll"];
    if !names.iter().any(|name| lib.join(name).exists()) {
        return Err(bad_input(format!(
            "{variable} leads to {}, which holds no {}: {mend}",
            lib.display(),
            names[0]
        )));
    }
    let Some(version) = version_of(folder, include) else {
        return Err(bad_input(format!(
            "{variable} leads to {}, which does not tell its version (no build-version, no \
             version.h): {mend}",
            folder.display()
        )));
    };
    let at_own_risk = process::variable("LIBTORCH_BYPASS_VERSION_CHECK").is_some();
    if !version.starts_with(SERIES) && !at_own_risk {
        return Err(bad_input(format!(
            "{variable} leads to libtorch {version} in {}, and the bindings need {SERIES}x: {mend}",
            folder.display()
        )));
    }
    Ok(Libtorch { place: Place::PyTorch, lib: lib.to_owned(), version })
}

/// The version as the download page's archives, the headers, or a Python package tell it.
fn version_of(folder: &Path, include: &Path) -> Option<String> {
    let read = |file: PathBuf| fs_err::read_to_string(file).ok();
    if let Some(text) = read(folder.join("build-version")) {
        return Some(text.trim().to_owned());
    }
    let headers = include.join("include").join("torch");
    ["headeronly/version.h", "version.h", "csrc/api/include/torch/version.h"]
        .iter()
        .filter_map(|header| read(headers.join(header)))
        .find_map(|text| version_in_header(&text))
        .or_else(|| version_in_python(&read(folder.join("version.py"))?))
}

fn version_in_header(text: &str) -> Option<String> {
    let number = |name: &str| {
        text.lines().find_map(|line| {
            let mut words = line.split_whitespace();
            let is_it = words.next() == Some("#define") && words.next() == Some(name);
            let number = words.next()?;
            (is_it && number.chars().all(|c| c.is_ascii_digit())).then(|| number.to_owned())
        })
    };
    Some(format!(
        "{}.{}.{}",
        number("TORCH_VERSION_MAJOR")?,
        number("TORCH_VERSION_MINOR")?,
        number("TORCH_VERSION_PATCH")?
    ))
}

fn version_in_python(text: &str) -> Option<String> {
    let value = text.lines().find_map(|line| line.strip_prefix("__version__ = "))?;
    Some(value.trim().trim_matches(['\'', '"']).to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(version: Option<&str>) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir_all(folder.path().join("lib")).unwrap();
        fs_err::write(folder.path().join("lib/libtorch_cpu.so"), "").unwrap();
        if let Some(version) = version {
            fs_err::write(folder.path().join("build-version"), format!("{version}\n")).unwrap();
        }
        folder
    }

    fn checked(folder: &Path) -> Result<String, String> {
        check("LIBTORCH", folder, folder, &folder.join("lib"))
            .map(|found| found.version)
            .map_err(|error| error.to_string())
    }

    #[test]
    fn the_series_is_accepted() {
        for version in ["2.11.0", "2.11.0+cpu", "2.11.1"] {
            assert_eq!(checked(folder(Some(version)).path()), Ok(version.to_owned()));
        }
        assert!(is_exact("2.11.0+cu130") && !is_exact("2.11.1"));
    }

    #[test]
    fn a_wrong_version_says_what_was_found_what_is_wanted_and_how_to_mend_it() {
        let folder = folder(Some("2.9.1+cpu"));
        let message = checked(folder.path()).unwrap_err();
        for part in ["LIBTORCH", "2.9.1+cpu", "2.11.x", "cargo xtask setup"] {
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn a_folder_without_library_or_version_is_refused() {
        let empty = tempfile::tempdir().unwrap();
        assert!(checked(empty.path()).unwrap_err().contains("holds no libtorch_cpu.so"));
        assert!(checked(folder(None).path()).unwrap_err().contains("does not tell its version"));
    }

    #[test]
    fn headers_and_python_packages_tell_the_version() {
        let header = concat!(
            "#pragma once\n",
            "#define TORCH_VERSION_MAJOR 2\n",
            "#define TORCH_VERSION_MINOR 11\n",
            "#define TORCH_VERSION_PATCH 0\n",
            "#define TORCH_VERSION \\\n  \"2.11.0\"\n",
        );
        assert_eq!(version_in_header(header).as_deref(), Some("2.11.0"));
        assert_eq!(version_in_header("#include <torch/headeronly/version.h>\n"), None);
        let python = "from typing import Optional\n__version__ = '2.11.0+cu130'\ndebug = False\n";
        assert_eq!(version_in_python(python).as_deref(), Some("2.11.0+cu130"));
    }
}
