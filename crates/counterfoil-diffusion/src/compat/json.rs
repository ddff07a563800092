//! The text of `scheduler_config.json`: JSON with the numbers that Python adds to it.

use super::{SchedulerConfig, config::refuse};
use crate::DiffusionError;
use serde_json::Value;
use std::collections::BTreeMap;

/// The numbers that Python writes into JSON and that JSON does not know.
const NOT_JSON: [&str; 3] = ["-Infinity", "Infinity", "NaN"];

/// Puts quotes around [`NOT_JSON`] wherever it stands as a value; such an option is kept as that text.
fn quote_python_numbers(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let word = NOT_JSON.into_iter().find(|word| !in_string && rest.starts_with(word));
        let (piece, next) = match word {
            Some(word) => (format!("\"{word}\""), &rest[word.len()..]),
            None => (c.to_string(), &rest[c.len_utf8()..]),
        };
        match c {
            _ if word.is_some() => {}
            '"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && c == '\\' && !escaped;
        out.push_str(&piece);
        rest = next;
    }
    out
}

impl SchedulerConfig {
    /// Reads a file's text.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for text that is not JSON, or an option of another type.
    pub fn from_json(text: &str) -> Result<Self, DiffusionError> {
        serde_json::from_str(&quote_python_numbers(text))
            .map_err(|error| refuse("the file", error.to_string()))
    }

    /// The text of a file: as diffusers writes it, keys in alphabetical order, options that are absent left out.
    ///
    /// # Errors
    /// [`DiffusionError::SchedulerConfig`] for a number that JSON cannot hold; the option is named.
    pub fn to_json(&self) -> Result<String, DiffusionError> {
        let write = |error: serde_json::Error| refuse("the file", error.to_string());
        let value = serde_json::to_value(self).map_err(write)?;
        let sorted: BTreeMap<String, Value> = serde_json::from_value(value).map_err(write)?;
        // serde_json writes numbers that are not finite as null, which would read as the default; absent options are left
        // out, so that no other null is here but those that were read.
        let lost = |value: &Value| match value {
            Value::Array(numbers) => numbers.contains(&Value::Null),
            value => value.is_null(),
        };
        let own = |option: &str| !self.rest.contains_key(option);
        if let Some((option, _)) = sorted.iter().find(|(option, value)| own(option) && lost(value))
        {
            return Err(refuse(option, "holds a number that is not finite"));
        }
        let mut text = serde_json::to_string_pretty(&sorted).map_err(write)?;
        for word in NOT_JSON {
            text = text.replace(&format!(": \"{word}\""), &format!(": {word}"));
        }
        text.push('\n');
        Ok(text)
    }
}
