//! The axioms of interventions and counterfactuals (Galles and Pearl 1998; Pearl 2009, section 7.3) on random
//! models with every kind of mechanism.
//!
//! Comparison classes: *exact* where the same operations run on the same numbers; *float* where noise was
//! abducted. A scale of at least 0.2, weights of at most 1.5 and logits of at most a few make one abduction lose
//! less than `1e-10` relatively, and up to five variables deep amplify that by less than `1e3`.

mod common;

use common::{action, blueprint, item, settings};
use counterfoil_graph::Change;
use counterfoil_scm::{Intervention, Scm};
use proptest::prelude::*;

const FLOAT: f64 = 1e-7;

fn close(a: &[f64], b: &[f64]) -> bool {
    a.iter().zip(b).all(|(x, y)| (x - y).abs() <= FLOAT * (1.0 + x.abs()))
}

/// A model as data, an item of it, and two interventions on different variables.
fn setting() -> impl Strategy<Value = (common::Blueprint, u64, Vec<(usize, f64)>)> {
    blueprint(5).prop_flat_map(|plan| {
        let n = plan.n;
        (Just(plan), any::<u64>(), settings(n))
    })
}

/// The factual item, unless it fell so far into a tail that abduction is badly conditioned.
fn fact(scm: &Scm, seed: u64) -> Option<counterfoil_scm::Sample> {
    let sample = item(scm, seed);
    sample.noise.iter().all(|u| u.abs() < 4.0).then_some(sample)
}

proptest! {
    /// Float.
    #[test]
    fn abduction_recovers_the_noise((plan, seed, _) in setting()) {
        let scm = plan.model();
        let Some(sample) = fact(&scm, seed) else { return Ok(()) };
        let noise = scm.abduct(&sample.values).unwrap();
        prop_assert!(close(&noise, &sample.noise), "{noise:?} for {:?}", sample.noise);
        prop_assert!(close(&scm.predict(&noise, &Intervention::none()), &sample.values));
    }

    /// Exact: an intervention is the model with constant mechanisms in the places that are set, in one step or
    /// in two, in either order.
    #[test]
    fn acting_replaces_mechanisms((plan, seed, settings) in setting(), cut in 0usize..4) {
        let scm = plan.model();
        let noise = item(&scm, seed).noise;
        let expected = scm.predict(&noise, &action(&scm, &settings));
        prop_assert_eq!(&plan.submodel(&settings).model().predict(&noise, &Intervention::none()), &expected);
        let (first, second) = settings.split_at(cut.min(settings.len()));
        for (outer, inner) in [(first, second), (second, first)] {
            let submodel = plan.submodel(outer).model();
            prop_assert_eq!(&submodel.predict(&noise, &action(&submodel, inner)), &expected);
            let joined = action(&scm, outer).then(&action(&scm, inner));
            prop_assert_eq!(&scm.predict(&noise, &joined), &expected);
        }
    }

    /// Exact.
    #[test]
    fn the_null_intervention_changes_nothing((plan, seed, _) in setting()) {
        let scm = plan.model();
        let sample = item(&scm, seed);
        prop_assert_eq!(scm.counterfactual(&sample.values, &Intervention::none()), Ok(sample.values.clone()));
        prop_assert_eq!(scm.predict(&sample.noise, &Intervention::none()), sample.values);
    }

    /// Exact: do(x = its own value) is no change (consistency), also for several variables.
    #[test]
    fn setting_what_is_already_so_changes_nothing((plan, seed, settings) in setting()) {
        let scm = plan.model();
        let values = item(&scm, seed).values;
        let own: Vec<_> = settings.iter().map(|&(i, _)| (i, values[i])).collect();
        prop_assert_eq!(scm.counterfactual(&values, &action(&scm, &own)), Ok(values));
    }

    /// Exact, in one world after the other and in one step.
    #[test]
    fn acting_twice_is_acting_once((plan, seed, settings) in setting()) {
        let scm = plan.model();
        let Some(sample) = fact(&scm, seed) else { return Ok(()) };
        let action = action(&scm, &settings);
        let once = scm.counterfactual(&sample.values, &action).unwrap();
        prop_assert_eq!(scm.counterfactual(&once, &action), Ok(once));
        prop_assert_eq!(action.clone().then(&action), action);
    }

    /// Exact: what is set has its value, what does not descend from it keeps its own.
    #[test]
    fn only_descendants_change((plan, seed, settings) in setting()) {
        let scm = plan.model();
        let Some(sample) = fact(&scm, seed) else { return Ok(()) };
        let action = action(&scm, &settings);
        let world = scm.counterfactual(&sample.values, &action).unwrap();
        let reached = scm.dag().descendants(action.targets());
        for (i, (&new, &old)) in world.iter().zip(&sample.values).enumerate() {
            match action.get(i) {
                Some(value) => prop_assert_eq!(new, value),
                None if !reached.contains(i) => prop_assert_eq!(new, old),
                None => {}
            }
        }
    }

    /// Float: the counterfactual is abduction, action, prediction.
    #[test]
    fn a_counterfactual_is_its_three_steps((plan, seed, settings) in setting()) {
        let scm = plan.model();
        let Some(sample) = fact(&scm, seed) else { return Ok(()) };
        let action = action(&scm, &settings);
        let at_once = scm.counterfactual(&sample.values, &action).unwrap();
        prop_assert!(close(&at_once, &scm.predict(&scm.abduct(&sample.values).unwrap(), &action)));
        prop_assert!(close(&at_once, &scm.predict(&sample.noise, &action)));
    }

    /// Float: for variables of which neither descends from the other, two interventions one after the other are
    /// the joint one, in either order.
    #[test]
    fn unrelated_interventions_commute(
        (plan, seed, _) in setting(), choice: prop::sample::Index, values in any::<[i8; 2]>(),
    ) {
        let scm = plan.model();
        let below = |a: usize, b: usize| scm.dag().descendants([a]).contains(b);
        let unrelated: Vec<(usize, usize)> = (0..plan.n)
            .flat_map(|a| (0..a).map(move |b| (a, b)))
            .filter(|&(a, b)| !below(a, b) && !below(b, a))
            .collect();
        let Some(sample) = fact(&scm, seed).filter(|_| !unrelated.is_empty()) else { return Ok(()) };
        let pair = unrelated[choice.index(unrelated.len())];
        let [a, b] = [(pair.0, f64::from(values[0]) / 64.0), (pair.1, f64::from(values[1]) / 64.0)];
        let joint = scm.counterfactual(&sample.values, &action(&scm, &[a, b])).unwrap();
        for (first, second) in [(a, b), (b, a)] {
            // A squeezed variable may be driven so near its bound that its noise is lost: then nothing is claimed.
            let Ok(world) = scm.counterfactual(&sample.values, &action(&scm, &[first])) else { continue };
            let Ok(world) = scm.counterfactual(&world, &action(&scm, &[second])) else { continue };
            prop_assert!(close(&world, &joint), "{world:?} and {joint:?}");
        }
    }

    /// Exact. Composition: if W would be w under do(x), then setting it to w as well changes nothing.
    /// Effectiveness: what is set is so.
    #[test]
    fn composition_and_effectiveness((plan, seed, settings) in setting(), extra: prop::sample::Index) {
        let scm = plan.model();
        let noise = item(&scm, seed).noise;
        let world = scm.predict(&noise, &action(&scm, &settings));
        for &(i, value) in &settings {
            prop_assert_eq!(world[i], value);
        }
        let w = extra.index(plan.n);
        let mut more = settings.clone();
        more.retain(|&(i, _)| i != w);
        more.push((w, world[w]));
        prop_assert_eq!(scm.predict(&noise, &action(&scm, &more)), world);
    }

    /// Exact: an interventional sample is the prediction from the noise of the observational one.
    #[test]
    fn worlds_share_their_noise((plan, seed, settings) in setting()) {
        let scm = plan.model();
        let action = action(&scm, &settings);
        let stream = || counterfoil_random::Stream::new(seed, "test-item", 0, 0);
        let (seen, acted) = (scm.sample(&mut stream()), scm.sample_under(&mut stream(), &action));
        prop_assert_eq!(&seen.noise, &acted.noise);
        prop_assert_eq!(acted.values, scm.predict(&seen.noise, &action));
    }

    /// Exact: a soft change is the hard one to what it makes of the natural value, the one that the variable has under
    /// all else that is done; what moves nothing changes nothing. Float, where noise is abducted.
    #[test]
    fn a_soft_change_sets_what_it_makes_of_the_natural_value(
        (plan, seed, settings) in setting(), which: prop::sample::Index, by in -2.0..2.0f64, scaled: bool,
    ) {
        let scm = plan.model();
        let Some(sample) = fact(&scm, seed) else { return Ok(()) };
        let i = which.index(plan.n);
        let mut others = settings.clone();
        others.retain(|&(j, _)| j != i);
        let change = if scaled { Change::Scale(by) } else { Change::Shift(by) };
        let soft = action(&scm, &others).change_index(scm.dag(), i, change).unwrap();
        let natural = scm.predict(&sample.noise, &action(&scm, &others))[i];
        others.push((i, if scaled { natural * by } else { natural + by }));
        let expected = scm.predict(&sample.noise, &action(&scm, &others));
        prop_assert_eq!(&scm.predict(&sample.noise, &soft), &expected);
        let found = scm.counterfactual(&sample.values, &soft).unwrap();
        prop_assert!(close(&found, &expected), "{found:?} for {expected:?}");
        for still in [Change::Shift(0.0), Change::Scale(1.0)] {
            let still = Intervention::from_changes(scm.dag(), [(i, still)]).unwrap();
            prop_assert_eq!(&scm.counterfactual(&sample.values, &still), &Ok(sample.values.clone()));
        }
    }
}
