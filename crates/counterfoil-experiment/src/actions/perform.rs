//! A whole run: train, evaluate, report; and the same from where it was left.

use std::{
    path::{Path, PathBuf},
    sync::atomic::AtomicBool,
};

use counterfoil_autoencoder::Model;
use counterfoil_tensor::{device_name, parse_device};

use crate::{
    config::Config,
    data::Data,
    error::{ExperimentError, Result},
    evaluate::{self, Options, Summary},
    progress::Reporter,
    ranks::{self, Alone, Ranks, leads},
    report,
    run_dir::{Cpu, Origin, Place, RunDir, StoppedBy},
    train::{Outcome, train_among},
    trained::{Trained, Which},
};

/// The exit status of a run that the user stopped, as shells count signals: 128 + SIGINT.
pub const INTERRUPTED: u8 = 130;

/// A run as it is asked for.
#[derive(Clone, Debug)]
pub struct Request<'a> {
    /// The config file.
    pub file: &'a Path,
    /// The preset laid over it.
    pub preset: Option<&'a str>,
    /// The `--set` overrides, in order.
    pub set: Vec<String>,
    /// The command line, for the manifest.
    pub arguments: Vec<String>,
}

/// A run that is ready to begin: everything is checked and nothing is written.
#[derive(Debug)]
pub struct Plan {
    config: Config,
    data: Data,
    origin: Origin,
    parameters: usize,
    options: Options,
}

/// A run that came to an end, planned or not.
#[derive(Debug)]
pub struct Performed {
    /// Its folder.
    pub run: RunDir,
    /// How training ended.
    pub outcome: Outcome,
    /// The summary, unless training was interrupted or another rank evaluates.
    pub summary: Option<Summary>,
    /// The report, unless training was interrupted or another rank writes it.
    pub report: Option<PathBuf>,
}

impl Performed {
    /// 0, or [`INTERRUPTED`].
    pub fn exit_status(&self) -> u8 {
        if self.outcome.stopped_by == StoppedBy::Interrupt { INTERRUPTED } else { 0 }
    }
}

impl Plan {
    /// Reads the config, draws or reads the data, and checks that the model fits them.
    ///
    /// # Errors
    /// When the config, the graph or the data are at fault.
    pub fn new(request: &Request<'_>) -> Result<Self> {
        let config = Config::load(request.file, request.preset, &request.set)?;
        let origin = Origin {
            preset: request.preset.map(str::to_owned),
            overrides: request.set.clone(),
            arguments: request.arguments.clone(),
            parent: None,
        };
        Self::checked(config, origin)
    }

    /// The plan to run `config` as it is.
    pub(super) fn checked(config: Config, origin: Origin) -> Result<Self> {
        let data = Data::load(&config)?;
        Self::of(config, data, origin)
    }

    /// The plan to run `config` on images that the caller holds ([`Data::of`]).
    ///
    /// # Errors
    /// When the model or the procedure does not fit them.
    pub fn of(config: Config, data: Data, origin: Origin) -> Result<Self> {
        let architecture = config.fitted_to(data.dataset())?;
        let parameters = Model::new(&architecture).layout().count();
        Ok(Self { config, data, origin, parameters, options: Options::default() })
    }

    /// The plan with another evaluation than the config's.
    pub(super) fn evaluated(self, options: Options) -> Self {
        Self { options, ..self }
    }

    /// The resolved config.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// The data.
    pub fn data(&self) -> &Data {
        &self.data
    }

    /// Trainable numbers of the model.
    pub fn parameters(&self) -> usize {
        self.parameters
    }

    /// Makes the run directory under `out` and does all the work in it.
    ///
    /// # Errors
    /// Those of [`RunDir::create`], [`train`](crate::train::train) and of the evaluation. The run directory stays, with what was finished.
    pub fn start(
        self,
        out: &Path,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<Performed> {
        self.start_among(&Alone, out, reporter, interrupt)
    }

    /// [`Plan::start`] as one of several processes with the same plan: all train, rank 0 does everything else.
    ///
    /// # Errors
    /// As [`Plan::start`]; also when `out` is not the same folder for all. See [`train_among`] for what an error of one
    /// rank means to the others.
    pub fn start_among(
        self,
        ranks: &dyn Ranks,
        out: &Path,
        reporter: &mut dyn Reporter,
        interrupt: &AtomicBool,
    ) -> Result<Performed> {
        let Self { config, data, origin, options, .. } = self;
        ranks::share(ranks).check(config.training().batch)?;
        let made = leads(ranks).then(|| RunDir::create(out, &config, &data, origin)).transpose()?;
        let path = made.as_ref().map_or_else(PathBuf::new, |run| run.path().to_owned());
        let path = ranks::told(ranks, path)?;
        let run = made.map_or_else(|| visible(&path), Ok)?;
        reporter.note(&format!("run {}", run.path().display()));
        complete(ranks, run, &config, &data, options, reporter, interrupt)
    }
}

/// Goes on with a run after an interrupt, a crash or a clock that ran out; a finished run is evaluated again.
///
/// # Errors
/// As [`Plan::start`]; also when the data changed or the run is in use.
pub fn resume(
    run: RunDir,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Performed> {
    resume_among(&Alone, run, reporter, interrupt)
}

/// [`resume`] as one of several processes; there may be more or fewer than before.
///
/// # Errors
/// As [`resume`] and [`Plan::start_among`].
pub fn resume_among(
    ranks: &dyn Ranks,
    run: RunDir,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Performed> {
    let config = run.config()?;
    ranks::share(ranks).check(config.training().batch)?;
    let data = Data::load(&config)?;
    complete(ranks, run, &config, &data, Options::default(), reporter, interrupt)
}

/// The run that rank 0 made, as another rank sees it.
fn visible(path: &Path) -> Result<RunDir> {
    RunDir::open(Path::new(""), &path.display().to_string()).map_err(|_| {
        let reason = "was made by rank 0 and is not seen by all ranks; let --out be a folder that all machines share, \
                      named by its whole path";
        ExperimentError::BrokenRun { path: path.to_owned(), reason: reason.into() }
    })
}

/// Measures the latest checkpoint of a run on its test part and writes summary and report anew; `device` replaces the
/// config's.
///
/// # Errors
/// When nothing was trained yet, the data changed, the run is in use, or `interrupt` is set.
pub fn evaluate(
    run: &RunDir,
    device: Option<&str>,
    options: Options,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<(Summary, PathBuf)> {
    let config = run.config()?;
    let data = Data::load(&config)?;
    same_data(run, &data)?;
    judge(run, &config, &data, device, options, reporter, interrupt)
}

/// Trains, evaluates and reports, and notes in the manifest how it ended.
fn complete(
    ranks: &dyn Ranks,
    run: RunDir,
    config: &Config,
    data: &Data,
    options: Options,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<Performed> {
    let trained = train_among(ranks, &run, config, data, reporter, interrupt);
    if !leads(ranks) {
        return Ok(Performed { run, outcome: trained?, summary: None, report: None });
    }
    let ended = trained.and_then(|outcome| {
        if outcome.stopped_by == StoppedBy::Interrupt {
            return Ok((outcome, None));
        }
        let judged = judge(&run, config, data, None, options, reporter, interrupt)?;
        Ok((outcome, Some(judged)))
    });
    match ended {
        Ok((outcome, judged)) => {
            let (summary, report) = judged.unzip();
            let performed = Performed { run, outcome, summary, report };
            performed.run.finish(performed.exit_status())?;
            Ok(performed)
        }
        // Bad input (a damaged checkpoint, a run in use) has changed nothing, so nothing is noted.
        Err(error) if error.exit_status() == 2 => Err(error),
        Err(error) => {
            // The first error is the one to tell: on a full disk the second only repeats it.
            let _ = run.finish(error.exit_status());
            Err(error)
        }
    }
}

/// Evaluates the latest checkpoint, notes where, and writes the report.
fn judge(
    run: &RunDir,
    config: &Config,
    data: &Data,
    device: Option<&str>,
    options: Options,
    reporter: &mut dyn Reporter,
    interrupt: &AtomicBool,
) -> Result<(Summary, PathBuf)> {
    let _lock = run.lock()?;
    let device = parse_device(device.unwrap_or(&config.sections().device))?;
    let trained = Trained::load(run, config, Which::Latest, device)?;
    let summary = evaluate::evaluate(run, config, data, trained, options, reporter, interrupt)?;
    // Only now have the threads been set that the config names.
    let place = Place::new(&Cpu::here(), device_name(device), tch::get_num_threads() as usize, 1);
    evaluated(run, place, reporter)?;
    Ok((summary, report::write(run)?))
}

/// Notes where the summary was computed, and says so when training was done elsewhere: figures have their last digits from both.
fn evaluated(run: &RunDir, place: Place, reporter: &mut dyn Reporter) -> Result<()> {
    if let Some(trained) = run.manifest()?.place().filter(|trained| !place.computes_like(trained)) {
        let line = format!(
            "the run was trained on {trained} and evaluated on {place}: its figures differ in the last digits from those \
             of a run of one place"
        );
        run.log(&line)?;
        reporter.note(&line);
    }
    run.amend(|manifest| manifest.evaluated_at = Some(place))
}

/// The run's data must be those it was trained on.
pub(super) fn same_data(run: &RunDir, data: &Data) -> Result<()> {
    let (name, hash) = (data.dataset().name(), data.dataset().hash());
    if run.manifest()?.data.get(name).is_some_and(|expected| expected == hash) {
        return Ok(());
    }
    let reason = format!("was made with other data than `{name}` holds now; restore the data");
    Err(ExperimentError::BrokenRun { path: run.path().to_owned(), reason })
}
