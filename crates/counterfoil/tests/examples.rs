//! The program in `examples/` trains and its answers follow what was asked.

#[expect(dead_code, reason = "the test calls what `main` calls")]
#[path = "../examples/train_and_ask.rs"]
mod train_and_ask;

/// Learned, seed 1: the answers come nearer to a = 1.5 than the images as they are.
#[test]
fn a_small_model_follows_what_is_set() {
    let folder = tempfile::tempdir().unwrap();
    let [answered, left] = train_and_ask::train_and_ask(folder.path()).unwrap();
    assert!(answered < 0.8 * left, "{answered} {left}");
    assert!(folder.path().join("answers.png").is_file());
}
