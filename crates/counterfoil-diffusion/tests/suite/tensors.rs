//! The state over libtorch: agreement with ndarray, types and devices kept, no noise of its own.

use crate::items;
use crate::mixture::{Mixture, distance};
use counterfoil_diffusion::inversion::{LatticeLeapfrog, Method};
use counterfoil_diffusion::training::{noised, target};
use counterfoil_diffusion::{
    Abduction, BrownianTree, Ddim, Ddpm, Denoiser, DiscreteSchedule, DpmSolver2M, End, Grid,
    ItemPlans, KeyedNoise, Leapfrog, Prediction, RePaint, Sampler, Spacing, State, denoiser,
};
use ndarray::{Array2, array};
use tch::{Kind, Tensor};

fn points() -> Array2<f64> {
    array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1], [0.1, 0.2, -0.3, 0.4]]
}

fn to_tensor(x: &Array2<f64>, kind: Kind) -> Tensor {
    let (rows, columns) = x.dim();
    let numbers: Vec<f64> = x.iter().copied().collect();
    Tensor::from_slice(&numbers).view([rows as i64, columns as i64]).to_kind(kind)
}

fn to_array(x: &Tensor) -> Array2<f64> {
    let size = x.size();
    let numbers = Vec::<f64>::try_from(x.to_kind(Kind::Double).flatten(0, -1)).unwrap();
    Array2::from_shape_vec((size[0] as usize, size[1] as usize), numbers).unwrap()
}

/// The analytic network, through ndarray.
fn network(mixture: &Mixture, prediction: Prediction) -> impl Denoiser<Tensor> + use<'_> {
    denoiser(prediction, move |x: &Tensor, call| {
        Ok(to_tensor(&mixture.predict(prediction, &to_array(x), call.level), x.kind()))
    })
}

fn grid(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

/// Float class: 1e-12 in double precision; in single, 2e-6 times the root of the number of steps. The noise is drawn
/// from the same keys.
#[test]
fn tensors_agree_with_arrays() {
    let mixture = Mixture::conditional(0.0);
    let samplers: [&dyn Sampler; 5] = [
        &Ddim::default(),
        &Ddim { eta: 0.6, clip: Some(0.8) },
        &Ddpm::default(),
        &DpmSolver2M::default(),
        &Leapfrog::default(),
    ];
    for sampler in samplers {
        for prediction in [Prediction::Eps, Prediction::V] {
            let plan = sampler.plan(&grid(20), prediction).unwrap();
            let mut noise = KeyedNoise::new(4, "tensors", [3, 1, 2]);
            let expected =
                plan.run(points(), &mut mixture.network(prediction), &mut noise).unwrap();
            for (kind, bound) in [(Kind::Double, 1e-12), (Kind::Float, 2e-6 * 20f64.sqrt())] {
                let start = to_tensor(&points(), kind);
                let found =
                    plan.run(start, &mut network(&mixture, prediction), &mut noise).unwrap();
                assert_eq!(found.kind(), kind);
                let error = distance(&to_array(&found), &expected);
                assert!(error < bound, "{} in {kind:?}: {error:e}", plan.sampler());
            }
        }
    }
}

/// Float class: 1e-12 in double precision, 1e-5 in single. Levels of each item's own, a Brownian path, and a known region.
#[test]
fn other_runs_agree_with_arrays() {
    let mixture = Mixture::conditional(0.0);
    let lanes = [
        (3, Ddpm::default().plan(&grid(9), Prediction::V).unwrap()),
        (0, DpmSolver2M::default().plan(&grid(14), Prediction::V).unwrap()),
        (1, Leapfrog::default().plan(&grid(7), Prediction::V).unwrap()),
    ];
    let lanes = ItemPlans::new(lanes.to_vec()).unwrap();
    let levels = grid(40);
    let path = || {
        let ends = (levels.start(), levels.levels()[39]);
        BrownianTree::new(4, "tensors", [3, 1, 2], ends.0, ends.1).unwrap()
    };
    let arrays = lanes.run(points(), &mut items::network(&mixture), &mut path()).unwrap();
    let mask = points().mapv(|x| f64::from(u8::from(x > 0.3)));
    let painter = RePaint { jump_length: 2, jump_count: 3, ..RePaint::default() };
    let mut keyed = KeyedNoise::new(4, "tensors", [3, 1, 2]);
    let mut inner = mixture.network(Prediction::V);
    let painted =
        painter.run(&grid(8), points(), &points(), &mask, &mut inner, &mut keyed).unwrap();
    for (kind, bound) in [(Kind::Double, 1e-12), (Kind::Float, 1e-5)] {
        let mut arrays_within = items::network(&mixture);
        let mut network_of_items = denoiser(Prediction::V, |x: &Tensor, call| {
            Ok(to_tensor(&arrays_within.predict(&to_array(x), call)?, x.kind()))
        });
        let start = to_tensor(&points(), kind);
        let found = lanes.run(start.copy(), &mut network_of_items, &mut path()).unwrap();
        assert!(distance(&to_array(&found), &arrays) < bound);

        let mask = to_tensor(&mask, kind);
        let mut network = network(&mixture, Prediction::V);
        let found =
            painter.run(&grid(8), start.copy(), &start, &mask, &mut network, &mut keyed).unwrap();
        assert!(distance(&to_array(&found), &painted) < bound);
    }
}

/// Float class: 1e-12, and in single precision 1e-5.
#[test]
fn leapfrog_undoes_itself_on_tensors() {
    let mixture = Mixture::conditional(0.0);
    for (kind, bound) in [(Kind::Double, 1e-12), (Kind::Float, 1e-5)] {
        let mut network = network(&mixture, Prediction::V);
        let image = to_tensor(&points(), kind);
        let method = Leapfrog::default();
        let found = method.encode(&grid(30), image.copy(), &mut network).unwrap();
        let back = method.decode(&grid(30), found.latent, &mut network).unwrap();
        assert!(back.rms_difference(&image).unwrap() < bound);
    }
}

/// Float class: 1e-12 in double precision. Every method's latent is that of its ndarray twin, and the exact ones come back.
#[test]
fn methods_agree_with_arrays() {
    let mixture = Mixture::conditional(0.0);
    for method in [
        Method::Leapfrog,
        Method::Bdia,
        Method::Edict,
        Method::FixedPoint,
        Method::EditFriendly,
        Method::CoupledHeun,
    ] {
        let own = network(&mixture, Prediction::V);
        let (mut own, mut twin) = (own, mixture.network(Prediction::V));
        let image = to_tensor(&points(), Kind::Double);
        let found = method.encode(&grid(30), image.copy(), &mut own).unwrap();
        let expected = method.encode(&grid(30), points(), &mut twin).unwrap();
        let error = distance(&to_array(found.latent.outer()), expected.latent.outer());
        assert!(error < 1e-12 * found.growth_bound.max(10.0), "{method:?}: {error:e}");
        let back = method.decode(&grid(30), found.latent, &mut own).unwrap();
        assert_eq!(back.rms_difference(&image).unwrap() < 1e-11, method.is_exact(), "{method:?}");
    }
}

/// Exact: the lattice gives every bit back in both types.
#[test]
fn the_lattice_is_exact_on_tensors() {
    let mixture = Mixture::conditional(0.0);
    for (kind, method) in
        [(Kind::Double, LatticeLeapfrog::double()), (Kind::Float, LatticeLeapfrog::single())]
    {
        let mut network = network(&mixture, Prediction::V);
        let mut image = to_tensor(&points(), kind);
        image.round_to(2f64.powi(-20)).unwrap();
        let found = method.encode(&grid(60), image.copy(), &mut network).unwrap();
        let back = method.decode(&grid(60), found.latent, &mut network).unwrap();
        assert_eq!(back.rms_difference(&image).unwrap(), 0.0);
    }
}

/// Float class: 1e-15 in double precision. Each operation against its ndarray twin.
#[test]
fn operations_agree() {
    let (a, b) = (points(), points().mapv(f64::cos));
    let (mut x, y) = (to_tensor(&a, Kind::Double), to_tensor(&b, Kind::Double));
    let mut twin = a.clone();
    x.lincomb(0.3, &[(-1.7, &y), (0.0, &y)]).unwrap();
    twin.lincomb(0.3, &[(-1.7, &b), (0.0, &b)]).unwrap();
    assert!(distance(&to_array(&x), &twin) < 1e-15);

    let (own, weights) = ([0.1, 0.2, 0.3], [1.0, -1.0, 0.5]);
    x.lincomb_items(&own, &[(&weights, &y)]).unwrap();
    twin.lincomb_items(&own, &[(&weights, &b)]).unwrap();
    assert!(distance(&to_array(&x), &twin) < 1e-15);

    let levels = DiscreteSchedule::cosine(1000).unwrap().levels_at(&[3, 400, 999]).unwrap();
    let left = to_tensor(&a, Kind::Double);
    let found = noised(&left, &y, &levels).unwrap();
    assert!(distance(&to_array(&found), &noised(&a, &b, &levels).unwrap()) < 1e-15);
    let found = target(Prediction::V, &left, &y, &levels).unwrap();
    let expected = target(Prediction::V, &a, &b, &levels).unwrap();
    assert!(distance(&to_array(&found), &expected) < 1e-15);

    // A weight of zero leaves stale numbers unread.
    let mut stale = Tensor::full([3, 4], f64::NAN, (Kind::Double, tch::Device::Cpu));
    stale.lincomb(0.0, &[(1.0, &y)]).unwrap();
    assert_eq!(distance(&to_array(&stale), &b), 0.0);
    let _ = stale.fill_(f64::NAN);
    stale.lincomb_items(&[0.0; 3], &[(&[1.0; 3], &y)]).unwrap();
    assert_eq!(distance(&to_array(&stale), &b), 0.0);

    let mask = array![[0.0, 1.0, 0.3, 1.0], [0.7, 0.0, 0.0, 1.0], [1.0, 0.5, 0.0, 0.2]];
    x.blend(&to_tensor(&mask, Kind::Double), &y).unwrap();
    twin.blend(&mask, &b).unwrap();
    assert!(distance(&to_array(&x), &twin) < 1e-15);
    assert_eq!(to_array(&x)[[1, 3]], b[[1, 3]]);

    assert!((x.rms_difference(&y).unwrap() - twin.rms_difference(&b).unwrap()).abs() < 1e-15);
    let pairs = x.inner_items(&y).unwrap().into_iter().zip(twin.inner_items(&b).unwrap());
    let spreads = x.std_items().unwrap().into_iter().zip(twin.std_items().unwrap());
    assert!(pairs.chain(spreads).all(|(found, expected)| (found - expected).abs() < 1e-15));
    x.round_to(0.125).unwrap();
    twin.round_to(0.125).unwrap();
    assert_eq!(distance(&to_array(&x), &twin), 0.0);
    let copy = x.duplicate().unwrap();
    x.clamp_to(0.25).unwrap();
    assert!(copy.rms_difference(&x).unwrap() > 0.1);
    twin.clamp_to(0.25).unwrap();
    assert!(distance(&to_array(&x), &twin) < 1e-15);
    assert_eq!((x.items(), Tensor::from(1.0).items()), (3, 1));
}

/// Exact: an item of weight zero is left unread, and the others are those of the same sum over finite numbers.
#[test]
fn items_of_weight_zero_are_unread() {
    let stale = |item: i64, x: &Array2<f64>| {
        let tensor = to_tensor(x, Kind::Double);
        let _ = tensor.get(item).fill_(if item == 0 { f64::NAN } else { f64::INFINITY });
        tensor
    };
    let (a, b) = (points(), points().mapv(f64::cos));
    let of = |mut own: Tensor, weights: [&[f64]; 2], term: &Tensor| {
        own.lincomb_items(weights[0], &[(weights[1], term)]).unwrap();
        to_array(&own)
    };
    let (whole, other) = (to_tensor(&a, Kind::Double), to_tensor(&b, Kind::Double));
    let weights: [&[f64]; 2] = [&[0.0, 0.5, 2.0], &[1.5, 0.0, -1.0]];
    let expected = of(whole.copy(), weights, &other);
    assert_eq!(of(stale(0, &a), weights, &stale(1, &b)), expected);
    let mut twin = a.clone();
    twin.lincomb_items(weights[0], &[(weights[1], &b)]).unwrap();
    assert!(distance(&expected, &twin) < 1e-15);
    // A term that no item reads, with and without a state that is read.
    for own in [[1.0; 3], [0.0; 3]] {
        let weights: [&[f64]; 2] = [&own, &[0.0; 3]];
        assert_eq!(of(whole.copy(), weights, &stale(1, &b)), of(whole.copy(), weights, &other));
    }
    let refused = whole.copy().lincomb_items(&[0.0; 3], &[(&[0.0], &other)]).unwrap_err();
    assert_eq!(refused.to_string(), "1 entries were given for a batch of 3 items");
}

/// Half precision, mixed types and unequal shapes are refused before anything is written.
#[test]
fn unsuitable_tensors_are_refused() {
    let mut single = to_tensor(&points(), Kind::Float);
    let double = to_tensor(&points(), Kind::Double);
    let refused = single.lincomb(1.0, &[(1.0, &double)]).unwrap_err().to_string();
    assert_eq!(
        refused,
        "a state of type Double was given where Float is needed: cast inside the denoiser instead"
    );
    let mut half = to_tensor(&points(), Kind::BFloat16);
    let refused = half.lincomb(1.0, &[]).unwrap_err().to_string();
    assert!(refused.starts_with("a state of type BFloat16"), "{refused}");
    let narrow = double.narrow(1, 0, 2);
    let refused = double.copy().lincomb(1.0, &[(1.0, &narrow)]).unwrap_err().to_string();
    assert_eq!(refused, "shapes differ: [3, 4] and [3, 2]");
    let refused = double.copy().lincomb_items(&[1.0], &[]).unwrap_err().to_string();
    assert_eq!(refused, "1 entries were given for a batch of 3 items");
}
