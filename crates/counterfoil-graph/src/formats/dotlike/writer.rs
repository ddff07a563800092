//! A described graph written as dagitty text or as DOT, so that it reads back as the same.

use super::style_attributes;
use crate::{
    Edge, GraphError, Mark,
    dot::{Value, attributes, in_quotes, pair, quoted},
    formats::{Class, Described, Part},
};
use std::fmt::Write as _;

/// Graphviz text; can hold everything.
pub(in crate::formats) fn write_dot(described: &Described) -> String {
    let graph = described.graph();
    let mut text = String::from("digraph {\n");
    if described.class() != Class::of_edges(&graph.mixed_edges()) {
        let _ = writeln!(text, "    class={};", described.class().keyword());
    }
    for (node, variable) in graph.variables().enumerate() {
        let mut list: Vec<String> =
            attributes(variable).iter().map(|(key, value)| pair(key, value)).collect();
        for part in Part::ALL.into_iter().filter(|&part| described.part(part).contains(node)) {
            list.push(format!("{}=true", part.keyword()));
        }
        list.extend(described.position(node).map(|[x, y]| format!("pos=\"{x},{y}\"")));
        statement(&mut text, &quoted(variable.name()), &list);
    }
    for edge in graph.mixed_edges() {
        let [a, b] = edge.ends().map(|end| quoted(graph.name(end)));
        let list: Vec<String> =
            style_attributes(edge).iter().map(|(key, value)| format!("{key}={value}")).collect();
        statement(&mut text, &format!("{a} -> {b}"), &list);
    }
    text.push_str("}\n");
    text
}

/// Dagitty text.
///
/// Refused: variables called `graph` or `node` and names that end in a backslash, which the language cannot write.
pub(in crate::formats) fn write_dagitty(described: &Described) -> Result<String, GraphError> {
    let graph = described.graph();
    let mut text = format!("{} {{\n", described.class().keyword());
    for (node, variable) in graph.variables().enumerate() {
        if ["graph", "node"].iter().any(|word| variable.name().eq_ignore_ascii_case(word)) {
            return Err(unwritable(variable.name()));
        }
        let mut list = Vec::new();
        for (key, value) in attributes(variable) {
            list.push(match (key, &value) {
                ("role", Value::Text(role)) if role == "latent" => role.clone(),
                (_, Value::Text(value)) => format!("{key}={}", string(value)?),
                // Numbers have no exponent here, so they are texts.
                (_, value) => pair(key, value),
            });
        }
        let parts = Part::ALL.into_iter().filter(|&part| described.part(part).contains(node));
        list.extend(parts.map(|part| part.keyword().to_owned()));
        list.extend(described.position(node).map(|[x, y]| format!("pos=\"{x},{y}\"")));
        statement(&mut text, &name(variable.name())?, &list);
    }
    for edge in graph.mixed_edges() {
        let [a, b] = edge.ends();
        let line = format!("{} {} {}", name(graph.name(a))?, arrow(edge), name(graph.name(b))?);
        statement(&mut text, &line, &[]);
    }
    text.push_str("}\n");
    Ok(text)
}

fn statement(text: &mut String, what: &str, attributes: &[String]) {
    let _ = if attributes.is_empty() {
        writeln!(text, "    {what};")
    } else {
        writeln!(text, "    {what} [{}];", attributes.join(", "))
    };
}

fn arrow(edge: Edge) -> &'static str {
    match edge.marks() {
        [Mark::Tail, Mark::Arrow] => "->",
        [Mark::Tail, Mark::Tail] => "--",
        [Mark::Tail, Mark::Circle] => "--@",
        [Mark::Circle, Mark::Arrow] => "@->",
        [Mark::Circle, _] => "@-@",
        [Mark::Arrow, _] => "<->",
    }
}

/// A bare word where dagitty's grammar allows it, a quoted text otherwise.
fn name(text: &str) -> Result<String, GraphError> {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == '.';
    if text.chars().all(plain) { Ok(text.to_owned()) } else { string(text) }
}

/// In dagitty's strings `\"` is a quote and every other backslash is itself, so that none may come last.
fn string(text: &str) -> Result<String, GraphError> {
    if text.ends_with('\\') {
        return Err(unwritable(text));
    }
    if text.contains('\\') {
        Ok(format!("\"{}\"", text.replace('"', "\\\"")))
    } else {
        Ok(in_quotes(text))
    }
}

fn unwritable(text: &str) -> GraphError {
    GraphError::Unwritable {
        format: "dagitty text",
        what: format!("the text {text:?}"),
        fix: "rename the variable, or write DOT or JSON",
    }
}
