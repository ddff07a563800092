//! Statements in braces understood: nodes, chains of edges, groups within groups. A stack stands in for recursion, so
//! that no depth of nesting is too deep.

use super::{
    Dialect, EdgeStyle,
    tokens::{Token, tokens},
};
use crate::{
    Edge, GraphError, Mark,
    formats::{
        Class, Described, DotOptions,
        draft::{Draft, Drawn, Strangers},
    },
    text::{Position, Word},
};
use std::collections::BTreeSet;

/// More edges than this may not come out of groups as in `{a b} -> {c d}`, of which a short text could ask for very
/// many.
const EDGES_OF_GROUPS: usize = 1 << 20;

/// Reads a graph in either language. `O(t log t)` in the length of the text and the edges of its groups.
pub(in crate::formats) fn read(text: &str, dialect: Dialect) -> Result<Described, GraphError> {
    let tokens = tokens(text, dialect)?;
    let mut machine = Machine {
        tokens,
        next: 0,
        dialect,
        draft: Draft::default(),
        ends_of_groups: 0,
        frames: vec![],
    };
    machine.header()?;
    machine.body()?;
    match machine.peek() {
        Token::End => machine.draft.finish(),
        other => Err(machine
            .at()
            .syntax(format!("{other} after the closing brace: a file holds one graph"))),
    }
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
    /// Ends with [`Token::End`], which is never passed.
    tokens: Vec<(Token, Position)>,
    next: usize,
    dialect: Dialect,
    draft: Draft,
    frames: Vec<Frame>,
    ends_of_groups: usize,
}

impl Machine {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    fn ahead(&self, by: usize) -> &Token {
        &self.tokens[(self.next + by).min(self.tokens.len() - 1)].0
    }

    fn at(&self) -> Position {
        self.tokens[self.next].1
    }

    fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    fn accept(&mut self, mark: char) -> bool {
        let found = *self.peek() == Token::Mark(mark);
        if found {
            self.advance();
        }
        found
    }

    fn is_dot(&self) -> bool {
        self.dialect != Dialect::Dagitty
    }

    fn options(&self) -> DotOptions {
        match self.dialect {
            Dialect::Dot(options) => options,
            Dialect::Dagitty => DotOptions::default(),
        }
    }

    /// A name or value, with texts that are joined to it by `+`.
    fn word(&mut self, place: &str) -> Result<Word, GraphError> {
        let at = self.at();
        let Token::Id { text, .. } = self.peek() else {
            return Err(at.syntax(format!("expected {place}, found {}", self.peek())));
        };
        let mut text = text.clone();
        self.advance();
        while *self.peek() == Token::Mark('+') {
            self.advance();
            match self.peek() {
                Token::Id { text: more, .. } => text += more,
                other => {
                    return Err(self
                        .at()
                        .syntax(format!("expected a text after `+`, found {other}")));
                }
            }
            self.advance();
        }
        Ok(Word { text, at })
    }

    fn header(&mut self) -> Result<(), GraphError> {
        if self.peek().is_keyword("strict") {
            self.draft.merges_edges = true;
            self.advance();
        }
        let at = self.at();
        let word = match self.peek() {
            Token::Id { text, quoted: false } => text.to_ascii_lowercase(),
            _ => String::new(),
        };
        let class = Class::from_keyword(&word);
        match (word.as_str(), class, self.is_dot()) {
            ("graph" | "digraph", ..) => {}
            (_, Some(class), false) => self.draft.set_class(class, at),
            (.., true) => {
                return Err(at.syntax(format!(
                    "expected `digraph` or `graph` at the beginning, found {}",
                    self.peek()
                )));
            }
            (.., false) => {
                return Err(at.syntax(format!(
                    "expected `dag`, `pdag`, `mag` or `pag` at the beginning, found {}",
                    self.peek()
                )));
            }
        }
        self.advance();
        if matches!(self.peek(), Token::Id { .. }) {
            self.word("a graph name")?;
        }
        if !self.accept('{') {
            let message = format!("expected `{{` to open the graph, found {}", self.peek());
            return Err(self.at().syntax(message));
        }
        self.draft.antiparallel_is_bidirected = self.options().antiparallel_is_bidirected;
        self.frames.push(Frame::default());
        Ok(())
    }

    /// All statements up to the brace that closes the graph.
    fn body(&mut self) -> Result<(), GraphError> {
        while let Some(frame) = self.frames.last() {
            let begins = frame.chain.is_empty();
            let at = self.at();
            if begins && (self.accept(';') || self.accept(',')) {
                continue;
            }
            if self.is_group() {
                while !self.accept('{') {
                    self.advance();
                }
                let defaults = self.frames.last().map(|frame| frame.defaults).unwrap_or_default();
                self.frames.push(Frame { defaults, ..Frame::default() });
                continue;
            }
            if begins && self.setting()? {
                continue;
            }
            match self.peek() {
                Token::Mark('}') if begins => {
                    self.advance();
                    self.close()?;
                }
                Token::Id { .. } => {
                    self.refuse_keyword()?;
                    let name = self.word("a variable")?;
                    self.skip_port()?;
                    let node = self.draft.mention(&name);
                    if let Some(frame) = self.frames.last_mut() {
                        frame.nodes.insert(node);
                    }
                    self.endpoint(vec![node], true)?;
                }
                other if begins => {
                    let message = format!("expected a variable, an edge or `}}`, found {other}");
                    return Err(at.syntax(message));
                }
                other => {
                    let message = format!("expected a variable after the arrow, found {other}");
                    return Err(at.syntax(message));
                }
            }
        }
        Ok(())
    }

    /// `{`, `subgraph {` or `subgraph name {`.
    fn is_group(&self) -> bool {
        let brace = |by| *self.ahead(by) == Token::Mark('{');
        brace(0)
            || (self.peek().is_keyword("subgraph")
                && (brace(1) || (matches!(self.ahead(1), Token::Id { .. }) && brace(2))))
    }

    /// Behind a closing brace: the group is an end of an edge in the group around it.
    fn close(&mut self) -> Result<(), GraphError> {
        let Some(closed) = self.frames.pop() else { return Ok(()) };
        let Some(around) = self.frames.last_mut() else { return Ok(()) };
        let is_end =
            !around.chain.is_empty() || matches!(self.tokens[self.next].0, Token::Edge(..));
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
            return Err(too_many_edges(self.at()));
        }
        self.endpoint(ends, false)
    }

    /// After an end of an edge: the next sign of the chain, or the attributes that close the statement.
    fn endpoint(&mut self, ends: Vec<usize>, is_name: bool) -> Result<(), GraphError> {
        let at = self.at();
        if let Token::Edge(marks, _) = *self.peek() {
            self.advance();
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
        if !matches!(self.peek(), Token::Id { .. }) {
            return Ok(false);
        }
        if *self.ahead(1) == Token::Mark('=') {
            let key = self.word("an attribute")?;
            self.advance();
            let value = self.word("a value")?;
            self.graph_attribute(&key, &value);
            return Ok(true);
        }
        let brackets = *self.ahead(1) == Token::Mark('[');
        let is = |word: &str| self.peek().is_keyword(word) && brackets;
        if is("graph") {
            self.advance();
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
            self.advance();
            for (key, value) in self.attributes()? {
                let value = value.unwrap_or(Word { text: String::new(), at: key.at });
                if let Some(frame) = self.frames.last_mut() {
                    frame.defaults.set(&key, &value)?;
                }
            }
            return Ok(true);
        }
        if is("node") {
            self.advance();
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
        let reserved: &[&str] = match (self.is_dot(), self.peek()) {
            (true, Token::Id { quoted: true, .. }) => &[],
            (true, _) => &["node", "edge", "graph", "digraph", "subgraph", "strict"],
            // Quotes do not help in dagitty's language.
            (false, _) => &["graph", "node"],
        };
        match self.peek() {
            Token::Id { text, .. }
                if reserved.iter().any(|word| text.eq_ignore_ascii_case(word)) =>
            {
                let fix = if self.is_dot() {
                    "quote it to use it as a name"
                } else {
                    "rename the variable"
                };
                Err(self.at().syntax(format!("`{text}` is a keyword: {fix}")))
            }
            _ => Ok(()),
        }
    }

    /// `:port:compass`, which say where an edge meets the drawn node.
    fn skip_port(&mut self) -> Result<(), GraphError> {
        while self.is_dot() && self.accept(':') {
            self.word("a port after the colon (quote names that hold colons)")?;
        }
        Ok(())
    }

    /// `[a=1, b][c=3]`, or nothing.
    fn attributes(&mut self) -> Result<Vec<(Word, Option<Word>)>, GraphError> {
        let mut attributes = Vec::new();
        while self.accept('[') {
            while !self.accept(']') {
                let key = self.word("an attribute or `]`")?;
                let value = if self.accept('=') {
                    Some(self.word(&format!("a value for `{}`", key.text))?)
                } else {
                    None
                };
                attributes.push((key, value));
                if !self.accept(',') {
                    self.accept(';');
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
