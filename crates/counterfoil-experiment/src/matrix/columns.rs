//! The columns of a table, in their order: first what became of images, then what the code holds, what a model promises of
//! itself and what it costs.

use indexmap::IndexMap;

use super::{
    figures::{Column, Figure, Form, Goal, Side, World, mean},
    store::Record,
};
use crate::evaluate::{
    plan::EXTRAPOLATED,
    summary::{Effect, Following, Summary},
};

/// All columns, in their order.
pub const COLUMNS: [Column; 28] = [
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
        "far",
        "on far descendants",
        "share of leaving as is",
        "the same over descendants that are not children: an effect has to pass through another",
        Goal::Low,
        |summary, world| {
            let far = |set: &str, m: &str| world.far.contains(&(set.to_owned(), m.to_owned()));
            effects(summary, far)
        },
    ),
    figure(
        "joint",
        "on joint effects",
        "share of leaving as is",
        "the same over variables with two causes or more, which are not set themselves",
        Goal::Low,
        |summary, world| effects(summary, |set, m| set != m && world.joint.contains(m)),
    ),
    figure(
        "outside",
        "beyond the data",
        "share of leaving as is",
        "the error of a variable that is set to anything in its declared range, whether its causes give such values or not",
        Goal::Low,
        |summary, _| {
            let far = summary.effectiveness.iter().filter_map(|(set, row)| {
                let effect = row.get(set.strip_suffix(EXTRAPOLATED)?)?;
                Some(Figure { value: effect.share?, ends: effect.share_ci95 })
            });
            mean(far)
        },
    ),
    Column {
        form: Form::Percent,
        ..figure(
            "wanted",
            "wanted to measured",
            "of the declared range",
            "mean over do(i): how far what is measured of i is from what was asked",
            Goal::Low,
            |summary, world| {
                mean(summary.effectiveness.iter().filter_map(|(set, row)| {
                    let (effect, width) = (row.get(set)?, *world.ranges.get(set)?);
                    let ends = effect.ci95.map(|end| end / width);
                    (width > 0.0).then(|| Figure { value: effect.mae / width, ends: Some(ends) })
                }))
            },
        )
    },
    figure(
        "follows",
        "follows",
        "1 is right",
        "mean over do(i): slope of what is measured of i on what was asked; less is shrinkage",
        Goal::One,
        |summary, _| following(summary, |f| Some(f.slope)),
    ),
    Column {
        form: Form::Percent,
        ..figure(
            "order",
            "in order",
            "of pairs",
            "mean over variables, on the few images that are swept: pairs of values over the declared range of which the \
             larger one asked gives the larger one measured",
            Goal::High,
            |summary, _| following(summary, |f| f.monotonicity),
        )
    },
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
        "resemblance",
        "resemblance",
        "share of leaving as is",
        "squared Fréchet distance of the answers from the true images as a set, in features of the judges, divided by that of \
         the unchanged images",
        Goal::Low,
        |summary, _| {
            let found = summary.resemblance.filter(|found| found.of_truth)?;
            Some(Figure { value: found.distance / found.leave_as_is, ends: None })
        },
    ),
    figure(
        "own",
        "own label set",
        "mean squared error",
        "mean over variables: pixels in [0, 1], after setting a variable to what it is",
        Goal::Low,
        |summary, _| squared(summary, "null_intervention", &summary.null_intervention),
    ),
    figure(
        "reversal",
        "there and back",
        "mean squared error",
        "mean over variables: pixels in [0, 1], after setting a variable to another value and back",
        Goal::Low,
        |summary, _| squared(summary, "reversibility", &summary.reversibility),
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
    Column {
        form: Form::Percent,
        ..code(
            "residual",
            "label to code",
            "of the declared range",
            "mean over variables: how far the code of an image is from that of its label, on images that no map was fitted to",
            Goal::Low,
            |summary, _| following(summary, |f| f.code_share),
        )
    },
    Column {
        form: Form::Percent,
        ..code(
            "reading",
            "latent reading",
            "of the declared range",
            "mean over variables: the error of the label read off the latents, divided by the width of \
             the variable's declared range",
            Goal::Low,
            |summary, world| {
                mean(summary.latent_reading.iter().filter_map(|(name, reading)| {
                    let width = *world.ranges.get(name).filter(|width| **width > 0.0)?;
                    let ends = reading.ci95.map(|end| end / width);
                    Some(Figure { value: reading.mae / width, ends: Some(ends) })
                }))
            },
        )
    },
    code(
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
    code(
        "completeness",
        "completeness",
        "1 is best",
        "whether each variable is told by one block alone (DCI, boosted trees)",
        Goal::High,
        |summary, _| {
            let scores = summary.disentanglement.as_ref()?;
            Some(Figure { value: scores.completeness, ends: None })
        },
    ),
    code(
        "mcc",
        "MCC",
        "1 is best",
        "mean correlation of labels with the means of the labelled blocks, paired as well as possible",
        Goal::High,
        |summary, _| {
            let scores = summary.disentanglement.as_ref()?;
            Some(Figure { value: scores.mcc, ends: scores.intervals.get("mcc").copied() })
        },
    ),
    code(
        "minimality",
        "minimality off by",
        "divergence",
        "mean over do(i): how far the counterfactual latent divergence on pixels is from that of the true images",
        Goal::Low,
        |summary, _| {
            let each = summary.minimality.values();
            mean(each.filter_map(|minimal| {
                Some(Figure { value: (minimal.cld - minimal.of_truth?).abs(), ends: None })
            }))
        },
    ),
    Column {
        form: Form::Percent,
        ..code(
            "coverage",
            "coverage off by",
            "of the images",
            "over all effects: how far the share of images whose truth lies in the range of their effects is from what the \
             ranges promise",
            Goal::Low,
            |summary, _| {
                let ranges = summary.uncertainty.values().flat_map(IndexMap::values);
                let off = ranges.map(|r| Figure { value: r.coverage - r.level, ends: None });
                mean(off).map(|found| Figure { value: found.value.abs(), ..found })
            },
        )
    },
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

/// The mean over variables of squared errors, whose intervals stand under `name`.
fn squared(summary: &Summary, name: &str, each: &IndexMap<String, f64>) -> Option<Figure> {
    mean(each.iter().map(|(variable, value)| {
        let ends = summary.intervals.get(&format!("{name}.{variable}")).copied();
        Figure { value: *value, ends }
    }))
}

/// The mean over variables of what `of` takes from how they follow.
fn following(summary: &Summary, of: impl Fn(&Following) -> Option<f64>) -> Option<Figure> {
    let each = summary.following.values().filter_map(of);
    mean(each.map(|value| Figure { value, ends: None }))
}
