//! Models as JSON: the exchange format of numeric test cases.

use super::{CptModel, Exogenous, Factor, Function, FunctionalModel};
use crate::ScmError;
use counterfoil_graph::GraphError;
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use std::{collections::BTreeSet, fmt, marker::PhantomData};

/// The members of a JSON object in the order in which they are written.
struct Members<T>(Vec<(String, T)>);

impl<T> Default for Members<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Members<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Reader<T>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>> Visitor<'de> for Reader<T> {
            type Value = Members<T>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Reader(PhantomData))
    }
}

#[derive(Deserialize)]
struct RawCptModel {
    #[serde(default)]
    latents: Vec<RawLatent>,
    cpt: Members<RawCpt>,
}

#[derive(Deserialize)]
struct RawLatent {
    name: String,
}

#[derive(Deserialize)]
struct RawCpt {
    #[serde(default)]
    parents: Vec<String>,
    /// Binary variables: the probability of 1 in each row.
    p1: Option<Vec<f64>>,
    /// Others: the whole table and the number of values.
    p: Option<Vec<f64>>,
    cardinality: Option<usize>,
}

#[derive(Deserialize)]
struct RawFunctionalModel {
    nodes: Vec<String>,
    #[serde(default)]
    exogenous: Members<Vec<f64>>,
    functions: Members<RawFunction>,
    #[serde(default)]
    hidden: Vec<String>,
}

#[derive(Deserialize)]
struct RawFunction {
    #[serde(default)]
    parents: Vec<String>,
    #[serde(default)]
    exogenous: Vec<String>,
    table: Vec<usize>,
    cardinality: Option<usize>,
}

impl CptModel {
    /// Reads `{"latents": [{"name": U}, ..], "cpt": {V: {"parents": [..], "p1": [..]}, ..}}`, where `p1` is the
    /// probability of 1 for every combination of the parents' values, row-major. Variables with more than two values
    /// have `"cardinality": n` and `"p"`, whole rows, instead. Variables come in the order of `cpt`.
    ///
    /// # Errors
    /// [`ScmError::Json`] with the place; [`ScmError::Unlisted`] for a latent that has no table, which would be seen under
    /// another name; otherwise as [`CptModel::new`].
    ///
    /// ```
    /// use counterfoil_scm::discrete::CptModel;
    ///
    /// let model = CptModel::from_json(
    ///     r#"{"latents": [{"name": "U"}],
    ///         "cpt": {"U": {"parents": [], "p1": [0.5]},
    ///                 "X": {"parents": ["U"], "p1": [0.2, 0.8]},
    ///                 "Y": {"parents": ["X", "U"], "p1": [0.1, 0.2, 0.3, 0.4]}}}"#,
    /// )?;
    /// assert_eq!(model.graph().to_string(), "X; Y; X -> Y; X <-> Y");
    /// # Ok::<(), counterfoil_scm::ScmError>(())
    /// ```
    pub fn from_json(text: &str) -> Result<Self, ScmError> {
        let raw: RawCptModel = serde_json::from_str(text).map_err(|e| refusal(&e))?;
        let mut latents = raw.latents.iter().map(|latent| &latent.name);
        if let Some(name) = latents.find(|latent| raw.cpt.0.iter().all(|(name, _)| name != *latent))
        {
            return Err(ScmError::Unlisted { variable: name.clone() });
        }
        let factors = raw.cpt.0.into_iter().map(|(name, cpt)| {
            let rows = match (cpt.p, cpt.p1) {
                (Some(rows), _) => rows,
                (None, ones) => {
                    ones.unwrap_or_default().into_iter().flat_map(|p| [1.0 - p, p]).collect()
                }
            };
            let hidden = raw.latents.iter().any(|latent| latent.name == name);
            let cardinality = cpt.cardinality.unwrap_or(2);
            Factor { name, cardinality, hidden, parents: cpt.parents, rows }
        });
        Self::new(factors)
    }

    /// The same model with its visible variables in the order of `names`: that of a graph, so that positions agree.
    ///
    /// # Errors
    /// [`ScmError::Order`] unless each visible variable is named once.
    pub fn in_order<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Self, ScmError> {
        let factors = ordered(self.factors(), |f| (&f.name, f.hidden), names, self.len())?;
        Self::new(factors)
    }
}

impl FunctionalModel {
    /// Reads `{"nodes": [V, ..], "exogenous": {U: [p0, p1, ..], ..}, "functions": {V: {"parents": [..],
    /// "exogenous": [..], "table": [..]}, ..}}`, where a table holds the value for every combination of parents and
    /// then sources, row-major. Variables have two values unless their function says `"cardinality": n`; those in an
    /// optional list `"hidden"` are not seen. Variables come in the order of `nodes`.
    ///
    /// # Errors
    /// [`ScmError::Json`] with the place; [`ScmError::UnknownParent`] for a node without a function,
    /// [`ScmError::Unlisted`] for a function or a hidden variable that is no node; [`ScmError::Graph`] for a variable with
    /// two functions; otherwise as
    /// [`FunctionalModel::new`].
    pub fn from_json(text: &str) -> Result<Self, ScmError> {
        let raw: RawFunctionalModel = serde_json::from_str(text).map_err(|e| refusal(&e))?;
        let sources = raw.exogenous.0.into_iter().map(|(name, p)| Exogenous::new(name, p));
        let mut functions = BTreeSet::new();
        if let Some((name, _)) = raw.functions.0.iter().find(|(name, _)| !functions.insert(name)) {
            return Err(GraphError::DuplicateVariable { name: name.clone() }.into());
        }
        let named = functions.into_iter().chain(&raw.hidden);
        if let Some(name) = named.into_iter().find(|name| !raw.nodes.contains(name)) {
            return Err(ScmError::Unlisted { variable: name.clone() });
        }
        let mut functions = Vec::with_capacity(raw.nodes.len());
        for name in &raw.nodes {
            let found = raw.functions.0.iter().find(|(written, _)| written == name);
            let (_, function) = found.ok_or_else(|| ScmError::UnknownParent {
                variable: name.clone(),
                parent: name.clone(),
            })?;
            functions.push(Function {
                name: name.clone(),
                cardinality: function.cardinality.unwrap_or(2),
                hidden: raw.hidden.contains(name),
                parents: function.parents.clone(),
                exogenous: function.exogenous.clone(),
                values: function.table.clone(),
            });
        }
        Self::new(sources, functions)
    }

    /// The same model with its visible variables in the order of `names`: that of a graph, so that positions agree.
    ///
    /// # Errors
    /// [`ScmError::Order`] unless each visible variable is named once.
    pub fn in_order<'n>(&self, names: impl IntoIterator<Item = &'n str>) -> Result<Self, ScmError> {
        let functions = ordered(self.functions(), |f| (&f.name, f.hidden), names, self.len())?;
        Self::new(self.sources().to_vec(), functions)
    }
}

/// `items` with the visible ones in the order of `names`, hidden ones last.
fn ordered<'n, T>(
    mut items: Vec<T>,
    about: impl Fn(&T) -> (&str, bool),
    names: impl IntoIterator<Item = &'n str>,
    expected: usize,
) -> Result<Vec<T>, ScmError> {
    let names: Vec<&str> = names.into_iter().collect();
    let place = |item: &T| names.iter().position(|name| *name == about(item).0);
    let all = items.iter().filter(|item| !about(item).1).all(|item| place(item).is_some());
    if !all || names.len() != expected {
        return Err(ScmError::Order { expected, found: names.len() });
    }
    items.sort_by_key(|item| if about(item).1 { usize::MAX } else { place(item).unwrap_or(0) });
    Ok(items)
}

pub(crate) fn refusal(error: &serde_json::Error) -> ScmError {
    let whole = error.to_string();
    // The place is said by the fields.
    let message = whole.split(" at line ").next().unwrap_or_default().to_owned();
    ScmError::Json { line: error.line(), column: error.column(), message }
}
