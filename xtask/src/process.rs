//! Children: start them, outlive them, hand their exit status over.
//!
//! Ctrl-C reaches the child itself, because it is in the same process group. The runner only notes
//! it and waits, so that the child can finish its step and write its checkpoint.

use std::ffi::{OsStr, OsString};
use std::path::PathBuf;
use std::process::{Command, ExitStatus};
use std::sync::atomic::{AtomicBool, Ordering};

use anyhow::Context as _;

use crate::status::{self, Status};

static INTERRUPTED: AtomicBool = AtomicBool::new(false);

/// Lets Ctrl-C end the children and not the runner. A child's own handling is untouched: handlers
/// do not survive `exec`.
pub(crate) fn outlive_children() -> anyhow::Result<()> {
    ctrlc::set_handler(|| INTERRUPTED.store(true, Ordering::Relaxed))
        .context("cannot listen for Ctrl-C")
}

/// Whether Ctrl-C has been pressed.
pub(crate) fn is_interrupted() -> bool {
    INTERRUPTED.load(Ordering::Relaxed)
}

/// Ends xtask's own work after Ctrl-C; for loops that run no child.
pub(crate) fn stop_if_interrupted() -> anyhow::Result<()> {
    if is_interrupted() { Err(status::interrupted()) } else { Ok(()) }
}

/// Runs a child to its end.
pub(crate) fn run(command: &mut Command) -> anyhow::Result<Status> {
    let ended = command.status().with_context(|| cannot_start(command))?;
    Ok(if is_interrupted() { status::INTERRUPTED } else { status_of(ended) })
}

/// Becomes the child, where the system can do that: signals, standard streams and exit status are
/// then the child's own.
pub(crate) fn hand_over(command: &mut Command) -> anyhow::Result<Status> {
    stop_if_interrupted()?;
    #[cfg(unix)]
    {
        use std::os::unix::process::CommandExt as _;
        let failed_to_start = command.exec();
        Err(failed_to_start).with_context(|| cannot_start(command))
    }
    #[cfg(not(unix))]
    run(command)
}

/// The exit status of a child; 128 + n when signal n ended it, as a shell says it.
pub(crate) fn status_of(ended: ExitStatus) -> Status {
    #[cfg(unix)]
    {
        use std::os::unix::process::ExitStatusExt as _;
        if let Some(signal) = ended.signal() {
            return 128u8.saturating_add(signal as u8);
        }
    }
    ended.code().map_or(status::FAILED, |code| u8::try_from(code).unwrap_or(status::FAILED))
}

/// Where a program stands in `PATH`; a name with a separator is looked up as it is.
pub(crate) fn find_program(name: &OsStr) -> Option<PathBuf> {
    let path = PathBuf::from(name);
    if path.components().count() > 1 {
        return path.is_file().then_some(path);
    }
    let folders = std::env::var_os("PATH")?;
    std::env::split_paths(&folders).map(|folder| folder.join(name)).find(|file| file.is_file())
}

/// A variable of the environment, unless it is unset or empty.
pub(crate) fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn cannot_start(command: &Command) -> String {
    format!("cannot start {}", command.get_program().display())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    fn shell(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn a_childs_status_is_handed_over() {
        for expected in [0, 1, 2, 7, 130] {
            assert_eq!(run(&mut shell(&format!("exit {expected}"))).unwrap(), expected);
        }
    }

    #[test]
    fn a_signal_is_128_and_its_number() {
        assert_eq!(run(&mut shell("kill -TERM $$")).unwrap(), 143);
        assert_eq!(run(&mut shell("kill -INT $$")).unwrap(), 130);
    }

    #[test]
    fn a_missing_program_is_named() {
        let error = run(&mut Command::new("no-such-program-here")).unwrap_err();
        assert_eq!(error.to_string(), "cannot start no-such-program-here");
    }

    #[test]
    fn programs_are_found_in_the_path() {
        assert!(find_program(OsStr::new("sh")).is_some());
        assert_eq!(find_program(OsStr::new("no-such-program-here")), None);
        assert_eq!(find_program(OsStr::new("/no/such/program")), None);
    }
}
