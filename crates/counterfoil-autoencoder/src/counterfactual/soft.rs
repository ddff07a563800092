//! Soft interventions: causes and noise stay in force, and what they make of a variable is moved.
//!
//! The natural latents of the variable, which its mechanism gives under all else that is done, are read as a label; the
//! label is changed; and the block moves by the difference of the latents that the two labels are written as. What the
//! block holds beside the label, and what its reading gets wrong, is kept, and a change that moves nothing changes no bit of it.

use super::{Counterfactuals, act::mask};
use crate::{Calibration, Mechanism};
use counterfoil_graph::Intervention;
use std::borrow::Cow;
use tch::{Kind, Tensor};

impl Counterfactuals<'_> {
    /// What the block of `variable` becomes, `[n, width]`, that is `factual` and whose mechanism gives `acted`: moved for
    /// items that change it softly, `acted` for the others.
    pub(super) fn moved(
        &self,
        variable: usize,
        acted: Tensor,
        factual: &Tensor,
        interventions: &[Intervention],
    ) -> Tensor {
        let is_soft = |i: &Intervention| i.change(variable).is_some_and(|c| c.value().is_none());
        if !interventions.iter().any(is_soft) {
            return acted;
        }
        let device = acted.device();
        // Unless causes have moved it already, the natural latents are the factual ones, bit for bit.
        let caused = mask(interventions, device, |i| self.reaches_through_causes(i, variable));
        let natural = &caused * &acted + (1.0 - &caused) * factual;
        let step = self.step(variable, &natural, interventions);
        let soft = mask(interventions, device, is_soft);
        &soft * (natural + step) + (1.0 - &soft) * acted
    }

    /// How far the block of `variable` moves from its `natural` latents, `[n, width]`; 0 for items that leave it alone.
    fn step(&self, variable: usize, natural: &Tensor, interventions: &[Intervention]) -> Tensor {
        let a = self.architecture();
        let calibration = if self.procedure.calibrated {
            Cow::Borrowed(self.calibration)
        } else {
            Cow::Owned(Calibration::ideal(a))
        };
        let Some(before) = calibration.label(a, variable, natural) else {
            return natural.zeros_like();
        };
        let outcome = |(k, i): (usize, &Intervention)| {
            i.outcome(a.dag(), variable, before.double_value(&[k as i64])) as f32
        };
        let after: Vec<f32> = interventions.iter().enumerate().map(outcome).collect();
        let after = Tensor::from_slice(&after).to_device(natural.device());
        let written = |label: &Tensor| calibration.latent(a, variable, &label.to_kind(Kind::Float));
        let (Some(after), Some(before)) = (written(&after), written(&before)) else {
            return natural.zeros_like();
        };
        // A circular block may lie off its circle; on a circle through it, turning it is turning its label.
        match calibration.radius(a, variable, natural) {
            None => after - before,
            Some(radius) => (after - before) * radius,
        }
    }

    /// Whether an intervention changes the latents of a variable by changing others.
    pub(super) fn reaches_through_causes(
        &self,
        intervention: &Intervention,
        variable: usize,
    ) -> bool {
        let a = self.architecture();
        let others = intervention.targets().into_iter().filter(|target| *target != variable);
        let others: Vec<usize> = others.collect();
        a.mechanism != Mechanism::Independent
            && !others.is_empty()
            && a.dag().descendants(others).contains(variable)
    }
}
