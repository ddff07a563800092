//! Front-door adjustment: an effect found through what carries it, where hidden causes of both ends forbid the back door.
//!
//! A set Z of observed mediators satisfies the front-door criterion for the effect of X on Y (Pearl 1995) when
//! 1. every directed path from X to Y meets Z,
//! 2. no back-door path from X to Z is open, and
//! 3. every back-door path from Z to Y is blocked by X.
//!
//! Then `P(y | do(x)) = sum_z P(z | x) sum_x' P(y | x', z) P(x')`. All three conditions are read for sets of exposures and
//! outcomes as by Wienobst, van der Zander and Liskiewicz (2024), so that Z may be empty where X does not cause Y.
//!
//! ```
//! use counterfoil_graph::{NodeSet, admg, front_door::FrontDoor};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let graph = admg! { Smoking -> Tar -> Cough -> Cancer; Smoking <-> Cancer; Cough <-> Cancer }?;
//! let [x, tar, cough, y] = ["Smoking", "Tar", "Cough", "Cancer"].map(|name| graph.set_of([name]));
//! let (tar, cough) = (tar?, cough?);
//! let question = FrontDoor::of(&graph, &x?, &y?)?;
//! assert_eq!(question.minimal(), Some(tar.clone()));
//! assert_eq!(question.all().collect::<Vec<_>>(), [tar.clone()]);
//! assert_eq!(
//!     question.estimand(&tar)?.to_string(),
//!     "Σ_Tar P(Tar | Smoking) Σ_Smoking' P(Smoking') P(Cancer | Smoking', Tar)"
//! );
//! assert_eq!(
//!     question.check(&cough).unwrap_err().to_string(),
//!     "a back-door path from the mediators to the outcomes is open: Cough <-> Cancer"
//! );
//! # Ok(())
//! # }
//! ```

mod refusal;
mod search;

pub use refusal::Refusal;

use crate::{
    MixedGraph, NodeSet, QueryError, View,
    directed::directed_path,
    estimand::{Arena, Estimand, Symbol},
    intervals::Intervals,
    scope::{Misfit, Scope},
    separation::{Workspace, open_path},
};

/// The question for front-door sets of one effect, and the bounds that an answer has to keep.
///
/// Hidden variables are never part of an answer.
#[derive(Clone, Debug)]
pub struct FrontDoor<'g> {
    scope: Scope<'g>,
}

/// Calls `$search(graph, ..)` with the graph itself where nothing of it is cut, since its edges are read faster than
/// those of a view.
macro_rules! on_graph {
    ($view:expr, $search:path, $($argument:expr),*) => {
        if $view.is_whole() {
            $search($view.graph(), $($argument),*)
        } else {
            $search($view, $($argument),*)
        }
    };
}

impl<'g> FrontDoor<'g> {
    /// The question for the effect of `x` on `y` in a graph, `&Dag` or `&Admg`, or a view of one.
    ///
    /// # Errors
    /// [`QueryError::OutOfRange`], [`QueryError::Empty`] for an empty `x` or `y`, [`QueryError::Overlap`],
    /// [`QueryError::Hidden`] for an end that is not observed.
    pub fn of(graph: impl Into<View<'g>>, x: &NodeSet, y: &NodeSet) -> Result<Self, QueryError> {
        Ok(Self { scope: Scope::of(graph.into(), x, y)? })
    }

    /// The same question for sets within `nodes`. Called again it restricts further.
    pub fn allowed(mut self, nodes: &NodeSet) -> Self {
        self.scope.allowed.intersect_with(nodes);
        self
    }

    /// The same question for sets that hold all of `nodes`. Called again it adds to them. What is required and not
    /// allowed makes the question one without an answer.
    pub fn required(mut self, nodes: &NodeSet) -> Self {
        self.scope.required.union_with(nodes);
        self
    }

    /// The exposures.
    pub fn x(&self) -> &NodeSet {
        &self.scope.x
    }

    /// The outcomes.
    pub fn y(&self) -> &NodeSet {
        &self.scope.y
    }

    fn graph(&self) -> &'g MixedGraph {
        self.scope.view.graph()
    }

    /// Whether `z` is an answer: the three conditions, and the bounds. `O(n + m)`.
    ///
    /// # Errors
    /// [`Refusal`] says which condition fails and shows the path.
    pub fn check(&self, z: &NodeSet) -> Result<(), Refusal> {
        self.scope.check(z, "the mediators")?;
        match self.scope.misfit(z) {
            Some(Misfit::NotAllowed(node, name)) => Err(Refusal::NotAllowed { node, name }),
            Some(Misfit::Missing(node, name)) => Err(Refusal::Missing { node, name }),
            None => self.conditions(z),
        }
    }

    /// The three conditions, whatever the bounds.
    fn conditions(&self, z: &NodeSet) -> Result<(), Refusal> {
        let Scope { view, x, y, .. } = &self.scope;
        let free = |node: usize| !z.contains(node) && !x.contains(node);
        if let Some(path) = directed_path(view, x, y, free) {
            return Err(Refusal::Bypass { text: self.scope.arrows(&path), path });
        }
        let mut workspace = Workspace::default();
        let none = NodeSet::new();
        let silenced = view.clone().without_edges_out_of(x);
        if let Some(path) = open_path(&silenced, x, z, &none, &mut workspace) {
            let text = path.display(self.graph()).to_string();
            return Err(Refusal::Confounded { path, text });
        }
        let silenced = view.clone().without_edges_out_of(z);
        if let Some(path) = open_path(&silenced, z, y, x, &mut workspace) {
            let text = path.display(self.graph()).to_string();
            return Err(Refusal::Disturbed { path, text });
        }
        Ok(())
    }

    /// The largest front-door set within the bounds, which holds all others; `None` when there is none, `Some` of the
    /// empty set where nothing needs to be measured.
    ///
    /// Jeong, Tian and Bareinboim (2022) in the linear form of Wienobst, van der Zander and Liskiewicz (2024): `O(n + m)`.
    pub fn find(&self) -> Option<NodeSet> {
        self.largest(&self.scope.required, &self.scope.allowed)
    }

    fn largest(&self, required: &NodeSet, allowed: &NodeSet) -> Option<NodeSet> {
        let Scope { view, x, y, .. } = &self.scope;
        on_graph!(view, search::largest, x, y, required, allowed)
    }

    /// A front-door set within the bounds of which nothing that is not required can be left out, the way it is: no
    /// proper subset within the bounds is a front-door set. `O(n + m)`.
    pub fn minimal(&self) -> Option<NodeSet> {
        let Scope { view, x, y, required, .. } = &self.scope;
        let largest = self.find()?;
        Some(on_graph!(view, search::least, x, y, required, &largest))
    }

    /// All front-door sets within the bounds, each once. Lazy: before each one `O(n)` linear searches are made, so that
    /// the delay is `O(n (n + m))` however many there are (Wienobst, van der Zander and Liskiewicz 2024, section 4).
    pub fn all(&self) -> impl Iterator<Item = NodeSet> + '_ {
        Intervals::new(self.scope.required.clone(), &self.scope.allowed, |required, allowed| {
            self.largest(required, allowed)
        })
    }

    /// The front-door formula of `z`: `sum_z P(z | x) sum_x' P(y | x', z) P(x')`.
    ///
    /// # Errors
    /// As [`FrontDoor::check`]: a formula comes for front-door sets alone.
    pub fn estimand(&self, z: &NodeSet) -> Result<Estimand, Refusal> {
        self.check(z)?;
        let Scope { x, y, .. } = &self.scope;
        let mut arena = Arena::new();
        let other = || x.iter().map(|exposure| Symbol::new(exposure, 1));
        let values = |set: &NodeSet| set.iter().map(Symbol::of).collect::<Vec<_>>();
        let carried = arena.p_of(z, x);
        let outcome = arena.p(values(y), other().chain(values(z)));
        let weight = arena.p(other(), []);
        let product = arena.product([outcome, weight]);
        let effect = arena.sum(other(), product);
        let product = arena.product([carried, effect]);
        let formula = arena.sum(values(z), product);
        Ok(Estimand::new(arena, formula, self.graph()))
    }

    /// Why there is no front-door set within the bounds: a set that comes nearest, and why it is refused; `None` when there
    /// is a front-door set. `O(n + m)`.
    ///
    /// Either the bounds contradict each other, or the nearest set holds every node that may be a mediator and a
    /// directed path meets none of them, or it holds those and a required node that may not be one.
    pub fn refusal(&self) -> Option<(NodeSet, Refusal)> {
        let Scope { view, x, y, required, allowed } = &self.scope;
        if let Err(refusal) = self.scope.check(required, "the mediators") {
            return Some((required.clone(), refusal.into()));
        }
        if let Some(Misfit::NotAllowed(node, name)) = self.scope.misfit(required) {
            return Some((required.clone(), Refusal::NotAllowed { node, name }));
        }
        let mut nearest = on_graph!(view, search::candidates, x, y, allowed);
        if let Some(node) = (required - &nearest).first() {
            nearest.insert(node);
        }
        self.conditions(&nearest).err().map(|refusal| (nearest, refusal))
    }
}
