//! What a model costs: of the machine that it ran on, and not ranked.

use crate::matrix::{
    figures::{Column, Form, Goal, Side},
    store::Record,
};

pub(super) const COSTS: [Column; 4] = [
    cost("parameters", "parameters", "numbers", "that are trained", Form::Count, |record| {
        record.summary.parameters.map(|n| n as f64)
    }),
    cost("training", "training", "s", "of training alone", Form::Count, |r| Some(r.training_s)),
    cost(
        "evaluation",
        "evaluation",
        "s",
        "of the judges' training and of every counterfactual",
        Form::Count,
        |record| Some(record.summary.evaluation_s),
    ),
    cost(
        "memory",
        "memory",
        "MiB",
        "the most that the process held at once",
        Form::Count,
        |record| record.summary.peak_rss_mib,
    ),
];

const fn cost(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    form: Form,
    cost: fn(&Record) -> Option<f64>,
) -> Column {
    let (goal, side) = (Goal::Cost, Side::Code);
    Column { key, title, unit, about, goal, form, side, measure: |_, _| None, cost }
}
