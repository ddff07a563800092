//! The real files, where they are at hand: `COUNTERFOIL_MORPHOMNIST=DIR cargo test -p counterfoil-data -- --ignored`.

use counterfoil_data::{Split, morphomnist};
use std::path::PathBuf;

/// Content hash of the public files, whose SHA-256 sums are 13163afd... (images), c3a7e01f... (digits) and
/// 426911a6... (labels).
const HASH: &str = "2c0c1ed99fb37179d6f34d05a85993507a03bfb34c18be2314c78d436ea9fdcf";

/// Exact counts; the measured error is that of rounding and clipping in the published images.
#[test]
#[ignore = "needs the real data: set COUNTERFOIL_MORPHOMNIST to their folder"]
fn the_public_test_part_is_as_published() {
    let folder =
        PathBuf::from(std::env::var_os("COUNTERFOIL_MORPHOMNIST").expect("the folder is set"));
    let data = morphomnist::load(&folder).unwrap();
    assert_eq!(data.images().shape(), [10_000, 1, 28, 28]);
    let mut counts = [0; 10];
    for class in data.classes().unwrap() {
        counts[usize::from(*class)] += 1;
    }
    assert_eq!(counts, [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]);
    assert_eq!(data.labels().row(0).to_vec(), [2.2673757, 145.269]);
    assert_eq!(data.hash(), HASH);

    // The labels lie in the support of the attached model: every noise can be abducted.
    let model = data.scm().unwrap();
    for row in data.labels().rows() {
        model.abduct(&row.to_vec()).unwrap();
    }

    let error: f64 = (0..data.len())
        .map(|k| {
            let image = data.images().get(k);
            let half = f64::from(image.iter().copied().max().unwrap()) / 2.0;
            let mut ink: Vec<u8> = image.iter().copied().filter(|p| f64::from(*p) > half).collect();
            ink.sort_unstable();
            let n = ink.len();
            let median = f64::midpoint(f64::from(ink[(n - 1) / 2]), f64::from(ink[n / 2]));
            (median - data.labels()[[k, 1]]).abs()
        })
        .sum::<f64>()
        / data.len() as f64;
    assert!((error - 0.51).abs() < 0.02, "measured intensity misses the label by {error}");

    let split = Split::seeded(data.len(), [8_000, 1_000, 1_000], 0).unwrap();
    assert_eq!(split.train.len() + split.validation.len() + split.test.len(), data.len());
}
