//! How training went: the numbers of `events.jsonl` as curves, on a logarithmic scale where they span decades.

use std::error::Error;

use plotters::{coord::combinators::BindKeyPoints, prelude::*};
use serde::Serialize;

use crate::{
    numbers,
    plot::{COLOURS, GRID, INK, thinned, ticks},
    run_dir::{Event, Part},
};

/// Width and height in pixels of the screen at the size the page is laid out for.
const SIZE: (u32, u32) = (560, 330);

/// One drawing.
#[derive(Debug, Serialize)]
pub(super) struct Chart {
    /// What it shows.
    pub(super) title: String,
    /// What each colour stands for.
    pub(super) legend: Vec<Entry>,
    /// Whether it is of interest to few.
    pub(super) aside: bool,
    /// The drawing. Its only words are numbers and the names of the axes, which are this module's own.
    pub(super) svg: String,
}

/// One line of a legend.
#[derive(Debug, Serialize)]
pub(super) struct Entry {
    colour: String,
    name: String,
}

/// A named curve over steps.
struct Series {
    name: String,
    points: Vec<(f64, f64)>,
    /// Draws the points themselves and not a running mean over them.
    sparse: bool,
}

/// The charts that `events` give: the loss, its terms, and how the optimiser fared; none without events.
pub(super) fn charts(events: &[Event]) -> Result<Vec<Chart>, Box<dyn Error>> {
    let mut names: Vec<&str> = Vec::new();
    for event in events.iter().filter(|e| e.split == Part::Train) {
        if !names.contains(&event.name.as_str()) {
            names.push(&event.name);
        }
    }
    let series = |name: &str, part: Part, title: &str| Series {
        name: title.to_owned(),
        points: events
            .iter()
            .filter(|e| e.name == name && e.split == part && e.value > 0.0 && e.value.is_finite())
            .map(|e| (e.step as f64, e.value))
            .collect(),
        sparse: part != Part::Train,
    };
    let loss = vec![
        series("loss", Part::Train, "training batches"),
        series("loss", Part::Validation, "validation images (averaged weights)"),
    ];
    let aside = ["loss", "learning_rate", "gradient_norm"];
    let terms = names.iter().filter(|name| !aside.contains(name));
    let terms: Vec<Series> = terms.map(|name| series(name, Part::Train, name)).collect();
    let optimiser = vec![
        series("gradient_norm", Part::Train, "gradient norm before clipping"),
        series("learning_rate", Part::Train, "learning rate"),
    ];
    let mut charts = Vec::new();
    for (title, axis, aside, series) in [
        ("Loss", "loss", false, loss),
        ("Terms of the loss on training batches, unweighted", "term", false, terms),
        ("The optimiser", "value", true, optimiser),
    ] {
        let series: Vec<Series> = series.into_iter().filter(|s| s.points.len() > 1).collect();
        if series.is_empty() {
            continue;
        }
        let legend = series.iter().enumerate().map(|(k, s)| {
            let RGBColor(r, g, b) = colour(k);
            Entry { colour: format!("#{r:02x}{g:02x}{b:02x}"), name: s.name.clone() }
        });
        charts.push(Chart {
            title: title.to_owned(),
            legend: legend.collect(),
            aside,
            svg: draw(&series, axis)?,
        });
    }
    Ok(charts)
}

fn colour(series: usize) -> RGBColor {
    COLOURS[series % COLOURS.len()]
}

fn draw(series: &[Series], axis: &str) -> Result<String, Box<dyn Error>> {
    let all = || series.iter().flat_map(|s| &s.points);
    let last = all().map(|p| p.0).fold(1.0, f64::max);
    let low = all().map(|p| p.1).fold(f64::INFINITY, f64::min) / 1.15;
    let high = all().map(|p| p.1).fold(0.0, f64::max) * 1.15;
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        let mut chart = ChartBuilder::on(&root)
            .margin(6)
            .margin_right(18)
            .x_label_area_size(44)
            .y_label_area_size(62)
            .build_cartesian_2d(
                0.0..last,
                (low..high).log_scale().with_key_points(ticks(low, high)),
            )?;
        chart
            .configure_mesh()
            .x_desc("step")
            .y_desc(axis)
            .x_labels(6)
            .light_line_style(TRANSPARENT)
            .bold_line_style(GRID)
            .axis_style(INK)
            .label_style(("sans-serif", 15).into_font().color(&INK))
            .x_label_formatter(&|x| numbers::count(*x as u64))
            .y_label_formatter(&|y| numbers::short(*y))
            .draw()?;
        for (k, s) in series.iter().enumerate() {
            let colour = colour(k);
            if s.sparse {
                chart.draw_series(LineSeries::new(s.points.clone(), colour.stroke_width(2)))?;
                let dot = |p: &(f64, f64)| Circle::new(*p, 3, colour.filled());
                chart.draw_series(s.points.iter().map(dot))?;
            } else {
                let pale = colour.mix(0.3).stroke_width(1);
                chart.draw_series(LineSeries::new(thinned(&s.points), pale))?;
                let mean = thinned(&smoothed(&s.points));
                chart.draw_series(LineSeries::new(mean, colour.stroke_width(2)))?;
            }
        }
        root.present()?;
    }
    Ok(svg)
}

/// The geometric mean, as suits a logarithmic scale, over a window of a thirtieth of the curve, cut at its ends.
fn smoothed(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let reach = points.len() / 60;
    let mean = |(k, (x, _)): (usize, &(f64, f64))| {
        // The window shrinks alike on both sides, so that a falling curve is not drawn askew at its ends.
        let reach = reach.min(k).min(points.len() - 1 - k);
        let window = &points[k - reach..=k + reach];
        let logs: f64 = window.iter().map(|p| p.1.ln()).sum();
        (*x, (logs / window.len() as f64).exp())
    };
    points.iter().enumerate().map(mean).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn event(step: u64, name: &str, value: f64, split: Part) -> Event {
        Event { step, wall: step as f64, name: name.into(), value, split }
    }

    #[test]
    fn every_number_of_training_has_its_place() {
        let mut events = Vec::new();
        for step in 1..2000 {
            let value = 1.0 / step as f64;
            for name in ["loss", "denoise", "<b>term", "learning_rate"] {
                events.push(event(step, name, value, Part::Train));
            }
            if step % 500 == 0 {
                events.push(event(step, "loss", value, Part::Validation));
            }
        }
        let charts = charts(&events).unwrap();
        let names: Vec<Vec<&str>> =
            charts.iter().map(|c| c.legend.iter().map(|e| e.name.as_str()).collect()).collect();
        assert_eq!(names[1..], [vec!["denoise", "<b>term"], vec!["learning rate"]]);
        assert_eq!(names[0].len(), 2);
        for chart in &charts {
            // Names of terms come from files: they belong into the escaped legend, not into the drawing.
            assert!(!chart.svg.contains("term<") && !chart.svg.contains("<b>"));
            assert!(chart.svg.starts_with("<svg") && chart.svg.len() < 100_000);
        }
        assert_eq!(charts[0].svg.matches("<circle").count(), 3);
    }

    #[test]
    fn what_a_logarithm_cannot_show_is_left_out() {
        assert!(charts(&[]).unwrap().is_empty());
        let flat: Vec<Event> = (0..9)
            .map(|k| event(k, "u", 0.0, Part::Train))
            .chain([event(9, "u", f64::NAN, Part::Train)])
            .collect();
        assert!(charts(&flat).unwrap().is_empty());
        let constant: Vec<Event> = (0..9).map(|k| event(k, "loss", 0.5, Part::Train)).collect();
        assert_eq!(charts(&constant).unwrap().len(), 1);
    }

    /// Float: both are means, so a geometric series keeps its ends and its sum of logarithms within rounding.
    #[test]
    fn smoothing_follows_a_falling_curve() {
        let points: Vec<(f64, f64)> = (0..600).map(|k| (f64::from(k), 0.99f64.powi(k))).collect();
        for (smooth, raw) in smoothed(&points).iter().zip(&points) {
            assert!((smooth.1 / raw.1 - 1.0).abs() < 1e-12, "{smooth:?} {raw:?}");
        }
        assert_eq!(thinned(&points).len(), 300);
    }
}
