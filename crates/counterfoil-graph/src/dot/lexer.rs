//! DOT text cut into tokens, each with the line and column where it begins.

use crate::{
    GraphError,
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
    /// `->`
    Arrow,
    /// `--`
    Line,
    /// One of `{ } [ ] = ; , : +`.
    Mark(char),
    End,
}

impl Token {
    /// `true` for this keyword, which Graphviz reads in any case, when it is not quoted.
    pub(super) fn is_keyword(&self, keyword: &str) -> bool {
        matches!(self, Self::Id { text, quoted: false } if text.eq_ignore_ascii_case(keyword))
    }
}

impl fmt::Display for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Id { text, quoted: true } => write!(f, "{text:?}"),
            Self::Id { text, quoted: false } => write!(f, "`{text}`"),
            Self::Arrow => f.write_str("`->`"),
            Self::Line => f.write_str("`--`"),
            Self::Mark(mark) => write!(f, "`{mark}`"),
            Self::End => f.write_str("the end of the text"),
        }
    }
}

/// All tokens of `text`, the last one being [`Token::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<(Token, Position)>, GraphError> {
    let mut lexer = Lexer(Cursor::new(text));
    let mut tokens = Vec::new();
    loop {
        lexer.0.skip_blank()?;
        let at = lexer.0.at();
        let token = lexer.token()?;
        let done = token == Token::End;
        tokens.push((token, at));
        if done {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t>(Cursor<'t>);

impl Lexer<'_> {
    fn token(&mut self) -> Result<Token, GraphError> {
        let at = self.0.at();
        let Some(c) = self.0.peek() else { return Ok(Token::End) };
        match c {
            '{' | '}' | '[' | ']' | '=' | ';' | ',' | ':' | '+' => {
                self.0.next();
                Ok(Token::Mark(c))
            }
            '"' => self.quoted(),
            '-' => self.after_minus(),
            '.' | '0'..='9' => self.numeral(String::new(), at),
            '<' => {
                Err(at.syntax("text in angle brackets (HTML) is not supported: quote it with \""))
            }
            _ if begins_identifier(c) => {
                let text = self.0.take_while(|c| begins_identifier(c) || c.is_ascii_digit());
                Ok(Token::Id { text, quoted: false })
            }
            _ => Err(
                at.syntax(format!("unexpected character {c:?}: quote names that hold it with \""))
            ),
        }
    }

    /// After a minus: `->`, `--` or a negative numeral.
    fn after_minus(&mut self) -> Result<Token, GraphError> {
        let at = self.0.at();
        self.0.next();
        match self.0.peek() {
            Some('>') => {
                self.0.next();
                Ok(Token::Arrow)
            }
            Some('-') => {
                self.0.next();
                Ok(Token::Line)
            }
            _ => self.numeral("-".to_owned(), at),
        }
    }

    /// `[-]? ( .digits | digits [.digits?] )`, as Graphviz has it: without exponent.
    fn numeral(&mut self, mut text: String, at: Position) -> Result<Token, GraphError> {
        let digits = |c: char| c.is_ascii_digit();
        text += &self.0.take_while(digits);
        if self.0.peek() == Some('.') {
            self.0.next();
            text.push('.');
            text += &self.0.take_while(digits);
        }
        if !text.contains(|c: char| c.is_ascii_digit()) {
            return Err(at.syntax(format!("`{text}` is neither an arrow `->` nor a number")));
        }
        if let Some(next) = self.0.peek().filter(|&c| begins_identifier(c) || c == '.') {
            return Err(at.syntax(format!(
                "the number {text} runs into {next:?}: quote the whole text, as in \"{text}{next}...\""
            )));
        }
        Ok(Token::Id { text, quoted: false })
    }

    fn quoted(&mut self) -> Result<Token, GraphError> {
        let start = self.0.at();
        self.0.next();
        let mut text = String::new();
        loop {
            let at = self.0.at();
            match self.0.next() {
                Some('"') => return Ok(Token::Id { text, quoted: true }),
                Some('\\') => match self.0.next() {
                    Some(c @ ('"' | '\\')) => text.push(c),
                    Some('\n') => {} // a backslash at the end of a line joins the next one
                    Some(c) => {
                        return Err(at.syntax(format!(
                            "`\\{}` in a quoted text: only \\\" and \\\\ have a meaning",
                            c.escape_default()
                        )));
                    }
                    None => return Err(start.syntax(NEVER_CLOSED)),
                },
                Some(c) => text.push(c),
                None => return Err(start.syntax(NEVER_CLOSED)),
            }
        }
    }
}

const NEVER_CLOSED: &str = "this quoted text is never closed: add a \" at its end";

/// Graphviz's identifiers: letters, underscore and everything beyond ASCII that is not white space.
pub(crate) fn begins_identifier(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match tokens(text) {
            Ok(tokens) => tokens
                .iter()
                .map(|(token, at)| format!("{}:{} {token}", at.line, at.column))
                .collect::<Vec<_>>()
                .join(" | "),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected);
    }

    #[test]
    fn tokens_know_where_they_begin() {
        check("a->b", "1:1 `a` | 1:2 `->` | 1:4 `b` | 1:5 the end of the text");
        check("\u{feff}é ß", "1:1 `é` | 1:3 `ß` | 1:4 the end of the text");
        check("a // b\n /* c\n */ -.5", "1:1 `a` | 3:5 `-.5` | 3:8 the end of the text");
        check("# x\n1.", "2:1 `1.` | 2:3 the end of the text");
        check(r#""a \"b\" \\""#, r#"1:1 "a \"b\" \\" | 1:13 the end of the text"#);
        check("\"a\\\nb\"", "1:1 \"ab\" | 2:3 the end of the text");
    }

    #[test]
    fn what_is_no_token_is_named_with_its_place() {
        check("\n \"a", "line 2, column 2: this quoted text is never closed: add a \" at its end");
        check("a /* b", "line 1, column 3: this comment is never closed: add */");
        check("a / b", "line 1, column 3: a lone `/`: a comment begins with // or /*");
        check(
            "low=1e3",
            "line 1, column 5: the number 1 runs into 'e': quote the whole text, as in \"1e...\"",
        );
        check(
            "1.2.3",
            "line 1, column 1: the number 1.2 runs into '.': quote the whole text, as in \"1.2....\"",
        );
        check("- 1", "line 1, column 1: `-` is neither an arrow `->` nor a number");
        check(
            "a & b",
            "line 1, column 3: unexpected character '&': quote names that hold it with \"",
        );
        check(
            "a <b>",
            "line 1, column 3: text in angle brackets (HTML) is not supported: quote it with \"",
        );
        check(
            "\"a\\n\"",
            "line 1, column 3: `\\n` in a quoted text: only \\\" and \\\\ have a meaning",
        );
    }
}
