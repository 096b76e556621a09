//! The commands: one file for each, the command line (`args`), and what they print (`output`).

mod args;
mod bench;
mod completions;
mod conclude;
mod data;
mod doctor;
mod embed;
mod evaluate;
mod init;
mod label;
mod man;
mod output;
mod plain;
mod report;
mod resubmit;
mod resume;
mod run;
mod runs;
mod screen;
mod settings;
mod status;
mod study_args;
mod submit;
mod watch;
mod work;

use std::path::Path;
use std::sync::LazyLock;

use color_eyre::eyre::{self, eyre};
use superfuse::engine::{Begin, NewRun, Plan, RunPlace, left_working_directory};
use superfuse::store::RunDir;
use superfuse::study::access::{Access, Reason};
use superfuse::study::config::{Config, DEFAULT_TOML};
use superfuse::tui::Settings;

use args::Command;
use label::LabelArgs;
use output::{complain, print};
use run::Reporting;
use settings::ScreenArgs;
use status::status_of;
use study_args::StudyArgs;

pub(crate) use args::Cli;
pub(crate) use output::say;
pub(crate) use status::Status;

/// The program's version and the commit that it was built from.
static VERSION: LazyLock<String> =
    LazyLock::new(|| format!("{} ({})", env!("CARGO_PKG_VERSION"), commit::COMMIT));

/// What a run's provenance calls the program.
fn program() -> String {
    format!("superfuse-tui {}", *VERSION)
}

/// Does what the command line asks.
pub(crate) fn run(cli: Cli) -> Status {
    if left_working_directory() && cli.needs_working_directory() {
        complain("error", "the working directory was deleted; change to one that exists");
        return Status::BadInput;
    }
    let result = match cli.command {
        None => study(&cli.study, |config| {
            let begin = if cli.start { Begin::AtOnce } else { Begin::OnCommand };
            let new = NewRun { directory: None, labels: cli.labels.change()? };
            let plan = Plan { config, place: RunPlace::New(new), begin, program: program() };
            screen::run(plan, &cli.screen.read()?)
        }),
        Some(Command::Run { study: args, run_dir, plain, alerts, labels }) => study(&args, |config| {
            let alerts = alerts.read()?;
            // Before the data are read, which may take minutes.
            run_dir.as_deref().map_or(Ok(()), RunDir::check_free)?;
            let place = RunPlace::New(NewRun { directory: run_dir, labels: labels.change()? });
            let plan = Plan { config, place, begin: Begin::AtOnce, program: program() };
            run::run(plan, reporting(plain), &alerts)
        }),
        Some(Command::Resume {
            run_dir: Some(run_dir),
            study,
            labels,
            local: false,
            own_session: false,
            ..
        }) if resubmit::is_submitted(&run_dir) => {
            labels.change().and_then(|labels| resubmit::run(&run_dir, &study, &labels))
        }
        Some(Command::Resume { run_dir, headless, plain, own_session, screen, study, labels, local: _ }) => {
            let reporting = (headless || plain).then(|| reporting(plain));
            let run_dir = run_dir.map_or_else(resume::unnamed, Ok);
            run_dir.and_then(|dir| resume_run(&dir, reporting, own_session, (&study, &screen, &labels)))
        }
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
        Some(Command::Evaluate { checkpoint, data, rows, save, format, config, overrides }) => {
            let asked = evaluate::Asked { data, rows, save, config, overrides };
            evaluate::print(&checkpoint, &asked, format)
        }
        Some(Command::Submit(asked)) => submit::run(&asked),
        Some(Command::Runs(asked)) => runs::print(&asked),
        Some(Command::Label(asked)) => label::run(asked),
        Some(Command::Report(asked)) => report::print(&asked),
        Some(Command::Work(asked)) => work::run(&asked),
        Some(Command::Init(asked)) => init::run(&asked),
        Some(Command::Data(command)) => data::run(command),
        Some(Command::Bench(asked)) => bench::print(&asked),
        Some(Command::Config) => print(DEFAULT_TOML),
        Some(Command::Doctor) => print(&doctor::report()),
        Some(Command::Completions { shell }) => completions::print(shell),
        Some(Command::Man { folder }) => man::run(folder.as_deref()),
    };
    result.unwrap_or_else(|error| {
        complain("error", &error.to_string());
        status_of(&error)
    })
}

/// How `--plain` reports.
fn reporting(plain: bool) -> Reporting {
    if plain { Reporting::Plain } else { Reporting::Progress }
}

/// Resumes a run, on the screen or, if asked, without one.
fn resume_run(
    run_dir: &Path,
    without_screen: Option<Reporting>,
    own_session: bool,
    (study, screen, labels): (&StudyArgs, &ScreenArgs, &LabelArgs),
) -> eyre::Result<Status> {
    if own_session {
        resume::own_session()?;
    }
    if without_screen.is_none() {
        screen::check()?;
    }
    let labels = labels.change()?;
    let settings = match screen.read() {
        // The sweep was detached: nobody is there to mend them.
        Err(error) if own_session => {
            complain("warning", &error.to_string());
            Settings::default()
        }
        read => read?,
    };
    resubmit::collect(run_dir)?;
    let plan = resume::plan(run_dir, |run| study.read_over(run))?;
    if !labels.is_empty() {
        label::change(run_dir, &labels)?;
    }
    match without_screen {
        Some(reporting) => run::run(plan, reporting, &settings.alerts),
        None => screen::run(plan, &settings),
    }
}

/// Reads the configuration, then does `work` with it.
fn study(args: &StudyArgs, work: impl FnOnce(Config) -> eyre::Result<Status>) -> eyre::Result<Status> {
    work(args.read()?)
}
