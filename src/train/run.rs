//! The frontend without a terminal: a progress bar or plain lines, then the summary.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::thread;
use std::time::Duration;

use color_eyre::eyre::{self, eyre};
use crossbeam_channel::{Receiver, after, bounded, select};
use engine::{self, Engine, Plan};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;
use superfuse::host::clock::now_ms;
use superfuse::host::signals::not_ignored;
use superfuse::monitor::alerts::Alerts;
use superfuse::study::command::Command;
use superfuse::study::event::{EventKind, RunHeader};
use superfuse::study::feed::{Feed, Level, Progress};
use superfuse::study::format::{duration, mean_std, rate, short_duration};
use superfuse::study::grid::CohortId;
use superfuse::study::run_state::{CohortState, RunState};
use superfuse::study::statistics::Spread;
use superfuse::study::text::lines;
use superfuse::tui::AlertSettings;

use super::conclude::conclude;
use superfuse::cli::Status;
use superfuse::cli::output::say;
use superfuse::cli::plain::{LoadingLines, PlainReporter};

/// The bar's time left ticks down even where nothing happens.
const TICK: Duration = Duration::from_secs(1);

/// How a run without a terminal is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reporting {
    /// A progress bar or short lines on standard error.
    Progress,
    /// Lines on standard output, see [`PlainReporter`].
    Plain,
}

/// Runs the sweep to its end. The first signal stops it at the next step; the second ends the program.
pub(crate) fn run(plan: Plan, reporting: Reporting, alerts: &AlertSettings) -> eyre::Result<Status> {
    follow(engine::launch(plan)?, reporting, &[SIGINT, SIGTERM, SIGHUP], alerts)
}

/// Reports what happens until the run is over or one of the signals `stopping` comes, then its summary.
pub(crate) fn follow(
    engine: Engine,
    reporting: Reporting,
    stopping: &[i32],
    alerts: &AlertSettings,
) -> eyre::Result<Status> {
    let signals = signals(stopping)?;
    let interrupted = Watcher::new(&engine.feed, reporting, alerts).watch(&engine, &signals);
    let ended = engine.join()?;
    let status = conclude(&ended)?;
    Ok(if interrupted { Status::Interrupted } else { status })
}

/// What standard error shows.
struct Watcher<'a> {
    told: Alerts,
    alerts: &'a AlertSettings,
    state: RunState,
    events: usize,
    notices: usize,
    loading: LoadingLines,
    bar: Option<ProgressBar>,
    reporter: Option<PlainReporter>,
}

impl<'a> Watcher<'a> {
    /// Events that a screen has shown before are not reported again.
    fn new(feed: &Feed, reporting: Reporting, alerts: &'a AlertSettings) -> Self {
        let (state, events) = feed.so_far();
        let reporter = (reporting == Reporting::Plain).then(PlainReporter::default);
        let bar = (reporter.is_none() && io::stderr().is_terminal()).then(|| {
            let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr_with_hz(4));
            bar.set_style(
                ProgressStyle::with_template("{spinner} {msg}")
                    .unwrap_or_else(|_| ProgressStyle::default_bar()),
            );
            bar.set_message("preparing data…");
            bar
        });
        let (told, loading) = (Alerts::default(), LoadingLines::default());
        Self { told, alerts, state, events, notices: 0, loading, bar, reporter }
    }

    /// Until the scheduler has ended; whether a signal asked for it.
    fn watch(mut self, engine: &Engine, signals: &Receiver<()>) -> bool {
        let mut interrupted = false;
        let _ = engine.commands.try_send(Command::Unattended);
        while !engine.feed.is_over() {
            select! {
                recv(engine.wake) -> _ => {}
                recv(signals) -> _ => {
                    if interrupted {
                        std::process::exit(Status::Interrupted as i32);
                    }
                    interrupted = true;
                    self.say("stopping at the next step; press Ctrl-C again to end immediately");
                    let _ = engine.commands.try_send(Command::Quit);
                }
                recv(after(TICK)) -> _ => {}
            }
            self.catch_up(&engine.feed);
            if !interrupted {
                self.tell(&engine.feed);
            }
        }
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
        if let Some(reporter) = &self.reporter {
            reporter.claims().iter().for_each(|claim| drop(writeln!(io::stdout(), "{claim}")));
        }
        interrupted
    }

    fn catch_up(&mut self, feed: &Feed) {
        if let Some(reporter) = &mut self.reporter {
            return reporter.report(feed);
        }
        if self.bar.is_none()
            && let Some(line) = self.loading.line(feed)
        {
            self.say(&line);
        }
        for notice in feed.notices_since(self.notices) {
            self.notices += 1;
            if notice.level >= Level::Warning {
                self.say(&notice.text);
            }
        }
        for event in feed.events_since(self.events) {
            self.events += 1;
            self.state.apply(&event);
            match &event.kind {
                EventKind::RunStarted { header, .. } => {
                    let _ =
                        feed.run_dir().map(|directory| self.say(&format!("run: {}", directory.display())));
                    self.say(&format!("device: {}", header.provenance.device));
                    self.say_plan(feed, header);
                    header.data.warnings.iter().for_each(|warning| self.say(&format!("warning: {warning}")));
                }
                EventKind::RunResumed { .. } => {
                    if let Some(header) = self.state.header() {
                        self.say_plan(feed, header);
                    }
                }
                // Where an attempt left an earlier result unchanged, a notice says so. Other seeds may still train.
                EventKind::CohortFinished { cohort, seeds, .. } => {
                    let says = |state: &CohortState| state.status.is_over() && !state.outlasted(seeds);
                    if self.state.cohort(*cohort).is_some_and(says) {
                        self.cohort(*cohort);
                    }
                    feed.share(&mut self.state);
                }
                _ => {}
            }
        }
        feed.forget(self.events);
        let Some(bar) = &self.bar else { return };
        if let Some(loading) = feed.loading() {
            bar.set_message(loading.text());
        } else if self.state.header().is_none() {
            bar.set_message("preparing data…");
        }
        if let Some(progress) = feed.progress() {
            let (done, all) = self.count();
            bar.set_message(format!("{done}/{all} {}", describe(&progress)));
        }
        bar.tick();
    }

    /// Tells a user who looks elsewhere what is new.
    fn tell(&mut self, feed: &Feed) {
        let state = self.reporter.as_ref().map_or(&self.state, PlainReporter::state);
        let Some(header) = state.header() else { return };
        let (name, blocked) = (header.config.run.name.clone(), feed.blocked());
        for alert in self.told.look(state, &name, (blocked.as_deref(), true), now_ms()) {
            if let Err(error) = self.alerts.start_command(&alert) {
                say(&format!("warning: the alert command cannot be started: {error}"));
            }
            if io::stderr().is_terminal() {
                let in_tmux = env::var_os("TMUX").is_some();
                // Nobody is told where the terminal is gone.
                let _ = io::stderr().write_all(&self.alerts.sequence(&alert, in_tmux));
            }
        }
    }

    /// How much there is to train, and about how long it takes.
    fn say_plan(&self, feed: &Feed, header: &RunHeader) {
        if let Some(estimate) = feed.estimate() {
            self.say(&format!("plan: {}", estimate.sentence(header)));
        }
    }

    /// One line for each configuration that is over.
    fn cohort(&self, id: CohortId) {
        let Some(cohort) = self.state.cohort(id) else { return };
        let (done, all) = self.count();
        let test = Spread::of(&cohort.evaluated(|evaluation| evaluation.test_accuracy));
        let test = test.map_or_else(String::new, |spread| {
            format!("  test {} %", mean_std(spread.mean, spread.std, " ± "))
        });
        self.say(&format!("{done}/{all} {id}: {}{test}  {}", cohort.status.name(), duration(cohort.seconds)));
    }

    fn count(&self) -> (usize, usize) {
        (self.state.cohorts().filter(|(_, cohort)| cohort.status.is_over()).count(), self.state.order().len())
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(lines(text)),
            None => say(text),
        }
    }
}

fn describe(progress: &Progress) -> String {
    let left = progress.remaining_seconds;
    let left = left.map_or_else(String::new, |seconds| format!("  {} left", short_duration(seconds)));
    format!(
        "{}  epoch {}/{}{}  {} samples/s{left}",
        progress.cohort,
        progress.epoch.0.min(progress.epochs),
        progress.epochs,
        if progress.others == 0 { String::new() } else { format!(" +{}", progress.others) },
        rate(progress.samples_per_second)
    )
}

/// A message for each signal that asks to stop; those that the process was started with as ignored do not.
fn signals(stopping: &[i32]) -> eyre::Result<Receiver<()>> {
    let mut signals =
        Signals::new(not_ignored(stopping)).map_err(|error| eyre!("cannot watch for signals: {error}"))?;
    let (sender, receiver) = bounded(2);
    thread::Builder::new().name("signals".into()).spawn(move || {
        for _ in &mut signals {
            if sender.send(()).is_err() {
                return;
            }
        }
    })?;
    Ok(receiver)
}
