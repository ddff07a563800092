//! A small graph with every kind of variable, tiny networks over it, and scrambled weights.
use counterfoil_autoencoder::{Architecture, Batch, Code, Mechanism, Model, ModelConfig, Size};
use counterfoil_graph::Dag;
use counterfoil_tensor::{ParameterStore, noise};
use tch::{Device, Tensor};

/// Declared against the topological order on purpose: the collider first, its causes after it.
pub(crate) fn every_kind() -> Dag {
    Dag::from_dot(
        "digraph {
           effect [low=-2, high=2]; cause [low=0, high=10]; phase [kind=circular, period=360];
           sort [kind=categorical, categories=3]; style [role=unlabelled, width=5];
           cause -> effect; phase -> effect; cause -> sort
         }",
    )
    .unwrap()
}

pub(crate) fn tiny(dag: &Dag, change: impl FnOnce(&mut ModelConfig)) -> Model {
    let mut config = ModelConfig {
        size: Size::Tiny,
        block_width: Some(6),
        levels: 100,
        heads: Some(2),
        reader: vec![4, 8],
        ..ModelConfig::default()
    };
    change(&mut config);
    Model::new(&Architecture::check(&config, dag, [1, 8, 8], 0).unwrap())
}

/// Weights drawn from a stream, so that layers which start at 0 do something.
pub(crate) fn scrambled(model: &Model, scale: f64) -> ParameterStore {
    let store = model.initialise(0, Device::Cpu);
    let count = model.layout().count() as i64;
    let drawn = noise::normal(1, "scramble", &[0], 0, &[count], Device::Cpu).get(0) * scale;
    tch::no_grad(|| store.flat().shallow_clone().copy_(&drawn));
    store
}

pub(crate) fn images(n: u64) -> Tensor {
    let items: Vec<u64> = (0..n).collect();
    noise::normal(3, "images", &items, 0, &[1, 8, 8], Device::Cpu).tanh()
}

/// Two rows of labels of [`every_kind`].
pub(crate) fn labels() -> Tensor {
    Tensor::from_slice(&[0.5f32, 7.5, 90.0, 2.0, -1.0, 2.0, 180.0, 0.0]).view([2, 4])
}

pub(crate) fn batch() -> Batch {
    Batch::new(images(2), labels(), vec![4, 9])
}

/// The gradient of each parameter, by its name.
pub(crate) fn gradients(model: &Model, store: &ParameterStore) -> Vec<(String, Tensor)> {
    let mut start = 0;
    let part = |(name, shape): (&str, &[i64])| {
        let length = shape.iter().product();
        start += length;
        (name.to_owned(), store.flat().grad().narrow(0, start - length, length))
    };
    model.layout().parameters().map(part).collect()
}

/// The gradient of the parameters that are meant, one after the other.
pub(crate) fn gradient_of(
    model: &Model,
    store: &ParameterStore,
    meant: impl Fn(&str) -> bool,
) -> Tensor {
    let parts = gradients(model, store).into_iter().filter(|(name, _)| meant(name));
    Tensor::cat(&parts.map(|(_, part)| part).collect::<Vec<_>>(), 0)
}

pub(crate) fn largest(difference: &Tensor) -> f64 {
    difference.abs().max().double_value(&[])
}

/// The published form: noise enters once, the encoder gives u.
pub(crate) fn published(c: &mut ModelConfig) {
    (c.mechanism, c.code) = (Mechanism::Published, Code::Exogenous);
    (c.reader, c.residual_code) = (Vec::new(), false);
}
