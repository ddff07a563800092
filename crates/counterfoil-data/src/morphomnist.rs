//! Morpho-MNIST with thickness and intensity: real handwriting, re-inked under a known label model.
//!
//! The images are MNIST digits thinned or thickened to a thickness T and scaled to an intensity I, both drawn
//! from the structural model of [`counterfoil_scm::morphomnist`] (Castro et al., "Morpho-MNIST", JMLR 2019;
//! Pawlowski, Castro and Glocker, "Deep structural causal models", NeurIPS 2020, section 4). The model of the
//! labels is therefore known and attached; the process that made the image is not invertible, so true
//! counterfactual *labels* exist and true counterfactual *images* do not.
//!
//! A part named `t10k` or `train` consists of three files in one folder:
//!
//! | file | content |
//! |---|---|
//! | `PART-images-idx3-ubyte[.gz]` | images, `n x 28 x 28` |
//! | `PART-labels-idx1-ubyte[.gz]` | digits 0 to 9 |
//! | `PART-morpho.csv` | `index,thickness,intensity` in pixels and grey levels |

use crate::{DataError, Dataset, Gauge, Images, Result, idx, labels};
use std::path::{Path, PathBuf};

/// Reads the part `t10k`, the 10,000 images of the public test set.
///
/// # Errors
/// As [`load_part`].
pub fn load(folder: &Path) -> Result<Dataset> {
    load_part(folder, "t10k")
}

/// Reads one part, `t10k` or `train`.
///
/// # Errors
/// A missing folder or file ([`DataError::MissingFile`], which lists all files), a malformed one
/// ([`DataError::Idx`], [`DataError::Csv`]), files with different numbers of items
/// ([`DataError::CountMismatch`]), or a class beyond 9 ([`DataError::Shape`]).
pub fn load_part(folder: &Path, part: &str) -> Result<Dataset> {
    let missing = |missing: String| DataError::MissingFile {
        folder: folder.to_owned(),
        missing,
        expected: format!(
            "{part}-images-idx3-ubyte[.gz], {part}-labels-idx1-ubyte[.gz] and {part}-morpho.csv"
        ),
    };
    if !folder.is_dir() {
        return Err(missing("there is no such folder".into()));
    }
    let find = |name: String| -> Result<PathBuf> {
        [folder.join(format!("{name}.gz")), folder.join(&name)]
            .into_iter()
            .find(|file| file.is_file())
            .ok_or_else(|| missing(format!("{name} is missing")))
    };
    let image_file = find(format!("{part}-images-idx3-ubyte"))?;
    let class_file = find(format!("{part}-labels-idx1-ubyte"))?;
    let label_file = find(format!("{part}-morpho.csv"))?;

    let idx::Idx { shape: [n, height, width], values } = idx::read::<3>(&image_file)?;
    let classes = idx::read::<1>(&class_file)?.values;
    let model = counterfoil_scm::morphomnist::model();
    let labels = labels::read(&label_file, model.dag())?;
    for (file, found) in [(class_file, classes.len()), (label_file, labels.nrows())] {
        if found != n {
            return Err(DataError::CountMismatch {
                file,
                found,
                reference: image_file,
                expected: n,
            });
        }
    }
    let images = Images::new([n, 1, height, width], values)?;
    Ok(Dataset::observed("morphomnist", model.dag().clone(), images, labels, Some((classes, 10)))?
        .with_model(model)?
        .with_gauge(Gauge::Strokes))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{digits::Digits, generate, idx::Idx};
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    /// A folder in the layout of the real one, filled with rendered digits.
    struct Fixture {
        folder: tempfile::TempDir,
        data: Dataset,
    }

    impl Fixture {
        fn new(n: usize) -> Self {
            let fixture = Self {
                folder: tempfile::tempdir().unwrap(),
                data: generate(Digits::new(), n, 3).unwrap(),
            };
            let images = fixture.data.images();
            let values = images.pixels().to_vec();
            fixture.put(
                "t10k-images-idx3-ubyte.gz",
                &gzip(&Idx { shape: [n, 28, 28], values }.encode()),
            );
            let values = fixture.data.classes().unwrap().to_vec();
            fixture.put("t10k-labels-idx1-ubyte", &Idx { shape: [n], values }.encode());
            fixture.put("t10k-morpho.csv", fixture.csv(n).as_bytes());
            fixture
        }

        fn csv(&self, n: usize) -> String {
            let rows = self.data.labels().rows().into_iter().enumerate().take(n);
            let lines = rows.map(|(k, row)| format!("{k},{},{}\n", row[0], row[1]));
            std::iter::once("index,thickness,intensity\n".to_owned()).chain(lines).collect()
        }

        fn put(&self, name: &str, bytes: &[u8]) {
            fs_err::write(self.folder.path().join(name), bytes).unwrap();
        }

        fn remove(&self, name: &str) {
            fs_err::remove_file(self.folder.path().join(name)).unwrap();
        }

        fn error(&self) -> String {
            load(self.folder.path()).unwrap_err().to_string()
        }
    }

    fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// Exact: pixels, digits and the last bit of every label.
    #[test]
    fn what_lies_in_the_folder_is_loaded() {
        let fixture = Fixture::new(20);
        let data = load(fixture.folder.path()).unwrap();
        assert_eq!(data.images(), fixture.data.images());
        assert_eq!(data.labels(), fixture.data.labels());
        assert_eq!(data.classes(), fixture.data.classes());
        assert_eq!((data.name(), data.class_count()), ("morphomnist", 10));
        assert!(data.scm().is_some());
        assert!(data.counterfactual_image(0, &counterfoil_graph::Intervention::none()).is_none());
    }

    #[test]
    fn each_fault_is_named_with_its_file() {
        let fixture = Fixture::new(5);
        let check = |expected: &str| {
            let message = fixture.error();
            assert!(message.contains(expected), "{message:?} does not say {expected:?}");
        };
        fixture.put("t10k-morpho.csv", fixture.csv(4).as_bytes());
        check("t10k-morpho.csv holds 4 items");
        check("t10k-images-idx3-ubyte.gz holds 5");
        fixture.put("t10k-morpho.csv", fixture.csv(5).replace("\n3,", "\n3,nan").as_bytes());
        check("t10k-morpho.csv: line 5: ");
        fixture.put("t10k-morpho.csv", fixture.csv(5).as_bytes());
        fixture.put("t10k-labels-idx1-ubyte", &Idx { shape: [4], values: vec![1; 4] }.encode());
        check("t10k-labels-idx1-ubyte holds 4 items");
        fixture.put("t10k-labels-idx1-ubyte", &Idx { shape: [5], values: vec![10; 5] }.encode());
        check("class");
        fixture.put("t10k-labels-idx1-ubyte", &Idx { shape: [1, 5], values: vec![1; 5] }.encode());
        check("t10k-labels-idx1-ubyte: the magic number is 0x00000802");
        fixture.put("t10k-images-idx3-ubyte.gz", &gzip(&[0, 0, 8, 3, 0, 0, 0, 5]));
        check("t10k-images-idx3-ubyte.gz: truncated");
        fixture.remove("t10k-images-idx3-ubyte.gz");
        check("t10k-images-idx3-ubyte is missing");
        check("t10k-labels-idx1-ubyte[.gz] and t10k-morpho.csv");
        let nowhere = load(&fixture.folder.path().join("nowhere")).unwrap_err().to_string();
        assert!(
            nowhere.contains("there is no such folder") && nowhere.contains("nowhere"),
            "{nowhere}"
        );
        let other = load_part(fixture.folder.path(), "train").unwrap_err().to_string();
        assert!(other.contains("train-morpho.csv"), "{other}");
    }
}
