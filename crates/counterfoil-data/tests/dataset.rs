//! A data set checks its parts, names its content by a hash, and says how much of the truth it knows.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use counterfoil_data::{Dataset, Images, Result};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_scm::morphomnist;
use ndarray::{Array2, array};

fn observed(
    pixels: Vec<u8>,
    labels: Array2<f64>,
    classes: Option<(Vec<u8>, usize)>,
) -> Result<Dataset> {
    let n = labels.nrows();
    Dataset::observed(
        "test",
        morphomnist::graph(),
        Images::new([n, 1, 1, 2], pixels)?,
        labels,
        classes,
    )
}

fn good() -> Dataset {
    observed(vec![1, 2, 3, 4], array![[2.0, 120.0], [3.0, 200.0]], Some((vec![0, 9], 10))).unwrap()
}

#[test]
fn parts_that_do_not_fit_are_refused() {
    let check = |result: Result<Dataset>, expected: &str| {
        let message = result.unwrap_err().to_string();
        assert!(message.contains(expected), "{message:?} does not say {expected:?}");
    };
    check(observed(vec![0; 2], array![[1.0, 2.0, 3.0]], None), "expected (1, 2), found (1, 3)");
    check(observed(vec![0; 3], array![[1.0, 2.0]], None), "pixels of images");
    check(
        observed(vec![0; 2], array![[1.0, 2.0]], Some((vec![0, 1], 10))),
        "1 of them, each below 10",
    );
    check(observed(vec![0; 2], array![[1.0, 2.0]], Some((vec![3], 3))), "the largest 3");
}

/// Exact: each part of the content enters the hash, the name does not.
#[test]
fn the_hash_names_the_content() {
    let reference = good().hash().to_owned();
    assert_eq!(reference.len(), 64);
    let labels = || array![[2.0, 120.0], [3.0, 200.0]];
    let classes = || Some((vec![0, 9], 10));
    let others = [
        observed(vec![1, 2, 3, 5], labels(), classes()),
        observed(
            vec![1, 2, 3, 4],
            array![[2.0, 120.0], [3.0, f64::from_bits(200.0f64.to_bits() + 1)]],
            classes(),
        ),
        observed(vec![1, 2, 3, 4], labels(), Some((vec![0, 8], 10))),
        observed(vec![1, 2, 3, 4], labels(), None),
        Dataset::observed(
            "test",
            morphomnist::graph(),
            Images::new([2, 1, 2, 1], vec![1, 2, 3, 4]).unwrap(),
            labels(),
            classes(),
        ),
        Dataset::observed(
            "test",
            Dag::from_dot("digraph { a; b }").unwrap(),
            good().images().clone(),
            labels(),
            classes(),
        ),
    ];
    for other in others {
        assert_ne!(other.unwrap().hash(), reference);
    }
    let renamed = Dataset::observed(
        "other",
        morphomnist::graph(),
        good().images().clone(),
        labels(),
        classes(),
    );
    assert_eq!(renamed.unwrap().hash(), reference);
}

#[test]
fn what_is_not_known_is_not_invented() {
    let data = good();
    let action = Intervention::none().set(data.graph(), "thickness", 3.0).unwrap();
    assert!(data.scm().is_none() && data.exogenous(0).is_none());
    assert!(data.counterfactual_labels(0, &action).is_none());

    let data = data.with_model(morphomnist::model()).unwrap();
    assert!(data.scm().is_some() && data.exogenous(0).is_none());
    assert!(data.counterfactual_image(0, &action).is_none());
    let labels = data.counterfactual_labels(0, &action).unwrap().unwrap();
    let model = morphomnist::model();
    assert_eq!(labels, model.counterfactual(&[2.0, 120.0], &action).unwrap());
    assert_eq!(labels[0], 3.0);
    assert!(data.counterfactual_labels(2, &action).unwrap().is_err());
}

#[test]
fn a_model_of_other_variables_is_refused() {
    let graph = Dag::from_dot("digraph { intensity; thickness }").unwrap();
    let data =
        Dataset::observed("test", graph, good().images().clone(), good().labels().clone(), None);
    let message = data.unwrap().with_model(morphomnist::model()).unwrap_err().to_string();
    assert!(
        message.contains("expected intensity, thickness, found thickness, intensity"),
        "{message}"
    );
}
