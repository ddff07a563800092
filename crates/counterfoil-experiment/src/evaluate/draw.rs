//! Which value is asked of which image: one random intervention an image, from stated distributions.
//!
//! - A variable without causes: uniform between the 5th and the 95th percentile of the training labels.
//! - A variable with causes, *in support*: its mechanism with the image's own causes and other noise. In the label
//!   model of Morpho-MNIST the noise is uniform, `I* = 64 + 191 sigmoid(2 (T - 2.5) + e)` with e in [-1.25, 1.25]; in any
//!   other it is drawn as the model draws it.
//!   Where a mechanism has no noise, that is the value that is there already, and the draw is that of a variable without
//!   causes.
//! - The same, *extrapolated*: uniform over the declared range, whatever the causes say.
//!
//! Uniform values leave out the tenth of what they are drawn from that holds the image's own value: who is asked for what is
//! there already answers by doing nothing. What a mechanism gives keeps the mechanism's law, of which small changes are a part.
//!
//! The draw for an image depends on seed, variable and image alone.

use counterfoil_graph::{Dag, Intervention, Kind, Variable};
use counterfoil_metrics::{abduction, deviation, statistics::quantile};
use counterfoil_random::Stream;
use counterfoil_scm::Scm;

use crate::{
    data::Data,
    error::{ExperimentError, Result},
};

/// Half the width of the uniform logit noise of Morpho-MNIST's intensity, 2.5 standard deviations.
const LOGIT_REACH: f64 = 1.25;

/// Parts of a range of which an image's own is not asked for.
const PARTS: usize = 10;

/// A labelled variable of the model, and where the data keep it.
#[derive(Clone, Debug)]
pub struct Labelled {
    /// Its place in the model's graph.
    pub model: usize,
    /// Its place in the graph of the data.
    pub data: usize,
    /// The variable itself, with the model's range.
    pub variable: Variable,
}

impl Labelled {
    /// The labelled variables of `graph`, in its order, with their places in `data`.
    ///
    /// # Errors
    /// When the data lack one.
    pub fn all(graph: &Dag, data: &Dag) -> Result<Vec<Self>> {
        let found = graph.labelled().into_iter().map(|model| {
            let variable = graph.variable(model).clone();
            let data = data.index_of(variable.name()).map_err(graph_error)?;
            Ok(Self { model, data, variable })
        });
        found.collect()
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.variable.name()
    }

    /// Whether its values are in an order, in which more and less, ranks and intervals have a meaning.
    pub fn is_ordered(&self) -> bool {
        self.variable.kind() == Kind::Continuous
    }

    /// [`errors`] of its values.
    ///
    /// # Errors
    /// As [`errors`].
    pub fn errors(&self, estimate: &[f64], target: &[f64]) -> Result<Vec<f64>> {
        errors(&self.variable, estimate, target)
    }
}

/// How far estimates of a variable are off: the size of the difference, on a circle the shorter way round, between categories 1
/// where they differ and 0 where they are the same.
///
/// # Errors
/// When the lengths differ or a value is not finite.
pub fn errors(variable: &Variable, estimate: &[f64], target: &[f64]) -> Result<Vec<f64>> {
    Ok(match variable.kind() {
        Kind::Continuous => deviation::absolute(estimate, target)?,
        Kind::Circular { period } => deviation::circular(estimate, target, period)?,
        Kind::Categorical { .. } => deviation::mismatch(estimate, target)?,
    })
}

/// A graph that contradicts itself in the midst of an evaluation.
pub(crate) fn graph_error(error: counterfoil_graph::GraphError) -> ExperimentError {
    ExperimentError::Graph { origin: "the causal graph".into(), error: Box::new(error) }
}

/// Thickness and intensity, when `scm` is the label model of Morpho-MNIST (told by what its mechanism gives).
pub fn morphomnist(scm: &Scm) -> Option<[usize; 2]> {
    let dag = scm.dag();
    let [thickness, intensity] = ["thickness", "intensity"]
        .map(|name| dag.index_of(name).ok())
        .map(|i| i.unwrap_or(dag.len()));
    if thickness.max(intensity) >= dag.len()
        || dag.parents(intensity) != [thickness]
        || !dag.parents(thickness).is_empty()
    {
        return None;
    }
    let agrees = |(t, noise): (f64, f64)| {
        let expected = abduction::intensity(t, abduction::SPREAD * noise);
        (scm.mechanism(intensity).forward(&[t], noise) - expected).abs() < 1e-6
    };
    let points = [(1.0, 0.0), (2.5, 1.0), (3.1, -2.0), (5.0, 0.5)];
    points.into_iter().all(agrees).then_some([thickness, intensity])
}

/// The distributions that interventions are drawn from.
#[derive(Debug)]
pub struct Draws<'a> {
    data: &'a Data,
    graph: &'a Dag,
    variables: &'a [Labelled],
    seed: u64,
    /// The 5th and the 95th percentile of each variable's training labels.
    central: Vec<(f64, f64)>,
    /// The intensity of Morpho-MNIST's label model.
    intensity: Option<usize>,
}

impl<'a> Draws<'a> {
    /// Looks at the training labels; `graph` is the model's.
    ///
    /// # Errors
    /// When a training label is infinite, or none is known.
    pub fn new(
        data: &'a Data,
        graph: &'a Dag,
        variables: &'a [Labelled],
        seed: u64,
    ) -> Result<Self> {
        let labels = data.dataset().labels();
        let central = variables.iter().map(|v| {
            let train = data.split().train.iter().map(|i| labels[[*i, v.data]]);
            let train: Vec<f64> = train.filter(|label| !label.is_nan()).collect();
            Ok((quantile(&train, 0.05)?, quantile(&train, 0.95)?))
        });
        let central = central.collect::<Result<_>>()?;
        let intensity = data.dataset().scm().and_then(morphomnist).map(|[_, intensity]| intensity);
        Ok(Self { data, graph, variables, seed, central, intensity })
    }

    /// Whether the data know causes of variable `column`.
    pub fn is_caused(&self, column: usize) -> bool {
        !self.data.dataset().graph().parents(self.variables[column].data).is_empty()
    }

    /// A value in support for variable `column` of image `item`, whose labels are `values` (in the order of the data's
    /// graph).
    pub fn in_support(&self, column: usize, item: usize, values: &[f64]) -> f64 {
        let labelled = &self.variables[column];
        let mut stream = self.stream("evaluate-do", column, item);
        let (variable, own) = (&labelled.variable, values[labelled.data]);
        let (low, high) = variable.range();
        match variable.kind() {
            Kind::Circular { .. } => elsewhere(own, (low, high), &mut stream),
            Kind::Categorical { categories } => other(own, categories, &mut stream),
            Kind::Continuous => {
                let graph = self.data.dataset().graph();
                let parents: Vec<f64> =
                    graph.parents(labelled.data).iter().map(|p| values[*p]).collect();
                let scm = self.data.dataset().scm().filter(|_| !parents.is_empty());
                let Some(scm) = scm else {
                    return elsewhere(own, self.central[column], &mut stream);
                };
                let mechanism = scm.mechanism(labelled.data);
                let noise = if self.intensity == Some(labelled.data) {
                    stream.uniform_in(-LOGIT_REACH, LOGIT_REACH) / abduction::SPREAD
                } else {
                    mechanism.draw_noise(&mut stream)
                };
                let value = mechanism.forward(&parents, noise);
                if value == own {
                    return elsewhere(own, self.central[column], &mut stream);
                }
                if variable.has_range() { value.clamp(low, high) } else { value }
            }
        }
    }

    /// A value of variable `column` for image `item`, uniform over the declared range but for the tenth of its own.
    pub fn extrapolated(&self, column: usize, item: usize) -> f64 {
        let labelled = &self.variables[column];
        let mut stream = self.stream("evaluate-do-extrapolated", column, item);
        let own = self.data.dataset().labels()[[item, labelled.data]];
        match labelled.variable.kind() {
            Kind::Categorical { categories } => other(own, categories, &mut stream),
            _ => elsewhere(own, labelled.variable.range(), &mut stream),
        }
    }

    /// The intervention that sets `columns` of image `item` in support, causes first, each given those set before it.
    ///
    /// # Errors
    /// When a value lies outside its variable's domain.
    pub fn action(&self, columns: &[usize], item: usize) -> Result<Intervention> {
        let graph = self.data.dataset().graph();
        let place = |column: &usize| {
            let own = self.variables[*column].data;
            graph.topological_order().iter().position(|v| *v == own)
        };
        let mut ordered = columns.to_vec();
        ordered.sort_by_key(place);
        let mut values = self.data.dataset().labels().row(item).to_vec();
        let mut set = Vec::new();
        for column in ordered {
            let value = self.in_support(column, item, &values);
            values[self.variables[column].data] = value;
            set.push((column, value));
        }
        self.set(&set)
    }

    /// The intervention, on the model's graph, that sets columns to values.
    ///
    /// # Errors
    /// When a value lies outside its variable's domain.
    pub fn set(&self, values: &[(usize, f64)]) -> Result<Intervention> {
        let pairs = values.iter().map(|(column, value)| (self.variables[*column].model, *value));
        Intervention::from_pairs(self.graph, pairs).map_err(graph_error)
    }

    fn stream(&self, purpose: &str, column: usize, item: usize) -> Stream {
        Stream::new(self.seed, purpose, item as u64, column as u64)
    }
}

/// Uniform over the parts of a range that do not hold `own`; a value beyond an end leaves that end's part out.
fn elsewhere(own: f64, (low, high): (f64, f64), stream: &mut Stream) -> f64 {
    let width = (high - low) / PARTS as f64;
    let place = ((own - low) / width).clamp(0.0, PARTS as f64 - 1.0);
    let drawn = stream.uniform_in(low, high - width);
    // A range of no width has one value.
    let own = if place.is_finite() { low + place.floor() * width } else { high };
    if drawn < own { drawn } else { drawn + width }
}

/// Any category but `own`.
fn other(own: f64, categories: usize, stream: &mut Stream) -> f64 {
    let (own, other) = (own as usize, stream.below(categories.max(2) - 1));
    (if other >= own { other + 1 } else { other }) as f64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use counterfoil_scm::{LinearGaussian, Mechanism, Noise, Root, morphomnist as world};
    use std::path::Path;

    fn digits() -> (Config, Data) {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/digits.toml");
        let set = ["data.count=3000", "data.split=[1000, 200, 1800]"].map(str::to_owned);
        let config = Config::load(&file, Some("smoke"), &set).unwrap();
        let data = Data::load(&config).unwrap();
        (config, data)
    }

    /// Monte-Carlo: the mean and the spread of `n` uniform values within five standard errors.
    fn is_uniform(values: &[f64], low: f64, high: f64) {
        let n = values.len() as f64;
        assert!(values.iter().all(|v| (low..=high).contains(v)));
        let (mean, width) = (values.iter().sum::<f64>() / n, high - low);
        let sd = width / 12.0f64.sqrt();
        assert!((mean - f64::midpoint(low, high)).abs() < 5.0 * sd / n.sqrt(), "{mean}");
        let found = (values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / n).sqrt();
        // The variance of a uniform sample's spread: (kurtosis 9/5 - 1) / 4n of its square.
        assert!((found / sd - 1.0).abs() < 5.0 * (0.2 / n).sqrt(), "{found} {sd}");
    }

    /// Places among the nine tenths of a range that do not hold the image's own value, in units of a tenth.
    fn among_nine(values: &[f64], own: Vec<f64>, (low, high): (f64, f64)) -> Vec<f64> {
        let place = |value: f64| (value - low) / (high - low) * 10.0;
        let left_out = |(value, own): (&f64, f64)| {
            let own = place(own).clamp(0.0, 9.0).floor();
            assert!(place(*value).floor() != own, "{value} is where the image is");
            if place(*value) > own { place(*value) - 1.0 } else { place(*value) }
        };
        values.iter().zip(own).map(left_out).collect()
    }

    #[test]
    fn draws_follow_their_stated_distributions() {
        let (config, data) = digits();
        let variables = Labelled::all(config.graph(), data.dataset().graph()).unwrap();
        let draws = Draws::new(&data, config.graph(), &variables, 4).unwrap();
        assert!(!draws.is_caused(0) && draws.is_caused(1));
        let (labels, test) = (data.dataset().labels(), &data.split().test);
        let thickness = |item: usize| labels[[item, 0]];
        let of = |columns: &[usize], column: usize| -> Vec<f64> {
            let action = |item: &usize| draws.action(columns, *item).unwrap();
            test.iter().map(|item| action(item).get(variables[column].model).unwrap()).collect()
        };
        let own = |column: usize| test.iter().map(|item| labels[[*item, column]]).collect();
        let (low, high) = draws.central[0];
        let inside = data.split().train.iter().filter(|i| (low..=high).contains(&thickness(**i)));
        assert_eq!(inside.count(), 900);
        is_uniform(&among_nine(&of(&[0], 0), own(0), (low, high)), 0.0, 9.0);

        let noise =
            |(item, value): (&usize, &f64)| abduction::exogenous(thickness(*item), *value).unwrap();
        let intensity = of(&[1], 1);
        is_uniform(&test.iter().zip(&intensity).map(noise).collect::<Vec<_>>(), -1.25, 1.25);

        // Together the effect follows the value that its cause is set to, and causes are what they are alone.
        let (causes, effects) = (of(&[1, 0], 0), of(&[1, 0], 1));
        assert_eq!(causes, of(&[0], 0));
        let noise = |(t, i): (&f64, &f64)| abduction::exogenous(*t, *i).unwrap();
        is_uniform(&causes.iter().zip(&effects).map(noise).collect::<Vec<_>>(), -1.25, 1.25);

        let far: Vec<f64> = test.iter().map(|item| draws.extrapolated(1, *item)).collect();
        is_uniform(&among_nine(&far, own(1), (64.0, 255.0)), 0.0, 9.0);
        let outside = draws.set(&[(1, 300.0)]).unwrap_err();
        assert!(outside.to_string().contains("intensity"), "{outside}");
    }

    /// Monte-Carlo: with noise, a shadow is asked for what the law and fresh noise give; without, for anything usual.
    #[test]
    fn a_mechanism_without_noise_asks_for_usual_values() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../experiments/pendulum.toml");
        let load = |variant: &str| {
            let set = [
                "data.count=1500".to_owned(),
                "data.split=[1000, 100, 400]".to_owned(),
                "data.side=8".to_owned(),
                format!("data.variant={variant}"),
            ];
            let config = Config::load(&file, Some("smoke"), &set).unwrap();
            let data = Data::load(&config).unwrap();
            (config, data)
        };
        for variant in ["noisy", "exact"] {
            let (config, data) = load(variant);
            let variables = Labelled::all(config.graph(), data.dataset().graph()).unwrap();
            let draws = Draws::new(&data, config.graph(), &variables, 4).unwrap();
            let labels = data.dataset().labels();
            let place = 3;
            let drawn: Vec<(f64, f64)> = data
                .split()
                .test
                .iter()
                .map(|item| {
                    let row = labels.row(*item).to_vec();
                    (draws.in_support(place, *item, &row), row[place])
                })
                .collect();
            assert!(drawn.iter().all(|(value, own)| value != own), "{variant}");
            if variant == "exact" {
                let (low, high) = draws.central[place];
                let (values, own): (Vec<f64>, Vec<f64>) = drawn.into_iter().unzip();
                is_uniform(&among_nine(&values, own, (low, high)), 0.0, 9.0);
            } else {
                // Two draws of noise with standard deviation 0.6 each.
                let squares = drawn.iter().map(|(value, own)| (value - own).powi(2)).sum::<f64>();
                let spread = (squares / drawn.len() as f64 / 0.72).sqrt();
                assert!((spread - 1.0).abs() < 5.0 * (0.5 / 400.0f64).sqrt(), "{spread}");
            }
        }
    }

    /// Exact: neither other images nor their order matter, and other seeds draw other values.
    #[test]
    fn a_draw_depends_on_seed_and_image_alone() {
        let (config, data) = digits();
        let variables = Labelled::all(config.graph(), data.dataset().graph()).unwrap();
        let draws = |seed| Draws::new(&data, config.graph(), &variables, seed).unwrap();
        let (one, two, other) = (draws(4), draws(4), draws(5));
        let items = &data.split().test[..20];
        let forwards: Vec<_> = items.iter().map(|i| one.action(&[0, 1], *i).unwrap()).collect();
        let backwards: Vec<_> =
            items.iter().rev().map(|i| two.action(&[0, 1], *i).unwrap()).collect();
        assert_eq!(forwards, backwards.into_iter().rev().collect::<Vec<_>>());
        assert_ne!(forwards[0], other.action(&[0, 1], items[0]).unwrap());
    }

    #[test]
    fn the_label_model_is_told_by_what_it_does() {
        assert_eq!(morphomnist(&world::model()), Some([0, 1]));
        let straight: Vec<Box<dyn Mechanism>> = vec![
            Box::new(Root::new(0.5, 1.0, Noise::Gamma { shape: 10.0, rate: 5.0 }).unwrap()),
            Box::new(LinearGaussian::new(64.0, vec![40.0], 5.0).unwrap()),
        ];
        assert_eq!(morphomnist(&Scm::new(world::graph(), straight).unwrap()), None);
    }
}
