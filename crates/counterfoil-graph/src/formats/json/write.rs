//! A graph written as a JSON object, one line for each sort of thing that it holds.

use super::{BIDIRECTED, DIRECTED, UNDIRECTED, list_of};
use crate::{
    Edge, NodeSet,
    dot::{Value, attributes},
    formats::{Class, Described, Part},
};
use std::fmt::Write as _;

/// Writes a graph that [`read`](super::read) reads back.
pub(in crate::formats) fn write(described: &Described) -> String {
    let graph = described.graph();
    let edges = graph.mixed_edges();
    let mut lines = Vec::new();
    if described.class() != Class::of_edges(&edges) {
        lines.push(format!("\"class\": \"{}\"", described.class().keyword()));
    }
    let nodes: Vec<String> = (0..graph.len()).map(|node| declaration(described, node)).collect();
    lines.push(format!("\"nodes\": [{}]", nodes.join(", ")));

    let name = |node: usize| in_quotes(graph.name(node));
    let pairs = |keep: fn(&Edge) -> bool| {
        let kept = edges.iter().filter(|edge| keep(edge)).map(|edge| {
            let [a, b] = edge.ends();
            format!("[{}, {}]", name(a), name(b))
        });
        kept.collect::<Vec<_>>().join(", ")
    };
    lines.push(format!("\"{DIRECTED}\": [{}]", pairs(Edge::is_directed)));
    lines.push(format!("\"{BIDIRECTED}\": [{}]", pairs(Edge::is_bidirected)));
    let undirected = pairs(Edge::is_undirected);
    let others = edges
        .iter()
        .filter(|edge| !(edge.is_directed() || edge.is_bidirected() || edge.is_undirected()))
        .map(|edge| {
            let [a, b] = edge.ends();
            format!("[{}, \"{}\", {}]", name(a), edge.arrow(), name(b))
        });
    let names = |nodes: &NodeSet| nodes.iter().map(name).collect::<Vec<_>>().join(", ");
    let mut optional = |key: &str, list: String| {
        if !list.is_empty() {
            lines.push(format!("\"{key}\": [{list}]"));
        }
    };
    optional(UNDIRECTED, undirected);
    optional("edges", others.collect::<Vec<_>>().join(", "));
    optional("latent", names(&described.latent()));
    for part in Part::ALL {
        optional(list_of(part), names(described.part(part)));
    }
    format!("{{\n  {}\n}}\n", lines.join(",\n  "))
}

/// A name, or an object where there is more to say; that a variable is latent is said elsewhere.
fn declaration(described: &Described, node: usize) -> String {
    let variable = described.graph().variable(node);
    let mut fields = vec![format!("\"name\": {}", in_quotes(variable.name()))];
    for (key, value) in attributes(variable) {
        let value = match value {
            Value::Text(_) if key == "role" && variable.is_latent() => continue,
            Value::Text(text) => in_quotes(&text),
            Value::Number(number) => format!("{number:?}"),
            Value::Count(count) => count.to_string(),
        };
        fields.push(format!("\"{key}\": {value}"));
    }
    if let Some([x, y]) = described.position(node) {
        fields.push(format!("\"pos\": [{x:?}, {y:?}]"));
    }
    match &fields[..] {
        [_] => in_quotes(variable.name()),
        fields => format!("{{{}}}", fields.join(", ")),
    }
}

fn in_quotes(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04x}", u32::from(c));
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}
