//! The cells of a table dealt to several processes, each of which runs its own one after the other.

use super::{
    plan::Plan,
    schedule::{Outcome, states},
    store::Store,
};
use crate::{
    error::Result,
    ranks::{self, Ranks},
};

/// The cells of this rank: of the `selected` ones that have no record, every so many as there are ranks.
///
/// Rank 0 looks which have none, so that all deal the same cells even when the first is done before the last has looked.
///
/// # Errors
/// When the ranks do not understand each other.
pub fn deal(ranks: &dyn Ranks, plan: &Plan, selected: &[bool], store: &Store) -> Result<Vec<bool>> {
    let states = states(plan, store);
    let waiting: Vec<usize> =
        (0..plan.cells.len()).filter(|&k| selected[k] && states[k].runs()).collect();
    let waiting: Vec<usize> = ranks::told(ranks, waiting)?;
    let mut own = vec![false; plan.cells.len()];
    for k in waiting.into_iter().skip(ranks.rank()).step_by(ranks.count()) {
        own[k] = true;
    }
    Ok(own)
}

/// What all ranks did, once the last has ended.
pub fn together(ranks: &dyn Ranks, own: &Outcome) -> Outcome {
    let counts = [own.ran, own.failed, own.left, own.elsewhere, usize::from(own.interrupted)];
    let mut sums = counts.map(|count| count as f32);
    ranks.sum(&mut sums);
    let [ran, failed, left, elsewhere, interrupted] = sums.map(|sum| sum as usize);
    Outcome { ran, failed, left, elsewhere, interrupted: interrupted > 0 }
}
