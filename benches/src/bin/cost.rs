//! Measures what training costs against image side, batch and variables, and draws it: `cargo xtask bench --cost FOLDER`.
//!
//! ```text
//! cost all FOLDER ROUNDS   every place, in processes of its own; drawings and costs.json go to FOLDER
//! cost one PLACE           one place, given as JSON; prints what was measured as JSON
//! cost run FILE KEY=VALUE  the training of an experiment with these keys; prints its peak of memory and its fastest step
//! ```

use counterfoil_benches::cost::{Cost, Costs, Measured, Place, drawings, measure, places};
use counterfoil_experiment::{
    config::Config,
    data::Data,
    progress::Silent,
    run_dir::{Cpu, Origin, Part, RunDir, peak_rss_mib, read_events},
    train::{LOSS, train},
};
use std::{
    error::Error,
    path::Path,
    process::{Command, Stdio},
    sync::atomic::AtomicBool,
};

type Fallible<T> = Result<T, Box<dyn Error>>;

fn main() -> Fallible<()> {
    let words: Vec<String> = std::env::args().skip(1).collect();
    match words.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        ["one", place] => one(place),
        ["all", folder, rounds] => all(Path::new(folder), rounds.parse()?),
        ["run", file, ..] => run(Path::new(file), &words[2..]),
        _ => Err("say `all FOLDER ROUNDS`, `one PLACE`, or `run FILE KEY=VALUE...`".into()),
    }
}

#[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
fn one(place: &str) -> Fallible<()> {
    let place: Place = serde_json::from_str(place)?;
    println!("{}", serde_json::to_string(&measure(place)?)?);
    Ok(())
}

/// Trains as `counterfoil run` does, data and checkpoints included, and evaluates nothing.
#[expect(clippy::print_stdout, reason = "printing the measurement is what this program does")]
fn run(file: &Path, keys: &[String]) -> Fallible<()> {
    let set = [&["training.log_every=1".to_owned()], keys].concat();
    let config = Config::load(file, None, &set)?;
    let data = Data::load(&config)?;
    let folder = tempfile::tempdir()?;
    let run = RunDir::create(folder.path(), &config, &data, Origin::default())?;
    train(&run, &config, &data, &mut Silent, &AtomicBool::new(false))?;
    let peak = peak_rss_mib().ok_or("this system does not tell the peak of memory")?;
    let events = read_events(run.path())?;
    let trained = events.iter().filter(|event| event.name == LOSS && event.split == Part::Train);
    let walls: Vec<f64> = trained.map(|event| event.wall).collect();
    let step = walls.windows(2).map(|pair| pair[1] - pair[0]).fold(f64::INFINITY, f64::min);
    println!(r#"{{"peak_mib": {peak:.0}, "step_s": {step:.3}}}"#);
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
