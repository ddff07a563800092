//! Statements in braces understood: nodes, chains of edges, groups within groups. A stack stands in for recursion, so
//! that no depth of nesting is too deep.

use super::{Dialect, EdgeStyle};
use crate::{
    Edge, GraphError, Mark,
    dot::{Language, Stream},
    formats::{
        Class, Described, DotOptions,
        draft::{Draft, Drawn, Strangers},
    },
    text::{Position, Word},
    tokens::Token,
};
use std::collections::BTreeSet;

/// More edges than this may not come out of groups as in `{a b} -> {c d}`, of which a short text could ask for very
/// many.
const EDGES_OF_GROUPS: usize = 1 << 20;

/// Reads a graph in either language. `O(t log t)` in the length of the text and the edges of its groups.
pub(in crate::formats) fn read(text: &str, dialect: Dialect) -> Result<Described, GraphError> {
    let language = match dialect {
        Dialect::Dagitty => Language::Dagitty,
        Dialect::Dot(_) => Language::Dot,
    };
    let mut machine = Machine {
        stream: Stream::new(text, language)?,
        dialect,
        draft: Draft::default(),
        ends_of_groups: 0,
        frames: vec![],
    };
    machine.header()?;
    machine.body()?;
    machine.stream.end()?;
    machine.draft.finish()
}

fn too_many_edges(at: Position) -> GraphError {
    at.syntax(format!("these groups make more than {EDGES_OF_GROUPS} edges: write a smaller graph"))
}

/// An edge sign: its marks at the left and the right, and where it stands.
type Sign = ([Mark; 2], Position);

/// A graph or group that is open.
#[derive(Default)]
struct Frame {
    defaults: EdgeStyle,
    /// What the group stands for as the end of an edge; a set, since nested groups say the same names again and again.
    nodes: BTreeSet<usize>,
    /// The chain of edges that is being read: ends, each with the sign behind it.
    chain: Vec<(Vec<usize>, Sign)>,
}

struct Machine {
    stream: Stream,
    dialect: Dialect,
    draft: Draft,
    frames: Vec<Frame>,
    ends_of_groups: usize,
}

impl Machine {
    fn is_dot(&self) -> bool {
        self.dialect != Dialect::Dagitty
    }

    fn options(&self) -> DotOptions {
        match self.dialect {
            Dialect::Dot(options) => options,
            Dialect::Dagitty => DotOptions::default(),
        }
    }

    /// A name or value, with texts that are joined to it by `+`; `what` completes "expected ...".
    fn word(&mut self, what: &str) -> Result<Word, GraphError> {
        let mut word = self.stream.word(what)?;
        while self.stream.accept('+') {
            word.text += &self.stream.word("a text after `+`")?.text;
        }
        Ok(word)
    }

    fn header(&mut self) -> Result<(), GraphError> {
        self.draft.merges_edges = self.stream.accept_keyword("strict");
        let word = match self.stream.peek() {
            Token::Word(word) => word.to_ascii_lowercase(),
            _ => String::new(),
        };
        match (word.as_str(), Class::from_keyword(&word), self.is_dot()) {
            ("graph" | "digraph", ..) => {}
            (_, Some(class), false) => self.draft.set_class(class, self.stream.at()),
            (.., true) => {
                return Err(self.stream.expected("`digraph` or `graph` at the beginning"));
            }
            (.., false) => {
                let what = "`dag`, `pdag`, `mag` or `pag` at the beginning";
                return Err(self.stream.expected(what));
            }
        }
        self.stream.advance();
        if self.stream.peek().id().is_some() {
            self.word("a graph name")?;
        }
        self.stream.expect('{', "to open the graph")?;
        self.draft.antiparallel_is_bidirected = self.options().antiparallel_is_bidirected;
        self.frames.push(Frame::default());
        Ok(())
    }

    /// All statements up to the brace that closes the graph.
    fn body(&mut self) -> Result<(), GraphError> {
        while let Some(frame) = self.frames.last() {
            let begins = frame.chain.is_empty();
            if begins && (self.stream.accept(';') || self.stream.accept(',')) {
                continue;
            }
            if self.is_group() {
                while !self.stream.accept('{') {
                    self.stream.advance();
                }
                let defaults = self.frames.last().map(|frame| frame.defaults).unwrap_or_default();
                self.frames.push(Frame { defaults, ..Frame::default() });
                continue;
            }
            if begins && self.setting()? {
                continue;
            }
            match self.stream.peek() {
                Token::Mark('}') if begins => {
                    self.stream.advance();
                    self.close()?;
                }
                Token::Text(_) | Token::Word(_) => {
                    self.refuse_keyword()?;
                    let name = self.word("a variable")?;
                    self.skip_port()?;
                    let node = self.draft.mention(&name);
                    if let Some(frame) = self.frames.last_mut() {
                        frame.nodes.insert(node);
                    }
                    self.endpoint(vec![node], true)?;
                }
                _ if begins => {
                    return Err(self.stream.expected("a variable, an edge or `}`"));
                }
                _ => return Err(self.stream.expected("a variable after the arrow")),
            }
        }
        Ok(())
    }

    /// `{`, `subgraph {` or `subgraph name {`.
    fn is_group(&self) -> bool {
        let brace = |by| *self.stream.ahead(by) == Token::Mark('{');
        brace(0)
            || (self.stream.peek().is_keyword("subgraph")
                && (brace(1) || (self.stream.ahead(1).id().is_some() && brace(2))))
    }

    /// Behind a closing brace: the group is an end of an edge in the group around it.
    fn close(&mut self) -> Result<(), GraphError> {
        let Some(closed) = self.frames.pop() else { return Ok(()) };
        let Some(around) = self.frames.last_mut() else { return Ok(()) };
        let is_end = !around.chain.is_empty() || matches!(self.stream.peek(), Token::Edge(..));
        let ends: Vec<usize> =
            if is_end { closed.nodes.iter().copied().collect() } else { Vec::new() };
        // The shorter set is moved, so that nested groups do not copy one set again and again.
        let (mut long, short) = if closed.nodes.len() > around.nodes.len() {
            (closed.nodes, std::mem::take(&mut around.nodes))
        } else {
            (std::mem::take(&mut around.nodes), closed.nodes)
        };
        long.extend(short);
        around.nodes = long;
        // Groups within groups may be long ends of no edge at all.
        self.ends_of_groups += ends.len();
        if self.ends_of_groups > EDGES_OF_GROUPS {
            return Err(too_many_edges(self.stream.at()));
        }
        self.endpoint(ends, false)
    }

    /// After an end of an edge: the next sign of the chain, or the attributes that close the statement.
    fn endpoint(&mut self, ends: Vec<usize>, is_name: bool) -> Result<(), GraphError> {
        let at = self.stream.at();
        if let Token::Edge(marks, _) = *self.stream.peek() {
            self.stream.advance();
            if let Some(frame) = self.frames.last_mut() {
                frame.chain.push((ends, (marks, at)));
            }
            return Ok(());
        }
        let Some(frame) = self.frames.last_mut() else { return Ok(()) };
        let (chain, mut style) = (std::mem::take(&mut frame.chain), frame.defaults);
        let attributes = self.attributes()?;
        if chain.is_empty() {
            if !is_name {
                return match attributes.first() {
                    Some((key, _)) => Err(key.at.syntax(
                        "a group has no attributes of its own: write them at each variable",
                    )),
                    None => Ok(()),
                };
            }
            for (key, value) in attributes {
                let key = self.full_key(key);
                self.draft.attribute(ends[0], &key, value.as_ref(), Strangers::Ignore)?;
            }
            return Ok(());
        }
        // In dagitty's texts the attributes of edges concern drawing and strength alone.
        if self.is_dot() {
            for (key, value) in &attributes {
                let nothing = Word { text: String::new(), at: key.at };
                style.set(key, value.as_ref().unwrap_or(&nothing))?;
            }
        }
        let rights = chain.iter().skip(1).map(|(ends, _)| ends).chain([&ends]);
        for ((lefts, (drawn, at)), rights) in chain.iter().zip(rights) {
            let (marks, by_dash) = match self.dialect {
                Dialect::Dot(options) => style.marks(*drawn, options, *at)?,
                Dialect::Dagitty => (*drawn, false),
            };
            let number = lefts.len().saturating_mul(rights.len());
            if number > 1 && self.draft.edge_count().saturating_add(number) > EDGES_OF_GROUPS {
                return Err(too_many_edges(*at));
            }
            for &left in lefts {
                for &right in rights {
                    let edge = Edge::new(left, marks[0], right, marks[1]);
                    self.draft.add(Drawn { edge, at: *at, by_dash });
                }
            }
        }
        Ok(())
    }

    /// `name = value`, and defaults as in `edge [dir=both]`: `true` when the statement was one of these.
    fn setting(&mut self) -> Result<bool, GraphError> {
        if self.stream.peek().id().is_none() {
            return Ok(false);
        }
        if *self.stream.ahead(1) == Token::Mark('=') {
            let key = self.word("an attribute")?;
            self.stream.advance();
            let value = self.word("a value")?;
            self.graph_attribute(&key, &value);
            return Ok(true);
        }
        let brackets = *self.stream.ahead(1) == Token::Mark('[');
        let is = |word: &str| self.stream.peek().is_keyword(word) && brackets;
        if is("graph") {
            self.stream.advance();
            for (key, value) in self.attributes()? {
                if let Some(value) = value {
                    self.graph_attribute(&key, &value);
                }
            }
            return Ok(true);
        }
        if !self.is_dot() {
            return Ok(false);
        }
        if is("edge") {
            self.stream.advance();
            for (key, value) in self.attributes()? {
                let value = value.unwrap_or(Word { text: String::new(), at: key.at });
                if let Some(frame) = self.frames.last_mut() {
                    frame.defaults.set(&key, &value)?;
                }
            }
            return Ok(true);
        }
        if is("node") {
            self.stream.advance();
            for (key, _) in self.attributes()? {
                if crate::formats::draft::is_causal(&key.text) {
                    return Err(key.at.syntax(format!(
                        "`{}` as a default of nodes is not supported: write it at each variable",
                        key.text
                    )));
                }
            }
            return Ok(true);
        }
        Ok(false)
    }

    /// Of the graph's own attributes only the class means something, and only where it is one of ours.
    fn graph_attribute(&mut self, key: &Word, value: &Word) {
        if let Some(class) = Class::from_keyword(&value.text)
            && key.text == "class"
            && self.frames.len() == 1
            && self.is_dot()
        {
            self.draft.set_class(class, value.at);
        }
    }

    fn refuse_keyword(&self) -> Result<(), GraphError> {
        let (reserved, fix): (&[&str], _) = if self.is_dot() {
            let words = &["node", "edge", "graph", "digraph", "subgraph", "strict"];
            (words, "quote it to use it as a name")
        } else {
            (&["graph", "node"], "rename the variable")
        };
        let name = match self.stream.peek() {
            // Quotes do not help in dagitty's language.
            Token::Text(_) if self.is_dot() => None,
            token => token.id(),
        };
        match name.filter(|name| reserved.iter().any(|word| name.eq_ignore_ascii_case(word))) {
            Some(name) => Err(self.stream.refuse(format!("`{name}` is a keyword: {fix}"))),
            None => Ok(()),
        }
    }

    /// `:port:compass`, which say where an edge meets the drawn node.
    fn skip_port(&mut self) -> Result<(), GraphError> {
        while self.is_dot() && self.stream.accept(':') {
            self.word("a port after the colon (quote names that hold colons)")?;
        }
        Ok(())
    }

    /// `[a=1, b][c=3]`, or nothing.
    fn attributes(&mut self) -> Result<Vec<(Word, Option<Word>)>, GraphError> {
        let mut attributes = Vec::new();
        while self.stream.accept('[') {
            while !self.stream.accept(']') {
                let key = self.word("an attribute or `]`")?;
                let value = if self.stream.accept('=') {
                    Some(self.word(&format!("a value for `{}`", key.text))?)
                } else {
                    None
                };
                attributes.push((key, value));
                if !self.stream.accept(',') {
                    self.stream.accept(';');
                }
            }
        }
        Ok(attributes)
    }

    /// Dagitty's other names for its attributes.
    fn full_key(&self, mut key: Word) -> Word {
        if !self.is_dot() {
            let full = match key.text.as_str() {
                "l" | "u" => "latent",
                "e" | "source" => "exposure",
                "o" | "target" => "outcome",
                "a" => "adjusted",
                "s" => "selected",
                _ => return key,
            };
            full.clone_into(&mut key.text);
        }
        key
    }
}
