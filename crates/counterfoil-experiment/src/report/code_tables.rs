//! Tables about the code and the questions that are put to it: what a block tells of, what data can tell.

use super::tables::{Cell, DO, Table, column};
use crate::{
    evaluate::summary::{Abducted, BlockScore, Leak, Separation, Summary},
    identification::Identification,
    numbers::{NONE, number},
};

pub(super) fn abduction(summary: &Summary) -> Table {
    let row = |(name, a): (&String, &Abducted)| {
        vec![
            Cell::head(name),
            Cell::estimate(a.correlation, Some(a.ci95), None),
            Cell::number(Some(a.without_mechanism)),
            Cell::text(a.images.to_string()),
        ]
    };
    Table {
        caption: "Noise abducted from images against the true noise, by rank".into(),
        columns: vec![
            column("variable", ""),
            column(
                "rank correlation",
                "Spearman, with its 95 % interval: 1 is right, 0 is no abduction",
            ),
            column(
                "the label instead",
                "what perfect latents give in a model without mechanisms, which takes the label for \
                 the noise",
            ),
            column("images", "held-out images that were read"),
        ],
        rows: summary.abduction.iter().map(row).collect(),
    }
}

pub(super) fn uncertainty(summary: &Summary) -> Table {
    let mut rows = Vec::new();
    for (deed, effects) in &summary.uncertainty {
        for (name, range) in effects {
            rows.push(vec![
                Cell::head(deed),
                Cell::head(name),
                Cell::estimate(range.coverage, Some(range.ci95), None),
                Cell::number(Some(range.level)),
                Cell::number(Some(range.width)),
            ]);
        }
    }
    Table {
        caption: "Ranges of effects over several abductions of each image".into(),
        columns: vec![
            DO,
            column("measured", ""),
            column("truth inside", "share of images, with its 95 % interval"),
            column("should be", "the probability that a further sample lies in a range"),
            column("width", "mean width of a range, in label units"),
        ],
        rows,
    }
}

pub(super) fn disentanglement(summary: &Summary) -> Table {
    let caption = "One block a variable".to_owned();
    let columns = vec![
        column("", ""),
        column("disentanglement", "DCI: does a block tell of one variable only? 1 is best"),
        column("completeness", "DCI: does one block alone tell of a variable? 1 is best"),
        column("variance explained", "of a variable by the whole code, on images never seen"),
    ];
    let Some(scores) = &summary.disentanglement else {
        return Table { caption, columns, rows: Vec::new() };
    };
    let interval = |name: &str| scores.intervals.get(name).copied();
    let all = vec![
        Cell::head("all"),
        Cell::estimate(scores.disentanglement, interval("disentanglement"), None),
        Cell::estimate(scores.completeness, interval("completeness"), None),
        Cell::text(format!("correlation (MCC) {}", number(scores.mcc))),
    ];
    let row = |(name, block): (&String, &BlockScore)| {
        let factor = scores.factors.get(name);
        vec![
            Cell::head(name),
            Cell::number(Some(block.disentanglement)),
            Cell::number(factor.map(|factor| factor.completeness)),
            Cell::percent(factor.map(|factor| factor.r2.max(0.0)), None),
        ]
    };
    let rows = std::iter::once(all).chain(scores.blocks.iter().map(row)).collect();
    Table { caption, columns, rows }
}

pub(super) fn separation(summary: &Summary) -> Table {
    let row = |name: &str, s: &Separation| {
        let scores = [s.sap, s.mig, s.irs, s.mic, s.mic_other, s.tic, s.tic_other];
        std::iter::once(Cell::head(name)).chain(scores.map(Cell::number)).collect()
    };
    let scores = summary.disentanglement.as_ref();
    let measured = scores.filter(|scores| scores.separation != Separation::default());
    let rows = measured.map(|scores| {
        let own = row("this code", &scores.separation);
        let labels = scores.of_labels.as_ref().map(|labels| row("the labels themselves", labels));
        std::iter::once(own).chain(labels).collect()
    });
    Table {
        caption: "A variable and its own block".into(),
        columns: vec![
            column("", ""),
            column("SAP", "lead of the best block over the second for a line: 1 is best"),
            column("MIG", "the same in mutual information, as a share of the entropy: 1 is best"),
            column("IRS", "how still a block stands while its variable does: 1 is best"),
            column(
                "MIC, own block",
                "how strongly a variable and its block are related: 1 is best",
            ),
            column(
                "MIC, another block",
                "the most telling other labelled block; lower is better, down to that of the labels",
            ),
            column(
                "TIC, own block",
                "the relation over grids of all sizes, not the best alone: 1 is best",
            ),
            column("TIC, another block", "that of the most telling other labelled block"),
        ],
        rows: rows.unwrap_or_default(),
    }
}

pub(super) fn identification(summary: &Summary) -> Table {
    let row = |found: &Identification| {
        let pairs: Vec<String> =
            found.mistaken.iter().map(|(cause, effect)| format!("{cause} -> {effect}")).collect();
        let verdict = match (&found.estimand, &found.hedge) {
            (Some(estimand), _) => estimand.clone(),
            (None, Some(hedge)) => format!("not identifiable: {hedge}"),
            (None, None) => NONE.to_owned(),
        };
        let pairs = if pairs.is_empty() { NONE.to_owned() } else { pairs.join(", ") };
        vec![Cell::head(&found.query), Cell::text(verdict), Cell::text(pairs)]
    };
    Table {
        caption: String::new(),
        columns: vec![
            column("effect", ""),
            column("from observations", "the formula, or the proof that there is none"),
            column("mistaken mechanisms", "hold what a hidden common cause does"),
        ],
        rows: summary.identification.iter().map(row).collect(),
    }
}

pub(super) fn leakage(summary: &Summary) -> Table {
    let part = |name: &str| match name {
        "noise" => "noise x_T".to_owned(),
        "unlabelled" => "unlabelled block".to_owned(),
        other => other.to_owned(),
    };
    let rows = summary.leakage.iter().flat_map(|(name, row)| {
        row.iter().map(move |(variable, leak): (&String, &Leak)| {
            vec![
                Cell::head(part(name)),
                Cell::head(variable),
                Cell::percent(leak.r2.map(|r2| r2.max(0.0)), None),
                Cell::number(leak.mutual_information),
            ]
        })
    });
    Table {
        caption: "What else tells of the labels".into(),
        columns: vec![
            column("part of the code", ""),
            column("tells of", ""),
            column("variance explained", "by a ridge regression, on images that it never saw"),
            column(
                "mutual information",
                "in nats: the largest of one dimension of a block, or that of the moments of the noise",
            ),
        ],
        rows: rows.collect(),
    }
}
