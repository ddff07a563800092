//! Rules for the repository: how much is locked, and no paths of anybody's own machine.

use super::Finding;

/// Compiling more than this takes everybody too long.
const MOST_LOCKED: usize = 350;

/// Where homes are on the systems we know; in two pieces, so that this file does not name one.
const HOMES: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!("/ro", "ot/"),
    concat!(r"C:\Use", r"rs\"),
];

/// How many packages a lock file has.
pub(super) fn count_locked(lock: &str) -> usize {
    lock.lines().filter(|line| *line == "[[package]]").count()
}

/// The size of the lock file.
pub(super) fn check_lock(lock: &str) -> Option<Finding> {
    let locked = count_locked(lock);
    (locked >= MOST_LOCKED).then(|| {
        let text = format!(
            "{locked} packages are locked, and fewer than {MOST_LOCKED} is the rule: drop a \
             dependency or its features"
        );
        Finding::new("Cargo.lock", None, text)
    })
}

/// Paths that begin in somebody's home.
pub(super) fn check_paths(name: &str, text: &str) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (number, line) in text.lines().enumerate() {
        for home in HOMES {
            if line.match_indices(home).any(|(at, _)| is_absolute(line, at, home)) {
                let text = format!("a path in somebody's {home}: make it relative, or write ~");
                findings.push(Finding::new(name, number + 1, text));
            }
        }
    }
    findings
}

/// Whether a path begins here, and leads on: `docs/home/` is inside another path, and a lone
/// `/home/` is nobody's.
fn is_absolute(line: &str, at: usize, home: &str) -> bool {
    let before = line[..at].chars().next_back();
    let after = line[at + home.len()..].chars().next();
    let continues = |c: char| c.is_alphanumeric() || "_-.~}/".contains(c);
    !before.is_some_and(continues)
        && after.is_some_and(|c| c.is_alphanumeric() || c == '.' || c == '_')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_file_has_a_limit() {
        let lock = |packages| {
            format!("version = 4\n\n{}", "[[package]]\nname = \"a\"\n\n".repeat(packages))
        };
        assert_eq!(count_locked(&lock(7)), 7);
        assert_eq!(check_lock(&lock(MOST_LOCKED - 1)), None);
        assert!(check_lock(&lock(MOST_LOCKED)).is_some());
    }

    #[test]
    fn paths_of_a_home_are_found() {
        for home in HOMES {
            for text in
                [format!("cd {home}ann/x"), format!("\"{home}ann\""), format!("a={home}.cache")]
            {
                assert_eq!(
                    check_paths("README.md", &format!("first\n{text}\n")),
                    [Finding::new(
                        "README.md",
                        2,
                        format!("a path in somebody's {home}: make it relative, or write ~")
                    )]
                );
            }
        }
    }

    #[test]
    fn other_paths_are_not_homes() {
        let [home, users, root, _] = HOMES;
        for text in [
            "~/.cache/counterfoil",
            "a/b",
            &format!("docs{home}page"),
            &format!("{home} is"),
            &format!("$X{users}a"),
            &format!("graph{root}x"),
        ] {
            assert!(check_paths("a.md", text).is_empty(), "{text}");
        }
    }
}
