//! From material to HTML: everything that the template shows, in its order. The template escapes what it is given.

use minijinja::{Environment, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use super::{
    REPORT_FILE,
    curves::{Chart, charts},
    graph_drawing::{Drawing, layout},
    headline::{Card, cards, course, sentence},
    material::Material,
    pictures::{Grid, Room, Sheet, grids, sheets},
    tables::{Column, Section, sections},
};
use crate::{
    error::{ExperimentError, Result},
    numbers::{count, duration, number},
    run_dir::Manifest,
};

/// Its name ends with `.html`, which is what turns escaping on.
const TEMPLATE: &str = "report.html";

/// The page as data.
#[derive(Debug, Serialize)]
struct Page<'a> {
    experiment: &'a str,
    run: &'a str,
    course: String,
    sentence: String,
    cards: Vec<Card>,
    troubles: Vec<String>,
    grid: Option<Grid>,
    sweeps: Vec<Grid>,
    sheets: Vec<Sheet>,
    sections: Vec<Section>,
    glossary: Vec<Column>,
    eval_n: Option<String>,
    graph: Option<Drawing>,
    charts: Vec<Chart>,
    figures: Vec<Fact>,
    environment: Vec<Fact>,
    config: Option<&'a str>,
    commands: Vec<Command>,
}

/// A name and what stands behind it.
#[derive(Debug, Serialize)]
struct Fact {
    name: String,
    value: String,
}

/// A line for a terminal.
#[derive(Debug, Serialize)]
struct Command {
    line: String,
    about: &'static str,
}

/// The page of a run.
pub(super) fn render(material: &Material) -> Result<String> {
    let mut troubles = material.troubles.clone();
    let mut room = Room::new();
    let pictures = material.gallery.as_ref().map(|gallery| grids(gallery, &mut room));
    let (grid, sweeps) = match pictures.transpose() {
        Ok(pictures) => pictures.unwrap_or_default(),
        Err(error) => {
            troubles.push(error.to_string());
            Default::default()
        }
    };
    let charts = charts(&material.events).unwrap_or_else(|error| {
        troubles.push(format!("the curves cannot be drawn: {error}"));
        Vec::new()
    });
    let summary = material.summary.as_ref();
    let sections = summary.map(|s| sections(s, material.calibration.as_ref())).unwrap_or_default();
    let figure = |(name, value): &(String, f64)| Fact { name: name.clone(), value: number(*value) };
    let page = Page {
        experiment: &material.manifest.experiment,
        run: &material.run,
        course: course(material),
        sentence: sentence(material),
        cards: summary.map(cards).unwrap_or_default(),
        grid,
        sweeps,
        sheets: sheets(&material.sheets, &mut room),
        glossary: glossary(&sections),
        sections,
        eval_n: summary.map(|s| count(s.eval_n as u64)),
        graph: material.graph.as_ref().and_then(layout),
        charts,
        figures: material.figures.iter().map(figure).collect(),
        environment: environment(material),
        config: material.config.as_deref(),
        commands: commands(material),
        troubles,
    };
    let mut environment = Environment::new();
    let rendered =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).build().and_then(|syntax| {
            environment.set_syntax(syntax);
            environment.add_template(TEMPLATE, include_str!("report.html"))?;
            environment.get_template(TEMPLATE)?.render(Serde(page))
        });
    rendered.map_err(|error| ExperimentError::BrokenRun {
        path: REPORT_FILE.into(),
        reason: format!("cannot be laid out: {error:#}"),
    })
}

/// Every column of the tables that needs words, once.
fn glossary(sections: &[Section]) -> Vec<Column> {
    let mut found: Vec<Column> = Vec::new();
    for column in sections.iter().flat_map(|s| &s.tables).flat_map(|table| &table.columns) {
        if !column.about.is_empty() && !found.contains(column) {
            found.push(column.clone());
        }
    }
    found.sort_by_key(|column| column.title);
    found
}

/// With what and on what the run was made.
fn environment(material: &Material) -> Vec<Fact> {
    let m = &material.manifest;
    let mut facts = Vec::new();
    let mut fact = |name: &str, value: Option<String>| {
        facts.extend(value.map(|value| Fact { name: name.to_owned(), value }));
    };
    let git = m.git.as_ref().map(|git| {
        let dirty = if git.dirty { ", with changes that were not committed" } else { "" };
        format!("{}{dirty}", git.revision)
    });
    fact("Counterfoil", Some(m.software.counterfoil.clone()));
    fact("source", git);
    fact("lock file (blake3)", m.software.lock_hash.clone());
    fact("compiler", Some(m.software.rustc.clone()));
    fact("libtorch", Some(m.software.libtorch.clone()));
    fact("tch", m.software.tch.clone());
    fact("device", m.device.clone());
    fact("threads", m.threads.map(|n| n.to_string()));
    fact("ranks", m.ranks.map(|n| n.to_string()));
    fact("processor", Some(format!("{}, {} cores", m.cpu.model, m.cpu.cores)));
    let sets = [(m.cpu.avx2, "AVX2"), (m.cpu.avx512, "AVX-512"), (m.cpu.bf16, "bf16")];
    let sets: Vec<&str> = sets.iter().filter(|(has, _)| *has).map(|(_, name)| *name).collect();
    fact("instruction sets", (!sets.is_empty()).then(|| sets.join(", ")));
    for (name, hash) in &m.data {
        fact("data (blake3)", Some(format!("{name}: {hash}")));
    }
    let [channels, height, width] = m.image_shape;
    let classes = if m.classes > 0 { format!(", {} classes", m.classes) } else { String::new() };
    fact("images", Some(format!("{channels} × {height} × {width}{classes}")));
    fact("config (blake3)", Some(m.config_hash.clone()));
    fact("begun", Some(m.started.clone()));
    fact("ended", m.finished.clone());
    fact("sessions", (m.sessions.len() > 1).then(|| m.sessions.len().to_string()));
    fact("parent run", m.origin.parent.clone());
    if let Some(summary) = &material.summary {
        fact("evaluation", Some(duration(summary.evaluation_s)));
        fact("peak memory", summary.peak_rss_mib.map(|mib| format!("{} MiB", count(mib as u64))));
    }
    facts
}

/// How to do it again and what to do next.
fn commands(material: &Material) -> Vec<Command> {
    let run = quoted(&material.run);
    vec![
        Command { line: asked(&material.manifest), about: "the same experiment from its file" },
        Command {
            line: format!("cargo xtask reproduce {run}"),
            about: "this very run again, from the config below, and a comparison",
        },
        Command {
            line: format!("cargo xtask run -- report {run}"),
            about: "this page anew from the run directory",
        },
    ]
}

/// The command line that asks for the same.
fn asked(manifest: &Manifest) -> String {
    let preset = manifest.origin.preset.iter().flat_map(|preset| ["--preset", preset]);
    let overrides = manifest.origin.overrides.iter().flat_map(|set| ["--set", set]);
    let words = ["cargo", "xtask", "experiment", &manifest.experiment];
    let words: Vec<String> = words.into_iter().chain(preset).chain(overrides).map(quoted).collect();
    words.join(" ")
}

/// A word as a shell takes it.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:=,+@%".contains(c);
    if !word.is_empty() && word.chars().all(plain) {
        return word.to_owned();
    }
    format!("'{}'", word.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use crate::run_dir::RunDir;

    /// A name that would do harm wherever it is not escaped.
    const EVIL: &str = r#"<img src=x onerror='alert(1)'>"</style></svg><script>&"#;

    /// Writes a run with every part, each holding [`EVIL`] wherever a file can hold words.
    fn evil_run(folder: &Path) -> RunDir {
        let pixels = "AIL/Bw==";
        let word = serde_json::to_string(EVIL).unwrap();
        let tile = |heading: &str| {
            format!(r#"{{"heading": {heading}, "caption": {word}, "pixels": "{pixels}"}}"#)
        };
        let row = |headings: &[&str]| {
            let tiles: Vec<String> = headings.iter().map(|h| tile(h)).collect();
            format!(r#"{{"item": 7, "caption": {word}, "tiles": [{}]}}"#, tiles.join(","))
        };
        let grid = row(&[&word, r#""do(x)""#, r#""truth""#, r#""difference""#]);
        let effect = format!(
            r#"{{"mae": 0.2, "unit": {word}, "leave_as_is": 0.5, "share": 0.4, "oracle_mae": 0.1,
                "ci95": [0.1, 0.3], "share_ci95": [0.3, 0.5], "ignores_u": {{"mae": 1, "share": 2}}}}"#
        );
        let error = r#""mae": 0.1, "leave_as_is": 0.2, "share": 0.5, "share_ci95": null,
            "ci95": [0.1, 0.2], "ssim": 0.5, "ssim_leave_as_is": null"#;
        let kept = r#"{"abducted": 1, "ci95": [1, 1], "fresh": 0.5, "fresh_ci95": [0, 1]}"#;
        let files = [
            (
                "manifest.json",
                format!(
                    r#"{{"schema": 1, "experiment": {word}, "seed": 0, "preset": {word},
                        "overrides": [{word}], "arguments": [], "parent": {word},
                        "config_hash": "c", "git": {{"revision": {word}, "dirty": true}},
                        "counterfoil": {word}, "lock_hash": {word}, "rustc": {word},
                        "tch": {word}, "libtorch": {word}, "cpu": {{"model": {word}, "cores": 2,
                        "avx2": true, "avx512": false, "bf16": true}}, "device": {word},
                        "threads": 2, "data": {{{word}: {word}}}, "image_shape": [1, 2, 2],
                        "classes": 10, "started": {word}, "sessions": [], "steps": 5,
                        "training_s": 1, "stopped_by": "steps", "finished": {word},
                        "exit_status": 0}}"#
                ),
            ),
            ("config.toml", EVIL.into()),
            (
                "graph.dot",
                format!(
                    "digraph {{ {word} [unit={word}, low=1, high=5]; x [role=unlabelled]; \
                     y [low=0, high=1]; {word} -> y; }}"
                ),
            ),
            (
                "events.jsonl",
                (1..20)
                    .flat_map(|step| ["\"loss\"", &word].map(|name| (step, name.to_owned())))
                    .map(|(step, name)| {
                        format!(
                            r#"{{"step":{step},"wall":1,"name":{name},"value":0.5,"split":"train"}}"#
                        ) + "\n"
                    })
                    .collect::<Vec<_>>()
                    .concat(),
            ),
            (
                "summary.json",
                format!(
                    r#"{{"schema": 1, "experiment": {word}, "seed": 0, "steps": 5,
                        "stopped_by": "steps", "eval_n": 3, "wall_s": 2, "evaluation_s": 1,
                        "peak_rss_mib": 9, "data": {word},
                        "effectiveness": {{{word}: {{{word}: {effect}}}}}, "abduction_slope": 1,
                        "drift": {{{word}: {{{word}: {{"mae": 0.1, "unit": {word}, "redraw": 0.2,
                        "share": 0.5, "ci95": [0, 1]}}}}}}, "identity_kept": {{{word}: {kept}}},
                        "composition_1": 0.1, "composition_10": 0.2, "reversibility_1": 0.1,
                        "reversibility": {{{word}: 0.1}}, "null_intervention": {{{word}: 0.1}},
                        "composition_references": {{"mean_image": 0.3, "other_image": 0.4}},
                        "latent_reading": {{{word}: {{"mae": 0.1, "unit": {word}, "ci95": [0, 1]}}}},
                        "abduction": {{{word}: {{"correlation": 0.9, "ci95": [0, 1], "images": 3,
                        "without_mechanism": 0.5}}}},
                        "minimality": {{{word}: {{"cld": 0.3, "ci95": [0, 1], "images": 3}}}},
                        "interaction": {{{word}: {{{word}: {{"error": 0.3, "ci95": [0, 1],
                        "additive": 0.5}}}}}},
                        "uncertainty": {{{word}: {{{word}: {{"coverage": 0.8, "ci95": [0, 1],
                        "level": 0.9, "width": 0.2}}}}}},
                        "image_error": {{{error}, "by": {{{word}: {{{error}}}}}}},
                        "disentanglement": {{"disentanglement": 0.9, "completeness": 0.8, "mcc": 0.7,
                        "sap": 0.5, "mig": 0.4, "irs": 0.6, "mic": 0.9, "mic_other": 0.3,
                        "of_labels": {{"sap": 0.6}},
                        "blocks": {{{word}: {{"disentanglement": 0.9, "importance": 1}}}},
                        "factors": {{{word}: {{"completeness": 0.8, "r2": 0.9, "nrmse": 0.1}}}}}},
                        "identification": [{{"query": {word}, "identifiable": false, "hedge": {word},
                        "mistaken": [[{word}, {word}]]}}],
                        "leakage": {{{word}: {{{word}: {{"r2": null, "mutual_information": 0.1}}}}}},
                        "judges": {{"mae": {{{word}: 0.1}}, "class_accuracy": 0.9}},
                        "intervals": {{}}, "a later figure": {{{word}: 0.5}}}}"#
                ),
            ),
            (
                "calibration.json",
                format!(
                    r#"{{"blocks": [{{"variable": {word}, "slope": [1], "offset": [0], "read": [1],
                        "read_offset": [0], "noise_gain": 0.5, "read_mae": 0.1,
                        "latent_mae": 0.1}}]}}"#
                ),
            ),
            (
                "samples/gallery.json",
                format!(
                    r#"{{"shape": [1, 2, 2], "grid": [{grid}], "sweeps": [{{"variable": {word},
                        "unit": {word}, "rows": [{grid}]}}]}}"#
                ),
            ),
        ];
        fs_err::create_dir_all(folder.join("samples")).unwrap();
        for (name, text) in &files {
            fs_err::write(folder.join(name), text).unwrap();
        }
        RunDir::open(Path::new("none"), folder.to_str().unwrap()).unwrap()
    }

    fn page(run: &RunDir) -> String {
        fs_err::read_to_string(super::super::write(run).unwrap()).unwrap()
    }

    #[test]
    fn every_word_is_escaped_and_nothing_is_fetched() {
        let folder = tempfile::tempdir().unwrap();
        let page = page(&evil_run(folder.path()));
        assert!(!page.contains("Left out"), "every part of the run can be read");
        for harm in ["<img src=x", "<script", "alert(1)'>", "\"</style>"] {
            assert!(!page.contains(harm), "{harm} came through");
        }
        // The name, in the headline, the graph, the legend, a table, a caption, the config and the environment.
        assert!(page.matches("&lt;script&gt;&amp;").count() > 30);
        let innocent =
            page.replace(" src=\"data:image/png;base64,", "").replace("&lt;img src=x", "");
        for word in ["src=", "href="] {
            let found = innocent.find(word).map(|at| &innocent[at.saturating_sub(30)..at + 30]);
            assert_eq!(found, None);
        }
        for fetched in ["@import", "<link", "<iframe", "<object", "url(\"", "url(h"] {
            assert!(!page.contains(fetched), "{fetched}");
        }
        assert_eq!(page.matches("<table").count(), page.matches("</table>").count());
        assert_eq!(page.matches("<svg").count(), page.matches("</svg>").count());
        assert!(page.len() < 3_000_000);
    }

    /// Every part but the manifest may be missing or damaged; what is damaged is named.
    #[test]
    fn missing_and_damaged_parts_are_tolerated() {
        let parts = [
            "config.toml",
            "graph.dot",
            "events.jsonl",
            "summary.json",
            "calibration.json",
            "samples/gallery.json",
        ];
        for part in parts {
            let folder = tempfile::tempdir().unwrap();
            let run = evil_run(folder.path());
            let file = folder.path().join(part);
            let whole = fs_err::read(&file).unwrap();
            if part != "config.toml" {
                // Not UTF-8, so that neither JSON nor DOT nor lines of either can be made of it.
                fs_err::write(&file, [&[0xff, b'\n'], &whole[..whole.len() / 2]].concat()).unwrap();
                let page = page(&run);
                let name = file.file_name().unwrap().to_str().unwrap();
                let named = page.lines().any(|l| l.contains("Left out") && l.contains(name));
                assert!(named, "{part} is damaged");
            }
            fs_err::remove_file(&file).unwrap();
            assert!(!page(&run).contains("Left out"), "{part} is missing");
        }
        let folder = tempfile::tempdir().unwrap();
        let run = evil_run(folder.path());
        for part in parts {
            fs_err::remove_file(folder.path().join(part)).unwrap();
        }
        assert!(page(&run).contains("Nothing was measured yet."));
        fs_err::remove_file(folder.path().join("manifest.json")).unwrap();
        assert!(super::super::write(&run).is_err());
    }

    #[test]
    fn a_shell_reads_back_what_is_quoted() {
        assert_eq!(super::quoted("training.steps=5"), "training.steps=5");
        assert_eq!(super::quoted("data.dir=it's here"), r"'data.dir=it'\''s here'");
        assert_eq!(super::quoted(""), "''");
    }
}
