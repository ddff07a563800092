//! What a person sees when something is missing or wrong: one sentence that says how to mend it,
//! and the exit status.
//!
//! The tests give the runner a `PATH` of stand-ins, so that they need neither network nor Python,
//! and touch no install.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

/// A machine with nothing on it but what a test puts there.
struct Machine(TempDir);

impl Machine {
    /// With compilers, as far as their names go.
    fn new() -> Machine {
        let machine = Machine(tempfile::tempdir().unwrap());
        for folder in ["bin", "checkout/xtask", "checkout/experiments/graphs"] {
            fs_err::create_dir_all(machine.path(folder)).unwrap();
        }
        machine.with_program("cc", "exit 0").with_program("c++", "exit 0")
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().join(below)
    }

    fn with_program(self, name: &str, script: &str) -> Machine {
        let file = self.path("bin").join(name);
        fs_err::write(&file, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs_err::set_permissions(&file, std::fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// With a Python whose pip says this and fails.
    fn with_failing_pip(self, words: &str) -> Machine {
        self.with_program("python3", &format!("echo '{words}' >&2; exit 1"))
    }

    fn without(self, program: &str) -> Machine {
        fs_err::remove_file(self.path("bin").join(program)).unwrap();
        self
    }

    fn with_experiments(self, names: &[&str]) -> Machine {
        for name in names {
            fs_err::write(self.path("checkout/experiments").join(format!("{name}.toml")), "")
                .unwrap();
        }
        self
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::cargo_bin("xtask").unwrap();
        command
            .args(arguments)
            .current_dir(self.path("checkout"))
            .env_clear()
            .env("PATH", self.path("bin"))
            .env("COUNTERFOIL_HOME", self.path("home"))
            .env("CARGO_MANIFEST_DIR", self.path("checkout/xtask"))
            .env("CARGO", "/no/cargo/may/be/started");
        command
    }

    fn command_with(
        &self,
        arguments: &[&str],
        variable: &str,
        value: impl AsRef<OsStr>,
    ) -> Command {
        let mut command = self.command(arguments);
        command.env(variable, value);
        command
    }
}

/// Runs the command and looks for its status, its one line, and the words in it.
fn check(mut command: Command, status: i32, words: &[&str]) {
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{said}");
    assert!(output.stdout.is_empty());
    let errors: Vec<&str> = said.lines().filter(|line| line.starts_with("error: ")).collect();
    assert_eq!(errors.len(), 1, "{said}");
    assert_eq!(said.lines().next_back(), Some(errors[0]), "nothing follows the sentence: {said}");
    for word in words {
        assert!(errors[0].contains(word), "no {word:?} in: {}", errors[0]);
    }
}

#[test]
fn an_unknown_experiment_lists_those_there_are_before_anything_is_built() {
    // Without compilers, so that looking for libtorch would be seen.
    let machine = Machine::new().without("c++").with_experiments(&["digits", "morphomnist"]);
    let words = ["no experiment `digit`", "did you mean `digits`", "digits, morphomnist"];
    check(machine.command(&["experiment", "digit", "--preset", "smoke"]), 2, &words);
    check(machine.command(&["experiment", "graphs"]), 2, &["no experiment `graphs`"]);
    check(
        machine.command(&["experiment", "mine/x.toml"]),
        2,
        &["mine/x.toml", "digits, morphomnist"],
    );
    check(
        machine.command(&["experiment", "--json", "digits"]),
        2,
        &["--json stands before", "digits, morphomnist"],
    );
}

#[test]
fn known_experiments_pass_on_to_libtorch() {
    let machine = Machine::new().without("c++").with_experiments(&["digits"]);
    for name in ["digits", "experiments/digits.toml", "./experiments/digits.toml"] {
        check(machine.command(&["experiment", name, "--help"]), 2, &["C++ compiler"]);
    }
}

#[test]
fn a_missing_compiler_is_named() {
    check(
        Machine::new().without("c++").command(&["setup"]),
        2,
        &["`c++`", "apt install g++", "CXX"],
    );
    check(Machine::new().without("cc").command(&["test"]), 2, &["`cc`", "apt install g++"]);
}

#[test]
fn a_missing_python_or_pip_is_named() {
    check(
        Machine::new().command(&["setup"]),
        2,
        &["no python3", "apt install python3-pip", "LIBTORCH"],
    );
    let without_pip = Machine::new().with_failing_pip("/usr/bin/python3: No module named pip");
    check(without_pip.command(&["setup"]), 2, &["python3 has no pip", "apt install python3-pip"]);
}

#[test]
fn a_missing_network_is_a_failure_with_a_way_out() {
    let words = "WARNING: Retrying after connection broken by NewConnectionError: Temporary \
                 failure in name resolution";
    let machine = Machine::new().with_failing_pip(words);
    check(machine.command(&["setup"]), 1, &["network", "torch-2.11.0", "downloads"]);
    assert!(!machine.path("home/partial").exists());
}

#[test]
fn a_full_disk_is_a_failure_with_a_way_out() {
    let words =
        "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device";
    check(
        Machine::new().with_failing_pip(words).command(&["setup"]),
        1,
        &["full", "2 GB", "COUNTERFOIL_HOME"],
    );
}

#[test]
fn a_home_that_cannot_be_made_is_bad_input() {
    let machine = Machine::new();
    let file = machine.path("bin/cc").join("home");
    check(
        machine.command_with(&["setup"], "COUNTERFOIL_HOME", &file),
        2,
        &["bin/cc/home", "set COUNTERFOIL_HOME"],
    );
}

#[test]
fn another_wheel_than_the_pinned_one_is_refused() {
    let offer = "while [ \"$1\" != --dest ]; do shift; done\n\
                 echo other > \"$2/torch-2.11.0-cp311-cp311-manylinux_2_28_x86_64.whl\"\n\
                 echo other > \"$2/torch-2.11.0-cp311-cp311-manylinux_2_28_aarch64.whl\"\n\
                 echo other > \"$2/torch-2.11.0-cp311-cp311-macosx_11_0_arm64.whl\"";
    let machine = Machine::new().with_program("python3", offer);
    check(machine.command(&["setup"]), 1, &["SHA-256", "is pinned"]);
    assert!(fs_err::read_dir(machine.path("home/downloads")).unwrap().next().is_none());
}

#[test]
fn a_wrong_libtorch_says_what_was_found_and_what_is_wanted() {
    let machine = Machine::new();
    let folder = machine.path("libtorch");
    let setup = |variable, value: &Path| machine.command_with(&["setup"], variable, value);
    check(setup("LIBTORCH", &folder), 2, &["LIBTORCH", "libtorch_cpu"]);
    fs_err::create_dir_all(folder.join("lib")).unwrap();
    fs_err::write(folder.join("lib/libtorch_cpu.so"), "").unwrap();
    fs_err::write(folder.join("build-version"), "2.9.1+cpu\n").unwrap();
    check(setup("LIBTORCH", &folder), 2, &["2.9.1+cpu", "2.11.x", "unset"]);
    let words = ["LIBTORCH_USE_PYTORCH", "no PyTorch", "torch==2.11.0"];
    check(setup("LIBTORCH_USE_PYTORCH", Path::new("1")), 2, &words);
}

#[test]
fn a_given_libtorch_is_taken_and_told_to_the_shell() {
    let machine = Machine::new();
    let folder = machine.path("libtorch");
    fs_err::create_dir_all(folder.join("lib")).unwrap();
    fs_err::write(folder.join("lib/libtorch_cpu.so"), "").unwrap();
    fs_err::write(folder.join("build-version"), "2.11.0+cpu\n").unwrap();
    let output = machine.command_with(&["setup"], "LIBTORCH", &folder).output().unwrap();
    assert_eq!(output.status.code(), Some(0));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(told.starts_with(&format!("export LIBTORCH={}\n", folder.display())), "{told}");
    assert_eq!(told.lines().count(), 2);
    let cuda = machine.command_with(&["setup", "--cuda"], "LIBTORCH", &folder);
    check(cuda, 2, &["has no CUDA", "unset LIBTORCH"]);
    assert!(!machine.path("home").exists());
}

#[test]
fn a_pytorch_is_found_without_importing_it() {
    let machine = Machine::new();
    let torch = machine.path("site-packages/torch");
    fs_err::create_dir_all(torch.join("lib")).unwrap();
    fs_err::write(torch.join("lib/libtorch_cpu.so"), "").unwrap();
    fs_err::write(torch.join("version.py"), "__version__ = '2.11.0+cu130'\n").unwrap();
    let machine = machine.with_program("python3", &format!("echo {}", torch.display()));
    let output = machine.command_with(&["setup"], "LIBTORCH_USE_PYTORCH", "1").output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(
        String::from_utf8(output.stdout).unwrap().starts_with("export LIBTORCH_USE_PYTORCH=1\n")
    );
}

#[test]
fn wrong_words_on_the_command_line_are_bad_input() {
    let machine = Machine::new();
    for words in
        [&["no-such-command"][..], &["compare", "one"], &["experiment"], &["tidy", "--x"], &[]]
    {
        let output = machine.command(words).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{words:?}");
        assert!(output.stdout.is_empty());
    }
}
