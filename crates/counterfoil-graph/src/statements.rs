//! Graphs written in a line: `X -> M -> Y; X <-> Y`.

use crate::{
    Admg, Edge, GraphError, MixedGraph, Variable,
    mixed::MixedBuilder,
    text::{Cursor, Position},
};
use std::{fmt, str::FromStr};

/// Writes an ADMG in one line of source, with names as bare words: `admg! { X -> M -> Y; X <-> Y; Z }`.
///
/// Gives a `Result<Admg, GraphError>`, since the text may hold a cycle; see [`Admg::from_statements`].
///
/// ```
/// use counterfoil_graph::admg;
///
/// let napkin = admg! { W -> Z -> X -> Y; W <-> X; W <-> Y }.unwrap();
/// assert_eq!(napkin.len(), 4);
/// assert_eq!(
///     admg! { A -> B -> A }.unwrap_err().to_string(),
///     "the edges form a cycle, A -> B -> A: remove one of them"
/// );
/// ```
#[macro_export]
macro_rules! admg {
    ($($statements:tt)*) => {
        $crate::Admg::from_statements(::core::stringify!($($statements)*))
    };
}

/// The edge between the variables before and behind an arrow.
type Arrow = fn(usize, usize) -> Edge;

/// Reads what [`Admg::from_statements`] documents.
pub(crate) fn read(text: &str) -> Result<Admg, GraphError> {
    let mut cursor = Cursor::new(text);
    let mut builder = MixedBuilder::default();
    loop {
        // A name begins a statement whether or not a semicolon ended the one before: white space, line ends included,
        // has no meaning, and the compiler may break the lines of a macro's argument where it likes.
        cursor.skip_white_space();
        while cursor.accept(';') {
            cursor.skip_white_space();
        }
        if cursor.peek().is_none() {
            return Admg::try_from(builder.finish());
        }
        let mut left = name(&mut cursor, &mut builder)?;
        while let Some((arrow, at)) = arrow(&mut cursor)? {
            let right = name(&mut cursor, &mut builder)?;
            builder.add(arrow(left, right)).map_err(|error| at.error(error))?;
            left = right;
        }
    }
}

/// The variable called by the next word, declared when it is new.
fn name(cursor: &mut Cursor<'_>, builder: &mut MixedBuilder) -> Result<usize, GraphError> {
    cursor.skip_white_space();
    let at = cursor.at();
    let word = cursor.take_while(in_name);
    if word.is_empty() {
        let found = cursor.peek().map_or("the end of the text".to_owned(), |c| format!("{c:?}"));
        return Err(at.syntax(format!("expected the name of a variable, found {found}")));
    }
    match builder.find(&word) {
        Some(known) => Ok(known),
        None => builder.declare(Variable::continuous(word)?),
    }
}

/// The arrow that comes next, unless the statement ends here. In source `<->` may come as `<- >`.
fn arrow(cursor: &mut Cursor<'_>) -> Result<Option<(Arrow, Position)>, GraphError> {
    cursor.skip_white_space();
    let at = cursor.at();
    match cursor.peek() {
        None => return Ok(None),
        Some(c) if c == ';' || in_name(c) => return Ok(None),
        Some(_) => {}
    }
    let head = cursor.accept('<');
    let line = cursor.accept('-');
    if head {
        cursor.skip_white_space();
    }
    let arrow: Arrow = match (head, line, cursor.accept('>')) {
        (true, true, true) => Edge::bidirected,
        (false, true, true) => Edge::directed,
        (true, true, false) => |effect, cause| Edge::directed(cause, effect),
        _ => return Err(at.syntax("expected `->`, `<-`, `<->` or `;` after a variable")),
    };
    Ok(Some((arrow, at)))
}

/// What a bare word is made of.
pub(crate) fn in_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | '.' | '\'')
}

/// Reads statements, as [`Admg::from_statements`].
impl FromStr for Admg {
    type Err = GraphError;

    fn from_str(text: &str) -> Result<Self, GraphError> {
        Self::from_statements(text)
    }
}

/// All variables, then all edges: `X; M; Y; X -> M; M -> Y; X <-> Y`. Reads back as an equal graph, units and ranges
/// aside, where names are words of letters, digits, `_`, `.` and `'`.
impl fmt::Display for MixedGraph {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = self.variables().map(|v| v.name().to_owned());
        let edges = self.mixed_edges().into_iter().map(|edge| self.describe(edge));
        f.write_str(&names.chain(edges).collect::<Vec<_>>().join("; "))
    }
}

impl fmt::Display for Admg {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&**self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, expected: &str) {
        let shown = match read(text) {
            Ok(graph) => graph.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn statements_are_chains_of_arrows() {
        check("X -> M -> Y; X <-> Y", "X; M; Y; X -> M; X <-> Y; M -> Y");
        check("A <- B\nC <- > A C; D", "A; B; C; D; A <-> C; B -> A");
        check("", "");
        check(" ;; x'.1 ; ", "x'.1");
    }

    #[test]
    fn what_is_no_statement_is_named_with_its_place() {
        check(
            "A ->",
            "line 1, column 5: expected the name of a variable, found the end of the text",
        );
        check("A\n-- B", "line 2, column 1: expected `->`, `<-`, `<->` or `;` after a variable");
        check("A -> B; A -> B", "line 1, column 11: the edge A -> B is given twice: remove one");
        check(
            "A <-> A",
            "line 1, column 3: the edge A <-> A joins a variable with itself: remove it",
        );
        check("A -> B -> A", "the edges form a cycle, A -> B -> A: remove one of them");
    }
}
