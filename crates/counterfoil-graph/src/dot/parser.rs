//! Tokens put together into statements: declarations with their attributes, and edges. Meaning comes later.

use super::lexer::{Token, tokens};
use crate::{
    GraphError,
    text::{Position, Word},
};

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
    let mut parser = Parser { tokens: tokens(text)?, next: 0 };
    parser.header()?;
    let mut document = Document::default();
    while !parser.accept('}') {
        parser.statement(&mut document)?;
    }
    match parser.peek() {
        Token::End => Ok(document),
        other => Err(parser
            .at()
            .syntax(format!("{other} after the closing brace: a file holds one graph"))),
    }
}

struct Parser {
    /// Ends with [`Token::End`], which is never passed.
    tokens: Vec<(Token, Position)>,
    next: usize,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.next].0
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

    fn expect(&mut self, mark: char, place: &str) -> Result<(), GraphError> {
        if self.accept(mark) {
            Ok(())
        } else {
            Err(self.at().syntax(format!("expected `{mark}` {place}, found {}", self.peek())))
        }
    }

    fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// A name or value; `place` completes "expected ...".
    fn word(&mut self, place: &str) -> Result<Word, GraphError> {
        let at = self.at();
        match self.peek() {
            Token::Id { text, .. } => {
                let word = Word { text: text.clone(), at };
                self.advance();
                if *self.peek() == Token::Mark('+') {
                    return Err(self
                        .at()
                        .syntax("joining texts with `+` is not supported: write one quoted text"));
                }
                Ok(word)
            }
            other => Err(at.syntax(format!("expected {place}, found {other}"))),
        }
    }

    fn header(&mut self) -> Result<(), GraphError> {
        self.accept_keyword("strict");
        if self.peek().is_keyword("graph") {
            return Err(self
                .at()
                .syntax("`graph` is undirected, a causal graph is directed: write `digraph`"));
        }
        if !self.accept_keyword("digraph") {
            return Err(self
                .at()
                .syntax(format!("expected `digraph` at the beginning, found {}", self.peek())));
        }
        if matches!(self.peek(), Token::Id { .. }) {
            self.word("a graph name")?;
        }
        self.expect('{', "to open the graph")
    }

    fn statement(&mut self, document: &mut Document) -> Result<(), GraphError> {
        if self.accept(';') {
            return Ok(());
        }
        self.refuse_unsupported()?;
        let first = self.word("a variable, an edge or `}`")?;
        match self.peek() {
            Token::Arrow | Token::Line => self.edges(first, document),
            Token::Mark('=') => Err(first.at.syntax(format!(
                "the graph attribute `{}` is not supported: remove it, a causal graph has variables and edges only",
                first.text
            ))),
            Token::Mark(':') => {
                Err(self.at().syntax("ports are not supported: remove the colon or quote the name"))
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
        let (token, at) = (self.peek(), self.at());
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
            match self.peek() {
                Token::Arrow => self.advance(),
                Token::Line => {
                    return Err(self
                        .at()
                        .syntax("`--` is undirected, a causal edge has a direction: write `->`"));
                }
                Token::Mark('[') => {
                    return Err(self.at().syntax(
                        "attributes of edges are not supported: an edge of this graph is a direct cause and nothing else",
                    ));
                }
                Token::Mark(':') => {
                    return Err(self
                        .at()
                        .syntax("ports are not supported: remove the colon or quote the name"));
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
        while self.accept('[') {
            while !self.accept(']') {
                let key = self.word("an attribute or `]`")?;
                self.expect('=', &format!("after the attribute `{}`", key.text))?;
                let value = self.word(&format!("a value for `{}`", key.text))?;
                attributes.push((key, value));
                if !self.accept(',') {
                    self.accept(';');
                }
            }
        }
        Ok(attributes)
    }
}
