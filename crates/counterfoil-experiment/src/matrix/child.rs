//! One cell in a process of its own, so that its memory is measured alone and its end is not ours.

use std::{
    io::Read,
    path::{Path, PathBuf},
    process::{Child, ChildStderr, ChildStdout, Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread::{JoinHandle, sleep, spawn},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{plan::Cell, schedule::Runner, store::Failure};
use crate::{
    actions::perform::INTERRUPTED,
    error::{ExperimentError, Result},
    ranks::OF_LAUNCHERS,
    run_dir::RunDir,
};

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long an interrupted process may take to end by itself: a terminal sends Ctrl-C to both.
const GRACE: Duration = Duration::from_secs(20);

/// The variable by which CUDA shows a process some of its machine's GPUs.
const VISIBLE: &str = "CUDA_VISIBLE_DEVICES";

/// How the process of a cell ended.
#[derive(Debug)]
pub enum Ended {
    /// With a run that was evaluated.
    Done(RunDir),
    /// With an error.
    Failed(Failure),
    /// Because the user stopped it.
    Interrupted,
}

/// Starts the command line for each cell.
#[derive(Clone, Debug)]
pub struct Children {
    /// The binary `counterfoil`.
    pub program: PathBuf,
    /// The folder of the runs.
    pub out: PathBuf,
    /// The GPU that cells may see, where several processes run cells on one machine. The environment tells them: a cell is what
    /// its config says, whoever runs it.
    pub gpu: Option<usize>,
}

impl Children {
    /// The arguments that run a cell.
    fn arguments(&self, cell: &Cell) -> Vec<String> {
        let mut arguments = vec!["run".to_owned(), cell.file.display().to_string()];
        let mut flag = |name: &str, value: &str| {
            arguments.extend([name.to_owned(), value.to_owned()]);
        };
        if let Some(preset) = &cell.preset {
            flag("--preset", preset);
        }
        cell.set.iter().for_each(|set| flag("--set", set));
        flag("--out", &self.out.display().to_string());
        arguments.push("--json".to_owned());
        arguments
    }
}

impl Runner for Children {
    fn run(&mut self, cell: &Cell, interrupt: &AtomicBool) -> Result<Ended> {
        let mut command = Command::new(&self.program);
        // A cell is a run of its own: it must not take itself for one of our launcher's processes.
        let of_launcher = |name: &str| OF_LAUNCHERS.iter().any(|begin| name.starts_with(begin));
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| of_launcher(&name.to_string_lossy()))
        {
            command.env_remove(name);
        }
        if let Some(gpu) = self.gpu {
            command.env(VISIBLE, nth_visible(gpu));
        }
        let mut child = command
            .args(self.arguments(cell))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(|error| ExperimentError::Io {
                message: format!("cannot start {}: {error}", self.program.display()),
                hint: "",
            })?;
        // Read as they come: a full pipe would stop the process.
        let out = child.stdout.take().map(|pipe: ChildStdout| gather(pipe));
        let err = child.stderr.take().map(|pipe: ChildStderr| gather(pipe));
        let status = wait(&mut child, interrupt)?;
        let (out, err) = (text(out), text(err));
        if interrupt.load(Ordering::Relaxed) || status == Some(i32::from(INTERRUPTED)) {
            return Ok(Ended::Interrupted);
        }
        if status == Some(0) {
            return finished(&out).map(Ended::Done);
        }
        let last = err.lines().rev().find(|line| !line.trim().is_empty());
        let said = last.map(|line| line.trim_start_matches("error: ").to_owned());
        let unsaid = "it ended without a word; a process that takes too much memory is ended so";
        Ok(Ended::Failed(Failure { exit_status: status, said: said.unwrap_or(unsaid.to_owned()) }))
    }
}

/// The name of a GPU by its number among those that this process sees.
fn nth_visible(gpu: usize) -> String {
    let seen = std::env::var(VISIBLE).unwrap_or_default();
    seen.split(',').nth(gpu).filter(|name| !name.is_empty()).map_or(gpu.to_string(), str::to_owned)
}

/// The run that the command line tells of.
fn finished(out: &str) -> Result<RunDir> {
    let told: Option<Value> = serde_json::from_str(out).ok();
    let run = told.as_ref().and_then(|told| told["runs"][0]["run"].as_str());
    let run = run.ok_or_else(|| ExperimentError::Syntax {
        origin: "the answer of `counterfoil run`".into(),
        reason: "names no run; is the binary of another version?".into(),
    })?;
    RunDir::open(Path::new(""), run)
}

/// The exit status, once the process has ended.
fn wait(child: &mut Child, interrupt: &AtomicBool) -> Result<Option<i32>> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if interrupt.load(Ordering::Relaxed) {
            let since = *asked.get_or_insert_with(Instant::now);
            if since.elapsed() > GRACE {
                // A run that is killed can be read and resumed.
                child.kill()?;
            }
        }
        sleep(LOOK);
    }
}

fn gather(mut pipe: impl Read + Send + 'static) -> JoinHandle<Vec<u8>> {
    spawn(move || {
        let mut bytes = Vec::new();
        // What was read before a pipe broke is all that can be had.
        let _ = pipe.read_to_end(&mut bytes);
        bytes
    })
}

fn text(reader: Option<JoinHandle<Vec<u8>>>) -> String {
    let bytes = reader.and_then(|reader| reader.join().ok()).unwrap_or_default();
    String::from_utf8_lossy(&bytes).into_owned()
}
