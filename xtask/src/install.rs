//! Puts LibTorch into the cache: downloads its wheels and lays them out as a folder to link against.
//!
//! A flavour's folder holds `torch/` (headers and libraries) and `nvidia/` beside it, where the
//! libraries look for CUDA's. That of the CPU flavour has none of the libraries that need a GPU's.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::time::Instant;

use crate::cache::Cache;
use crate::disk;
use crate::error::Error;
use crate::flavour::Flavour;
use crate::pip::{self, Dependencies};
use crate::platform::{PINNED, Platform};
use crate::python::Python;
use crate::requirements::cuda_requirements;
use crate::share;
use crate::wheel;

/// The flavour's `torch` folder, from the cache or downloaded into it.
pub(crate) fn ensure(cache: &Cache, flavour: Flavour) -> Result<PathBuf, Error> {
    let platform = Platform::current()?;
    if platform == Platform::MacArm && flavour == Flavour::Cuda {
        return Err(Error::NoCudaHere);
    }
    let torch = cache.place(flavour).join("torch");
    let is_whole = || torch.join("lib").join(platform.library()).is_file();
    if is_whole() {
        return Ok(torch);
    }
    let lock = cache.lock()?;
    if is_whole() {
        return Ok(torch); // the one that was waited for made it
    }
    let cuda = cache.place(Flavour::Cuda);
    if flavour == Flavour::Cpu && cuda.is_dir() {
        cache.add(&lock, flavour, |folder| share::cpu_from_cuda(&cuda, folder))?;
        return Ok(torch);
    }
    let python = Python::find()?;
    python.check_pip()?;
    let begun = Instant::now();
    let size = size(flavour);
    disk::check_room(cache.folder(), size.room)?;
    eprintln!(
        "LibTorch {PINNED} ({flavour}): {} to download into {}",
        size.download,
        cache.folder().display()
    );
    cache.add(&lock, flavour, |folder| fill(&python, platform, flavour, folder))?;
    eprintln!("LibTorch {PINNED} ({flavour}) is ready after {} s", begun.elapsed().as_secs());
    Ok(torch)
}

struct Size {
    download: &'static str,
    /// In bytes, while wheels and what was unpacked of them are on the disk together.
    room: u64,
}

/// Measured on Linux on `x86_64`, the largest.
fn size(flavour: Flavour) -> Size {
    match flavour {
        Flavour::Cpu => Size { download: "0.55 GB", room: 1_200_000_000 },
        Flavour::Cuda => Size { download: "2.5 GB", room: 6_000_000_000 },
    }
}

fn fill(python: &Python, platform: Platform, flavour: Flavour, folder: &Path) -> Result<(), Error> {
    let torch = format!("torch=={PINNED}");
    fetch(python, platform, &[&torch], Dependencies::Left, &Platform::kept(flavour), folder)?;
    let libraries = ["nvidia/*/lib/*.so*", "nvidia/*/include/*"].map(str::to_owned);
    match flavour {
        Flavour::Cpu => {
            let packages = platform.cpu_requirements();
            fetch(python, platform, packages, Dependencies::Left, &libraries, folder)?;
        }
        Flavour::Cuda => {
            let packages = cuda_requirements(&metadata(folder)?);
            let packages: Vec<&str> = packages.iter().map(String::as_str).collect();
            fetch(python, platform, &packages, Dependencies::Taken, &libraries, folder)?;
        }
    }
    add_link_name(&folder.join("torch/lib"))
}

/// Downloads packages and unpacks what `patterns` keep of them.
fn fetch(
    python: &Python,
    platform: Platform,
    packages: &[&str],
    dependencies: Dependencies,
    patterns: &[String],
    folder: &Path,
) -> Result<(), Error> {
    if packages.is_empty() {
        return Ok(());
    }
    let wheels = folder.join("wheels");
    fs::create_dir(&wheels).map_err(Error::file("make", &wheels))?;
    for wheel in pip::download(python, platform, packages, dependencies, &wheels)? {
        let name = wheel.file_name().unwrap_or_default().to_string_lossy();
        eprintln!("Unpacking {name}");
        wheel::unpack(python, &wheel, folder, patterns)?;
    }
    fs::remove_dir_all(&wheels).map_err(Error::file("remove", &wheels))
}

/// The METADATA of torch's wheel, which names its dependencies.
fn metadata(folder: &Path) -> Result<String, Error> {
    let path = folder.join(format!("torch-{PINNED}.dist-info/METADATA"));
    fs::read_to_string(&path).map_err(Error::file("read", &path))
}

/// torch-sys links with `-lgomp`; g++ brings that name, clang does not.
fn add_link_name(lib: &Path) -> Result<(), Error> {
    let name = lib.join("libgomp.so");
    if lib.join("libgomp.so.1").exists() && !name.exists() {
        symlink("libgomp.so.1", &name).map_err(Error::file("make the link", &name))?;
    }
    Ok(())
}
