//! Corrective diffusion: a mean image, and a diffusion model of what it leaves.

use crate::support::{every_kind, gradient_of, images, largest, scrambled, tiny};
use counterfoil_autoencoder::counterfactual::{Procedure, Reference};
use counterfoil_autoencoder::network::unet::Condition;
use counterfoil_autoencoder::{
    Architecture, Batch, Calibration, Conditioning, Counterfactuals, Decoder, LatentDenoiser,
    Model, ModelConfig, Objective, ObjectiveConfig,
};
use counterfoil_diffusion::inversion::Method;
use counterfoil_diffusion::training::LossWeight;
use counterfoil_diffusion::{Call, Denoiser, Level, ModelTime, Prediction};
use counterfoil_graph::Intervention;
use counterfoil_tensor::{Mode, ParameterStore, Precision, noise};
use tch::{Device, Kind, Tensor};

fn corrective(c: &mut ModelConfig) {
    c.decoder = Decoder::Corrective;
}

/// Scrambled weights whose UNet predicts 0 whatever it sees.
fn silent(model: &Model) -> ParameterStore {
    let mut store = scrambled(model, 0.2);
    let silence = |(name, tensor): (String, Tensor)| {
        let last = name.starts_with("corrective.unet.out.");
        (name, if last { tensor.zeros_like() } else { tensor })
    };
    let state: Vec<_> = store.state().into_iter().map(silence).collect();
    store.load_state(&state).unwrap();
    store
}

fn latents(model: &Model, seed: u64) -> Tensor {
    let width = model.architecture().blocks().width();
    noise::normal(seed, "z", &[0, 1], 0, &[width], Device::Cpu)
}

/// Float class: a velocity of 0 keeps the remainder as it is, so a counterfactual is the image and the difference of two means
/// (by a method whose walks up and down cancel).
#[test]
fn what_the_mean_leaves_is_carried_over() {
    let dag = every_kind();
    let model = tiny(&dag, corrective);
    let weights = silent(&model).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let set = vec![Intervention::none().set(&dag, "cause", 7.5).unwrap(); 5];
    for fresh_noise in [false, true] {
        let procedure = Procedure {
            method: Method::Leapfrog,
            steps: 6,
            batch: 2,
            fresh_noise,
            ..Procedure::default()
        };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let image = images(5);
        let abduction = imagine.abduct(&image, None).unwrap();
        let wanted = imagine.act(&abduction, &set).unwrap();
        let found = imagine.imagine(&abduction, &set).unwrap();
        let mean = |z: &Tensor| model.mean_image(&weights, z).unwrap();
        let moved = mean(&wanted) - mean(&abduction.z);
        assert!(largest(&moved) > 1e-2);
        let error = largest(&(found - (image + moved)));
        // Fresh noise forgets the remainder.
        assert!(if fresh_noise { error > 0.1 } else { error < 1e-5 }, "{error}");
    }
}

/// Float class: seen from the mean of other latents, a prediction speaks of the same image and of the same noise, whatever
/// the network predicts. Held against the image that a prediction of 0 stands for.
#[test]
fn predictions_are_translated_between_means() {
    let dag = every_kind();
    let level = Level::from_alpha_bar(0.36).unwrap();
    for prediction in [Prediction::V, Prediction::Eps, Prediction::X0] {
        let model = tiny(&dag, |c| (c.decoder, c.prediction) = (Decoder::Corrective, prediction));
        let weights = silent(&model).bind(Precision::F32, Mode::Evaluate);
        let denoiser = |seed| LatentDenoiser::new(&model, &weights, &latents(&model, seed), None);
        let (sampled, mut own) = (denoiser(1), denoiser(2));
        let state = images(2);
        let call = Call::at(level, ModelTime::Index(40));
        let [at_home, abroad] = [own.mean().unwrap(), sampled.mean().unwrap()].map(|mean| {
            // One image and one noise, as a state under either mean.
            let image = &state * 0.5;
            let noise = &state * 0.3;
            (model.remainder(&image, Some(mean)) * level.alpha() + &noise * level.sigma(), noise)
        });
        let [alpha, sigma] = [level.alpha(), level.sigma()];
        // What an output says of the image and of the noise at a state.
        let read = |state: &Tensor, output: &Tensor, mean: &Tensor| {
            let (drawn, noise) = match prediction {
                Prediction::V => (state * alpha - output * sigma, state * sigma + output * alpha),
                Prediction::Eps => ((state - output * sigma) / alpha, output.shallow_clone()),
                _ => (output.shallow_clone(), (state - output * alpha) / sigma),
            };
            (model.complete(drawn, Some(mean)), noise)
        };
        let expected = own.predict(&at_home.0, &call).unwrap();
        let expected = read(&at_home.0, &expected, own.mean().unwrap());
        let mut beside = own.beside(&sampled);
        let found = beside.predict(&abroad.0, &call).unwrap();
        let found = read(&abroad.0, &found, sampled.mean().unwrap());
        assert!(largest(&(found.0 - expected.0)) < 1e-4, "{prediction:?}");
        assert!(largest(&(found.1 - expected.1)) < 1e-4, "{prediction:?}");
    }
}

/// Float class: guidance compares whole images. Where the diffusion says nothing, its reference is another mean, and each
/// weight moves the image by as much more of their difference.
#[test]
fn guidance_compares_means_too() {
    let dag = every_kind();
    let model = tiny(&dag, corrective);
    let weights = silent(&model).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let set = vec![Intervention::none().set(&dag, "cause", 7.5).unwrap(); 2];
    let answer = |guidance, guidance_reference, act: &[Intervention]| {
        let procedure =
            Procedure { steps: 6, guidance, guidance_reference, ..Procedure::default() };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let abduction = imagine.abduct(&images(2), None).unwrap();
        imagine.imagine(&abduction, act).unwrap()
    };
    let nothing = vec![Intervention::none(); 2];
    for reference in [Reference::Factual, Reference::Null] {
        let plain = answer(1.0, reference, &set);
        let [twice, thrice] = [2.0, 3.0].map(|w| answer(w, reference, &set) - &plain);
        assert!(largest(&twice) > 1e-2, "{reference:?}");
        assert!(largest(&(&thrice - &twice * 2.0)) < 1e-3, "{reference:?}");
        let unmoved = answer(3.0, reference, &nothing) - answer(1.0, reference, &nothing);
        assert!(largest(&unmoved) < 1e-4, "{reference:?}");
    }
}

/// The mean image has a term of its own, and the remainder does not train it.
#[test]
fn the_remainder_does_not_train_the_mean() {
    let dag = every_kind();
    let model = tiny(&dag, corrective);
    let labels = Tensor::from_slice(&[0.5f32, 7.5, 90.0, 2.0]).view([1, 4]).repeat([2, 1]);
    let batch = Batch::new(images(2), labels, vec![4, 9]);
    let gradient = |loss_weight| {
        let config = ObjectiveConfig { loss_weight, ..ObjectiveConfig::default() };
        let objective = Objective::new(&config, 100, 7).unwrap();
        // Anew each time: a pass moves the running moments behind the residual code, which cancel up to rounding only.
        let store = scrambled(&model, 0.2);
        let weights = store.bind(Precision::F32, Mode::Train);
        let loss = objective.loss(&model, &weights, &batch, 3).unwrap();
        let mean = loss.terms.iter().find(|(name, _)| *name == "mean").unwrap().1.double_value(&[]);
        loss.total.backward();
        let of = |network: &str| gradient_of(&model, &store, |name| name.starts_with(network));
        (mean, of("corrective.mean."), of("corrective.unet."))
    };
    let (simple, cut) = (gradient(LossWeight::Simple), gradient(LossWeight::MinSnr { gamma: 0.1 }));
    assert!(simple.0 > 0.0);
    assert_eq!(simple.0, cut.0);
    assert!(largest(&simple.1) > 0.0);
    assert!(largest(&(&simple.1 - &cut.1)) < 1e-6 * largest(&simple.1));
    assert!(largest(&(&simple.2 - &cut.2)) > 0.0);
}

/// Exact: the network sees the mean beside the noisy remainder, and draws the mean itself where it is not given.
#[test]
fn the_network_sees_the_mean() {
    let dag = every_kind();
    let model = tiny(&dag, corrective);
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let z = latents(&model, 1);
    let mean = model.mean_image(&weights, &z).unwrap();
    let draw = |mean: Option<&Tensor>| {
        let times = Tensor::full([2], 40, (Kind::Int64, Device::Cpu));
        let condition = Condition { times: &times, latents: &z, mean, classes: None };
        model.denoise(&weights, &images(2), &condition)
    };
    assert_eq!(largest(&(draw(Some(&mean)) - draw(None))), 0.0);
    assert!(largest(&(draw(Some(&(mean + 1.0))) - draw(None))) > 1e-3);
}

#[test]
fn what_a_corrective_decoder_cannot_do_is_refused() {
    let dag = every_kind();
    let check = |change: &dyn Fn(&mut ModelConfig)| {
        let mut config = ModelConfig { decoder: Decoder::Corrective, ..ModelConfig::default() };
        change(&mut config);
        Architecture::check(&config, &dag, [1, 8, 8], 0).unwrap_err().to_string()
    };
    for (said, words) in [
        (check(&|c| c.conditioning = Conditioning::None), ["model.conditioning", "diffusion"]),
        (check(&|c| c.predictor = vec![8]), ["model.predictor", "diffusion"]),
        (check(&|c| c.remainder_scale = 0.0), ["model.remainder_scale", "above 0"]),
    ] {
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
    let model = tiny(&dag, corrective);
    let clamp = Procedure { clamp: true, ..Procedure::default() };
    let said = clamp.grid(model.architecture()).unwrap_err().to_string();
    assert!(said.contains("counterfactual.clamp"), "{said}");
}
