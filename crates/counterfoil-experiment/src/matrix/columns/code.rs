//! What the code holds, and what a model promises of itself.

use indexmap::IndexMap;

use super::{code, following};
use crate::matrix::figures::{Column, Figure, Form, Goal, mean};

pub(super) const CODE: [Column; 7] = [
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
            let ends = scores.intervals.get("disentanglement").copied();
            Some(Figure { value: scores.disentanglement, ends })
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
            let ends = scores.intervals.get("completeness").copied();
            Some(Figure { value: scores.completeness, ends })
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
        "mean over do(i): how far the mean counterfactual latent divergence on pixels is from that of the true images; what is too \
         much on some images and too little on others cancels",
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
            "mean over all effects: how far the share of images whose truth lies in the range of an effect is from what the \
             range promises",
            Goal::Low,
            |summary, _| {
                let ranges = summary.uncertainty.values().flat_map(IndexMap::values);
                mean(ranges.map(|r| Figure { value: (r.coverage - r.level).abs(), ends: None }))
            },
        )
    },
];
