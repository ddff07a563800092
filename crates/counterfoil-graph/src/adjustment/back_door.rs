//! The back-door criterion of Pearl: the best known condition for adjustment, sufficient and easily seen in a drawing.

use super::{Effect, Refusal};
use crate::{
    CausalGraph, NodeSet,
    directed::directed_path,
    intervals::Intervals,
    scope::Scope,
    separation::{Workspace, open_path, separated},
};

impl Effect<'_> {
    /// Whether `z` satisfies the back-door criterion within the bounds: no node of it is a descendant of X, and it blocks
    /// every path from a node of X to Y that begins with an arrowhead (Pearl 2009, definition 3.3.1; for several
    /// exposures each of them has to meet it alone, so that a path through another exposure counts). `O(|X| (n + m))`.
    ///
    /// # Errors
    /// [`Refusal::Descendant`], [`Refusal::BackDoor`] with the open path, or by what the set leaves the bounds.
    pub fn check_back_door(&self, z: &NodeSet) -> Result<(), Refusal> {
        self.check_bounds(z)?;
        if self.of_class {
            return Err(Refusal::OfClass);
        }
        let Scope { view, x, y, .. } = &self.scope;
        let below = view.descendants_of(x);
        if let Some(node) = z.iter().find(|&node| below.contains(node)) {
            let descent = directed_path(view, x, &[node].into(), |_| true).unwrap_or_default();
            let text = self.scope.arrows(&descent);
            let name = view.graph().name(node).to_owned();
            return Err(Refusal::Descendant { node, name, descent, text });
        }
        let mut workspace = Workspace::default();
        for exposure in x {
            let exposure = NodeSet::from([exposure]);
            let silenced = view.clone().without_edges_out_of(&exposure);
            if let Some(path) = open_path(&silenced, &exposure, y, z, &mut workspace) {
                let text = path.display(view.graph()).to_string();
                return Err(Refusal::BackDoor { path, text });
            }
        }
        Ok(())
    }

    /// All sets within the bounds that satisfy the back-door criterion, each once and lazily, with a delay of
    /// `O(|X| n (n + m))`.
    ///
    /// Whether any does between two bounds is decided by one set: the ancestors of X, Y and what is required, in the graph
    /// without the edges out of X, that are allowed. That is the lemma for a single separation (van der Zander,
    /// Liskiewicz and Textor 2014), which holds for those of each exposure together as well: an open path that the
    /// smaller set leaves would go through an ancestor of another end, and from there on to it.
    pub fn all_backdoor(&self) -> impl Iterator<Item = NodeSet> + '_ {
        let Scope { view, x, y, required, allowed } = &self.scope;
        let silenced = view.clone().without_edges_out_of(x);
        let each: Vec<_> = x
            .iter()
            .map(|exposure| {
                let exposure = NodeSet::from([exposure]);
                (view.clone().without_edges_out_of(&exposure), exposure)
            })
            .collect();
        let candidates = allowed - &view.descendants_of(x);
        let mut workspace = Workspace::default();
        Intervals::new(required.clone(), &candidates, move |required, allowed| {
            let ends = x.iter().chain(y).chain(required);
            let nearest = &silenced.ancestors_of(ends) & allowed;
            let found = !self.of_class
                && required.is_subset(allowed)
                && each.iter().all(|(view, x)| separated(view, x, y, &nearest, &mut workspace));
            found.then(|| allowed.clone())
        })
    }
}
