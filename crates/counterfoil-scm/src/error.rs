//! What can be wrong with a structural model or with the values that are put into it.

use counterfoil_graph::GraphError;

/// An error of this crate. Its `Display` is one sentence that names the variable and the way to mend it.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum ScmError {
    /// A model with more or fewer mechanisms than variables.
    #[error(
        "the graph has {variables} variables and there are {mechanisms} mechanisms: give one for each variable, in the graph's order"
    )]
    MechanismCount {
        /// Variables of the graph.
        variables: usize,
        /// Mechanisms that were given.
        mechanisms: usize,
    },
    /// A mechanism that reads another number of parents than the graph gives it.
    #[error(
        "the mechanism of `{variable}` reads {expected} parents, the graph gives it {found}: change one of the two"
    )]
    ParentCount {
        /// The variable.
        variable: String,
        /// Parents that the mechanism reads.
        expected: usize,
        /// Parents in the graph.
        found: usize,
    },
    /// A variable without values, for which there can be no mechanism.
    #[error(
        "`{variable}` is unlabelled and has no mechanism: build the model on the graph's labelled part"
    )]
    Unlabelled {
        /// The variable.
        variable: String,
    },
    /// A parameter for which a mechanism is not defined or not invertible.
    #[error("{parameter} is {value}: give {expected}")]
    BadParameter {
        /// What the parameter is called.
        parameter: &'static str,
        /// The refused value.
        value: f64,
        /// What would fit.
        expected: &'static str,
    },
    /// A list of values that does not have one entry per variable.
    #[error(
        "there are {found} values for {expected} variables: give one for each, in the graph's order"
    )]
    Length {
        /// Variables of the graph.
        expected: usize,
        /// Values that were given.
        found: usize,
    },
    /// A value that a mechanism cannot have produced, whatever the noise.
    #[error("the value {value} lies outside the mechanism's support, {}", support(*low, *high))]
    OutsideSupport {
        /// The refused value.
        value: f64,
        /// Lower end of the support, which may be infinite.
        low: f64,
        /// Upper end of the support, which may be infinite.
        high: f64,
    },
    /// A variable whose noise could not be recovered.
    #[error(
        "cannot abduct the noise of `{variable}`: {cause}: correct the value or set the variable by an intervention"
    )]
    Abduction {
        /// The variable.
        variable: String,
        /// Why not.
        cause: Box<ScmError>,
    },
    /// An intervention that belongs to another graph.
    #[error(
        "the intervention sets variable number {index}, the model has {len}, counted from 0: make the intervention for this model's graph"
    )]
    ForeignIntervention {
        /// The position that is set.
        index: usize,
        /// Variables of the graph.
        len: usize,
    },
    /// A table whose size does not fit its variables.
    #[error(
        "the table has {found} cells, its variables have {expected} combinations of values: give one cell for each, and each variable once"
    )]
    TableShape {
        /// Cells that the variables ask for.
        expected: usize,
        /// Cells that were given.
        found: usize,
    },
    /// A variable that a table or a model does not have, or that a query names twice.
    #[error(
        "variable number {index}, counted from 0, is not there or is named twice: name each variable once"
    )]
    TableVariable {
        /// The position that was asked for.
        index: usize,
    },
    /// A query whose exact answer needs too large a table.
    #[error(
        "the exact answer needs a table of more than {limit} cells: ask about fewer variables at a time"
    )]
    TooLarge {
        /// The largest number of cells.
        limit: usize,
    },
    /// A parent that is no variable of the model.
    #[error(
        "`{parent}`, a parent of `{variable}`, is not in the model: give it a table of its own"
    )]
    UnknownParent {
        /// The child.
        variable: String,
        /// The missing parent.
        parent: String,
    },
    /// A mechanism with too many or too few rows.
    #[error(
        "the mechanism of `{variable}` has {found} entries, its parents and values ask for {expected}: give one for each combination"
    )]
    RowCount {
        /// The variable.
        variable: String,
        /// Entries that the shape asks for.
        expected: usize,
        /// Entries that were given.
        found: usize,
    },
    /// A row of probabilities that is none.
    #[error(
        "the probabilities of `{variable}` at {row:?} add up to {sum} or are not all between 0 and 1: correct the row"
    )]
    NotADistribution {
        /// The variable.
        variable: String,
        /// The values of the parents that the row belongs to.
        row: Vec<usize>,
        /// What the row adds up to.
        sum: f64,
    },
    /// A value that a variable does not have.
    #[error("`{variable}` cannot be {value}: it has {cardinality} values, counted from 0")]
    ValueOutOfRange {
        /// The variable.
        variable: String,
        /// The refused value.
        value: usize,
        /// How many values there are.
        cardinality: usize,
    },
    /// A policy that reads a hidden variable.
    #[error(
        "the policy of `{variable}` reads `{hidden}`, which nobody sees: let it read visible variables, or give a new mechanism"
    )]
    HiddenInput {
        /// The variable that is steered.
        variable: String,
        /// The hidden variable.
        hidden: String,
    },
    /// A world that gives a variable a new random mechanism.
    #[error(
        "`{variable}` gets a new random mechanism in one world: its noise would be in no other, so give the mechanism to the model"
    )]
    RandomInWorld {
        /// The variable.
        variable: String,
    },
    /// A policy that reads what depends on it.
    #[error(
        "the policy of `{variable}` reads its own effects: let it read variables that come before"
    )]
    CyclicPolicy {
        /// The variable.
        variable: String,
    },
    /// A variable set to the value of one that has another number of values.
    #[error(
        "`{variable}` cannot be set to the value of `{other}`, which has another number of values: take a variable with as many"
    )]
    UnlikeValues {
        /// The variable that is set.
        variable: String,
        /// The variable whose value it should take.
        other: String,
    },
    /// A condition that never holds.
    #[error("the condition has probability zero: condition on something that can happen")]
    ImpossibleCondition,
    /// Errors of a linear model that covary without a bidirected edge.
    #[error(
        "the errors of `{first}` and `{second}` covary, and the graph has no edge {first} <-> {second}: add the edge or leave out the covariance"
    )]
    NoSpouses {
        /// One variable.
        first: String,
        /// The other.
        second: String,
    },
    /// Covariances that no random numbers have.
    #[error(
        "the covariances are too large for the variances, or not symmetric: no random numbers have them"
    )]
    NoCovariance,
    /// The JSON of a model that says something of a variable which it does not list.
    #[error(
        "`{variable}` has a function or is called hidden or latent, and is not among the `nodes`, or the tables of \
         `cpt`: list it there"
    )]
    Unlisted {
        /// The variable.
        variable: String,
    },
    /// A text that is not the JSON of a model.
    #[error("line {line}, column {column}: {message}: correct the JSON")]
    Json {
        /// Line, counted from 1.
        line: usize,
        /// Column, counted from 1; 0 where the line is empty.
        column: usize,
        /// What is wrong there.
        message: String,
    },
    /// An order of variables that does not name those of the model.
    #[error(
        "the order names {found} variables and the model shows {expected}, or not the same ones: name each visible variable once"
    )]
    Order {
        /// Visible variables of the model.
        expected: usize,
        /// Names that were given.
        found: usize,
    },
    /// An error of the graph or of an intervention on it.
    #[error(transparent)]
    Graph(#[from] GraphError),
}

impl ScmError {
    /// The error without the variable that it occurred at: what to match on.
    pub fn cause(&self) -> &Self {
        match self {
            Self::Abduction { cause, .. } => cause.cause(),
            other => other,
        }
    }
}

fn support(low: f64, high: f64) -> String {
    match (low.is_finite(), high.is_finite()) {
        (true, true) => format!("the numbers above {low} and below {high}"),
        (true, false) => format!("the finite numbers above {low}"),
        (false, true) => format!("the finite numbers below {high}"),
        (false, false) => "the finite numbers".to_owned(),
    }
}
