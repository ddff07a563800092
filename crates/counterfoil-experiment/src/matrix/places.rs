//! Where everything of a table lies, and writing it there.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{
    board::Board,
    markdown, page,
    plan::Plan,
    schedule::{State, Times, states},
    store::Store,
    sweep,
};
use crate::{error::Result, run_dir::write_atomic};

/// The cells of a table that is published, in its repository.
const CELLS: &str = "docs/results/cells";
/// The file that shows it there.
const MARKDOWN: &str = "docs/results.md";
/// The file of the page.
const PAGE: &str = "table.html";

/// The files of a table.
#[derive(Clone, Debug)]
pub struct Places {
    /// Finished cells.
    pub store: Store,
    /// The table for a browser.
    pub page: PathBuf,
    /// The table for the repository.
    pub markdown: PathBuf,
}

/// A cell as a list shows it.
#[derive(Clone, Debug, Serialize)]
pub struct Listed {
    /// The experiment.
    pub experiment: String,
    /// The method, or the ablation's name.
    pub name: String,
    /// The seed.
    pub seed: u64,
    /// The hash of its config.
    pub config_hash: String,
    /// `done`, `failed`, `damaged`, `blocked` or `missing`.
    pub state: &'static str,
    /// Why there is no record.
    pub reason: Option<String>,
    /// Seconds that it took, or may take.
    pub seconds: f64,
    /// Whether it would be run.
    pub selected: bool,
}

impl Places {
    /// The page of a table is under `out`, in a folder of the table's name. Its cells are `cells` if given, else those of
    /// the repository if the table is published, else beside the page; so is its Markdown, which lies beside the page too
    /// when cells are given.
    pub fn new(plan: &Plan, out: &Path, cells: Option<&Path>, markdown: Option<&Path>) -> Self {
        let folder = out.join(plan.folder());
        let published = plan.publish.as_ref().filter(|_| cells.is_none());
        let or = |given: Option<&Path>, usual: &str, own: &str| match (given, published) {
            (Some(given), _) => given.to_owned(),
            (None, Some(home)) => home.join(usual),
            (None, None) => folder.join(own),
        };
        Self {
            store: Store::new(or(cells, CELLS, "cells"), folder.join("failed")),
            markdown: or(markdown, MARKDOWN, "results.md"),
            page: folder.join(PAGE),
        }
    }

    /// Writes page and Markdown anew from the cells that are there.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self, plan: &Plan) -> Result<Board> {
        let states = states(plan, &self.store);
        let board = Board::new(plan, &states);
        let save = |file: &Path, text: &str| {
            if let Some(folder) = file.parent().filter(|folder| !folder.as_os_str().is_empty()) {
                fs_err::create_dir_all(folder)?;
            }
            write_atomic(file, text.as_bytes())
        };
        let drawings = sweep::drawings(&board)?;
        for drawing in &drawings {
            save(&self.store.drawing(&drawing.name), &drawing.svg)?;
        }
        save(&self.page, &page::render(&board, &states, &self.store, &drawings)?)?;
        save(&self.markdown, &markdown::render(&board, &self.store, &self.markdown, &drawings))?;
        Ok(board)
    }

    /// Every cell in the order in which they are run.
    ///
    /// # Errors
    /// When the folder of the cells cannot be read.
    pub fn list(&self, plan: &Plan, selected: &[bool]) -> Result<Vec<Listed>> {
        let times = Times::of(&self.store.all()?);
        let states = states(plan, &self.store);
        let listed =
            plan.cells.iter().zip(&states).zip(selected).map(|((cell, state), selected)| Listed {
                experiment: cell.experiment.clone(),
                name: cell.name.clone(),
                seed: cell.seed,
                config_hash: cell.hash.clone(),
                state: state.word(),
                reason: state.reason().map(str::to_owned),
                seconds: state.record().map_or_else(|| times.estimate(cell), |r| r.seconds),
                selected: *selected && State::runs(state),
            });
        Ok(listed.collect())
    }
}
