//! A worker's port within this process: the scheduler's channels and the run's directory.

use std::fs;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, bounded};

use crate::checkpoint;
use crate::error::EngineError;
use crate::runtime::worker::assignment::Assignment;
use crate::runtime::worker::port::{NewCheckpoint, Port, Report};
use crate::training::cohort::saved::{StateFolder, TrainingStates};
use crate::training::control::Control;
use data::Dataset;
use store::run_dir::of_attempt;
use store::{RunDir, StoreError, rows};
use study::config::{Config, Keep};
use study::grid::CohortId;

pub(crate) struct LocalPort {
    run_dir: RunDir,
    reports: Sender<Report>,
    assignments: Receiver<Assignment>,
    control: Arc<Control>,
}

impl LocalPort {
    /// With the ends by which the scheduler assigns cohorts and gives orders.
    pub(crate) fn new(run_dir: RunDir, reports: Sender<Report>) -> (Self, Sender<Assignment>, Arc<Control>) {
        let (assign, assignments) = bounded(1);
        let control = Arc::new(Control::default());
        (Self { run_dir, reports, assignments, control: Arc::clone(&control) }, assign, control)
    }
}

impl Port for LocalPort {
    fn next(&self) -> Option<Assignment> {
        self.assignments.recv().ok()
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn report(&self, report: Report) {
        // A scheduler that is gone has no use for it.
        let _ = self.reports.send(report);
    }

    fn training_states(&self, cohort: CohortId) -> Box<dyn TrainingStates> {
        Box::new(StateFolder(self.run_dir.training_states(cohort)))
    }

    fn keep_checkpoints(
        &self,
        dataset: &Dataset,
        config: &Config,
        checkpoints: &[NewCheckpoint<'_>],
    ) -> Result<(), EngineError> {
        // Without their places in the source and their groups, kept rows could not be assigned to anything.
        let places: Vec<&[u32]> = dataset.partitions().iter().map(|split| &*split.test_rows).collect();
        rows::keep_places(&self.run_dir, &places)?;
        let groups: Vec<&[u32]> = dataset.partitions().iter().map(|split| &*split.test_groups).collect();
        rows::keep_groups(&self.run_dir, &groups)?;
        if config.checkpoints.keep == Keep::None {
            return Ok(());
        }
        // It may have been removed since the run began.
        let folder = self.run_dir.checkpoints();
        fs::create_dir_all(folder).map_err(StoreError::io("make", folder))?;
        for split in dataset.partitions() {
            checkpoint::keep_projections(split, config, &self.run_dir)?;
        }
        for new in checkpoints {
            let path = self.run_dir.checkpoint(new.cohort, new.seed);
            let path = new.attempt.map_or_else(|| path.clone(), |attempt| of_attempt(&path, attempt));
            checkpoint::save(new.weights, &path, &new.metadata)?;
        }
        Ok(())
    }
}
