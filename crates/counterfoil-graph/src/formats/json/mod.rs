//! Graphs as JSON objects: `{"nodes": ["X", "Y"], "directed": [["X", "Y"]], "bidirected": []}`.

mod read;
mod tokens;
mod write;

pub(super) use read::read;
pub(super) use write::write;

use super::Part;

/// The lists of pairs and the marks that they stand for.
const DIRECTED: &str = "directed";
const BIDIRECTED: &str = "bidirected";
const UNDIRECTED: &str = "undirected";

/// The key of the list of variables that have a part.
fn list_of(part: Part) -> &'static str {
    match part {
        Part::Exposure => "exposures",
        Part::Outcome => "outcomes",
        Part::Adjusted => "adjusted",
        Part::Selected => "selected",
    }
}
