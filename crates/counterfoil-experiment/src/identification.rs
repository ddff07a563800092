//! Whether data can tell what a trained model is asked.
//!
//! A graph file may declare hidden common causes. The model has no block for them and answers all the same, so each
//! question is first put to the graph: is the effect of what is set on each of its descendants a function of what was
//! observed (Shpitser and Pearl 2006), and is the mechanism that training found the causal one? The answer carries the
//! formula, or the hedge that proves that there is none. Where no data tell the effect and the mechanism takes a hidden common
//! cause for it, the model's answer is one of many that all data fit;
//! [`Confounded`](counterfoil_autoencoder::counterfactual::Confounded) gives others.
//!
//! An effect is about a population. What *this* image would have been is the probability of one world given what was seen in
//! another, which the graph is asked too (Correa, Lee and Bareinboim 2021). From no experiment does it follow what a variable
//! would have been that was seen itself; the model can answer because it takes every mechanism for an increasing function
//! of its noise, which without hidden common causes settles it (Nasr-Esfahany, Alizadeh and Shah 2023). Only numbers on a
//! line increase: what is circular or has categories leaves it open. With hidden common causes data may settle it another
//! way, by a mechanism fitted behind a back door for one, which is not looked for here.
//!
//! A soft change, `do(x += 1)`, sets `x` to what becomes of the value that its causes give it, so it asks for two worlds too:
//! `P(y | do(x := f(x)))` is the sum of `P(y[x = f(x')], x')` over `x'`, the effect on those who had each value (Haneuse
//! and Rotnitzky 2013). It may be hidden where `P(y | do(x))` is not.

use counterfoil_graph::{
    Admg, CausalGraph as _, Dag, Kind, NodeSet, Query,
    counterfactual::{Answer, Event, Formula, Question, World},
    identification::{NotIdentified, identify},
    separation::Workspace,
};
use serde::{Deserialize, Serialize};

use crate::{
    error::{ExperimentError, Result},
    evaluate::draw::graph_error,
};

/// What the declared graph says of an effect.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Identification {
    /// The effect, `P(intensity | do(thickness))`; `P(intensity | do(thickness := f(thickness)))` of a soft change.
    pub query: String,
    /// Whether it is a function of the distribution of the labels.
    pub identifiable: bool,
    /// The formula, when it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimand: Option<String>,
    /// Why there is none, when it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hedge: Option<String>,
    /// `(cause, effect)` pairs on the way whose hidden common cause the model's mechanism takes for a part of the effect.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub mistaken: Vec<(String, String)>,
    /// The same of one image: what the outcome would have been, given all labels of the image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of_image: Option<OfImage>,
}

/// What the declared graph says of what one image would have been.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfImage {
    /// `P(intensity[thickness=1]=1 | thickness=0, intensity=0)`: 0 stands for what was seen, 1 for what is set and
    /// asked for, 2 for what a soft change starts from where another change has moved it.
    pub query: String,
    /// Whether experiments tell, whatever the mechanisms are.
    pub identifiable: bool,
    /// The formula of interventional distributions, when they do.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub estimand: Option<String>,
    /// Why none does, when they do not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conflict: Option<String>,
    /// Whether the model's mechanisms are what data tell where every mechanism is an increasing function of its noise, as the
    /// model takes it to be.
    pub identifiable_if_increasing: bool,
    /// Why that is not so, or not known, where it is not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub undecided: Option<String>,
}

impl OfImage {
    /// # Errors
    /// When the graph contradicts itself, which a checked one does not.
    fn new(
        graph: &Admg,
        changed: &Changed,
        outcome: usize,
        undecided: Option<String>,
    ) -> Result<Self> {
        let seen = (0..graph.len())
            .fold(Event::sure(), |seen, variable| seen.and(variable, World::factual(), 0));
        // What a soft change starts from was seen, unless a change before it moves that.
        let unseen = changed.soft.iter().map(|target| (target, changed.natural(graph, target)));
        let event = (unseen.filter(|(_, world)| !world.is_factual()))
            .fold(changed.event(outcome), |event, (target, world)| event.and(target, world, 2));
        let question = Question { event, given: seen };
        let answer = question.identify(graph).map_err(contradiction)?;
        let (estimand, conflict) = match &answer {
            Answer::Identified(formula) => (Some(formula.estimand().to_string()), None),
            Answer::NotIdentified(conflict) => (None, Some(conflict.text(graph))),
            Answer::Zero => (Some("0".to_owned()), None),
            Answer::One => (Some("1".to_owned()), None),
            // Single worlds in which everything is seen once are possible in every graph.
            _ => return Err(contradiction("what was seen of an image is impossible in it")),
        };
        Ok(Self {
            query: question.text(graph),
            identifiable: estimand.is_some(),
            estimand,
            conflict,
            identifiable_if_increasing: undecided.is_none(),
            undecided,
        })
    }

    /// One sentence on what the answer rests on.
    pub fn ground(&self) -> String {
        match (&self.estimand, &self.undecided) {
            (Some(estimand), _) => estimand.clone(),
            (None, None) => {
                "follows from no experiment, and from data if mechanisms increase with their noise, as the model has them"
                    .to_owned()
            }
            (None, Some(reason)) => format!(
                "follows from no experiment, nor from mechanisms that increase with their noise as the model has them: {reason}"
            ),
        }
    }
}

impl Identification {
    /// One sentence where the model's answer is not to be taken for the effect.
    pub fn warning(&self) -> Option<String> {
        let pairs: Vec<String> =
            self.mistaken.iter().map(|(cause, effect)| format!("{cause} -> {effect}")).collect();
        let holds = format!(
            "the mechanism of {} holds what hidden common causes do",
            pairs.join(" and of ")
        );
        match (&self.hedge, &self.estimand) {
            (Some(hedge), _) => Some(format!(
                "{} is not identifiable: {hedge}; the answer is one of many that all data fit (`counterfactual \
                 --confounding 0.5` gives those of models whose noise goes with the cause, with a correlation of 0.5)",
                self.query
            )),
            (None, Some(estimand)) if !self.mistaken.is_empty() => Some(format!(
                "{} is identifiable as {estimand}, but the model does not answer by it: {holds}",
                self.query
            )),
            _ => None,
        }
    }
}

/// What is changed: variables that are set to a value, and others that are made something of the value that they have.
struct Changed {
    set: NodeSet,
    soft: NodeSet,
}

impl Changed {
    fn all(&self) -> NodeSet {
        &self.set | &self.soft
    }

    /// The world in which all of `variables` stand at 1, for what they are set to.
    fn world(variables: impl IntoIterator<Item = usize>) -> World {
        variables.into_iter().fold(World::factual(), |world, variable| world.set(variable, 1))
    }

    /// Where `target` has the value that a soft change starts from: what comes before it is changed, itself is not.
    fn natural(&self, graph: &Admg, target: usize) -> World {
        let before = graph.ancestors([target]);
        Self::world(self.all().iter().filter(|&other| other != target && before.contains(other)))
    }

    /// The outcome is 1 where everything is changed.
    fn event(&self, outcome: usize) -> Event {
        Event::sure().and(outcome, Self::world(self.all().iter()), 1)
    }

    /// What moves, and which of it stands between the change and `outcome`, `outcome` among it, and is made by its mechanism:
    /// what is softly changed still follows its causes.
    fn moved(&self, graph: &Admg, outcome: usize) -> (NodeSet, NodeSet) {
        let mutilated = graph.mutilated(self.set.iter());
        let moved = mutilated.descendants_of(self.all().iter());
        let before = mutilated.ancestors_of([outcome]);
        let on_the_way =
            moved.iter().filter(|&node| before.contains(node) && !self.set.contains(node));
        let on_the_way = on_the_way.collect();
        (moved, on_the_way)
    }

    /// The query of an effect as one reads it.
    fn query(&self, graph: &Admg, outcome: usize) -> String {
        if self.soft.is_empty() {
            return Query::effect(self.set.clone(), [outcome]).text(graph);
        }
        let written = |target| match (graph.name(target), self.soft.contains(target)) {
            (name, true) => format!("{name} := f({name})"),
            (name, false) => name.to_owned(),
        };
        let changes: Vec<String> = self.all().iter().map(written).collect();
        format!("P({} | do({}))", graph.name(outcome), changes.join(", "))
    }

    /// The formula of the effect in what is observed, or why there is none.
    fn identify(
        &self,
        graph: &Admg,
        outcome: usize,
    ) -> Result<std::result::Result<String, String>> {
        let hedge = |error| match error {
            NotIdentified::Hedge(hedge) => Ok(hedge.text(graph).to_string()),
            error => Err(contradiction(error)),
        };
        if self.soft.is_empty() {
            return match identify(graph, &Query::effect(self.set.clone(), [outcome])) {
                Ok(estimand) => Ok(Ok(estimand.to_string())),
                Err(error) => hedge(error).map(Err),
            };
        }
        let event = (self.soft.iter()).fold(self.event(outcome), |event, target| {
            event.and(target, self.natural(graph, target), 0)
        });
        let question = Question { event, given: Event::sure() };
        match question.identify(graph).map_err(contradiction)? {
            Answer::Identified(formula) => match formula.from_observations(graph) {
                Ok(formula) => Ok(Ok(self.summed(&formula))),
                Err(error) => hedge(error).map(Err),
            },
            Answer::NotIdentified(conflict) => Ok(Err(conflict.text(graph))),
            _ => Err(contradiction("what a soft change asks is impossible in it")),
        }
    }

    /// The sum of a formula over the values that were there before: `Σ_x' P(x') P(y | x), where x = f(x')`.
    fn summed(&self, formula: &Formula) -> String {
        let letter = |target: usize, value: usize| {
            let found =
                formula.values().iter().find(|(s, v)| s.variable() == target && *v == value);
            found.map(|(symbol, _)| formula.estimand().letter(*symbol))
        };
        let before: Vec<String> = self.soft.iter().filter_map(|target| letter(target, 0)).collect();
        let made: Vec<String> = (self.soft.iter())
            .filter_map(|target| {
                Some(format!("{} = f({})", letter(target, 1)?, letter(target, 0)?))
            })
            .collect();
        format!("Σ_{{{}}} {}, where {}", before.join(", "), formula.estimand(), made.join(" and "))
    }
}

/// What the graph says of the effects of setting some variables of `declared` and making something of the natural values
/// of others, one entry a labelled descendant that is not changed itself.
///
/// # Errors
/// When the graph contradicts itself, which a checked one does not.
pub fn identifications(declared: &Dag, set: &[&str], soft: &[&str]) -> Result<Vec<Identification>> {
    let graph = Admg::from(declared);
    let set_of = |names: &[&str]| graph.set_of(names).map_err(graph_error);
    let changed = Changed { set: set_of(set)?, soft: set_of(soft)? };
    let all = changed.all();
    let moved: NodeSet = graph.descendants(all.iter());
    let outcomes = moved.iter().filter(|&node| !all.contains(node));
    let of = |outcome: usize| {
        let answer = changed.identify(&graph, outcome)?;
        let (moved, on_the_way) = changed.moved(&graph, outcome);
        let names = |(cause, effect): (usize, usize)| {
            (graph.name(cause).to_owned(), graph.name(effect).to_owned())
        };
        let mistaken: Vec<_> =
            mistaken(&graph, &moved, &on_the_way)?.into_iter().map(names).collect();
        let undecided = if mistaken.is_empty() {
            orderless(declared, &graph, &changed, &on_the_way)?
                .map(|name| format!("`{name}` is no number on a line"))
        } else {
            Some("hidden causes are in them".to_owned())
        };
        let of_image = OfImage::new(&graph, &changed, outcome, undecided)?;
        Ok(Identification {
            query: changed.query(&graph, outcome),
            identifiable: answer.is_ok(),
            estimand: answer.as_ref().ok().cloned(),
            hedge: answer.err(),
            mistaken,
            of_image: Some(of_image),
        })
    };
    outcomes.map(of).collect()
}

fn contradiction(error: impl std::fmt::Display) -> ExperimentError {
    ExperimentError::Syntax { origin: "the causal graph".into(), reason: error.to_string() }
}

/// `(parent, child)` pairs of children `on_the_way` where the parent is `moved` and tells something of the child's
/// noise, given the parents that stay as they are: hidden common causes tie them, directly or through what is known.
fn mistaken(graph: &Admg, moved: &NodeSet, on_the_way: &NodeSet) -> Result<Vec<(usize, usize)>> {
    let mut workspace = Workspace::default();
    let mut pairs = Vec::new();
    for child in on_the_way {
        let parents: NodeSet = graph.parents(child).iter().copied().collect();
        let staying = &parents - moved;
        let child_alone: NodeSet = [child].into();
        // Without its mechanism the child is its noise.
        let noise = graph.view().without_edges_between(parents.clone(), child_alone.clone());
        for parent in parents.iter().filter(|&parent| moved.contains(parent)) {
            let independent = noise
                .m_separated(&[parent].into(), &child_alone, &staying, &mut workspace)
                .map_err(contradiction)?;
            if !independent {
                pairs.push((parent, child));
            }
        }
    }
    Ok(pairs)
}

/// The first variable `on_the_way` whose mechanism answers and whose values have no order, so that none increases.
fn orderless(
    declared: &Dag,
    graph: &Admg,
    changed: &Changed,
    on_the_way: &NodeSet,
) -> Result<Option<String>> {
    for node in on_the_way {
        // What a soft change starts from was seen, unless another change moves it.
        if changed.soft.contains(node) && changed.natural(graph, node).is_factual() {
            continue;
        }
        let name = graph.name(node);
        let index = declared.index_of(name).map_err(graph_error)?;
        if !matches!(declared.variable(index).kind(), Kind::Continuous) {
            return Ok(Some(name.to_owned()));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is found of `outcome` in the graph whose statements are `text`.
    fn found(text: &str, set: &[&str], soft: &[&str], outcome: &str) -> Identification {
        let declared = Dag::from_dot(&format!("digraph {{ {text} }}")).unwrap();
        let found = identifications(&declared, set, soft).unwrap();
        let start = format!("P({outcome} ");
        found.into_iter().find(|one| one.query.starts_with(&start)).unwrap()
    }

    fn mistaken_of(found: &Identification) -> Vec<(&str, &str)> {
        found.mistaken.iter().map(|(cause, effect)| (cause.as_str(), effect.as_str())).collect()
    }

    /// `(graph, set, outcome) -> (identifiable, mistaken pairs)`, by hand.
    #[test]
    fn the_graph_decides_what_data_can_tell() {
        let plain = "x; y; x -> y";
        let bow = "x; y; x -> y; u [role=latent]; u -> x; u -> y";
        let front_door = "x; m; y; x -> m; m -> y; u [role=latent]; u -> x; u -> y";
        let behind = "a; x; y; a -> x; x -> y; u [role=latent]; u -> a; u -> y";
        let fork = "x; y; z; x -> y; x -> z; u [role=latent]; u -> y; u -> z";
        let beside = "x; w; y; x -> y; w -> y; u [role=latent]; u -> w; u -> y";
        // r stays, and given r its causes go together: w, with x behind it, and the hidden one.
        let collider =
            "w; x; r; y; w -> x; w -> r; x -> y; r -> y; u [role=latent]; u -> r; u -> y";
        let tied = "x; r; y; x -> y; r -> y; \
                    u [role=latent]; u -> r; u -> y; v [role=latent]; v -> r; v -> x";
        let known = "a; x; y; a -> x; a -> y; x -> y; u [role=latent]; u -> a; u -> y";
        let cases = [
            (plain, "x", "y", true, vec![]),
            (bow, "x", "y", false, vec![("x", "y")]),
            (front_door, "x", "m", true, vec![]),
            (front_door, "x", "y", true, vec![("m", "y")]),
            (front_door, "m", "y", true, vec![("m", "y")]),
            // The hidden cause reaches x through a: adjusting for a helps, the mechanism does not.
            (behind, "x", "y", true, vec![("x", "y")]),
            // A common cause of two effects is no cause of what is set.
            (fork, "x", "y", true, vec![]),
            // What goes with the noise does not change.
            (beside, "x", "y", true, vec![]),
            (collider, "x", "y", true, vec![("x", "y")]),
            (tied, "x", "y", false, vec![("x", "y")]),
            // The mechanism knows a, and given a nothing ties x to the noise.
            (known, "x", "y", true, vec![]),
        ];
        for (text, set, outcome, identifiable, mistaken) in cases {
            let found = found(text, &[set], &[], outcome);
            assert_eq!(found.identifiable, identifiable, "{text}: {found:?}");
            assert_eq!(found.estimand.is_some(), identifiable, "{text}");
            assert_eq!(found.hedge.is_some(), !identifiable, "{text}");
            assert_eq!(mistaken_of(&found), mistaken, "{text}");
            assert_eq!(found.warning().is_some(), !mistaken.is_empty(), "{text}");
            // What was seen of the outcome and what is asked of it need its causes at two values.
            let image = found.of_image.as_ref().unwrap();
            assert!(image.query.starts_with(&format!("P({outcome}[{set}=1]=1 | ")), "{image:?}");
            assert!(!image.identifiable && image.estimand.is_none(), "{text}: {image:?}");
            assert!(image.conflict.is_some(), "{text}");
            assert_eq!(image.identifiable_if_increasing, mistaken.is_empty(), "{text}");
        }
    }

    /// An angle is a function of its cause and of noise in many ways, each of which goes once around, so an image's own is not told by
    /// the data; nor is which of three sorts it would have been.
    #[test]
    fn what_has_no_order_does_not_increase() {
        let angle = "x; y [kind=circular, period=360]; z; x -> y; y -> z; x -> w; w";
        let sort = "x; y [kind=categorical, categories=3]; z; x -> y; y -> z; x -> w; w";
        for text in [angle, sort] {
            for (set, outcome, known) in
                [("x", "y", false), ("x", "z", false), ("x", "w", true), ("y", "z", true)]
            {
                let image = found(text, &[set], &[], outcome).of_image.unwrap();
                assert_eq!(image.identifiable_if_increasing, known, "{text}: {set}, {outcome}");
                assert_eq!(image.undecided.is_none(), known);
                assert_eq!(image.ground().contains("`y` is no number on a line"), !known);
            }
            // Turned by itself, it is what was seen and then turned.
            assert!(found(text, &[], &["y"], "z").of_image.unwrap().identifiable_if_increasing);
        }
    }

    /// `(graph, set, soft) -> formula of y or none, mistaken pairs`, by hand.
    #[test]
    fn a_soft_change_asks_for_two_worlds() {
        let plain = "x; y; x -> y";
        let bow = "x; y; x -> y; u [role=latent]; u -> x; u -> y";
        let front_door = "x; m; y; x -> m; m -> y; u [role=latent]; u -> x; u -> y";
        let behind = "a; x; y; a -> x; x -> y; u [role=latent]; u -> a; u -> y";
        let back_door = "z; x; y; z -> x; z -> y; x -> y";
        let chain = "a; b; y; a -> b; b -> y";
        let tied = "a; b; y; a -> b; b -> y; u [role=latent]; u -> a; u -> b";
        // The data tell P(y | do(x)), but not how those who had x' would have fared.
        let napkin = "w; z; x; y; w -> z; z -> x; x -> y; \
                      u [role=latent]; u -> w; u -> x; v [role=latent]; v -> w; v -> y";
        let cases = [
            (plain, "", "x", Some("Σ_{x'} P(x') P(y | x), where x = f(x')"), vec![]),
            (bow, "", "x", None, vec![("x", "y")]),
            (
                front_door,
                "",
                "x",
                Some("Σ_{x'} Σ_m P(x') P(m | x) P(y | x', m), where x = f(x')"),
                vec![("m", "y")],
            ),
            (
                behind,
                "",
                "x",
                Some("Σ_{x'} Σ_a P(a) P(x' | a) P(y | a, x), where x = f(x')"),
                vec![("x", "y")],
            ),
            (back_door, "", "x", Some("Σ_{x'} Σ_z P(z, x') P(y | z, x), where x = f(x')"), vec![]),
            (napkin, "", "x", None, vec![("x", "y")]),
            (chain, "a", "b", Some("Σ_{b'} P(b' | a) P(y | b), where b = f(b')"), vec![]),
            // Setting a changes what b naturally is, and the hidden cause stands in the way of that.
            (tied, "a", "b", None, vec![("a", "b")]),
            (tied, "", "b", Some("Σ_{b'} P(b') P(y | b), where b = f(b')"), vec![]),
        ];
        for (text, set, soft, formula, mistaken) in cases {
            let set: Vec<&str> = set.split_whitespace().collect();
            let found = found(text, &set, &[soft], "y");
            assert!(found.query.contains(&format!("{soft} := f({soft})")), "{}", found.query);
            assert_eq!(found.identifiable, formula.is_some(), "{text}: {found:?}");
            assert_eq!(found.estimand.as_deref(), formula, "{text}");
            assert_eq!(found.hedge.is_some(), formula.is_none(), "{text}");
            assert_eq!(mistaken_of(&found), mistaken, "{text}");
            // What the change of one image starts from was seen, unless another change moves it.
            let image = found.of_image.as_ref().unwrap();
            let event = if set.is_empty() {
                format!("P(y[{soft}=1]=1 | ")
            } else {
                format!("P(y[{}=1, {soft}=1]=1, {soft}[{}=1]=2 | ", set[0], set[0])
            };
            assert!(image.query.starts_with(&event), "{text}: {}", image.query);
            assert!(!image.identifiable, "{text}");
        }
        assert!(found(napkin, &["x"], &[], "y").identifiable);
    }

    #[test]
    fn what_is_unlabelled_is_not_asked_for() {
        let text = "digraph { x; y; x -> y; style [role=unlabelled] }";
        let found = identifications(&Dag::from_dot(text).unwrap(), &["x"], &[]).unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].query, "P(y | do(x))");
        assert!(identifications(&Dag::from_dot(text).unwrap(), &["y"], &[]).unwrap().is_empty());
    }
}
