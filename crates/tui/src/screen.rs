//! What a screen is: a table of keys, what its actions do, a frame, and what the mouse points at.

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::time::Duration;

use crossbeam_channel::Receiver;
use crossterm::event::{KeyCode, KeyEvent};
use ratatui::Frame;
use ratatui::layout::Rect;

use super::keymap::{self, Binding, Key, Scope};
use super::terminal::MousePress;
use super::theme::Theme;
use monitor::alerts::Alert;
use monitor::model::Change;
use study::feed::Level;

/// How often a screen is woken on which something changes with the time alone.
const TICK: Duration = Duration::from_secs(1);

/// One screen. [`super::runtime::show`] runs it.
///
/// Keys and the mouse become actions, and only [`Screen::update`] acts on them. A draw takes shared references and
/// returns nothing.
pub(super) trait Screen {
    /// What its keys ask for.
    type Action: Copy + 'static;
    /// Where its keys hold.
    type Scope: Scope;
    /// How its user can leave it.
    type Choice;

    /// Its keys, in the order of the help; the footer shows as many as fit, from the top.
    const TABLE: &'static [Binding<Self::Action, Self::Scope>];

    /// What has the keyboard now.
    fn context(&self) -> <Self::Scope as Scope>::Context;

    /// What a key asks for now; a letter without a meaning of its own is typed where text is.
    fn action(&self, key: KeyEvent) -> Option<Self::Action> {
        let bound = keymap::action(Self::TABLE, self.context(), key);
        match keymap::key_of(key) {
            Some(Key::Plain(KeyCode::Char(letter))) if bound.is_none() => self.pasted(letter),
            _ => bound,
        }
    }

    /// Whether the screen names a key that does nothing: where `?` shows the keys, and no text is typed.
    fn shows_keys(&self) -> bool {
        true
    }

    /// What a letter of pasted text asks for now: nothing where no text is typed.
    fn pasted(&self, _letter: char) -> Option<Self::Action> {
        None
    }

    /// Does what is asked for.
    fn update(&mut self, action: Self::Action) -> Outcome<Self::Choice>;

    /// Draws a frame.
    fn draw(&self, frame: &mut Frame<'_>, theme: Theme);

    /// What a press of the mouse at a column and row of a screen of `area` asks for.
    fn hit(&self, area: Rect, theme: Theme, mouse: (MousePress, u16, u16)) -> Option<Self::Action>;

    /// Shows a message in the status line.
    fn say(&mut self, level: Level, text: &str);

    /// Reads new events; breaks where the screen has ended by itself.
    fn refresh(&mut self) -> ControlFlow<Self::Choice, Change>;

    /// What its user is to be told of, wherever they look, since the last time.
    fn alerts(&mut self) -> Vec<Alert> {
        Vec::new()
    }

    /// The channels that report new events.
    fn wakes(&self) -> Vec<Receiver<()>> {
        Vec::new()
    }

    /// How often to look for new events without being woken.
    fn tick(&self) -> Option<Duration> {
        Some(TICK)
    }

    /// Takes the size of the terminal, before each frame.
    fn resize(&mut self, _area: Rect) {}

    /// Draws charts as pictures from now on, or as characters.
    fn show_pixels(&mut self, _on: bool) {}

    /// Where the process's output belongs from now on, if it is known.
    fn log(&self) -> Option<PathBuf> {
        None
    }

    /// Whether another screen follows, which watches for signals itself.
    fn is_followed(&self, _choice: &Self::Choice) -> bool {
        true
    }
}

/// What an action leads to, beside a new frame.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Outcome<C> {
    /// Nothing.
    Stay,
    /// Text goes into the terminal's clipboard.
    Copy(String),
    /// The mouse changes hands.
    ToggleMouse,
    /// Charts become pictures, or characters again.
    TogglePixels,
    /// The process stops until it is continued.
    Suspend,
    /// The program ends immediately, as by a signal.
    Interrupt,
    /// The screen is left.
    Leave(C),
}

/// How a screen was left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Left<C> {
    /// Its user chose, or it was over.
    Chose(C),
    /// SIGTERM, SIGINT or a second Ctrl-C.
    Signal,
    /// There is no terminal any more.
    TerminalGone,
}

/// An answer to the last key, in the status line until the next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Status {
    /// How much it matters.
    pub level: Level,
    /// One sentence.
    pub text: String,
}
