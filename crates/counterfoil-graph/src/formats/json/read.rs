//! A JSON object understood as a graph. Its schema has a fixed depth, so nothing here recurses.

use super::{BIDIRECTED, DIRECTED, UNDIRECTED, list_of, tokens::token};
use crate::{
    Edge, GraphError, Mark,
    formats::{
        Class, Described, Part,
        draft::{Draft, Drawn, Strangers},
        reader::Reader,
    },
    suggest,
    text::{Position, Word},
    tokens::Token,
};
use std::collections::BTreeSet;

/// Edges as they are written, with the marks at their left and right ends.
const ARROWS: [(&str, [Mark; 2]); 10] = [
    ("->", [Mark::Tail, Mark::Arrow]),
    ("<-", [Mark::Arrow, Mark::Tail]),
    ("<->", [Mark::Arrow, Mark::Arrow]),
    ("--", [Mark::Tail, Mark::Tail]),
    ("---", [Mark::Tail, Mark::Tail]),
    ("o->", [Mark::Circle, Mark::Arrow]),
    ("<-o", [Mark::Arrow, Mark::Circle]),
    ("o-o", [Mark::Circle, Mark::Circle]),
    ("-o", [Mark::Tail, Mark::Circle]),
    ("o-", [Mark::Circle, Mark::Tail]),
];

/// Reads a graph. `O(t log t)`.
pub(in crate::formats) fn read(text: &str) -> Result<Described, GraphError> {
    let mut reader = Reader::new(text, token)?;
    let mut draft = Draft::default();
    let mut later = Later::default();
    reader.object("a graph", |reader, key| match key.text.as_str() {
        "class" => {
            let word = reader.string("the class")?;
            let class = Class::from_keyword(&word.text).ok_or_else(|| {
                word.at.syntax(format!("{:?} is no class: write dag, pdag, mag or pag", word.text))
            })?;
            draft.set_class(class, word.at);
            Ok(())
        }
        "nodes" => {
            later.has_nodes = true;
            reader.list("the nodes", |reader| node(reader, &mut draft))
        }
        DIRECTED => later.pairs(reader, [Mark::Tail, Mark::Arrow]),
        BIDIRECTED => later.pairs(reader, [Mark::Arrow, Mark::Arrow]),
        UNDIRECTED => later.pairs(reader, [Mark::Tail, Mark::Tail]),
        "edges" => later.triples(reader),
        "latent" => reader.names(&mut later.latent),
        other => match Part::ALL.into_iter().find(|&part| list_of(part) == other) {
            Some(part) => reader.names(&mut later.parts[part as usize]),
            None => Err(unknown_key(&key)),
        },
    })?;
    match reader.peek() {
        Token::End => {}
        other => {
            return Err(reader.at().syntax(format!("{other} after the graph: a file holds one")));
        }
    }
    if !later.has_nodes {
        return Err(
            Position::START.syntax("the graph has no \"nodes\": list the names of its variables")
        );
    }
    later.resolve(draft)
}

/// What names nodes that may be declared after it.
#[derive(Default)]
struct Later {
    has_nodes: bool,
    edges: Vec<(Word, Word, [Mark; 2])>,
    latent: Vec<Word>,
    parts: [Vec<Word>; 4],
}

impl Later {
    /// `[["X", "Y"], ...]`
    fn pairs(&mut self, reader: &mut Reader<'_>, marks: [Mark; 2]) -> Result<(), GraphError> {
        reader.list("edges", |reader| {
            reader.expect('[', "to begin an edge, as in [\"X\", \"Y\"]")?;
            let a = reader.string("the first end of an edge")?;
            reader.expect(',', "between the ends of an edge")?;
            let b = reader.string("the second end of an edge")?;
            reader.expect(']', "to end an edge")?;
            self.edges.push((a, b, marks));
            Ok(())
        })
    }

    /// `[["X", "o->", "Y"], ...]`
    fn triples(&mut self, reader: &mut Reader<'_>) -> Result<(), GraphError> {
        reader.list("edges", |reader| {
            reader.expect('[', "to begin an edge, as in [\"X\", \"o->\", \"Y\"]")?;
            let a = reader.string("the first end of an edge")?;
            reader.expect(',', "after the first end of an edge")?;
            let arrow = reader.string("an arrow such as \"o->\"")?;
            reader.expect(',', "before the second end of an edge")?;
            let b = reader.string("the second end of an edge")?;
            reader.expect(']', "to end an edge")?;
            let plain = arrow.text.replace('@', "o");
            let marks =
                ARROWS.into_iter().find(|(drawn, _)| *drawn == plain).map(|(_, marks)| marks);
            let marks = marks.ok_or_else(|| {
                let list = ARROWS.map(|(drawn, _)| drawn).join(", ");
                arrow.at.syntax(format!("{:?} is no edge: write one of {list}", arrow.text))
            })?;
            self.edges.push((a, b, marks));
            Ok(())
        })
    }

    fn resolve(self, mut draft: Draft) -> Result<Described, GraphError> {
        for (a, b, [at_a, at_b]) in &self.edges {
            let edge = Edge::new(draft.find(a)?, *at_a, draft.find(b)?, *at_b);
            draft.add(Drawn { edge, at: a.at, by_dash: false });
        }
        for name in &self.latent {
            draft.set_latent(draft.find(name)?, name.at)?;
        }
        for part in Part::ALL {
            for name in &self.parts[part as usize] {
                draft.set_part(draft.find(name)?, part);
            }
        }
        draft.finish()
    }
}

/// A name, or an object with a name and attributes.
fn node(reader: &mut Reader<'_>, draft: &mut Draft) -> Result<(), GraphError> {
    if let Token::Text(_) = reader.peek() {
        let name = reader.string("a name")?;
        return draft.declare(&name).map(drop);
    }
    let at = reader.at();
    let (mut name, mut place, mut attributes) = (None, None, Vec::new());
    reader.object("a node", |reader, key| {
        match key.text.as_str() {
            "name" => name = Some(reader.string("the name of a variable")?),
            "pos" => {
                reader.expect('[', "to begin a position, as in [0.5, 1]")?;
                let x = reader.number()?;
                reader.expect(',', "between the numbers of a position")?;
                let y = reader.number()?;
                reader.expect(']', "to end a position")?;
                place = Some([x, y]);
            }
            _ => {
                let value = reader.scalar(&key)?;
                attributes.push((key, value));
            }
        }
        Ok(())
    })?;
    let Some(name) = name else { return Err(at.syntax("a node without a name: add \"name\"")) };
    let node = draft.declare(&name)?;
    for (key, value) in &attributes {
        draft.attribute(node, key, Some(value), Strangers::Refuse)?;
    }
    if let Some(place) = place {
        draft.set_position(node, place);
    }
    Ok(())
}

fn unknown_key(key: &Word) -> GraphError {
    let known = ["class", "nodes", DIRECTED, BIDIRECTED, UNDIRECTED, "edges", "latent"];
    let known: Vec<&str> = known.into_iter().chain(Part::ALL.map(list_of)).collect();
    let fix = match suggest::nearest(&key.text, known.iter().copied()) {
        Some(near) => format!("did you mean {near:?}?"),
        None => format!("use one of {}", known.join(", ")),
    };
    key.at.syntax(format!("the graph has the unknown key {:?}: {fix}", key.text))
}

impl Reader<'_> {
    fn string(&mut self, what: &str) -> Result<Word, GraphError> {
        self.text(&format!("{what} as a text"))
    }

    fn number(&mut self) -> Result<f64, GraphError> {
        let (found, at) = self.advance()?;
        let number = match &found {
            Token::Number(number) => number.parse::<f64>().ok().filter(|number| number.is_finite()),
            _ => None,
        };
        number.ok_or_else(|| at.syntax(format!("expected a finite number, found {found}")))
    }

    /// A text, a number, `true` or `false`.
    fn scalar(&mut self, key: &Word) -> Result<Word, GraphError> {
        match self.advance()? {
            (Token::Text(text) | Token::Number(text), at) => Ok(Word { text, at }),
            (Token::Word(text), at) if text != "null" => Ok(Word { text, at }),
            (other, at) => {
                Err(at
                    .syntax(format!("expected a text or number for {:?}, found {other}", key.text)))
            }
        }
    }

    fn names(&mut self, into: &mut Vec<Word>) -> Result<(), GraphError> {
        self.list("a list of names", |reader| {
            into.push(reader.string("a name")?);
            Ok(())
        })
    }

    fn list(
        &mut self,
        what: &str,
        mut item: impl FnMut(&mut Self) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        self.expect('[', &format!("to begin {what}"))?;
        if self.accept(']')? {
            return Ok(());
        }
        loop {
            item(self)?;
            if !self.accept(',')? {
                return self.expect(']', &format!("to end {what}"));
            }
        }
    }

    /// `{key: value, ...}` with each key at most once; `item` reads the value.
    fn object(
        &mut self,
        what: &str,
        mut item: impl FnMut(&mut Self, Word) -> Result<(), GraphError>,
    ) -> Result<(), GraphError> {
        self.expect('{', &format!("to begin {what}"))?;
        if self.accept('}')? {
            return Ok(());
        }
        let mut seen = BTreeSet::new();
        loop {
            let key = self.string("a key")?;
            if !seen.insert(key.text.clone()) {
                return Err(key.at.syntax(format!("the key {:?} comes twice: keep one", key.text)));
            }
            self.expect(':', "after a key")?;
            item(self, key)?;
            if !self.accept(',')? {
                return self.expect('}', &format!("to end {what}"));
            }
        }
    }
}
