//! NumPy's array files inside an archive: the header, and numbers in little-endian order.

use std::io::Read;

/// The most bytes that one array may unpack to: 16 GiB, four times the published archive.
const LIMIT: u64 = 16 << 30;
/// And how many times the size of its archive, which neither numbers nor pictures come near.
const RATIO: u64 = 64;

/// The bytes of the array `name` in an archive of `size` bytes.
pub(super) fn entry<R: Read + std::io::Seek>(
    zip: &mut zip::ZipArchive<R>,
    name: &str,
    size: u64,
) -> Result<Vec<u8>, String> {
    let limit = LIMIT.min(size.saturating_mul(RATIO));
    let entry =
        zip.by_name(&format!("{name}.npy")).map_err(|e| format!("no array {name} ({e})"))?;
    let mut bytes = Vec::new();
    let read = entry.take(limit + 1).read_to_end(&mut bytes);
    let read = read.map_err(|e| format!("{name} is damaged ({e})"))?;
    if read as u64 > limit {
        return Err(format!("{name} unpacks to more than {limit} bytes and is taken for damaged"));
    }
    Ok(bytes)
}

/// An array of numbers.
#[derive(Debug, PartialEq)]
pub(super) struct Floats {
    pub(super) shape: Vec<usize>,
    pub(super) values: Vec<f64>,
}

/// Reads an array of single or double precision.
pub(super) fn floats(bytes: &[u8]) -> Result<Floats, String> {
    let (kind, shape, data) = header(bytes)?;
    let count = shape.iter().try_fold(1usize, |n, side| n.checked_mul(*side));
    let width = match kind {
        "<f4" => 4,
        "<f8" => 8,
        other => return Err(format!("an array of {other}, not of <f4 or <f8")),
    };
    if count.and_then(|n| n.checked_mul(width)) != Some(data.len()) {
        return Err(format!("{} bytes for the shape {shape:?}", data.len()));
    }
    let value = |chunk: &[u8]| match *chunk {
        [a, b, c, d] => f64::from(f32::from_le_bytes([a, b, c, d])),
        [a, b, c, d, e, f, g, h] => f64::from_le_bytes([a, b, c, d, e, f, g, h]),
        _ => f64::NAN,
    };
    Ok(Floats { shape, values: data.chunks_exact(width).map(value).collect() })
}

/// The shape of an array of objects, and the pickle that holds them.
pub(super) fn objects(bytes: &[u8]) -> Result<(Vec<usize>, &[u8]), String> {
    match header(bytes)? {
        ("|O", shape, data) => Ok((shape, data)),
        (other, ..) => Err(format!("an array of {other}, not of objects")),
    }
}

/// Kind of element, shape and data of an array in C order (format of NumPy's NEP 1).
fn header(bytes: &[u8]) -> Result<(&str, Vec<usize>, &[u8]), String> {
    let damaged = || "the header of an array is damaged".to_owned();
    let rest = bytes.strip_prefix(b"\x93NUMPY").ok_or("no NumPy array")?;
    let (length, rest) = match rest {
        [1, _, a, b, rest @ ..] => (usize::from(u16::from_le_bytes([*a, *b])), rest),
        [2 | 3, _, a, b, c, d, rest @ ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, rest),
        _ => return Err(damaged()),
    };
    let (text, data) = rest.split_at_checked(length).ok_or_else(damaged)?;
    let text = std::str::from_utf8(text).map_err(|_| damaged())?;
    let after = |key: &str| text.split_once(key).map(|(_, rest)| rest.trim_start());
    let kind = after("'descr':").and_then(|t| t.strip_prefix('\'')?.split('\'').next());
    let kind = kind.ok_or_else(damaged)?;
    if !after("'fortran_order':").is_some_and(|t| t.starts_with("False")) {
        return Err("an array in Fortran order".to_owned());
    }
    let shape = after("'shape':").and_then(|t| t.strip_prefix('(')?.split(')').next());
    let sides = shape.ok_or_else(damaged)?.split(',').map(str::trim).filter(|s| !s.is_empty());
    let shape = sides.map(|side| side.parse().map_err(|_| damaged())).collect::<Result<_, _>>()?;
    Ok((kind, shape, data))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn array(header: &str, data: &[u8]) -> Vec<u8> {
        let length = (header.len() as u16).to_le_bytes();
        [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), data].concat()
    }

    #[test]
    fn numbers_are_read() {
        let head = "{'descr': '<f4', 'fortran_order': False, 'shape': (1, 2), }\n";
        let data = [1.5f32.to_le_bytes(), (-2.0f32).to_le_bytes()].concat();
        let found = floats(&array(head, &data)).unwrap();
        assert_eq!(found, Floats { shape: vec![1, 2], values: vec![1.5, -2.0] });
        let check = |header: &str, expected: &str| {
            let message = floats(&array(header, &data)).unwrap_err();
            assert!(message.contains(expected), "{message}");
        };
        check(&head.replace("(1, 2)", "(3,)"), "8 bytes for the shape [3]");
        check(&head.replace("<f4", "<i8"), "an array of <i8");
        check(&head.replace("False", "True"), "Fortran");
        check(&head.replace("shape", "shade"), "damaged");
        check(&head.replace("(1, 2)", "(99999999999, 99999999999)"), "8 bytes for the shape");
        assert!(floats(b"PK").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(tail in prop::collection::vec(any::<u8>(), 0..120), text in "[{}'a-z:<f48,() 0-9]{0,60}") {
            let _ = floats(&tail);
            let _ = floats(&array(&text, &tail));
            let _ = objects(&[&b"\x93NUMPY"[..], &tail].concat());
        }
    }
}
