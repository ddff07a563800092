//! What every target asks of a format.

use counterfoil_graph::formats::{Described, Format};

/// Reads `text`; where that succeeds, it must write and read back as the same graph, in the format itself unless that
/// cannot hold it, and in DOT.
pub fn reads_back(format: Format, text: &str) {
    match format.read(text) {
        Err(error) => assert!(!error.to_string().is_empty()),
        Ok(described) => {
            if let Ok(written) = format.write(&described) {
                assert_eq!(format.read(&written).as_ref(), Ok(&described), "{written}");
            }
            same(&described);
        }
    }
}

/// DOT can hold everything.
pub fn same(described: &Described) {
    let back = Format::Dot.write(described).and_then(|written| Format::Dot.read(&written));
    assert_eq!(back.as_ref(), Ok(described));
    let _ = described.observed();
}
