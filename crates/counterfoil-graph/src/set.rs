//! Sets of nodes: one bit a node, without allocation for graphs of up to 320.

use smallvec::{SmallVec, smallvec};
use std::{
    cmp::Ordering,
    fmt,
    ops::{BitAnd, BitOr, Sub},
};

const BITS: usize = u64::BITS as usize;
/// Words that are held inline: 320 nodes.
const INLINE: usize = 5;

/// A set of nodes, given by their positions in a graph.
///
/// Equality, order and hash depend on the members alone, so that sets of different graphs' sizes compare as sets do;
/// the order is that of the ascending members as words of a dictionary. All operations are `O(n / 64)` in the largest
/// member, iteration ascends.
///
/// ```
/// use counterfoil_graph::NodeSet;
///
/// let (a, b) = (NodeSet::from([1, 3, 70]), NodeSet::from([3, 4]));
/// assert_eq!(&a | &b, NodeSet::from([1, 3, 4, 70]));
/// assert_eq!(&a & &b, NodeSet::from([3]));
/// assert_eq!((&a - &b).iter().collect::<Vec<_>>(), [1, 70]);
/// assert!(a.intersects(&b) && !a.is_subset(&b));
/// ```
#[derive(Default, PartialEq, Eq, Hash)]
pub struct NodeSet {
    /// The last word is never zero, so that equal sets have equal words.
    words: SmallVec<[u64; INLINE]>,
}

// Not derived: a `SmallVec` clones item by item, and sets are cloned all the time.
impl Clone for NodeSet {
    fn clone(&self) -> Self {
        Self { words: SmallVec::from_slice(&self.words) }
    }

    fn clone_from(&mut self, source: &Self) {
        self.words.clear();
        self.words.extend_from_slice(&source.words);
    }
}

impl NodeSet {
    /// The empty set.
    pub fn new() -> Self {
        Self::default()
    }

    /// The nodes `0 .. n`.
    pub fn full(n: usize) -> Self {
        let mut words: SmallVec<[u64; INLINE]> = smallvec![u64::MAX; n / BITS];
        if !n.is_multiple_of(BITS) {
            words.push((1 << (n % BITS)) - 1);
        }
        Self { words }
    }

    /// Adds a node; `true` when it was not there.
    pub fn insert(&mut self, node: usize) -> bool {
        let word = node / BITS;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        let before = self.words[word];
        self.words[word] |= 1 << (node % BITS);
        before != self.words[word]
    }

    /// Takes a node out; `true` when it was there.
    pub fn remove(&mut self, node: usize) -> bool {
        let present = self.contains(node);
        if present {
            self.words[node / BITS] &= !(1 << (node % BITS));
            self.trim();
        }
        present
    }

    /// `true` when `node` is a member.
    pub fn contains(&self, node: usize) -> bool {
        self.words.get(node / BITS).is_some_and(|word| word >> (node % BITS) & 1 == 1)
    }

    /// Number of members.
    pub fn len(&self) -> usize {
        self.words.iter().map(|word| word.count_ones() as usize).sum()
    }

    /// `true` for the empty set.
    pub fn is_empty(&self) -> bool {
        self.words.is_empty()
    }

    /// The smallest member.
    pub fn first(&self) -> Option<usize> {
        self.iter().next()
    }

    /// The largest member.
    pub fn last(&self) -> Option<usize> {
        let top = self.words.last()?;
        Some(self.words.len() * BITS - 1 - top.leading_zeros() as usize)
    }

    /// The members, ascending.
    pub fn iter(&self) -> Iter<'_> {
        Iter { words: &self.words, word: 0, rest: self.words.first().copied().unwrap_or(0) }
    }

    /// `true` when every member of this set is one of `other`.
    pub fn is_subset(&self, other: &Self) -> bool {
        self.words.len() <= other.words.len()
            && self.words.iter().zip(&other.words).all(|(a, b)| a & !b == 0)
    }

    /// `true` when the two sets share a member.
    pub fn intersects(&self, other: &Self) -> bool {
        self.words.iter().zip(&other.words).any(|(a, b)| a & b != 0)
    }

    /// Adds all members of `other`.
    pub fn union_with(&mut self, other: &Self) {
        if other.words.len() > self.words.len() {
            self.words.resize(other.words.len(), 0);
        }
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a |= b;
        }
    }

    /// Keeps only members of `other`.
    pub fn intersect_with(&mut self, other: &Self) {
        self.words.truncate(other.words.len());
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= b;
        }
        self.trim();
    }

    /// Takes out all members of `other`.
    pub fn difference_with(&mut self, other: &Self) {
        for (a, b) in self.words.iter_mut().zip(&other.words) {
            *a &= !b;
        }
        self.trim();
    }

    /// The set with `node` in it.
    pub fn with(mut self, node: usize) -> Self {
        self.insert(node);
        self
    }

    /// The set without `node`.
    pub fn without(mut self, node: usize) -> Self {
        self.remove(node);
        self
    }

    /// Takes all members out, keeping the memory.
    pub fn clear(&mut self) {
        self.words.clear();
    }

    fn trim(&mut self) {
        while self.words.last() == Some(&0) {
            self.words.pop();
        }
    }
}

/// The members of a [`NodeSet`], ascending.
#[derive(Clone, Debug)]
pub struct Iter<'s> {
    words: &'s [u64],
    word: usize,
    rest: u64,
}

impl Iterator for Iter<'_> {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        while self.rest == 0 {
            self.word += 1;
            self.rest = *self.words.get(self.word)?;
        }
        let bit = self.rest.trailing_zeros() as usize;
        self.rest &= self.rest - 1;
        Some(self.word * BITS + bit)
    }

    /// Word by word, which is what `for_each` and its like go through.
    fn fold<B, F: FnMut(B, usize) -> B>(self, init: B, mut f: F) -> B {
        let mut folded = init;
        let later = self.words.iter().copied().enumerate().skip(self.word + 1);
        for (word, mut rest) in std::iter::once((self.word, self.rest)).chain(later) {
            while rest != 0 {
                folded = f(folded, word * BITS + rest.trailing_zeros() as usize);
                rest &= rest - 1;
            }
        }
        folded
    }
}

impl<'s> IntoIterator for &'s NodeSet {
    type Item = usize;
    type IntoIter = Iter<'s>;

    fn into_iter(self) -> Iter<'s> {
        self.iter()
    }
}

impl Extend<usize> for NodeSet {
    fn extend<I: IntoIterator<Item = usize>>(&mut self, nodes: I) {
        for node in nodes {
            self.insert(node);
        }
    }
}

impl FromIterator<usize> for NodeSet {
    fn from_iter<I: IntoIterator<Item = usize>>(nodes: I) -> Self {
        let mut set = Self::new();
        set.extend(nodes);
        set
    }
}

impl<const N: usize> From<[usize; N]> for NodeSet {
    fn from(nodes: [usize; N]) -> Self {
        nodes.into_iter().collect()
    }
}

impl From<&[usize]> for NodeSet {
    fn from(nodes: &[usize]) -> Self {
        nodes.iter().copied().collect()
    }
}

impl BitOr for &NodeSet {
    type Output = NodeSet;

    fn bitor(self, other: Self) -> NodeSet {
        let mut set = self.clone();
        set.union_with(other);
        set
    }
}

impl BitAnd for &NodeSet {
    type Output = NodeSet;

    fn bitand(self, other: Self) -> NodeSet {
        let mut set = self.clone();
        set.intersect_with(other);
        set
    }
}

impl Sub for &NodeSet {
    type Output = NodeSet;

    fn sub(self, other: Self) -> NodeSet {
        let mut set = self.clone();
        set.difference_with(other);
        set
    }
}

impl Ord for NodeSet {
    fn cmp(&self, other: &Self) -> Ordering {
        self.iter().cmp(other)
    }
}

impl PartialOrd for NodeSet {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Debug for NodeSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::collections::BTreeSet;

    fn members() -> impl Strategy<Value = BTreeSet<usize>> {
        proptest::collection::btree_set(prop_oneof![0usize..70, 300usize..400], 0..12)
    }

    proptest! {
        /// Exact: a bit set does what a tree set does, and equal sets are equal however they came about.
        #[test]
        fn agrees_with_a_tree_set(a in members(), b in members(), node in 0usize..400) {
            let set = |members: &BTreeSet<usize>| members.iter().copied().collect::<NodeSet>();
            let (x, y) = (set(&a), set(&b));
            prop_assert_eq!(&x | &y, set(&(&a | &b)));
            prop_assert_eq!(&x & &y, set(&(&a & &b)));
            prop_assert_eq!(&x - &y, set(&(&a - &b)));
            prop_assert_eq!(x.is_subset(&y), a.is_subset(&b));
            prop_assert_eq!(x.intersects(&y), !a.is_disjoint(&b));
            prop_assert_eq!(x.cmp(&y), a.iter().cmp(&b));
            prop_assert_eq!((x.len(), x.is_empty()), (a.len(), a.is_empty()));
            prop_assert_eq!((x.first(), x.last()), (a.first().copied(), a.last().copied()));
            prop_assert!(x.iter().eq(a.iter().copied()));
            let mut left = x.iter();
            left.next();
            let rest: Vec<usize> = a.iter().copied().skip(1).collect();
            prop_assert_eq!(left.fold(Vec::new(), |mut all, i| { all.push(i); all }), rest);
            prop_assert_eq!(x.contains(node), a.contains(&node));
            let (mut more, mut fewer) = (a.clone(), a.clone());
            let (mut with, mut without) = (x.clone(), x.clone());
            prop_assert_eq!(with.insert(node), more.insert(node));
            prop_assert_eq!(without.remove(node), fewer.remove(&node));
            prop_assert_eq!((with, without), (set(&more), set(&fewer)));
        }

        #[test]
        fn the_full_set_is_a_range(n in 0usize..400) {
            prop_assert!(NodeSet::full(n).iter().eq(0..n));
        }
    }
}
