//! BIF text cut into tokens and put together into blocks, before any name is looked up.

use crate::{
    GraphError,
    formats::reader::Reader,
    text::{Cursor, Position, Word},
    tokens::Token,
};

/// `variable name { type discrete [ n ] { states }; }`
pub(super) struct VariableBlock {
    pub(super) name: Word,
    pub(super) states: Vec<Word>,
}

/// A line of a probability block.
pub(super) enum Entry {
    /// `(a, b) 0.1, 0.9;`
    Row(Vec<Word>, Vec<f64>, Position),
    /// `table 0.1, ...;`
    Table(Vec<f64>, Position),
    /// `default 0.5, 0.5;`
    Default(Vec<f64>, Position),
}

/// `probability ( child | parents ) { entries }`
pub(super) struct ProbabilityBlock {
    pub(super) child: Word,
    pub(super) parents: Vec<Word>,
    pub(super) entries: Vec<Entry>,
}

#[derive(Default)]
pub(super) struct Document {
    pub(super) name: String,
    pub(super) variables: Vec<VariableBlock>,
    pub(super) probabilities: Vec<ProbabilityBlock>,
}

const MARKS: &str = "{}()[],;|";

/// `true` for what a bare word is made of: names of states hold nearly anything, as in `<5` and `yes/no`.
pub(super) fn in_word(c: char) -> bool {
    !c.is_whitespace() && !c.is_control() && c != '"' && !MARKS.contains(c)
}

pub(super) fn parse(text: &str) -> Result<Document, GraphError> {
    let mut reader = Reader::new(text, token)?;
    let mut document = Document::default();
    loop {
        let (found, at) = reader.advance()?;
        match found {
            Token::Text(word) if word == "network" => {
                if let Token::Text(_) = reader.peek() {
                    document.name = reader.text("the name of the network")?.text;
                }
                reader.expect('{', "after `network`")?;
                while !reader.accept('}')? {
                    reader.property("`property` or `}` in the network's braces")?;
                }
            }
            Token::Text(word) if word == "variable" => {
                document.variables.push(reader.variable()?);
            }
            Token::Text(word) if word == "probability" => {
                document.probabilities.push(reader.probability()?);
            }
            Token::End => return Ok(document),
            other => {
                let message =
                    format!("expected `network`, `variable` or `probability`, found {other}");
                return Err(at.syntax(message));
            }
        }
    }
}

/// The next token and where it begins; a text in quotes is a word like others.
fn token(cursor: &mut Cursor<'_>) -> Result<(Token, Position), GraphError> {
    cursor.skip_blank()?;
    let at = cursor.at();
    let token = match cursor.peek() {
        None => Token::End,
        Some('"') => Token::Text(quoted(cursor)?),
        Some(c) if MARKS.contains(c) => {
            cursor.next();
            Token::Mark(c)
        }
        Some(c) if in_word(c) => Token::Text(cursor.take_while(in_word)),
        Some(c) => return Err(at.syntax(format!("unexpected character {c:?}"))),
    };
    Ok((token, at))
}

fn quoted(cursor: &mut Cursor<'_>) -> Result<String, GraphError> {
    let start = cursor.at();
    cursor.next();
    let mut text = String::new();
    loop {
        match cursor.next() {
            Some('"') => return Ok(text),
            Some('\\') => match cursor.peek() {
                Some(c @ ('"' | '\\')) => {
                    cursor.next();
                    text.push(c);
                }
                _ => text.push('\\'),
            },
            Some(c) => text.push(c),
            None => return Err(start.syntax("this text is never closed: add a \" at its end")),
        }
    }
}

impl Reader<'_> {
    fn accept_word(&mut self, keyword: &str) -> Result<bool, GraphError> {
        let found = matches!(self.peek(), Token::Text(word) if word == keyword);
        if found {
            self.advance()?;
        }
        Ok(found)
    }

    /// `property anything;`
    fn property(&mut self, what: &str) -> Result<(), GraphError> {
        if !self.accept_word("property")? {
            return Err(self.expected(what));
        }
        loop {
            match self.advance()? {
                (Token::Mark(';'), _) => return Ok(()),
                (Token::End, at) => return Err(at.syntax("a property ends with `;`")),
                _ => {}
            }
        }
    }

    fn variable(&mut self) -> Result<VariableBlock, GraphError> {
        let name = self.text("the name of a variable")?;
        self.expect('{', "after the name of a variable")?;
        let mut states = None;
        while !self.accept('}')? {
            let at = self.at();
            if !self.accept_word("type")? {
                self.property("`type`, `property` or `}` in the braces of a variable")?;
                continue;
            }
            let kind = self.text("`discrete`")?;
            if kind.text != "discrete" {
                let message = format!("the type {:?} is not supported: write discrete", kind.text);
                return Err(kind.at.syntax(message));
            }
            let mut number = None;
            if self.accept('[')? {
                number = Some(self.text("the number of states")?);
                self.expect(']', "after the number of states")?;
            }
            self.expect('{', "before the states")?;
            let list = self.words('}', "a state")?;
            self.expect(';', "after the states")?;
            if let Some(number) = number.filter(|n| n.text.parse() != Ok(list.len())) {
                return Err(number.at.syntax(format!(
                    "`{}` has {} states and says that it has {}",
                    name.text,
                    list.len(),
                    number.text
                )));
            }
            if states.replace(list).is_some() {
                return Err(at.syntax(format!("`{}` has two types: keep one", name.text)));
            }
        }
        let states = states.ok_or_else(|| {
            name.at
                .syntax(format!("`{}` has no type: add type discrete [ 2 ] {{ ... }};", name.text))
        })?;
        Ok(VariableBlock { name, states })
    }

    /// Words up to `end`, with commas between them or not.
    fn words(&mut self, end: char, what: &str) -> Result<Vec<Word>, GraphError> {
        let mut words = Vec::new();
        while !self.accept(end)? {
            words.push(self.text(what)?);
            self.accept(',')?;
        }
        Ok(words)
    }

    fn numbers(&mut self) -> Result<Vec<f64>, GraphError> {
        let words = self.words(';', "a number or `;`")?;
        let number = |word: &Word| {
            let number = word.text.parse::<f64>().ok().filter(|number| number.is_finite());
            number.ok_or_else(|| {
                word.at.syntax(format!("expected a finite number, found {:?}", word.text))
            })
        };
        words.iter().map(number).collect()
    }

    fn probability(&mut self) -> Result<ProbabilityBlock, GraphError> {
        self.expect('(', "after `probability`")?;
        let child = self.text("the name of a variable")?;
        let parents = if self.accept('|')? {
            self.words(')', "the name of a parent or `)`")?
        } else {
            self.expect(')', "or `|` after the variable")?;
            Vec::new()
        };
        self.expect('{', "to begin the table")?;
        let mut entries = Vec::new();
        while !self.accept('}')? {
            let at = self.at();
            if self.accept('(')? {
                let states = self.words(')', "the state of a parent or `)`")?;
                entries.push(Entry::Row(states, self.numbers()?, at));
            } else if self.accept_word("table")? {
                entries.push(Entry::Table(self.numbers()?, at));
            } else if self.accept_word("default")? {
                entries.push(Entry::Default(self.numbers()?, at));
            } else {
                self.property("`table`, `default`, `(`, `property` or `}` in a table")?;
            }
        }
        Ok(ProbabilityBlock { child, parents, entries })
    }
}
