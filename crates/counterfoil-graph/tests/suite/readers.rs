//! The small languages beside the formats: what stands behind `--do`, counterfactual events, and damaged texts of the strict
//! reader. All comparisons are exact.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

use crate::damaged;
use counterfoil_graph::{Admg, Change, Dag, Intervention, counterfactual::Event};
use proptest::prelude::*;

fn dag() -> Dag {
    Dag::from_dot(
        "digraph { t [unit=px, low=1, high=5, domain_above=0]; angle [kind=circular, period=360];
         colour [kind=categorical, categories=3]; rest [role=unlabelled]; \"a+=\"; t -> angle -> \"a+=\"; }",
    )
    .unwrap()
}

fn admg() -> Admg {
    "X -> M; M -> Y; X -> Y; X <-> Y".parse().unwrap()
}

/// A text with faults.
fn damaged(text: &'static str) -> impl Strategy<Value = String> {
    damaged::damaged(text, "[-a-c{}\\[\\]<>=;,\" 0-9.]")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn interventions_are_read_as_they_are_written(
        t in 0.001..1e6f64, angle in -1e3..1e3f64, colour in 0u8..3, odd in prop::num::f64::NORMAL, by in -1e3..1e3f64,
    ) {
        let dag = dag();
        let texts = [format!("t={t}"), format!("angle+={by}"), format!(" colour = {colour}"), format!("a+=={odd}")];
        let read = Intervention::parse(&dag, texts.iter().map(String::as_str)).unwrap();
        let values: Vec<(usize, f64)> = read.values().collect();
        prop_assert_eq!(values, [(0, t), (2, f64::from(colour)), (4, odd)]);
        prop_assert_eq!(read.change(1), Some(Change::Shift(by)));
        let set = [format!("angle={angle}")];
        let read = Intervention::parse(&dag, set.iter().map(String::as_str)).unwrap();
        let again = format!("angle={}", read.get(1).unwrap());
        prop_assert_eq!(Intervention::parse(&dag, [again.as_str()]).unwrap(), read);
    }

    #[test]
    fn any_intervention_is_read_or_refused(text in "(t|angle|colour|rest|a\\+=|x)?[-+*= ]{0,3}[-+.0-9eainf]{0,8}") {
        if let Err(error) = Intervention::parse(&dag(), [text.as_str()]) {
            prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error);
        }
    }

    #[test]
    fn any_event_is_refused_or_reads_back(text in damaged("Y[X=1, M[X=0]] = 1, X = 0 & M[] = 1")) {
        let graph = admg();
        match Event::parse(&graph, &text) {
            Ok(event) => prop_assert_eq!(Event::parse(&graph, &event.text(&graph)), Ok(event)),
            Err(error) => prop_assert_eq!(error.to_string().lines().count(), 1, "{}", error),
        }
    }

    #[test]
    fn any_strict_text_is_refused_at_a_place_or_reads_back(
        text in damaged(include_str!("../../fuzz/seeds/dot_strict/image.txt")),
    ) {
        match Dag::from_dot(&text) {
            Ok(dag) => prop_assert_eq!(Dag::from_dot(&dag.to_dot()), Ok(dag)),
            Err(error) => {
                let whole = matches!(error, counterfoil_graph::GraphError::Cycle { .. });
                prop_assert!(whole || error.position().is_some(), "{}", error);
            }
        }
    }
}
