//! The world `pendulum` is the published one where it says so, and exact everywhere.
#![expect(clippy::unwrap_used, reason = "helpers of tests")]

use counterfoil_data::{
    Dataset, World, generate,
    pendulum::{GRID, Pendulum, Variant, published_split, shadow},
};
use counterfoil_graph::Intervention;
use proptest::prelude::*;
use std::{collections::BTreeMap, path::Path};

fn render(world: &Pendulum, values: [f64; 4]) -> Vec<u8> {
    let mut pixels = vec![7; world.image_shape().iter().product()];
    world.render(&values, &world.draw(0, 0), &mut pixels);
    pixels
}

fn scene(world: &Pendulum, angle: f64, light: f64) -> Vec<u8> {
    let [length, position] = shadow(angle, light);
    render(world, [angle, light, length, position])
}

fn golden(angle: i32, light: i32) -> image::RgbaImage {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/goldens");
    let file = folder.join(format!("pendulum_{angle}_{light}.png"));
    image::load_from_memory(&fs_err::read(file).unwrap()).unwrap().into_rgba8()
}

/// Float class against matplotlib, which flattens a circle to a polygon that strays from it by up to 0.05 pixel: 13 grey
/// levels of 255 on the outline. Measured: 13 levels at most, about 40 pixels off by more than 2, 0.021 on average.
#[test]
fn published_images_are_those_of_matplotlib() {
    let world = Pendulum::published().unwrap();
    for (angle, light) in [(0, 75), (-40, 60), (43, 147), (17, 99), (-23, 130), (5, 101)] {
        let found = scene(&world, f64::from(angle), f64::from(light));
        let golden = golden(angle, light);
        let (mut worst, mut sum) = (0, 0.0);
        for (p, expected) in golden.pixels().enumerate() {
            for channel in 0..4 {
                let error = expected.0[channel].abs_diff(found[channel * 96 * 96 + p]);
                worst = worst.max(error);
                sum += f64::from(error);
            }
        }
        let mean = sum / (4.0 * 96.0 * 96.0);
        assert!(worst <= 16 && mean < 0.03, "angle {angle}, light {light}: {worst}, {mean}");
    }
}

/// The places and counts that are on record for one published image: lines exact, discs within the three pixels that their
/// polygons decide.
#[test]
fn the_recorded_pixels_of_one_image() {
    let world = Pendulum::published().unwrap();
    let found = scene(&world, 0.0, 75.0);
    let pixel = |row: usize, column: usize| [0, 1, 2].map(|c| found[(c * 96 + row) * 96 + column]);
    let places = || (0..96).flat_map(|row| (0..96).map(move |column| (row, column)));
    let count = |colour: [u8; 3]| places().filter(|(r, c)| pixel(*r, *c) == colour).count();
    for (colour, recorded) in [([255, 165, 0], 190), ([178, 34, 34], 80), ([255; 3], 96 * 96 - 515)]
    {
        let found = count(colour);
        assert!(
            found.abs_diff(recorded) <= 3,
            "{found} pixels of {colour:?}, recorded are {recorded}"
        );
    }
    let black: Vec<_> = places().filter(|(r, c)| pixel(*r, *c) == [0; 3]).collect();
    let rod: Vec<_> = black.iter().filter(|(row, _)| *row < 80).collect();
    assert!(rod.iter().all(|(row, column)| *row >= 47 && (47..=50).contains(column)));
    assert!((47..=50).all(|column| rod.contains(&&(47, column))), "{rod:?}");
    let sun: Vec<_> = places().filter(|(r, c)| pixel(*r, *c) == [255, 165, 0]).collect();
    assert!(sun.iter().all(|(row, column)| (12..=23).contains(row) && (53..=75).contains(column)));
    let shadow: Vec<_> = black.iter().filter(|(row, _)| *row >= 80).copied().collect();
    let expected: Vec<_> = (82..85).flat_map(|row| (32..47).map(move |c| (row, c))).collect();
    assert_eq!(shadow, expected);
}

/// Exact: whole angles in the published order, the zenith left out, and the published counts.
#[test]
fn the_grid_is_the_published_one() {
    let data = generate(Pendulum::new(8, Variant::Grid).unwrap(), GRID, 5).unwrap();
    let labels = data.labels();
    let mut k = 0;
    for i in -40..44 {
        for j in (60..148).filter(|j| *j != 100) {
            assert_eq!((labels[[k, 0]], labels[[k, 1]]), (f64::from(i), f64::from(j)));
            k += 1;
        }
    }
    assert_eq!(k, 7308);
    let clamped = labels.column(2).iter().filter(|length| **length == 3.0).count();
    assert!((clamped as f64 / k as f64 - 0.396).abs() < 5e-4, "{clamped} of {k}");
    let split = published_split();
    assert_eq!((split.train.len(), split.test.len()), (5482, 1826));
    assert_eq!((&split.train[..5], split.test[0]), (&[0, 1, 2, 3, 5][..], 4));
}

fn act(data: &Dataset, pairs: &[(&str, f64)]) -> Intervention {
    let pairs = pairs.iter().map(|(name, value)| (data.graph().index_of(name).unwrap(), *value));
    Intervention::from_pairs(data.graph(), pairs).unwrap()
}

/// Exact: nothing set, or what was there set, is the image itself.
#[test]
fn the_null_intervention_changes_nothing() {
    for variant in [Variant::Noisy, Variant::Exact, Variant::Grid, Variant::Published] {
        let data = generate(Pendulum::new(48, variant).unwrap(), 12, 1).unwrap();
        for k in 0..data.len() {
            let own = data.labels()[[k, 0]];
            for pairs in [&[][..], &[("angle", own)]] {
                let found = data.counterfactual_image(k, &act(&data, pairs)).unwrap().unwrap();
                assert_eq!(found, data.images().get(k));
            }
        }
    }
}

/// Float (1e-9): the shadow follows the law, and its noise stays: the ratio of lengths and the difference of places.
#[test]
fn the_shadow_follows_with_its_own_noise() {
    let data = generate(Pendulum::new(48, Variant::Noisy).unwrap(), 40, 2).unwrap();
    let mut moved = 0;
    for k in 0..data.len() {
        let own = data.labels().row(k).to_vec();
        let action = act(&data, &[("angle", -own[0])]);
        let found = data.counterfactual_labels(k, &action).unwrap().unwrap();
        let (before, after) = (shadow(own[0], own[1]), shadow(-own[0], own[1]));
        assert_eq!((found[0], found[1]), (-own[0], own[1]));
        assert!((found[2] / after[0] - own[2] / before[0]).abs() < 1e-9);
        assert!((found[3] - after[1] - (own[3] - before[1])).abs() < 1e-9);
        moved += usize::from((found[3] - own[3]).abs() > 1e-6);
        // Setting an effect moves no cause.
        let set = data.counterfactual_labels(k, &act(&data, &[("shadow_length", 5.0)])).unwrap();
        assert_eq!(set.unwrap(), [own[0], own[1], 5.0, own[3]]);
    }
    assert_eq!(moved, 40);
}

/// Exact: the image is that of the counterfactual labels; with nothing random besides, they determine it.
#[test]
fn a_counterfactual_is_rendered_from_its_labels() {
    let world = || Pendulum::new(48, Variant::Noisy).unwrap();
    let data = generate(world(), 10, 3).unwrap();
    for k in 0..data.len() {
        let action = act(&data, &[("light", 70.0)]);
        let labels = data.counterfactual_labels(k, &action).unwrap().unwrap();
        let labels: [f64; 4] = labels.try_into().unwrap();
        let image = data.counterfactual_image(k, &action).unwrap().unwrap();
        assert_eq!(image, render(&world(), labels));
        assert_ne!(image, data.images().get(k));
    }
}

/// Monte-Carlo: uniform causes within 5 standard errors, uncorrelated; noise of the stated spread.
#[test]
fn labels_have_the_stated_moments() {
    let world = Pendulum::new(4, Variant::Noisy).unwrap();
    let n = 20_000;
    let rows: Vec<Vec<f64>> = (0..n)
        .map(|k| world.scm().predict(&world.draw(4, k).noise, &Intervention::none()))
        .collect();
    let mean = |f: &dyn Fn(&[f64]) -> f64| rows.iter().map(|r| f(r)).sum::<f64>() / n as f64;
    let root = (n as f64).sqrt();
    for (column, low, high) in [(0, -40.0, 43.0), (1, 60.0, 147.0)] {
        let sd = (high - low) / 12.0f64.sqrt();
        let centre = f64::midpoint(low, high);
        assert!((mean(&|r| r[column]) - centre).abs() < 5.0 * sd / root);
        let variance = mean(&|r| (r[column] - centre).powi(2));
        assert!((variance / (sd * sd) - 1.0).abs() < 5.0 * 0.8f64.sqrt() / root);
    }
    let product = mean(&|r| (r[0] - 1.5) * (r[1] - 103.5));
    assert!(product.abs() < 5.0 * (83.0 * 87.0 / 12.0) / root, "{product}");
    let spread = mean(&|r| (r[3] - shadow(r[0], r[1])[1]).powi(2)).sqrt();
    assert!((spread / 0.6 - 1.0).abs() < 5.0 * 0.5f64.sqrt() / root, "{spread}");
    let spread = mean(&|r| (r[2] / shadow(r[0], r[1])[0]).ln().powi(2)).sqrt();
    assert!((spread / 0.12 - 1.0).abs() < 5.0 * 0.5f64.sqrt() / root, "{spread}");
}

/// Float, to four digits of a script in Python: what the best function of the sum of both causes explains of each part of the
/// shadow on the grid, which is all that a mechanism can know that adds its parents; of both causes apart it would be all.
#[test]
fn the_sum_of_causes_does_not_tell_the_shadow() {
    let data = generate(Pendulum::new(4, Variant::Grid).unwrap(), GRID, 0).unwrap();
    let n = GRID as f64;
    for (column, expected) in [(2, 0.2047), (3, 0.9465)] {
        let values: Vec<f64> = data.labels().column(column).to_vec();
        let centre = values.iter().sum::<f64>() / n;
        let all: f64 = values.iter().map(|v| (v - centre).powi(2)).sum();
        let mut groups: BTreeMap<i64, Vec<f64>> = BTreeMap::new();
        for (row, value) in data.labels().outer_iter().zip(values) {
            groups.entry((row[0] + row[1]).round() as i64).or_default().push(value);
        }
        let between: f64 = groups
            .values()
            .map(|group| {
                let size = group.len() as f64;
                size * (group.iter().sum::<f64>() / size - centre).powi(2)
            })
            .sum();
        assert!((between / all - expected).abs() < 1e-4, "{}", between / all);
    }
}

/// Exact: what published runs are named by. Rendering is in f64 and one blend in f32, the same on every machine.
#[test]
fn the_world_is_the_one_of_the_published_runs() {
    let data = generate(Pendulum::new(48, Variant::Noisy).unwrap(), 50, 0).unwrap();
    assert_eq!(blake3::hash(data.images().pixels()).to_hex().as_str(), GOLDEN);
}
const GOLDEN: &str = "a02bb2a134b2818fdf5c285f78745c7f99816cf7ab8168f0dc3f49427133c098";

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// Whatever is asked, something is drawn, at any size.
    #[test]
    fn any_labels_render(
        side in 1usize..70, angle in -1e6..1e6f64, light in 1e-6..199.999_999f64, length in 1e-9..1e9f64, place in -1e9..1e9f64,
    ) {
        for variant in [Variant::Noisy, Variant::Published] {
            let world = Pendulum::new(side, variant).unwrap();
            prop_assert_eq!(render(&world, [angle, light, length, place]).len(), 3 * side * side);
        }
    }

    /// A smooth image is continuous: a thousandth of a length moves no pixel by more than its share of an edge
    /// (4 rows of 3.72 / 2 * 0.001 pixels and the rounding).
    #[test]
    fn a_small_step_is_a_small_change(angle in -40.0..43.0f64, light in 60.0..147.0f64) {
        let world = Pendulum::new(48, Variant::Exact).unwrap();
        let [length, place] = shadow(angle, light);
        let here = render(&world, [angle, light, length, place]);
        let there = render(&world, [angle, light, length, place + 1e-3]);
        prop_assert!(here.iter().zip(&there).all(|(a, b)| a.abs_diff(*b) <= 2));
    }
}
