//! Normal noise on a device, keyed per item: the noise of item k is the same alone and in a batch.

use counterfoil_random::Stream;
use tch::{Device, Tensor};

/// Standard normal noise of shape `[items, item_shape..]`, item by item from the stream
/// `(seed, purpose, item, step)`. Exact: a row depends on its own key alone.
pub fn normal(
    seed: u64,
    purpose: &str,
    items: &[u64],
    step: u64,
    item_shape: &[i64],
    device: Device,
) -> Tensor {
    let count = item_shape.iter().product::<i64>() as usize;
    let mut values = vec![0.0f32; items.len() * count];
    if count > 0 {
        for (row, item) in values.chunks_exact_mut(count).zip(items) {
            Stream::new(seed, purpose, *item, step).fill_normal(row);
        }
    }
    let shape: Vec<i64> =
        std::iter::once(items.len() as i64).chain(item_shape.iter().copied()).collect();
    Tensor::from_slice(&values).view(shape.as_slice()).to_device(device)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Exact class: rows are equal bit for bit, whatever stands beside them.
    #[test]
    fn a_row_is_the_same_alone_and_in_a_batch() {
        let batch = normal(5, "test", &[9, 4, 7], 2, &[1, 3, 2], Device::Cpu);
        let alone = normal(5, "test", &[4], 2, &[1, 3, 2], Device::Cpu);
        assert_eq!(batch.size(), [3, 1, 3, 2]);
        assert_eq!(batch.get(1), alone.get(0));
        assert_ne!(batch.get(0), alone.get(0));
        assert_eq!(normal(5, "test", &[], 0, &[2], Device::Cpu).size(), [0, 2]);
    }
}
