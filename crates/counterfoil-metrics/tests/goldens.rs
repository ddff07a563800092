//! Figures of this crate against NumPy, SciPy, scikit-learn, scikit-image and minepy's C library.
//!
//! `tests/goldens/metrics.json` holds inputs and figures and is made by `docs/goldens/metrics.py`, `mine.json` beside it
//! by `docs/goldens/mine.py`. Comparison class: float, two implementations in f64 of the same formula; the bound stands at each comparison.

use approx::assert_relative_eq;
use counterfoil_metrics::{
    assignment::best_pairs,
    bootstrap::Bootstrap,
    disentanglement::{completeness, disentanglement},
    frechet::{Gaussian, distance},
    grouping::Grouping,
    image,
    information::mutual_information,
    irs::irs,
    line::least_squares,
    mig::mig,
    mine::{Characteristic, Grids},
    minimality::{self, Encodings, Query},
    ridge::Ridge,
    sap::sap,
    statistics::{pearson, quantile, spearman, variance},
    trees::{Boosting, Trees},
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

/// Rows to fit, their values, fresh rows, and what others make of them under several settings.
fn regression<C: DeserializeOwned>(group: &str) -> (Array2<f64>, Array1<f64>, Array2<f64>, Vec<C>) {
    #[derive(Deserialize)]
    struct Golden<C> {
        x: Vec<Vec<f64>>,
        y: Vec<f64>,
        fresh: Vec<Vec<f64>>,
        cases: Vec<C>,
    }
    let g: Golden<C> = golden(group);
    (matrix(&g.x), Array1::from(g.y), matrix(&g.fresh), g.cases)
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
    let (x, y, fresh, cases) = regression::<Case>("ridge");
    for case in cases {
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

#[test]
fn gaps_of_correlation_and_information() {
    #[derive(Deserialize)]
    struct Golden {
        codes: Vec<Vec<f64>>,
        factors: Vec<Vec<f64>>,
        sap: f64,
        sap_scores: Vec<Vec<f64>>,
        code_bins: usize,
        factor_bins: usize,
        mig: f64,
        mig_scores: Vec<Vec<f64>>,
    }
    let g: Golden = golden("gaps");
    let (codes, factors) = (matrix(&g.codes), matrix(&g.factors));
    let ours = sap(&codes, &factors).unwrap();
    near(ours.scores.iter().copied(), &g.sap_scores.concat(), 1e-12);
    assert_relative_eq!(ours.mean, g.sap, epsilon = 1e-12);
    let [of_codes, of_factors] = [g.code_bins, g.factor_bins].map(Grouping::EqualWidth);
    let ours = mig(&codes, &factors, of_codes, of_factors).unwrap();
    near(ours.scores.iter().copied(), &g.mig_scores.concat(), 1e-12);
    assert_relative_eq!(ours.mean, g.mig, epsilon = 1e-12);
}

#[test]
fn interventional_robustness() {
    #[derive(Deserialize)]
    struct Golden {
        codes: Vec<Vec<f64>>,
        factors: Vec<Vec<f64>>,
        bins: usize,
        quantile: f64,
        scores: Vec<Vec<f64>>,
        overall: f64,
    }
    let g: Golden = golden("robustness");
    let grouping = Grouping::EqualWidth(g.bins);
    let ours = irs(&matrix(&g.codes), &matrix(&g.factors), grouping, g.quantile).unwrap();
    near(ours.scores.iter().copied(), &g.scores.concat(), 1e-12);
    assert_relative_eq!(ours.overall, g.overall, epsilon = 1e-12);
}

#[test]
fn boosted_trees() {
    #[derive(Deserialize)]
    struct Case {
        #[serde(flatten)]
        settings: Boosting,
        importance: Vec<f64>,
        predictions: Vec<f64>,
    }
    let (x, y, fresh, cases) = regression::<Case>("trees");
    for case in cases {
        let trees = Trees::fit(&x, &y, &case.settings).unwrap();
        // The same cuts; sums of a few hundred residuals in another order, over up to 60 trees.
        near(trees.importance().to_vec(), &case.importance, 1e-10);
        near(trees.predict(&fresh).unwrap(), &case.predictions, 1e-10);
    }
}

#[test]
fn characteristic_matrices() {
    #[derive(Deserialize)]
    struct Case {
        #[serde(flatten)]
        grids: Grids,
        equi: bool,
        x: Vec<f64>,
        y: Vec<f64>,
        cells: Vec<Vec<f64>>,
        mic: f64,
        mas: f64,
        tic: f64,
        mean: f64,
    }
    #[derive(Deserialize)]
    struct Golden {
        cases: Vec<Case>,
    }
    let g: Golden = serde_json::from_str(include_str!("goldens/mine.json")).expect("JSON");
    for case in g.cases {
        let of = if case.equi { Characteristic::equi } else { Characteristic::of };
        let ours = of(&case.x, &case.y, &case.grids).unwrap();
        assert_eq!(ours.cells.len(), case.cells.len());
        for (ours, theirs) in ours.cells.iter().zip(&case.cells) {
            near(ours.iter().copied(), theirs, 1e-11);
        }
        near(
            [ours.mic(), ours.asymmetry(), ours.tic(), ours.mean()],
            &[case.mic, case.mas, case.tic, case.mean],
            1e-10,
        );
    }
}

#[test]
fn counterfactual_latent_divergence() {
    #[derive(Deserialize)]
    struct Golden {
        real: Vec<Vec<f64>>,
        log_real: Vec<Vec<f64>>,
        groups: Vec<usize>,
        made: Vec<Vec<f64>>,
        log_made: Vec<Vec<f64>>,
        images: Vec<usize>,
        asked: Vec<usize>,
        each: Vec<f64>,
        divergence: f64,
    }
    let g: Golden = golden("minimality");
    let [real, log_real] = [g.real, g.log_real].map(|rows| matrix(&rows));
    let [made, log_made] = [g.made, g.log_made].map(|rows| matrix(&rows));
    let first = [&made, &log_made, &real, &log_real].map(|block| block.row(0).to_owned());
    let divergence = minimality::gaussian(&first[0], &first[1], &first[2], &first[3]).unwrap();
    // Their integral is a sum of twenty terms, exact for a parabola.
    assert_relative_eq!(divergence, g.divergence, epsilon = 1e-11);
    let queries: Vec<Query> =
        g.images.iter().zip(&g.asked).map(|(&image, &asked)| Query { image, asked }).collect();
    let ours = minimality::minimality(
        &Encodings { mean: &real, log_deviation: &log_real },
        &g.groups,
        &Encodings { mean: &made, log_deviation: &log_made },
        &queries,
        &Bootstrap { rounds: 10, ..Bootstrap::new(1) },
    )
    .unwrap();
    near(
        ours.each.into_iter().map(|score| score.expect("every query has company")),
        &g.each,
        1e-13,
    );
}
