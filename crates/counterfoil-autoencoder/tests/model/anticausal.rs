//! Anti-causal guidance: the predictor of labels from noisy images, its gradient, and what follows it.

use crate::support::{self, every_kind, gradient_of, images, labels, largest, scrambled, tiny};
use counterfoil_autoencoder::counterfactual::Procedure;
use counterfoil_autoencoder::{
    Architecture, Batch, Calibration, Conditioning, Counterfactuals, Decoder, Model, ModelConfig,
    Objective, ObjectiveConfig,
};
use counterfoil_diffusion::inversion::{Latent, Method};
use counterfoil_diffusion::{Call, NoNoise, Prediction, Sampler, denoiser};
use counterfoil_graph::{Dag, Intervention};
use counterfoil_tensor::{Mode, ParameterStore, Precision, Weights, noise};
use tch::{Device, Kind, Tensor};

/// As `method = "diff-scm"` has it.
fn steered(c: &mut ModelConfig) {
    (c.conditioning, c.predictor) = (Conditioning::None, vec![8, 16]);
    (c.unlabelled_blocks, c.residual_code, c.prediction) = (false, false, Prediction::Eps);
}

fn evaluated(store: &ParameterStore) -> Weights {
    store.bind(Precision::F32, Mode::Evaluate)
}

/// One scalar for the effect and one for the cause, two for the phase, three for the sort.
fn scalars(n: i64) -> Tensor {
    noise::normal(6, "scalars", &(0..n as u64).collect::<Vec<_>>(), 0, &[7], Device::Cpu)
}

/// Float class: central differences of the log-density in single precision, whose error is about 1e-3 of the largest.
#[test]
fn the_gradient_is_the_slope_of_the_log_density() {
    let model = tiny(&every_kind().labelled_part(), steered);
    let store = scrambled(&model, 0.15);
    let weights = evaluated(&store);
    let predictor = model.predictor().unwrap();
    let (x, wanted) = (images(2), scalars(2));
    let times = Tensor::from_slice(&[3i64, 60]);
    let counted = Tensor::from_slice(&[1f32, 0.0, 1.0, 1.0, 0.0, 0.0, 1.0]).expand([2, 7], false);
    let gradient =
        tch::no_grad(|| predictor.gradient(&weights, &x, &times, &wanted, &counted)).unwrap();
    assert!(!gradient.requires_grad() && !x.requires_grad());
    let value = |x: &Tensor| {
        let log = predictor.forward(&weights, x, &times).log_density(&wanted) * &counted;
        log.sum(Kind::Double).double_value(&[])
    };
    let scale = largest(&gradient);
    assert!(scale > 1e-3);
    let h = 1e-2;
    for k in 0..6 {
        let direction =
            noise::normal(8, "direction", &[2 * k, 2 * k + 1], 0, &[1, 8, 8], Device::Cpu);
        let slope = (value(&(&x + &direction * h)) - value(&(&x - &direction * h))) / (2.0 * h);
        let found = (&gradient * direction).sum(Kind::Double).double_value(&[]);
        assert!((slope - found).abs() < 0.02 * (slope.abs() + scale), "{slope} for {found}");
    }
}

/// Float class: with hand-written weights the mean of a label is `silu(silu(sum of silu(pixel)))`, at a variance of 1, which
/// is what starts at 0 in the network.
#[test]
fn hand_written_weights_give_the_closed_form() {
    let dag = Dag::from_dot("digraph { a [low=0, high=1] }").unwrap();
    let model = tiny(&dag, |c| (c.predictor, c.residual_code) = (vec![8], false));
    let mut store = model.initialise(0, Device::Cpu);
    let state: Vec<(String, Tensor)> = store
        .state()
        .into_iter()
        .map(|(name, tensor)| {
            let zero = tensor.zeros_like();
            let one = |place: &[i64]| {
                let place = place.iter().fold(zero.shallow_clone(), |t, i| t.select(0, *i));
                let _ = place.shallow_clone().fill_(1.0);
            };
            match name.as_str() {
                "predictor.stem.weight" => one(&[0, 0, 1, 1]),
                // The first channel's 64 pixels stand first.
                "predictor.hidden.weight" => drop(zero.get(0).narrow(0, 0, 64).fill_(1.0)),
                "predictor.mean.weight" => one(&[0, 0]),
                _ => {}
            }
            (name, zero)
        })
        .collect();
    store.load_state(&state).unwrap();
    let x = images(3);
    let wanted = Tensor::from_slice(&[0.3f32, -2.0, 1.0]).view([3, 1]);
    let times = Tensor::from_slice(&[0i64, 50, 99]);
    let counted = wanted.ones_like();
    let found =
        model.predictor().unwrap().gradient(&evaluated(&store), &x, &times, &wanted, &counted);
    let slope = |x: &Tensor| x.sigmoid() * (1.0 + x * (1.0 - x.sigmoid()));
    let inner = x.silu().sum_dim_intlist([1i64, 2, 3].as_slice(), true, Kind::Float);
    let error = (wanted.view([3, 1, 1, 1]) - inner.silu()) / (1.0 + 1e-4);
    let expected = error * slope(&inner) * slope(&x);
    assert!(largest(&expected) > 0.1);
    assert!(largest(&(found.unwrap() - &expected)) < 1e-4 * largest(&expected));
}

/// Float class: one step of DDIM moves the predicted image by `weight sigma^2 / alpha` of the gradient over the variables
/// that the intervention reaches, and nothing moves where nothing is set, exactly.
#[test]
fn what_is_reached_follows_the_gradient() {
    let dag = every_kind().labelled_part();
    let model = tiny(&dag, steered);
    let store = scrambled(&model, 0.2);
    let weights = evaluated(&store);
    // The encoder writes half of the code and a constant; the predictor knows codes.
    let mut calibration = Calibration::ideal(model.architecture());
    for entry in &mut calibration.blocks {
        entry.slope.fill(0.5);
        entry.offset.fill(0.125);
    }
    let with = |anticausal| {
        let procedure = Procedure {
            method: Method::Ddim,
            steps: 4,
            depth: 0.25,
            anticausal,
            ..Procedure::default()
        };
        Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap()
    };
    let (plain, guided) = (with(0.0), with(1.5));
    let abduction = plain.abduct(&images(3), None).unwrap();
    let nothing = Intervention::none();
    let acts = [
        nothing.clone().set(&dag, "cause", 7.5).unwrap(),
        nothing.clone(),
        nothing.clone().set(&dag, "phase", 90.0).unwrap(),
    ];
    let wanted = plain.act(&abduction, &acts).unwrap();
    let [before, after] = [&plain, &guided].map(|p| p.predict(&abduction, &acts, &wanted).unwrap());

    let Latent::Single(state) = &abduction.noise else { panic!("DDIM keeps one state") };
    let mut times = Vec::new();
    let mut watch = denoiser(Prediction::Eps, |x: &Tensor, call: &Call<'_>| {
        times.push(call.time.value() as f32);
        Ok(x.zeros_like())
    });
    let plan = Method::Ddim.plan(plain.grid(), Prediction::Eps).unwrap();
    let _ = plan.run(state.copy(), &mut watch, &mut NoNoise).unwrap();
    assert_eq!(times.len(), 1);
    // effect, cause, phase (cosine, sine), sort (one of three); the cause has the effect and the sort below it.
    let counted = Tensor::from_slice(&[
        1f32, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, //
        0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0, //
        1.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0,
    ])
    .view([3, 7]);
    let goal = model.architecture().blocks().scalars(&((&wanted - 0.125) / 0.5));
    let times = Tensor::from_slice(&[times[0]; 3]);
    let predictor = model.predictor().unwrap();
    let gradient = predictor.gradient(&weights, state, &times, &goal, &counted).unwrap();
    let level = plain.grid().start();
    let expected = gradient * (1.5 * level.sigma().powi(2) / level.alpha());
    let moved = &after - &before;
    assert!(largest(&expected.get(0)) > 1e-3 && largest(&expected.get(2)) > 1e-3);
    assert!(largest(&(&moved - &expected)) < 1e-4 * (1.0 + largest(&expected)));
    assert_eq!(after.get(1), before.get(1));
    let silent = vec![nothing; 3];
    let [before, after] = [&plain, &guided].map(|p| p.imagine(&abduction, &silent).unwrap());
    assert_eq!(after, before);
}

/// Exact: without conditioning the decoder does not see latents, and nothing but guidance moves the image.
#[test]
fn an_unconditional_decoder_sees_no_latents() {
    let dag = every_kind().labelled_part();
    let model = tiny(&dag, steered);
    assert_eq!(model.layout().count_under("unet.latent"), 0);
    let store = scrambled(&model, 0.2);
    let weights = evaluated(&store);
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { steps: 3, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    let set = Intervention::none().set(&dag, "cause", 7.5).unwrap();
    let [still, moved] =
        [Intervention::none(), set].map(|act| imagine.imagine(&abduction, &vec![act; 2]).unwrap());
    assert_eq!(still, moved);
}

fn batch(known: bool) -> Batch {
    let labels = if known { labels() } else { labels() * f64::NAN };
    Batch { labels, ..support::batch() }
}

/// The gradients of the predictor's parameters and of all others, and the predictor's term.
fn gradients(
    model: &Model,
    store: &ParameterStore,
    weight: f64,
    known: bool,
) -> ([Tensor; 2], f64) {
    let config = ObjectiveConfig { predictor_weight: weight, ..ObjectiveConfig::default() };
    let objective = Objective::new(&config, 100, 7).unwrap();
    store.flat().shallow_clone().zero_grad();
    let weights = store.bind(Precision::F32, Mode::Train);
    let loss = objective.loss(model, &weights, &batch(known), 3).unwrap();
    loss.total.backward();
    let own = gradient_of(model, store, |name| name.starts_with(Model::PREDICTOR));
    let others = gradient_of(model, store, |name| !name.starts_with(Model::PREDICTOR));
    let term = loss.terms.iter().find(|(name, _)| *name == "predictor").unwrap();
    ([own, others], term.1.double_value(&[]))
}

/// Exact: the predictor's loss moves the predictor alone, nothing else moves it, and equal keys give equal bits.
#[test]
fn the_predictor_is_trained_apart() {
    let model = tiny(&every_kind().labelled_part(), steered);
    assert!(model.trained_apart().contains(&Model::PREDICTOR));
    let store = scrambled(&model, 0.2);
    let ([own, others], term) = gradients(&model, &store, 1.0, true);
    let ([again, others_again], same) = gradients(&model, &store, 1.0, true);
    assert_eq!((&own, &others, term), (&again, &others_again, same));
    let ([silent, unmoved], same) = gradients(&model, &store, 0.0, true);
    assert_eq!((largest(&silent), &unmoved, same), (0.0, &others, term));
    assert!(largest(&own) > 1e-3 && largest(&others) > 1e-3);

    let mut other = scrambled(&model, 0.2);
    let louder = |(name, tensor): (String, Tensor)| {
        let tensor = if name.starts_with("unet.") { tensor * 1.5 } else { tensor };
        (name, tensor)
    };
    other.load_state(&store.state().into_iter().map(louder).collect::<Vec<_>>()).unwrap();
    let ([unmoved, moved], same) = gradients(&model, &other, 1.0, true);
    assert_eq!((&unmoved, same), (&own, term));
    assert!(largest(&(moved - others)) > 1e-3);
    // Labels that training may not see teach nothing.
    let ([silent, _], none) = gradients(&model, &store, 1.0, false);
    assert_eq!((largest(&silent), none), (0.0, 0.0));
}

/// Float class: the term is the mean over all scalars of the surprise at the codes, at the noise that the decoder sees.
#[test]
fn a_predictor_that_knows_nothing_has_the_spread_of_the_codes() {
    let model = tiny(&every_kind().labelled_part(), steered);
    let zero = scrambled(&model, 0.0);
    let ([..], term) = gradients(&model, &zero, 1.0, true);
    // effect 0.25 and -0.5, cause 0.5 and -0.6, phase (0, 1) and (-1, 0), sort one of three.
    let squares = 0.0625 + 0.25 + 0.25 + 0.36 + 1.0 + 1.0 + 1.0 + 1.0;
    let variance: f64 = 1.0 + 1e-4;
    let expected = 0.5 * (squares / variance / 14.0 + variance.ln());
    assert!((term - expected).abs() < 1e-6, "{term} for {expected}");
}

#[test]
fn what_cannot_be_followed_is_refused() {
    let dag = every_kind().labelled_part();
    let refused = |change: fn(&mut ModelConfig), words: [&str; 2]| {
        let mut config =
            ModelConfig { size: counterfoil_autoencoder::Size::Tiny, ..ModelConfig::default() };
        (config.block_width, config.heads, config.residual_code) = (Some(6), Some(2), false);
        change(&mut config);
        let said = Architecture::check(&config, &dag, [1, 8, 8], 0).unwrap_err().to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    };
    refused(|c| c.predictor = vec![8, 12], ["model.predictor", "multiples of 8"]);
    refused(|c| c.predictor = vec![0], ["model.predictor", "multiples of 8"]);
    refused(
        |c| (c.decoder, c.predictor) = (Decoder::Direct, vec![8]),
        ["model.predictor", "diffusion"],
    );
    refused(
        |c| (c.decoder, c.conditioning) = (Decoder::Direct, Conditioning::None),
        ["model.conditioning", "diffusion"],
    );
    let steered = tiny(&dag, steered);
    let plain = tiny(&dag, |c| c.residual_code = false);
    let p = Procedure::default();
    for (model, procedure, words) in [
        (&plain, Procedure { anticausal: 1.0, ..p }, ["anticausal", "model.predictor = ["]),
        (&steered, Procedure { anticausal: f64::NAN, ..p }, ["anticausal", "finite"]),
        (&steered, Procedure { guidance: 2.0, ..p }, ["guidance", "anticausal"]),
    ] {
        let said = procedure.grid(model.architecture()).unwrap_err().to_string();
        assert!(words.iter().all(|word| said.contains(word)), "{said}");
    }
}
