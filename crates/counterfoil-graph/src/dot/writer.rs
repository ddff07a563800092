//! A graph written as DOT text that reads back as the same graph.

use super::tokens::begins_identifier;
use crate::{Dag, Kind, Role, Variable};
use std::{fmt::Write as _, ops::Bound};

pub(super) fn write(dag: &Dag) -> String {
    let mut text = String::from("digraph {\n");
    for variable in dag.variables() {
        let attributes: Vec<String> =
            attributes(variable).iter().map(|(key, value)| pair(key, value)).collect();
        let name = quoted(variable.name());
        if attributes.is_empty() {
            let _ = writeln!(text, "    {name};");
        } else {
            let _ = writeln!(text, "    {name} [{}];", attributes.join(", "));
        }
    }
    for (from, to) in dag.edges() {
        let name = |index| quoted(dag.variable(index).name());
        let _ = writeln!(text, "    {} -> {};", name(from), name(to));
    }
    text.push_str("}\n");
    text
}

/// What an attribute says, before a format decides how it is written.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Value {
    Text(String),
    Number(f64),
    Count(usize),
}

/// Everything that a variable says besides its name, by the keys of [`ATTRIBUTES`](super::ATTRIBUTES).
pub(crate) fn attributes(variable: &Variable) -> Vec<(&'static str, Value)> {
    let mut out = Vec::new();
    let mut put = |key: &'static str, value: Value| out.push((key, value));
    let word = |text: &str| Value::Text(text.to_owned());
    match variable.role() {
        Role::Labelled => {}
        Role::Unlabelled => put("role", word("unlabelled")),
        Role::Latent => put("role", word("latent")),
    }
    if let Some(unit) = variable.unit() {
        put("unit", word(unit));
    }
    let (low, high) = variable.range();
    match variable.kind() {
        Kind::Continuous => {
            if variable.has_range() {
                put("low", Value::Number(low));
                put("high", Value::Number(high));
            }
            match variable.domain().0 {
                Bound::Included(bound) => put("domain_low", Value::Number(bound)),
                Bound::Excluded(bound) => put("domain_above", Value::Number(bound)),
                Bound::Unbounded => {}
            }
            match variable.domain().1 {
                Bound::Included(bound) => put("domain_high", Value::Number(bound)),
                Bound::Excluded(bound) => put("domain_below", Value::Number(bound)),
                Bound::Unbounded => {}
            }
        }
        Kind::Circular { period } => {
            put("kind", word("circular"));
            put("period", Value::Number(period));
            if low != 0.0 {
                put("low", Value::Number(low));
            }
        }
        Kind::Categorical { categories } => {
            put("kind", word("categorical"));
            put("categories", Value::Count(categories));
        }
    }
    if let Some(width) = variable.width() {
        put("width", Value::Count(width));
    }
    out
}

/// `key="text"` or `key=1.5`.
pub(crate) fn pair(key: &str, value: &Value) -> String {
    let value = match value {
        Value::Text(text) => in_quotes(text),
        Value::Number(value) => number(*value),
        Value::Count(count) => count.to_string(),
    };
    format!("{key}={value}")
}

/// The shortest text that reads back as the same number; DOT's numerals have no exponent, so those are quoted.
fn number(value: f64) -> String {
    let text = format!("{value:?}");
    if text.contains('e') { in_quotes(&text) } else { text }
}

/// A name as DOT has it: bare where it is an identifier, in quotes otherwise.
pub(crate) fn quoted(name: &str) -> String {
    let keywords = ["node", "edge", "graph", "digraph", "subgraph", "strict"];
    let plain = name.starts_with(begins_identifier)
        && name.chars().all(|c| begins_identifier(c) || c.is_ascii_digit())
        && !keywords.iter().any(|keyword| name.eq_ignore_ascii_case(keyword));
    if plain { name.to_owned() } else { in_quotes(name) }
}

pub(crate) fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
