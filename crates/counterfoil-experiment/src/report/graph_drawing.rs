//! The causal graph on a report: what stands in the box of each variable. Where boxes and arrows stand the graph crate says.

use counterfoil_graph::{
    Dag, Kind, Variable,
    drawing::{self, Style},
};
use serde::Serialize;

use crate::numbers::{short, with_unit};

/// Boxes of two lines.
const STYLE: Style = Style { box_height: 50.0, room: 58.0, gap: 34.0 };

/// A graph laid out in a rectangle from (0, 0) to (`width`, `height`), as the page's template draws it.
#[derive(Debug, Serialize)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<Node>,
    /// Paths of SVG, one an arrow, which end where its head begins.
    pub(super) arrows: Vec<String>,
}

/// The box of a variable; (`x`, `y`) is its upper left corner.
#[derive(Debug, Serialize)]
pub(super) struct Node {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) name: String,
    /// Unit and range, in words.
    pub(super) about: String,
    pub(super) labelled: bool,
}

/// Lays out `graph`; nothing for the empty graph.
pub(super) fn layout(graph: &Dag) -> Option<Drawing> {
    if graph.is_empty() {
        return None;
    }
    let about: Vec<String> = graph.variables().map(about).collect();
    let named = || graph.variables().zip(&about);
    let widths: Vec<f64> =
        named().map(|(variable, about)| box_width(variable.name(), about)).collect();
    let laid = drawing::layout(graph, &widths, &STYLE);
    let node = |((variable, about), frame): ((&Variable, &String), &drawing::Frame)| Node {
        x: frame.x,
        y: frame.y,
        width: frame.width,
        height: frame.height,
        name: variable.name().to_owned(),
        about: about.clone(),
        labelled: variable.is_labelled(),
    };
    Some(Drawing {
        width: laid.width,
        height: laid.height,
        nodes: named().zip(&laid.boxes).map(node).collect(),
        arrows: laid.lines.into_iter().map(|line| line.path).collect(),
    })
}

fn about(variable: &Variable) -> String {
    let unit = variable.unit();
    match variable.kind() {
        _ if !variable.is_labelled() => "everything else".into(),
        Kind::Categorical { categories } => format!("one of {categories}"),
        Kind::Circular { period } => with_unit(&format!("turn of {}", short(period)), unit),
        Kind::Continuous if variable.has_range() => {
            let (low, high) = variable.range();
            with_unit(&format!("{} to {}", short(low), short(high)), unit)
        }
        Kind::Continuous => unit.unwrap_or("no range").to_owned(),
    }
}

/// Room for both lines at the sizes of the style sheet (16 and 12.5 pixels), letters taken as wide as in a wide font.
fn box_width(name: &str, about: &str) -> f64 {
    let letters = |text: &str| text.chars().count() as f64;
    (9.6 * letters(name)).max(7.2 * letters(about)).max(60.0) + 28.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chain_is_a_straight_line_and_boxes_say_what_they_hold() {
        let text = "digraph { t [unit=px, low=1, high=5.8]; i; s [role=unlabelled]; \
                    c [kind=categorical, categories=3]; a [kind=circular, period=360, unit=\"°\"]; t -> i; }";
        let drawing = layout(&Dag::from_dot(text).unwrap()).unwrap();
        let middle = |k: usize| drawing.nodes[k].x + 0.5 * drawing.nodes[k].width;
        assert!((middle(0) - middle(1)).abs() < 0.2);
        assert!(drawing.nodes.iter().all(|node| node.height == STYLE.box_height));
        assert_eq!(drawing.arrows.len(), 1);
        let about: Vec<&str> = drawing.nodes.iter().map(|n| n.about.as_str()).collect();
        assert_eq!(about[0], "1 to 5.8 px");
        assert_eq!(about[2..], ["everything else", "one of 3", "turn of 360 °"]);
        assert!(!drawing.nodes[2].labelled);
        assert!(layout(&Dag::from_dot("digraph {}").unwrap()).is_none());
    }
}
