//! A worker thread: trains the cohorts it is given on one device and reports on a channel.
//!
//! Architecture Invariant: a failure here, a panic included, ends one cohort and nothing else.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use super::control::Control;
use super::device::Compute;
use super::error::EngineError;
use super::evaluation::TrialWeights;
use super::groups::{self, Ending, News, Task, Trained};
use super::model::Head;
use crate::data::Dataset;
use crate::store::RunDir;
use crate::study::config::Keep;
use crate::study::event::{EventKind, RunHeader, SeedEvaluation, SeedOutcome};
use crate::study::grid::{CohortId, Epoch, Seed};

/// One cohort for a worker.
#[derive(Clone, Debug)]
pub(super) struct Assignment {
    pub(super) cohort: CohortId,
    pub(super) attempt: u32,
    pub(super) run_dir: RunDir,
}

/// What a worker says.
#[derive(Debug)]
pub(super) enum Report {
    /// To be journalled.
    Event(EventKind),
    /// Which test rows each seed's best weights got right; to be kept beside the journal.
    Correctness(CohortId, Vec<(Seed, Vec<bool>)>),
    /// Where training stands.
    Progress { cohort: CohortId, epoch: Epoch, samples_per_second: f64 },
    /// The worker waits for its next assignment.
    Idle { worker: usize },
}

/// A worker as the scheduler holds it.
pub(super) struct Worker {
    pub(super) control: Arc<Control>,
    pub(super) assignments: Sender<Assignment>,
    /// The cohort under way.
    pub(super) busy: Option<CohortId>,
    pub(super) thread: JoinHandle<()>,
}

/// What stays the same from one cohort to the next.
pub(super) struct Bench {
    pub(super) number: usize,
    pub(super) compute: Compute,
    pub(super) header: Arc<RunHeader>,
    pub(super) dataset: Arc<Dataset>,
    pub(super) control: Arc<Control>,
    pub(super) reports: Sender<Report>,
}

/// Starts the thread.
pub(super) fn spawn(bench: Bench) -> std::io::Result<Worker> {
    let (assignments, received) = crossbeam_channel::bounded(1);
    let control = Arc::clone(&bench.control);
    let name = format!("worker-{}", bench.number);
    let thread = thread::Builder::new().name(name).spawn(move || work(&bench, &received))?;
    Ok(Worker { control, assignments, busy: None, thread })
}

fn work(bench: &Bench, assignments: &Receiver<Assignment>) {
    for assignment in assignments {
        run(bench, &assignment);
        // A scheduler that is gone wants nothing more.
        if bench.reports.send(Report::Idle { worker: bench.number }).is_err() {
            return;
        }
    }
}

/// One cohort, from start to its last event, whatever happens in between.
fn run(bench: &Bench, assignment: &Assignment) {
    let clock = Instant::now();
    let message = match catch_unwind(AssertUnwindSafe(|| train(bench, assignment, clock))) {
        Ok(Ok(())) => return,
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_message(panic.as_ref()),
    };
    tracing::error!(cohort = %assignment.cohort, message, "cohort failed");
    let outcome = SeedOutcome::Failed { message };
    let seeds = bench.header.sweep.seeds.iter().map(|&seed| (seed, outcome.clone())).collect();
    bench.event(finished(assignment, seeds, clock.elapsed()));
}

fn train(bench: &Bench, assignment: &Assignment, clock: Instant) -> Result<(), EngineError> {
    let (header, cohort, attempt) = (&bench.header, assignment.cohort, assignment.attempt);
    let Some(data) = bench.dataset.task(cohort.task) else { return Ok(()) };
    bench.event(EventKind::CohortStarted { cohort, attempt });
    let task = Task { cohort, header, data, compute: bench.compute, control: &bench.control };
    let (ending, waited) = groups::train(&task, |news| match news {
        News::Epoch(epoch, metrics) => {
            bench.event(EventKind::EpochFinished { cohort, attempt, epoch, metrics });
        }
        News::Progress { epoch, samples_per_second } => {
            let _ = bench.reports.send(Report::Progress { cohort, epoch, samples_per_second });
        }
    })?;
    let outcomes = match ending {
        Ending::Left => return Ok(()),
        Ending::Stopped => header.sweep.seeds.iter().map(|&seed| (seed, SeedOutcome::Stopped)).collect(),
        Ending::Trained(Trained { outcomes, weights, evaluations, correct }) => {
            keep_checkpoints(header, assignment, &weights, &evaluations)?;
            let _ = bench.reports.send(Report::Correctness(cohort, correct));
            bench.event(EventKind::CohortEvaluated { cohort, attempt, evaluations });
            outcomes
        }
    };
    bench.event(finished(assignment, outcomes, clock.elapsed().saturating_sub(waited)));
    Ok(())
}

fn keep_checkpoints(
    header: &RunHeader,
    assignment: &Assignment,
    trials: &[TrialWeights],
    evaluations: &[SeedEvaluation],
) -> Result<(), EngineError> {
    let save = |trial: &TrialWeights, seed_in_name: Option<Seed>| {
        let path = assignment.run_dir.checkpoint(assignment.cohort, seed_in_name);
        let test = evaluations.iter().find(|evaluation| evaluation.seed == trial.seed);
        Head::from_stack(&trial.best).save(&path, &metadata(header, assignment.cohort, trial, test))
    };
    match header.config.checkpoints.keep {
        Keep::None => Ok(()),
        Keep::All => trials.iter().try_for_each(|trial| save(trial, Some(trial.seed))),
        Keep::Best => {
            let mut best: Option<&TrialWeights> = None;
            for trial in trials {
                if best.is_none_or(|best| trial.val_accuracy > best.val_accuracy) {
                    best = Some(trial);
                }
            }
            best.map_or(Ok(()), |trial| save(trial, None))
        }
    }
}

fn metadata(
    header: &RunHeader,
    cohort: CohortId,
    trial: &TrialWeights,
    test: Option<&SeedEvaluation>,
) -> Vec<(&'static str, String)> {
    let mut metadata = vec![
        ("fusion", cohort.fusion.to_string()),
        ("task", cohort.task.to_string()),
        ("train_size", cohort.train_size.to_string()),
        ("seed", trial.seed.0.to_string()),
        ("best_epoch", trial.best_epoch.0.to_string()),
        ("val_accuracy", trial.val_accuracy.to_string()),
        ("data_fingerprint", header.data.fingerprint.clone()),
        ("config", header.config.to_toml()),
    ];
    metadata.extend(test.map(|test| ("test_accuracy", test.test_accuracy.to_string())));
    metadata
}

fn finished(assignment: &Assignment, seeds: Vec<(Seed, SeedOutcome)>, took: Duration) -> EventKind {
    let seconds = took.as_secs_f64();
    EventKind::CohortFinished { cohort: assignment.cohort, attempt: assignment.attempt, seeds, seconds }
}

impl Bench {
    /// Blocks while the scheduler is behind; a scheduler that is gone has no use for the event.
    fn event(&self, kind: EventKind) {
        let _ = self.reports.send(Report::Event(kind));
    }
}

/// A panic's message without the wrapping that tch's infallible calls put around LibTorch's error.
fn panic_message(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("panicked without a message");
    let torch = text.split_once("Torch(\"").map_or(text, |(_, rest)| rest);
    // LibTorch appends a C++ backtrace; its first line is the reason.
    let reason = torch.split("\\n").next().unwrap_or(torch).lines().next().unwrap_or(torch);
    reason.chars().filter(|character| !character.is_control()).collect()
}
