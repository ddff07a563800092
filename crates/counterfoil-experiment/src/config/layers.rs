//! Lays preset and overrides over the file's table and turns the outcome into sections, blaming the right layer.

use std::path::Path;

use serde::de::DeserializeOwned;
use toml::{Table, Value};

use super::{extends::Chain, method::Method, sections::Sections};
use crate::error::{ExperimentError, Result, suggestion};

/// The table under which a config file keeps its presets.
const PRESETS: &str = "preset";
/// The table under which a file or a preset keeps what it says to one method alone.
const METHODS: &str = "for";
/// The key by which a file says that it is not one experiment.
pub(crate) const KIND: &str = "kind";
/// What it says then: a table of many runs.
pub(crate) const TABLE: &str = "table";
/// The key that names the method.
const METHOD: &str = "method";

/// The sections of `file` under a preset and overrides.
pub(super) fn resolve(file: &Path, preset: Option<&str>, set: &[String]) -> Result<Sections> {
    let origin = file.display().to_string();
    let mut chain = Chain::read(file)?;
    let mut base = std::mem::take(&mut chain.table);
    if base.get(KIND).and_then(Value::as_str) == Some(TABLE) {
        let reason = "makes this a table of many runs and not one experiment: run it with \
                      `counterfoil matrix` or `cargo xtask experiment`";
        return Err(ExperimentError::InvalidKey {
            origin,
            key: KIND.into(),
            reason: reason.into(),
        });
    }
    let presets = take_presets(&mut base, &origin)?;
    let base = Value::Table(base);

    // Every preset and method is tried, so that a mistake shows when it is written and not on the day it is used.
    for method in Method::ALL {
        for (name, layer) in &presets {
            let table = laid(&[&base, layer], &[], Some(method), &origin)?;
            let part = layer.get(METHODS).and_then(|parts| parts.get(method.name()));
            read::<Sections>(table, |key| {
                let own = holds(layer, key) || part.is_some_and(|part| holds(part, key));
                let above = format!("{PRESETS}.{name}");
                let blamed = chain.blame(&above, key);
                if own { format!("{blamed} [{above}]") } else { blamed.to_owned() }
            })?;
        }
        if presets.is_empty() {
            let table = laid(&[&base], &[], Some(method), &origin)?;
            read::<Sections>(table, |key| chain.blame(METHODS, key).to_owned())?;
        }
    }

    let mut layers = vec![&base];
    if let Some(name) = preset {
        let names: Vec<&String> = presets.keys().collect();
        let (_, layer) =
            presets.iter().find(|(n, _)| *n == name).ok_or_else(|| ExperimentError::Unknown {
                what: "preset",
                name: name.to_owned(),
                place: origin.clone(),
                hint: suggestion(name, &names),
            })?;
        layers.push(layer);
    }
    let overrides = set.iter().map(|text| Override::parse(text)).collect::<Result<Vec<_>>>()?;
    let table = laid(&layers, &overrides, None, &origin)?;
    read(table, |key| {
        let blamed = overrides.iter().rev().find(|o| o.touches(key));
        let file = || chain.blame(METHODS, key).to_owned();
        blamed.map_or_else(file, |o| format!("--set {}", o.text))
    })
}

/// TOML text as a table; a mistake is told with its line.
pub(crate) fn parse(text: &str, origin: &str) -> Result<Table> {
    text.parse().map_err(|e: toml::de::Error| {
        let line = e.span().map(|s| 1 + text[..s.start.min(text.len())].matches('\n').count());
        let at = line.map_or_else(String::new, |line| format!(" line {line}"));
        ExperimentError::Syntax {
            origin: format!("{origin}{at}"),
            reason: format!("not TOML: {}", e.message().replace('\n', ", ")),
        }
    })
}

/// Takes the presets out of a file's table: name to layer.
pub(crate) fn take_presets(base: &mut Table, origin: &str) -> Result<Table> {
    let wrong = |key: String| ExperimentError::InvalidKey {
        origin: origin.to_owned(),
        key,
        reason: "must be a table such as [preset.quick.training]".into(),
    };
    let presets = match base.remove(PRESETS) {
        None => Table::new(),
        Some(Value::Table(presets)) => presets,
        Some(_) => return Err(wrong(PRESETS.into())),
    };
    match presets.iter().find(|(_, layer)| !layer.is_table()) {
        Some((name, _)) => Err(wrong(format!("{PRESETS}.{name}"))),
        None => Ok(presets),
    }
}

/// The method's defaults under the layers and the overrides. Over each layer lies what it says to that method alone.
/// The method is `forced` or the one that is asked for.
fn laid(
    layers: &[&Value],
    overrides: &[Override],
    forced: Option<Method>,
    origin: &str,
) -> Result<Table> {
    let wrong = |key: String| ExperimentError::InvalidKey {
        origin: origin.to_owned(),
        key,
        reason: "must name a method and be a table such as [for.default.model]".into(),
    };
    let own = layers.iter().rev().find_map(|layer| layer.get(METHOD));
    let set = overrides.iter().rev().find(|o| o.key == [METHOD]).map(|o| &o.value);
    let name = set.or(own).and_then(Value::as_str);
    // A name that is no method is told where sections are read.
    let asked = name.map_or(Some(Method::Default), Method::named).unwrap_or_default();
    let method = forced.unwrap_or(asked);
    let mut table = method.defaults();
    for layer in layers {
        let mut plain = layer.as_table().cloned().unwrap_or_default();
        let parts = plain.remove(METHODS);
        overlay(&mut table, &Value::Table(plain));
        if parts.as_ref().is_some_and(|parts| !parts.is_table()) {
            return Err(wrong(METHODS.into()));
        }
        for (name, part) in parts.iter().filter_map(Value::as_table).flatten() {
            match (Method::named(name), part.is_table()) {
                (Some(named), true) if named == method => overlay(&mut table, part),
                (Some(_), true) => {}
                _ => return Err(wrong(format!("{METHODS}.{name}"))),
            }
        }
    }
    for item in overrides {
        item.apply(&mut table)?;
    }
    Ok(table)
}

/// Lays `over` on `under`: tables are joined key by key, anything else is replaced.
pub(crate) fn overlay(under: &mut Table, over: &Value) {
    for (key, value) in over.as_table().into_iter().flatten() {
        match (under.get_mut(key), value) {
            (Some(Value::Table(inner)), Value::Table(_)) => overlay(inner, value),
            _ => {
                under.insert(key.clone(), value.clone());
            }
        }
    }
}

/// Whether a layer says something about `key` or about a part of it.
pub(crate) fn holds(layer: &Value, key: &str) -> bool {
    key.split('.').try_fold(layer, |at, part| at.get(part)).is_some()
}

/// One `--set a.b=value`.
struct Override {
    text: String,
    key: Vec<String>,
    value: Value,
}

impl Override {
    fn parse(text: &str) -> Result<Self> {
        let wrong = || ExperimentError::Syntax {
            origin: format!("--set {text}"),
            reason: "write it as section.key=value, for example training.steps=200".into(),
        };
        let (key, value) = text.split_once('=').ok_or_else(wrong)?;
        let key: Vec<String> = key.split('.').map(|part| part.trim().to_owned()).collect();
        if key.iter().any(String::is_empty) {
            return Err(wrong());
        }
        // A line break would let a value smuggle in a second key.
        let parsed = Some(format!("v = {value}"))
            .filter(|text| !text.contains(['\n', '\r']))
            .and_then(|text| text.parse::<Table>().ok()?.remove("v"));
        let value = parsed.unwrap_or_else(|| Value::String(value.to_owned()));
        Ok(Self { text: text.to_owned(), key, value })
    }

    fn apply(&self, table: &mut Table) -> Result<()> {
        let Some((last, sections)) = self.key.split_last() else { return Ok(()) };
        let mut at = table;
        for (depth, section) in sections.iter().enumerate() {
            let inner = at.entry(section).or_insert_with(|| Value::Table(Table::new()));
            at = inner.as_table_mut().ok_or_else(|| ExperimentError::InvalidKey {
                origin: format!("--set {}", self.text),
                key: self.key[..=depth].join("."),
                reason: "is a value and has no keys of its own".into(),
            })?;
        }
        at.insert(last.clone(), self.value.clone());
        Ok(())
    }

    /// Whether this override wrote `key` or something inside it.
    fn touches(&self, key: &str) -> bool {
        let own = self.key.join(".");
        key == own || key.strip_prefix(&own).is_some_and(|rest| rest.starts_with(['.', '[']))
    }
}

/// Parses a table into plain values; `blame` names the layer that holds a key.
pub(crate) fn read<T: DeserializeOwned>(table: Table, blame: impl Fn(&str) -> String) -> Result<T> {
    serde_path_to_error::deserialize(Value::Table(table)).map_err(
        |error: serde_path_to_error::Error<toml::de::Error>| {
            let key = error.path().to_string();
            let message = error.inner().message().to_owned();
            // serde tells an unknown field as "unknown field `x`, expected one of `a`, `b`" and a missing one as
            // "missing field `x`"; the names stand in backquotes.
            let mut quoted = message.split('`').skip(1).step_by(2);
            if message.starts_with("unknown field") {
                let last = quoted.next().unwrap_or_default();
                let known: Vec<&str> = quoted.collect();
                let hint = suggestion(last, &known);
                return ExperimentError::UnknownKey { origin: blame(&key), key, hint };
            }
            if message.starts_with("missing field") {
                let last = quoted.next().unwrap_or_default();
                let key = if key == "." { last.to_owned() } else { format!("{key}.{last}") };
                let origin = blame(&key);
                return ExperimentError::InvalidKey { origin, key, reason: "is missing".into() };
            }
            let hint = match message.strip_prefix("unknown variant ") {
                Some(_) => {
                    let name = quoted.next().unwrap_or_default();
                    let known: Vec<&str> = quoted.collect();
                    Some(format!("cannot be `{name}`{}", suggestion(name, &known)))
                }
                None => None,
            };
            let reason = hint.unwrap_or_else(|| format!("is wrong: {message}"));
            ExperimentError::InvalidKey { origin: blame(&key), key, reason }
        },
    )
}
