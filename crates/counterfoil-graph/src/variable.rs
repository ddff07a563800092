//! A variable of a causal graph: its name, unit and kind, the range of its data and the bounds of its values.

use crate::{GraphError, values::domain_in_words};
use std::ops::{Bound, RangeBounds};

/// What sort of values a variable takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Kind {
    /// A real number.
    Continuous,
    /// An angle or a time of day: values that differ by a multiple of `period` are the same.
    Circular {
        /// Length of one turn, in the variable's unit.
        period: f64,
    },
    /// One of the integers `0 .. categories`.
    Categorical {
        /// Number of categories, at least 2.
        categories: usize,
    },
}

/// Whether data carry a value of the variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Every item of the data carries its value; it can be intervened on.
    Labelled,
    /// A root that stands for all that the graph does not name (style, background, ...). It has no value, no
    /// parents and no children; a model gives it a latent block with a standard normal prior and nothing else.
    Unlabelled,
    /// A hidden variable of the graph, mostly a common cause: it has edges but no value in any data.
    Latent,
}

/// A named variable with its unit, kind, declared range and hard domain. It cannot be inconsistent: every
/// constructor and `with_` method checks what it sets.
///
/// Two intervals are kept apart. The *range* is where the data lie; it fixes the affine map to `[-1, 1]`, and a
/// value outside it is extrapolated. The *domain* is what the quantity can be at all (a length is positive, a
/// grey level lies in 0..255); a value outside it is an error.
///
/// ```
/// use counterfoil_graph::{Placement, Variable};
/// use std::ops::Bound::{Excluded, Unbounded};
///
/// # fn main() -> Result<(), counterfoil_graph::GraphError> {
/// let thickness = Variable::continuous("thickness")?
///     .with_unit("px")?
///     .with_range(1.0, 5.8)?
///     .with_domain((Excluded(0.0), Unbounded))?;
/// assert_eq!(thickness.standardise(3.4), 0.0);
/// assert_eq!(thickness.restore(1.0), 5.8);
/// assert_eq!(thickness.place(2.5)?, Placement::Inside);
/// assert_eq!(thickness.place(9.0)?, Placement::Extrapolated);
/// assert!(thickness.place(0.0).is_err());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Variable {
    name: String,
    unit: Option<String>,
    kind: Kind,
    role: Role,
    /// Continuous: the declared range. Circular: `(origin, origin + period)`. Categorical: `(0, n - 1)`.
    range: Option<(f64, f64)>,
    domain: (Bound<f64>, Bound<f64>),
    width: Option<usize>,
}

impl Variable {
    /// A labelled real-valued variable without unit, range or bounds.
    ///
    /// # Errors
    /// [`GraphError::BadName`] when `name` is empty or holds control characters.
    pub fn continuous(name: impl Into<String>) -> Result<Self, GraphError> {
        Self::new(name.into(), Kind::Continuous, Role::Labelled, None)
    }

    /// A labelled circular variable on `[0, period)`; [`Variable::with_origin`] moves the interval.
    ///
    /// # Errors
    /// [`GraphError::BadPeriod`] unless `period` is positive and finite; [`GraphError::BadName`].
    pub fn circular(name: impl Into<String>, period: f64) -> Result<Self, GraphError> {
        let name = name.into();
        if !(period.is_finite() && period > 0.0) {
            return Err(GraphError::BadPeriod { name, period });
        }
        Self::new(name, Kind::Circular { period }, Role::Labelled, Some((0.0, period)))
    }

    /// A labelled variable with the values `0 .. categories`.
    ///
    /// # Errors
    /// [`GraphError::TooFewCategories`] for fewer than two; [`GraphError::BadName`].
    pub fn categorical(name: impl Into<String>, categories: usize) -> Result<Self, GraphError> {
        let name = name.into();
        if categories < 2 {
            return Err(GraphError::TooFewCategories { name, categories });
        }
        let range = (0.0, (categories - 1) as f64);
        Self::new(name, Kind::Categorical { categories }, Role::Labelled, Some(range))
    }

    /// A root that stands for all that the graph does not name; see [`Role::Unlabelled`].
    ///
    /// # Errors
    /// [`GraphError::BadName`].
    pub fn unlabelled(name: impl Into<String>) -> Result<Self, GraphError> {
        Self::new(name.into(), Kind::Continuous, Role::Unlabelled, None)
    }

    /// A hidden variable that has edges; see [`Role::Latent`].
    ///
    /// # Errors
    /// [`GraphError::BadName`].
    pub fn latent(name: impl Into<String>) -> Result<Self, GraphError> {
        Self::new(name.into(), Kind::Continuous, Role::Latent, None)
    }

    fn new(
        name: String,
        kind: Kind,
        role: Role,
        range: Option<(f64, f64)>,
    ) -> Result<Self, GraphError> {
        if is_plain_text(&name) {
            let domain = (Bound::Unbounded, Bound::Unbounded);
            Ok(Self { name, unit: None, kind, role, range, domain, width: None })
        } else {
            Err(GraphError::BadName { name })
        }
    }

    /// The same variable measured in `unit` ("px", "grey level", "degrees").
    ///
    /// # Errors
    /// [`GraphError::NotApplicable`] for an unlabelled variable, [`GraphError::BadAttribute`] when `unit` is
    /// empty or holds control characters.
    pub fn with_unit(mut self, unit: impl Into<String>) -> Result<Self, GraphError> {
        let unit = unit.into();
        if !self.is_labelled() {
            return Err(self.lacks("unit"));
        }
        if !is_plain_text(&unit) {
            return Err(GraphError::BadAttribute {
                name: self.name,
                attribute: "unit".to_owned(),
                value: unit,
                expected: "a non-empty text without control characters",
            });
        }
        self.unit = Some(unit);
        Ok(self)
    }

    /// The same continuous variable with the range `low .. high` of its data.
    ///
    /// # Errors
    /// [`GraphError::EmptyRange`] unless `low < high`, both finite and their difference too;
    /// [`GraphError::RangeOutsideDomain`]; [`GraphError::NotApplicable`] for the other kinds, whose range
    /// follows from the period or the number of categories.
    pub fn with_range(mut self, low: f64, high: f64) -> Result<Self, GraphError> {
        if !self.is_labelled() || self.kind != Kind::Continuous {
            return Err(self.lacks("range of its own"));
        }
        if !(low < high && (high - low).is_finite()) {
            return Err(GraphError::EmptyRange { name: self.name, what: "range", low, high });
        }
        self.range = Some((low, high));
        self.range_within_domain()
    }

    /// The same circular variable on `[origin, origin + period)`, for example from -180 degrees.
    ///
    /// # Errors
    /// [`GraphError::EmptyRange`] when `origin` is not finite or so large that the period vanishes beside it;
    /// [`GraphError::NotApplicable`] for the other kinds.
    pub fn with_origin(mut self, origin: f64) -> Result<Self, GraphError> {
        let Kind::Circular { period } = self.kind else {
            return Err(self.lacks("origin"));
        };
        let (low, high) = (origin, origin + period);
        if !(low < high && high.is_finite()) {
            return Err(GraphError::EmptyRange { name: self.name, what: "range", low, high });
        }
        self.range = Some((low, high));
        Ok(self)
    }

    /// The same continuous variable with hard bounds, outside of which it cannot lie: `0.0..=255.0`, or
    /// `(Bound::Excluded(0.0), Bound::Unbounded)` for positive numbers.
    ///
    /// # Errors
    /// [`GraphError::EmptyRange`] when the bounds are not finite or enclose no interval;
    /// [`GraphError::RangeOutsideDomain`]; [`GraphError::NotApplicable`] for the other kinds.
    pub fn with_domain(mut self, domain: impl RangeBounds<f64>) -> Result<Self, GraphError> {
        if !self.is_labelled() || self.kind != Kind::Continuous {
            return Err(self.lacks("domain of its own"));
        }
        let bounds = (domain.start_bound().cloned(), domain.end_bound().cloned());
        let low = bound_value(bounds.0).unwrap_or(f64::NEG_INFINITY);
        let high = bound_value(bounds.1).unwrap_or(f64::INFINITY);
        let given_are_finite =
            [bounds.0, bounds.1].into_iter().filter_map(bound_value).all(f64::is_finite);
        if !(given_are_finite && low < high) {
            return Err(GraphError::EmptyRange { name: self.name, what: "domain", low, high });
        }
        self.domain = bounds;
        self.range_within_domain()
    }

    /// The same variable with `width` latent dimensions in a model that gives each variable a block.
    ///
    /// # Errors
    /// [`GraphError::BadAttribute`] for 0.
    pub fn with_width(mut self, width: usize) -> Result<Self, GraphError> {
        if width == 0 {
            return Err(GraphError::BadAttribute {
                name: self.name,
                attribute: "width".to_owned(),
                value: "0".to_owned(),
                expected: "a whole number of at least 1",
            });
        }
        self.width = Some(width);
        Ok(self)
    }

    /// The name, unique within a graph.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The unit of its values, when one was given.
    pub fn unit(&self) -> Option<&str> {
        self.unit.as_deref()
    }

    /// What sort of values it takes.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// Whether data carry its value.
    pub fn role(&self) -> Role {
        self.role
    }

    /// `true` when data carry its value.
    pub fn is_labelled(&self) -> bool {
        self.role == Role::Labelled
    }

    /// `true` for a root that stands for all that the graph does not name.
    pub fn is_unlabelled(&self) -> bool {
        self.role == Role::Unlabelled
    }

    /// `true` for a hidden variable of the graph.
    pub fn is_latent(&self) -> bool {
        self.role == Role::Latent
    }

    /// The interval `(low, high)` that maps to `[-1, 1]`: as declared for a continuous variable (`(-1, 1)` when
    /// nothing was), one turn for a circular one, `(0, categories - 1)` for a categorical one.
    pub fn range(&self) -> (f64, f64) {
        self.range.unwrap_or((-1.0, 1.0))
    }

    /// `true` when the values have a scale: a declared range, a period or a number of categories. A model that
    /// trains on labels should insist on it.
    pub fn has_range(&self) -> bool {
        self.range.is_some()
    }

    /// The hard bounds, outside of which a continuous variable cannot lie.
    pub fn domain(&self) -> (Bound<f64>, Bound<f64>) {
        self.domain
    }

    /// The number of latent dimensions asked for, when it was given.
    pub fn width(&self) -> Option<usize> {
        self.width
    }

    fn range_within_domain(self) -> Result<Self, GraphError> {
        match self.range {
            Some((low, high)) if !(self.domain.contains(&low) && self.domain.contains(&high)) => {
                Err(GraphError::RangeOutsideDomain {
                    domain: domain_in_words(self.domain).unwrap_or_default(),
                    name: self.name,
                    low,
                    high,
                })
            }
            _ => Ok(self),
        }
    }

    fn lacks(self, property: &'static str) -> GraphError {
        let what = self.what();
        GraphError::NotApplicable { name: self.name, what, property }
    }

    /// Kind or role in a word, for messages.
    pub(crate) fn what(&self) -> &'static str {
        match (self.role, self.kind) {
            (Role::Unlabelled, _) => "unlabelled",
            (Role::Latent, _) => "latent",
            (_, Kind::Continuous) => "continuous",
            (_, Kind::Circular { .. }) => "circular",
            (_, Kind::Categorical { .. }) => "categorical",
        }
    }
}

/// A continuous variable of that name: lets a graph of plain names become a causal graph.
impl TryFrom<&str> for Variable {
    type Error = GraphError;

    fn try_from(name: &str) -> Result<Self, GraphError> {
        Self::continuous(name)
    }
}

/// A continuous variable of that name: lets a graph of plain names become a causal graph.
impl TryFrom<String> for Variable {
    type Error = GraphError;

    fn try_from(name: String) -> Result<Self, GraphError> {
        Self::continuous(name)
    }
}

/// Text that every format can carry: something, and no line breaks or other control characters.
fn is_plain_text(text: &str) -> bool {
    !text.trim().is_empty() && !text.chars().any(char::is_control)
}

fn bound_value(bound: Bound<f64>) -> Option<f64> {
    match bound {
        Bound::Included(x) | Bound::Excluded(x) => Some(x),
        Bound::Unbounded => None,
    }
}
