//! A proof by numbers that a probability is not identified: a direction in which a model can change so that no
//! experiment notices and the probability does.
//!
//! The gradient of what is identified lies in the span of the gradients of what is given. A model with few mechanisms
//! is enough: where its parameters can change unnoticed, those of the larger ones can.

use counterfoil_graph::{
    Admg,
    counterfactual::{Event, Setting, World},
};
use counterfoil_random::Stream;

/// Each hidden cause takes one of a few values; given those, each variable chooses at random among a few functions
/// of its parents.
pub(crate) struct Mixture<'g> {
    graph: &'g Admg,
    cardinalities: Vec<usize>,
    hidden: Vec<(usize, usize)>,
    /// How many values each hidden cause has.
    states: usize,
    /// By variable: the tables of the functions it may follow, the first parent most significant.
    functions: Vec<Vec<Vec<usize>>>,
    /// By block: where its parameters begin, which are the probabilities of one choice. Hidden causes come first, then
    /// for each variable one block for each combination of its hidden causes.
    blocks: Vec<usize>,
    first_block: Vec<usize>,
    parameters: Vec<f64>,
}

impl<'g> Mixture<'g> {
    /// A random model. A variable with parents has functions in fours: two, and the two that follow the one on a random
    /// part of the parents' values and the other elsewhere. More of the pure ones and less of the mixed changes no
    /// response to an intervention, so that what depends on two responses at once can show. With few `states` of the
    /// hidden causes, experiments may tell all about them; more leave more in the dark.
    pub(crate) fn random(
        graph: &'g Admg,
        cardinalities: &[usize],
        states: usize,
        stream: &mut Stream,
    ) -> Self {
        let hidden: Vec<_> = graph.bidirected_edges().collect();
        let mut model = Self {
            graph,
            cardinalities: cardinalities.to_vec(),
            hidden,
            states,
            functions: Vec::new(),
            blocks: Vec::new(),
            first_block: Vec::new(),
            parameters: Vec::new(),
        };
        for _ in 0..model.hidden.len() {
            model.add_block(states, stream);
        }
        for v in 0..graph.len() {
            let size: usize = graph.parents(v).iter().map(|&p| cardinalities[p]).product();
            let mut functions: Vec<Vec<usize>> = Vec::new();
            if graph.parents(v).is_empty() {
                functions.extend((0..cardinalities[v]).map(|value| vec![value]));
            } else {
                for _ in 0..2 {
                    let mut table =
                        || (0..size).map(|_| stream.below(cardinalities[v])).collect::<Vec<_>>();
                    let pure = [table(), table()];
                    let side: Vec<usize> = (0..size).map(|_| stream.below(2)).collect();
                    let mixed =
                        |first: usize| (0..size).map(|i| pure[first ^ side[i]][i]).collect();
                    functions.extend([mixed(0), mixed(1)]);
                    functions.extend(pure);
                }
            }
            let choices = functions.len();
            model.functions.push(functions);
            model.first_block.push(model.blocks.len());
            let causes = model.hidden.iter().filter(|&&(a, b)| a == v || b == v).count();
            for _ in 0..states.pow(causes as u32) {
                model.add_block(choices, stream);
            }
        }
        model.blocks.push(model.parameters.len());
        model
    }

    fn add_block(&mut self, size: usize, stream: &mut Stream) {
        self.blocks.push(self.parameters.len());
        let weights: Vec<f64> = (0..size).map(|_| stream.uniform_in(0.3, 1.0)).collect();
        let total: f64 = weights.iter().sum();
        self.parameters.extend(weights.iter().map(|w| w / total));
    }

    fn solve(&self, chosen: &[usize], world: &World) -> Vec<usize> {
        let mut values = vec![usize::MAX; self.graph.len()];
        for (variable, setting) in world.settings() {
            values[variable] = match setting {
                Setting::Value(value) => *value,
                Setting::AsIn(other) => self.solve(chosen, other)[variable],
                _ => unreachable!("there are two sorts of settings"),
            };
        }
        self.follow(chosen, &mut values);
        values
    }

    /// Fills in what is not held.
    fn follow(&self, chosen: &[usize], values: &mut [usize]) {
        for &v in self.graph.topological_order() {
            if values[v] == usize::MAX {
                let parents = self.graph.parents(v).iter();
                let at = parents.fold(0, |at, &p| at * self.cardinalities[p] + values[p]);
                values[v] = self.functions[v][chosen[v]][at];
            }
        }
    }

    /// Calls `visit` with the weight of every combination of choices, the parameters it is the product of, and the
    /// function of each variable.
    fn for_each(&self, mut visit: impl FnMut(f64, &[usize], &[usize])) {
        let sizes: Vec<usize> = std::iter::repeat_n(self.states, self.hidden.len())
            .chain(self.functions.iter().map(Vec::len))
            .collect();
        let mut choice = vec![0; sizes.len()];
        loop {
            let (causes, chosen) = choice.split_at(self.hidden.len());
            let mut factors: Vec<usize> =
                causes.iter().enumerate().map(|(e, &u)| self.blocks[e] + u).collect();
            for (v, function) in chosen.iter().enumerate() {
                let mine = self.hidden.iter().zip(causes).filter(|((a, b), _)| *a == v || *b == v);
                let block = mine.fold(0, |block, (_, &u)| block * self.states + u);
                factors.push(self.blocks[self.first_block[v] + block] + function);
            }
            let weight = factors.iter().map(|&f| self.parameters[f]).product();
            visit(weight, &factors, chosen);
            let Some(at) = (0..choice.len()).rfind(|&i| choice[i] + 1 < sizes[i]) else { return };
            choice[at] += 1;
            choice[at + 1..].fill(0);
        }
    }

    /// From the sums of weights by parameter to the gradient along changes that keep each block a distribution.
    fn projected(&self, mut sums: Vec<f64>) -> Vec<f64> {
        for block in self.blocks.windows(2) {
            let range = block[0]..block[1];
            let total: f64 = sums[range.clone()].iter().sum();
            for (sum, parameter) in sums[range.clone()].iter_mut().zip(&self.parameters[range]) {
                *sum -= parameter * total;
            }
        }
        sums
    }

    /// An orthonormal basis of the gradients of all interventional distributions.
    fn experiments(&self) -> Vec<Vec<f64>> {
        let n = self.graph.len();
        // A cell: for each variable a value and whether it was set or seen.
        let sizes: Vec<usize> = self.cardinalities.iter().map(|c| 2 * c).collect();
        let mut rows = vec![None; sizes.iter().product()];
        self.for_each(|weight, factors, chosen| {
            // For each variable the value it is set to, or one more for none.
            let mut set = vec![0; n];
            loop {
                let mut values: Vec<usize> = (0..n)
                    .map(|v| if set[v] < self.cardinalities[v] { set[v] } else { usize::MAX })
                    .collect();
                self.follow(chosen, &mut values);
                let row = (0..n).fold(0, |row, v| {
                    let seen = usize::from(set[v] == self.cardinalities[v]);
                    row * sizes[v] + 2 * values[v] + seen
                });
                let row: &mut Vec<f64> =
                    rows[row].get_or_insert_with(|| vec![0.0; self.parameters.len()]);
                for &f in factors {
                    row[f] += weight;
                }
                let Some(at) = (0..n).rfind(|&v| set[v] < self.cardinalities[v]) else { return };
                set[at] += 1;
                set[at + 1..].fill(0);
            }
        });
        let mut basis: Vec<Vec<f64>> = Vec::new();
        for row in rows.into_iter().flatten() {
            let row = self.projected(row);
            let size = norm(&row);
            if size < 1e-12 {
                continue;
            }
            let left = outside(&basis, row.iter().map(|x| x / size).collect());
            let size = norm(&left);
            if size > 1e-8 {
                basis.push(left.iter().map(|x| x / size).collect());
            }
        }
        basis
    }

    /// How much of the gradient of `P(event | given)` no experiment sees, as a share; `None` where the two do not happen
    /// together.
    pub(crate) fn unseen(&self, event: &Event, given: &Event) -> Option<f64> {
        let k = self.parameters.len();
        let (mut sums, mut gradients) = ([0.0; 2], [vec![0.0; k], vec![0.0; k]]);
        self.for_each(|weight, factors, chosen| {
            let happens = |event: &Event| {
                let value = |world: &World, v: usize| self.solve(chosen, world)[v];
                event
                    .atoms()
                    .iter()
                    .all(|atom| value(&atom.of.world, atom.of.variable) == atom.value)
            };
            let seen = happens(given);
            for (i, counts) in [seen, seen && happens(event)].into_iter().enumerate() {
                if counts {
                    sums[i] += weight;
                    for &f in factors {
                        gradients[i][f] += weight;
                    }
                }
            }
        });
        if sums[1] < 1e-6 {
            return None;
        }
        let [below, above] = gradients.map(|g| self.projected(g));
        let ratio = sums[1] / sums[0];
        let gradient: Vec<f64> =
            above.iter().zip(&below).map(|(a, b)| (a - ratio * b) / sums[0]).collect();
        let size = norm(&gradient);
        if size < 1e-9 {
            return Some(0.0);
        }
        Some(norm(&outside(&self.experiments(), gradient)) / size)
    }
}

fn norm(v: &[f64]) -> f64 {
    v.iter().map(|x| x * x).sum::<f64>().sqrt()
}

/// What is left of a vector without its part in the span of an orthonormal basis; twice, against rounding.
fn outside(basis: &[Vec<f64>], mut v: Vec<f64>) -> Vec<f64> {
    for _ in 0..2 {
        for b in basis {
            let along: f64 = b.iter().zip(&v).map(|(x, y)| x * y).sum();
            v.iter_mut().zip(b).for_each(|(x, y)| *x -= along * y);
        }
    }
    v
}
