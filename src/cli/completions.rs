//! `completions`: what a shell reads to complete the program's arguments.

use clap::CommandFactory;
use clap_complete::Shell;
use color_eyre::eyre;

use super::output::print_painted;
use super::{Cli, Status};

/// Prints the script for `shell`.
pub fn print(shell: Shell) -> eyre::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "superfuse-tui", &mut script);
    print_painted(&String::from_utf8_lossy(&script))
}
