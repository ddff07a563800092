//! From material to HTML: everything that the template shows, in its order. The template escapes what it is given.

use minijinja::{Environment, syntax::SyntaxConfig, value::Serde};
use serde::Serialize;

use super::{
    REPORT_FILE,
    curves::{Chart, charts},
    graph_drawing::{Drawing, layout},
    headline::{Card, cards, course, sentence},
    material::Material,
    numbers::{count, duration, number},
    pictures::{Grid, Room, Sheet, grids, sheets},
    tables::{Section, sections},
};
use crate::{
    error::{ExperimentError, Result},
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
        sections: summary.map(|s| sections(s, material.calibration.as_ref())).unwrap_or_default(),
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
