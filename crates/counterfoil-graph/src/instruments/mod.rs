//! Instruments: what moves a cause without touching its effect otherwise, as a lottery does.
//!
//! A variable Z is a *conditional instrument* given W for the effect of X on Y (Brito and Pearl 2002; van der Zander,
//! Textor and Liskiewicz 2015) when
//! 1. Z and X are dependent given W,
//! 2. W separates Z from Y in the graph without the first edges of all causal paths from X to Y, and
//! 3. neither Z nor a node of W is a descendant of Y or of a node on such a path.
//!
//! In a linear model the effect is then `cov(Z, Y | W) / cov(Z, X | W)`. With W empty, Z is an instrument in the plain sense
//! (Pearl 1995). Where X causes Y by its own edge alone, as in those papers, the second condition removes that edge; where
//! there are mediators the effect in question is the total one, as by Henckel, Buttenschoen and Maathuis (2024).
//!
//! ```
//! use counterfoil_graph::{NodeSet, admg, instruments::Instruments};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { W -> Z -> X -> Y; W <-> Y; X <-> Y }?;
//! let (z, w) = (graph.index_of("Z")?, graph.set_of(["W"])?);
//! let question = Instruments::of(&graph, graph.index_of("X")?, graph.index_of("Y")?)?;
//! assert_eq!(question.all().collect::<Vec<_>>(), [(z, w)]);
//! assert_eq!(
//!     question.check(z, &NodeSet::new()).unwrap_err().to_string(),
//!     "`Z` reaches the outcome past the exposure: Z <- W <-> Y"
//! );
//! # Ok(())
//! # }
//! ```

mod reach;
mod refusal;

pub use reach::Unreached;
pub use refusal::Refusal;

use crate::{
    CausalGraph, NodeSet, QueryError, View,
    adjustment::causal_nodes,
    cut::Cut,
    directed::directed_path,
    intervals::Intervals,
    scope::{Misfit, Scope},
    separation::{Workspace, open_path, separated, separated_between},
    separators::{Bounds, minimal},
};

/// The question for instruments of the effect of one variable on another.
///
/// Hidden variables are never part of an answer.
#[derive(Clone, Debug)]
pub struct Instruments<'g> {
    scope: Scope<'g>,
    x: usize,
    causal_nodes: NodeSet,
    /// X, and the descendants of Y and of the causal nodes.
    forbidden: NodeSet,
}

impl<'g> Instruments<'g> {
    /// The question for the effect of `x` on `y` in a graph, `&Dag` or `&Admg`, or a view of one. `O(n + m)`.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Overlap`] when the two are one, [`QueryError::OutOfView`],
    /// [`QueryError::Hidden`].
    pub fn of(graph: impl Into<View<'g>>, x: usize, y: usize) -> Result<Self, QueryError> {
        let view = graph.into();
        // Before the sets, whose size is that of their largest member.
        if let Some(index) = [x, y].into_iter().find(|&node| node >= view.graph().len()) {
            return Err(QueryError::OutOfRange { index, len: view.graph().len() });
        }
        let scope = Scope::of(view, &[x].into(), &[y].into())?;
        let causal_nodes = causal_nodes(&scope.view, &scope.x, &scope.y);
        let below = scope.view.descendants_of(&(&causal_nodes | &scope.y));
        Ok(Self { scope, x, causal_nodes, forbidden: below.with(x) })
    }

    /// The same question with instruments and conditions within `nodes`. Called again it restricts further.
    pub fn allowed(mut self, nodes: &NodeSet) -> Self {
        self.scope.allowed.intersect_with(nodes);
        self
    }

    /// What may be an instrument or a condition: observed, allowed and not below the effect.
    pub fn candidates(&self) -> NodeSet {
        &self.scope.allowed - &self.forbidden
    }

    /// The graph without the first edges of all causal paths from X to Y.
    fn without_effect(&self) -> Cut<'_, View<'g>> {
        Cut { graph: &self.scope.view, causes: &self.scope.x, effects: &self.causal_nodes }
    }

    /// Whether `z` is an instrument given `w`. `O(n + m)`.
    ///
    /// # Errors
    /// [`Refusal`] says which condition fails, with the path or what shows that there is none.
    pub fn check(&self, z: usize, w: &NodeSet) -> Result<(), Refusal> {
        let Scope { view, x, y, .. } = &self.scope;
        let graph = view.graph();
        if z >= graph.len() {
            return Err(QueryError::OutOfRange { index: z, len: graph.len() }.into());
        }
        let instrument = NodeSet::from([z]);
        self.scope.check(&instrument, "the instrument")?;
        self.scope.check(w, "the condition")?;
        let role = "the instrument";
        crate::query::disjoint(graph, (&instrument, role), (w, "the condition"))?;
        let both = &instrument | w;
        if let Some(Misfit::NotAllowed(node, name)) = self.scope.misfit(&both) {
            return Err(Refusal::NotAllowed { node, name });
        }
        if let Some(node) = both.iter().find(|&node| self.forbidden.contains(node)) {
            let sources = &self.causal_nodes | y;
            let descent =
                directed_path(view, &sources, &[node].into(), |_| true).unwrap_or_default();
            let text = self.scope.arrows(&descent);
            return Err(Refusal::Forbidden {
                node,
                name: graph.name(node).to_owned(),
                descent,
                text,
            });
        }
        let mut workspace = Workspace::default();
        if let Some(path) = open_path(&self.without_effect(), &instrument, y, w, &mut workspace) {
            let text = path.display(graph).to_string();
            return Err(Refusal::Leak { name: graph.name(z).to_owned(), path, text });
        }
        if separated(view, &instrument, x, w, &mut workspace) {
            let unreached = Box::new(Unreached::from(view, z, w));
            let (name, exposure) = (graph.name(z).to_owned(), graph.name(self.x).to_owned());
            return Err(Refusal::Irrelevant { name, exposure, unreached });
        }
        Ok(())
    }

    /// The instruments that need no condition. Two linear searches find all of them: `O(n + m)`.
    pub fn unconditional(&self) -> NodeSet {
        let nothing = NodeSet::new();
        let Scope { view, .. } = &self.scope;
        let relevant = Unreached::from(view, self.x, &nothing).reached();
        let y = self.scope.y.first().unwrap_or_default();
        let leaking = Unreached::from(&self.without_effect(), y, &nothing).reached();
        &(&relevant & &self.candidates()) - &leaking
    }

    /// The ancestral instruments, each with one condition: a minimal set of ancestors of Z and Y, near to Y, that separates
    /// them. `O(n (n + m))` for all.
    ///
    /// There is a conditional instrument exactly when there is an ancestral one (van der Zander, Textor and Liskiewicz
    /// 2015, theorem 2), though not for each Z: whether a given Z has any condition is NP-hard to tell (theorem 1).
    pub fn ancestral(&self) -> impl Iterator<Item = (usize, NodeSet)> + '_ {
        let candidates = self.candidates();
        let mut workspace = Workspace::default();
        let nodes: Vec<usize> = candidates.iter().collect();
        nodes.into_iter().filter_map(move |z| {
            let Scope { view, x, y, .. } = &self.scope;
            let instrument = NodeSet::from([z]);
            let bounds = Bounds::any().within(candidates.clone().without(z));
            let w = minimal(&self.without_effect(), y, &instrument, &bounds, &mut workspace)?;
            let relevant = !separated(view, &instrument, x, &w, &mut workspace);
            relevant.then_some((z, w))
        })
    }

    /// All conditional instruments with all of their conditions, lazily, by the order of instruments.
    ///
    /// The conditions that separate Z from Y come with a delay of `O(n (n + m))`. Those among them given which Z tells
    /// nothing of X are skipped, whole branches of them where no choice of what is left open brings Z to X; there can be many
    /// nevertheless: no listing with a polynomial delay is possible unless P = NP.
    pub fn all(&self) -> impl Iterator<Item = (usize, NodeSet)> + '_ {
        let candidates = self.candidates();
        let nodes: Vec<usize> = candidates.iter().collect();
        nodes.into_iter().flat_map(move |z| {
            let Scope { view, x, y, .. } = &self.scope;
            let instrument = NodeSet::from([z]);
            let (mut workspace, mut second) = (Workspace::default(), Workspace::default());
            let conditions = {
                let instrument = instrument.clone();
                let allowed = candidates.clone().without(z);
                Intervals::new(NodeSet::new(), &allowed, move |required, allowed| {
                    let graph = self.without_effect();
                    let ends = instrument.iter().chain(y).chain(required);
                    let nearest = &graph.ancestors_of(ends) & allowed;
                    let between = [required, allowed];
                    let fits = separated(&graph, &instrument, y, &nearest, &mut workspace)
                        && !separated_between(view, &instrument, x, between, &mut workspace);
                    fits.then(|| allowed.clone())
                })
            };
            conditions
                .filter(move |w| !separated(view, &instrument, x, w, &mut second))
                .map(move |w| (z, w))
        })
    }
}
