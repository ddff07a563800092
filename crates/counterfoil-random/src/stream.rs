//! One keyed stream and the few draws that the workspace needs.

use rand::{Rng, RngExt, SeedableRng, seq::SliceRandom};
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma, StandardNormal};

/// A stream of random numbers that is a pure function of its key and of how much was drawn from it.
///
/// Algorithm: ChaCha with 8 rounds (Bernstein 2008), the 256-bit key being `seed`, a 64-bit FNV-1a hash of
/// `purpose`, `item` and `step`, each little-endian. Cloning forks the stream at its present position.
#[derive(Clone, Debug)]
pub struct Stream(ChaCha8Rng);

impl Stream {
    /// The stream of `(seed, purpose, item, step)`.
    ///
    /// `purpose` names the use ("train-noise", "split", ...), so that two uses never share numbers; `item` is
    /// the sample and `step` the time step or round. Unused words are 0.
    pub fn new(seed: u64, purpose: &str, item: u64, step: u64) -> Self {
        let mut key = [0u8; 32];
        for (slot, word) in key.chunks_exact_mut(8).zip([seed, fnv1a(purpose), item, step]) {
            slot.copy_from_slice(&word.to_le_bytes());
        }
        Self(ChaCha8Rng::from_seed(key))
    }

    /// A number uniform on `[0, 1)`.
    pub fn uniform(&mut self) -> f64 {
        self.0.random::<f64>()
    }

    /// A number uniform on `[low, high)`; `low` when the interval is empty.
    pub fn uniform_in(&mut self, low: f64, high: f64) -> f64 {
        low + (high - low) * self.uniform()
    }

    /// A standard normal number.
    pub fn normal(&mut self) -> f64 {
        StandardNormal.sample(&mut self.0)
    }

    /// A Gamma number of the given shape and *rate* (mean `shape / rate`).
    ///
    /// # Panics
    /// When `shape` or `rate` is not positive and finite; both are constants of a model, never user input.
    pub fn gamma(&mut self, shape: f64, rate: f64) -> f64 {
        Gamma::new(shape, rate.recip())
            .unwrap_or_else(|e| panic!("Gamma(shape {shape}, rate {rate}): {e}"))
            .sample(&mut self.0)
    }

    /// `true` with probability `p` (clamped to `[0, 1]`).
    pub fn bernoulli(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// An index uniform on `0..n`; 0 for `n = 0`.
    pub fn below(&mut self, n: usize) -> usize {
        if n == 0 { 0 } else { self.0.random_range(0..n) }
    }

    /// The numbers `0..n` in random order.
    pub fn permutation(&mut self, n: usize) -> Vec<usize> {
        let mut order: Vec<usize> = (0..n).collect();
        order.shuffle(&mut self.0);
        order
    }

    /// `n` standard normal numbers in single precision.
    pub fn normals(&mut self, n: usize) -> Vec<f32> {
        let mut out = vec![0.0; n];
        self.fill_normal(&mut out);
        out
    }

    /// Fills `out` with standard normal numbers.
    pub fn fill_normal(&mut self, out: &mut [f32]) {
        for x in out {
            *x = StandardNormal.sample(&mut self.0);
        }
    }

    /// Fills `out` with standard normal numbers in double precision.
    pub fn fill_normal_f64(&mut self, out: &mut [f64]) {
        for x in out {
            *x = StandardNormal.sample(&mut self.0);
        }
    }

    /// The next 64 random bits: a seed for a child whose key is not known in advance.
    pub fn next_seed(&mut self) -> u64 {
        self.0.next_u64()
    }
}

/// 64-bit FNV-1a: turns the few purposes of the workspace into distinct words of the key.
fn fnv1a(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Mean and variance of many draws, to be compared within standard errors.
    fn moments(mut draw: impl FnMut() -> f64, n: usize) -> (f64, f64) {
        let xs: Vec<f64> = (0..n).map(|_| draw()).collect();
        let mean = xs.iter().sum::<f64>() / n as f64;
        (mean, xs.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / n as f64)
    }

    const GOLDEN: [u64; 2] = [7_380_433_075_778_476_523, 17_169_235_448_609_384_555];

    /// Exact: the key layout and the generator are a promise, runs of earlier versions rest on them.
    #[test]
    fn the_stream_of_a_key_never_changes() {
        let mut s = Stream::new(1, "golden", 2, 3);
        assert_eq!(s.next_seed(), GOLDEN[0]);
        assert_eq!(s.next_seed(), GOLDEN[1]);
    }

    /// Monte-Carlo class: 4 standard errors of each moment.
    #[test]
    fn draws_have_their_moments() {
        let n = 200_000;
        let se = |var: f64| 4.0 * (var / n as f64).sqrt();
        let mut s = Stream::new(5, "moments", 0, 0);
        let (m, v) = moments(|| s.uniform(), n);
        assert!((m - 0.5).abs() < se(1.0 / 12.0) && (v - 1.0 / 12.0).abs() < se(1.0 / 180.0));
        let (m, v) = moments(|| s.normal(), n);
        assert!(m.abs() < se(1.0) && (v - 1.0).abs() < se(2.0));
        // Gamma(10, rate 5): mean 2, variance 0.4, fourth central moment 3 k (k + 2) / rate^4 = 0.576.
        let (m, v) = moments(|| s.gamma(10.0, 5.0), n);
        assert!((m - 2.0).abs() < se(0.4) && (v - 0.4).abs() < se(0.576 - 0.16));
        let (m, _) = moments(|| f64::from(u8::from(s.bernoulli(0.3))), n);
        assert!((m - 0.3).abs() < se(0.21));
        let (m, _) = moments(|| s.below(10) as f64, n);
        assert!((m - 4.5).abs() < se(8.25));
    }

    proptest! {
        #[test]
        fn equal_keys_agree_and_unequal_ones_differ(
            seed: u64, item: u64, step: u64, purpose in "[a-z-]{1,12}", other in "[a-z-]{1,12}",
        ) {
            let draw = |seed, purpose: &str, item, step| Stream::new(seed, purpose, item, step).next_seed();
            let here = draw(seed, &purpose, item, step);
            prop_assert_eq!(here, draw(seed, &purpose, item, step));
            prop_assert_ne!(here, draw(seed.wrapping_add(1), &purpose, item, step));
            prop_assert_ne!(here, draw(seed, &purpose, item.wrapping_add(1), step));
            prop_assert_ne!(here, draw(seed, &purpose, item, step.wrapping_add(1)));
            if purpose != other {
                prop_assert_ne!(here, draw(seed, &other, item, step));
            }
        }

        #[test]
        fn a_permutation_holds_every_index_once(seed: u64, n in 0usize..200) {
            let mut order = Stream::new(seed, "order", 0, 0).permutation(n);
            order.sort_unstable();
            prop_assert_eq!(order, (0..n).collect::<Vec<_>>());
        }

        #[test]
        fn a_stream_does_not_depend_on_how_it_is_cut(seed: u64, cut in 0usize..50) {
            let whole = Stream::new(seed, "cut", 0, 0).normals(50);
            let mut s = Stream::new(seed, "cut", 0, 0);
            let mut parts = s.normals(cut);
            parts.extend(s.normals(50 - cut));
            prop_assert_eq!(whole, parts);
        }
    }
}
