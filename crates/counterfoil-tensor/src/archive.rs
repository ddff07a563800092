//! Named tensors in a safetensors file, written so that equal tensors give equal bytes and a kill leaves no torso.

use crate::TensorError;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::io::Write;
use std::path::{Path, PathBuf};
use tch::{Device, Kind, Tensor};

/// Writes single-precision tensors to `path`: to a temporary name beside it, synced, renamed, and the folder synced.
///
/// The format orders tensors by name and the file carries no metadata, so the bytes depend on the tensors alone.
///
/// # Errors
/// When the folder cannot be written or the disk is full; an earlier file of that name is then still whole.
pub fn write(path: &Path, tensors: &[(String, Tensor)]) -> Result<(), TensorError> {
    let mut contents = Vec::with_capacity(tensors.len());
    for (name, tensor) in tensors {
        let shape: Vec<usize> = tensor.size().iter().map(|n| *n as usize).collect();
        let values = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Float).reshape([-1]);
        let bytes: Vec<u8> =
            Vec::<f32>::try_from(values)?.into_iter().flat_map(f32::to_le_bytes).collect();
        contents.push((name, shape, bytes));
    }
    let broken = |e: &dyn std::fmt::Display| TensorError::Archive {
        path: path.to_owned(),
        reason: e.to_string(),
    };
    let mut views = Vec::with_capacity(contents.len());
    for (name, shape, bytes) in &contents {
        let view = TensorView::new(Dtype::F32, shape.clone(), bytes).map_err(|e| broken(&e))?;
        views.push((name.as_str(), view));
    }
    let bytes = safetensors::serialize(views, None).map_err(|e| broken(&e))?;
    let temporary = temporary(path);
    let written = (|| {
        let mut file = fs_err::File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        fs_err::rename(&temporary, path)
    })();
    if let Err(error) = written {
        // The cause is what the user must hear about; a torso that stays behind is harmless.
        let _ = fs_err::remove_file(&temporary);
        return Err(error.into());
    }
    // A rename survives a power cut once its folder is synced; only Unix lets a folder be opened for that.
    if cfg!(unix) {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        fs_err::File::open(folder.unwrap_or(Path::new(".")))?.sync_all()?;
    }
    Ok(())
}

/// A name beside `path` by which others see whose it is, and whether that process is no more.
fn temporary(path: &Path) -> PathBuf {
    path.with_added_extension(format!("{}.tmp", std::process::id()))
}

/// Reads what [`write()`] wrote, in the file's order.
///
/// # Errors
/// When the file is missing, truncated, not safetensors, or holds another number type.
pub fn read(path: &Path) -> Result<Vec<(String, Tensor)>, TensorError> {
    let bytes = fs_err::read(path)?;
    parse(&bytes).map_err(|reason| TensorError::Archive { path: path.to_owned(), reason })
}

fn parse(bytes: &[u8]) -> Result<Vec<(String, Tensor)>, String> {
    let archive = SafeTensors::deserialize(bytes).map_err(|e| e.to_string())?;
    let mut tensors = Vec::with_capacity(archive.len());
    for (name, view) in archive.tensors() {
        if view.dtype() != Dtype::F32 {
            return Err(format!("tensor `{name}` is {:?}, only F32 is written here", view.dtype()));
        }
        let (words, _) = view.data().as_chunks::<4>();
        let values: Vec<f32> = words.iter().map(|word| f32::from_le_bytes(*word)).collect();
        // A shape with a 0 in it may hold any other number: libtorch decides whether it is one.
        let shape: Vec<i64> = view.shape().iter().map(|n| *n as i64).collect();
        let tensor = if shape.iter().all(|n| *n >= 0) {
            Tensor::f_from_slice(&values).and_then(|flat| flat.f_reshape(&shape)).ok()
        } else {
            None
        };
        let none =
            || format!("tensor `{name}` has the shape {:?}, which none can have", view.shape());
        let tensor = tensor.ok_or_else(none)?;
        tensors.push((name, tensor));
    }
    Ok(tensors)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn tensors() -> Vec<(String, Tensor)> {
        vec![
            ("b.weight".to_owned(), Tensor::from_slice(&[1.5f32, -2.0, 3.0, 0.0]).view([2, 2])),
            ("a".to_owned(), Tensor::from_slice(&[f32::MIN_POSITIVE])),
            ("empty".to_owned(), Tensor::zeros([0, 3], (Kind::Float, Device::Cpu))),
        ]
    }

    #[test]
    fn equal_tensors_give_equal_bytes_and_come_back() {
        let folder = tempfile::tempdir().unwrap();
        let (one, two) = (folder.path().join("1.safetensors"), folder.path().join("2.safetensors"));
        write(&one, &tensors()).unwrap();
        write(&two, &tensors()).unwrap();
        assert_eq!(fs_err::read(&one).unwrap(), fs_err::read(&two).unwrap());
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 2);
        let back = read(&one).unwrap();
        for (name, tensor) in tensors() {
            let found = &back.iter().find(|(n, _)| *n == name).unwrap().1;
            assert_eq!((found.size(), found), (tensor.size(), &tensor));
        }
    }

    /// The target is a folder, so that the rename fails after the bytes were written.
    #[test]
    fn a_failed_write_leaves_no_torso() {
        let folder = tempfile::tempdir().unwrap();
        let taken = folder.path().join("taken");
        fs_err::create_dir_all(taken.join("full")).unwrap();
        let said = write(&taken, &tensors()).unwrap_err().to_string();
        assert!(said.contains("taken"), "{said}");
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }

    /// The temporary file is a device that is always full, which is the disk's own refusal.
    #[test]
    #[cfg(target_os = "linux")]
    fn a_full_disk_leaves_the_old_file_and_no_torso() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        write(&path, &tensors()).unwrap();
        let whole = fs_err::read(&path).unwrap();
        std::os::unix::fs::symlink("/dev/full", temporary(&path)).unwrap();
        assert!(matches!(write(&path, &tensors()[..1]), Err(TensorError::Io(_))));
        assert_eq!(fs_err::read(&path).unwrap(), whole);
        assert_eq!(fs_err::read_dir(folder.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_truncated_file_is_refused_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        write(&path, &tensors()).unwrap();
        let bytes = fs_err::read(&path).unwrap();
        for length in [0, 7, 20, bytes.len() - 1] {
            fs_err::write(&path, &bytes[..length]).unwrap();
            let message = read(&path).unwrap_err().to_string();
            assert!(
                message.contains("w.safetensors") && message.contains("checkpoint"),
                "{message}"
            );
        }
        assert!(read(&folder.path().join("none")).unwrap_err().to_string().contains("none"));
    }

    /// The format's own check is content with these: no number is too many where one of them is 0.
    #[test]
    fn shapes_that_no_tensor_has_are_refused() {
        for side in ["18446744073709551615", "9223372036854775808"] {
            let header = format!(
                r#"{{"w":{{"dtype":"F32","shape":[0,{side},{side}],"data_offsets":[0,0]}}}}"#
            );
            let bytes = [&(header.len() as u64).to_le_bytes()[..], header.as_bytes()].concat();
            let said = parse(&bytes).unwrap_err();
            assert!(said.contains("`w`") && said.contains(side), "{said}");
        }
    }

    /// A file of random tensors, as bytes.
    fn written(values: &[f32]) -> Vec<u8> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("w.safetensors");
        let flat = Tensor::from_slice(values);
        let column = flat.view([-1, 1]);
        write(&path, &[("flat".to_owned(), flat), ("column".to_owned(), column)]).unwrap();
        fs_err::read(&path).unwrap()
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }

        /// Exact: bits come back, NaN and negative zero among them.
        #[test]
        fn what_is_written_is_read(values in prop::collection::vec(prop::num::f32::ANY, 1..20)) {
            let back = parse(&written(&values)).unwrap();
            prop_assert_eq!(back.len(), 2);
            for (_, tensor) in back {
                let found = Vec::<f32>::try_from(tensor.reshape([-1])).unwrap();
                let bits = |values: &[f32]| values.iter().map(|v| v.to_bits()).collect::<Vec<_>>();
                prop_assert_eq!(bits(&found), bits(&values));
            }
        }

        /// A byte of the header, or of its length, that is another one.
        #[test]
        fn a_damaged_header_is_read_or_refused(place in 0usize..160, byte: u8, digit in b'0'..=b'9') {
            let mut bytes = written(&[1.0, 2.0, 3.0]);
            let last = bytes.len() - 1;
            bytes[place.min(last)] = byte;
            let _ = parse(&bytes);
            bytes[place.min(last)] = digit;
            if let Err(said) = parse(&bytes) {
                prop_assert!(!said.is_empty() && !said.contains('\n'), "{said}");
            }
        }
    }
}
