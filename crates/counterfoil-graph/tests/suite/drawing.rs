//! Drawn graphs: boxes apart, lines between the right boxes and clear of the others. Comparisons are exact up to the
//! tenth of a pixel to which places are rounded.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use crate::{draws, formats::described};
use counterfoil_graph::{
    MixedGraph, admg,
    drawing::{Drawing, Frame, Style, layout, to_svg},
    formats::{Described, Format},
};
use proptest::prelude::*;

/// Rounding moves a place by less.
const TENTH: f64 = 0.11;

/// Of boxes as high as one line, or as high as two and farther apart.
fn drawn_as(graph: &MixedGraph, style: &Style) -> Drawing {
    let widths: Vec<f64> = (0..graph.len()).map(|node| 40.0 + 17.0 * (node % 4) as f64).collect();
    layout(graph, &widths, style)
}

fn drawn(graph: &MixedGraph) -> Drawing {
    drawn_as(graph, &Style::default())
}

fn numbers_of(path: &str) -> Vec<f64> {
    let numbers = path.split(|c: char| c.is_alphabetic() || c == ' ');
    numbers.filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect()
}

fn boxes_are_apart(drawing: &Drawing) -> Result<(), TestCaseError> {
    for (k, a) in drawing.boxes.iter().enumerate() {
        prop_assert!(a.x >= 0.0 && a.x + a.width <= drawing.width + TENTH);
        prop_assert!(a.y >= 0.0 && a.y + a.height <= drawing.height);
        for b in &drawing.boxes[..k] {
            let beside = a.x + a.width < b.x || b.x + b.width < a.x;
            prop_assert!(beside || (a.y - b.y).abs() > a.height, "{a:?} {b:?}");
        }
    }
    Ok(())
}

fn lines_join_their_boxes(graph: &MixedGraph, drawing: &Drawing) -> Result<(), TestCaseError> {
    prop_assert_eq!(drawing.lines.len(), graph.edge_count());
    for (line, edge) in drawing.lines.iter().zip(graph.mixed_edges()) {
        prop_assert_eq!(line.edge, edge);
        for (tip, end) in line.tips.iter().zip(edge.ends()) {
            let frame = drawing.boxes[end];
            let side = if tip.from_above { frame.y } else { frame.y + frame.height };
            prop_assert!((tip.y - side).abs() <= 3.0, "{line:?} {frame:?}");
            prop_assert!(tip.x >= frame.x && tip.x <= frame.x + frame.width, "{line:?} {frame:?}");
        }
        // Wherever the path is level with a box, it runs straight down and beside it.
        for passage in line.path.split('C').filter_map(|bend| bend.split_once('L')) {
            let [x, bottom] = numbers_of(passage.1)[..] else { unreachable!() };
            let is_level = |frame: &&Frame| (frame.y + frame.height - bottom).abs() < TENTH;
            for frame in drawing.boxes.iter().filter(is_level) {
                prop_assert!(
                    x < frame.x || x > frame.x + frame.width,
                    "{} meets {frame:?}",
                    line.path
                );
            }
        }
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn causes_stand_above_their_effects(graph in draws::admg(9)) {
        let drawing = drawn(&graph);
        boxes_are_apart(&drawing)?;
        lines_join_their_boxes(&graph, &drawing)?;
        for (cause, effect) in graph.directed_edges() {
            let (cause, effect) = (drawing.boxes[cause], drawing.boxes[effect]);
            prop_assert!(cause.y + cause.height < effect.y);
        }
    }

    /// Cycles, circles and several edges between two nodes are drawn as well, and the picture says everything once.
    #[test]
    fn any_graph_is_drawn(described in described()) {
        let graph = described.graph();
        let tall = Style { box_height: 50.0, room: 58.0, gap: 34.0 };
        let of_two_lines = drawn_as(graph, &tall);
        boxes_are_apart(&of_two_lines)?;
        lines_join_their_boxes(graph, &of_two_lines)?;
        let drawing = drawn(graph);
        boxes_are_apart(&drawing)?;
        lines_join_their_boxes(graph, &drawing)?;
        let svg = to_svg(&described);
        prop_assert_eq!(svg.matches("<rect ").count(), graph.len());
        prop_assert_eq!(svg.matches("fill=\"none\"").count(), graph.edge_count());
        prop_assert!(!svg.contains("NaN") && !svg.contains("inf\""));
    }
}

#[test]
fn a_chain_is_a_straight_line_and_a_long_edge_goes_around() {
    let graph = admg! { a -> b -> c }.unwrap();
    let middle = |frame: &Frame| frame.x + 0.5 * frame.width;
    let middles: Vec<f64> = drawn(&graph).boxes.iter().map(middle).collect();
    assert!(middles.iter().all(|x| (x - middles[0]).abs() < 2.0 * TENTH), "{middles:?}");

    let graph = admg! { a -> b -> c; a <-> c }.unwrap();
    let drawing = drawn(&graph);
    let (b, long) = (drawing.boxes[1], &drawing.lines[1]);
    assert!(long.edge.is_bidirected());
    let xs: Vec<f64> = numbers_of(&long.path).into_iter().step_by(2).collect();
    assert!(xs.iter().any(|x| *x > b.x + b.width || *x < b.x), "{xs:?}");
}

#[test]
fn a_picture_shows_marks_parts_and_odd_names() {
    let text = "pag { \"a<b&c\" [exposure] u [latent] y [outcome] \"a<b&c\" @-> y; u <-> y; u @-@ \"a<b&c\" }";
    let svg = to_svg(&Format::Dagitty.read(text).unwrap());
    assert!(svg.contains(">a&lt;b&amp;c</text>"));
    assert_eq!(svg.matches("<circle ").count(), 3);
    // Heads: one at y of @->, two of <->.
    assert_eq!(svg.matches(" Z\"").count(), 3);
    // A dashed line and a dashed box.
    assert_eq!(svg.matches("stroke-dasharray").count(), 2);
    let empty = Described::from(&admg! {}.unwrap());
    assert!(to_svg(&empty).starts_with("<svg "));
}
