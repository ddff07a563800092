//! Events read from text: `Y[X=1, M[X=0]] = 1, X = 0`.

use super::{
    event::Event,
    world::{Setting, World},
};
use crate::{MixedGraph, QueryError};

/// Worlds within worlds within worlds: deeper than anyone means, shallow enough for every stack.
pub(super) const DEPTH: usize = 64;

/// Reads an event. `O(length)`.
pub(super) fn event(graph: &MixedGraph, text: &str) -> Result<Event, QueryError> {
    let mut reader = Reader { graph, text, at: 0 };
    let mut event = Event::sure();
    if reader.peek().is_none() {
        return Ok(event);
    }
    loop {
        let variable = reader.variable()?;
        let world = if reader.eat('[') { reader.world(0)? } else { World::factual() };
        reader.expect('=')?;
        let value = reader.value()?;
        event = event.and(variable, world, value);
        match reader.peek() {
            None => return Ok(event),
            Some(',' | '&') => reader.at += 1,
            Some(_) => return Err(reader.error("a comma or the end")),
        }
    }
}

struct Reader<'g, 't> {
    graph: &'g MixedGraph,
    text: &'t str,
    at: usize,
}

impl<'t> Reader<'_, 't> {
    /// The settings of a world up to and with the closing bracket.
    fn world(&mut self, depth: usize) -> Result<World, QueryError> {
        let mut world = World::factual();
        if self.eat(']') {
            return Ok(world);
        }
        loop {
            let variable = self.variable()?;
            let setting = if self.eat('[') {
                if depth == DEPTH {
                    return Err(self.error("fewer worlds within worlds"));
                }
                Setting::AsIn(self.world(depth + 1)?.into())
            } else {
                self.expect('=')?;
                Setting::Value(self.value()?)
            };
            world.hold(self.graph, variable, setting)?;
            if self.eat(']') {
                return Ok(world);
            }
            if !self.eat('&') {
                self.expect(',')?;
            }
        }
    }

    fn variable(&mut self) -> Result<usize, QueryError> {
        let word = self.word("=[],&").trim_end();
        if word.is_empty() {
            return Err(self.error("the name of a variable"));
        }
        Ok(self.graph.index_of(word)?)
    }

    fn value(&mut self) -> Result<usize, QueryError> {
        let before = self.at;
        self.word(",&]").trim_end().parse().map_err(|_| {
            self.at = before;
            self.error("a value, which is a whole number from 0 on")
        })
    }

    /// Everything up to one of the `ends`, from the first character that is no space.
    fn word(&mut self, ends: &str) -> &'t str {
        self.peek();
        let rest = &self.text[self.at..];
        let word = &rest[..rest.find(|c| ends.contains(c)).unwrap_or(rest.len())];
        self.at += word.len();
        word
    }

    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        let rest = self.text[self.at..].trim_start();
        self.at = self.text.len() - rest.len();
        rest.chars().next()
    }

    fn eat(&mut self, wanted: char) -> bool {
        let found = self.peek() == Some(wanted);
        if found {
            self.at += wanted.len_utf8();
        }
        found
    }

    fn expect(&mut self, wanted: char) -> Result<(), QueryError> {
        if self.eat(wanted) { Ok(()) } else { Err(self.error(&format!("`{wanted}`"))) }
    }

    fn error(&mut self, expected: &str) -> QueryError {
        self.peek();
        QueryError::Event {
            column: self.text[..self.at].chars().count() + 1,
            expected: expected.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::{Admg, counterfactual::Event};

    fn check(text: &str, expected: &str) {
        let graph: Admg = "X -> M -> Y".parse().unwrap();
        let found =
            Event::parse(&graph, text).map_or_else(|e| e.to_string(), |event| event.text(&graph));
        assert_eq!(found, expected, "{text}");
        if let Ok(event) = Event::parse(&graph, text) {
            assert_eq!(Event::parse(&graph, &event.text(&graph)).unwrap(), event);
        }
    }

    #[test]
    fn events_are_read_and_mistakes_are_placed() {
        check("", "");
        check(" Y = 1 ", "Y=1");
        check("Y[X=1,M[X=0]]=1 & X=0", "Y[X=1, M[X=0]]=1, X=0");
        check("Y[M[]]=1", "Y[M[]]=1");
        check("Y[]=1", "Y=1");
        check("Y", "column 2: expected `=`, as in `Y[X=1, M[X=0]] = 1, X = 0`");
        check(
            "Y = one",
            "column 5: expected a value, which is a whole number from 0 on, as in `Y[X=1, M[X=0]] = 1, X = 0`",
        );
        check(
            "Y[X=1 = 2",
            "column 5: expected a value, which is a whole number from 0 on, as in `Y[X=1, M[X=0]] = 1, X = 0`",
        );
        check("Y[X=1, X=2] = 1", "`X` is held at two values in one world: keep one");
        check("Q=1", "there is no variable `Q` in the graph: use one of X, M, Y");
        check(
            "Y=1,",
            "column 5: expected the name of a variable, as in `Y[X=1, M[X=0]] = 1, X = 0`",
        );
    }
}
