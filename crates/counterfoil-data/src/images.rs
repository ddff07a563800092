//! Many 8-bit images of one shape in one piece of memory.

use crate::{DataError, Result};

/// Images of equal shape, image after image, channel after channel, row by row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Images {
    shape: [usize; 4],
    pixels: Vec<u8>,
}

impl Images {
    /// Images of shape `[images, channels, height, width]` with values 0 to 255.
    ///
    /// # Errors
    /// [`DataError::Shape`] when the pixels are not as many as the shape says, or a side of an image is 0.
    pub fn new(shape: [usize; 4], pixels: Vec<u8>) -> Result<Self> {
        let size = shape.iter().try_fold(1usize, |size, side| size.checked_mul(*side));
        if size != Some(pixels.len()) || shape[1..].contains(&0) {
            return Err(DataError::Shape {
                what: "pixels of images [n, channels, height, width]",
                expected: format!("{shape:?}, no side of an image 0"),
                found: format!("{} values", pixels.len()),
            });
        }
        Ok(Self { shape, pixels })
    }

    /// How many images there are.
    pub fn len(&self) -> usize {
        self.shape[0]
    }

    /// `true` when there is none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// `[images, channels, height, width]`.
    pub fn shape(&self) -> [usize; 4] {
        self.shape
    }

    /// `[channels, height, width]`.
    pub fn image_shape(&self) -> [usize; 3] {
        let [_, channels, height, width] = self.shape;
        [channels, height, width]
    }

    /// The pixels of image `index`, in the order channel, row, column.
    ///
    /// # Panics
    /// When there is no such image.
    pub fn get(&self, index: usize) -> &[u8] {
        let size = self.image_shape().iter().product::<usize>();
        &self.pixels[index * size..(index + 1) * size]
    }

    /// Copies of the images at these indices, in this order; an index may repeat.
    ///
    /// # Panics
    /// When there is no image at an index.
    pub fn select(&self, indices: &[usize]) -> Self {
        let [_, channels, height, width] = self.shape;
        let mut pixels = Vec::with_capacity(indices.len() * channels * height * width);
        for &index in indices {
            pixels.extend_from_slice(self.get(index));
        }
        Self { shape: [indices.len(), channels, height, width], pixels }
    }

    /// All pixels, image after image.
    pub fn pixels(&self) -> &[u8] {
        &self.pixels
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_lie_one_after_the_other() {
        let images = Images::new([3, 1, 2, 2], (0..12).collect()).unwrap();
        assert_eq!(images.get(1), [4, 5, 6, 7]);
        let chosen = images.select(&[2, 0, 2]);
        assert_eq!(chosen.pixels(), [8, 9, 10, 11, 0, 1, 2, 3, 8, 9, 10, 11]);
        assert_eq!((chosen.len(), chosen.image_shape()), (3, [1, 2, 2]));
        assert!(images.select(&[]).is_empty());
    }

    #[test]
    fn shapes_are_checked() {
        assert!(Images::new([3, 1, 2, 2], vec![0; 11]).is_err());
        assert!(Images::new([3, 0, 2, 2], vec![]).is_err());
        assert!(Images::new([usize::MAX, 2, 2, 2], vec![]).is_err());
        assert!(Images::new([0, 1, 2, 2], vec![]).unwrap().is_empty());
    }
}
