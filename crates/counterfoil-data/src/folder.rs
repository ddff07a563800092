//! A folder of pictures with a label file: your own data.
//!
//! ```text
//! FOLDER/labels.csv     file,angle,light
//! FOLDER/one.png        one.png,12.5,80
//! FOLDER/more/two.png   more/two.png,-3,95
//! ```
//!
//! Names count from the folder. Columns are found by name and further ones ignored; every variable that the graph labels needs
//! one. Pictures are PNG files of one size and one number of channels: 1 for grey, 3 for colour, 4 for colour with transparency.
//! Whole numbers in a column `class` are classes.
//!
//! A cell of a variable that is empty, or says `nan`, is an unknown label: it is NaN in the data set, and the picture can be
//! learned from, but not measured on ([`Dataset::is_whole`], [`Split::seeded_whole`](crate::Split::seeded_whole)).

use crate::{
    DataError, Dataset, Images, Result,
    labels::{self, Blank},
    png,
};
use counterfoil_graph::{Dag, Variable};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The label file of a folder.
pub const LABELS: &str = "labels.csv";
/// The column that names pictures.
const FILE: &str = "file";
/// The column of classes, which need not be there.
const CLASS: &str = "class";

/// Reads the pictures that `labels.csv` of a folder names, in its order, with the labels of a graph's labelled variables,
/// NaN where one is unknown.
///
/// # Errors
/// A missing folder or label file ([`DataError::MissingFile`]); a malformed label file ([`DataError::Csv`]); a picture that is
/// missing, no PNG, or of another size or number of channels than the first; a class beyond 255.
pub fn load(folder: &Path, graph: &Dag) -> Result<Dataset> {
    let file = folder.join(LABELS);
    if !file.is_file() {
        let missing = if folder.is_dir() {
            format!("{LABELS} is missing")
        } else {
            "there is no such folder".into()
        };
        let expected = format!("{LABELS} and the pictures that it names");
        return Err(DataError::MissingFile { folder: folder.to_owned(), missing, expected });
    }
    let graph = graph.labelled_part();
    let (names, labels) = labels::read_named(&file, &graph, FILE, Blank::Unknown)?;
    let files: Vec<PathBuf> = names.iter().map(|name| folder.join(name)).collect();
    let images = pictures(&files)?;
    let classes = classes(&file)?;
    let name = folder.file_name().map_or("folder".into(), |name| name.to_string_lossy());
    Dataset::observed(name, graph, images, labels, classes)
}

/// The pictures of `files`, which must be of one shape. Read in parallel, kept in order.
pub(crate) fn pictures(files: &[PathBuf]) -> Result<Images> {
    let read = |file: &PathBuf| {
        let picture = png::read(file)?;
        let shape = [picture.channels(), picture.height(), picture.width()];
        Ok((shape, picture.to_planes()))
    };
    // The first fault in the order of the files, not the one that a thread meets first.
    let read: Vec<Result<_>> = files.par_iter().map(read).collect();
    let read: Vec<([usize; 3], Vec<u8>)> = read.into_iter().collect::<Result<_>>()?;
    let shape = read.first().map_or([1; 3], |(shape, _)| *shape);
    if let Some(k) = read.iter().position(|(other, _)| *other != shape) {
        let words = |[c, h, w]: [usize; 3]| format!("{c} x {h} x {w} (channels, height, width)");
        let reason =
            format!("the picture is {}, the first one is {}", words(read[k].0), words(shape));
        return Err(DataError::Png { file: files[k].clone(), reason });
    }
    let [channels, height, width] = shape;
    let pixels = read.into_iter().flat_map(|(_, planes)| planes).collect();
    Images::new([files.len(), channels, height, width], pixels)
}

/// The column of classes and their number, where there is one.
fn classes(file: &Path) -> Result<Option<(Vec<u8>, usize)>> {
    if !labels::has_column(file, CLASS)? {
        return Ok(None);
    }
    let column = Variable::categorical(CLASS, 256)?;
    let graph = Dag::new([column], &[] as &[(&str, &str)])?;
    let (_, values) = labels::read_named(file, &graph, FILE, Blank::Refused)?;
    let classes: Vec<u8> = values.iter().map(|value| *value as u8).collect();
    let count = classes.iter().max().map_or(0, |most| usize::from(*most) + 1);
    Ok(Some((classes, count)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::png::Picture;
    use proptest::prelude::*;

    fn graph() -> Dag {
        Dag::from_dot("digraph { a [domain_low=0]; b; style [role=\"unlabelled\"]; a -> b }")
            .unwrap()
    }

    fn put(folder: &Path, name: &str, channels: usize, value: u8) {
        let file = folder.join(name);
        fs_err::create_dir_all(file.parent().unwrap()).unwrap();
        Picture::new(3, 2, channels, vec![value; 6 * channels]).unwrap().write(&file).unwrap();
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        /// Of what is read, every class is among those counted.
        #[test]
        fn any_table_is_read_or_refused(
            header in "(file,a,b(,class)?|b,class,file,a|file,a)",
            rows in prop::collection::vec("(one|two|none)?(\\.png)?(,[-+.0-9einaf\"]{0,5}){1,3}", 0..4),
        ) {
            let folder = tempfile::tempdir().unwrap();
            put(folder.path(), "one.png", 1, 10);
            put(folder.path(), "two.png", 1, 20);
            let text = [header, rows.join("\n")].join("\n");
            fs_err::write(folder.path().join(LABELS), text).unwrap();
            match load(folder.path(), &graph()) {
                Ok(data) => {
                    prop_assert!(data.labels().iter().all(|label| !label.is_infinite()));
                    let most = data.classes().into_iter().flatten().max();
                    prop_assert!(most.is_none_or(|most| usize::from(*most) < data.class_count()));
                }
                Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
            }
        }
    }

    /// Exact: order, pixels, labels and classes are those of the files.
    #[test]
    fn a_folder_is_read_in_the_order_of_its_labels() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "one.png", 3, 10);
        put(folder.path(), "more/two.png", 3, 20);
        let csv = "b,file,a,class\n-1.5,more/two.png,2,3\n4,one.png,0.25,0\n";
        fs_err::write(folder.path().join(LABELS), csv).unwrap();
        let data = load(folder.path(), &graph()).unwrap();
        assert_eq!(data.images().shape(), [2, 3, 2, 3]);
        assert_eq!((data.images().get(0)[0], data.images().get(1)[0]), (20, 10));
        assert_eq!(data.labels(), ndarray::array![[2.0, -1.5], [0.25, 4.0]]);
        assert_eq!((data.classes().unwrap(), data.class_count()), (&[3, 0][..], 4));
        assert_eq!(data.graph().len(), 2);
        for spelt in
            [csv.replace("class", "\"class\""), format!("\u{feff}{csv}"), format!("\n{csv}")]
        {
            fs_err::write(folder.path().join(LABELS), spelt).unwrap();
            assert_eq!(load(folder.path(), &graph()).unwrap().classes(), data.classes());
        }
        let without = csv.replace("class", "klass");
        fs_err::write(folder.path().join(LABELS), without).unwrap();
        assert!(load(folder.path(), &graph()).unwrap().classes().is_none());
    }

    /// Exact: blanks are NaN, and the hash tells them from every value but not from each other.
    #[test]
    fn an_empty_cell_is_an_unknown_label() {
        let folder = tempfile::tempdir().unwrap();
        put(folder.path(), "one.png", 1, 10);
        put(folder.path(), "two.png", 1, 20);
        let read = |cell: &str| {
            let csv = format!("file,a,b\none.png,{cell},1\ntwo.png,2,3\n");
            fs_err::write(folder.path().join(LABELS), csv).unwrap();
            load(folder.path(), &graph()).unwrap()
        };
        let (blank, named, zero) = (read(""), read("-nan"), read("0"));
        assert!(blank.labels()[[0, 0]].is_nan() && blank.labels()[[0, 1]] == 1.0);
        assert_eq!([blank.is_whole(0), blank.is_whole(1), zero.is_whole(0)], [false, true, true]);
        assert_eq!(blank.hash(), named.hash());
        assert_ne!(blank.hash(), zero.hash());
    }

    #[test]
    fn each_fault_is_named_with_its_place() {
        let folder = tempfile::tempdir().unwrap();
        let check = |csv: &str, expected: &str| {
            fs_err::write(folder.path().join(LABELS), csv).unwrap();
            let message = load(folder.path(), &graph()).unwrap_err().to_string();
            assert!(message.contains(expected), "{message:?} does not say {expected:?}");
        };
        put(folder.path(), "one.png", 3, 10);
        put(folder.path(), "grey.png", 1, 10);
        check("file,a\none.png,1\n", "labels.csv: line 1: no column `b`");
        check("index,a,b\n0,1,1\n", "no column `file`");
        check("file,a,b\none.png,1,1\n,1,1\n", "line 3: nothing stands in column `file`");
        check("file,a,b\none.png,-1,1\n", "line 2: -1 is no value of `a`");
        check("file,a,b\none.png,1,1\nnone.png,1,1\n", "none.png");
        check("file,a,b\none.png,1,1\ngrey.png,1,1\n", "grey.png: the picture is 1 x 2 x 3");
        check("file,a,b\none.png,1,1\n\none.png,2,1\n", "line 4: one.png has a row already");
        check("\nfile,a,b,class\n\none.png,1,1,0.5\n", "line 4: 0.5 is no value of `class`");
        check("file,a,b,class\none.png,1,1,256\n", "line 2: 256 is no value of `class`");
        check("file,a,b,class\none.png,1,,\n", "line 2: \"\" in column `class` is not a number");
        check("file,a,b\none.png,,x\n", "line 2: \"x\" in column `b` is not a number");
        fs_err::remove_file(folder.path().join(LABELS)).unwrap();
        let message = load(folder.path(), &graph()).unwrap_err().to_string();
        assert!(message.contains("labels.csv is missing"), "{message}");
        let message = load(&folder.path().join("no"), &graph()).unwrap_err().to_string();
        assert!(message.contains("there is no such folder"), "{message}");
    }
}
