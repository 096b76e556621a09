//! The command line, the commands that need no `LibTorch`, one file for each, and what they print (`output`).

pub mod args;
mod completions;
mod data;
mod init;
pub mod label;
mod man;
pub mod output;
pub mod plain;
pub mod report;
mod runs;
pub mod settings;
mod status;
pub mod study_args;
mod watch;

use std::path::Path;
use std::process::ExitCode;
use std::sync::LazyLock;
use std::{env, io, panic, thread};

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use color_eyre::eyre::{self, eyre};

use crate::host::signals;
use crate::store;
use crate::study::access::{Access, Reason};
use crate::study::config::DEFAULT_TOML;
use crate::study::text::one_line;
use args::train::Train;
use args::{Cli, Command};
use output::{complain, print, say};

pub use status::Status;

/// The program's version and the commit that it was built from.
pub static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), commit::COMMIT));

/// The variable by which `superfuse-tui` tells the engine its version.
pub const STARTED_BY: &str = "SUPERFUSE_STARTED_BY";

/// What a run's provenance calls the program.
pub fn program() -> String {
    format!("superfuse-tui {}", *VERSION)
}

/// Reads the command line and does what it asks; `train` does what needs `LibTorch`.
pub fn main(train: impl FnOnce(Train) -> eyre::Result<Status>) -> ExitCode {
    store::log::install();
    install_hooks();
    if let Err(error) = signals::survive_file_size_limit() {
        tracing::warn!("a limit on the size of files would end the program: {error}");
    }
    let status = match Cli::try_parse() {
        Ok(cli) => in_working_directory(cli, train).unwrap_or_else(|error| {
            complain("error", &error.to_string());
            Status::BadInput
        }),
        // It may quote an argument.
        Err(error) if error.use_stderr() => {
            say(error.render().to_string().trim_end());
            if let Some(hint) = hint(&error) {
                say(&hint);
            }
            Status::BadInput
        }
        // Help and version, on standard output.
        Err(error) => error.exit(),
    };
    ExitCode::from(status as u8)
}

/// What somebody meant who named a file where a command stands.
fn hint(error: &clap::Error) -> Option<String> {
    let Some(ContextValue::String(word)) = error.get(ContextKind::InvalidSubcommand) else { return None };
    let path = Path::new(word);
    let shown = one_line(path.display());
    if path.join("events.jsonl").is_file() {
        return Some(format!("{shown} is a run; did you mean: superfuse-tui watch {shown}"));
    }
    let is_config = path.extension().is_some_and(|extension| extension == "toml");
    path.exists().then(|| {
        let command = if is_config { "--config" } else { "init" };
        format!("{shown} is there; did you mean: superfuse-tui {command} {shown}")
    })
}

/// A panic prints a report, but for a worker's: that is its cohort's outcome, and belongs into the log.
fn install_hooks() {
    // It fails only where another hook was installed before, and there is none.
    let _ = color_eyre::config::HookBuilder::default().display_env_section(false).install();
    let report = panic::take_hook();
    panic::set_hook(Box::new(move |panic| {
        if thread::current().name().is_some_and(|name| name.starts_with("worker-")) {
            tracing::error!("{panic}");
        } else {
            report(panic);
        }
    }));
}

/// Refuses a working directory that was deleted where it is needed, and leaves it elsewhere: LibTorch's MKL ends a process
/// there before its first line.
fn in_working_directory(cli: Cli, train: impl FnOnce(Train) -> eyre::Result<Status>) -> eyre::Result<Status> {
    if env::current_dir().is_err_and(|error| error.kind() == io::ErrorKind::NotFound) {
        if cli.needs_working_directory() {
            return Err(eyre!("the working directory was deleted; change to one that exists"));
        }
        env::set_current_dir("/")?;
    }
    run(cli, train)
}

fn run(cli: Cli, train: impl FnOnce(Train) -> eyre::Result<Status>) -> eyre::Result<Status> {
    match cli.command {
        None => train(Train::Screen(cli.new)),
        Some(Command::Train(asked)) => train(asked),
        Some(Command::Watch { run_dirs, plain: true, list, .. }) => match run_dirs.as_slice() {
            [_] if list.is_asked() => {
                Err(eyre!("--filter, --sort and --reverse are of a folder of runs on the screen"))
            }
            [run_dir] => plain::watch(run_dir),
            _ => Err(eyre!("--plain takes one run")),
        },
        Some(Command::Watch { run_dirs, plain: false, read_only, list, screen }) => {
            let asked = if read_only { Access::ReadOnly(Reason::Asked) } else { Access::Full };
            screen.read().and_then(|settings| watch::run(&run_dirs, (asked, &list), &settings))
        }
        Some(Command::Runs(asked)) => runs::print(&asked),
        Some(Command::Label(asked)) => label::run(asked),
        Some(Command::Report(asked)) => report::print(&asked),
        Some(Command::Init(asked)) => init::run(&asked),
        Some(Command::Data(command)) => data::run(command, train),
        Some(Command::Config) => print(DEFAULT_TOML),
        Some(Command::Completions { shell }) => completions::print(shell),
        Some(Command::Man { folder }) => man::run(folder.as_deref()),
    }
}
