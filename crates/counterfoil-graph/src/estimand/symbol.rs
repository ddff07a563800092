//! Values of variables that are not yet known: the x of P(y | x).

/// A value that a variable takes, as a letter of a formula: x, x', x'' are different values of one variable.
///
/// The symbol without primes stands for the value that the query speaks of; primed ones are values that a sum runs
/// over or that another world has. Ordered by variable, then by primes.
///
/// ```
/// use counterfoil_graph::estimand::Symbol;
///
/// let x = Symbol::of(3);
/// assert_eq!((x.variable(), x.primes()), (3, 0));
/// assert_eq!(x.primed(2), Symbol::new(3, 2));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Symbol {
    variable: u32,
    primes: u32,
}

impl Symbol {
    /// The value of `variable` (a position in its graph, below `2^32`) with so many primes.
    pub fn new(variable: usize, primes: u32) -> Self {
        debug_assert!(u32::try_from(variable).is_ok(), "graphs have fewer nodes than 2^32");
        Self { variable: variable as u32, primes }
    }

    /// The value of `variable` without primes.
    pub fn of(variable: usize) -> Self {
        Self::new(variable, 0)
    }

    /// The variable whose value this is.
    pub fn variable(self) -> usize {
        self.variable as usize
    }

    /// The number of primes.
    pub fn primes(self) -> u32 {
        self.primes
    }

    /// Another value of the same variable.
    pub fn primed(self, primes: u32) -> Self {
        Self { primes, ..self }
    }

    /// The symbol as one word, for hashing.
    pub(super) fn word(self) -> u64 {
        u64::from(self.variable) << 32 | u64::from(self.primes)
    }
}
