//! Where the boxes of nodes and the lines of edges of a graph stand on paper.

use super::layers::{Place, arrange, of_nodes};
use crate::{Edge, Mark, MixedGraph};
use std::fmt::Write as _;

/// The width that an edge passing through a layer keeps free.
const PASSAGE: f64 = 12.0;
const MARGIN: f64 = 8.0;
/// The distance of an edge's end from its box.
const CLEAR: f64 = 2.0;
/// The distance of two ends at one box, where there is room.
const STEP: f64 = 16.0;
/// How long an arrowhead and how wide a circle is.
pub(super) const MARK: f64 = 9.0;

/// Measures of a drawing, in pixels.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Style {
    /// The height of a box.
    pub box_height: f64,
    /// The room between two layers.
    pub room: f64,
    /// The least distance of two boxes side by side.
    pub gap: f64,
}

impl Default for Style {
    /// Boxes of one line.
    fn default() -> Self {
        Self { box_height: 36.0, room: 62.0, gap: 26.0 }
    }
}

/// A graph laid out in a rectangle from (0, 0) to (`width`, `height`), in pixels, y downward.
#[derive(Clone, Debug, PartialEq)]
pub struct Drawing {
    /// Width of the picture.
    pub width: f64,
    /// Height of the picture.
    pub height: f64,
    /// The box of each node, in the order of the graph.
    pub boxes: Vec<Frame>,
    /// The line of each edge, in the order of [`MixedGraph::mixed_edges`].
    pub lines: Vec<Line>,
}

/// A box; (`x`, `y`) is its upper left corner.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Frame {
    /// Left side.
    pub x: f64,
    /// Upper side.
    pub y: f64,
    /// Width.
    pub width: f64,
    /// Height.
    pub height: f64,
}

/// The line of an edge. It leaves and meets its boxes vertically, runs straight down between the boxes that it passes,
/// and bends between the layers only.
#[derive(Clone, Debug, PartialEq)]
pub struct Line {
    /// The edge.
    pub edge: Edge,
    /// The path in SVG's language, from one tip's inner end to the other's.
    pub path: String,
    /// Where the two ends of [`Edge::ends`] are, in that order.
    pub tips: [Tip; 2],
}

/// The end of a line at a box.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Tip {
    /// Distance from the left.
    pub x: f64,
    /// Distance from the top of the point that touches the box.
    pub y: f64,
    /// `true` when the line comes from above: it ends at the upper side of its box.
    pub from_above: bool,
}

impl Tip {
    /// Where the line begins behind a mark of length `length`.
    fn behind(self, length: f64) -> f64 {
        if self.from_above { self.y - length } else { self.y + length }
    }
}

/// Lays out a graph of any class whose nodes have boxes of these widths, in pixels. Causes stand above effects; edges
/// without an arrowhead lead downward too, and `<->` within a layer is an arc above it.
///
/// The layered method of Sugiyama, Tagawa and Toda (1981). `O((n + m l) log n)` for `l` layers.
///
/// # Panics
/// When there are fewer widths than nodes.
pub fn layout(graph: &MixedGraph, widths: &[f64], style: &Style) -> Drawing {
    let &Style { box_height, room, gap } = style;
    let layers = of_nodes(graph);
    let edges = graph.mixed_edges();
    let mut places: Vec<Place> =
        (0..graph.len()).map(|node| Place::new(widths[node], layers[node])).collect();
    let chains: Vec<Vec<usize>> =
        edges.iter().map(|edge| chain(&mut places, edge.ends())).collect();
    arrange(&mut places, gap);

    let left = places.iter().map(|p| p.x - 0.5 * p.width).fold(f64::INFINITY, f64::min);
    let right = places.iter().map(|p| p.x + 0.5 * p.width).fold(f64::NEG_INFINITY, f64::max);
    for place in &mut places {
        place.x = tenths(place.x + MARGIN - left);
    }
    // Arcs over the uppermost layer need room too.
    let is_arc =
        |chain: &[usize]| chain.len() == 2 && places[chain[0]].layer == places[chain[1]].layer;
    let arc_on_top = chains.iter().any(|chain| is_arc(chain) && places[chain[0]].layer == 0);
    let head = MARGIN + if arc_on_top { 0.75 * room } else { 0.0 };
    let top = |layer: usize| head + (box_height + room) * layer as f64;

    let ports = ports(graph.len(), &places, &chains);
    let lines = edges.iter().zip(&chains).zip(&ports).map(|((&edge, chain), &[first, last])| {
        let tip = |place: usize, x: f64, from_above: bool| {
            let y = top(places[place].layer);
            Tip { x, y: if from_above { y - CLEAR } else { y + box_height + CLEAR }, from_above }
        };
        let arc = is_arc(chain);
        let tips = [tip(chain[0], first, arc), tip(chain[chain.len() - 1], last, true)];
        // The chain leads downward, whichever end of the edge that is.
        let upper_first = edge.ends()[0] == chain[0];
        let marks = if upper_first { edge.marks() } else { [edge.marks()[1], edge.marks()[0]] };
        let lengths = marks.map(|mark| if mark == Mark::Tail { 0.0 } else { MARK });
        let path = if arc {
            arc_path(tips, lengths, room)
        } else {
            let sides = |layer: usize| [top(layer), top(layer) + box_height];
            path(chain, &places, &sides, tips, lengths)
        };
        Line { edge, path, tips: if upper_first { tips } else { [tips[1], tips[0]] } }
    });
    let lines: Vec<Line> = lines.collect();
    let boxes = (0..graph.len()).map(|node| {
        let place = &places[node];
        Frame {
            x: tenths(place.x - 0.5 * place.width),
            y: top(place.layer),
            width: place.width,
            height: box_height,
        }
    });
    let deepest = layers.iter().max().copied().unwrap_or(0);
    Drawing {
        width: if graph.is_empty() { 2.0 * MARGIN } else { (right - left + 2.0 * MARGIN).ceil() },
        height: if graph.is_empty() { 2.0 * MARGIN } else { top(deepest) + box_height + MARGIN },
        boxes: boxes.collect(),
        lines,
    }
}

/// The places that an edge runs through, from the upper end to the lower one, a free one in each layer between.
fn chain(places: &mut Vec<Place>, [a, b]: [usize; 2]) -> Vec<usize> {
    let (upper, lower) = if places[b].layer < places[a].layer { (b, a) } else { (a, b) };
    let mut chain = vec![upper];
    for layer in places[upper].layer + 1..places[lower].layer {
        places.push(Place::new(PASSAGE, layer));
        chain.push(places.len() - 1);
    }
    chain.push(lower);
    if places[upper].layer < places[lower].layer {
        for pair in chain.windows(2) {
            places[pair[0]].below.push(pair[1]);
            places[pair[1]].above.push(pair[0]);
        }
    }
    chain
}

/// Where each line meets its two boxes, from left to right: the ends at one side of a box are spread in the order of
/// where they come from.
fn ports(n: usize, places: &[Place], chains: &[Vec<usize>]) -> Vec<[f64; 2]> {
    // For each node the ends at its lower and at its upper side: where from, which line, which end of it.
    let mut sides: Vec<[Vec<(f64, usize, usize)>; 2]> = vec![Default::default(); n];
    for (line, chain) in chains.iter().enumerate() {
        let last = chain.len() - 1;
        let arc = places[chain[0]].layer == places[chain[last]].layer;
        let [first_next, last_next] = [places[chain[1]].x, places[chain[last - 1]].x];
        sides[chain[0]][usize::from(arc)].push((first_next, line, 0));
        sides[chain[last]][1].push((last_next, line, 1));
    }
    let mut ports: Vec<[f64; 2]> = vec![[0.0; 2]; chains.len()];
    for (node, sides) in sides.into_iter().enumerate() {
        for mut ends in sides {
            ends.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
            let step = STEP.min(0.8 * places[node].width / ends.len().max(1) as f64);
            let middle = 0.5 * (ends.len().max(1) - 1) as f64;
            for (k, (_, line, end)) in ends.into_iter().enumerate() {
                ports[line][end] = tenths(places[node].x + step * (k as f64 - middle));
            }
        }
    }
    ports
}

/// A path down a chain, from under the first box to above the last; `sides` are the upper and the lower one of a layer's boxes.
fn path(
    chain: &[usize],
    places: &[Place],
    sides: &dyn Fn(usize) -> [f64; 2],
    tips: [Tip; 2],
    lengths: [f64; 2],
) -> String {
    let (mut x, mut y) = (tips[0].x, tips[0].behind(lengths[0]));
    let mut path = format!("M{x} {}", tenths(y));
    for (k, &place) in chain.iter().enumerate().skip(1) {
        let last = k + 1 == chain.len();
        let [upper_side, lower_side] = sides(places[place].layer);
        let (to_x, to_y) = if last {
            (tips[1].x, tips[1].behind(lengths[1]))
        } else {
            (places[place].x, upper_side)
        };
        let bend = tenths(0.5 * (y + to_y));
        let _ = write!(path, " C{x} {bend} {to_x} {bend} {to_x} {}", tenths(to_y));
        (x, y) = (to_x, to_y);
        if !last {
            y = lower_side;
            let _ = write!(path, " L{x} {}", tenths(y));
        }
    }
    path
}

/// An arc above a layer, higher where it reaches farther, but below the layer above.
fn arc_path([from, to]: [Tip; 2], lengths: [f64; 2], room: f64) -> String {
    let height = (28.0 + 0.12 * (from.x - to.x).abs()).min(0.95 * room);
    let over = tenths(from.y - height);
    let [y0, y1] = [from.behind(lengths[0]), to.behind(lengths[1])].map(tenths);
    format!("M{} {y0} C{} {over} {} {over} {} {y1}", from.x, from.x, to.x, to.x)
}

pub(super) fn tenths(x: f64) -> f64 {
    (10.0 * x).round() / 10.0
}
