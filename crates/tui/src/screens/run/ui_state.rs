//! What the user is looking at: plain values, tied to no screen. The run's own state is not here.

use std::sync::Arc;

use super::form::{Form, Refused};
use super::labelled::RunLabels;
use super::layout::body_rows;
pub use super::view::View;
use super::zoom::Zooms;
use crate::screen::Status;
use crate::widgets::help::Search;
use crate::widgets::line_editor::LineEditor;
use monitor::jobs::{self, JobColumn, JobRow};
use monitor::model::Model;
use monitor::results::{self, Column};
use monitor::shown::{Band, SortOrder, Split};
use monitor::trials::{self, Trial, TrialColumn};
use study::access::Access;
use study::complexity::Complexity;
use study::event::NoiseMean;
use study::feed::Level;
use study::grid::{CohortId, Seed, Task};
use study::quantity::Quantity;
use study::summary::SummaryRow;

/// Axis of train sizes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SizeScale {
    /// Doublings are equally far apart.
    #[default]
    Log,
    /// Rows are equally far apart.
    Linear,
}

/// What lies over the view.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Overlay {
    /// Nothing.
    #[default]
    None,
    /// The keys; the first line shown.
    Help(usize),
    /// What the run is; the first line shown.
    About(usize),
    /// The health report of the data; the first line shown.
    Health(usize),
    /// A question.
    Confirm(Question),
    /// The filter has the keyboard.
    Filter,
    /// The form has it, see [`UiState::form`].
    Form,
    /// The labels have it, see [`UiState::labels`].
    Labels,
}

/// The health report of the data.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Health {
    /// Nobody asked for it.
    #[default]
    Unasked,
    /// The data are being read for it.
    Reading,
    /// Its lines.
    Known(Arc<Vec<String>>),
}

/// Asked before something is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Question {
    /// Run this configuration again, which has a result.
    RunAgain(CohortId),
    /// Stop this configuration?
    StopConfiguration(CohortId),
    /// Stop the sweep?
    StopSweep,
    /// Leave the sweep to a process without a terminal?
    Detach,
    /// Stop and leave?
    Quit,
}

/// What a row of the trials view is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Grain {
    /// A configuration, over its seeds.
    #[default]
    Configurations,
    /// A single trial.
    Trials,
}

/// What the trials view shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Detail {
    /// A row for each configuration.
    #[default]
    Rows,
    /// The selected configuration's seeds; the cursor's row.
    Seeds(usize),
    /// The claim under the cursor in full; the first line shown.
    Claim(usize),
}

/// What a run is gone back from to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Parent {
    /// Nothing: it is left.
    #[default]
    Shell,
    /// A list of runs.
    List,
}

/// A view and its cursor, to come back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Opened {
    /// The view.
    pub view: View,
    /// Its cursor; `None` follows the run.
    pub selection: Option<CohortId>,
}

/// Whether the user has asked to leave.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Leaving {
    /// No.
    #[default]
    No,
    /// Yes: the scheduler is stopping.
    Asked,
    /// Yes, and the sweep continues in another process: the scheduler is stopping.
    Detaching,
}

/// Everything that keys change.
#[derive(Clone, Debug, PartialEq)]
pub struct UiState {
    /// The screen.
    pub view: View,
    /// The task of the charts.
    pub task: Task,
    /// The configuration under the cursor; `None` follows the one that trains.
    pub selection: Option<CohortId>,
    /// Bands of all charts.
    pub band: Band,
    /// Axis of train sizes.
    pub scale: SizeScale,
    /// Which accuracy.
    pub split: Split,
    /// Which noise.
    pub noise_mean: NoiseMean,
    /// Which number is shown against complexity.
    pub quantity: Quantity,
    /// Which complexity, where there is room for one.
    pub complexity: Complexity,
    /// The sorted column; `None` is the summary's own order.
    pub sort: Option<Column>,
    /// Its direction.
    pub order: SortOrder,
    /// The sorted column of single trials.
    pub trial_sort: Option<TrialColumn>,
    /// The sorted column of jobs; `None`: what has to be done first.
    pub job_sort: Option<JobColumn>,
    /// The shard under the cursor of the jobs.
    pub shard: Option<u32>,
    /// What a row of the trials view is.
    pub grain: Grain,
    /// The trial under the cursor, of the configuration under it.
    pub seed: Option<Seed>,
    /// The claim under the cursor.
    pub claim: usize,
    /// The point of a chart's curves at which values are read.
    pub reading: Option<usize>,
    /// How far the y axes of a view's charts are zoomed.
    pub zoom: Zooms<View>,
    /// Whether charts are drawn as pictures.
    pub pixels: bool,
    /// The study as it is being changed.
    pub form: Option<Form>,
    /// What the study was to become before it was refused.
    pub draft: Option<Refused>,
    /// What is known of the data's health.
    pub health: Health,
    /// The filter: terms that a row must match.
    pub filter: LineEditor,
    /// Rows or seeds.
    pub detail: Detail,
    /// The page of an opened configuration, where it has several.
    pub page: usize,
    /// Where the seeds were opened from: what [`Detail::Seeds`] goes back to.
    pub opened_from: Opened,
    /// Rows of the terminal, for paging and for where scrolling ends.
    pub screen_rows: u16,
    /// Its columns, for where text wraps.
    pub screen_columns: u16,
    /// Lines of the log below the screen.
    pub log_back: usize,
    /// What lies over the view.
    pub overlay: Overlay,
    /// What is looked for in the keys.
    pub search: Search,
    /// The answer to the last key.
    pub status: Option<Status>,
    /// Lines that the log had then: a later log line replaces an answer that is not an error.
    pub lines_at_status: usize,
    /// Whether the user has asked to leave.
    pub leaving: Leaving,
    /// Where the run was opened from.
    pub parent: Parent,
    /// Whether the run may be changed.
    pub access: Access,
    /// What its user says of it.
    pub labels: RunLabels,
}

impl Default for UiState {
    fn default() -> Self {
        Self {
            view: View::Overview,
            task: Task::Real,
            selection: None,
            band: Band::default(),
            scale: SizeScale::default(),
            split: Split::default(),
            noise_mean: NoiseMean::Empirical,
            quantity: Quantity::default(),
            complexity: Complexity::default(),
            sort: None,
            order: SortOrder::default(),
            trial_sort: None,
            job_sort: None,
            shard: None,
            grain: Grain::default(),
            seed: None,
            claim: 0,
            reading: None,
            zoom: Zooms::new(),
            pixels: false,
            form: None,
            draft: None,
            health: Health::default(),
            filter: LineEditor::default(),
            detail: Detail::default(),
            page: 0,
            opened_from: Opened { view: View::Trials, selection: None },
            screen_rows: 24,
            screen_columns: 80,
            log_back: 0,
            overlay: Overlay::default(),
            search: Search::default(),
            status: None,
            lines_at_status: 0,
            leaving: Leaving::default(),
            parent: Parent::default(),
            access: Access::default(),
            labels: RunLabels::default(),
        }
    }
}

impl UiState {
    /// The configuration that keys and the curves are about: the cursor's, else the one that trains; of a job the one that
    /// it trains.
    pub fn selected(&self, model: &Model) -> Option<CohortId> {
        if self.view == View::Jobs {
            return self.job(model)?.cohort();
        }
        self.selection.or_else(|| model.current())
    }

    /// The configuration that a chart of one task is about: the cursor's, else the task's largest with
    /// results.
    pub fn charted(&self, model: &Model) -> Option<CohortId> {
        self.selection.map(CohortId::row).or_else(|| model.largest_with_results(self.task))
    }

    /// The configurations that pass the filter, in the order asked for.
    pub fn rows<'a>(&self, model: &'a Model) -> Vec<&'a SummaryRow> {
        results::visible(model.derived.rows(), self.filter.text(), self.sort, self.order)
    }

    /// The trials that have begun and pass the filter, in the order asked for.
    pub fn trials<'a>(&self, model: &'a Model) -> Vec<Trial<'a>> {
        trials::visible(model, self.filter.text(), self.trial_sort, self.order)
    }

    /// One configuration's trials, in the order asked for.
    pub fn trials_of<'a>(&self, model: &'a Model, cohort: CohortId) -> Vec<Trial<'a>> {
        trials::of(model, cohort, self.trial_sort, self.order)
    }

    /// The jobs that pass the filter, in the order asked for.
    pub fn jobs<'a>(&self, model: &'a Model) -> Vec<JobRow<'a>> {
        jobs::visible(model, self.filter.text(), self.job_sort, self.order)
    }

    /// The job under the cursor.
    fn job<'a>(&self, model: &'a Model) -> Option<JobRow<'a>> {
        self.shard.and_then(|shard| jobs::of(model, shard)).or_else(|| self.jobs(model).first().copied())
    }

    /// Rows between header and footer.
    pub fn body_rows(&self, model: &Model) -> usize {
        body_rows(model, self.screen_columns, self.screen_rows).into()
    }

    /// Answers the last key.
    pub fn say(&mut self, level: Level, text: impl Into<String>) {
        self.status = Some(Status { level, text: text.into() });
    }
}

impl Grain {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Configurations => Self::Trials,
            Self::Trials => Self::Configurations,
        }
    }
}

impl SizeScale {
    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Log => Self::Linear,
            Self::Linear => Self::Log,
        }
    }

    /// The name in titles.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Log => "log axis",
            Self::Linear => "linear axis",
        }
    }
}
