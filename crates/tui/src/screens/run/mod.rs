//! The screen of one run, live or over.

pub mod action;
mod charts;
pub mod draw;
mod edit;
pub mod effect;
pub mod form;
pub mod hit;
pub mod keymap;
mod label_keys;
pub mod labelled;
mod layout;
mod movement;
mod on_cluster;
pub mod panes;
pub(crate) mod possible;
pub mod scene;
mod search;
mod sections;
pub mod ui_state;
pub mod update;
pub mod view;
mod workers;
pub mod zoom;

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TryRecvError, TrySendError};
use crossterm::event::KeyEvent;
use ratatui::Frame;
use ratatui::layout::Rect;

use crate::keymap::Binding;
use crate::labels::{self, LabelRequest};
use crate::screen::{Left, Outcome, Screen};
use crate::source::Source;
use crate::terminal::MousePress;
use crate::theme::Theme;
use crate::{Ended, Options, TuiError, runtime};
use effect::Effect;
use form::Refused;
use host::clock::now_ms;
use keymap::{Action, BINDINGS, Context, Scope};
use monitor::alerts::{Alert, Alerts};
use monitor::job_alerts::JobAlerts;
use monitor::model::{Change, FindingsState, Model};
use monitor::resources::Sampler;
use scene::Scene;
use store::run_dir::checkpoints::folder_now;
use study::command::Command;
use study::feed::{Level, Writer};
use study::labels::LabelChange;
use ui_state::{Health, Leaving, UiState, View};
use update::update;
use workers::Workers;

/// How often a closing screen checks whether the scheduler has ended, in case no event wakes it.
const LEAVING_TICK: Duration = Duration::from_millis(100);
/// How often the age of the queue's answer is looked at, which no event tells.
const QUEUE_TICK: Duration = Duration::from_secs(15);

/// Takes the terminal and shows `source`'s run until its user leaves, it ends, or the terminal is gone.
pub fn run(source: Source, options: &Options) -> Result<Ended, TuiError> {
    let draft = options.draft.clone().map(|study| {
        let why = options.notice.clone().unwrap_or_default();
        Refused { study, why }
    });
    let mut ui = UiState { parent: options.parent, access: options.access, draft, ..UiState::default() };
    if let Some(notice) = &options.notice {
        ui.say(Level::Error, notice.clone());
    }
    let workers = Workers::start(Arc::clone(&source.feed)).map_err(TuiError::NoInput)?;
    let screen = RunScreen {
        source,
        title: options.title.clone(),
        workers,
        sampler: Sampler::default(),
        asked_at: 0,
        alerts: Alerts::default(),
        job_alerts: JobAlerts::default(),
        looked_up: None,
        model: Model::here(),
        ui,
    };
    Ok(match runtime::show(screen, options)? {
        Left::Chose(ended) => ended,
        Left::Signal => Ended::Signal,
        Left::TerminalGone => Ended::TerminalGone,
    })
}

struct RunScreen {
    source: Source,
    title: String,
    workers: Workers,
    sampler: Sampler,
    /// [`Model::outcomes`] when findings were last asked for.
    asked_at: usize,
    alerts: Alerts,
    job_alerts: JobAlerts,
    /// The run and the configured folder that [`Model::checkpoints`] was looked up for.
    looked_up: Option<(PathBuf, String)>,
    model: Model,
    ui: UiState,
}

impl Screen for RunScreen {
    type Action = Action;
    type Scope = Scope;
    type Choice = Ended;

    const TABLE: &'static [Binding<Action, Scope>] = BINDINGS;

    fn context(&self) -> Context {
        keymap::context(&self.ui)
    }

    fn action(&self, key: KeyEvent) -> Option<Action> {
        keymap::action(self.context(), key)
    }

    fn shows_keys(&self) -> bool {
        matches!(self.context(), Context::View(_) | Context::Seeds)
    }

    fn pasted(&self, letter: char) -> Option<Action> {
        let types =
            matches!(self.context(), Context::Filter | Context::Search | Context::Form | Context::Labels);
        types.then_some(Action::Type(letter))
    }

    fn update(&mut self, action: Action) -> Outcome<Ended> {
        // Another process may have changed them.
        if matches!(action, Action::About | Action::Label) && !self.ui.labels.saving {
            self.ask_for_labels(LabelChange::default());
        }
        match update(action, &mut self.ui, &self.model) {
            None => Outcome::Stay,
            Some(Effect::Send(command)) => self.send(command),
            Some(Effect::Look(look)) => {
                self.workers.guide.request(look);
                Outcome::Stay
            }
            Some(Effect::Inspect(config)) => {
                self.workers.health.request(*config);
                Outcome::Stay
            }
            Some(Effect::Label(change)) => {
                self.ask_for_labels(change);
                Outcome::Stay
            }
            Some(Effect::Copy(text)) => Outcome::Copy(text),
            Some(Effect::ToggleMouse) => Outcome::ToggleMouse,
            Some(Effect::TogglePixels) => Outcome::TogglePixels,
            Some(Effect::Suspend) => Outcome::Suspend,
            Some(Effect::LeaveNow) => Outcome::Interrupt,
            Some(Effect::Reconfigure(config)) => Outcome::Leave(Ended::Edited(config)),
            Some(Effect::Close) => Outcome::Leave(Ended::Quit),
            Some(Effect::Return) => Outcome::Leave(Ended::Back),
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        draw::draw(frame, &self.scene(theme));
    }

    fn hit(&self, area: Rect, theme: Theme, (press, column, row): (MousePress, u16, u16)) -> Option<Action> {
        hit::hit(&self.scene(theme), area, press, column, row)
    }

    fn say(&mut self, level: Level, text: &str) {
        self.ui.lines_at_status = self.model.log.total();
        self.ui.say(level, text);
    }

    fn refresh(&mut self) -> ControlFlow<Ended, Change> {
        let mut change = self.model.take(&self.source.feed);
        if change == Change::Some {
            self.find_checkpoints();
            // Only together with new events: while nothing changes, nothing is drawn.
            let trains_here = self.model.progress.is_some() && !self.model.is_watched();
            if let Some(taken) = trains_here.then(|| self.sampler.look(Instant::now())).flatten() {
                self.model.resources = Some(taken);
            }
        }
        let poll = self.model.run.header().map_or(0, |header| header.config.cluster.poll.into());
        if self.take_answers() == Change::Some || self.model.cluster.is_older(now_ms(), poll) {
            change = Change::Some;
        }
        // What was refused is shown as it was typed, with the reason in full.
        if self.ui.draft.is_some() && self.model.run.header().is_some() {
            if let Some(Effect::Look(look)) = edit::open(&mut self.ui, &self.model) {
                self.workers.guide.request(look);
            }
            change = Change::Some;
        }
        self.ask_for_findings();
        if self.ui.labels.known.is_none() {
            self.ask_for_labels(LabelChange::default());
        }
        if self.source.feed.is_over() {
            return ControlFlow::Break(match self.ui.leaving {
                Leaving::Asked => Ended::Quit,
                Leaving::Detaching => Ended::Detached,
                Leaving::No => Ended::SchedulerOver,
            });
        }
        ControlFlow::Continue(change)
    }

    fn alerts(&mut self) -> Vec<Alert> {
        let model = &self.model;
        if model.is_prepared() && self.ui.leaving == Leaving::No {
            let beside = (model.blocked.as_deref(), model.writer != Writer::Nobody);
            let jobs = model.cluster.queue.as_ref().filter(|_| model.is_on_cluster());
            let of_jobs = jobs.and_then(|queue| self.job_alerts.look(queue, &self.title));
            let of_run = self.alerts.look(&model.run, &self.title, beside, now_ms());
            return of_run.into_iter().chain(of_jobs).collect();
        }
        Vec::new()
    }

    fn wakes(&self) -> Vec<Receiver<()>> {
        [self.source.wake.clone()].into_iter().chain(self.workers.wakes()).collect()
    }

    fn tick(&self) -> Option<Duration> {
        if self.ui.leaving != Leaving::No {
            return Some(LEAVING_TICK);
        }
        self.model.is_on_cluster().then_some(QUEUE_TICK)
    }

    fn resize(&mut self, area: Rect) {
        (self.ui.screen_columns, self.ui.screen_rows) = (area.width, area.height);
    }

    fn show_pixels(&mut self, on: bool) {
        self.ui.pixels = on;
    }

    /// The log of a run that is this process's own.
    fn log(&self) -> Option<PathBuf> {
        let own = self.model.run_dir.as_ref().filter(|_| !self.model.is_watched());
        own.map(|directory| directory.join("log.txt"))
    }

    fn is_followed(&self, choice: &Ended) -> bool {
        matches!(choice, Ended::Back | Ended::SchedulerOver) && self.model.is_watched()
    }
}

impl Drop for RunScreen {
    fn drop(&mut self) {
        if self.ui.labels.saving {
            labels::wait_for(&self.workers.labels);
        }
    }
}

impl RunScreen {
    fn scene(&self, theme: Theme) -> Scene<'_> {
        Scene { model: &self.model, ui: &self.ui, theme, title: &self.title }
    }

    /// Looks up the folder of checkpoints once the run is known, and where it was resumed with another one.
    fn find_checkpoints(&mut self) {
        let (Some(root), Some(header)) = (&self.model.run_dir, self.model.run.header()) else { return };
        let directory = &header.config.checkpoints.directory;
        if self.looked_up.as_ref().is_none_or(|(run, folder)| (run, folder) != (root, directory)) {
            let found = folder_now(root, &header.config).ok();
            self.looked_up = found.is_some().then(|| (root.clone(), directory.clone()));
            self.model.checkpoints = found;
        }
    }

    /// While the findings view is open, whenever the results behind them have changed.
    fn ask_for_findings(&mut self) {
        let is_stale = self.asked_at != self.model.outcomes;
        if self.ui.view == View::Findings && is_stale && self.model.findings_state == FindingsState::Idle {
            self.asked_at = self.model.outcomes;
            self.model.findings_state = FindingsState::Evaluating;
            self.workers.findings.request(());
        }
    }

    /// Reads the run's labels, changed like this; they are read again whenever nothing is known of them.
    fn ask_for_labels(&mut self, change: LabelChange) {
        let Some(run_dir) = self.model.run_dir.clone() else { return };
        self.workers.labels.request(LabelRequest { run_dir, change });
    }

    fn take_labels(&mut self) -> Change {
        let Ok(answer) = self.workers.labels.answers.try_recv() else { return Change::None };
        if let Err(why) = self.ui.labels.take(answer.labels, answer.is_change) {
            self.ui.say(Level::Error, why);
        }
        Change::Some
    }

    /// What the threads have worked out.
    fn take_answers(&mut self) -> Change {
        let mut change = self.take_findings();
        if self.take_labels() == Change::Some {
            change = Change::Some;
        }
        if let Ok(lines) = self.workers.health.answers.try_recv() {
            self.ui.health = Health::Known(lines);
            change = Change::Some;
        }
        if let (Ok((look, suggestion)), Some(form)) =
            (self.workers.guide.answers.try_recv(), &mut self.ui.form)
        {
            form.take(look, suggestion);
            change = Change::Some;
        }
        change
    }

    fn take_findings(&mut self) -> Change {
        match self.workers.findings.answers.try_recv() {
            Ok(findings) => self.model.findings = Some(findings),
            Err(TryRecvError::Empty) => return Change::None,
            // A thread that has ended leaves the last ones on the screen.
            Err(TryRecvError::Disconnected) => {
                self.model.findings_state = FindingsState::Idle;
                return Change::None;
            }
        }
        self.model.findings_state = FindingsState::Idle;
        Change::Some
    }

    fn send(&mut self, command: Command) -> Outcome<Ended> {
        if matches!(command, Command::StopSweep | Command::Quit) {
            self.alerts.expect_stop();
        }
        match self.source.commands.try_send(command) {
            Ok(()) => {}
            Err(TrySendError::Disconnected(Command::Quit)) => return Outcome::Leave(Ended::SchedulerOver),
            Err(TrySendError::Disconnected(_)) => {
                self.ui.say(Level::Error, "the scheduler has ended; `q` leaves");
            }
            Err(TrySendError::Full(_)) => {
                self.ui.leaving = Leaving::No;
                self.ui.say(Level::Warning, "the scheduler is busy; press the key again");
            }
        }
        Outcome::Stay
    }
}
