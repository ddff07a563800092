//! Do two interventions act together as they do in truth? The interaction of pairs of them, in the latents.
//!
//! For two variables and a third that follows from both, `i = c_ab - c_a - c_b + c` is what is left of the joint effect
//! when the single ones are taken away (see `counterfoil_metrics::additivity`). It need not vanish: mechanisms are not
//! additive in their causes, and do(b) cuts what do(a) would have done to b. So the model's interaction is compared with
//! that of the true model on the same questions, and a model whose effects simply add up is the reference.
//!
//! The joint intervention that images are drawn for sets every variable, and leaves nothing to follow. So pairs are asked
//! of the mechanisms alone, with the values of the single questions, and read off the latents: no image is decoded.

use counterfoil_autoencoder::{Abduction, Counterfactuals};
use counterfoil_graph::Intervention;
use counterfoil_metrics::{
    additivity::{Factorial, additivity, between},
    bootstrap::Bootstrap,
};
use indexmap::IndexMap;
use ndarray::Array2;
use tch::Tensor;

use super::{
    deeds::Deed,
    draw::graph_error,
    figures::{Facts, ends},
    plan::Plan,
    prepare::Prepared,
    score::on_data,
    summary::Interaction,
};
use crate::error::Result;

/// By pair, joined by `+`, and by the variable that follows from both.
pub(super) type Interactions = IndexMap<String, IndexMap<String, Interaction>>;

/// One variable's values with nothing set, under do(a), under do(b) and under both.
type Four<'a> = [&'a [f64]; 4];

/// Interactions of all pairs of `plan`'s single interventions, for the images whose codes begin with `u` and `z`; empty
/// where no label model is known.
///
/// # Errors
/// When the latents do not fit the model.
pub(super) fn of_pairs(
    counterfactuals: &Counterfactuals<'_>,
    prepared: &Prepared,
    (u, z): (&Tensor, &Tensor),
    facts: &Facts<'_>,
    plan: &Plan,
    bootstrap: &Bootstrap,
) -> Result<Interactions> {
    let mut found = Interactions::new();
    let Some(scm) = facts.scm else { return Ok(found) };
    let n = facts.labels.len().min(u.size()[0] as usize);
    let part = |x: &Tensor| x.narrow(0, 0, n as i64);
    let abduction = Abduction::of_codes(part(u), part(z));
    let read = |actions: &[Intervention]| -> Result<Vec<Vec<f64>>> {
        prepared.read(&counterfactuals.act(&abduction, actions)?)
    };
    let neither = prepared.read(&abduction.z)?;
    let single = plan.single();
    let alone: Vec<Vec<Vec<f64>>> =
        single.iter().map(|deed| read(&deed.interventions[..n])).collect::<Result<_>>()?;
    for second in 1..single.len() {
        for first in 0..second {
            let pair = [&facts.variables[first], &facts.variables[second]];
            let follows: Vec<usize> = (0..facts.variables.len())
                .filter(|column| {
                    let labelled = &facts.variables[*column];
                    let of =
                        |cause: usize| facts.graph.descendants([cause]).contains(labelled.data);
                    labelled.is_ordered()
                        && pair.iter().all(|v| v.data != labelled.data && of(v.data))
                })
                .collect();
            if follows.is_empty() {
                continue;
            }
            let (a, b) = (&single[first], &single[second]);
            let joint = together(prepared, a, b, n)?;
            let both = read(&joint.interventions)?;
            let truths = [a, b, &joint].map(|deed| {
                let actions = on_data(deed, prepared.graph(), facts.graph).ok()?;
                let pairs = facts.labels.iter().zip(&actions).take(n);
                let values = pairs.map(|(values, action)| scm.counterfactual(values, action).ok());
                values.collect::<Option<Vec<_>>>()
            });
            let [Some(true_first), Some(true_second), Some(true_both)] = &truths else { continue };
            let mut row = IndexMap::new();
            for column in follows {
                let labelled = &facts.variables[column];
                let of = |rows: &[Vec<f64>]| -> Vec<f64> {
                    rows.iter().take(n).map(|values| values[labelled.data]).collect()
                };
                let truth = [facts.labels, true_first, true_second, true_both].map(of);
                let model = [
                    &neither[column],
                    &alone[first][column],
                    &alone[second][column],
                    &both[column],
                ];
                let score = interaction(
                    model.map(Vec::as_slice),
                    truth.each_ref().map(Vec::as_slice),
                    bootstrap,
                );
                if let Some(score) = score {
                    row.insert(labelled.name().to_owned(), score);
                }
            }
            if !row.is_empty() {
                found.insert(joint.name, row);
            }
        }
    }
    Ok(found)
}

/// Both interventions at once on the first `n` images, with the values that each has alone.
fn together(prepared: &Prepared, a: &Deed, b: &Deed, n: usize) -> Result<Deed> {
    let both = a.interventions.iter().zip(&b.interventions).take(n).map(|(a, b)| {
        Intervention::from_changes(prepared.graph(), a.iter().chain(b.iter())).map_err(graph_error)
    });
    Ok(Deed::new(format!("{}+{}", a.name, b.name), both.collect::<Result<_>>()?))
}

/// The model's interaction against the true one; nothing where the true interventions have no effect.
fn interaction(model: Four<'_>, truth: Four<'_>, bootstrap: &Bootstrap) -> Option<Interaction> {
    let column = |values: &[f64]| Array2::from_shape_fn((values.len(), 1), |(k, _)| values[k]);
    let (model, truth) = (model.map(column), truth.map(column));
    let model =
        Factorial { neither: &model[0], first: &model[1], second: &model[2], both: &model[3] };
    let truth =
        Factorial { neither: &truth[0], first: &truth[1], second: &truth[2], both: &truth[3] };
    let error = between(&model, &truth, bootstrap).ok()?;
    let additive = additivity(&truth, bootstrap).ok()?.interaction.estimate;
    Some(Interaction { error: error.estimate, ci95: ends(&error), additive })
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;

    const BOOTSTRAP: Bootstrap = Bootstrap { rounds: 50, level: 0.95, seed: 1 };

    /// Float: a model that interacts as the truth does has no error, in a frame shifted alike too; one whose effects add up
    /// has the reference's; worked by hand where the joint effect has half of the first one.
    #[test]
    fn a_model_is_held_against_the_true_interaction() {
        let draw = |name, k: usize| Stream::new(9, name, k as u64, 0).normal();
        let series = |name| (0..80).map(|k| draw(name, k)).collect::<Vec<_>>();
        let [neither, first, second, own] = ["neither", "first", "second", "own"].map(series);
        let sum = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a + b).collect::<Vec<_>>();
        let to = |effect: &[f64]| sum(&neither, effect);
        let half: Vec<f64> = first.iter().map(|effect| 0.5 * effect).collect();
        let both = to(&sum(&half, &second));
        let truth = [neither.clone(), to(&first), to(&second), both.clone()];
        let four = |x: &[Vec<f64>; 4]| {
            let truth = truth.each_ref().map(Vec::as_slice);
            interaction(x.each_ref().map(Vec::as_slice), truth, &BOOTSTRAP).unwrap()
        };
        let same = four(&truth.clone().map(|values| sum(&values, &own)));
        assert!(same.error < 1e-12, "{same:?}");
        let adding = four(&[neither.clone(), to(&first), to(&second), sum(&to(&first), &second)]);
        // The interaction is half the first effect, taken back.
        let squares = |x: &[f64]| x.iter().map(|v| v * v).sum::<f64>();
        let by_hand = 0.5 * (squares(&first) / (squares(&first) + squares(&second))).sqrt();
        assert!((adding.additive - by_hand).abs() < 1e-12, "{adding:?} {by_hand}");
        assert!((adding.error - by_hand).abs() < 1e-12, "{adding:?} {by_hand}");
        assert!(adding.ci95[0] < adding.error && adding.error < adding.ci95[1]);
        let still = truth.each_ref().map(|_| neither.as_slice());
        assert_eq!(interaction(still, still, &BOOTSTRAP), None);
    }
}
