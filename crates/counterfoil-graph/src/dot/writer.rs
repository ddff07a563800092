//! A graph written as DOT text that reads back as the same graph.

use super::lexer::begins_identifier;
use crate::{Dag, Kind, Role, Variable};
use std::{fmt::Write as _, ops::Bound};

pub(super) fn write(dag: &Dag) -> String {
    let mut text = String::from("digraph {\n");
    for variable in dag.variables() {
        let attributes = attributes(variable);
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

fn attributes(variable: &Variable) -> Vec<String> {
    let mut out = Vec::new();
    let mut put = |key: &str, value: String| out.push(format!("{key}={value}"));
    match variable.role() {
        Role::Labelled => {}
        Role::Unlabelled => put("role", "\"unlabelled\"".to_owned()),
        Role::Latent => put("role", "\"latent\"".to_owned()),
    }
    if let Some(unit) = variable.unit() {
        put("unit", in_quotes(unit));
    }
    let (low, high) = variable.range();
    match variable.kind() {
        Kind::Continuous => {
            if variable.has_range() {
                put("low", number(low));
                put("high", number(high));
            }
            match variable.domain().0 {
                Bound::Included(bound) => put("domain_low", number(bound)),
                Bound::Excluded(bound) => put("domain_above", number(bound)),
                Bound::Unbounded => {}
            }
            match variable.domain().1 {
                Bound::Included(bound) => put("domain_high", number(bound)),
                Bound::Excluded(bound) => put("domain_below", number(bound)),
                Bound::Unbounded => {}
            }
        }
        Kind::Circular { period } => {
            put("kind", "\"circular\"".to_owned());
            put("period", number(period));
            if low != 0.0 {
                put("low", number(low));
            }
        }
        Kind::Categorical { categories } => {
            put("kind", "\"categorical\"".to_owned());
            put("categories", categories.to_string());
        }
    }
    if let Some(width) = variable.width() {
        put("width", width.to_string());
    }
    out
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

fn in_quotes(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""))
}
