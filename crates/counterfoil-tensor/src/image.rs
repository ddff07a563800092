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

    #[test]
    fn a_wrong_shape_is_named_with_both_sizes() {
        let message = to_tensor(&[0; 5], [1, 1, 2, 2], Device::Cpu).unwrap_err().to_string();
        assert!(message.contains("[5]") && message.contains("[1, 1, 2, 2]"), "{message}");
    }
}
