//! The program: reads the command line, does what it asks, and ends with a status.

mod cli;

use std::path::Path;
use std::process::ExitCode;
use std::{panic, thread};

use clap::Parser;
use clap::error::{ContextKind, ContextValue};
use cli::{Cli, Status, run, say};
use superfuse::host::signals;
use superfuse::store;
use superfuse::study::text::one_line;

fn main() -> ExitCode {
    store::log::install();
    install_hooks();
    if let Err(error) = signals::survive_file_size_limit() {
        tracing::warn!("a limit on the size of files would end the program: {error}");
    }
    let status = match Cli::try_parse() {
        Ok(cli) => run(cli),
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
