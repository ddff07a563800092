//! The columns of a table: each a mean over what a summary holds of one kind, with the way in which it is better.

use indexmap::IndexMap;

use super::store::Record;
use crate::evaluate::{
    plan::EXTRAPOLATED,
    summary::{Effect, Ends, Summary},
};

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// 0 is perfect.
    Low,
    /// More is better.
    High,
    /// 1 is right, more and less are not.
    One,
    /// A cost, which depends on the machine: it is not ranked.
    Cost,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Three digits, or as many as the interval allows.
    Number,
    /// A share in percent.
    Percent,
    /// Seconds.
    Seconds,
    /// MiB.
    Mebibytes,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name that a machine reads.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Which way is better.
    pub goal: Goal,
    /// How it is written.
    pub form: Form,
    measure: fn(&Summary, &Ranges) -> Option<Figure>,
    cost: fn(&Record) -> Option<f64>,
}

/// The width of each variable's declared range.
pub type Ranges = IndexMap<String, f64>;

/// A figure of one cell, with its 95 % interval where one is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// The mean ends of the intervals behind it: never narrower than the interval of a mean.
    pub ends: Option<Ends>,
}

impl Column {
    /// The figure of a cell; nothing where its world or its method has none.
    pub fn figure(&self, record: &Record, ranges: &Ranges) -> Option<Figure> {
        let figure = match self.goal {
            Goal::Cost => (self.cost)(record).map(|value| Figure { value, ends: None }),
            _ => (self.measure)(&record.summary, ranges),
        };
        figure.filter(|figure| figure.value.is_finite())
    }

    /// How far from perfect a value is; the smaller the better.
    pub fn badness(&self, value: f64) -> f64 {
        match self.goal {
            Goal::Low | Goal::Cost => value,
            Goal::High => -value,
            Goal::One => (value - 1.0).abs(),
        }
    }
}

/// All columns, in their order.
pub const COLUMNS: [Column; 13] = [
    figure(
        "effect",
        "effect error",
        "share of leaving as is",
        "mean over do(i) and every variable j that it concerns: the error of j in the new image against \
         its true counterfactual value, divided by that of the unchanged image",
        Goal::Low,
        |summary, _| effects(summary, |_, _| true),
    ),
    figure(
        "descendants",
        "on descendants",
        "share of leaving as is",
        "the same over the variables that follow from what is set, and are not set themselves",
        Goal::Low,
        |summary, _| effects(summary, |set, measured| set != measured),
    ),
    figure(
        "slope",
        "abduction slope",
        "1 is right",
        "how much of an image's own exogenous intensity its counterfactual keeps: 1 all, 0 nothing",
        Goal::One,
        |summary, _| {
            let ends = summary.intervals.get("abduction_slope").copied();
            summary.abduction_slope.map(|value| Figure { value, ends })
        },
    ),
    figure(
        "abduction",
        "abduction",
        "1 is best",
        "mean over variables with causes: rank correlation of the exogenous noise that the code of an image \
         holds with the true one",
        Goal::High,
        |summary, _| {
            let each = summary.abduction.values();
            mean(each.map(|a| Figure { value: a.correlation, ends: Some(a.ci95) }))
        },
    ),
    figure(
        "image",
        "image error",
        "share of leaving as is",
        "mean absolute error against the re-rendered true counterfactual image, divided by that of the \
         unchanged image",
        Goal::Low,
        |summary, _| {
            let error = &summary.image_error.as_ref()?.all;
            Some(Figure { value: error.share?, ends: error.share_ci95 })
        },
    ),
    figure(
        "composition",
        "composition",
        "mean squared error",
        "pixels in [0, 1], after encoding and decoding once with nothing set",
        Goal::Low,
        |summary, _| {
            let ends = summary.intervals.get("composition_1").copied();
            Some(Figure { value: summary.composition_1, ends })
        },
    ),
    Column {
        form: Form::Percent,
        ..figure(
            "class",
            "class kept",
            "of the images",
            "mean over do(i): counterfactual images whose recognised class is that of the image",
            Goal::High,
            |summary, _| {
                let single = summary.identity_kept.iter().filter(|(set, _)| is_single(set));
                mean(single.map(|(_, kept)| Figure { value: kept.abducted, ends: Some(kept.ci95) }))
            },
        )
    },
    Column {
        form: Form::Percent,
        ..figure(
            "reading",
            "latent reading",
            "of the declared range",
            "mean over variables: the error of the label read off the latents, divided by the width of \
             the variable's declared range",
            Goal::Low,
            |summary, ranges| {
                mean(summary.latent_reading.iter().filter_map(|(name, reading)| {
                    let width = *ranges.get(name).filter(|width| **width > 0.0)?;
                    let ends = reading.ci95.map(|end| end / width);
                    Some(Figure { value: reading.mae / width, ends: Some(ends) })
                }))
            },
        )
    },
    figure(
        "drift",
        "drift",
        "share of a redraw",
        "mean over do(i) and every variable that should stay: how far it moved, divided by how far it \
         moves in a model that draws it anew",
        Goal::Low,
        |summary, _| {
            let single = summary.drift.iter().filter(|(set, _)| is_single(set));
            mean(single.flat_map(|(_, row)| row.values()).filter_map(|drift| {
                let redraw = drift.redraw.filter(|redraw| *redraw > 0.0)?;
                Some(Figure { value: drift.share?, ends: Some(drift.ci95.map(|end| end / redraw)) })
            }))
        },
    ),
    figure(
        "disentanglement",
        "disentanglement",
        "1 is best",
        "whether each block of the code tells of one variable alone (DCI, boosted trees)",
        Goal::High,
        |summary, _| {
            let scores = summary.disentanglement.as_ref()?;
            Some(Figure { value: scores.disentanglement, ends: None })
        },
    ),
    cost("training", "training", "s", "of training alone", Form::Seconds, |r| Some(r.training_s)),
    cost(
        "evaluation",
        "evaluation",
        "s",
        "of the judges' training and of every counterfactual",
        Form::Seconds,
        |record| Some(record.summary.evaluation_s),
    ),
    cost(
        "memory",
        "memory",
        "MiB",
        "the most that the process held at once",
        Form::Mebibytes,
        |record| record.summary.peak_rss_mib,
    ),
];

const fn figure(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    goal: Goal,
    measure: fn(&Summary, &Ranges) -> Option<Figure>,
) -> Column {
    Column { key, title, unit, about, goal, form: Form::Number, measure, cost: |_| None }
}

const fn cost(
    key: &'static str,
    title: &'static str,
    unit: &'static str,
    about: &'static str,
    form: Form,
    cost: fn(&Record) -> Option<f64>,
) -> Column {
    Column { key, title, unit, about, goal: Goal::Cost, form, measure: |_, _| None, cost }
}

/// One variable, in the range that the data support.
fn is_single(set: &str) -> bool {
    !set.contains('+') && !set.ends_with(EXTRAPOLATED)
}

/// The mean share of the effects of single interventions that `counts` takes.
fn effects(summary: &Summary, counts: impl Fn(&str, &str) -> bool) -> Option<Figure> {
    let figure = |effect: &Effect| Some(Figure { value: effect.share?, ends: effect.share_ci95 });
    let single = summary.effectiveness.iter().filter(|(set, _)| is_single(set));
    let pairs = single.flat_map(|(set, row)| row.iter().map(move |(m, effect)| (set, m, effect)));
    mean(pairs.filter(|(set, m, _)| counts(set, m)).filter_map(|(_, _, effect)| figure(effect)))
}

/// The mean of figures and of the ends of their intervals; no interval where one of them has none.
pub(super) fn mean(figures: impl Iterator<Item = Figure>) -> Option<Figure> {
    let figures: Vec<Figure> = figures.collect();
    let n = figures.len() as f64;
    let ends: Option<Vec<Ends>> = figures.iter().map(|figure| figure.ends).collect();
    let end = |k: usize| ends.as_ref().map(|ends| ends.iter().map(|e| e[k]).sum::<f64>() / n);
    let value = figures.iter().map(|figure| figure.value).sum::<f64>() / n;
    (n > 0.0).then(|| Figure { value, ends: end(0).zip(end(1)).map(|(low, high)| [low, high]) })
}
