//! Named tensors in a safetensors file, written so that equal tensors give equal bytes and a kill leaves no torso.

use crate::TensorError;
use safetensors::{Dtype, SafeTensors, tensor::TensorView};
use std::io::Write;
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// Writes single-precision tensors to `path`: to a temporary name beside it, synced, renamed.
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
    let temporary = path.with_extension("tmp");
    let mut file = fs_err::File::create(&temporary)?;
    file.write_all(&bytes)?;
    file.sync_all()?;
    fs_err::rename(&temporary, path)?;
    Ok(())
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
        let shape: Vec<i64> = view.shape().iter().map(|n| *n as i64).collect();
        tensors.push((name, Tensor::from_slice(&values).reshape(shape.as_slice())));
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
        assert!(!folder.path().join("1.tmp").exists());
        let back = read(&one).unwrap();
        for (name, tensor) in tensors() {
            let found = &back.iter().find(|(n, _)| *n == name).unwrap().1;
            assert_eq!((found.size(), found), (tensor.size(), &tensor));
        }
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

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = parse(&bytes);
        }
    }
}
