//! Passes that keep the inputs of their segments alone against the same passes recorded whole.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

use counterfoil_tensor::layers::{Conv2d, GroupNorm};
use counterfoil_tensor::{
    Chain, Layout, LayoutBuilder, Mode, ParameterStore, Precision, Recomputation, Value, Weights,
    noise,
};
use std::cell::Cell;
use std::rc::Rc;
use std::sync::Arc;
use tch::{Device, Kind, Tensor};

/// Residual layers with a skip around all of them: every kind of sharing that a network has.
#[derive(Clone)]
struct Net {
    layers: Vec<(GroupNorm, Conv2d)>,
    merge: Conv2d,
}

impl Net {
    const DEPTH: usize = 4;

    fn new() -> (Self, Arc<Layout>) {
        let mut builder = LayoutBuilder::new();
        let mut root = builder.root();
        let mut layer = |i: usize| {
            let mut part = root.sub(i);
            (GroupNorm::new(part.sub("norm"), 2, 4), Conv2d::new(part.sub("conv"), 4, 4, 3, 1))
        };
        let layers = (0..Self::DEPTH).map(&mut layer).collect();
        let merge = Conv2d::new(root.sub("merge"), 8, 4, 1, 1);
        (Self { layers, merge }, builder.finish())
    }

    fn layer(
        chain: &mut Chain<'_>,
        (norm, conv): &(GroupNorm, Conv2d),
        [x, shift]: [&Value; 2],
        calls: &Rc<Cell<usize>>,
    ) -> Value {
        let (norm, conv, calls) = (norm.clone(), conv.clone(), Rc::clone(calls));
        chain.run(&[x, shift], move |weights, inputs| {
            calls.set(calls.get() + 1);
            let (x, shift) = (&inputs[0], inputs[1].unsqueeze(-1).unsqueeze(-1));
            // Every input has several readers in here, too.
            let h = conv.forward(weights, &norm.forward(weights, &(x * &shift)).silu());
            x + h * shift
        })
    }

    fn pass(
        &self,
        mut chain: Chain<'_>,
        x: &Tensor,
        shift: &Tensor,
        calls: &Rc<Cell<usize>>,
    ) -> (Tensor, Option<Recomputation>) {
        let shift = chain.enter(shift);
        let mut h = chain.enter(x);
        let skip = h.share();
        for layer in &self.layers {
            h = Self::layer(&mut chain, layer, [&h, &shift], calls);
        }
        let merge = self.merge.clone();
        let h = chain.run(&[&h, &skip, &h], move |weights, maps| {
            merge.forward(weights, &Tensor::cat(&maps[..2], 1)) * &maps[2]
        });
        chain.leave(&h)
    }
}

fn drawn(name: &str, shape: &[i64]) -> Tensor {
    noise::normal(2, name, &[0, 1, 2], 0, shape, Device::Cpu)
}

fn scrambled(layout: &Arc<Layout>) -> ParameterStore {
    let store = ParameterStore::initialise(layout, 0, Device::Cpu);
    let values = noise::normal(1, "scramble", &[0], 0, &[layout.count() as i64], Device::Cpu);
    tch::no_grad(|| store.flat().shallow_clone().copy_(&(values.get(0) * 0.3)));
    store
}

/// Result, gradient of the parameters, gradient of what the pass is fed, and how often segments ran.
fn differentiated(checkpointed: bool, precision: Precision) -> (Vec<Tensor>, usize) {
    let (net, layout) = Net::new();
    let store = scrambled(&layout);
    let weights = store.bind(precision, Mode::Train);
    let calls = Rc::new(Cell::new(0));
    let fed = drawn("x", &[4, 3, 5]).set_requires_grad(true);
    let shift = drawn("shift", &[4]).set_requires_grad(true);
    // Both enter from a graph in front, and the loss sees what is in front beside the result.
    let x = (&fed * 0.5).sin();
    let entering = |weights: &Weights| -> (Tensor, Option<Recomputation>) {
        let chain =
            if checkpointed { Chain::checkpointed(weights) } else { Chain::recorded(weights) };
        net.pass(chain, &x.to_kind(precision.kind()), &(&shift * 2.0), &calls)
    };
    let (y, recomputation) = entering(&weights);
    let target = drawn("target", &[4, 3, 5]);
    let again = net.layers[0].0.forward(&weights, &x);
    let y = y.to_kind(Kind::Float);
    let loss =
        ((&y - target).square() + &y * again).mean(Kind::Float) + (&x * &fed).sum(Kind::Float);
    assert_eq!(recomputation.is_some(), checkpointed);
    match recomputation {
        Some(recomputation) => recomputation.backward(&loss).unwrap(),
        None => loss.backward(),
    }
    (vec![y.detach(), store.flat().grad(), fed.grad(), shift.grad()], calls.get())
}

/// Exact: values and the gradients of parameters, in both precisions. Float class: those of what enters, which libtorch adds to
/// what the loss sees of it beside the pass in an order of its own. Segments run once, or twice.
#[test]
fn what_is_computed_again_has_the_same_gradients() {
    for precision in [Precision::F32, Precision::Bf16] {
        let ((kept, once), (again, twice)) =
            (differentiated(false, precision), differentiated(true, precision));
        assert_eq!((once, twice), (Net::DEPTH, 2 * Net::DEPTH));
        for (place, (kept, again)) in kept.iter().zip(&again).enumerate() {
            assert!(kept.abs().max().double_value(&[]) > 1e-3, "{precision:?}, {place}");
            let apart = (kept - again).abs().max().double_value(&[]);
            let bound = if place < 2 { 0.0 } else { 1e-6 * kept.abs().max().double_value(&[]) };
            assert!(apart <= bound, "{precision:?}, {place}: {apart}");
        }
    }
}

/// What needs no gradient is given none, and a loss that does not see the result runs nothing again.
#[test]
fn nothing_is_computed_again_for_nothing() {
    let (net, layout) = Net::new();
    let store = scrambled(&layout);
    let weights = store.bind(Precision::F32, Mode::Train);
    let calls = Rc::new(Cell::new(0));
    let (x, shift) = (drawn("x", &[4, 3, 5]), drawn("shift", &[4]));
    let (_, recomputation) = net.pass(Chain::checkpointed(&weights), &x, &shift, &calls);
    let apart = net.layers[1].0.forward(&weights, &x).square().sum(Kind::Float);
    recomputation.unwrap().backward(&apart).unwrap();
    assert_eq!(calls.get(), Net::DEPTH);
    let gradients = store.flat().grad();
    let norms: Vec<f64> = layout
        .parameters()
        .scan(0, |start, (name, shape)| {
            let count: i64 = shape.iter().product();
            *start += count;
            Some((name.to_owned(), gradients.narrow(0, *start - count, count)))
        })
        .filter(|(name, gradient)| {
            (gradient.norm().double_value(&[]) > 0.0) != name.starts_with("1.norm")
        })
        .map(|(_, gradient)| gradient.norm().double_value(&[]))
        .collect();
    assert!(norms.is_empty(), "{norms:?}");
    assert!(!x.grad().defined());
}
