//! What a reader has understood so far: nodes, attributes and edges with their places, made a graph when the text ends.

use super::{Class, Described, Part};
use crate::{
    Edge, GraphError,
    dot::{self, ATTRIBUTES, Declaration},
    mixed::MixedBuilder,
    suggest,
    text::{Position, Word},
};
use indexmap::IndexMap;
use std::collections::{BTreeMap, BTreeSet};

/// Attributes that say what a variable is to a question rather than what it measures.
const FLAGS: [&str; 8] =
    ["latent", "unobserved", "hidden", "observed", "exposure", "outcome", "adjusted", "selected"];

/// The label by which a widespread library marks what it cannot observe.
pub(super) const UNOBSERVED: &str = "Unobserved Confounders";

/// What to do with attributes that have no meaning here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strangers {
    /// Refuse each, with a suggestion.
    Refuse,
    /// Pass over them, since the format has many that only concern drawing; refuse those that look like a slip for one
    /// with a causal meaning.
    Ignore,
}

#[derive(Debug)]
struct Node {
    at: Position,
    attributes: Vec<(Word, Word)>,
    parts: [bool; 4],
    position: Option<[f64; 2]>,
}

/// An edge and where it stands.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drawn {
    pub(super) edge: Edge,
    pub(super) at: Position,
    /// It is bidirected because its line is dashed and for no other reason.
    pub(super) by_dash: bool,
}

/// Nodes and edges in the order of the text.
#[derive(Debug, Default)]
pub(super) struct Draft {
    nodes: IndexMap<String, Node>,
    edges: Vec<Drawn>,
    class: Option<(Class, Position)>,
    /// Edges that are given again are passed over.
    pub(super) merges_edges: bool,
    /// `x -> y` and `y -> x` together are `x <-> y`.
    pub(super) antiparallel_is_bidirected: bool,
}

impl Draft {
    /// The node of that name, declared where it is new.
    pub(super) fn mention(&mut self, name: &Word) -> usize {
        let entry = self.nodes.entry(name.text.clone());
        let index = entry.index();
        entry.or_insert_with(|| Node {
            at: name.at,
            attributes: Vec::new(),
            parts: [false; 4],
            position: None,
        });
        index
    }

    /// The node of that name, which must be new.
    pub(super) fn declare(&mut self, name: &Word) -> Result<usize, GraphError> {
        if self.nodes.contains_key(&name.text) {
            let name_again = name.text.clone();
            return Err(name.at.error(GraphError::DuplicateVariable { name: name_again }));
        }
        Ok(self.mention(name))
    }

    /// The node of that name, which must be known.
    pub(super) fn find(&self, name: &Word) -> Result<usize, GraphError> {
        self.nodes.get_index_of(&name.text).ok_or_else(|| {
            let names = || self.nodes.keys();
            name.at.error(GraphError::UnknownVariable {
                name: name.text.clone(),
                suggestion: suggest::nearest(&name.text, names().map(String::as_str))
                    .map(str::to_owned),
                names: names().cloned().collect(),
            })
        })
    }

    pub(super) fn set_class(&mut self, class: Class, at: Position) {
        self.class = Some((class, at));
    }

    pub(super) fn set_position(&mut self, node: usize, place: [f64; 2]) {
        self.nodes[node].position = Some(place);
    }

    pub(super) fn set_part(&mut self, node: usize, part: Part) {
        self.nodes[node].parts[part as usize] = true;
    }

    pub(super) fn set_latent(&mut self, node: usize, at: Position) -> Result<(), GraphError> {
        let word = |text: &str| Word { text: text.to_owned(), at };
        self.keep(node, &word("role"), &word("latent"))
    }

    pub(super) fn add(&mut self, edge: Drawn) {
        self.edges.push(edge);
    }

    pub(super) fn edge_count(&self) -> usize {
        self.edges.len()
    }

    /// An attribute of a node; `value` is missing where the format lets a bare word stand for yes.
    pub(super) fn attribute(
        &mut self,
        node: usize,
        key: &Word,
        value: Option<&Word>,
        strangers: Strangers,
    ) -> Result<(), GraphError> {
        let known = key.text.as_str();
        if FLAGS.contains(&known) {
            let yes = self.flag(node, key, value)?;
            return match Part::ALL.into_iter().find(|part| part.keyword() == known) {
                Some(part) => {
                    self.nodes[node].parts[part as usize] |= yes;
                    Ok(())
                }
                // "observed" says no where the others say yes.
                None if yes != (known == "observed") => self.set_latent(node, key.at),
                None => Ok(()),
            };
        }
        if known == "pos" {
            let place = value
                .and_then(|value| place(&value.text))
                .ok_or_else(|| self.bad(node, key, value, "two numbers, as in pos=\"0.5,-1\""))?;
            self.set_position(node, place);
            return Ok(());
        }
        // Graphviz's width is in inches, mostly with a fraction; ours is a whole number.
        let drawing = |value: &Word| {
            strangers == Strangers::Ignore
                && known == "width"
                && value.text.parse::<usize>().is_err()
        };
        if ATTRIBUTES.contains(&known) {
            return match value {
                Some(value) if drawing(value) => Ok(()),
                Some(value) => self.keep(node, key, value),
                None => Err(key.at.syntax(format!("`{known}` needs a value: write {known}=..."))),
            };
        }
        if known == "label" && value.is_some_and(|v| v.text == UNOBSERVED) {
            return self.set_latent(node, key.at);
        }
        let causal = FLAGS.into_iter().chain(["role", "pos"]);
        let near = match strangers {
            Strangers::Refuse => suggest::nearest(known, causal.chain(ATTRIBUTES)),
            Strangers::Ignore => suggest::nearest(known, causal),
        };
        if near.is_none() && strangers == Strangers::Ignore {
            return Ok(());
        }
        let names = FLAGS.into_iter().chain(["pos"]).chain(ATTRIBUTES);
        Err(key.at.error(GraphError::UnknownAttribute {
            name: self.name(node),
            attribute: key.text.clone(),
            suggestion: near.map(str::to_owned),
            names: names.map(str::to_owned).collect(),
        }))
    }

    fn name(&self, node: usize) -> String {
        self.nodes.get_index(node).map(|(name, _)| name.clone()).unwrap_or_default()
    }

    /// Keeps an attribute of the variable; saying the same again is allowed.
    fn keep(&mut self, node: usize, key: &Word, value: &Word) -> Result<(), GraphError> {
        let kept = &self.nodes[node].attributes;
        match kept.iter().find(|(other, _)| other.text == key.text) {
            None => self.nodes[node].attributes.push((key.clone(), value.clone())),
            Some((_, other)) if other.text == value.text => {}
            Some((_, other)) => {
                return Err(value.at.syntax(format!(
                    "`{}` has {} = {:?} and {:?}: keep one",
                    self.name(node),
                    key.text,
                    other.text,
                    value.text
                )));
            }
        }
        Ok(())
    }

    fn flag(&self, node: usize, key: &Word, value: Option<&Word>) -> Result<bool, GraphError> {
        match value.map(|value| value.text.to_ascii_lowercase()).as_deref() {
            None | Some("" | "yes" | "true" | "1") => Ok(true),
            Some("no" | "false" | "0") => Ok(false),
            Some(_) => Err(self.bad(node, key, value, "yes or no")),
        }
    }

    fn bad(
        &self,
        node: usize,
        key: &Word,
        value: Option<&Word>,
        expected: &'static str,
    ) -> GraphError {
        value.map_or(key.at, |value| value.at).error(GraphError::BadAttribute {
            name: self.name(node),
            attribute: key.text.clone(),
            value: value.map(|value| value.text.clone()).unwrap_or_default(),
            expected,
        })
    }

    /// The graph. `O((n + m) log m)`.
    pub(super) fn finish(mut self) -> Result<Described, GraphError> {
        if self.antiparallel_is_bidirected {
            self.join_antiparallel();
        }
        let mut builder = MixedBuilder::default();
        let nodes = std::mem::take(&mut self.nodes);
        let mut latent = Vec::with_capacity(nodes.len());
        let mut parts: [Vec<usize>; 4] = Default::default();
        let mut positions = Vec::new();
        for (index, (text, node)) in nodes.into_iter().enumerate() {
            let at = node.at;
            for part in Part::ALL.into_iter().filter(|&part| node.parts[part as usize]) {
                parts[part as usize].push(index);
            }
            positions.extend(node.position.map(|place| (index, place)));
            let name = Word { text, at };
            let declaration = Declaration { name, attributes: node.attributes };
            let variable = dot::variable(&declaration).map_err(|error| at.error(error))?;
            latent.push(variable.is_latent());
            builder.declare(variable).map_err(|error| at.error(error))?;
        }
        let mut seen = BTreeSet::new();
        for drawn in &self.edges {
            let ends = drawn.edge.ends();
            if drawn.by_dash && ends.iter().any(|&end| latent[end]) {
                return Err(drawn.at.syntax(
                    "a dashed edge at a latent variable may be a cause or a hidden common cause: \
                     say dir=forward or dir=both",
                ));
            }
            if self.merges_edges && !seen.insert(drawn.edge) {
                continue;
            }
            builder.add(drawn.edge).map_err(|error| drawn.at.error(error))?;
        }
        let mut described = Described::new(builder.finish());
        if let Some((class, at)) = self.class {
            described = described.with_class(class).map_err(|error| match &error {
                // Point at the edge rather than at the header.
                GraphError::EdgeOutOfClass { .. } => {
                    let outside = self.edges.iter().find(|drawn| !class.allows(drawn.edge));
                    outside.map_or(at, |drawn| drawn.at).error(error)
                }
                _ => at.error(error),
            })?;
        }
        for part in Part::ALL {
            let nodes = parts[part as usize].iter().copied().collect();
            described = described.with_part(part, nodes)?;
        }
        for (node, place) in positions {
            described = described.with_position(node, place)?;
        }
        Ok(described)
    }

    /// Puts `x <-> y` in the place of `x -> y` and `y -> x`, where the later of the two stands.
    fn join_antiparallel(&mut self) {
        let directed: BTreeMap<[usize; 2], usize> = (0..self.edges.len())
            .filter(|&k| self.edges[k].edge.is_directed())
            .map(|k| (self.edges[k].edge.ends(), k))
            .collect();
        let mut next = 0;
        self.edges.retain_mut(|drawn| {
            let here = next;
            next += 1;
            let [a, b] = drawn.edge.ends();
            if a == b || !drawn.edge.is_directed() {
                return true;
            }
            match directed.get(&[b, a]) {
                None => true,
                Some(&other) if other > here => false,
                Some(_) => {
                    drawn.edge = Edge::bidirected(a, b);
                    true
                }
            }
        });
    }
}

/// `x,y`, perhaps with Graphviz's exclamation mark behind it.
fn place(text: &str) -> Option<[f64; 2]> {
    let (x, y) = text.trim().trim_end_matches('!').split_once(',')?;
    let number = |text: &str| text.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    Some([number(x)?, number(y)?])
}

/// `true` for an attribute that changes what a variable means.
pub(super) fn is_causal(key: &str) -> bool {
    FLAGS.contains(&key) || (ATTRIBUTES.contains(&key) && key != "width")
}
