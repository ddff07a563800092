//! Listing of all sets with a property between two bounds, by halving the bounds where a test says that it pays.

use crate::NodeSet;

/// All sets `Z` with `required` within `Z` within `allowed` that have some property, without repetition.
///
/// The property is known through `narrow(required, allowed)`: `None` when no set between the two has it; otherwise a
/// superset of all that do, which is within `allowed` and keeps `required`. Where the bounds meet, that is the answer. With a
/// test that says `None` whenever there is no set, at most `2 n` tests are made for each set before it comes out: the delay
/// is `O(n)` times the cost of the test (the scheme of van der Zander, Liskiewicz and Textor 2014, section 4). A test that
/// sometimes promises a set where there is none costs detours. Sets without the first undecided node come before those with
/// it.
#[derive(Debug)]
pub(crate) struct Intervals<F> {
    /// Bounds between which, as far as the test tells, a set has the property.
    open: Vec<(NodeSet, NodeSet)>,
    narrow: F,
}

impl<F: FnMut(&NodeSet, &NodeSet) -> Option<NodeSet>> Intervals<F> {
    pub(crate) fn new(required: NodeSet, allowed: &NodeSet, mut narrow: F) -> Self {
        let open = narrow(&required, allowed).map(|most| (required, most));
        Self { open: open.into_iter().collect(), narrow }
    }
}

impl<F: FnMut(&NodeSet, &NodeSet) -> Option<NodeSet>> Iterator for Intervals<F> {
    type Item = NodeSet;

    fn next(&mut self) -> Option<NodeSet> {
        'open: loop {
            let (mut least, mut most) = self.open.pop()?;
            while let Some(node) = (&most - &least).first() {
                let with = least.clone().with(node);
                let when_in = (self.narrow)(&with, &most);
                most.remove(node);
                match ((self.narrow)(&least, &most), when_in) {
                    (Some(without), when_in) => {
                        if let Some(in_most) = when_in {
                            self.open.push((with, in_most));
                        }
                        most = without;
                    }
                    (None, Some(in_most)) => (least, most) = (with, in_most),
                    (None, None) => continue 'open,
                }
            }
            return Some(least);
        }
    }
}
