//! What `docs/provenance` says of files, tests and BibTeX keys is true of the repository.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use serde::Deserialize;

/// One file of the folder; the README there explains the fields.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Provenance {
    title: String,
    code: Vec<PathBuf>,
    papers: Vec<Paper>,
    #[serde(default)]
    deviations: Vec<Deviation>,
    evidence: Vec<Evidence>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields, untagged)]
#[expect(
    dead_code,
    reason = "a field that is missing or unknown must fail, whether or not it is looked at"
)]
enum Paper {
    Keyed {
        key: String,
        sections: Option<String>,
    },
    Unkeyed {
        title: String,
        authors: String,
        year: String,
        venue: Option<String>,
        arxiv: Option<String>,
        doi: Option<String>,
        sections: Option<String>,
    },
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Deviation {
    what: String,
    why: String,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Evidence {
    what: String,
    test: PathBuf,
    name: Option<String>,
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files in a folder and below it that have this extension.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs_err::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|own| own == extension) {
            found.push(path);
        }
    }
    found
}

/// A text as titles are compared: without case and the braces of BibTeX.
fn plain(text: &str) -> String {
    text.replace(['{', '}'], "").to_lowercase()
}

/// Everything in one of the files that is not so.
fn mistakes(told: &Provenance, works: &str) -> Vec<String> {
    let exists = |path: &Path| root().join(path).is_file();
    let lost = |paths: &[PathBuf]| -> Vec<String> {
        paths
            .iter()
            .filter(|path| !exists(path))
            .map(|path| format!("no file {}", path.display()))
            .collect()
    };
    let mut found = lost(&told.code);
    for evidence in &told.evidence {
        found.extend(lost(std::slice::from_ref(&evidence.test)));
        let text = fs_err::read_to_string(root().join(&evidence.test)).unwrap_or_default();
        if let Some(name) =
            evidence.name.as_ref().filter(|name| !text.contains(&format!("fn {name}(")))
        {
            found.push(format!("no test {name} in {}", evidence.test.display()));
        }
        if !text.contains("#[test]") && !text.contains("proptest!") {
            found.push(format!("no tests in {}", evidence.test.display()));
        }
    }
    let titles = plain(works);
    for paper in &told.papers {
        match paper {
            Paper::Keyed { key, .. } => {
                let known = [format!("{{{key},"), format!("\"{key}\"")];
                if !known.iter().any(|entry| works.contains(entry)) {
                    found.push(format!("no BibTeX entry {key}"));
                }
            }
            Paper::Unkeyed { title, .. } => {
                // Where it is quoted whole: a title may be the beginning of another.
                let title = plain(title);
                if [format!("\"{title}\""), format!("{title},")].iter().any(|t| titles.contains(t))
                {
                    found.push(format!("{title} has a BibTeX entry: give its key"));
                }
            }
        }
    }
    let words = told.deviations.iter().flat_map(|deviation| [&deviation.what, &deviation.why]);
    if words.chain(told.evidence.iter().map(|evidence| &evidence.what)).any(String::is_empty) {
        found.push("an empty text".to_owned());
    }
    if told.title.is_empty()
        || told.code.is_empty()
        || told.papers.is_empty()
        || told.evidence.is_empty()
    {
        found.push("title, code, papers and evidence are needed".to_owned());
    }
    found
}

/// Whether the documentation in a source cites a work: a year behind a name, behind `et al.` or behind a title in italics.
fn cites(source: &str) -> bool {
    let documentation = source.lines().filter_map(|line| {
        let line = line.trim_start();
        line.strip_prefix("//!").or_else(|| line.strip_prefix("///"))
    });
    let words: Vec<&str> = documentation.flat_map(str::split_whitespace).collect();
    words.windows(2).any(|pair| {
        let before = pair[0].trim_end_matches(',');
        let name = before.trim_start_matches(|c: char| !c.is_alphanumeric());
        let named = name.starts_with(char::is_uppercase) && name.ends_with(char::is_alphanumeric);
        let year = pair[1].trim_matches(|c: char| !c.is_alphanumeric());
        let dated = year.len() == 4
            && year.bytes().all(|byte| byte.is_ascii_digit())
            && (year.starts_with("19") || year.starts_with("20"));
        dated && (named || matches!(name, "al" | "al.") || before.ends_with('*'))
    })
}

/// Sources that cite works and implement none of them.
const REMARKS: [&str; 11] = [
    // Overviews, whose modules have their own citations.
    "crates/counterfoil-autoencoder/src/lib.rs",
    "crates/counterfoil-graph/src/equivalence/mod.rs",
    "crates/counterfoil-metrics/src/lib.rs",
    "crates/counterfoil-scm/src/lib.rs",
    // Settings and figures, which are followed and worked out elsewhere.
    "crates/counterfoil-autoencoder/src/config.rs",
    "crates/counterfoil-autoencoder/src/counterfactual/procedure.rs",
    "crates/counterfoil-experiment/src/evaluate/summary.rs",
    // Languages of files, which are no algorithms; `described` calls `projection`.
    "crates/counterfoil-graph/src/formats/bif/mod.rs",
    "crates/counterfoil-graph/src/formats/described.rs",
    "crates/counterfoil-graph/src/formats/format.rs",
    "crates/counterfoil-graph/src/formats/gml.rs",
];

#[test]
fn files_tests_and_papers_exist() {
    let cite = root().join("crates/counterfoil-experiment/src/actions");
    let parts = fs_err::read_dir(cite.join("cite")).unwrap().map(|entry| entry.unwrap().path());
    let works: String = std::iter::once(cite.join("cite.rs"))
        .chain(parts)
        .map(|path| fs_err::read_to_string(path).unwrap())
        .collect();
    let mut count = 0;
    let mut found = Vec::new();
    for path in files(&root().join("docs/provenance"), "toml") {
        count += 1;
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        match toml::from_str::<Provenance>(&fs_err::read_to_string(&path).unwrap()) {
            Ok(told) => found
                .extend(mistakes(&told, &works).into_iter().map(|what| format!("{name}: {what}"))),
            Err(error) => found.push(format!("{name}: {error}")),
        }
    }
    assert!(found.is_empty(), "{found:#?}");
    assert!(count > 55, "{count} files");
}

/// Exact: a source that cites a work stands in a list or is a remark, and never both.
#[test]
fn what_cites_a_work_has_a_provenance() {
    for (text, cited) in [
        ("    /// Sums over paths (Wright\n    /// 1921).", true),
        ("//! After Tian and Pearl (2002), as Castro", true),
        ("/// As in Castro et al. 2019, section 4", true),
        ("/// Vallender, *On the line*, 1974", true),
        ("// Wright 1921", false),
        ("/// Wright has 2000 steps, ends before 1970, and Pearl 20200 of them.", false),
    ] {
        assert_eq!(cites(text), cited, "{text}");
    }
    let read = |path: &Path| fs_err::read_to_string(path).unwrap();
    let listed: BTreeSet<PathBuf> = files(&root().join("docs/provenance"), "toml")
        .iter()
        .flat_map(|path| toml::from_str::<Provenance>(&read(path)).unwrap().code)
        .collect();
    let (root, sources) = (root(), files(&root().join("crates"), "rs"));
    let unlisted = |path: &&Path| {
        path.iter().nth(2).is_some_and(|part| part == "src") && !listed.contains(*path)
    };
    let citing: BTreeSet<&Path> = sources
        .iter()
        .map(|path| path.strip_prefix(&root).unwrap())
        .filter(unlisted)
        .filter(|path| cites(&read(&root.join(path))))
        .collect();
    let remarks: BTreeSet<&Path> = REMARKS.map(Path::new).into();
    let wrong: Vec<_> = citing.symmetric_difference(&remarks).collect();
    assert!(wrong.is_empty(), "in no list and no remark, or a remark without need: {wrong:#?}");
}

#[test]
fn mistakes_are_found() {
    let text = r#"
        title = "x"
        code = ["crates/none.rs"]
        [[papers]]
        key = "nobody1900"
        [[papers]]
        title = "On UNets"
        authors = "Nobody"
        year = "1900"
        [[evidence]]
        what = "y"
        test = "crates/counterfoil-experiment/tests/provenance.rs"
        name = "no_such"
    "#;
    let told: Provenance = toml::from_str(text).unwrap();
    let expected = [
        "no file crates/none.rs",
        "no test no_such in crates/counterfoil-experiment/tests/provenance.rs",
        "no BibTeX entry nobody1900",
        "on unets has a BibTeX entry: give its key",
    ];
    assert_eq!(mistakes(&told, ""), expected[..3]);
    assert_eq!(mistakes(&told, "\"On {UNets} and Others\""), expected[..3]);
    assert_eq!(mistakes(&told, "\"On {UNets}\""), expected);
    assert!(toml::from_str::<Provenance>(&text.replace("key", "kye")).is_err());
}
