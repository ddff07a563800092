//! One writer per run: a lock on a file, which the system gives up when the process ends, however it ends.

use std::{
    fs::TryLockError,
    io::{Read, Seek, Write},
    path::Path,
};

use crate::{
    error::{ExperimentError, Result},
    numbers::duration,
};

/// The file that carries the lock and, for people, the number and the machine of the process that holds it.
const LOCK_FILE: &str = "lock";

/// The right to write into a run directory; given back when dropped.
#[derive(Debug)]
pub struct RunLock {
    // Holding the file open is holding the lock.
    _file: fs_err::File,
}

impl RunLock {
    /// Takes the lock of `run`.
    ///
    /// # Errors
    /// When another process holds it, or the file cannot be written.
    pub fn acquire(run: &Path) -> Result<Self> {
        let mut file = fs_err::OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(run.join(LOCK_FILE))?;
        match file.file().try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut text = String::new();
                let _ = file.read_to_string(&mut text);
                let owner = owner(&text, &host());
                return Err(ExperimentError::Locked {
                    run: run.to_owned(),
                    owner,
                    age: age(&file),
                });
            }
            // Some network file systems know no locks; a run there is as safe as its user is careful.
            Err(TryLockError::Error(e)) if e.kind() == std::io::ErrorKind::Unsupported => {}
            Err(TryLockError::Error(e)) => return Err(e.into()),
        }
        file.set_len(0)?;
        file.rewind()?;
        writeln!(file, "{} {}", std::process::id(), host())?;
        Ok(Self { _file: file })
    }
}

/// What this machine is called, where the system tells without a call.
fn host() -> String {
    let name = fs_err::read_to_string("/proc/sys/kernel/hostname").unwrap_or_default();
    name.trim().to_owned()
}

/// Who holds a lock by what its file says, seen from the machine `here`: folders of runs may be shared between machines.
fn owner(text: &str, here: &str) -> String {
    match text.trim().split_once(' ') {
        Some((pid, host)) if host != here => format!("{pid} on {host}"),
        Some((pid, _)) => pid.to_owned(),
        None if text.trim().is_empty() => "unknown".to_owned(),
        None => text.trim().to_owned(),
    }
}

/// How long ago the file was written, which its holder does once.
fn age(file: &fs_err::File) -> String {
    let written = file.metadata().and_then(|told| told.modified()).ok();
    match written.and_then(|written| written.elapsed().ok()) {
        Some(age) => format!("for {}", duration(age.as_secs_f64())),
        None => "for an unknown time".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_owner_on_another_machine_is_named_with_it() {
        let owners = ["7 here\n", "7 there\n", "7 \n", "7\n", ""].map(|text| owner(text, "here"));
        assert_eq!(owners, ["7", "7 on there", "7", "7", "unknown"]);
    }

    #[test]
    fn the_second_writer_is_told_who_is_first_and_the_third_succeeds() {
        let folder = tempfile::tempdir().unwrap();
        let held = RunLock::acquire(folder.path()).unwrap();
        let message = RunLock::acquire(folder.path()).unwrap_err().to_string();
        let owner = format!("in use by process {} for 0", std::process::id());
        assert!(message.contains(&owner), "{message}");
        drop(held);
        RunLock::acquire(folder.path()).unwrap();
    }
}
