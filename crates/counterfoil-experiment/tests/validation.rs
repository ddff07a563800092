//! What is measured of averaged weights during training.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

mod bench;

use std::sync::atomic::AtomicBool;

use counterfoil_experiment::{
    progress::Silent,
    run_dir::{Event, Part, read_events},
    train::train,
};

use bench::Bench;

/// Weights that hardly move: what a validation says of them may not depend on when it is asked.
const CONFIG: &str = r#"
graph = "tiny.dot"
[experiment]
name = "tiny"
seed = 5
[data]
kind = "digits"
count = 200
split = [160, 30, 10]
[model]
size = "tiny"
[objective]
warm_up = 0.0
[training]
steps = 40
batch = 16
learning_rate = 1e-9
final_learning_rate = 1e-10
precision = "f32"
warmup_steps = 1
validate_every = 10
validation_images = 30
threads = 1
[evaluation]
images = 10
tenfold_images = 2
"#;

/// Float class, 0.03: running statistics begin at mean 0 and variance 1 and take some twenty steps to become those of the
/// images. Averaged weights have their own from the first validation on; with those of the trained weights what is read off
/// images is wrong by a quarter more at step 10.
#[test]
fn validation_does_not_depend_on_running_statistics() {
    let bench = Bench::of(CONFIG, &[]);
    let run = bench.run();
    train(&run, &bench.config, &bench.data, &mut Silent, &AtomicBool::new(false)).unwrap();
    let events = read_events(run.path()).unwrap();
    let label = |step: u64| {
        let of = |e: &&Event| e.split == Part::Validation && e.name == "label" && e.step == step;
        events.iter().find(of).unwrap().value
    };
    for step in [10, 20] {
        let (value, last) = (label(step), label(40));
        assert!((value - last).abs() < 0.03 * last, "step {step}: {value} {last}");
    }
}
