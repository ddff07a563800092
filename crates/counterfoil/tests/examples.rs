//! The programs in `examples/` train, ask, and hand over what Python can read.

use counterfoil::{
    prelude::{Imagination, RunDir, Silent},
    tensor::archive,
};

#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/train_and_ask.rs"]
mod train_and_ask;

#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/train_on_own_world.rs"]
mod train_on_own_world;

#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/hand_to_python.rs"]
mod hand_to_python;

/// Learned, seed 1: the answers come nearer to a = 1.5 than the images as they are. What is handed to Python is all there.
#[test]
fn a_small_model_follows_what_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let [answered, left] = train_and_ask::train_and_ask(folder.path()).unwrap();
    assert!(answered < 0.8 * left, "{answered} {left}");
    assert!(folder.path().join("answers.png").is_file());

    // One training serves both programs.
    let run = RunDir::open(&folder.path().join("runs"), "linear").unwrap();
    let handed = folder.path().join("handed");
    let names = hand_to_python::hand_to_python(&run, &handed).unwrap();
    let arrays = archive::read(&handed.join("codes.safetensors")).unwrap();
    let shape = |name: &str| arrays.iter().find(|(n, _)| n == name).unwrap().1.size();
    assert_eq!(names.len(), arrays.len());
    assert_eq!((shape("z.b"), shape("u.style")), (vec![128, 4], vec![128, 4]));
    assert_eq!((shape("label.c"), shape("image")), (vec![128], vec![128, 1, 16, 16]));
    for file in ["counterfactuals.png", "look.py"] {
        assert!(handed.join(file).is_file(), "{file}");
    }
}

/// Learned, seed 1: a world that no config knows is trained on, judged and asked as any other.
#[test]
fn a_model_of_an_own_world_follows_what_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let [answered, left] = train_on_own_world::train_and_ask(folder.path()).unwrap();
    assert!(answered < 0.5 * left, "{answered} {left}");
    let runs = folder.path().join("runs");
    let run = RunDir::open(&runs, "meter").unwrap();
    assert!(run.file("report.html").is_file());
    // Nothing but the program has its images.
    let said = Imagination::open(run, None, &mut Silent).unwrap_err().to_string();
    assert!(said.contains("data.kind") && said.contains("Data::of"), "{said}");
}
