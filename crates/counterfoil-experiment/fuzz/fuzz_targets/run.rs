//! Any bytes are a file of a run, whose name is the first line, or are refused; the report of a run in which
//! one file is damaged can be written, unless it is the manifest.
#![no_main]

use std::{path::Path, sync::LazyLock};

use counterfoil_autoencoder::Calibration;
use counterfoil_experiment::{
    Result,
    checkpoint::{CHECKPOINTS_DIR, Checkpoints},
    evaluate::{Summary, gallery::Gallery},
    matrix::Store,
    report,
    run_dir::{EventLog, Manifest, RunDir, read_events, read_json, write_metrics},
};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
#[path = "../../../counterfoil-data/fuzz/fuzz_targets/shared.rs"]
mod shared;

/// Files of one run, whole.
const WHOLE: [(&str, &str); 6] = [
    ("manifest.json", include_str!("../seeds/run/manifest.txt")),
    ("summary.json", include_str!("../seeds/run/summary.txt")),
    ("samples/gallery.json", include_str!("../seeds/run/gallery.txt")),
    ("calibration.json", include_str!("../seeds/run/calibration.txt")),
    ("events.jsonl", include_str!("../seeds/run/events.txt")),
    ("graph.dot", include_str!("../seeds/run/graph.txt")),
];

static RUN: LazyLock<RunDir> = LazyLock::new(|| {
    let folder = shared::folder();
    for folders in ["samples", "checkpoints/step-4", "cells"] {
        std::fs::create_dir_all(folder.join(folders)).expect("there is room");
    }
    restore();
    RunDir::open(&folder, &folder.to_string_lossy()).expect("it has a manifest")
});

/// Puts the whole files back. The first line of a seed is the name.
fn restore() {
    for (name, text) in WHOLE {
        shared::file(name, text.split_once('\n').map_or("", |(_, text)| text).as_bytes());
    }
}

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let run = &*RUN;
    let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else { return };
    let Ok(name) = std::str::from_utf8(&bytes[..end]) else { return };
    let bytes = &bytes[end + 1..];
    let path = run.path();
    match name {
        "state.json" => {
            shared::file(&format!("{CHECKPOINTS_DIR}/step-4/state.json"), bytes);
            let _ = Checkpoints::of(path).latest("f");
        }
        "best.json" => {
            shared::file(name, bytes);
            let _ = Checkpoints::of(path).best("f");
        }
        "cell.json" => {
            shared::file("cells/cell.json", bytes);
            let _ = Store::new(path.join("cells"), path.join("failures")).all();
        }
        _ if WHOLE.iter().any(|(whole, _)| *whole == name) => {
            shared::file(name, bytes);
            let _ = read(name, path);
            let reported = report::write(run);
            restore();
            assert!(reported.is_ok() || name == "manifest.json", "{reported:?}");
        }
        _ => {}
    }
});

/// Reads a file by its own reader.
fn read(name: &str, run: &Path) -> Result<()> {
    let file = run.join(name);
    match name {
        "manifest.json" => Manifest::read(run).map(drop),
        "summary.json" => read_json::<Summary>(&file).map(drop),
        "calibration.json" => read_json::<Calibration>(&file).map(drop),
        "samples/gallery.json" => {
            read_json::<Gallery>(&file).map(|gallery| drop(gallery.sheet(&gallery.grid)))
        }
        "events.jsonl" => {
            let events = read_events(run)?;
            write_metrics(run)?;
            // What a resume keeps of them is their beginning.
            EventLog::open(run, 2)?;
            let kept = read_events(run)?;
            assert_eq!(kept[..], events[..kept.len()]);
            Ok(())
        }
        _ => Ok(()),
    }
}
