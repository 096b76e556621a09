//! The terminal face: starts the engine, gives it the screen, and goes on without one where it vanishes.

use std::fs::File;

use color_eyre::eyre::{self, eyre};
use signal_hook::consts::{SIGINT, SIGTERM};
use superfuse::engine::{self, Begin, Engine, Plan};
use superfuse::study::command::Command;
use superfuse::study::config::Config;
use superfuse::study::run_state::{Phase, RunState};
use superfuse::tui::{self, Ended, Options, Source};

use crate::{Status, conclude, headless};

/// Shows the study until its user leaves.
pub(crate) fn run(config: Config, begin: Begin) -> eyre::Result<Status> {
    // Before the engine, which would begin a run that nobody sees.
    File::options()
        .read(true)
        .write(true)
        .open("/dev/tty")
        .map_err(|error| eyre!("no terminal to draw on ({error}); `superfuse-tui run` works without one"))?;
    let options = Options::from_environment(config.run.name.clone());
    let engine = engine::launch(Plan { config, run_dir: None, begin })?;
    let source =
        Source { feed: engine.feed.clone(), commands: engine.commands.clone(), wake: engine.wake.clone() };
    match tui::run(source, options)? {
        Ended::Quit | Ended::SchedulerOver => conclude(&engine.join()?),
        Ended::Signal => {
            let _ = engine.commands.send(Command::Quit);
            conclude(&engine.join()?)?;
            Ok(Status::Interrupted)
        }
        Ended::TerminalGone => without_terminal(engine),
    }
}

/// A sweep that runs goes on; there is nobody left who could start or continue one.
fn without_terminal(engine: Engine) -> eyre::Result<Status> {
    let events = engine.feed.events_since(0);
    if RunState::replay(events.iter().map(AsRef::as_ref)).phase() != Phase::Running {
        let _ = engine.commands.send(Command::Quit);
    }
    tracing::info!("the terminal is gone; the sweep goes on without one");
    // The terminal has hung up already: one more SIGHUP says nothing new.
    headless::follow(engine, &[SIGINT, SIGTERM])
}
