//! The layers against their defining formulas, and the gradient of the whole against finite differences.

use counterfoil_tensor::layers::{BatchNorm, Conv2d, GroupNorm, Linear, SelfAttention, sinusoid};
use counterfoil_tensor::{LayoutBuilder, Mode, ParameterStore, Precision, noise};
use tch::{Device, Kind, Tensor};

fn largest(difference: &Tensor) -> f64 {
    difference.abs().max().double_value(&[])
}

/// Replaces every parameter by keyed noise, so that layers that start at 0 do something.
fn scramble(store: &mut ParameterStore) {
    let drawn =
        noise::normal(1, "scramble", &[0], 0, &[store.layout().count() as i64], Device::Cpu);
    tch::no_grad(|| store.flat().shallow_clone().copy_(&(drawn.get(0) * 0.3)));
}

/// Float class: single precision, 16 terms a sum; 1e-5 on values of order 1.
#[test]
fn attention_is_softmax_of_scaled_products() {
    let mut builder = LayoutBuilder::new();
    let (channels, heads) = (8, 2);
    let layer = SelfAttention::new(builder.root(), channels, heads, 4);
    let mut store = ParameterStore::initialise(&builder.finish(), 0, Device::Cpu);
    scramble(&mut store);
    let x = noise::normal(2, "x", &[0, 1, 2], 0, &[channels, 3, 5], Device::Cpu);
    let got = layer.forward(&store.bind(Precision::F32, Mode::Evaluate), &x);

    let state = store.state();
    let find = |name: &str| &state.iter().find(|(n, _)| n == name).unwrap().1;
    let flat = x.view([3, channels, 15]);
    let normed =
        flat.group_norm(4, Some(find("norm.weight")), Some(find("norm.bias")), 1e-5, false);
    let qkv = find("qkv.weight").squeeze_dim(2).matmul(&normed) + find("qkv.bias").view([1, -1, 1]);
    let mut heads_out = Vec::new();
    for head in 0..heads {
        let width = channels / heads;
        let part = |k: i64| qkv.narrow(1, head * 3 * width + k * width, width);
        let scores = part(0).transpose(1, 2).matmul(&part(1)) / (width as f64).sqrt();
        heads_out.push(part(2).matmul(&scores.softmax(-1, Kind::Float).transpose(1, 2)));
    }
    let merged = Tensor::cat(&heads_out, 1);
    let out = find("out.weight").squeeze_dim(2).matmul(&merged) + find("out.bias").view([1, -1, 1]);
    assert!(largest(&(got - (flat + out).view([3, channels, 3, 5]))) < 1e-5);
}

/// Float class: single precision, as [`attention_is_softmax_of_scaled_products`]; values and gradients of an item's own map
/// after the norm are those of the norm followed by the map.
#[test]
fn a_norm_of_items_is_the_norm_and_then_their_own_map() {
    let mut builder = LayoutBuilder::new();
    let layer = GroupNorm::new(builder.root(), 4, 8);
    let mut store = ParameterStore::initialise(&builder.finish(), 0, Device::Cpu);
    scramble(&mut store);
    let drawn = |name: &str, shape: &[i64]| {
        noise::normal(2, name, &[0, 1, 2], 0, shape, Device::Cpu).set_requires_grad(true)
    };
    let (x, scale, shift) = (drawn("x", &[8, 3, 5]), drawn("scale", &[8]), drawn("shift", &[8]));
    let target = drawn("target", &[8, 3, 5]).detach();
    let of = |folded: bool| {
        let weights = store.bind(Precision::F32, Mode::Train);
        let y = if folded {
            layer.modulated(&weights, &x, &scale, &shift)
        } else {
            let wide = |per_channel: &Tensor| per_channel.unsqueeze(-1).unsqueeze(-1);
            layer.forward(&weights, &x) * wide(&scale) + wide(&shift)
        };
        let leaves = [&x, &scale, &shift, store.flat()];
        let loss = (&y * &target).sum(Kind::Float);
        let mut found = Tensor::run_backward(&[loss], &leaves, false, false);
        found.push(y);
        found
    };
    for (folded, apart) in of(true).iter().zip(of(false)) {
        assert!(largest(&(folded - &apart)) < 2e-5 * (1.0 + largest(&apart)));
    }
}

#[test]
fn the_sinusoid_begins_with_cosines_and_slows_down() {
    let e = sinusoid(&Tensor::from_slice(&[0i64, 3]), 8);
    assert_eq!(e.size(), [2, 8]);
    let row = Vec::<f32>::try_from(e.get(1)).unwrap();
    for i in 0..4 {
        let angle = 3.0 * 10_000f64.powf(-(i as f64) / 4.0);
        assert!((f64::from(row[i]) - angle.cos()).abs() < 1e-6);
        assert!((f64::from(row[4 + i]) - angle.sin()).abs() < 1e-6);
    }
}

#[test]
fn batch_norm_uses_the_batch_in_training_and_memory_in_evaluation() {
    let mut builder = LayoutBuilder::new();
    let layer = BatchNorm::new(builder.root(), 2);
    let store = ParameterStore::initialise(&builder.finish(), 0, Device::Cpu);
    let x = noise::normal(3, "x", &[0, 1, 2, 3], 0, &[2, 4, 4], Device::Cpu) * 3.0 + 5.0;
    let trained = layer.forward(&store.bind(Precision::F32, Mode::Train), &x);
    assert!(trained.mean(Kind::Float).double_value(&[]).abs() < 1e-5);
    // One update with momentum 0.1 from mean 0 and variance 1.
    let mean = store.buffers()[0].mean(Kind::Float).double_value(&[]);
    assert!((mean - 0.5).abs() < 0.1, "{mean}");
    let evaluated = layer.forward(&store.bind(Precision::F32, Mode::Evaluate), &x);
    assert!(evaluated.mean(Kind::Float).double_value(&[]) > 1.0);
}

/// Float class: central differences in single precision, step 1e-2 on a smooth function: 1 % of the derivative.
#[test]
fn gradients_agree_with_finite_differences() {
    let mut builder = LayoutBuilder::new();
    let mut root = builder.root();
    let conv = Conv2d::new(root.sub("conv"), 1, 4, 3, 2);
    let norm = GroupNorm::new(root.sub("norm"), 2, 4);
    let head = Linear::new(root.sub("head"), 16, 1);
    let mut store = ParameterStore::initialise(&builder.finish(), 0, Device::Cpu);
    scramble(&mut store);
    let x = noise::normal(4, "x", &[0, 1], 0, &[1, 4, 4], Device::Cpu);
    let loss = |mode| {
        let w = store.bind(Precision::F32, mode);
        let h = norm.forward(&w, &conv.forward(&w, &x)).silu().reshape([2, -1]);
        head.forward(&w, &h).square().sum(Kind::Float)
    };
    loss(Mode::Train).backward();
    let gradient = Vec::<f32>::try_from(store.flat().grad()).unwrap();
    for index in [0, 7, 37, 41, 45, 50, 60] {
        let shifted = |by: f64| {
            let mut place = store.flat().detach().narrow(0, index, 1);
            let _ = place.g_add_scalar_(by);
            let value = loss(Mode::Evaluate).double_value(&[]);
            let _ = place.g_add_scalar_(-by);
            value
        };
        let numeric = (shifted(1e-2) - shifted(-1e-2)) / 2e-2;
        let analytic = f64::from(gradient[index as usize]);
        assert!(
            (numeric - analytic).abs() < 1e-2 * (1.0 + analytic.abs()),
            "{index}: {numeric} {analytic}"
        );
    }
}
