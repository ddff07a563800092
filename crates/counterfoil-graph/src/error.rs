//! What can be wrong with a graph, a variable or an intervention, each said in one sentence with its fix.

use std::convert::Infallible;

/// An error of this crate. Its `Display` is one sentence that names the variable and the way to mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum GraphError {
    /// An error that belongs to a place in a text; both numbers count from 1, columns in characters.
    #[error("line {line}, column {column}: {cause}")]
    At {
        /// Line of the text, from 1.
        line: usize,
        /// Column in characters, from 1.
        column: usize,
        /// What is wrong there.
        cause: Box<GraphError>,
    },
    /// Text that does not follow the grammar, or a construct that this reader refuses.
    #[error("{message}")]
    Syntax {
        /// What was found, what was expected and how to write it.
        message: String,
    },
    /// A name that is empty or holds control characters.
    #[error("{name:?} cannot name a variable: use a non-empty text without control characters")]
    BadName {
        /// The refused name.
        name: String,
    },
    /// Two variables with one name.
    #[error("the variable `{name}` is declared twice: remove one declaration or rename it")]
    DuplicateVariable {
        /// The repeated name.
        name: String,
    },
    /// An edge that is given twice.
    #[error("the edge {from} {arrow} {to} is given twice: remove one")]
    DuplicateEdge {
        /// First end of the edge.
        from: String,
        /// How the edge is drawn: `->`, `<->`, `--`.
        arrow: &'static str,
        /// Second end of the edge.
        to: String,
    },
    /// A bidirected or undirected edge from a variable to itself.
    #[error("the edge {name} {arrow} {name} joins a variable with itself: remove it")]
    SelfLoop {
        /// The variable.
        name: String,
        /// How the edge is drawn.
        arrow: &'static str,
    },
    /// An edge with marks that the class of the graph does not have.
    #[error("the edge {edge} does not belong in {class}: its edges are {allowed}")]
    EdgeOutOfClass {
        /// The edge in text.
        edge: String,
        /// The class, with its article.
        class: &'static str,
        /// The edges that it has.
        allowed: &'static str,
    },
    /// Two edges between one pair in a class that has one at most.
    #[error("{} join one pair, and {class} has one edge a pair at most: keep one", .edges.join(" and "))]
    ParallelEdges {
        /// The edges in text.
        edges: Vec<String>,
        /// The class, with its article.
        class: &'static str,
    },
    /// A cycle of directed and undirected edges in a class whose graphs are chain graphs.
    #[error("{cycle} is a partly directed cycle, and a CPDAG has none: turn or remove an edge")]
    PartlyDirectedCycle {
        /// The cycle in text.
        cycle: String,
    },
    /// Undirected edges that cannot all be directed without a new v-structure.
    #[error(
        "{cycle} is a cycle without a chord, so its edges cannot be directed without a new v-structure: add a chord or direct an edge"
    )]
    NotChordal {
        /// The cycle in text.
        cycle: String,
    },
    /// An undirected edge whose direction follows from another edge.
    #[error(
        "the edge {cause} -- {effect} is not open: with {because}, and {} and {} apart, it must be {cause} -> {effect}", .apart[0], .apart[1]
    )]
    CompelledEdge {
        /// The directed edge from which it follows, in text.
        because: String,
        /// The two variables that are not joined.
        apart: [String; 2],
        /// The end that must be the cause.
        cause: String,
        /// The other end.
        effect: String,
    },
    /// A directed edge that some member of the class has the other way round.
    #[error(
        "nothing compels {cause} -> {effect}, so a CPDAG has {cause} -- {effect}: undirect it, or use a graph with background knowledge"
    )]
    ReversibleEdge {
        /// The cause.
        cause: String,
        /// The effect.
        effect: String,
    },
    /// A partly directed graph that no DAG has the v-structures of.
    #[error("no DAG has these edges and v-structures: {} cannot be directed without a cycle or a new v-structure", .edges.join(", "))]
    NotExtendable {
        /// The undirected edges that remain, in text.
        edges: Vec<String>,
    },
    /// A direction that is claimed of an edge which the graph does not have, or has the other way round.
    #[error("{cause} -> {effect} contradicts the graph, {found}: drop that piece of knowledge")]
    ContradictedKnowledge {
        /// The claimed cause.
        cause: String,
        /// The claimed effect.
        effect: String,
        /// What the graph, with the knowledge before, has.
        found: String,
    },
    /// An undirected edge whose direction follows from the rest of the graph.
    #[error("the graph is not closed: {edge} must be {closed} by Meek's rules, so close it first")]
    NotClosed {
        /// The edge in text.
        edge: String,
        /// What it must be, in text.
        closed: String,
    },
    /// Two graphs that should be compared and are not over the same variables.
    #[error(
        "the two graphs have different variables, at position {position} {first} and {second}: give both the same, in the same order"
    )]
    DifferentVariables {
        /// The first position at which they differ.
        position: usize,
        /// The name in the first graph.
        first: String,
        /// The name in the second graph.
        second: String,
    },
    /// A component with too many directions to list.
    #[error("the chain component of `{name}` has more than {limit} members: raise the limit")]
    TooManyMembers {
        /// The first variable of the component.
        name: String,
        /// The number that was allowed.
        limit: usize,
    },
    /// A bidirected edge whose one end causes the other.
    #[error("{edge} and {path} form an almost directed cycle, and a MAG has none: remove an edge")]
    AlmostDirectedCycle {
        /// The bidirected edge in text.
        edge: String,
        /// The directed path in text.
        path: String,
    },
    /// An arrowhead at the end of an undirected edge.
    #[error("{head} has an arrowhead at `{node}`, where {undirected} ends: a MAG has no such node")]
    HeadAtUndirected {
        /// The node.
        node: String,
        /// The edge with the arrowhead, in text.
        head: String,
        /// The undirected edge in text.
        undirected: String,
    },
    /// A pair that is not joined though nothing separates it.
    #[error("nothing separates `{}` from `{}`, since {path} is an inducing path: a MAG has an edge between them", .pair[0], .pair[1])]
    NotMaximal {
        /// The two variables.
        pair: [String; 2],
        /// The inducing path in text.
        path: String,
    },
    /// A graph that no MAG can be read off.
    #[error("the graph is no PAG, since what it says of its members is wrong: {cause}")]
    NoMember {
        /// What is wrong with the MAG that the graph should contain.
        cause: Box<GraphError>,
    },
    /// An edge whose marks are not those that all members agree on.
    #[error(
        "the graph is no PAG: it has {edge} where the members of its class agree on {completed}"
    )]
    NotCompleted {
        /// The edge in text.
        edge: String,
        /// The edge of the PAG, in text.
        completed: String,
    },
    /// A variable that is declared latent where all must be observed.
    #[error(
        "`{name}` is latent, and every variable of this class of graph is observed: project it out of a DAG"
    )]
    LatentInClass {
        /// The variable.
        name: String,
    },
    /// A graph that a format has no words for.
    #[error("{format} cannot hold {what}: {fix}")]
    Unwritable {
        /// The format's name.
        format: &'static str,
        /// What it cannot hold.
        what: String,
        /// What to do about it.
        fix: &'static str,
    },
    /// A graph that was declared as one of another class than it is asked for as.
    #[error("the graph is declared as {declared} and is asked for as {wanted}: {fix}")]
    DeclaredOtherwise {
        /// The class that was declared, with its article.
        declared: &'static str,
        /// The class that was asked for, with its article.
        wanted: &'static str,
        /// What to do about it.
        fix: &'static str,
    },
    /// A variable that is hidden and yet part in a query.
    #[error(
        "`{name}` is latent and declared as {role}: what is hidden has no part in a query, remove one of the two"
    )]
    LatentRole {
        /// The variable.
        name: String,
        /// The other role, with its article.
        role: &'static str,
    },
    /// Text in none of the formats.
    #[error(
        "this text is no graph in a known format: begin with `dag {{`, `digraph {{`, `graph [`, `{{`, `network` or a statement such as X -> Y"
    )]
    UnknownFormat,
    /// A probability table that does not describe a distribution.
    #[error("the table of `{name}` {problem}")]
    BadTable {
        /// The variable.
        name: String,
        /// What is wrong and what would be right.
        problem: String,
    },
    /// An edge that names a variable which is declared nowhere.
    #[error("the edge {edge} names `{name}`, which is not declared: {}", declare(.name, .suggestion.as_deref()))]
    Undeclared {
        /// The edge in text.
        edge: String,
        /// The end that is missing.
        name: String,
        /// A declared name that is spelt nearly the same.
        suggestion: Option<String>,
    },
    /// A variable that was asked for and does not exist.
    #[error("there is no variable `{name}` in the graph: {}", known(.suggestion.as_deref(), .names))]
    UnknownVariable {
        /// The name that was asked for.
        name: String,
        /// An existing name that is spelt nearly the same.
        suggestion: Option<String>,
        /// All existing names.
        names: Vec<String>,
    },
    /// A position that lies outside the graph.
    #[error("there is no variable number {index}: the graph has {len} variables, counted from 0")]
    IndexOutOfRange {
        /// The position that was asked for.
        index: usize,
        /// The number of variables.
        len: usize,
    },
    /// Edges that lead back to where they started.
    #[error("the edges form a cycle, {}: remove one of them", cycle(.names))]
    Cycle {
        /// The variables of the cycle, each once, in the direction of the edges.
        names: Vec<String>,
    },
    /// An edge at a variable that stands for all that the graph does not name.
    #[error(
        "the edge {from} {arrow} {to} touches `{name}`, which is unlabelled and so has neither parents nor children: remove the edge or the role"
    )]
    UnlabelledEdge {
        /// First end of the edge.
        from: String,
        /// How the edge is drawn.
        arrow: &'static str,
        /// Second end of the edge.
        to: String,
        /// The unlabelled end.
        name: String,
    },
    /// Bounds that enclose nothing or are not finite.
    #[error("`{name}` has the {what} {low} .. {high}: give finite bounds with low < high")]
    EmptyRange {
        /// The variable.
        name: String,
        /// "range" or "domain".
        what: &'static str,
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// A declared range that is not contained in the hard domain.
    #[error(
        "the range {low} .. {high} of `{name}` leaves its domain, {domain}: narrow the range or widen the domain"
    )]
    RangeOutsideDomain {
        /// The variable.
        name: String,
        /// Lower bound of the range.
        low: f64,
        /// Upper bound of the range.
        high: f64,
        /// The domain in words.
        domain: String,
    },
    /// A categorical variable that has no choice.
    #[error("`{name}` is categorical with {categories} categories: give at least 2")]
    TooFewCategories {
        /// The variable.
        name: String,
        /// The number that was given.
        categories: usize,
    },
    /// A circular variable whose period is not a positive finite number.
    #[error("`{name}` is circular with the period {period}: give a positive finite period")]
    BadPeriod {
        /// The variable.
        name: String,
        /// The period that was given.
        period: f64,
    },
    /// A property that the variable's kind or role does not have.
    #[error("`{name}` is {what} and has no {property}: remove it")]
    NotApplicable {
        /// The variable.
        name: String,
        /// Its kind or role in words.
        what: &'static str,
        /// The property that does not apply.
        property: &'static str,
    },
    /// A property that the variable's kind needs.
    #[error("`{name}` is {what} and needs the attribute `{attribute}`, for example {example}")]
    MissingAttribute {
        /// The variable.
        name: String,
        /// Its kind in words.
        what: &'static str,
        /// The attribute that is missing.
        attribute: &'static str,
        /// How it is written.
        example: &'static str,
    },
    /// An attribute that means nothing here.
    #[error("`{name}` has the unknown attribute `{attribute}`: {}", known(.suggestion.as_deref(), .names))]
    UnknownAttribute {
        /// The variable.
        name: String,
        /// The attribute's key.
        attribute: String,
        /// A known key that is spelt nearly the same.
        suggestion: Option<String>,
        /// All known keys.
        names: Vec<String>,
    },
    /// An attribute whose value does not parse or does not fit.
    #[error("`{name}` has {attribute} = {value:?}: give {expected}")]
    BadAttribute {
        /// The variable.
        name: String,
        /// The attribute's key.
        attribute: String,
        /// The value that was given.
        value: String,
        /// What would fit.
        expected: &'static str,
    },
    /// A value that the variable cannot take, whatever the range of the data.
    #[error("{value} is no value of `{name}`: give {expected}")]
    OutsideDomain {
        /// The variable.
        name: String,
        /// The refused value.
        value: f64,
        /// The values it takes, in words.
        expected: String,
    },
    /// An intervention on a variable that has no label.
    #[error("`{name}` is {role}, so it has no value to set: intervene on a labelled variable")]
    UnlabelledIntervention {
        /// The variable.
        name: String,
        /// Its role in words.
        role: &'static str,
    },
    /// A soft change that means nothing for its variable.
    #[error("`{change}` cannot be done to `{name}`: {reason}")]
    SoftChange {
        /// The variable.
        name: String,
        /// The change as it is written.
        change: String,
        /// Why not, and what to do instead.
        reason: &'static str,
    },
    /// Two changes of one variable in the same intervention.
    #[error("`{name}` is changed twice, by `{first}` and by `{second}`: keep one")]
    ChangedTwice {
        /// The variable.
        name: String,
        /// The change that stands.
        first: String,
        /// The change that was added.
        second: String,
    },
    /// Text that is not `name=number`.
    #[error(
        "{text:?} is no intervention: write it as name=number, for example thickness=2.5, or name+=number, name-=number, \
         name*=number for a soft one"
    )]
    BadIntervention {
        /// The refused text.
        text: String,
    },
}

impl GraphError {
    /// The line and column (from 1) that the error belongs to, when it came from a text.
    pub fn position(&self) -> Option<(usize, usize)> {
        match self {
            Self::At { line, column, .. } => Some((*line, *column)),
            _ => None,
        }
    }

    /// The error without its place in the text: what to match on.
    pub fn cause(&self) -> &Self {
        match self {
            Self::At { cause, .. } => cause.cause(),
            other => other,
        }
    }
}

/// Never happens: lets a conversion that cannot fail stand where one that can is expected.
impl From<Infallible> for GraphError {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

fn declare(name: &str, suggestion: Option<&str>) -> String {
    match suggestion {
        Some(near) => format!("did you mean `{near}`?"),
        None => format!("add the statement `{};`", crate::dot::quoted(name)),
    }
}

fn known(suggestion: Option<&str>, names: &[String]) -> String {
    match suggestion {
        Some(near) => format!("did you mean `{near}`?"),
        None if names.is_empty() => "there are none".to_owned(),
        None if names.len() > 12 => {
            format!("use one of {}, ... ({} in all)", names[..12].join(", "), names.len())
        }
        None => format!("use one of {}", names.join(", ")),
    }
}

fn cycle(names: &[String]) -> String {
    names.iter().chain(names.first()).map(String::as_str).collect::<Vec<_>>().join(" -> ")
}
