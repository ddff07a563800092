//! What several processes compute of one step adds up to the step of one.

use crate::support::{every_kind, images, published, scrambled, tiny};
use counterfoil_autoencoder::{
    Architecture, Batch, Decoder, Model, ModelConfig, Objective, ObjectiveConfig, Share, Size,
};
use counterfoil_diffusion::training::TimeSampling;
use counterfoil_graph::Dag;
use counterfoil_tensor::{Mode, Precision};
use tch::{Kind, Tensor};

const UNKNOWN: f32 = f32::NAN;

/// Five items, some of whose labels are unknown: shares are unequal, and know unequally much.
fn batch() -> Batch {
    let labels = [
        [0.5, 7.5, 90.0, 2.0],
        [-1.0, UNKNOWN, 180.0, 0.0],
        [UNKNOWN, UNKNOWN, UNKNOWN, UNKNOWN],
        [1.5, 4.0, 30.0, 1.0],
        [0.0, 9.0, UNKNOWN, 2.0],
    ];
    let labels = Tensor::from_slice(labels.as_flattened()).view([5, 4]);
    Batch {
        more_labels: Some(labels.shallow_clone()),
        classes: Some(Tensor::from_slice(&[2i64, 0, 1, 1, 2])),
        ..Batch::new(images(5), labels, vec![4, 9, 5, 6, 1])
    }
}

/// The total, the terms in order, and the gradient of the shares of `ranks` processes, added up.
fn added(model: &Model, config: ObjectiveConfig, ranks: usize, again: bool) -> Vec<Tensor> {
    let objective = Objective::new(&config, 100, 7).unwrap().checkpointed(again);
    let mut sums: Vec<Tensor> = Vec::new();
    for rank in 0..ranks {
        let store = scrambled(model, 0.2);
        let weights = store.bind(Precision::F32, Mode::Train);
        let share = Share::new(rank, ranks);
        let loss = objective.share_of_loss(model, &weights, &batch(), share, 60).unwrap();
        let mut found = vec![loss.total.detach()];
        found.extend(loss.terms.iter().map(|(_, term)| term.to_kind(Kind::Float)));
        loss.backward().unwrap();
        found.push(store.flat().grad());
        let add = |(sum, part): (&Tensor, Tensor)| sum + part;
        sums = if sums.is_empty() { found } else { sums.iter().zip(found).map(add).collect() };
    }
    sums
}

fn classes_and_predictor() -> Model {
    let config = ModelConfig {
        size: Size::Tiny,
        block_width: Some(6),
        levels: 100,
        heads: Some(2),
        reader: vec![4, 8],
        predictor: vec![8],
        class_conditional: true,
        null_blocks: true,
        ..ModelConfig::default()
    };
    Model::new(&Architecture::check(&config, &every_kind(), [1, 8, 8], 3).unwrap())
}

fn cases() -> Vec<(&'static str, Model, ObjectiveConfig)> {
    let shaped = ObjectiveConfig {
        decoder_shapes_labels: true,
        teach_labels: 0.5,
        drop_each: 0.3,
        independence_weight: 0.1,
        ..ObjectiveConfig::default()
    };
    let of = |decoder| tiny(&every_kind(), |c| c.decoder = decoder);
    let labelled: Dag = every_kind().labelled_part();
    let ladder = tiny(&labelled, |c| {
        (c.decoder, c.residual_code, c.unlabelled_blocks) = (Decoder::Hierarchical, false, false);
    });
    let parity = ObjectiveConfig { parity: true, drop_labelled: 0.4, ..ObjectiveConfig::default() };
    let pairs = ObjectiveConfig { times: TimeSampling::Antithetic, ..shaped };
    vec![
        ("diffusion", of(Decoder::Diffusion), shaped),
        ("pairs of times", of(Decoder::Diffusion), pairs),
        ("corrective", of(Decoder::Corrective), shaped),
        ("direct", of(Decoder::Direct), shaped),
        ("hierarchical", ladder, ObjectiveConfig::default()),
        ("predictor and classes", classes_and_predictor(), shaped),
        ("parity", tiny(&every_kind(), published), parity),
    ]
}

/// Float class: losses, terms and all gradients; sums in another order keep five digits. The encoder's batch normalisation
/// is part of it: with statistics of a share the gradients would be apart by tens of per cent.
#[test]
fn shares_add_up_to_the_step_of_one_process() {
    for (name, model, config) in cases() {
        let whole = added(&model, config, 1, false);
        for ranks in [2, 3, 5] {
            for (k, (sum, whole)) in
                added(&model, config, ranks, name == "corrective").iter().zip(&whole).enumerate()
            {
                let apart = (sum - whole).norm().double_value(&[]);
                let size = whole.norm().double_value(&[]);
                assert!(
                    apart <= 2e-5 * (size + 1e-3),
                    "{name}, {ranks} ranks, {k}: {apart} of {size}"
                );
            }
        }
    }
}

/// Every item is decoded once, and a process without an item is refused.
#[test]
fn shares_part_a_batch() {
    for n in 1usize..12 {
        for ranks in 1usize..=n {
            let all: Vec<usize> =
                (0..ranks).flat_map(|rank| Share::new(rank, ranks).range(n)).collect();
            assert_eq!(all, (0..n).collect::<Vec<_>>());
            assert!((0..ranks).all(|rank| !Share::new(rank, ranks).range(n).is_empty()));
        }
    }
    let model = tiny(&every_kind(), |_| {});
    let store = scrambled(&model, 0.2);
    let weights = store.bind(Precision::F32, Mode::Train);
    let objective = Objective::new(&ObjectiveConfig::default(), 100, 7).unwrap();
    let share = Share::new(0, 6);
    let refused = objective.share_of_loss(&model, &weights, &batch(), share, 0);
    let said = refused.unwrap_err().to_string();
    assert!(said.contains("training.batch") && said.contains("6 processes"), "{said}");
}
