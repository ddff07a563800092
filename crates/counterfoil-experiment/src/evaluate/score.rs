//! All figures of one evaluation: measures what came of the plan and reads it against the truth.

use counterfoil_autoencoder::Batch;
use counterfoil_graph::{Dag, Intervention};
use counterfoil_metrics::bootstrap::Bootstrap;
use counterfoil_tensor::image;
use indexmap::IndexMap;
use tch::{Device, Tensor};

use super::{
    deeds::{Deed, Done},
    draw::graph_error,
    figures::{Episode, Facts},
    following,
    measure::Judges,
    minimality::{Answered, Real},
    pictures::{Against, mean_squared},
    plan::{Answers, EXTRAPOLATED, Plan, Rounds},
    prepare::Prepared,
    resemblance,
    summary::{Drift, Effect, Ends, Following, ImageErrors, Kept, Minimal, Resemblance},
};
use crate::{data::Data, error::Result};

/// The figures that interventions have.
#[derive(Debug, Default)]
pub struct Scores {
    /// `<do>.<measured>`.
    pub effectiveness: IndexMap<String, IndexMap<String, Effect>>,
    /// By variable.
    pub following: IndexMap<String, Following>,
    /// Of thickness on intensity.
    pub abduction_slope: Option<f64>,
    /// `<do>.<measured>`.
    pub drift: IndexMap<String, IndexMap<String, Drift>>,
    /// By intervention.
    pub identity_kept: IndexMap<String, Kept>,
    /// By intervention on one continuous variable.
    pub minimality: IndexMap<String, Minimal>,
    /// Against the re-rendered truth.
    pub image_error: Option<ImageErrors>,
    /// Composition once.
    pub composition_1: f64,
    /// Intervals of the plain numbers.
    pub intervals: IndexMap<String, Ends>,
}

/// The figures of what was done in many rounds.
#[derive(Debug, Default)]
pub struct Reproduced {
    /// Composition ten times.
    pub composition_10: f64,
    /// By variable.
    pub reversibility: IndexMap<String, f64>,
    /// Of the first variable, ten times.
    pub reversibility_10: Option<f64>,
    /// By variable.
    pub null_intervention: IndexMap<String, f64>,
    /// Intervals of the plain numbers.
    pub intervals: IndexMap<String, Ends>,
}

/// What scoring needs to know.
pub struct Scorer<'a> {
    /// The data.
    pub data: &'a Data,
    /// The model and its calibration.
    pub prepared: &'a Prepared,
    /// The judges.
    pub judges: &'a Judges,
    /// What is known of the images.
    pub facts: Facts<'a>,
    /// The images.
    pub batch: &'a Batch,
    /// Their places in the data set.
    pub items: &'a [usize],
    /// The re-rendered truth of each intervention asked, by its name, where it is known.
    pub truths: &'a IndexMap<String, Tensor>,
    /// How intervals are made.
    pub bootstrap: Bootstrap,
}

impl Scorer<'_> {
    /// Scores the answers to `plan`.
    ///
    /// # Errors
    /// When a measurement is not finite.
    pub fn score(&self, plan: &Plan, answers: &Answers) -> Result<Scores> {
        let mut scores = Scores::default();
        let mut pictures = Vec::new();
        let real = Real::new(&self.batch.images)?;
        for (index, (deed, done)) in plan.asked.iter().zip(&answers.asked).enumerate() {
            self.intervention(&mut scores, deed, done, answers.fresh.get(index))?;
            if let Some(found) = self.minimality(&real, deed, done)? {
                scores.minimality.insert(deed.name.clone(), found);
            }
            // What is extrapolated has its own column and stays out of the figure for all.
            if let Some(truth) = self.truths.get(&deed.name)
                && !deed.name.ends_with(EXTRAPOLATED)
            {
                let against = Against::truth(&done.images, &self.batch.images, truth)?;
                pictures.push((deed.name.clone(), against));
            }
        }
        scores.image_error = self.image_errors(&pictures)?;
        let (value, ends) = mean_squared(&self.batch.images, &answers.composed, &self.bootstrap)?;
        scores.composition_1 = value;
        scores.intervals.insert("composition_1".into(), ends);
        Ok(scores)
    }

    /// The figures of one intervention.
    fn intervention(
        &self,
        scores: &mut Scores,
        deed: &Deed,
        done: &Done,
        fresh: Option<&Done>,
    ) -> Result<()> {
        let (facts, bootstrap) = (&self.facts, &self.bootstrap);
        let actions = on_data(deed, self.prepared.graph(), facts.graph)?;
        let measured = self.judges.measure(&done.images)?;
        let latent = self.prepared.read(&done.latents)?;
        let episode = Episode { actions: &actions, measured: &measured, latent: Some(&latent) };
        let name = || deed.name.clone();
        scores.effectiveness.insert(name(), facts.effects(&episode, bootstrap)?);
        if let Some(column) = facts.variables.iter().position(|v| v.name() == deed.name) {
            let (labelled, fit) = (&facts.variables[column], &self.prepared.calibration);
            let found = following::of_variable(labelled, column, &episode, fit)?;
            scores.following.extend(found.map(|found| (name(), found)));
        }
        let drifts = facts.drifts(&episode, bootstrap)?;
        if !drifts.is_empty() {
            scores.drift.insert(name(), drifts);
        }
        if let Some((slope, ends)) = facts.abduction_slope(&episode, bootstrap) {
            scores.abduction_slope = Some(slope);
            scores.intervals.insert("abduction_slope".into(), ends);
        }
        let fresh = fresh.map(|done| self.judges.measure(&done.images)).transpose()?;
        if let Some(kept) = facts.identity_kept(&measured, fresh.as_ref(), bootstrap)? {
            scores.identity_kept.insert(name(), kept);
        }
        Ok(())
    }

    /// How little the images change under an intervention on one continuous variable, in the range that the data support.
    fn minimality(&self, real: &Real, deed: &Deed, done: &Done) -> Result<Option<Minimal>> {
        let facts = &self.facts;
        let labelled = facts.variables.iter().find(|labelled| labelled.name() == deed.name);
        let Some(labelled) = labelled.filter(|l| l.is_ordered()) else {
            return Ok(None);
        };
        let labels: Vec<f64> = facts.labels.iter().map(|values| values[labelled.data]).collect();
        let asked = deed.interventions.iter().map(|action| action.get(labelled.model));
        let Some(wanted) = asked.collect::<Option<Vec<f64>>>() else { return Ok(None) };
        let truth = self.truths.get(&deed.name);
        let answered = Answered { labels: &labels, wanted: &wanted, images: &done.images, truth };
        real.minimality(&answered, &self.bootstrap)
    }

    /// How far the answers to interventions on one variable, in the range that the data support, are from what they should be:
    /// from the truth, or from other held-out images.
    ///
    /// # Errors
    /// When libtorch cannot copy an image.
    pub fn resemblance(&self, plan: &Plan, answers: &Answers) -> Result<Option<Resemblance>> {
        let single = plan.single();
        let (images, judges) = (&self.batch.images, self.judges);
        let found: Vec<&Tensor> =
            answers.asked.iter().take(single.len()).map(|done| &done.images).collect();
        if found.is_empty() {
            return Ok(None);
        }
        let found = Tensor::cat(&found, 0);
        let truths: Option<Vec<&Tensor>> =
            single.iter().map(|deed| self.truths.get(&deed.name)).collect();
        if let Some(truths) = truths {
            return resemblance::of_images(judges, &found, images, &Tensor::cat(&truths, 0), true);
        }
        let validation = &self.data.split().validation;
        let others = &validation[..validation.len().min(found.size()[0] as usize)];
        let others = self.data.batch(others, images.device())?.images;
        resemblance::of_images(judges, &found, images, &others, false)
    }

    fn image_errors(&self, pictures: &[(String, Against)]) -> Result<Option<ImageErrors>> {
        if pictures.is_empty() {
            return Ok(None);
        }
        let mut by = IndexMap::new();
        for (name, against) in pictures {
            by.insert(name.clone(), against.figures(&self.bootstrap)?);
        }
        let each: Vec<&Against> = pictures.iter().map(|(_, against)| against).collect();
        let all = Against::mean(&each).figures(&self.bootstrap)?;
        Ok(Some(ImageErrors { all, by }))
    }

    /// Scores what should come back after many rounds.
    ///
    /// # Errors
    /// As [`Scorer::score`].
    pub fn reproduction(&self, rounds: &Rounds) -> Result<Reproduced> {
        let few = self.batch.images.narrow(0, 0, rounds.tenfold.size()[0]);
        let (mut scores, mut intervals) = (Reproduced::default(), IndexMap::new());
        let mut squared = |name: String, found: &Tensor| -> Result<f64> {
            let (value, ends) = mean_squared(&few, found, &self.bootstrap)?;
            intervals.insert(name, ends);
            Ok(value)
        };
        scores.composition_10 = squared("composition_10".into(), &rounds.tenfold)?;
        if let Some(back) = rounds.back.first() {
            squared("reversibility_1".into(), back)?;
        }
        if let Some(back) = &rounds.back_tenfold {
            scores.reversibility_10 = Some(squared("reversibility_10".into(), back)?);
        }
        for (column, labelled) in self.facts.variables.iter().enumerate() {
            let name = labelled.name();
            let value = squared(format!("reversibility.{name}"), &rounds.back[column])?;
            scores.reversibility.insert(name.to_owned(), value);
            let own = &rounds.own[column].images;
            let value = squared(format!("null_intervention.{name}"), own)?;
            scores.null_intervention.insert(name.to_owned(), value);
        }
        Ok(Reproduced { intervals, ..scores })
    }

    /// Share of images whose class the judges recognise.
    pub fn class_accuracy(&self) -> Option<f64> {
        let found = self.facts.measured.classes.as_ref()?;
        let known = self.data.dataset().classes()?;
        let right = self.items.iter().zip(found).filter(|(i, c)| usize::from(known[**i]) == **c);
        Some(right.count() as f64 / found.len().max(1) as f64)
    }
}

/// The interventions of a deed on the graph of the data.
///
/// # Errors
/// When the graphs disagree about a variable.
pub fn on_data(deed: &Deed, model: &Dag, data: &Dag) -> Result<Vec<Intervention>> {
    deed.interventions.iter().map(|i| i.translate(model, data).map_err(graph_error)).collect()
}

/// The re-rendered counterfactuals of `items`, `[n, c, h, w]` in `[-1, 1]`; none for data that were observed.
///
/// # Errors
/// When a value lies outside its variable's domain.
pub fn rendered(
    data: &Data,
    items: &[usize],
    actions: &[Intervention],
    device: Device,
) -> Result<Option<Tensor>> {
    let dataset = data.dataset();
    let mut pixels = Vec::new();
    for (item, action) in items.iter().zip(actions) {
        let Some(image) = dataset.counterfactual_image(*item, action) else { return Ok(None) };
        pixels.extend(image?);
    }
    let [channels, height, width] = dataset.images().image_shape();
    let shape = [items.len(), channels, height, width];
    Ok(Some(image::to_tensor(&pixels, shape, device)?))
}
