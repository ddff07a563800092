//! Estimands as people read them: one line of text, or LaTeX.

use super::{
    Symbol,
    arena::{Expr, Node, Term},
    bundle::Estimand,
    letters::{letters, word},
};
use std::fmt::{self, Write};

/// In what notation to write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Style {
    Text,
    Latex,
}

/// What is left to write, last first.
enum Work {
    Text(&'static str),
    Show(Expr, Place),
    /// The end of a sum's body: its symbols mean again what they mean outside.
    Unbind(Expr),
}

/// Where an expression stands, which decides whether it needs brackets.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// Alone, or as the last thing of what is bracketed.
    Open,
    /// Among factors that follow.
    Factor,
    /// The last factor of a product.
    LastFactor,
    /// Above or below the stroke of a fraction in a line of text.
    Fraction,
}

/// The written primes of each variable's symbols that have a meaning here: `(primes, written primes)`, innermost last.
struct Scope {
    by_variable: Vec<Vec<(u32, u32)>>,
}

impl Scope {
    fn at(&mut self, variable: usize) -> &mut Vec<(u32, u32)> {
        if variable >= self.by_variable.len() {
            self.by_variable.resize(variable + 1, Vec::new());
        }
        &mut self.by_variable[variable]
    }

    /// Binds a symbol under the first name, from its own on, that means nothing else here.
    fn bind(&mut self, symbol: Symbol) {
        let names = self.at(symbol.variable());
        let mut written = symbol.primes();
        while names.iter().any(|&(_, taken)| taken == written) {
            written += 1;
        }
        names.push((symbol.primes(), written));
    }

    fn written(&mut self, symbol: Symbol) -> u32 {
        let names = self.at(symbol.variable());
        let known = names.iter().rev().find(|(primes, _)| *primes == symbol.primes());
        known.map_or(symbol.primes(), |&(_, written)| written)
    }
}

/// So many bytes are written of a formula. An expression has its shared parts once and a line of text has them wherever they
/// stand, so that it can be exponentially longer; its JSON has them once.
pub(super) const WRITTEN: usize = 1 << 20;

/// So many of one among the many of a derivation.
pub(super) const BRIEFLY: usize = 1 << 14;

/// What is left of them.
struct Room<'f, 'a> {
    f: &'f mut fmt::Formatter<'a>,
    /// Nothing once a piece did not fit.
    left: Option<usize>,
}

impl Write for Room<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.left = self.left.and_then(|left| left.checked_sub(text.len()));
        if self.left.is_some() { self.f.write_str(text) } else { Err(fmt::Error) }
    }
}

/// Writes an estimand, or its first `most` bytes and `…`. Linear in the length of what is written.
pub(super) fn write(
    estimand: &Estimand,
    style: Style,
    most: usize,
    f: &mut fmt::Formatter<'_>,
) -> fmt::Result {
    let mut room = Room { f, left: Some(most) };
    let written = write_whole(estimand, style, &mut room);
    if room.left.is_none() { f.write_char('…') } else { written }
}

fn write_whole(estimand: &Estimand, style: Style, f: &mut Room<'_, '_>) -> fmt::Result {
    let arena = estimand.arena();
    let mut scope = Scope { by_variable: Vec::new() };
    for symbol in estimand.free_symbols() {
        scope.at(symbol.variable()).push((symbol.primes(), symbol.primes()));
    }
    let letters = letters(estimand.names(), style);
    let mut writer = Writer { estimand, style, letters, scope };
    let mut work = vec![Work::Show(estimand.root(), Place::Open)];
    while let Some(next) = work.pop() {
        match next {
            Work::Text(text) => f.write_str(text)?,
            Work::Unbind(sum) => {
                if let Node::Sum { over, .. } = arena.node(sum) {
                    for symbol in over {
                        writer.scope.at(symbol.variable()).pop();
                    }
                }
            }
            Work::Show(expr, place) => writer.show(expr, place, f, &mut work)?,
        }
    }
    Ok(())
}

struct Writer<'e> {
    estimand: &'e Estimand,
    style: Style,
    letters: Vec<String>,
    scope: Scope,
}

impl Writer<'_> {
    fn show(
        &mut self,
        expr: Expr,
        place: Place,
        f: &mut dyn Write,
        work: &mut Vec<Work>,
    ) -> fmt::Result {
        let node = self.estimand.arena().node(expr);
        let fraction_line = self.style == Style::Text;
        let bracketed = match node {
            Node::One | Node::Zero | Node::Probability(_) => false,
            Node::Product(_) => place == Place::Fraction && fraction_line,
            Node::Sum { .. } => {
                place == Place::Factor || (place == Place::Fraction && fraction_line)
            }
            Node::Ratio { .. } => place != Place::Open && fraction_line,
        };
        if bracketed {
            let (open, close) = match self.style {
                Style::Text => ("(", ")"),
                Style::Latex => ("\\left(", "\\right)"),
            };
            f.write_str(open)?;
            work.push(Work::Text(close));
        }
        match node {
            Node::One => f.write_char('1'),
            Node::Zero => f.write_char('0'),
            Node::Probability(term) => self.term(term, f),
            Node::Product(factors) => {
                let last = factors.len() - 1;
                for (i, &factor) in factors.iter().enumerate().rev() {
                    work.push(Work::Show(
                        factor,
                        if i < last { Place::Factor } else { Place::LastFactor },
                    ));
                    if i > 0 {
                        work.push(Work::Text(match self.style {
                            Style::Text => " ",
                            Style::Latex => " \\, ",
                        }));
                    }
                }
                Ok(())
            }
            Node::Sum { over, body } => {
                for &symbol in over {
                    self.scope.bind(symbol);
                }
                f.write_str(match self.style {
                    Style::Text => "Σ_",
                    Style::Latex => "\\sum_{",
                })?;
                let braces = self.style == Style::Text && over.len() > 1;
                if braces {
                    f.write_char('{')?;
                }
                self.list(over, f)?;
                f.write_str(match self.style {
                    Style::Text if braces => "} ",
                    Style::Text => " ",
                    Style::Latex => "} ",
                })?;
                work.push(Work::Unbind(expr));
                work.push(Work::Show(body, Place::LastFactor));
                Ok(())
            }
            Node::Ratio { numerator, denominator } => {
                let [open, stroke, close] = match self.style {
                    Style::Text => ["", " / ", ""],
                    Style::Latex => ["\\frac{", "}{", "}"],
                };
                f.write_str(open)?;
                work.push(Work::Text(close));
                work.push(Work::Show(denominator, Place::Fraction));
                work.push(Work::Text(stroke));
                work.push(Work::Show(numerator, Place::Fraction));
                Ok(())
            }
        }
    }

    /// `P(y | do(x), z)`.
    fn term(&mut self, term: Term<'_>, f: &mut dyn Write) -> fmt::Result {
        f.write_char('P')?;
        if term.source != 0 {
            let name = self.estimand.arena().sources().nth(term.source).unwrap_or_default();
            match self.style {
                Style::Text => write!(f, "[{name}]")?,
                Style::Latex => write!(f, "^{{{}}}", word(name))?,
            }
        }
        f.write_char('(')?;
        self.list(term.of, f)?;
        if !(term.do_.is_empty() && term.given.is_empty()) {
            f.write_str(match self.style {
                Style::Text => " | ",
                Style::Latex => " \\mid ",
            })?;
        }
        if !term.do_.is_empty() {
            f.write_str(match self.style {
                Style::Text => "do(",
                Style::Latex => "\\mathrm{do}(",
            })?;
            self.list(term.do_, f)?;
            f.write_str(if term.given.is_empty() { ")" } else { "), " })?;
        }
        self.list(term.given, f)?;
        f.write_char(')')
    }

    fn list(&mut self, symbols: &[Symbol], f: &mut dyn Write) -> fmt::Result {
        for (i, &symbol) in symbols.iter().enumerate() {
            if i > 0 {
                f.write_str(", ")?;
            }
            match self.letters.get(symbol.variable()) {
                Some(letter) => f.write_str(letter)?,
                // A position that the graph does not have.
                None => write!(f, "v{}", symbol.variable())?,
            }
            for _ in 0..self.scope.written(symbol) {
                f.write_char('\'')?;
            }
        }
        Ok(())
    }
}
