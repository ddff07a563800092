//! Figures of this crate against NumPy, SciPy, scikit-learn and scikit-image.
//!
//! `tests/goldens/metrics.json` holds inputs and figures and is made by `docs/goldens/metrics.py`. Comparison class:
//! float, two implementations in f64 of the same formula; the bound stands at each comparison.

use approx::assert_relative_eq;
use counterfoil_metrics::{
    assignment::best_pairs,
    disentanglement::{completeness, disentanglement},
    frechet::{Gaussian, distance},
    image,
    information::mutual_information,
    line::least_squares,
    ridge::Ridge,
    statistics::{pearson, quantile, spearman, variance},
};
use ndarray::{Array1, Array2, Array3, Axis};
use serde::{Deserialize, de::DeserializeOwned};

/// The group of that name.
fn golden<T: DeserializeOwned>(group: &str) -> T {
    let file: serde_json::Value =
        serde_json::from_str(include_str!("goldens/metrics.json")).expect("the goldens are JSON");
    serde_json::from_value(file[group].clone()).expect("the group has the expected fields")
}

fn matrix(rows: &[Vec<f64>]) -> Array2<f64> {
    Array2::from_shape_vec((rows.len(), rows[0].len()), rows.concat()).expect("rows of one length")
}

fn near(ours: impl IntoIterator<Item = f64>, theirs: &[f64], bound: f64) {
    let ours: Vec<f64> = ours.into_iter().collect();
    assert_eq!(ours.len(), theirs.len());
    for (a, b) in ours.iter().zip(theirs) {
        assert_relative_eq!(a, b, epsilon = bound);
    }
}

#[test]
fn statistics() {
    #[derive(Deserialize)]
    struct Golden {
        x: Vec<f64>,
        y: Vec<f64>,
        tied: Vec<f64>,
        quantiles: Vec<(f64, f64)>,
        variance: f64,
        pearson: f64,
        spearman_tied: f64,
        slope: f64,
        intercept: f64,
        slope_error: f64,
    }
    let g: Golden = golden("statistics");
    for (p, value) in &g.quantiles {
        assert_relative_eq!(quantile(&g.x, *p).unwrap(), *value, epsilon = 1e-14);
    }
    assert_relative_eq!(variance(&g.x).unwrap(), g.variance, epsilon = 1e-13);
    assert_relative_eq!(pearson(&g.x, &g.y).unwrap(), g.pearson, epsilon = 1e-13);
    assert_relative_eq!(spearman(&g.tied, &g.y).unwrap(), g.spearman_tied, epsilon = 1e-13);
    let line = least_squares(&g.x, &g.y).unwrap();
    near(
        [line.slope, line.intercept, line.slope_error],
        &[g.slope, g.intercept, g.slope_error],
        1e-13,
    );
}

#[test]
fn images() {
    #[derive(Deserialize)]
    struct Golden {
        shape: (usize, usize),
        a: Vec<f64>,
        b: Vec<f64>,
        mse: f64,
        psnr: f64,
        ssim: f64,
    }
    let g: Golden = golden("image");
    let [a, b] = [g.a, g.b].map(|pixels| {
        Array3::from_shape_vec((1, g.shape.0, g.shape.1), pixels).expect("as many pixels as stated")
    });
    assert_relative_eq!(image::mse(&a, &b).unwrap(), g.mse, epsilon = 1e-15);
    assert_relative_eq!(image::psnr(&a, &b, 1.0).unwrap(), g.psnr, epsilon = 1e-12);
    // Moments by difference of squares on both sides: a few ulps over C2 = 9e-4.
    assert_relative_eq!(image::ssim(&a, &b, 1.0).unwrap(), g.ssim, epsilon = 1e-11);
}

#[test]
fn frechet_distance() {
    #[derive(Deserialize)]
    struct Golden {
        a: Vec<Vec<f64>>,
        b: Vec<Vec<f64>>,
        distance: f64,
    }
    let g: Golden = golden("frechet");
    let [a, b] = [g.a, g.b].map(|rows| Gaussian::of(&matrix(&rows)).unwrap());
    // Their root is of a non-symmetric matrix, ours of a symmetric one; both lose digits as a square root does.
    assert_relative_eq!(distance(&a, &b).unwrap(), g.distance, epsilon = 1e-10);
}

#[test]
fn mutual_information_by_neighbours() {
    #[derive(Deserialize)]
    struct Golden {
        x: Vec<Vec<f64>>,
        y: Vec<f64>,
        first_column: Vec<(usize, f64)>,
    }
    let g: Golden = golden("information");
    let first = matrix(&g.x).select(Axis(1), &[0]);
    let y = Array2::from_shape_vec((g.y.len(), 1), g.y).expect("one column");
    for (k, value) in g.first_column {
        // Counts of neighbours are integers; only the sum of digammas rounds.
        let ours = mutual_information(&first, &y, k).unwrap();
        assert_relative_eq!(ours, value, epsilon = 1e-12);
    }
}

#[test]
fn ridge_regression() {
    #[derive(Deserialize)]
    struct Case {
        penalty: f64,
        weights: Vec<f64>,
        predictions: Vec<f64>,
    }
    #[derive(Deserialize)]
    struct Golden {
        x: Vec<Vec<f64>>,
        y: Vec<f64>,
        fresh: Vec<Vec<f64>>,
        cases: Vec<Case>,
    }
    let g: Golden = golden("ridge");
    let (x, y, fresh) = (matrix(&g.x), Array1::from(g.y), matrix(&g.fresh));
    for case in g.cases {
        let ridge = Ridge::fit(&x, &y, case.penalty).unwrap();
        near(ridge.weights().to_vec(), &case.weights, 1e-11);
        // Fresh rows lie tens of deviations away in the small column, which magnifies the weights' rounding.
        near(ridge.predict(&fresh).unwrap(), &case.predictions, 1e-9);
    }
}

#[test]
fn assignment_of_pairs() {
    #[derive(Deserialize)]
    struct Golden {
        gains: Vec<Vec<f64>>,
        pairs: Vec<(usize, usize)>,
    }
    let g: Golden = golden("assignment");
    // Exact: the optimum of continuous gains is unique.
    assert_eq!(best_pairs(&matrix(&g.gains)).unwrap(), g.pairs);
}

#[test]
fn disentanglement_and_completeness() {
    #[derive(Deserialize)]
    struct Golden {
        importance: Vec<Vec<f64>>,
        disentanglement: f64,
        each_code: Vec<f64>,
        completeness: f64,
        each_factor: Vec<f64>,
    }
    let g: Golden = golden("disentanglement");
    let importance = matrix(&g.importance);
    let (d, c) = (disentanglement(&importance).unwrap(), completeness(&importance).unwrap());
    near(d.each, &g.each_code, 1e-13);
    near(c.each, &g.each_factor, 1e-13);
    near([d.overall, c.overall], &[g.disentanglement, g.completeness], 1e-13);
}
