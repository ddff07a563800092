//! How near latents come to those of the exact flow, and what is known of it without the exact flow.

use crate::mixture::{Mixture, distance, level_of_s, uniform_grid};
use crate::orders::order;
use counterfoil_diffusion::inversion::{
    Bdia, Coupled, Edict, FixedPoint, Latent, LatentOf, Method, NoiseMaps, OBelm, Pair, RungeKutta,
    Tableau, assess, halved,
};
use counterfoil_diffusion::{
    Abduction, Ddim, DiffusionError, DiscreteSchedule, End, Grid, Guided, Leapfrog, Level,
    ModelTime, Prediction, SampleError, Sampler, Spacing, denoiser,
};
use ndarray::{Array2, array};

const V: Prediction = Prediction::V;

fn images() -> Array2<f64> {
    array![[0.85, -0.35, 0.2, -0.9], [-0.6, 0.5, -0.7, 0.35], [0.2, -0.8, 0.6, 0.4]]
}

/// Slope of the latent's error against the exact flow, from `steps` to four times as many.
fn latent_order<A: Abduction>(method: &A, steps: usize) -> f64 {
    let mixture = Mixture::conditional(0.0);
    let exact = mixture.flow(images(), level_of_s(0.05), level_of_s(80.0));
    let errors = [steps, 4 * steps].map(|n| {
        let grid = uniform_grid(80.0, 0.05, n);
        let mut network = mixture.network(V);
        let found = method.encode_within(f64::INFINITY, &grid, images(), &mut network).unwrap();
        distance(found.latent.outer(), &exact)
    });
    (errors[0] / errors[1]).log2() / 2.0
}

/// Float class: the order of the latent lies at most 0.1 (second) or 0.3 (fourth) below the method's.
#[test]
fn latents_converge_at_their_order() {
    let heun = Coupled { tableau: Tableau::Heun, ..Coupled::default() };
    for (found, least) in [
        (latent_order(&Leapfrog::default(), 80), 1.9),
        (latent_order(&Bdia::default(), 80), 1.9),
        (latent_order(&OBelm::ANGLE, 80), 1.9),
        (latent_order(&heun, 80), 1.9),
        (latent_order(&Coupled::default(), 40), 3.7),
        (latent_order(&FixedPoint::default(), 80), 0.9),
    ] {
        assert!(found > least, "{found} below {least}");
    }
}

/// Float class: as samplers, in both directions; O-BELM only decodes well.
#[test]
fn schemes_have_their_order() {
    let mixture = Mixture::conditional(0.0);
    let noise = array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1]];
    let image = mixture.flow(noise.clone(), level_of_s(80.0), level_of_s(0.05));
    let both: [(&dyn Sampler, f64); 4] = [
        (&Bdia::default(), 1.9),
        (&OBelm::ANGLE, 1.9),
        (&RungeKutta { tableau: Tableau::Heun }, 1.9),
        (&RungeKutta { tableau: Tableau::Classical }, 3.8),
    ];
    for (sampler, least) in both {
        for (x, from, to) in [(&noise, 80.0, 0.05), (&image, 0.05, 80.0)] {
            let found = order(sampler, &mixture, x, from, to);
            assert!(found > least, "{found} below {least} from {from}");
        }
    }
    let found = order(&OBelm::default(), &mixture, &noise, 80.0, 0.05);
    assert!(found > 1.9, "{found}");
    let plan = RungeKutta::default().plan(&uniform_grid(80.0, 0.05, 3), V).unwrap();
    assert_eq!((plan.order(), plan.evaluations(), plan.steps()), (4, 12, 3));
}

/// Float class: 1e-11, the decoding growth of 1e3 included. In the angle O-BELM is exact for flows that turn about any
/// point, on any grid; a scheme with other weights is not.
#[test]
fn turns_about_any_point_are_exact() {
    let (cos, sin) = (images().mapv(|x| (3.0 * x).sin()), images().mapv(f64::cos));
    let flow = |level: Level| {
        let (s, c) = level.s().atan().sin_cos();
        images() + &cos * c + &sin * s
    };
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, 12, End::Zero).unwrap();
    let error = |method: Method| {
        let mut network = denoiser(V, |_: &Array2<f64>, call| {
            let (s, c) = call.level.s().atan().sin_cos();
            Ok(&sin * c - &cos * s)
        });
        let latent = Pair { outer: flow(grid.levels()[0]), inner: flow(grid.levels()[1]) };
        let found = method.decode(&grid, Latent::Pair(latent), &mut network).unwrap();
        distance(&found, &flow(grid.end()))
    };
    let (exact, other) = (error(Method::OBelmAngle), error(Method::Bdia));
    assert!(exact < 1e-11 && other > 1e-2, "{exact:e} {other:e}");
}

/// Float class: a network that reads labels alone costs no order: those inside a step are interpolated well enough.
#[test]
fn labels_inside_a_step_cost_no_order() {
    let mixture = Mixture::conditional(0.0);
    let noise = array![[0.6, -1.2, 0.35, 0.9]];
    let exact = mixture.flow(noise.clone(), level_of_s(80.0), level_of_s(0.05));
    let errors = [40, 160].map(|steps| {
        // The label is ln s, which is no polynomial in u.
        let plan = RungeKutta::default().plan(&uniform_grid(80.0, 0.05, steps), V).unwrap();
        let mut network = denoiser(V, |x: &Array2<f64>, call| {
            Ok(mixture.predict(V, x, level_of_s(call.time.value().exp())))
        });
        let source = &mut counterfoil_diffusion::NoNoise;
        distance(&plan.run(noise.clone(), &mut network, source).unwrap(), &exact)
    });
    assert!((errors[0] / errors[1]).log2() / 2.0 > 3.5, "{errors:?}");
    // Grids of one, two and three steps have fewer than four labels, and a jump of labels does not overshoot.
    for labels in [vec![5, 3], vec![9, 5, 3], vec![999, 10, 9, 0], vec![999, 998, 10, 9, 0]] {
        let full = uniform_grid(80.0, 0.05, labels.len() - 1);
        let times = labels.iter().map(|&label| ModelTime::Index(label)).collect();
        let grid = Grid::new(full.levels().to_vec(), times).unwrap();
        for stage in RungeKutta::default().plan(&grid, V).unwrap().stages() {
            let (a, b) = (labels[stage.step] as f64, labels[stage.step + 1] as f64);
            assert!(stage.time.value() <= a && stage.time.value() >= b);
        }
    }
}

/// Exact for the roots that are settings, float class (1e-9) for the rest: what each method amplifies is known before
/// it runs, and a method that amplifies too much does not.
#[test]
fn growth_is_bounded_or_refused() {
    let mixture = Mixture::conditional(0.0);
    let grid = uniform_grid(80.0, 0.02, 50);
    let close = |found: f64, expected: f64| {
        assert!((found / expected - 1.0).abs() < 1e-9, "{found} {expected}");
    };
    for method in [
        Method::Leapfrog,
        Method::Bdia,
        Method::Ddim,
        Method::DpmSolver2M,
        Method::AdamsBashforth,
        Method::FlowAdams,
        Method::FixedPoint,
        Method::EditFriendly,
        Method::CoupledHeun,
        Method::CoupledRk4,
    ] {
        close(method.growth_bound(&grid).unwrap(), 1.0);
    }
    close(Bdia { gamma: 0.5 }.growth_bound(&grid).unwrap(), 2f64.powi(49));
    close(Bdia { gamma: 0.5 }.decoding_growth(&grid).unwrap(), 1.0);
    close(Coupled::default().decoding_growth(&grid).unwrap(), 0.999f64.powi(-50));
    // On a geometric grid of ratio r O-BELM's roots multiply to r^2 a leap, less the squared scaling.
    let level = |at: usize| grid.levels()[at];
    let (longest, shortest) = (level(0).s() - level(1).s(), level(49).s() - level(50).s());
    let scaling = level(0).alpha() * level(1).alpha() / level(49).alpha() / level(50).alpha();
    let found: f64 = OBelm::default().parasitic_roots(&grid).unwrap().iter().product();
    close(found.abs(), (longest / shortest).powi(2) * scaling);
    let found: f64 = Edict::default().parasitic_roots(&grid).unwrap().iter().product();
    close(found, 0.93f64.powi(-100) * (level(0).alpha() / level(50).alpha()).powi(2));

    // In the angle, whose steps the cosine schedule makes equal, nothing grows.
    let cosine = DiscreteSchedule::cosine(1000).unwrap();
    for (steps, most) in [(10, 1.2), (20, 1.4), (50, 1.9)] {
        let grid = cosine.grid(Spacing::Trailing, steps, End::Zero).unwrap();
        assert!(OBelm::default().growth_bound(&grid).unwrap() > 1e5);
        assert!(OBelm::ANGLE.growth_bound(&grid).unwrap() < 1.001);
        assert!(OBelm::ANGLE.decoding_growth(&grid).unwrap() < most);
        assert!(Method::OBelmAngle.encode(&grid, images(), &mut mixture.network(V)).is_ok());
    }
    let angle = |at: usize| level(at).s().atan();
    let [longest, shortest] = [0, 49].map(|at| (0.5 * (angle(at) - angle(at + 1))).sin());
    let found: f64 = OBelm::ANGLE.parasitic_roots(&grid).unwrap().iter().product();
    close(found.abs(), (longest / shortest).powi(2));

    let mut calls = 0;
    let mut network = denoiser(V, |x: &Array2<f64>, call| {
        calls += 1;
        Ok(mixture.predict(V, x, call.level))
    });
    let refused = Method::OBelm.encode(&grid, images(), &mut network).unwrap_err();
    let sentence = refused.to_string();
    assert!(sentence.starts_with("encoding with o-belm amplifies errors 2.1"), "{sentence}");
    assert!(matches!(
        refused,
        SampleError::Diffusion(DiffusionError::GrowthTooLarge { limit: 10.0, .. })
    ));
    let half = Bdia { gamma: 0.5 };
    assert!(half.encode_within(1e9, &grid, images(), &mut network).is_err());
    let allowed = half.encode_within(1e15, &grid, images(), &mut network).unwrap();
    assert_eq!((allowed.growth_bound, allowed.evaluations), (2f64.powi(49), 50));
    assert_eq!(calls, 50);
    for gamma in [0.0, -1.0, 1.5, f64::NAN] {
        assert!(Bdia { gamma }.growth_bound(&grid).is_err());
    }
    for mixing in [0.0, 1.1, f64::NAN] {
        let method = Edict { mixing, ..Edict::default() };
        assert!(method.growth_bound(&grid).is_err());
    }
    for zeta in [0.0, 1.1, f64::NAN] {
        let method = Coupled { zeta, ..Coupled::default() };
        let refused = method.encode(&grid, images(), &mut mixture.network(V)).unwrap_err();
        assert!(refused.to_string().starts_with("zeta = "), "{refused}");
    }
}

/// Float class: the difference against half as many steps is `2^order - 1` errors of the latent, within a factor of
/// 1.5 at this step; the round trip of an exact method says nothing of it.
#[test]
fn the_estimate_follows_the_error() {
    let mixture = Mixture::conditional(0.0);
    let exact = mixture.flow(images(), level_of_s(0.05), level_of_s(80.0));
    let grid = uniform_grid(80.0, 0.05, 160);
    for (method, order) in [(Method::Leapfrog, 2), (Method::CoupledRk4, 4), (Method::Ddim, 1)] {
        let mut network = mixture.network(V);
        let found = method.encode(&grid, images(), &mut network).unwrap();
        let half = halved(&grid).unwrap();
        assert_eq!(half.steps(), 80);
        let measured =
            assess(&method, &grid, &half, &images(), &found.latent, &mut network).unwrap();
        let error = (&exact - found.latent.outer()).mapv(|x| x * x).mean().unwrap().sqrt();
        let expected = (2f64.powi(order) - 1.0) * error;
        let ratio = measured.latent_difference / expected;
        assert!(ratio > 1.0 / 1.5 && ratio < 1.5, "{method:?}: {ratio}");
        assert_eq!(measured.round_trip < 1e-13, method.is_exact());
        assert_eq!(measured.latent_round_trip < 1e-12, method.is_exact());
        assert_eq!(found.accuracy, None);
        let runs = match method {
            Method::Leapfrog => 81 + 159 + 161,
            Method::Ddim => 80 + 160 + 160,
            _ => 8 * (80 + 160 + 160),
        };
        assert_eq!(measured.evaluations, runs);
    }
    let odd = halved(&uniform_grid(80.0, 0.05, 5)).unwrap();
    assert_eq!((odd.steps(), odd.start()), (3, level_of_s(80.0)));
    assert!(halved(&uniform_grid(80.0, 0.05, 1)).is_err());
    let shorter = uniform_grid(40.0, 0.05, 80);
    let mut network = mixture.network(V);
    let found = Leapfrog::default().encode(&grid, images(), &mut network).unwrap();
    let refused =
        assess(&Leapfrog::default(), &grid, &shorter, &images(), &found.latent, &mut network);
    assert!(
        refused.unwrap_err().to_string().starts_with("the grids to compare differ at their start")
    );
}

/// Float class: more calls bring the round trip down, acceleration further, until rounding; the latent's own error
/// does not move.
#[test]
fn fixed_points_are_found() {
    let mixture = Mixture::conditional(0.0);
    let grid = uniform_grid(80.0, 0.02, 50);
    let exact = mixture.flow(images(), level_of_s(0.02), level_of_s(80.0));
    let run = |calls: usize, anderson: bool| {
        let method = FixedPoint { calls, anderson };
        let mut network = mixture.network(V);
        let found = method.encode(&grid, images(), &mut network).unwrap();
        assert_eq!(found.evaluations, 50 * calls);
        let error = distance(&found.latent, &exact);
        (distance(&method.decode(&grid, found.latent, &mut network).unwrap(), &images()), error)
    };
    let plain = [1, 2, 5, 10].map(|calls| run(calls, false));
    let fast = [1, 2, 5, 10].map(|calls| run(calls, true));
    assert!(plain.windows(2).all(|pair| pair[1].0 < 0.5 * pair[0].0), "{plain:?}");
    assert_eq!(fast[0], plain[0]);
    assert!(fast[2].0 < 0.3 * plain[2].0 && fast[3].0 < 1e-2 * plain[3].0);
    assert!(fast[3].0 < 1e-9, "{fast:?}");
    assert!((fast[3].1 / fast[2].1 - 1.0).abs() < 0.01 && fast[3].1 > 0.02);
    let none = FixedPoint { calls: 0, anderson: false };
    assert!(none.encode(&grid, images(), &mut mixture.network(V)).is_err());

    // Under a strong guidance it does not contract, where an algebraic method does not care.
    let null = Mixture::conditional(0.23);
    let mut network = Guided::new(mixture.network(V), null.network(V), 7.5).unwrap();
    let method = FixedPoint { calls: 10, anderson: false };
    let found = method.encode(&grid, images(), &mut network).unwrap();
    assert!(distance(&method.decode(&grid, found.latent, &mut network).unwrap(), &images()) > 1e-3);
}

/// Float class: 1e-11. As a setting each method is its type with the type's defaults, and its names are fixed.
#[test]
fn settings_are_their_types() {
    let mixture = Mixture::conditional(0.0);
    let grid = uniform_grid(20.0, 0.02, 24);
    let names = r#"["leapfrog","adams-bashforth","flow-adams","dpm-solver-2m","ddim","o-belm","o-belm-angle","bdia","edict","fixed-point","edit-friendly","coupled-heun","coupled-rk4"]"#;
    let methods: Vec<Method> = serde_json::from_str(names).unwrap();
    assert_eq!(serde_json::to_string(&methods).unwrap(), names);
    let mut latents = Vec::new();
    for method in &methods {
        let mut network = mixture.network(V);
        let any = f64::INFINITY;
        let found = method.encode_within(any, &grid, images(), &mut network).unwrap();
        let back = method.decode(&grid, found.latent.clone(), &mut network).unwrap();
        assert_eq!(distance(&back, &images()) < 1e-11, method.is_exact(), "{method:?}");
        assert_eq!(LatentOf::<Array2<f64>>::duplicate(&found.latent).unwrap(), found.latent);
        // Two passes joined are the batch.
        let of = |rows: std::ops::Range<usize>| {
            found.latent.map(|x| x.slice(ndarray::s![rows.clone(), ..]).to_owned())
        };
        let join = |parts: &[&Array2<f64>]| {
            let views: Vec<_> = parts.iter().map(|part| part.view()).collect();
            ndarray::concatenate(ndarray::Axis(0), &views).unwrap()
        };
        assert_eq!(Latent::joined(&[of(0..1), of(1..3)], join).unwrap(), found.latent);
        assert!(method.plan(&grid, V).is_ok());
        latents.push(found.latent);
    }
    for (method, own) in methods.iter().zip(&latents) {
        for other in &latents {
            let fits = std::mem::discriminant(own) == std::mem::discriminant(other);
            let decoded = method.decode(&grid, other.clone(), &mut mixture.network(V));
            assert_eq!(decoded.is_ok(), fits, "{method:?}");
        }
    }
    let nothing = Latent::<f64>::joined(&[], |_| 0.0).unwrap_err();
    assert_eq!(nothing, DiffusionError::LatentForms);
    let maps = |n| Latent::NoiseMaps(NoiseMaps { start: 0.0, maps: vec![0.0; n] });
    assert!(Latent::joined(&[maps(1), maps(2)], |_| 0.0).is_err());
    assert!(Latent::joined(&[maps(1), Latent::Single(0.0)], |_| 0.0).is_err());
    // Plain DDIM inversion is the type's.
    let own = Ddim::default().encode(&grid, images(), &mut mixture.network(V)).unwrap();
    assert_eq!(latents[4], Latent::Single(own.latent));
}
