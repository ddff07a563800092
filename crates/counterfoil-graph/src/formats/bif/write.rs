//! A network written as BIF text.

use super::{BifNetwork, BifVariable, parser::in_word};
use std::fmt::Write as _;

/// Writes a network that was checked.
pub(super) fn write(network: &BifNetwork) -> String {
    let mut text = format!("network {} {{\n}}\n", word(&network.name));
    for variable in &network.variables {
        let states: Vec<String> = variable.states.iter().map(|state| word(state)).collect();
        let _ = writeln!(
            text,
            "variable {} {{\n  type discrete [ {} ] {{ {} }};\n}}",
            word(&variable.name),
            states.len(),
            states.join(", ")
        );
    }
    for variable in &network.variables {
        if !(variable.parents.is_empty() && variable.rows.is_empty()) {
            probability(&mut text, network, variable);
        }
    }
    text
}

fn probability(text: &mut String, network: &BifNetwork, variable: &BifVariable) {
    let parents: Vec<&BifVariable> =
        variable.parents.iter().map(|&parent| &network.variables[parent]).collect();
    let names: Vec<String> = parents.iter().map(|parent| word(&parent.name)).collect();
    let given = if names.is_empty() { String::new() } else { format!(" | {}", names.join(", ")) };
    let _ = writeln!(text, "probability ( {}{given} ) {{", word(&variable.name));
    let mut states = vec![0; parents.len()];
    for row in &variable.rows {
        let numbers: Vec<String> = row.iter().map(|p| format!("{p:?}")).collect();
        let numbers = numbers.join(", ");
        if parents.is_empty() {
            let _ = writeln!(text, "  table {numbers};");
        } else {
            let names: Vec<String> = parents
                .iter()
                .zip(&states)
                .map(|(parent, &state)| word(&parent.states[state]))
                .collect();
            let _ = writeln!(text, "  ({}) {numbers};", names.join(", "));
        }
        // The next combination: the last parent varies fastest.
        for (state, parent) in states.iter_mut().zip(&parents).rev() {
            *state += 1;
            if *state < parent.states.len() {
                break;
            }
            *state = 0;
        }
    }
    text.push_str("}\n");
}

/// A bare word where it can be one, a quoted text otherwise.
fn word(text: &str) -> String {
    let plain = text.chars().all(in_word) && !text.starts_with(['/', '#']) && !text.is_empty();
    if plain { text.to_owned() } else { crate::dot::in_quotes(text) }
}
