//! Threads that train one model as processes would: what they say to each other goes through memory instead of a network.

#![expect(clippy::unwrap_used, reason = "a test fails where its fixture does")]

mod bench;

use std::{
    sync::{
        Arc, Condvar, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use counterfoil_experiment::{
    Result,
    checkpoint::Checkpoints,
    progress::Reporter,
    ranks::{Alone, Ranks},
    run_dir::{Event, Manifest, Part, RunDir, StoppedBy, read_events},
    train::{LOSS, Outcome, train_among},
};

use bench::Bench;

const CONFIG: &str = r#"
graph = "tiny.dot"
[experiment]
name = "tiny"
seed = 5
[data]
kind = "digits"
count = 60
split = [40, 10, 10]
labelled = 0.7
[model]
size = "tiny"
[training]
steps = 12
batch = 8
precision = "f32"
warmup_steps = 3
log_every = 1
validate_every = 4
validation_images = 10
checkpoint_every = 4
keep = 10
threads = 1
[evaluation]
images = 10
tenfold_images = 2
"#;

/// A place where threads meet.
#[derive(Debug)]
struct Place {
    /// How many wait, and how often all have met.
    waiting: Mutex<(usize, usize)>,
    met: Condvar,
    sums: Mutex<Vec<Vec<f32>>>,
    said: Mutex<Vec<u8>>,
}

/// One of several threads.
#[derive(Debug)]
struct Thread {
    rank: usize,
    count: usize,
    place: Arc<Place>,
    /// What this rank alone adds to the first number of long sums: an arithmetic that is not that of the others.
    error: f32,
}

impl Thread {
    /// Waits for all. One that never comes fails the test instead of stopping it.
    fn meet(&self) {
        let mut waiting = self.place.waiting.lock().unwrap();
        waiting.0 += 1;
        if waiting.0 == self.count {
            *waiting = (0, waiting.1 + 1);
            self.place.met.notify_all();
            return;
        }
        let before = waiting.1;
        let patience = Duration::from_mins(2);
        let still = |waiting: &mut (usize, usize)| waiting.1 == before;
        let ended = self.place.met.wait_timeout_while(waiting, patience, still).unwrap();
        assert!(!ended.1.timed_out(), "rank {} waits for one that does not come", self.rank);
    }

    fn all(count: usize) -> Vec<Self> {
        let place = Arc::new(Place {
            waiting: Mutex::new((0, 0)),
            met: Condvar::new(),
            sums: Mutex::new(vec![Vec::new(); count]),
            said: Mutex::new(Vec::new()),
        });
        let of = |rank| Self { rank, count, place: place.clone(), error: 0.0 };
        (0..count).map(of).collect()
    }
}

impl Ranks for Thread {
    fn rank(&self) -> usize {
        self.rank
    }

    fn count(&self) -> usize {
        self.count
    }

    fn local_rank(&self) -> usize {
        self.rank
    }

    fn sum(&self, values: &mut [f32]) {
        self.place.sums.lock().unwrap()[self.rank] = values.to_vec();
        self.meet();
        let parts = self.place.sums.lock().unwrap().clone();
        assert!(parts.iter().all(|part| part.len() == values.len()), "messages of unequal length");
        for (k, value) in values.iter_mut().enumerate() {
            *value = parts.iter().map(|part| part[k]).sum();
        }
        if values.len() > 1000 {
            values[0] += self.error;
        }
        self.meet();
    }

    fn tell(&self, said: Vec<u8>) -> Vec<u8> {
        if self.rank == 0 {
            *self.place.said.lock().unwrap() = said;
        }
        self.meet();
        let heard = self.place.said.lock().unwrap().clone();
        self.meet();
        heard
    }
}

impl Bench {
    fn new() -> Self {
        Self::of(CONFIG, &[])
    }

    /// Trains as all of `ranks` until the end, or until rank `stop.0` alone is interrupted in step `stop.1`.
    fn train<R: Ranks + Send>(
        &self,
        run: &RunDir,
        ranks: Vec<R>,
        stop: Option<(usize, u64)>,
    ) -> Vec<Result<Outcome>> {
        thread::scope(|scope| {
            let begin = |ranks: R| {
                scope.spawn(move || {
                    let flag = AtomicBool::new(false);
                    let step = stop.filter(|(rank, _)| *rank == ranks.rank()).map(|(_, step)| step);
                    let mut reporter = Stop { step, flag: &flag };
                    train_among(&ranks, run, &self.config, &self.data, &mut reporter, &flag)
                })
            };
            let threads: Vec<_> = ranks.into_iter().map(begin).collect();
            threads.into_iter().map(|thread| thread.join().unwrap()).collect()
        })
    }
}

/// Interrupts when a step is done.
struct Stop<'a> {
    step: Option<u64>,
    flag: &'a AtomicBool,
}

impl Reporter for Stop<'_> {
    fn begin(&mut self, _: &str, _: u64, _: u64) {}
    fn advance(&mut self, done: u64, _: &str) {
        self.flag.fetch_or(Some(done) == self.step, Ordering::Relaxed);
    }
    fn note(&mut self, _: &str) {}
    fn end(&mut self) {}
}

/// The values of a loss, entry by entry.
fn losses(run: &RunDir, part: Part) -> Vec<f64> {
    let of = |event: &Event| event.split == part && event.name == LOSS;
    read_events(run.path()).unwrap().into_iter().filter(of).map(|event| event.value).collect()
}

fn weights(run: &RunDir, step: u64) -> Vec<u8> {
    fs_err::read(run.file(format!("checkpoints/step-{step}/weights.safetensors"))).unwrap()
}

/// Float class: every entry of training and validation loss within 2e-4; the order of sums alone makes such a difference after
/// twelve steps, a share that was forgotten or counted twice makes 1e-2 in the first.
#[test]
fn several_ranks_have_the_losses_of_one() {
    let bench = Bench::new();
    let alone = bench.run();
    bench.train(&alone, vec![Alone], None).remove(0).unwrap();
    assert_eq!(Manifest::read(alone.path()).unwrap().ranks, None);
    for count in [2, 3] {
        let run = bench.run();
        for (rank, outcome) in bench.train(&run, Thread::all(count), None).into_iter().enumerate() {
            let outcome = outcome.unwrap();
            assert_eq!((outcome.steps, outcome.stopped_by), (12, StoppedBy::Steps), "rank {rank}");
        }
        assert_eq!(Manifest::read(run.path()).unwrap().ranks, Some(count));
        for (part, entries) in [(Part::Train, 12), (Part::Validation, 3)] {
            let (found, expected) = (losses(&run, part), losses(&alone, part));
            assert_eq!((found.len(), expected.len()), (entries, entries));
            for (found, expected) in found.iter().zip(&expected) {
                let apart = (found - expected).abs();
                assert!(apart < 2e-4 * (1.0 + expected.abs()), "{count} ranks, {part:?}: {apart}");
            }
        }
    }
}

/// Exact: one rank is interrupted, all end in the same step with one checkpoint, and go on to the weights of a run that was
/// not; twice as many ranks go on from it as well.
#[test]
fn an_interrupted_rank_ends_all_and_all_resume() {
    let bench = Bench::new();
    let unbroken = bench.run();
    for outcome in bench.train(&unbroken, Thread::all(2), None) {
        outcome.unwrap();
    }
    for stopped in [0, 1] {
        let run = bench.run();
        for outcome in bench.train(&run, Thread::all(2), Some((stopped, 6))) {
            let outcome = outcome.unwrap();
            assert_eq!((outcome.steps, outcome.stopped_by), (6, StoppedBy::Interrupt));
        }
        assert_eq!(Checkpoints::of(run.path()).steps().unwrap(), [4, 6]);
        for outcome in bench.train(&run, Thread::all(2), None) {
            assert_eq!(outcome.unwrap().steps, 12);
        }
        assert!(weights(&run, 12) == weights(&unbroken, 12), "rank {stopped} was stopped");
    }
    let run = bench.run();
    bench.train(&run, Thread::all(2), Some((0, 6)));
    for outcome in bench.train(&run, Thread::all(4), None) {
        assert_eq!(outcome.unwrap().stopped_by, StoppedBy::Steps);
    }
    // A run that has ended is not trained again, by however many.
    for outcome in bench.train(&run, Thread::all(2), None) {
        assert_eq!(outcome.unwrap().steps, 12);
    }
}

/// A rank that computes otherwise is found at the next checkpoint, before it is written.
#[test]
fn ranks_whose_weights_differ_stop() {
    let bench = Bench::new();
    let run = bench.run();
    let mut ranks = Thread::all(3);
    ranks[1].error = 1e-3;
    for outcome in bench.train(&run, ranks, None) {
        let error = outcome.unwrap_err();
        assert_eq!(error.exit_status(), 1);
        let said = error.to_string();
        assert!(said.contains("hold different weights after step 4"), "{said}");
    }
    assert!(Checkpoints::of(run.path()).steps().unwrap().is_empty());
}
