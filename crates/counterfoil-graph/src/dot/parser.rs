//! Tokens put together into statements: declarations with their attributes, and edges. Meaning comes later.

use super::{Language, Stream};
use crate::{GraphError, text::Word, tokens::Token};

/// `name [key=value, ...]`
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Declaration {
    pub(crate) name: Word,
    pub(crate) attributes: Vec<(Word, Word)>,
}

/// What a file says, in its order.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Document {
    pub(super) declarations: Vec<Declaration>,
    pub(super) edges: Vec<(Word, Word)>,
}

/// Parses `[strict] digraph [name] { statement* }`.
pub(super) fn parse(text: &str) -> Result<Document, GraphError> {
    let mut parser = Parser { stream: Stream::new(text, Language::Strict)? };
    parser.header()?;
    let mut document = Document::default();
    while !parser.stream.accept('}') {
        parser.statement(&mut document)?;
    }
    parser.stream.end()?;
    Ok(document)
}

struct Parser {
    stream: Stream,
}

impl Parser {
    /// A name or value; `what` completes "expected ...".
    fn word(&mut self, what: &str) -> Result<Word, GraphError> {
        let word = self.stream.word(what)?;
        match self.stream.peek() {
            Token::Mark('+') => Err(self
                .stream
                .refuse("joining texts with `+` is not supported: write one quoted text")),
            _ => Ok(word),
        }
    }

    fn header(&mut self) -> Result<(), GraphError> {
        self.stream.accept_keyword("strict");
        if self.stream.peek().is_keyword("graph") {
            return Err(self
                .stream
                .refuse("`graph` is undirected, a causal graph is directed: write `digraph`"));
        }
        if !self.stream.accept_keyword("digraph") {
            return Err(self.stream.expected("`digraph` at the beginning"));
        }
        if self.stream.peek().id().is_some() {
            self.word("a graph name")?;
        }
        self.stream.expect('{', "to open the graph")
    }

    fn statement(&mut self, document: &mut Document) -> Result<(), GraphError> {
        if self.stream.accept(';') {
            return Ok(());
        }
        self.refuse_unsupported()?;
        let first = self.word("a variable, an edge or `}`")?;
        match self.stream.peek() {
            Token::Edge(..) => self.edges(first, document),
            Token::Mark('=') => Err(first.at.syntax(format!(
                "the graph attribute `{}` is not supported: remove it, a causal graph has variables and edges only",
                first.text
            ))),
            Token::Mark(':') => {
                Err(self.stream.refuse("ports are not supported: remove the colon or quote the name"))
            }
            _ => {
                let attributes = self.attributes()?;
                document.declarations.push(Declaration { name: first, attributes });
                Ok(())
            }
        }
    }

    /// Constructs of DOT whose causal meaning would have to be guessed.
    fn refuse_unsupported(&self) -> Result<(), GraphError> {
        let (token, at) = (self.stream.peek(), self.stream.at());
        if token.is_keyword("subgraph") || *token == Token::Mark('{') {
            return Err(at.syntax(
                "subgraphs and groups are not supported: write each variable and each edge by itself",
            ));
        }
        for keyword in ["node", "edge", "graph"] {
            if token.is_keyword(keyword) {
                return Err(at.syntax(format!(
                    "defaults for `{keyword}` are not supported: write attributes at each variable (quote the name if it is one)"
                )));
            }
        }
        for keyword in ["digraph", "strict"] {
            if token.is_keyword(keyword) {
                return Err(
                    at.syntax(format!("`{keyword}` is a keyword: quote it to use it as a name"))
                );
            }
        }
        Ok(())
    }

    /// `first -> b -> c ...`, of which each arrow is an edge.
    fn edges(&mut self, first: Word, document: &mut Document) -> Result<(), GraphError> {
        let mut tail = first;
        loop {
            match self.stream.peek() {
                Token::Edge(_, "->") => self.stream.advance(),
                Token::Edge(..) => {
                    return Err(self
                        .stream
                        .refuse("`--` is undirected, a causal edge has a direction: write `->`"));
                }
                Token::Mark('[') => {
                    return Err(self.stream.refuse(
                        "attributes of edges are not supported: an edge of this graph is a direct cause and nothing else",
                    ));
                }
                Token::Mark(':') => {
                    return Err(self
                        .stream
                        .refuse("ports are not supported: remove the colon or quote the name"));
                }
                _ => return Ok(()),
            }
            self.refuse_unsupported()?;
            let head = self.word("a variable after the arrow")?;
            document.edges.push((tail, head.clone()));
            tail = head;
        }
    }

    /// `[a=1, b=2][c=3]`, or nothing.
    fn attributes(&mut self) -> Result<Vec<(Word, Word)>, GraphError> {
        let mut attributes = Vec::new();
        while self.stream.accept('[') {
            while !self.stream.accept(']') {
                let key = self.word("an attribute or `]`")?;
                self.stream.expect('=', &format!("after the attribute `{}`", key.text))?;
                let value = self.word(&format!("a value for `{}`", key.text))?;
                attributes.push((key, value));
                if !self.stream.accept(',') {
                    self.stream.accept(';');
                }
            }
        }
        Ok(attributes)
    }
}
