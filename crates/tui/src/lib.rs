//! The terminal frontend of a run. Owns the screen from [`run`]'s first line to its last.
//!
//! Architecture Invariants: drawing takes shared references and returns nothing; keys become actions
//! through one table; actions become commands as data; nothing here waits for the scheduler, and nothing
//! names burn or tch.

mod background;
pub mod chrome;
pub mod keymap;
pub mod label_form;
mod labels;
mod pictures;
mod raster;
mod runtime;
mod screen;
pub mod screens;
mod settings;
mod source;
mod terminal;
#[cfg(test)]
mod tests;
pub mod theme;
mod unknown;
pub mod widgets;

use std::env;
use std::io;
use std::path::PathBuf;
use std::time::Duration;

use study::access::Access;
use study::config::Config;

pub use screen::Left;
pub use screens::compare::{CompareChoice, MOST_COMPARED, compare};
pub use screens::key_tables;
pub use screens::run::run;
pub use screens::run::ui_state::Parent;
pub use screens::runs::{RunChoice, RunList, RunUpdates, choose_run};
pub use settings::{AlertSettings, Settings, Signal, ThemeChoice};
pub use source::Source;
pub use theme::Theme;

/// How to show a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The run's name, for the first line.
    pub title: String,
    /// How the program reaches the terminal.
    pub link: Link,
    /// Colours and characters, by the environment.
    pub theme: Theme,
    /// What the user has set for every screen.
    pub settings: Settings,
    /// Where the process' standard output and error go while the screen is up; nowhere without. Once the
    /// run has a directory, its `log.txt`.
    pub log: Option<PathBuf>,
    /// What Esc goes back to, once nothing is open.
    pub parent: Parent,
    /// Whether the run may be changed.
    pub access: Access,
    /// A message to show first.
    pub notice: Option<String>,
    /// What the study was to become before it was refused: the form begins with it.
    pub draft: Option<Box<Config>>,
}

/// How the program reaches the terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// Directly.
    Local,
    /// Over a network: fewer frames.
    Ssh,
}

/// Bytes a second that frames write at most where no key asked for them, but for single ones that are large.
const BYTES_PER_SECOND: f64 = 3_000.0;

impl Link {
    /// Least time between two frames that no key asked for: ten a second, over a network three.
    const fn interval(self) -> Duration {
        match self {
            Self::Local => Duration::from_millis(100),
            Self::Ssh => Duration::from_millis(334),
        }
    }

    /// Bytes a second that pictures write at most where no key asked for them.
    const fn of_pictures(self) -> f64 {
        match self {
            Self::Local => 4_000.0,
            Self::Ssh => 1_500.0,
        }
    }

    /// Pixels of a picture at most, where the terminal stretches it: of a chart at 120×40 with cells of 10×20 all of them,
    /// over a network a quarter.
    const fn pixels(self) -> u32 {
        match self {
            Self::Local => 1_500_000,
            Self::Ssh => 150_000,
        }
    }

    /// How long the next such frame waits after one of so many bytes: at most two seconds, since it may say that all is over.
    fn rest(self, bytes: usize) -> Duration {
        Duration::from_secs_f64(bytes as f64 / BYTES_PER_SECOND)
            .clamp(self.interval(), Duration::from_secs(2))
    }
}

/// Why the screen was given back.
#[derive(Clone, Debug, PartialEq)]
pub enum Ended {
    /// The user left, and the scheduler has ended.
    Quit,
    /// The user left the sweep to another process, and the scheduler has ended.
    Detached,
    /// The user went back to the list that the run was opened from.
    Back,
    /// The scheduler ended by itself.
    SchedulerOver,
    /// The terminal is gone; the scheduler continues.
    TerminalGone,
    /// SIGTERM, SIGINT, or a second Ctrl-C; the scheduler may continue.
    Signal,
    /// The user wants another study than the one that has not begun.
    Edited(Box<Config>),
}

/// Why there was no screen.
#[derive(Debug, thiserror::Error)]
pub enum TuiError {
    /// No controlling terminal, or one that does not do what a terminal does.
    #[error("no terminal ({0}); use `superfuse-tui run` or `resume --headless` without one")]
    NoTerminal(#[source] io::Error),
    /// Signals or keys cannot be watched.
    #[error("cannot watch the terminal: {0}")]
    NoInput(#[source] io::Error),
}

impl Options {
    /// By the environment and the user's settings, with a title.
    pub fn new(title: String, settings: &Settings) -> Self {
        let remote = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| env::var_os(name).is_some());
        let link = if remote { Link::Ssh } else { Link::Local };
        Self {
            title,
            link,
            theme: Theme::from_environment(),
            settings: settings.clone(),
            log: None,
            parent: Parent::Shell,
            access: Access::Full,
            notice: None,
            draft: None,
        }
    }
}

#[cfg(test)]
mod link_tests {
    use super::*;

    #[test]
    fn frames_come_as_seldom_as_their_bytes_ask_for() {
        for (link, bytes, rest) in [
            (Link::Local, 0, 100),
            (Link::Local, 300, 100),
            (Link::Local, 3_000, 1_000),
            (Link::Ssh, 300, 334),
            (Link::Ssh, 4_500, 1_500),
            (Link::Ssh, 60_000, 2_000),
        ] {
            assert_eq!(link.rest(bytes), Duration::from_millis(rest), "{link:?} {bytes}");
        }
    }
}
