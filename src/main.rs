//! The program. What only looks at runs, or at files, is done here; for what needs `LibTorch` it becomes the program
//! beside it, `superfuse-engine`, so that nobody waits for `LibTorch`, or gives it memory, to look.

use std::env;
use std::os::unix::process::CommandExt;
use std::process::{Command, ExitCode};

use color_eyre::eyre::{self, eyre};
use superfuse::cli::{self, STARTED_BY, Status, VERSION};

/// What is linked to `LibTorch`, in the same folder.
const ENGINE: &str = "superfuse-engine";

fn main() -> ExitCode {
    cli::main(|_| become_engine())
}

/// Replaces this process by the engine, with the same arguments. Returns only if that fails.
fn become_engine() -> eyre::Result<Status> {
    let engine = env::current_exe()?.canonicalize()?.with_file_name(ENGINE);
    let error = Command::new(&engine).args(env::args_os().skip(1)).env(STARTED_BY, VERSION.as_str()).exec();
    Err(eyre!(
        "cannot start {}: {error}; this command needs it, beside superfuse-tui and from the same build",
        engine.display()
    ))
}
