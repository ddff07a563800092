//! Which cells of a table are meant by names of experiments and methods.

use super::plan::Plan;
use crate::error::{ExperimentError, Result, suggestion};

impl Plan {
    /// Which cells `lists` select. Each is one name or several with commas between them, each name that of an experiment,
    /// a method or an ablation (which may have commas of its own: `diffae, not aligned`); a cell is meant when it fits one
    /// of the experiments (if any is named) and one of the methods (if any is named).
    ///
    /// # Errors
    /// When a name is neither.
    pub fn select(&self, lists: &[String]) -> Result<Vec<bool>> {
        let experiments: Vec<&str> = self.sections.iter().map(|s| s.experiment.as_str()).collect();
        let rows = || self.sections.iter().flat_map(|s| &s.rows);
        let mut known: Vec<&str> = rows().map(|row| row.name.as_str()).collect();
        known.extend(&experiments);
        known.sort_unstable();
        known.dedup();
        let names: Vec<&str> = lists.iter().flat_map(|list| split(list, &known)).collect();
        if let Some(name) = names.iter().find(|name| !known.contains(name)) {
            return Err(ExperimentError::Unknown {
                what: "experiment, method or ablation",
                name: (*name).to_owned(),
                place: format!("table {}", self.name),
                hint: suggestion(name, &known),
            });
        }
        let (worlds, methods): (Vec<&str>, Vec<&str>) =
            names.into_iter().partition(|name| experiments.contains(name));
        let mut selected = vec![false; self.cells.len()];
        for section in &self.sections {
            for row in &section.rows {
                let world = worlds.is_empty() || worlds.contains(&section.experiment.as_str());
                let method = methods.is_empty() || methods.contains(&row.name.as_str());
                row.cells.iter().for_each(|&cell| selected[cell] |= world && method);
            }
        }
        Ok(selected)
    }
}

/// Takes a list apart at the commas between names, not at those within a known one, of which the longest is meant.
fn split<'a>(list: &'a str, known: &[&str]) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut rest = list;
    loop {
        let ends = || rest.match_indices(',').map(|(at, _)| at).chain([rest.len()]);
        let whole = ends().rev().find(|&end| known.contains(&rest[..end].trim()));
        let end = whole.or_else(|| ends().next()).unwrap_or(rest.len());
        names.push(rest[..end].trim());
        match rest.get(end + 1..) {
            Some(others) => rest = others,
            None => return names,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_may_have_commas_of_its_own() {
        let known = ["digits", "diffae", "diffae, not aligned", "parity"];
        let lists: [(&str, &[&str]); 5] = [
            ("parity", &["parity"]),
            ("digits,diffae, parity", &["digits", "diffae", "parity"]),
            ("digits,diffae, not aligned", &["digits", "diffae, not aligned"]),
            ("diffae, not aligned,parity", &["diffae, not aligned", "parity"]),
            ("diffae,not aligned,", &["diffae", "not aligned", ""]),
        ];
        for (list, names) in lists {
            assert_eq!(split(list, &known), names, "{list}");
        }
    }
}
