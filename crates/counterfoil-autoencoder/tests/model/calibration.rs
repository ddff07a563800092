//! Calibration: recovers the map that made the latents, and reads every kind of label back.

use crate::support::{every_kind, largest, tiny};
use counterfoil_autoencoder::Calibration;
use counterfoil_autoencoder::objective::label_codes;
use counterfoil_random::Stream;
use counterfoil_tensor::noise;
use tch::{Device, Tensor};

fn labels(n: u64) -> Tensor {
    let row = |item| {
        let mut s = Stream::new(5, "labels", item, 0);
        let category = s.below(3) as f32;
        [
            s.uniform_in(-2.0, 2.0) as f32,
            s.uniform_in(0.0, 10.0) as f32,
            s.uniform_in(0.0, 360.0) as f32,
            category,
        ]
    };
    let rows: Vec<f32> = (0..n).flat_map(row).collect();
    Tensor::from_slice(&rows).view([n as i64, 4])
}

/// Exact: images whose label is unknown have no part in the fit, and none at all is told with its key.
#[test]
fn unknown_labels_are_no_evidence() {
    let model = tiny(&every_kind(), |_| {});
    let a = model.architecture();
    let (fit, held) = (labels(300), labels(60));
    let z = label_codes(a, &fit) * 0.5;
    // The first hundred are nonsense, and unlabelled.
    let (wild, hidden) = (z.copy(), fit.copy());
    let _ = wild.narrow(0, 0, 100).fill_(7.0);
    let _ = hidden.narrow(0, 0, 100).fill_(f64::NAN);
    let z_held = label_codes(a, &held) * 0.5;
    let kept = (&z.narrow(0, 100, 200), &fit.narrow(0, 100, 200));
    let expected = Calibration::fit(a, kept, (&z_held, &held), false).unwrap();
    assert_eq!(Calibration::fit(a, (&wild, &hidden), (&z_held, &held), false).unwrap(), expected);
    let none = fit.full_like(f64::NAN);
    let error = Calibration::fit(a, (&z, &none), (&z_held, &held), false).unwrap_err();
    assert!(error.to_string().contains("data.labelled"), "{error}");
}

/// Float class: an affine map with noise of standard deviation 0.01 over 400 items is found to 0.01.
#[test]
fn an_affine_distortion_is_found_and_undone() {
    let model = tiny(&every_kind(), |_| {});
    let a = model.architecture();
    let width = a.blocks().width();
    let distort = |labels: &Tensor, key| {
        let items: Vec<u64> = (0..labels.size()[0] as u64).collect();
        let noise = noise::normal(key, "noise", &items, 0, &[width], Device::Cpu) * 0.01;
        label_codes(a, labels) * 0.5 - 0.3 + noise
    };
    let (fit, held) = (labels(400), labels(100));
    let (z, z_held) = (distort(&fit, 1), distort(&held, 2));
    let found = Calibration::fit(a, (&z, &fit), (&z_held, &held), false).unwrap();
    assert_eq!(found.blocks.len(), 4);
    for block in &found.blocks {
        assert!(block.slope.iter().all(|s| (s - 0.5).abs() < 0.01), "{block:?}");
        assert!(block.offset.iter().all(|o| (o + 0.3).abs() < 0.01), "{block:?}");
        assert!(block.latent_mae < 0.02);
    }
    let wanted = found.latents(a, &held);
    let labelled = width - 5;
    assert!(
        largest(&(&wanted - (label_codes(a, &held) * 0.5 - 0.3)).narrow(1, 0, labelled)) < 0.02
    );
    let read = found.labels(a, &z_held) - &held;
    let error = |column, turn: f64| {
        let e = read.select(1, column);
        largest(&(&e - (&e / turn).round() * turn))
    };
    assert!(error(0, 1e9) < 0.1 && error(1, 1e9) < 0.2 && error(2, 360.0) < 3.0);
    assert_eq!(error(3, 1e9), 0.0);
    // The reported errors are those of the same reading.
    assert!(found.blocks[1].read_mae > 0.0 && found.blocks[1].read_mae < 0.1);
}

#[test]
fn latents_that_are_not_numbers_are_refused() {
    let model = tiny(&every_kind(), |_| {});
    let a = model.architecture();
    let y = labels(10);
    let broken = label_codes(a, &y) * f64::NAN;
    let message = Calibration::fit(a, (&broken, &y), (&broken, &y), false).unwrap_err().to_string();
    assert!(message.contains("effect"), "{message}");
    let short = label_codes(a, &y).narrow(1, 0, 3);
    assert!(Calibration::fit(a, (&short, &y), (&short, &y), false).is_err());
}
