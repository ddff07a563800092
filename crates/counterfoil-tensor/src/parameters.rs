//! Where every weight of a network lives: a layout of named places in one flat vector, and the vector itself.

use crate::{Mode, Precision, TensorError, Weights, error::expect_shape};
use counterfoil_random::Stream;
use std::sync::Arc;
use tch::{Device, Kind, Tensor};

/// The place of one trainable tensor in a [`Layout`]; what a layer keeps instead of a tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameter(pub(crate) usize);

/// The place of one buffer (a running statistic, not trained by gradients).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Buffer(pub(crate) usize);

/// How a tensor is filled before training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Init {
    /// One value everywhere.
    Constant(f64),
    /// Uniform on `[-bound, bound)`; PyTorch's default for linear and convolution layers has `bound = 1/sqrt(fan_in)`.
    Uniform(f64),
    /// Normal with mean 0 and this standard deviation (embedding tables).
    Normal(f64),
}

impl Init {
    fn draw(self, count: usize, stream: &mut Stream) -> Vec<f32> {
        match self {
            Self::Constant(value) => vec![value as f32; count],
            Self::Uniform(bound) => {
                (0..count).map(|_| stream.uniform_in(-bound, bound) as f32).collect()
            }
            Self::Normal(deviation) => {
                stream.normals(count).iter().map(|x| x * deviation as f32).collect()
            }
        }
    }
}

#[derive(Clone, Debug)]
struct Place {
    name: String,
    shape: Vec<i64>,
    init: Init,
}

impl Place {
    fn count(&self) -> i64 {
        self.shape.iter().product()
    }
}

/// The names, shapes and initial values of all tensors of a network, in the order in which they were declared.
#[derive(Debug, Default)]
pub struct Layout {
    parameters: Vec<Place>,
    buffers: Vec<Place>,
}

impl Layout {
    /// Names and shapes of the trainable tensors, in order.
    pub fn parameters(&self) -> impl Iterator<Item = (&str, &[i64])> {
        self.parameters.iter().map(|p| (p.name.as_str(), p.shape.as_slice()))
    }

    /// The number of trainable numbers.
    pub fn count(&self) -> usize {
        self.parameters.iter().map(Place::count).sum::<i64>() as usize
    }

    /// The number of trainable numbers whose name begins with `prefix`.
    pub fn count_under(&self, prefix: &str) -> usize {
        let under = |p: &&Place| p.name.starts_with(prefix);
        self.parameters.iter().filter(under).map(Place::count).sum::<i64>() as usize
    }

    /// `(start, length)` in the flat vector of the runs of parameters whose name is among the `wanted`.
    pub(crate) fn runs(&self, wanted: impl Fn(&str) -> bool) -> Vec<(i64, i64)> {
        let mut runs: Vec<(i64, i64)> = Vec::new();
        let mut start = 0;
        for place in &self.parameters {
            let length = place.count();
            if wanted(&place.name) {
                match runs.last_mut() {
                    Some((from, so_far)) if *from + *so_far == start => *so_far += length,
                    _ => runs.push((start, length)),
                }
            }
            start += length;
        }
        runs
    }

    pub(crate) fn sizes(&self) -> Vec<i64> {
        self.parameters.iter().map(Place::count).collect()
    }

    pub(crate) fn shape(&self, index: usize) -> &[i64] {
        &self.parameters[index].shape
    }
}

/// Collects the tensors of a network while its layers are being built.
#[derive(Debug, Default)]
pub struct LayoutBuilder(Layout);

impl LayoutBuilder {
    /// An empty layout.
    pub fn new() -> Self {
        Self::default()
    }

    /// The scope of the whole network, whose names have no prefix.
    pub fn root(&mut self) -> Scope<'_> {
        Scope { layout: &mut self.0, prefix: String::new() }
    }

    /// The finished layout.
    pub fn finish(self) -> Arc<Layout> {
        Arc::new(self.0)
    }
}

/// A named part of a layout under construction: `unet.down.0` and the like.
#[derive(Debug)]
pub struct Scope<'a> {
    layout: &'a mut Layout,
    prefix: String,
}

impl Scope<'_> {
    /// The part called `name` inside this one.
    pub fn sub(&mut self, name: impl std::fmt::Display) -> Scope<'_> {
        Scope { prefix: self.join(&name.to_string()), layout: self.layout }
    }

    /// Declares a trainable tensor.
    pub fn parameter(&mut self, name: &str, shape: &[i64], init: Init) -> Parameter {
        let place = Place { name: self.join(name), shape: shape.to_vec(), init };
        self.layout.parameters.push(place);
        Parameter(self.layout.parameters.len() - 1)
    }

    /// Declares a buffer that starts at one value.
    pub fn buffer(&mut self, name: &str, shape: &[i64], value: f64) -> Buffer {
        let init = Init::Constant(value);
        self.layout.buffers.push(Place { name: self.join(name), shape: shape.to_vec(), init });
        Buffer(self.layout.buffers.len() - 1)
    }

    fn join(&self, name: &str) -> String {
        if self.prefix.is_empty() { name.to_owned() } else { format!("{}.{name}", self.prefix) }
    }
}

/// The numbers of a network: one flat single-precision vector of all parameters, and the buffers.
///
/// The flat vector is a leaf of libtorch's graph, so that its gradient is one vector too.
#[derive(Debug)]
pub struct ParameterStore {
    layout: Arc<Layout>,
    flat: Tensor,
    buffers: Vec<Tensor>,
}

impl ParameterStore {
    /// Draws initial values; each tensor has its own stream, keyed by its name, so that adding a layer
    /// leaves the initial values of all others as they were.
    pub fn initialise(layout: &Arc<Layout>, seed: u64, device: Device) -> Self {
        let mut values: Vec<f32> = Vec::with_capacity(layout.count());
        for place in &layout.parameters {
            let mut stream = Stream::new(seed, &format!("init {}", place.name), 0, 0);
            values.extend(place.init.draw(place.count() as usize, &mut stream));
        }
        let flat = Tensor::from_slice(&values).to_device(device).set_requires_grad(true);
        let fill = |place: &Place| match place.init {
            Init::Constant(value) => Tensor::full(&place.shape, value, (Kind::Float, device)),
            Init::Uniform(_) | Init::Normal(_) => {
                Tensor::zeros(&place.shape, (Kind::Float, device))
            }
        };
        let buffers = layout.buffers.iter().map(fill).collect();
        Self { layout: layout.clone(), flat, buffers }
    }

    /// A copy that shares no memory and needs no gradient: where averages are kept.
    pub fn detached_copy(&self) -> Self {
        Self {
            layout: self.layout.clone(),
            flat: self.flat.detach().copy(),
            buffers: self.buffers.iter().map(Tensor::copy).collect(),
        }
    }

    /// The layout of names and shapes.
    pub fn layout(&self) -> &Arc<Layout> {
        &self.layout
    }

    /// The flat vector of all parameters.
    pub fn flat(&self) -> &Tensor {
        &self.flat
    }

    /// The buffers, in the order of the layout.
    pub fn buffers(&self) -> &[Tensor] {
        &self.buffers
    }

    /// Where the numbers live.
    pub fn device(&self) -> Device {
        self.flat.device()
    }

    /// The weights of one pass, cast to `precision`; gradients flow back to this store in [`Mode::Train`].
    pub fn bind(&self, precision: Precision, mode: Mode) -> Weights {
        Weights::bind(&self.layout, &self.flat, &self.buffers, precision, mode)
    }

    /// Every tensor by name, parameters first: what an archive holds.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let parts = self.flat.detach().split_with_sizes(self.layout.sizes(), 0);
        let shaped = self
            .layout
            .parameters
            .iter()
            .zip(parts)
            .map(|(place, part)| (place.name.clone(), part.view(place.shape.as_slice())));
        let buffers = self
            .layout
            .buffers
            .iter()
            .zip(&self.buffers)
            .map(|(place, tensor)| (place.name.clone(), tensor.shallow_clone()));
        shaped.chain(buffers).collect()
    }

    /// Overwrites every tensor from `state`, as [`ParameterStore::state`] gave it.
    ///
    /// # Errors
    /// When a tensor is missing, unknown or of another shape; nothing is changed then.
    pub fn load_state(&mut self, state: &[(String, Tensor)]) -> Result<(), TensorError> {
        let places = self.layout.parameters.iter().chain(&self.layout.buffers);
        let expected = self.layout.parameters.len() + self.layout.buffers.len();
        if state.len() != expected {
            let reason = format!("{} tensors in the archive, {expected} in the model", state.len());
            return Err(TensorError::Layout { reason });
        }
        let mut found = Vec::with_capacity(expected);
        for place in places {
            let tensor = state.iter().find(|(name, _)| *name == place.name).ok_or_else(|| {
                TensorError::Layout { reason: format!("tensor `{}` is missing", place.name) }
            })?;
            expect_shape(&place.name, &tensor.1.size(), &place.shape)?;
            found.push(tensor.1.shallow_clone());
        }
        let device = self.device();
        let buffers = found.split_off(self.layout.parameters.len());
        let flat: Vec<Tensor> = found.iter().map(|t| t.reshape([-1]).to_device(device)).collect();
        tch::no_grad(|| {
            self.flat.copy_(&Tensor::cat(&flat, 0));
            for (mine, theirs) in self.buffers.iter_mut().zip(&buffers) {
                mine.copy_(theirs);
            }
        });
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layout(extra: bool) -> Arc<Layout> {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        if extra {
            root.parameter("extra", &[3], Init::Uniform(1.0));
        }
        root.sub("a").sub(0).parameter("weight", &[2, 3], Init::Uniform(0.5));
        root.sub("a").buffer("mean", &[2], 0.25);
        root.sub("b").parameter("bias", &[4], Init::Constant(1.5));
        builder.finish()
    }

    #[test]
    fn names_counts_and_initial_values_follow_the_layout() {
        let layout = layout(false);
        assert_eq!(layout.count(), 10);
        assert_eq!(layout.count_under("a."), 6);
        let store = ParameterStore::initialise(&layout, 3, Device::Cpu);
        let names: Vec<String> = store.state().into_iter().map(|(name, _)| name).collect();
        assert_eq!(names, ["a.0.weight", "b.bias", "a.mean"]);
        assert_eq!(Vec::<f32>::try_from(&store.state()[2].1).unwrap(), [0.25, 0.25]);
    }

    /// Exact: a tensor's initial values depend on the seed and its own name alone.
    #[test]
    fn a_new_layer_leaves_the_others_initial_values_alone() {
        let weight = |extra, seed| {
            let store = ParameterStore::initialise(&layout(extra), seed, Device::Cpu);
            let state = store.state();
            let found = state.iter().find(|(name, _)| name == "a.0.weight").unwrap();
            Vec::<f32>::try_from(found.1.reshape([-1])).unwrap()
        };
        assert_eq!(weight(false, 3), weight(true, 3));
        assert_ne!(weight(false, 3), weight(false, 4));
        assert!(weight(false, 3).iter().all(|x| x.abs() <= 0.5));
    }

    #[test]
    fn a_state_of_another_model_is_refused_and_changes_nothing() {
        let mut store = ParameterStore::initialise(&layout(false), 3, Device::Cpu);
        let before = Vec::<f32>::try_from(store.flat().detach()).unwrap();
        let other = ParameterStore::initialise(&layout(true), 9, Device::Cpu);
        assert!(store.load_state(&other.state()).is_err());
        let mut renamed = ParameterStore::initialise(&layout(false), 9, Device::Cpu).state();
        renamed[0].0 = "a.1.weight".to_owned();
        let message = store.load_state(&renamed).unwrap_err().to_string();
        assert!(message.contains("a.0.weight"), "{message}");
        assert_eq!(before, Vec::<f32>::try_from(store.flat().detach()).unwrap());
    }
}
