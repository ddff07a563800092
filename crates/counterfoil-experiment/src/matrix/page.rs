//! A table for a browser: one self-contained page that fetches nothing.

use base64::{Engine, engine::general_purpose::STANDARD};
use minijinja::{Environment, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use super::{
    board::{Board, Line, Part},
    schedule::State,
    store::Store,
    strip::Strip,
    sweep::Drawing,
};
use crate::error::{ExperimentError, Result};

/// Its name ends with `.html`, which is what turns escaping on.
const TEMPLATE: &str = "table.html";
/// Pixels of the screen that a column of a picture takes, so that its heading can be read.
const COLUMN: usize = 82;

#[derive(Debug, Serialize)]
struct Page<'a> {
    board: &'a Board,
    sections: Vec<Section<'a>>,
    command: String,
    missing: usize,
}

#[derive(Debug, Serialize)]
struct Section<'a> {
    part: &'a Part,
    title: String,
    rows: Vec<Row<'a>>,
    pictures: Vec<Picture<'a>>,
    /// Drawings as data URIs.
    drawings: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Row<'a> {
    line: &'a Line,
    status: String,
    /// Why seeds have no record.
    reasons: Vec<String>,
}

#[derive(Debug, Serialize)]
struct Picture<'a> {
    name: &'a str,
    seed: u64,
    strip: &'a Strip,
    /// A data URI: letters, digits and `+/=` only, so it needs no escaping.
    src: String,
    width: usize,
}

/// The page of a table whose cells stand as `states` say; pictures come from `store`, those of sweeps from `drawings`.
///
/// # Errors
/// When the page cannot be laid out. A picture that is missing or no picture is left out.
pub fn render(
    board: &Board,
    states: &[State],
    store: &Store,
    drawings: &[Drawing],
) -> Result<String> {
    let of = |(number, part)| Section {
        drawings: drawings
            .iter()
            .filter(|drawing| drawing.section == number)
            .map(|drawing| format!("data:image/svg+xml;base64,{}", STANDARD.encode(&drawing.svg)))
            .collect(),
        ..section(part, states, store)
    };
    let sections: Vec<Section<'_>> = board.sections.iter().enumerate().map(of).collect();
    let missing = board.cells - board.done;
    let page = Page { board, sections, command: board.command(), missing };
    let mut environment = Environment::new();
    let rendered =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.add_template(TEMPLATE, include_str!("table.html"))?;
            environment.get_template(TEMPLATE)?.render(Serde(page))
        });
    rendered.map_err(|error| ExperimentError::BrokenRun {
        path: TEMPLATE.into(),
        reason: format!("cannot be laid out: {error:#}"),
    })
}

fn section<'a>(part: &'a Part, states: &'a [State], store: &Store) -> Section<'a> {
    let row = |line: &'a Line| Row { line, status: line.status(), reasons: line.reasons() };
    let rows = part.rows.iter().map(row).collect();
    let pictures = part.rows.iter().filter_map(|line| picture(line, states, store)).collect();
    Section { part, title: part.title(), rows, pictures, drawings: Vec::new() }
}

fn picture<'a>(line: &'a Line, states: &'a [State], store: &Store) -> Option<Picture<'a>> {
    let (hash, seed) = line.picture.as_ref()?;
    let record = states.iter().filter_map(State::record).find(|r| r.config_hash == *hash)?;
    let strip = record.picture.as_ref()?;
    let bytes = fs_err::read(store.picture(hash)).ok()?;
    let bytes = bytes.starts_with(b"\x89PNG\r\n\x1a\n").then_some(bytes)?;
    let src = format!("data:image/png;base64,{}", STANDARD.encode(bytes));
    Some(Picture { name: &line.name, seed: *seed, strip, src, width: strip.columns.len() * COLUMN })
}
