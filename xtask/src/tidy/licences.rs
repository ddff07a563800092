//! Rules for what others wrote: packages come from crates.io, under licences that `deny.toml` allows.
//!
//! cargo-deny decides the same and more, from the texts of licences too; this tells it without installing anything, from what
//! packages say of themselves (SPDX expressions, version 3).

use std::collections::BTreeSet;

use anyhow::Context as _;
use serde_json::Value;

use super::Finding;

/// Where packages may come from.
const REGISTRY: &str = "registry+https://github.com/rust-lang/crates.io-index";

/// Packages of `cargo metadata` whose licence is not allowed, or whose source is another one.
pub(super) fn check(metadata: &str, deny: &str) -> anyhow::Result<Vec<Finding>> {
    let metadata: Value = serde_json::from_str(metadata).context("cargo metadata gave no JSON")?;
    let packages = metadata["packages"].as_array().context("cargo metadata has no packages")?;
    let allowed = allowed(deny);
    let mut findings = Vec::new();
    // A package without a source is one of the workspace.
    for package in packages.iter().filter(|package| !package["source"].is_null()) {
        let word = |key: &str| package[key].as_str().unwrap_or_default();
        let name = format!("{} {}", word("name"), word("version"));
        let mut find = |text: String| findings.push(Finding::new("Cargo.lock", None, text));
        if word("source") != REGISTRY {
            find(format!("{name} comes from {}: take one that is on crates.io", word("source")));
        }
        if !satisfied(word("license"), &allowed) {
            find(format!(
                "{name} has the licence `{}`, which [licenses] allow in deny.toml does not: drop the package, or allow it",
                word("license")
            ));
        }
    }
    Ok(findings)
}

/// The licences that `deny.toml` lists under `allow`.
fn allowed(deny: &str) -> BTreeSet<&str> {
    let list = deny.split_once("\nallow = [").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.unwrap_or_default();
    list.split('"').skip(1).step_by(2).collect()
}

/// Whether a licence expression can be met by licences that are allowed.
fn satisfied(expression: &str, allowed: &BTreeSet<&str>) -> bool {
    // A slash is how cargo wrote OR before SPDX.
    let spaced = expression.replace('/', " OR ").replace('(', " ( ").replace(')', " ) ");
    let mut words = spaced.split_whitespace().peekable();
    let met = any(&mut words, allowed);
    met == Some(true) && words.next().is_none()
}

type Words<'w> = std::iter::Peekable<std::str::SplitWhitespace<'w>>;

/// Alternatives; nothing where the expression is none. AND binds closer than OR.
fn any(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut met = all(words, allowed)?;
    while words.next_if_eq(&"OR").is_some() {
        met |= all(words, allowed)?;
    }
    Some(met)
}

fn all(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    let mut met = one(words, allowed)?;
    while words.next_if_eq(&"AND").is_some() {
        met &= one(words, allowed)?;
    }
    Some(met)
}

fn one(words: &mut Words<'_>, allowed: &BTreeSet<&str>) -> Option<bool> {
    match words.next()? {
        "(" => {
            let met = any(words, allowed)?;
            words.next_if_eq(&")").map(|_| met)
        }
        ")" | "OR" | "AND" | "WITH" => None,
        licence if words.next_if_eq(&"WITH").is_some() => {
            let exception = words.next()?;
            Some(allowed.contains(format!("{licence} WITH {exception}").as_str()))
        }
        licence => Some(allowed.contains(licence)),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const DENY: &str = "[licenses]\nallow = [\n    \"MIT\",\n    \"Apache-2.0 WITH LLVM-exception\",\n    \"Zlib\",\n]\n";

    /// By hand.
    #[test]
    fn an_expression_is_met_by_what_is_allowed() {
        let allowed = allowed(DENY);
        assert_eq!(allowed.len(), 3);
        for met in [
            "MIT",
            "Apache-2.0 OR MIT",
            "Apache-2.0/MIT",
            "MIT AND Zlib",
            "(Apache-2.0 OR MIT) AND Zlib",
            "Apache-2.0 WITH LLVM-exception OR GPL-3.0",
            "GPL-3.0 AND Zlib OR MIT",
        ] {
            assert!(satisfied(met, &allowed), "{met}");
        }
        for refused in [
            "",
            "GPL-3.0",
            "MIT AND GPL-3.0",
            "Apache-2.0",
            "Apache-2.0 WITH Other-exception",
            "MIT AND (GPL-3.0 OR Apache-2.0)",
            "MIT OR",
            "(MIT",
            "MIT)",
            "MIT Zlib",
        ] {
            assert!(!satisfied(refused, &allowed), "{refused}");
        }
    }

    #[test]
    fn packages_of_other_sources_and_licences_are_found() {
        let package = |name: &str, source: Value, license: Value| json!({ "name": name, "version": "1.0.0", "source": source, "license": license });
        let git = json!("git+https://example.org/a");
        let listed = json!({ "packages": [
            package("ours", Value::Null, json!("GPL-3.0")),
            package("good", json!(REGISTRY), json!("MIT")),
            package("strict", json!(REGISTRY), json!("GPL-3.0")),
            package("silent", json!(REGISTRY), Value::Null),
            package("forked", git, json!("MIT")),
        ]});
        let found = check(&listed.to_string(), DENY).unwrap();
        let names: Vec<String> = found
            .iter()
            .map(|finding| finding.text.split(' ').next().unwrap().to_owned())
            .collect();
        assert_eq!(names, ["strict", "silent", "forked"]);
    }
}
