//! Mechanisms of a table: what holds for any weights, and what fitting finds in worlds whose answers are formulas.

use crate::support::every_kind;
use counterfoil_autoencoder::{
    Activation,
    tabular::{Family, Fitted, Fitting, Settings},
};
use counterfoil_diffusion::inversion::Method;
use counterfoil_graph::{Change, Dag, Intervention};
use counterfoil_random::Stream;
use ndarray::{Array2, s};

fn pair() -> Dag {
    Dag::from_dot("digraph { cause [low=-3, high=3]; effect [low=-3, high=3]; cause -> effect }")
        .unwrap()
}

/// `n` rows of two numbers, each from the stream of its row.
fn rows(purpose: &str, n: usize, row: impl Fn(&mut Stream) -> [f64; 2]) -> Array2<f64> {
    let drawn: Vec<[f64; 2]> =
        (0..n).map(|k| row(&mut Stream::new(1, purpose, k as u64, 0))).collect();
    Array2::from_shape_fn((n, 2), |(k, column)| drawn[k][column])
}

/// `effect = 0.8 cause + 0.6 noise`: both standard normal.
fn linear(stream: &mut Stream) -> [f64; 2] {
    let cause = stream.normal();
    [cause, 0.8 * cause + 0.6 * stream.normal()]
}

/// `effect = cause noise` with noise of mean 0, which the cause scales and nothing else.
fn scaled(stream: &mut Stream) -> [f64; 2] {
    let cause = stream.uniform_in(0.5, 2.5);
    [cause, cause * 0.5 * stream.normal()]
}

fn settings(family: Family, steps: u64) -> Settings {
    Settings { steps, ..Settings::of(family) }
}

fn fit(family: Family, dag: &Dag, rows: &Array2<f64>, settings: &Settings) -> Fitted {
    fit_with(3, family, dag, rows, settings)
}

fn fit_with(
    seed: u64,
    family: Family,
    dag: &Dag,
    rows: &Array2<f64>,
    settings: &Settings,
) -> Fitted {
    // Too small to share between threads, and equal bits need an equal number of them.
    tch::set_num_threads(1);
    let mut fitting = Fitting::new(family, dag, rows, settings, seed).unwrap();
    while fitting.step().unwrap().is_some() {}
    fitting.finish().unwrap()
}

/// Interventions on the cause, one a row, with values of their own.
fn on_cause(dag: &Dag, values: &[f64]) -> Vec<Intervention> {
    values.iter().map(|v| Intervention::none().set(dag, "cause", *v).unwrap()).collect()
}

/// The error of the effect under another cause, as a share of leaving it as it is; `truth(cause, effect, other)`.
fn share(
    fitted: &Fitted,
    rows: &Array2<f64>,
    others: &[f64],
    truth: impl Fn(f64, f64, f64) -> f64,
) -> f64 {
    let found = fitted.counterfactual(rows, &on_cause(fitted.dag(), others)).unwrap();
    let (mut error, mut left) = (0.0, 0.0);
    for (k, other) in others.iter().enumerate() {
        assert_eq!(found[[k, 0]], *other);
        let wanted = truth(rows[[k, 0]], rows[[k, 1]], *other);
        error += (found[[k, 1]] - wanted).abs();
        left += (rows[[k, 1]] - wanted).abs();
    }
    error / left
}

/// Learned class, seed 3: every family finds the closed form `effect + 0.8 (other - cause)` of the linear world, the
/// density where it has one, and the interventional distribution (500 draws have a standard error below 0.05).
#[test]
fn a_linear_world_is_solved_by_every_family() {
    let (dag, train, test) = (pair(), rows("fit", 3000, linear), rows("test", 500, linear));
    let others: Vec<f64> = (0..500).map(|k| -1.5 + 3.0 * f64::from(k) / 499.0).collect();
    for (family, steps, bound) in [
        (Family::Additive, 300, 0.1),
        (Family::Affine, 300, 0.1),
        (Family::Spline, 300, 0.12),
        (Family::Dcm, 800, 0.15),
    ] {
        let fitted = fit(family, &dag, &train, &settings(family, steps));
        let found = share(&fitted, &test, &others, |a, b, other| b + 0.8 * (other - a));
        println!("linear {family:?} {found:.4}");
        assert!(found < bound, "{family:?}: {found}");
        let likelihood = fitted.log_likelihood(&test).unwrap();
        assert_eq!(likelihood.is_none(), family == Family::Dcm);
        if let Some(each) = likelihood {
            let entropy = 0.5 * (2.0 * std::f64::consts::PI * std::f64::consts::E).ln();
            let exact: f64 = test
                .rows()
                .into_iter()
                .map(|r| {
                    let noise = (r[1] - 0.8 * r[0]) / 0.6;
                    1.0 - 2.0 * entropy - 0.6f64.ln() - 0.5 * (r[0] * r[0] + noise * noise)
                })
                .sum();
            let mean = each.iter().sum::<f64>() / 500.0;
            assert!((mean - exact / 500.0).abs() < 0.05, "{family:?}: {mean} {}", exact / 500.0);
        }
        let set = Intervention::none().set(&dag, "cause", 1.0).unwrap();
        let drawn = fitted.sample(&fitted.draw(9, 500), &set).unwrap();
        let effect = drawn.column(1);
        assert!(drawn.column(0).iter().all(|cause| *cause == 1.0));
        let (mean, deviation) = (effect.mean().unwrap(), effect.std(0.0));
        assert!((mean - 0.8).abs() < 0.15 && (deviation - 0.6).abs() < 0.1, "{family:?}: {mean}");
    }
}

/// Learned class, seed 3: from few rows of a smooth law smooth mechanisms learn more of it than those with kinks, which follow
/// the rows instead.
#[test]
fn a_smooth_law_is_learned_from_fewer_rows() {
    let (dag, train, test) = (pair(), rows("fit", 300, linear), rows("test", 500, linear));
    let others: Vec<f64> = (0..500).map(|k| -1.5 + 3.0 * f64::from(k) / 499.0).collect();
    let of = |activation| {
        let settings = Settings { activation, ..settings(Family::Spline, 600) };
        let fitted = fit(Family::Spline, &dag, &train, &settings);
        share(&fitted, &test, &others, |a, b, other| b + 0.8 * (other - a))
    };
    let [smooth, kinked] = [Activation::Gelu, Activation::LeakyRelu].map(of);
    println!("smooth {smooth:.3} kinked {kinked:.3}");
    assert!(smooth < 0.88 * kinked, "{smooth} {kinked}");
}

/// Learned class, seed 3: where the cause scales the noise the effect is `effect other / cause`. Additive mechanisms leave it
/// as it is, however well they are fitted; the others find it.
#[test]
fn scaled_noise_is_beyond_additive_mechanisms_alone() {
    let (dag, train, test) = (pair(), rows("fit", 3000, scaled), rows("test", 400, scaled));
    let others: Vec<f64> = (0..400).map(|k| 0.6 + 1.8 * f64::from(k) / 399.0).collect();
    for (family, steps, low, high) in [
        (Family::Additive, 300, 0.9, 1.1),
        (Family::Affine, 300, 0.0, 0.15),
        (Family::Spline, 400, 0.0, 0.2),
        (Family::Dcm, 1000, 0.0, 0.3),
    ] {
        let fitted = fit(family, &dag, &train, &settings(family, steps));
        let found = share(&fitted, &test, &others, |a, b, other| b * other / a);
        println!("scaled {family:?} {found:.4}");
        assert!(low <= found && found < high, "{family:?}: {found}");
    }
}

/// Rows of the graph with a variable of every kind.
fn every_row(n: usize) -> Array2<f64> {
    let row = |k: usize| {
        let mut s = Stream::new(2, "kinds", k as u64, 0);
        let cause = s.uniform_in(0.0, 10.0);
        [0.2 * cause - 1.0 + 0.1 * s.normal(), cause, s.uniform_in(0.0, 360.0), s.below(3) as f64]
    };
    let drawn: Vec<[f64; 4]> = (0..n).map(row).collect();
    Array2::from_shape_fn((n, 4), |(k, column)| drawn[k][column])
}

/// Exact: what no intervention reaches, what is set to its own value and what follows from it keep their bits; descendants
/// move, and stay values of their kind.
#[test]
fn what_is_not_reached_keeps_its_bits() {
    let (dag, rows) = (every_kind().labelled_part(), every_row(40));
    for family in Family::ALL {
        let fitted = fit(family, &dag, &rows, &settings(family, 20));
        let none = vec![Intervention::none(); 40];
        assert_eq!(fitted.counterfactual(&rows, &none).unwrap(), rows, "{family:?}");
        let own: Vec<Intervention> = rows
            .column(1)
            .iter()
            .map(|v| Intervention::none().set(&dag, "cause", *v).unwrap())
            .collect();
        assert_eq!(fitted.counterfactual(&rows, &own).unwrap(), rows, "{family:?}");
        let mut mixed = none;
        mixed[7] = Intervention::none().set(&dag, "cause", 9.5).unwrap();
        mixed[8] = Intervention::none().set(&dag, "sort", 2.0).unwrap();
        let found = fitted.counterfactual(&rows, &mixed).unwrap();
        for k in 0..40 {
            let same = |column: usize| found[[k, column]] == rows[[k, column]];
            assert!(same(2), "{family:?}: the phase follows from nothing");
            assert!(k == 7 || (same(0) && same(1)), "{family:?}: row {k}");
            assert!(k == 7 || k == 8 || same(3), "{family:?}: row {k}");
        }
        assert_eq!((found[[7, 1]], found[[8, 3]]), (9.5, 2.0));
        assert!((found[[7, 0]] - rows[[7, 0]]).abs() > 1e-6, "{family:?}: the effect must move");
        assert!([0.0, 1.0, 2.0].contains(&found[[7, 3]]), "{family:?}: {}", found[[7, 3]]);
    }
}

/// Exact: a soft change is the hard one to what it makes of the value that the variable has under all else that is done, in
/// counterfactuals and in samples.
#[test]
fn a_soft_change_sets_what_it_makes_of_the_natural_value() {
    let (dag, rows) = (pair(), rows("soft", 30, linear));
    for family in [Family::Spline, Family::Dcm] {
        let fitted = fit(family, &dag, &rows, &settings(family, 20));
        let ask = |of: &dyn Fn(usize) -> Vec<(usize, Change)>| {
            let actions: Vec<Intervention> =
                (0..30).map(|k| Intervention::from_changes(&dag, of(k)).unwrap()).collect();
            fitted.counterfactual(&rows, &actions).unwrap()
        };
        let moved = ask(&|_| vec![(0, Change::Shift(0.25))]);
        assert_eq!(moved, ask(&|k| vec![(0, Change::Set(rows[[k, 0]] + 0.25))]), "{family:?}");
        let cause = (0, Change::Set(0.5));
        let natural = ask(&|_| vec![cause]);
        let halved = ask(&|_| vec![cause, (1, Change::Scale(0.5))]);
        assert_eq!(halved.column(1), natural.column(1).mapv(|x| x * 0.5), "{family:?}");
        assert_ne!(moved.column(1), rows.column(1), "{family:?}: the effect follows");

        let noise = fitted.draw(1, 20);
        let plain = fitted.sample(&noise, &Intervention::none()).unwrap();
        let shift = Intervention::from_changes(&dag, [(1, Change::Shift(1.0))]).unwrap();
        let shifted = fitted.sample(&noise, &shift).unwrap();
        assert_eq!(shifted.column(0), plain.column(0), "{family:?}");
        assert_eq!(shifted.column(1), plain.column(1).mapv(|x| x + 1.0), "{family:?}");
    }
}

/// Float class: with a reversible sampler the noise of a row gives the row back, whatever the network; DDIM does not come
/// back. Flows do by their formulas.
#[test]
fn noise_gives_the_row_back() {
    let (dag, rows) = (every_kind().labelled_part(), every_row(60));
    let off = |family: Family, method: Method| {
        let mut settings = settings(family, 60);
        settings.diffusion.method = method;
        let fitted = fit(family, &dag, &rows, &settings);
        let back = fitted.sample(&fitted.abduct(&rows).unwrap(), &Intervention::none()).unwrap();
        assert!(back.slice(s![.., 3]) == rows.slice(s![.., 3]) || method == Method::Ddim);
        // On the standard scale.
        (&back - &rows).column(0).iter().fold(0.0f64, |worst, d| worst.max(d.abs() / 2.0))
    };
    for family in [Family::Additive, Family::Affine, Family::Spline] {
        let found = off(family, Method::Leapfrog);
        assert!(found < 1e-5, "{family:?}: {found}");
    }
    for method in [Method::Leapfrog, Method::CoupledHeun] {
        let found = off(Family::Dcm, method);
        assert!(found < 1e-5, "{method:?}: {found}");
    }
    let found = off(Family::Dcm, Method::Ddim);
    assert!(found > 1e-4, "DDIM: {found}");
}

/// Float class: answers about a row depend neither on its place nor on the rows beside it (single precision, carried on by
/// 100 steps of a sampler); fitting again with a seed gives the same bits, with another seed other ones.
#[test]
fn rows_stand_alone_and_seeds_decide() {
    let (dag, train) = (pair(), rows("fit", 200, linear));
    let others: Vec<f64> = (0..200).map(|k| f64::from(k) / 100.0 - 1.0).collect();
    for family in Family::ALL {
        let answers = |seed| {
            let fitted = fit_with(seed, family, &dag, &train, &settings(family, 25));
            let all = fitted.counterfactual(&train, &on_cause(&dag, &others)).unwrap();
            (fitted, all)
        };
        let (fitted, all) = answers(3);
        let turned = train.slice(s![..;-1, ..]).to_owned();
        let back: Vec<f64> = others.iter().rev().copied().collect();
        let reversed = fitted.counterfactual(&turned, &on_cause(&dag, &back)).unwrap();
        let few = train.slice(s![50..57, ..]).to_owned();
        let part = fitted.counterfactual(&few, &on_cause(&dag, &others[50..57])).unwrap();
        let worst = |d: Array2<f64>| d.iter().fold(0.0f64, |worst, x| worst.max(x.abs()));
        assert!(worst(&reversed.slice(s![..;-1, ..]) - &all) < 1e-5, "{family:?}");
        assert!(worst(&part - &all.slice(s![50..57, ..])) < 1e-5, "{family:?}");
        assert_eq!(answers(3).1, all, "{family:?}");
        assert_ne!(answers(4).1, all, "{family:?}");
        assert_eq!(fitted.draw(1, 3).codes(), fitted.draw(1, 5).codes().narrow(0, 0, 3));
    }
}

#[test]
fn what_cannot_be_fitted_is_refused_by_name() {
    let (dag, train) = (pair(), rows("fit", 50, linear));
    let refuse = |dag: &Dag, rows: &Array2<f64>, settings: Settings, word: &str| {
        let error = Fitting::new(Family::Dcm, dag, rows, &settings, 0).unwrap_err().to_string();
        assert!(error.contains(word), "{error}");
    };
    let usual = || Settings::of(Family::Dcm);
    refuse(&every_kind(), &every_row(9), usual(), "`style`");
    refuse(&dag, &every_row(9), usual(), "[9, 4]");
    refuse(&dag, &train.slice(s![..1, ..]).to_owned(), usual(), "two rows");
    let mut broken = train.clone();
    broken[[4, 1]] = f64::NAN;
    refuse(&dag, &broken, usual(), "effect");
    refuse(&dag, &train, Settings { steps: 0, ..usual() }, "mechanisms.steps");
    refuse(&dag, &train, Settings { batch: 0, ..usual() }, "mechanisms.batch");
    refuse(&dag, &train, Settings { hidden: vec![], ..usual() }, "mechanisms.hidden");
    refuse(&dag, &train, Settings { learning_rate: f64::NAN, ..usual() }, "learning_rate");
    let fitted = fit(Family::Affine, &dag, &train, &settings(Family::Affine, 1));
    let error = fitted.counterfactual(&train, &[Intervention::none()]).unwrap_err().to_string();
    assert!(error.contains("[1]") && error.contains("[50]"), "{error}");
}

/// Exact: a graph without edges leaves a diffusion model nothing to learn; its roots keep the law of their rows.
#[test]
fn roots_of_a_diffusion_model_need_no_step() {
    let dag = Dag::from_dot("digraph { a [low=-3, high=3]; b [low=-3, high=3] }").unwrap();
    let train = rows("fit", 50, linear);
    let fitting = Fitting::new(Family::Dcm, &dag, &train, &Settings::of(Family::Dcm), 0).unwrap();
    assert_eq!(fitting.steps(), 0);
    let fitted = fitting.finish().unwrap();
    let drawn = fitted.sample(&fitted.draw(0, 20), &Intervention::none()).unwrap();
    let known = |value: f64| train.column(0).iter().any(|v| (v - value).abs() < 1e-9);
    assert!(drawn.column(0).iter().all(|value| known(*value)));
}
