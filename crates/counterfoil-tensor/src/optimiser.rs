//! AdamW and gradient clipping over the flat parameter vector.

use crate::{ParameterStore, TensorError, error::expect_shape};
use serde::{Deserialize, Serialize};
use tch::Tensor;

/// The constants of AdamW.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AdamWConfig {
    /// Decay of the first moment.
    pub beta1: f64,
    /// Decay of the second moment.
    pub beta2: f64,
    /// Added to the root of the second moment.
    pub epsilon: f64,
    /// Decoupled weight decay, per step and unit learning rate.
    pub weight_decay: f64,
}

impl Default for AdamWConfig {
    fn default() -> Self {
        Self { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weight_decay: 0.0 }
    }
}

/// AdamW (Loshchilov and Hutter 2019, algorithm 2) with bias correction, as PyTorch computes it.
///
/// The state is two vectors as long as the parameters, and a count.
#[derive(Debug)]
pub struct AdamW {
    config: AdamWConfig,
    mean: Tensor,
    square: Tensor,
    steps: u64,
    /// `(start, length, factor)` of parts with a learning rate of their own.
    rates: Vec<(i64, i64, f64)>,
}

impl AdamW {
    /// A fresh optimiser of `store`.
    pub fn new(store: &ParameterStore, config: AdamWConfig) -> Self {
        let zeros = || store.flat().detach().zeros_like();
        Self { config, mean: zeros(), square: zeros(), steps: 0, rates: Vec::new() }
    }

    /// The same with the learning rate of parameters whose name begins with `prefix` multiplied by `factor`.
    #[must_use]
    pub fn with_rate(mut self, store: &ParameterStore, prefix: &str, factor: f64) -> Self {
        let runs = store.layout().runs(|name| name.starts_with(prefix));
        self.rates.extend(runs.into_iter().map(|(start, length)| (start, length, factor)));
        self
    }

    /// Moves the parameters against their gradient and forgets the gradient. Without a gradient nothing happens.
    pub fn step(&mut self, store: &ParameterStore, learning_rate: f64) {
        let gradient = store.flat().grad();
        if !gradient.defined() {
            return;
        }
        self.steps += 1;
        let AdamWConfig { beta1, beta2, epsilon, weight_decay } = self.config;
        let exponent = self.steps as f64;
        let (c1, c2) = (1.0 - beta1.powf(exponent), 1.0 - beta2.powf(exponent));
        tch::no_grad(|| {
            let _ = self.mean.lerp_(&gradient, 1.0 - beta1);
            let _ = self.square.lerp_(&gradient.square(), 1.0 - beta2);
            let mut update = self.square.sqrt();
            let _ = update.g_mul_scalar_(1.0 / c2.sqrt());
            let _ = update.g_add_scalar_(epsilon);
            let _ = update.reciprocal_();
            let _ = update.g_mul_(&self.mean);
            let _ = update.g_mul_scalar_(learning_rate / c1);
            let mut flat = store.flat().detach();
            if weight_decay != 0.0 {
                let _ = update.g_add_(&(&flat * (learning_rate * weight_decay)));
            }
            // A part's rate is that of its decay too.
            for &(start, length, factor) in &self.rates {
                let _ = update.narrow(0, start, length).g_mul_scalar_(factor);
            }
            let _ = flat.g_sub_(&update);
        });
        store.flat().shallow_clone().zero_grad();
    }

    /// How many steps were taken.
    pub fn steps(&self) -> u64 {
        self.steps
    }

    /// The state by name, as an archive holds it; the count is kept by the caller's state file.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let named = |name: &str, tensor: &Tensor| (name.to_owned(), tensor.shallow_clone());
        vec![named("first_moment", &self.mean), named("second_moment", &self.square)]
    }

    /// Restores what [`AdamW::state`] gave after `steps` steps.
    ///
    /// # Errors
    /// When a vector is missing or of another length.
    pub fn load_state(
        &mut self,
        state: &[(String, Tensor)],
        steps: u64,
    ) -> Result<(), TensorError> {
        let find = |name: &str| -> Result<Tensor, TensorError> {
            let found = state.iter().find(|(n, _)| n == name);
            let tensor = found.map(|(_, t)| t.shallow_clone()).ok_or_else(|| {
                TensorError::Layout { reason: format!("tensor `{name}` is missing") }
            })?;
            expect_shape(name, &tensor.size(), &self.mean.size())?;
            Ok(tensor)
        };
        let (mean, square) = (find("first_moment")?, find("second_moment")?);
        self.mean.copy_(&mean);
        self.square.copy_(&square);
        self.steps = steps;
        Ok(())
    }
}

/// Scales the gradient so that its Euclidean norm is at most `limit`, and returns the norm it had.
///
/// The norm is not finite when any gradient is not; the gradient is left alone then, for the caller to stop.
pub fn clip_gradient_norm(store: &ParameterStore, limit: f64) -> f64 {
    let gradient = store.flat().grad();
    if gradient.defined() { clip(&mut [gradient], limit) } else { 0.0 }
}

/// The same for several parts, each by its own norm: for each of `prefixes` the parameters whose name begins with it, and
/// the others. For a loss of terms that share no parameter: a long gradient of one must not shorten the steps of another.
///
/// Returns the norms of the parts, in order, and that of the rest last.
pub fn clip_gradient_norms_apart(
    store: &ParameterStore,
    prefixes: &[&str],
    limit: f64,
) -> Vec<f64> {
    let gradient = store.flat().grad();
    if !gradient.defined() {
        return vec![0.0; prefixes.len() + 1];
    }
    let own = |name: &str| prefixes.iter().position(|prefix| name.starts_with(prefix));
    let part = |place: Option<usize>| {
        let runs = store.layout().runs(|name| own(name) == place).into_iter();
        clip(&mut runs.map(|(start, n)| gradient.narrow(0, start, n)).collect::<Vec<_>>(), limit)
    };
    (0..prefixes.len()).map(Some).chain([None]).map(part).collect()
}

/// Scales views of a gradient in place so that their common norm is at most `limit`; returns the norm they had.
fn clip(views: &mut [Tensor], limit: f64) -> f64 {
    tch::no_grad(|| {
        let norm = match &*views {
            [whole] => whole.norm().double_value(&[]),
            parts => parts.iter().map(|p| p.norm().double_value(&[]).powi(2)).sum::<f64>().sqrt(),
        };
        if norm.is_finite() && norm > limit {
            for view in views {
                let _ = view.g_mul_scalar_(limit / norm);
            }
        }
        norm
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Init, LayoutBuilder, Mode, Precision};
    use tch::{Device, Kind};

    fn store(values: usize) -> ParameterStore {
        let mut builder = LayoutBuilder::new();
        builder.root().parameter("w", &[values as i64], Init::Uniform(1.0));
        ParameterStore::initialise(&builder.finish(), 11, Device::Cpu)
    }

    /// Float class: against the textbook recursion in double precision, 20 steps; single precision keeps 1e-6.
    #[test]
    fn steps_follow_the_published_recursion() {
        let store = store(3);
        let config = AdamWConfig { weight_decay: 0.1, ..AdamWConfig::default() };
        let mut optimiser = AdamW::new(&store, config);
        let mut w: Vec<f64> = Vec::<f32>::try_from(store.flat().detach())
            .unwrap()
            .into_iter()
            .map(f64::from)
            .collect();
        let (mut m, mut v) = (vec![0.0; 3], vec![0.0; 3]);
        let target = Tensor::from_slice(&[0.3f32, -2.0, 5.0]);
        for step in 1..=20 {
            let loss = (store.flat() - &target).square().sum(Kind::Float);
            loss.backward();
            optimiser.step(&store, 0.05);
            for (i, t) in [f64::from(0.3f32), -2.0, 5.0].into_iter().enumerate() {
                let g = 2.0 * (w[i] - t);
                m[i] = 0.9 * m[i] + 0.1 * g;
                v[i] = 0.999 * v[i] + 0.001 * g * g;
                w[i] *= 1.0 - 0.05 * 0.1;
                let root = (v[i] / (1.0 - 0.999f64.powi(step))).sqrt();
                w[i] -= 0.05 * m[i] / (1.0 - 0.9f64.powi(step)) / (root + 1e-8);
            }
        }
        for (mine, theirs) in Vec::<f32>::try_from(store.flat().detach()).unwrap().iter().zip(&w) {
            assert!((f64::from(*mine) - theirs).abs() < 2e-6, "{mine} against {theirs}");
        }
    }

    /// Exact: a first step of Adam is as long as the learning rate, whatever the gradient, and the part's factor times that;
    /// so is what a weight of 1 loses by decay.
    #[test]
    fn parts_have_rates_of_their_own() {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        for name in ["a", "b", "a"] {
            root.sub(name).parameter("w", &[1], Init::Constant(1.0));
        }
        let layout = builder.finish();
        for (weight_decay, expected) in [(0.0, [0.5, 0.875, 1.5]), (0.5, [0.25, 0.8125, 1.25])] {
            let store = ParameterStore::initialise(&layout, 11, Device::Cpu);
            let config = AdamWConfig { weight_decay, ..AdamWConfig::default() };
            let mut optimiser = AdamW::new(&store, config).with_rate(&store, "a.", 4.0);
            (store.flat() * Tensor::from_slice(&[3.0f32, 0.6, -4.0])).sum(Kind::Float).backward();
            optimiser.step(&store, 0.125);
            let found = Vec::<f32>::try_from(store.flat().detach()).unwrap();
            for (found, expected) in found.iter().zip(expected) {
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
    }

    #[test]
    fn clipping_shortens_long_gradients_only() {
        let store = store(4);
        let gradient = |limit| {
            store.flat().shallow_clone().zero_grad();
            (store.flat() * Tensor::from_slice(&[3.0f32, 0.0, 4.0, 0.0]))
                .sum(Kind::Float)
                .backward();
            let norm = clip_gradient_norm(&store, limit);
            (norm, Vec::<f32>::try_from(store.flat().grad()).unwrap())
        };
        assert_eq!(gradient(10.0), (5.0, vec![3.0, 0.0, 4.0, 0.0]));
        assert_eq!(gradient(2.5), (5.0, vec![1.5, 0.0, 2.0, 0.0]));
    }

    /// Exact: each part by its own norm, wherever its parameters stand.
    #[test]
    fn parts_are_clipped_apart() {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        for name in ["a", "b", "a", "c", "d"] {
            root.sub(name).parameter("w", &[1], Init::Constant(0.0));
        }
        let store = ParameterStore::initialise(&builder.finish(), 11, Device::Cpu);
        (store.flat() * Tensor::from_slice(&[3.0f32, 0.6, 4.0, 0.8, -10.0]))
            .sum(Kind::Float)
            .backward();
        let norms = clip_gradient_norms_apart(&store, &["a.", "d."], 2.5);
        for (norm, expected) in norms.iter().zip([5.0, 10.0, 1.0]) {
            assert!((norm - expected).abs() < 1e-6, "{norms:?}");
        }
        assert_eq!(Vec::<f32>::try_from(store.flat().grad()).unwrap(), [1.5, 0.6, 2.0, 0.8, -2.5]);
    }

    /// Exact: a gradient reaches the flat vector through views and through the cast to bfloat16.
    #[test]
    fn gradients_of_bound_weights_reach_the_store() {
        for precision in [Precision::F32, Precision::Bf16] {
            let store = store(4);
            let weights = store.bind(precision, Mode::Train);
            let compute = weights.compute(crate::Parameter(0));
            assert_eq!(compute.kind(), precision.kind());
            (compute * 2.0).sum(Kind::Float).backward();
            assert_eq!(Vec::<f32>::try_from(store.flat().grad()).unwrap(), [2.0; 4]);
        }
    }
}
