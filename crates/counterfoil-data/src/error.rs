//! What can go wrong when data are read, made or asked for.

use std::path::PathBuf;
use thiserror::Error;

/// The crate's result type.
pub type Result<T, E = DataError> = std::result::Result<T, E>;

/// An error of this crate; each message is one sentence that names the file, the line or the variable.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum DataError {
    /// The operating system refused; the message names the path.
    #[error(transparent)]
    Io(#[from] std::io::Error),
    /// A data folder does not exist or lacks a file.
    #[error("{missing}; the folder {} must hold {expected}", folder.display())]
    MissingFile {
        /// The folder that was searched.
        folder: PathBuf,
        /// What was not found, as a clause.
        missing: String,
        /// Every file the data set consists of.
        expected: String,
    },
    /// An IDX file is malformed.
    #[error("{}: {reason}", file.display())]
    Idx {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: IdxError,
    },
    /// A label file is malformed.
    #[error("{}: line {line}: {reason}", file.display())]
    Csv {
        /// The file.
        file: PathBuf,
        /// The line, counted from 1 with the header.
        line: u64,
        /// What is wrong there.
        reason: String,
    },
    /// Files that belong together have different numbers of items.
    #[error(
        "{} holds {found} items, but {} holds {expected}; they must belong to the same images",
        file.display(), reference.display()
    )]
    CountMismatch {
        /// The file that disagrees.
        file: PathBuf,
        /// How many items it holds.
        found: usize,
        /// The file it was compared with.
        reference: PathBuf,
        /// How many items that one holds.
        expected: usize,
    },
    /// A PNG cannot be read or written.
    #[error("{}: {reason}", file.display())]
    Png {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An archive of NumPy arrays cannot be read.
    #[error("{}: {reason}", file.display())]
    Npz {
        /// The file.
        file: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// An array does not have the shape that the call needs.
    #[error("{what}: expected {expected}, found {found}")]
    Shape {
        /// Which array.
        what: &'static str,
        /// The shape or count needed.
        expected: String,
        /// The shape or count given.
        found: String,
    },
    /// A split asks for more items than there are.
    #[error(
        "a split of {train} + {validation} + {test} needs {needed} items, but the data set has {available}",
        needed = train.saturating_add(*validation).saturating_add(*test)
    )]
    Split {
        /// Items for training.
        train: usize,
        /// Items for validation.
        validation: usize,
        /// Items for testing.
        test: usize,
        /// Items there are.
        available: usize,
    },
    /// Too few images have all their labels.
    #[error(
        "validation and test need {needed} images whose labels are all known, but the data set has {available} of {len}; \
         fill empty cells or ask for fewer"
    )]
    Unknown {
        /// Images to validate and to test on.
        needed: usize,
        /// Images without an unknown label.
        available: usize,
        /// All images.
        len: usize,
    },
    /// A split asks for more than a part that the data were published with holds.
    #[error(
        "{wanted} images {part} are asked for, but the published parts have {available}; ask for fewer"
    )]
    Part {
        /// What the images are for, as `to test on`.
        part: &'static str,
        /// How many are asked for.
        wanted: usize,
        /// How many there are.
        available: usize,
    },
    /// An index beyond the last image.
    #[error("no image {index}; the data set has {len}, counted from 0")]
    Index {
        /// The index asked for.
        index: usize,
        /// How many images there are.
        len: usize,
    },
    /// The structural model refused a value.
    #[error(transparent)]
    Scm(Box<counterfoil_scm::ScmError>),
    /// The causal graph refused a value or a name.
    #[error(transparent)]
    Graph(Box<counterfoil_graph::GraphError>),
}

impl DataError {
    /// Refuses a scene without pixels.
    pub(crate) fn check_side(side: usize) -> Result<(), Self> {
        if side > 0 {
            return Ok(());
        }
        let (what, expected) = ("side of an image", "at least 1".into());
        Err(Self::Shape { what, expected, found: "0".into() })
    }
}

impl From<counterfoil_scm::ScmError> for DataError {
    fn from(error: counterfoil_scm::ScmError) -> Self {
        Self::Scm(Box::new(error))
    }
}

impl From<counterfoil_graph::GraphError> for DataError {
    fn from(error: counterfoil_graph::GraphError) -> Self {
        Self::Graph(Box::new(error))
    }
}

/// What is wrong with the bytes of an IDX file.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum IdxError {
    /// The first four bytes are not those of an IDX file of unsigned bytes with the wanted dimensions.
    #[error(
        "the magic number is {found:#010x}, but {expected:#010x} is expected (IDX, unsigned bytes, {} dimensions)",
        expected & 0xff
    )]
    Magic {
        /// The first four bytes, big-endian.
        found: u32,
        /// What they should be.
        expected: u32,
    },
    /// The file ends too early.
    #[error("truncated: {expected} bytes are expected, only {found} are there")]
    Truncated {
        /// Bytes that the header promises, header included.
        expected: u64,
        /// Bytes found.
        found: u64,
    },
    /// The file goes on after its last item.
    #[error(
        "the header promises {expected} bytes, but more follow; the header or the file is damaged"
    )]
    Trailing {
        /// Bytes that the header promises, header included.
        expected: u64,
    },
    /// The header promises more than the reader accepts.
    #[error(
        "the header promises {promised} bytes; at most {limit} are accepted, so it is taken for damaged"
    )]
    TooLarge {
        /// Bytes that the header promises.
        promised: u64,
        /// The most that is accepted.
        limit: u64,
    },
    /// The compressed stream is damaged.
    #[error("damaged gzip stream ({0})")]
    Gzip(String),
}
