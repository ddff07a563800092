//! An expression with everything that is needed to read it: what identification returns.

use super::{
    Symbol,
    arena::{Arena, Expr},
    json::Raw,
    letters::letters,
    names::Names,
    text::{BRIEFLY, Style, WRITTEN, write},
};
use crate::MixedGraph;
use serde::{Deserialize, Serialize};
use std::{fmt, sync::Arc};

/// A formula for a quantity in terms of given distributions, with the names of its variables. Cheap to clone.
///
/// It is written as text by `Display`, for papers by [`Estimand::latex`], and as JSON through serde. Two are equal when
/// they are the same formula over the same variables.
///
/// In JSON each distinct part stands once, after its own parts, and the last is the whole:
/// `{"variables":["X","Y"],"expressions":[{"p":{"of":["Y"],"given":["X"]}}]}`. A symbol is the name of its variable, or
/// a pair of that and its number of primes.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(into = "Raw", try_from = "Raw")]
pub struct Estimand {
    arena: Arc<Arena>,
    root: Expr,
    names: Arc<Names>,
}

impl Estimand {
    /// The expression `root` of `arena` over the variables of `graph`.
    pub fn new(arena: Arena, root: Expr, graph: &MixedGraph) -> Self {
        Self { arena: Arc::new(arena), root, names: Arc::new(Names::of(graph)) }
    }

    /// Another expression of the same arena over the same variables.
    pub fn with_root(&self, root: Expr) -> Self {
        Self { root, ..self.clone() }
    }

    /// The store that holds the expression.
    pub fn arena(&self) -> &Arena {
        &self.arena
    }

    /// The expression.
    pub fn root(&self) -> Expr {
        self.root
    }

    /// The name of the variable at a position, if there is one.
    pub fn name(&self, variable: usize) -> Option<&str> {
        self.names.get(variable)
    }

    /// The symbols whose values the estimand depends on, ascending.
    pub fn free_symbols(&self) -> Vec<Symbol> {
        self.arena.free_symbols(self.root)
    }

    /// The formula in LaTeX's mathematical notation.
    ///
    /// A variable whose name is a letter, or a letter and digits, becomes a small italic letter (with the digits as
    /// its index); a longer name is set as a word, as it is. Cut as the text is.
    pub fn latex(&self) -> impl fmt::Display {
        Shown { estimand: self, style: Style::Latex, most: WRITTEN }
    }

    /// The formula as one among many: cut earlier than alone.
    pub(crate) fn briefly(&self) -> impl fmt::Display {
        Shown { estimand: self, style: Style::Text, most: BRIEFLY }
    }

    /// An expression over variables with these names.
    pub(super) fn from_names(arena: Arena, root: Expr, names: Names) -> Self {
        Self { arena: Arc::new(arena), root, names: Arc::new(names) }
    }

    /// An expression of another arena over the same variables.
    pub(super) fn with_arena(&self, arena: Arena, root: Expr) -> Self {
        Self { arena: Arc::new(arena), root, names: self.names.clone() }
    }

    /// A symbol as it is written in the formula, without what brackets may add to it: `x'`.
    pub fn letter(&self, symbol: Symbol) -> String {
        let letters = letters(&self.names, Style::Text);
        let letter = letters.get(symbol.variable()).cloned().unwrap_or_default();
        letter + &"'".repeat(symbol.primes() as usize)
    }

    pub(super) fn names(&self) -> &Names {
        &self.names
    }
}

impl PartialEq for Estimand {
    fn eq(&self, other: &Self) -> bool {
        let mut arena = Arena::new();
        self.names == other.names
            && arena.import(&self.arena, self.root) == arena.import(&other.arena, other.root)
    }
}

struct Shown<'e> {
    estimand: &'e Estimand,
    style: Style,
    most: usize,
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self.estimand, self.style, self.most, f)
    }
}

/// The formula as one line of text: `Σ_z P(z) P(y | do(x), z)`. What several terms share is written in each, so that a formula
/// can be exponentially longer than its expression: of one beyond a mebibyte the beginning is written, and `…`. As JSON it is
/// whole.
impl fmt::Display for Estimand {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write(self, Style::Text, WRITTEN, f)
    }
}
