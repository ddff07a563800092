//! One page that a person enjoys: what a run was, what came out, and how sure one can be, in a single file.
//!
//! ```text
//! run directory -> Material -> { curves, graph_drawing, pictures, tables, headline } -> Page -> report.html
//! ```
//!
//! The page is made from what lies in the run directory alone, so it can be written again years later, with no data set
//! and no model at hand. It asks nothing of the network: pictures are data URIs, curves are inline SVG, and there are no
//! scripts. A part that a run does not have (yet) is left out; a part that is damaged is left out and named.

mod change_tables;
mod code_tables;
mod curves;
mod graph_drawing;
mod headline;
mod material;
mod page;
mod pictures;
mod tables;

use std::path::PathBuf;

use crate::{
    error::Result,
    run_dir::{RunDir, write_atomic},
};
use material::Material;

/// The file of the report inside a run directory.
pub const REPORT_FILE: &str = "report.html";

/// Writes the report of `run` anew and returns where it lies.
///
/// # Errors
/// When the run has no manifest or a damaged one, or the report cannot be written. Everything else may be missing.
pub fn write(run: &RunDir) -> Result<PathBuf> {
    let material = Material::read(run)?;
    let path = run.file(REPORT_FILE);
    write_atomic(&path, page::render(&material)?.as_bytes())?;
    Ok(path)
}
