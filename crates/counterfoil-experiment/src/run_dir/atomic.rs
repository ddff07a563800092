//! Writing a file so that a reader, or the next start after a crash, finds the old one or the new one, never a part.

use std::{
    io::Write,
    path::{Path, PathBuf},
};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{ExperimentError, Result};

/// Checks that `file` lies in a folder that is there and is none itself, before any work goes into what it will hold.
///
/// # Errors
/// When it cannot be written for one of these reasons.
pub fn check_target(file: &Path) -> Result<()> {
    match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() && !folder.is_dir() => {
            Err(ExperimentError::Syntax {
                origin: file.display().to_string(),
                reason: format!("there is no folder {}; make it first", folder.display()),
            })
        }
        _ if file.is_dir() => Err(ExperimentError::Syntax {
            origin: file.display().to_string(),
            reason: "is a folder; name a file in it".to_owned(),
        }),
        _ => Ok(()),
    }
}

/// Writes `bytes` to a temporary name beside `path`, syncs, and renames.
///
/// # Errors
/// When the folder cannot be written or the disk is full; an earlier file of that name is untouched then.
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<()> {
    let temporary = temporary(path);
    let written = (|| {
        let mut file = fs_err::File::create(&temporary)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        fs_err::rename(&temporary, path)
    })();
    if let Err(error) = written {
        // The cause is what the user must hear about; a torso that stays behind is harmless.
        let _ = fs_err::remove_file(&temporary);
        return Err(error.into());
    }
    sync_folder(path.parent())
}

/// Writes a value as indented JSON with [`write_atomic`].
///
/// # Errors
/// As [`write_atomic`].
pub fn write_json<T: Serialize + ?Sized>(path: &Path, value: &T) -> Result<()> {
    let mut bytes = serde_json::to_vec_pretty(value).map_err(|e| ExperimentError::BrokenRun {
        path: path.to_owned(),
        reason: format!("cannot be written as JSON: {e}"),
    })?;
    bytes.push(b'\n');
    write_atomic(path, &bytes)
}

/// Reads what [`write_json`] wrote.
///
/// # Errors
/// When the file is missing or is not what it should be.
pub fn read_json<T: DeserializeOwned>(path: &Path) -> Result<T> {
    let bytes = fs_err::read(path).map_err(ExperimentError::unreadable)?;
    serde_json::from_slice(&bytes).map_err(|e| ExperimentError::BrokenRun {
        path: path.to_owned(),
        reason: format!("is damaged or of another version ({e}); take another run"),
    })
}

/// Makes a rename inside `folder` survive a power cut.
pub(crate) fn sync_folder(folder: Option<&Path>) -> Result<()> {
    let folder = folder.filter(|f| !f.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // Only Unix lets a folder be opened and synced; elsewhere the rename is as durable as it gets.
    if cfg!(unix) {
        fs_err::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

/// A hidden name beside `path` that two processes never share.
pub(crate) fn temporary(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}.{}.tmp", std::process::id()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failed_write_leaves_the_old_file_and_no_torso() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_json(&path, &[1, 2]).unwrap();
        assert_eq!(read_json::<Vec<u8>>(&path).unwrap(), [1, 2]);
        // The target of the second write is a folder, so its rename fails after the bytes were written.
        let taken = folder.path().join("taken");
        fs_err::create_dir_all(taken.join("full")).unwrap();
        let message = write_atomic(&taken, b"x").unwrap_err().to_string();
        assert!(message.contains("taken"), "{message}");
        let mut names: Vec<_> =
            fs_err::read_dir(folder.path()).unwrap().map(|e| e.unwrap().file_name()).collect();
        names.sort();
        assert_eq!(names, ["a.json", "taken"]);
    }

    /// The temporary file is a device that is always full, which is the disk's own refusal.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_leaves_the_old_file_and_no_torso() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("a.json");
        write_atomic(&path, b"old").unwrap();
        std::os::unix::fs::symlink("/dev/full", temporary(&path)).unwrap();
        let error = write_atomic(&path, b"new").unwrap_err();
        let said = error.to_string();
        assert!(said.contains("a.json") && said.contains("free some space"), "{said}");
        assert_eq!(error.exit_status(), 1);
        assert_eq!(fs_err::read(&path).unwrap(), b"old");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
        // Once there is room all is well.
        write_atomic(&path, b"new").unwrap();
        assert_eq!(fs_err::read(&path).unwrap(), b"new");
    }

    #[test]
    fn damaged_json_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("manifest.json");
        write_atomic(&path, b"{\"schema\": 1").unwrap();
        let message = read_json::<serde_json::Value>(&path).unwrap_err().to_string();
        assert!(message.contains("manifest.json is damaged"), "{message}");
    }
}
