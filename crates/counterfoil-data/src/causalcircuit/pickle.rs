//! The byte strings of a pickle, without running it: opcodes are stepped over, and only those of byte strings are looked at.
//!
//! A pickle is a program for a stack machine that may call anything. To list the byte strings of an array of them none of it
//! is needed but their order, and the references to strings that came before (protocols 2 to 5, the part that NumPy writes).

use std::collections::BTreeMap;

/// The byte strings in the order in which the program makes them.
pub(super) fn byte_strings(pickle: &[u8]) -> Result<Vec<&[u8]>, String> {
    let mut cursor = Cursor { rest: pickle };
    let mut found = Vec::new();
    // Strings that can be referred to, by their number, and how many objects have a number.
    let mut memo: BTreeMap<u64, &[u8]> = BTreeMap::new();
    let mut numbered = 0;
    // The string on top of the stack, where there is one.
    let mut top: Option<&[u8]> = None;
    loop {
        let opcode = cursor.number(1)? as u8;
        let mut made = None;
        match opcode {
            b'C' | b'B' | 0x8e => {
                let length = cursor.number(match opcode {
                    b'C' => 1,
                    b'B' => 4,
                    _ => 8,
                })?;
                made = Some(cursor.take(length)?);
            }
            // References, and what gives numbers to objects.
            b'h' | b'j' => {
                let number = cursor.number(if opcode == b'h' { 1 } else { 4 })?;
                made = memo.get(&number).copied();
            }
            0x94 | b'q' | b'r' => {
                let number = match opcode {
                    b'q' => cursor.number(1)?,
                    b'r' => cursor.number(4)?,
                    _ => numbered,
                };
                numbered += 1;
                if let Some(bytes) = top {
                    memo.insert(number, bytes);
                }
                continue;
            }
            // Texts, and numbers of one, two, four and eight bytes.
            0x8c | b'X' => {
                let length = cursor.number(if opcode == b'X' { 4 } else { 1 })?;
                cursor.take(length)?;
            }
            0x80 | b'K' => cursor.skip(1)?,
            b'M' => cursor.skip(2)?,
            b'J' => cursor.skip(4)?,
            0x95 => {
                // A frame only announces how many bytes follow.
                cursor.skip(8)?;
                continue;
            }
            // The name of a function: two lines.
            b'c' => {
                cursor.line()?;
                cursor.line()?;
            }
            // Tuples, lists, calls, truth values.
            b'(' | b')' | b']' | b't' | b'e' | b'a' | b'b' | b'R' | b'N' | 0x85..=0x89 | 0x93 => {}
            b'.' => return Ok(found),
            other => {
                return Err(format!(
                    "the pickle of pictures holds opcode {other:#04x}, which is not read"
                ));
            }
        }
        found.extend(made);
        top = made;
    }
}

struct Cursor<'a> {
    rest: &'a [u8],
}

impl<'a> Cursor<'a> {
    fn take(&mut self, length: u64) -> Result<&'a [u8], String> {
        let split = usize::try_from(length).ok().and_then(|n| self.rest.split_at_checked(n));
        let (taken, rest) = split.ok_or("the pickle of pictures ends too early")?;
        self.rest = rest;
        Ok(taken)
    }

    fn skip(&mut self, length: u64) -> Result<(), String> {
        self.take(length).map(|_| ())
    }

    /// A little-endian number.
    fn number(&mut self, width: u64) -> Result<u64, String> {
        Ok(self.take(width)?.iter().rev().fold(0, |n, byte| n << 8 | u64::from(*byte)))
    }

    fn line(&mut self) -> Result<(), String> {
        let end = self.rest.iter().position(|b| *b == b'\n').map_or(u64::MAX, |n| n as u64 + 1);
        self.skip(end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Python: `pickle.dumps([b'ab', b'c', x, x], 2 or 4)` with `x = b'xyz'`, as its disassembler shows it.
    #[test]
    fn strings_are_listed_with_their_repetitions() {
        let modern =
            b"\x80\x04\x95\x17\0\0\0\0\0\0\0]\x94(C\x02ab\x94C\x01c\x94C\x03xyz\x94h\x03e.";
        assert_eq!(byte_strings(modern).unwrap(), [&b"ab"[..], b"c", b"xyz", b"xyz"]);
        let older = b"\x80\x03]q\x00(C\x02abq\x01B\x03\0\0\0xyzq\x02h\x02e.";
        assert_eq!(byte_strings(older).unwrap(), [&b"ab"[..], b"xyz", b"xyz"]);
    }

    #[test]
    fn what_is_not_known_is_refused() {
        assert!(byte_strings(b"\x80\x04i").unwrap_err().contains("opcode 0x69"));
        assert!(byte_strings(b"\x80\x04C\x05ab").unwrap_err().contains("ends too early"));
        assert!(byte_strings(b"").is_err());
    }

    proptest! {
        #[test]
        fn arbitrary_bytes_never_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            let _ = byte_strings(&bytes);
        }
    }
}
