//! The one way between a worker and everything outside it: what it is asked to do, what it reports, and what it keeps.

use crate::backend::parameters::Parameters;
use crate::error::EngineError;
use crate::runtime::progress::Running;
use crate::runtime::worker::assignment::Assignment;
use crate::training::cohort::saved::TrainingStates;
use crate::training::control::Control;
use data::Dataset;
use study::config::Config;
use study::event::EventKind;
use study::grid::{CohortId, Seed};
use study::rows::SeedRows;

/// A worker's outside. A worker names no file of the run and no channel, so that it could run on another machine.
pub(crate) trait Port: Send + Sync {
    /// Waits for the next cohort to train; absent: there are no more, and the worker ends.
    fn next(&self) -> Option<Assignment>;

    /// The order in force between two steps.
    fn control(&self) -> &Control;

    /// Reports; waits while reports before it are not taken.
    fn report(&self, report: Report);

    /// Where the groups of a cohort keep their training states, to write, read and remove them.
    fn training_states(&self, cohort: CohortId) -> Box<dyn TrainingStates>;

    /// Keeps a cohort's checkpoints, with all that testing them on other data takes, and the places of the test rows.
    fn keep_checkpoints(
        &self,
        dataset: &Dataset,
        config: &Config,
        checkpoints: &[NewCheckpoint<'_>],
    ) -> Result<(), EngineError>;
}

/// What a worker reports.
#[derive(Debug)]
pub(crate) enum Report {
    /// An event for the journal.
    Event(EventKind),
    /// Results of single test rows for each seed's best weights, to be kept beside the journal.
    Rows(CohortId, Vec<(Seed, SeedRows)>),
    /// How far training is.
    Progress(Running),
    /// Something that the user should know.
    Warning(String),
    /// What keeps the worker from writing; absent: nothing any more.
    Blocked(Option<String>),
    /// The worker ends, since its device does not answer any more; its cohort stays open.
    DeviceLost { worker: usize, why: String },
    /// The worker waits for its next assignment.
    Idle { worker: usize },
}

/// A trial's weights to be kept as a checkpoint.
pub(crate) struct NewCheckpoint<'a> {
    pub(crate) cohort: CohortId,
    /// The trial's seed, where each seed has a checkpoint of its own.
    pub(crate) seed: Option<Seed>,
    /// The attempt, where its files are kept beside those of a result.
    pub(crate) attempt: Option<u32>,
    pub(crate) weights: &'a Parameters,
    pub(crate) metadata: Vec<(&'static str, String)>,
}
