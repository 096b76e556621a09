//! The UI thread: waits for keys, news and signals, takes all that is there, and draws at most so often.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, TrySendError, at, never, select};
use ratatui::Terminal;
use ratatui::layout::Rect;
use rustix::process::{Signal, kill_current_process_group};
use std::sync::Arc;

use super::backend::ScreenBackend;
use super::clipboard::copy_sequence;
use super::draw::{Scene, draw};
use super::hit::hit;
use super::input::{Input, Inputs};
use super::inquiry::Inquiry;
use super::keymap::{Action, action, context};
use super::model::{Asked, Change, Model};
use super::resources::Sampler;
use super::source::Source;
use super::terminal::Screen;
use super::terminal::mouse_sequence;
use super::ui_state::{Leaving, UiState, View};
use super::update::{Effect, update};
use super::{Ended, Options, TuiError};
use crate::study::claims::Findings;
use crate::study::command::Command;
use crate::study::feed::Level;

/// How long a stopped process group may take to be stopped.
const SUSPENSION: Duration = Duration::from_millis(300);
/// How often a leaving screen looks whether the scheduler has ended, should nobody wake it.
const LEAVING_TICK: Duration = Duration::from_millis(100);

/// The screen's loop and all that it owns.
struct Loop {
    source: Source,
    options: Options,
    screen: Arc<Screen>,
    terminal: Terminal<ScreenBackend>,
    inputs: Inputs,
    inquiry: Inquiry,
    sampler: Sampler,
    /// [`Model::outcomes`] when findings were last asked for.
    asked_at: usize,
    model: Model,
    ui: UiState,
    due: Due,
    last_draw: Instant,
}

/// When the next frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Not: nothing changed.
    Never,
    /// When the last frame is old enough.
    Soon,
    /// At once: a key wants its echo.
    Now,
}

/// Takes the terminal and shows `source`'s run until its user leaves, it ends, or the terminal is gone.
pub fn run(source: Source, options: Options) -> Result<Ended, TuiError> {
    // `NO_COLOR` is the theme's affair: crossterm's own way leaves empty sequences that reset styles.
    crossterm::style::force_color_output(true);
    let screen = Screen::take(options.log.as_deref()).map_err(TuiError::NoTerminal)?;
    let inputs = Inputs::start(screen.tty()).map_err(TuiError::NoInput)?;
    let inquiry = Inquiry::start(Arc::clone(&source.feed)).map_err(TuiError::NoInput)?;
    let terminal = Terminal::new(ScreenBackend::new(screen.tty())).map_err(TuiError::NoTerminal)?;
    let mut ui = UiState { parent: options.parent, ..UiState::default() };
    if let Some(notice) = &options.notice {
        ui.say(Level::Error, notice.clone());
    }
    let mut ui_loop = Loop {
        source,
        terminal,
        inputs,
        inquiry,
        sampler: Sampler::default(),
        asked_at: 0,
        model: Model::default(),
        ui,
        options,
        due: Due::Now,
        last_draw: Instant::now(),
        screen,
    };
    let ended = ui_loop.run();
    match ended {
        // Whoever goes on without a terminal watches for signals itself.
        Ended::TerminalGone => {
            ui_loop.screen.abandon();
            ui_loop.inputs.hand_over();
        }
        // Another screen follows, which watches for signals itself.
        Ended::Back | Ended::SchedulerOver if ui_loop.model.is_watched() => {
            ui_loop.screen.leave();
            ui_loop.inputs.hand_over();
        }
        // The next SIGINT or SIGTERM ends the program.
        Ended::Quit
        | Ended::Back
        | Ended::Detached
        | Ended::SchedulerOver
        | Ended::Signal
        | Ended::Edited(_) => {
            ui_loop.screen.leave();
        }
    }
    Ok(ended)
}

impl Loop {
    fn run(&mut self) -> Ended {
        let mut wake = self.source.wake.clone();
        loop {
            self.take_news();
            if self.source.feed.is_over() {
                return match self.ui.leaving {
                    Leaving::Asked => Ended::Quit,
                    Leaving::Detaching => Ended::Detached,
                    Leaving::No => Ended::SchedulerOver,
                };
            }
            if self.draw_if_due().is_err() {
                return Ended::TerminalGone;
            }
            self.ask_for_findings();
            let inbox = self.inputs.inbox.clone();
            let answers = self.inquiry.answers.clone();
            let timer = self.timer();
            select! {
                recv(inbox) -> input => {
                    let mut next = Some(input.unwrap_or(Input::Gone));
                    while let Some(input) = next {
                        if let Some(ended) = self.take_input(input) {
                            return ended;
                        }
                        next = self.inputs.inbox.try_recv().ok();
                    }
                }
                recv(answers) -> findings => self.take_findings(findings.ok()),
                recv(wake) -> news => if news.is_err() {
                    // Nobody can wake us any more: what the feed still says is read on keys.
                    wake = never();
                },
                recv(timer) -> _ => {}
            }
        }
    }

    fn timer(&self) -> Receiver<Instant> {
        let soonest = match self.due {
            Due::Never => None,
            Due::Soon => Some(self.last_draw + self.options.link.interval()),
            Due::Now => Some(Instant::now()),
        };
        let leaving = (self.ui.leaving != Leaving::No).then(|| Instant::now() + LEAVING_TICK);
        match (soonest, leaving) {
            (Some(a), Some(b)) => at(a.min(b)),
            (Some(only), None) | (None, Some(only)) => at(only),
            (None, None) => never(),
        }
    }

    fn take_news(&mut self) {
        let had_directory = self.model.run_dir.is_some();
        if self.model.take(&self.source.feed) == Change::Some {
            self.due = self.due.max(Due::Soon);
            // Beside news alone: while nothing changes, nothing is drawn.
            let trains_here = self.model.progress.is_some() && !self.model.is_watched();
            if let Some(taken) = trains_here.then(|| self.sampler.look(Instant::now())).flatten() {
                self.model.resources = Some(taken);
            }
        }
        if let (false, Some(log)) = (had_directory, self.log()) {
            // Without the log the output goes on to where it went.
            let _ = self.screen.send_output_to(&log);
        }
    }

    /// While somebody looks at them, whenever what they are read from has changed.
    fn ask_for_findings(&mut self) {
        let is_stale = self.asked_at != self.model.outcomes;
        if self.ui.view == View::Findings && is_stale && self.model.asked == Asked::No {
            self.asked_at = self.model.outcomes;
            self.model.asked = Asked::Yes;
            self.inquiry.request();
        }
    }

    fn take_findings(&mut self, findings: Option<Arc<Findings>>) {
        // A thread that has ended leaves the last ones on the screen.
        self.model.asked = Asked::No;
        if findings.is_some() {
            self.model.findings = findings;
            self.due = self.due.max(Due::Soon);
        }
    }

    /// The log of a run that is this process's own.
    fn log(&self) -> Option<PathBuf> {
        let own = self.model.run_dir.as_ref().filter(|_| !self.model.is_watched());
        own.map(|directory| directory.join("log.txt"))
    }

    fn take_input(&mut self, input: Input) -> Option<Ended> {
        match input {
            Input::Key(key) => {
                let wanted = action(context(&self.ui), key)?;
                self.take_action(wanted)
            }
            Input::Mouse(press, column, row) => {
                let area = self.area().ok()?;
                let wanted = hit(&self.scene(), area, press, column, row)?;
                self.take_action(wanted)
            }
            Input::Resized => {
                self.due = Due::Now;
                None
            }
            Input::Continued => self.repaint(),
            Input::Terminated => Some(Ended::Signal),
            Input::Gone => Some(Ended::TerminalGone),
        }
    }

    fn take_action(&mut self, wanted: Action) -> Option<Ended> {
        self.due = Due::Now;
        let effect = update(wanted, &mut self.ui, &self.model)?;
        self.take_effect(effect)
    }

    fn take_effect(&mut self, effect: Effect) -> Option<Ended> {
        match effect {
            Effect::Send(command) => self.send(command),
            Effect::Copy(text) => {
                let sequence = copy_sequence(&text);
                self.terminal.backend_mut().write_frame(&sequence).is_err().then_some(Ended::TerminalGone)
            }
            Effect::GiveMouse(mouse) => {
                let sequence = mouse_sequence(mouse);
                self.terminal.backend_mut().write_frame(sequence).is_err().then_some(Ended::TerminalGone)
            }
            Effect::Reconfigure(config) => Some(Ended::Edited(config)),
            Effect::Suspend => self.suspend(),
            Effect::LeaveNow => Some(Ended::Signal),
            Effect::Close => Some(Ended::Quit),
            Effect::Return => Some(Ended::Back),
        }
    }

    fn send(&mut self, command: Command) -> Option<Ended> {
        match self.source.commands.try_send(command) {
            Ok(()) => {}
            Err(TrySendError::Disconnected(Command::Quit)) => return Some(Ended::SchedulerOver),
            Err(TrySendError::Disconnected(_)) => {
                self.ui.say(Level::Error, "the scheduler has ended; `q` leaves");
            }
            Err(TrySendError::Full(_)) => {
                self.ui.leaving = Leaving::No;
                self.ui.say(Level::Warning, "the scheduler is busy; press the key again");
            }
        }
        None
    }

    /// Stops the whole process group, as a shell's job is stopped, and takes the terminal again after.
    fn suspend(&mut self) -> Option<Ended> {
        self.screen.leave();
        if kill_current_process_group(Signal::TSTP).is_ok() {
            // The stop may come a moment late, or, without a shell that could continue us, not at all.
            let until = Instant::now() + SUSPENSION;
            while let Ok(input) = self.inputs.inbox.recv_deadline(until) {
                match input {
                    Input::Continued => break,
                    Input::Terminated => return Some(Ended::Signal),
                    Input::Gone => return Some(Ended::TerminalGone),
                    Input::Key(_) | Input::Mouse(..) | Input::Resized => {}
                }
            }
        }
        self.repaint()
    }

    /// Takes the terminal, if it is not ours, and draws everything anew.
    fn repaint(&mut self) -> Option<Ended> {
        let log = self.log();
        let log = log.as_deref().or(self.options.log.as_deref());
        let mouse = mouse_sequence(self.ui.mouse);
        let taken = self.screen.retake(log).and_then(|()| self.forget_screen());
        let taken = taken.and_then(|()| self.terminal.backend_mut().write_frame(mouse));
        self.due = Due::Now;
        taken.is_err().then_some(Ended::TerminalGone)
    }

    /// `Terminal::clear` would ask for the cursor; a resize to the same size clears as well.
    fn forget_screen(&mut self) -> io::Result<()> {
        let area = self.area()?;
        self.terminal.resize(area)
    }

    fn area(&self) -> io::Result<Rect> {
        let size = self.terminal.size()?;
        Ok(Rect::new(0, 0, size.width, size.height))
    }

    fn scene(&self) -> Scene<'_> {
        Scene { model: &self.model, ui: &self.ui, theme: self.options.theme, title: &self.options.title }
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let drawn = match self.due {
            Due::Never => false,
            Due::Soon => now >= self.last_draw + self.options.link.interval(),
            Due::Now => true,
        };
        if !drawn {
            return Ok(());
        }
        let area = self.area()?;
        (self.ui.screen_columns, self.ui.screen_rows) = (area.width, area.height);
        let scene =
            Scene { model: &self.model, ui: &self.ui, theme: self.options.theme, title: &self.options.title };
        self.terminal.draw(|frame| draw(frame, &scene))?;
        self.terminal.backend_mut().write_frame(&[])?;
        self.last_draw = now;
        self.due = Due::Never;
        Ok(())
    }
}
