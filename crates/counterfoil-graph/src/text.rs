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

    /// Skips white space, comments as `//` and `/* */`, and lines that begin with `#`, which Graphviz takes for those of
    /// a C preprocessor.
    pub(crate) fn skip_blank(&mut self) -> Result<(), GraphError> {
        while let Some(c) = self.peek() {
            match c {
                _ if c.is_whitespace() => drop(self.next()),
                '#' if self.at.column == 1 => self.skip_line(),
                '/' => self.skip_comment()?,
                _ => break,
            }
        }
        Ok(())
    }

    /// Passes all up to the end of the line.
    pub(crate) fn skip_line(&mut self) {
        while self.peek().is_some_and(|c| c != '\n') {
            self.next();
        }
    }

    fn skip_comment(&mut self) -> Result<(), GraphError> {
        let start = self.at;
        self.next();
        match self.next() {
            Some('/') => self.skip_line(),
            Some('*') => {
                let mut last = ' ';
                loop {
                    match self.next() {
                        Some('/') if last == '*' => break,
                        Some(c) => last = c,
                        None => return Err(start.syntax("this comment is never closed: add */")),
                    }
                }
            }
            _ => return Err(start.syntax("a lone `/`: a comment begins with // or /*")),
        }
        Ok(())
    }
}

/// A text and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Word {
    pub(crate) text: String,
    pub(crate) at: Position,
}
