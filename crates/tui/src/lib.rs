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
mod runtime;
mod screen;
pub mod screens;
mod source;
mod terminal;
#[cfg(test)]
mod tests;
pub mod theme;
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
pub use source::Source;
pub use theme::Theme;

/// How to show a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The run's name, for the first line.
    pub title: String,
    /// How the program reaches the terminal.
    pub link: Link,
    /// Colours and characters.
    pub theme: Theme,
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

impl Link {
    /// Least time between two frames that no key asked for: ten a second, over a network three.
    const fn interval(self) -> Duration {
        match self {
            Self::Local => Duration::from_millis(100),
            Self::Ssh => Duration::from_millis(334),
        }
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
    /// From the environment, with a title.
    pub fn from_environment(title: String) -> Self {
        let remote = ["SSH_CONNECTION", "SSH_TTY"].iter().any(|name| env::var_os(name).is_some());
        let link = if remote { Link::Ssh } else { Link::Local };
        Self {
            title,
            link,
            theme: Theme::from_environment(),
            log: None,
            parent: Parent::Shell,
            access: Access::Full,
            notice: None,
            draft: None,
        }
    }
}
