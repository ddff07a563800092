//! How many threads render images and score them changes no bit.

use crate::bench::{Bench, outcome};

#[test]
fn threads_beside_those_of_tensors_change_nothing() {
    let bench = Bench::new();
    let run = |threads: &str| {
        let out = format!("runs-{threads}");
        let mut command = bench.command(&["run", "tiny.toml", "--out", &out]);
        let ended = command.env("RAYON_NUM_THREADS", threads).output().unwrap();
        assert!(ended.status.success(), "{ended:?}");
        let folder = fs_err::read_dir(bench.path(out).join("tiny")).unwrap().next().unwrap();
        outcome(&folder.unwrap().path())
    };
    let (one, three) = (run("1"), run("3"));
    assert!(one.0 == three.0, "checkpoints or pictures differ");
    assert_eq!(one.1, three.1);
}
