//! Flags and output that several commands share.

use std::path::{Path, PathBuf};

use clap::Args;
use counterfoil::experiment::{
    self,
    actions::perform::Performed,
    config,
    evaluate::questions::Priced,
    run_dir::{DEFAULT_OUT, RunDir},
};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{failure, output};

/// A seed.
pub(crate) fn seed(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "write a whole number from 0 on".to_owned())
}

/// Where runs are and how to answer.
#[derive(Debug, Args)]
pub(crate) struct Common {
    /// The folder that holds all runs
    #[arg(long, value_name = "DIR", default_value = DEFAULT_OUT)]
    pub(crate) out: PathBuf,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long)]
    pub(crate) json: bool,
}

impl Common {
    /// The run that a command names.
    pub(crate) fn open(&self, run: &str) -> experiment::Result<RunDir> {
        RunDir::open(&self.out, run)
    }
}

/// A run whose model is asked, and where to compute.
#[derive(Debug, Args)]
pub(crate) struct OfModel {
    /// The run
    #[arg(value_name = "RUN")]
    run: String,
    /// Where to compute: cpu, cuda:0 or auto
    #[arg(long, value_name = "DEVICE")]
    device: Option<String>,
    #[command(flatten)]
    common: Common,
}

impl OfModel {
    pub(crate) fn open(&self) -> experiment::Result<RunDir> {
        self.common.open(&self.run)
    }

    pub(crate) fn device(&self) -> Option<&str> {
        self.device.as_deref()
    }

    pub(crate) fn json(&self) -> bool {
        self.common.json
    }
}

/// Which config, and what is laid over it.
#[derive(Debug, Args)]
pub(crate) struct Source {
    /// The config file, or the name of one in the folder `experiments`
    #[arg(value_name = "CONFIG.toml")]
    pub(crate) config: String,
    /// Lay a preset of the file over it: smoke, quick or full
    #[arg(long, value_name = "NAME")]
    pub(crate) preset: Option<String>,
    /// Set one key; a value that is not TOML is a string (repeatable)
    #[arg(long, value_name = "SECTION.KEY=VALUE")]
    pub(crate) set: Vec<String>,
}

impl Source {
    /// The config file.
    pub(crate) fn file(&self) -> experiment::Result<PathBuf> {
        config::locate(Path::new("experiments"), &self.config)
    }
}

/// Something by the name that configs give it, for a flag.
pub(crate) fn named<T: DeserializeOwned>(name: &str) -> Result<T, String> {
    serde_json::from_value(json!(name)).map_err(|error| error.to_string())
}

/// Fails where a flag asks for more than any machine has room for, before anything is counted out.
pub(crate) fn at_most(flag: &str, asked: usize, most: usize) -> anyhow::Result<()> {
    if asked <= most {
        return Ok(());
    }
    Err(failure::bad_input(format!("{flag} {asked} is too many: ask for at most {most}")))
}

/// What answers are worth, as the cells of a row: one for each of `names`.
pub(crate) fn figures<'a>(
    answers: &'a Priced,
    names: &'a [&String],
) -> impl Iterator<Item = String> + 'a {
    names.iter().map(|name| output::maybe(answers.figures.get(*name).map(|figure| figure.value)))
}

/// What a finished run is in JSON.
pub(crate) fn performed_json(performed: &Performed) -> Value {
    json!({
        "run": performed.run.path(),
        "steps": performed.outcome.steps,
        "stopped_by": performed.outcome.stopped_by,
        "training_s": performed.outcome.training_s,
        "best": performed.outcome.best,
        "summary": performed.summary,
        "report": performed.report,
    })
}

/// Tells a person how a run ended and where to look.
pub(crate) fn tell_performed(performed: &Performed) -> anyhow::Result<()> {
    let (run, outcome) = (performed.run.path().display(), &performed.outcome);
    output::line(&format!("run      {run}"))?;
    output::line(&format!("steps    {} in {:.1} s", outcome.steps, outcome.training_s))?;
    if let Some(best) = outcome.best {
        let loss = output::number(best.validation_loss);
        output::line(&format!("best     step {} with validation loss {loss}", best.step))?;
    }
    if let Some(report) = &performed.report {
        output::line(&format!("report   {}", report.display()))?;
    }
    if performed.exit_status() != 0 {
        output::line(&format!("go on    counterfoil resume {run}"))?;
    }
    Ok(())
}
