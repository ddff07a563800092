//! What is asked of a trained model: interventions as a person writes them, and one variable going through its range.

use counterfoil_graph::{Dag, GraphError, Intervention, Kind};

use crate::error::{ExperimentError, Result};

/// Steps of a sweep, which are columns of one picture.
pub const SWEEP: usize = 1000;

/// The intervention on `graph` written as texts `thickness=2.5`.
///
/// # Errors
/// As [`Imagination::intervention`](super::Imagination::intervention).
pub fn parse_intervention(graph: &Dag, texts: &[String]) -> Result<Intervention> {
    let origin = texts.iter().map(|text| format!("--do {text}")).collect::<Vec<_>>().join(" ");
    Intervention::parse(graph, texts.iter().map(String::as_str))
        .map_err(|error| ExperimentError::Graph { origin, error: Box::new(error) })
}

/// `steps` interventions on `variable` that go evenly through its declared range; all categories of a categorical
/// variable.
///
/// # Errors
/// When the variable is unknown or unlabelled, or there are fewer than two steps or more than [`SWEEP`].
pub fn sweep(graph: &Dag, variable: &str, steps: usize) -> Result<Vec<Intervention>> {
    let origin = format!("--variable {variable}");
    let fault = |error: GraphError| ExperimentError::Graph {
        origin: origin.clone(),
        error: Box::new(error),
    };
    if !(2..=SWEEP).contains(&steps) {
        let reason = if steps < 2 {
            "is too few: a sweep has at least 2".to_owned()
        } else {
            format!("is too many: a sweep has at most {SWEEP}")
        };
        let (origin, key) = ("--steps".into(), steps.to_string());
        return Err(ExperimentError::InvalidKey { origin, key, reason });
    }
    let index = graph.index_of(variable).map_err(fault)?;
    let (low, high) = graph.variable(index).range();
    let values: Vec<f64> = match graph.variable(index).kind() {
        Kind::Categorical { categories } => (0..categories).map(|k| k as f64).collect(),
        // The end of a turn is its beginning.
        Kind::Circular { period } => {
            (0..steps).map(|k| low + period * k as f64 / steps as f64).collect()
        }
        Kind::Continuous => {
            let gaps = (steps - 1) as f64;
            (0..steps).map(|k| low + (high - low) * k as f64 / gaps).collect()
        }
    };
    let set = |value| Intervention::none().set_index(graph, index, value).map_err(fault);
    values.into_iter().map(set).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph() -> Dag {
        let text = "digraph { t [low=1, high=5]; angle [kind=circular, period=360]; \
                    colour [kind=categorical, categories=3]; rest [role=unlabelled]; }";
        Dag::from_dot(text).unwrap()
    }

    #[test]
    fn a_sweep_covers_the_range() {
        let values = |name: &str, steps| -> Vec<f64> {
            let graph = graph();
            let index = graph.index_of(name).unwrap();
            sweep(&graph, name, steps).unwrap().iter().map(|i| i.get(index).unwrap()).collect()
        };
        assert_eq!(values("t", 5), [1.0, 2.0, 3.0, 4.0, 5.0]);
        let angles = values("angle", 4);
        assert_eq!(angles.len(), 4);
        assert!(angles.windows(2).all(|pair| pair[1] - pair[0] == 90.0), "{angles:?}");
        assert_eq!(values("colour", 9), [0.0, 1.0, 2.0]);
    }

    #[test]
    fn what_cannot_be_set_is_named() {
        let said = |name: &str, steps| sweep(&graph(), name, steps).unwrap_err().to_string();
        assert!(said("angel", 3).contains("angle"), "{}", said("angel", 3));
        assert!(said("rest", 3).contains("rest"), "{}", said("rest", 3));
        assert!(said("t", 1).contains("at least 2"));
        assert!(said("t", SWEEP + 1).contains("at most 1000"));
        let error = parse_intervention(&graph(), &["t".to_owned()]).unwrap_err();
        assert_eq!(error.exit_status(), 2);
        assert!(error.to_string().starts_with("--do t: "), "{error}");
    }
}
