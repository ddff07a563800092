//! How much an image changes under an intervention, and whether it becomes what was asked.

use super::tables::{Cell, DO, Table, column, intervention};
use crate::evaluate::summary::{Following, Interaction, Minimal, Resemblance, Summary};

/// What an unchanged image scores, `ln(0.8 + 0.2 e)`.
const UNCHANGED: f64 = 0.295;

pub(super) fn minimality(summary: &Summary) -> Table {
    let row = |(name, m): (&String, &Minimal)| {
        vec![
            Cell::head(intervention(name)),
            Cell::estimate(m.cld, Some(m.ci95), None),
            Cell::number(m.of_truth),
            Cell::number(Some(UNCHANGED)),
            Cell::text(m.images.to_string()),
        ]
    };
    Table {
        caption: "How much more than it must an image changes".into(),
        columns: vec![
            DO,
            column(
                "divergence",
                "CLD of pixels, with its 95 % interval: 0 is nearer to its image than any real one of \
                 the value asked for, and farther than all of the old value; 1 is the reverse",
            ),
            column("the true image", "that of the re-rendered true counterfactual image"),
            column("left as is", "that of the unchanged image: read it beside the errors above"),
            column("images", "those asked for a value of another group than their own"),
        ],
        rows: summary.minimality.iter().map(row).collect(),
    }
}

pub(super) fn interaction(summary: &Summary) -> Table {
    let row = |(pair, measured, i): (&String, &String, &Interaction)| {
        vec![
            Cell::head(intervention(pair)),
            Cell::head(measured),
            Cell::estimate(i.error, Some(i.ci95), None),
            Cell::number(Some(i.additive)),
        ]
    };
    let pairs = summary.interaction.iter();
    let all = pairs.flat_map(|(pair, row)| row.iter().map(move |(name, i)| (pair, name, i)));
    Table {
        caption: "What two interventions do together beyond what each does alone, in the latents"
            .into(),
        columns: vec![
            DO,
            column("read", "what follows from both"),
            column(
                "error",
                "root mean square distance from the true interaction as a share of the true single \
                 effects, with its 95 % interval: 0 is perfect",
            ),
            column("effects added up", "the error of a model in which effects add up"),
        ],
        rows: all.map(row).collect(),
    }
}

pub(super) fn following(summary: &Summary) -> Table {
    let row = |(name, f): (&String, &Following)| {
        vec![
            Cell::head(intervention(name)),
            Cell::number(Some(f.slope)),
            Cell::estimate(f.calibration_error, None, f.unit.as_deref()),
            Cell::percent(f.monotonicity, None),
            Cell::percent(f.code_share, None),
        ]
    };
    Table {
        caption: "What is asked and what is measured".into(),
        columns: vec![
            DO,
            column("slope", "of measured on asked: 1 is right, less is shrinkage"),
            column(
                "curve off by",
                "mean distance of the curve of means from the diagonal, which a little of the scatter is in",
            ),
            column(
                "in order",
                "pairs of values of a sweep that are told in the right order, on the images that are swept",
            ),
            column(
                "label to code",
                "how far the code of an image is from that of its label, as a share of the declared range",
            ),
        ],
        rows: summary.following.iter().map(row).collect(),
    }
}

pub(super) fn resemblance(summary: &Summary) -> Table {
    let row = |r: &Resemblance| {
        let from = if r.of_truth { "the true images" } else { "other held-out images" };
        vec![
            Cell::head(format!("from {from}")),
            Cell::number(Some(r.distance)),
            Cell::number(Some(r.leave_as_is)),
        ]
    };
    Table {
        caption: "Counterfactual images as a set".into(),
        columns: vec![
            column("", ""),
            column(
                "distance",
                "squared Fréchet distance of the answers to single interventions, in features of the judges, in units of \
                 their spread",
            ),
            column("left as is", "that of the unchanged images"),
        ],
        rows: summary.resemblance.as_ref().map(row).into_iter().collect(),
    }
}
