//! How much an image changes under an intervention.

use super::tables::{Cell, DO, Table, column, intervention};
use crate::evaluate::summary::{Interaction, Minimal, Summary};

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
