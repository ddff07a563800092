//! Pictures that a person asked for, written where they said.

use std::path::Path;

use counterfoil_data::png::Picture;

use crate::{
    error::{ExperimentError, Result},
    run_dir::write_atomic,
};

/// Checks that `file` lies in a folder that is there and is none itself, before any work goes into a picture.
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

/// Writes a PNG file: complete under its name or not at all.
///
/// # Errors
/// When its folder does not exist, cannot be written, or the disk is full.
pub fn write(picture: &Picture, file: &Path) -> Result<()> {
    check_target(file)?;
    write_atomic(file, &picture.encode()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_folder_is_bad_input_and_so_is_what_stands_in_the_way() {
        let folder = tempfile::tempdir().unwrap();
        let picture = Picture::new(1, 1, 1, vec![7]).unwrap();
        write(&picture, &folder.path().join("a.png")).unwrap();
        assert!(folder.path().join("a.png").is_file());
        check_target(Path::new("beside-me.png")).unwrap();
        for place in ["none/b.png", "a.png/b.png"] {
            let error = write(&picture, &folder.path().join(place)).unwrap_err();
            assert_eq!(error.exit_status(), 2);
            assert!(error.to_string().contains("make it first"), "{error}");
        }
        fs_err::create_dir_all(folder.path().join("c.png/full")).unwrap();
        let error = write(&picture, &folder.path().join("c.png")).unwrap_err();
        assert_eq!(error.exit_status(), 2);
        assert!(error.to_string().contains("name a file in it"), "{error}");
    }
}
