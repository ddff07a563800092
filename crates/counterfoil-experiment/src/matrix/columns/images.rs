//! What became of images.

use indexmap::IndexMap;

use super::{estimated, figure, following};
use crate::{
    evaluate::{
        plan::EXTRAPOLATED,
        summary::{Effect, Ends, ImageError, Summary},
    },
    matrix::figures::{Column, Figure, Form, Goal, mean},
};

pub(super) const IMAGES: [Column; 18] = [
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
        "follows off by",
        "slope",
        "mean over do(i): how far the slope of what is measured of i on what was asked is from 1",
        Goal::Low,
        |summary, _| following(summary, |f| Some((f.slope - 1.0).abs())),
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
            summary.abduction_slope.map(|value| estimated(summary, "abduction_slope", value))
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
            let errors = summary.image_error.as_ref()?;
            Some(Figure { value: errors.all.share?, ends: ends_of_all(&errors.by) })
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
        "likeness",
        "from held-out images",
        "squared Fréchet distance",
        "the same distance from other held-out images, in units of their spread, where no truth is known; answers have other labels \
         than these, so that methods can be compared by it and nothing else",
        Goal::Low,
        |summary, _| {
            let found = summary.resemblance.filter(|found| !found.of_truth)?;
            Some(Figure { value: found.distance, ends: None })
        },
    ),
    figure(
        "own",
        "own label set",
        "mean squared error",
        "mean over variables: pixels in [0, 1], after setting a variable to what it is, of the first images alone \
         (`evaluation.tenfold_images`)",
        Goal::Low,
        |summary, _| squared(summary, "null_intervention", &summary.null_intervention),
    ),
    figure(
        "reversal",
        "there and back",
        "mean squared error",
        "mean over variables: pixels in [0, 1], after setting a variable to another value and back, of the same images",
        Goal::Low,
        |summary, _| squared(summary, "reversibility", &summary.reversibility),
    ),
    figure(
        "composition",
        "composition",
        "mean squared error",
        "pixels in [0, 1], after encoding and decoding once with nothing set",
        Goal::Low,
        |summary, _| Some(estimated(summary, "composition_1", summary.composition_1)),
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
            mean(
                single.flat_map(|(_, row)| row.values()).filter_map(|drift| {
                    Some(Figure { value: drift.share?, ends: drift.share_ci95 })
                }),
            )
        },
    ),
];

/// One variable, in the range that the data support.
fn is_single(set: &str) -> bool {
    !set.contains('+') && !set.ends_with(EXTRAPOLATED)
}

/// The ends of the interval of the share of all interventions: the share of all is the mean of those of each, weighted by
/// what leaving the image as it is costs.
fn ends_of_all(by: &IndexMap<String, ImageError>) -> Option<Ends> {
    let all: f64 = by.values().map(|error| error.leave_as_is).sum();
    let mut ends = [0.0; 2];
    for error in by.values() {
        let own = error.share_ci95?;
        for (end, own) in ends.iter_mut().zip(own) {
            *end += own * error.leave_as_is / all;
        }
    }
    (all > 0.0).then_some(ends)
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
    mean(
        each.iter()
            .map(|(variable, value)| estimated(summary, &format!("{name}.{variable}"), *value)),
    )
}
