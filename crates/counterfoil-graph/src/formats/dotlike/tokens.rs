//! Text of dagitty or Graphviz cut into tokens, each with the line and column where it begins.

use super::Dialect;
use crate::{
    GraphError, Mark,
    dot::begins_identifier,
    text::{Cursor, Position},
};
use std::fmt;

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A name or a value. Keywords come as unquoted identifiers.
    Id {
        text: String,
        quoted: bool,
    },
    /// An edge with its marks at the left and at the right end, and how it is written.
    Edge([Mark; 2], &'static str),
    /// One of `{ } [ ] = ; , : +`.
    Mark(char),
    End,
}

impl Token {
    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self, Self::Id { text, quoted: false } if text.eq_ignore_ascii_case(keyword))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id { text, quoted: true } => write!(f, "{text:?}"),
            Self::Id { text, quoted: false } => write!(f, "`{text}`"),
            Self::Edge(_, arrow) => write!(f, "`{arrow}`"),
            Self::Mark(mark) => write!(f, "`{mark}`"),
            Self::End => f.write_str("the end of the text"),
        }
    }
}

/// Edges as they are written, longer ones before those that they begin with.
const DAGITTY_EDGES: [(&str, [Mark; 2]); 9] = [
    ("<->", [Mark::Arrow, Mark::Arrow]),
    ("<-@", [Mark::Arrow, Mark::Circle]),
    ("<-", [Mark::Arrow, Mark::Tail]),
    ("->", [Mark::Tail, Mark::Arrow]),
    ("--@", [Mark::Tail, Mark::Circle]),
    ("--", [Mark::Tail, Mark::Tail]),
    ("@->", [Mark::Circle, Mark::Arrow]),
    ("@-@", [Mark::Circle, Mark::Circle]),
    ("@--", [Mark::Circle, Mark::Tail]),
];

/// All tokens of `text`, the last one being [`Token::End`]. Linear.
pub(super) fn tokens(text: &str, dialect: Dialect) -> Result<Vec<(Token, Position)>, GraphError> {
    let mut lexer = Lexer { cursor: Cursor::new(text), dialect };
    let mut tokens = Vec::new();
    loop {
        lexer.cursor.skip_blank()?;
        let at = lexer.cursor.at();
        let token = lexer.token()?;
        let done = token == Token::End;
        tokens.push((token, at));
        if done {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    cursor: Cursor<'t>,
    dialect: Dialect,
}

impl Lexer<'_> {
    fn token(&mut self) -> Result<Token, GraphError> {
        let at = self.cursor.at();
        let Some(c) = self.cursor.peek() else { return Ok(Token::End) };
        let dagitty = self.dialect == Dialect::Dagitty;
        match c {
            '{' | '}' | '[' | ']' | '=' | ';' | ',' | ':' | '+' => {
                self.cursor.next();
                Ok(Token::Mark(c))
            }
            '"' => self.quoted(),
            '<' if !dagitty => self.html(),
            '-' | '<' | '@' => self.edge(),
            _ if in_word(c) => {
                let text = self.cursor.take_while(in_word);
                Ok(Token::Id { text, quoted: false })
            }
            _ => Err(
                at.syntax(format!("unexpected character {c:?}: quote names that hold it with \""))
            ),
        }
    }

    /// An edge, or a negative number, which begins like one.
    fn edge(&mut self) -> Result<Token, GraphError> {
        let at = self.cursor.at();
        let mut text = String::new();
        while text.len() < 3 {
            match self.cursor.peek().filter(|c| matches!(c, '-' | '<' | '>' | '@')) {
                Some(c) => text.push(c),
                None => break,
            }
            self.cursor.next();
            if matches!(text.as_str(), "->" | "--" | "<-") {
                // "--@", "<->" and "<-@" go on.
                let goes_on = match self.cursor.peek() {
                    Some('@') => text != "->" && self.dialect == Dialect::Dagitty,
                    Some('>') => text == "<-",
                    _ => false,
                };
                if !goes_on {
                    break;
                }
            }
        }
        if text == "-" && self.cursor.peek().is_some_and(in_word) {
            text += &self.cursor.take_while(in_word);
            return Ok(Token::Id { text, quoted: false });
        }
        let dot = ["->", "--"];
        DAGITTY_EDGES
            .into_iter()
            .find(|(arrow, _)| {
                *arrow == text && (self.dialect == Dialect::Dagitty || dot.contains(arrow))
            })
            .map(|(arrow, marks)| Token::Edge(marks, arrow))
            .ok_or_else(|| match self.dialect {
                Dialect::Dagitty => at.syntax(format!(
                    "`{text}` is no edge: write one of ->, <-, <->, --, @->, <-@, @-@, @--, --@"
                )),
                Dialect::Dot(_) => at.syntax(format!("`{text}` is no edge: write -> or --")),
            })
    }

    fn quoted(&mut self) -> Result<Token, GraphError> {
        let start = self.cursor.at();
        let never_closed = || start.syntax("this quoted text is never closed: add a \" at its end");
        self.cursor.next();
        let mut text = String::new();
        loop {
            match self.cursor.next() {
                Some('"') => return Ok(Token::Id { text, quoted: true }),
                Some('\\') => match self.cursor.peek() {
                    // A backslash at the end of a line joins the next one.
                    Some('\n') => drop(self.cursor.next()),
                    Some('"') => {
                        self.cursor.next();
                        text.push('"');
                    }
                    // In dagitty's texts a backslash stands for itself everywhere else.
                    Some('\\') if self.dialect != Dialect::Dagitty => {
                        self.cursor.next();
                        text.push('\\');
                    }
                    Some(_) => text.push('\\'),
                    None => return Err(never_closed()),
                },
                Some(c) => text.push(c),
                None => return Err(never_closed()),
            }
        }
    }

    /// `<...>` with its tags, which Graphviz takes for a text of its own sort; here it is one like others.
    fn html(&mut self) -> Result<Token, GraphError> {
        let start = self.cursor.at();
        self.cursor.next();
        let mut text = String::new();
        let mut depth = 1_usize;
        while let Some(c) = self.cursor.next() {
            match c {
                '<' => depth += 1,
                '>' => depth -= 1,
                _ => {}
            }
            if depth == 0 {
                return Ok(Token::Id { text, quoted: true });
            }
            text.push(c);
        }
        Err(start.syntax(
            "this text in angle brackets is never closed: add >, or quote it with \" \
             (an arrow to the left is not part of DOT)",
        ))
    }
}

/// What a word or a number is made of; Graphviz would cut `1a` in two, which no one means.
fn in_word(c: char) -> bool {
    begins_identifier(c) || c.is_ascii_digit() || c == '.'
}
