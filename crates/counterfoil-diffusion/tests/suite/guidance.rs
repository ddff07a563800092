//! Guidance adaptors: each by its definition, and by what must not matter to it.

use crate::mixture::{Mixture, distance, level_of_s};
use counterfoil_diffusion::guidance::{
    Classified, Decoupled, Guided, Interval, Projected, Rescaled,
};
use counterfoil_diffusion::{
    BoxError, Call, Ddim, Denoiser, DiscreteSchedule, End, Grid, Level, ModelTime, NoNoise,
    Prediction, Sampler, Spacing, State, denoiser,
};
use ndarray::{Array2, Axis, array, s};

const V: Prediction = Prediction::V;

fn images() -> Array2<f64> {
    array![[0.85, -0.35, 0.2, -0.9], [-0.6, 0.5, -0.7, 0.35], [0.2, -0.8, 0.6, 0.4]]
}

fn trailing(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

fn at(s: f64) -> Call<'static> {
    Call::at(level_of_s(s), ModelTime::Continuous(s.ln()))
}

fn predict(network: &mut dyn Denoiser<Array2<f64>>, call: &Call<'_>) -> Array2<f64> {
    network.predict(&images(), call).unwrap()
}

/// A network that must not be called.
fn forbidden(prediction: Prediction) -> impl Denoiser<Array2<f64>> {
    denoiser(prediction, |_: &Array2<f64>, _| Err("this network was not to be called".into()))
}

/// Float class: guidance is affine in the weight, 1 and 0 are the two networks bit for bit, and adaptors nest.
#[test]
fn guidance_extrapolates() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let plan = Ddim::default().plan(&trailing(10), Prediction::Eps).unwrap();
    let eps = Prediction::Eps;
    let guided = |weight: f64| {
        let mut network = Guided::new(own.network(eps), null.network(eps), weight).unwrap();
        plan.run(images(), &mut network, &mut NoNoise).unwrap()
    };
    let plain =
        |mixture: &Mixture| plan.run(images(), &mut mixture.network(eps), &mut NoNoise).unwrap();
    assert_eq!(guided(1.0), plain(&own));
    assert_eq!(guided(0.0), plain(&null));
    assert!(distance(&guided(2.5), &plain(&own)) > 0.1);

    // A guided denoiser is a denoiser: n + 2 ((n + 3 (c - n)) - n) = n + 6 (c - n).
    let inner = Guided::new(own.network(eps), null.network(eps), 3.0).unwrap();
    let mut nested = Guided::new(inner, null.network(eps), 2.0).unwrap();
    let nested = plan.run(images(), &mut nested, &mut NoNoise).unwrap();
    assert!(distance(&nested, &guided(6.0)) < 1e-9);

    // eps and v are affine in one another at the same state and level, so guidance commutes with the choice.
    let v = Prediction::V;
    let plan = Ddim::default().plan(&trailing(10), v).unwrap();
    let mut network = Guided::new(own.network(v), null.network(v), 2.5).unwrap();
    let found = plan.run(images(), &mut network, &mut NoNoise).unwrap();
    assert!(distance(&found, &guided(2.5)) < 1e-10);

    let mixed = Guided::new(own.network(v), null.network(eps), 1.0).map(|g| g.weight());
    assert!(mixed.is_err());
    assert!(Guided::new(own.network(v), null.network(v), f64::NAN).map(|g| g.weight()).is_err());
}

/// Float class: 1e-12. Rescaled items have the target's spread; a share mixes; constant items stay.
#[test]
fn rescaling_keeps_the_spread() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let guided = || Guided::new(own.network(V), null.network(V), 5.0).unwrap();
    let call = at(0.7);
    let (plain, target) = (predict(&mut guided(), &call), own.predict(V, &images(), call.level));
    let full = predict(&mut Rescaled::new(guided(), 1.0).unwrap(), &call);
    let spread = |x: &Array2<f64>| State::std_items(x).unwrap();
    for (found, wanted) in spread(&full).iter().zip(spread(&target)) {
        assert!((found - wanted).abs() < 1e-12);
    }
    assert!(distance(&plain, &full) > 0.01);
    let most = predict(&mut Rescaled::new(guided(), 0.7).unwrap(), &call);
    assert!(distance(&most, &(&full * 0.7 + &plain * 0.3)) < 1e-12);
    assert_eq!(predict(&mut Rescaled::new(guided(), 0.0).unwrap(), &call), plain);
    assert!(Rescaled::new(guided(), 1.5).is_err());

    let fixed = |y: f64| denoiser(V, move |x: &Array2<f64>, _| Ok(x.mapv(|_| y)));
    let flat = Guided::new(fixed(2.0), fixed(1.0), 3.0).unwrap();
    let found = predict(&mut Rescaled::new(flat, 1.0).unwrap(), &call);
    assert_eq!(found, images().mapv(|_| 4.0));
}

/// Exact: outside the interval the reference is not called, inside it is plain guidance, and items at levels of their
/// own are guided each by its own.
#[test]
fn intervals_are_noise_levels() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let guided = || Guided::new(own.network(V), null.network(V), 5.0).unwrap();
    let mut limited = Interval::new(guided(), 0.2, 5.0).unwrap();
    assert_eq!(predict(&mut limited, &at(1.0)), predict(&mut guided(), &at(1.0)));
    let alone = Guided::new(own.network(V), forbidden(V), 5.0).unwrap();
    let mut outside = Interval::new(alone, 0.2, 5.0).unwrap();
    for s in [0.1, 6.0] {
        assert_eq!(predict(&mut outside, &at(s)), own.predict(V, &images(), level_of_s(s)));
    }
    assert!(outside.predict(&images(), &at(0.3)).is_err());

    let levels = [0.1, 1.0, 9.0].map(level_of_s);
    let call = Call { per_item: Some(&levels), ..at(1.0) };
    let mixed = predict(&mut limited, &call);
    let (inside, target) =
        (predict(&mut guided(), &at(1.0)), own.predict(V, &images(), level_of_s(1.0)));
    // The analytic network reads the shared level, so only the weights differ.
    assert_eq!(mixed.row(0), target.row(0));
    assert!((&mixed.row(1) - &inside.row(1)).iter().all(|x| x.abs() < 1e-14));
    assert_eq!(mixed.row(2), target.row(2));
    let short = Call { per_item: Some(&levels[..2]), ..at(1.0) };
    assert!(limited.predict(&images(), &short).is_err());
    assert!(Interval::new(guided(), 2.0, 1.0).is_err());
    assert!(Interval::new(guided(), f64::NAN, 1.0).is_err());
    assert!(Interval::new(guided(), 0.0, f64::INFINITY).is_ok());
}

/// Float class: 1e-11, and 1e-9 for images behind the noise of s = 30. Projected guidance by its definition in images,
/// from any prediction; whole, it is plain guidance; and what is added is orthogonal to the image.
#[test]
fn projection_is_across_the_image() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let projected = |prediction, parallel, radius| {
        let guided = Guided::new(own.network(prediction), null.network(prediction), 4.0).unwrap();
        Projected::new(guided, parallel, radius).unwrap()
    };
    for s in [0.02, 0.5, 3.0, 30.0] {
        let call = at(s);
        let image = |prediction: Prediction, output: Array2<f64>| {
            prediction.convert(Prediction::X0, &images(), output, call.level).unwrap()
        };
        let x0 = Prediction::X0;
        let (c, r) =
            (own.predict(x0, &images(), call.level), null.predict(x0, &images(), call.level));
        for (parallel, radius) in [(0.0, None), (0.4, None), (0.0, Some(0.1)), (1.0, None)] {
            let mut expected = c.clone();
            for (k, mut row) in expected.axis_iter_mut(Axis(0)).enumerate() {
                let (c, mut d) = (c.row(k).to_owned(), &c.row(k) - &r.row(k));
                let norm = d.dot(&d).sqrt();
                d *= radius.map_or(1.0, |radius: f64| (radius / norm).min(1.0));
                let along = &c * (c.dot(&d) / c.dot(&c));
                row += &((&d - &along + along * parallel) * 3.0);
            }
            for prediction in [x0, Prediction::Eps, V] {
                let found = predict(&mut projected(prediction, parallel, radius), &call);
                let error = distance(&image(prediction, found), &expected);
                assert!(error < if s > 10.0 { 1e-9 } else { 1e-11 }, "{prediction}: {error:e}");
            }
        }
        let mut whole = projected(V, 1.0, None);
        let plain = predict(&mut Guided::new(own.network(V), null.network(V), 4.0).unwrap(), &call);
        assert!(distance(&predict(&mut whole, &call), &plain) < 1e-12);
    }
    // At the clean image v tells nothing of it, and nothing is divided by that.
    let clean = Call::at(Level::CLEAN, ModelTime::Index(0));
    assert!(predict(&mut projected(V, 0.0, Some(1.0)), &clean).iter().all(|x| x.is_finite()));
    let guided = || Guided::new(own.network(V), null.network(V), 4.0).unwrap();
    assert!(Projected::new(guided(), -0.1, None).is_err());
    assert!(Projected::new(guided(), 0.0, Some(0.0)).is_err());
}

/// Float class: 1e-12. One group is plain guidance in either form; weights that are no guidance call nobody else.
#[test]
fn groups_have_their_own_weights() {
    let [own, null, first, second] = [0.0, 0.3, 0.1, -0.2].map(Mixture::conditional);
    let call = at(0.8);
    let of = |mixture: &Mixture| mixture.predict(V, &images(), call.level);
    let mut network =
        Decoupled::conditions(null.network(V), [(first.network(V), 3.0), (second.network(V), 0.5)])
            .unwrap();
    let expected = of(&null) + (of(&first) - of(&null)) * 3.0 + (of(&second) - of(&null)) * 0.5;
    assert!(distance(&predict(&mut network, &call), &expected) < 1e-12);
    let mut network =
        Decoupled::leaving_out(own.network(V), [(first.network(V), 3.0), (second.network(V), 0.5)])
            .unwrap();
    let expected = of(&own) + (of(&own) - of(&first)) * 2.0 - (of(&own) - of(&second)) * 0.5;
    assert!(distance(&predict(&mut network, &call), &expected) < 1e-12);

    let plain = predict(&mut Guided::new(own.network(V), null.network(V), 2.5).unwrap(), &call);
    let mut one = Decoupled::conditions(null.network(V), [(own.network(V), 2.5)]).unwrap();
    assert!(distance(&predict(&mut one, &call), &plain) < 1e-12);
    let mut one = Decoupled::leaving_out(own.network(V), [(null.network(V), 2.5)]).unwrap();
    assert!(distance(&predict(&mut one, &call), &plain) < 1e-12);

    let mut still = Decoupled::leaving_out(own.network(V), [(forbidden(V), 1.0)]).unwrap();
    assert_eq!(predict(&mut still, &call), of(&own));
    let mut still = Decoupled::conditions(own.network(V), [(forbidden(V), 0.0)]).unwrap();
    assert_eq!(predict(&mut still, &call), of(&own));
    let mixed = Decoupled::conditions(own.network(V), [(null.network(Prediction::Eps), 1.0)]);
    assert!(mixed.is_err());
    assert!(Decoupled::conditions(own.network(V), [(null.network(V), f64::NAN)]).is_err());
}

/// Float class: 1e-10. With the exact classifier of a component of a mixture, weight 1 turns the denoiser of the whole
/// mixture into that of the component, whatever the network predicts.
#[test]
fn the_exact_classifier_gives_the_condition() {
    let whole = Mixture::conditional(0.0);
    let component = Mixture {
        weights: vec![1.0],
        means: vec![whole.means[1].clone()],
        stds: vec![whole.stds[1].clone()],
    };
    let eps = Prediction::Eps;
    // By Bayes, grad ln p(k | x) = grad ln p(x | k) - grad ln p(x), and eps = -sigma times either.
    let gradient = |x: &Array2<f64>, call: &Call<'_>| -> Result<Array2<f64>, BoxError> {
        let gap = whole.predict(eps, x, call.level) - component.predict(eps, x, call.level);
        Ok(gap / call.level.sigma())
    };
    for prediction in [eps, V, Prediction::X0] {
        for s in [0.1, 1.0, 20.0] {
            let call = at(s);
            let expected = component.predict(prediction, &images(), call.level);
            let mut network = Classified::new(whole.network(prediction), gradient, 1.0).unwrap();
            assert!(distance(&predict(&mut network, &call), &expected) < 1e-10);
        }
    }
    // Nothing is asked at the clean image, and nothing of a weight of zero.
    let clean = Call::at(Level::CLEAN, ModelTime::Index(0));
    let never = |_: &Array2<f64>, _: &Call<'_>| -> Result<Array2<f64>, BoxError> {
        Err("not to be called".into())
    };
    let mut network = Classified::new(whole.network(V), never, 1.0).unwrap();
    assert_eq!(predict(&mut network, &clean), whole.predict(V, &images(), Level::CLEAN));
    let mut network = Classified::new(whole.network(V), never, 0.0).unwrap();
    assert_eq!(predict(&mut network, &at(1.0)), whole.predict(V, &images(), level_of_s(1.0)));
    let pure = Call::at(Level::from_alpha_bar(0.0).unwrap(), ModelTime::Index(999));
    let mut network = Classified::new(whole.network(V), gradient, 1.0).unwrap();
    assert!(network.predict(&images(), &pure).is_err());
    assert!(Classified::new(whole.network(V), never, f64::INFINITY).is_err());
}

/// Exact: item k of a batch is item k alone in every adaptor.
#[test]
fn items_are_guided_alone() {
    let (own, null) = (Mixture::conditional(0.0), Mixture::conditional(0.3));
    let guided = || Guided::new(own.network(V), null.network(V), 5.0).unwrap();
    let call = at(0.9);
    let mut networks: Vec<Box<dyn Denoiser<Array2<f64>> + '_>> = vec![
        Box::new(Rescaled::new(guided(), 0.7).unwrap()),
        Box::new(Projected::new(guided(), 0.2, Some(0.3)).unwrap()),
        Box::new(Interval::new(guided(), 0.1, 2.0).unwrap()),
        Box::new(Decoupled::conditions(null.network(V), [(guided(), 2.0)]).unwrap()),
    ];
    for network in &mut networks {
        let together = predict(network.as_mut(), &call);
        for k in 0..3 {
            let alone = images().slice(s![k..=k, ..]).to_owned();
            let alone = network.predict(&alone, &call).unwrap();
            assert_eq!(alone.row(0), together.row(k));
        }
    }
}
