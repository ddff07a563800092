//! Families of mechanisms compared on labels alone: how well each, fitted to the training labels of an experiment, answers
//! what would have been.
//!
//! A counterfactual image can be wrong for many reasons; this asks for one of them, the mechanisms, with everything else out
//! of the way. Each family is fitted to the same rows and asked the same questions about held-out ones: every variable is set
//! to some values in its range, and what follows is held against the true label model's answer for the same row. No image is
//! looked at.

use std::{sync::atomic::AtomicBool, sync::atomic::Ordering, time::Instant};

use counterfoil_autoencoder::tabular::{Family, Fitted, Fitting, Noise, Settings};
use counterfoil_data::Dataset;
use counterfoil_diffusion::inversion::Method;
use counterfoil_graph::{Dag, Intervention, Kind, Variable};
use counterfoil_metrics::{
    bootstrap::Bootstrap,
    statistics::{mean, quantile},
    wasserstein::distance,
};
use indexmap::IndexMap;
use ndarray::Array2;
use serde::Serialize;

use crate::{
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    evaluate::{
        abduction,
        draw::{Labelled, errors, graph_error},
        figures::ends,
        summary::{Abducted, Ends},
    },
    progress::Reporter,
};

/// Held-out rows that are asked about at most.
const TESTED: usize = 1000;
/// Rows of a sample under an intervention.
const DRAWN: usize = 2000;
/// Where in the training labels of a variable the values lie that it is set to.
const PLACES: [f64; 5] = [0.1, 0.3, 0.5, 0.7, 0.9];
/// Resamples behind an interval.
const RESAMPLES: usize = 300;
/// Work shorter than this, in seconds, tells nothing of its progress.
const PATIENCE: f64 = 2.0;
/// Steps between two tidings.
const EVERY: u64 = 50;

/// What is compared.
#[derive(Clone, Debug, PartialEq)]
pub struct Asked {
    /// The families, in the order of the answer.
    pub families: Vec<Family>,
    /// Seed of initial values, batches and draws.
    pub seed: u64,
    /// Steps of the optimiser instead of each family's own.
    pub steps: Option<u64>,
    /// Training rows to fit to, at most.
    pub rows: Option<usize>,
    /// The sampler of the diffusion family, backwards and forwards, instead of its own.
    pub inversion: Option<Method>,
}

/// Families beside each other.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Comparison {
    /// The world or the data set.
    pub data: String,
    /// The seed.
    pub seed: u64,
    /// Rows that were fitted.
    pub rows: usize,
    /// Held-out rows that were asked about.
    pub tested: usize,
    /// Whether the true label model is known; without it a log-likelihood is all that can be said.
    pub exact: bool,
    /// One entry a family.
    pub families: Vec<Outcome>,
}

/// How well one family answers.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Outcome {
    /// The family.
    pub family: Family,
    /// Steps of the optimiser.
    pub steps: u64,
    /// Seconds of fitting.
    pub seconds: f64,
    /// Mean log density of a held-out row, its continuous variables in label units; nothing where there is no density.
    pub log_likelihood: Option<f64>,
    /// Mean of the shares of all effects.
    pub mean_share: Option<f64>,
    /// Rank correlation of abducted and true noise, by variable with causes.
    pub noise: IndexMap<String, Abducted>,
    /// One entry for each variable that is set and each that follows from it.
    pub effects: Vec<Effect>,
}

/// What setting one variable does to another, in the model against the truth.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effect {
    /// The variable that is set.
    pub set: String,
    /// The variable that follows.
    pub measured: String,
    /// Mean absolute error of its counterfactual value.
    pub mae: f64,
    /// The unit of `mae` and `distance`.
    pub unit: Option<String>,
    /// The error of leaving the value alone.
    pub leave_as_is: f64,
    /// `mae` as a share of that.
    pub share: f64,
    /// Interval of `share`, over rows.
    pub ci95: Ends,
    /// 1-Wasserstein distance of values drawn under the intervention from the true ones, the mean over what is set; of
    /// continuous variables.
    pub distance: Option<f64>,
    /// The same of the values that nothing was done to.
    pub distance_as_is: Option<f64>,
}

/// What is asked of every family, and the truth about it.
struct Questions<'a> {
    dataset: &'a Dataset,
    dag: &'a Dag,
    variables: Vec<Labelled>,
    items: Vec<usize>,
    /// Held-out labels, `[n, variables]`.
    rows: Array2<f64>,
    /// By variable that is set: each value, and what every row would have been; empty where nothing is known.
    asked: Vec<Vec<(Intervention, Array2<f64>)>>,
    bootstrap: Bootstrap,
}

/// Fits each family to the training labels of an experiment and compares their answers.
///
/// # Errors
/// When the data cannot be read, a label is outside its variable's domain, a setting is out of bounds, fitting meets a number
/// that is not finite, or `interrupt` is set.
pub fn compare(
    config: &Config,
    asked: &Asked,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Comparison> {
    let data = Data::load(config)?;
    let dag = config.graph().labelled_part();
    // The networks are too small to share between threads.
    tch::set_num_threads(1);
    let train = known_rows(&data, &dag, asked.rows)?;
    let questions = Questions::new(&data, &dag, &train, asked.seed)?;
    let mut families = Vec::new();
    for family in &asked.families {
        let mut settings = Settings::of(*family);
        settings.activation = config.sections().model.mechanism_activation;
        settings.steps = asked.steps.unwrap_or(settings.steps);
        settings.diffusion.method = asked.inversion.unwrap_or(settings.diffusion.method);
        let began = Instant::now();
        let fitting = Fitting::new(*family, &dag, &train, &settings, asked.seed)?;
        let steps = fitting.steps();
        let fitted = fit(fitting, *family, reporter, interrupt)?;
        let fit = (*family, steps, began.elapsed().as_secs_f64());
        families.push(questions.put(&fitted, fit, asked.seed, interrupt)?);
    }
    Ok(Comparison {
        data: data.dataset().name().to_owned(),
        seed: asked.seed,
        rows: train.nrows(),
        tested: questions.rows.nrows(),
        exact: data.dataset().scm().is_some(),
        families,
    })
}

/// Takes all steps.
fn fit(
    mut fitting: Fitting,
    family: Family,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Fitted> {
    let (began, mut told) = (Instant::now(), false);
    let mut done = 0;
    while let Some(loss) = fitting.step()? {
        done += 1;
        stop_if(interrupt)?;
        if done % EVERY == 0 && began.elapsed().as_secs_f64() > PATIENCE {
            if !told {
                reporter.begin(family.name(), fitting.steps(), done);
                told = true;
            }
            reporter.advance(done, &format!("loss {loss:.4}"));
        }
    }
    if told {
        reporter.end();
    }
    Ok(fitting.finish()?)
}

fn stop_if(interrupt: &AtomicBool) -> Result<()> {
    if interrupt.load(Ordering::Relaxed) {
        return Err(ExperimentError::Interrupted { what: "comparison" });
    }
    Ok(())
}

/// The training rows of which every label may be seen, `[n, variables]`.
fn known_rows(data: &Data, dag: &Dag, most: Option<usize>) -> Result<Array2<f64>> {
    let columns = dag.len();
    let whole = |item: &&usize| (0..columns).all(|column| data.seen(**item, column));
    let items = data.split().train.iter().filter(whole).take(most.unwrap_or(usize::MAX));
    table(data, &items.copied().collect::<Vec<_>>(), columns)
}

fn table(data: &Data, items: &[usize], columns: usize) -> Result<Array2<f64>> {
    let values: Vec<f64> = items.iter().flat_map(|item| data.labels(*item)).collect();
    Array2::from_shape_vec((items.len(), columns), values).map_err(|error| {
        ExperimentError::Syntax { origin: "the labels".into(), reason: error.to_string() }
    })
}

impl<'a> Questions<'a> {
    fn new(data: &'a Data, dag: &'a Dag, train: &Array2<f64>, seed: u64) -> Result<Self> {
        let dataset = data.dataset();
        let variables = Labelled::all(dag, dataset.graph())?;
        let items: Vec<usize> = data.split().test.iter().copied().take(TESTED).collect();
        let rows = table(data, &items, dag.len())?;
        let bootstrap = Bootstrap { rounds: RESAMPLES, level: 0.95, seed };
        let mut found = Self { dataset, dag, variables, items, rows, asked: Vec::new(), bootstrap };
        if dataset.scm().is_some() {
            found.asked = (0..dag.len())
                .map(|set| {
                    let values = values(dag.variable(set), &train.column(set).to_vec())?;
                    values.into_iter().map(|value| found.truth(set, value)).collect()
                })
                .collect::<Result<_>>()?;
        }
        Ok(found)
    }

    /// An intervention that sets one variable to one value, and what each row would have been under it.
    fn truth(&self, set: usize, value: f64) -> Result<(Intervention, Array2<f64>)> {
        let action = Intervention::none().set_index(self.dag, set, value).map_err(graph_error)?;
        let on_data = action.translate(self.dag, self.dataset.graph()).map_err(graph_error)?;
        let mut truth = self.rows.clone();
        for (item, mut row) in self.items.iter().zip(truth.rows_mut()) {
            let Some(values) = self.dataset.counterfactual_labels(*item, &on_data) else {
                continue;
            };
            let values = values?;
            for (cell, variable) in row.iter_mut().zip(&self.variables) {
                *cell = values[variable.data];
            }
        }
        Ok((action, truth))
    }

    /// Puts all questions to mechanisms of a family that took so many steps and seconds to fit.
    fn put(
        &self,
        fitted: &Fitted,
        (family, steps, seconds): (Family, u64, f64),
        seed: u64,
        interrupt: &AtomicBool,
    ) -> Result<Outcome> {
        let noise = fitted.abduct(&self.rows)?;
        let mut effects = Vec::new();
        let drawn = fitted.draw(seed, DRAWN);
        for (set, asked) in self.asked.iter().enumerate() {
            effects.extend(self.effects(fitted, (&noise, &drawn), set, asked, interrupt)?);
        }
        let log_likelihood = fitted.log_likelihood(&self.rows)?;
        let shares: Vec<f64> = effects.iter().map(|effect| effect.share).collect();
        let codes = noise.codes().to_kind(tch::Kind::Float);
        Ok(Outcome {
            family,
            steps,
            seconds,
            log_likelihood: log_likelihood.map(|each| mean(&each)).transpose()?,
            mean_share: (!shares.is_empty()).then(|| mean(&shares)).transpose()?,
            noise: abduction::of_codes(
                fitted.blocks(),
                &codes,
                self.dataset,
                &self.variables,
                &self.items,
                &self.bootstrap,
            )?,
            effects,
        })
    }

    /// What setting one variable does to those that follow from it.
    fn effects(
        &self,
        fitted: &Fitted,
        (noise, drawn): (&Noise, &Noise),
        set: usize,
        asked: &[(Intervention, Array2<f64>)],
        interrupt: &AtomicBool,
    ) -> Result<Vec<Effect>> {
        let graph = self.dataset.graph();
        let reached = graph.descendants([self.variables[set].data]);
        let follow: Vec<usize> = (0..self.variables.len())
            .filter(|column| *column != set && reached.contains(self.variables[*column].data))
            .collect();
        let mut tallies = vec![Tally::default(); follow.len()];
        if follow.is_empty() {
            return Ok(Vec::new());
        }
        for (action, truth) in asked {
            stop_if(interrupt)?;
            let wanted = vec![action.clone(); self.rows.nrows()];
            let found = fitted.predict(&self.rows, noise, &wanted)?;
            let sample = fitted.sample(drawn, action)?;
            for (column, tally) in follow.iter().zip(&mut tallies) {
                let of = |rows: &Array2<f64>| rows.column(*column).to_vec();
                let variable = &self.variables[*column].variable;
                let (right, before) = (of(truth), of(&self.rows));
                tally.errors.push(errors(variable, &of(&found), &right)?);
                tally.left.push(errors(variable, &before, &right)?);
                if matches!(variable.kind(), Kind::Continuous) {
                    tally.distances.push(distance(&of(&sample), &right)?);
                    tally.as_is.push(distance(&before, &right)?);
                }
            }
        }
        let pairs = follow.iter().zip(&tallies);
        Ok(pairs.filter_map(|(column, tally)| self.effect(set, *column, tally)).collect())
    }

    /// The figures of one pair; nothing where the true intervention has no effect.
    fn effect(&self, set: usize, measured: usize, tally: &Tally) -> Option<Effect> {
        let (errors, left) = (by_row(&tally.errors), by_row(&tally.left));
        let share = self.bootstrap.share(&errors, &left).ok()?;
        let variable = &self.variables[measured].variable;
        Some(Effect {
            set: self.variables[set].name().to_owned(),
            measured: variable.name().to_owned(),
            mae: mean(&errors).ok()?,
            unit: variable.unit().map(str::to_owned),
            leave_as_is: mean(&left).ok()?,
            share: share.estimate,
            ci95: ends(&share),
            distance: mean(&tally.distances).ok(),
            distance_as_is: mean(&tally.as_is).ok(),
        })
    }
}

/// What was measured of one pair: one entry for each value that was set.
#[derive(Clone, Debug, Default)]
struct Tally {
    errors: Vec<Vec<f64>>,
    left: Vec<Vec<f64>>,
    distances: Vec<f64>,
    as_is: Vec<f64>,
}

/// The mean of each row over the values that were set, which a resample keeps together.
fn by_row(values: &[Vec<f64>]) -> Vec<f64> {
    let rows = values.first().map_or(0, Vec::len);
    let of = |row: usize| values.iter().map(|each| each[row]).sum::<f64>();
    (0..rows).map(|row| of(row) / values.len() as f64).collect()
}

/// The values that a variable is set to: quantiles of its training labels, or every category.
fn values(variable: &Variable, labels: &[f64]) -> Result<Vec<f64>> {
    if let Kind::Categorical { categories } = variable.kind() {
        return Ok((0..categories).map(|category| category as f64).collect());
    }
    Ok(PLACES.iter().map(|p| quantile(labels, *p)).collect::<Result<_, _>>()?)
}
