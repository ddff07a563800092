//! Tables in which some entries have no value, because a condition there is impossible.

use super::{
    Number, Symbol,
    table::{strides, walk},
};

/// Why an entry has no value: 0 where it has one, else the number of the place that divided by 0 (counted from 1) in the
/// high half, and the cell there in the low one.
pub(super) type Hole = u64;

/// A table as it arises in the middle of an evaluation.
///
/// Nothing times an entry without a value is nothing: `P(y | z) P(z)` is 0 where P(z) is, whatever P(y | z) may be. All
/// else that involves such an entry has no value.
#[derive(Clone, Debug)]
pub(super) struct Partial<T> {
    pub(super) symbols: Vec<Symbol>,
    pub(super) sizes: Vec<usize>,
    pub(super) values: Vec<T>,
    /// One for each value; empty when all entries have values.
    pub(super) holes: Vec<Hole>,
}

impl<T: Number> Partial<T> {
    pub(super) fn scalar(value: T) -> Self {
        Self { symbols: Vec::new(), sizes: Vec::new(), values: vec![value], holes: Vec::new() }
    }

    /// A row-major table over `symbols` in any order, put into ascending order.
    pub(super) fn sorted(symbols: Vec<Symbol>, sizes: &[usize], values: Vec<T>) -> Self {
        let mut order: Vec<usize> = (0..symbols.len()).collect();
        order.sort_by_key(|&i| symbols[i]);
        let ascending: Vec<Symbol> = order.iter().map(|&i| symbols[i]).collect();
        let new_sizes: Vec<usize> = order.iter().map(|&i| sizes[i]).collect();
        if ascending == symbols {
            return Self { symbols, sizes: new_sizes, values, holes: Vec::new() };
        }
        let from = strides(&symbols, sizes, &ascending);
        let mut moved = Vec::with_capacity(values.len());
        walk(&new_sizes, [&from], |[at]| moved.push(values[at].clone()));
        Self { symbols: ascending, sizes: new_sizes, values: moved, holes: Vec::new() }
    }

    pub(super) fn hole(&self, cell: usize) -> Hole {
        self.holes.get(cell).copied().unwrap_or(0)
    }

    /// The symbols of both tables with their sizes.
    pub(super) fn axes(&self, other: &Self) -> (Vec<Symbol>, Vec<usize>) {
        let mut axes: Vec<(Symbol, usize)> = self
            .symbols
            .iter()
            .copied()
            .zip(self.sizes.iter().copied())
            .chain(other.symbols.iter().copied().zip(other.sizes.iter().copied()))
            .collect();
        axes.sort_unstable();
        axes.dedup();
        axes.into_iter().unzip()
    }

    /// Entry by entry `combine(a, b)`, over the symbols of both.
    fn combined(&self, other: &Self, mut combine: impl FnMut(usize, usize) -> (T, Hole)) -> Self {
        let (symbols, sizes) = self.axes(other);
        let left = strides(&self.symbols, &self.sizes, &symbols);
        let right = strides(&other.symbols, &other.sizes, &symbols);
        let mut values = Vec::with_capacity(sizes.iter().product());
        let mut holes = Vec::new();
        walk(&sizes, [&left, &right], |[a, b]| {
            let (value, hole) = combine(a, b);
            if hole != 0 && holes.is_empty() {
                holes.resize(values.len(), 0);
            }
            if hole != 0 || !holes.is_empty() {
                holes.push(hole);
            }
            values.push(value);
        });
        Self { symbols, sizes, values, holes }
    }

    pub(super) fn times(&self, other: &Self) -> Self {
        self.combined(other, |a, b| {
            let (x, y) = (&self.values[a], &other.values[b]);
            let (p, q) = (self.hole(a), other.hole(b));
            match (p, q) {
                (0, 0) => (x.times(y), 0),
                (0, _) if x.is_zero() => (T::whole(0), 0),
                (_, 0) if y.is_zero() => (T::whole(0), 0),
                (0, hole) | (hole, _) => (T::whole(0), hole),
            }
        })
    }

    /// The quotient; entries with a divisor of 0 have no value, for the reason number `reason`.
    pub(super) fn over(&self, divisor: &Self, reason: u64) -> Self {
        self.combined(divisor, |a, b| match (self.hole(a), divisor.hole(b)) {
            (0, 0) if divisor.values[b].is_zero() => (T::whole(0), reason << 32 | b as u64),
            (0, 0) => (self.values[a].over(&divisor.values[b]), 0),
            (0, hole) | (hole, _) => (T::whole(0), hole),
        })
    }

    pub(super) fn scaled(mut self, factor: usize) -> Self {
        let factor = T::whole(factor);
        for value in &mut self.values {
            *value = value.times(&factor);
        }
        self
    }

    /// The sum over all values of `symbol`, which the table has.
    pub(super) fn sum_out(&self, symbol: Symbol) -> Self {
        let kept = |(s, size): (&Symbol, &usize)| (*s != symbol).then_some((*s, *size));
        let (symbols, sizes): (Vec<_>, Vec<_>) =
            self.symbols.iter().zip(&self.sizes).filter_map(kept).unzip();
        let from = strides(&self.symbols, &self.sizes, &symbols);
        let along = strides(&self.symbols, &self.sizes, &[symbol])[0];
        let count = self.symbols.iter().position(|s| *s == symbol).map_or(0, |i| self.sizes[i]);
        let mut values = Vec::with_capacity(sizes.iter().product());
        let mut holes = Vec::new();
        walk(&sizes, [&from], |[at]| {
            let mut sum = T::whole(0);
            let mut hole = 0;
            for i in 0..count {
                sum = sum.plus(&self.values[at + i * along]);
                if hole == 0 {
                    hole = self.hole(at + i * along);
                }
            }
            values.push(sum);
            if !self.holes.is_empty() {
                holes.push(hole);
            }
        });
        Self { symbols, sizes, values, holes }
    }
}
