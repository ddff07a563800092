//! How the C library keeps memory for a process that computes.
//!
//! A training step takes and returns some hundred megabytes of activations. glibc gives such pieces back to the system at
//! once, and each comes back as zeroed pages, one fault for each 4 KiB; kept, and in pages of 2 MiB, they cost nothing:
//! a step of size `small` takes a tenth less time (docs/performance.md). Other C libraries do not read the variable.

use std::ffi::OsStr;
use std::process::Command;

/// The variable that glibc reads when a process starts (`info libc tunables`).
const TUNABLES: &str = "GLIBC_TUNABLES";

/// Pieces of up to 1 GiB come from the heap, the heap is never cut, it grows by 64 MiB, and asks for large pages.
const KEEP: &str = "glibc.malloc.mmap_threshold=1073741824:glibc.malloc.trim_threshold=4294967296:\
                    glibc.malloc.top_pad=67108864:glibc.malloc.hugetlb=1";

/// Lets the C library of a child keep its memory, unless the user has settings of their own.
pub(crate) fn tune(command: &mut Command) {
    tune_unless(std::env::var_os(TUNABLES).as_deref(), command);
}

fn tune_unless(own: Option<&OsStr>, command: &mut Command) {
    if cfg!(target_os = "linux") && own.is_none() {
        command.env(TUNABLES, KEEP);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    #[cfg(target_os = "linux")]
    fn settings_of_the_user_stand() {
        let settings = |own: Option<&str>| {
            let mut command = Command::new("true");
            tune_unless(own.map(OsStr::new), &mut command);
            command.get_envs().map(|(name, _)| name.to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(settings(None), [TUNABLES]);
        assert!(settings(Some("glibc.malloc.check=1")).is_empty());
    }
}
