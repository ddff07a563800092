//! Lines over an axis as SVG, in the colours of every drawing of this crate.

use std::ops::Range;

use plotters::{
    coord::{
        Shift,
        ranged1d::{BoldPoints, DefaultFormatting, KeyPointHint, Ranged},
        types::RangedCoordf64,
    },
    prelude::*,
};

use crate::numbers;

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

/// Lines of the points `(name, x, y)` with one name each, in the order in which the names first come.
pub(crate) fn by_name(points: impl IntoIterator<Item = (String, f64, f64)>) -> Vec<Line> {
    let mut lines: Vec<Line> = Vec::new();
    for (name, x, y) in points {
        match lines.iter_mut().find(|line| line.name == name) {
            Some(line) => line.points.push((x, y)),
            None => lines.push(Line { name, points: vec![(x, y)] }),
        }
    }
    lines
}

/// An axis: what stands beside it, and whether equal ratios are equally far apart on it.
#[derive(Clone, Debug, PartialEq)]
pub struct Axis {
    /// The words beside it.
    pub title: String,
    /// Whether it is logarithmic; what is not above 0 has no place on it then.
    pub logarithmic: bool,
}

impl Axis {
    /// An axis of equal steps.
    pub fn linear(title: impl Into<String>) -> Self {
        Self { title: title.into(), logarithmic: false }
    }

    /// An axis of equal ratios.
    pub fn logarithmic(title: impl Into<String>) -> Self {
        Self { title: title.into(), logarithmic: true }
    }

    /// Where a value stands on it.
    fn place(&self, value: f64) -> f64 {
        if self.logarithmic { value.log10() } else { value }
    }

    /// The places from the lowest to the highest, with some room beside them, and the ticks among them.
    fn scale(&self, places: impl Iterator<Item = f64> + Clone, above: f64) -> Scale {
        let low = places.clone().fold(f64::INFINITY, f64::min);
        let high = places.fold(f64::NEG_INFINITY, f64::max);
        // A constant line needs some room, too.
        let size = (high - low).max(high.abs() * 1e-3).max(1e-9);
        let range = low - 0.04 * size..high + above * size;
        let places = RangedCoordf64::from(range.clone());
        let ticks = if self.logarithmic {
            let ends = [range.start, range.end].map(|place| 10f64.powf(place));
            ticks(ends[0], ends[1]).into_iter().map(f64::log10).collect()
        } else {
            places.key_points(BoldPoints(TICKS))
        };
        Scale { places, ticks }
    }

    /// The number beside a tick.
    fn label(&self, place: f64) -> String {
        if !self.logarithmic {
            return tick(place);
        }
        let text = numbers::short(10f64.powf(place));
        text.strip_prefix("1 × ").map(str::to_owned).unwrap_or(text)
    }
}

/// A range of places with its ticks. (Of plotters' own, one that has ticks given has no words for them.)
struct Scale {
    places: RangedCoordf64,
    ticks: Vec<f64>,
}

impl Ranged for Scale {
    type FormatOption = DefaultFormatting;
    type ValueType = f64;

    fn map(&self, place: &f64, limit: (i32, i32)) -> i32 {
        self.places.map(place, limit)
    }

    fn key_points<Hint: KeyPointHint>(&self, _: Hint) -> Vec<f64> {
        self.ticks.clone()
    }

    fn range(&self) -> Range<f64> {
        self.places.range()
    }
}

/// At most as many ticks on an axis of equal steps.
const TICKS: usize = 10;

/// Round numbers between `low` and `high` to write beside a logarithmic axis: powers of ten where there are three or
/// more of them, otherwise their doubles and fives too, and equal steps where that leaves fewer than two.
pub(crate) fn ticks(low: f64, high: f64) -> Vec<f64> {
    let decades = low.log10().floor() as i32..=high.log10().ceil() as i32;
    let of = |steps: &[f64]| -> Vec<f64> {
        let decade = |e: i32| steps.iter().map(move |s| s * 10f64.powi(e));
        decades.clone().flat_map(decade).filter(|x| (low..=high).contains(x)).collect()
    };
    let (powers, fives) = (of(&[1.0]), of(&[1.0, 2.0, 5.0]));
    match (powers.len(), fives.len()) {
        (3.., _) => powers,
        (_, 2..) => fives,
        _ => RangedCoordf64::from(low..high).key_points(BoldPoints(TICKS / 2)),
    }
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

/// Draws lines with a legend. Points that have no place on the axes, such as those that are no numbers, are left out.
///
/// # Errors
/// In a sentence, when there is nothing to draw or the drawing fails.
pub fn lines(x: &Axis, y: &Axis, lines: &[Line]) -> Result<String, String> {
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        panel(&area, [x, y], lines)?;
        area.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}

/// Draws several panels, two in a row, each with its vertical axis; a line has the same colour in each.
///
/// # Errors
/// As [`lines`].
pub fn panels(x: &Axis, panels: &[(Axis, Vec<Line>)]) -> Result<String, String> {
    let columns = panels.len().clamp(1, 2);
    let rows = panels.len().div_ceil(columns).max(1);
    let size = (PANEL.0 * columns as u32, PANEL.1 * rows as u32);
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        for (area, (y, lines)) in root.split_evenly((rows, columns)).iter().zip(panels) {
            panel(area, [x, y], lines)?;
        }
        // Once, behind all panels: it ends the document.
        root.present().map_err(|error| error.to_string())?;
    }
    Ok(svg)
}

/// One pair of axes with its lines.
fn panel<DB: DrawingBackend>(
    area: &DrawingArea<DB, Shift>,
    axes: [&Axis; 2],
    lines: &[Line],
) -> Result<(), String> {
    let placed = |line: &Line| -> Vec<(f64, f64)> {
        let places = line.points.iter().map(|(x, y)| (axes[0].place(*x), axes[1].place(*y)));
        places.filter(|(x, y)| x.is_finite() && y.is_finite()).collect()
    };
    let lines: Vec<Line> =
        lines.iter().map(|line| Line { points: placed(line), name: line.name.clone() }).collect();
    let all = || lines.iter().flat_map(|line| line.points.iter().copied());
    if all().next().is_none() {
        return Err("there is nothing to draw".to_owned());
    }
    // The legend stands above the lines, in its share of the panel's height.
    let above = if has_legend(&lines) {
        let share = 0.07 + 0.065 * lines.len() as f64;
        share / (1.0 - share)
    } else {
        0.04
    };
    let scales =
        [axes[0].scale(all().map(|p| p.0), 0.04), axes[1].scale(all().map(|p| p.1), above)];
    draw(area, axes, &lines, scales).map_err(|error| error.to_string())
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
    [x, y]: [&Axis; 2],
    lines: &[Line],
    [horizontal, vertical]: [Scale; 2],
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
        .x_desc(&x.title)
        .y_desc(&y.title)
        .light_line_style(TRANSPARENT)
        .bold_line_style(GRID)
        .axis_style(INK)
        .label_style(("sans-serif", 15).into_font().color(&INK))
        .x_label_formatter(&|place| x.label(*place))
        .y_label_formatter(&|place| y.label(*place))
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

/// How many axes of a drawing have this number beside them.
#[cfg(test)]
pub(crate) fn beside(svg: &str, number: &str) -> usize {
    svg.lines().filter(|line| line.trim() == number).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn panels_are_one_document() {
        let line =
            |name: &str| Line { name: name.to_owned(), points: vec![(0.0, 1.0), (1.0, 2.0)] };
        let of = |y: &str| (Axis::linear(y), vec![line("a"), line("b")]);
        let svg = panels(&Axis::linear("x"), &[of("first"), of("second"), of("third")]).unwrap();
        assert_eq!(svg.matches("</svg>").count(), 1);
        assert!(svg.trim_end().ends_with("</svg>"));
        assert!(["first", "second", "third"].iter().all(|y| svg.contains(y)));
    }
    #[test]
    fn a_logarithmic_axis_shows_the_values_themselves() {
        let shares = [0.0, 0.01, 0.1, 1.0].map(|x| (x, 2.0));
        let line = Line { name: "a".to_owned(), points: shares.to_vec() };
        let svg =
            lines(&Axis::logarithmic("share"), &Axis::linear("y"), std::slice::from_ref(&line))
                .unwrap();
        for label in ["0.01", "0.1", "1"] {
            assert_eq!(beside(&svg, label), 1, "{label} stands beside the axis once:\n{svg}");
        }
        let nothing = Line { points: vec![(0.0, 1.0), (-1.0, 1.0)], ..line };
        let refused = lines(&Axis::logarithmic("share"), &Axis::linear("y"), &[nothing]);
        assert!(refused.unwrap_err().contains("nothing to draw"));
    }

    #[test]
    fn ticks_are_few_and_round() {
        assert_eq!(ticks(0.09, 1.3), [0.1, 0.2, 0.5, 1.0]);
        let powers: Vec<String> = ticks(2e-4, 3.0).into_iter().map(numbers::short).collect();
        assert_eq!(powers, ["0.001", "0.01", "0.1", "1"]);
        let equal: Vec<String> = ticks(0.43, 0.49).into_iter().map(numbers::short).collect();
        assert_eq!(equal, ["0.44", "0.46", "0.48"]);
        assert_eq!(ticks(1.0, 1.0), [1.0]);
    }
}
