//! What the circuit looks like from above: a table, an arm that turns about its base, three buttons and their lamps.

use super::{BUTTONS, pressure};
use crate::canvas::{BLACK, Canvas, Colour, Point, disc, ellipse, stroke};
use std::f64::consts::PI;

/// Numbers of the style: place of the camera (2), tone of the table, bend of the elbow, length of the arm's parts.
pub(super) const STYLE: usize = 5;

/// Base of the arm, in widths of the image.
const BASE: Point = [0.5, 0.93];
/// Distance of the hand and of the buttons from the base.
const HAND: f64 = 0.5;
/// Distance of the lamps.
const LAMP: f64 = 0.76;
const TABLE: Colour = [224.0, 214.0, 198.0];
const STEEL: Colour = [116.0, 124.0, 138.0];
const DARK: Colour = [52.0, 56.0, 64.0];
/// Blue, green and red, lit.
const LIT: [Colour; 3] = [[70.0, 140.0, 255.0], [60.0, 225.0, 90.0], [255.0, 72.0, 60.0]];

/// The picture for arm, blue, green and red.
pub(super) fn draw([arm, blue, green, red]: [f64; 4], style: &[f64], side: usize) -> Canvas {
    let zoom = side as f64;
    let number = |k: usize| style.get(k).copied().unwrap_or(0.0).clamp(-2.5, 2.5);
    let shift = [0.008 * number(0), 0.008 * number(1)];
    let place = |p: Point| [0, 1].map(|i| zoom * (p[i] + shift[i]));
    let round = |canvas: &mut Canvas, at: Point, radius: f64, colour: Colour, opacity: f64| {
        canvas.fill(&[disc(place(at), zoom * radius)], colour, opacity);
    };
    let tone = (6.0 * number(2)) as f32;
    let mut canvas = Canvas::new(side, TABLE.map(|c| (c + tone).min(255.0)));

    let arm = arm.clamp(-0.5, 1.5);
    for (k, brightness) in [blue, green, red].into_iter().enumerate() {
        let brightness = brightness.clamp(0.0, 1.0);
        let lamp = around(BUTTONS[k], LAMP);
        // Light on the table falls off from the lamp.
        for ring in 1..=4 {
            let radius = 0.09 + 0.022 * f64::from(ring);
            round(&mut canvas, lamp, radius, LIT[k], 0.16 * brightness);
        }
        round(&mut canvas, lamp, 0.092, DARK, 1.0);
        let glass = LIT[k].map(|c| (0.13 + 0.87 * brightness as f32) * c);
        round(&mut canvas, lamp, 0.076, glass, 1.0);
        // A pressed button sinks into its frame.
        let button = around(BUTTONS[k], HAND);
        let pressed = pressure(arm, BUTTONS[k]);
        round(&mut canvas, button, 0.068, DARK, 1.0);
        round(&mut canvas, button, 0.056 - 0.012 * pressed, LIT[k].map(|c| 0.6 * c), 1.0);
    }

    let hand = around(arm, HAND);
    let elbow = elbow(hand, 0.285 + 0.012 * number(4), number(3));
    // The shadow first: the same shapes, moved and faint.
    for (offset, opacity) in [(0.014, 0.18), (0.0, 1.0)] {
        let colour = |c: Colour| if offset > 0.0 { BLACK } else { c };
        let at = |p: Point| [p[0] + offset, p[1] + offset];
        for (from, to, width) in [(BASE, elbow, 0.062), (elbow, hand, 0.048)] {
            let outline = stroke(place(at(from)), place(at(to)), zoom * width);
            canvas.fill(&[outline], colour(STEEL), opacity);
        }
        round(&mut canvas, at(elbow), 0.038, colour(DARK), opacity);
        round(&mut canvas, at(hand), 0.03, colour(DARK), opacity);
    }
    let base = ellipse(place(BASE), [zoom * 0.12, zoom * 0.09], 0.0);
    canvas.fill(&[base], DARK, 1.0);
    round(&mut canvas, BASE, 0.045, STEEL, 1.0);
    canvas
}

/// A place on an arc about the base; 0 is its left end, 1 its right end.
fn around(arc: f64, distance: f64) -> Point {
    let (sin, cos) = (PI * (0.75 - 0.5 * arc)).sin_cos();
    [BASE[0] + distance * cos, BASE[1] - distance * sin]
}

/// The elbow of two parts of equal length between base and hand; the bend decides the side and how far.
fn elbow(hand: Point, part: f64, bend: f64) -> Point {
    let [dx, dy] = [hand[0] - BASE[0], hand[1] - BASE[1]];
    let length = dx.hypot(dy);
    let most = (part * part - 0.25 * length * length).max(0.0).sqrt();
    // Between straight and fully bent, either side, without a jump from one to the other.
    let out = most * (0.8 * bend).tanh() / length.max(1e-9);
    [BASE[0] + 0.5 * dx - out * dy, BASE[1] + 0.5 * dy + out * dx]
}
