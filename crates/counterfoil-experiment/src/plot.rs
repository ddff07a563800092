//! Lines over an axis as SVG, in the colours of every drawing of this crate.

use std::ops::Range;

use plotters::{coord::Shift, prelude::*};

/// The axes and their words; the page's style sheet turns them over for a dark screen.
pub(crate) const INK: RGBColor = RGBColor(0x44, 0x4b, 0x55);
/// The lines of the grid; turned over like [`INK`].
pub(crate) const GRID: RGBColor = RGBColor(0xe3, 0xe6, 0xea);
/// Colours of series, apart from each other in every common form of colour blindness and legible on white and black.
pub(crate) const COLOURS: [RGBColor; 6] = [
    RGBColor(0x2f, 0x7d, 0xc1),
    RGBColor(0xe0, 0x6c, 0x2b),
    RGBColor(0x1f, 0x9d, 0x77),
    RGBColor(0xc0, 0x5a, 0xa0),
    RGBColor(0xb0, 0x8a, 0x12),
    RGBColor(0x7a, 0x80, 0x8a),
];

/// Width and height of a drawing, and of a panel among several, in pixels.
const SIZE: (u32, u32) = (720, 420);
const PANEL: (u32, u32) = (560, 360);

/// Points of a curve; more cannot be seen.
const POINTS: usize = 500;

/// A named line.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// What the legend calls it.
    pub name: String,
    /// Its points, from left to right.
    pub points: Vec<(f64, f64)>,
}

/// At most [`POINTS`] points: means over stretches of equal count.
pub(crate) fn thinned(points: &[(f64, f64)]) -> Vec<(f64, f64)> {
    let stretch = points.len().div_ceil(POINTS).max(1);
    let mean = |part: &[(f64, f64)]| {
        let n = part.len() as f64;
        let (x, y) = part.iter().fold((0.0, 0.0), |sum, p| (sum.0 + p.0, sum.1 + p.1));
        (x / n, y / n)
    };
    points.chunks(stretch).map(mean).collect()
}

/// Draws lines with a legend. Points that are no numbers are left out.
///
/// # Errors
/// In a sentence, when there is nothing to draw or the drawing fails.
pub fn lines(x: &str, y: &str, lines: &[Line]) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        panel(&area, x, y, lines)?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}

/// Draws several panels, two in a row, each with the words of its vertical axis; a line has the same colour in each.
///
/// # Errors
/// As [`lines`].
pub fn panels(x: &str, panels: &[(&str, Vec<Line>)]) -> Result<String, String> {
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns).max(1);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        for (area, (y, lines)) in root.split_evenly((rows, columns)).iter().zip(panels) {
            panel(area, x, y, lines)?;
        }
        // Once, behind all panels: it ends the document.
        root.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}

/// One pair of axes with its lines.
fn panel<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    x: &str,
    y: &str,
    lines: &[Line],
) -> Result<(), String> {
    let finite = |line: &Line| -> Vec<(f64, f64)> {
        line.points.iter().copied().filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    };
    let lines: Vec<Line> =
        lines.iter().map(|line| Line { points: finite(line), name: line.name.clone() }).collect();
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    if all().next().is_none() {
        return Err("there is nothing to draw".to_owned());
    }
    let range = |of: fn((f64, f64)) -> f64, above: f64| {
        let low = all().map(of).fold(f64::INFINITY, f64::min);
        let high = all().map(of).fold(f64::NEG_INFINITY, f64::max);
        // A constant line needs some room, too.
        let size = (high - low).max(high.abs() * 1e-3).max(1e-9);
        low - 0.04 * size..high + above * size
    };
    // The legend stands above the lines.
    let above = if has_legend(&lines) { 0.05 + 0.09 * lines.len() as f64 } else { 0.04 };
    draw(area, [x, y], &lines, range(|p| p.0, 0.04), range(|p| p.1, above))
        .map_err(|error| error.to_string())
}

/// One line needs no name, and of very many none could be told apart.
fn has_legend(lines: &[Line]) -> bool {
    lines.len() > 1 && lines.len() <= COLOURS.len()
}

/// A number beside an axis.
fn tick(value: f64) -> String {
    let text = format!("{value:.4}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

fn draw<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    [x, y]: [&str; 2],
    lines: &[Line],
    horizontal: Range<f64>,
    vertical: Range<f64>,
) -> Result<(), DrawingAreaErrorKind<DB::ErrorType>> {
    area.fill(&WHITE)?;
    let mut chart = ChartBuilder::on(area)
        .margin(8)
        .margin_right(20)
        .x_label_area_size(44)
        .y_label_area_size(66)
        .build_cartesian_2d(horizontal, vertical)?;
    chart
        .configure_mesh()
        .x_desc(x)
        .y_desc(y)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(("sans-serif", 15).into_font().color(&INK))
        .x_label_formatter(&|x| tick(*x))
        .y_label_formatter(&|y| tick(*y))
        .draw()?;
    for (k, line) in lines.iter().enumerate() {
        let colour = COLOURS[k % COLOURS.len()];
        chart
            .draw_series(LineSeries::new(line.points.clone(), colour.stroke_width(2)))?
            .label(line.name.clone())
            .legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], colour.stroke_width(2)));
    }
    if has_legend(lines) {
        chart
            .configure_series_labels()
            .position(SeriesLabelPosition::UpperRight)
            .background_style(WHITE.mix(0.8))
            .label_font(("sans-serif", 15).into_font().color(&INK))
            .draw()?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_one_document() {
        let line =
            |name: &str| Line { name: name.to_owned(), points: vec![(0.0, 1.0), (1.0, 2.0)] };
        let of = |y: &'static str| (y, vec![line("a"), line("b")]);
        let svg = panels("x", &[of("first"), of("second"), of("third")]).unwrap();
        assert_eq!(svg.matches("</svg>").count(), 1);
        assert!(svg.trim_end().ends_with("</svg>"));
        assert!(["first", "second", "third"].iter().all(|y| svg.contains(y)));
    }
}
