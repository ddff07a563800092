//! Between 8-bit pixels and tensors: images live in [-1, 1] inside the workspace.

use crate::TensorError;
use tch::{Device, Kind, Tensor};

/// Pixels 0..=255 of shape `[n, channels, height, width]` as a float tensor in `[-1, 1]`.
///
/// # Errors
/// When the number of pixels is not the product of the shape.
pub fn to_tensor(pixels: &[u8], shape: [usize; 4], device: Device) -> Result<Tensor, TensorError> {
    if pixels.len() != shape.iter().product::<usize>() {
        return Err(TensorError::Shape {
            what: "the pixel buffer".to_owned(),
            found: vec![pixels.len() as i64],
            expected: shape.map(|n| n as i64).to_vec(),
        });
    }
    let bytes = Tensor::from_slice(pixels).view(shape.map(|n| n as i64)).to_device(device);
    Ok(bytes.to_kind(Kind::Float) / 127.5 - 1.0)
}

/// The nearest pixels 0..=255 of a tensor in `[-1, 1]`; values outside are clamped.
///
/// # Errors
/// When libtorch cannot copy the tensor to the CPU.
pub fn to_pixels(images: &Tensor) -> Result<Vec<u8>, TensorError> {
    let scaled = (images.detach().to_kind(Kind::Float) + 1.0) * 127.5;
    let bytes = scaled.round().clamp(0.0, 255.0).to_kind(Kind::Uint8).to_device(Device::Cpu);
    Ok(Vec::<u8>::try_from(bytes.contiguous().view([-1]))?)
}

/// Each image of `[n, c, h, w]` moved by its own number of whole pixels `(down, right)`; what comes in from outside has
/// the value `fill`. Exact: no pixel is interpolated.
///
/// # Errors
/// When there is not one shift an image.
pub fn shifted(images: &Tensor, shifts: &[(i64, i64)], fill: f64) -> Result<Tensor, TensorError> {
    let [n, c, h, w] = images.size()[..] else {
        return Err(TensorError::Shape {
            what: "the images to shift".to_owned(),
            found: images.size(),
            expected: vec![-1, -1, -1, -1],
        });
    };
    if shifts.len() as i64 != n {
        return Err(TensorError::Shape {
            what: "the list of shifts".to_owned(),
            found: vec![shifts.len() as i64],
            expected: vec![n],
        });
    }
    let margin = shifts.iter().map(|(down, right)| down.abs().max(right.abs())).max().unwrap_or(0);
    let padded = images.f_pad([margin; 4], "constant", fill)?;
    let device = images.device();
    // Row r of the result is row r - down of the image, which stands `margin` lower in the padded one.
    let places = |along: fn(&(i64, i64)) -> i64, length: i64| {
        let first: Vec<i64> = shifts.iter().map(|shift| margin - along(shift)).collect();
        let first = Tensor::from_slice(&first).to_device(device).view([-1, 1]);
        first + Tensor::arange(length, (Kind::Int64, device))
    };
    let wide = w + 2 * margin;
    let rows = places(|shift| shift.0, h).view([n, 1, h, 1]).expand([n, c, h, wide], false);
    let columns = places(|shift| shift.1, w).view([n, 1, 1, w]).expand([n, c, h, w], false);
    Ok(padded.f_gather(2, &rows, false)?.f_gather(3, &columns, false)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_pixel_value_survives_the_round_trip() {
        let pixels: Vec<u8> = (0..=255).collect();
        let tensor = to_tensor(&pixels, [4, 1, 8, 8], Device::Cpu).unwrap();
        assert_eq!((tensor.min().double_value(&[]), tensor.max().double_value(&[])), (-1.0, 1.0));
        assert_eq!(to_pixels(&tensor).unwrap(), pixels);
        assert_eq!(to_pixels(&Tensor::from_slice(&[-3.0f32, 7.0])).unwrap(), [0, 255]);
    }

    /// Exact: each pixel of each image is the one that its own shift says.
    #[test]
    fn images_move_by_whole_pixels_each_by_its_own() {
        let (n, c, h, w) = (3, 2, 4, 5);
        let images = Tensor::arange(n * c * h * w, (Kind::Float, Device::Cpu)).view([n, c, h, w]);
        let shifts = [(0, 0), (1, -2), (-3, 4)];
        let moved = shifted(&images, &shifts, -1.0).unwrap();
        for (i, (down, right)) in shifts.into_iter().enumerate() {
            for (channel, row, column) in
                (0..c).flat_map(|k| (0..h).flat_map(move |r| (0..w).map(move |q| (k, r, q))))
            {
                let (from, at) = (row - down, column - right);
                let inside = (0..h).contains(&from) && (0..w).contains(&at);
                let expected =
                    if inside { images.double_value(&[i as i64, channel, from, at]) } else { -1.0 };
                assert_eq!(moved.double_value(&[i as i64, channel, row, column]), expected);
            }
        }
        assert!(shifted(&images, &shifts[..2], 0.0).unwrap_err().to_string().contains("[2]"));
    }

    #[test]
    fn a_wrong_shape_is_named_with_both_sizes() {
        let message = to_tensor(&[0; 5], [1, 1, 2, 2], Device::Cpu).unwrap_err().to_string();
        assert!(message.contains("[5]") && message.contains("[1, 1, 2, 2]"), "{message}");
    }
}
