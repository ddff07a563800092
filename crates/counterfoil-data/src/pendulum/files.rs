//! Pendulums that others have drawn: PNG files whose names hold the labels.
//!
//! The published generator writes `train/a_ANGLE_LIGHT_LENGTH_POSITION.png` and `test/...`, with whole numbers that were cut
//! towards 0. Angle and light are whole in truth; length and position are not, so by default they are computed from the
//! angles instead of taken from the name, where up to a unit of their ranges of 10 and 18 is lost.

use super::{Variant, model, shadow};
use crate::{DataError, Dataset, Result, Split, folder};
use ndarray::Array2;
use std::path::{Path, PathBuf};

/// Where the labels of the shadow come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Labels {
    /// From the law that the images were drawn by.
    Exact,
    /// From the file's name, cut to whole numbers as published.
    Named,
}

/// Reads the pictures of a folder, first those in `train`, then those in `test`, each in the order of their angles; a folder
/// without these two is read itself. The label model without noise is attached, so counterfactual labels are known.
///
/// # Errors
/// [`DataError::MissingFile`] when there is no picture; [`DataError::Png`] for a name or a picture that cannot be read.
pub fn load(folder: &Path, labels: Labels) -> Result<Dataset> {
    Ok(load_split(folder, labels)?.0)
}

/// As [`load`], with the parts that the folders `train` and `test` make; without them all is for training.
///
/// # Errors
/// As [`load`].
pub fn load_split(folder: &Path, labels: Labels) -> Result<(Dataset, Split)> {
    let parts = [folder.join("train"), folder.join("test")];
    let parted = parts.iter().all(|part| part.is_dir());
    let (mut train, mut test) = (Vec::new(), Vec::new());
    if parted {
        train = named(&parts[0])?;
        test = named(&parts[1])?;
    } else if folder.is_dir() {
        train = named(folder)?;
    }
    let n = train.len();
    let all: Vec<Named> = train.into_iter().chain(test).collect();
    if all.is_empty() {
        let missing =
            if folder.is_dir() { "there is no picture" } else { "there is no such folder" };
        return Err(DataError::MissingFile {
            folder: folder.to_owned(),
            missing: missing.into(),
            expected: "files a_ANGLE_LIGHT_LENGTH_POSITION.png, or folders train and test of them"
                .into(),
        });
    }
    let values = all.iter().flat_map(|named| {
        let [angle, light, ..] = named.values;
        match labels {
            Labels::Named => named.values,
            Labels::Exact => {
                let [length, position] = shadow(angle, light);
                [angle, light, length, position]
            }
        }
    });
    let values = Array2::from_shape_vec((all.len(), 4), values.collect())
        .unwrap_or_else(|e| unreachable!("four labels a picture were made: {e}"));
    let files: Vec<PathBuf> = all.into_iter().map(|named| named.file).collect();
    let images = folder::pictures(&files)?;
    let model = model(Variant::Exact)?;
    let data = Dataset::observed("pendulum-files", model.dag().clone(), images, values, None)?;
    let split =
        Split { train: (0..n).collect(), validation: Vec::new(), test: (n..data.len()).collect() };
    Ok((data.with_model(model)?, split))
}

struct Named {
    file: PathBuf,
    values: [f64; 4],
}

/// The pictures of one folder with what their names say.
fn named(folder: &Path) -> Result<Vec<Named>> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder)? {
        let file = entry?.path();
        if file.extension().is_some_and(|extension| extension.eq_ignore_ascii_case("png")) {
            let values = values(&file).ok_or_else(|| DataError::Png {
                file: file.clone(),
                reason: "the name is not a_ANGLE_LIGHT_LENGTH_POSITION.png with four numbers"
                    .into(),
            })?;
            found.push(Named { file, values });
        }
    }
    // The order of a folder is the file system's own.
    found.sort_by(|a, b| {
        let order = a.values.iter().zip(&b.values).map(|(x, y)| x.total_cmp(y));
        order.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then).then(a.file.cmp(&b.file))
    });
    Ok(found)
}

fn values(file: &Path) -> Option<[f64; 4]> {
    let stem = file.file_stem()?.to_str()?;
    let mut parts =
        stem.split('_').skip(1).map(|part| part.parse().ok().filter(|v: &f64| v.is_finite()));
    let values = [parts.next()??, parts.next()??, parts.next()??, parts.next()??];
    let sensible = parts.next().is_none() && values[1] > 0.0 && values[1] < 200.0;
    sensible.then_some(values)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{World, pendulum::Pendulum, png::Picture};
    use counterfoil_graph::Intervention;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// What a name says is read back to the bit, whichever way its numbers are written.
        #[test]
        fn any_name_is_read_or_refused(
            numbers in prop::collection::vec("-?[0-9]{0,3}(\\.[0-9]{1,2})?(e-?[0-9]{1,3})?|nan|inf|x", 0..6),
            light in 1u8..200,
        ) {
            let folder = tempfile::tempdir().unwrap();
            let mut whole = numbers.clone();
            whole.resize(4, "7".to_owned());
            whole[1] = light.to_string();
            for numbers in [numbers, whole] {
                let name = format!("a_{}.png", numbers.join("_"));
                let file = folder.path().join(&name);
                Picture::new(2, 2, 1, vec![9; 4]).unwrap().write(&file).unwrap();
                let said: Vec<f64> = numbers.iter().filter_map(|n| n.parse().ok()).collect();
                let fits = said.len() == 4 && numbers.len() == 4 && said.iter().all(|v| v.is_finite());
                let fits = fits && said[1] > 0.0 && said[1] < 200.0;
                match load(folder.path(), Labels::Named) {
                    Ok(data) => {
                        prop_assert!(fits, "{name}");
                        prop_assert_eq!(data.labels().row(0).to_vec(), said);
                    }
                    Err(error) => {
                        let said = error.to_string();
                        prop_assert!(!fits, "{said}");
                        prop_assert!(said.contains(&name) && said.lines().count() == 1, "{said}");
                    }
                }
                fs_err::remove_file(&file).unwrap();
            }
        }
    }

    fn put(folder: &Path, part: &str, angle: f64, light: f64) -> Vec<u8> {
        let world = Pendulum::published().unwrap();
        let [length, position] = shadow(angle, light);
        let mut planes = vec![0; 4 * 96 * 96];
        world.render(&[angle, light, length, position], &world.draw(0, 0), &mut planes);
        let folder = folder.join(part);
        fs_err::create_dir_all(&folder).unwrap();
        let name = format!("a_{angle}_{light}_{}_{}.png", length as i64, position as i64);
        Picture::from_planes([4, 96, 96], &planes).unwrap().write(&folder.join(name)).unwrap();
        planes
    }

    /// Exact.
    #[test]
    fn names_hold_labels() {
        let folder = tempfile::tempdir().unwrap();
        let late = put(folder.path(), "train", 12.0, 75.0);
        let early = put(folder.path(), "train", -40.0, 130.0);
        let test = put(folder.path(), "test", -12.0, 99.0);
        let (data, split) = load_split(folder.path(), Labels::Exact).unwrap();
        assert_eq!((split.train, split.test), (vec![0, 1], vec![2]));
        for (k, pixels) in [early, late, test].iter().enumerate() {
            assert_eq!(data.images().get(k), pixels);
        }
        let [length, position] = shadow(-40.0, 130.0);
        assert_eq!(data.labels().row(0).to_vec(), [-40.0, 130.0, length, position]);
        let action = Intervention::none().set(data.graph(), "angle", 0.0).unwrap();
        let found = data.counterfactual_labels(0, &action).unwrap().unwrap();
        let expected = shadow(0.0, 130.0);
        assert!((found[2] - expected[0]).abs() < 1e-12 && (found[3] - expected[1]).abs() < 1e-12);
        let cut = load(folder.path(), Labels::Named).unwrap();
        assert_eq!(cut.labels()[[0, 2]], length.trunc());
        assert_ne!(cut.hash(), data.hash());
        // A part alone is a folder of its own.
        assert_eq!(load(&folder.path().join("test"), Labels::Exact).unwrap().len(), 1);
    }

    #[test]
    fn each_fault_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let message = || load(folder.path(), Labels::Exact).unwrap_err().to_string();
        assert!(message().contains("there is no picture"), "{}", message());
        for name in
            ["pendulum.png", "a_1_2_3.png", "a_1_x_3_4.png", "a_1_0_3_4.png", "a_1_2_3_4_5.png"]
        {
            let file = folder.path().join(name);
            fs_err::write(&file, b"").unwrap();
            assert!(message().contains(&format!("{name}: the name is not")), "{}", message());
            fs_err::remove_file(&file).unwrap();
        }
        fs_err::write(folder.path().join("a_1_70_3_4.png"), b"no picture").unwrap();
        assert!(message().contains("a_1_70_3_4.png: not a readable PNG"), "{}", message());
    }
}
