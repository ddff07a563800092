//! Act: which latents stand where after an intervention.

use super::{Abduction, Confounded, Counterfactuals, confounding};
use crate::objective::label_codes;
use crate::{Directions, Mechanism, ModelError};
use counterfoil_graph::{Intervention, Role};
use tch::Tensor;

impl Counterfactuals<'_> {
    /// The causal latents after the interventions, one an item, `[n, d]`. Interventions are on the model's graph.
    ///
    /// # Errors
    /// When there are not as many interventions as items, or one changes an unlabelled variable.
    pub fn act(
        &self,
        abduction: &Abduction,
        interventions: &[Intervention],
    ) -> Result<Tensor, ModelError> {
        self.act_confounded(abduction, interventions, &[])
    }

    /// The same in a model that agrees with this one about everything observed and in which hidden common causes account
    /// for a part of what the mechanisms hold: see [`Confounded`].
    ///
    /// # Errors
    /// As [`Counterfactuals::act`].
    pub fn act_confounded(
        &self,
        abduction: &Abduction,
        interventions: &[Intervention],
        confounded: &[Confounded],
    ) -> Result<Tensor, ModelError> {
        let a = self.architecture();
        let (n, device) = (abduction.u.size()[0], abduction.u.device());
        if interventions.len() as i64 != n {
            let found = vec![interventions.len() as i64];
            return Err(ModelError::Shape {
                what: "the list of interventions",
                found,
                expected: vec![n],
            });
        }
        self.expect_labelled(interventions)?;
        match self.directions() {
            Some(directions) => {
                return Ok(tch::no_grad(|| directions.moved(a, &abduction.z, interventions)));
            }
            None if self.procedure.directions => {
                return Err(ModelError::Setting {
                    key: "counterfactual.directions",
                    reason: "must be false where the calibration has none: fit them first"
                        .to_owned(),
                });
            }
            None => {}
        }
        let labelled: Vec<usize> = a.blocks().labelled().map(|b| b.variable).collect();
        // Where nothing is set any valid value will do: it is masked away.
        let mut labels: Vec<f32> = Vec::with_capacity(interventions.len() * labelled.len());
        for intervention in interventions {
            labels.extend(labelled.iter().map(|v| intervention.get(*v).unwrap_or(0.0) as f32));
        }
        let labels = Tensor::from_slice(&labels).view([n, labelled.len() as i64]).to_device(device);
        let wanted = if self.procedure.calibrated {
            self.calibration.latents(a, &labels)
        } else {
            label_codes(a, &labels)
        };
        let noise = self.recovered_noise(&abduction.u);
        let factual: Vec<Tensor> = a.blocks().iter().map(|b| b.of(&abduction.z)).collect();
        let mut acted: Vec<Tensor> = factual.iter().map(Tensor::shallow_clone).collect();
        Ok(tch::no_grad(|| {
            let noise = self.published_roots(noise, &factual, &wanted, interventions);
            self.model.mechanisms().propagate(self.weights, &noise, |variable, _, z| {
                let z = z - confounding::accounted_for(confounded, variable, &acted, &factual);
                acted[variable] =
                    self.acted(variable, z, &factual[variable], &wanted, interventions);
                acted[variable].shallow_clone()
            })
        }))
    }

    /// Fails where an intervention changes a variable that has no labels to say its values in.
    fn expect_labelled(&self, interventions: &[Intervention]) -> Result<(), ModelError> {
        let a = self.architecture();
        let unlabelled = |v: &usize| a.dag().variable(*v).role() == Role::Unlabelled;
        let mut targets = interventions.iter().flat_map(Intervention::targets);
        let Some(variable) = targets.find(unlabelled) else { return Ok(()) };
        let names: Vec<&str> = a.blocks().labelled().map(|b| b.name.as_str()).collect();
        Err(ModelError::Unlabelled {
            variable: a.dag().variable(variable).name().to_owned(),
            choices: names.join(", "),
        })
    }

    /// The directions along which the whole code is moved, where the procedure says so and they were fitted.
    pub(super) fn directions(&self) -> Option<&Directions> {
        self.calibration.directions.as_ref().filter(|_| self.procedure.directions)
    }

    /// What the block of a variable becomes that is `factual` and whose mechanism gives `z` after the interventions.
    fn acted(
        &self,
        variable: usize,
        z: Tensor,
        factual: &Tensor,
        wanted: &Tensor,
        interventions: &[Intervention],
    ) -> Tensor {
        let (a, device) = (self.architecture(), z.device());
        let block = a.blocks().get(variable);
        if !block.labelled {
            return factual.shallow_clone();
        }
        // What no intervention reaches keeps its factual latents bit for bit.
        let changed = mask(interventions, device, |i| self.reaches(i, variable));
        let free = &changed * z + (1.0 - changed) * factual;
        if !self.procedure.calibrated && self.is_published_root(variable) {
            return free;
        }
        let set = mask(interventions, device, |i| i.get(variable).is_some());
        let acted = &set * block.of(wanted) + (1.0 - &set) * free;
        // The noise of a root that the published mechanism moves was moved already.
        if self.is_published_root(variable) {
            acted
        } else {
            self.moved(variable, acted, factual, interventions)
        }
    }

    /// Whether an intervention changes the latents of a variable: it is changed, or mechanisms lead there from one that is.
    fn reaches(&self, intervention: &Intervention, variable: usize) -> bool {
        intervention.change(variable).is_some()
            || self.reaches_through_causes(intervention, variable)
    }

    fn is_published_root(&self, variable: usize) -> bool {
        let a = self.architecture();
        a.mechanism == Mechanism::Published && a.dag().parents(variable).is_empty()
    }

    /// In the published mechanism children read the noise of their parents, so a value reaches them only through it:
    /// where a root is set its u becomes what is wanted, less (when calibrated) the constant that its mechanism adds, and
    /// where it is changed softly its u moves as far as its z is to.
    /// Set variables with parents are overwritten after the hop and reach nobody, as published.
    fn published_roots(
        &self,
        noise: Tensor,
        factual: &[Tensor],
        wanted: &Tensor,
        interventions: &[Intervention],
    ) -> Tensor {
        let a = self.architecture();
        if a.mechanism != Mechanism::Published {
            return noise;
        }
        let own: Vec<Tensor> = a.blocks().iter().map(|b| b.of(&noise)).collect();
        let block = |b: &crate::Block| {
            let noise = &own[b.variable];
            if !b.labelled || !self.is_published_root(b.variable) {
                return noise.shallow_clone();
            }
            let mut value = b.of(wanted);
            if self.procedure.calibrated {
                let mechanisms = self.model.mechanisms();
                value = mechanisms.conditional(self.weights, b.variable, &own).abduct(&value).0;
            }
            let set = mask(interventions, noise.device(), |i| i.get(b.variable).is_some());
            let moved = &set * value + (1.0 - &set) * noise;
            let z = &factual[b.variable];
            moved + (self.moved(b.variable, z.shallow_clone(), z, interventions) - z)
        };
        Tensor::cat(&a.blocks().iter().map(block).collect::<Vec<_>>(), 1)
    }

    /// The abducted noise with each labelled block divided by its calibrated gain.
    fn recovered_noise(&self, u: &Tensor) -> Tensor {
        let mut gains = self.calibration.blocks.iter().map(|entry| entry.noise_gain);
        let block = |b: &crate::Block| {
            let gain = if b.labelled { gains.next().unwrap_or(1.0) } else { 1.0 };
            b.of(u) / gain
        };
        Tensor::cat(&self.architecture().blocks().iter().map(block).collect::<Vec<_>>(), 1)
    }
}

/// `[n, 1]`: 1 for items whose intervention has a property.
pub(super) fn mask(
    interventions: &[Intervention],
    device: tch::Device,
    property: impl Fn(&Intervention) -> bool,
) -> Tensor {
    let mask: Vec<f32> = interventions.iter().map(|i| f32::from(u8::from(property(i)))).collect();
    Tensor::from_slice(&mask).view([-1, 1]).to_device(device)
}

/// `[n, 1]`: 1 for items on which something is changed.
pub(super) fn touched(interventions: &[Intervention], device: tch::Device) -> Tensor {
    mask(interventions, device, |i| !i.is_empty())
}
