//! Labels of `circuit` and `flow` have the moments and correlations of their structural equations, which are written down a
//! second time here and integrated on grids instead of being drawn.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use counterfoil_data::{World, circuit::Circuit, flow::Flow};
use counterfoil_graph::Intervention;

const DRAWS: u64 = 40_000;

/// Means and mean products of four labels.
#[derive(Default)]
struct Moments {
    first: [f64; 4],
    second: [[f64; 4]; 4],
}

impl Moments {
    /// Adds a point of weight `weight`: the mean of each label there, and the mean of each product.
    fn add(&mut self, weight: f64, first: [f64; 4], second: impl Fn(usize, usize) -> f64) {
        for (i, value) in first.into_iter().enumerate() {
            self.first[i] += weight * value;
            for j in 0..4 {
                self.second[i][j] += weight * second(i, j);
            }
        }
    }

    fn covariance(&self, i: usize, j: usize) -> f64 {
        self.second[i][j] - self.first[i] * self.first[j]
    }

    fn correlation(&self, i: usize, j: usize) -> f64 {
        self.covariance(i, j) / (self.covariance(i, i) * self.covariance(j, j)).sqrt()
    }
}

fn drawn(world: &dyn World, seed: u64) -> Vec<[f64; 4]> {
    let row = |k| {
        let values = world.scm().predict(&world.draw(seed, k).noise, &Intervention::none());
        values.try_into().unwrap()
    };
    (0..DRAWS).map(row).collect()
}

/// The mean of `values` and its standard error.
fn mean(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (n, sum, squares) =
        values.fold((0.0, 0.0, 0.0), |(n, sum, squares), v| (n + 1.0, sum + v, squares + v * v));
    let mean: f64 = sum / n;
    (mean, ((squares / n - mean * mean) / n).sqrt())
}

/// Monte-Carlo: every mean and covariance of 40,000 draws, and so every correlation, within 5 of their standard errors.
fn agree(rows: &[[f64; 4]], exact: &Moments) {
    for i in 0..4 {
        let (found, error) = mean(rows.iter().map(|r| r[i]));
        assert!((found - exact.first[i]).abs() < 5.0 * error, "{i}: {found} {}", exact.first[i]);
        for j in 0..=i {
            let centred = |r: &[f64; 4]| (r[i] - exact.first[i]) * (r[j] - exact.first[j]);
            let (found, error) = mean(rows.iter().map(centred));
            let expected = exact.covariance(i, j);
            assert!((found - expected).abs() < 5.0 * error, "{i} {j}: {found} {expected}");
        }
    }
}

/// The middles of `n` equal parts of an interval.
fn middles(low: f64, high: f64, n: usize) -> impl Iterator<Item = f64> {
    (0..n).map(move |k| low + (high - low) * (k as f64 + 0.5) / n as f64)
}

/// How hard an arm presses the button of lamp `k`: blue, green, red.
fn pressed(arm: f64, k: usize) -> f64 {
    (1.0 - (arm - [0.2, 0.5, 0.8][k]).abs() / 0.1).max(0.0)
}

/// The mean of a lamp that is driven so.
fn lit(drive: f64) -> f64 {
    0.2 + 0.6 * drive.min(1.0)
}

/// The variance of a Beta number of mean `v` whose shapes add up to 5.
fn spread(v: f64) -> f64 {
    v * (1.0 - v) / 6.0
}

/// Points and weights of the density of a Beta number, not of its quantiles.
fn beta(v: f64) -> Vec<(f64, f64)> {
    let density = |x: f64| x.powf(5.0 * v - 1.0) * (1.0 - x).powf(5.0 * (1.0 - v) - 1.0);
    let points: Vec<(f64, f64)> = middles(0.0, 1.0, 100).map(|x| (x, density(x))).collect();
    let whole: f64 = points.iter().map(|(_, weight)| weight).sum();
    points.into_iter().map(|(x, weight)| (x, weight / whole)).collect()
}

fn circuit() -> Moments {
    let mut exact = Moments::default();
    for arm in middles(0.0, 1.0, 500) {
        let (blues, greens) = (beta(lit(pressed(arm, 0))), beta(lit(pressed(arm, 1))));
        for (blue, p) in &blues {
            for (green, q) in &greens {
                let red = lit(green + blue + pressed(arm, 2));
                let point = [arm, *blue, *green, red];
                // Red alone is not fixed by the point: its variance adds to its square.
                let own = |i, j| if i == 3 && j == 3 { spread(red) } else { 0.0 };
                exact.add(p * q / 500.0, point, |i, j| point[i] * point[j] + own(i, j));
            }
        }
    }
    exact
}

/// Float, 1e-3, what a grid of 100 leaves of a density with a steep end: closed forms of what has one. A button is pressed by
/// 0.1 on average and by 1/15 in the mean square, at most one at a time.
#[test]
fn the_grid_of_the_circuit_has_the_closed_forms() {
    let exact = circuit();
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-3, "{found} {expected}");
    };
    near(exact.first[0], 0.5);
    near(exact.covariance(0, 0), 1.0 / 12.0);
    let squared = 0.04 + 0.024 + 0.36 / 15.0;
    for (lamp, button) in [(1, 0.2), (2, 0.5)] {
        near(exact.first[lamp], 0.26);
        near(exact.covariance(lamp, lamp), (0.26 - squared) / 6.0 + squared - 0.26 * 0.26);
        near(exact.covariance(0, lamp), 0.6 * 0.1 * (button - 0.5));
    }
    near(exact.covariance(1, 2), -0.6 * 0.6 * 0.1 * 0.1);
    // What the equations are for: red follows both lamps, and the arm by its own button.
    for cause in [1, 2] {
        assert!(exact.correlation(3, cause) > 0.3, "{}", exact.correlation(3, cause));
    }
    assert!(exact.covariance(0, 3) > 0.0);
}

#[test]
fn the_circuit_has_the_correlations_of_its_equations() {
    agree(&drawn(&Circuit::new(4).unwrap(), 11), &circuit());
}

/// Monte-Carlo, 5 standard errors: what a lamp has beyond the mean that its causes give it is centred, as wide as a Beta
/// number, and tied to none of them.
#[test]
fn each_lamp_is_spread_about_what_its_causes_say() {
    let rows = drawn(&Circuit::new(4).unwrap(), 12);
    let given = |r: &[f64; 4], lamp: usize| {
        let lamps = if lamp == 3 { r[1] + r[2] } else { 0.0 };
        lit(lamps + pressed(r[0], lamp - 1))
    };
    for lamp in 1..4 {
        let own = |r: &[f64; 4]| {
            let v = given(r, lamp);
            (r[lamp] - v) / spread(v).sqrt()
        };
        let check = |what: &str, expected: f64, of: &dyn Fn(&[f64; 4]) -> f64| {
            let (found, error) = mean(rows.iter().map(of));
            assert!((found - expected).abs() < 5.0 * error, "{what} of lamp {lamp}: {found}");
        };
        check("mean", 0.0, &own);
        check("variance", 1.0, &|r| own(r).powi(2));
        for cause in 0..lamp {
            check("covariance", 0.0, &|r| own(r) * (r[cause] - 0.3));
        }
    }
}

fn flow() -> Moments {
    // Height follows the ball, the jet follows height and hole: two integrals that are independent of each other.
    let mut exact = Moments::default();
    let (mut root, mut ball_root, mut height_root) = (0.0, 0.0, 0.0);
    for ball in middles(5.0, 34.0, 500) {
        for noise in middles(0.0, 1.0, 100) {
            let height = (ball / 30.0).powi(3) + 1.0 + 2.9 * noise;
            let (point, weight) = ([ball, height, 0.0, 0.0], 1.0 / 50_000.0);
            exact.add(weight, point, |i, j| point[i] * point[j]);
            root += weight * height.sqrt();
            ball_root += weight * ball * height.sqrt();
            height_root += weight * height.powf(1.5);
        }
    }
    let (mut drop, mut hole_drop) = (0.0, 0.0);
    for hole in middles(6.0, 14.0, 1000) {
        let fall = (hole / 3.0 - 0.5).sqrt();
        drop += fall / 1000.0;
        hole_drop += hole * fall / 1000.0;
    }
    // Half the logarithm of the drive has the standard deviation 0.075; 10 sqrt(2 * 0.98) is 14.
    let scale = 14.0 * (0.5 * 0.075f64 * 0.075).exp();
    let [ball, height, ..] = exact.first;
    exact.first = [ball, height, 10.0, scale * root * drop];
    let mut put = |i: usize, j: usize, value: f64| {
        exact.second[i][j] = value;
        exact.second[j][i] = value;
    };
    put(2, 0, 10.0 * ball);
    put(2, 1, 10.0 * height);
    put(2, 2, 100.0 + 64.0 / 12.0);
    put(3, 0, scale * ball_root * drop);
    put(3, 1, scale * height_root * drop);
    put(3, 2, scale * root * hole_drop);
    put(3, 3, 196.0 * (2.0 * 0.075f64 * 0.075).exp() * height * (10.0 / 3.0 - 0.5));
    exact
}

/// Float, 1e-4, the square of the grid's step: closed forms of ball and height, powers of a uniform number.
#[test]
fn the_grid_of_the_flow_has_the_closed_forms() {
    let exact = flow();
    let power = |n: i32| {
        let end = |ball: f64| 30.0 * (ball / 30.0).powi(n + 1) / f64::from(n + 1);
        (end(34.0) - end(5.0)) / 29.0
    };
    let near = |found: f64, expected: f64| {
        assert!((found - expected).abs() < 1e-4 * expected, "{found} {expected}");
    };
    near(exact.first[0], 19.5);
    near(exact.first[1], power(3) + 2.45);
    near(exact.covariance(0, 0), 29.0 * 29.0 / 12.0);
    near(exact.covariance(1, 1), power(6) - power(3).powi(2) + 2.9 * 2.9 / 12.0);
    near(exact.covariance(0, 1), 30.0 * (power(4) - power(1) * power(3)));
    assert!(exact.covariance(0, 2).abs() < 1e-9 && exact.covariance(1, 2).abs() < 1e-9);
}

#[test]
fn the_flow_has_the_correlations_of_its_equations() {
    agree(&drawn(&Flow::new(4).unwrap(), 13), &flow());
}
