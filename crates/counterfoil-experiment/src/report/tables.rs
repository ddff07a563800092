//! The figures of an evaluation, grouped by the question that they answer, each beside what it must be read against.

use counterfoil_autoencoder::Calibration;
use serde::Serialize;

use super::{
    change_tables::{following, interaction, minimality, resemblance},
    code_tables::{abduction, disentanglement, identification, leakage, separation, uncertainty},
};
use crate::evaluate::{
    plan::EXTRAPOLATED,
    summary::{Effect, Ends, ImageError, Kept, Reading, Reference, Summary},
};
use crate::numbers::{NONE, estimate, number, percent, with_unit};

/// A question with its answers.
#[derive(Debug, Serialize)]
pub(super) struct Section {
    pub(super) question: &'static str,
    /// How to read the answers.
    pub(super) about: &'static str,
    pub(super) tables: Vec<Table>,
}

/// Rows of figures.
#[derive(Debug, Default, Serialize)]
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// The head of a column; what it means stands in `about`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(super) struct Column {
    pub(super) title: &'static str,
    pub(super) about: &'static str,
}

/// One entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(super) struct Cell {
    pub(super) text: String,
    /// The 95 % interval.
    pub(super) interval: Option<String>,
    /// Drawn as a bar: parts of the width from the left for the value and for the interval's ends.
    pub(super) bar: Option<Bar>,
    /// A name and not a number.
    pub(super) head: bool,
}

/// A share as a bar: 1 is what leaving the image as it is gives.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Bar {
    /// Percent of the full width, at most 100.
    pub(super) value: f64,
    /// Where the interval begins, in percent.
    pub(super) low: f64,
    /// How wide it is, in percent.
    pub(super) spread: f64,
}

impl Cell {
    pub(super) fn text(text: impl Into<String>) -> Self {
        Self { text: text.into(), ..Self::default() }
    }

    pub(super) fn head(text: impl Into<String>) -> Self {
        Self { head: true, ..Self::text(text) }
    }

    pub(super) fn number(x: Option<f64>) -> Self {
        Self::text(x.map_or(NONE.into(), number))
    }

    pub(super) fn percent(x: Option<f64>, ends: Option<Ends>) -> Self {
        let interval = ends.map(|e| format!("{} to {}", percent(e[0], 1), percent(e[1], 1)));
        Self { interval, ..Self::text(x.map_or(NONE.into(), |x| percent(x, 1))) }
    }

    pub(super) fn estimate(x: f64, ends: Option<Ends>, unit: Option<&str>) -> Self {
        match ends {
            Some(ends) => {
                let (text, interval) = estimate(x, ends);
                Self { interval: Some(interval), ..Self::text(with_unit(&text, unit)) }
            }
            None => Self::text(with_unit(&number(x), unit)),
        }
    }

    fn share(x: Option<f64>, ends: Option<Ends>) -> Self {
        let Some(x) = x else { return Self::text(NONE) };
        let part = |x: f64| if x.is_finite() { (100.0 * x).clamp(0.0, 100.0).round() } else { 0.0 };
        let bar = |[low, high]: Ends| Bar {
            value: part(x),
            low: part(low),
            spread: (part(high) - part(low)).max(0.0),
        };
        Self { bar: Some(bar(ends.unwrap_or([x, x]))), ..Self::estimate(x, ends, None) }
    }
}

/// `thickness+intensity` as `do(thickness, intensity)`, and where its values come from.
pub(super) fn intervention(name: &str) -> String {
    match name.strip_suffix(EXTRAPOLATED) {
        Some(name) => format!("do({}), extrapolated", name.replace('+', ", ")),
        None => format!("do({})", name.replace('+', ", ")),
    }
}

const MEASURED: Column = Column { title: "measured", about: "what is read off the new image" };
const UNCHANGED: Column = Column {
    title: "left as is",
    about: "the error of answering with the unchanged image, by the same measurement",
};
const SHARE: Column = Column {
    title: "share of left as is",
    about: "error divided by that of the unchanged image: 0 is perfect, 1 is doing nothing",
};
pub(super) const DO: Column = Column { title: "intervention", about: "one random value an image" };

pub(super) fn column(title: &'static str, about: &'static str) -> Column {
    Column { title, about }
}

/// All questions that the summary answers, and what the calibration adds.
pub(super) fn sections(summary: &Summary, calibration: Option<&Calibration>) -> Vec<Section> {
    let all = [
        Section {
            question: "Does the intervention arrive?",
            about: "Each held-out image is asked for one random value; the new image is measured \
                    and compared with the value that it should have. For what is an effect of \
                    what was set, that is the true counterfactual value.",
            tables: vec![
                effects(summary),
                following(summary),
                images(summary),
                resemblance(summary),
                interaction(summary),
            ],
        },
        Section {
            question: "Does the rest stay?",
            about: "What is no effect of the intervention should be in the new image as it was in \
                    the old one.",
            tables: vec![drift(summary), classes(summary), minimality(summary)],
        },
        Section {
            question: "Is the exogenous noise kept?",
            about: "An effect must follow its cause in this image's own way, with the noise that \
                    this image was made with, and not in the average way or a random one.",
            tables: vec![abduction(summary), slope(summary), noise(summary), uncertainty(summary)],
        },
        Section {
            question: "Does the image come back?",
            about: "Mean squared error, pixels from 0 to 1, where nothing should have changed.",
            tables: vec![returns(summary)],
        },
        Section {
            question: "What do the latents hold?",
            about: "Labels read from the code of an image, before any image is drawn; and what \
                    other parts of the code tell of labels that they should not carry.",
            tables: vec![
                readings(summary, calibration),
                disentanglement(summary),
                separation(summary),
                leakage(summary),
            ],
        },
        Section {
            question: "Can data tell?",
            about: "What the graph with its hidden causes says of the effects that were asked for. Where \
                    data cannot tell an effect, or the model's mechanism takes a hidden common cause \
                    for a part of it, the model's answer is one of many that all data fit.",
            tables: vec![identification(summary)],
        },
        Section {
            question: "How good are the measurements?",
            about: "Measurements of real held-out images against their labels; the errors above \
                    hold these as well.",
            tables: vec![judges(summary)],
        },
    ];
    let filled = all.into_iter().map(|mut section| {
        section.tables.retain(|table| !table.rows.is_empty());
        section
    });
    filled.filter(|section| !section.tables.is_empty()).collect()
}

/// Every effect that an intervention should have, in the order of the summary.
pub(super) fn wanted_effects(summary: &Summary) -> impl Iterator<Item = (&str, &str, &Effect)> {
    summary
        .effectiveness
        .iter()
        .flat_map(|(name, row)| row.iter().map(move |(m, e)| (name.as_str(), m.as_str(), e)))
        .filter(|(_, _, effect)| effect.share.is_some())
}

fn effects(summary: &Summary) -> Table {
    let row = |(name, measured, e): (&str, &str, &Effect)| {
        vec![
            Cell::head(intervention(name)),
            Cell::head(measured),
            Cell::estimate(e.mae, Some(e.ci95), e.unit.as_deref()),
            Cell::number(Some(e.leave_as_is)),
            Cell::number(Some(e.oracle_mae)),
            Cell::share(e.share, e.share_ci95),
            Cell::number(e.latent.map(|l| l.share)),
        ]
    };
    Table {
        caption: "Mean absolute error of the measured value".into(),
        columns: vec![
            DO,
            MEASURED,
            column("error", "mean absolute error, with its 95 % interval"),
            UNCHANGED,
            column("measurement itself", "the error of the measurement on real images"),
            SHARE,
            column(
                "share in the latents",
                "the same for the value that the latents hold after acting",
            ),
        ],
        rows: wanted_effects(summary).map(row).collect(),
    }
}

fn images(summary: &Summary) -> Table {
    let Some(errors) = &summary.image_error else { return Table::default() };
    let all = ("all together".to_owned(), &errors.all);
    let by = errors.by.iter().map(|(name, error)| (intervention(name), error));
    let row = |(name, e): (String, &ImageError)| {
        vec![
            Cell::head(name),
            Cell::estimate(e.mae, Some(e.ci95), None),
            Cell::number(Some(e.leave_as_is)),
            Cell::share(e.share, e.share_ci95),
            Cell::number(e.ssim),
            Cell::number(e.ssim_leave_as_is),
            Cell::number(e.psnr),
            Cell::number(e.psnr_leave_as_is),
        ]
    };
    Table {
        caption: "The new image against the true counterfactual image".into(),
        columns: vec![
            DO,
            column("error", "mean absolute error of pixels from 0 to 1, with its 95 % interval"),
            UNCHANGED,
            SHARE,
            column("similarity", "structural similarity (SSIM): 1 is equal"),
            column("similarity, left as is", "that of the unchanged image"),
            column(
                "signal to noise",
                "peak signal-to-noise ratio (PSNR) in decibels: more is better",
            ),
            column("signal to noise, left as is", "that of the unchanged image"),
        ],
        rows: by.chain(std::iter::once(all)).map(row).collect(),
    }
}

fn drift(summary: &Summary) -> Table {
    let rows = summary.drift.iter().flat_map(|(name, row)| {
        row.iter().map(move |(measured, d)| {
            vec![
                Cell::head(intervention(name)),
                Cell::head(measured),
                Cell::estimate(d.mae, Some(d.ci95), d.unit.as_deref()),
                Cell::number(d.redraw),
                Cell::share(d.share, None),
                Cell::number(summary.judges.mae.get(measured).copied()),
            ]
        })
    });
    Table {
        caption: "How far a variable moved that should stay".into(),
        columns: vec![
            DO,
            MEASURED,
            column("moved by", "mean absolute difference before and after, with its 95 % interval"),
            column("if redrawn", "in a model that draws the variable anew, given what was set"),
            column("share of redrawn", "0 is perfect, 1 is drawing the variable anew"),
            column("measurement itself", "the error of the measurement on real images"),
        ],
        rows: rows.collect(),
    }
}

fn classes(summary: &Summary) -> Table {
    let row = |(name, kept): (&String, &Kept)| {
        vec![
            Cell::head(intervention(name)),
            Cell::percent(Some(kept.abducted), Some(kept.ci95)),
            Cell::percent(kept.fresh, kept.fresh_ci95),
            Cell::percent(summary.judges.class_accuracy, None),
        ]
    };
    Table {
        caption: "Images whose recognised class stays".into(),
        columns: vec![
            DO,
            column("with its own noise", "decoded from the abducted noise, with the 95 % interval"),
            column("with fresh noise", "decoded from noise that was drawn anew"),
            column("recognised on real images", "how often the classifier is right"),
        ],
        rows: summary.identity_kept.iter().map(row).collect(),
    }
}

fn slope(summary: &Summary) -> Table {
    let row = |slope: f64| {
        let ends = summary.intervals.get("abduction_slope").copied();
        vec![
            Cell::head("slope"),
            Cell::estimate(slope, ends, None),
            Cell::text("1"),
            Cell::text("0"),
        ]
    };
    Table {
        caption: "Abduction slope: the new image's own brightness against the old one's, under \
                  do(thickness)"
            .into(),
        columns: vec![
            column("", ""),
            column("found", "least-squares slope, with its 95 % interval"),
            column("noise kept", "what the true model gives"),
            column("noise forgotten", "what a model without abduction gives"),
        ],
        rows: summary.abduction_slope.map(row).into_iter().collect(),
    }
}

fn noise(summary: &Summary) -> Table {
    let followed = wanted_effects(summary).filter(|(_, _, e)| e.ignores_u.is_some());
    let share = |reference: Option<Reference>| Cell::share(reference.map(|r| r.share), None);
    let row = |(name, measured, e): (&str, &str, &Effect)| {
        vec![
            Cell::head(intervention(name)),
            Cell::head(measured),
            Cell::share(e.share, e.share_ci95),
            share(e.latent),
            share(e.ignores_u),
            share(e.redraws_u),
        ]
    };
    Table {
        caption: "Effects against those of models without abduction, as shares of left as is"
            .into(),
        columns: vec![
            DO,
            MEASURED,
            column("this model", "measured on the new image, with its 95 % interval"),
            column("in the latents", "the value that the latents hold after acting"),
            column(
                "ignores the noise",
                "knows the true mechanisms and sets every noise to its middle",
            ),
            column("redraws the noise", "knows the true mechanisms and draws the noise anew"),
        ],
        rows: followed.map(row).collect(),
    }
}

fn returns(summary: &Summary) -> Table {
    let interval = |name: &str| summary.intervals.get(name).copied();
    let references = summary.composition_references;
    let row = |what: String, mse: f64, ends: Option<Ends>| {
        vec![
            Cell::head(what),
            Cell::estimate(mse, ends, None),
            Cell::number(Some(references.mean_image)),
            Cell::number(Some(references.other_image)),
        ]
    };
    let mut rows = vec![
        row("encoded and decoded once".into(), summary.composition_1, interval("composition_1")),
        row("ten times in a row".into(), summary.composition_10, interval("composition_10")),
    ];
    for (name, mse) in &summary.null_intervention {
        let ends = interval(&format!("null_intervention.{name}"));
        rows.push(row(format!("do({name} = its own label)"), *mse, ends));
    }
    for (name, mse) in &summary.reversibility {
        let ends = interval(&format!("reversibility.{name}"));
        rows.push(row(format!("do({name}) and back"), *mse, ends));
    }
    if let (Some(mse), Some(name)) = (summary.reversibility_10, summary.reversibility.keys().next())
    {
        let ends = interval("reversibility_10");
        rows.push(row(format!("do({name}) and back, ten times"), mse, ends));
    }
    Table {
        caption: String::new(),
        columns: vec![
            column("what was done", ""),
            column("error", "mean squared error, with its 95 % interval"),
            column("mean image", "the error of answering with the mean of all training images"),
            column("another image", "the error of answering with another held-out image"),
        ],
        rows,
    }
}

fn readings(summary: &Summary, calibration: Option<&Calibration>) -> Table {
    let gain = |name: &str| {
        let block = calibration?.blocks.iter().find(|block| block.variable == name)?;
        Some(block.noise_gain)
    };
    let row = |(name, r): (&String, &Reading)| {
        vec![
            Cell::head(name),
            Cell::estimate(r.mae, Some(r.ci95), r.unit.as_deref()),
            Cell::number(gain(name)),
        ]
    };
    Table {
        caption: "Labels read from the latents".into(),
        columns: vec![
            column("variable", ""),
            column("error", "mean absolute error in label units, with its 95 % interval"),
            column(
                "noise gain",
                "slope of the noise abducted from images on that of their labels; abducted noise \
                 is divided by it",
            ),
        ],
        rows: summary.latent_reading.iter().map(row).collect(),
    }
}

fn judges(summary: &Summary) -> Table {
    let unit = |name: &str| {
        let mut readings = summary.effectiveness.values().filter_map(|row| row.get(name));
        readings.next().and_then(|e| e.unit.clone())
    };
    let mut rows: Vec<Vec<Cell>> = summary
        .judges
        .mae
        .iter()
        .map(|(name, mae)| {
            let error = Cell::text(with_unit(&number(*mae), unit(name).as_deref()));
            vec![Cell::head(name), error]
        })
        .collect();
    if let Some(accuracy) = summary.judges.class_accuracy {
        rows.push(vec![Cell::head("class, recognised"), Cell::text(percent(accuracy, 1))]);
    }
    Table {
        caption: String::new(),
        columns: vec![column("measured", ""), column("error", "mean absolute error")],
        rows,
    }
}
