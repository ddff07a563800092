//! What ranks do with their two operations.

use counterfoil_tensor::ParameterStore;
use serde::{Serialize, de::DeserializeOwned};
use tch::{Device, Tensor};

use super::Ranks;
use crate::error::{ExperimentError, Result};

/// Adds up the gradients of all ranks, and in the same message the terms of the loss.
pub(crate) fn agree_on_gradient<N>(
    ranks: &dyn Ranks,
    weights: &ParameterStore,
    terms: &mut [(N, f64)],
) -> Result<()> {
    if ranks.count() == 1 {
        return Ok(());
    }
    let mut gradient = weights.flat().grad();
    let mut flat = if gradient.defined() {
        Vec::<f32>::try_from(gradient.to_device(Device::Cpu))?
    } else {
        Vec::new()
    };
    let length = flat.len();
    flat.extend(terms.iter().map(|(_, value)| *value as f32));
    ranks.sum(&mut flat);
    for ((_, value), sum) in terms.iter_mut().zip(&flat[length..]) {
        *value = f64::from(*sum);
    }
    if length > 0 {
        tch::no_grad(|| gradient.f_copy_(&Tensor::from_slice(&flat[..length])))?;
    }
    Ok(())
}

/// The sums over all ranks of numbers by name; a rank that lacks one of rank 0's adds nothing to it.
pub(crate) fn added(ranks: &dyn Ranks, own: Vec<(String, f64)>) -> Result<Vec<(String, f64)>> {
    if ranks.count() == 1 {
        return Ok(own);
    }
    let names: Vec<String> = told(ranks, own.iter().map(|(name, _)| name.clone()).collect())?;
    let of = |name: &String| own.iter().find(|(n, _)| n == name).map_or(0.0, |(_, v)| *v as f32);
    let mut sums: Vec<f32> = names.iter().map(of).collect();
    ranks.sum(&mut sums);
    Ok(names.into_iter().zip(sums.into_iter().map(f64::from)).collect())
}

/// For each of several questions whether any rank says yes.
pub(crate) fn any<const N: usize>(ranks: &dyn Ranks, answers: [bool; N]) -> [bool; N] {
    let mut votes = answers.map(|answer| f32::from(u8::from(answer)));
    ranks.sum(&mut votes);
    votes.map(|votes| votes > 0.0)
}

/// What rank 0 knows, on every rank; what the others hand in is not looked at.
pub(crate) fn told<T: Serialize + DeserializeOwned>(ranks: &dyn Ranks, known: T) -> Result<T> {
    if ranks.count() == 1 {
        return Ok(known);
    }
    let garbled = |error: serde_json::Error| ExperimentError::Ranks {
        reason: format!("cannot understand each other: {error}; start all from the same binary"),
    };
    let said = ranks.tell(serde_json::to_vec(&known).map_err(garbled)?);
    serde_json::from_slice(&said).map_err(garbled)
}

/// An error on every rank when one of them holds other weights than rank 0, to the bit.
pub(crate) fn expect_same(ranks: &dyn Ranks, weights: &ParameterStore, step: u64) -> Result<()> {
    if ranks.count() == 1 {
        return Ok(());
    }
    let numbers = Vec::<f32>::try_from(weights.flat().detach().to_device(Device::Cpu))?;
    let mut hasher = blake3::Hasher::new();
    numbers.chunks(1 << 16).for_each(|chunk| {
        let bytes: Vec<u8> = chunk.iter().flat_map(|number| number.to_le_bytes()).collect();
        hasher.update(&bytes);
    });
    let own = hasher.finalize().to_hex().to_string();
    let [differ] = any(ranks, [told(ranks, own.clone())? != own]);
    if !differ {
        return Ok(());
    }
    let reason = format!(
        "hold different weights after step {step}: their processors or libraries compute differently; use \
         machines of one kind, and resume from the last checkpoint"
    );
    Err(ExperimentError::Ranks { reason })
}
