//! Rules for what is committed: no paths of anybody's own machine, and nothing that a build made.

use super::Finding;

/// Where homes are on the systems we know; in two pieces, so that this file does not name one.
const HOMES: [&str; 4] = [
    concat!("/ho", "me/"),
    concat!("/Use", "rs/"),
    concat!("/ro", "ot/"),
    concat!(r"C:\Use", r"rs\"),
];

/// A file in a folder that cargo fills.
pub(super) fn check_place(name: &str) -> Option<Finding> {
    let built = name.split('/').rev().skip(1).any(|folder| folder == "target");
    built.then(|| {
        let text = "is what a build made: take it out with `git rm --cached`";
        Finding::new(name, None, text)
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
    fn what_a_build_made_is_found() {
        for name in ["target/debug/x", "benches/target/criterion/a/base.json"] {
            assert!(check_place(name).is_some(), "{name}");
        }
        for name in ["docs/target", "src/target.rs", "targets/a.rs"] {
            assert!(check_place(name).is_none(), "{name}");
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
