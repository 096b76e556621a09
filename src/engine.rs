//! The program that is linked to `LibTorch`: `superfuse-tui` becomes it for what needs that.

mod train;

use std::env;
use std::process::ExitCode;

use color_eyre::eyre::eyre;
use superfuse::cli::{self, STARTED_BY, VERSION};

fn main() -> ExitCode {
    cli::main(|asked| match env::var(STARTED_BY) {
        Ok(other) if other != *VERSION => Err(eyre!(
            "superfuse-tui is {other} and superfuse-engine, beside it, is {}: install both from one build",
            *VERSION
        )),
        _ => train::run(asked),
    })
}
