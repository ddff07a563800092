//! DOT and dagitty's language cut into tokens, each with the line and column where it begins.
//!
//! The languages differ in few characters, and in what they forgive.

use crate::{
    GraphError, Mark,
    text::{Cursor, Position},
    tokens::Token,
};

/// By which rules a text is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    /// DOT of experiment files: what Graphviz and a reader might understand differently is refused.
    Strict,
    /// DOT as people write it.
    Dot,
    Dagitty,
}

/// Edges as they are written; the first two are DOT's.
const EDGES: [(&str, [Mark; 2]); 9] = [
    ("->", [Mark::Tail, Mark::Arrow]),
    ("--", [Mark::Tail, Mark::Tail]),
    ("<-", [Mark::Arrow, Mark::Tail]),
    ("<->", [Mark::Arrow, Mark::Arrow]),
    ("<-@", [Mark::Arrow, Mark::Circle]),
    ("--@", [Mark::Tail, Mark::Circle]),
    ("@->", [Mark::Circle, Mark::Arrow]),
    ("@-@", [Mark::Circle, Mark::Circle]),
    ("@--", [Mark::Circle, Mark::Tail]),
];

/// All tokens of `text`, the last one being [`Token::End`]. Linear.
pub(super) fn tokens(text: &str, language: Language) -> Result<Vec<(Token, Position)>, GraphError> {
    let mut lexer = Lexer { cursor: Cursor::new(text), language };
    let mut tokens = Vec::new();
    loop {
        lexer.cursor.skip_blank()?;
        let at = lexer.cursor.at();
        let token = lexer.token(at)?;
        let done = token == Token::End;
        tokens.push((token, at));
        if done {
            return Ok(tokens);
        }
    }
}

struct Lexer<'t> {
    cursor: Cursor<'t>,
    language: Language,
}

impl Lexer<'_> {
    /// The token that begins `at` the place where the cursor is.
    fn token(&mut self, at: Position) -> Result<Token, GraphError> {
        let Some(c) = self.cursor.peek() else { return Ok(Token::End) };
        match (c, self.language) {
            ('{' | '}' | '[' | ']' | '=' | ';' | ',' | ':' | '+', _) => {
                self.cursor.next();
                Ok(Token::Mark(c))
            }
            ('"', _) => self.quoted(at),
            ('<', Language::Strict) => {
                Err(at.syntax("text in angle brackets (HTML) is not supported: quote it with \""))
            }
            ('<', Language::Dot) => self.html(at),
            ('-', _) | ('<' | '@', Language::Dagitty) | ('@', Language::Dot) => self.edge(at),
            _ if in_word(c) => self.word(String::new(), at),
            _ => Err(unexpected(c, at)),
        }
    }

    /// An edge, or a negative number, which begins like one.
    fn edge(&mut self, at: Position) -> Result<Token, GraphError> {
        let strict = self.language == Language::Strict;
        let in_edge = |c: &char| matches!(c, '-' | '>') || (matches!(c, '<' | '@') && !strict);
        let mut text = String::new();
        while text.len() < 3 {
            match self.cursor.peek().filter(in_edge) {
                Some(c) => text.push(c),
                None => break,
            }
            self.cursor.next();
            if matches!(text.as_str(), "->" | "--" | "<-") {
                // "--@", "<->" and "<-@" go on.
                let goes_on = match self.cursor.peek() {
                    Some('@') => text != "->" && self.language == Language::Dagitty,
                    Some('>') => text == "<-",
                    _ => false,
                };
                if !goes_on {
                    break;
                }
            }
        }
        if text == "-" && (strict || self.cursor.peek().is_some_and(in_word)) {
            return self.word(text, at);
        }
        let known = if self.language == Language::Dagitty { &EDGES[..] } else { &EDGES[..2] };
        match known.iter().find(|(arrow, _)| *arrow == text) {
            Some(&(arrow, marks)) => Ok(Token::Edge(marks, arrow)),
            None if self.language == Language::Dagitty => Err(at.syntax(format!(
                "`{text}` is no edge: write one of ->, <-, <->, --, @->, <-@, @-@, @--, --@"
            ))),
            None => Err(at.syntax(format!("`{text}` is no edge: write -> or --"))),
        }
    }

    /// A word or a number behind its sign.
    fn word(&mut self, sign: String, at: Position) -> Result<Token, GraphError> {
        let identifier = sign.is_empty() && self.cursor.peek().is_some_and(begins_identifier);
        if self.language != Language::Strict {
            return Ok(Token::Word(sign + &self.cursor.take_while(in_word)));
        }
        if !identifier {
            return self.numeral(sign, at);
        }
        let text = self.cursor.take_while(|c| begins_identifier(c) || c.is_ascii_digit());
        // Graphviz cuts `a.5` in two and makes two variables of it, people mean one.
        match self.cursor.peek() {
            Some('.') => Err(unexpected('.', self.cursor.at())),
            _ => Ok(Token::Word(text)),
        }
    }

    /// `[-]? ( .digits | digits [.digits?] )`, as Graphviz has it: without exponent.
    fn numeral(&mut self, mut text: String, at: Position) -> Result<Token, GraphError> {
        let digits = |c: char| c.is_ascii_digit();
        text += &self.cursor.take_while(digits);
        if self.cursor.accept('.') {
            text.push('.');
            text += &self.cursor.take_while(digits);
        }
        if !text.contains(digits) {
            return Err(at.syntax(format!("`{text}` is neither an arrow `->` nor a number")));
        }
        match self.cursor.peek().filter(|&c| in_word(c)) {
            Some(next) => Err(at.syntax(format!(
                "the number {text} runs into {next:?}: quote the whole text, as in \"{text}{next}...\""
            ))),
            None => Ok(Token::Word(text)),
        }
    }

    fn quoted(&mut self, start: Position) -> Result<Token, GraphError> {
        let never_closed = || start.syntax("this quoted text is never closed: add a \" at its end");
        self.cursor.next();
        let mut text = String::new();
        loop {
            let at = self.cursor.at();
            match self.cursor.next().ok_or_else(never_closed)? {
                '"' => return Ok(Token::Text(text)),
                '\\' => {}
                c => {
                    text.push(c);
                    continue;
                }
            }
            match (self.cursor.peek().ok_or_else(never_closed)?, self.language) {
                // A backslash at the end of a line joins the next one.
                ('\n', _) => drop(self.cursor.next()),
                // In dagitty's texts a backslash stands for itself everywhere but before a quote.
                (c @ '"', _) | (c @ '\\', Language::Strict | Language::Dot) => {
                    self.cursor.next();
                    text.push(c);
                }
                (c, Language::Strict) => {
                    return Err(at.syntax(format!(
                        "`\\{}` in a quoted text: only \\\" and \\\\ have a meaning",
                        c.escape_default()
                    )));
                }
                _ => text.push('\\'),
            }
        }
    }

    /// `<...>` with its tags, which Graphviz takes for a text of its own sort; here it is one like others.
    fn html(&mut self, start: Position) -> Result<Token, GraphError> {
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
                return Ok(Token::Text(text));
            }
            text.push(c);
        }
        Err(start.syntax(
            "this text in angle brackets is never closed: add >, or quote it with \" \
             (an arrow to the left is not part of DOT)",
        ))
    }
}

fn unexpected(c: char, at: Position) -> GraphError {
    at.syntax(format!("unexpected character {c:?}: quote names that hold it with \""))
}

/// Graphviz's identifiers: letters, underscore and everything beyond ASCII that is not white space.
pub(crate) fn begins_identifier(c: char) -> bool {
    c.is_ascii_alphabetic() || c == '_' || (!c.is_ascii() && !c.is_whitespace() && !c.is_control())
}

/// What a word or a number is made of; Graphviz would cut `1a` in two, which no one means.
fn in_word(c: char) -> bool {
    begins_identifier(c) || c.is_ascii_digit() || c == '.'
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match tokens(text, Language::Strict) {
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
        check(
            "a.5",
            "line 1, column 2: unexpected character '.': quote names that hold it with \"",
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
