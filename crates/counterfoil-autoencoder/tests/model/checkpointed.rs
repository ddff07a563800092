//! A UNet whose stages are computed a second time has the loss and the gradient of one that keeps everything.

use crate::support::{every_kind, images, scrambled, tiny};
use counterfoil_autoencoder::{
    Architecture, Batch, Conditioning, Decoder, Model, ModelConfig, Objective, ObjectiveConfig,
    Size,
};
use counterfoil_tensor::{Mode, Precision};
use tch::{Device, Kind, Tensor};

const DECODERS: [(Decoder, Conditioning); 5] = [
    (Decoder::Diffusion, Conditioning::Added),
    (Decoder::Diffusion, Conditioning::TwoCondition),
    (Decoder::Diffusion, Conditioning::None),
    (Decoder::Corrective, Conditioning::Added),
    (Decoder::Corrective, Conditioning::TwoCondition),
];

/// Skips, attention at both resolutions, a predictor, classes, and null blocks that the decoder alone sees.
fn model(decoder: Decoder, conditioning: Conditioning) -> Model {
    let config = ModelConfig {
        size: Size::Tiny,
        res_blocks: Some(2),
        attention: Some(vec![1, 2]),
        heads: Some(2),
        block_width: Some(6),
        levels: 100,
        reader: vec![4, 8],
        decoder,
        conditioning,
        predictor: if decoder == Decoder::Diffusion { vec![8] } else { Vec::new() },
        class_conditional: true,
        null_blocks: true,
        ..ModelConfig::default()
    };
    Model::new(&Architecture::check(&config, &every_kind(), [1, 8, 8], 3).unwrap())
}

/// The loss and the gradient of all parameters. The decoder trains encoder and mechanisms through the latents.
fn differentiated(model: &Model, precision: Precision, checkpointed: bool) -> [Tensor; 2] {
    let config = ObjectiveConfig {
        decoder_shapes_labels: true,
        teach_labels: 0.5,
        drop_each: 0.3,
        independence_weight: 0.1,
        ..ObjectiveConfig::default()
    };
    let objective = Objective::new(&config, 100, 7).unwrap().checkpointed(checkpointed);
    let labels = [0.5f32, 7.5, 90.0, 2.0, -1.0, 2.0, 180.0, 0.0, 1.5, 4.0, 30.0, 1.0];
    let labels = Tensor::from_slice(&labels).view([3, 4]);
    let batch = Batch {
        more_labels: Some(labels.shallow_clone()),
        classes: Some(Tensor::from_slice(&[2i64, 0, 1])),
        ..Batch::new(images(3), labels, vec![4, 9, 5])
    };
    let store = scrambled(model, 0.2);
    let weights = store.bind(precision, Mode::Train);
    let loss = objective.loss(model, &weights, &batch, 60).unwrap();
    let total = loss.total.detach();
    loss.backward().unwrap();
    [total, store.flat().grad()]
}

/// Exact: in all forms of conditioning and both precisions, every bit of every gradient.
#[test]
fn a_checkpointed_step_is_the_same_step() {
    for (decoder, conditioning) in DECODERS {
        let model = model(decoder, conditioning);
        for precision in [Precision::F32, Precision::Bf16] {
            let kept = differentiated(&model, precision, false);
            let again = differentiated(&model, precision, true);
            assert!(kept[0].double_value(&[]).is_finite());
            for (kept, again) in kept.iter().zip(&again) {
                let apart = (kept - again).abs().max().double_value(&[]);
                assert_eq!(
                    kept, again,
                    "{decoder:?}, {conditioning:?}, {precision:?}: {apart} apart"
                );
            }
        }
    }
}

/// A decoder that draws in one pass keeps everything; its step is what it is.
#[test]
fn decoders_of_one_pass_have_nothing_to_compute_again() {
    let model = tiny(&every_kind(), |c| c.decoder = Decoder::Direct);
    let step = |checkpointed| {
        let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
        let store = scrambled(&model, 0.2);
        let weights = store.bind(Precision::F32, Mode::Train);
        let labels = Tensor::zeros([2, 4], (Kind::Float, Device::Cpu));
        let batch = Batch::new(images(2), labels, vec![4, 9]);
        let loss = objective.checkpointed(checkpointed).loss(&model, &weights, &batch, 3).unwrap();
        loss.backward().unwrap();
        store.flat().grad()
    };
    assert_eq!(step(false), step(true));
}
