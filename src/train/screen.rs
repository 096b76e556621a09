//! The terminal frontend: starts the engine and the screen, and continues without a terminal if it is gone.

use std::fs::File;

use color_eyre::eyre::{self, eyre};
use engine::{self, Begin, Engine, NewRun, Plan, RunPlace};
use signal_hook::consts::{SIGINT, SIGTERM};
use superfuse::study::command::Command;
use superfuse::tui::{self, AlertSettings, Ended, Options, Settings, Source};

use super::conclude::conclude;
use super::resume;
use super::run::{self as headless, Reporting};
use superfuse::cli::output::print;
use superfuse::cli::{Status, program};

/// Whether there is a terminal to draw on.
pub(crate) fn check() -> eyre::Result<()> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    terminal.map(drop).map_err(|error| {
        eyre!("no terminal ({error}); use `superfuse-tui run` or `resume --headless` without one")
    })
}

/// Shows the study until its user leaves.
pub(crate) fn run(mut plan: Plan, settings: &Settings) -> eyre::Result<Status> {
    // Before the engine, which would begin a run that is not shown.
    check()?;
    let (mut before, mut notice, mut draft) = (None, None, None);
    loop {
        let (config, place) = (plan.config.clone(), new_place(&plan.place));
        let (notice_now, draft_now) = (notice.take(), draft.take());
        let own = Options::new(config.run.name.clone(), settings);
        let options = Options { notice: notice_now, draft: draft_now, ..own };
        let engine = engine::launch(plan)?;
        let source = Source {
            feed: engine.feed.clone(),
            commands: engine.commands.clone(),
            wake: engine.wake.clone(),
        };
        let ended = tui::run(source, &options)?;
        let next = match (ended, before.take()) {
            (Ended::Edited(edited), _) => {
                let _ = engine.commands.send(Command::Quit);
                engine.join()?;
                before = Some(config);
                *edited
            }
            // If the changed study cannot be prepared, the one before is shown again.
            (Ended::SchedulerOver, Some(before)) if engine.feed.run_dir().is_none() => match engine.join() {
                Ok(ended) => return conclude(&ended),
                Err(error) => {
                    notice = Some(format!("the study is unchanged: {error}"));
                    draft = Some(Box::new(config));
                    before
                }
            },
            (ended, _) => return leave(&ended, engine, &settings.alerts),
        };
        plan = Plan { config: next, place, begin: Begin::OnCommand, program: program() };
    }
}

/// Where a run that has not begun is kept.
fn new_place(place: &RunPlace) -> RunPlace {
    RunPlace::New(match place {
        RunPlace::New(new) => new.clone(),
        // Has begun, so that nobody can edit it.
        RunPlace::Existing(_) => NewRun::default(),
    })
}

fn leave(ended: &Ended, engine: Engine, alerts: &AlertSettings) -> eyre::Result<Status> {
    match ended {
        Ended::Quit | Ended::Back | Ended::SchedulerOver | Ended::Edited(_) => conclude(&engine.join()?),
        Ended::Detached => detach(&engine.join()?, alerts),
        Ended::Signal => {
            let _ = engine.commands.send(Command::Quit);
            conclude(&engine.join()?)?;
            Ok(Status::Interrupted)
        }
        Ended::TerminalGone => without_terminal(engine, alerts),
    }
}

/// The sweep continues in a process of its own; the shell is free again.
fn detach(ended: &engine::Ended, alerts: &AlertSettings) -> eyre::Result<Status> {
    let Some(run_dir) = &ended.run_dir else { return Ok(Status::Done) };
    let process = resume::detach(run_dir, alerts)?;
    print(&format!(
        "the sweep continues without a terminal, as process {process}\n\
         `superfuse-tui watch {run}` shows it, `kill {process}` stops it at the next step\n",
        run = run_dir.display()
    ))
}

/// A running sweep continues; one that nobody could start or continue is left.
fn without_terminal(engine: Engine, alerts: &AlertSettings) -> eyre::Result<Status> {
    tracing::info!("the terminal is gone; the sweep continues without one");
    // The terminal has hung up already: one more SIGHUP changes nothing.
    headless::follow(engine, Reporting::Progress, &[SIGINT, SIGTERM], alerts)
}
