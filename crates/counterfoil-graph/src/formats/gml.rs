//! The graph modelling language GML (Himsolt 1997) as networkx and others write it: nodes with ids, edges between ids.
//!
//! The name of a node is its label, or its id where it has none. The marks of edges are those of the DOT conventions
//! (`dir`, `style`, `arrowhead`, `arrowtail`); without them an edge is `->` in a graph with `directed 1` and `--`
//! otherwise. Keys of variables are written without underscores, which the language does not have.

use super::{
    Class, Described, DotOptions, Part,
    dotlike::{EdgeStyle, style_attributes},
    draft::{Draft, Drawn, Strangers, UNOBSERVED},
};
use crate::{
    Edge, GraphError, Mark,
    dot::{ATTRIBUTES, Value, attributes},
    text::{Cursor, Position, Word},
    tokens::Token,
};
use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

/// Reads the one graph of a text. `O(t log t)`.
pub(super) fn read(text: &str, options: DotOptions) -> Result<Described, GraphError> {
    let mut reader = Reader { cursor: Cursor::new(text), peeked: None };
    let mut found = None;
    loop {
        let (token, at) = reader.take()?;
        match token {
            Token::End => break,
            Token::Word(key) if key == "graph" => {
                if found.is_some() {
                    return Err(at.syntax("a second graph: a file holds one graph"));
                }
                reader.open("graph")?;
                found = Some(graph(&mut reader, options)?);
            }
            Token::Word(_) => reader.skip_value()?,
            other => {
                return Err(at.syntax(format!("expected a key such as `graph`, found {other}")));
            }
        }
    }
    let at = reader.cursor.at();
    match found {
        Some(draft) => draft.finish(),
        None => Err(at.syntax("the text has no graph: write graph [ ... ]")),
    }
}

/// An edge whose ends are ids that may be declared later.
struct Link {
    source: Word,
    target: Word,
    style: EdgeStyle,
    at: Position,
}

fn graph(reader: &mut Reader<'_>, options: DotOptions) -> Result<Draft, GraphError> {
    let mut draft = Draft::default();
    draft.antiparallel_is_bidirected = options.antiparallel_is_bidirected;
    let mut ids = BTreeMap::new();
    let mut links = Vec::new();
    let mut directed = false;
    while let Some(key) = reader.key()? {
        match key.text.as_str() {
            "directed" => directed = reader.scalar(&key)?.text.trim() == "1",
            "node" => node(reader, &mut draft, &mut ids, key.at)?,
            "edge" => links.push(edge(reader, key.at)?),
            "class" => {
                let value = reader.scalar(&key)?;
                if let Some(class) = Class::from_keyword(&value.text) {
                    draft.set_class(class, value.at);
                }
            }
            _ => reader.skip_value()?,
        }
    }
    let drawn = if directed { [Mark::Tail, Mark::Arrow] } else { [Mark::Tail, Mark::Tail] };
    for link in links {
        let find = |id: &Word| {
            ids.get(&id.text).copied().ok_or_else(|| {
                id.at.syntax(format!("there is no node with the id {}: declare it", id.text))
            })
        };
        let (source, target) = (find(&link.source)?, find(&link.target)?);
        let (marks, by_dash) = link.style.marks(drawn, options, link.at)?;
        let edge = Edge::new(source, marks[0], target, marks[1]);
        draft.add(Drawn { edge, at: link.at, by_dash });
    }
    Ok(draft)
}

fn node(
    reader: &mut Reader<'_>,
    draft: &mut Draft,
    ids: &mut BTreeMap<String, usize>,
    at: Position,
) -> Result<(), GraphError> {
    reader.open("node")?;
    let (mut id, mut label, mut place, mut others) = (None, None, None, Vec::new());
    while let Some(key) = reader.key()? {
        match key.text.as_str() {
            "id" => id = Some(reader.scalar(&key)?),
            "label" => label = Some((reader.scalar(&key)?, key)),
            "graphics" => place = graphics(reader)?,
            _ => {
                if let Some(value) = reader.value()? {
                    others.push((key, value));
                }
            }
        }
    }
    let Some(id) = id else { return Err(at.syntax("a node without an id: add id 0, id 1, ...")) };
    let index = draft.declare(label.as_ref().map_or(&id, |(label, _)| label))?;
    if ids.insert(id.text.clone(), index).is_some() {
        return Err(id.at.syntax(format!("two nodes have the id {}: renumber one", id.text)));
    }
    // Here the label is the name too, so it is believed only where nothing else says whether the variable is observed.
    let says = |(key, _): &(Word, Word)| {
        matches!(&*key.text, "role" | "latent" | "hidden" | "observed" | "unobserved")
    };
    if let Some((label, key)) = &label
        && !others.iter().any(says)
    {
        draft.attribute(index, key, Some(label), Strangers::Ignore)?;
    }
    for (mut key, value) in others {
        let bare = |name: &str| name.replace('_', "");
        if let Some(full) = ATTRIBUTES.into_iter().find(|name| bare(name) == key.text) {
            full.clone_into(&mut key.text);
        }
        draft.attribute(index, &key, Some(&value), Strangers::Ignore)?;
    }
    if let Some(place) = place {
        draft.set_position(index, place);
    }
    Ok(())
}

/// `graphics [ x 1.0 y 2.0 ]`
fn graphics(reader: &mut Reader<'_>) -> Result<Option<[f64; 2]>, GraphError> {
    reader.open("graphics")?;
    let [mut x, mut y] = [None; 2];
    while let Some(key) = reader.key()? {
        let axis = match key.text.as_str() {
            "x" => &mut x,
            "y" => &mut y,
            _ => {
                reader.skip_value()?;
                continue;
            }
        };
        let value = reader.scalar(&key)?;
        let number = value.text.parse::<f64>().ok().filter(|number| number.is_finite());
        if number.is_none() {
            return Err(value
                .at
                .syntax(format!("{} = {:?}: give a finite number", key.text, value.text)));
        }
        *axis = number;
    }
    Ok(x.zip(y).map(|(x, y)| [x, y]))
}

fn edge(reader: &mut Reader<'_>, at: Position) -> Result<Link, GraphError> {
    reader.open("edge")?;
    let (mut source, mut target, mut style) = (None, None, EdgeStyle::default());
    while let Some(key) = reader.key()? {
        match key.text.as_str() {
            "source" => source = Some(reader.scalar(&key)?),
            "target" => target = Some(reader.scalar(&key)?),
            _ => {
                if let Some(value) = reader.value()? {
                    style.set(&key, &value)?;
                }
            }
        }
    }
    let (Some(source), Some(target)) = (source, target) else {
        return Err(at.syntax("an edge needs the ids of both ends: source 0 target 1"));
    };
    Ok(Link { source, target, style, at })
}

struct Reader<'t> {
    cursor: Cursor<'t>,
    peeked: Option<(Token, Position)>,
}

impl Reader<'_> {
    /// The next key of the list that is open, or its end.
    fn key(&mut self) -> Result<Option<Word>, GraphError> {
        match self.take()? {
            (Token::Word(text), at) => Ok(Some(Word { text, at })),
            (Token::Mark(']'), _) => Ok(None),
            (other, at) => Err(at.syntax(format!("expected a key or `]`, found {other}"))),
        }
    }

    fn open(&mut self, key: &str) -> Result<(), GraphError> {
        match self.take()? {
            (Token::Mark('['), _) => Ok(()),
            (other, at) => Err(at.syntax(format!("expected `[` after `{key}`, found {other}"))),
        }
    }

    /// A text or number.
    fn scalar(&mut self, key: &Word) -> Result<Word, GraphError> {
        match self.take()? {
            (Token::Text(text) | Token::Number(text), at) => Ok(Word { text, at }),
            (other, at) => Err(
                at.syntax(format!("expected a text or number after `{}`, found {other}", key.text))
            ),
        }
    }

    /// A text or number; nothing for a list, which is passed over.
    fn value(&mut self) -> Result<Option<Word>, GraphError> {
        match self.take()? {
            (Token::Text(text) | Token::Number(text), at) => Ok(Some(Word { text, at })),
            (token, at) => {
                self.peeked = Some((token, at));
                self.skip_value()?;
                Ok(None)
            }
        }
    }

    /// Passes over a text, a number or a list with all that is in it.
    fn skip_value(&mut self) -> Result<(), GraphError> {
        let mut depth = 0_usize;
        loop {
            let (token, at) = self.take()?;
            match token {
                Token::Mark('[') => depth += 1,
                Token::Mark(']') if depth > 0 => depth -= 1,
                Token::Word(_) if depth > 0 => {}
                Token::Text(_) | Token::Number(_) => {}
                other => return Err(at.syntax(format!("expected a value, found {other}"))),
            }
            if depth == 0 {
                return Ok(());
            }
        }
    }

    fn take(&mut self) -> Result<(Token, Position), GraphError> {
        if let Some(peeked) = self.peeked.take() {
            return Ok(peeked);
        }
        let cursor = &mut self.cursor;
        cursor.skip_white_space();
        while cursor.peek() == Some('#') {
            cursor.skip_line();
            cursor.skip_white_space();
        }
        let at = cursor.at();
        let token = match cursor.peek() {
            None => Token::End,
            Some(c @ ('[' | ']')) => {
                cursor.next();
                Token::Mark(c)
            }
            Some('"') => {
                cursor.next();
                let text = cursor.take_while(|c| c != '"');
                if !cursor.accept('"') {
                    return Err(at.syntax("this text is never closed: add a \" at its end"));
                }
                Token::Text(decoded(&text))
            }
            Some(c) if c.is_ascii_alphabetic() => {
                Token::Word(cursor.take_while(|c| c.is_ascii_alphanumeric() || c == '_'))
            }
            Some(c) if c.is_ascii_digit() || matches!(c, '+' | '-' | '.') => Token::Number(
                cursor.take_while(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')),
            ),
            Some(c) => {
                return Err(at.syntax(format!("unexpected character {c:?}: quote texts with \"")));
            }
        };
        Ok((token, at))
    }
}

/// A text with `&quot;`, `&amp;`, `&#228;` and the like replaced by what they stand for; others stay.
fn decoded(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find('&') {
        out.push_str(&rest[..start]);
        rest = &rest[start..];
        // No entity is longer than this, so that a text of ampersands takes linear time.
        let end = rest.bytes().take(12).position(|byte| byte == b';');
        let decoded = end.and_then(|end| {
            let name = &rest[1..end];
            let c = match name {
                "quot" => Some('"'),
                "amp" => Some('&'),
                "lt" => Some('<'),
                "gt" => Some('>'),
                "apos" => Some('\''),
                _ => name.strip_prefix('#').and_then(|number| {
                    let code = match number.strip_prefix(['x', 'X']) {
                        Some(hex) => u32::from_str_radix(hex, 16).ok(),
                        None => number.parse().ok(),
                    };
                    code.and_then(char::from_u32)
                }),
            };
            c.map(|c| (c, end))
        });
        if let Some((c, end)) = decoded {
            out.push(c);
            rest = &rest[end + 1..];
        } else {
            out.push('&');
            rest = &rest[1..];
        }
    }
    out.push_str(rest);
    out
}

/// A text in quotes, in the seven bits that the language allows.
fn encoded(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '"' => out.push_str("&quot;"),
            ' '..='~' => out.push(c),
            _ => {
                let _ = write!(out, "&#{};", u32::from(c));
            }
        }
    }
    out.push('"');
    out
}

/// A number with a point, which the language insists on.
fn real(value: f64) -> String {
    let text = format!("{value:?}");
    match text.split_once('e') {
        Some((digits, exponent)) if !digits.contains('.') => format!("{digits}.0e{exponent}"),
        _ => text,
    }
}

/// Writes a graph that [`read`] reads back.
pub(super) fn write(described: &Described) -> String {
    let graph = described.graph();
    let edges = graph.mixed_edges();
    let mut text = String::from("graph [\n  directed 1\n");
    let pairs: BTreeSet<[usize; 2]> = edges.iter().map(|edge| sorted(edge.ends())).collect();
    if pairs.len() < edges.len() {
        text.push_str("  multigraph 1\n");
    }
    if described.class() != Class::of_edges(&edges) {
        let _ = writeln!(text, "  class \"{}\"", described.class().keyword());
    }
    for (node, variable) in graph.variables().enumerate() {
        let _ = writeln!(text, "  node [\n    id {node}\n    label {}", encoded(variable.name()));
        for (key, value) in attributes(variable) {
            let value = match value {
                Value::Text(value) => encoded(&value),
                Value::Number(value) => real(value),
                Value::Count(count) => count.to_string(),
            };
            let _ = writeln!(text, "    {} {value}", key.replace('_', ""));
        }
        if variable.is_labelled() && variable.name() == UNOBSERVED {
            text.push_str("    observed 1\n");
        }
        for part in Part::ALL.into_iter().filter(|&part| described.part(part).contains(node)) {
            let _ = writeln!(text, "    {} 1", part.keyword());
        }
        if let Some([x, y]) = described.position(node) {
            let _ = writeln!(text, "    graphics [ x {} y {} ]", real(x), real(y));
        }
        text.push_str("  ]\n");
    }
    for edge in edges {
        let [a, b] = edge.ends();
        let _ = writeln!(text, "  edge [\n    source {a}\n    target {b}");
        for (key, value) in style_attributes(edge) {
            let _ = writeln!(text, "    {key} \"{value}\"");
        }
        text.push_str("  ]\n");
    }
    text.push_str("]\n");
    text
}

fn sorted([a, b]: [usize; 2]) -> [usize; 2] {
    [a.min(b), a.max(b)]
}
