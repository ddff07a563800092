//! Edges and the marks at their ends: what distinguishes a cause, a hidden common cause and an undecided end.

/// What an edge shows at one of its ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mark {
    /// No mark: the node at this end is a cause of the other (or, where both ends have none, the direction is open or
    /// due to selection, as the class of the graph has it).
    Tail,
    /// Undecided: an arrowhead in some graphs of the class, a tail in others.
    Circle,
    /// An arrowhead: the node at this end is no cause of the other.
    Arrow,
}

/// An edge between two nodes with a mark at each end, in one canonical order: the tail of a directed edge comes first,
/// the smaller node of a symmetrical one.
///
/// ```
/// use counterfoil_graph::{Edge, Mark};
///
/// assert_eq!(Edge::new(2, Mark::Arrow, 1, Mark::Tail), Edge::directed(1, 2));
/// assert_eq!(Edge::bidirected(2, 1), Edge::bidirected(1, 2));
/// assert_eq!(Edge::directed(1, 2).arrow(), "->");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Edge {
    a: usize,
    b: usize,
    at_a: Mark,
    at_b: Mark,
}

impl Edge {
    /// An edge with any two marks.
    pub fn new(a: usize, at_a: Mark, b: usize, at_b: Mark) -> Self {
        if (at_a, a) <= (at_b, b) {
            Self { a, b, at_a, at_b }
        } else {
            Self { a: b, b: a, at_a: at_b, at_b: at_a }
        }
    }

    /// `cause -> effect`.
    pub fn directed(cause: usize, effect: usize) -> Self {
        Self::new(cause, Mark::Tail, effect, Mark::Arrow)
    }

    /// `a <-> b`: a hidden common cause.
    pub fn bidirected(a: usize, b: usize) -> Self {
        Self::new(a, Mark::Arrow, b, Mark::Arrow)
    }

    /// `a -- b`.
    pub fn undirected(a: usize, b: usize) -> Self {
        Self::new(a, Mark::Tail, b, Mark::Tail)
    }

    /// The two ends in canonical order.
    pub fn ends(&self) -> [usize; 2] {
        [self.a, self.b]
    }

    /// The marks at the two ends, in the order of [`Edge::ends`].
    pub fn marks(&self) -> [Mark; 2] {
        [self.at_a, self.at_b]
    }

    /// `true` for `a -> b`.
    pub fn is_directed(&self) -> bool {
        self.marks() == [Mark::Tail, Mark::Arrow]
    }

    /// `true` for `a <-> b`.
    pub fn is_bidirected(&self) -> bool {
        self.marks() == [Mark::Arrow, Mark::Arrow]
    }

    /// `true` for `a -- b`.
    pub fn is_undirected(&self) -> bool {
        self.marks() == [Mark::Tail, Mark::Tail]
    }

    /// The edge as it is drawn in text, from the first end to the second: `->`, `<->`, `--`, `o->`, `o-o`, `-o`.
    pub fn arrow(&self) -> &'static str {
        match self.marks() {
            [Mark::Tail, Mark::Arrow] => "->",
            [Mark::Arrow, _] => "<->",
            [Mark::Tail, Mark::Tail] => "--",
            [Mark::Circle, Mark::Arrow] => "o->",
            [Mark::Circle, _] => "o-o",
            [Mark::Tail, Mark::Circle] => "-o",
        }
    }
}
