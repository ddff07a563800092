//! The marker that tells a finished install from a broken or a foreign one.
//!
//! It is written last, before the install gets its name, and lists the wheels with their hashes and
//! every library with its size. Reading it and asking for some sizes takes less than a millisecond,
//! so that every command can afford it.

use std::collections::BTreeMap;
use std::path::Path;

use anyhow::Context as _;
use serde_json::{Value, json};

use super::recipe::{Recipe, VERSION};

/// The marker's name inside an install.
const FILE: &str = "counterfoil.json";

/// Declares a folder finished.
pub(super) fn write(folder: &Path, recipe: &Recipe) -> anyhow::Result<()> {
    let mut marker = identity(recipe);
    marker["libraries"] = json!(libraries(&folder.join("lib"))?);
    fs_err::write(folder.join(FILE), format!("{marker:#}\n"))?;
    Ok(())
}

/// Whether a folder holds this recipe's finished install, with no library lost or cut short since.
pub(super) fn is_ready(folder: &Path, recipe: &Recipe) -> bool {
    let Ok(text) = fs_err::read_to_string(folder.join(FILE)) else { return false };
    let Ok(Value::Object(mut marker)) = serde_json::from_str(&text) else { return false };
    let Some(Value::Object(libraries)) = marker.remove("libraries") else { return false };
    let same_size = |(name, bytes): (&String, &Value)| {
        fs_err::metadata(folder.join("lib").join(name))
            .is_ok_and(|file| Some(file.len()) == bytes.as_u64())
    };
    Value::Object(marker) == identity(recipe) && libraries.iter().all(same_size)
}

/// What an install was made from.
fn identity(recipe: &Recipe) -> Value {
    let wheels: BTreeMap<_, _> =
        recipe.wheels.iter().map(|wheel| (&wheel.file, &wheel.sha256)).collect();
    json!({ "libtorch": VERSION, "kind": recipe.kind.name(), "wheels": wheels })
}

fn libraries(folder: &Path) -> anyhow::Result<BTreeMap<String, u64>> {
    fs_err::read_dir(folder)?
        .map(|entry| {
            let entry = entry?;
            let name =
                entry.file_name().into_string().ok().context("a library's name is not text")?;
            Ok((name, entry.metadata()?.len()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::recipe::Kind;
    use super::*;

    fn recipe(kind: Kind) -> Recipe {
        Recipe { kind, wheels: Vec::new(), empty_libtorch: false }
    }

    #[test]
    fn a_marker_holds_for_its_recipe_and_its_libraries() {
        let folder = tempfile::tempdir().unwrap();
        let folder = folder.path();
        let library = folder.join("lib").join("libc10.so");
        fs_err::create_dir(folder.join("lib")).unwrap();
        fs_err::write(&library, "whole").unwrap();
        let cpu = recipe(Kind::Cpu);
        assert!(!is_ready(folder, &cpu));
        write(folder, &cpu).unwrap();
        assert!(is_ready(folder, &cpu));
        assert!(!is_ready(folder, &recipe(Kind::Cuda)));
        fs_err::write(&library, "cut").unwrap();
        assert!(!is_ready(folder, &cpu));
        fs_err::remove_file(&library).unwrap();
        assert!(!is_ready(folder, &cpu));
    }
}
