//! One drawing for each thing that grows: panels of what a step takes, and of what else is measured along the variables.

use super::{Axis, Cost, Costs};
use counterfoil_experiment::plot::{self, Line, panels};

/// Deeds that are drawn together, with their axis and how many of its units are a second.
struct Panel {
    axis: fn() -> plot::Axis,
    deeds: &'static [&'static str],
    a_second: f64,
}

const DEEDS: [Panel; 2] = [
    Panel {
        axis: || plot::Axis::linear("mechanisms of a batch, ms"),
        deeds: &["abduct", "predict"],
        a_second: 1e3,
    },
    Panel {
        axis: || plot::Axis::logarithmic("median question, microseconds"),
        deeds: &["separation", "adjustment set", "identifiable", "identify"],
        a_second: 1e6,
    },
];

/// The drawings by the names of their files.
///
/// # Errors
/// In a sentence, when there is nothing to draw.
pub fn drawings(costs: &Costs) -> Result<Vec<(&'static str, String)>, String> {
    let of = |axis| -> Vec<&Cost> {
        costs.costs.iter().filter(|cost| cost.place.axis == axis).collect()
    };
    let [sides, batches, variables] = [Axis::Side, Axis::Batch, Axis::Variables].map(of);
    let mut by_variables = steps(&variables);
    by_variables.extend(DEEDS.iter().map(|panel| deeds(&variables, panel)));
    Ok(vec![
        ("side.svg", panels(&plot::Axis::linear("side of an image, pixels"), &steps(&sides))?),
        ("batch.svg", panels(&plot::Axis::linear("images a step"), &steps(&batches))?),
        ("variables.svg", panels(&plot::Axis::linear("variables of the graph"), &by_variables)?),
    ])
}

/// Time and memory of training, one line for each way to keep activations.
fn steps(costs: &[&Cost]) -> Vec<(plot::Axis, Vec<Line>)> {
    let lines = |of: fn(&Cost) -> f64| -> Vec<Line> {
        [(false, "activations kept"), (true, "computed again")]
            .map(|(checkpointed, name)| {
                let own = costs.iter().filter(|cost| cost.place.checkpointed == checkpointed);
                line(name, own.map(|cost| (cost.place.at(), of(cost))))
            })
            .into_iter()
            .filter(|line| !line.points.is_empty())
            .collect()
    };
    vec![
        (plot::Axis::linear("training step, s"), lines(|cost| cost.measured.step_s)),
        (plot::Axis::linear("peak of memory, MiB"), lines(|cost| cost.measured.peak_mib)),
    ]
}

fn deeds(costs: &[&Cost], panel: &Panel) -> (plot::Axis, Vec<Line>) {
    let along = |name: &&str| {
        let points = costs.iter().filter_map(|cost| {
            Some((cost.place.at(), cost.measured.deeds.get(*name)? * panel.a_second))
        });
        line(name, points)
    };
    ((panel.axis)(), panel.deeds.iter().map(along).collect())
}

fn line(name: &str, points: impl Iterator<Item = (usize, f64)>) -> Line {
    Line { name: name.to_owned(), points: points.map(|(x, y)| (x as f64, y)).collect() }
}

#[cfg(test)]
mod tests {
    use super::super::{Measured, places};
    use super::*;

    /// Every line of every panel, and no more documents than drawings.
    #[test]
    fn each_axis_has_a_drawing_of_its_own() {
        let deed = |name: &&str| ((*name).to_owned(), 1e-3);
        let cost = |place| Cost {
            place,
            measured: Measured {
                parameters: 1,
                step_s: 0.5,
                peak_mib: 300.0,
                deeds: DEEDS.iter().flat_map(|panel| panel.deeds.iter().map(deed)).collect(),
            },
        };
        let costs = Costs {
            processor: "any".to_owned(),
            threads: 1,
            rounds: 1,
            costs: places().into_iter().map(cost).collect(),
        };
        let drawn = drawings(&costs).unwrap();
        let names: Vec<&str> = drawn.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["side.svg", "batch.svg", "variables.svg"]);
        for (name, svg) in &drawn {
            assert_eq!(svg.matches("</svg>").count(), 1, "{name}");
            assert_eq!(svg.contains("computed again"), *name != "variables.svg", "{name}");
            assert_eq!(svg.contains("adjustment set"), *name == "variables.svg", "{name}");
        }
        let told = serde_json::to_string(&costs).unwrap();
        assert_eq!(serde_json::from_str::<Costs>(&told).unwrap(), costs);
    }
}
