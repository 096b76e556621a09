//! The terminal face: starts the engine, gives it the screen, and goes on without one where it vanishes.

use std::fs::File;

use color_eyre::eyre::{self, eyre};
use signal_hook::consts::{SIGINT, SIGTERM};
use superfuse::engine::{self, Engine, Plan};
use superfuse::study::command::Command;
use superfuse::tui::{self, Ended, Options, Source};

use crate::{Status, conclude, headless, print, resume};

/// Whether there is a terminal to draw on.
pub(crate) fn check() -> eyre::Result<()> {
    let terminal = File::options().read(true).write(true).open("/dev/tty");
    terminal
        .map(drop)
        .map_err(|error| eyre!("no terminal to draw on ({error}); `superfuse-tui run` works without one"))
}

/// Shows the study until its user leaves.
pub(crate) fn run(plan: Plan) -> eyre::Result<Status> {
    // Before the engine, which would begin a run that nobody sees.
    check()?;
    let options = Options::from_environment(plan.config.run.name.clone());
    let engine = engine::launch(plan)?;
    let source =
        Source { feed: engine.feed.clone(), commands: engine.commands.clone(), wake: engine.wake.clone() };
    match tui::run(source, options)? {
        Ended::Quit | Ended::Back | Ended::SchedulerOver => conclude(&engine.join()?),
        Ended::Detached => detach(&engine.join()?),
        Ended::Signal => {
            let _ = engine.commands.send(Command::Quit);
            conclude(&engine.join()?)?;
            Ok(Status::Interrupted)
        }
        Ended::TerminalGone => without_terminal(engine),
    }
}

/// The sweep goes on in a process of its own; the shell is given back.
fn detach(ended: &engine::Ended) -> eyre::Result<Status> {
    let Some(run_dir) = &ended.run_dir else { return Ok(Status::Done) };
    let process = resume::detach(run_dir)?;
    print(&format!(
        "the sweep goes on without a terminal, as process {process}\n\
         `superfuse-tui watch {run}` shows it, `kill {process}` stops it at the next step\n",
        run = run_dir.display()
    ))
}

/// A sweep that runs goes on; one that nobody could start or continue is left.
fn without_terminal(engine: Engine) -> eyre::Result<Status> {
    tracing::info!("the terminal is gone; the sweep goes on without one");
    // The terminal has hung up already: one more SIGHUP says nothing new.
    headless::follow(engine, &[SIGINT, SIGTERM])
}
