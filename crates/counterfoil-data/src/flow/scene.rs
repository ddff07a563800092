//! What flowing water looks like: a vessel with a ball and a hole, the water and its jet.

use crate::canvas::{BLACK, Canvas, Colour, Point, disc, rectangle, ribbon};

const WHITE: Colour = [255.0; 3];
const LIGHT_SKY_BLUE: Colour = [135.0, 206.0, 250.0];
const FIREBRICK: Colour = [178.0, 34.0, 34.0];

/// Width and height of the scene in its own lengths.
const EXTENT: f64 = 20.0;
/// Inner sides of the walls, and their height.
const WALLS: [f64; 2] = [3.0, 8.0];
const TOP: f64 = 19.0;
/// Thickness of wall and ground.
const WALL: f64 = 0.5;
/// The upper side of the ground.
const GROUND: f64 = 0.5;
/// Height of the opening in the wall, above the height of the hole, and of the jet that fills it.
const OPENING: f64 = 0.7;
/// Straight pieces of the jet.
const PIECES: usize = 24;

/// The picture for ball, height, hole and flow.
pub(super) fn draw([ball, height, hole, flow]: [f64; 4], side: usize) -> Canvas {
    let zoom = side as f64 / EXTENT;
    let place = |[x, y]: Point| [zoom * x, zoom * (EXTENT - y)];
    let block = |low: Point, high: Point| {
        let (a, b) = (place(low), place(high));
        rectangle([a[0], b[1]], [b[0], a[1]])
    };
    let [left, right] = WALLS;
    let level = (5.0 + height).clamp(GROUND, TOP);
    let hole = hole / 3.0;
    let mut canvas = Canvas::new(side, WHITE);

    canvas.fill(&[block([left, GROUND], [right, level])], LIGHT_SKY_BLUE, 1.0);
    let radius = (2.0 * ball / 30.0).max(0.0);
    canvas.fill(&[disc(place([5.5, GROUND + radius]), zoom * radius)], FIREBRICK, 1.0);

    let fall = (hole - GROUND).max(1e-3);
    let distance = (flow / 10.0).clamp(0.0, 1e3);
    let axis = hole + 0.5 * OPENING;
    // The jet falls from the middle of the opening and ends in the ground.
    let bottom = ((axis - GROUND + 0.5 * OPENING) / fall).max(0.0).sqrt();
    let along = |k: usize| {
        let t = bottom * k as f64 / PIECES as f64;
        place([right + distance * t, axis - fall * t * t])
    };
    let line: Vec<Point> = (0..=PIECES).map(along).collect();
    canvas.fill(&[ribbon(&line, zoom * OPENING)], LIGHT_SKY_BLUE, 1.0);

    canvas.fill(&[block([0.0, 0.0], [EXTENT, GROUND])], BLACK, 1.0);
    canvas.fill(&[block([left - WALL, 0.0], [left, TOP])], BLACK, 1.0);
    canvas.fill(&[block([right, 0.0], [right + WALL, hole])], BLACK, 1.0);
    let above = (hole + OPENING).min(TOP);
    canvas.fill(&[block([right, above], [right + WALL, TOP])], BLACK, 1.0);
    canvas
}
