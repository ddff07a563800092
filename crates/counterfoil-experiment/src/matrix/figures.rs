//! What a column of a table is: a mean over what a summary holds of one kind, with the way in which it is better.

use std::collections::BTreeSet;

use counterfoil_graph::{Dag, Kind};
use indexmap::IndexMap;
use serde::Serialize;

use super::store::Record;
use crate::evaluate::summary::{Ends, Summary};

/// Which way a figure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Goal {
    /// 0 is perfect.
    Low,
    /// More is better.
    High,
    /// 1 is right, more and less are not.
    One,
    /// A cost, which depends on the machine: it is not ranked.
    Cost,
}

/// Which of the tables of a section a column stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Side {
    /// What became of images.
    Images,
    /// What the code holds, what the model promises of itself, and what it costs.
    Code,
    /// The scores by which other papers compare.
    Scores,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// Three digits, or as many as the interval allows.
    Number,
    /// A share in percent.
    Percent,
    /// Whole: seconds, MiB or a number of things.
    Count,
}

/// A column.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    /// The name that a machine reads.
    pub key: &'static str,
    /// What stands above it.
    pub title: &'static str,
    /// The unit.
    pub unit: &'static str,
    /// What it means.
    pub about: &'static str,
    /// Which way is better.
    pub goal: Goal,
    /// How it is written.
    pub form: Form,
    /// Where it stands.
    pub side: Side,
    pub(super) measure: fn(&Summary, &World) -> Option<Figure>,
    pub(super) cost: fn(&Record) -> Option<f64>,
}

/// What a column knows of the world that is measured.
#[derive(Clone, Debug, Default)]
pub struct World {
    /// The width of each labelled variable's declared range, in its unit; 1 of a category, whose error is 0 or 1.
    pub ranges: IndexMap<String, f64>,
    /// Variables and those of their descendants that are not their children.
    pub far: BTreeSet<(String, String)>,
    /// Variables with two causes or more.
    pub joint: BTreeSet<String>,
}

impl World {
    /// What the graph of the labelled variables says.
    pub fn of(graph: &Dag) -> Self {
        let labelled = graph.labelled();
        let name = |v: usize| graph.variable(v).name().to_owned();
        let mut world = Self::default();
        for &v in &labelled {
            let (low, high) = graph.variable(v).range();
            // A category is right or wrong, however many there are.
            let is_categorical = matches!(graph.variable(v).kind(), Kind::Categorical { .. });
            world.ranges.insert(name(v), if is_categorical { 1.0 } else { high - low });
            if graph.parents(v).len() > 1 {
                world.joint.insert(name(v));
            }
            let descendants = graph.descendants([v]);
            let far = labelled.iter().filter(|d| descendants.contains(**d) && **d != v);
            let far = far.filter(|d| !graph.parents(**d).contains(&v));
            world.far.extend(far.map(|d| (name(v), name(*d))));
        }
        world
    }
}

/// A figure of one cell, with its 95 % interval where one is known.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Figure {
    /// The figure.
    pub value: f64,
    /// The mean ends of the intervals behind it: never narrower than the interval of a mean.
    pub ends: Option<Ends>,
}

impl Column {
    /// The figure of a cell; nothing where its world or its method has none.
    pub fn figure(&self, record: &Record, world: &World) -> Option<Figure> {
        let figure = match self.goal {
            Goal::Cost => (self.cost)(record).map(|value| Figure { value, ends: None }),
            _ => (self.measure)(&record.summary, world),
        };
        figure.filter(|figure| figure.value.is_finite())
    }

    /// How far from perfect a value is; the smaller the better.
    pub fn badness(&self, value: f64) -> f64 {
        match self.goal {
            Goal::Low | Goal::Cost => value,
            Goal::High => -value,
            Goal::One => (value - 1.0).abs(),
        }
    }
}

/// The mean of figures and of the ends of their intervals; no interval where one of them has none.
pub(super) fn mean(figures: impl Iterator<Item = Figure>) -> Option<Figure> {
    let figures: Vec<Figure> = figures.collect();
    let n = figures.len() as f64;
    let ends: Option<Vec<Ends>> = figures.iter().map(|figure| figure.ends).collect();
    let end = |k: usize| ends.as_ref().map(|ends| ends.iter().map(|e| e[k]).sum::<f64>() / n);
    let value = figures.iter().map(|figure| figure.value).sum::<f64>() / n;
    (n > 0.0).then(|| Figure { value, ends: end(0).zip(end(1)).map(|(low, high)| [low, high]) })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// By hand: a chain with a second cause of its end.
    #[test]
    fn a_world_knows_what_is_far_and_what_is_joint() {
        let text = "digraph { a [low=0, high=4]; b; c; d; s [role=\"unlabelled\"]; a -> b; b -> c; d -> c }";
        let world = World::of(&Dag::from_dot(text).unwrap());
        let far: Vec<(&str, &str)> =
            world.far.iter().map(|(cause, effect)| (cause.as_str(), effect.as_str())).collect();
        assert_eq!(far, [("a", "c")]);
        assert_eq!(world.joint.iter().collect::<Vec<_>>(), ["c"]);
        let categories = "digraph { kind [kind=categorical, categories=5] }";
        assert_eq!(World::of(&Dag::from_dot(categories).unwrap()).ranges["kind"], 1.0);
        assert_eq!(world.ranges.keys().collect::<Vec<_>>(), ["a", "b", "c", "d"]);
        assert!((world.ranges["a"] - 4.0).abs() < 1e-12);
    }
}
