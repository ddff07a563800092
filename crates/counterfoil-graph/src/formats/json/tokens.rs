//! JSON text (RFC 8259) cut into tokens, each with the line and column where it begins.

use crate::{
    GraphError,
    text::{Cursor, Position},
    tokens::Token,
};

/// The next token and where it begins; `true`, `false` and `null` are words.
pub(super) fn token(cursor: &mut Cursor<'_>) -> Result<(Token, Position), GraphError> {
    cursor.skip_white_space();
    let at = cursor.at();
    let token = match cursor.peek() {
        None => Token::End,
        Some(c @ ('{' | '}' | '[' | ']' | ':' | ',')) => {
            cursor.next();
            Token::Mark(c)
        }
        Some('"') => Token::Text(text(cursor)?),
        Some(c) if c.is_ascii_alphanumeric() || c == '-' => {
            let in_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '+' | '.');
            let word = cursor.take_while(in_word);
            // Rust reads words such as `-inf` as numbers too.
            let number = word.starts_with(|c: char| c == '-' || c.is_ascii_digit())
                && !word.contains(|c: char| c.is_ascii_alphabetic() && !matches!(c, 'e' | 'E'));
            match word.as_str() {
                "true" | "false" | "null" => Token::Word(word),
                _ if number && word.parse::<f64>().is_ok() => Token::Number(word),
                _ => return Err(at.syntax(format!("`{word}` is no value: write texts in quotes"))),
            }
        }
        Some(c) => return Err(at.syntax(format!("unexpected character {c:?}"))),
    };
    Ok((token, at))
}

fn text(cursor: &mut Cursor<'_>) -> Result<String, GraphError> {
    let start = cursor.at();
    cursor.next();
    let mut text = String::new();
    loop {
        let at = cursor.at();
        match cursor.next() {
            Some('"') => return Ok(text),
            Some('\\') => text.push(escaped(cursor, at)?),
            Some(c) => text.push(c),
            None => return Err(start.syntax("this text is never closed: add a \" at its end")),
        }
    }
}

/// The character that an escape behind its backslash stands for.
fn escaped(cursor: &mut Cursor<'_>, at: Position) -> Result<char, GraphError> {
    let c = match cursor.next() {
        Some(c @ ('"' | '\\' | '/')) => Some(c),
        Some('b') => Some('\u{8}'),
        Some('f') => Some('\u{c}'),
        Some('n') => Some('\n'),
        Some('r') => Some('\r'),
        Some('t') => Some('\t'),
        Some('u') => {
            let high = hex(cursor);
            match high {
                // A character beyond the first plane comes as two halves.
                Some(high @ 0xd800..0xdc00) if cursor.accept('\\') && cursor.accept('u') => {
                    let low = hex(cursor).filter(|low| (0xdc00..0xe000).contains(low));
                    low.and_then(|low| {
                        char::from_u32(0x10000 + ((high - 0xd800) << 10) + (low - 0xdc00))
                    })
                }
                other => other.and_then(char::from_u32),
            }
        }
        _ => None,
    };
    c.ok_or_else(|| at.syntax("this escape stands for no character: see RFC 8259, section 7"))
}

fn hex(cursor: &mut Cursor<'_>) -> Option<u32> {
    (0..4).try_fold(0, |code, _| Some(16 * code + cursor.next()?.to_digit(16)?))
}
