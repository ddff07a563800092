//! How long DCI with boosted trees takes: `cargo run --release -p counterfoil-metrics --example time_boosted_dci`.
//!
//! Codes are normal draws of which the factors are sums of two and a square; 10,000 rows, 64 codes, 4 factors. Run with
//! `RAYON_NUM_THREADS=1` for the time on one thread; the scores do not change.
#![expect(clippy::print_stdout, reason = "an example talks to its user")]

use std::time::Instant;

use counterfoil_metrics::{MetricsError, disentanglement::dci_boosted, trees::Boosting};
use counterfoil_random::Stream;
use ndarray::Array2;

fn main() -> Result<(), MetricsError> {
    let mut stream = Stream::new(1, "time-boosted-dci", 0, 0);
    let codes = Array2::from_shape_fn((10_000, 64), |_| stream.normal());
    let factors = Array2::from_shape_fn((10_000, 4), |(row, factor)| {
        codes[(row, factor)].powi(2) + codes[(row, 8 + factor)] + 0.1 * stream.normal()
    });
    let start = Instant::now();
    let dci = dci_boosted(&codes, &factors, &Boosting::default(), 1)?;
    println!(
        "{:.2} s, disentanglement {:.17}, completeness {:.17}",
        start.elapsed().as_secs_f64(),
        dci.disentanglement.overall,
        dci.completeness.overall
    );
    Ok(())
}
