//! What every target asks of a reader.

use counterfoil_graph::{
    GraphError,
    formats::{Described, Format},
};

/// A refusal has a place in the text. What was read comes back from every format that can hold it.
pub fn comes_back(read: Result<Described, GraphError>) {
    match read {
        Ok(described) => {
            Format::ALL.into_iter().for_each(|format| written(format, &described));
            let _ = described.observed();
        }
        // These concern the graph as a whole.
        Err(GraphError::Cycle { .. } | GraphError::UnknownFormat) => {}
        Err(error) => assert!(error.position().is_some(), "{error}"),
    }
}

/// Writes the graph and reads it again; the three richest formats may not say that they cannot hold it.
fn written(format: Format, described: &Described) {
    match format.write(described) {
        Ok(text) => {
            assert_eq!(format.read(&text).as_ref(), Ok(described), "{format:?} {text}");
            assert!(text.is_empty() || Format::detect(&text) == Some(format), "{text}");
        }
        Err(error) => {
            let bare = matches!(format, Format::Bif | Format::Statements);
            let cannot = match error {
                GraphError::Unwritable { .. } => bare || format == Format::Dagitty,
                GraphError::Cycle { .. } => bare,
                _ => false,
            };
            assert!(cannot, "{format:?} {error}");
        }
    }
}
