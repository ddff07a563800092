//! What parts of the code tell of labels that they should not carry: the unlabelled blocks and the noise x_T.
//!
//! An intervention changes the labelled blocks alone. Whatever the rest still knows of thickness or brightness pulls the
//! counterfactual back to the fact, so it is measured: by a probe on images it never saw, and as mutual information.

use counterfoil_metrics::{
    information::mutual_information,
    probe::{Features, probe},
    statistics::mean,
};
use indexmap::IndexMap;
use ndarray::{Array1, Array2, Axis, s};

use super::{draw::Labelled, scalars, summary::Leak};

/// Neighbours of the estimate of mutual information.
const NEIGHBOURS: usize = 4;
/// Images that are looked at; the cost grows with their square.
const IMAGES: usize = 512;

/// Leaks of a block (one image per row) by variable: probe on its columns and their products, mutual information of the
/// most telling column.
pub fn of_block(
    block: &Array2<f64>,
    variables: &[Labelled],
    labels: &[Vec<f64>],
    seed: u64,
) -> IndexMap<String, Leak> {
    let block = first(block);
    leaks(variables, labels, block.nrows(), |label| Leak {
        r2: probe(&block, label, Features::Quadratic, seed).ok().map(|p| p.r2),
        mutual_information: most_telling(&block, label),
    })
}

/// Leaks of noise (one image per row, one pixel a column) by variable: a linear probe on the pixels, mutual information
/// of the most telling moment (mean, spread, mean size).
pub fn of_noise(
    noise: &Array2<f64>,
    variables: &[Labelled],
    labels: &[Vec<f64>],
    seed: u64,
) -> IndexMap<String, Leak> {
    let noise = first(noise);
    let moments = Array2::from_shape_fn((noise.nrows(), 3), |(row, moment)| {
        let pixels = noise.row(row);
        let count = pixels.len() as f64;
        let mean = pixels.sum() / count;
        match moment {
            0 => mean,
            1 => pixels.mapv(|x| (x - mean).powi(2)).sum() / count,
            _ => pixels.mapv(f64::abs).sum() / count,
        }
    });
    leaks(variables, labels, noise.nrows(), |label| Leak {
        r2: probe(&noise, label, Features::Linear, seed).ok().map(|p| p.r2),
        mutual_information: most_telling(&moments, label),
    })
}

fn first(block: &Array2<f64>) -> Array2<f64> {
    block.slice(s![..block.nrows().min(IMAGES), ..]).to_owned()
}

fn leaks(
    variables: &[Labelled],
    labels: &[Vec<f64>],
    images: usize,
    leak: impl Fn(&Array1<f64>) -> Leak,
) -> IndexMap<String, Leak> {
    let of = |v: &Labelled| {
        let label: Array1<f64> = labels.iter().take(images).map(|values| values[v.data]).collect();
        let found: Vec<Leak> = scalars::of_values(&v.variable, &label).iter().map(&leak).collect();
        let r2: Vec<f64> = found.iter().filter_map(|leak| leak.r2).collect();
        let told = found.iter().filter_map(|leak| leak.mutual_information);
        let of_variable =
            Leak { r2: mean(&r2).ok(), mutual_information: told.max_by(f64::total_cmp) };
        (v.name().to_owned(), of_variable)
    };
    variables.iter().map(of).collect()
}

/// The largest mutual information of one column with the label.
fn most_telling(block: &Array2<f64>, label: &Array1<f64>) -> Option<f64> {
    let label = label.clone().insert_axis(Axis(1));
    let of = |column| {
        let column = block.column(column).to_owned().insert_axis(Axis(1));
        mutual_information(&column, &label, NEIGHBOURS).ok()
    };
    (0..block.ncols()).filter_map(of).max_by(f64::total_cmp)
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_random::Stream;
    use counterfoil_scm::morphomnist as world;

    /// Monte-Carlo over 400 images: a block that holds thickness is found out, one of noise is not.
    #[test]
    fn a_leak_is_found_and_noise_is_not() {
        let scm = world::model();
        let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
        let labels: Vec<Vec<f64>> =
            (0..400).map(|k| scm.sample(&mut Stream::new(2, "labels", k, 0)).values).collect();
        let block = |carried: f64| {
            Array2::from_shape_fn((400, 4), |(image, column)| {
                let noise = Stream::new(2, "block", image as u64, column as u64).normal();
                if column == 2 { carried * labels[image][0] + 0.1 * noise } else { noise }
            })
        };
        for of in [of_block, of_noise] {
            let found = of(&block(1.0), &variables, &labels, 1)["thickness"];
            assert!(found.r2.unwrap() > 0.9, "{found:?}");
            let none = of(&block(0.0), &variables, &labels, 1)["thickness"];
            assert!(none.r2.unwrap() < 0.1 && none.mutual_information.unwrap() < 0.15, "{none:?}");
        }
        let found = of_block(&block(1.0), &variables, &labels, 1);
        assert!(found["thickness"].mutual_information.unwrap() > 1.0, "{found:?}");
    }
}
