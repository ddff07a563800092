//! The symbols that can occur in a formula and what simplification makes of it, numbered.

use super::super::{arena::Arena, symbol::Symbol};

/// Variables below this number are looked up in a table.
const TABLE: usize = 1 << 20;

/// All symbols of an arena, and those with fewer primes, which bound ones may be renamed to.
#[derive(Debug)]
pub(super) struct Universe {
    /// Ascending.
    symbols: Vec<Symbol>,
    /// By variable the position of its symbol without primes, the others follow; empty where there are too many.
    first: Vec<usize>,
}

impl Universe {
    pub(super) fn of(arena: &Arena) -> Self {
        let last = arena.symbols.iter().map(|s| s.variable()).max();
        if last.is_some_and(|last| last >= TABLE) {
            let fewer = |s: Symbol| (0..=s.primes()).map(move |primes| s.primed(primes));
            let mut symbols: Vec<Symbol> = arena.symbols.iter().copied().flat_map(fewer).collect();
            symbols.sort_unstable();
            symbols.dedup();
            return Self { symbols, first: Vec::new() };
        }
        // Symbols stand in many lists, so that sorting them all would take longest of all that is done once.
        let mut forms = vec![0; last.map_or(0, |last| last + 1)];
        for symbol in &arena.symbols {
            let count = &mut forms[symbol.variable()];
            *count = symbol.primes().saturating_add(1).max(*count);
        }
        let mut symbols = Vec::new();
        let mut first = Vec::with_capacity(forms.len() + 1);
        for (variable, &count) in forms.iter().enumerate() {
            first.push(symbols.len());
            symbols.extend((0..count).map(|primes| Symbol::new(variable, primes)));
        }
        first.push(symbols.len());
        Self { symbols, first }
    }

    /// The position of a symbol, if it is here.
    pub(super) fn position(&self, symbol: Symbol) -> Option<usize> {
        if self.first.is_empty() {
            return self.symbols.binary_search(&symbol).ok();
        }
        let end = *self.first.get(symbol.variable() + 1)?;
        let position = self.first[symbol.variable()] + symbol.primes() as usize;
        (position < end).then_some(position)
    }

    /// The symbol at a position.
    pub(super) fn at(&self, position: usize) -> Symbol {
        self.symbols[position]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(symbols: &[Symbol], expected: &[(usize, u32)]) {
        let mut arena = Arena::new();
        for &symbol in symbols {
            arena.p([symbol], []);
        }
        let universe = Universe::of(&arena);
        let all: Vec<_> = universe.symbols.iter().map(|s| (s.variable(), s.primes())).collect();
        assert_eq!(all, expected);
        for (position, &symbol) in universe.symbols.iter().enumerate() {
            assert_eq!(
                (universe.position(symbol), universe.at(position)),
                (Some(position), symbol)
            );
        }
        let beyond = expected.iter().map(|e| e.0).max().unwrap_or(0) + 1;
        assert_eq!(universe.position(Symbol::of(beyond)), None);
        assert_eq!(universe.position(Symbol::new(0, 9)), None);
    }

    #[test]
    fn symbols_with_fewer_primes_are_there_too() {
        check(&[], &[]);
        check(&[Symbol::of(4), Symbol::of(0)], &[(0, 0), (4, 0)]);
        check(&[Symbol::new(2, 2), Symbol::of(0)], &[(0, 0), (2, 0), (2, 1), (2, 2)]);
        let far = TABLE + 7;
        check(&[Symbol::new(far, 1), Symbol::of(3)], &[(3, 0), (far, 0), (far, 1)]);
    }
}
