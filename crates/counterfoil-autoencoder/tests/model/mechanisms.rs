//! The latent structural model: abduction undoes prediction, interventions reach descendants and nobody else.

use crate::support::{every_kind, images, largest, published, scrambled, tiny};
use counterfoil_autoencoder::counterfactual::{Confounded, Procedure};
use counterfoil_autoencoder::{Abduction, Activation, Calibration, Counterfactuals, Mechanism};
use counterfoil_diffusion::inversion::Method;
use counterfoil_graph::{Dag, Intervention};
use counterfoil_tensor::{Mode, Precision, noise};
use tch::{Device, Kind, Tensor};

/// Float class: single precision through networks with values of order 1; the slopes of a rough spline carry errors on.
#[test]
fn abduction_undoes_prediction() {
    let dag = every_kind();
    for (form, depth, bound) in
        [(Mechanism::Additive, 1, 1e-4), (Mechanism::Affine, 2, 1e-4), (Mechanism::Spline, 2, 1e-3)]
    {
        let model = tiny(&dag, |c| (c.mechanism, c.mechanism_depth) = (form, depth));
        let weights = scrambled(&model, 0.3).bind(Precision::F32, Mode::Evaluate);
        let width = model.architecture().blocks().width();
        let u = noise::normal(2, "u", &[0, 1, 2, 3], 0, &[width], Device::Cpu);
        let z = model.mechanisms().predict(&weights, &u);
        let (back, log_slope) = model.mechanisms().abduct(&weights, &z);
        let off = largest(&(&back - &u));
        assert!(off < bound, "{form:?}: {off}");
        assert!(largest(&(&z - &u)) > 0.1, "{form:?}: the mechanisms do nothing");
        assert_eq!(largest(&log_slope) > 0.0, form != Mechanism::Additive);
        // At its centre every block has no noise.
        let centre = model.mechanisms().predict(&weights, &u.zeros_like());
        let again = model.mechanisms().central(&weights, &centre);
        assert!(largest(&(again - centre)) < bound, "{form:?}");
    }
}

/// Exact: one hop, and parents enter as the sum of their noises.
#[test]
fn the_published_form_adds_the_noises_of_parents() {
    let dag = Dag::from_dot(
        "digraph { a [low=0, high=1]; b [low=0, high=1]; c [low=0, high=1]; a -> b; b -> c; a -> c }",
    )
    .unwrap();
    let model = tiny(&dag, published);
    let weights = scrambled(&model, 0.3).bind(Precision::F32, Mode::Evaluate);
    let u = noise::normal(2, "u", &[0, 1], 0, &[18], Device::Cpu);
    let predict = |u: &Tensor| model.mechanisms().predict(&weights, u).narrow(1, 12, 6);
    // Moving the same amount from a to b leaves their sum, and so c, as it was; recursive forms would change it.
    let shift = noise::normal(4, "shift", &[0, 1], 0, &[6], Device::Cpu);
    let moved = Tensor::cat(
        &[u.narrow(1, 0, 6) + &shift, u.narrow(1, 6, 6) - &shift, u.narrow(1, 12, 6)],
        1,
    );
    assert!(largest(&(predict(&moved) - predict(&u))) < 1e-5);
}

/// Hand values of the published mechanism, `f(s) = 2 l(s) + 4 l(-s) + 1/2` with l a leaky rectifier of slope 1/100 below 0, of the
/// sum s of the parents' noises: roots have f(0), the child of two sees 1 - 3 = -2, its own child sees 1/4 and not 8.71.
#[test]
fn the_published_mechanism_has_its_hand_values() {
    let dag = Dag::from_dot(
        "digraph { a [low=0, high=1]; b [low=0, high=1]; c [low=0, high=1]; d [low=0, high=1];
         a -> c; b -> c; c -> d }",
    )
    .unwrap();
    let model = tiny(&dag, |c| {
        published(c);
        (c.block_width, c.mechanism_depth) = (Some(1), 1);
        c.mechanism_activation = Activation::LeakyRelu;
    });
    let mut store = model.initialise(0, Device::Cpu);
    let mut written = 0;
    let state: Vec<(String, Tensor)> = (store.state().into_iter())
        .map(|(name, tensor)| {
            let of_mechanism = |part: &str| {
                ["a", "b", "c", "d"].iter().any(|v| name.ends_with(&format!("{v}.{part}")))
            };
            let values = if of_mechanism("hidden.weight") {
                vec![1.0f32, -1.0, 0.0, 0.0]
            } else if of_mechanism("out.weight") {
                vec![2.0, 4.0, 0.0, 0.0]
            } else if of_mechanism("out.bias") {
                vec![0.5]
            } else {
                return (name, tensor.zeros_like());
            };
            written += 1;
            (name, Tensor::from_slice(&values).view(&*tensor.size()))
        })
        .collect();
    assert_eq!(written, 12);
    store.load_state(&state).unwrap();
    let weights = store.bind(Precision::F32, Mode::Evaluate);
    let u = Tensor::from_slice(&[1.0f32, -3.0, 0.25, 10.0]).view([1, 4]);
    let z = model.mechanisms().predict(&weights, &u);
    let by_hand = Tensor::from_slice(&[1.5f32, -2.5, 8.71, 10.99]).view([1, 4]);
    assert!(largest(&(z - by_hand)) < 1e-5);
}

#[test]
fn an_intervention_reaches_descendants_and_nobody_else() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { steps: 4, batch: 2, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(3), None).unwrap();
    let cause = |value| Intervention::none().set(&dag, "cause", value).unwrap();
    let acts = [cause(7.5), Intervention::none(), cause(2.5).set(&dag, "sort", 2.0).unwrap()];
    let z = imagine.act(&abduction, &acts).unwrap();
    let moved = |item: i64, name: &str| {
        let block = model.block(name).unwrap();
        largest(&(block.of(&z) - block.of(&abduction.z)).get(item)) > 1e-4
    };
    for (item, expected) in [
        (0, [true, true, false, true, false]),
        (1, [false; 5]),
        (2, [true, true, false, true, false]),
    ] {
        let names = ["effect", "cause", "phase", "sort", "style"];
        assert_eq!(names.map(|name| moved(item, name)), expected, "item {item}");
    }
    // cause = 7.5 on 0..10 is 0.5 on the standard scale; sort = 2 is one-hot in the last third of its block.
    let row = |item: i64, name: &str| {
        Vec::<f32>::try_from(model.block(name).unwrap().of(&z).get(item).contiguous()).unwrap()
    };
    assert_eq!(row(0, "cause"), [0.5; 6]);
    assert_eq!(row(2, "sort"), [0.0, 0.0, 0.0, 0.0, 1.0, 1.0]);
}

/// Exact: as published, a set root is written in u and moves its children by one hop, a set child is overwritten.
#[test]
fn the_published_intervention_makes_one_hop() {
    let dag = Dag::from_dot(
        "digraph { a [low=0, high=1]; b [low=0, high=1]; c [low=0, high=1]; a -> b; b -> c }",
    )
    .unwrap();
    let model = tiny(&dag, published);
    let weights = scrambled(&model, 0.3).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let act = |calibrated, name, value| {
        let procedure =
            Procedure { calibrated, fresh_noise: true, steps: 4, ..Procedure::default() };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let abduction = imagine.abduct(&images(1), None).unwrap();
        let set = Intervention::none().set(&dag, name, value).unwrap();
        (imagine.act(&abduction, &[set]).unwrap(), abduction)
    };
    let block = |z: &Tensor, start| z.narrow(1, start, 6);
    // a = 0.75 on 0..1 is 0.5 on the standard scale.
    let (z, factual) = act(false, "a", 0.75);
    let mut u = vec![Tensor::full([1, 6], 0.5, (Kind::Float, Device::Cpu))];
    u.push(factual.u.narrow(1, 6, 12));
    let expected = model.mechanisms().predict(&weights, &Tensor::cat(&u, 1));
    assert!(largest(&(&z - expected)) < 1e-6);
    assert!(largest(&(block(&z, 6) - block(&factual.z, 6))) > 1e-3, "the child must move");
    assert_eq!(largest(&(block(&z, 12) - block(&factual.z, 12))), 0.0, "the grandchild must not");
    assert!(largest(&(block(&z, 0) - 0.5)) > 1e-3, "the root keeps its constant");
    let (z, factual) = act(false, "b", 0.75);
    assert_eq!(largest(&(block(&z, 6) - 0.5)), 0.0);
    assert_eq!(largest(&(block(&z, 12) - block(&factual.z, 12))), 0.0);
    // Calibrated, the root's latent is what is wanted.
    let (z, _) = act(true, "a", 0.75);
    assert!(largest(&(block(&z, 0) - 0.5)) < 1e-6);
}

/// Exact for the block itself where its label moves by nothing; float where it moves: a soft change meets the mechanism's own value, follows causes
/// that are set beside it, and reaches what follows from it.
#[test]
fn a_soft_change_moves_what_the_mechanism_gives() {
    let dag = Dag::from_dot(
        "digraph { a [low=0, high=10]; b [low=0, high=10]; turn [kind=circular, period=360]; c [low=0, high=1];
         a -> b; b -> c; a -> turn }",
    )
    .unwrap();
    for form in [Mechanism::Spline, Mechanism::Published, Mechanism::Independent] {
        let model = tiny(&dag, |c| match form {
            Mechanism::Published => published(c),
            _ => c.mechanism = form,
        });
        let weights = scrambled(&model, 0.3).bind(Precision::F32, Mode::Evaluate);
        let a = model.architecture();
        let mut calibration = Calibration::ideal(a);
        for entry in &mut calibration.blocks {
            entry.slope.fill(0.5);
            entry.read.iter_mut().for_each(|x| *x *= 2.0);
        }
        let procedure = Procedure { steps: 4, fresh_noise: true, ..Procedure::default() };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let abduction = imagine.abduct(&images(2), None).unwrap();
        let act = |texts: &[&str]| {
            let action = Intervention::parse(&dag, texts.iter().copied()).unwrap();
            imagine.act(&abduction, &[action, Intervention::none()]).unwrap()
        };
        let read = |z: &Tensor, name: &str| {
            calibration
                .label(a, dag.index_of(name).unwrap(), &model.block(name).unwrap().of(z))
                .unwrap()
                .double_value(&[0])
        };
        // What follows from a change that moves nothing is recomputed.
        let still = act(&["a+=0", "b*=1", "turn+=0"]) - &abduction.z;
        assert_eq!(largest(&model.block("a").unwrap().of(&still)), 0.0, "{form:?}");
        assert!(largest(&still) < 1e-3, "{form:?}");
        for (changes, alone, name, expected) in [
            (vec!["a+=2"], vec![], "a", 2.0),
            (vec!["b-=3"], vec![], "b", -3.0),
            (vec!["turn-=90"], vec![], "turn", 270.0),
            (vec!["a=7", "b+=2"], vec!["a=7"], "b", 2.0),
            (vec!["a=7", "turn+=30"], vec!["a=7"], "turn", 30.0),
        ] {
            let (z, without) = (act(&changes), act(&alone));
            let mut by = read(&z, name) - read(&without, name);
            if name == "turn" {
                by = by.rem_euclid(360.0);
            }
            assert!((by - expected).abs() < 1e-3, "{form:?} {changes:?}: {by} for {expected}");
            // The other item is left alone.
            assert_eq!(largest(&(z - &abduction.z).get(1)), 0.0);
        }
        let halved = act(&["b*=0.5"]);
        assert!((read(&halved, "b") - 0.5 * read(&abduction.z, "b")).abs() < 1e-3);
        let follows = read(&act(&["a+=2"]), "b") - read(&abduction.z, "b");
        assert_eq!(follows.abs() > 1e-2, form != Mechanism::Independent, "{form:?}");
    }
}

/// Monte-Carlo (400 samples of 3 images, so deviations are known to 2 %): samples of an abduction lie around it as far as the
/// calibration says that reading is off, hold the noise that belongs to them, and depend on their own key alone.
#[test]
fn samples_of_an_abduction_are_as_unsure_as_reading() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.1).bind(Precision::F32, Mode::Evaluate);
    let mut calibration = Calibration::ideal(model.architecture());
    for (entry, error) in calibration.blocks.iter_mut().zip([0.02, 0.05, 0.0, 0.1]) {
        entry.latent_mae = error;
    }
    let procedure = Procedure { steps: 2, fresh_noise: true, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let own = imagine.abduct(&images(3), None).unwrap();
    let drawn: Vec<_> = (0..400).map(|k| imagine.resample(&own, 5, &[0, 1, 2], k)).collect();
    let stacked = Tensor::stack(&drawn.iter().map(|a| &a.z - &own.z).collect::<Vec<_>>(), 0);
    let mut entries = calibration.blocks.iter();
    for block in model.architecture().blocks().iter() {
        let moved = stacked.narrow(2, block.start, 1);
        let found = moved.std(false).double_value(&[]);
        let mae = if block.labelled { entries.next().unwrap().latent_mae } else { 0.0 };
        let expected = mae * (std::f64::consts::PI / 2.0).sqrt();
        assert!((found - expected).abs() < 0.06 * expected + 1e-9, "{}: {found}", block.name);
    }
    // Float class: the noise explains the latents.
    let again = model.mechanisms().predict(&weights, &drawn[7].u);
    assert!(largest(&(again - &drawn[7].z)) < 1e-3);
    let part = Abduction {
        u: own.u.narrow(0, 2, 1),
        z: own.z.narrow(0, 2, 1),
        noise: own.noise.map(|x| x.narrow(0, 2, 1)),
        classes: None,
    };
    let alone = imagine.resample(&part, 5, &[2], 7);
    assert!(largest(&(alone.z - drawn[7].z.narrow(0, 2, 1))) < 1e-6);
}

/// Exact: fresh noise is a function of the image alone, and differs between images.
#[test]
fn fresh_noise_does_not_depend_on_the_batch() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { fresh_noise: true, steps: 4, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let noise = |x: &Tensor| imagine.abduct(x, None).unwrap().noise.outer().shallow_clone();
    let whole = noise(&images(3));
    assert_eq!(largest(&(whole.narrow(0, 2, 1) - noise(&images(3).narrow(0, 2, 1)))), 0.0);
    assert!(largest(&(whole.narrow(0, 0, 1) - whole.narrow(0, 1, 1))) > 0.5);
    let spread = whole.std(true).double_value(&[]);
    assert!((spread - 1.0).abs() < 0.2, "x_T has a deviation of {spread}");
    assert_eq!(imagine.evaluations().unwrap()[0], 0);
}

#[test]
fn wrong_interventions_are_refused_and_far_ones_flagged() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { steps: 2, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    let message = imagine.act(&abduction, &[Intervention::none()]).unwrap_err().to_string();
    assert!(message.contains("[1]") && message.contains("[2]"), "{message}");
    let far = Intervention::none().set(&dag, "cause", 14.0).unwrap();
    let warnings = imagine.warnings(&[far.clone(), far, Intervention::none()]);
    assert_eq!(warnings.len(), 1);
    assert!(warnings[0].contains("cause = 14") && warnings[0].contains("0 to 10"), "{warnings:?}");
    // What the graph has follow and the model leaves alone is said, and nothing where it does follow.
    let chain = Dag::from_dot(
        "digraph { a [low=0, high=1]; b [low=0, high=1]; c [low=0, high=1]; d [low=0, high=1];
         a -> b; b -> c; d -> c }",
    )
    .unwrap();
    for (form, set, expected) in [
        (Mechanism::Independent, "a=0.5", vec!["b does not follow a", "c does not follow a"]),
        (Mechanism::Independent, "c=0.5", vec![]),
        (Mechanism::Published, "a=0.5", vec!["c does not follow a"]),
        (Mechanism::Published, "b+=0.1", vec!["c does not follow b"]),
        (Mechanism::Published, "d=0.5", vec![]),
        (Mechanism::Additive, "a=0.5", vec![]),
    ] {
        let model = tiny(&chain, |c| match form {
            Mechanism::Published => published(c),
            _ => c.mechanism = form,
        });
        let weights = scrambled(&model, 0.2).bind(Precision::F32, Mode::Evaluate);
        let ideal = Calibration::ideal(model.architecture());
        let imagine = Counterfactuals::new(&model, &weights, &ideal, procedure).unwrap();
        let said = imagine.warnings(&[Intervention::parse(&chain, [set]).unwrap()]);
        assert_eq!(said.len(), expected.len(), "{form:?} {set}: {said:?}");
        for (said, start) in said.iter().zip(expected) {
            assert!(said.starts_with(start), "{form:?} {set}: {said}");
        }
    }
    for bad in [
        Procedure { batch: 0, ..procedure },
        Procedure { depth: 0.0, ..procedure },
        Procedure { guidance: f64::NAN, ..procedure },
        Procedure { steps: 0, ..procedure },
        Procedure { steps: 1000, ..procedure },
    ] {
        assert!(Counterfactuals::new(&model, &weights, &calibration, bad).is_err(), "{bad:?}");
    }
}

/// Float class: leapfrog is reversible whatever the network, so the null intervention gives the image back, with
/// guidance and correction rounds on; 1e-4 bounds single precision over 12 steps of a rough random network.
#[test]
fn composition_is_exact_with_the_reversible_sampler() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.1).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let x = images(5);
    for depth in [1.0, 0.5] {
        let procedure = Procedure {
            method: Method::Leapfrog,
            steps: 12,
            depth,
            guidance: 2.0,
            rounds: 1,
            batch: 2,
            ..Procedure::default()
        };
        let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
        let abduction = imagine.abduct(&x, None).unwrap();
        let nothing = vec![Intervention::none(); 5];
        let back = imagine.imagine(&abduction, &nothing).unwrap();
        assert!(largest(&(&back - &x)) < 1e-4, "depth {depth}: {}", largest(&(&back - &x)));
        let fresh = imagine.refresh(&abduction, &x, 1, &[0, 1, 2, 3, 4]).unwrap();
        let redrawn = imagine.imagine(&fresh, &nothing).unwrap();
        assert!((redrawn - &x).abs().mean(Kind::Float).double_value(&[]) > 0.05);
    }
}

/// Exact up to single precision: a model that blames a hidden common cause for a part of an effect agrees about what is
/// there, moves the effect by that much less under `do(cause)`, and its descendants through it.
#[test]
fn compatible_models_disagree_about_the_effect_alone() {
    let dag = Dag::from_dot(
        "digraph { a [low=-1, high=1]; b [low=-1, high=1]; c [low=-1, high=1]; a -> b; b -> c }",
    )
    .unwrap();
    let model = tiny(&dag, |c| c.residual_code = false);
    let weights = scrambled(&model, 0.3).bind(Precision::F32, Mode::Evaluate);
    let calibration = Calibration::ideal(model.architecture());
    let procedure = Procedure { steps: 2, ..Procedure::default() };
    let imagine = Counterfactuals::new(&model, &weights, &calibration, procedure).unwrap();
    let abduction = imagine.abduct(&images(2), None).unwrap();
    let set = |name, value| vec![Intervention::none().set(&dag, name, value).unwrap(); 2];
    let confounded = [Confounded { cause: 0, effect: 1, slope: 0.4 }];
    let both = |set: &[Intervention]| {
        let plain = imagine.act(&abduction, set).unwrap();
        (imagine.act_confounded(&abduction, set, &confounded).unwrap(), plain)
    };
    for unmoved in [vec![Intervention::none(); 2], set("b", 0.5), set("c", 0.5)] {
        let (z, plain) = both(&unmoved);
        assert_eq!(largest(&(z - plain)), 0.0);
    }
    let (z, plain) = both(&set("a", 0.8));
    let block = |z: &Tensor, k: usize| model.architecture().blocks().get(k).of(z);
    let moved = (block(&plain, 0) - block(&abduction.z, 0)).mean_dim(1, true, None);
    assert!(largest(&(block(&z, 1) - block(&plain, 1) + moved * 0.4)) < 1e-5);
    assert!(largest(&(block(&z, 2) - block(&plain, 2))) > 1e-4);
    assert_eq!(largest(&(block(&z, 0) - block(&plain, 0))), 0.0);
}

/// Exact up to single precision: the slope from labels is the formula's, and what has no range is refused.
#[test]
fn the_range_of_compatible_models_needs_a_continuous_pair() {
    let dag = every_kind();
    let model = tiny(&dag, |_| {});
    let weights = scrambled(&model, 0.0).bind(Precision::F32, Mode::Evaluate);
    // Mechanisms of weight 0 leave an effect as it is: its noise is its code. effect = -2..2, cause = 0..10.
    let rows: Vec<f32> = (0..16)
        .flat_map(|k| {
            let (effect, cause) = ([-1.0, 1.0][k % 2], [2.0, 8.0][k / 2 % 2]);
            [effect, cause, 20.0 * k as f32, (k % 3) as f32]
        })
        .collect();
    let labels = Tensor::from_slice(&rows).view([16, 4]);
    let fit = |pair, r| Confounded::fit(&model, &weights, &[pair], r, &labels);
    let names = ["effect", "cause", "phase", "sort"].map(|name| dag.index_of(name).unwrap());
    let found = fit((names[1], names[0]), 0.6).unwrap()[0].slope;
    // sd(effect) = 1 of 2, sd(cause) = 3 of 5, given a phase that hardly goes with it: 0.75 * 0.5 / 0.6 or a little more.
    assert!((0.62..0.75).contains(&found), "{found}");
    for (pair, r, word) in [
        ((names[1], names[0]), 1.0, "between -1 and 1"),
        ((names[2], names[0]), 0.5, "phase"),
        ((names[0], names[1]), 0.5, "no direct cause"),
    ] {
        let error = fit(pair, r).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    }
    let published = tiny(
        &Dag::from_dot("digraph { a [low=0, high=1]; b [low=0, high=1]; a -> b }").unwrap(),
        published,
    );
    let weights = scrambled(&published, 0.2).bind(Precision::F32, Mode::Evaluate);
    let labels = Tensor::zeros([8, 2], (Kind::Float, Device::Cpu));
    let error = Confounded::fit(&published, &weights, &[(0, 1)], 0.5, &labels).unwrap_err();
    assert!(error.to_string().contains("recursive"), "{error}");
}
