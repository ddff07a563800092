//! Directions through the whole code: labels that are mixed into all of it are read, and reached by the shortest move.

use crate::support::{every_kind, images, largest, scrambled, tiny};
use counterfoil_autoencoder::{
    Abduction, Calibration, Counterfactuals, Mechanism, Model, ModelConfig, Procedure,
    objective::label_codes,
};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_random::Stream;
use counterfoil_tensor::{Mode, Precision, noise};
use tch::{Device, Tensor};

/// Nuisances that the code holds beside the labels.
const NUISANCES: i64 = 10;

fn unaligned(c: &mut ModelConfig) {
    (c.mechanism, c.residual_code, c.reader) = (Mechanism::Independent, false, Vec::new());
}

/// Labels `[n, 4]` of effect, cause, phase and sort, as in [`every_kind`].
fn labels(n: u64, key: u64) -> Tensor {
    let row = |item| {
        let mut s = Stream::new(key, "labels", item, 0);
        let sort = s.below(3) as f32;
        let mut within = |low, high| s.uniform_in(low, high) as f32;
        [within(-2.0, 2.0), within(0.0, 10.0), within(0.0, 360.0), sort]
    };
    let rows: Vec<f32> = (0..n).flat_map(row).collect();
    Tensor::from_slice(&rows).view([n as i64, 4])
}

/// A code in which every dimension holds something of every label and of every nuisance.
fn mixed(model: &Model, labels: &Tensor, key: u64) -> Tensor {
    let a = model.architecture();
    let (width, n) = (a.blocks().width(), labels.size()[0] as u64);
    let items: Vec<u64> = (0..n).collect();
    let draw = |seed, what: &str, items: &[u64], shape: i64| {
        noise::normal(seed, what, items, 0, &[shape], Device::Cpu)
    };
    let scalars = a.blocks().scalars(&label_codes(a, labels));
    let sources = Tensor::cat(&[scalars, draw(key, "nuisances", &items, NUISANCES)], 1);
    let rows: Vec<u64> = (0..sources.size()[1] as u64).collect();
    let scales = draw(0, "scales", &[0], width).exp();
    (sources.matmul(&draw(0, "mixing", &rows, width)) + draw(key, "rest", &items, width) * 0.02)
        * scales
}

fn calibrated(model: &Model) -> Calibration {
    let (fit, held) = (labels(600, 1), labels(200, 2));
    let (z, z_held) = (mixed(model, &fit, 1), mixed(model, &held, 2));
    let a = model.architecture();
    let mut calibration = Calibration::fit(a, (&z, &fit), (&z_held, &held), false).unwrap();
    calibration.fit_directions(a, (&z, &fit), (&z_held, &held)).unwrap();
    calibration
}

/// What blocks cannot tell the whole code does, and the errors that are reported are those of the same reading.
#[test]
fn labels_are_read_off_the_whole_code() {
    let model = tiny(&every_kind(), unaligned);
    let a = model.architecture();
    let calibration = calibrated(&model);
    let by_blocks = Calibration { directions: None, ..calibration.clone() };
    let held = labels(200, 2);
    let z = mixed(&model, &held, 2);
    let error = |calibration: &Calibration, column| {
        let off = calibration.labels(a, &z).select(1, column) - held.select(1, column);
        off.abs().mean(tch::Kind::Double).double_value(&[])
    };
    assert!(error(&calibration, 0) < 0.05 && error(&calibration, 1) < 0.1);
    assert!(error(&calibration, 3) < 0.01);
    assert!(error(&by_blocks, 0) > 0.3 && error(&by_blocks, 1) > 0.8);
    assert!((error(&calibration, 1) - calibration.blocks[1].read_mae).abs() < 1e-4);
}

/// The reader says what is set, one label or several, hard or soft, and no shorter move would do; an image on which nothing
/// is changed keeps its code bit for bit.
#[test]
fn moves_are_the_shortest_that_are_read_as_asked() {
    let dag: Dag = every_kind();
    let model = tiny(&dag, unaligned);
    let calibration = calibrated(&model);
    let directions = calibration.directions.clone().unwrap();
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let procedure = Procedure { directions: true, steps: 2, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let none = Intervention::none;
    let asked = [
        none(),
        none().set(&dag, "cause", 7.5).unwrap(),
        none().set(&dag, "effect", -1.0).unwrap().set(&dag, "phase", 200.0).unwrap(),
        none().set(&dag, "sort", 2.0).unwrap(),
        Intervention::parse(&dag, ["cause+=0.5"]).unwrap(),
    ];
    let z = mixed(&model, &labels(5, 3), 3);
    let own = Abduction::of_codes(z.shallow_clone(), z.shallow_clone());
    let acted = imagine.act(&own, &asked).unwrap();
    let read = |z: &Tensor| calibration.labels(model.architecture(), z);
    let (before, after) = (read(&z), read(&acted));
    let at = |x: &Tensor, row: i64, column: i64| x.double_value(&[row, column]);
    assert!((at(&after, 1, 1) - 7.5).abs() < 1e-2);
    assert!((at(&after, 2, 0) + 1.0).abs() < 1e-2 && (at(&after, 2, 2) - 200.0).abs() < 1.0);
    assert_eq!(at(&after, 3, 3), 2.0);
    assert!((at(&after, 4, 1) - at(&before, 4, 1) - 0.5).abs() < 1e-2);
    assert_eq!(largest(&(acted.get(0) - z.get(0))), 0.0);

    // The move of one label is a multiple of its reader's weights, in units of each dimension's deviation.
    let scale: Vec<f32> = directions.scale.iter().map(|x| *x as f32).collect();
    let step = (acted.get(1) - z.get(1)) / Tensor::from_slice(&scale);
    let width = scale.len();
    let of_cause: Vec<f32> =
        directions.weights[width..2 * width].iter().map(|x| *x as f32).collect();
    let of_cause = Tensor::from_slice(&of_cause);
    let length = |x: &Tensor| x.square().sum(tch::Kind::Double).double_value(&[]).sqrt();
    let along = (&step * &of_cause).sum(tch::Kind::Double).double_value(&[]);
    assert!((along.abs() / (length(&step) * length(&of_cause)) - 1.0).abs() < 1e-4);
}

/// Errors of reading are drawn along the directions, as large as they were measured.
#[test]
fn further_abductions_are_off_by_what_reading_is_off_by() {
    let model = tiny(&every_kind(), unaligned);
    let calibration = calibrated(&model);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let procedure = Procedure { directions: true, steps: 2, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let z = mixed(&model, &labels(1, 4), 4).repeat([400, 1]);
    let own = Abduction::of_codes(z.shallow_clone(), z.shallow_clone());
    let items: Vec<u64> = (0..400).collect();
    let further = imagine.resample(&own, 7, &items, 0);
    let directions = calibration.directions.as_ref().unwrap();
    let off = directions.scalars(&further.z) - directions.scalars(&z);
    let found =
        Vec::<f64>::try_from(off.abs().mean_dim([0i64].as_slice(), false, tch::Kind::Double))
            .unwrap();
    for (found, error) in found.iter().zip(&directions.error).take(4) {
        assert!((found / error - 1.0).abs() < 0.15, "{found} for {error}");
    }
    assert_eq!(largest(&(&further.u - &further.z)), 0.0);
}

/// Where mechanisms read blocks, and where nothing was fitted, there are no directions to go.
#[test]
fn what_has_no_directions_is_told() {
    let dag = every_kind();
    let procedure = Procedure { directions: true, steps: 2, ..Procedure::default() };
    let structured = tiny(&dag, |_| {});
    let error = procedure.grid(structured.architecture()).unwrap_err().to_string();
    assert!(
        error.contains("counterfactual.directions") && error.contains("independent"),
        "{error}"
    );

    let model = tiny(&dag, unaligned);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let ideal = Calibration::ideal(model.architecture());
    let imagine = Counterfactuals::new(&model, &weights, &ideal, procedure).unwrap();
    let abduction = imagine.abduct(&images(1), None).unwrap();
    let error = imagine.act(&abduction, &[Intervention::none()]).unwrap_err().to_string();
    assert!(error.contains("counterfactual.directions"), "{error}");
}
