//! The hierarchical decoder: its Gaussians, its bound, and the noise that it abducts.

use crate::learned::{dag, scores_under, train};
use crate::support::{batch, every_kind, gradients, images, largest, scrambled, tiny};
use counterfoil_autoencoder::network::diagonal::{Diagonal, LEAST_LOG_SCALE};
use counterfoil_autoencoder::{
    Calibration, Counterfactuals, Decoder, Model, ModelConfig, Objective, ObjectiveConfig,
    Procedure,
};
use counterfoil_graph::Intervention;
use counterfoil_tensor::{Mode, ParameterStore, Precision};
use tch::Tensor;

/// As the method has it: latents are the labels' alone.
fn hierarchical(c: &mut ModelConfig) {
    (c.decoder, c.residual_code, c.unlabelled_blocks) = (Decoder::Hierarchical, false, false);
}

fn model() -> Model {
    tiny(&every_kind().labelled_part(), hierarchical)
}

/// The losses of [`batch`] by name.
fn terms(model: &Model, store: &ParameterStore, step: u64) -> Vec<(&'static str, f64)> {
    let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let loss = objective.loss(model, &weights, &batch(), step).unwrap();
    let sum: f64 =
        loss.terms.iter().map(|(name, t)| objective.weight(name, step) * t.double_value(&[])).sum();
    assert!((sum - loss.total.double_value(&[])).abs() < 1e-4 * (1.0 + sum.abs()));
    loss.terms.iter().map(|(name, t)| (*name, t.double_value(&[]))).collect()
}

/// Asks a model under a procedure.
fn imagine<R>(
    model: &Model,
    store: &ParameterStore,
    procedure: Procedure,
    ask: impl FnOnce(&Counterfactuals<'_>) -> R,
) -> R {
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    ask(&Counterfactuals::new(model, &weights, &calibration, procedure).unwrap())
}

fn normal(mean: f64, log_scale: f64) -> Diagonal {
    Diagonal { mean: Tensor::from(mean), log_scale: Tensor::from(log_scale) }
}

/// Hand values: `ln(s_p / s_q) + (s_q^2 + (m_q - m_p)^2) / (2 s_p^2) - 1/2`, and 0 where both are the same.
#[test]
fn the_divergence_has_its_closed_form() {
    let kl = |q: Diagonal, p: Diagonal| q.divergence(&p).double_value(&[]);
    let (narrow, wide) = ((0.3, 0.5f64.ln()), (-0.2, 2.0f64.ln()));
    let of = |(m, s): (f64, f64)| normal(m, s);
    // ln 4 + (0.25 + 0.25) / 8 - 1/2 and -ln 4 + (4 + 0.25) / 0.5 - 1/2.
    assert!((kl(of(narrow), of(wide)) - 0.948_794_361_119_891).abs() < 1e-12);
    assert!((kl(of(wide), of(narrow)) - 6.613_705_638_880_11).abs() < 1e-12);
    assert_eq!(kl(of(narrow), of(narrow)), 0.0);
}

/// Float: noise and values are inverse, surprise is the negative log-density less its least, and the floor is smooth.
#[test]
fn a_gaussian_maps_noise_to_values_and_back() {
    let parameters = Tensor::from_slice(&[0.4f32, -30.0, -0.7, 3.0, 0.0, 9.0]).view([1, 6]);
    let found = Diagonal::new(&parameters);
    let log_scale = Vec::<f32>::try_from(found.log_scale.flatten(0, -1)).unwrap();
    assert!(log_scale.iter().all(|s| f64::from(*s) >= LEAST_LOG_SCALE), "{log_scale:?}");
    assert!((log_scale[1] - 0.018).abs() < 1e-3 && (log_scale[2] - 9.0).abs() < 1e-4);
    let noise = Tensor::from_slice(&[0.5f32, -1.0, 2.0]).view([1, 3]);
    let values = found.at(&noise);
    assert!(largest(&(found.noise_of(&values) - &noise)) < 1e-4);
    let (own, far) = (normal(0.3, 0.2), 1.1f64);
    let density = |x: f64| {
        let u = (x - 0.3) / 0.2f64.exp();
        0.5 * u * u + 0.2 + 0.5 * (2.0 * std::f64::consts::PI).ln()
    };
    let least = LEAST_LOG_SCALE + 0.5 * (2.0 * std::f64::consts::PI).ln();
    let surprise = own.surprise(&Tensor::from(far)).double_value(&[]);
    assert!((surprise - (density(far) - least)).abs() < 1e-12);
}

/// Exact: before training each posterior is its prior, so an image says nothing, and the terms are there by name.
#[test]
fn a_fresh_hierarchy_costs_nothing() {
    let model = model();
    let fresh = model.initialise(0, tch::Device::Cpu);
    let found = terms(&model, &fresh, 3);
    assert_eq!(found[0].0, "nll");
    assert_eq!(found[1], ("hierarchy", 0.0));
    assert!(found[0].1 > 0.0);
    let rough = terms(&model, &scrambled(&model, 0.2), 3);
    assert!(rough[1].1 > 0.01, "{rough:?}");
}

/// The KL follows the warm-up and its own weight.
#[test]
fn the_hierarchy_has_its_weight() {
    let config = ObjectiveConfig { hierarchy_weight: 3.0, ..ObjectiveConfig::default() };
    let objective = Objective::new(&config, 100, 0).unwrap();
    assert_eq!([0, 5, 50].map(|step| objective.weight("hierarchy", step)), [0.0, 1.5, 3.0]);
    assert_eq!(objective.weight("nll", 0), 1.0);
    let bad = ObjectiveConfig { hierarchy_weight: -1.0, ..config };
    let message = Objective::new(&bad, 100, 0).unwrap_err().to_string();
    assert!(message.starts_with("objective.hierarchy_weight"), "{message}");
}

/// Every parameter of decoder and reader has a part in the loss.
#[test]
fn the_gradient_reaches_every_parameter() {
    let model = model();
    let store = scrambled(&model, 0.2);
    let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
    let weights = store.bind(Precision::F32, Mode::Train);
    objective.loss(&model, &weights, &batch(), 50).unwrap().total.backward();
    assert_eq!(store.flat().grad().isfinite().all().int64_value(&[]), 1);
    for (name, gradient) in gradients(&model, &store) {
        // The network of a root's mechanism has nothing to look at.
        assert!(largest(&gradient) > 0.0 || name.starts_with("mechanisms."), "{name}");
    }
}

/// Exact: the loss is a function of seed, items and step.
#[test]
fn equal_keys_give_equal_bounds() {
    let model = model();
    let store = scrambled(&model, 0.2);
    assert_eq!(terms(&model, &store, 3), terms(&model, &store, 3));
    assert_ne!(terms(&model, &store, 3), terms(&model, &store, 4));
}

/// Float class: with the noise of all layers and pixels the null intervention gives the image back, whatever the network; 1e-4 is
/// a hundred roundings of values near 10.
#[test]
fn composition_is_exact_with_the_noise_of_pixels() {
    let model = model();
    let store = scrambled(&model, 0.2);
    let x = images(5);
    let with = |keep_residual| Procedure { keep_residual, batch: 2, ..Procedure::default() };
    let nothing = vec![Intervention::none(); 5];
    let dag = model.architecture().dag().clone();
    let set = vec![Intervention::none().set(&dag, "cause", 7.5).unwrap(); 5];
    let of = |procedure| {
        imagine(&model, &store, procedure, |imagine| {
            let abduction = imagine.abduct(&x, None).unwrap();
            let [back, moved] =
                [&nothing, &set].map(|acts| imagine.imagine(&abduction, acts).unwrap());
            (back, moved, imagine.evaluations().unwrap())
        })
    };
    let (back, moved, evaluations) = of(with(true));
    assert!(largest(&(&back - &x)) < 1e-4, "{}", largest(&(&back - &x)));
    assert!(largest(&(&moved - &x)) > 1e-2);
    assert_eq!(evaluations, [1, 1]);
    let (drawn, _, evaluations) = of(with(false));
    assert!(largest(&(&drawn - &x)) > 0.1, "untrained, it cannot draw the image");
    assert_eq!(evaluations, [1, 1]);
}

/// Float class: an image's noise is its own, whatever stands beside it.
#[test]
fn abduction_does_not_depend_on_the_batch() {
    let model = model();
    let store = scrambled(&model, 0.2);
    let procedure = Procedure { keep_residual: true, batch: 3, ..Procedure::default() };
    imagine(&model, &store, procedure, |imagine| {
        let noise = |x: &Tensor| imagine.abduct(x, None).unwrap().noise.outer().shallow_clone();
        let whole = noise(&images(7));
        assert!(largest(&(whole.narrow(0, 5, 1) - noise(&images(7).narrow(0, 5, 1)))) < 1e-3);
        assert!(largest(&(whole.narrow(0, 5, 1) - whole.narrow(0, 4, 1))) > 0.1);
    });
}

/// Exact: drawn noise is keyed by item, or by the image where the procedure always draws it, and pixels then have none.
#[test]
fn fresh_noise_is_that_of_the_prior() {
    let model = model();
    let store = scrambled(&model, 0.2);
    let x = images(3);
    let kept = Procedure { keep_residual: true, ..Procedure::default() };
    let fresh = Procedure { fresh_noise: true, ..kept };
    imagine(&model, &store, kept, |imagine| {
        let own = imagine.abduct(&x, None).unwrap();
        let noise = |items: &[u64]| {
            let n = items.len() as i64;
            let part = imagine.abduct(&x.narrow(0, 0, n), None).unwrap();
            let drawn = imagine.refresh(&part, &x.narrow(0, 0, n), 1, items).unwrap();
            drawn.noise.outer().shallow_clone()
        };
        let drawn = noise(&[3, 1, 2]);
        assert_eq!(drawn.size(), own.noise.outer().size());
        assert_eq!(drawn.get(1), noise(&[1]).get(0));
        let hidden = drawn.size()[1] - 64;
        assert_eq!(largest(&drawn.narrow(1, hidden, 64)), 0.0);
        let spread = drawn.narrow(1, 0, hidden).std(true).double_value(&[]);
        assert!((spread - 1.0).abs() < 0.05, "{spread} of {hidden} numbers");
    });
    imagine(&model, &store, fresh, |imagine| {
        let noise = |x: &Tensor| imagine.abduct(x, None).unwrap().noise.outer().shallow_clone();
        assert_eq!(noise(&x).get(2), noise(&x.narrow(0, 2, 1)).get(0));
        assert_eq!(imagine.evaluations().unwrap(), [0, 1]);
    });
}

#[test]
fn what_a_hierarchy_cannot_do_is_refused() {
    let model = model();
    let bad = Procedure { guidance: 2.0, ..Procedure::default() };
    let error = bad.grid(model.architecture()).unwrap_err().to_string();
    assert!(error.starts_with("counterfactual.guidance"), "{error}");
}

/// The errors of both halves under `do(cause)` as shares of leaving the image alone, and what doing nothing changes.
fn learned(drop_labelled: f64) -> ([f64; 2], f64) {
    let dag = dag().labelled_part();
    let model = tiny(&dag, |c| {
        hierarchical(c);
        c.block_width = Some(4);
    });
    let store = train(&model, drop_labelled, 1.0);
    scores_under(&model, &store, Procedure { keep_residual: true, ..Procedure::default() })
}

/// Learned class, seed 0: see [`crate::learned`] for the world.
#[test]
fn interventions_arrive_through_the_hierarchy() {
    let ([cause, effect], null) = learned(0.0);
    println!("cause {cause:.3} effect {effect:.3} null {null:.6}");
    assert!(cause < 0.2 && effect < 0.25, "shares of leave-as-is: {cause}, {effect}");
    assert!(null < 1e-4, "the null action moves pixels by {null} on average");
}

/// The control: a decoder that never saw the labels gives the image back whatever is asked.
#[test]
fn a_hierarchy_that_ignores_its_labels_misses_the_bounds() {
    let ([cause, effect], null) = learned(1.0);
    println!("cause {cause:.3} effect {effect:.3} null {null:.6}");
    assert!(cause > 0.6 && effect > 0.6, "shares of leave-as-is: {cause}, {effect}");
    assert!(null < 1e-4, "the null action moves pixels by {null} on average");
}
