//! The tokens of a text, passed one after the other with a look ahead.

use super::tokens::{Language, tokens};
use crate::{
    GraphError,
    text::{Position, Word},
    tokens::Token,
};

pub(crate) struct Stream {
    /// Ends with [`Token::End`], which is never passed.
    tokens: Vec<(Token, Position)>,
    next: usize,
}

impl Stream {
    pub(crate) fn new(text: &str, language: Language) -> Result<Self, GraphError> {
        Ok(Self { tokens: tokens(text, language)?, next: 0 })
    }

    pub(crate) fn peek(&self) -> &Token {
        &self.tokens[self.next].0
    }

    pub(crate) fn ahead(&self, by: usize) -> &Token {
        &self.tokens[(self.next + by).min(self.tokens.len() - 1)].0
    }

    pub(crate) fn at(&self) -> Position {
        self.tokens[self.next].1
    }

    pub(crate) fn advance(&mut self) {
        self.next = (self.next + 1).min(self.tokens.len() - 1);
    }

    pub(crate) fn accept(&mut self, mark: char) -> bool {
        let found = *self.peek() == Token::Mark(mark);
        if found {
            self.advance();
        }
        found
    }

    pub(crate) fn accept_keyword(&mut self, keyword: &str) -> bool {
        let found = self.peek().is_keyword(keyword);
        if found {
            self.advance();
        }
        found
    }

    /// Passes `mark`; `place` completes "expected it ...".
    pub(crate) fn expect(&mut self, mark: char, place: &str) -> Result<(), GraphError> {
        if self.accept(mark) { Ok(()) } else { Err(self.expected(&format!("`{mark}` {place}"))) }
    }

    /// A name or value; `what` completes "expected ...".
    pub(crate) fn word(&mut self, what: &str) -> Result<Word, GraphError> {
        let at = self.at();
        let Some(text) = self.peek().id().map(str::to_owned) else {
            return Err(self.expected(what));
        };
        self.advance();
        Ok(Word { text, at })
    }

    /// Nothing may follow the closing brace.
    pub(crate) fn end(&self) -> Result<(), GraphError> {
        match self.peek() {
            Token::End => Ok(()),
            other => {
                Err(self.refuse(format!("{other} after the closing brace: a file holds one graph")))
            }
        }
    }

    /// What comes next is not what was expected.
    pub(crate) fn expected(&self, what: &str) -> GraphError {
        self.refuse(format!("expected {what}, found {}", self.peek()))
    }

    /// What comes next is wrong.
    pub(crate) fn refuse(&self, message: impl Into<String>) -> GraphError {
        self.at().syntax(message)
    }
}
