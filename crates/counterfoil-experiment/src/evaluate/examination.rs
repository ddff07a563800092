//! What a model is asked about held-out images, with everything that scoring its answers takes.

use counterfoil_autoencoder::Batch;
use counterfoil_metrics::bootstrap::Bootstrap;
use indexmap::IndexMap;
use tch::Tensor;

use super::{
    POPULATION,
    draw::{Draws, Labelled},
    figures::Facts,
    first, labels,
    measure::{Judges, Measured},
    plan::Plan,
    prepare::Prepared,
    score::{Scorer, on_data, rendered},
};
use crate::{config::Config, data::Data, error::Result};

/// The images, the interventions, and what is true of both. Made once, it serves any number of ways to answer.
pub(super) struct Examination<'a> {
    data: &'a Data,
    prepared: &'a Prepared,
    judges: &'a Judges,
    variables: &'a [Labelled],
    /// Places of the images in the data set.
    pub(super) items: &'a [usize],
    /// The images.
    pub(super) batch: Batch,
    /// The first of them, for what needs many rounds.
    pub(super) tenfold: Batch,
    /// What is asked of the model.
    pub(super) plan: Plan,
    /// The re-rendered truth of each intervention asked, by its name, where it is known.
    pub(super) truths: IndexMap<String, Tensor>,
    labels: Vec<Vec<f64>>,
    population: Vec<Vec<f64>>,
    measured: Measured,
    bootstrap: Bootstrap,
}

impl<'a> Examination<'a> {
    /// Draws the interventions on the first `images` of the test part, and renders and measures what is known.
    ///
    /// # Errors
    /// When the data do not fit the model, or a measurement is not finite.
    pub(super) fn new(
        config: &Config,
        data: &'a Data,
        prepared: &'a Prepared,
        judges: &'a Judges,
        variables: &'a [Labelled],
        draws: &Draws<'_>,
        images: usize,
    ) -> Result<Self> {
        let (section, seed) = (config.evaluation(), config.experiment().seed);
        let (dataset, split, device) =
            (data.dataset(), data.split(), prepared.trained.weights.device());
        let items = first(&split.test, images);
        let (batch, known) = (data.batch(items, device)?, labels(data, items));
        let tenfold = data.batch(first(items, section.tenfold_images), device)?;
        // Fresh noise tells how much of a class the latents hold; without classes nothing is asked of it.
        let afresh = dataset.classes().is_some();
        let plan = Plan::new(draws, variables, items, &known, afresh)?;
        let mut truths = IndexMap::new();
        for deed in &plan.asked {
            let actions = on_data(deed, prepared.graph(), dataset.graph())?;
            if let Some(truth) = rendered(data, items, &actions, device)? {
                truths.insert(deed.name.clone(), truth);
            }
        }
        let measured = judges.measure(&batch.images)?;
        let population = labels(data, first(&split.train, POPULATION));
        let bootstrap = Bootstrap { rounds: section.resamples, level: 0.95, seed };
        Ok(Self {
            data,
            prepared,
            judges,
            variables,
            items,
            batch,
            tenfold,
            plan,
            truths,
            labels: known,
            population,
            measured,
            bootstrap,
        })
    }

    /// Who scores the answers.
    pub(super) fn scorer(&self) -> Scorer<'_> {
        let dataset = self.data.dataset();
        Scorer {
            data: self.data,
            prepared: self.prepared,
            judges: self.judges,
            facts: Facts {
                variables: self.variables,
                graph: dataset.graph(),
                scm: dataset.scm(),
                labels: &self.labels,
                population: &self.population,
                measured: &self.measured,
            },
            batch: &self.batch,
            items: self.items,
            truths: &self.truths,
            bootstrap: self.bootstrap,
        }
    }
}
