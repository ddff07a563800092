//! The objective against its formulas, and what dropping, parity and warm-up do to it.

use crate::support::{
    batch, every_kind, gradient_of, images, labels, largest, published, scrambled, tiny,
};
use counterfoil_autoencoder::objective::{kl_to_standard, label_codes};
use counterfoil_autoencoder::{
    Architecture, Batch, Mechanism, Model, ModelConfig, Objective, ObjectiveConfig, Prior,
};
use counterfoil_graph::Dag;
use counterfoil_tensor::{Mode, ParameterStore, Precision, noise};
use tch::{Device, Kind, Tensor};

fn terms(
    model: &Model,
    store: &ParameterStore,
    config: ObjectiveConfig,
    step: u64,
) -> Vec<(&'static str, f64)> {
    let objective = Objective::new(&config, 100, 7).unwrap();
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let loss = objective.loss(model, &weights, &batch(), step).unwrap();
    let total: f64 =
        loss.terms.iter().map(|(name, t)| objective.weight(name, step) * t.double_value(&[])).sum();
    assert!((total - loss.total.double_value(&[])).abs() < 1e-4 * (1.0 + total.abs()));
    loss.terms.iter().map(|(name, t)| (*name, t.double_value(&[]))).collect()
}

/// An effect and its cause, and nothing unlabelled.
pub(crate) fn pair() -> Model {
    let dag = Dag::from_dot(
        "digraph { effect [low=-2, high=2]; cause [low=0, high=10]; cause -> effect }",
    )
    .unwrap();
    tiny(&dag, |c| (c.unlabelled_blocks, c.mechanism) = (false, Mechanism::Additive))
}

pub(crate) fn term(terms: &[(&'static str, f64)], name: &str) -> f64 {
    terms.iter().find(|(n, _)| *n == name).unwrap().1
}

/// The largest gradient of the parameters whose names begin with one of `parts`.
pub(crate) fn largest_gradient(model: &Model, store: &ParameterStore, parts: &[&str]) -> f64 {
    let is_meant = |name: &str| name.split('.').next().is_some_and(|part| parts.contains(&part));
    largest(&gradient_of(model, store, is_meant))
}

/// Exact up to single precision: each kind of variable has its own code.
#[test]
fn labels_have_codes_of_their_kind() {
    let model = tiny(&every_kind(), |_| {});
    let codes = label_codes(model.architecture(), &labels());
    let row = |name: &str, item| {
        Vec::<f32>::try_from(model.block(name).unwrap().of(&codes).get(item).contiguous()).unwrap()
    };
    assert_eq!(row("effect", 0), [0.25; 6]);
    assert_eq!(row("cause", 1), [-0.6; 6]);
    assert_eq!(row("sort", 0), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
    assert_eq!(row("sort", 1), [1.0, 1.0, 0.0, 0.0, 0.0, 0.0]);
    assert_eq!(row("style", 0), [0.0; 5]);
    for (got, expected) in row("phase", 0).iter().zip([0.0f32, 0.0, 0.0, 1.0, 1.0, 1.0]) {
        assert!((got - expected).abs() < 1e-6);
    }
    for (got, expected) in row("phase", 1).iter().zip([-1.0f32, -1.0, -1.0, 0.0, 0.0, 0.0]) {
        assert!((got - expected).abs() < 1e-6);
    }
}

#[test]
fn the_kl_is_the_integral_it_stands_for() {
    let (mean, variance) = (0.7f64, 0.4f64);
    let (mut sum, h) = (0.0, 1e-3);
    for i in -12_000..12_000 {
        let x = f64::from(i) * h;
        let log =
            |m: f64, v: f64| -0.5 * ((x - m).powi(2) / v + (2.0 * std::f64::consts::PI * v).ln());
        sum += h * log(mean, variance).exp() * (log(mean, variance) - log(0.0, 1.0));
    }
    let kl = kl_to_standard(&Tensor::from(mean), &Tensor::from(variance)).double_value(&[]);
    assert!((kl - sum).abs() < 1e-9, "{kl} against {sum}");
}

/// Dropping hides latents from the decoder; what is asked of the latents themselves does not change.
#[test]
fn dropping_hides_from_the_decoder_alone() {
    let model = tiny(&every_kind(), |_| {});
    let store = scrambled(&model, 0.2);
    let with = |drop_labelled, drop_unlabelled| {
        let config =
            ObjectiveConfig { drop_labelled, drop_unlabelled, ..ObjectiveConfig::default() };
        terms(&model, &store, config, 3)
    };
    let (seen, hidden) = (with(0.0, 0.0), with(1.0, 1.0));
    for name in ["label", "u", "unlabelled"] {
        assert_eq!(term(&seen, name), term(&hidden, name), "{name}");
    }
    assert!((term(&seen, "denoise") - term(&hidden, "denoise")).abs() > 1e-3);
}

#[test]
fn parity_sums_dimensions_and_is_zero_on_an_empty_mask() {
    let model = tiny(&every_kind(), published);
    let store = scrambled(&model, 0.2);
    let with = |parity, drop_labelled| {
        let config = ObjectiveConfig {
            parity,
            drop_labelled,
            drop_unlabelled: 0.0,
            ..ObjectiveConfig::default()
        };
        terms(&model, &store, config, 3)
    };
    let (mean, sum, empty) = (with(false, 0.0), with(true, 0.0), with(true, 1.0));
    assert!((term(&sum, "label") - 24.0 * term(&mean, "label")).abs() < 1e-3);
    assert!((term(&sum, "unlabelled") - 5.0 * term(&mean, "unlabelled")).abs() < 1e-3);
    for name in ["label", "u", "unlabelled"] {
        assert_eq!(term(&empty, name), 0.0, "{name}");
    }
}

/// Hand value: `0.5 (0.4 + 0.49 - 1 - ln 0.4)`.
#[test]
fn the_kl_has_its_hand_value() {
    let kl = kl_to_standard(&Tensor::from(0.7f64), &Tensor::from(0.4f64)).double_value(&[]);
    assert!((kl - 0.403_145_365_937).abs() < 1e-10, "{kl}");
}

/// Hand value: an encoder of zeros writes z = 0, so the published label term is half the squared length of the codes: 6 dimensions
/// of 1/4 and of 1/2, 3 of each a cosine of 0 and a sine of 1, one category of 2; then of -1/2, -3/5, a cosine of -1 and 2 again.
#[test]
fn the_published_label_term_has_its_hand_value() {
    let model = tiny(&every_kind(), published);
    let store = scrambled(&model, 0.0);
    let config = ObjectiveConfig { parity: true, drop_labelled: 0.0, ..ObjectiveConfig::default() };
    let first = 6.0 / 16.0 + 6.0 / 4.0 + 3.0 + 2.0;
    let second = 6.0 / 4.0 + 6.0 * 0.36 + 3.0 + 2.0;
    // After the warm-up.
    let found = term(&terms(&model, &store, config, 50), "label");
    assert!((found - 0.5 * (first + second) / 2.0).abs() < 1e-5, "{found}");
}

/// In parity each term is the mean over the images whose latents were kept: of two images both, either or none.
#[test]
fn parity_averages_over_kept_images() {
    let model = tiny(&every_kind(), published);
    let store = scrambled(&model, 0.2);
    let config = ObjectiveConfig { parity: true, drop_labelled: 0.5, ..ObjectiveConfig::default() };
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let alone = |item: i64| {
        let whole = Objective::new(&ObjectiveConfig { drop_labelled: 0.0, ..config }, 100, 7);
        let part = Batch::new(images(2).narrow(0, item, 1), labels().narrow(0, item, 1), vec![0]);
        let loss = whole.unwrap().loss(&model, &weights, &part, 0).unwrap();
        let found = loss.terms.iter().find(|(name, _)| *name == "u").unwrap();
        found.1.double_value(&[])
    };
    let (first, second) = (alone(0), alone(1));
    let cases = [0.0, first, second, f64::midpoint(first, second)];
    let mut met = [false; 4];
    for step in 0..32 {
        let got = term(&terms(&model, &store, config, step), "u");
        let case = cases.iter().position(|case| (got - case).abs() < 1e-3 * (1.0 + case.abs()));
        assert!(case.is_some(), "{got} is none of {cases:?}");
        met[case.unwrap()] = true;
    }
    assert_eq!(met, [true; 4]);
}

/// Exact: a block is dropped on its own, about as often as asked, and then the decoder sees its null block.
#[test]
fn labelled_blocks_are_dropped_one_by_one() {
    let model = tiny(&every_kind(), |c| c.null_blocks = true);
    let store = scrambled(&model, 0.2);
    let denoise = |drop_each, step| {
        let config =
            ObjectiveConfig { drop_each, drop_unlabelled: 0.0, ..ObjectiveConfig::default() };
        term(&terms(&model, &store, config, step), "denoise")
    };
    // Two items of four blocks: at 0.5 one of 256 steps keeps all, and as many drop all.
    let differs = |a: f64, b: f64| (a - b).abs() > 1e-7;
    let steps = 0..24;
    let changed = steps.clone().filter(|s| differs(denoise(0.5, *s), denoise(0.0, *s))).count();
    assert!(changed >= 22, "{changed}");
    let between = steps.filter(|s| differs(denoise(0.5, *s), denoise(1.0, *s))).count();
    assert!(between >= 22, "{between}");
}

/// Exact up to single precision: further labels count like those of the batch, each with its causes or not at all.
#[test]
fn mechanisms_are_fitted_to_further_labels() {
    let model = pair();
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let config = ObjectiveConfig { fit_mechanisms_to_labels: true, ..ObjectiveConfig::default() };
    let objective = Objective::new(&config, 100, 7).unwrap();
    let rows = |values: &[f32]| Tensor::from_slice(values).view([-1, 2]);
    let u = |labels: &[f32], more: Option<&[f32]>| {
        let more_labels = more.map(rows);
        let batch = Batch { labels: rows(labels), more_labels, ..batch() };
        let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
        loss.terms.iter().find(|(name, _)| *name == "u").unwrap().1.double_value(&[])
    };
    let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-5 * (1.0 + a.abs()), "{a} {b}");
    let (first, second) = ([0.5f32, 7.5, -1.0, 2.0], [1.9f32, 0.5, -1.8, 9.9]);
    let [of_first, of_second] = [u(&first, None), u(&second, None)];
    close(u(&first, Some(&second)), f64::midpoint(of_first, of_second));
    assert!((of_first - of_second).abs() > 0.01, "{of_first} {of_second}");
    // Without its cause an effect says nothing; a cause speaks for itself.
    close(u(&first, Some(&[1.0, f32::NAN])), of_first);
    let codes = label_codes(model.architecture(), &rows(&[0.0, 4.0]));
    let noise = model.block("cause").unwrap().of(&model.mechanisms().abduct(&weights, &codes).0);
    let cause = (noise.square() * 0.5).sum(Kind::Double).double_value(&[]);
    close(u(&first, Some(&[f32::NAN, 4.0])), (24.0 * of_first + cause) / 30.0);
    // One label a variable, or an error that says so.
    let more_labels = Some(Tensor::zeros([3, 5], (Kind::Float, Device::Cpu)));
    let wrong = Batch { labels: rows(&first), more_labels, ..batch() };
    assert!(objective.loss(&model, &weights, &wrong, 3).is_err());
}

/// Fitted to labels, the term of u knows nothing of the image: it is half the mean square of the labels' own noise.
#[test]
fn mechanisms_can_be_fitted_to_labels() {
    let model = pair();
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let labels = Tensor::from_slice(&[0.5f32, 7.5, -1.0, 2.0]).view([2, 2]);
    let u = |fit_mechanisms_to_labels, images: Tensor| {
        let config = ObjectiveConfig { fit_mechanisms_to_labels, ..ObjectiveConfig::default() };
        let batch = Batch { images, labels: labels.copy(), ..batch() };
        let objective = Objective::new(&config, 100, 7).unwrap();
        let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
        loss.terms.iter().find(|(name, _)| *name == "u").unwrap().1.double_value(&[])
    };
    let codes = label_codes(model.architecture(), &labels);
    let noise = model.mechanisms().abduct(&weights, &codes).0;
    let expected = (noise.square() * 0.5).mean(Kind::Double).double_value(&[]);
    assert!((u(true, images(2)) - expected).abs() < 1e-5 * (1.0 + expected));
    assert_eq!(u(true, images(2)), u(true, -images(2)));
    assert_ne!(u(false, images(2)), u(false, -images(2)));
    // Nothing is left to encode, so there is no encoder.
    assert!(model.layout().parameters().all(|(name, _)| !name.starts_with("encoder")));
}

#[test]
fn the_warm_up_spares_the_label_term_outside_parity() {
    let config = ObjectiveConfig::default();
    let objective = Objective::new(&config, 100, 0).unwrap();
    assert_eq!([0, 5, 10, 99].map(|step| objective.warm_up(step)), [0.0, 0.5, 1.0, 1.0]);
    assert_eq!(objective.weight("u", 0), 0.0);
    assert_eq!(objective.weight("label", 0), config.label_weight);
    let parity = Objective::new(&ObjectiveConfig { parity: true, ..config }, 100, 0).unwrap();
    assert_eq!(parity.weight("label", 0), 0.0);
}

/// Exact: the KL weights rise anew in each cycle and stay after the last; unlabelled blocks may have a pace of their own.
#[test]
fn kl_weights_have_schedules_of_their_own() {
    let config = ObjectiveConfig {
        warm_up: 0.5,
        cycles: 2,
        unlabelled_warm_up: Some(0.0),
        unlabelled_weight: 0.25,
        ..ObjectiveConfig::default()
    };
    let objective = Objective::new(&config, 80, 0).unwrap();
    let found = [0, 10, 20, 39, 40, 50, 60, 79, 200].map(|step| objective.weight("u", step));
    assert_eq!(found, [0.0, 0.5, 1.0, 1.0, 0.0, 0.5, 1.0, 1.0, 1.0]);
    assert_eq!([0, 10, 40].map(|step| objective.weight("unlabelled", step)), [0.25; 3]);
}

/// Exact at its beginning, where the learned prior is the fixed one. Float at the maximum of the likelihood, which for an affine
/// mean is least squares and the variance of its residuals: there the label term no longer changes the prior.
#[test]
fn the_learned_prior_is_a_regression_on_the_code() {
    let dag = Dag::from_dot("digraph { a [low=0, high=1] }").unwrap();
    let [fixed, learned] = [Prior::Fixed, Prior::Learned].map(|prior| {
        tiny(&dag, |c| (c.label_prior, c.residual_code, c.block_width) = (prior, false, Some(2)))
    });
    let drawn = noise::normal(4, "prior", &(0..50).collect::<Vec<_>>(), 0, &[4], Device::Cpu);
    let (codes, rest) = (drawn.narrow(1, 0, 2), drawn.narrow(1, 2, 2));
    let latents = &codes * 2.5 + 0.3 + rest * 0.4;
    let mut store = learned.initialise(0, Device::Cpu);
    let [own, others] =
        [(&learned, &store), (&fixed, &fixed.initialise(0, Device::Cpu))].map(|(model, store)| {
            let weights = store.bind(Precision::F32, Mode::Train);
            model.label_surprise(&weights, &latents, &codes)
        });
    assert_eq!(largest(&(own - others)), 0.0);

    let mean = |x: &Tensor| x.mean_dim([0i64].as_slice(), false, Kind::Float);
    let (dc, dz) = (&codes - mean(&codes), &latents - mean(&latents));
    let slope = mean(&(&dc * &dz)) / mean(&dc.square());
    let offset = mean(&latents) - &slope * mean(&codes);
    let deviation = mean(&(dz - dc * &slope).square()).sqrt();
    let mut state = store.state();
    for (name, values) in &mut state {
        match name.strip_prefix("label_prior.") {
            Some("slope") => *values = &slope - 1.0,
            Some("offset") => *values = offset.shallow_clone(),
            Some("log_deviation") => *values = deviation.log(),
            _ => {}
        }
    }
    store.load_state(&state).unwrap();
    let gradient = |latents: &Tensor| {
        let weights = store.bind(Precision::F32, Mode::Train);
        learned.label_surprise(&weights, latents, &codes).mean(Kind::Float).backward();
        let found = largest(&store.flat().grad());
        let _ = store.flat().grad().zero_();
        found
    };
    assert!(gradient(&latents) < 1e-5);
    assert!(gradient(&(&latents + 0.1)) > 1e-2);
}

/// The causal code reads z off the image; the term of u trains the mechanism and must not bend the encoder.
#[test]
fn the_likelihood_of_the_mechanism_leaves_the_encoder_alone() {
    let model = tiny(&every_kind(), |_| {});
    let store = scrambled(&model, 0.2);
    let config = ObjectiveConfig {
        label_weight: 0.0,
        unlabelled_weight: 0.0,
        independence_weight: 0.0,
        u_weight: 1.0,
        warm_up: 0.0,
        drop_labelled: 1.0,
        drop_unlabelled: 1.0,
        fit_mechanisms_to_labels: false,
        ..ObjectiveConfig::default()
    };
    let objective = Objective::new(&config, 100, 7).unwrap();
    let weights = store.bind(Precision::F32, Mode::Train);
    objective.loss(&model, &weights, &batch(), 1).unwrap().total.backward();
    assert_eq!(largest_gradient(&model, &store, &["encoder", "reader"]), 0.0);
    assert!(largest_gradient(&model, &store, &["mechanisms"]) > 1e-3);
}

/// Without labels there is nothing to make a residual of; without blocks there is no code.
#[test]
fn a_graph_may_be_unlabelled_but_not_empty() {
    let dag = Dag::from_dot("digraph { style [role=\"unlabelled\", width=8] }").unwrap();
    let model = tiny(&dag, |c| c.reader = Vec::new());
    let store = scrambled(&model, 0.2);
    let weights = store.bind(Precision::F32, Mode::Train);
    let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
    let batch = Batch { labels: Tensor::zeros([2, 0], (Kind::Float, Device::Cpu)), ..batch() };
    let loss = objective.loss(&model, &weights, &batch, 1).unwrap().total;
    assert!(loss.double_value(&[]).is_finite());
    let said = Architecture::check(&ModelConfig::default(), &dag.labelled_part(), [1, 16, 16], 0);
    let said = said.unwrap_err().to_string();
    assert!(said.starts_with("graph: has no variable with a block"), "{said}");
}

/// Exact: the loss is a function of seed, items and step.
#[test]
fn equal_keys_give_equal_losses() {
    let model = tiny(&every_kind(), |_| {});
    let store = scrambled(&model, 0.2);
    let config = ObjectiveConfig {
        independence_weight: 1.0,
        teach_labels: 0.5,
        ..ObjectiveConfig::default()
    };
    assert_eq!(terms(&model, &store, config, 3), terms(&model, &store, config, 3));
    assert_ne!(terms(&model, &store, config, 3), terms(&model, &store, config, 4));
}

#[test]
fn settings_out_of_range_are_named() {
    let refuse = |config: ObjectiveConfig, key: &str| {
        let message = Objective::new(&config, 10, 0).unwrap_err().to_string();
        assert!(message.starts_with(key), "{message}");
    };
    let good = ObjectiveConfig::default();
    refuse(ObjectiveConfig { warm_up: 1.5, ..good }, "objective.warm_up");
    refuse(ObjectiveConfig { cycles: 0, ..good }, "objective.cycles");
    refuse(ObjectiveConfig { parity: true, drop_each: 0.1, ..good }, "objective.drop_each");
    refuse(
        ObjectiveConfig { unlabelled_warm_up: Some(-1.0), ..good },
        "objective.unlabelled_warm_up",
    );
    refuse(ObjectiveConfig { drop_labelled: -0.1, ..good }, "objective.drop_labelled");
    refuse(ObjectiveConfig { label_weight: f64::NAN, ..good }, "objective.label_weight");
    let model = tiny(&every_kind(), |_| {});
    let weights = scrambled(&model, 0.1).bind(Precision::F32, Mode::Evaluate);
    let objective = Objective::new(&good, 10, 0).unwrap();
    let wrong = Batch { labels: labels().narrow(1, 0, 3), ..batch() };
    let message = objective.loss(&model, &weights, &wrong, 0).unwrap_err().to_string();
    assert!(message.contains("[2, 3]") && message.contains("[2, 4]"), "{message}");
    assert!(images(2).mean(Kind::Float).double_value(&[]).is_finite());
}
