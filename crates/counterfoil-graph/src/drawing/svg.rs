//! A laid out graph written as an SVG picture.

use super::layout::{Line, MARK, Style, Tip, layout, tenths};
use crate::{
    Mark,
    formats::{Described, Part},
};
use std::fmt::Write as _;

const INK: &str = "#333333";

/// An SVG picture of the graph: boxes in layers, `->` with one head, `<->` dashed with two, a circle at each undecided
/// end, and edges without marks as plain lines. Hidden variables have dashed boxes; exposures, outcomes and variables
/// that are adjusted for or selected by are tinted green, blue and grey.
///
/// The width of a name is guessed from its number of letters, since no font is measured. See [`layout`] for the method.
pub fn to_svg(described: &Described) -> String {
    let graph = described.graph();
    // A box with many edges is wide enough to tell their ends apart.
    let room_for_ends = |node: usize| 11.0 * graph.adjacent(node).len() as f64 + 8.0;
    let widths: Vec<f64> = graph
        .variables()
        .enumerate()
        .map(|(node, variable)| box_width(variable.name()).max(room_for_ends(node)))
        .collect();
    let drawing = layout(graph, &widths, &Style::default());
    let mut text = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{w}\" height=\"{h}\" viewBox=\"0 0 {w} {h}\" \
         font-family=\"sans-serif\" font-size=\"15\" stroke-width=\"1.5\">\n",
        w = drawing.width,
        h = tenths(drawing.height),
    );
    for line in &drawing.lines {
        edge(&mut text, line);
    }
    for (node, (variable, frame)) in graph.variables().zip(&drawing.boxes).enumerate() {
        let fill = if described.part(Part::Exposure).contains(node) {
            "#d9efd4"
        } else if described.part(Part::Outcome).contains(node) {
            "#d3e5f7"
        } else if described.part(Part::Adjusted).contains(node)
            || described.part(Part::Selected).contains(node)
        {
            "#e2e2e2"
        } else {
            "#ffffff"
        };
        let dashes = if variable.is_latent() { " stroke-dasharray=\"4 3\"" } else { "" };
        let _ = writeln!(
            text,
            "<rect x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" rx=\"7\" fill=\"{fill}\" stroke=\"{INK}\"{dashes}/>",
            frame.x,
            tenths(frame.y),
            tenths(frame.width),
            frame.height,
        );
        let _ = writeln!(
            text,
            "<text x=\"{}\" y=\"{}\" dy=\"0.35em\" text-anchor=\"middle\" fill=\"#111111\">{}</text>",
            tenths(frame.x + 0.5 * frame.width),
            tenths(frame.y + 0.5 * frame.height),
            escaped(variable.name()),
        );
    }
    text.push_str("</svg>\n");
    text
}

fn edge(text: &mut String, line: &Line) {
    let dashes = if line.edge.is_bidirected() { " stroke-dasharray=\"5 4\"" } else { "" };
    let _ = writeln!(text, "<path d=\"{}\" fill=\"none\" stroke=\"{INK}\"{dashes}/>", line.path);
    for (mark, tip) in line.edge.marks().into_iter().zip(line.tips) {
        match mark {
            Mark::Tail => {}
            Mark::Arrow => head(text, tip),
            Mark::Circle => {
                let middle = if tip.from_above { tip.y - 0.5 * MARK } else { tip.y + 0.5 * MARK };
                let _ = writeln!(
                    text,
                    "<circle cx=\"{}\" cy=\"{}\" r=\"{}\" fill=\"#ffffff\" stroke=\"{INK}\"/>",
                    tip.x,
                    tenths(middle),
                    0.5 * MARK - 0.75
                );
            }
        }
    }
}

/// A triangle that points at the box.
fn head(text: &mut String, tip: Tip) {
    let back = tenths(if tip.from_above { tip.y - MARK } else { tip.y + MARK });
    let (left, right) = (tenths(tip.x - 0.45 * MARK), tenths(tip.x + 0.45 * MARK));
    let _ = writeln!(
        text,
        "<path d=\"M{} {} L{left} {back} L{right} {back} Z\" fill=\"{INK}\"/>",
        tip.x,
        tenths(tip.y)
    );
}

/// Room for a name at 15 pixels: letters taken as wide as in a wide font, those of eastern scripts as wide as high.
fn box_width(name: &str) -> f64 {
    let letter = |c: char| if u32::from(c) >= 0x1100 { 15.0 } else { 8.7 };
    name.chars().map(letter).sum::<f64>().max(22.0) + 22.0
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
