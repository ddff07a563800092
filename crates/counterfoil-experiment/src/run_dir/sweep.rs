//! What a kill leaves half written: files and folders under temporary names, `NAME.PID.tmp`.

use std::path::Path;

use crate::error::Result;

/// Removes, at any depth under `folder`, what processes that are no more left under a temporary name.
pub(super) fn sweep(folder: &Path) -> Result<()> {
    for entry in fs_err::read_dir(folder)? {
        let entry = entry?;
        let (path, is_folder) = (entry.path(), entry.file_type()?.is_dir());
        let left = writer(&entry.file_name().to_string_lossy()).is_some_and(|pid| !running(pid));
        match (left, is_folder) {
            (true, true) => fs_err::remove_dir_all(path)?,
            (true, false) => fs_err::remove_file(path)?,
            (false, true) => sweep(&path)?,
            (false, false) => {}
        }
    }
    Ok(())
}

/// The process that gave something this temporary name; nothing for other names.
fn writer(name: &str) -> Option<u32> {
    name.strip_suffix(".tmp")?.rsplit_once('.')?.1.parse().ok()
}

/// Whether another process of that number runs; one that evaluates the same run must not lose what it writes.
///
/// Only Linux shows this without a call; elsewhere the others are taken to be gone.
fn running(pid: u32) -> bool {
    pid != std::process::id() && Path::new("/proc").join(pid.to_string()).exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn torsos_go_and_everything_else_stays() {
        let run = tempfile::tempdir().unwrap();
        let make = |name: &str| {
            let path = run.path().join(name);
            fs_err::create_dir_all(path.parent().unwrap()).unwrap();
            fs_err::write(&path, "half").unwrap();
            path
        };
        // No process has a number this large; this one writes nothing while it sweeps.
        let mine = std::process::id();
        let gone = [
            make(".summary.json.4294967295.tmp"),
            make("counterfactuals/do.png.4294967295.tmp"),
            make("checkpoints/.step-8.4294967295.tmp/weights.safetensors"),
            make(&format!("checkpoints/.step-4.{mine}.tmp/weights.safetensors")),
        ];
        let kept = [make("summary.json"), make("checkpoints/step-4/state.json"), make("my.tmp")];
        // The first of all processes always runs.
        let theirs =
            if cfg!(target_os = "linux") { vec![make(".report.html.1.tmp")] } else { vec![] };
        sweep(run.path()).unwrap();
        assert!(gone.iter().all(|path| !path.exists()));
        assert!(kept.iter().chain(&theirs).all(|path| path.exists()));
    }
}
