//! The numbers of a summary as a flat list, whatever version wrote it.

use serde_json::Value;

/// Named numbers in the order of their file.
pub type Figures = Vec<(String, f64)>;

/// Every number of a summary under its dotted name; elements of lists are named by their position.
pub fn flatten(prefix: &str, value: &Value, found: &mut Figures) {
    let below = |key: &str| if prefix.is_empty() { key.into() } else { format!("{prefix}.{key}") };
    match value {
        Value::Number(number) => found.extend(number.as_f64().map(|x| (prefix.to_owned(), x))),
        Value::Object(entries) => {
            entries.iter().for_each(|(key, value)| flatten(&below(key), value, found));
        }
        Value::Array(items) => {
            items.iter().enumerate().for_each(|(i, v)| flatten(&below(&i.to_string()), v, found));
        }
        _ => {}
    }
}
