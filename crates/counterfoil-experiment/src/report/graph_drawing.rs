//! Where the variables of a causal graph stand on paper: causes above effects, in layers.
//!
//! The layered method of Sugiyama, Tagawa and Toda (1981, "Methods for visual understanding of hierarchical system
//! structures"): a variable's layer is the length of the longest path to it; an arrow that spans several layers gets a
//! free place in each; variables are ordered within a layer by the mean place of their neighbours, and moved as near to
//! these as the distances between boxes allow. `O((V + E) log V)` a sweep. The page's template draws what is laid out here.

use counterfoil_graph::{Dag, Kind, Variable};
use serde::Serialize;

use crate::numbers::{short, with_unit};

const BOX_HEIGHT: f64 = 50.0;
const LAYER: f64 = 108.0;
const GAP: f64 = 34.0;
/// The width that an arrow passing through a layer keeps free.
const PASSAGE: f64 = 14.0;
const MARGIN: f64 = 6.0;
/// The distance of an arrow's end from its box.
const TIP: f64 = 3.0;
const SWEEPS: usize = 12;

/// A graph laid out in a rectangle from (0, 0) to (`width`, `height`).
#[derive(Debug, Serialize)]
pub(super) struct Drawing {
    pub(super) width: f64,
    pub(super) height: f64,
    pub(super) nodes: Vec<Node>,
    /// Paths of SVG, one an arrow.
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

/// Something that takes a place in a layer.
struct Place {
    width: f64,
    layer: usize,
    above: Vec<usize>,
    below: Vec<usize>,
    /// The middle.
    x: f64,
}

/// Lays out `graph`; nothing for the empty graph.
pub(super) fn layout(graph: &Dag) -> Option<Drawing> {
    if graph.is_empty() {
        return None;
    }
    let layers = layers(graph);
    let mut places: Vec<Place> = (0..graph.len())
        .map(|v| {
            let variable = graph.variable(v);
            let width = box_width(variable.name(), &about(variable));
            Place { width, layer: layers[v], above: vec![], below: vec![], x: 0.0 }
        })
        .collect();
    let chains: Vec<Vec<usize>> =
        graph.edges().map(|(from, to)| chain(&mut places, from, to)).collect();
    arrange(&mut places);

    let right = places.iter().map(|p| p.x + 0.5 * p.width).fold(0.0, f64::max);
    let left = places.iter().map(|p| p.x - 0.5 * p.width).fold(f64::INFINITY, f64::min);
    for place in &mut places {
        place.x += MARGIN - left;
    }
    let top = |layer: usize| MARGIN + LAYER * layer as f64;
    let deepest = layers.iter().max().copied().unwrap_or(0);
    let nodes = (0..graph.len()).map(|v| {
        let (variable, place) = (graph.variable(v), &places[v]);
        Node {
            x: tenths(place.x - 0.5 * place.width),
            y: top(place.layer),
            width: place.width,
            height: BOX_HEIGHT,
            name: variable.name().to_owned(),
            about: about(variable),
            labelled: variable.is_labelled(),
        }
    });
    Some(Drawing {
        width: (right - left + 2.0 * MARGIN).ceil(),
        height: top(deepest) + BOX_HEIGHT + MARGIN,
        nodes: nodes.collect(),
        arrows: chains.iter().map(|chain| arrow(chain, &places, &top)).collect(),
    })
}

/// The longest path that leads to each variable.
fn layers(graph: &Dag) -> Vec<usize> {
    let mut layers = vec![0; graph.len()];
    for &v in graph.topological_order() {
        layers[v] = graph.parents(v).iter().map(|&p| layers[p] + 1).max().unwrap_or(0);
    }
    layers
}

/// The places that an arrow runs through, a free one in each layer between its ends.
fn chain(places: &mut Vec<Place>, from: usize, to: usize) -> Vec<usize> {
    let mut chain = vec![from];
    for layer in places[from].layer + 1..places[to].layer {
        places.push(Place { width: PASSAGE, layer, above: vec![], below: vec![], x: 0.0 });
        chain.push(places.len() - 1);
    }
    chain.push(to);
    for pair in chain.windows(2) {
        places[pair[0]].below.push(pair[1]);
        places[pair[1]].above.push(pair[0]);
    }
    chain
}

/// Orders the places of every layer and moves them near their neighbours, downward and upward in turn.
fn arrange(places: &mut [Place]) {
    let deepest = places.iter().map(|p| p.layer).max().unwrap_or(0);
    let mut rows: Vec<Vec<usize>> = vec![Vec::new(); deepest + 1];
    for (k, place) in places.iter().enumerate() {
        rows[place.layer].push(k);
    }
    for row in &rows {
        settle(places, row, |places, k| places[k].x);
    }
    for sweep in 0..SWEEPS {
        let downward = sweep % 2 == 0;
        let mean = |places: &[Place], k: usize| {
            let near = if downward { &places[k].above } else { &places[k].below };
            let sum: f64 = near.iter().map(|&n| places[n].x).sum();
            if near.is_empty() { places[k].x } else { sum / near.len() as f64 }
        };
        let mut order: Vec<usize> = (0..rows.len()).collect();
        if !downward {
            order.reverse();
        }
        for layer in order {
            let wanted: Vec<f64> = (0..places.len()).map(|k| mean(places, k)).collect();
            // Stable, so that ties keep the order of the file.
            rows[layer].sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
            settle(places, &rows[layer], |_, k| wanted[k]);
        }
    }
}

/// Puts the places of a row, in their order, as near as possible to where they are `wanted` without touching: the least
/// squares under minimal distances, which is isotonic regression of what is left when the distances are taken off.
fn settle(places: &mut [Place], row: &[usize], wanted: impl Fn(&[Place], usize) -> f64) {
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(row.len());
    // Pools of neighbours that move as one: their sum and their number.
    let mut pools: Vec<(f64, usize)> = Vec::new();
    for (k, &place) in row.iter().enumerate() {
        if let Some(before) = k.checked_sub(1) {
            offset += 0.5 * (places[row[before]].width + places[place].width) + GAP;
        }
        offsets.push(offset);
        let mut pool = (wanted(places, place) - offset, 1);
        while let Some(&last) = pools.last() {
            if last.0 / last.1 as f64 <= pool.0 / pool.1 as f64 {
                break;
            }
            pool = (pool.0 + last.0, pool.1 + last.1);
            pools.pop();
        }
        pools.push(pool);
    }
    let shared = pools.iter().flat_map(|(sum, n)| std::iter::repeat_n(sum / *n as f64, *n));
    for ((&place, offset), shared) in row.iter().zip(offsets).zip(shared) {
        places[place].x = shared + offset;
    }
}

/// A path along a chain, from under the first box to above the last: it bends only between layers, where no box is, and
/// runs straight down through the places that it passes.
fn arrow(chain: &[usize], places: &[Place], top: &dyn Fn(usize) -> f64) -> String {
    let at = |k: usize| (tenths(places[chain[k]].x), top(places[chain[k]].layer));
    let bends = (1..chain.len()).map(|k| {
        let ((x0, y0), (x1, y1)) = (at(k - 1), at(k));
        let (from, last) = (y0 + BOX_HEIGHT, k + 1 == chain.len());
        let to = if last { y1 - TIP } else { y1 };
        let bend = tenths(0.5 * (from + to));
        let passage = if last { String::new() } else { format!(" L{x1} {}", y1 + BOX_HEIGHT) };
        format!(" C{x0} {bend} {x1} {bend} {x1} {to}{passage}")
    });
    let (x, y) = at(0);
    format!("M{x} {}{}", y + BOX_HEIGHT, bends.collect::<Vec<_>>().concat())
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

fn tenths(x: f64) -> f64 {
    (10.0 * x).round() / 10.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A graph of `n` variables with an edge for each pair that `bits` names.
    fn graph(n: usize, bits: &[bool]) -> Dag {
        let node = |v| format!("v{v} [low=0, high={}, unit={}];", v + 1, "x".repeat(v + 1));
        let nodes = (0..n).map(node).collect::<Vec<_>>().concat();
        let pairs = (0..n).flat_map(|to| (0..to).map(move |from| (from, to)));
        let named = pairs.zip(bits).filter(|(_, bit)| **bit);
        let edges: Vec<String> = named.map(|((from, to), _)| format!("v{from} -> v{to}")).collect();
        Dag::from_dot(&format!("digraph {{ {nodes} {} }}", edges.join("; "))).unwrap()
    }

    fn numbers_of(path: &str) -> Vec<f64> {
        let numbers = path.split(|c: char| c.is_alphabetic() || c == ' ');
        numbers.filter(|s| !s.is_empty()).map(|s| s.parse().unwrap()).collect()
    }

    proptest! {
        #[test]
        fn boxes_never_touch_and_arrows_point_down(
            n in 1usize..9,
            bits in proptest::collection::vec(any::<bool>(), 36),
        ) {
            let graph = graph(n, &bits);
            let drawing = layout(&graph).unwrap();
            for (k, a) in drawing.nodes.iter().enumerate() {
                prop_assert!(a.x >= 0.0 && a.x + a.width <= drawing.width);
                prop_assert!(a.y >= 0.0 && a.y + a.height <= drawing.height);
                for b in &drawing.nodes[..k] {
                    let beside = a.x + a.width < b.x || b.x + b.width < a.x;
                    prop_assert!(beside || (a.y - b.y).abs() > BOX_HEIGHT);
                }
            }
            for ((from, to), path) in graph.edges().zip(&drawing.arrows) {
                let (from, to) = (&drawing.nodes[from], &drawing.nodes[to]);
                prop_assert!(from.y + from.height < to.y);
                let heights: Vec<f64> = numbers_of(path).into_iter().skip(1).step_by(2).collect();
                prop_assert!(heights.is_sorted(), "{heights:?}");
                prop_assert_eq!(heights[0], from.y + from.height);
                // Wherever the path is level with a box, it runs straight down and beside it.
                for passage in path.split('C').filter_map(|bend| bend.split_once('L')) {
                    let [x, bottom] = numbers_of(passage.1)[..] else { unreachable!() };
                    let level = drawing.nodes.iter().filter(|n| n.y + n.height == bottom);
                    for node in level {
                        prop_assert!(x < node.x || x > node.x + node.width, "{path} meets {node:?}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_long_arrow_goes_around_what_it_passes() {
        let graph = Dag::from_dot("digraph { a; b; c; a -> b -> c; a -> c; }").unwrap();
        let drawing = layout(&graph).unwrap();
        let b = &drawing.nodes[1];
        let long = graph.edges().position(|edge| edge == (0, 2)).unwrap();
        let xs: Vec<f64> = numbers_of(&drawing.arrows[long]).into_iter().step_by(2).collect();
        assert!(xs.iter().any(|x| *x > b.x + b.width || *x < b.x), "{xs:?}");
    }

    #[test]
    fn a_chain_is_a_straight_line_and_boxes_say_what_they_hold() {
        let text = "digraph { t [unit=px, low=1, high=5.8]; i; s [role=unlabelled]; \
                    c [kind=categorical, categories=3]; a [kind=circular, period=360, unit=\"°\"]; t -> i; }";
        let drawing = layout(&Dag::from_dot(text).unwrap()).unwrap();
        let middle = |k: usize| drawing.nodes[k].x + 0.5 * drawing.nodes[k].width;
        assert!((middle(0) - middle(1)).abs() < 0.2);
        let about: Vec<&str> = drawing.nodes.iter().map(|n| n.about.as_str()).collect();
        assert_eq!(about[0], "1 to 5.8 px");
        assert_eq!(about[2..], ["everything else", "one of 3", "turn of 360 °"]);
        assert!(!drawing.nodes[2].labelled);
        assert!(layout(&Dag::from_dot("digraph {}").unwrap()).is_none());
    }
}
