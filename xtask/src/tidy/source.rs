//! A Rust file as tidy sees it: code without comments and texts, comments alone, and which lines
//! are tests.
//!
//! This is a scanner, not a parser. It knows comments, texts, characters and brackets, which is
//! enough to keep rules from firing on words that are only talked about.

/// A file taken apart; every view has the bytes of the file, with spaces where something was left
/// out.
pub(super) struct Source {
    /// The code; comments are blank, and texts are blank between their quotes.
    pub(super) code: String,
    /// The comments.
    pub(super) comments: String,
}

/// What the scanner is in the middle of.
#[derive(Clone, Copy)]
enum Inside {
    Code,
    LineComment,
    /// How deep block comments are nested.
    BlockComment(usize),
    /// A text with escapes.
    Text,
    /// A raw text that ends with a quote and so many `#`.
    RawText(usize),
}

impl Source {
    /// Takes a file apart.
    pub(super) fn new(text: &str) -> Source {
        let bytes = text.as_bytes();
        let mut code = Vec::with_capacity(bytes.len());
        let mut comments = Vec::with_capacity(bytes.len());
        let mut inside = Inside::Code;
        let mut at = 0;
        while at < bytes.len() {
            let rest = &bytes[at..];
            // How many bytes are one thing, what they belong to, and what follows.
            let (length, to_code, to_comments) = match inside {
                Inside::Code if rest.starts_with(b"//") => {
                    inside = Inside::LineComment;
                    (2, false, true)
                }
                Inside::Code if rest.starts_with(b"/*") => {
                    inside = Inside::BlockComment(1);
                    (2, false, true)
                }
                Inside::Code => {
                    let (length, next) = code_piece(bytes, at);
                    inside = next;
                    // A character such as '"' is one piece, and blank like a text.
                    (length, length == 1 || !rest.starts_with(b"'"), false)
                }
                Inside::LineComment => {
                    if rest[0] == b'\n' {
                        inside = Inside::Code;
                    }
                    (1, false, true)
                }
                Inside::BlockComment(depth) if rest.starts_with(b"*/") => {
                    inside =
                        if depth == 1 { Inside::Code } else { Inside::BlockComment(depth - 1) };
                    (2, false, true)
                }
                Inside::BlockComment(depth) if rest.starts_with(b"/*") => {
                    inside = Inside::BlockComment(depth + 1);
                    (2, false, true)
                }
                Inside::BlockComment(_) => (1, false, true),
                Inside::Text if rest[0] == b'\\' => (2.min(rest.len()), false, false),
                Inside::Text => {
                    let end = rest[0] == b'"';
                    if end {
                        inside = Inside::Code;
                    }
                    (1, end, false)
                }
                Inside::RawText(hashes) => {
                    let end = rest[0] == b'"'
                        && rest[1..].iter().take_while(|b| **b == b'#').count() >= hashes;
                    if end {
                        inside = Inside::Code;
                    }
                    (if end { 1 + hashes } else { 1 }, end, false)
                }
            };
            for &byte in &rest[..length] {
                code.push(if to_code || byte == b'\n' { byte } else { b' ' });
                comments.push(if to_comments || byte == b'\n' { byte } else { b' ' });
            }
            at += length;
        }
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Source { code: text(code), comments: text(comments) }
    }

    /// The line of a byte of the code, counted from 1.
    pub(super) fn line(&self, at: usize) -> usize {
        1 + self.code[..at].matches('\n').count()
    }

    /// The stretches of code that attributes speak of, for the attributes that `wanted` accepts. An
    /// inner attribute speaks of the whole file.
    pub(super) fn under_attributes(
        &self,
        wanted: impl Fn(&str) -> bool,
    ) -> Vec<std::ops::Range<usize>> {
        let code = self.code.as_bytes();
        let mut ranges = Vec::new();
        for (start, _) in self.code.match_indices('#') {
            let inner = code.get(start + 1) == Some(&b'!');
            let open = start + 1 + usize::from(inner);
            if code.get(open) != Some(&b'[') {
                continue;
            }
            let end = closing(code, open);
            if wanted(&self.code[open + 1..end.saturating_sub(1).max(open + 1)]) {
                ranges.push(if inner { 0..code.len() } else { start..item_end(code, end) });
            }
        }
        ranges
    }
}

/// The piece of code that begins here: its length, and what it leads into.
fn code_piece(bytes: &[u8], at: usize) -> (usize, Inside) {
    let rest = &bytes[at..];
    let in_word = at > 0 && is_word(bytes[at - 1]);
    match rest[0] {
        b'"' => (1, Inside::Text),
        b'\'' => (character(rest), Inside::Code),
        b'r' | b'b' | b'c' if !in_word => {
            let prefix = rest.iter().take_while(|byte| b"rbc".contains(byte)).count();
            let hashes = rest[prefix..].iter().take_while(|byte| **byte == b'#').count();
            let raw = rest[..prefix].contains(&b'r');
            if raw && rest.get(prefix + hashes) == Some(&b'"') {
                (prefix + hashes + 1, Inside::RawText(hashes))
            } else {
                (1, Inside::Code)
            }
        }
        _ => (1, Inside::Code),
    }
}

/// The length of a character literal; 1 for the tick of a lifetime.
fn character(rest: &[u8]) -> usize {
    if rest.get(1) == Some(&b'\\') {
        // The escaped character may itself be a tick.
        return rest.iter().skip(3).position(|byte| *byte == b'\'').map_or(1, |end| end + 4);
    }
    let first = rest.get(1).copied().unwrap_or_default();
    let width = match first {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    if rest.get(1 + width) == Some(&b'\'') { width + 2 } else { 1 }
}

/// The byte after the bracket that closes the one at `open`.
fn closing(code: &[u8], open: usize) -> usize {
    let mut depth = 0usize;
    for (at, byte) in code.iter().enumerate().skip(open) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return at + 1;
                }
            }
            _ => {}
        }
    }
    code.len()
}

/// The end of the item, statement or field that begins at `at`: past its `;`, its `,`, or the block
/// that ends it.
fn item_end(code: &[u8], mut at: usize) -> usize {
    while at < code.len() {
        match code[at] {
            b';' | b',' => return at + 1,
            b')' | b']' | b'}' => return at,
            b'{' => {
                at = closing(code, at);
                let next = code[at..].trim_ascii_start();
                // A block inside a statement, such as `let x = Point { .. }.norm();`.
                if !(next.starts_with(b".")
                    || next.starts_with(b"?")
                    || next.starts_with(b";")
                    || next.starts_with(b"else"))
                {
                    return at;
                }
            }
            b'(' | b'[' => at = closing(code, at),
            _ => at += 1,
        }
    }
    at
}

/// Whether a byte belongs to a name.
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn comments_and_texts_are_no_code() {
        let text =
            "let a = \"one // two\"; // three\n/* four /* five */ six */ let b = r#\"sev\"en\"#;\n";
        let source = Source::new(text);
        assert_eq!(source.code.len(), text.len());
        assert_eq!(source.comments.len(), text.len());
        for word in ["one", "two", "three", "four", "five", "six", "sev", "en\""] {
            assert!(!source.code.contains(word), "{word} in {}", source.code);
        }
        assert!(source.code.contains("let a = \"          \";"));
        assert!(source.code.contains("let b = r#\""));
        assert!(source.comments.contains("three") && source.comments.contains("six"));
        assert!(!source.comments.contains("one") && !source.comments.contains("let"));
    }

    #[test]
    fn characters_and_lifetimes_are_told_apart() {
        let code = |text: &str| Source::new(text).code;
        assert_eq!(code("f('\"', 1)"), "f(   , 1)");
        assert_eq!(
            code(r"f('\'', '\\', '\u{7d}', 1)"),
            format!("f({}, {}, {}, 1)", " ".repeat(4), " ".repeat(4), " ".repeat(8))
        );
        assert_eq!(code("fn f<'a>(x: &'a str) {}"), "fn f<'a>(x: &'a str) {}");
        assert_eq!(code("x('√', b'x', r#type)"), "x(     , b   , r#type)");
        assert_eq!(code(r#"x("a\"b", y)"#), r#"x("    ", y)"#);
        assert_eq!(code("br\"a\" c\"b\""), "br\" \" c\" \"");
    }

    #[test]
    fn lines_are_counted_from_one() {
        let source = Source::new("a\nb\n/* c\nd */ e");
        let at = |word| source.line(source.code.find(word).unwrap());
        assert_eq!((at("a"), at("b"), at("e")), (1, 2, 4));
    }

    /// The code under `#[cfg(test)]`, without blanks around it.
    fn under(text: &str) -> Vec<String> {
        let source = Source::new(text);
        let ranges = source.under_attributes(|attribute| attribute == "cfg(test)");
        ranges.into_iter().map(|range| source.code[range].trim().to_owned()).collect()
    }

    #[test]
    fn attributes_reach_to_the_end_of_their_item() {
        assert_eq!(under("a #[cfg(test)] mod t { x { y } } b"), ["#[cfg(test)] mod t { x { y } }"]);
        assert_eq!(under("#[cfg(test)] use a::b; c"), ["#[cfg(test)] use a::b;"]);
        assert_eq!(
            under("#[cfg(test)]\n#[other]\nfn f(a: A) -> B { c } d"),
            ["#[cfg(test)]\n#[other]\nfn f(a: A) -> B { c }"]
        );
        assert_eq!(
            under("#[cfg(test)] let x = P { a }.f()?; y"),
            ["#[cfg(test)] let x = P { a }.f()?;"]
        );
        assert_eq!(under("f(#[cfg(test)] a, b)"), ["#[cfg(test)] a,"]);
        assert_eq!(under("#![cfg(test)] a b"), ["#![cfg(test)] a b"]);
        assert!(under("#[cfg(not(test))] mod t {} // #[cfg(test)]").is_empty());
    }

    #[test]
    fn unfinished_files_do_not_confuse_the_scanner() {
        for text in
            ["\"", "'", "/*", "r#\"", "#[", "#[cfg(test)] mod t {", "'\\", "\"\\", "#!", "b'"]
        {
            assert_eq!(Source::new(text).code.len(), text.len(), "{text}");
            let _ = under(text);
        }
    }
}
