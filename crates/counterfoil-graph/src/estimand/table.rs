//! Tables of numbers over the values of symbols, and walking through the cells of several at once.

use super::{Number, Symbol};

/// Numbers for all combinations of values of some symbols.
///
/// Row-major: the first symbol is the most significant. The symbols ascend.
///
/// ```
/// use counterfoil_graph::estimand::{Symbol, Table};
///
/// let [x, y] = [0, 1].map(Symbol::of);
/// let table = Table::new(vec![x, y], vec![2, 2], vec![0.9, 0.1, 0.3, 0.7]).unwrap();
/// assert_eq!(table.at(&[(y, 0), (x, 1)]), Some(&0.3));
/// assert_eq!(table.spread(y), 0.8);
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Table<T = f64> {
    symbols: Vec<Symbol>,
    sizes: Vec<usize>,
    values: Vec<T>,
}

impl<T: Number> Table<T> {
    /// A table over ascending `symbols` with `sizes` values each; `None` unless the lengths agree and the symbols
    /// ascend.
    pub fn new(symbols: Vec<Symbol>, sizes: Vec<usize>, values: Vec<T>) -> Option<Self> {
        let ascending = symbols.windows(2).all(|pair| pair[0] < pair[1]);
        let cells = sizes.iter().try_fold(1_usize, |cells, &size| cells.checked_mul(size));
        let fits = ascending && symbols.len() == sizes.len() && cells == Some(values.len());
        fits.then_some(Self { symbols, sizes, values })
    }

    /// The symbols whose values number the cells, ascending.
    pub fn symbols(&self) -> &[Symbol] {
        &self.symbols
    }

    /// The number of values of each symbol.
    pub fn sizes(&self) -> &[usize] {
        &self.sizes
    }

    /// All entries, the first symbol most significant.
    pub fn values(&self) -> &[T] {
        &self.values
    }

    /// The entry at the values of `at`, which may name further symbols; `None` when a symbol of the table is missing
    /// there or has no such value.
    pub fn at(&self, at: &[(Symbol, usize)]) -> Option<&T> {
        let mut index = 0;
        for (symbol, &size) in self.symbols.iter().zip(&self.sizes) {
            let &(_, value) = at.iter().find(|(s, _)| s == symbol)?;
            index = (value < size).then_some(index * size + value)?;
        }
        self.values.get(index)
    }

    /// The values of the symbols in cell number `index` of [`Table::values`], counted modulo their number; zeros where
    /// there are none.
    pub fn cell(&self, index: usize) -> Vec<(Symbol, usize)> {
        let values = digits(&self.sizes, index);
        self.symbols.iter().copied().zip(values).collect()
    }

    /// By how much the entries differ, at most, when the value of `symbol` changes alone; 0 for a symbol that the table
    /// does not have. An estimand that names a symbol which its quantity does not depend on has a spread of 0 along it.
    pub fn spread(&self, symbol: Symbol) -> f64 {
        let Some(axis) = self.symbols.iter().position(|s| *s == symbol) else {
            return 0.0;
        };
        let step: usize = self.sizes[axis + 1..].iter().product();
        let size = self.sizes[axis];
        let mut widest = 0.0_f64;
        for start in (0..self.values.len()).filter(|i| (i / step).is_multiple_of(size)) {
            let line = || (0..size).map(|i| self.values[start + i * step].to_f64());
            let (low, high) =
                line().fold((f64::MAX, f64::MIN), |(low, high), v| (low.min(v), high.max(v)));
            widest = widest.max(high - low);
        }
        widest
    }
}

/// The values of each axis in cell number `index` of a row-major table.
pub(super) fn digits(sizes: &[usize], index: usize) -> Vec<usize> {
    let mut rest = index;
    let mut digits: Vec<usize> = sizes
        .iter()
        .rev()
        .map(|&size| {
            // Nothing has a digit where a symbol has no values.
            let size = size.max(1);
            let digit = rest % size;
            rest /= size;
            digit
        })
        .collect();
    digits.reverse();
    digits
}

/// How far apart neighbouring values of each axis of `axes` lie in a row-major table over `symbols`; 0 for an axis that
/// the table does not have.
pub(super) fn strides(symbols: &[Symbol], sizes: &[usize], axes: &[Symbol]) -> Vec<usize> {
    let mut own = vec![1; symbols.len()];
    for i in (1..symbols.len()).rev() {
        own[i - 1] = own[i] * sizes[i];
    }
    axes.iter().map(|axis| symbols.iter().position(|s| s == axis).map_or(0, |at| own[at])).collect()
}

/// Calls `visit` for every cell of a row-major table with `sizes`, in order, with the cell's offsets in `N` other tables
/// whose strides along the same axes are given.
pub(super) fn walk<const N: usize>(
    sizes: &[usize],
    strides: [&[usize]; N],
    mut visit: impl FnMut([usize; N]),
) {
    if sizes.contains(&0) {
        return;
    }
    let mut at = [0; N];
    let mut digits = vec![0; sizes.len()];
    loop {
        visit(at);
        let mut axis = sizes.len();
        loop {
            if axis == 0 {
                return;
            }
            axis -= 1;
            digits[axis] += 1;
            if digits[axis] < sizes[axis] {
                for (at, strides) in at.iter_mut().zip(strides) {
                    *at += strides[axis];
                }
                break;
            }
            digits[axis] = 0;
            for (at, strides) in at.iter_mut().zip(strides) {
                *at -= strides[axis] * (sizes[axis] - 1);
            }
        }
    }
}
