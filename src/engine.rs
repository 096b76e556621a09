//! The program that is linked to `LibTorch`: `superfuse-tui` becomes it for what needs that.

mod train;

use std::process::ExitCode;

fn main() -> ExitCode {
    superfuse::cli::main(train::run)
}
