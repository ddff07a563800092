//! What a trained model is worth on images it never saw: interventions asked of held-out images, measured by judges,
//! and read against models that know less.
//!
//! ```text
//! Trained -> prepare -> draw, plan -> deeds (abduct, act, predict) -> measure -> figures -> Summary, Gallery
//! ```
//!
//! | idea | module |
//! |---|---|
//! | fresh statistics and calibration | [`prepare`] |
//! | which value is asked of which image | [`draw`] |
//! | what is done to every image | [`plan`] |
//! | the images, the questions and what is true of both | `examination` |
//! | one abduction, many counterfactuals | [`deeds`] |
//! | what is measured on an image | [`measure`] |
//! | measurements to figures | [`score`], [`figures`], [`pictures`], [`leakage`], [`disentanglement`], `separation`, [`abduction`], [`minimality`], `additivity`, `uncertainty`, `following`, `resemblance` |
//! | models without abduction beside them | [`controls`] |
//! | images to look at | [`gallery`], [`exhibit`] |
//! | the same questions answered in several ways | [`questions`] |
//! | by several methods between image and noise, and what each costs | [`solvers`] |
//! | at several guidance weights | [`strength`] |
//! | what `summary.json` keeps | [`summary`] |

pub mod abduction;
mod additivity;
pub mod controls;
pub mod deeds;
pub mod disentanglement;
pub mod dotted;
pub mod draw;
mod examination;
pub mod exhibit;
pub mod figures;
mod following;
pub mod gallery;
pub(crate) mod kept;
pub mod leakage;
pub mod measure;
pub mod minimality;
pub mod pictures;
pub mod plan;
pub mod prepare;
pub mod questions;
mod resemblance;
mod scalars;
pub mod score;
mod separation;
pub mod solvers;
pub mod strength;
pub mod summary;
pub(crate) mod uncertainty;

use std::{sync::atomic::AtomicBool, time::Instant};

use counterfoil_autoencoder::Procedure;
use indexmap::IndexMap;
use tch::{Device, Tensor};

use self::{
    additivity::Interactions,
    deeds::Studio,
    draw::{Draws, Labelled},
    examination::Examination,
    exhibit::Exhibit,
    figures::Facts,
    measure::Judges,
    plan::Plan,
    prepare::Prepared,
    score::Scorer,
    summary::{Abducted, Disentanglement, Judged, Leak, Reading, SCHEMA, Solver},
    uncertainty::Ranges,
};
use crate::{
    config::Config,
    data::Data,
    error::Result,
    identification::{Identification, identifications},
    progress::Reporter,
    run_dir::{RunDir, peak_rss_mib, write_json},
    trained::Trained,
};

pub use self::{
    gallery::{GALLERY_FILE, Gallery},
    summary::{SUMMARY_FILE, Summary},
};

/// What is evaluated.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// The whole test part instead of its first `evaluation.images`.
    pub all: bool,
}

/// Training labels that models without abduction draw from, and training images behind the mean image.
const POPULATION: usize = 2000;
/// Test images whose latents are read.
const READ: usize = 1000;

/// Evaluates a trained model on the test part; writes `summary.json`, `calibration.json`, the gallery and the contact
/// sheets into the run.
///
/// Every figure is a function of config, data and weights (exactly so on the CPU at an equal number of threads).
///
/// # Errors
/// When the data do not fit the model, a figure is not finite, a file cannot be written, or `interrupt` is set.
pub fn evaluate(
    run: &RunDir,
    config: &Config,
    data: &Data,
    trained: Trained,
    options: Options,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Summary> {
    let began = Instant::now();
    if config.training().threads > 0 {
        tch::set_num_threads(config.training().threads as i32);
    }
    let (section, seed) = (config.evaluation(), config.experiment().seed);
    let prepared = Prepared::new(config, data, trained)?;
    prepared.save(run)?;
    let (dataset, split) = (data.dataset(), data.split());
    let (graph, device) = (prepared.graph(), prepared.trained.weights.device());
    let variables = Labelled::all(graph, dataset.graph())?;
    let judges = Judges::train(data, &variables, section.oracle, seed, device, reporter)?;

    // What is asked.
    let wanted = if options.all { split.test.len() } else { section.images };
    let draws = Draws::new(data, graph, &variables, seed)?;
    let examination =
        Examination::new(config, data, &prepared, &judges, &variables, &draws, wanted)?;
    let Examination { items, ref batch, ref tenfold, ref plan, .. } = examination;
    let shown = exhibit::choose(data, items);
    let swept: Vec<usize> = exhibit::swept(&shown).iter().map(|place| items[*place]).collect();
    let sweeps = exhibit::sweeps(&draws, &variables, shown.len())?;

    // What is done.
    let weights = prepared.weights();
    let pass = section.batch;
    let procedure = Procedure { batch: pass, ..config.sections().counterfactual };
    let counterfactuals = &prepared.counterfactuals(&weights, procedure)?;
    let passes = plan.passes(items.len(), pass)
        + plan.passes_of_rounds(tenfold.items.len(), pass)
        + Studio::passes_of(swept.len(), sweeps.len(), pass);
    reporter.begin("evaluating", passes, 0);
    let mut studio =
        Studio { counterfactuals, pass, seed, reporter: &mut *reporter, interrupt, passes: 0 };
    let answers = plan.answer(&mut studio, batch)?;
    let rounds = plan.repeat(&mut studio, tenfold, &answers)?;
    let swept = studio.imagine(&data.batch(&swept, device)?, &sweeps)?;
    reporter.end();

    // What is measured.
    let scorer = examination.scorer();
    let mut scores = scorer.score(plan, &answers)?;
    let reproduced = scorer.reproduction(&rounds)?;
    scores.intervals.extend(reproduced.intervals);
    let ordered = following::in_order(&scorer.facts, &judges, &sweeps, &swept)?;
    for (name, follows) in &mut scores.following {
        follows.monotonicity = ordered.get(name).copied();
    }
    let Told { latent_reading, leakage, disentanglement, abduction, interaction, uncertainty } =
        code(&scorer, plan, &answers.noise, procedure, seed)?;
    let exhibit = Exhibit {
        data,
        graph,
        variables: &variables,
        items,
        shown: &shown,
        composed: &answers.composed,
        asked: &plan.asked,
        done: &answers.asked,
        truths: &examination.truths,
        swept: &swept,
    };
    exhibit.hang()?.save(run)?;

    let manifest = run.manifest()?;
    let evaluation_s = began.elapsed().as_secs_f64();
    let averaged = data.batch(first(&split.train, POPULATION), Device::Cpu)?.images;
    let summary = Summary {
        schema: SCHEMA,
        experiment: config.experiment().name.clone(),
        seed,
        steps: prepared.trained.step,
        stopped_by: manifest.stopped_by,
        eval_n: items.len(),
        wall_s: manifest.training_s + evaluation_s,
        evaluation_s,
        peak_rss_mib: peak_rss_mib(),
        parameters: Some(prepared.trained.model.layout().count()),
        data: dataset.name().to_owned(),
        solver: prepared.diffuses().then(|| Solver::of(counterfactuals)).transpose()?,
        effectiveness: scores.effectiveness,
        following: scores.following,
        abduction_slope: scores.abduction_slope,
        abduction,
        drift: scores.drift,
        identity_kept: scores.identity_kept,
        minimality: scores.minimality,
        interaction,
        uncertainty,
        composition_1: scores.composition_1,
        composition_10: reproduced.composition_10,
        reversibility_1: reproduced.reversibility.first().map(|(_, value)| *value),
        reversibility_10: reproduced.reversibility_10,
        reversibility: reproduced.reversibility,
        null_intervention: reproduced.null_intervention,
        composition_references: pictures::references(&batch.images, &averaged)?,
        latent_reading,
        disentanglement,
        identification: identification(config, &variables)?,
        image_error: scores.image_error,
        resemblance: scorer.resemblance(plan, &answers)?,
        leakage,
        judges: Judged {
            mae: scorer.facts.judge_errors()?,
            class_accuracy: scorer.class_accuracy(),
        },
        intervals: scores.intervals,
    };
    write_json(&run.file(SUMMARY_FILE), &summary)?;
    run.log(&format!("evaluated step {} on {} images", summary.steps, summary.eval_n))?;
    Ok(summary)
}

/// What a graph with hidden causes says of the effects of each variable.
fn identification(config: &Config, variables: &[Labelled]) -> Result<Vec<Identification>> {
    if config.declared().latent().is_empty() {
        return Ok(Vec::new());
    }
    let each = variables.iter().map(|v| identifications(config.declared(), &[v.name()], &[]));
    Ok(each.collect::<Result<Vec<_>>>()?.concat())
}

/// The first `n` of `items`, or all of them.
fn first(items: &[usize], n: usize) -> &[usize] {
    &items[..n.min(items.len())]
}

/// The labels of `items`, in the order of the data's graph.
fn labels(data: &Data, items: &[usize]) -> Vec<Vec<f64>> {
    items.iter().map(|item| data.dataset().labels().row(*item).to_vec()).collect()
}

type Leaks = IndexMap<String, IndexMap<String, Leak>>;

/// What the code of test images tells.
struct Told {
    latent_reading: IndexMap<String, Reading>,
    leakage: Leaks,
    disentanglement: Option<Disentanglement>,
    abduction: IndexMap<String, Abducted>,
    interaction: Interactions,
    uncertainty: Ranges,
}

/// What the code of test images tells of the labels: where it should, and where it should not.
fn code(
    scorer: &Scorer<'_>,
    plan: &Plan,
    noise: &Tensor,
    procedure: Procedure,
    seed: u64,
) -> Result<Told> {
    let (data, prepared, facts) = (scorer.data, scorer.prepared, &scorer.facts);
    let items = first(&data.split().test, READ);
    let labels = &labels(data, items);
    let images = data.batch(items, noise.device())?.images;
    let weights = prepared.exact_weights();
    let counterfactuals = prepared.counterfactuals(&weights, procedure)?;
    let (u, latents) = counterfactuals.encode(&images)?;
    let facts_of_more = Facts { labels, ..facts.clone() };
    let readings = facts_of_more.readings(&prepared.read(&latents)?, &scorer.bootstrap)?;
    let mut leaks = Leaks::new();
    let blocks = prepared.trained.model.architecture().blocks();
    let unlabelled: Vec<Tensor> = blocks.unlabelled().map(|block| block.of(&latents)).collect();
    if !unlabelled.is_empty() {
        let block = pictures::table(&Tensor::cat(&unlabelled, 1))?;
        let found = leakage::of_block(&block, facts.variables, labels, seed);
        leaks.insert("unlabelled".into(), found);
    }
    let noise = pictures::table(&noise.flatten(1, -1))?;
    let found = leakage::of_noise(&noise, facts.variables, facts.labels, seed);
    leaks.insert("noise".into(), found);
    let variables = facts.variables;
    let disentanglement = disentanglement::of_latents(blocks, &latents, variables, labels, seed)?;
    let (dataset, bootstrap) = (data.dataset(), &scorer.bootstrap);
    let abduction = abduction::of_codes(blocks, &u, dataset, variables, items, bootstrap)?;
    let codes = (&u, &latents);
    let interaction =
        additivity::of_pairs(&counterfactuals, prepared, codes, facts, plan, bootstrap)?;
    let uncertainty =
        uncertainty::of_effects(&counterfactuals, prepared, codes, facts, plan, bootstrap)?;
    Ok(Told {
        latent_reading: readings,
        leakage: leaks,
        disentanglement,
        abduction,
        interaction,
        uncertainty,
    })
}
