//! From the text of `--device` to a libtorch device that is really there.

use crate::TensorError;
use tch::{Cuda, Device};

/// Reads `cpu`, `cuda`, `cuda:N` or `auto` (the first GPU when there is one, otherwise the CPU).
///
/// # Errors
/// When the text is none of these, or the GPU does not exist on this machine.
pub fn parse_device(text: &str) -> Result<Device, TensorError> {
    let unknown = || TensorError::UnknownDevice { given: text.to_owned() };
    let index = match text {
        "cpu" => return Ok(Device::Cpu),
        "auto" => return Ok(Device::cuda_if_available()),
        "cuda" => 0,
        _ => text.strip_prefix("cuda:").and_then(|n| n.parse().ok()).ok_or_else(unknown)?,
    };
    let count = if Cuda::is_available() { Cuda::device_count() } else { 0 };
    if (index as i64) < count {
        return Ok(Device::Cuda(index));
    }
    let found = match count {
        0 => "libtorch sees no GPU".to_owned(),
        n => format!("libtorch sees {n} GPU(s), numbered from 0"),
    };
    Err(TensorError::MissingDevice { given: text.to_owned(), found })
}

/// The text that [`parse_device`] reads back: `cpu` or `cuda:N`.
pub fn device_name(device: Device) -> String {
    match device {
        Device::Cuda(index) => format!("cuda:{index}"),
        _ => "cpu".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_device_name_is_read_or_refused_with_the_fix() {
        assert_eq!(parse_device("cpu").unwrap(), Device::Cpu);
        let auto = parse_device("auto").unwrap();
        assert_eq!(parse_device(&device_name(auto)).unwrap(), auto);
        for text in ["gpu", "cuda:x", "cuda:", "", "cpu:0"] {
            let message = parse_device(text).unwrap_err().to_string();
            assert!(
                message.contains(&format!("`{text}`")) && message.contains("auto"),
                "{message}"
            );
        }
        let message = parse_device("cuda:4096").unwrap_err().to_string();
        assert!(message.contains("cuda:4096") && message.contains("--device cpu"), "{message}");
    }
}
