//! The commands that take a fresh machine to a running program: `cargo xtask setup`, `build`, `run`, `test`; `bench`,
//! which compares it with PyTorch; and `wheel`, which takes it to machines without Rust.

#[cfg(not(unix))]
compile_error!("superfuse-tui runs on Linux and macOS");

mod bench;
mod cache;
mod cargo;
mod choice;
mod compiler;
mod disk;
mod driver;
mod error;
mod flavour;
mod folders;
mod install;
mod libtorch;
mod pip;
mod platform;
mod python;
mod releases;
mod requirements;
mod rustc;
#[cfg(test)]
mod scratch;
mod share;
mod unpack;
mod variant;
mod version;
mod wheel;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::cargo::Profile;
use crate::choice::Asked;
use crate::error::Error;
use crate::flavour::Flavour;
use crate::libtorch::Origin;
use crate::releases::{RELEASES, Release};
use crate::workspace::Workspace;

#[derive(Parser)]
#[command(bin_name = "cargo xtask", about = "Get LibTorch, then build, run or test superfuse-tui")]
struct Cli {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    /// Get LibTorch, so that plain `cargo build` and `cargo test` work
    Setup {
        #[command(flatten)]
        options: Options,
    },
    /// Set up and make the release build; prints the program's path
    Build {
        #[command(flatten)]
        options: Options,
    },
    /// Set up, build and start the program
    Run {
        #[command(flatten)]
        options: Options,
        /// For the program
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Set up, build, and time the program beside PyTorch, which is fetched on demand; prints ratios
    Bench {
        #[command(flatten)]
        options: Options,
        /// For the comparison, such as --parts step or --out FILE
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Set up and make a Python wheel of the program, for machines without Rust; prints its path
    Wheel {
        #[command(flatten)]
        options: Options,
    },
    /// Set up and run every test
    Test {
        #[command(flatten)]
        options: Options,
        /// For `cargo test`
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

/// Without any of these the NVIDIA driver and the GPUs decide.
#[derive(Args)]
struct Options {
    /// Build for the CPU, even where there is an NVIDIA driver
    #[arg(long, conflicts_with = "cuda")]
    cpu: bool,
    /// Build for CUDA, even where there is no GPU
    #[arg(long)]
    cuda: bool,
    /// Take this version: 2.11.0 (CUDA 13.0, driver 580) or 2.10.0 (CUDA 12.8, driver 525)
    #[arg(long, value_name = "VERSION", value_parser = release)]
    libtorch: Option<&'static Release>,
}

impl Options {
    fn asked(&self) -> Asked {
        let flavour = match (self.cpu, self.cuda) {
            (true, _) => Some(Flavour::Cpu),
            (false, true) => Some(Flavour::Cuda),
            (false, false) => None,
        };
        Asked { flavour, release: self.libtorch }
    }
}

fn release(text: &str) -> Result<&'static Release, String> {
    let versions: Vec<String> = RELEASES.iter().map(|release| release.version.to_string()).collect();
    let found = versions.iter().position(|version| version == text);
    found.map(|place| &RELEASES[place]).ok_or_else(|| format!("one of {}", versions.join(", ")))
}

fn main() -> ExitCode {
    match perform(&Cli::parse().task) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

fn perform(task: &Task) -> Result<ExitCode, Error> {
    let workspace = Workspace::find()?;
    let ready = |options: &Options| {
        compiler::check()?;
        libtorch::make_ready(&workspace, options.asked())
    };
    match task {
        Task::Setup { options } => {
            let libtorch = ready(options)?;
            if matches!(libtorch.origin, Origin::Cache) {
                libtorch::make_plain_ready(&workspace)?;
            }
            Ok(ExitCode::SUCCESS)
        }
        Task::Build { options } => {
            let program = cargo::build(&workspace, &ready(options)?, Profile::Release)?;
            println!("{}", program.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Run { options, args } => {
            let program = cargo::build(&workspace, &ready(options)?, Profile::Release)?;
            Err(cargo::become_program(&program, args))
        }
        Task::Bench { options, args } => {
            let libtorch = ready(options)?;
            let program = cargo::build(&workspace, &libtorch, Profile::Release)?;
            Err(bench::become_comparison(&workspace, &program, libtorch.variant.version, args))
        }
        Task::Wheel { options } => {
            println!("{}", wheel::make(&workspace, &ready(options)?)?.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Test { options, args } => Err(cargo::become_test(&workspace, &ready(options)?, args)),
    }
}
