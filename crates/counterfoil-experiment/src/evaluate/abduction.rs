//! Does the code hold the noise of each mechanism? Rank correlation of what the model abducts with the true noise.
//!
//! A variable with causes is its mechanism's answer to them and to an exogenous noise of its own. Where the data know
//! that noise, it is held against the one that the model abducts from the image: the mean of the variable's block of u.
//! Ranks are compared, since the noise of a model and that of the world agree at best up to an increasing map. No image
//! is decoded.
//!
//! The label itself goes along with its noise. How far is what perfect latents would score in a model without mechanisms,
//! which takes the label for the noise: the reference.
//!
//! Circular and categorical variables are left out, whose noise has no order or whose blocks have several parts; so is a
//! mechanism without noise, and one whose abducted noise never changes.

use counterfoil_autoencoder::Blocks;
use counterfoil_data::Dataset;
use counterfoil_metrics::{bootstrap::Bootstrap, statistics::spearman};
use indexmap::IndexMap;
use tch::Tensor;

use super::{draw::Labelled, figures::ends, pictures, summary::Abducted};
use crate::error::Result;

/// Rank correlations of the exogenous codes `u` `[n, d]` of `items` with their true noise, by variable; empty where no
/// label model is known.
///
/// # Errors
/// When libtorch cannot copy the codes.
pub fn of_codes(
    blocks: &Blocks,
    u: &Tensor,
    dataset: &Dataset,
    variables: &[Labelled],
    items: &[usize],
    bootstrap: &Bootstrap,
) -> Result<IndexMap<String, Abducted>> {
    let mut found = IndexMap::new();
    let truths = true_noise(dataset, items);
    for labelled in variables {
        let caused = !dataset.graph().parents(labelled.data).is_empty();
        let Some(truths) = truths.as_ref().filter(|_| caused && labelled.is_ordered()) else {
            continue;
        };
        let block = blocks.get(labelled.model);
        let own = pictures::table(&block.scalars(&block.of(u)))?.column(0).to_vec();
        let noise = rising(dataset, labelled.data, items, truths);
        let labels: Vec<f64> =
            items.iter().map(|item| dataset.labels()[[*item, labelled.data]]).collect();
        if let Some(entry) = agreement(&own, &noise, &labels, bootstrap) {
            found.insert(labelled.name().to_owned(), entry);
        }
    }
    Ok(found)
}

/// The noise of each image, by variable: a world's own, else what the label model abducts from the labels.
fn true_noise(dataset: &Dataset, items: &[usize]) -> Option<Vec<Vec<f64>>> {
    let of = |item: &usize| match dataset.exogenous(*item) {
        Some(exogenous) => Some(exogenous.ok()?.noise),
        None => dataset.scm()?.abduct(&dataset.labels().row(*item).to_vec()).ok(),
    };
    items.iter().map(of).collect()
}

/// The noise of one variable, turned over where its mechanism falls with it: which way noise is counted is a convention of
/// whoever wrote the mechanism.
fn rising(dataset: &Dataset, variable: usize, items: &[usize], truths: &[Vec<f64>]) -> Vec<f64> {
    let noise = truths.iter().map(|noise| noise[variable]);
    let Some(mechanism) = dataset.scm().map(|scm| scm.mechanism(variable)) else {
        return noise.collect();
    };
    let (causes, central) = (dataset.graph().parents(variable), mechanism.central_noise());
    let moved = items.iter().zip(truths).map(|(item, noise)| {
        let labels = dataset.labels().row(*item);
        let values: Vec<f64> = causes.iter().map(|cause| labels[*cause]).collect();
        let own = noise[variable];
        let change = mechanism.forward(&values, own) - mechanism.forward(&values, central);
        change * (own - central)
    });
    let sign = if moved.sum::<f64>() < 0.0 { -1.0 } else { 1.0 };
    noise.map(|noise| sign * noise).collect()
}

/// How far the ranks of abducted and true noise agree, one value an image: not at all where the abducted one never changes,
/// nothing to tell where the true one does not.
fn agreement(
    abducted: &[f64],
    noise: &[f64],
    labels: &[f64],
    bootstrap: &Bootstrap,
) -> Option<Abducted> {
    let pick = |of: &[f64], images: &[usize]| images.iter().map(|i| of[*i]).collect::<Vec<_>>();
    let collapsed = abducted.iter().all(|value| *value == abducted[0]);
    let (correlation, ci95) = if collapsed {
        (0.0, [0.0; 2])
    } else {
        let agree = |images: &[usize]| spearman(&pick(abducted, images), &pick(noise, images));
        let found = bootstrap.interval(noise.len(), agree).ok()?;
        (found.estimate, ends(&found))
    };
    Some(Abducted {
        correlation,
        ci95,
        images: noise.len(),
        without_mechanism: spearman(labels, noise).ok()?,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{config::Config, data::Data};
    use counterfoil_data::Images;
    use counterfoil_graph::Dag;
    use counterfoil_random::Stream;
    use counterfoil_scm::{Custom, LinearGaussian, Mechanism, Scm};
    use ndarray::Array2;
    use std::path::Path;

    const BOOTSTRAP: Bootstrap = Bootstrap { rounds: 50, level: 0.95, seed: 1 };

    fn gaussian() -> Data {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/gaussian.toml");
        let set = ["data.count=400", "data.split=[100, 50, 250]"].map(str::to_owned);
        Data::load(&Config::load(&file, Some("smoke"), &set).unwrap()).unwrap()
    }

    /// Float: codes that are the noise bent by an increasing map score 1; codes that are the labels score as the reference
    /// does, which in this linear world is near its closed form: Spearman's `6 / pi asin(rho / 2)` at rho 0.6 and 0.76,
    /// with a standard error below 0.06 over 250 images.
    #[test]
    fn noise_scores_one_and_labels_score_as_the_reference() {
        let data = gaussian();
        let (dataset, items) = (data.dataset(), &data.split().test);
        let blocks = Blocks::new(dataset.graph(), 4);
        let variables = Labelled::all(dataset.graph(), dataset.graph()).unwrap();
        let noise = true_noise(dataset, items).unwrap();
        let labels: Vec<Vec<f64>> =
            items.iter().map(|item| dataset.labels().row(*item).to_vec()).collect();
        let of = |rows: &[Vec<f64>]| {
            let u = codes(&blocks, rows);
            of_codes(&blocks, &u, dataset, &variables, items, &BOOTSTRAP).unwrap()
        };
        let bent: Vec<Vec<f64>> =
            noise.iter().map(|row| row.iter().map(|n| n.exp()).collect()).collect();
        let (right, naive) = (of(&bent), of(&labels));
        assert_eq!(right.keys().collect::<Vec<_>>(), ["b", "c"], "a has no causes");
        for (name, rho) in [("b", 0.6f64), ("c", 0.5 / 0.43f64.sqrt())] {
            let (right, naive) = (&right[name], &naive[name]);
            assert!((right.correlation - 1.0).abs() < 1e-6, "{right:?}");
            assert!((naive.correlation - naive.without_mechanism).abs() < 1e-6, "{naive:?}");
            let expected = 6.0 / std::f64::consts::PI * (rho / 2.0).asin();
            assert!((naive.correlation - expected).abs() < 0.2, "{naive:?} {expected}");
            assert!(naive.ci95[0] < naive.correlation && naive.correlation < naive.ci95[1]);
            assert_eq!(naive.images, 250);
        }
        // A code that has collapsed holds nothing, which is not the same as nothing known.
        let collapsed = of(&vec![vec![1.0; 3]; items.len()]);
        assert_eq!(collapsed["b"].correlation, 0.0);
        assert_eq!(collapsed["b"].without_mechanism, right["b"].without_mechanism);
    }

    /// Exact: data with a label model alone have their noise from it; a mechanism that falls in its noise is counted the
    /// other way; one without noise has no entry, nor has a variable whose values have no order.
    #[test]
    fn what_can_be_known_of_the_noise_is_used() {
        let graph = Dag::from_dot(
            "digraph g { a [low=-9, high=9]; falls [low=-9, high=9]; still [low=-9, high=9]; \
             turns [kind=\"circular\", period=360.0]; a -> falls; a -> still; a -> turns }",
        )
        .unwrap();
        let fixed = |weight: f64| {
            Custom::new(
                |stream: &mut Stream| stream.normal(),
                move |parents: &[f64], noise: f64| parents[0] + weight * noise,
                move |parents: &[f64], value: f64| {
                    Ok(if weight == 0.0 { 0.0 } else { (value - parents[0]) / weight })
                },
            )
        };
        let mechanisms: Vec<Box<dyn Mechanism>> = vec![
            Box::new(LinearGaussian::new(0.0, vec![], 1.0).unwrap()),
            Box::new(fixed(-0.5)),
            Box::new(fixed(0.0)),
            Box::new(fixed(0.5)),
        ];
        let scm = Scm::new(graph.clone(), mechanisms).unwrap();
        let rows: Vec<Vec<f64>> =
            (0..60).map(|k| scm.sample(&mut Stream::new(5, "labels", k, 0)).values).collect();
        let labels = Array2::from_shape_fn((60, 4), |(row, column)| rows[row][column]);
        let images = Images::new([60, 1, 1, 1], vec![0; 60]).unwrap();
        let observed = Dataset::observed("test", graph.clone(), images, labels, None).unwrap();
        let (items, blocks) = ((0..60).collect::<Vec<_>>(), Blocks::new(&graph, 4));
        let variables = Labelled::all(&graph, &graph).unwrap();
        let rising: Vec<Vec<f64>> =
            rows.iter().map(|row| row.iter().map(|value| value - row[0]).collect()).collect();
        let u = codes(&blocks, &rising);
        let of = |dataset: &Dataset| {
            of_codes(&blocks, &u, dataset, &variables, &items, &BOOTSTRAP).unwrap()
        };
        assert!(of(&observed).is_empty(), "nobody knows the noise");
        let found = of(&observed.with_model(scm).unwrap());
        assert_eq!(found.keys().collect::<Vec<_>>(), ["falls"]);
        assert!((found["falls"].correlation - 1.0).abs() < 1e-12, "{found:?}");
    }

    /// Codes whose blocks repeat one number an image and variable.
    fn codes(blocks: &Blocks, rows: &[Vec<f64>]) -> Tensor {
        let block = |(of, block): (usize, &counterfoil_autoencoder::Block)| {
            let values: Vec<f32> = rows.iter().map(|row| row[of] as f32).collect();
            let column = Tensor::from_slice(&values).view([-1, 1]);
            block.spread(&column.expand([-1, block.parts.len() as i64], false))
        };
        Tensor::cat(&blocks.iter().enumerate().map(block).collect::<Vec<_>>(), 1)
    }
}
