//! The UI thread's loop, for every screen: it waits for keys, events and signals, takes all that is there, and draws
//! at most so often. Suspension, resizes, the mouse and the end of the terminal are handled here alone.

mod pixels;

use std::env;
use std::io;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Select, TryRecvError};
use crossterm::event::KeyEvent;
use ratatui::Terminal;
use ratatui::layout::Rect;
use rustix::process::{Signal, kill_current_process_group};

use super::screen::{Left, Outcome, Screen};
use super::terminal::{
    Colour, Guard, Input, Inputs, Mouse, ScreenBackend, background_question, copy_sequence,
};
use super::theme::Theme;
use super::unknown::UnknownKey;
use super::{Options, TuiError};
use monitor::model::Change;
use pixels::Pixels;
use study::feed::Level;

/// How long a stopped process group may take to be stopped.
const SUSPENSION: Duration = Duration::from_millis(300);
/// How long the terminal may take to say its background. Nothing waits for it but an end that comes sooner: the shell
/// would read the answer as keys.
const ANSWER: Duration = Duration::from_millis(250);

/// A screen, the terminal, and what reaches them.
struct Runtime<'a, S> {
    screen: S,
    options: &'a Options,
    theme: Theme,
    /// When the terminal was asked for its background.
    asked: Option<Instant>,
    guard: Arc<Guard>,
    terminal: Terminal<ScreenBackend>,
    inputs: Inputs,
    wakes: Vec<Receiver<()>>,
    /// Where the process's output goes.
    log: Option<PathBuf>,
    mouse: Mouse,
    due: Due,
    last_draw: Instant,
    /// How long after it the next frame comes that no key asks for.
    rest: Duration,
    unknown: UnknownKey,
    pixels: Pixels,
}

/// When the next frame is drawn.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Due {
    /// Not: nothing changed.
    Never,
    /// When the last frame is old enough.
    Soon,
    /// Immediately: a key needs its echo.
    Now,
}

/// Takes the terminal and shows `screen` until its user leaves, it is over, or the terminal is gone.
pub(super) fn show<S: Screen>(screen: S, options: &Options) -> Result<Left<S::Choice>, TuiError> {
    // `NO_COLOR` is the theme's affair: crossterm's own way leaves empty sequences that reset styles.
    crossterm::style::force_color_output(true);
    let guard = Guard::take(options.log.as_deref()).map_err(TuiError::NoTerminal)?;
    let inputs = Inputs::start(guard.tty()).map_err(TuiError::NoInput)?;
    let terminal = Terminal::new(ScreenBackend::new(guard.tty())).map_err(TuiError::NoTerminal)?;
    let mut runtime = Runtime {
        wakes: screen.wakes(),
        screen,
        options,
        theme: options.settings.theme_of(options.theme),
        asked: None,
        guard,
        terminal,
        inputs,
        log: None,
        mouse: Mouse::default(),
        due: Due::Now,
        last_draw: Instant::now(),
        rest: options.link.interval(),
        unknown: UnknownKey::default(),
        pixels: Pixels::default(),
    };
    let left = runtime.ask_for_background().unwrap_or_else(|| runtime.run());
    if !matches!(left, Left::TerminalGone) {
        runtime.await_answers();
    }
    let is_followed = match &left {
        // A process that continues without a terminal watches for signals itself.
        Left::TerminalGone => true,
        Left::Chose(choice) => runtime.screen.is_followed(choice),
        // The next SIGINT or SIGTERM ends the program.
        Left::Signal => false,
    };
    match left {
        Left::TerminalGone => runtime.guard.abandon(),
        Left::Chose(_) | Left::Signal => runtime.guard.leave(),
    }
    if is_followed {
        runtime.inputs.hand_over();
    }
    Ok(left)
}

/// Whether tmux is between the program and the terminal.
fn in_tmux() -> bool {
    env::var_os("TMUX").is_some()
}

impl<S: Screen> Runtime<'_, S> {
    fn run(&mut self) -> Left<S::Choice> {
        loop {
            match self.screen.refresh() {
                ControlFlow::Break(choice) => return Left::Chose(choice),
                ControlFlow::Continue(Change::Some) => self.due = self.due.max(Due::Soon),
                ControlFlow::Continue(Change::None) => {}
            }
            self.redirect_output();
            if let Some(left) = self.tell() {
                return left;
            }
            self.give_pixels_up();
            if self.draw_if_due().is_err() {
                return Left::TerminalGone;
            }
            self.wait();
            loop {
                let input = match self.inputs.inbox.try_recv() {
                    Ok(input) => input,
                    Err(TryRecvError::Empty) => break,
                    Err(TryRecvError::Disconnected) => Input::Gone,
                };
                if let Some(left) = self.take_input(input) {
                    return left;
                }
            }
        }
    }

    /// Once, where nobody has chosen: the first frame is drawn meanwhile, as the environment says.
    fn ask_for_background(&mut self) -> Option<Left<S::Choice>> {
        if !self.options.settings.asks(self.theme) {
            return None;
        }
        self.asked = Some(Instant::now());
        self.write(&background_question(in_tmux()))
    }

    fn take_background(&mut self, colour: Colour) {
        self.take_colour(colour);
        if self.asked.take().is_some() {
            // Another screen may have heard it.
            let _ = self.options.settings.background.set(colour.background());
            self.theme = self.options.settings.theme_of(self.options.theme);
        }
    }

    /// Before the terminal is given back.
    fn await_answers(&mut self) {
        let until = |runtime: &Self| {
            let background = runtime.asked.map(|asked| asked + ANSWER);
            background.into_iter().chain(runtime.pixels.until()).max()
        };
        while let Some(until) = until(self) {
            match self.inputs.inbox.recv_deadline(until) {
                Ok(Input::Background(colour)) => self.take_background(colour),
                Ok(Input::Graphics(answer)) => self.take_graphics(answer),
                Ok(_) => {}
                Err(_) => return,
            }
        }
    }

    /// Tells the user what is new of the run.
    fn tell(&mut self) -> Option<Left<S::Choice>> {
        for alert in self.screen.alerts() {
            let alerts = &self.options.settings.alerts;
            if let Err(error) = alerts.start_command(&alert) {
                self.screen.say(Level::Warning, &format!("the alert command cannot be started: {error}"));
            }
            let sequence = alerts.sequence(&alert, in_tmux());
            if let Some(left) = self.write(&sequence) {
                return Some(left);
            }
        }
        None
    }

    /// Waits for inputs, for events, or until something is to be done unasked.
    fn wait(&mut self) {
        let deadline = self.deadline();
        let mut select = Select::new();
        select.recv(&self.inputs.inbox);
        for wake in &self.wakes {
            select.recv(wake);
        }
        let _ = match deadline {
            Some(deadline) => select.ready_deadline(deadline),
            None => Ok(select.ready()),
        };
        // Where no sender is left to wake us, new events are read when a key is pressed.
        self.wakes.retain(|wake| wake.try_recv() != Err(TryRecvError::Disconnected));
    }

    fn deadline(&self) -> Option<Instant> {
        let frame = match self.due {
            Due::Never => None,
            Due::Soon => Some(self.last_draw + self.rest),
            Due::Now => Some(Instant::now()),
        };
        let tick = self.screen.tick().map(|tick| Instant::now() + tick);
        frame.into_iter().chain(tick).chain(self.pixels.until()).chain(self.next_picture()).min()
    }

    /// Once a run has a directory, the output goes to its log.
    fn redirect_output(&mut self) {
        if self.log.is_none()
            && let Some(log) = self.screen.log()
        {
            // Without the log the output stays where it is.
            let _ = self.guard.send_output_to(&log);
            self.log = Some(log);
        }
    }

    fn take_input(&mut self, input: Input) -> Option<Left<S::Choice>> {
        let wanted = match input {
            Input::Key(key) => self.known(key),
            Input::Pasted(letter) => self.screen.pasted(letter),
            Input::Mouse(press, column, row) => {
                self.screen.hit(self.area().ok()?, self.theme, (press, column, row))
            }
            Input::Background(colour) => {
                self.take_background(colour);
                self.due = Due::Now;
                None
            }
            Input::Graphics(answer) => {
                self.take_graphics(answer);
                None
            }
            Input::Resized => {
                self.due = Due::Now;
                return self.ask_for_cell();
            }
            Input::Continued => return self.repaint(),
            Input::Terminated => return Some(Left::Signal),
            Input::Gone => return Some(Left::TerminalGone),
        };
        let wanted = wanted?;
        self.due = Due::Now;
        match self.screen.update(wanted) {
            Outcome::Stay => None,
            Outcome::Copy(text) => self.write(&copy_sequence(&text)),
            Outcome::ToggleMouse => self.toggle_mouse(),
            Outcome::TogglePixels => self.toggle_pixels(),
            Outcome::Suspend => self.suspend(),
            Outcome::Interrupt => Some(Left::Signal),
            Outcome::Leave(choice) => Some(Left::Chose(choice)),
        }
    }

    /// What a key asks for; of one that nothing is bound to the status line says so, once.
    fn known(&mut self, key: KeyEvent) -> Option<S::Action> {
        let wanted = self.screen.action(key);
        if wanted.is_some() {
            self.unknown.forget();
        } else if self.screen.shows_keys()
            && let Some(text) = self.unknown.say(S::TABLE, key, self.options.theme.glyphs)
        {
            self.screen.say(Level::Info, &text);
            self.due = Due::Now;
        }
        wanted
    }

    fn toggle_mouse(&mut self) -> Option<Left<S::Choice>> {
        self.mouse = self.mouse.other();
        let text = match self.mouse {
            Mouse::Ours => "mouse on: it points and scrolls; with Shift it still selects text",
            Mouse::Terminals => "mouse off: it selects text",
        };
        self.screen.say(Level::Info, text);
        self.write(self.mouse.sequence())
    }

    fn write(&mut self, sequence: &[u8]) -> Option<Left<S::Choice>> {
        self.terminal.backend_mut().write_frame(sequence).is_err().then_some(Left::TerminalGone)
    }

    /// Stops the whole process group, as a shell's job is stopped, and takes the terminal again after.
    fn suspend(&mut self) -> Option<Left<S::Choice>> {
        self.await_answers();
        self.guard.leave();
        if kill_current_process_group(Signal::TSTP).is_ok() {
            // The stop may come a moment late, or, without a shell that could continue us, not at all.
            let until = Instant::now() + SUSPENSION;
            while let Ok(input) = self.inputs.inbox.recv_deadline(until) {
                match input {
                    Input::Continued => break,
                    Input::Terminated => return Some(Left::Signal),
                    Input::Gone => return Some(Left::TerminalGone),
                    Input::Background(colour) => self.take_background(colour),
                    Input::Graphics(answer) => self.take_graphics(answer),
                    Input::Key(_) | Input::Pasted(_) | Input::Mouse(..) | Input::Resized => {}
                }
            }
        }
        self.repaint()
    }

    /// Takes the terminal, if it is not ours, and draws everything anew.
    fn repaint(&mut self) -> Option<Left<S::Choice>> {
        let log = self.log.as_deref().or(self.options.log.as_deref());
        let mouse = self.mouse.sequence();
        let taken = self.guard.retake(log).and_then(|()| self.forget_screen());
        let taken = taken.and_then(|()| self.terminal.backend_mut().write_frame(mouse).map(drop));
        self.due = Due::Now;
        taken.is_err().then_some(Left::TerminalGone)
    }

    /// `Terminal::clear` would ask for the cursor; a resize to the same size clears as well.
    fn forget_screen(&mut self) -> io::Result<()> {
        self.pixels.pictures.forget();
        let area = self.area()?;
        self.terminal.resize(area)
    }

    fn area(&self) -> io::Result<Rect> {
        let size = self.terminal.size()?;
        Ok(Rect::new(0, 0, size.width, size.height))
    }

    fn draw_if_due(&mut self) -> io::Result<()> {
        let now = Instant::now();
        let is_picture_due = self.next_picture().is_some_and(|next| now >= next);
        let is_due = is_picture_due
            || match self.due {
                Due::Never => false,
                Due::Soon => now >= self.last_draw + self.rest,
                Due::Now => true,
            };
        if !is_due {
            return Ok(());
        }
        self.screen.resize(self.area()?);
        let bytes = self.draw_frame()?;
        // What a key asks for is written whatever it takes, and once.
        self.rest = self.rest_behind(if self.due == Due::Soon { bytes } else { 0 });
        self.last_draw = now;
        self.due = Due::Never;
        Ok(())
    }
}
