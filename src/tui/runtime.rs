//! A screen beside a run's own, such as a list of runs: the loop that feeds it keys and news and draws it.

use std::io;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, never, select};
use crossterm::event::KeyEvent;
use ratatui::layout::Rect;
use ratatui::{Frame, Terminal};
use rustix::process::{Signal, kill_current_process_group};

use super::backend::ScreenBackend;
use super::input::{Input, Inputs};
use super::terminal::Screen;
use super::theme::Theme;
use super::{Options, TuiError};

/// How long a stopped process group may take to be stopped.
const SUSPENSION: Duration = Duration::from_millis(300);
/// How often what changes with the time alone is drawn anew.
const TICK: Duration = Duration::from_secs(1);

/// What a page shows and does.
pub(super) trait Page {
    /// What its user can choose.
    type Choice;

    /// Says that there is news.
    fn wake(&self) -> Receiver<()>;

    /// Takes the news.
    fn take_news(&mut self);

    /// Draws a frame.
    fn draw(&self, frame: &mut Frame<'_>, theme: Theme);

    /// Does what a key asks for.
    fn press(&mut self, key: KeyEvent) -> Turn<Self::Choice>;
}

/// What comes of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn<C> {
    /// A frame.
    GoOn,
    /// The process is suspended.
    Suspend,
    /// The page is left.
    Leave(C),
}

/// How a page was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left<C> {
    /// Its user chose.
    Chose(C),
    /// SIGTERM or SIGINT.
    Signal,
    /// There is no terminal any more.
    TerminalGone,
}

/// Takes the terminal and shows `page` until it is left.
pub(super) fn show<P: Page>(mut page: P, options: &Options) -> Result<Left<P::Choice>, TuiError> {
    crossterm::style::force_color_output(true);
    let screen = Screen::take(options.log.as_deref()).map_err(TuiError::NoTerminal)?;
    let inputs = Inputs::start(screen.tty()).map_err(TuiError::NoInput)?;
    let mut terminal = Terminal::new(ScreenBackend::new(screen.tty())).map_err(TuiError::NoTerminal)?;
    let left = run(&mut page, &inputs, &screen, &mut terminal, options).unwrap_or(Left::TerminalGone);
    match left {
        Left::TerminalGone => screen.abandon(),
        Left::Chose(_) | Left::Signal => screen.leave(),
    }
    // Another screen may follow, which watches for signals itself.
    inputs.hand_over();
    Ok(left)
}

fn run<P: Page>(
    page: &mut P,
    inputs: &Inputs,
    screen: &Screen,
    terminal: &mut Terminal<ScreenBackend>,
    options: &Options,
) -> io::Result<Left<P::Choice>> {
    let mut wake = page.wake();
    loop {
        page.take_news();
        terminal.draw(|frame| page.draw(frame, options.theme))?;
        terminal.backend_mut().write_frame(&[])?;
        let input = select! {
            recv(inputs.inbox) -> input => input.unwrap_or(Input::Gone),
            recv(wake) -> news => {
                if news.is_err() {
                    wake = never();
                }
                continue;
            }
            default(TICK) => continue,
        };
        let turn = match input {
            Input::Key(key) => page.press(key),
            Input::Resized | Input::Mouse(..) => Turn::GoOn,
            Input::Continued => Turn::Suspend,
            Input::Terminated => return Ok(Left::Signal),
            Input::Gone => return Ok(Left::TerminalGone),
        };
        match turn {
            Turn::GoOn => {}
            Turn::Leave(choice) => return Ok(Left::Chose(choice)),
            Turn::Suspend => {
                if input != Input::Continued && suspend(inputs, screen) == Some(Input::Gone) {
                    return Ok(Left::TerminalGone);
                }
                screen.retake(options.log.as_deref())?;
                let size = terminal.size()?;
                terminal.resize(Rect::new(0, 0, size.width, size.height))?;
            }
        }
    }
}

/// Gives the terminal back and stops the process group until it is continued.
fn suspend(inputs: &Inputs, screen: &Screen) -> Option<Input> {
    screen.leave();
    kill_current_process_group(Signal::TSTP).ok()?;
    let until = Instant::now() + SUSPENSION;
    loop {
        match inputs.inbox.recv_deadline(until) {
            Ok(input @ (Input::Continued | Input::Terminated | Input::Gone)) => return Some(input),
            Ok(Input::Key(_) | Input::Mouse(..) | Input::Resized) => {}
            Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => return None,
        }
    }
}
