//! The columns of an evaluation: what is asked of every image, and what came of it.

use counterfoil_autoencoder::Batch;
use counterfoil_graph::Intervention;
use tch::Tensor;

use super::{
    deeds::{Deed, Done, Studio},
    draw::{Draws, Labelled},
};
use crate::error::Result;

/// What stands behind a variable's name when its values are drawn over the whole declared range.
pub const EXTRAPOLATED: &str = "_extrapolated";

/// Rounds of the longest composition.
const ROUNDS: usize = 10;

/// Everything that is done to the test images.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Nothing set.
    nothing: Deed,
    /// The interventions of the effectiveness matrix: each variable in support, those with causes extrapolated, all
    /// together. The first are one a variable.
    pub asked: Vec<Deed>,
    /// Each variable in support, with fresh noise.
    fresh: Vec<Deed>,
    /// Each variable set to its own label: the null intervention, and the way back of a reversal.
    own: Vec<Deed>,
}

/// What came of the questions of a [`Plan`]: all that one abduction of every image takes.
#[derive(Debug)]
pub struct Answers {
    /// The images encoded and decoded.
    pub composed: Tensor,
    /// What came of [`Plan::asked`].
    pub asked: Vec<Done>,
    /// The same for single variables, with fresh noise; empty where it was not asked for.
    pub fresh: Vec<Done>,
    /// The noise x_T of the images.
    pub noise: Tensor,
}

/// What came of the first images, to which is done what needs many rounds or hardly differs between images.
#[derive(Debug)]
pub struct Rounds {
    /// Each variable set to its own label.
    pub own: Vec<Done>,
    /// Encoded and decoded ten times.
    pub tenfold: Tensor,
    /// Each variable set to another value and back.
    pub back: Vec<Tensor>,
    /// The first variable set to another value and back ten times in a row; nothing without variables.
    pub back_tenfold: Option<Tensor>,
}

impl Plan {
    /// Draws the interventions of `items`, whose labels are `labels` (in the order of the data's graph). With `afresh` those on
    /// single variables are asked with fresh noise too: what keeps a class only because the latents hold it.
    ///
    /// # Errors
    /// When a value lies outside its variable's domain.
    pub fn new(
        draws: &Draws<'_>,
        variables: &[Labelled],
        items: &[usize],
        labels: &[Vec<f64>],
        afresh: bool,
    ) -> Result<Self> {
        let drawn = |name: String, columns: &[usize]| -> Result<Deed> {
            let actions = items.iter().map(|item| draws.action(columns, *item));
            Ok(Deed::new(name, actions.collect::<Result<_>>()?))
        };
        let each = || variables.iter().enumerate();
        let mut asked = Vec::new();
        for (column, labelled) in each() {
            asked.push(drawn(labelled.name().to_owned(), &[column])?);
        }
        let fresh = asked.iter().filter(|_| afresh).map(Deed::afresh).collect();
        for (column, labelled) in each().filter(|(column, _)| draws.is_caused(*column)) {
            let value = |item: &usize| draws.set(&[(column, draws.extrapolated(column, *item))]);
            let actions = items.iter().map(value).collect::<Result<_>>()?;
            asked.push(Deed::new(format!("{}{EXTRAPOLATED}", labelled.name()), actions));
        }
        if variables.len() > 1 {
            let names: Vec<&str> = variables.iter().map(Labelled::name).collect();
            let all: Vec<usize> = (0..variables.len()).collect();
            asked.push(drawn(names.join("+"), &all)?);
        }
        let mut own = Vec::new();
        for (column, labelled) in each() {
            let value = |values: &Vec<f64>| draws.set(&[(column, values[labelled.data])]);
            let actions = labels.iter().map(value).collect::<Result<_>>()?;
            own.push(Deed::new(format!("{} as it is", labelled.name()), actions));
        }
        let nothing = Deed::new("composition", vec![Intervention::none(); items.len()]);
        Ok(Self { nothing, asked, fresh, own })
    }

    /// The questions that tell one way between image and noise from another: nothing set, and interventions in
    /// support with the images' own noise.
    #[must_use]
    pub fn essentials(&self) -> Self {
        let supported = |deed: &&Deed| !deed.name.ends_with(EXTRAPOLATED);
        let asked = self.asked.iter().filter(supported).cloned().collect();
        Self { asked, fresh: Vec::new(), ..self.clone() }
    }

    /// The interventions in support on one variable each, in the order of the variables.
    pub fn single(&self) -> &[Deed] {
        &self.asked[..self.own.len().min(self.asked.len())]
    }

    /// How many passes of the sampler [`Plan::answer`] makes.
    pub fn passes(&self, images: usize, pass: usize) -> u64 {
        Studio::passes_of(images, 1 + self.asked.len() + self.fresh.len(), pass)
    }

    /// How many passes of the sampler [`Plan::repeat`] makes.
    pub fn passes_of_rounds(&self, tenfold: usize, pass: usize) -> u64 {
        let journeys = if self.own.is_empty() { 0 } else { 2 * (ROUNDS - 1) };
        let rounds = (ROUNDS + self.own.len() + journeys) as u64;
        Studio::passes_of(tenfold, self.own.len(), pass)
            + rounds * Studio::passes_of(tenfold, 1, pass)
    }

    /// Asks everything of the images of `batch`.
    ///
    /// # Errors
    /// When interrupted, or the sampler fails.
    pub fn answer(&self, studio: &mut Studio<'_>, batch: &Batch) -> Result<Answers> {
        let deeds = [std::slice::from_ref(&self.nothing), &self.asked, &self.fresh].concat();
        let mut imagined = studio.imagine(batch, &deeds)?;
        // One entry a deed, in the order in which they were put together.
        let fresh = imagined.done.split_off(1 + self.asked.len());
        let asked = imagined.done.split_off(1);
        let composed = imagined.done.remove(0).images;
        Ok(Answers { composed, asked, fresh, noise: imagined.noise })
    }

    /// Does to the images of `tenfold`, the first of those in `answers`, what needs many rounds.
    ///
    /// # Errors
    /// As [`Plan::answer`].
    pub fn repeat(
        &self,
        studio: &mut Studio<'_>,
        tenfold: &Batch,
        answers: &Answers,
    ) -> Result<Rounds> {
        let few = tenfold.items.len();
        let first = |deed: &Deed| Deed::new(&deed.name, deed.interventions[..few].to_vec());
        let own: Vec<Deed> = self.own.iter().map(first).collect();
        let done = studio.imagine(tenfold, &own)?.done;
        let mut back = Vec::new();
        for (there, home) in answers.asked.iter().zip(&own) {
            let there = there.images.narrow(0, 0, few as i64);
            back.push(studio.redo(&there, tenfold.classes.as_ref(), &home.interventions)?);
        }
        let mut back_tenfold = back.first().map(Tensor::shallow_clone);
        if let (Some(images), Some(there), Some(home)) =
            (&mut back_tenfold, self.asked.first(), own.first())
        {
            let there = first(there);
            for _ in 1..ROUNDS {
                for way in [&there, home] {
                    let classes = tenfold.classes.as_ref();
                    *images = studio.redo(images, classes, &way.interventions)?;
                }
            }
        }
        let tenfold = studio.compose(tenfold, ROUNDS)?;
        Ok(Rounds { own: done, tenfold, back, back_tenfold })
    }
}
