//! What a file says of a graph besides its nodes and edges: which of them are hidden, which a question is about, where
//! they are drawn.

use crate::{Admg, Dag, Edge, GraphError, Mark, MixedGraph, NodeSet, order, projection};

/// The class of graph that a text declares, which says what its edges mean.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Class {
    /// A causal diagram with `->` and `<->`; `dag` in dagitty's language. Without `<->` it is a DAG.
    Admg,
    /// A partially directed graph with `->` and `--`, mostly a class of DAGs (CPDAG); `<->` may occur in dagitty's.
    Pdag,
    /// A maximal ancestral graph with `->`, `<->` and `--`.
    Mag,
    /// A partial ancestral graph, with circles where marks are undecided.
    Pag,
}

impl Class {
    /// The word that declares the class, as in `pag { x @-> y }`.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Admg => "dag",
            Self::Pdag => "pdag",
            Self::Mag => "mag",
            Self::Pag => "pag",
        }
    }

    /// The class with this keyword; `admg` and `cpdag` are understood as well.
    pub fn from_keyword(word: &str) -> Option<Self> {
        match word.to_ascii_lowercase().as_str() {
            "dag" | "admg" => Some(Self::Admg),
            "pdag" | "cpdag" => Some(Self::Pdag),
            "mag" => Some(Self::Mag),
            "pag" => Some(Self::Pag),
            _ => None,
        }
    }

    /// The smallest class that has all `edges`: what a text means that declares none.
    pub fn of_edges(edges: &[Edge]) -> Self {
        if edges.iter().any(|edge| edge.marks().contains(&Mark::Circle)) {
            Self::Pag
        } else if !edges.iter().any(Edge::is_undirected) {
            Self::Admg
        } else if edges.iter().any(Edge::is_bidirected) {
            Self::Mag
        } else {
            Self::Pdag
        }
    }

    pub(super) fn allows(self, edge: Edge) -> bool {
        match self {
            Self::Admg => edge.is_directed() || edge.is_bidirected(),
            Self::Pdag | Self::Mag => !edge.marks().contains(&Mark::Circle),
            Self::Pag => true,
        }
    }

    fn edges_in_words(self) -> &'static str {
        match self {
            Self::Admg => "-> and <->",
            _ => "->, <-> and --",
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Admg => "a causal diagram",
            Self::Pdag => "a partially directed graph",
            Self::Mag => "a maximal ancestral graph",
            Self::Pag => "a partial ancestral graph",
        }
    }
}

/// What part a variable has in a question that a file asks of its graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What is acted on: X of P(y | do(x)).
    Exposure,
    /// What is asked for: Y of P(y | do(x)).
    Outcome,
    /// What is adjusted for.
    Adjusted,
    /// What the data were selected by.
    Selected,
}

impl Part {
    /// All parts, in the order in which they are written.
    pub const ALL: [Self; 4] = [Self::Exposure, Self::Outcome, Self::Adjusted, Self::Selected];

    /// The attribute that declares it: `exposure`, `outcome`, `adjusted`, `selected`.
    pub fn keyword(self) -> &'static str {
        match self {
            Self::Exposure => "exposure",
            Self::Outcome => "outcome",
            Self::Adjusted => "adjusted",
            Self::Selected => "selected",
        }
    }

    fn with_article(self) -> &'static str {
        match self {
            Self::Exposure => "an exposure",
            Self::Outcome => "an outcome",
            Self::Adjusted => "adjusted for",
            Self::Selected => "selected by",
        }
    }
}

/// A graph with all that a text says of it: class, hidden variables, exposures, outcomes, places on paper. Every format
/// reads to this type and writes from it.
///
/// Hidden variables are those of the graph whose [`Role`](crate::Role) is latent. [`Described::to_admg`] and
/// [`Described::observed`] project them out, so that they are never taken for observed ones.
///
/// ```
/// use counterfoil_graph::formats::{Described, Format};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let text = "dag { x [exposure] y [outcome] u [latent]  x -> y  u -> {x y} }";
/// let described = Format::Dagitty.read(text)?;
/// assert_eq!(described.graph().names(&described.latent()), ["u"]);
/// assert_eq!(described.to_admg()?.to_string(), "x; y; x -> y; x <-> y");
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Described {
    graph: MixedGraph,
    class: Class,
    parts: [NodeSet; 4],
    positions: Vec<Option<[f64; 2]>>,
}

impl Described {
    /// `graph` and nothing else; its class is the smallest that has its edges.
    pub fn new(graph: MixedGraph) -> Self {
        let class = Class::of_edges(&graph.mixed_edges());
        Self { positions: vec![None; graph.len()], parts: Default::default(), class, graph }
    }

    /// The same, declared as a graph of `class`.
    ///
    /// # Errors
    /// [`GraphError::EdgeOutOfClass`] when the class does not have one of the edges. Other properties of the class
    /// (no cycle, ancestral, maximal) are left to the types of the classes.
    pub fn with_class(mut self, class: Class) -> Result<Self, GraphError> {
        if let Some(edge) = self.graph.mixed_edges().into_iter().find(|&edge| !class.allows(edge)) {
            return Err(GraphError::EdgeOutOfClass {
                edge: self.graph.describe(edge),
                class: class.with_article(),
                allowed: class.edges_in_words(),
            });
        }
        self.class = class;
        Ok(self)
    }

    /// The same, in which `nodes` have `part` and no others have.
    ///
    /// # Errors
    /// [`GraphError::IndexOutOfRange`].
    pub fn with_part(mut self, part: Part, nodes: NodeSet) -> Result<Self, GraphError> {
        let len = self.graph.len();
        if let Some(index) = nodes.iter().find(|&node| node >= len) {
            return Err(GraphError::IndexOutOfRange { index, len });
        }
        self.parts[part as usize] = nodes;
        Ok(self)
    }

    /// The same, with `node` drawn at `[x, y]`.
    ///
    /// # Errors
    /// [`GraphError::IndexOutOfRange`]; [`GraphError::BadAttribute`] for numbers that are not finite.
    pub fn with_position(mut self, node: usize, [x, y]: [f64; 2]) -> Result<Self, GraphError> {
        let len = self.graph.len();
        if node >= len {
            return Err(GraphError::IndexOutOfRange { index: node, len });
        }
        if !(x.is_finite() && y.is_finite()) {
            return Err(GraphError::BadAttribute {
                name: self.graph.name(node).to_owned(),
                attribute: "pos".to_owned(),
                value: format!("{x},{y}"),
                expected: "two finite numbers",
            });
        }
        self.positions[node] = Some([x, y]);
        Ok(self)
    }

    /// Variables, hidden ones among them, and edges.
    pub fn graph(&self) -> &MixedGraph {
        &self.graph
    }

    /// The graph alone.
    pub fn into_graph(self) -> MixedGraph {
        self.graph
    }

    /// The class that was declared, or the smallest that has the edges.
    pub fn class(&self) -> Class {
        self.class
    }

    /// The variables that have `part`.
    pub fn part(&self, part: Part) -> &NodeSet {
        &self.parts[part as usize]
    }

    /// What is acted on.
    pub fn exposures(&self) -> &NodeSet {
        self.part(Part::Exposure)
    }

    /// What is asked for.
    pub fn outcomes(&self) -> &NodeSet {
        self.part(Part::Outcome)
    }

    /// What is adjusted for.
    pub fn adjusted(&self) -> &NodeSet {
        self.part(Part::Adjusted)
    }

    /// What the data were selected by.
    pub fn selected(&self) -> &NodeSet {
        self.part(Part::Selected)
    }

    /// The variables that are declared hidden.
    pub fn latent(&self) -> NodeSet {
        (0..self.graph.len()).filter(|&node| self.graph.variable(node).is_latent()).collect()
    }

    /// Where the variable is drawn, when the text says so, in the text's own units. The second number grows downward
    /// in dagitty's texts and upward in Graphviz's; it is handed on as it is.
    pub fn position(&self, node: usize) -> Option<[f64; 2]> {
        self.positions.get(node).copied().flatten()
    }

    /// The graph as a DAG, in which hidden variables are still nodes, declared latent.
    ///
    /// # Errors
    /// [`GraphError::DeclaredOtherwise`], [`GraphError::EdgeOutOfClass`] for `<->`, [`GraphError::Cycle`].
    pub fn to_dag(&self) -> Result<Dag, GraphError> {
        self.is_diagram("a DAG")?;
        Dag::try_from(self.graph.clone())
    }

    /// The graph over the observed variables, with hidden ones projected out (Verma and Pearl 1990). Unlabelled
    /// variables, which have no edges, are left out too.
    ///
    /// # Errors
    /// [`GraphError::DeclaredOtherwise`], [`GraphError::Cycle`].
    pub fn to_admg(&self) -> Result<Admg, GraphError> {
        self.is_diagram("an ADMG")?;
        let order = order::topological(self.graph.links()).map_err(|cycle| GraphError::Cycle {
            names: cycle.iter().map(|&i| self.graph.name(i).to_owned()).collect(),
        })?;
        Ok(projection::project(&self.graph, &order, &self.unseen()))
    }

    /// What is left when hidden variables are projected out as by [`Described::to_admg`], with parts and positions of
    /// the others.
    ///
    /// # Errors
    /// As [`Described::to_admg`], and [`GraphError::LatentRole`] when a variable that vanishes has a part.
    pub fn observed(&self) -> Result<Self, GraphError> {
        let unseen = self.unseen();
        for part in Part::ALL {
            if let Some(node) = self.part(part).iter().find(|&node| unseen.contains(node)) {
                let name = self.graph.name(node).to_owned();
                return Err(GraphError::LatentRole { name, role: part.with_article() });
            }
        }
        let admg = self.to_admg()?;
        let kept = &self.graph.nodes() - &unseen;
        let mut seen = Self::new((*admg).clone());
        for (new, old) in kept.iter().enumerate() {
            seen.positions[new] = self.positions[old];
            for part in Part::ALL {
                if self.part(part).contains(old) {
                    seen.parts[part as usize].insert(new);
                }
            }
        }
        Ok(seen)
    }

    fn unseen(&self) -> NodeSet {
        (0..self.graph.len()).filter(|&node| !self.graph.variable(node).is_labelled()).collect()
    }

    fn is_diagram(&self, wanted: &'static str) -> Result<(), GraphError> {
        if self.class == Class::Admg {
            return Ok(());
        }
        let fix = "declare it as `dag` where each edge is a cause or a hidden common cause";
        Err(GraphError::DeclaredOtherwise { declared: self.class.with_article(), wanted, fix })
    }
}

impl From<MixedGraph> for Described {
    fn from(graph: MixedGraph) -> Self {
        Self::new(graph)
    }
}

impl From<&Dag> for Described {
    fn from(graph: &Dag) -> Self {
        Self::new((**graph).clone())
    }
}

impl From<&Admg> for Described {
    fn from(graph: &Admg) -> Self {
        Self::new((**graph).clone())
    }
}
