//! The tokens of a text cut one by one, of which the next is known: what the readers of BIF and JSON stand on.

use crate::{
    GraphError,
    text::{Cursor, Position, Word},
    tokens::Token,
};

/// Cuts the next token off and says where it begins.
type Cut = fn(&mut Cursor<'_>) -> Result<(Token, Position), GraphError>;

pub(super) struct Reader<'t> {
    cursor: Cursor<'t>,
    current: (Token, Position),
    cut: Cut,
}

impl<'t> Reader<'t> {
    pub(super) fn new(text: &'t str, cut: Cut) -> Result<Self, GraphError> {
        let mut cursor = Cursor::new(text);
        Ok(Self { current: cut(&mut cursor)?, cursor, cut })
    }

    pub(super) fn peek(&self) -> &Token {
        &self.current.0
    }

    pub(super) fn at(&self) -> Position {
        self.current.1
    }

    /// Passes the next token and gives it.
    pub(super) fn advance(&mut self) -> Result<(Token, Position), GraphError> {
        let next = (self.cut)(&mut self.cursor)?;
        Ok(std::mem::replace(&mut self.current, next))
    }

    pub(super) fn accept(&mut self, mark: char) -> Result<bool, GraphError> {
        let found = self.current.0 == Token::Mark(mark);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// Passes `mark`; `place` completes "expected it ...".
    pub(super) fn expect(&mut self, mark: char, place: &str) -> Result<(), GraphError> {
        if self.accept(mark)? { Ok(()) } else { Err(self.expected(&format!("`{mark}` {place}"))) }
    }

    /// A text; `what` completes "expected ...".
    pub(super) fn text(&mut self, what: &str) -> Result<Word, GraphError> {
        match self.advance()? {
            (Token::Text(text), at) => Ok(Word { text, at }),
            (other, at) => Err(at.syntax(format!("expected {what}, found {other}"))),
        }
    }

    /// What comes next is not what was expected.
    pub(super) fn expected(&self, what: &str) -> GraphError {
        self.at().syntax(format!("expected {what}, found {}", self.peek()))
    }
}
