//! Runs with levels of their own for every item: equal lanes, unequal lanes, and noise.

use crate::{
    mixture::{Mixture, distance},
    samplers::all,
};
use counterfoil_diffusion::{
    Call, Ddim, Ddpm, Denoiser, DiscreteSchedule, End, Grid, ItemPlans, KeyedNoise, Level, NoNoise,
    NoiseSource, Plan, Preconditioned, Prediction, Sampler, Spacing, denoiser, noise_from,
};
use ndarray::{Array2, array, s};

fn points() -> Array2<f64> {
    array![[0.6, -1.2, 0.35, 0.9], [-0.45, 0.8, 1.5, -1.1], [0.1, 0.2, -0.3, 0.4]]
}

fn grid(steps: usize) -> Grid {
    DiscreteSchedule::linear(1000).unwrap().grid(Spacing::Trailing, steps, End::Zero).unwrap()
}

/// The mixture as a network that looks at the level of each item.
pub(crate) fn network(mixture: &Mixture) -> impl Denoiser<Array2<f64>> + use<'_> {
    denoiser(Prediction::V, move |x: &Array2<f64>, call| {
        let levels = call.per_item.ok_or("no levels")?;
        assert_eq!(levels.len(), call.item_times.ok_or("no labels")?.len());
        let mut out = x.clone();
        for (k, &level) in levels.iter().enumerate() {
            let row = x.slice(s![k..=k, ..]).to_owned();
            out.slice_mut(s![k..=k, ..]).assign(&mixture.predict(Prediction::V, &row, level));
        }
        Ok(out)
    })
}

fn alone(plan: &Plan, k: usize, noise: &mut dyn NoiseSource<Array2<f64>>) -> Array2<f64> {
    let mixture = Mixture::conditional(0.0);
    let start = points().slice(s![k..=k, ..]).to_owned();
    plan.run(start, &mut mixture.network(Prediction::V), noise).unwrap()
}

/// Float class: 1e-12. With equal lanes it is the plan itself, for every sampler, its noise included.
#[test]
fn equal_lanes_are_the_plan() {
    let mixture = Mixture::conditional(0.0);
    for sampler in all() {
        let plan = sampler.plan(&grid(13), Prediction::V).unwrap();
        let mut noise = KeyedNoise::new(3, "items", [5, 0, 9]);
        let expected = plan.run(points(), &mut mixture.network(Prediction::V), &mut noise).unwrap();
        let lanes = ItemPlans::staggered(&plan, 3, 0).unwrap();
        let found = lanes.run(points(), &mut network(&mixture), &mut noise).unwrap();
        let error = distance(&found, &expected);
        assert!(error < 1e-12, "{}: {error:e}", plan.sampler());
    }
}

/// Float class: 1e-12. An item with a grid, a sampler and a delay of its own ends where it ends alone.
#[test]
fn a_lane_is_its_item_alone() {
    let mixture = Mixture::conditional(0.0);
    let keys = [5, 0, 9];
    let samplers = all();
    for (i, first) in samplers.iter().enumerate() {
        // The neighbours remember, rebase and clip differently.
        let second = &samplers[(i + 7) % samplers.len()];
        let third = &samplers[(i + 12) % samplers.len()];
        let lanes = [(4, first, 9), (0, second, 14), (6, third, 7)]
            .map(|(delay, s, steps)| (delay, s.plan(&grid(steps), Prediction::V).unwrap()));
        let plans = ItemPlans::new(lanes.to_vec()).unwrap();
        let mut noise = KeyedNoise::new(3, "items", keys);
        let found = plans.run(points(), &mut network(&mixture), &mut noise).unwrap();
        for (k, (_, plan)) in lanes.iter().enumerate() {
            let expected = alone(plan, k, &mut KeyedNoise::new(3, "items", [keys[k]]));
            let error = distance(&found.slice(s![k..=k, ..]).to_owned(), &expected);
            assert!(error < 1e-12, "{} in lane {k}: {error:e}", plan.sampler());
        }
    }
}

/// Exact: sources that are not keyed by item give each item what they give the batch at the item's own call.
#[test]
fn other_sources_draw_for_every_call() {
    let mixture = Mixture::conditional(0.0);
    let plans = [3, 5, 5].map(|steps| Ddpm::default().plan(&grid(steps), Prediction::V).unwrap());
    let lanes = [(1, plans[0].clone()), (0, plans[1].clone()), (0, plans[2].clone())];
    let shared = |like: &Array2<f64>, call: &Call<'_>| {
        Ok(Array2::from_elem(like.dim(), call.level.lambda() + 0.1 * call.step as f64))
    };
    let plans = ItemPlans::new(lanes.to_vec()).unwrap();
    let found = plans.run(points(), &mut network(&mixture), &mut noise_from(shared)).unwrap();
    for (k, (_, plan)) in lanes.iter().enumerate() {
        let expected = alone(plan, k, &mut noise_from(shared));
        assert!(distance(&found.slice(s![k..=k, ..]).to_owned(), &expected) < 1e-12);
    }
    let refused = plans.run(points(), &mut network(&mixture), &mut NoNoise).unwrap_err();
    assert!(refused.to_string().starts_with("the plan needs noise at step 0"));
}

/// Exact: the table of levels, and what cannot be a batch of plans.
#[test]
fn levels_stand_still_while_a_lane_idles() {
    let plan = Ddim::default().plan(&grid(4), Prediction::V).unwrap();
    let lanes = ItemPlans::staggered(&plan, 3, 2).unwrap();
    assert_eq!((lanes.ticks(), lanes.lanes().len()), (8, 3));
    let at = |item: usize| (0..=8).map(|tick| lanes.levels(tick)[item]).collect::<Vec<Level>>();
    let levels = grid(4).levels().to_vec();
    assert_eq!(at(0)[..5], levels[..]);
    assert!(at(0)[5..].iter().all(|&level| level == Level::CLEAN));
    assert!(at(2)[..4].iter().all(|&level| level == levels[0]));
    assert_eq!(at(2)[4..], levels[..]);

    assert!(ItemPlans::new(vec![]).is_err());
    let other = Ddim::default().plan(&grid(4), Prediction::Eps).unwrap();
    let refused = ItemPlans::new(vec![(0, plan.clone()), (0, other)]).unwrap_err();
    assert_eq!(refused.to_string(), "prediction mismatch: v was expected, the denoiser gives eps");
    let mixture = Mixture::conditional(0.0);
    let two = ItemPlans::staggered(&plan, 2, 1).unwrap();
    let refused = two.run(points(), &mut network(&mixture), &mut NoNoise).unwrap_err();
    assert_eq!(refused.to_string(), "2 entries were given for a batch of 3 items");
}

/// Float class: 1e-12. An EDM network is given the label of each item's level, and none where there is no noise.
#[test]
fn labels_of_an_edm_network_belong_to_items() {
    let raw = |x: &Array2<f64>, call: &Call<'_>| {
        let levels = call.per_item.ok_or("no levels")?;
        for (level, time) in levels.iter().zip(call.item_times.ok_or("no labels")?) {
            assert!((time.value() - 0.25 * level.s().ln()).abs() < 1e-12);
        }
        Ok(x * 0.1)
    };
    let schedule = DiscreteSchedule::linear(1000).unwrap();
    let mut network = Preconditioned::new(0.5, raw).unwrap();
    for (end, fits) in [(End::Label0, true), (End::Zero, false)] {
        let grid = schedule.grid(Spacing::Trailing, 6, end).unwrap();
        let plan = Ddim::default().plan(&grid, Prediction::Edm { sigma_data: 0.5 }).unwrap();
        let lanes = ItemPlans::staggered(&plan, 3, 2).unwrap();
        assert_eq!(lanes.run(points(), &mut network, &mut NoNoise).is_ok(), fits);
    }
}
