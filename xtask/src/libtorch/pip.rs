//! Fetches one wheel with pip, which knows the user's mirrors, proxies and certificates.
//!
//! pip is told the hash and refuses anything else. It works in a temporary folder beside the
//! downloads, whose growth is the progress bar: pip's own bar is silent when its output is not a
//! terminal, and `/tmp` is often too small.

use std::io::{ErrorKind, Read};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread::{sleep, spawn};
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::progress::Progress;
use super::recipe::{PYTHON, Wheel};
use crate::process;
use crate::status::bad_input;

/// Fetches a wheel into a folder, under its own name.
pub(super) fn fetch(wheel: &Wheel, into: &Path) -> anyhow::Result<()> {
    let temporary = into.join("pip");
    fs_err::create_dir_all(&temporary)?;
    let requirements = into.join("requirements.txt");
    fs_err::write(
        &requirements,
        format!("{} --hash=sha256:{}\n", wheel.requirement(), wheel.sha256),
    )?;
    let mut pip = download(wheel, &requirements, into);
    pip.env("TMPDIR", &temporary).stderr(Stdio::piped());
    let mut pip = match pip.spawn() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            return Err(lacking("no python3 is in PATH"));
        }
        started => started.context("cannot start python3")?,
    };
    let words = pip.stderr.take().map(|stream| spawn(|| heard(stream)));
    let progress = Progress::new(&format!("fetching {}", wheel.requirement()), wheel.bytes);
    let ended = loop {
        if let Some(ended) = pip.try_wait()? {
            break ended;
        }
        progress.at(size(&temporary).min(wheel.bytes));
        sleep(Duration::from_millis(100));
    };
    drop(progress);
    process::stop_if_interrupted()?;
    if ended.success() {
        return Ok(());
    }
    let words = words.and_then(|words| words.join().ok()).unwrap_or_default();
    if words.contains("No module named pip") {
        return Err(lacking("python3 has no pip"));
    }
    Err(anyhow!(explain(&words, wheel)))
}

/// Everything that a child says, read while it runs: a file could not take it where the disk is
/// full.
fn heard(mut stream: impl Read) -> String {
    let mut words = Vec::new();
    // What was heard before the stream broke is still worth a sentence.
    let _ = stream.read_to_end(&mut words);
    String::from_utf8_lossy(&words).into_owned()
}

/// `pip download` for the machine and the CPython of the wheel, whichever Python runs it.
fn download(wheel: &Wheel, requirements: &Path, into: &Path) -> Command {
    let mut pip = Command::new("python3");
    pip.args(["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-input"])
        .args(["--no-deps", "--only-binary=:all:", "--no-cache-dir", "--require-hashes"])
        .args(["--python-version", PYTHON.0, "--implementation", "cp", "--abi", PYTHON.1])
        .args(["--platform", wheel.platform(), "--requirement"])
        .arg(requirements)
        .arg("--dest")
        .arg(into)
        // Newer pips go on where a broken connection left off; older ones do not know the word.
        .env("PIP_RESUME_RETRIES", "5")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    pip
}

/// What a machine without Python or pip is told.
fn lacking(what: &str) -> anyhow::Error {
    bad_input(format!(
        "{what}, and libtorch is fetched with pip: install it (Debian or Ubuntu: sudo apt install \
         python3-pip) or set LIBTORCH to a libtorch of your own"
    ))
}

/// One sentence for what pip says in many.
fn explain(log: &str, wheel: &Wheel) -> String {
    let says = |words: &[&str]| words.iter().any(|word| log.contains(word));
    let file = &wheel.file;
    if says(&["No space left on device", "Errno 28", "Disk quota exceeded"]) {
        "No space left on device".to_owned()
    } else if says(&["DO NOT MATCH THE HASHES"]) {
        format!(
            "the package index that pip uses offers another {file} than the one pinned here: use \
             https://pypi.org/simple"
        )
    } else if says(&[
        "onnection",
        "resolution",
        "timed out",
        "Max retries",
        "ProxyError",
        "SSLError",
        "unreachable",
        "IncompleteRead",
        "HTTP error",
    ]) {
        format!(
            "the network did not give {file}: run the command again when the package index \
             (https://pypi.org, or the mirror set for pip) can be reached, or put the file into \
             the downloads folder by hand"
        )
    } else if says(&["No matching distribution", "Could not find a version"]) {
        format!(
            "the package index that pip uses has no {file}: point pip to https://pypi.org/simple \
             or to a full mirror"
        )
    } else {
        let last =
            log.lines().rev().find(|line| line.starts_with("ERROR")).unwrap_or("no reason given");
        format!("pip could not fetch {file}: {last}")
    }
}

/// The bytes in a folder, as far as they can be seen while it changes.
fn size(folder: &Path) -> u64 {
    let Ok(entries) = fs_err::read_dir(folder) else { return 0 };
    entries
        .flatten()
        .map(|entry| match entry.metadata() {
            Ok(found) if found.is_dir() => size(&entry.path()),
            Ok(found) => found.len(),
            Err(_) => 0,
        })
        .sum()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wheel() -> Wheel {
        Wheel {
            file: "torch-2.11.0-cp311-cp311-linux_x86_64.whl".into(),
            bytes: 1,
            sha256: "ab".into(),
        }
    }

    #[test]
    fn pip_is_asked_for_one_wheel_by_machine_and_python() {
        let command = download(&wheel(), Path::new("r.txt"), Path::new("d"));
        let arguments: Vec<_> = command.get_args().map(|arg| arg.display().to_string()).collect();
        let line = arguments.join(" ");
        assert!(line.contains("--python-version 3.11 --implementation cp --abi cp311"), "{line}");
        assert!(line.contains("--platform linux_x86_64 --requirement r.txt --dest d"), "{line}");
        assert!(line.contains("--no-deps --only-binary=:all:"), "{line}");
    }

    #[test]
    fn each_reason_gets_its_own_sentence() {
        let cases = [
            (
                "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on \
                 device",
                "No space left",
            ),
            (
                "ERROR: THESE PACKAGES DO NOT MATCH THE HASHES FROM THE REQUIREMENTS FILE.",
                "another",
            ),
            (
                "WARNING: Retrying (Retry(total=4)) after connection broken by \
                 'NewConnectionError'\nERROR: No matching distribution found for torch==2.11.0",
                "the network did not give",
            ),
            ("ERROR: No matching distribution found for torch==2.11.0", "has no torch-2.11.0"),
            ("WARNING: x\nERROR: something else", "ERROR: something else"),
            ("", "no reason given"),
        ];
        for (log, expected) in cases {
            let sentence = explain(log, &wheel());
            assert!(sentence.contains(expected), "{log}: {sentence}");
            assert!(!sentence.contains('\n'));
        }
    }

    #[test]
    fn a_folders_size_counts_what_is_below() {
        let folder = tempfile::tempdir().unwrap();
        fs_err::create_dir(folder.path().join("a")).unwrap();
        fs_err::write(folder.path().join("a/b"), "12345").unwrap();
        fs_err::write(folder.path().join("c"), "123").unwrap();
        assert_eq!(size(folder.path()), 8);
        assert_eq!(size(Path::new("/no/such/folder")), 0);
    }
}
