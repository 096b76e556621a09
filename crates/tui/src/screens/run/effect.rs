//! What an action leads to outside the screen's own state.

use super::form::Look;
use study::command::Command;
use study::config::Config;
use study::labels::LabelChange;

/// What is to be done outside the screen's own state.
#[derive(Clone, Debug, PartialEq)]
pub enum Effect {
    /// Ask the scheduler.
    Send(Command),
    /// Put text into the terminal's clipboard.
    Copy(String),
    /// Stop the process until it is continued.
    Suspend,
    /// Leave without waiting for the scheduler.
    LeaveNow,
    /// Leave a run that is not this process's.
    Close,
    /// Go back to where the run was opened from.
    Return,
    /// Give the mouse to the program, or back to the terminal.
    ToggleMouse,
    /// Draw the charts as pictures, or with characters again.
    TogglePixels,
    /// Begin again with this study; the old one has not started.
    Reconfigure(Box<Config>),
    /// Look at a data set, for the form.
    Look(Look),
    /// Change the run's labels.
    Label(LabelChange),
    /// Work out the health report of this study's data.
    Inspect(Box<Config>),
}
