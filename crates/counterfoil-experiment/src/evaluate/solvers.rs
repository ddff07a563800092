//! What an answer costs: the same questions answered by several methods at several numbers of network calls.

use std::{sync::atomic::AtomicBool, time::Instant};

use counterfoil_autoencoder::Procedure;
use counterfoil_diffusion::inversion::Method;
use indexmap::IndexMap;
use serde::Serialize;

use super::{
    deeds::Studio,
    draw::{Draws, Labelled},
    examination::Examination,
    measure::Judges,
    prepare::Prepared,
    score::Scores,
    summary::Solver,
};
use crate::{config::Config, data::Data, error::Result, progress::Reporter};

/// The figures of one method at one number of steps.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Priced {
    /// What was run.
    pub solver: Solver,
    /// Network calls to abduct an image and to decode one, together.
    pub evaluations: usize,
    /// Seconds for all questions.
    pub seconds: f64,
    /// Mean squared error after encoding and decoding with nothing set, pixels in `[0, 1]`.
    pub composition: f64,
    /// `<do>.<measured>`: mean absolute error as a share of leaving the image as it is.
    pub effectiveness: IndexMap<String, IndexMap<String, f64>>,
    /// 1 is right, 0 is no abduction.
    pub abduction_slope: Option<f64>,
    /// Share of images whose class is kept, by intervention.
    pub identity_kept: IndexMap<String, f64>,
    /// Error against the re-rendered truth as a share of leaving the image as it is.
    pub image_error: Option<f64>,
}

/// What is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The ways between image and noise.
    pub methods: Vec<Method>,
    /// Steps each way.
    pub steps: Vec<usize>,
    /// Held-out images.
    pub images: usize,
}

/// Answers the same questions about held-out images with each of `methods` at each number of `steps`, and scores the
/// answers with one set of judges. Nothing is written into the run.
///
/// # Errors
/// As [`super::evaluate`].
pub fn price(
    config: &Config,
    data: &Data,
    prepared: &Prepared,
    asked: &Asked,
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
        Examination::new(config, data, prepared, &judges, &variables, &draws, asked.images)?;
    let weights = prepared.weights();
    let mut priced = Vec::new();
    for method in &asked.methods {
        for steps in &asked.steps {
            let procedure = Procedure {
                method: *method,
                steps: *steps,
                batch: section.batch,
                ..config.sections().counterfactual
            };
            let counterfactuals = &prepared.counterfactuals(&weights, procedure)?;
            let began = Instant::now();
            let (plan, pass) = (&examination.plan, section.batch);
            let passes =
                plan.passes(examination.items.len(), examination.tenfold.items.len(), pass);
            reporter.begin("answering", passes, 0);
            let mut studio = Studio {
                counterfactuals,
                pass,
                seed,
                reporter: &mut *reporter,
                interrupt,
                passes: 0,
            };
            let outcome = plan.carry_out(&mut studio, &examination.batch, &examination.tenfold)?;
            reporter.end();
            let scores = examination.scorer().score(plan, &outcome)?;
            let solver = Solver::of(counterfactuals)?;
            priced.push(figures(solver, &scores, began.elapsed().as_secs_f64()));
        }
    }
    Ok(priced)
}

fn figures(solver: Solver, scores: &Scores, seconds: f64) -> Priced {
    let shares = scores.effectiveness.iter().map(|(deed, effects)| {
        let shares =
            effects.iter().filter_map(|(name, effect)| Some((name.clone(), effect.share?)));
        (deed.clone(), shares.collect())
    });
    let kept = scores.identity_kept.iter().map(|(deed, kept)| (deed.clone(), kept.abducted));
    Priced {
        evaluations: solver.evaluations.iter().sum(),
        solver,
        seconds,
        composition: scores.composition_1,
        effectiveness: shares.collect(),
        abduction_slope: scores.abduction_slope,
        identity_kept: kept.collect(),
        image_error: scores.image_error.as_ref().and_then(|error| error.all.share),
    }
}
