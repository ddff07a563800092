//! Takes libtorch's libraries and headers out of a wheel, which is a zip archive.

use std::io::{self, Read, Write as _};
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};
use fs_err::File;
use zip::ZipArchive;

use super::progress::Progress;
use super::recipe::Recipe;
use crate::process;

/// Unpacks what the recipe wants from a wheel into an install's folder.
pub(super) fn unpack(
    name: &str,
    wheel: &Path,
    recipe: &Recipe,
    install: &Path,
) -> anyhow::Result<()> {
    let mut archive = ZipArchive::new(io::BufReader::new(File::open(wheel)?))
        .with_context(|| format!("{} is no wheel", wheel.display()))?;
    let mut wanted = Vec::new();
    let mut bytes = 0;
    for index in 0..archive.len() {
        let entry = archive.by_index_raw(index)?;
        if let Some(place) = recipe.place(entry.name()).filter(|_| entry.is_file()) {
            bytes += entry.size();
            wanted.push((index, place));
        }
    }
    let progress = Progress::new(&format!("unpacking {name}"), bytes);
    let mut done = 0;
    for (index, place) in wanted {
        let target = install.join(place);
        if let Some(folder) = target.parent() {
            fs_err::create_dir_all(folder)?;
        }
        copy(&mut archive.by_index(index)?, &mut File::create(&target)?, |bytes| {
            done += bytes;
            progress.at(done);
        })
        .with_context(|| format!("cannot unpack {}", target.display()))?;
    }
    Ok(())
}

/// Copies in pieces, so that progress is seen and Ctrl-C is heard. The archive checks its own CRC
/// at the end.
fn copy(from: &mut impl Read, to: &mut File, mut advance: impl FnMut(u64)) -> anyhow::Result<()> {
    let mut piece = vec![0; 1 << 20];
    loop {
        process::stop_if_interrupted()?;
        let length = from.read(&mut piece)?;
        if length == 0 {
            return Ok(());
        }
        to.write_all(&piece[..length])?;
        advance(length as u64);
    }
}

/// Makes the `libtorch.so` of an install for the CPU: nothing but a name that leads to
/// `libtorch_cpu.so` and `libc10.so`.
pub(super) fn make_empty_libtorch(lib: &Path) -> anyhow::Result<()> {
    let compiler = process::variable("CC").unwrap_or_else(|| "cc".into());
    let made = Command::new(&compiler)
        .args(["-shared", "-fPIC", "-x", "c", "/dev/null", "-o"])
        .arg(lib.join("libtorch.so"))
        .arg("-Wl,-soname,libtorch.so")
        .arg("-L")
        .arg(lib)
        .args(["-Wl,--no-as-needed", "-ltorch_cpu", "-lc10"])
        .args(["-Wl,-rpath,$ORIGIN", "-Wl,--allow-shlib-undefined"])
        .output()
        .with_context(|| format!("cannot start the C compiler {}", compiler.display()))?;
    if !made.status.success() {
        let words = String::from_utf8_lossy(&made.stderr);
        bail!(
            "the C compiler {} cannot link libtorch.so: {}",
            compiler.display(),
            words.lines().last().unwrap_or("no reason given")
        );
    }
    Ok(())
}
