//! Schedules of every family and length, their inverses, and the agreement with stored values.

use approx::assert_relative_eq;
use counterfoil_diffusion::{
    BetaKind, ContinuousSchedule, DiffusionError, DiscreteSchedule, End, Level, ModelTime, Path,
    Scaling, Schedule, Shift, Spacing,
};
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The part of the golden file of schedules under a path of keys.
pub(crate) fn golden<T: DeserializeOwned>(path: &[&str]) -> T {
    let file: Value = serde_json::from_str(include_str!("../golden/schedules.json")).unwrap();
    let part = path.iter().fold(&file, |value, key| &value[key]);
    serde_json::from_value(part.clone()).unwrap()
}

/// Each stored schedule, made here.
fn stored() -> Vec<(&'static str, DiscreteSchedule)> {
    let new = |kind| DiscreteSchedule::new(kind, 1000).unwrap();
    let zero = |kind| new(kind).zero_terminal_snr().unwrap();
    vec![
        ("linear", new(BetaKind::DDPM)),
        ("scaled-linear", new(BetaKind::STABLE_DIFFUSION)),
        ("cosine", new(BetaKind::COSINE)),
        ("sqrt", new(BetaKind::SQRT)),
        ("sigmoid-betas", new(BetaKind::SIGMOID_BETAS)),
        ("sigmoid-alpha-bar", new(BetaKind::SIGMOID_ALPHA_BAR)),
        ("exponential", new(BetaKind::EXPONENTIAL)),
        ("laplace", new(BetaKind::LAPLACE)),
        ("linear-zero-terminal-snr", zero(BetaKind::DDPM)),
        ("scaled-linear-zero-terminal-snr", zero(BetaKind::STABLE_DIFFUSION)),
    ]
}

/// Float class: betas that are given, to a unit in the last place; betas of a curve to the digits that the reference
/// keeps, which divides neighbouring values of `alpha_bar`, each a difference of numbers near 1; `alpha_bar` to 1e-12
/// relative, a thousand roundings.
#[test]
fn schedules_agree() {
    let indices: Vec<usize> = golden(&["indices"]);
    for (name, schedule) in stored() {
        let betas: Vec<f64> = golden(&["schedules", name, "betas"]);
        let alpha_bars: Vec<f64> = golden(&["schedules", name, "alphas_cumprod"]);
        for (k, &i) in indices.iter().enumerate() {
            let label = format!("{name} {i}");
            let error = (schedule.betas()[i] - betas[k]).abs();
            let curve =
                !(name.contains("linear") && !name.contains("zero") || name.ends_with("betas"));
            let bound = if curve { 1e-15 + 2e-16 / alpha_bars[k].max(1e-6) } else { 1e-17 };
            assert!(error <= bound, "{label}: beta off by {error:e}");
            let level = schedule.level(i).unwrap();
            // The reference subtracts its roots: near zero signal they keep 16 digits of 1, not of themselves.
            let error = (level.alpha_bar() - alpha_bars[k]).abs();
            let bound = 1e-12 * alpha_bars[k]
                + if name.ends_with("zero-terminal-snr") { 1e-17 } else { 0.0 };
            assert!(error <= bound, "{label}: alpha_bar off by {error:e}");
            let noise = 1.0 - alpha_bars[k];
            assert_relative_eq!(
                level.sigma().powi(2),
                noise,
                epsilon = 1e-15,
                max_relative = 1e-12
            );
        }
    }
}

/// Float class: single precision. The variant of diffusers agrees with the table of diffusers, and the published
/// formula does not: the middle of its curve is 1/2.
#[test]
fn the_laplace_of_diffusers_is_only_a_variant() {
    let BetaKind::Laplace { mu, b, epsilon, cap } = BetaKind::LAPLACE else { unreachable!() };
    let compat = BetaKind::LaplaceCompat { mu, b, epsilon, cap };
    let new = |kind| DiscreteSchedule::new(kind, 1000).unwrap();
    let (ours, theirs) = (new(BetaKind::LAPLACE), new(compat));
    let indices: Vec<usize> = golden(&["indices"]);
    let stored: Vec<f64> = golden(&["schedules", "laplace", "diffusers_f32_abar"]);
    for (&i, expected) in indices.iter().zip(stored) {
        let found = theirs.level(i).unwrap().alpha_bar();
        assert_relative_eq!(found, expected, max_relative = 2e-5);
    }
    let middle = |schedule: &DiscreteSchedule| schedule.level(499).unwrap().alpha_bar();
    assert!((middle(&ours) - 0.5).abs() < 1e-3 && (middle(&theirs) - 0.5_f64.sqrt()).abs() < 1e-3);
}

/// Exact: at every length `alpha_bar` falls strictly, both logarithms are finite, and the levels preserve variance; a
/// table rescaled to zero terminal signal keeps its first level and ends at pure noise.
#[test]
fn families_of_every_length_are_sound() {
    for kind in BetaKind::PUBLISHED {
        for t in [2, 10, 100, 1000, 4000] {
            let schedule = DiscreteSchedule::new(kind, t).unwrap();
            let rescaled = schedule.zero_terminal_snr().unwrap();
            assert_eq!(rescaled.level(0), schedule.level(0), "{kind:?} {t}");
            let last = rescaled.level(t - 1).unwrap();
            assert_eq!((last.alpha(), last.sigma(), rescaled.betas()[t - 1]), (0.0, 1.0, 1.0));
            assert_eq!(rescaled.zero_terminal_snr().unwrap().levels(), rescaled.levels());
            for schedule in [&schedule, &rescaled] {
                for pair in schedule.levels().windows(2) {
                    assert!(pair[1].ln_alpha() < pair[0].ln_alpha(), "{kind:?} {t}");
                }
                for level in schedule.levels() {
                    assert!(level.ln_alpha().is_finite() || level == &last);
                    assert!(level.ln_sigma().is_finite());
                    assert!((level.power() - 1.0).abs() < 1e-15);
                }
            }
        }
    }
    let one = DiscreteSchedule::cosine(1).unwrap().zero_terminal_snr().unwrap_err();
    assert_eq!(
        one.to_string(),
        "a schedule of zero terminal signal needs at least 2 labels, not 1"
    );
    for bad in [
        BetaKind::Exponential { rate: 0.0 },
        BetaKind::ScaledLinear { first: -1.0, last: 0.02 },
        BetaKind::Sqrt { offset: -1.0, cap: 0.999 },
        BetaKind::SigmoidAlphaBar { start: 3.0, end: 3.0, tau: 1.0, cap: 0.999 },
        BetaKind::Cosine { offset: 0.008, cap: 1.0 },
    ] {
        let refused = DiscreteSchedule::new(bad, 100);
        assert!(matches!(refused, Err(DiffusionError::BetaOutOfRange { .. })), "{bad:?}");
    }
}

/// Exact: families survive a settings file.
#[test]
fn families_have_plain_names() {
    for kind in BetaKind::PUBLISHED {
        let text = serde_json::to_string(&kind).unwrap();
        assert_eq!(serde_json::from_str::<BetaKind>(&text).unwrap(), kind, "{text}");
    }
    let text = r#"{"scaled-linear": {"first": 0.00085, "last": 0.012}}"#;
    assert_eq!(serde_json::from_str::<BetaKind>(text).unwrap(), BetaKind::STABLE_DIFFUSION);
    let flow: ContinuousSchedule = serde_json::from_str(
        r#"{"path": {"flow": {"time_scale": 1000.0}}, "cleanest": 0.0, "noisiest": 1000.0}"#,
    )
    .unwrap();
    assert_eq!(flow, ContinuousSchedule::flow(1000.0).unwrap());
    let broken = r#"{"path": "sigma", "cleanest": 3.0, "noisiest": 1.0}"#;
    assert!(serde_json::from_str::<ContinuousSchedule>(broken).is_err());
}

/// The continuous schedules of the tests.
fn continuous() -> Vec<ContinuousSchedule> {
    vec![
        ContinuousSchedule::vp(0.1, 20.0).unwrap(),
        ContinuousSchedule::ve(0.01, 50.0).unwrap(),
        ContinuousSchedule::edm(0.002, 80.0).unwrap(),
        ContinuousSchedule::flow(1000.0).unwrap(),
        ContinuousSchedule::new(Path::Trigonometric, 0.0, 1.0).unwrap(),
    ]
}

/// Float class: 1e-12 of the range. `time_of` undoes `level_at`, from any scaling of the level, and is held at the
/// ends; the level lies in the scaling that the schedule names.
#[test]
fn times_and_levels_are_inverse() {
    let rescaled = DiscreteSchedule::linear(1000).unwrap().zero_terminal_snr().unwrap();
    let mut schedules: Vec<Box<dyn Schedule>> =
        vec![Box::new(DiscreteSchedule::cosine(100).unwrap()), Box::new(rescaled)];
    schedules.extend(continuous().into_iter().map(|s| Box::new(s) as Box<dyn Schedule>));
    for schedule in schedules {
        let (from, to) = schedule.range();
        let (from, to) = (from.value(), to.value());
        let mut before = f64::INFINITY;
        for i in 0..=997 {
            let time = from + (to - from) * (f64::from(i) / 997.0);
            let level = schedule.level_at(ModelTime::Continuous(time)).unwrap();
            assert!(level.lambda() < before || level.lambda() == f64::INFINITY);
            before = level.lambda();
            // Where little noise is left, alpha_bar itself has few digits to give the time back from.
            let bound = 1e-12 * (to - from).max(1.0);
            assert!((schedule.time_of(level).value() - time).abs() < bound, "{time}");
            let other = Level::from_log_snr(level.log_snr()).unwrap();
            assert!((schedule.time_of(other).value() - time).abs() < bound, "{time}");
            if level.lambda().is_finite() {
                let again = schedule.scaling().level(level.lambda()).unwrap();
                assert!((again.alpha() - level.alpha()).abs() < 1e-13);
                assert!((again.sigma() / level.sigma() - 1.0).abs() < 1e-12);
            }
        }
        assert_eq!(schedule.time_of(Level::CLEAN).value(), from);
        assert_eq!(schedule.time_of(Level::from_flow(1.0).unwrap()).value(), to);
        for outside in [from - 1.0, to + 1.0, f64::NAN] {
            assert!(schedule.level_at(ModelTime::Continuous(outside)).is_err());
        }
    }
    assert!(Scaling::VarianceExploding.level(f64::NEG_INFINITY).is_err());
    // A curve that starts without noise has no rate to divide by at its clean end.
    let still = ContinuousSchedule::new(Path::Vp { beta_min: 0.0, beta_max: 20.0 }, 1e-3, 1.0);
    assert_eq!(still.unwrap().time_of(Level::CLEAN).value(), 1e-3);
}

/// Float class: 1e-13 relative. Spaced levels against stored ones, and the published flow shifts.
#[test]
fn spaced_levels_agree() {
    let edm = ContinuousSchedule::edm(0.002, 80.0).unwrap();
    let vp = ContinuousSchedule::vp(0.1, 20.0).unwrap();
    let flow = ContinuousSchedule::flow(1.0).unwrap();
    let along = |shift| Spacing::Flow { shift, terminal: None };
    let cases: [(&str, &dyn Schedule, Spacing, usize); 7] = [
        ("karras-10", &edm, Spacing::Karras { rho: 7.0 }, 10),
        ("karras-18", &edm, Spacing::Karras { rho: 7.0 }, 18),
        ("exponential-10", &edm, Spacing::EXPONENTIAL, 10),
        ("poly-exponential-10", &edm, Spacing::PolyExponential { rho: 2.0 }, 10),
        ("vp-10", &vp, Spacing::Linspace, 10),
        ("flow-shift3-10", &flow, along(Shift::Constant(3.0)), 10),
        ("flow-dynamic-10", &flow, along(Shift::Dynamic { mu: 1.15, pow: 1.0 }), 10),
    ];
    for (name, schedule, spacing, steps) in cases {
        let stored: Vec<f64> = golden(&["spaced", name]);
        let grid = schedule.grid(spacing, steps, End::Zero).unwrap();
        assert_eq!((grid.steps(), grid.end()), (steps, Level::CLEAN), "{name}");
        for (level, expected) in grid.levels().iter().zip(stored) {
            let found = if name.starts_with("flow") { level.sigma() } else { level.s() };
            assert_relative_eq!(found, expected, max_relative = 1e-13, epsilon = 1e-300);
        }
    }
    // What the class of diffusers makes of a shift of 3: its own last time, 1/1000, is shifted twice.
    let stored: Vec<f64> = golden(&["spaced", "diffusers-flow-shift3"]);
    let shift = Shift::Constant(3.0);
    let first = shift.apply(1e-3).unwrap();
    let levels: Vec<Level> = (0..10)
        .map(|i| 1.0 + (first - 1.0) * f64::from(i) / 9.0)
        .map(|s| Level::from_flow(shift.apply(s).unwrap()).unwrap())
        .collect();
    let grid = flow.grid_at_levels(&levels, End::Zero).unwrap();
    for (level, expected) in grid.levels().iter().zip(stored) {
        assert_relative_eq!(level.sigma(), expected, max_relative = 1e-13, epsilon = 1e-300);
    }
    // Ours is shifted once: an end of s' = 0.003 is at 0.003.
    let end = End::SigmaMin(0.003 / 0.997);
    let once = flow.grid(along(shift), 10, end).unwrap();
    assert!((once.end().sigma() - 0.003).abs() < 1e-15);
}

/// The shifts and spacings of flow times.
#[test]
fn flow_grids_end_where_they_should() {
    let flow = ContinuousSchedule::flow(1000.0).unwrap();
    let ltx = Spacing::Flow { shift: Shift::Constant(3.0), terminal: Some(0.1) };
    for steps in 2..60 {
        let grid = flow.grid(ltx, steps, End::Zero).unwrap();
        assert_eq!((grid.start().sigma(), grid.times()[0]), (1.0, ModelTime::Continuous(1000.0)));
        assert!((grid.levels()[steps - 1].sigma() - 0.1).abs() < 1e-15);
        for (time, level) in grid.times().iter().zip(grid.levels()) {
            assert!((time.value() - 1000.0 * level.sigma()).abs() < 1e-10);
        }
    }
    let refusal = |found: Result<_, DiffusionError>| -> String {
        found.map(|grid: counterfoil_diffusion::Grid| grid.steps()).unwrap_err().to_string()
    };
    let vp = DiscreteSchedule::cosine(100).unwrap();
    let zero = vp.zero_terminal_snr().unwrap();
    let plain = Spacing::Flow { shift: Shift::None, terminal: None };
    let beta = |a| Spacing::BetaQuantile { a, b: 0.6 };
    let cases = [
        (
            refusal(flow.grid(ltx, 1, End::Zero)),
            "a flow grid with a terminal needs at least 2 labels, not 1",
        ),
        (
            refusal(vp.grid(plain, 5, End::Zero)),
            "flow spacing needs levels with alpha + sigma = 1: choose another spacing or schedule",
        ),
        (
            refusal(flow.grid(Spacing::Leading { offset: 0 }, 5, End::Zero)),
            "leading spacing needs a schedule with labels: choose another spacing or schedule",
        ),
        (
            refusal(zero.grid(Spacing::Karras { rho: 7.0 }, 5, End::Zero)),
            "karras spacing needs ends with both signal and noise (use labels, or another end): choose another \
             spacing or schedule",
        ),
        (refusal(vp.grid(beta(0.0), 5, End::Zero)), "a = 0 is outside [0.01, 1000]"),
        (
            refusal(vp.grid(Spacing::Karras { rho: 0.0 }, 5, End::Zero)),
            "rho = 0 is outside (0, inf)",
        ),
        (
            refusal(vp.grid(Spacing::Linspace, 100, End::LastPositive)),
            "101 steps were asked for, but the schedule has only 100",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let mu = |tokens| Shift::mu(tokens, (256.0, 0.5), (4096.0, 1.15));
    assert_eq!((mu(256.0), mu(4096.0)), (0.5, 1.15));
}

proptest! {
    /// Float class: 1e-9, of times that the shift leaves apart. A shift and its inverse cancel, keep the order, and
    /// leave both ends.
    #[test]
    fn shifts_are_undone(s in 0.001..0.999f64, k in 0.1..20.0f64, pow in 0.3..3.0f64) {
        for shift in [Shift::None, Shift::Constant(k), Shift::Dynamic { mu: k.ln(), pow }] {
            let there = shift.apply(s).unwrap();
            prop_assert!((shift.undo(there).unwrap() - s).abs() < 1e-9);
            prop_assert!(shift.apply(0.5 * s).unwrap() < there);
            prop_assert_eq!((shift.apply(0.0).unwrap(), shift.apply(1.0).unwrap()), (0.0, 1.0));
            prop_assert!(shift.apply(1.5).is_err());
        }
        let dynamic = Shift::Dynamic { mu: k.ln(), pow: 1.0 }.apply(s).unwrap();
        prop_assert!((dynamic - Shift::Constant(k).apply(s).unwrap()).abs() < 1e-12);
    }
}

/// Exact: on continuous schedules every spacing that has a meaning there gives exactly the steps asked for, between
/// the ends that it names; the others are refused by type.
#[test]
fn continuous_grids_have_exactly_their_steps() {
    let spacings = [
        Spacing::Trailing,
        Spacing::Linspace,
        Spacing::Quadratic,
        Spacing::BETA,
        Spacing::LogSnr,
        Spacing::Karras { rho: 7.0 },
        Spacing::PolyExponential { rho: 0.5 },
        Spacing::Flow { shift: Shift::Constant(3.0), terminal: None },
    ];
    for schedule in continuous() {
        let (clean, noisy) = schedule.range();
        let touches_the_image = schedule.level_at(clean).unwrap().is_clean();
        for spacing in spacings {
            for end in [End::Zero, End::LastPositive, End::SigmaMin(0.001)] {
                for steps in [1, 2, 7, 50, 400] {
                    let label = format!("{:?} {spacing:?} {end:?} {steps}", schedule.path());
                    match schedule.grid(spacing, steps, end) {
                        Ok(grid) => {
                            assert_eq!((grid.steps(), grid.times()[0]), (steps, noisy), "{label}");
                            let clean = grid.end().is_clean();
                            assert!(clean || end != End::Zero, "{label}");
                            assert!(!clean || end == End::Zero || touches_the_image, "{label}");
                        }
                        // Where the cleanest time is the image, it cannot be visited before the image; nor can levels
                        // lie half-way to either infinity. The range of VE ends above this sigma_min.
                        Err(
                            DiffusionError::DuplicateLevel { .. }
                            | DiffusionError::SpacingUnsupported { .. }
                            | DiffusionError::NonMonotone { .. },
                        ) => assert!(
                            touches_the_image || matches!(spacing, Spacing::Flow { .. }),
                            "{label}"
                        ),
                        Err(other) => panic!("{label}: {other}"),
                    }
                }
            }
        }
    }
    let custom = ContinuousSchedule::vp(0.1, 20.0).unwrap();
    let times = [0.9, 0.5, 0.1].map(ModelTime::Continuous);
    let grid = custom.grid_at_times(&times, End::Label0).unwrap();
    assert_eq!((grid.times()[2], grid.times()[3].value()), (times[2], 1e-3));
    let again = custom.grid_at_levels(&grid.levels()[..3], End::LastPositive).unwrap();
    assert_eq!((again.steps(), again.end()), (2, grid.levels()[2]));
    assert!((again.times()[1].value() - 0.5).abs() < 1e-13);
    assert!(custom.grid_at_times(&times[..1], End::LastPositive).is_err());
}
