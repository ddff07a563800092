//! Contact sheets: many small images side by side in one picture.

use crate::{DataError, Exogenous, Result, World, png::Picture};
use counterfoil_graph::Intervention;

/// How a contact sheet is laid out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Images in a row.
    pub columns: usize,
    /// Pixels between images and around them, before scaling.
    pub padding: usize,
    /// Side of the square that one pixel becomes.
    pub scale: usize,
    /// Value of every channel between the images.
    pub background: u8,
}

impl Default for Layout {
    /// Ten images in a row, two pixels apart on dark grey, at twice their size.
    fn default() -> Self {
        Self { columns: 10, padding: 2, scale: 2, background: 48 }
    }
}

/// Lays images of equal shape `[channels, height, width]` out row by row; the last row may be short.
///
/// ```
/// use counterfoil_data::sheet::{self, Layout};
///
/// let (black, white) = ([0; 4], [255; 4]);
/// let layout = Layout { columns: 2, padding: 1, scale: 3, background: 48 };
/// let sheet = sheet::compose([1, 2, 2], &[&black, &white, &white], &layout)?;
/// assert_eq!((sheet.width(), sheet.height()), (21, 21));
/// # Ok::<(), counterfoil_data::DataError>(())
/// ```
///
/// # Errors
/// [`DataError::Shape`] when there is no image, an image has another size than `shape` says, the number of
/// channels is not 1, 3 or 4, or `columns` or `scale` is 0.
pub fn compose(shape: [usize; 3], images: &[&[u8]], layout: &Layout) -> Result<Picture> {
    let [channels, height, width] = shape;
    let &Layout { columns, padding, scale, background } = layout;
    if images.is_empty() || columns == 0 || scale == 0 {
        return Err(DataError::Shape {
            what: "contact sheet",
            expected: "at least one image, column and pixel of scale".into(),
            found: format!("{} images, {columns} columns, scale {scale}", images.len()),
        });
    }
    let (cell_width, cell_height) = (width + padding, height + padding);
    let sheet_width = (columns * cell_width + padding) * scale;
    let sheet_height = (images.len().div_ceil(columns) * cell_height + padding) * scale;
    let mut pixels = vec![background; sheet_width * sheet_height * channels];
    for (k, image) in images.iter().enumerate() {
        let tile = Picture::from_planes(shape, image)?;
        let left = (k % columns * cell_width + padding) * scale;
        let top = (k / columns * cell_height + padding) * scale;
        for y in 0..height * scale {
            for x in 0..width * scale {
                let from = (y / scale * width + x / scale) * channels;
                let to = ((top + y) * sheet_width + left + x) * channels;
                pixels[to..to + channels].copy_from_slice(&tile.pixels()[from..from + channels]);
            }
        }
    }
    Picture::new(sheet_width, sheet_height, channels, pixels)
}

/// A picture of a world: two rows of its images, then one row a variable, in which one image has that variable set from
/// the lower to the upper end of its declared range and everything else follows.
///
/// # Errors
/// [`DataError::Shape`] when `columns` is 0; a range that reaches beyond its variable's domain.
pub fn of_world(world: &dyn World, seed: u64, layout: &Layout) -> Result<Picture> {
    let dag = world.scm().dag();
    let columns = layout.columns;
    let draw = |exogenous: &Exogenous, action: &Intervention| {
        let values = world.scm().predict(&exogenous.noise, action);
        let mut pixels = vec![0; world.image_shape().iter().product()];
        world.render(&values, exogenous, &mut pixels);
        pixels
    };
    let random = 0..2 * columns as u64;
    let mut images: Vec<Vec<u8>> =
        random.map(|k| draw(&world.draw(seed, k), &Intervention::none())).collect();
    let shown = world.draw(seed, 0);
    for index in 0..dag.len() {
        let (low, high) = dag.variable(index).range();
        for k in 0..columns {
            let share = k as f64 / (columns.max(2) - 1) as f64;
            let value = low + (high - low) * share;
            let action = Intervention::from_pairs(dag, [(index, value)])?;
            images.push(draw(&shown, &action));
        }
    }
    let images: Vec<&[u8]> = images.iter().map(Vec::as_slice).collect();
    compose(world.image_shape(), &images, layout)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        /// Exact: every pixel of every image is found again where the layout puts it, the rest is background.
        #[test]
        fn every_image_stands_in_its_cell(
            n in 1usize..9, columns in 1usize..5, padding in 0usize..3, scale in 1usize..4, colour: bool,
        ) {
            let shape @ [c, h, w] = [if colour { 3 } else { 1 }, 2, 3];
            let tiles: Vec<Vec<u8>> =
                (0..n).map(|k| (0..c * h * w).map(|i| (100 + k * 18 + i) as u8).collect()).collect();
            let views: Vec<&[u8]> = tiles.iter().map(Vec::as_slice).collect();
            let layout = Layout { columns, padding, scale, background: 5 };
            let sheet = compose(shape, &views, &layout).unwrap();
            let mut covered = 0;
            for (k, tile) in tiles.iter().enumerate() {
                let (row, column) = (k / columns, k % columns);
                for y in 0..h * scale {
                    for x in 0..w * scale {
                        let sx = (column * (w + padding) + padding) * scale + x;
                        let sy = (row * (h + padding) + padding) * scale + y;
                        for channel in 0..c {
                            let found = sheet.pixels()[(sy * sheet.width() + sx) * c + channel];
                            prop_assert_eq!(found, tile[channel * h * w + y / scale * w + x / scale]);
                            covered += 1;
                        }
                    }
                }
            }
            let blank: usize = sheet.pixels().iter().map(|p| usize::from(*p == 5)).sum();
            prop_assert_eq!(blank + covered, sheet.pixels().len());
        }
    }

    #[test]
    fn bad_layouts_are_refused() {
        let tile: &[u8] = &[0; 4];
        let layout = Layout::default();
        assert!(compose([1, 2, 2], &[], &layout).is_err());
        assert!(compose([1, 2, 2], &[tile, &tile[..3]], &layout).is_err());
        assert!(compose([1, 2, 2], &[tile], &Layout { columns: 0, ..layout }).is_err());
        assert!(compose([1, 2, 2], &[tile], &Layout { scale: 0, ..layout }).is_err());
    }
}
