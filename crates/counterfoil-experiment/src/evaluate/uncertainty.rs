//! How sure is an effect? Ranges of effects from several abductions of each image, and how often the truth lies inside.
//!
//! A label is read off an image with an error, whose size the calibration measured on images never seen. What is abducted
//! is therefore not one noise but a distribution of them: each sample moves the labelled blocks by such errors, abducts its
//! own noise, and answers the same question. The range of the effect is where a further answer would lie with probability
//! [`LEVEL`].
//!
//! Coverage of [`LEVEL`] means that reading is all that stands between the model and the truth. Less says that the
//! mechanisms themselves are wrong by more than reading is unsure, which no sampling of the noise can know. Effects are
//! read off the latents; no image is decoded.

use counterfoil_autoencoder::{Abduction, Counterfactuals, image_keys};
use counterfoil_graph::{Intervention, Kind};
use counterfoil_metrics::{
    bootstrap::Bootstrap,
    uncertainty::{central, coverage},
};
use indexmap::IndexMap;
use ndarray::Array2;
use tch::Tensor;

use super::{
    figures::{Facts, ends},
    plan::Plan,
    prepare::Prepared,
    score::on_data,
    summary::{Ends, Range},
};
use crate::error::Result;

/// Abductions of each image. Of 59 draws the third from each end enclose a sixtieth draw with probability 0.9, whatever the
/// distribution.
const SAMPLES: usize = 59;
/// The probability that a further sample lies in a range.
pub const LEVEL: f64 = 0.9;

/// The ends of the range of each label of an image; none of a label whose values are in no order.
pub(crate) type OfLabels = Vec<Option<Ends>>;

/// By intervention on one variable, then by what follows from it.
pub(super) type Ranges = IndexMap<String, IndexMap<String, Range>>;

/// Ranges of the effects of `plan`'s single interventions, for the images whose codes begin with `u` and `z`; empty where
/// no label model is known.
///
/// # Errors
/// When the latents do not fit the model.
pub(super) fn of_effects(
    counterfactuals: &Counterfactuals<'_>,
    prepared: &Prepared,
    (u, z): (&Tensor, &Tensor),
    facts: &Facts<'_>,
    plan: &Plan,
    bootstrap: &Bootstrap,
) -> Result<Ranges> {
    let n = facts.labels.len().min(u.size()[0] as usize);
    let first = |x: &Tensor| x.narrow(0, 0, n as i64);
    let own = Abduction::of_codes(first(u), first(z));
    let mut asked = Vec::new();
    for deed in plan.single() {
        let actions = on_data(deed, prepared.graph(), facts.graph)?;
        let targets = actions.first().map(Intervention::targets).unwrap_or_default();
        let reached = facts.graph.descendants(targets.iter().copied());
        let mut effects = Vec::new();
        for (column, labelled) in facts.variables.iter().enumerate() {
            let follows = reached.contains(labelled.data)
                && !targets.contains(&labelled.data)
                && labelled.is_ordered();
            if let Some(truth) = follows.then(|| facts.truth(labelled, &actions)).flatten() {
                effects.push((column, truth, vec![Vec::new(); n]));
            }
        }
        if !effects.is_empty() {
            asked.push((deed, effects));
        }
    }
    let deeds: Vec<&[Intervention]> =
        asked.iter().map(|(deed, _)| &deed.interventions[..n]).collect();
    // The images evaluated are the first of the test part, where each has its place.
    let keys: Vec<u64> = (0..own.u.size()[0] as u64).collect();
    sample(counterfactuals, prepared, &own, (bootstrap.seed, &keys), &deeds, |which, read| {
        for (column, _, samples) in &mut asked[which].1 {
            for (samples, value) in samples.iter_mut().zip(&read[*column]) {
                samples.push(*value);
            }
        }
    })?;
    let mut found = Ranges::new();
    for (deed, effects) in &asked {
        let ranges = effects.iter().filter_map(|(column, truth, samples)| {
            let range = range(samples, &truth[..n], bootstrap)?;
            Some((facts.variables[*column].name().to_owned(), range))
        });
        found.insert(deed.name.clone(), ranges.collect());
    }
    found.retain(|_, row| !row.is_empty());
    Ok(found)
}

/// For each intervention and each image the range of each label, `[low, high]` in label units: where a further answer would
/// lie with probability [`LEVEL`]; none of a label whose values are in no order. An image has the same ranges whatever other
/// images are asked about beside it.
///
/// # Errors
/// When the images do not fit the model.
pub(crate) fn of_answers(
    counterfactuals: &Counterfactuals<'_>,
    prepared: &Prepared,
    images: &Tensor,
    interventions: &[Intervention],
    seed: u64,
) -> Result<Vec<Vec<OfLabels>>> {
    let (u, z) = counterfactuals.encode(images)?;
    let (n, keys) = (u.size()[0] as usize, image_keys(images)?);
    let own = Abduction::of_codes(u, z);
    let asked: Vec<Vec<Intervention>> = interventions.iter().map(|i| vec![i.clone(); n]).collect();
    let asked: Vec<&[Intervention]> = asked.iter().map(Vec::as_slice).collect();
    let mut samples: Vec<Vec<Vec<Vec<f64>>>> = vec![vec![Vec::new(); n]; asked.len()];
    sample(counterfactuals, prepared, &own, (seed, &keys), &asked, |which, read| {
        for (label, values) in read.iter().enumerate() {
            for (image, value) in samples[which].iter_mut().zip(values) {
                image.resize(read.len(), Vec::new());
                image[label].push(*value);
            }
        }
    })?;
    let graph = prepared.graph();
    let ordered = |variable: &usize| graph.variable(*variable).kind() == Kind::Continuous;
    let ordered: Vec<bool> = graph.labelled().iter().map(ordered).collect();
    let range = |(draws, ordered): (Vec<f64>, &bool)| {
        Ok(if *ordered { Some(central(&draws, LEVEL)?) } else { None })
    };
    let image = |labels: Vec<Vec<f64>>| labels.into_iter().zip(&ordered).map(range).collect();
    samples.into_iter().map(|images| images.into_iter().map(image).collect()).collect()
}

/// Answers what is `asked`, one intervention an image, from each of several abductions of the images, and hands over which
/// answer it is and what is read off its latents: of each label one value an image. Draws have a seed and a key an image.
fn sample(
    counterfactuals: &Counterfactuals<'_>,
    prepared: &Prepared,
    own: &Abduction,
    (seed, keys): (u64, &[u64]),
    asked: &[&[Intervention]],
    mut answered: impl FnMut(usize, &[Vec<f64>]),
) -> Result<()> {
    for sample in 0..SAMPLES as u64 {
        let abduction = counterfactuals.resample(own, seed, keys, sample);
        for (which, interventions) in asked.iter().enumerate() {
            answered(which, &prepared.read(&counterfactuals.act(&abduction, interventions)?)?);
        }
    }
    Ok(())
}

/// How often the truth lies in the range of an image's samples, and how wide ranges are; nothing where there are none.
fn range(samples: &[Vec<f64>], truth: &[f64], bootstrap: &Bootstrap) -> Option<Range> {
    let draws = Array2::from_shape_vec((samples.len(), SAMPLES), samples.concat()).ok()?;
    let found = coverage(&draws, truth, LEVEL, bootstrap).ok()?;
    Some(Range {
        coverage: found.covered.estimate,
        ci95: ends(&found.covered),
        level: LEVEL,
        width: found.length,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;

    const BOOTSTRAP: Bootstrap = Bootstrap { rounds: 50, level: 0.95, seed: 1 };

    /// Samples of a standard normal answer around what is true for each image, moved by `bias`.
    fn coverage(bias: f64, scale: f64) -> Range {
        let (mut samples, mut truth) = (Vec::new(), Vec::new());
        for image in 0..400 {
            let mut stream = Stream::new(3, "coverage", image, 0);
            let centre = 10.0 * stream.uniform();
            truth.push(centre + stream.normal() + bias);
            samples.push((0..SAMPLES).map(|_| centre + scale * stream.normal()).collect());
        }
        range(&samples, &truth, &BOOTSTRAP).unwrap()
    }

    /// Monte-Carlo (400 images, standard error 0.015 at 0.9): samples spread as errors are cover what they say, narrow
    /// or biased ones less, and the width is that of the third of 59 normal draws from each end (1.70, Blom's approximation).
    #[test]
    fn honest_samples_cover_what_they_say() {
        let honest = coverage(0.0, 1.0);
        assert!((honest.coverage - LEVEL).abs() < 0.06, "{honest:?}");
        assert!((honest.width - 2.0 * 1.70).abs() < 0.1, "{honest:?}");
        assert!(honest.ci95[0] <= honest.coverage && honest.coverage <= honest.ci95[1]);
        assert!(coverage(0.0, 0.3).coverage < 0.6);
        assert!(coverage(3.0, 1.0).coverage < 0.2);
        assert!(coverage(0.0, 4.0).coverage > 0.98);
    }
}
