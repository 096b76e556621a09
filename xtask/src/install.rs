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
use crate::platform::Platform;
use crate::python::Python;
use crate::releases::Release;
use crate::requirements::cuda_requirements;
use crate::share;
use crate::unpack::unpack;
use crate::variant::Variant;

/// The `torch` folder of a release in one flavour, from the cache or downloaded into it.
pub(crate) fn ensure(cache: &Cache, release: &Release, flavour: Flavour) -> Result<PathBuf, Error> {
    let version = release.version;
    let variant = Variant { version, flavour };
    let platform = Platform::current()?;
    if flavour == Flavour::Cuda && !platform.has_cuda(release) {
        return Err(Error::NoCudaHere(version));
    }
    let torch = cache.place(variant).join("torch");
    let is_whole = || torch.join("lib").join(platform.library()).is_file();
    if is_whole() {
        return Ok(torch);
    }
    let lock = cache.lock()?;
    if is_whole() {
        return Ok(torch); // the one that was waited for made it
    }
    let cuda = cache.place(Variant { version, flavour: Flavour::Cuda });
    if flavour == Flavour::Cpu && cuda.is_dir() {
        cache.add(&lock, variant, |folder| share::cpu_from_cuda(&cuda, folder))?;
        return Ok(torch);
    }
    let python = Python::find()?;
    python.check_pip()?;
    let begun = Instant::now();
    let size = match flavour {
        Flavour::Cpu => &release.cpu,
        Flavour::Cuda => &release.gpu,
    };
    disk::check_room(cache.folder(), size.room)?;
    eprintln!(
        "LibTorch {version} ({flavour}): {} to download into {}",
        size.download,
        cache.folder().display()
    );
    cache.add(&lock, variant, |folder| fill(&python, platform, release, flavour, folder))?;
    eprintln!("LibTorch {version} ({flavour}) is ready after {} s", begun.elapsed().as_secs());
    Ok(torch)
}

fn fill(
    python: &Python,
    platform: Platform,
    release: &Release,
    flavour: Flavour,
    folder: &Path,
) -> Result<(), Error> {
    let torch = format!("torch=={}", release.version);
    fetch(python, platform, &[&torch], Dependencies::Left, &Platform::kept(flavour), folder)?;
    let libraries = ["nvidia/*/lib/*.so*", "nvidia/*/include/*"].map(str::to_owned);
    match flavour {
        Flavour::Cpu => {
            let packages = platform.companions(release);
            fetch(python, platform, packages, Dependencies::Left, &libraries, folder)?;
        }
        Flavour::Cuda => {
            let packages = cuda_requirements(&metadata(folder, release)?);
            let packages: Vec<&str> = packages.iter().map(String::as_str).chain([release.headers]).collect();
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
        unpack(python, &wheel, folder, patterns)?;
    }
    fs::remove_dir_all(&wheels).map_err(Error::file("remove", &wheels))
}

/// The METADATA of torch's wheel, which names its dependencies.
fn metadata(folder: &Path, release: &Release) -> Result<String, Error> {
    let path = folder.join(format!("torch-{}.dist-info/METADATA", release.version));
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
