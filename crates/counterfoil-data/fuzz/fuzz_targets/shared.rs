//! Readers of files get their bytes through a file in memory.

use std::path::PathBuf;

/// The folder of this process.
pub fn folder() -> PathBuf {
    let memory = PathBuf::from("/dev/shm");
    let root = if memory.is_dir() { memory } else { std::env::temp_dir() };
    root.join(format!("counterfoil-fuzz-{}", std::process::id()))
}

/// Writes a file into the folder of this process.
pub fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = folder();
    std::fs::create_dir_all(&folder).expect("there is room");
    let file = folder.join(name);
    std::fs::write(&file, bytes).expect("there is room");
    file
}
