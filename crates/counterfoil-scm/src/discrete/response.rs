//! From probability tables to functions: noise that picks the value in every situation at once.

use super::{
    Action, CptModel, Exogenous, FunctionalModel,
    action::shifted,
    functional::Rule,
    model::{Node, check_rows, invert},
    table::cell_count,
};
use crate::{ScmError, names::free};

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
            let (probabilities, cells) = pieces(&node.rows, node.cardinality)?;
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
            let mut values = Vec::with_capacity(cells);
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
        free(format!("N_{variable}"), '_', |name| {
            self.nodes.iter().any(|node| node.name == name)
                || sources.iter().any(|source| source.name == name)
        })
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
                    let nodes = &self.cpt.nodes;
                    if let Some(&index) = parents.iter().find(|&&parent| parent >= nodes.len()) {
                        return Err(ScmError::TableVariable { index });
                    }
                    // The rows alone: whether a cycle is left shows when all actions have been taken.
                    let name = self.cpt.name(index).to_owned();
                    let node = Node { name, cardinality, parents, rows };
                    check_rows(&node, nodes)?;
                    let (probabilities, cells) = pieces(&node.rows, cardinality)?;
                    let values = Vec::with_capacity(cells);
                    let mut rule = Rule { parents: vec![], sources: vec![], values };
                    for parent in node.parents {
                        // A source among the parents must come after all variables, which its table may not say.
                        if parent >= self.rules.len() {
                            let (variable, hidden) = (node.name, self.cpt.name(parent).to_owned());
                            return Err(ScmError::HiddenInput { variable, hidden });
                        }
                        rule.parents.push(parent);
                    }
                    for row in node.rows.chunks_exact(cardinality) {
                        let mut low = 0.0;
                        for p in &probabilities {
                            rule.values.push(invert(row, low + p / 2.0));
                            low += p;
                        }
                    }
                    rule.sources.push(sources.len());
                    let name = self.cpt.free_name(&sources, &node.name);
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

/// The lengths of the pieces of `[0, 1)` on which every row's inverse is constant, and the number of cells of a table of
/// all rows on all pieces. Pieces that rounding makes (shorter than `1e-14`) are left to their neighbours.
///
/// # Errors
/// [`ScmError::TooLarge`], before anybody makes room for such a table.
fn pieces(rows: &[f64], cardinality: usize) -> Result<(Vec<f64>, usize), ScmError> {
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
    let cells = cell_count(&[rows.len() / cardinality, lengths.len()])?;
    Ok((lengths, cells))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discrete::{Factor, MAX_CELLS};

    fn chain() -> CptModel {
        let (x, y) = (Factor::binary("X", [], [0.25]), Factor::binary("Y", ["X"], [0.125, 0.5]));
        CptModel::new([x, y]).unwrap()
    }

    /// Exact: powers of two. Once Y is set, X may follow it; without that, and in one list with it, X may not.
    #[test]
    fn a_mechanism_is_judged_by_what_all_actions_leave() {
        let turned = Action::Mechanism { parents: vec![1], rows: vec![0.5, 0.5, 0.25, 0.75] };
        let actions = [(1, Action::Set(0)), (0, turned.clone())];
        let by_tables = chain().intervene(actions.clone()).unwrap();
        let by_functions = chain().to_functional().unwrap().intervene(actions).unwrap();
        assert_eq!(by_functions.graph(), by_tables.graph());
        assert_eq!(by_functions.joint().unwrap(), by_tables.joint().unwrap());
        let alone = [(0, turned)];
        let refusal = chain().intervene(alone.clone()).unwrap_err();
        assert_eq!(chain().to_functional().unwrap().intervene(alone), Err(refusal));
    }

    #[test]
    fn bad_rows_are_refused_in_both_forms() {
        for (parents, rows) in [
            (vec![], vec![0.5, 0.4]),
            (vec![], vec![0.5]),
            (vec![0], vec![0.5, 0.5]),
            (vec![9], vec![0.5, 0.5]),
        ] {
            let actions = [(1, Action::Mechanism { parents, rows })];
            let refusal = chain().intervene(actions.clone()).unwrap_err();
            assert_eq!(chain().to_functional().unwrap().intervene(actions), Err(refusal));
        }
    }

    /// Every row of Y has a threshold of its own, so that rows times pieces are `2^36`: half a TiB.
    #[test]
    fn a_large_table_is_refused_before_there_is_room_for_it() {
        let causes: Vec<String> = (0..18).map(|i| format!("X{i}")).collect();
        let rows = 1 << causes.len();
        let cells = (1..=rows).flat_map(|i| {
            let p = f64::from(i) / f64::from(rows + 1);
            [1.0 - p, p]
        });
        let effect = Factor::new("Y", 2, causes.clone(), cells.collect());
        let factors = causes.iter().map(|name| Factor::binary(name, [], [0.5])).chain([effect]);
        let refusal = ScmError::TooLarge { limit: MAX_CELLS };
        assert_eq!(CptModel::new(factors).unwrap().to_functional(), Err(refusal));
    }
}
