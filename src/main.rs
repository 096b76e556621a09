//! The program: reads the command line, starts the engine and one face, and says how it ended.

mod benchmark;
mod cli;
mod doctor;
mod evaluate;
mod headless;
mod plain;
mod reporting;
mod resume;
mod runs;
mod terminal;
mod watching;

use std::io::{self, Write};
use std::path::Path;
use std::process::ExitCode;
use std::{panic, thread};

use clap::Parser;
use cli::{Cli, Command, DataCommand};
use color_eyre::eyre::{self, eyre};
use headless::Telling;
use serde::Serialize;
use superfuse::engine::{Begin, Ended, EngineError, Plan, RunPlace};
use superfuse::study::config::{Config, DEFAULT_TOML};
use superfuse::study::listing::{Shortfall, Standing};
use superfuse::study::run_state::{CohortStatus, Phase};
use superfuse::study::text::{self, one_line};
use superfuse::{data, report, store};

/// Columns of the printed summary, in a terminal or a pipe.
pub(crate) const SUMMARY_WIDTH: usize = 80;

/// How the program ended, as its exit status says it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Status {
    /// What was asked for is done.
    Done = 0,
    /// Some trial failed or was stopped, or the program failed under way.
    Incomplete = 1,
    /// Bad usage, configuration or data: nothing was started.
    BadInput = 2,
    /// Ended by a signal.
    Interrupted = 130,
}

fn main() -> ExitCode {
    store::log::install();
    install_hooks();
    let status = match Cli::try_parse() {
        Ok(cli) => run(cli),
        // It may quote an argument.
        Err(error) if error.use_stderr() => {
            say(error.render().to_string().trim_end());
            Status::BadInput
        }
        // Help and version, on standard output.
        Err(error) => error.exit(),
    };
    ExitCode::from(status as u8)
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

fn run(cli: Cli) -> Status {
    let result = match cli.command {
        None => study(&cli.study, |config| {
            let begin = if cli.start { Begin::AtOnce } else { Begin::OnCommand };
            terminal::run(Plan { config, place: RunPlace::New(None), begin })
        }),
        Some(Command::Run { study: args, run_dir, plain }) => study(&args, |config| {
            let plan = Plan { config, place: RunPlace::New(run_dir), begin: Begin::AtOnce };
            headless::run(plan, telling(plain))
        }),
        Some(Command::Resume { run_dir, headless, plain, own_session, study }) => {
            let telling = (headless || plain).then(|| telling(plain));
            go_on(&run_dir, telling, own_session, &study)
        }
        Some(Command::Watch { run_dirs, plain: true }) => match run_dirs.as_slice() {
            [run_dir] => plain::watch(run_dir),
            _ => Err(eyre!("--plain tells of one run")),
        },
        Some(Command::Watch { run_dirs, plain: false }) => watching::run(&run_dirs),
        Some(Command::Evaluate { checkpoint, data, rows, save, format, config, overrides }) => {
            let asked = evaluate::Asked { data, rows, save, config, overrides };
            evaluate::print(&checkpoint, &asked, format)
        }
        Some(Command::Runs { folder, format }) => runs::print(&folder, format),
        Some(Command::Report(asked)) => reporting::print(&asked),
        Some(Command::Data(DataCommand::Inspect { study: args })) => study(&args, |config| {
            let inspection = data::inspect(&config)?;
            print(&inspection.to_string())?;
            Ok(if inspection.is_usable() { Status::Done } else { Status::BadInput })
        }),
        Some(Command::Data(DataCommand::Generate { file, study: args })) => study(&args, |config| {
            data::generate(&config, &file)?;
            print(&format!("{}\n", file.display()))
        }),
        Some(Command::Bench(asked)) => benchmark::print(&asked),
        Some(Command::Config) => print(DEFAULT_TOML),
        Some(Command::Doctor) => print(&doctor::report()),
    };
    result.unwrap_or_else(|error| {
        complain("error", &error.to_string());
        status_of(&error)
    })
}

/// What `--plain` says.
fn telling(plain: bool) -> Telling {
    if plain { Telling::Plain } else { Telling::Progress }
}

/// Goes on with a run, on the screen or, told so, without one.
fn go_on(
    run_dir: &Path,
    without_screen: Option<Telling>,
    own_session: bool,
    study: &cli::StudyArgs,
) -> eyre::Result<Status> {
    if own_session {
        resume::own_session()?;
    }
    if without_screen.is_none() {
        terminal::check()?;
    }
    let plan = resume::plan(run_dir, |run| study.read_over(run))?;
    match without_screen {
        Some(telling) => headless::run(plan, telling),
        None => terminal::run(plan),
    }
}

/// Reads the configuration, then does `work` with it.
fn study(args: &cli::StudyArgs, work: impl FnOnce(Config) -> eyre::Result<Status>) -> eyre::Result<Status> {
    work(args.read()?)
}

/// Everything before a run's first step is bad input; an engine that failed later says so itself.
fn status_of(error: &eyre::Report) -> Status {
    match error.downcast_ref::<EngineError>() {
        Some(engine) if !engine.is_bad_input() => Status::Incomplete,
        _ => Status::BadInput,
    }
}

/// Prints what a run left behind and says how it ended; nothing where nothing was started.
pub(crate) fn conclude(ended: &Ended) -> eyre::Result<Status> {
    use std::fmt::Write;

    let Some(run_dir) = &ended.run_dir else { return Ok(Status::Done) };
    let rows = reporting::rows(run_dir, &ended.state);
    let mut summary = report::terminal_summary(&ended.state, &rows, SUMMARY_WIDTH, reporting::paint());
    let shortfall = Shortfall::of(&ended.state);
    if !shortfall.is_none() {
        writeln!(
            summary,
            "
{}",
            Standing::of(&ended.state, true).words(shortfall)
        )?;
    }
    writeln!(
        summary,
        "
{}",
        one_line(run_dir.display())
    )?;
    for path in &ended.exports {
        writeln!(summary, "  {}", one_line(path.strip_prefix(run_dir).unwrap_or(path).display()))?;
    }
    // The run is kept, whoever reads the summary.
    if let Err(error) = print_painted(&summary) {
        complain("error", &error.to_string());
        return Ok(Status::Incomplete);
    }
    for fault in &ended.faults {
        complain("error", fault);
    }
    let all_completed = ended.state.cohorts().all(|(_, cohort)| cohort.status == CohortStatus::Completed);
    let done = ended.state.phase() == Phase::Finished && all_completed && ended.faults.is_empty();
    Ok(if done { Status::Done } else { Status::Incomplete })
}

/// Prints an error or a warning to standard error, and to the log.
pub(crate) fn complain(kind: &str, message: &str) {
    tracing::warn!("{kind}: {message}");
    say(&format!("{kind}: {message}"));
}

/// Prints to standard error. Where that is gone, nothing is lost but the message.
pub(crate) fn say(message: &str) {
    let _ = writeln!(io::stderr(), "{}", text::lines(message));
}

/// Prints to standard output, without what a terminal would obey: the text may quote a file.
pub(crate) fn print(what: &str) -> eyre::Result<Status> {
    print_painted(&text::lines(what))
}

/// Prints as JSON.
pub(crate) fn print_json(value: &impl Serialize) -> eyre::Result<Status> {
    print_painted(&(text::json(&serde_json::to_string_pretty(value)?) + "\n"))
}

/// Prints text that is safe already and may hold colours. A reader that has gone (`| head`) is no failure.
pub(crate) fn print_painted(safe: &str) -> eyre::Result<Status> {
    let mut out = io::stdout().lock();
    match out.write_all(safe.as_bytes()).and_then(|()| out.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(eyre!("standard output cannot be written: {error}"))
        }
        _ => Ok(Status::Done),
    }
}
