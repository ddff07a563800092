//! A text read character by character, with the line and column of where it stands: what every reader begins with.

use crate::GraphError;
use std::{iter::Peekable, str::Chars};

/// A place in a text, both numbers from 1; columns count characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    pub(crate) line: usize,
    pub(crate) column: usize,
}

impl Position {
    pub(crate) const START: Self = Self { line: 1, column: 1 };

    /// `cause` at this place; an error that has a place already keeps it.
    pub(crate) fn error(self, cause: GraphError) -> GraphError {
        match cause {
            GraphError::At { .. } => cause,
            _ => GraphError::At { line: self.line, column: self.column, cause: Box::new(cause) },
        }
    }

    pub(crate) fn syntax(self, message: impl Into<String>) -> GraphError {
        self.error(GraphError::Syntax { message: message.into() })
    }
}

/// What is left of a text, and where it begins.
pub(crate) struct Cursor<'t> {
    rest: Peekable<Chars<'t>>,
    at: Position,
}

impl<'t> Cursor<'t> {
    /// At the beginning of `text`, behind a byte order mark.
    pub(crate) fn new(text: &'t str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        Self { rest: text.chars().peekable(), at: Position::START }
    }

    pub(crate) fn at(&self) -> Position {
        self.at
    }

    pub(crate) fn peek(&mut self) -> Option<char> {
        self.rest.peek().copied()
    }

    pub(crate) fn next(&mut self) -> Option<char> {
        let c = self.rest.next()?;
        if c == '\n' {
            self.at = Position { line: self.at.line + 1, column: 1 };
        } else {
            self.at.column += 1;
        }
        Some(c)
    }

    /// Passes `c` when it comes next.
    pub(crate) fn accept(&mut self, c: char) -> bool {
        let found = self.peek() == Some(c);
        if found {
            self.next();
        }
        found
    }

    pub(crate) fn take_while(&mut self, keep: impl Fn(char) -> bool) -> String {
        let mut text = String::new();
        while let Some(c) = self.peek().filter(|&c| keep(c)) {
            text.push(c);
            self.next();
        }
        text
    }

    pub(crate) fn skip_white_space(&mut self) {
        while self.peek().is_some_and(char::is_whitespace) {
            self.next();
        }
    }
}
