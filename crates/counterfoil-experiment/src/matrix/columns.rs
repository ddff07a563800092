//! The columns of a table, in their order: what became of images, what the code holds and what a model promises of itself,
//! what it costs, and the scores by which other papers compare.

mod code;
mod costs;
mod images;
mod scores;

use self::{code::CODE, costs::COSTS, images::IMAGES, scores::SCORES};
use super::figures::{Column, Figure, Form, Goal, Side, World, mean};
use crate::evaluate::summary::{Following, Summary};

/// All columns, in their order.
pub fn all() -> impl Iterator<Item = &'static Column> {
    IMAGES.iter().chain(&CODE).chain(&COSTS).chain(&SCORES)
}

/// A figure of images.
const fn figure(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    goal: Goal,
    measure: fn(&Summary, &World) -> Option<Figure>,
) -> Column {
    let (form, side) = (Form::Number, Side::Images);
    Column { key, title, unit, about, goal, form, side, measure, cost: |_| None }
}

/// A figure that stands with those of the code.
const fn code(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    goal: Goal,
    measure: fn(&Summary, &World) -> Option<Figure>,
) -> Column {
    Column { side: Side::Code, ..figure(key, title, unit, about, goal, measure) }
}

/// A figure that others report, with those.
const fn score(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    goal: Goal,
    measure: fn(&Summary, &World) -> Option<Figure>,
) -> Column {
    Column { side: Side::Scores, ..figure(key, title, unit, about, goal, measure) }
}

/// A value whose interval stands under `name`.
fn estimated(summary: &Summary, name: &str, value: f64) -> Figure {
    Figure { value, ends: summary.intervals.get(name).copied() }
}

/// The mean over variables of what `of` takes from how they follow.
fn following(summary: &Summary, of: impl Fn(&Following) -> Option<f64>) -> Option<Figure> {
    let each = summary.following.values().filter_map(of);
    mean(each.map(|value| Figure { value, ends: None }))
}
