//! Learned class: a small training with a fixed seed, whose bounds a model that does not use its latents misses.
//!
//! The world is an 8x8 image whose left half is as bright as the cause and whose right half is as bright as the
//! effect, `effect = 0.8 cause + 0.2 noise`, so every counterfactual is known.

use crate::support::tiny;
use counterfoil_autoencoder::counterfactual::Procedure;
use counterfoil_autoencoder::{
    Batch, Calibration, Conditioning, Counterfactuals, Model, Objective, ObjectiveConfig,
};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_random::Stream;
use counterfoil_tensor::{
    AdamW, AdamWConfig, Ema, Mode, ParameterStore, Precision, clip_gradient_norms_apart,
};
use tch::{Device, Kind, Tensor};

pub(crate) fn dag() -> Dag {
    Dag::from_dot(
        "digraph { cause [low=0, high=1]; effect [low=0, high=1]; style [role=unlabelled, width=4]; cause -> effect }",
    )
    .unwrap()
}

/// Labels `[n, 2]` and images of items `from .. from + n`.
fn world(from: u64, n: u64) -> (Tensor, Tensor) {
    let labels: Vec<f32> = (from..from + n)
        .flat_map(|item| {
            let mut s = Stream::new(11, "halves", item, 0);
            let (cause, noise) = (s.uniform(), s.uniform());
            [cause as f32, (0.8 * cause + 0.2 * noise) as f32]
        })
        .collect();
    let labels = Tensor::from_slice(&labels).view([n as i64, 2]);
    let halves = labels.repeat_interleave_self_int(4, 1, None).view([n as i64, 1, 1, 8]);
    let images = halves.expand([n as i64, 1, 8, 8], false) * 2.0 - 1.0;
    (labels, images.contiguous())
}

/// Labels `[n, 2]` of which a keyed share is known.
fn shown(labels: &Tensor, from: u64, share: f64) -> Tensor {
    let known: Vec<f32> = (2 * from..2 * from + labels.numel() as u64)
        .map(|k| if Stream::new(3, "known", k, 0).bernoulli(share) { 0.0 } else { f32::NAN })
        .collect();
    labels + Tensor::from_slice(&known).view_as(labels)
}

pub(crate) fn train(model: &Model, drop_labelled: f64, share: f64) -> ParameterStore {
    let steps = 300;
    let config = ObjectiveConfig { drop_labelled, ..ObjectiveConfig::default() };
    let objective = Objective::new(&config, steps, 0).unwrap();
    let store = model.initialise(0, Device::Cpu);
    let mut optimiser = AdamW::new(&store, AdamWConfig::default());
    let mut average = Ema::new(&store);
    for step in 0..steps {
        let (labels, images) = world(32 * (step % 16), 32);
        let items = (32 * (step % 16)..32 * (step % 16) + 32).collect();
        let weights = store.bind(Precision::F32, Mode::Train);
        let labels = shown(&labels, 32 * (step % 16), share);
        let batch = Batch::new(images, labels, items);
        objective.loss(model, &weights, &batch, step).unwrap().total.backward();
        clip_gradient_norms_apart(&store, &model.trained_apart(), 1.0);
        optimiser.step(&store, 4e-3 * (1.0 - step as f64 / steps as f64));
        average.update(&store, Ema::warm_decay(0.99, step));
    }
    let (labels, images) = world(0, 256);
    let labels = shown(&labels, 0, share);
    model.refresh_statistics(average.store(), std::iter::repeat_n((&images, &labels), 60)).unwrap();
    average.store().detached_copy()
}

fn scores(model: &Model, store: &ParameterStore) -> ([f64; 2], f64) {
    scores_under(model, store, Procedure { steps: 10, ..Procedure::default() })
}

/// Errors of the two halves after do(cause), each as a share of leaving the image as it is; and of the null action.
pub(crate) fn scores_under(
    model: &Model,
    store: &ParameterStore,
    procedure: Procedure,
) -> ([f64; 2], f64) {
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let imagine = Counterfactuals::new(model, &weights, &calibration, procedure).unwrap();
    let (labels, images) = world(10_000, 48);
    let abduction = imagine.abduct(&images, None).unwrap();
    let wanted: Vec<f64> = (0..48).map(|k| Stream::new(5, "wanted", k, 0).uniform()).collect();
    let acts: Vec<Intervention> =
        wanted.iter().map(|v| Intervention::none().set(&dag(), "cause", *v).unwrap()).collect();
    let changed = imagine.imagine(&abduction, &acts).unwrap();
    let halves = |x: &Tensor| {
        ((x + 1.0) / 2.0).view([48, 8, 2, 4]).mean_dim([1i64, 3].as_slice(), false, None)
    };
    let target = Tensor::from_slice(&wanted).to_kind(Kind::Float);
    let shift = &target - labels.select(1, 0);
    let truth = Tensor::stack(&[target, labels.select(1, 1) + shift * 0.8], 1);
    let error = |x: &Tensor| (halves(x) - &truth).abs().mean_dim([0i64].as_slice(), false, None);
    let share = Vec::<f32>::try_from(error(&changed) / error(&images)).unwrap();
    let same = imagine.imagine(&abduction, &vec![Intervention::none(); 48]).unwrap();
    let moved = (same - images).abs().mean(Kind::Float).double_value(&[]);
    ([f64::from(share[0]), f64::from(share[1])], moved)
}

#[test]
fn interventions_arrive_and_propagate_in_a_trained_model() {
    let model = tiny(&dag(), |c| c.block_width = Some(4));
    let ([cause, effect], null) = scores(&model, &train(&model, 0.0, 1.0));
    println!("cause {cause:.3} effect {effect:.3} null {null:.4}");
    assert!(cause < 0.15 && effect < 0.15, "shares of leave-as-is: {cause}, {effect}");
    assert!(null < 0.03, "the null action moves pixels by {null} on average");
}

/// The control: a decoder that never saw the labelled blocks cannot meet those bounds.
#[test]
fn a_model_that_ignores_its_labels_misses_the_bounds() {
    let model = tiny(&dag(), |c| c.block_width = Some(4));
    let ([cause, effect], _) = scores(&model, &train(&model, 1.0, 1.0));
    println!("cause {cause:.3} effect {effect:.3}");
    assert!(cause > 0.6 && effect > 0.6, "shares of leave-as-is: {cause}, {effect}");
}

/// A tenth of the labels, of 512 images, is enough for most of it.
#[test]
fn a_tenth_of_the_labels_still_arrives() {
    let model = tiny(&dag(), |c| c.block_width = Some(4));
    let ([cause, effect], _) = scores(&model, &train(&model, 0.0, 0.1));
    println!("cause {cause:.3} effect {effect:.3}");
    assert!(cause < 0.2 && effect < 0.2, "shares of leave-as-is: {cause}, {effect}");
}

/// The control: without any label a block means what an untrained reader happens to make of the image.
#[test]
fn no_labels_miss_the_bounds() {
    let model = tiny(&dag(), |c| c.block_width = Some(4));
    let ([cause, effect], _) = scores(&model, &train(&model, 0.0, 0.0));
    println!("cause {cause:.3} effect {effect:.3}");
    assert!(cause > 0.2 && effect > 0.2, "shares of leave-as-is: {cause}, {effect}");
}

/// A decoder that sees no latents at all follows a predictor of the labels; without it, the same model leaves every image
/// as it is.
#[test]
fn a_predictor_steers_a_model_of_images_alone() {
    let model = tiny(&dag(), |c| {
        (c.block_width, c.conditioning, c.predictor) = (Some(4), Conditioning::None, vec![8, 16]);
    });
    let store = train(&model, 0.0, 1.0);
    let under = |anticausal| {
        let procedure = Procedure { steps: 20, depth: 0.75, anticausal, ..Procedure::default() };
        scores_under(&model, &store, procedure)
    };
    let ([cause, effect], null) = under(1.0);
    println!("cause {cause:.3} effect {effect:.3} null {null:.4}");
    assert!(cause < 0.25 && effect < 0.25, "shares of leave-as-is: {cause}, {effect}");
    let ([cause, effect], unguided) = under(0.0);
    println!("cause {cause:.3} effect {effect:.3} null {unguided:.4}");
    assert!(cause > 0.9 && effect > 0.9, "shares of leave-as-is: {cause}, {effect}");
    assert!(
        null < 0.03 && null == unguided,
        "the null action moves pixels by {null} or {unguided}"
    );
}
