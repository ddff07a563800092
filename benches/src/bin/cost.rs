//! Measures what training costs against image side, batch and variables, and draws it: `cargo xtask bench --cost FOLDER`.
//!
//! ```text
//! cost all FOLDER ROUNDS   every place, in processes of its own; drawings and costs.json go to FOLDER
//! cost one PLACE           one place, given as JSON; prints what was measured as JSON
//! ```

use counterfoil_benches::cost::{Cost, Costs, Measured, Place, drawings, measure, places};
use counterfoil_experiment::run_dir::Cpu;
use std::{
    error::Error,
    path::Path,
    process::{Command, Stdio},
};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["one", place] => one(place),
        ["all", folder, rounds] => all(Path::new(folder), rounds.parse()?),
        _ => Err("say `all FOLDER ROUNDS`, or `one PLACE`".into()),
    }
}

#[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
fn one(place: &str) -> Fallible<()> {
    let place: Place = serde_json::from_str(place)?;
    println!("{}", serde_json::to_string(&measure(place)?)?);
    Ok(())
}

#[expect(clippy::print_stderr, reason = "a measurement of minutes says how far it is")]
fn all(folder: &Path, rounds: usize) -> Fallible<()> {
    let mut costs: Vec<Cost> = Vec::new();
    for round in 1..=rounds {
        for (index, place) in places().into_iter().enumerate() {
            let measured = apart(place)?;
            let Place { side, batch, variables, checkpointed, .. } = place;
            eprintln!(
                "round {round} of {rounds}: {batch} images of {side} x {side}, {variables} variables{}: \
                 {:.3} s, {:.0} MiB",
                if checkpointed { ", computed again" } else { "" },
                measured.step_s,
                measured.peak_mib
            );
            match costs.get_mut(index) {
                Some(cost) => cost.measured = measured.or_smaller(&cost.measured),
                None => costs.push(Cost { place, measured }),
            }
        }
    }
    let threads = usize::try_from(tch::get_num_threads())?;
    let costs = Costs { processor: Cpu::here().model, threads, rounds, costs };
    fs_err::create_dir_all(folder)?;
    for (name, svg) in drawings(&costs)? {
        fs_err::write(folder.join(name), svg)?;
    }
    let text = serde_json::to_string_pretty(&costs)? + "\n";
    fs_err::write(folder.join("costs.json"), text)?;
    Ok(())
}

/// Measures a place in a process of its own.
fn apart(place: Place) -> Fallible<Measured> {
    let ended = Command::new(std::env::current_exe()?)
        .args(["one", &serde_json::to_string(&place)?])
        .stderr(Stdio::inherit())
        .output()?;
    if !ended.status.success() {
        return Err(format!("the measurement of {place:?} ended with {}", ended.status).into());
    }
    Ok(serde_json::from_slice(&ended.stdout)?)
}
