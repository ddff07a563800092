//! Finding an expression that is already stored: an open hash table of numbers, with the content left where it is.

use super::{
    Symbol,
    arena::{Arena, Expr, Stored},
};

const EMPTY: u32 = u32::MAX;
/// An odd number near `2^64` divided by the golden ratio: multiplication by it spreads neighbouring words.
const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;

/// The table: at most half full, probed linearly. It is only ever asked for one key, never walked, so that the hash
/// cannot influence any order.
#[derive(Clone, Debug, Default)]
pub(super) struct Interned {
    slots: Vec<u32>,
    filled: usize,
    /// The hash of each stored expression, 0 and 1 left out.
    hashes: Vec<u64>,
}

/// 0 and 1 are never looked for.
const UNHASHED: usize = 2;

impl Arena {
    /// The expression with this content, whose lists were written to the ends of the pools: an old one, in which case
    /// the lists are dropped, or a new one.
    pub(super) fn intern(&mut self, stored: Stored) -> Expr {
        let hash = self.hash(stored);
        if (self.interned.filled + 1) * 2 > self.interned.slots.len() {
            self.interned.grow();
        }
        let mask = self.interned.slots.len() - 1;
        let mut at = hash as usize & mask;
        loop {
            let found = self.interned.slots[at];
            if found == EMPTY {
                break;
            }
            if self.interned.hashes[found as usize - UNHASHED] == hash
                && self.same(self.nodes[found as usize], stored)
            {
                self.forget(stored);
                return Expr(found);
            }
            at = (at + 1) & mask;
        }
        let expr = Expr(self.nodes.len() as u32);
        self.nodes.push(stored);
        self.interned.slots[at] = expr.0;
        self.interned.filled += 1;
        self.interned.hashes.push(hash);
        expr
    }

    fn symbols_in(&self, start: u32, end: u32) -> &[Symbol] {
        &self.symbols[start as usize..end as usize]
    }

    fn hash(&self, stored: Stored) -> u64 {
        let words = |kind: u64, start: u32, end: u32| mix_all(kind, self.symbols_in(start, end));
        let hash = match stored {
            Stored::One | Stored::Zero => 0,
            Stored::Term { start, given, do_, end, source } => {
                let lengths = u64::from(given - start) << 32 | u64::from(do_ - given);
                mix(mix(words(3, start, end), lengths), u64::from(source))
            }
            Stored::Product { start, end } => self.factors[start as usize..end as usize]
                .iter()
                .fold(5, |hash, factor| mix(hash, u64::from(factor.0))),
            Stored::Sum { start, end, body } => mix(words(7, start, end), u64::from(body.0)),
            Stored::Ratio { numerator, denominator } => {
                mix(11, u64::from(numerator.0) << 32 | u64::from(denominator.0))
            }
        };
        // The table reads the low bits, and multiplication leaves the best ones high.
        hash ^ hash >> 32
    }

    fn same(&self, a: Stored, b: Stored) -> bool {
        match (a, b) {
            (
                Stored::Term { start: s, given: g, do_: d, end: e, source: from },
                Stored::Term { start: s2, given: g2, do_: d2, end: e2, source: from2 },
            ) => {
                (g - s, d - g, from) == (g2 - s2, d2 - g2, from2)
                    && self.symbols_in(s, e) == self.symbols_in(s2, e2)
            }
            (Stored::Product { start, end }, Stored::Product { start: s2, end: e2 }) => {
                self.factors[start as usize..end as usize] == self.factors[s2 as usize..e2 as usize]
            }
            (Stored::Sum { start, end, body }, Stored::Sum { start: s2, end: e2, body: b2 }) => {
                body == b2 && self.symbols_in(start, end) == self.symbols_in(s2, e2)
            }
            (
                Stored::Ratio { numerator, denominator },
                Stored::Ratio { numerator: n2, denominator: d2 },
            ) => (numerator, denominator) == (n2, d2),
            _ => false,
        }
    }

    /// Takes back the lists of an expression that turned out to be known.
    fn forget(&mut self, stored: Stored) {
        match stored {
            Stored::Term { start, .. } | Stored::Sum { start, .. } => {
                self.symbols.truncate(start as usize);
            }
            Stored::Product { start, .. } => self.factors.truncate(start as usize),
            Stored::One | Stored::Zero | Stored::Ratio { .. } => {}
        }
    }
}

impl Interned {
    fn grow(&mut self) {
        let size = (self.slots.len() * 2).max(64);
        self.slots.clear();
        self.slots.resize(size, EMPTY);
        for (i, &hash) in self.hashes.iter().enumerate() {
            let mut at = hash as usize & (size - 1);
            while self.slots[at] != EMPTY {
                at = (at + 1) & (size - 1);
            }
            self.slots[at] = (i + UNHASHED) as u32;
        }
    }
}

/// Long lists are hashed in four chains side by side, since a multiplication has to wait for the one before it.
fn mix_all(hash: u64, symbols: &[Symbol]) -> u64 {
    let (fours, rest) = symbols.as_chunks::<4>();
    let mut lanes = [hash, hash + 1, hash + 2, hash + 3];
    for four in fours {
        for (lane, symbol) in lanes.iter_mut().zip(four) {
            *lane = mix(*lane, symbol.word());
        }
    }
    let start = if fours.is_empty() { hash } else { lanes.into_iter().fold(hash, mix) };
    rest.iter().fold(start, |hash, symbol| mix(hash, symbol.word()))
}

fn mix(hash: u64, word: u64) -> u64 {
    (hash.rotate_left(23) ^ word).wrapping_mul(SPREAD)
}
