//! Statements turned into a checked graph, with the place of whatever is wrong.

use super::parser::{Declaration, parse};
use crate::{
    Dag, Edge, GraphError, Variable,
    mixed::MixedBuilder,
    suggest,
    text::{Position, Word},
};
use std::{collections::BTreeMap, ops::Bound, str::FromStr};

/// Every attribute key, in the order in which they are written and suggested.
pub(crate) const ATTRIBUTES: [&str; 12] = [
    "role",
    "kind",
    "unit",
    "low",
    "high",
    "domain_low",
    "domain_above",
    "domain_high",
    "domain_below",
    "period",
    "categories",
    "width",
];

pub(super) fn read(text: &str) -> Result<Dag, GraphError> {
    let document = parse(text)?;
    let mut builder = MixedBuilder::default();
    for declaration in &document.declarations {
        let at = declaration.name.at;
        let variable = variable(declaration).map_err(|error| at.error(error))?;
        builder.declare(variable).map_err(|error| at.error(error))?;
    }
    let mut place = BTreeMap::new();
    for (tail, head) in &document.edges {
        let ends = builder.ends(&tail.text, "->", &head.text);
        ends.and_then(|[from, to]| builder.add(Edge::directed(from, to))).map_err(|error| {
            // Point at the end that is wrong where it is one of the two.
            let head_is_wrong = match &error {
                GraphError::Undeclared { name, .. } | GraphError::UnlabelledEdge { name, .. } => {
                    *name != tail.text
                }
                _ => false,
            };
            if head_is_wrong { head.at.error(error) } else { tail.at.error(error) }
        })?;
        place.insert((tail.text.as_str(), head.text.as_str()), tail.at);
    }
    Dag::try_from(builder.finish()).map_err(|error| match closing_edge(&error, &place) {
        Some(at) => at.error(error),
        None => error,
    })
}

/// Where the edge of the cycle that stands last in the text begins.
fn closing_edge(error: &GraphError, place: &BTreeMap<(&str, &str), Position>) -> Option<Position> {
    let GraphError::Cycle { names } = error else { return None };
    let successors = names.iter().cycle().skip(1);
    names
        .iter()
        .zip(successors)
        .filter_map(|(from, to)| place.get(&(from.as_str(), to.as_str())).copied())
        .max()
}

/// The variable of one declaration. Errors carry their own place only where it is not the name's.
pub(crate) fn variable(declaration: &Declaration) -> Result<Variable, GraphError> {
    let name = declaration.name.text.clone();
    let mut given = Attributes::new(declaration)?;
    let role = given.choice(
        "role",
        &["labelled", "unlabelled", "latent"],
        "labelled, unlabelled or latent",
    )?;
    let mut variable = match role {
        Some(1) => Variable::unlabelled(name)?,
        Some(2) => Variable::latent(name)?,
        _ => labelled(name, &mut given)?,
    };
    if let Some((width, at)) = given.parse::<usize>("width", "a whole number of at least 1")? {
        variable = variable.with_width(width).map_err(|error| at.error(error))?;
    }
    given.nothing_left(&variable)?;
    Ok(variable)
}

fn labelled(name: String, given: &mut Attributes<'_>) -> Result<Variable, GraphError> {
    let kinds = ["continuous", "circular", "categorical"];
    let kind = given.choice("kind", &kinds, "continuous, circular or categorical")?;
    let variable = match kind {
        Some(1) => circular(name, given)?,
        Some(2) => categorical(name, given)?,
        _ => continuous(name, given)?,
    };
    match given.take("unit") {
        Some(unit) => variable.with_unit(&unit.text).map_err(|error| unit.at.error(error)),
        None => Ok(variable),
    }
}

fn continuous(name: String, given: &mut Attributes<'_>) -> Result<Variable, GraphError> {
    let mut variable = Variable::continuous(name)?;
    let missing = |variable: &Variable, attribute, example| GraphError::MissingAttribute {
        name: variable.name().to_owned(),
        what: "given one end of its range",
        attribute,
        example,
    };
    match (given.number("low")?, given.number("high")?) {
        (Some((low, at)), Some((high, _))) => {
            variable = variable.with_range(low, high).map_err(|error| at.error(error))?;
        }
        (Some((_, at)), None) => return Err(at.error(missing(&variable, "high", "high=5.8"))),
        (None, Some((_, at))) => return Err(at.error(missing(&variable, "low", "low=1.0"))),
        (None, None) => {}
    }
    let low = given.bound("domain_low", "domain_above")?;
    let high = given.bound("domain_high", "domain_below")?;
    match low.1.or(high.1) {
        Some(at) => variable.with_domain((low.0, high.0)).map_err(|error| at.error(error)),
        None => Ok(variable),
    }
}

fn circular(name: String, given: &mut Attributes<'_>) -> Result<Variable, GraphError> {
    let Some((period, at)) = given.number("period")? else {
        let (what, attribute, example) = ("circular", "period", "period=360.0");
        return Err(GraphError::MissingAttribute { name, what, attribute, example });
    };
    let variable = Variable::circular(name, period).map_err(|error| at.error(error))?;
    match given.number("low")? {
        Some((origin, at)) => variable.with_origin(origin).map_err(|error| at.error(error)),
        None => Ok(variable),
    }
}

fn categorical(name: String, given: &mut Attributes<'_>) -> Result<Variable, GraphError> {
    let Some((categories, at)) =
        given.parse::<usize>("categories", "a whole number of at least 2")?
    else {
        let (what, attribute, example) = ("categorical", "categories", "categories=10");
        return Err(GraphError::MissingAttribute { name, what, attribute, example });
    };
    Variable::categorical(name, categories).map_err(|error| at.error(error))
}

/// The attributes of one declaration that were not yet used.
struct Attributes<'d> {
    name: &'d str,
    left: BTreeMap<&'static str, &'d Word>,
}

impl<'d> Attributes<'d> {
    fn new(declaration: &'d Declaration) -> Result<Self, GraphError> {
        let name = declaration.name.text.as_str();
        let mut left = BTreeMap::new();
        for (key, value) in &declaration.attributes {
            let Some(known) = ATTRIBUTES.into_iter().find(|&known| known == key.text) else {
                return Err(key.at.error(GraphError::UnknownAttribute {
                    name: name.to_owned(),
                    attribute: key.text.clone(),
                    suggestion: suggest::nearest(&key.text, ATTRIBUTES).map(str::to_owned),
                    names: ATTRIBUTES.map(str::to_owned).to_vec(),
                }));
            };
            if left.insert(known, value).is_some() {
                return Err(key
                    .at
                    .syntax(format!("`{name}` has the attribute `{known}` twice: keep one")));
            }
        }
        Ok(Self { name, left })
    }

    fn take(&mut self, key: &str) -> Option<&'d Word> {
        self.left.remove(key)
    }

    fn bad(&self, key: &str, word: &Word, expected: &'static str) -> GraphError {
        word.at.error(GraphError::BadAttribute {
            name: self.name.to_owned(),
            attribute: key.to_owned(),
            value: word.text.clone(),
            expected,
        })
    }

    fn parse<T: FromStr>(
        &mut self,
        key: &str,
        expected: &'static str,
    ) -> Result<Option<(T, Position)>, GraphError> {
        let Some(word) = self.take(key) else { return Ok(None) };
        let value = word.text.parse().map_err(|_| self.bad(key, word, expected))?;
        Ok(Some((value, word.at)))
    }

    /// A finite number.
    fn number(&mut self, key: &str) -> Result<Option<(f64, Position)>, GraphError> {
        let Some(word) = self.take(key) else { return Ok(None) };
        match word.text.parse::<f64>() {
            Ok(value) if value.is_finite() => Ok(Some((value, word.at))),
            _ => Err(self.bad(key, word, "a finite number")),
        }
    }

    /// A hard bound that may be reached (`closed`) or not (`open`), and where it stands.
    fn bound(
        &mut self,
        closed: &str,
        open: &str,
    ) -> Result<(Bound<f64>, Option<Position>), GraphError> {
        match (self.number(closed)?, self.number(open)?) {
            (Some((_, at)), Some((_, other))) => Err(at
                .max(other)
                .syntax(format!("`{}` has both `{closed}` and `{open}`: keep one", self.name))),
            (Some((value, at)), None) => Ok((Bound::Included(value), Some(at))),
            (None, Some((value, at))) => Ok((Bound::Excluded(value), Some(at))),
            (None, None) => Ok((Bound::Unbounded, None)),
        }
    }

    /// The position of the value among `choices`.
    fn choice(
        &mut self,
        key: &str,
        choices: &[&str],
        expected: &'static str,
    ) -> Result<Option<usize>, GraphError> {
        let Some(word) = self.take(key) else { return Ok(None) };
        match choices.iter().position(|&choice| choice == word.text) {
            Some(index) => Ok(Some(index)),
            None => Err(self.bad(key, word, expected)),
        }
    }

    /// Refuses attributes that the variable's kind or role does not have.
    fn nothing_left(&self, variable: &Variable) -> Result<(), GraphError> {
        match self.left.iter().min_by_key(|(_, word)| word.at) {
            None => Ok(()),
            Some((&property, word)) => Err(word.at.error(GraphError::NotApplicable {
                name: self.name.to_owned(),
                what: variable.what(),
                property,
            })),
        }
    }
}
