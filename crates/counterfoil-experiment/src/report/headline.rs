//! The outcome of a run in one sentence and a few large numbers, without judging them.

use serde::Serialize;

use super::{
    material::Material,
    tables::{intervention, wanted_effects},
};
use crate::{
    evaluate::{
        plan::EXTRAPOLATED,
        summary::{Effect, Ends, Solver, Summary},
    },
    numbers::{count, duration, estimate, number, percent, with_unit},
    run_dir::{Part, StoppedBy},
};

/// A number that is worth being seen first.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(super) struct Card {
    pub(super) title: String,
    pub(super) value: String,
    pub(super) interval: Option<String>,
    pub(super) about: &'static str,
}

/// How long and how far the run went.
pub(super) fn course(material: &Material) -> String {
    let manifest = &material.manifest;
    let mut parts = vec![format!("seed {}", manifest.seed)];
    if let Some(preset) = &manifest.origin.preset {
        parts.push(format!("preset {preset}"));
    }
    let last = material.events.last();
    let steps = manifest.steps.max(last.map_or(0, |e| e.step));
    parts.push(format!("{} steps", count(steps)));
    let seconds = manifest.training_s.max(last.map_or(0.0, |e| e.wall));
    if seconds > 0.0 {
        parts.push(format!("{} of training", duration(seconds)));
    }
    if let Some(stopped_by) = manifest.stopped_by {
        parts.push(
            match stopped_by {
                StoppedBy::Steps => "as planned",
                StoppedBy::WallClock => "stopped by the clock",
                StoppedBy::Interrupt => "interrupted",
                StoppedBy::Diverged => "diverged",
            }
            .into(),
        );
    }
    if let Some(solver) = material.summary.as_ref().and_then(|summary| summary.solver.as_ref()) {
        parts.push(walked(solver));
    }
    parts.push(manifest.started.get(..10).unwrap_or(&manifest.started).to_owned());
    parts.join(" · ")
}

/// The sampler, its grid and what it costs.
fn walked(solver: &Solver) -> String {
    let [up, down] = solver.evaluations;
    let name = |value: serde_json::Result<serde_json::Value>| match value {
        Ok(serde_json::Value::String(name)) => name,
        Ok(other) => other.to_string(),
        Err(_) => String::new(),
    };
    format!(
        "{} on {} levels ({} steps, end {}): {up} network calls to abduct and {down} to decode",
        name(serde_json::to_value(solver.method)),
        name(serde_json::to_value(solver.spacing)),
        solver.steps,
        name(serde_json::to_value(solver.end)),
    )
}

/// The effects of interventions on what they set, in support.
fn direct(summary: &Summary) -> Vec<(&str, &Effect)> {
    let own = wanted_effects(summary).filter(|(name, measured, _)| name == measured);
    own.map(|(name, _, effect)| (name, effect)).collect()
}

/// The outcome in one sentence.
pub(super) fn sentence(material: &Material) -> String {
    let Some(summary) = &material.summary else {
        let losses = || material.events.iter().rev().filter(|e| e.name == "loss");
        let Some(loss) = losses().find(|e| e.split == Part::Validation).or(losses().next()) else {
            return "Nothing was measured yet.".to_owned();
        };
        return format!(
            "A loss of {} at step {}, on {} images; there are no figures of an evaluation.",
            number(loss.value),
            count(loss.step),
            if loss.split == Part::Validation { "validation" } else { "training" },
        );
    };
    let effects = direct(summary);
    let mut text = format!("On {} held-out images", count(summary.eval_n as u64));
    if effects.is_empty() {
        let composition = number(summary.composition_1);
        return format!(
            "{text}, encoding and decoding leaves a mean squared error of {composition}."
        );
    }
    let error = |(name, e): &(&str, &Effect)| {
        let amount = with_unit(&number(e.mae), e.unit.as_deref());
        format!("{amount} under {}", intervention(name))
    };
    let errors: Vec<String> = effects.iter().map(error).collect();
    let shares = effects.iter().filter_map(|(_, e)| Some(percent(e.share?, 0)));
    let shares: Vec<String> = shares.collect();
    text = format!(
        "{text}, the variable that is set misses the wanted value by {}: {} of the error of \
         leaving the image as it is",
        listed(&errors),
        listed(&shares),
    );
    let kept: Vec<String> = effects
        .iter()
        .filter_map(|(name, _)| summary.identity_kept.get(*name))
        .map(|kept| percent(kept.abducted, 1))
        .collect();
    if !kept.is_empty() {
        text = format!("{text}; the class stays recognised in {} of the images", listed(&kept));
    }
    text + "."
}

/// The figures to be seen first.
pub(super) fn cards(summary: &Summary) -> Vec<Card> {
    let mut cards = Vec::new();
    let mut card = |title: String, value: f64, ends: Option<Ends>, about| {
        let (value, interval) = match ends {
            Some(ends) => {
                let (value, interval) = estimate(value, ends);
                (value, Some(interval))
            }
            None => (number(value), None),
        };
        cards.push(Card { title, value, interval, about });
    };
    for (name, measured, effect) in wanted_effects(summary) {
        let single = !name.ends_with(EXTRAPOLATED) && !name.contains('+');
        if let (true, Some(share)) = (single, effect.share) {
            let title = format!("{} → {measured}", intervention(name));
            card(
                title,
                share,
                effect.share_ci95,
                "error, as a share of leaving the image as it is",
            );
        }
    }
    let interval = |name: &str| summary.intervals.get(name).copied();
    if let Some((error, share)) =
        summary.image_error.as_ref().and_then(|e| Some((&e.all, e.all.share?)))
    {
        let about = "error against the true image, as a share of leaving it as it is";
        card("image".into(), share, error.share_ci95, about);
    }
    if let Some(slope) = summary.abduction_slope {
        let about = "1 keeps an image's own noise, 0 forgets it";
        card("abduction slope".into(), slope, interval("abduction_slope"), about);
    }
    let about = "mean squared error of encoding and decoding";
    card("composition".into(), summary.composition_1, interval("composition_1"), about);
    cards
}

/// `a`, `a and b`, `a, b and c`.
fn listed(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [rest @ .., last] => format!("{} and {last}", rest.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_like_prose() {
        let parts: Vec<String> = ["a", "b", "c"].map(str::to_owned).to_vec();
        assert_eq!([0, 1, 2, 3].map(|n| listed(&parts[..n])), ["", "a", "a and b", "a, b and c"]);
    }
}
