//! Schedules and grids: every length, every spacing, every end, and what is refused.

use crate::samplers::all;
use counterfoil_diffusion::{
    BetaKind, Ddim, Ddpm, DiffusionError, Direction, DiscreteSchedule, DpmSolver2M, End, Grid,
    Level, ModelTime, Plan, Prediction, Respacing, Sampler, Spacing, Stage,
};
use proptest::prelude::*;

const SPACINGS: [Spacing; 8] = [
    Spacing::Leading { offset: 0 },
    Spacing::Trailing,
    Spacing::Linspace,
    Spacing::Quadratic,
    Spacing::BETA,
    Spacing::LogSnr,
    Spacing::Karras { rho: 7.0 },
    Spacing::PolyExponential { rho: 2.0 },
];

/// Exact: all N of three schedules. [`Grid::new`] itself checks that the levels are strictly monotone.
#[test]
fn every_number_of_steps_gives_exactly_that_grid() {
    for schedule in [
        DiscreteSchedule::linear(1000).unwrap(),
        DiscreteSchedule::linear(100).unwrap(),
        DiscreteSchedule::cosine(10).unwrap(),
    ] {
        let t = schedule.train_steps();
        for spacing in SPACINGS {
            for steps in 1..=t {
                let grid = schedule.grid(spacing, steps, End::Zero).unwrap();
                assert_eq!((grid.steps(), grid.direction()), (steps, Direction::Denoise));
                assert_eq!((grid.end(), grid.times()[steps]), (Level::CLEAN, ModelTime::Index(0)));
                let first = match spacing {
                    Spacing::Leading { .. } => (steps - 1) * (t / steps),
                    _ => t - 1,
                };
                assert_eq!(grid.times()[0], ModelTime::Index(first), "{spacing:?} {steps}");
                for (time, level) in grid.times().iter().zip(grid.levels()).take(steps) {
                    if let ModelTime::Index(label) = *time {
                        assert_eq!(schedule.level(label).unwrap(), *level);
                    }
                }
                assert_eq!(grid.mirror().mirror(), grid);
                assert_eq!(grid.lowest(steps).unwrap(), grid);
                match schedule.grid(spacing, steps, End::LastPositive) {
                    // One label more than the table has.
                    Err(error) => {
                        let train_steps = t;
                        let steps = steps + 1;
                        assert!(steps > t && !spacing.is_in_levels());
                        assert_eq!(error, DiffusionError::TooManySteps { steps, train_steps });
                    }
                    Ok(grid) => {
                        assert_eq!((grid.steps(), grid.end().is_clean()), (steps, false));
                        let visited = schedule.level(grid.times()[steps].value() as usize).unwrap();
                        assert_eq!(grid.end(), visited, "{spacing:?} {steps}");
                    }
                }
            }
        }
        for spacing in &SPACINGS[..5] {
            let all: Vec<usize> = (0..t).rev().collect();
            assert_eq!(spacing.labels(t, t).unwrap().unwrap(), all, "{spacing:?}");
        }
    }
}

/// Exact.
#[test]
fn a_partial_grid_and_its_mirror_share_their_levels() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let grid = schedule.grid(Spacing::Trailing, 20, End::Zero).unwrap();
    let partial = grid.lowest(7).unwrap();
    assert_eq!(partial.levels(), &grid.levels()[13..]);
    assert_eq!(partial.times(), &grid.times()[13..]);
    assert_eq!(grid.mirror().lowest(7).unwrap(), partial.mirror());
    assert_eq!(partial.mirror().direction(), Direction::Noise);
    for depth in [0, 21] {
        let refused = DiffusionError::DepthOutOfRange { depth, steps: 20 };
        assert_eq!(grid.lowest(depth), Err(refused));
    }
}

/// Float class: 1e-12 of the equal spacing; the labels stay between their neighbours.
#[test]
fn log_snr_grids_are_equally_spaced() {
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    for (end, gaps) in [(End::Label0, 25), (End::SigmaMin(0.02), 25), (End::Zero, 24)] {
        let grid = schedule.grid(Spacing::LogSnr, 25, end).unwrap();
        let lambda = |i: usize| grid.levels()[i].lambda();
        let gap = (lambda(gaps) - lambda(0)) / gaps as f64;
        for i in 0..gaps {
            assert!((lambda(i + 1) - lambda(i) - gap).abs() < 1e-12);
            let time = grid.times()[i].value();
            let noisier = schedule.level(time.ceil() as usize).unwrap().lambda();
            let cleaner = schedule.level(time.floor() as usize).unwrap().lambda();
            assert!(noisier - 1e-12 <= lambda(i) && lambda(i) <= cleaner + 1e-12);
        }
    }
    let end = schedule.grid(Spacing::LogSnr, 25, End::SigmaMin(0.02)).unwrap().end();
    assert!((end.s() - 0.02).abs() < 1e-15);
}

/// Exact: `alpha_bar` falls strictly and both logarithms are finite; short linear schedules are refused.
#[test]
fn schedules_of_every_length_are_sound() {
    for t in [1, 2, 10, 21, 100, 1000, 4000] {
        let linear = DiscreteSchedule::linear(t);
        if t <= 20 {
            let refused = matches!(linear, Err(DiffusionError::BetaOutOfRange { .. }));
            assert!(refused, "linear, {t} steps");
        } else {
            assert_sound(&linear.unwrap());
        }
        assert_sound(&DiscreteSchedule::cosine(t).unwrap());
    }
    assert!(matches!(DiscreteSchedule::cosine(0), Err(DiffusionError::ZeroSteps { .. })));
    assert!(matches!(DiscreteSchedule::linear(0), Err(DiffusionError::ZeroSteps { .. })));
    let flat = BetaKind::Linear { first: 0.0, last: 0.5 };
    assert!(DiscreteSchedule::new(flat, 5).is_err());
    assert!(DiscreteSchedule::from_betas(vec![0.1, f64::NAN]).is_err());
}

fn assert_sound(schedule: &DiscreteSchedule) {
    for pair in schedule.levels().windows(2) {
        assert!(pair[1].ln_alpha() < pair[0].ln_alpha());
    }
    for level in schedule.levels() {
        assert!(level.ln_alpha().is_finite() && level.ln_sigma().is_finite());
        assert!((level.power() - 1.0).abs() < 1e-15);
    }
}

/// The linear schedule scales its betas by 1000/T, so that the last level hardly depends on T.
/// Published values: `alpha_bar_T` = 4.0358e-5 for T = 1000 and 4.1756e-5 for T = 2000.
/// Exact: the labels that the published sampler visits, by hand: 999 / 249 apart and rounded, of 1000 and of 2000.
#[test]
fn published_respacings_are_spread_over_the_labels() {
    for (labels, ends) in [(1000, [0, 4, 8, 991, 995, 999]), (2000, [0, 8, 16, 1983, 1991, 1999])] {
        let schedule = DiscreteSchedule::linear(labels).unwrap();
        let grid = schedule.respace(&"250".parse().unwrap(), End::Zero).unwrap();
        // After the last step the state is clean.
        let mut times = grid.times()[..250].to_vec();
        times.reverse();
        let found = [&times[..3], &times[247..]].concat();
        assert_eq!((grid.steps(), found), (250, ends.map(ModelTime::Index).to_vec()));
    }
}

#[test]
fn the_linear_schedule_is_scaled() {
    for (t, expected) in [(1000, 4.0358e-5), (2000, 4.1756e-5)] {
        let last = DiscreteSchedule::linear(t).unwrap().level(t - 1).unwrap().alpha_bar();
        assert!((last - expected).abs() < 1e-9, "{last:e}");
    }
}

/// Each refusal is typed, and its sentence names the values.
#[test]
fn bad_grids_are_refused() {
    let schedule = DiscreteSchedule::linear(100).unwrap();
    let refusal = |grid: Result<Grid, DiffusionError>| grid.unwrap_err().to_string();
    let cases = [
        (refusal(schedule.grid(Spacing::Trailing, 0, End::Zero)), "a grid needs at least one step"),
        (
            refusal(schedule.grid(Spacing::Trailing, 101, End::Zero)),
            "101 steps were asked for, but the schedule has only 100",
        ),
        (
            refusal(schedule.grid(Spacing::Leading { offset: 1 }, 100, End::Zero)),
            "label 100 lies outside the schedule, whose labels are 0 to 99",
        ),
        (
            refusal(schedule.grid(Spacing::Linspace, 5, End::Label0)),
            "grid levels 4 and 5 are the same: drop one or choose another end",
        ),
        (
            refusal(schedule.grid_at(&[50, 60, 10], End::Zero)),
            "the grid turns round at level 1: levels must go strictly towards the data or away from it",
        ),
        (
            refusal(schedule.respace(&"ddim33".parse().unwrap(), End::Zero)),
            "respacing \"ddim33\" does not fit 100 training steps: no stride gives 33 labels",
        ),
        (
            refusal(schedule.respace(&"60,60".parse().unwrap(), End::Zero)),
            "respacing \"60,60\" does not fit 100 training steps: section 0 has 50 labels, not 60",
        ),
        (
            refusal(Grid::new(vec![Level::CLEAN], vec![])),
            "a grid needs one label per level, but has 1 levels and 0 labels",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    for spec in ["", "ddim", "ddim0", "5,,5", "-3", "10,x"] {
        let refused = DiffusionError::RespacingSyntax { spec: spec.to_owned() };
        assert_eq!(spec.parse::<Respacing>(), Err(refused));
    }
}

/// Exact: a grid and a respacing survive JSON, exact zeros included, and a corrupt grid is refused on reading.
#[test]
fn grids_survive_json() {
    let schedule = DiscreteSchedule::cosine(50).unwrap();
    let grid = schedule.respace(&"5,3".parse().unwrap(), End::Zero).unwrap();
    let text = serde_json::to_string(&grid).unwrap();
    let back: Grid = serde_json::from_str(&text).unwrap();
    assert_eq!((back.times(), back.end()), (grid.times(), Level::CLEAN));
    for (a, b) in back.levels().iter().zip(grid.levels()).take(8) {
        // The reader of JSON may be one unit in the last place off.
        assert!((a.ln_alpha() - b.ln_alpha()).abs() <= 4.0 * f64::EPSILON * b.ln_alpha().abs());
    }
    let broken = text.replace("\"levels\":[", "\"levels\":[{\"ln_alpha\":0.0},");
    assert!(serde_json::from_str::<Grid>(&broken).unwrap_err().to_string().contains("one label"));
    assert_eq!(serde_json::to_string(&Respacing::Ddim(5)).unwrap(), "\"ddim5\"");
    assert!(serde_json::from_str::<Level>("{}").is_err());
}

/// All samplers, with and without their options.
/// All samplers, and those that clip.
fn samplers() -> Vec<Box<dyn Sampler>> {
    let large = counterfoil_diffusion::Variance::FixedLarge;
    let clipping: [Box<dyn Sampler>; 3] = [
        Box::new(Ddim { eta: 0.0, clip: Some(1.0) }),
        Box::new(Ddpm { variance: large, clip: Some(1.0) }),
        Box::new(DpmSolver2M { clip: Some(1.0) }),
    ];
    all().into_iter().chain(clipping).collect()
}

/// A level of any scaling, the exact ends included.
fn any_level() -> impl Strategy<Value = Level> {
    prop_oneof![
        8 => (-60.0..60.0f64).prop_map(|l| Level::from_log_snr(l).unwrap()),
        2 => (-9.0..9.0f64).prop_map(|l| Level::from_sigma_ve(l.exp()).unwrap()),
        2 => (0.0..=1.0f64).prop_map(|t| Level::from_flow(t).unwrap()),
        1 => Just(Level::CLEAN),
        1 => Just(Level::from_alpha_bar(0.0).unwrap()),
    ]
}

proptest! {
    /// Exact: whatever the levels, a plan is refused with a typed error or every coefficient is finite, in both
    /// directions. Float class, one unit in the last place: JSON hands back the same plan.
    #[test]
    fn no_plan_holds_a_number_that_is_not_finite(
        mut levels in prop::collection::vec(any_level(), 2..12),
        prediction in prop::sample::select(vec![
            Prediction::Eps,
            Prediction::X0,
            Prediction::V,
            Prediction::Flow,
            Prediction::Edm { sigma_data: 0.5 },
        ]),
    ) {
        levels.sort_by(|a, b| a.lambda().total_cmp(&b.lambda()));
        levels.dedup_by(|a, b| a.lambda() == b.lambda());
        prop_assume!(levels.len() > 1);
        let times = (0..levels.len()).map(ModelTime::Index).collect();
        let grid = Grid::new(levels, times).unwrap();
        for grid in [grid.mirror(), grid] {
            for sampler in samplers() {
                match sampler.plan(&grid, prediction) {
                    Ok(plan) => check_finite(&plan)?,
                    Err(
                        DiffusionError::EpsAtZeroSignal
                        | DiffusionError::X0AtZeroNoise
                        | DiffusionError::WrongDirection { .. }
                        | DiffusionError::NotVariancePreserving { .. }
                        | DiffusionError::TooFewSteps { .. }
                        | DiffusionError::LevelOutOfRange { .. }
                        | DiffusionError::NonFiniteCoefficient { .. },
                    ) => {}
                    Err(other) => prop_assert!(false, "{other}"),
                }
            }
        }
    }
}

fn check_finite(plan: &Plan) -> Result<(), TestCaseError> {
    let coefficients = |plan: &Plan| -> Vec<f64> {
        let of = |s: &Stage| {
            let mut all = vec![s.state, s.anchor, s.noise, s.read.state, s.read.output];
            all.extend(&s.history);
            all
        };
        plan.stages().iter().flat_map(of).collect()
    };
    let kept = coefficients(plan);
    prop_assert!(kept.iter().all(|c| c.is_finite()));
    let back: Plan = serde_json::from_str(&serde_json::to_string(plan).unwrap()).unwrap();
    let read = coefficients(&back);
    prop_assert_eq!(read.len(), kept.len());
    // The reader of JSON may be one unit in the last place off.
    prop_assert!(kept.iter().zip(&read).all(|(a, b)| (a - b).abs() <= 4e-16 * a.abs()));
    Ok(())
}

/// The settings that are refused.
#[test]
fn bad_settings_are_refused() {
    let schedule = DiscreteSchedule::cosine(100).unwrap();
    let down = schedule.grid(Spacing::Trailing, 5, End::Zero).unwrap();
    let up = down.mirror();
    let refusal =
        |plan: Result<Plan, DiffusionError>| plan.map(|plan| plan.steps()).unwrap_err().to_string();
    let eps = Prediction::Eps;
    let cases = [
        (refusal(Ddim { eta: 1.5, clip: None }.plan(&down, eps)), "eta = 1.5 is outside [0, 1]"),
        (
            refusal(Ddim { eta: 0.0, clip: Some(-1.0) }.plan(&down, eps)),
            "clip = -1 is outside (0, inf)",
        ),
        (
            refusal(Ddpm::default().plan(&up, eps)),
            "ddpm only runs towards the data, but the grid runs towards the noise",
        ),
        (
            refusal(Ddim { eta: 0.5, clip: None }.plan(&up, eps)),
            "ddim with eta above 0 only runs towards the data, but the grid runs towards the noise",
        ),
        (
            refusal(DpmSolver2M { clip: Some(1.0) }.plan(&up, eps)),
            "dpm-solver with clipping only runs towards the data, but the grid runs towards the noise",
        ),
        (
            refusal(Ddim::default().plan(&up, Prediction::X0)),
            "x0 prediction is undefined at zero noise (sigma = 0): predict v or eps, or end the grid above zero",
        ),
    ];
    for (found, expected) in cases {
        assert_eq!(found, expected);
    }
    let pure = vec![Level::from_alpha_bar(0.0).unwrap(), Level::from_alpha_bar(0.5).unwrap()];
    let grid = Grid::new(pure, vec![ModelTime::Index(1), ModelTime::Index(0)]).unwrap();
    for sampler in samplers() {
        let refused = sampler.plan(&grid, eps).unwrap_err();
        if matches!(refused, DiffusionError::TooFewSteps { .. }) {
            continue;
        }
        assert_eq!(refused, DiffusionError::EpsAtZeroSignal);
        // With v prediction all can start there, but leapfrog: its coordinate is infinite.
        match sampler.plan(&grid, Prediction::V) {
            Ok(plan) => assert_ne!(plan.sampler(), "leapfrog"),
            Err(error) => assert!(matches!(error, DiffusionError::NonFiniteCoefficient { .. })),
        }
    }
}
