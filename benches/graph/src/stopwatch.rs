//! Timing of things that take from nanoseconds to seconds, and what becomes of many such times.

use std::{
    hint::black_box,
    time::{Duration, Instant},
};

/// A batch takes at least so long that reading the clock does not count.
const BATCH: Duration = Duration::from_micros(20);
/// Of so many batches the fastest counts: what else runs on a machine only ever adds time.
const BATCHES: usize = 5;
/// After so long there is no further batch.
const ENOUGH: Duration = Duration::from_millis(500);

/// How many seconds one call of `run` takes when it is called again and again.
pub fn seconds<T>(mut run: impl FnMut() -> T) -> f64 {
    let mut batch = |calls: u32| {
        let start = Instant::now();
        for _ in 0..calls {
            black_box(run());
        }
        start.elapsed()
    };
    let start = Instant::now();
    let mut calls = 1;
    let mut fastest = batch(calls);
    while fastest < BATCH {
        calls *= 2;
        fastest = batch(calls);
    }
    for _ in 1..BATCHES {
        if start.elapsed() > ENOUGH {
            break;
        }
        fastest = fastest.min(batch(calls));
    }
    fastest.as_secs_f64() / f64::from(calls)
}

/// Times of many questions of one kind, in seconds.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// How many there are.
    pub count: usize,
    /// Half of them take no longer.
    pub median: f64,
    /// Nineteen of twenty take no longer.
    pub p95: f64,
    /// None takes longer.
    pub worst: f64,
}

impl Spread {
    /// The spread of some times; that of none is zero throughout.
    pub fn of(mut times: Vec<f64>) -> Self {
        times.sort_by(f64::total_cmp);
        let at = |share: f64| {
            let last = times.len().saturating_sub(1);
            times.get((share * last as f64).round() as usize).copied().unwrap_or(0.0)
        };
        Self { count: times.len(), median: at(0.5), p95: at(0.95), worst: at(1.0) }
    }
}

/// A time with a unit that suits it: `0.41 us`, `3.2 ms`.
pub fn readable(seconds: f64) -> String {
    let (value, unit) = if seconds < 1e-3 {
        (seconds * 1e6, "us")
    } else if seconds < 1.0 {
        (seconds * 1e3, "ms")
    } else {
        (seconds, "s")
    };
    let digits = if value < 10.0 { 2 } else { usize::from(value < 100.0) };
    format!("{value:.digits$} {unit}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_spread_is_read_off_the_sorted_times() {
        let spread = Spread::of((1..=101).rev().map(f64::from).collect());
        assert_eq!(
            (spread.count, spread.median, spread.p95, spread.worst),
            (101, 51.0, 96.0, 101.0)
        );
        assert_eq!(Spread::of(Vec::new()).worst, 0.0);
    }

    #[test]
    fn times_are_written_with_their_units() {
        let all = [4.1e-7, 3.25e-5, 1.234e-4, 0.0032, 2.5].map(readable);
        assert_eq!(all, ["0.41 us", "32.5 us", "123 us", "3.20 ms", "2.50 s"]);
    }
}
