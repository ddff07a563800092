//! From probability tables to functions: noise that picks the value in every situation at once.

use super::{
    Action, CptModel, Exogenous, FunctionalModel, action::shifted, functional::Rule, model::invert,
};
use crate::ScmError;

impl CptModel {
    /// A functional model with the same distribution under every intervention.
    ///
    /// The noise of a variable is a uniform number that inverts its distribution function in every row of its table at
    /// once (the monotone response function; Pearl 2009, section 8.2.2 for response functions). Its states are the
    /// pieces of `[0, 1)` on which no row changes its value, at most `rows x (cardinality - 1) + 1` of them. A hidden
    /// root becomes a source itself; other hidden variables stay variables. Counterfactuals across worlds are those of
    /// this coupling, which the tables do not determine; the first two rungs of the ladder agree with them exactly.
    ///
    /// # Errors
    /// [`ScmError::TooLarge`].
    pub fn to_functional(&self) -> Result<FunctionalModel, ScmError> {
        // Positions of what stays a variable; hidden roots turn into sources.
        let is_source =
            |index: usize| index >= self.observed && self.nodes[index].parents.is_empty();
        let kept: Vec<usize> = (0..self.nodes.len()).filter(|&index| !is_source(index)).collect();
        let place = |index: usize| kept.iter().position(|&k| k == index);
        let mut sources: Vec<Exogenous> = Vec::new();
        let mut source_of = vec![None; self.nodes.len()];
        for index in (0..self.nodes.len()).filter(|&index| is_source(index)) {
            source_of[index] = Some(sources.len());
            let node = &self.nodes[index];
            sources.push(Exogenous::new(node.name.clone(), node.rows.clone()));
        }
        let mut rules = Vec::with_capacity(kept.len());
        for &index in &kept {
            let node = &self.nodes[index];
            let (probabilities, states) = pieces(&node.rows, node.cardinality);
            // The function reads variables first and sources after them, whatever the order in the table.
            let mut parents = Vec::new();
            let mut shared = Vec::new();
            for &parent in &node.parents {
                match (place(parent), source_of[parent]) {
                    (Some(kept), _) => parents.push((kept, parent)),
                    (None, Some(source)) => shared.push((source, parent)),
                    (None, None) => {}
                }
            }
            let order: Vec<usize> = parents.iter().chain(&shared).map(|&(_, p)| p).collect();
            let shape: Vec<usize> = order.iter().map(|&p| self.nodes[p].cardinality).collect();
            let mut at = vec![0; self.nodes.len()];
            let mut values = Vec::with_capacity(node.rows.len() / node.cardinality * states);
            let mut situation = vec![0; order.len()];
            for _ in 0..shape.iter().product::<usize>() {
                for (&parent, &value) in order.iter().zip(&situation) {
                    at[parent] = value;
                }
                let row = self.row(index, &at);
                let mut low = 0.0;
                for p in &probabilities {
                    values.push(invert(row, low + p / 2.0));
                    low += p;
                }
                super::table::advance(&mut situation, &shape);
            }
            let own = sources.len();
            sources.push(Exogenous::new(self.free_name(&sources, &node.name), probabilities));
            rules.push(Rule {
                parents: parents.into_iter().map(|(kept, _)| kept).collect(),
                sources: shared.into_iter().map(|(source, _)| source).chain([own]).collect(),
                values,
            });
        }
        let names: Vec<(String, usize)> = kept
            .iter()
            .map(|&index| (self.nodes[index].name.clone(), self.nodes[index].cardinality))
            .collect();
        FunctionalModel::from_rules(&names, self.observed, rules, sources)
    }

    fn free_name(&self, sources: &[Exogenous], variable: &str) -> String {
        let mut name = format!("N_{variable}");
        while self.nodes.iter().any(|node| node.name == name)
            || sources.iter().any(|source| source.name == name)
        {
            name.push('_');
        }
        name
    }
}

impl FunctionalModel {
    /// The model after an intervention on each of the given variables; the noise of the others is as it was. A new
    /// random mechanism brings a new source with it.
    ///
    /// # Errors
    /// As [`CptModel::intervene`].
    pub fn intervene(
        &self,
        actions: impl IntoIterator<Item = (usize, Action)>,
    ) -> Result<Self, ScmError> {
        let mut rules = self.rules.clone();
        let mut sources = self.sources.clone();
        for (index, action) in actions {
            if index >= rules.len() {
                return Err(ScmError::TableVariable { index });
            }
            let cardinality = self.cpt.cardinality(index);
            let alone = |parents, values| Rule { parents, sources: vec![], values };
            rules[index] = match action {
                Action::Set(value) => {
                    self.cpt.check_value(index, value)?;
                    alone(vec![], vec![value])
                }
                Action::Shift(steps) => {
                    let mut rule = rules[index].clone();
                    for value in &mut rule.values {
                        *value = shifted(*value, steps, cardinality);
                    }
                    rule
                }
                Action::Policy { inputs, values } => {
                    self.cpt.check_policy(index, &inputs, &values)?;
                    alone(inputs, values)
                }
                Action::Mechanism { parents, rows } => {
                    let action = Action::Mechanism { parents: parents.clone(), rows };
                    let after = self.cpt.intervene([(index, action)])?;
                    let rows = &after.nodes[index].rows;
                    let (probabilities, _) = pieces(rows, cardinality);
                    let mut rule = Rule { parents: vec![], sources: vec![], values: vec![] };
                    for parent in parents {
                        // A source among the parents must come after all variables, which its table may not say.
                        if parent >= self.rules.len() {
                            let (variable, hidden) =
                                (self.cpt.name(index).to_owned(), self.cpt.name(parent).to_owned());
                            return Err(ScmError::HiddenInput { variable, hidden });
                        }
                        rule.parents.push(parent);
                    }
                    for row in rows.chunks_exact(cardinality) {
                        let mut low = 0.0;
                        for p in &probabilities {
                            rule.values.push(invert(row, low + p / 2.0));
                            low += p;
                        }
                    }
                    rule.sources.push(sources.len());
                    let name = self.cpt.free_name(&sources, self.cpt.name(index));
                    sources.push(Exogenous::new(name, probabilities));
                    rule
                }
            };
        }
        let names: Vec<(String, usize)> = (0..rules.len())
            .map(|index| (self.cpt.name(index).to_owned(), self.cpt.cardinality(index)))
            .collect();
        Self::from_rules(&names, self.cpt.observed, rules, sources)
    }
}

/// The lengths of the pieces of `[0, 1)` on which every row's inverse is constant, and their number. Pieces that
/// rounding makes (shorter than `1e-14`) are left to their neighbours.
fn pieces(rows: &[f64], cardinality: usize) -> (Vec<f64>, usize) {
    let mut cuts: Vec<f64> = Vec::new();
    for row in rows.chunks_exact(cardinality) {
        let mut sum = 0.0;
        for p in &row[..cardinality - 1] {
            sum += p;
            if sum < 1.0 {
                cuts.push(sum);
            }
        }
    }
    cuts.sort_by(f64::total_cmp);
    let mut lengths = Vec::with_capacity(cuts.len() + 1);
    let mut low = 0.0;
    for cut in cuts {
        if cut - low > 1e-14 {
            lengths.push(cut - low);
            low = cut;
        }
    }
    lengths.push(1.0 - low);
    let states = lengths.len();
    (lengths, states)
}
