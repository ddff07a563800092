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
