//! Rules for one Rust file: its first line, its length, and patterns that stay out of it.

use super::source::{Source, is_word};
use super::{Finding, Level};

/// Files longer than this should be split.
const LONG: usize = 500;
/// Files longer than this must be split.
const TOO_LONG: usize = 800;

/// A pattern, where it is banned, and why.
struct Ban {
    /// Matched as whole words in code.
    pattern: &'static str,
    banned: fn(&Place<'_>) -> bool,
    why: &'static str,
}

/// Where a piece of code stands.
struct Place<'a> {
    path: &'a str,
    /// In a test, a bench, or a file of tests.
    test: bool,
}

impl Place<'_> {
    fn is_in(&self, folder: &str) -> bool {
        self.path.starts_with(folder)
    }

    fn is_library(&self) -> bool {
        self.is_in("crates/") && !self.is_in("crates/counterfoil-cli/")
    }

    /// A build script talks to cargo by printing.
    fn is_build_script(&self) -> bool {
        self.path.ends_with("/build.rs")
    }

    /// The modules that write down when a run began and name its folder.
    fn may_tell_time(&self) -> bool {
        let module = self.path.strip_prefix("crates/counterfoil-experiment/src/");
        module.is_some_and(|module| module.contains("manifest") || module.contains("run_dir"))
    }
}

const ANYWHERE: fn(&Place<'_>) -> bool = |_| true;
const PRINTS: fn(&Place<'_>) -> bool = |place| {
    !(place.test
        || place.is_in("crates/counterfoil-cli/")
        || place.is_in("xtask/")
        || place.is_build_script())
};
const TELLS_TIME: fn(&Place<'_>) -> bool = |place| !place.may_tell_time();

const ONLY_CLI_PRINTS: &str = "only the command line prints: return a value, or log it to the run";
const ONE_SOURCE: &str = "randomness has one source: draw from a counterfoil_random::Stream";
const NO_ORDER: &str = "its order differs from run to run: use BTreeMap, BTreeSet or IndexMap";
const NO_CLOCK: &str =
    "results must not depend on a clock: only a run's manifest and folder tell the time";
const UNFINISHED: &str = "unfinished: do it, or leave it out";

const BANS: [Ban; 21] = [
    Ban { pattern: "println!", banned: PRINTS, why: ONLY_CLI_PRINTS },
    Ban { pattern: "eprintln!", banned: PRINTS, why: ONLY_CLI_PRINTS },
    Ban { pattern: "print!", banned: PRINTS, why: ONLY_CLI_PRINTS },
    Ban { pattern: "eprint!", banned: PRINTS, why: ONLY_CLI_PRINTS },
    Ban { pattern: "manual_seed", banned: ANYWHERE, why: ONE_SOURCE },
    Ban { pattern: "thread_rng", banned: ANYWHERE, why: ONE_SOURCE },
    Ban { pattern: "rand::rng", banned: ANYWHERE, why: ONE_SOURCE },
    Ban { pattern: "rand::random", banned: ANYWHERE, why: ONE_SOURCE },
    Ban { pattern: "HashMap", banned: ANYWHERE, why: NO_ORDER },
    Ban { pattern: "HashSet", banned: ANYWHERE, why: NO_ORDER },
    Ban { pattern: "SystemTime::now", banned: TELLS_TIME, why: NO_CLOCK },
    Ban { pattern: "Timestamp::now", banned: TELLS_TIME, why: NO_CLOCK },
    Ban { pattern: "Zoned::now", banned: TELLS_TIME, why: NO_CLOCK },
    Ban { pattern: "todo!", banned: ANYWHERE, why: UNFINISHED },
    Ban { pattern: "unimplemented!", banned: ANYWHERE, why: UNFINISHED },
    Ban { pattern: "dbg!", banned: ANYWHERE, why: "for debugging only: take it out" },
    Ban {
        pattern: "#[ignore",
        banned: ANYWHERE,
        why: "a test that does not run protects nothing: make it run, or make it an example",
    },
    Ban {
        pattern: "#[allow(",
        banned: ANYWHERE,
        why: "it outlives its reason: use #[expect(lint, reason = \"...\")]",
    },
    Ban {
        pattern: "#![allow(",
        banned: ANYWHERE,
        why: "it outlives its reason: use #![expect(lint, reason = \"...\")]",
    },
    Ban { pattern: ".unwrap()", banned: UNWRAPS, why: NO_PANIC },
    Ban { pattern: ".unwrap_err()", banned: UNWRAPS, why: NO_PANIC },
];

const UNWRAPS: fn(&Place<'_>) -> bool = |place| place.is_library() && !place.test;
const NO_PANIC: &str = "libraries do not panic: return an error, or say why it cannot fail with \
                        #[expect(clippy::unwrap_used, reason = \"...\")]";
const NO_EXPECT: &str = "libraries do not panic: return an error, or say why it cannot fail with \
                         #[expect(clippy::expect_used, reason = \"...\")]";

/// A word that marks unfinished work in a comment.
const MARK: &str = concat!("FIX", "ME");

/// All rules for one file.
pub(super) fn check(path: &str, text: &str) -> Vec<Finding> {
    let mut findings: Vec<Finding> =
        first_line(path, text).into_iter().chain(length(path, text)).collect();
    let source = Source::new(text);
    let tests = source.under_attributes(is_test);
    let excused = source.under_attributes(is_excuse);
    let whole_file_is_test = is_test_file(path);
    let place = |at: usize| Place {
        path,
        test: whole_file_is_test || tests.iter().any(|range| range.contains(&at)),
    };
    for ban in &BANS {
        for at in occurrences(&source.code, ban.pattern) {
            let is_excused = ban.why == NO_PANIC && excused.iter().any(|range| range.contains(&at));
            if (ban.banned)(&place(at)) && !is_excused {
                findings.push(Finding::new(
                    path,
                    source.line(at),
                    format!("`{}`: {}", ban.pattern, ban.why),
                ));
            }
        }
    }
    for at in expectations(&source.code) {
        if UNWRAPS(&place(at)) && !excused.iter().any(|range| range.contains(&at)) {
            findings.push(Finding::new(
                path,
                source.line(at),
                format!("`.expect(..)`: {NO_EXPECT}"),
            ));
        }
    }
    for view in [&source.code, &source.comments] {
        for at in occurrences(view, MARK) {
            findings.push(Finding::new(path, source.line(at), format!("`{MARK}`: {UNFINISHED}")));
        }
    }
    findings
}

fn first_line(path: &str, text: &str) -> Option<Finding> {
    let said = "begin the file with a `//!` sentence that a newcomer understands";
    (!text.starts_with("//!")).then(|| Finding::new(path, 1, said))
}

fn length(path: &str, text: &str) -> Option<Finding> {
    let lines = text.lines().count();
    let said = |limit| format!("{lines} lines, more than {limit}: one idea per file, so split it");
    if lines > TOO_LONG {
        Some(Finding::new(path, None, said(TOO_LONG)))
    } else if lines > LONG {
        Some(Finding { level: Level::Warn, ..Finding::new(path, None, said(LONG)) })
    } else {
        None
    }
}

/// Folders and names of files that hold nothing but tests, benches or fuzz targets.
fn is_test_file(path: &str) -> bool {
    let is_folder = |part: &str| ["tests", "benches", "examples", "fuzz"].contains(&part);
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    folders.split('/').any(is_folder) || name == "tests.rs"
}

fn is_test(attribute: &str) -> bool {
    attribute == "cfg(test)" || attribute.starts_with("cfg(all(test,") || attribute == "test"
}

fn is_excuse(attribute: &str) -> bool {
    attribute.starts_with("expect(")
        && (attribute.contains("unwrap_used") || attribute.contains("expect_used"))
}

/// Where a pattern stands as a whole word: `print!` is not in `println!` nor in `eprint!`.
fn occurrences<'a>(code: &'a str, pattern: &'a str) -> impl Iterator<Item = usize> + 'a {
    let bytes = code.as_bytes();
    let starts_in_word = is_word(pattern.as_bytes()[0]);
    let ends_in_word = is_word(pattern.as_bytes()[pattern.len() - 1]);
    code.match_indices(pattern).map(|(at, _)| at).filter(move |&at| {
        let goes_on_before = starts_in_word && at > 0 && is_word(bytes[at - 1]);
        let goes_on_after =
            ends_in_word && bytes.get(at + pattern.len()).is_some_and(|byte| is_word(*byte));
        !goes_on_before && !goes_on_after
    })
}

/// Calls of `Option::expect` and `Result::expect`: their argument is a text. A parser's own
/// `expect(token)` is not meant.
fn expectations(code: &str) -> impl Iterator<Item = usize> + '_ {
    let call = ".expect(";
    occurrences(code, call).filter(move |at| {
        let argument = code[at + call.len()..].trim_start();
        argument.starts_with('"')
            || argument.starts_with("&format!")
            || argument.starts_with("concat!")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LIBRARY: &str = "crates/counterfoil-graph/src/dag.rs";

    /// The lines of the findings in a file that is otherwise in order.
    fn lines(path: &str, code: &str) -> Vec<usize> {
        check(path, &format!("//! A module.\n{code}"))
            .iter()
            .filter_map(|finding| finding.line)
            .collect()
    }

    #[test]
    fn a_file_begins_with_a_sentence() {
        assert!(check(LIBRARY, "//! A module.\nfn f() {}\n").is_empty());
        for text in ["fn f() {}\n", "\n//! Late.\n", "// A comment.\n", ""] {
            assert_eq!(check(LIBRARY, text).len(), 1, "{text:?}");
        }
    }

    #[test]
    fn long_files_warn_and_longer_files_fail() {
        let file = |lines: usize| format!("//! A module.\n{}", "x\n".repeat(lines - 1));
        let level = |lines| check(LIBRARY, &file(lines)).first().map(|finding| finding.level);
        assert_eq!(level(500), None);
        assert_eq!(level(501), Some(Level::Warn));
        assert_eq!(level(800), Some(Level::Warn));
        assert_eq!(level(801), Some(Level::Fail));
    }

    #[test]
    fn every_banned_pattern_is_found_in_code_and_nowhere_else() {
        for Ban { pattern, .. } in &BANS {
            assert_eq!(lines(LIBRARY, &format!("fn f() {{\n    {pattern}\n}}")), [3], "{pattern}");
            assert!(lines(LIBRARY, &format!("// {pattern}\n")).is_empty());
            assert!(lines(LIBRARY, &format!("const X: &str = r#\"{pattern}\"#;\n")).is_empty());
        }
    }

    #[test]
    fn longer_words_are_other_words() {
        for code in ["MyHashMap", "HashMapping", "rand::rngs::X", "x.unwrap_or(y)", "my_dbg!()"] {
            assert!(lines(LIBRARY, code).is_empty(), "{code}");
        }
        assert_eq!(lines(LIBRARY, "std::collections::HashMap<A, B>"), [2]);
        assert_eq!(lines(LIBRARY, "eprintln!(); println!();"), [2, 2]);
    }

    #[test]
    fn panics_are_for_tests_or_have_a_reason() {
        let bad = "fn f() { a.unwrap(); b.expect(\"why\"); c.expect(\n&format!(\"{d}\")); }";
        assert_eq!(lines(LIBRARY, bad).len(), 3);
        for path in [
            "crates/counterfoil-graph/tests/all.rs",
            "benches/src/lib.rs",
            "xtask/src/main.rs",
            "crates/counterfoil-cli/src/main.rs",
        ] {
            assert!(lines(path, bad).is_empty(), "{path}");
        }
        assert!(lines(LIBRARY, &format!("#[cfg(test)]\nmod tests {{ {bad} }}")).is_empty());
        assert_eq!(lines(LIBRARY, &format!("#[cfg(test)]\nmod tests {{ }}\n{bad}")).len(), 3);
        let reason = "#[expect(clippy::unwrap_used, reason = \"x\")]";
        assert!(lines(LIBRARY, &format!("{reason}\n{bad}")).is_empty());
        assert_eq!(lines(LIBRARY, &format!("{reason}\nfn g() {{}}\n{bad}")).len(), 3);
        assert!(lines(LIBRARY, "fn f() { parser.expect(Token::Arrow)?; }").is_empty());
    }

    #[test]
    fn only_the_command_line_prints() {
        let code = "fn f() { println!(\"x\"); }";
        assert_eq!(lines(LIBRARY, code), [2]);
        for path in [
            "crates/counterfoil-cli/src/main.rs",
            "xtask/src/main.rs",
            "crates/counterfoil-graph/tests/a.rs",
            "crates/counterfoil-graph/build.rs",
        ] {
            assert!(lines(path, code).is_empty(), "{path}");
        }
    }

    #[test]
    fn only_a_run_tells_the_time() {
        let code = "fn f() { SystemTime::now(); }";
        assert_eq!(lines("crates/counterfoil-experiment/src/train.rs", code), [2]);
        assert_eq!(lines("crates/counterfoil-data/src/manifest.rs", code), [2]);
        for module in ["manifest.rs", "run_directory.rs", "manifest/times.rs"] {
            assert!(lines(&format!("crates/counterfoil-experiment/src/{module}"), code).is_empty());
        }
    }

    #[test]
    fn unfinished_work_is_found_in_comments_too() {
        assert_eq!(lines(LIBRARY, &format!("// {MARK}: later\n")), [2]);
        assert_eq!(lines("xtask/src/main.rs", &format!("fn f() {{}} /* {MARK} */")), [2]);
    }
}
