//! Pictures that a person asked for, written where they said.

use std::path::Path;

use counterfoil_data::png::Picture;

use crate::{
    error::Result,
    run_dir::{check_target, write_atomic},
};

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
