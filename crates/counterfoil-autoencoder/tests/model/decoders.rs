//! The decoders beside the usual one: two conditions, and the image in one pass.

use crate::support::{every_kind, images, largest, scrambled, tiny};
use counterfoil_autoencoder::{
    Abduction, Batch, Calibration, Code, Conditioning, Counterfactuals, Decoder, Mechanism,
    ModelConfig, Objective, ObjectiveConfig, Procedure, network::unet::Condition,
};
use counterfoil_graph::Intervention;
use counterfoil_tensor::{Mode, Precision, noise};
use tch::{Device, Kind, Tensor};

fn direct(c: &mut ModelConfig) {
    (c.decoder, c.code, c.mechanism) = (Decoder::Direct, Code::Exogenous, Mechanism::Additive);
    (c.reader, c.residual_code) = (Vec::new(), false);
}

fn unstructured(c: &mut ModelConfig) {
    (c.mechanism, c.conditioning) = (Mechanism::Independent, Conditioning::TwoCondition);
    (c.reader, c.residual_code) = (Vec::new(), false);
    (c.labelled_noise, c.unlabelled_noise) = (0.0, 0.0);
}

/// Exact: the latents' own scale multiplies, so latents whose dense layer gives 0 leave the pass to time alone, and one
/// dense layer a residual block is all that is added.
#[test]
fn two_conditions_scale_each_block_once_more() {
    let dag = every_kind();
    let added = tiny(&dag, |_| {});
    let two = tiny(&dag, |c| c.conditioning = Conditioning::TwoCondition);
    // Width 32 of the embedding; blocks of 8, 16 channels down, twice 16 in the middle, twice 16 and twice 8 up.
    let channels = [8, 16, 16, 16, 16, 16, 8, 8];
    let more: usize = channels.iter().map(|c| 33 * c).sum();
    assert_eq!(two.layout().count(), added.layout().count() + more);
    let weights = scrambled(&two, 0.2).bind(Precision::F32, Mode::Evaluate);
    let draw = |scale: f64| {
        let times = Tensor::from_slice(&[40i64, 40]);
        let width = two.architecture().blocks().width();
        let latents = noise::normal(2, "z", &[0, 1], 0, &[width], Device::Cpu) * scale;
        let condition = Condition { times: &times, latents: &latents, mean: None, classes: None };
        let pair = Tensor::cat(&[images(1), images(1)], 0);
        two.denoise(&weights, &pair, &condition)
    };
    assert!(largest(&(draw(0.0).get(0) - draw(0.0).get(1))) < 1e-6);
    assert!(largest(&(draw(1.0).get(0) - draw(1.0).get(1))) > 1e-3);
}

/// Exact: no images are encoded to no latents, and no latents are decoded to no images.
#[test]
fn nothing_is_decoded_to_nothing() {
    for change in [direct, unstructured, |_: &mut ModelConfig| {}] {
        let model = tiny(&every_kind(), change);
        let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
        let calibration = Calibration::ideal(model.architecture());
        let procedure = Procedure { steps: 2, ..Procedure::default() };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let (u, z) = imagine.encode(&images(1).narrow(0, 0, 0)).unwrap();
        let abduction = Abduction::of_codes(u, z);
        let drawn = imagine.decode(&abduction, &abduction.z).unwrap();
        assert_eq!((drawn.size(), drawn.kind()), (vec![0, 1, 8, 8], Kind::Float));
        assert_eq!(imagine.imagine(&abduction, &[]).unwrap().size(), [0, 1, 8, 8]);
    }
}

/// Exact: without structure an intervention changes its own block and nothing else.
#[test]
fn independent_blocks_do_not_follow_their_causes() {
    let dag = every_kind();
    let model = tiny(&dag, unstructured);
    assert_eq!(model.layout().count_under("mechanisms."), 0);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let mut calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { steps: 2, ..Procedure::default() };
    let z = Counterfactuals::new(&model, &weights, &calibration, procedure)
        .unwrap()
        .encode(&images(40))
        .unwrap()
        .1;
    let labels = Tensor::from_slice(&[0.5f32, 7.5, 90.0, 2.0]).view([1, 4]).repeat([40, 1]);
    calibration.fit_noise_gain(&model, &weights, &z, &labels).unwrap();
    assert!(calibration.blocks.iter().all(|entry| entry.noise_gain == 1.0));
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    let cause = Intervention::none().set(&dag, "cause", 7.5).unwrap();
    let acted = imagine.act(&abduction, &[cause, Intervention::none()]).unwrap();
    for (name, moves) in
        [("effect", false), ("cause", true), ("phase", false), ("sort", false), ("style", false)]
    {
        let block = model.block(name).unwrap();
        let moved = (block.of(&acted) - block.of(&abduction.z)).abs();
        assert_eq!(largest(&moved.get(0)) > 0.0, moves, "{name}");
        assert_eq!(largest(&moved.get(1)), 0.0, "{name}");
    }
}

/// A code without noise has a gradient: the root of a variance that is multiplied by 0 has none.
#[test]
fn deterministic_codes_train() {
    let dag = every_kind();
    for change in [unstructured, direct] {
        let model = tiny(&dag, |c| {
            change(c);
            (c.labelled_noise, c.unlabelled_noise) = (0.0, 0.0);
        });
        let store = scrambled(&model, 0.2);
        let config = ObjectiveConfig {
            teach_labels: 0.0,
            decoder_shapes_labels: true,
            ..ObjectiveConfig::default()
        };
        let objective = Objective::new(&config, 100, 7).unwrap();
        let labels = Tensor::from_slice(&[0.5f32, 7.5, 90.0, 2.0]).view([1, 4]).repeat([2, 1]);
        let batch = Batch::new(images(2), labels, vec![4, 9]);
        let weights = store.bind(Precision::F32, Mode::Train);
        let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
        loss.total.backward();
        let gradient = store.flat().grad();
        assert!(gradient.isfinite().all().int64_value(&[]) == 1);
        assert!(largest(&gradient) > 0.0);
    }
}

/// Float class: a direct decoder with the pixels' noise gives the image back, and an intervention adds the difference of
/// two drawings to it; without, it gives the drawing.
#[test]
fn a_direct_decoder_abducts_the_noise_of_pixels() {
    let dag = every_kind();
    let model = tiny(&dag, direct);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let image = images(5);
    let with = |keep_residual| {
        let procedure = Procedure { keep_residual, batch: 2, ..Procedure::default() };
        Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap()
    };
    let (plain, exact) = (with(false), with(true));
    assert_eq!(plain.evaluations().unwrap(), [0, 1]);
    assert_eq!(exact.evaluations().unwrap(), [1, 1]);
    let set = Intervention::none().set(&dag, "cause", 7.5).unwrap();
    let set: Vec<Intervention> = (0..5).map(|_| set.clone()).collect();
    let of = |imagine: &Counterfactuals<'_>| {
        let abduction = imagine.abduct(&image, None).unwrap();
        let drawn = imagine.decode(&abduction, &abduction.z).unwrap();
        (drawn, imagine.imagine(&abduction, &set).unwrap())
    };
    let ((drawn, changed), (same, moved)) = (of(&plain), of(&exact));
    assert!(largest(&(&drawn - &image)) > 0.1, "untrained, it cannot draw the image");
    assert!(largest(&(&same - &image)) < 1e-5);
    assert!(largest(&(&changed - &drawn)) > 1e-3);
    assert!(largest(&((moved - &image) - (changed - drawn))) < 1e-5);
}

/// Exact up to single precision: the loss of a direct decoder is the mean square of what it misses.
#[test]
fn a_direct_decoder_is_trained_on_the_image() {
    let dag = every_kind();
    let model = tiny(&dag, |c| {
        direct(c);
        (c.labelled_noise, c.unlabelled_noise) = (0.0, 0.0);
    });
    let store = scrambled(&model, 0.2);
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let config = ObjectiveConfig {
        teach_labels: 0.0,
        drop_unlabelled: 0.0,
        decoder_shapes_labels: true,
        ..ObjectiveConfig::default()
    };
    let labels = Tensor::from_slice(&[0.5f32, 7.5, 90.0, 2.0]).view([1, 4]).repeat([2, 1]);
    let batch = Batch::new(images(2), labels, vec![4, 9]);
    let objective = Objective::new(&config, 100, 7).unwrap();
    let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
    let z = model.encode(&weights, &batch.images).unwrap().z;
    let times = Tensor::from_slice(&[0i64, 0]);
    let condition = Condition { times: &times, latents: &z, mean: None, classes: None };
    let drawn = model.denoise(&weights, &batch.images, &condition);
    let expected = (drawn - &batch.images).square().mean(Kind::Float).double_value(&[]);
    assert_eq!(loss.terms[0].0, "reconstruct");
    assert!((loss.terms[0].1.double_value(&[]) - expected).abs() < 1e-6 * expected);
}

#[test]
fn what_a_decoder_cannot_do_is_refused() {
    let dag = every_kind();
    let (one_pass, diffusion) = (tiny(&dag, direct), tiny(&dag, |_| {}));
    for (model, bad, key) in [
        (&one_pass, Procedure { guidance: 2.0, ..Procedure::default() }, "guidance"),
        (&diffusion, Procedure { keep_residual: true, ..Procedure::default() }, "keep_residual"),
    ] {
        let error = bad.grid(model.architecture()).unwrap_err().to_string();
        assert!(error.contains(key), "{error}");
    }
}
