//! A trained run asked the same questions in several ways, and the figures drawn.

use std::sync::atomic::AtomicBool;

use counterfoil_diffusion::Abduction as _;
use counterfoil_tensor::parse_device;

use super::perform::same_data;
use crate::{
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    evaluate::{
        prepare::Prepared,
        solvers::{self, Asked, Priced},
        strength::{self, Strength},
    },
    plot::{self, Axis},
    progress::Reporter,
    run_dir::RunDir,
    trained::{Trained, Which},
};

/// The model of a run, ready to answer. Nothing is written into the run but what an evaluation keeps of its weights.
fn open(
    run: &RunDir,
    device: Option<&str>,
    reporter: &mut dyn Reporter,
) -> Result<(Config, Data, Prepared)> {
    let config = run.config()?;
    let data = Data::load(&config)?;
    same_data(run, &data)?;
    let device = parse_device(device.unwrap_or(&config.sections().device))?;
    let trained = Trained::load(run, &config, Which::Latest, device)?;
    let prepared = Prepared::kept_or_new(run, &config, &data, trained, reporter)?;
    Ok((config, data, prepared))
}

/// Answers the same questions about a trained run with several methods between image and noise.
///
/// # Errors
/// As [`solvers::price`].
pub fn price(
    run: &RunDir,
    device: Option<&str>,
    asked: &Asked,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Vec<Priced>> {
    let (config, data, prepared) = open(run, device, reporter)?;
    solvers::price(&config, &data, &prepared, asked, reporter, interrupt)
}

/// Answers the same questions about a trained run at several guidance weights.
///
/// # Errors
/// As [`strength::strengths`].
pub fn strengths(
    run: &RunDir,
    device: Option<&str>,
    guidance: &[f64],
    images: usize,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Vec<Strength>> {
    let (config, data, prepared) = open(run, device, reporter)?;
    strength::strengths(&config, &data, &prepared, guidance, images, reporter, interrupt)
}

/// Figures against network calls as one drawing: composition on a logarithmic axis, then the means of what interventions
/// set and change, the abduction slope and the share of kept classes.
///
/// # Errors
/// When the drawing fails.
pub fn prices_svg(priced: &[Priced]) -> Result<String> {
    let points = priced
        .iter()
        .map(|price| (price.solver.method.name().to_owned(), price.evaluations as f64, price));
    drawing(
        &Axis::logarithmic("network calls"),
        &points.collect::<Vec<_>>(),
        &[
            (Axis::logarithmic("composition error"), "composition"),
            (Axis::linear("effect error, share of leaving as it is"), "do("),
            (Axis::linear("abduction slope"), "abduction slope"),
            (Axis::linear("share of classes kept"), "kept under"),
        ],
    )
}

/// Figures against the guidance weight, each as its mean over what is set: effects, the abduction slope, the image error and the
/// share of kept classes.
///
/// # Errors
/// When the drawing fails.
pub fn strengths_svg(strengths: &[Strength]) -> Result<String> {
    let mut points = Vec::new();
    for Strength { guidance, answers } in strengths {
        points.push(("mean".to_owned(), *guidance, answers));
    }
    drawing(
        &Axis::linear("guidance weight"),
        &points,
        &[
            (Axis::linear("effect error, share of leaving as it is"), "do("),
            (Axis::linear("abduction slope"), "abduction slope"),
            (Axis::linear("image error, share of leaving as it is"), "image error"),
            (Axis::linear("share of classes kept"), "kept under"),
        ],
    )
}

/// One panel for each `(axis, beginning of the figures' names)`: the mean of these figures over `x`, one line a name. Panels
/// of figures that nothing has are left out.
fn drawing(x: &Axis, points: &[(String, f64, &Priced)], panels: &[(Axis, &str)]) -> Result<String> {
    let mean = |price: &Priced, begins: &str| -> Option<f64> {
        let figures = price.figures.iter().filter(|(name, _)| name.starts_with(begins));
        let found: Vec<f64> = figures.map(|(_, figure)| figure.value).collect();
        (!found.is_empty()).then(|| found.iter().sum::<f64>() / found.len() as f64)
    };
    let lines = |begins: &str| {
        let named = points
            .iter()
            .filter_map(|(name, x, price)| Some((name.clone(), *x, mean(price, begins)?)));
        plot::by_name(named)
    };
    let panels: Vec<_> = panels
        .iter()
        .map(|(axis, begins)| (axis.clone(), lines(begins)))
        .filter(|(_, lines)| !lines.is_empty())
        .collect();
    plot::panels(x, &panels)
        .map_err(|reason| ExperimentError::Syntax { origin: "the drawing".to_owned(), reason })
}
