//! IDX, the file format of MNIST: a magic number, the dimensions, then the numbers themselves.
//!
//! Four bytes of magic (`0 0 type ndim`), one big-endian u32 for each dimension, then the values in row-major
//! order (LeCun, Cortes and Burges, "The MNIST database of handwritten digits"). Only unsigned bytes, type 8,
//! are read. Files may be gzipped; which is seen from the content, not from the name.

use crate::{DataError, IdxError, Result};
use flate2::read::MultiGzDecoder;
use std::io::{self, Read};
use std::path::Path;

/// The most bytes of values that are read from one file, compressed or not: 256 MiB, six times the images of MNIST.
///
/// Memory grows with the bytes that are really there, to twice as much at most, so that a small compressed file cannot take
/// a GiB whatever its header says.
pub const MAX_BYTES: u64 = 1 << 28;

/// An array of unsigned bytes with `D` dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Idx<const D: usize> {
    /// The sizes, slowest first.
    pub shape: [usize; D],
    /// The values in row-major order; as many as the product of `shape`.
    pub values: Vec<u8>,
}

impl<const D: usize> Idx<D> {
    /// The bytes of an uncompressed IDX file of this array.
    ///
    /// # Panics
    /// When a side does not fit the format's 32 bits.
    pub fn encode(&self) -> Vec<u8> {
        let mut bytes = magic(D).to_be_bytes().to_vec();
        for &side in &self.shape {
            let side = u32::try_from(side)
                .unwrap_or_else(|_| panic!("a side of {side} is too long for IDX"));
            bytes.extend(side.to_be_bytes());
        }
        bytes.extend(&self.values);
        bytes
    }
}

/// The magic number of unsigned bytes in this many dimensions.
fn magic(dimensions: usize) -> u32 {
    0x0800 | dimensions as u32
}

/// Reads an IDX file with `D` dimensions, plain or gzipped.
///
/// # Errors
/// When the file cannot be opened, or with [`DataError::Idx`] when its content is not as promised.
pub fn read<const D: usize>(file: &Path) -> Result<Idx<D>> {
    let bytes = fs_err::read(file)?;
    parse(&bytes).map_err(|reason| DataError::Idx { file: file.to_owned(), reason })
}

/// Reads an IDX array with `D` dimensions from bytes, plain or gzipped.
///
/// ```
/// use counterfoil_data::idx;
///
/// let bytes = [0, 0, 8, 2, 0, 0, 0, 2, 0, 0, 0, 3, 1, 2, 3, 4, 5, 6];
/// let array = idx::parse::<2>(&bytes)?;
/// assert_eq!(array.shape, [2, 3]);
/// assert_eq!(array.values, [1, 2, 3, 4, 5, 6]);
/// assert!(idx::parse::<2>(&bytes[..17]).is_err());
/// # Ok::<(), counterfoil_data::IdxError>(())
/// ```
///
/// # Errors
/// A wrong magic number, too few or too many bytes, a promise beyond [`MAX_BYTES`], or a damaged gzip stream.
pub fn parse<const D: usize>(bytes: &[u8]) -> Result<Idx<D>, IdxError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        parse_stream(MultiGzDecoder::new(bytes))
    } else {
        parse_stream(bytes)
    }
}

fn parse_stream<const D: usize>(mut stream: impl Read) -> Result<Idx<D>, IdxError> {
    let header = 4 + 4 * D as u64;
    let mut word = |read_so_far: u64| -> Result<u32, IdxError> {
        let mut word = [0; 4];
        let found = fill(&mut stream, &mut word)?;
        if found < 4 {
            let found = read_so_far + found as u64;
            return Err(IdxError::Truncated { expected: header, found });
        }
        Ok(u32::from_be_bytes(word))
    };
    let (found, expected) = (word(0)?, magic(D));
    if found != expected {
        return Err(IdxError::Magic { found, expected });
    }
    let mut shape = [0; D];
    let mut size: u64 = 1;
    for (k, side) in shape.iter_mut().enumerate() {
        let value = word(4 + 4 * k as u64)?;
        *side = value as usize;
        size = size.saturating_mul(u64::from(value));
    }
    if size > MAX_BYTES {
        return Err(IdxError::TooLarge { promised: size, limit: MAX_BYTES });
    }
    let expected = header + size;
    let mut values = Vec::new();
    // One byte more than promised is asked for: it shows trailing data and makes gzip check its checksum.
    let found = stream.take(size + 1).read_to_end(&mut values).map_err(gzip)? as u64;
    match found.cmp(&size) {
        std::cmp::Ordering::Less => Err(IdxError::Truncated { expected, found: header + found }),
        std::cmp::Ordering::Greater => Err(IdxError::Trailing { expected }),
        std::cmp::Ordering::Equal => Ok(Idx { shape, values }),
    }
}

/// Reads until `buffer` is full or the stream ends; returns how much was read.
fn fill(stream: &mut impl Read, buffer: &mut [u8]) -> Result<usize, IdxError> {
    let mut filled = 0;
    while filled < buffer.len() {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) => break,
            Ok(n) => filled += n,
            Err(e) => return Err(gzip(e)),
        }
    }
    Ok(filled)
}

/// Reading from memory cannot fail, so an error comes from the decompressor.
#[expect(clippy::needless_pass_by_value, reason = "used as a function in map_err")]
fn gzip(error: io::Error) -> IdxError {
    IdxError::Gzip(match error.kind() {
        io::ErrorKind::UnexpectedEof => "it ends too early".to_owned(),
        _ => error.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use proptest::prelude::*;
    use std::io::Write;

    fn file(shape: &[u32], values: &[u8]) -> Vec<u8> {
        let mut bytes = vec![0, 0, 8, shape.len() as u8];
        bytes.extend(shape.iter().flat_map(|s| s.to_be_bytes()));
        bytes.extend(values);
        bytes
    }

    fn gzipped(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    proptest! {
        #[test]
        fn what_was_written_is_read(
            (a, b, values) in (0u32..9, 0u32..9).prop_flat_map(|(a, b)| {
                (Just(a), Just(b), prop::collection::vec(any::<u8>(), (a * b) as usize))
            }),
        ) {
            let bytes = file(&[a, b], &values);
            let expected = Idx { shape: [a as usize, b as usize], values };
            prop_assert_eq!(expected.encode(), bytes.clone());
            prop_assert_eq!(parse::<2>(&bytes), Ok(expected.clone()));
            prop_assert_eq!(parse::<2>(&gzipped(&bytes)), Ok(expected));
        }

        /// Every proper prefix is an error, plain and gzipped, and so is anything after the end.
        #[test]
        fn no_other_length_is_accepted(
            values in prop::collection::vec(any::<u8>(), 6), cut in 1usize..=6, extra in 1usize..40,
        ) {
            let whole = file(&[2, 3], &values);
            for bytes in [whole.clone(), gzipped(&whole)] {
                prop_assert!(parse::<2>(&bytes[..bytes.len() - cut]).is_err());
                prop_assert!(parse::<2>(&[&bytes[..], &vec![1; extra]].concat()).is_err());
            }
        }

        #[test]
        fn arbitrary_bytes_never_panic(
            bytes in prop::collection::vec(any::<u8>(), 0..200), start in 0usize..4,
        ) {
            // Valid beginnings reach further into the parser than noise alone.
            let starts: [&[u8]; 4] = [&[], &[0, 0, 8, 3], &[0x1f, 0x8b], &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]];
            let bytes = [starts[start], &bytes].concat();
            if let Ok(idx) = parse::<3>(&bytes) {
                prop_assert_eq!(idx.values.len(), idx.shape.iter().product::<usize>());
            }
            let _ = parse::<3>(&gzipped(&bytes));
        }
    }

    #[test]
    fn each_fault_is_named() {
        let good = file(&[2, 3], &[0; 6]);
        let check = |bytes: &[u8], expected: &str| {
            let message = parse::<2>(bytes).unwrap_err().to_string();
            assert!(message.contains(expected), "{message:?} does not say {expected:?}");
        };
        check(b"", "truncated: 12 bytes are expected, only 0");
        check(&good[..7], "truncated: 12 bytes are expected, only 7");
        check(&good[..14], "truncated: 18 bytes are expected, only 14");
        check(&[&good[..], b"x"].concat(), "more follow");
        check(&[b"PNG!", &good[4..]].concat(), "0x00000802 is expected");
        check(&file(&[2, 3, 1], &[0; 6]), "the magic number is 0x00000803");
        check(&file(&[u32::MAX, u32::MAX], &[]), "taken for damaged");
        let packed = gzipped(&good);
        check(&packed[..packed.len() - 9], "damaged gzip stream (it ends too early)");
        let mut flipped = packed;
        let checksum = flipped.len() - 8;
        flipped[checksum] ^= 1;
        check(&flipped, "damaged gzip stream");
    }

    /// A stream that unpacks to far more than its header promises stops at the promise.
    #[test]
    fn a_gzip_bomb_is_not_unpacked() {
        let bomb = gzipped(&file(&[2, 3], &vec![0; 1 << 24]));
        assert_eq!(parse::<2>(&bomb), Err(IdxError::Trailing { expected: 18 }));
    }
}
