//! Sets that separate two others: one, the cheapest, or all of them, one after the other.
//!
//! A *separator* of x and y is a set z given which they are m-separated. It is *minimal* when no proper subset is one,
//! which says nothing of its size; the one of least cost is called *minimum*. [`Bounds`] says what a separator has to hold
//! and may hold; minimal then means that nothing beyond the required part can be left out. Where there is no separator at
//! all the answer is `None`, which is not the empty set.
//!
//! ```
//! use counterfoil_graph::{admg, separation::Workspace, separators::Bounds};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { X <- A <- B -> Y; X <- C -> Y; X -> D <- Y }?;
//! let (x, y) = (graph.set_of(["X"])?, graph.set_of(["Y"])?);
//! let view = graph.view();
//! let names = |z: &_| graph.names(z).join(" ");
//!
//! let all: Vec<String> = view.minimal_separators(&x, &y, &Bounds::any())?.map(|z| names(&z)).collect();
//! assert_eq!(all, ["A C", "B C"]);
//!
//! let (cheapest, cost) = view
//!     .minimum_separator(&x, &y, &Bounds::any(), |node| if node == 1 { 10.0 } else { 1.0 })?
//!     .ok_or("none")?;
//! assert_eq!((names(&cheapest).as_str(), cost), ("B C", 2.0));
//!
//! let mut workspace = Workspace::default();
//! let one = view.minimal_separator(&x, &y, &Bounds::any(), &mut workspace)?.ok_or("none")?;
//! assert_eq!(names(&one), "A C");
//!
//! let within = Bounds::any().within(graph.set_of(["A", "D"])?);
//! assert_eq!(view.minimal_separator(&x, &y, &within, &mut workspace)?, None);
//! # Ok(())
//! # }
//! ```
//!
//! All algorithms rest on one fact (van der Zander, Liskiewicz and Textor 2019): the separators that lie in the ancestors
//! of `x`, `y` and what is required are the vertex cuts of the moral graph of those ancestors, and no minimal one lies
//! elsewhere. The moral graph can be far larger than the graph and is never written out.

mod all;
mod all_minimal;
mod cost;
mod hubs;
mod minimal;
mod queries;

use crate::NodeSet;
pub use all::Separators;
pub use all_minimal::MinimalSeparators;
pub use cost::minimum;
pub use minimal::{exists, minimal, nearest};

/// What a separator must hold and may hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Bounds {
    include: NodeSet,
    restrict: Option<NodeSet>,
}

impl Bounds {
    /// Nothing is required, and everything outside the two sets to be separated is allowed.
    pub fn any() -> Self {
        Self::default()
    }

    /// The same bounds where `nodes` have to be in the separator, too.
    pub fn including(mut self, nodes: &NodeSet) -> Self {
        self.include.union_with(nodes);
        self
    }

    /// The same bounds where the separator has to lie within `nodes`, too.
    pub fn within(mut self, nodes: NodeSet) -> Self {
        match &mut self.restrict {
            Some(allowed) => allowed.intersect_with(&nodes),
            None => self.restrict = Some(nodes),
        }
        self
    }

    /// What is required.
    pub fn required(&self) -> &NodeSet {
        &self.include
    }

    /// What is allowed; `None` for everything.
    pub fn allowed(&self) -> Option<&NodeSet> {
        self.restrict.as_ref()
    }

    /// `true` when `node` may be in a separator.
    pub fn allows(&self, node: usize) -> bool {
        self.restrict.as_ref().is_none_or(|allowed| allowed.contains(node))
    }
}
