//! What the texts of most formats are cut into. Each format has its own rules for the cutting, the pieces are the same.

use crate::Mark;
use std::fmt;

/// A piece of text; `Display` shows it as messages have it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Token {
    /// A text in quotes, without them.
    Text(String),
    /// A bare word: a name, a value, a key or a keyword.
    Word(String),
    /// A number as it is written, in languages where a word cannot stand for one.
    Number(String),
    /// An edge with its marks at the left and at the right end, and how it is written.
    Edge([Mark; 2], &'static str),
    /// A brace, bracket or sign that stands for itself.
    Mark(char),
    End,
}

impl Token {
    /// The text of a name or value, in quotes or not.
    pub(crate) fn id(&self) -> Option<&str> {
        match self {
            Self::Text(text) | Self::Word(text) => Some(text),
            _ => None,
        }
    }

    /// `true` for this keyword in any case, when it is not quoted.
    pub(crate) fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self, Self::Word(word) if word.eq_ignore_ascii_case(keyword))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "{text:?}"),
            Self::Word(text) | Self::Number(text) => write!(f, "`{text}`"),
            Self::Edge(_, arrow) => write!(f, "`{arrow}`"),
            Self::Mark(mark) => write!(f, "`{mark}`"),
            Self::End => f.write_str("the end of the text"),
        }
    }
}
