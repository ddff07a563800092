//! A causal world: a structural model of the labels and a renderer that turns labels and noise into an image.

use crate::{DataError, Dataset, Images, Result};
use counterfoil_graph::Intervention;
use counterfoil_scm::Scm;
use ndarray::Array2;
use rayon::prelude::*;
use std::sync::Arc;

/// Everything about one image that its labels do not say: drawn once, kept under every intervention.
#[derive(Clone, Debug, PartialEq)]
pub struct Exogenous {
    /// The noise of each labelled variable's mechanism, in the graph's order.
    pub noise: Vec<f64>,
    /// Independent numbers that decide how the image looks beyond labels and class; the world knows their use.
    pub style: Vec<f64>,
    /// The class of the thing shown, where the world has classes.
    pub class: Option<u8>,
}

/// How the labelled variables can be measured on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gauge {
    /// Bright strokes on black: `intensity` is the grey level of the strokes, and every other variable is one of their
    /// form, to be read where brightness cannot be seen and wherever in the image they stand.
    Strokes,
    /// A scene: a variable may be a place, a length or a colour, to be read from the image as it is.
    Scene,
}

/// A world whose images are a pure function of labels and exogenous noise.
///
/// Contract: `draw` depends on its arguments alone, with `index` as the item of the random stream, so that image
/// `k` is the same in a data set of any size and on any thread; `render` depends on its arguments alone and
/// writes every pixel. Counterfactuals are exact because both hold.
pub trait World: Send + Sync {
    /// The name, as configurations and reports write it.
    fn name(&self) -> &str;

    /// The true structural model of the labels; its graph is the world's graph.
    fn scm(&self) -> &Scm;

    /// `[channels, height, width]`, each at least 1.
    fn image_shape(&self) -> [usize; 3];

    /// How many classes there are; 0 for a world without.
    fn class_count(&self) -> usize {
        0
    }

    /// How the labelled variables can be measured on an image.
    fn gauge(&self) -> Gauge {
        Gauge::Scene
    }

    /// Whether classes and labels go together in some of the images, so that one could be read off the other.
    fn class_tells_labels(&self) -> bool {
        false
    }

    /// The exogenous noise of image `index` under `seed`.
    fn draw(&self, seed: u64, index: u64) -> Exogenous;

    /// Renders the image that labels `values` (in the graph's order and units) and the noise lead to.
    ///
    /// `pixels` has the length of the image shape's product, in the order channel, row, column.
    fn render(&self, values: &[f64], exogenous: &Exogenous, pixels: &mut [u8]);
}

/// Draws `n` images of a world, in parallel on rayon's current pool.
///
/// Image `k` depends on the seed and `k` alone. Complexity: `n` draws and renderings.
///
/// # Errors
/// [`DataError::Shape`] when `n` is 0, or the world has no labelled variable or no pixel.
pub fn generate(world: impl World + 'static, n: usize, seed: u64) -> Result<Dataset> {
    let world: Arc<dyn World> = Arc::new(world);
    let [channels, height, width] = world.image_shape();
    let (size, variables) = (channels * height * width, world.scm().dag().len());
    if n == 0 || variables == 0 || size == 0 {
        return Err(DataError::Shape {
            what: "data set of a world",
            expected: "at least one image, one labelled variable and one pixel".into(),
            found: format!("{n} images, {variables} variables, {size} pixels"),
        });
    }
    let mut pixels = vec![0; n * size];
    let mut labels = vec![0.0; n * variables];
    let mut classes = vec![0; n];
    pixels
        .par_chunks_exact_mut(size)
        .zip(labels.par_chunks_exact_mut(variables))
        .zip(&mut classes)
        .enumerate()
        .for_each(|(index, ((image, label), class))| {
            let exogenous = world.draw(seed, index as u64);
            let values = world.scm().predict(&exogenous.noise, &Intervention::none());
            world.render(&values, &exogenous, image);
            label.copy_from_slice(&values);
            *class = exogenous.class.unwrap_or(0);
        });
    let images = Images::new([n, channels, height, width], pixels)?;
    let labels = Array2::from_shape_vec((n, variables), labels)
        .unwrap_or_else(|e| unreachable!("n x variables values were made: {e}"));
    let classes = (world.class_count() > 0).then_some(classes);
    Dataset::of_world(world, seed, images, labels, classes)
}
