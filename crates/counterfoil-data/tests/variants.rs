//! The variants of the world `digits`: what is tied is tied, what is not stays as it was.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use counterfoil_data::{
    Exogenous, World,
    digits::{Digits, Variant},
    generate,
};
use counterfoil_graph::Intervention;

const N: u64 = 20_000;

fn drawn(variant: Variant) -> Vec<Exogenous> {
    let world = Digits::variant(variant).unwrap();
    (0..N).map(|k| world.draw(3, k)).collect()
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, n) = values.fold((0.0, 0.0), |(sum, n), v| (sum + v, n + 1.0));
    sum / n
}

/// Monte-Carlo: thickness's noise is Gamma(10, rate 5) and intensity's standard normal, mean and variance within 5 standard
/// errors (variance of squared deviations: 0.576 - 0.16 and 2).
fn keeps_its_margins(images: &[Exogenous]) {
    let n = images.len() as f64;
    for (column, centre, variance, of_squares) in [(0, 2.0, 0.4, 0.416), (1, 0.0, 1.0, 2.0)] {
        let found = mean(images.iter().map(|e| e.noise[column]));
        assert!((found - centre).abs() < 5.0 * f64::sqrt(variance / n), "{found}");
        let found = mean(images.iter().map(|e| (e.noise[column] - centre).powi(2)));
        assert!((found - variance).abs() < 5.0 * f64::sqrt(of_squares / n), "{found}");
    }
}

/// Mean of intensity's noise where thickness is above its mean, less that below.
fn tie(images: &[Exogenous]) -> f64 {
    let side = |above: bool| {
        mean(images.iter().filter(|e| (e.noise[0] > 2.0) == above).map(|e| e.noise[1]))
    };
    side(true) - side(false)
}

/// Exact.
#[test]
fn the_plain_variant_is_the_world() {
    let plain = generate(Digits::variant(Variant::Plain).unwrap(), 30, 4).unwrap();
    assert_eq!(plain.hash(), generate(Digits::new(), 30, 4).unwrap().hash());
}

/// Monte-Carlo: a difference of two means has a standard error below 0.015. For the plain world it is 0; a larger draw means
/// a heavier pen with probability about 3/4, so the pen's 2 * 0.564 / 2 shows in half its size.
#[test]
fn a_hidden_pen_ties_the_noise_of_both_labels() {
    let (plain, confounded) = (drawn(Variant::Plain), drawn(Variant::Confounded));
    assert!(tie(&plain).abs() < 0.075);
    let found = tie(&confounded);
    assert!((found + 0.56).abs() < 0.075, "{found}");
    keeps_its_margins(&plain);
    keeps_its_margins(&confounded);
    // The mechanisms are those of the plain world: so is every counterfactual, given the noise.
    let world = Digits::variant(Variant::Confounded).unwrap();
    let action = Intervention::none().set(world.scm().dag(), "thickness", 3.0).unwrap();
    let noise = &confounded[0].noise;
    assert_eq!(world.scm().predict(noise, &action), Digits::new().scm().predict(noise, &action));
}

/// Monte-Carlo: thick and thin classes differ by 2 (E max - mean) = 0.7 pixels where biased (error 0.01), and not elsewhere.
#[test]
fn thickness_tells_the_class_in_the_biased_part_alone() {
    let images = drawn(Variant::Biased { first_plain: N / 2 });
    let (biased, plain) = images.split_at(N as usize / 2);
    let gap = |images: &[Exogenous]| {
        let side = |late: bool| {
            mean(images.iter().filter(|e| (e.class.unwrap() >= 5) == late).map(|e| e.noise[0]))
        };
        side(true) - side(false)
    };
    assert!((gap(biased) - 0.7).abs() < 0.05, "{}", gap(biased));
    assert!(gap(plain).abs() < 0.065, "{}", gap(plain));
    keeps_its_margins(biased);
    let world = drawn(Variant::Plain);
    assert_eq!(plain[..50], world[N as usize / 2..][..50], "the rest is the plain world");
}

/// Monte-Carlo: `slant = 10 (T - 2.5) + 8 n` with T of variance 0.4 has mean 0, variance 104 and covariance 4 with T, within five
/// standard errors (of a normal's variance and of a product: both are nearly normal).
#[test]
fn slant_has_the_stated_moments() {
    let data = generate(Digits::variant(Variant::Slant).unwrap(), 2000, 3).unwrap();
    let n = data.len() as f64;
    let rows = || data.labels().outer_iter().map(|row| (row[0] - 2.5, row[2]));
    let [mean_slant, variance, covariance] = [
        mean(rows().map(|(_, slant)| slant)),
        mean(rows().map(|(_, slant)| slant * slant)),
        mean(rows().map(|(thickness, slant)| thickness * slant)),
    ];
    assert!(mean_slant.abs() < 5.0 * (104.0 / n).sqrt(), "{mean_slant}");
    assert!((variance - 104.0).abs() < 5.0 * 104.0 * (2.0 / n).sqrt(), "{variance}");
    let error = ((0.4 * 104.0 + 16.0) / n).sqrt();
    assert!((covariance - 4.0).abs() < 5.0 * error, "{covariance}");
}

/// Float (1e-9) for the label; exact for what slant must not change.
#[test]
fn slant_follows_thickness_and_leans_the_digit() {
    let data = generate(Digits::variant(Variant::Slant).unwrap(), 30, 6).unwrap();
    let act = |name: &str, value: f64| Intervention::none().set(data.graph(), name, value).unwrap();
    for k in 0..data.len() {
        let own = data.labels().row(k).to_vec();
        let labels =
            data.counterfactual_labels(k, &act("thickness", own[0] + 1.0)).unwrap().unwrap();
        assert!((labels[2] - own[2] - 10.0).abs() < 1e-9 && labels[1] > own[1]);
        let same = data.counterfactual_image(k, &act("slant", own[2])).unwrap().unwrap();
        assert_eq!(same, data.images().get(k));
        let lean = |slant: f64| {
            let image = data.counterfactual_image(k, &act("slant", slant)).unwrap().unwrap();
            // Slope of the ink's columns on its rows, upwards.
            let ink = || {
                image
                    .iter()
                    .enumerate()
                    .map(|(p, v)| (f64::from(*v), (p % 28) as f64, (p / 28) as f64))
            };
            let total: f64 = ink().map(|(v, _, _)| v).sum();
            let [mx, my] = [
                ink().map(|(v, x, _)| v * x).sum::<f64>() / total,
                ink().map(|(v, _, y)| v * y).sum::<f64>() / total,
            ];
            let sxy: f64 = ink().map(|(v, x, y)| v * (x - mx) * (my - y)).sum();
            let syy: f64 = ink().map(|(v, _, y)| v * (y - my).powi(2)).sum();
            sxy / syy
        };
        let (left, own_lean, right) = (lean(-25.0), lean(5.0), lean(35.0));
        assert!(left < own_lean && own_lean < right, "{left} {own_lean} {right}");
    }
}
