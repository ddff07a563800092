//! From measurements to figures: pure functions that no network enters.

use counterfoil_graph::{Dag, Intervention};
use counterfoil_metrics::{
    abduction::{self, Episodes},
    bootstrap::{Bootstrap, Interval},
    comparison::compare,
    reproduction::kept,
    statistics::mean,
};
use counterfoil_scm::Scm;
use indexmap::IndexMap;

use super::{
    controls::{redraw_of_cause, without_abduction},
    draw::{Labelled, morphomnist},
    measure::Measured,
    summary::{Drift, Effect, Ends, Kept, Reading, Reference},
};
use crate::error::Result;

/// The ends of an interval.
pub fn ends(interval: &Interval) -> Ends {
    [interval.low, interval.high]
}

/// What is known of the images before anything is done to them.
#[derive(Clone, Debug)]
pub struct Facts<'a> {
    /// The labelled variables.
    pub variables: &'a [Labelled],
    /// The graph of the data.
    pub graph: &'a Dag,
    /// The true label model, where it is known.
    pub scm: Option<&'a Scm>,
    /// The labels of each image, in the order of the data's graph.
    pub labels: &'a [Vec<f64>],
    /// The labels of training images, in the same order.
    pub population: &'a [Vec<f64>],
    /// What the judges say of the images.
    pub measured: &'a Measured,
}

/// One intervention an image, and what the judges say of the outcome.
#[derive(Clone, Debug)]
pub struct Episode<'a> {
    /// One intervention an image, on the graph of the data.
    pub actions: &'a [Intervention],
    /// What the judges say of the counterfactual images.
    pub measured: &'a Measured,
    /// What the latents hold of each labelled variable after acting.
    pub latent: Option<&'a [Vec<f64>]>,
}

/// What an intervention means for a variable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Concern {
    /// It is set.
    Set,
    /// It is an effect of what is set.
    Effect,
    /// It should stay.
    None,
}

impl Facts<'_> {
    /// The labels of a variable.
    fn factual(&self, labelled: &Labelled) -> Vec<f64> {
        self.labels.iter().map(|values| values[labelled.data]).collect()
    }

    /// All images are intervened on alike, so the first one tells.
    fn concern(&self, labelled: &Labelled, actions: &[Intervention]) -> Concern {
        let targets = actions.first().map(Intervention::targets).unwrap_or_default();
        if targets.contains(&labelled.data) {
            Concern::Set
        } else if !targets.is_empty() && self.graph.descendants(targets).contains(labelled.data) {
            Concern::Effect
        } else {
            Concern::None
        }
    }

    /// The true values of a variable after the interventions; none where only a label model could tell and there is
    /// none, or it cannot have made the labels.
    pub(super) fn truth(&self, labelled: &Labelled, actions: &[Intervention]) -> Option<Vec<f64>> {
        let pairs = || self.labels.iter().zip(actions);
        match self.concern(labelled, actions) {
            Concern::None => Some(self.factual(labelled)),
            Concern::Set => actions.iter().map(|action| action.get(labelled.data)).collect(),
            Concern::Effect => {
                let scm = self.scm?;
                let value = |(values, action): (&Vec<f64>, &Intervention)| {
                    Some(scm.counterfactual(values, action).ok()?[labelled.data])
                };
                pairs().map(value).collect()
            }
        }
    }

    /// The judges' mean absolute errors on the images as they are.
    ///
    /// # Errors
    /// When a measurement is not finite.
    pub fn judge_errors(&self) -> Result<IndexMap<String, f64>> {
        let mut found = IndexMap::new();
        for (labelled, measured) in self.variables.iter().zip(&self.measured.values) {
            if let Some(measured) = measured {
                let error = mean(&labelled.errors(measured, &self.factual(labelled))?)?;
                found.insert(labelled.name().to_owned(), error);
            }
        }
        Ok(found)
    }

    /// One row of the effectiveness matrix.
    ///
    /// # Errors
    /// When a measurement is not finite.
    pub fn effects(
        &self,
        episode: &Episode<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<IndexMap<String, Effect>> {
        let judges = self.judge_errors()?;
        let mut row = IndexMap::new();
        for (column, labelled) in self.variables.iter().enumerate() {
            let (Some(after), Some(before), Some(truth)) = (
                &episode.measured.values[column],
                &self.measured.values[column],
                self.truth(labelled, episode.actions),
            ) else {
                continue;
            };
            let off = |measured: &[f64]| labelled.errors(measured, &truth);
            let found = compare(&off(after)?, &off(before)?, bootstrap)?;
            let concern = self.concern(labelled, episode.actions);
            // What should stay is right in the unchanged image but for the judge's error: no yardstick.
            let share = found.share.filter(|_| concern != Concern::None);
            let reference = |errors: &[f64]| -> Result<Reference> {
                let mae = mean(errors)?;
                Ok(Reference { mae, share: mae / found.reference })
            };
            let (mut ignores_u, mut redraws_u) = (None, None);
            let control = || {
                let (scm, measured) = (self.scm?, labelled.data);
                without_abduction(scm, self.labels, episode.actions, self.population, measured).ok()
            };
            // Their errors are differences.
            let controlled = concern == Concern::Effect && labelled.is_ordered();
            if let Some(control) = controlled.then(control).flatten() {
                ignores_u = Some(reference(&control.ignoring)?);
                redraws_u = Some(reference(&control.redrawing)?);
            }
            let latent = match episode.latent {
                Some(latent) if concern != Concern::None => {
                    Some(reference(&off(&latent[column])?)?)
                }
                _ => None,
            };
            let entry = Effect {
                mae: found.error.estimate,
                unit: labelled.variable.unit().map(str::to_owned),
                leave_as_is: found.reference,
                share: share.map(|s| s.estimate),
                oracle_mae: judges[labelled.name()],
                ci95: ends(&found.error),
                share_ci95: share.as_ref().map(ends),
                latent,
                ignores_u,
                redraws_u,
            };
            row.insert(labelled.name().to_owned(), entry);
        }
        Ok(row)
    }

    /// How far the variables moved that the interventions do not concern.
    ///
    /// # Errors
    /// When a measurement is not finite.
    pub fn drifts(
        &self,
        episode: &Episode<'_>,
        bootstrap: &Bootstrap,
    ) -> Result<IndexMap<String, Drift>> {
        let mut row = IndexMap::new();
        for (column, labelled) in self.variables.iter().enumerate() {
            let (Some(after), Some(before)) =
                (&episode.measured.values[column], &self.measured.values[column])
            else {
                continue;
            };
            if self.concern(labelled, episode.actions) != Concern::None {
                continue;
            }
            let redraw = self.scm.filter(|_| labelled.is_ordered()).and_then(|scm| {
                let cause = labelled.data;
                redraw_of_cause(scm, self.labels, episode.actions, self.population, cause)
            });
            let moves = labelled.errors(after, before)?;
            let (moved, redrawn, share) = match redraw {
                Some(redraw) => {
                    let found = compare(&moves, &redraw, bootstrap)?;
                    (found.error, Some(found.reference), found.share)
                }
                None => (bootstrap.mean(&moves)?, None, None),
            };
            let entry = Drift {
                mae: moved.estimate,
                unit: labelled.variable.unit().map(str::to_owned),
                redraw: redrawn,
                share: share.map(|share| share.estimate),
                share_ci95: share.as_ref().map(ends),
                ci95: ends(&moved),
            };
            row.insert(labelled.name().to_owned(), entry);
        }
        Ok(row)
    }

    /// The abduction slope of images under do(thickness), with its interval; none for other worlds, and where fewer than
    /// three images were asked for a thickness that tells.
    pub fn abduction_slope(
        &self,
        episode: &Episode<'_>,
        bootstrap: &Bootstrap,
    ) -> Option<(f64, Ends)> {
        let [thickness, intensity] = self.scm.and_then(morphomnist)?;
        let set = |action: &Intervention| action.targets() == [thickness];
        if !episode.actions.iter().all(set) {
            return None;
        }
        let column = self.variables.iter().position(|v| v.data == intensity)?;
        let of = |variable: usize| -> Vec<f64> {
            self.labels.iter().map(|values| values[variable]).collect()
        };
        let wanted: Vec<f64> = episode.actions.iter().filter_map(|a| a.get(thickness)).collect();
        let episodes = Episodes {
            thickness: &of(thickness),
            intensity: &of(intensity),
            wanted: &wanted,
            resulting: episode.measured.values[column].as_ref()?,
        };
        let slope = abduction::slope(&episodes, bootstrap).ok()?;
        Some((slope.line.slope, ends(&slope.interval)))
    }

    /// The share of images whose recognised class is that of the image before; none without classes.
    ///
    /// # Errors
    /// When the bootstrap is ill set.
    pub fn identity_kept(
        &self,
        abducted: &Measured,
        fresh: Option<&Measured>,
        bootstrap: &Bootstrap,
    ) -> Result<Option<Kept>> {
        let (Some(before), Some(after)) = (&self.measured.classes, &abducted.classes) else {
            return Ok(None);
        };
        let own = kept(before, after, bootstrap)?;
        let fresh = fresh
            .and_then(|measured| measured.classes.as_ref())
            .map(|after| kept(before, after, bootstrap))
            .transpose()?;
        Ok(Some(Kept {
            abducted: own.estimate,
            ci95: ends(&own),
            fresh: fresh.map(|f| f.estimate),
            fresh_ci95: fresh.as_ref().map(ends),
        }))
    }

    /// The errors of labels read from latents, `read` one series a labelled variable.
    ///
    /// # Errors
    /// When a latent is not finite.
    pub fn readings(
        &self,
        read: &[Vec<f64>],
        bootstrap: &Bootstrap,
    ) -> Result<IndexMap<String, Reading>> {
        let mut found = IndexMap::new();
        for (labelled, read) in self.variables.iter().zip(read) {
            let errors = labelled.errors(read, &self.factual(labelled))?;
            let error = compare(&errors, &errors, bootstrap)?.error;
            let unit = labelled.variable.unit().map(str::to_owned);
            let entry = Reading { mae: error.estimate, unit, ci95: ends(&error) };
            found.insert(labelled.name().to_owned(), entry);
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use counterfoil_metrics::abduction::SPREAD;
    use counterfoil_random::Stream;
    use counterfoil_scm::morphomnist as world;

    /// 400 images of the Morpho-MNIST label model under do(thickness) and do(intensity), drawn as an evaluation draws.
    struct World {
        scm: Scm,
        variables: Vec<Labelled>,
        labels: Vec<Vec<f64>>,
        population: Vec<Vec<f64>>,
        measured: Measured,
        thickness: Vec<Intervention>,
        intensity: Vec<Intervention>,
    }

    fn series(rows: &[Vec<f64>]) -> Measured {
        let column = |c: usize| Some(rows.iter().map(|row| row[c]).collect());
        let classes = rows.iter().enumerate().map(|(k, _)| k % 10).collect();
        Measured { values: vec![column(0), column(1)], classes: Some(classes) }
    }

    impl World {
        fn new() -> Self {
            let scm = world::model();
            let people = |purpose, n| -> Vec<Vec<f64>> {
                (0..n).map(|k| scm.sample(&mut Stream::new(1, purpose, k, 0)).values).collect()
            };
            let (labels, population) = (people("facts", 400), people("train", 2000));
            let set = |name: &'static str, value: &dyn Fn(&mut Stream, &Vec<f64>) -> f64| {
                let action = |(k, values): (usize, &Vec<f64>)| {
                    let value = value(&mut Stream::new(1, name, k as u64, 0), values);
                    Intervention::none().set(scm.dag(), name, value).unwrap()
                };
                labels.iter().enumerate().map(action).collect::<Vec<_>>()
            };
            // The 5th and the 95th percentile of thickness are 1.58 and 3.64 px.
            let thickness = set("thickness", &|stream, _| stream.uniform_in(1.58, 3.64));
            let intensity = set("intensity", &|stream, values| {
                abduction::intensity(values[0], stream.uniform_in(-1.25, 1.25))
            });
            let variables = Labelled::all(scm.dag(), scm.dag()).unwrap();
            let measured = series(&labels);
            Self { scm, variables, labels, population, measured, thickness, intensity }
        }

        fn facts(&self) -> Facts<'_> {
            Facts {
                variables: &self.variables,
                graph: self.scm.dag(),
                scm: Some(&self.scm),
                labels: &self.labels,
                population: &self.population,
                measured: &self.measured,
            }
        }

        /// What a model would show that replaces the noise of intensity and keeps thickness where it should.
        fn imagined(&self, actions: &[Intervention], u: impl Fn(usize, f64) -> f64) -> Measured {
            let row = |(k, (values, action)): (usize, (&Vec<f64>, &Intervention))| {
                let own = self.scm.abduct(values).unwrap();
                self.scm.predict(&[own[0], u(k, own[1])], action)
            };
            let pairs = self.labels.iter().zip(actions).enumerate();
            series(&pairs.map(row).collect::<Vec<_>>())
        }
    }

    fn bootstrap() -> Bootstrap {
        Bootstrap { rounds: 200, level: 0.95, seed: 1 }
    }

    /// Float: a model that is the truth has no error, slope 1, and drifts nowhere.
    #[test]
    fn a_perfect_model_is_perfect() {
        let world = World::new();
        let facts = world.facts();
        for actions in [&world.thickness, &world.intensity] {
            let measured = world.imagined(actions, |_, own| own);
            let episode = Episode { actions, measured: &measured, latent: None };
            for (name, effect) in facts.effects(&episode, &bootstrap()).unwrap() {
                assert!(effect.mae < 1e-9 && effect.oracle_mae == 0.0, "{name}: {effect:?}");
                assert!(effect.share.is_none_or(|share| share < 1e-9), "{name}");
            }
        }
        let measured = world.imagined(&world.thickness, |_, own| own);
        let episode = Episode { actions: &world.thickness, measured: &measured, latent: None };
        let (slope, ends) = facts.abduction_slope(&episode, &bootstrap()).unwrap();
        assert!(
            (slope - 1.0).abs() < 0.02 && ends[0] <= slope && slope <= ends[1],
            "{slope} {ends:?}"
        );
        assert!(facts.drifts(&episode, &bootstrap()).unwrap().is_empty());
        let measured = world.imagined(&world.intensity, |_, own| own);
        let episode = Episode { actions: &world.intensity, measured: &measured, latent: None };
        let drift = &facts.drifts(&episode, &bootstrap()).unwrap()["thickness"];
        assert_eq!((drift.mae, drift.share), (0.0, Some(0.0)));
        assert!((drift.redraw.unwrap() - 0.32).abs() < 0.04, "{drift:?}");
        assert!(facts.abduction_slope(&episode, &bootstrap()).is_none());
        let kept = facts.identity_kept(&measured, None, &bootstrap()).unwrap().unwrap();
        assert_eq!((kept.abducted, kept.fresh), (1.0, None));
    }

    /// Monte-Carlo over 400 images: a model that ignores the noise has 0.26 of leave-as-is and slope 0, one that
    /// redraws it 0.35; the controls beside the figures say the same as such models, the first exactly.
    #[test]
    fn models_without_abduction_are_found_out() {
        let world = World::new();
        let facts = world.facts();
        let figures = |u: &dyn Fn(usize, f64) -> f64| {
            let measured = world.imagined(&world.thickness, u);
            let episode = Episode { actions: &world.thickness, measured: &measured, latent: None };
            let effects = facts.effects(&episode, &bootstrap()).unwrap();
            let slope = facts.abduction_slope(&episode, &bootstrap()).unwrap().0;
            (effects["intensity"].clone(), slope)
        };
        let (ignores, slope) = figures(&|_, _| 0.0);
        let (share, control) = (ignores.share.unwrap(), ignores.ignores_u.unwrap());
        assert!((share - 0.26).abs() < 0.04, "{share}");
        assert!((control.share - share).abs() < 1e-9 && (control.mae - ignores.mae).abs() < 1e-9);
        assert!(slope.abs() < 0.02, "{slope}");
        let (redraws, slope) = figures(&|k, _| Stream::new(9, "u", k as u64, 0).normal());
        let (share, control) = (redraws.share.unwrap(), redraws.redraws_u.unwrap());
        assert!((share - 0.35).abs() < 0.05 && (control.share - 0.35).abs() < 0.04, "{share}");
        // The standard error of the slope is 1 / sqrt(310).
        assert!(slope.abs() < 0.2, "{slope}");
        assert!((SPREAD - 0.5).abs() < f64::EPSILON);
    }

    /// Without a label model a descendant has no truth, and so no figure; what is set and what should stay have theirs.
    #[test]
    fn what_nobody_knows_has_no_figure() {
        let world = World::new();
        let facts = Facts { scm: None, ..world.facts() };
        let measured = world.imagined(&world.thickness, |_, own| own);
        let episode = Episode { actions: &world.thickness, measured: &measured, latent: None };
        let effects = facts.effects(&episode, &bootstrap()).unwrap();
        assert_eq!(effects.keys().collect::<Vec<_>>(), ["thickness"]);
        assert!(facts.abduction_slope(&episode, &bootstrap()).is_none());
        let blind = Measured { values: vec![None, None], classes: None };
        let episode = Episode { actions: &world.intensity, measured: &blind, latent: None };
        assert!(facts.effects(&episode, &bootstrap()).unwrap().is_empty());
        assert!(facts.identity_kept(&blind, None, &bootstrap()).unwrap().is_none());
    }
}
