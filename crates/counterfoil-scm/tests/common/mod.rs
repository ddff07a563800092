//! Random structural models for the property tests.

#![expect(clippy::unwrap_used, reason = "a test may fail where a helper meets what cannot be")]

use counterfoil_graph::{Dag, Variable};
use counterfoil_random::Stream;
use counterfoil_scm::{
    Additive, Custom, Intervention, LinearGaussian, Logistic, Mechanism, Noise, Root, Scm, ScmError,
};
use proptest::prelude::*;

/// What a variable follows, as data, so that one description gives as many equal models as a test needs.
#[derive(Clone, Debug)]
pub(crate) enum Form {
    Linear,
    Sine,
    Logistic,
    Multiplicative,
    /// Whatever the parents and the noise, this value: an intervention written into the model.
    Constant(f64),
}

/// A model as data: parents `< i` of each variable `i`, in declaration order that need not be topological.
#[derive(Clone, Debug)]
pub(crate) struct Blueprint {
    pub(crate) n: usize,
    pub(crate) edges: Vec<(usize, usize)>,
    pub(crate) forms: Vec<Form>,
    pub(crate) weights: Vec<f64>,
    pub(crate) scales: Vec<f64>,
}

impl Blueprint {
    pub(crate) fn dag(&self) -> Dag {
        let names: Vec<String> = (0..self.n).map(|i| format!("v{i}")).collect();
        let edges: Vec<_> =
            self.edges.iter().map(|&(a, b)| (names[a].as_str(), names[b].as_str())).collect();
        let variables = names.iter().map(|name| Variable::continuous(name.as_str()).unwrap());
        Dag::new(variables, &edges).unwrap()
    }

    pub(crate) fn model(&self) -> Scm {
        let dag = self.dag();
        let mechanisms = (0..self.n).map(|i| self.mechanism(i, dag.parents(i).len())).collect();
        Scm::new(dag, mechanisms).unwrap()
    }

    /// The model in which `do(i = value)` is part of the mechanisms: Pearl's submodel (2009, definition 7.1.2).
    pub(crate) fn submodel(&self, settings: &[(usize, f64)]) -> Self {
        let mut forms = self.forms.clone();
        for &(i, value) in settings {
            forms[i] = Form::Constant(value);
        }
        Self { forms, ..self.clone() }
    }

    fn mechanism(&self, i: usize, parents: usize) -> Box<dyn Mechanism> {
        let (w, scale) = (self.weights[i], self.scales[i]);
        match self.forms[i] {
            Form::Linear if parents == 0 => Box::new(Root::new(w, scale, Noise::Uniform).unwrap()),
            Form::Linear => Box::new(LinearGaussian::new(0.5, vec![w; parents], scale).unwrap()),
            Form::Sine => {
                let location = move |pa: &[f64]| pa.iter().map(|x| (w * x).sin()).sum();
                Box::new(Additive::new(location, scale, Noise::Normal).unwrap())
            }
            Form::Logistic => {
                let location = move |pa: &[f64]| pa.iter().map(|x| w * x.tanh()).sum();
                Box::new(Logistic::new(-1.0, 2.0, location, scale).unwrap())
            }
            Form::Multiplicative => {
                let size = move |pa: &[f64]| 1.0 + pa.iter().map(|x| (w * x).abs()).sum::<f64>();
                Box::new(Custom::new(
                    |stream: &mut Stream| stream.normal(),
                    move |pa: &[f64], noise: f64| size(pa) * (scale * noise).exp(),
                    move |pa: &[f64], value: f64| {
                        let noise = (value / size(pa)).ln() / scale;
                        let outside =
                            ScmError::OutsideSupport { value, low: 0.0, high: f64::INFINITY };
                        noise.is_finite().then_some(noise).ok_or(outside)
                    },
                ))
            }
            Form::Constant(c) => Box::new(Custom::new(
                |stream: &mut Stream| stream.normal(),
                move |_: &[f64], _: f64| c,
                |_: &[f64], _: f64| Ok(0.0),
            )),
        }
    }
}

pub(crate) fn blueprint(max: usize) -> impl Strategy<Value = Blueprint> {
    (1..=max)
        .prop_flat_map(|n| {
            (
                Just((0..n).collect::<Vec<_>>()).prop_shuffle(),
                proptest::collection::vec(any::<bool>(), n * n),
                proptest::collection::vec(
                    prop_oneof![
                        Just(Form::Linear),
                        Just(Form::Sine),
                        Just(Form::Logistic),
                        Just(Form::Multiplicative)
                    ],
                    n,
                ),
                proptest::collection::vec(-1.5..1.5f64, n),
                proptest::collection::vec(0.2..1.0f64, n),
            )
        })
        .prop_map(|(order, chosen, forms, weights, scales)| {
            let n = order.len();
            let edges = (0..n)
                .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
                .filter(|&(i, j)| chosen[i * n + j])
                .map(|(i, j)| (order[i], order[j]))
                .collect();
            Blueprint { n, edges, forms, weights, scales }
        })
}

/// Values for some variables, as `(position, value)`, each position once.
pub(crate) fn settings(n: usize) -> impl Strategy<Value = Vec<(usize, f64)>> {
    proptest::collection::btree_map(0..n, -2.0..2.0f64, 0..=n.min(3))
        .prop_map(|map| map.into_iter().collect())
}

pub(crate) fn action(scm: &Scm, settings: &[(usize, f64)]) -> Intervention {
    Intervention::from_pairs(scm.dag(), settings.iter().copied()).unwrap()
}

/// Item `seed` of the model.
pub(crate) fn item(scm: &Scm, seed: u64) -> counterfoil_scm::Sample {
    scm.sample(&mut Stream::new(seed, "test-item", 0, 0))
}
