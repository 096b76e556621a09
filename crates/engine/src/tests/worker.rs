//! A worker through a port that keeps everything in memory: it needs nothing else of the outside.

use std::collections::VecDeque;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use super::groups::header;
use super::{cohort, compute, small_config, small_data};
use crate::error::EngineError;
use crate::runtime::worker::assignment::{Assignment, Beside, Best};
use crate::runtime::worker::port::{NewCheckpoint, Port, Report};
use crate::runtime::worker::{self, WorkerContext};
use crate::training::cohort::saved::{StateFolder, TrainingStates};
use crate::training::control::Control;
use crate::training::feature_cache::FeatureCache;
use crate::training::memory::Budget;
use data::Dataset;
use store::StoreError;
use study::config::{Config, Keep, Memory};
use study::event::{EventKind, SeedOutcome};
use study::grid::{CohortId, Seed};
use study::model::ModelId;

struct MemoryPort {
    assignments: Mutex<VecDeque<Assignment>>,
    control: Control,
    received: Arc<Received>,
    states: PathBuf,
}

#[derive(Default)]
struct Received {
    reports: Mutex<Vec<Report>>,
    /// The seeds of checkpoints, by each attempt to keep them.
    checkpoints: Mutex<Vec<Vec<Option<Seed>>>>,
}

impl Port for MemoryPort {
    fn next(&self) -> Option<Assignment> {
        self.assignments.lock().unwrap().pop_front()
    }

    fn control(&self) -> &Control {
        &self.control
    }

    fn report(&self, report: Report) {
        self.received.reports.lock().unwrap().push(report);
    }

    fn training_states(&self, _: CohortId) -> Box<dyn TrainingStates> {
        Box::new(StateFolder(self.states.clone()))
    }

    /// Refuses the first time, as a full disk does.
    fn keep_checkpoints(
        &self,
        _: &Dataset,
        _: &Config,
        checkpoints: &[NewCheckpoint<'_>],
    ) -> Result<(), EngineError> {
        let mut kept = self.received.checkpoints.lock().unwrap();
        kept.push(checkpoints.iter().map(|checkpoint| checkpoint.seed).collect());
        if kept.len() == 1 {
            let full = io::Error::from(io::ErrorKind::StorageFull);
            return Err(StoreError::io("write", Path::new("checkpoint"))(full).into());
        }
        Ok(())
    }
}

#[test]
fn a_worker_trains_and_reports_through_its_port_and_waits_for_a_full_disk() {
    let mut config = small_config();
    config.checkpoints.keep = Keep::All;
    let dataset = small_data(&config);
    let (header, seeds) = (header(&config, &dataset), vec![Seed(0), Seed(1)]);
    let assignment = Assignment {
        cohort: cohort(ModelId::CONCAT, 100),
        only: seeds.clone(),
        seeds: seeds.clone(),
        attempt: 1,
        interrupted: None,
        best: Best::default(),
        beside: Beside::Nothing,
        expected: None,
        run: "run".into(),
    };
    let (folder, received) = (tempfile::tempdir().unwrap(), Arc::new(Received::default()));
    let port = MemoryPort {
        assignments: Mutex::new([assignment].into()),
        control: Control::default(),
        received: Arc::clone(&received),
        states: folder.path().into(),
    };
    let compute = compute(&config);
    let context = WorkerContext {
        number: 3,
        compute,
        header: Arc::new(header),
        dataset: Arc::new(dataset),
        budget: Budget::new(Memory::Auto, compute, 1, 0),
        cache: Arc::new(FeatureCache::new(compute, 0, 1)),
        port: Box::new(port),
    };
    worker::spawn(context).unwrap().join().unwrap();

    let of_seeds: Vec<_> = seeds.iter().copied().map(Some).collect();
    assert_eq!(*received.checkpoints.lock().unwrap(), [of_seeds.clone(), of_seeds]);
    let mut epochs = 0;
    let mut kinds = Vec::new();
    for report in received.reports.lock().unwrap().drain(..) {
        kinds.push(match report {
            Report::Progress(_) => continue,
            Report::Event(EventKind::EpochFinished { metrics, .. }) => {
                assert_eq!(metrics.iter().map(|metrics| metrics.seed).collect::<Vec<_>>(), seeds);
                epochs += 1;
                continue;
            }
            Report::Event(EventKind::CohortStarted { .. }) => "started",
            Report::Event(EventKind::CohortEvaluated { .. }) => "evaluated",
            Report::Event(EventKind::CohortFinished { seeds, .. }) => {
                assert!(seeds.iter().all(|(_, outcome)| *outcome == SeedOutcome::Completed));
                "finished"
            }
            Report::Rows(_, rows) => {
                assert_eq!(rows.len(), 2);
                "rows"
            }
            Report::Blocked(Some(_)) => "blocked",
            Report::Blocked(None) => "no longer blocked",
            Report::Idle { worker: 3 } => "idle",
            other => panic!("{other:?}"),
        });
    }
    assert_eq!(epochs, config.train.epochs);
    let expected = ["started", "blocked", "no longer blocked", "rows", "evaluated", "finished", "idle"];
    assert_eq!(kinds, expected);
}
