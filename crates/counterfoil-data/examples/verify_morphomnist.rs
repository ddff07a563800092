//! Checks a folder of the real Morpho-MNIST files against what was published of them:
//! `cargo run --release -p counterfoil-data --example verify_morphomnist -- FOLDER`.

use counterfoil_data::{Dataset, morphomnist};
use std::{error::Error, path::Path};

/// Content hash of the public test part, whose SHA-256 sums begin 13163afd (images), c3a7e01f (digits) and 426911a6
/// (labels).
const HASH: &str = "2c0c1ed99fb37179d6f34d05a85993507a03bfb34c18be2314c78d436ea9fdcf";

fn main() -> Result<(), Box<dyn Error>> {
    let folder = std::env::args().nth(1).ok_or("give the folder of the files")?;
    let data = morphomnist::load(Path::new(&folder))?;
    let model = data.scm().ok_or("the label model is not attached")?;
    // Every label lies in the support of the attached model, so that every noise can be abducted.
    for row in data.labels().rows() {
        model.abduct(&row.to_vec())?;
    }
    let error = mean_intensity_error(&data);
    #[expect(clippy::print_stdout, reason = "printing is what this program does")]
    {
        println!("{} images, content {}", data.len(), data.hash());
        println!("the public test part: {}", if data.hash() == HASH { "yes" } else { "no" });
        println!("median ink against intensity label: {error:.2} grey levels (0.51 as published)");
    }
    Ok(())
}

/// Mean absolute difference of the median of the bright pixels from the intensity label.
fn mean_intensity_error(data: &Dataset) -> f64 {
    let error = |k: usize| {
        let image = data.images().get(k);
        let half = f64::from(image.iter().copied().max().unwrap_or(0)) / 2.0;
        let mut ink: Vec<u8> = image.iter().copied().filter(|p| f64::from(*p) > half).collect();
        ink.sort_unstable();
        let middle = |at: usize| ink.get(at).copied().map_or(0.0, f64::from);
        let median = f64::midpoint(middle(ink.len().saturating_sub(1) / 2), middle(ink.len() / 2));
        (median - data.labels()[[k, 1]]).abs()
    };
    (0..data.len()).map(error).sum::<f64>() / data.len().max(1) as f64
}
