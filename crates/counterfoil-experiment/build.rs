//! Records what the crate is built with, for the manifest of every run: compiler, libtorch and the lock file.

#![expect(clippy::disallowed_methods, reason = "failures are left out, so no message needs a path")]

use std::{env, fs, path::Path, process::Command};

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    println!("cargo:rerun-if-env-changed=LIBTORCH");

    let rustc = env::var_os("RUSTC").and_then(|rustc| {
        let said = Command::new(rustc).arg("--version").output().ok()?;
        Some(String::from_utf8(said.stdout).ok()?.trim().to_owned())
    });
    println!("cargo:rustc-env=COUNTERFOIL_RUSTC={}", rustc.as_deref().unwrap_or("unknown"));

    let libtorch = env::var_os("LIBTORCH").and_then(|root| libtorch_version(Path::new(&root)));
    println!("cargo:rustc-env=COUNTERFOIL_LIBTORCH={}", libtorch.as_deref().unwrap_or("unknown"));

    // The lock file is embedded, so that the manifest describes the binary and not the folder it is started in.
    // A crate that is built outside its workspace has none.
    let lock =
        Path::new(&env::var_os("CARGO_MANIFEST_DIR").unwrap_or_default()).join("../../Cargo.lock");
    println!("cargo:rerun-if-changed={}", lock.display());
    let text = fs::read_to_string(&lock).unwrap_or_default();
    let out = Path::new(&env::var_os("OUT_DIR").unwrap_or_default()).join("Cargo.lock");
    if let Err(e) = fs::write(&out, text) {
        println!("cargo:warning=the lock file is not embedded: {e}");
    }
}

/// The version that the headers of a libtorch folder declare.
fn libtorch_version(root: &Path) -> Option<String> {
    let text = fs::read_to_string(root.join("include/torch/headeronly/version.h")).ok()?;
    let part = |name: &str| {
        let line = text.lines().find(|line| line.split_whitespace().nth(1) == Some(name))?;
        line.split_whitespace().nth(2)
    };
    let [major, minor, patch] =
        ["TORCH_VERSION_MAJOR", "TORCH_VERSION_MINOR", "TORCH_VERSION_PATCH"].map(part);
    Some(format!("{}.{}.{}", major?, minor?, patch?))
}
