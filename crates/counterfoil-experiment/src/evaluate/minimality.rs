//! Does a counterfactual change its image no more than it must? The counterfactual latent divergence of single
//! interventions.
//!
//! CLD places the distance between image and counterfactual among the distances to real images: how many that have the
//! value asked for are as near, and how many that share the old value are as far. It wants an encoder that never saw a
//! label. A model's own encoder and the judges did, so the pixels themselves are compared: encodings of one deviation,
//! whose divergence is half the mean squared difference. Only its order counts.
//!
//! Real images are the evaluated ones; "a value" is one of some groups of equal count. Doing nothing scores
//! `ln(0.8 + 0.2 e) = 0.295` and true counterfactual images what their world makes of it, which stands beside.

use counterfoil_metrics::{bootstrap::Bootstrap, grouping::Grouping, minimality::cld};
use ndarray::Array2;
use tch::{Kind, Tensor};

use super::{figures::ends, pictures, summary::Minimal};
use crate::error::Result;

/// Most images that are compared, all with all.
const IMAGES: usize = 1000;
/// Most groups of values.
const GROUPS: usize = 10;
/// Images that a group should have.
const COMPANY: usize = 20;

/// Images as they are, and how far they lie apart.
#[derive(Debug)]
pub struct Real {
    pixels: Tensor,
    /// Mean squared differences `[n, n]`.
    apart: Array2<f64>,
}

/// Answers to one intervention an image, all on the same continuous variable.
#[derive(Clone, Copy, Debug)]
pub struct Answered<'a> {
    /// The variable's labels.
    pub labels: &'a [f64],
    /// What was asked for.
    pub wanted: &'a [f64],
    /// The counterfactual images `[n, c, h, w]`.
    pub images: &'a Tensor,
    /// The true ones, where they can be rendered.
    pub truth: Option<&'a Tensor>,
}

impl Real {
    /// Compares the first images `[n, c, h, w]` with one another.
    ///
    /// # Errors
    /// When libtorch cannot copy them.
    pub fn new(images: &Tensor) -> Result<Self> {
        let pixels = pixels(images)?;
        let squared = Tensor::f_cdist(&pixels, &pixels, 2.0, None::<i64>)?.square();
        let apart = pictures::table(&(squared / pixels.size()[1] as f64))?;
        Ok(Self { pixels, apart })
    }

    /// Mean CLD of the answers that ask for a value of another group; nothing where there are too few images for groups,
    /// or none asks for another.
    ///
    /// # Errors
    /// When the images' shapes differ.
    pub fn minimality(
        &self,
        answered: &Answered<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<Option<Minimal>> {
        let n = self.apart.nrows();
        let groups = (n / COMPANY).clamp(2, GROUPS);
        let labels = answered.labels.get(..n).unwrap_or(answered.labels);
        let Ok(group) = Grouping::EqualCount(groups).of(labels) else { return Ok(None) };
        let own = self.scores(answered, labels, &group, answered.images)?;
        let Ok(found) = bootstrap.mean(&own) else { return Ok(None) };
        let of_truth = match answered.truth {
            Some(truth) => {
                let scores = self.scores(answered, labels, &group, truth)?;
                counterfoil_metrics::statistics::mean(&scores).ok()
            }
            None => None,
        };
        Ok(Some(Minimal { cld: found.estimate, ci95: ends(&found), images: own.len(), of_truth }))
    }

    /// CLD of each image that asks for another group than its own.
    fn scores(
        &self,
        answered: &Answered<'_>,
        labels: &[f64],
        group: &[usize],
        images: &Tensor,
    ) -> Result<Vec<f64>> {
        let change = (pixels(images)?.f_sub(&self.pixels)?).square().mean_dim(1, true, None);
        let change = pictures::table(&change)?;
        let mut scores = Vec::new();
        for (image, wanted) in answered.wanted.iter().take(labels.len()).enumerate() {
            let asked = group_of(*wanted, labels, group);
            if asked == group[image] {
                continue;
            }
            let from = |wanted: usize| -> Vec<f64> {
                let others = (0..group.len()).filter(|k| *k != image && group[*k] == wanted);
                others.map(|other| self.apart[[other, image]]).collect()
            };
            scores.extend(cld(change[[image, 0]], &from(group[image]), &from(asked)).ok());
        }
        Ok(scores)
    }
}

/// The group of the largest label that is not above `value`, or of the least label.
fn group_of(value: f64, labels: &[f64], group: &[usize]) -> usize {
    let below = labels.iter().zip(group).filter(|(label, _)| **label <= value);
    let least = group.iter().copied().min().unwrap_or(0);
    below.map(|(_, group)| *group).max().unwrap_or(least)
}

/// The first images, one a row.
fn pixels(images: &Tensor) -> Result<Tensor> {
    let first = images.size()[0].min(IMAGES as i64);
    Ok(images.f_narrow(0, 0, first)?.flatten(1, -1).to_kind(Kind::Double))
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;
    use tch::Device;

    /// Images whose first column is as bright as their value, and the rest a style of their own.
    fn images(values: &[f64]) -> Tensor {
        let pixel = |image: usize, place: usize| match place % 4 {
            0 => values[image] as f32,
            _ => 0.5 * Stream::new(7, "style", image as u64, place as u64).normal() as f32,
        };
        let pixels: Vec<f32> = (0..values.len() * 16).map(|k| pixel(k / 16, k % 16)).collect();
        Tensor::from_slice(&pixels).view([values.len() as i64, 1, 4, 4]).to_device(Device::Cpu)
    }

    /// Exact for doing nothing; elsewhere by the order that the score was made for: the truth is the least, doing nothing
    /// worse, the image of somebody else worse still.
    #[test]
    fn the_truth_changes_least() {
        let bootstrap = Bootstrap { rounds: 50, level: 0.95, seed: 1 };
        let uniform = |name, k| Stream::new(7, name, k, 0).uniform_in(-1.0, 1.0);
        let labels: Vec<f64> = (0..200).map(|k| uniform("label", k)).collect();
        let wanted: Vec<f64> = (0..200).map(|k| uniform("wanted", k)).collect();
        let (factual, truth) = (images(&labels), images(&wanted));
        let real = Real::new(&factual).unwrap();
        let of = |images: &Tensor| {
            let truth = Some(&truth);
            let answered = Answered { labels: &labels, wanted: &wanted, images, truth };
            real.minimality(&answered, &bootstrap).unwrap().unwrap()
        };
        let right = of(&truth);
        assert_eq!(right.of_truth, Some(right.cld));
        assert!((150..200).contains(&right.images), "a tenth asks for its own group: {right:?}");
        let nothing = of(&factual);
        assert!((nothing.cld - (0.8 + 0.2 * 1f64.exp()).ln()).abs() < 1e-12, "{nothing:?}");
        assert_eq!(nothing.of_truth, right.of_truth);
        let strangers = of(&truth.flip([0]));
        assert!(
            right.cld < nothing.cld && strangers.ci95[0] > nothing.cld,
            "{right:?} {strangers:?}"
        );
        assert!(strangers.ci95[0] < strangers.cld && strangers.cld < strangers.ci95[1]);
        // Nobody asks for another value; and one image has no company.
        let same = Answered { labels: &labels, wanted: &labels, images: &truth, truth: None };
        assert_eq!(real.minimality(&same, &bootstrap).unwrap(), None);
        let lonely = Real::new(&factual.narrow(0, 0, 1)).unwrap();
        let truth = truth.narrow(0, 0, 1);
        let (labels, wanted) = (&labels[..1], &wanted[..1]);
        let one = Answered { labels, wanted, images: &truth, truth: None };
        assert_eq!(lonely.minimality(&one, &bootstrap).unwrap(), None);
    }

    /// Exact: one pixel, two groups of two. The first image's answer is nearer than both of the value asked for and nearer than
    /// the one other of its own, which is all of them; the second's is beyond one of two, and beyond the other of its own.
    #[test]
    fn an_image_is_no_company_for_itself() {
        let pixels = |values: [f32; 4]| Tensor::from_slice(&values).view([4, 1, 1, 1]);
        let labels = [0.0, 1.0, 9.0, 10.5];
        let real = Real::new(&pixels(labels.map(|v| v as f32))).unwrap();
        let images = &pixels([0.5, 10.0, 9.0, 10.5]);
        let answered = Answered { labels: &labels, wanted: &[9.5; 4], images, truth: None };
        let bootstrap = Bootstrap { rounds: 20, level: 0.95, seed: 1 };
        let found = real.minimality(&answered, &bootstrap).unwrap().unwrap();
        let by_hand = [(0.8 + 0.2 * 1f64.exp()).ln(), (0.8 * 0.5f64.exp() + 0.2).ln()];
        assert_eq!(found.images, 2);
        assert!((found.cld - f64::midpoint(by_hand[0], by_hand[1])).abs() < 1e-12, "{found:?}");
    }

    #[test]
    fn values_between_labels_belong_to_the_group_below() {
        let (labels, group) = ([3.0, 1.0, 2.0, 4.0], [1, 0, 0, 1]);
        let of = |value| group_of(value, &labels, &group);
        assert_eq!([0.0, 1.5, 2.9, 3.0, 9.0].map(of), [0, 0, 0, 1, 1]);
    }
}
