//! How two runs were trained, side by side: their losses in full, at a few common steps, and in one picture.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::{
    error::{ExperimentError, Result},
    plot::{self, Axis, Line, thinned},
    run_dir::{EVENTS_FILE, Event, Part, RunDir, read_events},
    train::LOSS,
};

/// Steps of a short table.
const STEPS: usize = 10;
/// Steps with a validation loss that a short table is content with.
const ENOUGH: usize = 5;

/// One value of a loss.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Point {
    /// Optimiser steps taken until then.
    pub step: u64,
    /// The loss; on training batches the mean since the point before.
    pub loss: f64,
}

/// A loss over the steps of a run; empty where none was entered.
pub type Curve = Vec<Point>;

/// The losses of two runs, the first run first.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Curves {
    /// On training batches.
    pub train: [Curve; 2],
    /// On validation images, with averaged weights.
    pub validation: [Curve; 2],
}

/// The losses of two runs at one step.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Row {
    /// Optimiser steps taken until then.
    pub step: u64,
    /// On training batches, one value a run.
    pub train: [Option<f64>; 2],
    /// On validation images.
    pub validation: [Option<f64>; 2],
}

impl Curves {
    /// Reads the losses of two runs; one that has entered nothing yet has empty curves.
    ///
    /// # Errors
    /// When a history is damaged.
    pub fn of(a: &RunDir, b: &RunDir) -> Result<Self> {
        let events = |run: &RunDir| {
            if run.file(EVENTS_FILE).is_file() { read_events(run.path()) } else { Ok(Vec::new()) }
        };
        Ok(Self::from_events([&events(a)?, &events(b)?]))
    }

    fn from_events(runs: [&[Event]; 2]) -> Self {
        let curve = |events: &[Event], part: Part| -> Curve {
            let of_loss = |e: &&Event| e.name == LOSS && e.split == part;
            let point = |e: &Event| Point { step: e.step, loss: e.value };
            events.iter().filter(of_loss).map(point).collect()
        };
        Self {
            train: runs.map(|events| curve(events, Part::Train)),
            validation: runs.map(|events| curve(events, Part::Validation)),
        }
    }

    /// The losses at about ten steps that both runs have passed, from their first to their last: steps at which both were
    /// validated, and where these are few, others among them.
    pub fn rows(&self) -> Vec<Row> {
        let [train, validation] =
            [&self.train, &self.validation].map(|runs| runs.each_ref().map(|curve| by_step(curve)));
        let mut steps = spread(&common(&validation));
        if steps.len() < ENOUGH {
            steps.extend(spread(&common(&train)));
        }
        let at = |runs: &[BTreeMap<u64, f64>; 2], step: u64| {
            runs.each_ref().map(|curve| curve.get(&step).copied())
        };
        let row = |step| Row { step, train: at(&train, step), validation: at(&validation, step) };
        steps.into_iter().map(row).collect()
    }

    /// Whether neither run has entered a loss, so that there is nothing to draw.
    pub fn is_empty(&self) -> bool {
        self.train.iter().chain(&self.validation).all(Vec::is_empty)
    }

    /// Draws both runs' curves in one picture, a panel for each loss; on a logarithmic scale where every loss is above 0.
    ///
    /// # Errors
    /// When neither run has a loss, or the drawing fails.
    pub fn to_svg(&self, runs: &[String; 2]) -> Result<String> {
        let mut panels = Vec::new();
        for (curves, title) in
            [(&self.train, "training loss"), (&self.validation, "validation loss")]
        {
            let mut points = curves.iter().flatten().peekable();
            if points.peek().is_none() {
                continue;
            }
            let positive = points.all(|point| point.loss > 0.0);
            let axis = if positive { Axis::logarithmic(title) } else { Axis::linear(title) };
            // A run without this loss keeps its place, so that a run has one colour in both panels.
            let lines = runs
                .iter()
                .zip(curves)
                .map(|(run, curve)| Line { name: run.clone(), points: thinned(&pairs(curve)) });
            panels.push((axis, lines.collect()));
        }
        let failed = |reason| ExperimentError::Syntax { origin: "the drawing".to_owned(), reason };
        if panels.is_empty() {
            return Err(failed("neither run has a loss yet".to_owned()));
        }
        plot::panels(&Axis::linear("step"), &panels).map_err(failed)
    }
}

fn by_step(curve: &[Point]) -> BTreeMap<u64, f64> {
    curve.iter().map(|point| (point.step, point.loss)).collect()
}

fn pairs(curve: &[Point]) -> Vec<(f64, f64)> {
    curve.iter().map(|point| (point.step as f64, point.loss)).collect()
}

/// The steps that two curves share, ascending.
fn common([first, second]: &[BTreeMap<u64, f64>; 2]) -> Vec<u64> {
    first.keys().filter(|step| second.contains_key(step)).copied().collect()
}

/// At most [`STEPS`] of ascending steps, evenly among them, both ends included.
fn spread(steps: &[u64]) -> BTreeSet<u64> {
    let last = steps.len().saturating_sub(1);
    let shown = steps.len().min(STEPS);
    (0..shown).map(|k| steps[k * last / (shown - 1).max(1)]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plot::beside;

    fn event(step: u64, value: f64, split: Part) -> Event {
        Event { step, wall: 0.0, name: LOSS.into(), value, split }
    }

    /// A run that enters its loss every `log` steps and is validated every `validate`.
    fn history(steps: u64, log: u64, validate: u64) -> Vec<Event> {
        let mut events = Vec::new();
        for step in 1..=steps {
            let other = Event { name: "denoise".into(), ..event(step, 9.0, Part::Train) };
            if step % log == 0 {
                events.extend([event(step, 1.0 / step as f64, Part::Train), other]);
            }
            if step % validate == 0 {
                events.push(event(step, 2.0 / step as f64, Part::Validation));
            }
        }
        events
    }

    fn steps(curves: &Curves) -> Vec<u64> {
        curves.rows().iter().map(|row| row.step).collect()
    }

    #[test]
    fn rows_stand_where_both_runs_were_validated() {
        let curves = Curves::from_events([&history(3000, 10, 100), &history(2000, 20, 50)]);
        assert_eq!(curves.train.each_ref().map(Vec::len), [300, 100]);
        let found = steps(&curves);
        assert_eq!((found.len(), found[0], found[9]), (10, 100, 2000));
        assert!(found.windows(2).all(|w| w[0] < w[1]) && found.iter().all(|s| s % 100 == 0));
        let last = curves.rows()[9];
        assert_eq!((last.train, last.validation), ([Some(0.0005); 2], [Some(0.001); 2]));
    }

    #[test]
    fn where_validations_are_few_training_steps_stand_among_them() {
        let curves = Curves::from_events([&history(400, 10, 250), &history(400, 10, 250)]);
        let found = steps(&curves);
        assert_eq!((found[0], *found.last().unwrap()), (10, 400));
        assert!(found.contains(&250) && (10..=11).contains(&found.len()), "{found:?}");
        assert_eq!(curves.rows()[0].validation, [None; 2]);

        // Nothing is common to a run that has not begun, or that counts otherwise.
        for other in [history(0, 1, 1), history(9, 7, 8)] {
            assert!(steps(&Curves::from_events([&history(9, 5, 9), &other])).is_empty());
        }
        let single = history(1, 1, 1);
        assert_eq!(steps(&Curves::from_events([&single, &single])), [1]);
    }

    #[test]
    fn a_picture_holds_both_runs_and_says_its_scale() {
        let runs = ["a".to_owned(), "b".to_owned()].map(|name| format!("runs/{name}"));
        let curves = Curves::from_events([&history(5000, 1, 50), &history(40, 10, 20)]);
        let svg = curves.to_svg(&runs).unwrap();
        assert!(runs.iter().all(|run| svg.matches(run.as_str()).count() == 2));
        assert!(svg.contains("training loss") && svg.contains("validation loss"));
        // Powers of ten beside both axes, which no axis of equal steps has.
        assert_eq!(beside(&svg, "0.001"), 2, "{svg}");
        assert!(svg.len() < 60_000, "{}", svg.len());

        let mut below = history(40, 10, 20);
        below.push(event(50, -0.5, Part::Train));
        let svg = Curves::from_events([&below, &[]]).to_svg(&runs).unwrap();
        assert!(svg.contains("training loss") && svg.contains("validation loss"));
        // Equal steps through 0 beside the one, equal ratios beside the other, where equal steps would have a 0.06.
        assert_eq!(["0", "0.05", "0.06"].map(|number| beside(&svg, number)), [1, 1, 0], "{svg}");
        assert!(Curves::default().is_empty() && !Curves::from_events([&below, &[]]).is_empty());
        let nothing = Curves::default().to_svg(&runs).unwrap_err().to_string();
        assert!(nothing.contains("neither run has a loss"), "{nothing}");
    }
}
