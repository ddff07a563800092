//! CausalCircuit, for those who have it: pictures of a robot arm, buttons and lamps with their labels.
//!
//! The archives of Brehmer et al. (NeurIPS 2022) hold pairs of pictures before and after an intervention. Read are the
//! pictures before it, `imgs[:, 0]`, JPEG files of 512 x 512, and their labels `original_latents[:, 0]` in the order red,
//! green, blue, arm. Pictures are reduced to the wanted size by averaging blocks of pixels. The label model is not attached.
//!
//! NumPy keeps the pictures as a pickle. It is never executed: what is taken from it are the byte strings, in their order.

mod npy;
mod pickle;

use crate::{DataError, Dataset, Images, Result, Split};
use counterfoil_graph::Dag;
use image::{ImageDecoder, codecs::jpeg::JpegDecoder};
use ndarray::Array2;
use rayon::prelude::*;
use std::{
    io::Cursor,
    path::{Path, PathBuf},
};

/// The causal graph of the labels, in the order of the world `circuit`.
const GRAPH: &str = "digraph causalcircuit {
    arm [low=0, high=1]; blue [low=0, high=1]; green [low=0, high=1]; red [low=0, high=1];
    arm -> blue; arm -> green; arm -> red; blue -> red; green -> red;
}";
/// Where arm, blue, green and red stand among the labels of an archive.
const ORDER: [usize; 4] = [3, 2, 1, 0];
/// The longest side of a picture that is unpacked.
const LARGEST: usize = 4096;

/// Reads every archive `train.npz` or `train-NUMBER.npz` of a folder, in the order of their numbers; images have `side` by
/// `side` pixels, red, green and blue.
///
/// # Errors
/// [`DataError::MissingFile`] without an archive; [`DataError::Npz`] for one that cannot be read, or whose pictures are no
/// squares that `side` divides.
pub fn load(folder: &Path, side: usize) -> Result<Dataset> {
    Ok(load_parts(side, &[expected(folder, "train")?, Vec::new(), Vec::new()])?.0)
}

/// As [`load`], with the parts that were published: after the training archives those of `val` and of `test`, named in the
/// same way. The validation part is empty where there is no such archive.
///
/// # Errors
/// As [`load`]; also without an archive to test on.
pub fn load_split(folder: &Path, side: usize) -> Result<(Dataset, Split)> {
    let files = [expected(folder, "train")?, archives(folder, "val")?, expected(folder, "test")?];
    load_parts(side, &files)
}

fn load_parts(side: usize, parts: &[Vec<PathBuf>; 3]) -> Result<(Dataset, Split)> {
    DataError::check_side(side)?;
    let (mut pixels, mut labels) = (Vec::new(), Vec::new());
    let mut counts = [0; 3];
    for (files, count) in parts.iter().zip(&mut counts) {
        let before = labels.len() / 4;
        for file in files {
            archive(file, side, &mut pixels, &mut labels)
                .map_err(|reason| DataError::Npz { file: file.clone(), reason })?;
        }
        *count = labels.len() / 4 - before;
    }
    let n = labels.len() / 4;
    let labels = Array2::from_shape_vec((n, 4), labels)
        .unwrap_or_else(|e| unreachable!("four labels a picture were read: {e}"));
    let images = Images::new([n, 3, side, side], pixels)?;
    let data = Dataset::observed("causalcircuit", Dag::from_dot(GRAPH)?, images, labels, None)?;
    Ok((data, Split::in_order(n, counts)?))
}

/// The archives of a part, at least one.
fn expected(folder: &Path, part: &str) -> Result<Vec<PathBuf>> {
    let files = archives(folder, part)?;
    if !files.is_empty() {
        return Ok(files);
    }
    let missing = if folder.is_dir() { "there is no archive" } else { "there is no such folder" };
    Err(DataError::MissingFile {
        folder: folder.to_owned(),
        missing: missing.into(),
        expected: format!("{part}.npz, or {part}-0.npz and so on"),
    })
}

/// The archives of a part in the order of their numbers.
fn archives(folder: &Path, part: &str) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    if folder.is_dir() {
        for entry in fs_err::read_dir(folder)? {
            let file = entry?.path();
            files.extend(number(&file, part).map(|number| (number, file)));
        }
    }
    files.sort();
    Ok(files.into_iter().map(|(_, file)| file).collect())
}

/// The number in `train-7.npz`, 0 in `train.npz`; none for files of other parts.
fn number(file: &Path, part: &str) -> Option<u64> {
    let name = file.file_name()?.to_str()?;
    let middle = name.strip_prefix(part)?.strip_suffix(".npz")?;
    if middle.is_empty() { Some(0) } else { middle.strip_prefix('-')?.parse().ok() }
}

/// Appends the pictures and labels of one archive.
fn archive(
    file: &Path,
    side: usize,
    pixels: &mut Vec<u8>,
    labels: &mut Vec<f64>,
) -> Result<(), String> {
    let open = fs_err::File::open(file).map_err(|e| e.to_string())?;
    let size = open.metadata().map_err(|e| e.to_string())?.len();
    let mut zip =
        zip::ZipArchive::new(open).map_err(|e| format!("not a readable archive ({e})"))?;
    let latents = npy::floats(&npy::entry(&mut zip, "original_latents", size)?)?;
    let [n, 2, 4] = latents.shape[..] else {
        return Err(format!("original_latents has the shape {:?}, not [n, 2, 4]", latents.shape));
    };
    for pair in latents.values.chunks_exact(8) {
        labels.extend(ORDER.map(|k| pair[k]));
    }
    if !labels.iter().all(|label| label.is_finite()) {
        return Err("a label is no finite number".into());
    }
    let imgs = npy::entry(&mut zip, "imgs", size)?;
    let (shape, pickled) = npy::objects(&imgs)?;
    if shape != [n, 2] {
        return Err(format!("imgs has the shape {shape:?}, original_latents that of {n} pairs"));
    }
    let pictures = pickle::byte_strings(pickled)?;
    // The reconstruction of the array itself takes a string of one byte.
    let pictures: Vec<&[u8]> = pictures.into_iter().filter(|bytes| bytes.len() > 1).collect();
    if pictures.len() != 2 * n {
        return Err(format!("imgs holds {} pictures for {n} pairs", pictures.len()));
    }
    let before: Vec<&[u8]> = pictures.into_iter().step_by(2).collect();
    let reduce = |(k, bytes): (usize, &&[u8])| {
        reduced(bytes, side).map_err(|reason| format!("picture {k}: {reason}"))
    };
    // The first fault in the order of the pictures, not the one that a thread meets first.
    let images: Vec<Result<Vec<u8>, String>> = before.par_iter().enumerate().map(reduce).collect();
    for image in images {
        pixels.extend(image?);
    }
    Ok(())
}

/// A JPEG picture with the mean of each block, channel after channel.
fn reduced(bytes: &[u8], side: usize) -> Result<Vec<u8>, String> {
    let decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(|e| format!("no JPEG ({e})"))?;
    let (width, height) = decoder.dimensions();
    let whole = width as usize;
    if width != height || !whole.is_multiple_of(side) || whole > LARGEST {
        return Err(format!(
            "it is {width} x {height}, which is no square that {side} divides; choose another size"
        ));
    }
    let picture = image::DynamicImage::from_decoder(decoder)
        .map_err(|e| format!("damaged JPEG ({e})"))?
        .into_rgb8();
    let block = whole / side;
    let mut sums = vec![0u64; 3 * side * side];
    for (x, y, pixel) in picture.enumerate_pixels() {
        let place = y as usize / block * side + x as usize / block;
        for (channel, value) in pixel.0.iter().enumerate() {
            sums[channel * side * side + place] += u64::from(*value);
        }
    }
    let area = (block * block) as u64;
    Ok(sums.into_iter().map(|sum| ((sum + area / 2) / area) as u8).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::path::PathBuf;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(96))]

        /// Bytes replaced anywhere, the directory of the archive at its end included, or an end that came too early.
        #[test]
        fn a_damaged_archive_is_read_or_refused(
            edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
            kept in prop::option::weighted(0.2, any::<prop::sample::Index>()),
        ) {
            let mut bytes = fs_err::read(golden()).unwrap();
            let length = bytes.len();
            for (place, byte) in edits {
                bytes[place.index(length)] = byte;
            }
            bytes.truncate(kept.map_or(length, |kept| kept.index(length)));
            let folder = tempfile::tempdir().unwrap();
            fs_err::write(folder.path().join("train.npz"), bytes).unwrap();
            match load(folder.path(), 4) {
                Ok(data) => prop_assert!(data.labels().iter().all(|label| label.is_finite())),
                Err(error) => {
                    let said = error.to_string();
                    prop_assert!(said.contains("train.npz") && said.lines().count() == 1, "{said}");
                }
            }
        }
    }

    fn golden() -> PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens/train-0.npz")
    }

    /// A folder with copies of the archive that NumPy wrote.
    fn folder(names: &[&str]) -> tempfile::TempDir {
        let folder = tempfile::tempdir().unwrap();
        for name in names {
            fs_err::copy(golden(), folder.path().join(name)).unwrap();
        }
        folder
    }

    /// Exact for labels; pictures within the loss of JPEG at quality 95, 3 grey levels for an even colour.
    #[test]
    fn pictures_and_labels_before_the_intervention_are_read() {
        let folder = folder(&["train-10.npz", "train-2.npz", "test-0.npz"]);
        let data = load(folder.path(), 4).unwrap();
        assert_eq!(data.images().shape(), [6, 3, 4, 4]);
        for k in 0..6 {
            let image = data.images().get(k);
            for (channel, expected) in [40 * (k % 3) as u8, 0, 200].into_iter().enumerate() {
                let plane = &image[channel * 16..(channel + 1) * 16];
                assert!(plane.iter().all(|v| v.abs_diff(expected) <= 3), "{plane:?} {expected}");
            }
            let first = 8.0 * (k % 3) as f64;
            let expected = [3.0, 2.0, 1.0, 0.0].map(|place| (first + place) / 100.0);
            assert_eq!(data.labels().row(k).to_vec(), expected);
        }
        assert_eq!(data.graph().variable(0).name(), "arm");
    }

    /// Exact: parts follow each other, numbers are counted, and an archive that is of no part is left alone.
    #[test]
    fn published_parts_are_told_by_their_names() {
        let names = ["test.npz", "train-10.npz", "train-2.npz", "testing.npz"];
        let folder = folder(&names);
        let (data, split) = load_split(folder.path(), 4).unwrap();
        assert_eq!(data.len(), 9);
        assert_eq!((&split.train[..], &split.test[..]), (&[0, 1, 2, 3, 4, 5][..], &[6, 7, 8][..]));
        assert!(split.validation.is_empty());
        assert_eq!(data.images().get(8), data.images().get(2));
        fs_err::copy(golden(), folder.path().join("val.npz")).unwrap();
        let (data, split) = load_split(folder.path(), 4).unwrap();
        assert_eq!(
            (data.len(), split.validation, split.test),
            (12, vec![6, 7, 8], vec![9, 10, 11])
        );
        fs_err::remove_file(folder.path().join("test.npz")).unwrap();
        let said = load_split(folder.path(), 4).unwrap_err().to_string();
        assert!(said.contains("must hold test.npz, or test-0.npz"), "{said}");
    }

    /// 64 MiB of zeros pack into 64 KiB.
    #[test]
    fn an_archive_that_unpacks_to_far_more_is_not_unpacked() {
        use std::io::Write;
        let folder = tempfile::tempdir().unwrap();
        let file = fs_err::File::create(folder.path().join("train.npz")).unwrap();
        let mut zip = zip::ZipWriter::new(file.into_file());
        let options = zip::write::FileOptions::default();
        let options = options.compression_method(zip::CompressionMethod::Deflated);
        zip.start_file("original_latents.npy", options).unwrap();
        zip.write_all(&vec![0; 64 << 20]).unwrap();
        zip.finish().unwrap();
        let said = load(folder.path(), 4).unwrap_err().to_string();
        assert!(said.contains("original_latents unpacks to more than"), "{said}");
    }

    #[test]
    fn each_fault_is_named_with_its_file() {
        let message = |folder: &Path, side| load(folder, side).unwrap_err().to_string();
        let folder = folder(&["train.npz"]);
        let said = message(folder.path(), 3);
        assert!(said.contains("train.npz: picture 0: it is 8 x 8"), "{said}");
        let whole = fs_err::read(golden()).unwrap();
        fs_err::write(folder.path().join("train.npz"), &whole[..whole.len() / 2]).unwrap();
        let said = message(folder.path(), 4);
        assert!(said.contains("train.npz: not a readable archive"), "{said}");
        fs_err::remove_file(folder.path().join("train.npz")).unwrap();
        assert!(message(folder.path(), 4).contains("there is no archive"));
        assert!(message(&folder.path().join("no"), 4).contains("there is no such folder"));
    }
}
