//! The same questions about held-out images, answered in several ways and measured by one set of judges.

use std::{sync::atomic::AtomicBool, time::Instant};

use counterfoil_autoencoder::Procedure;
use indexmap::IndexMap;
use serde::Serialize;

use super::{
    deeds::Studio,
    draw::{Draws, Labelled},
    examination::Examination,
    measure::Judges,
    prepare::Prepared,
    score::Scores,
    summary::{Ends, Solver},
};
use crate::{config::Config, data::Data, error::Result, progress::Reporter};

/// The figures of one way of answering.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Priced {
    /// What was run.
    pub solver: Solver,
    /// Network calls to abduct an image and to decode one, together.
    pub evaluations: usize,
    /// Seconds for all questions.
    pub seconds: f64,
    /// What the answers are worth, by name.
    pub figures: IndexMap<String, Figure>,
}

/// What answers are worth by one measure.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Figure {
    /// The measurement.
    pub value: f64,
    /// Its interval over images.
    pub ci95: Ends,
    /// The value that a perfect answer has.
    pub ideal: f64,
}

impl Figure {
    /// Whether this figure lies within the spread of `reference`, or is as near to the ideal.
    pub fn reaches(&self, reference: &Self) -> bool {
        let [low, high] = reference.ci95;
        let off = |figure: &Self| (figure.value - figure.ideal).abs();
        (low..=high).contains(&self.value) || off(self) <= off(reference)
    }
}

/// Answers the questions about held-out images in each of `ways`, given with its title. Nothing is written into the run.
///
/// # Errors
/// As [`super::evaluate`].
pub(super) fn answer_each(
    config: &Config,
    data: &Data,
    prepared: &Prepared,
    ways: &[(String, Procedure)],
    images: usize,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Vec<Priced>> {
    if config.training().threads > 0 {
        tch::set_num_threads(config.training().threads as i32);
    }
    let (section, seed) = (config.evaluation(), config.experiment().seed);
    let (graph, device) = (prepared.graph(), prepared.trained.weights.device());
    let variables = Labelled::all(graph, data.dataset().graph())?;
    let judges = Judges::train(data, &variables, section.oracle, seed, device, reporter)?;
    let draws = Draws::new(data, graph, &variables, seed)?;
    let examination =
        Examination::new(config, data, prepared, &judges, &variables, &draws, images)?;
    let weights = prepared.weights();
    let plan = &examination.plan.essentials();
    let pass = section.batch;
    let answered = ways.iter().map(|(title, procedure)| {
        let procedure = Procedure { batch: pass, ..*procedure };
        let counterfactuals = &prepared.counterfactuals(&weights, procedure)?;
        let solver = Solver::of(counterfactuals)?;
        let began = Instant::now();
        reporter.begin(title, plan.passes(examination.items.len(), pass), 0);
        let reporter = &mut *reporter;
        let mut studio = Studio { counterfactuals, pass, seed, reporter, interrupt, passes: 0 };
        let answers = plan.answer(&mut studio, &examination.batch)?;
        studio.reporter.end();
        let figures = figures(&examination.scorer().score(plan, &answers)?);
        let evaluations = solver.evaluations.iter().sum();
        let seconds = began.elapsed().as_secs_f64();
        Ok(Priced { solver, evaluations, seconds, figures })
    });
    answered.collect()
}

/// Composition, effects, abduction, identity and images, each once.
fn figures(scores: &Scores) -> IndexMap<String, Figure> {
    let mut figures = IndexMap::new();
    let mut add = |name: String, value: Option<f64>, ci95: Option<Ends>, ideal: f64| {
        if let (Some(value), Some(ci95)) = (value, ci95) {
            figures.insert(name, Figure { value, ci95, ideal });
        }
    };
    let plain = |name: &str| scores.intervals.get(name).copied();
    add("composition".into(), Some(scores.composition_1), plain("composition_1"), 0.0);
    for (deed, effects) in &scores.effectiveness {
        for (name, effect) in effects {
            add(format!("do({deed}): {name}"), effect.share, effect.share_ci95, 0.0);
        }
    }
    add("abduction slope".into(), scores.abduction_slope, plain("abduction_slope"), 1.0);
    for (deed, kept) in &scores.identity_kept {
        add(format!("kept under do({deed})"), Some(kept.abducted), Some(kept.ci95), 1.0);
    }
    if let Some(error) = &scores.image_error {
        add("image error".into(), error.all.share, error.all.share_ci95, 0.0);
    }
    figures
}
