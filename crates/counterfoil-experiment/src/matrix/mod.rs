//! Many runs as one table: methods by worlds by seeds, each run once, kept by its config hash, and shown side by side.
//!
//! ```text
//! table.toml -> Plan -> Store (what is there) -> perform (what is missing, in the time given) -> Board -> page, markdown
//! ```
//!
//! A *cell* is one run: an experiment, a method (or an ablation), a seed. Its outcome is kept as a [`Record`] in a folder
//! of its own, named by the hash of the resolved config, so equal questions are never run twice, in whatever table they
//! stand. A table is made from records alone; no run directory is needed to write it again.
//!
//! | idea | module |
//! |---|---|
//! | the file of a table, checked, and its cells | [`plan`] |
//! | which cells are meant by names | `select` |
//! | finished cells on disk | [`store`] |
//! | a picture small enough to be kept with them | [`strip`] |
//! | which cell is next, and whether it can still end | [`schedule`] |
//! | one cell in a process of its own | [`child`] |
//! | cells dealt to several processes | [`deal`](mod@deal) |
//! | what a column is: a figure of a summary, and which way is better | [`figures`] |
//! | the columns | [`columns`] |
//! | rows of means, intervals and ranks | [`board`] |
//! | the table for a browser, and for the repository | [`page`], [`markdown`] |
//! | one key over a range of values, as lines | [`sweep`] |
//! | where all of it lies | [`places`] |

pub mod board;
pub mod child;
pub mod columns;
pub mod deal;
pub mod figures;
mod file;
pub mod markdown;
pub mod page;
pub mod places;
pub mod plan;
pub mod schedule;
mod select;
pub mod store;
pub mod strip;
pub mod sweep;

pub use self::{
    board::Board,
    child::Children,
    deal::{deal, together},
    places::Places,
    plan::{Cell, Plan},
    schedule::{Budget, Outcome, perform},
    store::{Failure, Record, Store},
};
