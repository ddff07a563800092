//! How far off a figure may be in another environment: measured by runs there, for all figures of a kind at once.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// A figure may be this many times as far off as the farthest of its kind in the runs that bounds come from. A figure that is
/// alone of its kind and off by chance is then refused once in twenty thousand times by five other runs; four times would
/// refuse one in six hundred, and there are thousands of figures.
const MARGIN: f64 = 8.0;
/// No bound is less than this share of its figure: a few runs may agree by chance.
const LEAST: f64 = 0.02;

/// Images that a share of images may be off by at least: it moves in steps of one, and a few runs may all land on the same step.
const FEW: f64 = 4.0;

/// A figure that is expected.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figure {
    /// Its value.
    pub value: f64,
    /// How far off it may be in another environment.
    pub within: f64,
}

impl Figure {
    /// A value of a run with `images` evaluated images, of whose environment alone anything is known.
    pub(super) fn least(name: &str, value: f64, images: usize) -> Self {
        let step = if is_counted(name) { FEW / images.max(1) as f64 } else { 0.0 };
        Self { value, within: step.max(LEAST * value.abs()) }
    }
}

/// Whether a figure is a share of images that were counted.
fn is_counted(name: &str) -> bool {
    name.starts_with("identity_kept.")
        || name == "judges.class_accuracy"
        || (name.starts_with("uncertainty.") && name.rsplit('.').next() != Some("width"))
}

/// Makes bounds as wide as another environment's values ask for, and returns how many that changed: each figure may be
/// [`MARGIN`] times as far off as the farthest of its kind.
pub(super) fn widen(
    figures: &mut BTreeMap<String, Figure>,
    found: &BTreeMap<String, f64>,
) -> usize {
    let mut farthest: BTreeMap<String, f64> = BTreeMap::new();
    for (name, figure) in &*figures {
        let off = found.get(name).map_or(0.0, |found| (found - figure.value).abs());
        let so_far = farthest.entry(kind(name)).or_default();
        *so_far = so_far.max(off);
    }
    let mut changed = 0;
    for (name, figure) in figures {
        let bound = MARGIN * farthest[&kind(name)];
        if bound > figure.within {
            figure.within = bound;
            changed += 1;
        }
    }
    changed
}

/// What a figure is about and what it is: `effectiveness share` of `effectiveness.angle.length.share` and of its interval,
/// whichever variables they are of; but `effectiveness mae length` of `effectiveness.angle.length.mae`.
///
/// A share says something of all shares, while an error in grey levels says nothing of one in pixels: a figure in units has
/// its bound in common with those of the same measured variable alone.
fn kind(name: &str) -> String {
    let words: Vec<&str> = name.split('.').collect();
    let last = words.iter().rfind(|word| word.parse::<u32>().is_err()).map_or("", |word| *word);
    let last = last.strip_suffix("_ci95").unwrap_or(last);
    let section = words[0];
    let in_units = match section {
        "effectiveness" | "drift" | "latent_reading" => last != "share",
        "uncertainty" => last == "width",
        "following" => last == "calibration_error",
        // The error of a judge ends in its variable as it is; those of images are all in one unit.
        _ => false,
    };
    // These two have no intervention before the variable.
    let place = if ["latent_reading", "following"].contains(&section) { 1 } else { 2 };
    let measured = words.get(place);
    match measured.filter(|_| in_units) {
        Some(measured) => format!("{section} {last} {measured}"),
        None => format!("{section} {last}"),
    }
}

/// Makes bounds as wide as they were in an earlier expectation of the same config: that of the figure, or the narrowest of its
/// kind for one that is new.
pub(super) fn keep(figures: &mut BTreeMap<String, Figure>, earlier: &BTreeMap<String, Figure>) {
    let mut narrowest: BTreeMap<String, f64> = BTreeMap::new();
    for (name, figure) in earlier {
        let so_far = narrowest.entry(kind(name)).or_insert(f64::INFINITY);
        *so_far = so_far.min(figure.within);
    }
    for (name, figure) in figures {
        let known = earlier.get(name).map(|earlier| earlier.within);
        let kept = known.or_else(|| narrowest.get(&kind(name)).copied()).unwrap_or(0.0);
        figure.within = figure.within.max(kept);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact: a bound is eight times what the farthest figure of its kind is off, and never becomes narrower.
    #[test]
    fn another_environment_widens_the_bounds_of_a_kind() {
        let figure = |value, within| Figure { value, within };
        let names = ["effectiveness.a.b.share", "effectiveness.c.d.share", "slope"];
        let mut figures = BTreeMap::from([
            (names[0].to_owned(), figure(1.0, 0.5)),
            (names[1].to_owned(), figure(2.0, 5.0)),
            (names[2].to_owned(), figure(4.0, 1.5)),
        ]);
        let found = [1.0, 2.5, 4.125];
        let found = names.map(str::to_owned).into_iter().zip(found).collect();
        assert_eq!(widen(&mut figures, &found), 1);
        let within: Vec<f64> = names.iter().map(|name| figures[*name].within).collect();
        assert_eq!(within, [4.0, 5.0, 1.5]);
        assert_eq!(widen(&mut figures, &found), 0);
    }

    #[test]
    fn shares_are_of_one_kind_and_figures_in_units_of_one_a_variable() {
        let kinds = |names: [&str; 3]| names.map(kind);
        let shares = [
            "effectiveness.a.b.share",
            "effectiveness.c.d.share_ci95.0",
            "effectiveness.c.d.latent.share",
        ];
        assert_eq!(kinds(shares), ["effectiveness share"; 3]);
        let errors =
            ["effectiveness.a.px.mae", "effectiveness.c.px.latent.mae", "effectiveness.a.grey.mae"];
        let [px, latent, grey] = kinds(errors);
        assert_eq!((px.as_str(), px == latent, px == grey), ("effectiveness mae px", true, false));
        let others = ["drift.a.b.redraw", "latent_reading.b.ci95.1", "uncertainty.a.b.width"];
        assert_eq!(
            kinds(others),
            ["drift redraw b", "latent_reading ci95 b", "uncertainty width b"]
        );
        // A variable whose name is a number moves no other word from its place.
        assert_eq!(kind("effectiveness.3.4.ci95.0"), "effectiveness ci95 4");
        let rest = ["uncertainty.a.b.coverage", "minimality.a.ci95.1", "composition_1"];
        let rest_kinds = ["uncertainty coverage", "minimality ci95", "composition_1 composition_1"];
        assert_eq!(kinds(rest), rest_kinds);
        assert_ne!(kind("judges.mae.a"), kind("judges.mae.b"));
        let follows = ["following.a.calibration_error", "following.a.slope"];
        assert_eq!(follows.map(kind), ["following calibration_error a", "following slope"]);
    }

    /// Exact: what an error in grey levels is off leaves the bound of one in pixels alone.
    #[test]
    fn a_bound_stays_within_its_unit() {
        let names =
            ["effectiveness.a.px.mae", "effectiveness.a.grey.mae", "effectiveness.px.grey.mae"];
        let figure = |name: &str| (name.to_owned(), Figure { value: 1.0, within: 0.5 });
        let mut figures = BTreeMap::from(names.map(figure));
        let found = names.map(str::to_owned).into_iter().zip([1.0, 3.0, 1.0]).collect();
        assert_eq!(widen(&mut figures, &found), 2);
        assert_eq!(names.map(|name| figures[name].within), [0.5, 16.0, 16.0]);
    }

    #[test]
    fn shares_of_images_are_counted() {
        let counted = [
            "identity_kept.thickness.fresh",
            "identity_kept.thickness.ci95.0",
            "judges.class_accuracy",
            "uncertainty.a.b.coverage",
        ];
        let measured = ["uncertainty.a.b.width", "judges.mae.thickness", "drift.a.b.share"];
        assert!(counted.iter().all(|name| is_counted(name)));
        assert!(!measured.iter().any(|name| is_counted(name)));
    }

    /// Exact: a figure keeps its own bound, a new one takes the narrowest of its kind, and one of a new kind has none to take.
    #[test]
    fn bounds_outlive_the_values_that_they_were_measured_with() {
        let figure = |value, within| Figure { value, within };
        let earlier = BTreeMap::from([
            ("drift.a.b.share".to_owned(), figure(1.0, 0.5)),
            ("drift.c.d.share".to_owned(), figure(1.0, 0.25)),
        ]);
        let mut figures = BTreeMap::from([
            ("drift.a.b.share".to_owned(), figure(2.0, 0.04)),
            ("drift.a.b.share_ci95.0".to_owned(), figure(2.0, 0.04)),
            ("slope".to_owned(), figure(1.0, 0.02)),
        ]);
        keep(&mut figures, &earlier);
        let within: Vec<f64> = figures.values().map(|figure| figure.within).collect();
        assert_eq!(within, [0.5, 0.25, 0.02]);
    }
}
