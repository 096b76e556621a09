//! What the run screen's keys ask for, where a key holds, and who has the keyboard.

use super::ui_state::View;
use crate::keymap::Direction;
use crate::widgets::line_editor::Edit;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Start, or continue.
    Start,
    /// Pause at the next step.
    Pause,
    /// Stop the selected configuration.
    StopConfiguration,
    /// Stop the sweep.
    StopSweep,
    /// Run the selected configuration again.
    RunAgain,
    /// Write summary and figures.
    Export,
    /// Leave the sweep to a process without a terminal.
    Detach,
    /// Leave.
    Quit,
    /// Close what is open, else follow the run again.
    Back,
    /// Show a view.
    Show(View),
    /// The view so many places on.
    StepView(isize),
    /// An opened configuration's page so many places on.
    StepPage(isize),
    /// The fusion so many places on.
    StepFusion(isize),
    /// Move the cursor or scroll.
    Move(Direction),
    /// Put the cursor on this place of the list, from the top.
    Point(usize),
    /// Open what is under the cursor.
    Open,
    /// Real or synthetic.
    ToggleTask,
    /// The next kind of band.
    CycleBand,
    /// The view's other axis: log or linear; parameters or computation.
    ToggleAxis,
    /// The view's other reading: validation or test; noise with its mean or without; the next number.
    ToggleReading,
    /// Sort by the next column.
    SortColumn,
    /// Sort the other way.
    SortDirection,
    /// Edit the filter.
    Filter,
    /// Type what is looked for in the keys.
    Search,
    /// Copy the table.
    Copy,
    /// Read values so many points on along a chart.
    Read(isize),
    /// Zoom the charts' y axes so many steps further in.
    Zoom(i8),
    /// Fit the charts' y axes to the data.
    FitAxis,
    /// Change the study before it starts.
    Edit,
    /// Edit the run's labels.
    Label,
    /// Take the field's choice so many places on.
    Choose(isize),
    /// Show the health report of the data.
    Health,
    /// Give the mouse to the program, or back to the terminal.
    ToggleMouse,
    /// Draw the charts as pictures, or with characters again.
    TogglePixels,
    /// Show what the run is.
    About,
    /// Show or hide the keys.
    Help,
    /// Suspend the program.
    Suspend,
    /// Yes, to a question; keep, to the filter.
    Accept,
    /// A character of the filter.
    Type(char),
    /// Take the last character of what is looked for in the keys away.
    Erase,
    /// Edit the form's field, a label or the filter.
    Line(Edit),
}

/// Who has the keyboard.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Context {
    /// A view, with nothing over it.
    View(View),
    /// The results view's single seeds.
    Seeds,
    /// The keys, what the run is, or the health report.
    Help,
    /// A question.
    Confirm,
    /// The filter.
    Filter,
    /// What is looked for in the keys.
    Search,
    /// The form.
    Form,
    /// The labels.
    Labels,
}

/// Where a binding holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everywhere.
    Everywhere,
    /// In every view, nothing being over it.
    Views,
    /// In these views, nothing being over them.
    In(&'static [View]),
    /// Under the keys, what the run is, or the health report.
    Help,
    /// Under a question.
    Confirm,
    /// While the filter is edited.
    Filter,
    /// While it is typed what is looked for in the keys.
    Search,
    /// While the form is filled in.
    Form,
    /// While the labels are edited.
    Labels,
    /// While the filter or a label is edited, which are lines.
    Line,
    /// In tables of trials and configurations, nothing being over them.
    Tables,
    /// On an opened configuration, nothing being over it.
    Opened,
}
