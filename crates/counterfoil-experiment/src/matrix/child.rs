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
    run_dir::{Git, RunDir, RunEntry, RunLock, Software, list},
};

/// How often the process is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long an interrupted process may take to end by itself.
const GRACE: Duration = Duration::from_secs(20);

/// The variable that ties a process to the one that started it: what has it ends as upon Ctrl-C when its input ends, which is
/// when the other closes it or is gone, however that ended.
pub const TETHER: &str = "COUNTERFOIL_TETHER";

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
    /// Not at all, because another process is at it.
    Elsewhere(String),
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
    /// The run of a cell that an earlier process of this very source began and did not end.
    fn begun(&self, cell: &Cell) -> Result<Option<RunDir>> {
        let (git, software) = (Git::of_source(), Software::built_with());
        let unfinished = |run: &RunEntry| {
            run.manifest.as_ref().is_ok_and(|run| {
                run.config_hash == cell.hash
                    && matches!(run.exit_status, None | Some(INTERRUPTED))
                    && run.git == git
                    && run.software == software
            })
        };
        let runs = list(&self.out)?;
        let last = runs.iter().rfind(|run| unfinished(run));
        last.map(|run| RunDir::open(Path::new(""), &run.path.display().to_string())).transpose()
    }

    /// The arguments that run a cell, or go on with its run.
    fn arguments(&self, cell: &Cell, begun: Option<&RunDir>) -> Vec<String> {
        if let Some(run) = begun {
            return ["resume", &run.path().display().to_string(), "--json"]
                .map(str::to_owned)
                .into();
        }
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
        let begun = self.begun(cell)?;
        match begun.as_ref().map(|run| RunLock::acquire(run.path())).transpose() {
            // Its process takes the lock anew.
            Ok(lock) => drop(lock),
            Err(held @ ExperimentError::Locked { .. }) => {
                return Ok(Ended::Elsewhere(held.to_string()));
            }
            Err(other) => return Err(other),
        }
        let mut command = Command::new(&self.program);
        // A cell is a run of its own: it must not take itself for one of our launcher's processes.
        let of_launcher = |name: &str| OF_LAUNCHERS.iter().any(|begin| name.starts_with(begin));
        for (name, _) in
            std::env::vars_os().filter(|(name, _)| of_launcher(&name.to_string_lossy()))
        {
            command.env_remove(name);
        }
        if let Some(gpu) = self.gpu {
            let seen = std::env::var(VISIBLE).unwrap_or_default();
            command.env(VISIBLE, nth_visible(&seen, gpu));
        }
        // Ctrl-C in a terminal would reach it too, and the second end it without a checkpoint.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut command, 0);
        let mut child = command
            .args(self.arguments(cell, begun.as_ref()))
            .env(TETHER, "1")
            .stdin(Stdio::piped())
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
        // One that was told to end may have been at its end already.
        if status == Some(0) {
            return finished(&out).map(Ended::Done);
        }
        if interrupt.load(Ordering::Relaxed) || status == Some(i32::from(INTERRUPTED)) {
            return Ok(Ended::Interrupted);
        }
        let last = err.lines().rev().find(|line| !line.trim().is_empty());
        let said = last.map(|line| line.trim_start_matches("error: ").to_owned());
        let unsaid = "it ended without a word; a process that takes too much memory is ended so";
        Ok(Ended::Failed(Failure { exit_status: status, said: said.unwrap_or(unsaid.to_owned()) }))
    }
}

/// The name of a GPU by its number among those that this process has `seen`, which is all where nothing is said.
fn nth_visible(seen: &str, gpu: usize) -> String {
    seen.split(',').nth(gpu).filter(|name| !name.is_empty()).map_or(gpu.to_string(), str::to_owned)
}

/// The run that the command line tells of.
fn finished(out: &str) -> Result<RunDir> {
    let told: Option<Value> = serde_json::from_str(out).ok();
    // One of several runs, or the one that was gone on with.
    let run = |told: &Value| {
        let run = told["runs"][0]["run"].as_str().or(told["run"].as_str());
        run.map(str::to_owned)
    };
    let run = told.as_ref().and_then(run);
    let run = run.ok_or_else(|| ExperimentError::Syntax {
        origin: "the answer of `counterfoil run`".into(),
        reason: "names no run; is the binary of another version?".into(),
    })?;
    RunDir::open(Path::new(""), &run)
}

/// The exit status, once the process has ended.
fn wait(child: &mut Child, interrupt: &AtomicBool) -> Result<Option<i32>> {
    let mut asked: Option<Instant> = None;
    loop {
        if let Some(status) = child.try_wait()? {
            return Ok(status.code());
        }
        if interrupt.load(Ordering::Relaxed) {
            // Upon the end of its input a run writes a checkpoint and ends.
            drop(child.stdin.take());
            if asked.get_or_insert_with(Instant::now).elapsed() > GRACE {
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A launcher may have given this process some of the machine's GPUs already, by number or by name.
    #[test]
    fn a_gpu_is_named_as_the_machine_names_it() {
        assert_eq!(nth_visible("", 1), "1");
        assert_eq!(nth_visible("4,6", 1), "6");
        assert_eq!(nth_visible("GPU-a,GPU-b", 0), "GPU-a");
        assert_eq!(nth_visible("4", 3), "3");
    }
}
