//! The commands that take a fresh machine to a running program: `cargo xtask setup`, `build`, `run`, `test`; and
//! `bench`, which compares it with PyTorch.

#[cfg(not(unix))]
compile_error!("superfuse-tui runs on Linux and macOS");

mod bench;
mod cache;
mod cargo;
mod compiler;
mod disk;
mod error;
mod flavour;
mod install;
mod libtorch;
mod pip;
mod platform;
mod python;
mod requirements;
mod share;
mod version;
mod wheel;
mod workspace;

use std::ffi::OsString;
use std::process::ExitCode;

use clap::{Args, Parser, Subcommand};

use crate::error::Error;
use crate::flavour::Flavour;
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
        choice: Choice,
    },
    /// Set up and make the release build; prints the program's path
    Build {
        #[command(flatten)]
        choice: Choice,
    },
    /// Set up, build and start the program
    Run {
        #[command(flatten)]
        choice: Choice,
        /// For the program
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Set up, build, and time the program beside PyTorch, which is fetched on demand; prints ratios
    Bench {
        #[command(flatten)]
        choice: Choice,
        /// For the comparison, such as --parts step or --out FILE
        #[arg(last = true)]
        args: Vec<OsString>,
    },
    /// Set up and run every test
    Test {
        #[command(flatten)]
        choice: Choice,
        /// For `cargo test`
        #[arg(last = true)]
        args: Vec<OsString>,
    },
}

#[derive(Args)]
struct Choice {
    /// Build for the CPU, even where there is an NVIDIA driver
    #[arg(long, conflicts_with = "cuda")]
    cpu: bool,
    /// Build for CUDA, even where there is no GPU
    #[arg(long)]
    cuda: bool,
}

impl Choice {
    fn flavour(&self) -> Option<Flavour> {
        match (self.cpu, self.cuda) {
            (true, _) => Some(Flavour::Cpu),
            (false, true) => Some(Flavour::Cuda),
            (false, false) => None,
        }
    }
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
    let ready = |choice: &Choice| {
        compiler::check()?;
        libtorch::make_ready(&workspace, choice.flavour())
    };
    match task {
        Task::Setup { choice } => {
            ready(choice)?;
            Ok(ExitCode::SUCCESS)
        }
        Task::Build { choice } => {
            let program = cargo::build(&workspace, &ready(choice)?)?;
            println!("{}", program.display());
            Ok(ExitCode::SUCCESS)
        }
        Task::Run { choice, args } => {
            let program = cargo::build(&workspace, &ready(choice)?)?;
            Err(cargo::become_program(&program, args))
        }
        Task::Bench { choice, args } => {
            let program = cargo::build(&workspace, &ready(choice)?)?;
            Err(bench::become_comparison(&workspace, &program, args))
        }
        Task::Test { choice, args } => Err(cargo::become_test(&workspace, &ready(choice)?, args)),
    }
}
