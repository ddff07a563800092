//! What the runner starts gets the caller's arguments, folder, standard streams and signals, and its
//! exit status comes back.
//!
//! A small checkout with a stand-in for the binary `counterfoil` is built by the real cargo; a
//! script stands in for cargo where only signals matter.
#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test that cannot be set up has failed")]

use std::io::Write as _;
use std::os::unix::fs::PermissionsExt as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// The stand-in tells what it was given.
const BINARY: &str = r#"
fn main() -> std::process::ExitCode {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    println!("{arguments:?}");
    println!("{}", std::env::current_dir().unwrap().display());
    println!("{}", std::env::var("LIBTORCH").unwrap());
    println!("{}", std::io::read_to_string(std::io::stdin()).unwrap());
    eprintln!("a word of the binary");
    std::process::ExitCode::from(7)
}
"#;

/// A checkout with the stand-in, and a libtorch that nobody looks into.
struct Checkout(TempDir);

impl Checkout {
    fn new(binary: &str) -> Checkout {
        let checkout = Checkout(tempfile::tempdir().unwrap());
        let manifest = |name: &str| {
            format!("[package]\nname = \"{name}\"\nversion = \"0.0.0\"\nedition = \"2024\"\n")
        };
        let bin = "[[bin]]\nname = \"counterfoil\"\npath = \"main.rs\"\n";
        checkout.file("Cargo.toml", "[workspace]\nmembers = [\"cli\"]\nresolver = \"3\"\n");
        checkout.file("cli/Cargo.toml", &format!("{}{bin}", manifest("counterfoil-cli")));
        checkout.file("cli/main.rs", binary);
        checkout.file("xtask/nothing", "");
        checkout.file("experiments/digits.toml", "");
        checkout.file("elsewhere/nothing", "");
        checkout.file("libtorch/lib/libtorch_cpu.so", "");
        checkout.file("libtorch/build-version", "2.11.0");
        checkout
    }

    fn path(&self, below: &str) -> PathBuf {
        self.0.path().canonicalize().unwrap().join(below)
    }

    fn file(&self, below: &str, text: &str) {
        let path = self.path(below);
        fs_err::create_dir_all(path.parent().unwrap()).unwrap();
        fs_err::write(path, text).unwrap();
    }

    fn command(&self, here: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command
            .args(arguments)
            .current_dir(self.path(here))
            .env("CARGO", env!("CARGO"))
            .env("CARGO_MANIFEST_DIR", self.path("xtask"))
            .env("CARGO_TARGET_DIR", self.path("target"))
            .env("LIBTORCH", self.path("libtorch"))
            .env_remove("LIBTORCH_USE_PYTORCH")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs to the end with these words on stdin.
    fn run(&self, here: &str, arguments: &[&str], words: &str) -> Output {
        let mut child = self.command(here, arguments).spawn().unwrap();
        child.stdin.take().unwrap().write_all(words.as_bytes()).unwrap();
        child.wait_with_output().unwrap()
    }
}

fn lines(bytes: &[u8]) -> Vec<String> {
    String::from_utf8_lossy(bytes).lines().map(str::to_owned).collect()
}

#[test]
fn the_binary_gets_everything_and_stdout_is_its_own() {
    let checkout = Checkout::new(BINARY);
    let output =
        checkout.run("elsewhere", &["run", "--", "table", "--json", "--", "x y"], "words on stdin");
    let heard = lines(&output.stderr);
    assert_eq!(output.status.code(), Some(7), "{heard:?}");
    assert_eq!(
        lines(&output.stdout),
        [
            r#"["table", "--json", "--", "x y"]"#,
            &checkout.path("elsewhere").display().to_string(),
            &checkout.path("libtorch").display().to_string(),
            "words on stdin",
        ]
    );
    assert!(heard.iter().any(|line| line.contains("Compiling")), "cargo speaks: {heard:?}");
    assert_eq!(heard.last().unwrap(), "a word of the binary");

    let arguments =
        |here: &str, words: &[&str]| lines(&checkout.run(here, words, "").stdout).remove(0);
    assert_eq!(
        arguments(".", &["experiment", "digits", "--preset", "smoke", "--help"]),
        r#"["run", "experiments/digits.toml", "--preset", "smoke", "--help"]"#
    );
    assert_eq!(
        arguments("elsewhere", &["experiment", "digits"]),
        format!("[\"run\", {:?}]", checkout.path("experiments/digits.toml"))
    );
    assert_eq!(
        arguments("elsewhere", &["experiment", "../experiments/digits.toml", "--seeds", "0..5"]),
        r#"["run", "../experiments/digits.toml", "--seeds", "0..5"]"#
    );
    assert_eq!(
        arguments(".", &["reproduce", "runs/digits/x", "--json"]),
        r#"["reproduce", "runs/digits/x", "--json"]"#
    );
    assert_eq!(arguments(".", &["compare", "a", "b", "-q"]), r#"["compare", "a", "b", "-q"]"#);
}

#[test]
fn a_failed_build_hands_over_cargos_status() {
    let checkout = Checkout::new("fn main() { no_such_function() }");
    let output = checkout.run(".", &["run"], "");
    let heard = lines(&output.stderr);
    assert_eq!(output.status.code(), Some(101), "{heard:?}");
    assert!(output.stdout.is_empty());
    assert!(heard.iter().any(|line| line.contains("no_such_function")), "{heard:?}");
}

/// Waits until a file is there.
fn wait_for(file: &Path) {
    let started = Instant::now();
    while !file.exists() {
        assert!(started.elapsed() < Duration::from_mins(1), "{} never came", file.display());
        sleep(Duration::from_millis(20));
    }
}

#[test]
fn ctrl_c_lets_the_child_finish_and_gives_130() {
    let checkout = Checkout::new(BINARY);
    let (ready, finished) = (checkout.path("ready"), checkout.path("finished"));
    let cargo = checkout.path("cargo");
    // A child that takes its time to end, as one that writes a checkpoint does.
    let script = format!(
        "#!/bin/sh\ntrap 'sleep 0.5; : > {}; exit 0' INT\n: > {}\nwhile :; do sleep 0.1; done\n",
        finished.display(),
        ready.display()
    );
    fs_err::write(&cargo, script).unwrap();
    fs_err::set_permissions(&cargo, std::fs::Permissions::from_mode(0o755)).unwrap();
    // Ctrl-C goes to the whole process group of the terminal.
    let mut runner =
        checkout.command(".", &["bench"]).env("CARGO", &cargo).process_group(0).spawn().unwrap();
    wait_for(&ready);
    let kill = format!("kill -s INT -- -{}", runner.id());
    assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    let ended = runner.wait().unwrap();
    assert_eq!(ended.code(), Some(130));
    assert!(finished.exists(), "the runner outlives its child");
}
