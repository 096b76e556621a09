//! What can stop a task, each with one sentence that names the fix.

use std::io;
use std::path::{Path, PathBuf};

use crate::flavour::Flavour;
use crate::releases::NEWEST;
use crate::version::{SUPPORTED, Version};

#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("xtask was not started by cargo: run `cargo xtask` in the checkout")]
    NotFromCargo,
    #[error(
        "no C++ compiler answers to `{0} --version`: install one (Debian, Ubuntu: `apt install g++`; \
         Fedora: `dnf install gcc-c++`; macOS: `xcode-select --install`), or name yours in CXX"
    )]
    NoCompiler(String),
    #[error(
        "no Python 3 answers to `python3` or `python`, and LibTorch comes through pip: install Python 3 \
         with pip (Debian, Ubuntu: `apt install python3-pip`), or name a LibTorch in LIBTORCH"
    )]
    NoPython,
    #[error(
        "`{0}` has no pip, and LibTorch comes through it: install pip (Debian, Ubuntu: `apt install \
         python3-pip`; elsewhere: `{0} -m ensurepip`), or name a LibTorch in LIBTORCH"
    )]
    NoPip(&'static str),
    #[error(
        "pip {version} of `{python}` is older than 21 and cannot choose a package by platform: run \
         `{python} -m pip install --upgrade pip`"
    )]
    OldPip { python: &'static str, version: String },
    #[error(
        "pip could not reach its package index: check the network (behind a proxy, set HTTPS_PROXY), then run \
         this again"
    )]
    NoNetwork,
    #[error(
        "pip's index has no {0} for this machine: look at `python3 -m pip config list` and the PIP_ \
         variables, or name a LibTorch in LIBTORCH"
    )]
    NotInIndex(String),
    #[error("pip could not download {packages} ({reason}): fix that, then run this again")]
    Pip { packages: String, reason: String },
    #[error("{wheel} could not be unpacked ({reason}): run this again, and it is downloaded afresh")]
    Unpack { wheel: String, reason: String },
    #[error(
        "the disk of {} is full: free some of it, or name a folder on another disk in SUPERFUSE_CACHE",
        .0.display()
    )]
    DiskFull(PathBuf),
    #[error(
        "{} has {} free, and LibTorch needs {} there while it is set up: free some, or name a folder on \
         another disk in SUPERFUSE_CACHE",
        folder.display(), gigabytes(*free), gigabytes(*needed)
    )]
    TooLittleRoom { folder: PathBuf, free: u64, needed: u64 },
    #[error(
        "there is no LibTorch to download for {0}: use Linux (glibc) on x86_64 or aarch64 or macOS on Apple \
         silicon, or name a LibTorch in LIBTORCH"
    )]
    Unsupported(String),
    #[error(
        "LibTorch {0} has no CUDA for this machine: leave out --cuda, or name a LibTorch that has it in LIBTORCH"
    )]
    NoCudaHere(Version),
    #[error("cannot keep LibTorch in {} ({source}): name a folder of yours in SUPERFUSE_CACHE", folder.display())]
    Cache { folder: PathBuf, source: io::Error },
    #[error("there is no home folder to keep LibTorch in: set HOME or SUPERFUSE_CACHE")]
    NoCacheFolder,
    #[error(
        "{} is in the way of the link that xtask makes there: move it, or name that LibTorch in LIBTORCH",
        .0.display()
    )]
    LinkInTheWay(PathBuf),
    #[error("LIBTORCH is {}, a relative path: give it in full", .0.display())]
    RelativeLibtorch(PathBuf),
    #[error(
        "{} holds no LibTorch (no lib/{library} or no version header under include/): name the folder that \
         has both in LIBTORCH, or unset it",
        folder.display()
    )]
    NotALibtorch { folder: PathBuf, library: &'static str },
    #[error("{} holds LibTorch {version}, and {SUPPORTED} is needed: name one of these, or unset {variable} to have {} downloaded", folder.display(), NEWEST.version)]
    WrongVersion { folder: PathBuf, version: Version, variable: &'static str },
    #[error(
        "LIBTORCH_USE_PYTORCH is set, and `{0}` has no torch: install PyTorch {SUPPORTED} there, or unset it"
    )]
    NoPytorch(&'static str),
    #[error(
        "--{asked} was asked for, and {variable} names a LibTorch for {found}: leave out --{asked}, or unset {variable}"
    )]
    OtherFlavour { asked: Flavour, found: Flavour, variable: &'static str },
    #[error(
        "--libtorch {asked} was asked for, and {variable} names LibTorch {found}: leave out --libtorch, or unset {variable}"
    )]
    OtherVersion { asked: Version, found: Version, variable: &'static str },
    #[error(
        "Python could not make an environment with PyTorch in {} (see above): fix that (Debian, Ubuntu: \
         `apt install python3-venv`), or run benches/compare.py with a Python that has torch and numpy",
        .0.display()
    )]
    NoEnvironment(PathBuf),
    #[error("wheels of the program are made on Linux only: use `cargo xtask build` here")]
    NoWheelHere,
    #[error("objdump names {0}, and no glibc is known to go with it: add it to xtask/src/wheel/tag.rs")]
    UnknownSymbolVersion(String),
    #[error(
        "cargo does not say where {0} is, whose licence goes with a wheel: run `cargo clean --profile wheel`, then this again"
    )]
    NoPackageFolder(String),
    #[error("the program could not describe itself for the wheel ({0}): fix that, then run this again")]
    Program(String),
    #[error("{} could not be packed ({reason}): fix that, then run this again", wheel.display())]
    Pack { wheel: PathBuf, reason: String },
    #[error("cargo ended with {0}: fix the errors above first")]
    Cargo(std::process::ExitStatus),
    #[error("cannot start {program}: {source}")]
    Start { program: String, source: io::Error },
    #[error("cannot {action} {}: {source}", path.display())]
    File { action: &'static str, path: PathBuf, source: io::Error },
}

impl Error {
    /// For `map_err` on a file operation.
    pub(crate) fn file(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::File { action, path: path.to_owned(), source }
    }

    /// For `map_err` on starting a program.
    pub(crate) fn start(program: impl Into<String>) -> impl FnOnce(io::Error) -> Self {
        move |source| Self::Start { program: program.into(), source }
    }
}

/// `1200000000` as `1.2 GB`.
fn gigabytes(bytes: u64) -> String {
    format!("{:.1} GB", bytes as f64 / 1e9)
}
