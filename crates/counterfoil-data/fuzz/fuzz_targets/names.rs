//! Any name of a picture says the labels of a pendulum or is refused; labels are finite numbers.
#![no_main]

use std::{fs, path::Path, sync::LazyLock};

use counterfoil_data::{
    pendulum::files::{Labels, load},
    png::Picture,
};

#[path = "../../../counterfoil-graph/fuzz/fuzz_targets/limit.rs"]
mod limit;
mod shared;

static PICTURE: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let picture = Picture::new(2, 2, 1, vec![7; 4]).expect("it has a size");
    picture.encode().expect("it is small")
});

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(name) = std::str::from_utf8(bytes) else { return };
    // What a file may be called at all.
    if name.is_empty() || name.len() > 200 || name.contains(['/', '\0']) {
        return;
    }
    let name = format!("{name}.png");
    if Path::new(&name).file_name().is_none() {
        return;
    }
    let file = shared::file(&name, &PICTURE);
    let read = load(file.parent().expect("it is in a folder"), Labels::Named);
    fs::remove_file(&file).expect("it was written");
    if let Ok(data) = read {
        assert!(data.labels().iter().all(|label| label.is_finite()));
    }
});
