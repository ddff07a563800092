//! Labels that training may not see, and images that the encoder alone sees.

use crate::objective::{largest_gradient, pair, term};
use crate::support::{batch, every_kind, images, labels, scrambled, tiny};
use counterfoil_autoencoder::{Batch, Objective, ObjectiveConfig, ToRead};
use counterfoil_tensor::{Mode, Precision};
use tch::{Device, Kind, Tensor};

/// The label term is the mean over known labels, and an unknown one has no part in any term that a label enters.
#[test]
fn unknown_labels_are_left_out() {
    let model = tiny(&every_kind(), |_| {});
    let store = scrambled(&model, 0.2);
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
    let loss = |labels: Tensor| {
        let loss = objective.loss(&model, &weights, &Batch { labels, ..batch() }, 3).unwrap();
        assert!(loss.total.double_value(&[]).is_finite());
        loss.terms.iter().map(|(n, t)| (*n, t.double_value(&[]))).collect::<Vec<_>>()
    };
    let without = |unknown: &[(i64, i64)]| {
        let masked = labels();
        for (item, column) in unknown {
            let _ = masked.get(*item).get(*column).fill_(f64::NAN);
        }
        loss(masked)
    };
    // Each of eight labels alone, then their mean.
    let places: Vec<(i64, i64)> = (0..2).flat_map(|i| (0..4).map(move |c| (i, c))).collect();
    let only = |place: (i64, i64)| {
        let others: Vec<_> = places.iter().copied().filter(|p| *p != place).collect();
        term(&without(&others), "label")
    };
    let each: Vec<f64> = places.iter().map(|place| only(*place)).collect();
    let whole = term(&loss(labels()), "label");
    assert!((each.iter().sum::<f64>() / 8.0 - whole).abs() < 1e-5 * (1.0 + whole));
    assert!(each.iter().any(|e| (e - whole).abs() > 0.1), "{each:?}");
    assert_eq!(term(&without(&places), "label"), 0.0);
    // What the decoder sees of an unknown label is what was read, so its value would have made a difference.
    let hidden = without(&[(0, 0)]);
    assert!((term(&hidden, "denoise") - term(&loss(labels()), "denoise")).abs() > 1e-6);
}

/// Where the decoder may shape what labelled blocks hold, it does so where no label says what they should hold.
#[test]
fn the_decoder_shapes_what_is_read_for_unknown_labels_alone() {
    let model = pair();
    let store = scrambled(&model, 0.2);
    let gradient_of_encoder = |labels: &[f32], decoder_shapes_labels| {
        let config = ObjectiveConfig {
            label_weight: 0.0,
            decoder_shapes_labels,
            ..ObjectiveConfig::default()
        };
        let objective = Objective::new(&config, 100, 7).unwrap();
        let batch = Batch { labels: Tensor::from_slice(labels).view([2, 2]), ..batch() };
        let weights = store.bind(Precision::F32, Mode::Train);
        objective.loss(&model, &weights, &batch, 3).unwrap().total.backward();
        let found = largest_gradient(&model, &store, &["encoder", "reader"]);
        let _ = store.flat().grad().zero_();
        found
    };
    let known = [0.5f32, 7.5, -1.0, 2.0];
    let hidden = [0.5f32, f32::NAN, -1.0, 2.0];
    assert_eq!(gradient_of_encoder(&known, true), 0.0);
    assert_eq!(gradient_of_encoder(&hidden, false), 0.0);
    assert!(gradient_of_encoder(&hidden, true) > 0.0);
}

/// Exact up to single precision: images to read are held against their labels as those of the batch are, in a term of their
/// own with the same weight, and teach the encoder alone.
#[test]
fn further_images_are_read() {
    let model = pair();
    let store = scrambled(&model, 0.2);
    let config = ObjectiveConfig { label_weight: 2.0, ..ObjectiveConfig::default() };
    let objective = Objective::new(&config, 100, 7).unwrap();
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let of = |labels: &[f32]| Tensor::from_slice(labels).view([2, 2]);
    let read =
        |labels: &[f32]| Some(ToRead { images: images(2), labels: of(labels), items: vec![4, 9] });
    let loss = |labels: &[f32], to_read| {
        let batch = Batch { labels: of(labels), to_read, ..batch() };
        let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
        let total = loss.total.double_value(&[]);
        let terms: Vec<_> = loss.terms.iter().map(|(n, t)| (*n, t.double_value(&[]))).collect();
        (total, terms)
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
    let (known, hidden) = ([0.5f32, 7.5, -1.0, 2.0], [f32::NAN, f32::NAN, -1.0, f32::NAN]);
    let (alone, _) = loss(&known, None);
    for labels in [known, hidden] {
        let (total, terms) = loss(&known, read(&labels));
        let (_, same) = loss(&labels, None);
        close(term(&terms, "reading"), term(&same, "label"));
        close(total - alone, 2.0 * term(&terms, "reading"));
    }
    assert!(term(&loss(&known, read(&known)).1, "reading") > 0.01);

    let gradient = |to_read| {
        let weights = store.bind(Precision::F32, Mode::Train);
        let batch = Batch { labels: of(&hidden), to_read, ..batch() };
        objective.loss(&model, &weights, &batch, 3).unwrap().total.backward();
        let found = store.flat().grad().copy();
        let _ = store.flat().grad().zero_();
        found
    };
    let taught = gradient(read(&known)) - gradient(None);
    store.flat().grad().copy_(&taught);
    assert!(largest_gradient(&model, &store, &["encoder", "reader"]) > 1e-3);
    assert!(largest_gradient(&model, &store, &["unet", "mechanisms"]) < 1e-6);
    let wrong = ToRead {
        images: images(2),
        labels: Tensor::zeros([2, 5], (Kind::Float, Device::Cpu)),
        items: vec![4, 9],
    };
    let wrong = Batch { labels: of(&known), to_read: Some(wrong), ..batch() };
    assert!(objective.loss(&model, &weights, &wrong, 3).is_err());
}
