//! A diffusion model of each variable given its parents: a diffusion-based causal model (DCM; Chao, Blöbaum and
//! Kasiviswanathan 2023, arXiv 2302.00860).
//!
//! The mechanism of a variable is the sampler, from noise at the highest level down to the value, with the parents as the
//! network's condition; abduction is the sampler run backwards (algorithms 1 to 4 of the paper). A root has no network: its
//! noise is its own code, and its law that of the rows.
//!
//! As published: T = 100 levels with betas on a line from 1e-4 to 0.1, predictions of the noise, standardised inputs. The
//! published way back and forth is DDIM; here it can be any [`Method`](counterfoil_diffusion::inversion::Method), of which
//! the exactly reversible ones return to the value they began at. Left out: dropped parents and guidance.

use super::{
    Settings,
    nodes::{Batch, Nodes},
    noise::LEAST,
    table::Table,
};
use crate::ModelError;
use counterfoil_diffusion::{
    Abduction as _, BetaKind, BoxError, Call, Denoiser, DiscreteSchedule, End, Grid, NoNoise,
    Prediction, Sampler as _, Spacing,
    inversion::{Latent, Method},
    training::{TimeSampling, noised},
};
use counterfoil_graph::Dag;
use counterfoil_random::Stream;
use counterfoil_tensor::{
    Scope, Weights,
    layers::{Linear, sinusoid},
    noise,
};
use tch::{Device, Kind, Tensor};

/// Width of the embedding of a level's label.
const TIME: i64 = 32;

/// From a noisy code, the parents' codes and the level's label to the noise in the code.
///
/// The first layer is a sum of three, each with initial values for its own number of inputs: in one layer the many numbers
/// of the label would leave the parents a weight too small to learn from.
#[derive(Debug)]
struct Net {
    first: [Linear; 3],
    hidden: Vec<Linear>,
    out: Linear,
}

impl Net {
    fn new(mut scope: Scope<'_>, own: i64, parents: i64, hidden: &[usize]) -> Self {
        let mut widths = hidden.iter().map(|width| *width as i64);
        let mut inputs = widths.next().unwrap_or(1);
        let first = [("own", own), ("parents", parents), ("level", TIME)];
        let first = first.map(|(name, from)| Linear::new(scope.sub(name), from, inputs));
        let layer = |(k, width): (usize, i64)| {
            let linear = Linear::new(scope.sub(format!("hidden{}", k + 2)), inputs, width);
            inputs = width;
            linear
        };
        let hidden = widths.enumerate().map(layer).collect();
        Self { first, hidden, out: Linear::new(scope.sub("out"), inputs, own) }
    }

    /// `[n, own], [n, parents], [n, TIME] -> [n, own]`.
    fn forward(&self, weights: &Weights, parts: [&Tensor; 3]) -> Tensor {
        let [own, parents, level] = [0, 1, 2].map(|k| self.first[k].forward(weights, parts[k]));
        let first = (own + parents + level).silu();
        let hidden = self.hidden.iter().fold(first, |x, layer| layer.forward(weights, &x).silu());
        self.out.forward(weights, &hidden)
    }
}

/// The diffusion models of all variables.
#[derive(Debug)]
pub(super) struct Dcm {
    dag: Dag,
    /// By variable; roots have none.
    nets: Vec<Option<Net>>,
    /// Mean and standard deviation of each variable's code in the rows that are fitted, `[width]` each.
    moments: Vec<(Tensor, Tensor)>,
    schedule: DiscreteSchedule,
    grid: Grid,
    method: Method,
    /// The embedding of each label, `[T, TIME]`.
    times: Tensor,
}

impl Dcm {
    /// Declares the networks; `codes` are those of the rows to be fitted.
    ///
    /// # Errors
    /// When the schedule is none.
    pub(super) fn new(
        mut scope: Scope<'_>,
        table: &Table,
        codes: &[Tensor],
        settings: &Settings,
    ) -> Result<Self, ModelError> {
        let diffusion = settings.diffusion;
        let kind = BetaKind::Linear { first: diffusion.first_beta, last: diffusion.last_beta };
        let schedule = DiscreteSchedule::new(kind, diffusion.levels)?;
        let grid = schedule.grid(Spacing::Trailing, diffusion.levels, End::Zero)?;
        let net = |variable: usize| {
            let block = table.blocks.get(variable);
            let parents = table.dag.parents(variable);
            let width = parents.iter().map(|p| table.blocks.get(*p).width).sum();
            (!parents.is_empty())
                .then(|| Net::new(scope.sub(&block.name), block.width, width, &settings.hidden))
        };
        let nets = (0..table.dag.len()).map(net).collect();
        let moments = |code: &Tensor| {
            let over = [0i64];
            let mean = code.mean_dim(over.as_slice(), false, Kind::Double);
            let deviation = code.var_dim(over.as_slice(), false, false).sqrt();
            (mean, deviation.clamp_min(LEAST))
        };
        let labels = Tensor::arange(diffusion.levels as i64, (Kind::Float, Device::Cpu));
        Ok(Self {
            dag: table.dag.clone(),
            nets,
            moments: codes.iter().map(moments).collect(),
            schedule,
            grid,
            method: diffusion.method,
            times: sinusoid(&labels, TIME),
        })
    }

    fn standardised(&self, variable: usize, block: &Tensor) -> Tensor {
        let (mean, deviation) = &self.moments[variable];
        (block - mean) / deviation
    }

    /// The parents of a variable side by side, standardised.
    fn parents(&self, variable: usize, blocks: &[Tensor]) -> Tensor {
        let parents = self.dag.parents(variable).iter();
        let parts: Vec<Tensor> = parents.map(|p| self.standardised(*p, &blocks[*p])).collect();
        Tensor::cat(&parts, 1)
    }

    fn denoiser<'n>(&'n self, weights: &'n Weights, net: &'n Net, parents: Tensor) -> Node<'n> {
        Node { net, weights, parents, times: &self.times }
    }
}

/// One variable's network with its parents already inside. States are in double precision, so that a reversible sampler
/// comes back further than the network's own rounding.
struct Node<'n> {
    net: &'n Net,
    weights: &'n Weights,
    parents: Tensor,
    times: &'n Tensor,
}

impl Denoiser<Tensor> for Node<'_> {
    fn predict(&mut self, x: &Tensor, call: &Call<'_>) -> Result<Tensor, BoxError> {
        let label = call.time.value().round() as i64;
        let time = self.times.narrow(0, label, 1).expand([x.size()[0], TIME], false);
        let parts = [x, &self.parents, &time];
        Ok(tch::no_grad(|| self.net.forward(self.weights, parts).to_kind(x.kind())))
    }

    fn prediction(&self) -> Prediction {
        Prediction::Eps
    }
}

impl Nodes for Dcm {
    /// The squared error of the predicted noise at a random level a row, summed over variables (equation 5 of Ho et al. 2020,
    /// unweighted as published).
    fn loss(&self, weights: &Weights, batch: &Batch<'_>) -> Result<Tensor, ModelError> {
        let mut terms = Vec::new();
        for (variable, net) in self.nets.iter().enumerate() {
            let Some(net) = net else { continue };
            let purpose = format!("tabular {}", self.dag.variable(variable).name());
            let mut stream = Stream::new(batch.seed, &purpose, u64::MAX, batch.step);
            let labels = TimeSampling::Stratified.draw(
                &mut stream,
                batch.items.len(),
                self.schedule.train_steps(),
            );
            let levels = self.schedule.levels_at(&labels)?;
            let x0 = self.standardised(variable, &batch.blocks[variable]).to_kind(Kind::Float);
            let width = [x0.size()[1]];
            let eps =
                noise::normal(batch.seed, &purpose, batch.items, batch.step, &width, Device::Cpu);
            let noisy = noised(&x0, &eps, &levels)?;
            let labels: Vec<i64> = labels.iter().map(|label| *label as i64).collect();
            let times = self.times.index_select(0, &Tensor::from_slice(&labels));
            let parents = self.parents(variable, batch.blocks);
            let found = net.forward(weights, [&noisy, &parents, &times]);
            terms.push((found - eps).square().mean(Kind::Float));
        }
        Ok(terms.into_iter().reduce(|a, b| a + b).unwrap_or_else(|| Tensor::from(0.0f32)))
    }

    fn abduct(
        &self,
        weights: &Weights,
        variable: usize,
        blocks: &[Tensor],
    ) -> Result<Latent<Tensor>, ModelError> {
        let own = self.standardised(variable, &blocks[variable]);
        let Some(net) = &self.nets[variable] else { return Ok(Latent::Single(own)) };
        let mut node = self.denoiser(weights, net, self.parents(variable, blocks));
        Ok(self.method.encode(&self.grid, own, &mut node)?.latent)
    }

    fn predict(
        &self,
        weights: &Weights,
        variable: usize,
        noise: Latent<Tensor>,
        blocks: &[Tensor],
    ) -> Result<Tensor, ModelError> {
        let own = match (&self.nets[variable], noise) {
            (None, noise) => noise.outer().shallow_clone(),
            (Some(net), noise) => {
                let mut node = self.denoiser(weights, net, self.parents(variable, blocks));
                match noise {
                    Latent::Single(state) => self.method.plan(&self.grid, node.prediction())?.run(
                        state,
                        &mut node,
                        &mut NoNoise,
                    )?,
                    noise => self.method.decode(&self.grid, noise, &mut node)?,
                }
            }
        };
        let (mean, deviation) = &self.moments[variable];
        Ok(own * deviation + mean)
    }

    fn log_slope(&self, _: &Weights, _: usize, _: &[Tensor]) -> Option<Tensor> {
        None
    }
}
