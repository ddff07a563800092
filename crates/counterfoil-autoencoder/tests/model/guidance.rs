//! Guidance: what it compares with, for which variables, and what it leaves alone.

use crate::support::{every_kind, images, largest, scrambled, tiny};
use counterfoil_autoencoder::counterfactual::{Procedure, Reference};
use counterfoil_autoencoder::{Calibration, Counterfactuals, LatentDenoiser, Model};
use counterfoil_diffusion::inversion::{Latent, Method};
use counterfoil_diffusion::{Grid, Guided, NoNoise, Prediction, Sampler};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_tensor::{Mode, Precision, Weights};
use tch::Tensor;

/// Float class: single precision over four steps of a rough network; the factors are at most 3.
const FLOAT: f64 = 2e-4;

/// With null blocks as the reference nothing changes where nothing is set, whatever the weight of what is reached; the weight
/// of what is kept acts there, and weights of 1 are no guidance.
#[test]
fn guidance_acts_on_what_is_reached() {
    let dag = every_kind();
    let model = tiny(&dag, |c| c.null_blocks = true);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let set = Intervention::none().set(&dag, "cause", 7.5).unwrap();
    let answer = |guidance, guidance_kept, act: &Intervention| {
        let guidance_reference = Reference::Null;
        let procedure = Procedure {
            steps: 4,
            guidance,
            guidance_kept,
            guidance_reference,
            ..Procedure::default()
        };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let abduction = imagine.abduct(&images(2), None).unwrap();
        imagine.imagine(&abduction, &vec![act.clone(); 2]).unwrap()
    };
    let nothing = Intervention::none();
    let [plain, plain_set] = [&nothing, &set].map(|act| answer(1.0, 1.0, act));
    let apart = |a: &Tensor, b: &Tensor| largest(&(a - b));
    assert!(apart(&answer(3.0, 1.0, &nothing), &plain) < FLOAT);
    assert!(apart(&answer(3.0, 1.0, &set), &plain_set) > 1e-2);
    assert!(apart(&answer(1.0, 3.0, &nothing), &plain) > 1e-2);
    let unguided = Procedure { steps: 4, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, unguided).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    assert_eq!(apart(&imagine.imagine(&abduction, &vec![set; 2]).unwrap(), &plain_set), 0.0);
    // With zeros for null blocks the reference is another one.
    assert!(largest(&model.null(&weights, &abduction.z)) > 0.1);
}

/// Two images under do(a = 0.9) as they are guided against `reference` with a weight of 2.5, and by the classifier-free guidance of Ho
/// and Salimans, whose other prediction is under what `null` makes of the latents.
fn guided_and_published(
    model: &Model,
    weights: &Weights,
    guidance_reference: Reference,
    null: impl Fn(&Tensor) -> Tensor,
) -> [Tensor; 2] {
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure {
        method: Method::Ddim,
        steps: 4,
        guidance: 2.5,
        guidance_reference,
        ..Procedure::default()
    };
    let imagine = Counterfactuals::new(model, weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    let set = Intervention::none().set(model.architecture().dag(), "a", 0.9).unwrap();
    let wanted = imagine.act(&abduction, &vec![set; 2]).unwrap();
    let found = imagine.decode(&abduction, &wanted).unwrap();
    let denoiser = |z: &Tensor| LatentDenoiser::new(model, weights, z, None);
    let (target, null) = (denoiser(&wanted), denoiser(&null(&wanted)));
    let mut guided = Guided::new::<Tensor>(target, null, 2.5).unwrap();
    let plan = Method::Ddim.plan(imagine.grid(), model.architecture().prediction()).unwrap();
    let Latent::Single(noise) = abduction.noise else { panic!("DDIM keeps one state") };
    [found, plan.run(noise.copy(), &mut guided, &mut NoNoise).unwrap()]
}

/// Float class: where everything is reached, it is the classifier-free guidance of Ho and Salimans.
#[test]
fn one_variable_is_guided_as_published() {
    let dag = Dag::from_dot("digraph { a [low=0, high=1] }").unwrap();
    let model = tiny(&dag, |c| c.residual_code = false);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let [found, expected] =
        guided_and_published(&model, &weights, Reference::Null, Tensor::zeros_like);
    assert!(largest(&(found - expected)) < FLOAT);
}

/// Float class: with everything null at once it is so of several variables of which one is reached, where null blocks one by one
/// are another guidance.
#[test]
fn all_null_is_guided_as_published() {
    let dag = Dag::from_dot("digraph { a [low=0, high=1]; b [low=0, high=1] }").unwrap();
    let model = tiny(&dag, |c| (c.null_blocks, c.residual_code) = (true, false));
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let null = |z: &Tensor| model.null(&weights, z);
    let [found, published] = guided_and_published(&model, &weights, Reference::AllNull, null);
    assert!(largest(&(found - &published)) < FLOAT);
    let [decoupled, _] = guided_and_published(&model, &weights, Reference::Null, null);
    assert!(largest(&(decoupled - published)) > 1e-2);
}

#[test]
fn weights_that_mean_nothing_are_refused() {
    let model = tiny(&every_kind(), |_| {});
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    for (procedure, word) in [
        (Procedure { guidance_kept: 2.0, ..Procedure::default() }, "guidance_reference"),
        (
            Procedure {
                guidance_kept: 2.0,
                guidance_reference: Reference::AllNull,
                ..Procedure::default()
            },
            "guidance_reference",
        ),
        (Procedure { guidance_kept: f64::NAN, ..Procedure::default() }, "finite"),
    ] {
        let error = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap_err();
        let said = error.to_string();
        assert!(said.contains("guidance_kept") && said.contains(word), "{said}");
    }
}

/// Exact: the target and each reference that has a weight, at every level down.
#[test]
fn calls_of_references_count() {
    let model = tiny(&every_kind(), |c| c.null_blocks = true);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    for (guidance_reference, guidance, guidance_kept, expected) in [
        (Reference::Factual, 1.0, 1.0, 4),
        (Reference::Factual, 2.0, 1.0, 8),
        (Reference::AllNull, 2.0, 1.0, 8),
        (Reference::Null, 1.0, 1.0, 4),
        (Reference::Null, 1.0, 1.5, 8),
        (Reference::Null, 2.0, 1.5, 12),
    ] {
        let procedure = Procedure {
            method: Method::Ddim,
            steps: 4,
            guidance,
            guidance_kept,
            guidance_reference,
            ..Procedure::default()
        };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        assert_eq!(imagine.evaluations().unwrap(), [4, expected]);
    }
}

/// What no image could be abducted with is refused with its key, before there is anything to abduct.
#[test]
fn what_cannot_be_climbed_is_refused() {
    let calls = |prediction, procedure: Procedure| {
        let model = tiny(&every_kind(), |c| c.prediction = prediction);
        procedure.grid(model.architecture()).map_err(|error| error.to_string())
    };
    let with = |method| Procedure { method, ..Procedure::default() };
    let refused = |found: Result<Grid, String>, key: &str| {
        let said = found.unwrap_err();
        assert!(said.starts_with(key), "{said}");
    };
    refused(calls(Prediction::V, with(Method::OBelm)), "counterfactual.method: ");
    for method in [Method::AdamsBashforth, Method::Leapfrog, Method::Ddim] {
        refused(calls(Prediction::X0, with(method)), "model.prediction: ");
        let fresh = Procedure { fresh_noise: true, ..with(method) };
        assert!(calls(Prediction::X0, fresh).is_ok());
    }
    assert!(calls(Prediction::X0, with(Method::EditFriendly)).is_ok());
}
