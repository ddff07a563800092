//! Makes an install once: fetch, check, unpack beside it, rename. Whatever interrupts this, the
//! next call goes on with the wheels that were already checked, and nobody ever sees half an
//! install.

use std::fs::TryLockError;
use std::io;
use std::path::{Path, PathBuf};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context as _, anyhow, bail};
use fs_err::File;
use sha2::{Digest as _, Sha256};

use super::recipe::{Recipe, VERSION, Wheel};
use super::{marker, unpack};
use crate::process;
use crate::status::bad_input;

/// Puts a wheel into a folder under its own name.
pub(super) type Fetch<'a> = &'a dyn Fn(&Wheel, &Path) -> anyhow::Result<()>;

/// Whether the recipe's install stands finished in the home folder.
pub(super) fn is_ready(home: &Path, recipe: &Recipe) -> bool {
    marker::is_ready(&home.join(recipe.folder()), recipe)
}

/// The recipe's install in the home folder, made where it is not there yet.
pub(super) fn install(home: &Path, recipe: &Recipe, fetch: Fetch<'_>) -> anyhow::Result<PathBuf> {
    let install = home.join(recipe.folder());
    if marker::is_ready(&install, recipe) {
        return Ok(install);
    }
    make(home, &install, recipe, fetch)
        .map_err(|error| if is_full(&error) { disk_full(home, recipe) } else { error })?;
    Ok(install)
}

fn make(home: &Path, install: &Path, recipe: &Recipe, fetch: Fetch<'_>) -> anyhow::Result<()> {
    fs_err::create_dir_all(home).map_err(|error| {
        bad_input(format!("{error}: set COUNTERFOIL_HOME to a folder that can be made and written"))
    })?;
    let _lock = lock(home)?;
    // Another setup may have done it while this one waited.
    if marker::is_ready(install, recipe) {
        return Ok(());
    }
    let partial = Partial::new(home)?;
    let downloads = home.join("downloads");
    fs_err::create_dir_all(&downloads)?;
    let wheels = recipe
        .wheels
        .iter()
        .map(|wheel| checked_wheel(wheel, &downloads, &partial.0.join("fetch"), fetch))
        .collect::<anyhow::Result<Vec<_>>>()?;
    let new = partial.0.join("new");
    for (wheel, file) in recipe.wheels.iter().zip(&wheels) {
        unpack::unpack(&wheel.requirement(), file, recipe, &new)?;
    }
    if recipe.empty_libtorch {
        unpack::make_empty_libtorch(&new.join("lib"))?;
    }
    fs_err::write(new.join("build-version"), format!("{VERSION}\n"))?;
    marker::write(&new, recipe)?;
    if install.exists() {
        eprintln!("replacing {}, which is not a finished install", install.display());
        fs_err::rename(install, partial.0.join("old"))?;
    }
    fs_err::rename(&new, install)?;
    Ok(())
}

/// The folder for unfinished work; it is emptied before and removed after.
struct Partial(PathBuf);

impl Partial {
    fn new(home: &Path) -> anyhow::Result<Partial> {
        let folder = home.join("partial");
        if folder.exists() {
            fs_err::remove_dir_all(&folder)?;
        }
        fs_err::create_dir(&folder)?;
        Ok(Partial(folder))
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        // What cannot be removed now is removed by the next setup.
        let _ = fs_err::remove_dir_all(&self.0);
    }
}

/// Holds the home folder's lock until it is dropped; the system drops it for a process that dies.
fn lock(home: &Path) -> anyhow::Result<File> {
    let path = home.join("setup.lock");
    let file = File::create(&path)?;
    let mut told = false;
    loop {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => {
                if !told {
                    eprintln!("waiting for another setup, which holds {}", path.display());
                    told = true;
                }
                process::stop_if_interrupted()?;
                sleep(Duration::from_millis(200));
            }
            Err(TryLockError::Error(error)) => {
                return Err(error).with_context(|| format!("cannot lock {}", path.display()));
            }
        }
    }
}

/// A wheel whose hash is right: the one downloaded earlier, or a new one.
fn checked_wheel(
    wheel: &Wheel,
    downloads: &Path,
    fetching: &Path,
    fetch: Fetch<'_>,
) -> anyhow::Result<PathBuf> {
    let kept = downloads.join(&wheel.file);
    if kept.exists() {
        if sha256(&kept)? == wheel.sha256 {
            return Ok(kept);
        }
        eprintln!("{} is damaged and is fetched again", kept.display());
        fs_err::remove_file(&kept)?;
    }
    fs_err::create_dir_all(fetching)?;
    fetch(wheel, fetching)
        .with_context(|| format!("cannot install libtorch into {}", downloads.display()))?;
    let fetched = fetching.join(&wheel.file);
    if !fetched.exists() {
        bail!("pip fetched no {}", wheel.file);
    }
    let found = sha256(&fetched)?;
    if found != wheel.sha256 {
        bail!(
            "{} has SHA-256 {found} and {} is pinned: the package index gave another file",
            wheel.file,
            wheel.sha256
        );
    }
    fs_err::rename(&fetched, &kept)?;
    Ok(kept)
}

fn sha256(file: &Path) -> anyhow::Result<String> {
    let mut hash = Sha256::new();
    io::copy(&mut File::open(file)?, &mut hash)?;
    Ok(format!("{:x}", hash.finalize()))
}

/// Whether an error says that the disk is full: one of our own writes, or pip's.
fn is_full(error: &anyhow::Error) -> bool {
    let full = [io::ErrorKind::StorageFull, io::ErrorKind::QuotaExceeded];
    error.chain().any(|cause| {
        cause.downcast_ref::<io::Error>().is_some_and(|cause| full.contains(&cause.kind()))
            || cause.to_string().contains("No space left on device")
    })
}

fn disk_full(home: &Path, recipe: &Recipe) -> anyhow::Error {
    let wheels: u64 = recipe.wheels.iter().map(|wheel| wheel.bytes).sum();
    // The libraries take about twice the room of the wheels that they come in.
    let gigabytes = (3.0 * wheels as f64 / 1e9).ceil();
    anyhow!(
        "the disk of {} is full: free {gigabytes} GB, or set COUNTERFOIL_HOME to a folder on \
         another disk",
        home.display()
    )
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::io::Write as _;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::recipe::Kind;
    use super::*;

    const LIBRARY: &[u8] = b"a library";

    /// A wheel of the shape of torch's, and a recipe that pins it.
    fn small() -> (Vec<u8>, Recipe) {
        let mut archive = zip::ZipWriter::new(io::Cursor::new(Vec::new()));
        for name in
            ["torch/lib/libtorch_cpu.so", "torch/lib/libtorch_cuda.so", "torch/include/torch/a.h"]
        {
            archive.start_file(name, zip::write::FileOptions::default()).unwrap();
            archive.write_all(LIBRARY).unwrap();
        }
        let bytes = archive.finish().unwrap().into_inner();
        let wheel = Wheel {
            file: "torch-0-py3-none-any.whl".into(),
            bytes: bytes.len() as u64,
            sha256: format!("{:x}", Sha256::digest(&bytes)),
        };
        (bytes, Recipe { kind: Kind::Cpu, wheels: vec![wheel], empty_libtorch: false })
    }

    /// Installs, and counts how often something was fetched.
    fn install_counting(
        home: &Path,
        recipe: &Recipe,
        offered: &[u8],
    ) -> (anyhow::Result<PathBuf>, usize) {
        let fetched = Cell::new(0);
        let result = install(home, recipe, &|wheel, into| {
            fetched.set(fetched.get() + 1);
            fs_err::write(into.join(&wheel.file), offered)?;
            Ok(())
        });
        (result, fetched.get())
    }

    #[test]
    fn an_install_is_made_once() {
        let home = tempfile::tempdir().unwrap();
        let (bytes, recipe) = small();
        let (made, fetched) = install_counting(home.path(), &recipe, &bytes);
        let install = made.unwrap();
        assert_eq!(fetched, 1);
        assert_eq!(fs_err::read(install.join("lib/libtorch_cpu.so")).unwrap(), LIBRARY);
        assert_eq!(fs_err::read(install.join("include/torch/a.h")).unwrap(), LIBRARY);
        assert!(!install.join("lib/libtorch_cuda.so").exists());
        assert!(!home.path().join("partial").exists());
        assert!(is_ready(home.path(), &recipe));
        assert_eq!(install_counting(home.path(), &recipe, &bytes).1, 0);
    }

    #[test]
    fn a_broken_or_foreign_install_is_replaced_without_fetching() {
        let home = tempfile::tempdir().unwrap();
        let (bytes, recipe) = small();
        let install = install_counting(home.path(), &recipe, &bytes).0.unwrap();
        fs_err::write(install.join("lib/libtorch_cpu.so"), "cut").unwrap();
        fs_err::write(install.join("foreign"), "").unwrap();
        let (again, fetched) = install_counting(home.path(), &recipe, &bytes);
        assert_eq!(fetched, 0);
        assert_eq!(fs_err::read(again.unwrap().join("lib/libtorch_cpu.so")).unwrap(), LIBRARY);
        assert!(!install.join("foreign").exists());
    }

    #[test]
    fn a_wheel_with_another_hash_is_refused() {
        let home = tempfile::tempdir().unwrap();
        let (_, recipe) = small();
        let error = install_counting(home.path(), &recipe, b"something else").0.unwrap_err();
        assert!(error.to_string().contains("is pinned"), "{error}");
        assert!(!home.path().join(recipe.folder()).exists());
        assert!(!home.path().join("downloads").join(&recipe.wheels[0].file).exists());
    }

    #[test]
    fn an_earlier_download_is_taken_when_it_is_whole() {
        let (bytes, recipe) = small();
        for (kept, expected) in [(bytes.as_slice(), 0), (&bytes[1..], 1)] {
            let home = tempfile::tempdir().unwrap();
            let downloads = home.path().join("downloads");
            fs_err::create_dir_all(&downloads).unwrap();
            fs_err::write(downloads.join(&recipe.wheels[0].file), kept).unwrap();
            let (made, fetched) = install_counting(home.path(), &recipe, &bytes);
            assert!(made.is_ok());
            assert_eq!(fetched, expected);
        }
    }

    #[test]
    fn what_a_killed_setup_left_behind_does_not_matter() {
        let home = tempfile::tempdir().unwrap();
        let (bytes, recipe) = small();
        fs_err::create_dir_all(home.path().join("partial/new/lib")).unwrap();
        fs_err::write(home.path().join("partial/new/lib/half.so"), "ha").unwrap();
        let install = install_counting(home.path(), &recipe, &bytes).0.unwrap();
        assert!(!install.join("lib/half.so").exists());
    }

    #[test]
    fn setups_at_the_same_time_fetch_once() {
        let home = tempfile::tempdir().unwrap();
        let (bytes, recipe) = small();
        let fetched = AtomicUsize::new(0);
        std::thread::scope(|scope| {
            for _ in 0..4 {
                scope.spawn(|| {
                    install(home.path(), &recipe, &|wheel, into| {
                        fetched.fetch_add(1, Ordering::Relaxed);
                        fs_err::write(into.join(&wheel.file), &bytes)?;
                        Ok(())
                    })
                    .unwrap();
                });
            }
        });
        assert_eq!(fetched.into_inner(), 1);
    }

    #[test]
    fn a_full_disk_gets_one_sentence() {
        let home = tempfile::tempdir().unwrap();
        let (_, recipe) = small();
        let full = || io::Error::from(io::ErrorKind::StorageFull);
        for cause in [anyhow::Error::from(full()), anyhow!("No space left on device")] {
            let cause = Cell::new(Some(cause));
            let error =
                install(home.path(), &recipe, &|_, _| Err(cause.take().unwrap())).unwrap_err();
            assert!(error.to_string().contains("COUNTERFOIL_HOME"), "{error:#}");
        }
    }
}
