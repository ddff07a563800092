//! Rules for what is locked: how many packages, and that none is there in two versions unless
//! `deny.toml` says why.

use std::collections::{BTreeMap, BTreeSet};

use super::Finding;

/// Compiling more than this takes everybody too long.
const MOST_LOCKED: usize = 350;

/// How many packages a lock file has.
pub(super) fn count(lock: &str) -> usize {
    lock.lines().filter(|line| *line == "[[package]]").count()
}

/// The size of the lock file.
pub(super) fn check_size(lock: &str) -> Option<Finding> {
    let locked = count(lock);
    (locked >= MOST_LOCKED).then(|| {
        let text = format!(
            "{locked} packages are locked, and fewer than {MOST_LOCKED} is the rule: drop a \
             dependency or its features"
        );
        Finding::new("Cargo.lock", None, text)
    })
}

/// Doubled packages that `deny.toml` does not excuse, and excuses that nobody needs any more.
///
/// cargo-deny decides the same and more; this tells it without installing anything.
pub(super) fn check_doubled(lock: &str, deny: &str) -> Vec<Finding> {
    let mut versions: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, version) in packages(lock) {
        versions.entry(name).or_default().insert(version);
    }
    let mut findings = Vec::new();
    let mut excused: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (line, name, version) in excuses(deny) {
        excused.entry(name).or_default().insert(version);
        let doubled = versions.get(name).is_some_and(|all| all.len() > 1 && all.contains(version));
        if !doubled {
            let text = format!("{name} {version} is no doubled package any more: drop this line");
            findings.push(Finding::new("deny.toml", line, text));
        }
    }
    for (name, versions) in versions {
        let left = excused.get(name).map_or(versions.len(), |excused| {
            versions.iter().filter(|version| !excused.contains(*version)).count()
        });
        if left > 1 {
            let all: Vec<&str> = versions.into_iter().collect();
            let text = format!(
                "{name} is locked in versions {}: bring its users to one, or excuse the older \
                 ones under [bans] skip in deny.toml",
                all.join(" and ")
            );
            findings.push(Finding::new("Cargo.lock", None, text));
        }
    }
    findings
}

/// Name and version of every package.
fn packages(lock: &str) -> impl Iterator<Item = (&str, &str)> {
    lock.split("[[package]]").skip(1).filter_map(|package| {
        let value = |key: &str| package.lines().find_map(|line| quoted(line.strip_prefix(key)?));
        Some((value("name = ")?, value("version = ")?))
    })
}

/// Line, name and version of every excused package: `{ crate = "name@version", … }`.
fn excuses(deny: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    deny.lines().enumerate().filter_map(|(number, line)| {
        let (name, version) =
            quoted(line.trim_start().strip_prefix("{ crate = ")?)?.split_once('@')?;
        Some((number + 1, name, version))
    })
}

/// What stands in the quotes that a text begins with.
fn quoted(text: &str) -> Option<&str> {
    text.strip_prefix('"')?.split('"').next()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lock(packages: &[(&str, &str)]) -> String {
        let package = |(name, version): &(&str, &str)| {
            format!("[[package]]\nname = \"{name}\"\nversion = \"{version}\"\n\n")
        };
        format!("version = 4\n\n{}", packages.iter().map(package).collect::<String>())
    }

    #[test]
    fn the_lock_file_has_a_limit() {
        let lock = |packages| lock(&vec![("a", "1.0.0"); packages]);
        assert_eq!(count(&lock(7)), 7);
        assert_eq!(check_size(&lock(MOST_LOCKED - 1)), None);
        assert!(check_size(&lock(MOST_LOCKED)).is_some());
    }

    #[test]
    fn a_doubled_package_needs_an_excuse_for_all_but_one_version() {
        let lock = lock(&[("a", "1.0.0"), ("b", "0.1.0"), ("b", "0.2.0"), ("b", "0.3.0")]);
        let skip = |excused: &[&str]| {
            let line = |of: &&str| format!("    {{ crate = \"{of}\", reason = \"x\" }},\n");
            format!("skip = [\n{}]\n", excused.iter().map(line).collect::<String>())
        };
        assert_eq!(check_doubled(&lock, &skip(&["b@0.1.0", "b@0.2.0"])), []);
        for too_few in [&[][..], &["b@0.1.0"]] {
            let findings = check_doubled(&lock, &skip(too_few));
            assert_eq!(findings.len(), 1);
            assert!(findings[0].to_string().contains("b is locked in versions 0.1.0 and 0.2.0"));
        }
    }

    #[test]
    fn an_excuse_that_nobody_needs_is_found() {
        let deny = "skip = [\n    { crate = \"a@1.0.0\", reason = \"x\" },\n]\n";
        for lock in [lock(&[("a", "1.0.0")]), lock(&[("a", "1.1.0"), ("a", "1.2.0")])] {
            let findings = check_doubled(&lock, deny);
            assert!(
                findings.iter().any(|found| found.to_string().starts_with("deny.toml:2: a 1.0.0"))
            );
        }
    }

    #[test]
    fn a_ban_is_no_excuse() {
        let deny = "deny = [\n    { crate = \"b\", reason = \"x\" },\n]\n";
        assert_eq!(check_doubled(&lock(&[("b", "0.1.0"), ("b", "0.2.0")]), deny).len(), 1);
    }
}
