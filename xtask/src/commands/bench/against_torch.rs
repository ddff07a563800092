//! `cargo xtask bench --against-torch`: whole processes of our program `step` and of the same step in PyTorch, in turns.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use anyhow::{Context as _, bail};
use clap::Args;
use serde_json::{Value, json};

use super::pytorch;
use super::ratios::{COUNTERFACTUAL, Measured, OURS, TASKS, VARIANTS};
use super::report;
use crate::allocator;
use crate::commands::binary;
use crate::libtorch::Libtorch;
use crate::process;
use crate::status::Status;
use crate::workspace::Workspace;

/// Architectures, and how many steps of training, calls of the network and passes of counterfactuals are timed in each process.
/// Of the last two a pass takes PyTorch a quarter of an hour and more.
const SIZES: [(&str, [usize; 3]); 4] = [
    ("small", [8, 30, 1]),
    ("digits", [4, 12, 1]),
    ("pendulum", [4, 12, 0]),
    ("morphomnist", [2, 4, 0]),
];

/// How to compare with PyTorch.
#[derive(Args)]
pub(super) struct AgainstTorch {
    /// Time training steps, denoising calls and counterfactuals beside PyTorch's, in turns
    #[arg(long = "against-torch", group = "whole_steps")]
    wanted: bool,
    /// Architectures (separate by commas)
    #[arg(long, value_name = "SIZES", value_delimiter = ',', requires = "wanted")]
    #[arg(value_parser = SIZES.map(|(name, _)| name), default_values_t = SIZES.map(|(name, _)| name.to_owned()))]
    sizes: Vec<String>,
    /// Leave `torch.compile` out, which compiles for minutes and is not run for counterfactuals
    #[arg(long, requires = "wanted")]
    no_compile: bool,
    /// Answer with one JSON document on stdout and nothing else there
    #[arg(long, requires = "wanted")]
    json: bool,
}

impl AgainstTorch {
    pub(super) fn wanted(&self) -> bool {
        self.wanted
    }
}

/// The programs of both sides.
struct Sides {
    step: PathBuf,
    python: PathBuf,
    script: PathBuf,
    libtorch: Libtorch,
    threads: usize,
}

pub(super) fn run(
    workspace: &Workspace,
    options: &AgainstTorch,
    rounds: u16,
    threads: usize,
) -> anyhow::Result<Status> {
    let python = pytorch::python()?;
    let libtorch = Libtorch::ensure(false)?;
    let step = match binary::build(workspace, &libtorch, "counterfoil-benches", "step")? {
        Ok(file) => file,
        Err(status) => return Ok(status),
    };
    let script = workspace.root().join("benches/torch/step.py");
    let sides = Sides { step, python, script, libtorch, threads };
    let mut measured = Vec::new();
    let mut floors = Vec::new();
    let mut left_out = VARIANTS.map(|name| name.starts_with("compile") && options.no_compile);
    for (size, steps) in
        SIZES.iter().filter(|(name, _)| options.sizes.iter().any(|size| size == name))
    {
        floors.push((*size, sides.floor(size)?));
        for (what, steps) in TASKS.into_iter().zip(steps).filter(|(_, steps)| **steps > 0) {
            measured.push(sides.measure(what, size, *steps, rounds, &mut left_out)?);
        }
    }
    if options.json {
        let measured: Vec<Value> = measured.iter().map(Measured::json).collect();
        let floors: Vec<&Value> = floors.iter().map(|(_, floor)| floor).collect();
        println!("{}", json!({ "threads": threads, "measured": measured, "floors": floors }));
    } else {
        print!("{}", report::text(&measured, &floors, threads));
    }
    Ok(0)
}

impl Sides {
    /// Times all variants of one task that are not left out, in turns. Those in bfloat16 are left out from where ours computes in
    /// f32 although it was asked for bfloat16: such a processor has no instructions for it, and a step would take many times as
    /// long. One that is compiled is left out where it does not run.
    fn measure(
        &self,
        what: &str,
        size: &str,
        steps: usize,
        rounds: u16,
        left_out: &mut [bool; VARIANTS.len()],
    ) -> anyhow::Result<Measured> {
        let mut times: [Vec<f64>; VARIANTS.len()] = Default::default();
        for round in 1..=rounds {
            for (variant, name) in VARIANTS.iter().enumerate() {
                let compiles = name.starts_with("compile");
                let too_long = compiles && what == COUNTERFACTUAL;
                if left_out[variant] || too_long {
                    continue;
                }
                eprintln!("{what} {size}, round {round} of {rounds}: {name}");
                let mut command = self.command(variant, what, size, steps)?;
                match timed(&mut command) {
                    Ok(step) => {
                        times[variant].push(step.seconds);
                        if variant == OURS && step.precision.as_deref() == Some("f32") {
                            leave_out_bf16(left_out);
                        }
                    }
                    // Not every machine has what torch.compile needs.
                    Err(error) if compiles && !process::is_interrupted() => {
                        eprintln!("{name} does not run here: {error:#}");
                        left_out[variant] = true;
                    }
                    Err(error) => return Err(error),
                }
            }
        }
        Ok(Measured { what: what.to_owned(), size: size.to_owned(), times })
    }

    fn command(
        &self,
        variant: usize,
        what: &str,
        size: &str,
        steps: usize,
    ) -> anyhow::Result<Command> {
        let steps = steps.to_string();
        if variant != OURS {
            let mut command = self.python(what, size);
            command.args(["--variant", VARIANTS[variant], "--steps", &steps]);
            return Ok(command);
        }
        let mut command = self.with_threads(&self.step);
        command.args([what, size, "bf16", &steps]);
        self.libtorch.apply(&mut command)?;
        allocator::tune(&mut command);
        Ok(command)
    }

    fn python(&self, what: &str, size: &str) -> Command {
        let mut command = self.with_threads(&self.python);
        command.arg(&self.script).args([what, size]);
        pytorch::clean(&mut command);
        command
    }

    fn with_threads(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        command.env("OMP_NUM_THREADS", self.threads.to_string());
        command
    }

    /// What the arithmetic alone would take on this machine.
    fn floor(&self, size: &str) -> anyhow::Result<Value> {
        eprintln!("floor of {size}");
        answer(&mut self.python("floor", size))
    }
}

/// The JSON object that a program prints.
fn answer(command: &mut Command) -> anyhow::Result<Value> {
    let ended = command.stderr(Stdio::piped()).output().context("cannot start the measurement")?;
    process::stop_if_interrupted()?;
    if !ended.status.success() {
        let words = String::from_utf8_lossy(&ended.stderr);
        bail!("{}", words.lines().last().unwrap_or("it failed without a word"));
    }
    let text = String::from_utf8_lossy(&ended.stdout);
    serde_json::from_str(text.trim())
        .with_context(|| format!("no measurement in `{}`", text.trim()))
}

/// What one process measured.
struct Step {
    seconds: f64,
    /// What ours computed in; PyTorch does what its variant says.
    precision: Option<String>,
}

fn timed(command: &mut Command) -> anyhow::Result<Step> {
    let told = answer(command)?;
    let seconds = told["step_s"].as_f64().with_context(|| format!("no `step_s` in {told}"))?;
    Ok(Step { seconds, precision: told["precision"].as_str().map(str::to_owned) })
}

fn leave_out_bf16(left_out: &mut [bool; VARIANTS.len()]) {
    for (name, left_out) in VARIANTS.iter().zip(left_out) {
        if name.ends_with("bf16") && !*left_out {
            eprintln!("{name} is left out: this processor has no instructions for bfloat16");
            *left_out = true;
        }
    }
}
