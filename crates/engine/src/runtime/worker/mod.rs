//! A worker thread: trains the cohorts it is given on one device and reports on a channel.
//!
//! Architecture Invariant: a failure here, a panic included, ends one cohort and nothing else.

mod checkpoints;
pub(crate) mod expected;
mod failure;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, Sender};

use crate::backend::device::Compute;
use crate::error::{EngineError, panic_message};
use crate::runtime::progress::UnderWay;
use crate::training::cohort::saved::{Owner, Place, Saved, Wanted};
use crate::training::control::{Control, Order};
use crate::training::event::TrainingEvent;
use crate::training::feature_cache::FeatureCache;
use crate::training::groups::{Ending, Task, Trained};
use crate::training::memory::Budget;
use crate::training::parts;
use data::Dataset;
use failure::{Failure, shortened};
use store::RunDir;
use study::event::{EventKind, Position, RunHeader, SeedEvaluation, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed};
use study::rows::SeedRows;

/// Seconds that are as good as never.
const LONGEST: f64 = 1e8;
/// How often a write that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// One cohort for a worker.
#[derive(Clone, Debug)]
pub(crate) struct Assignment {
    pub(crate) cohort: CohortId,
    /// The seeds to train.
    pub(crate) seeds: Vec<Seed>,
    /// The same, but empty where they are all.
    pub(crate) only: Vec<Seed>,
    /// The number of a new attempt.
    pub(crate) attempt: u32,
    /// An attempt that was interrupted, and what the journal has of it.
    pub(crate) interrupted: Option<Interrupted>,
    /// Best validation accuracy of the seeds that are trained already.
    pub(crate) best_before: Option<f64>,
    /// What the attempt's files stand beside until it has completed.
    pub(crate) beside: Beside,
    /// What the journal has of a result that is trained again for its test rows alone; the attempt has to end alike.
    pub(crate) expected: Option<Vec<SeedEvaluation>>,
    /// Which run it is, see [`store::Journal::identity`].
    pub(crate) run: String,
    pub(crate) run_dir: RunDir,
}

/// Whether an attempt is one at a configuration that has a result.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Beside {
    /// It has one, which stays until the attempt has completed.
    Result,
    /// It has none.
    Nothing,
}

/// An attempt that may be gone on with.
#[derive(Clone, Debug)]
pub(crate) struct Interrupted {
    pub(crate) attempt: u32,
    /// Epochs of each seed in the journal.
    pub(crate) recorded: BTreeMap<Seed, usize>,
}

/// What a worker says.
#[derive(Debug)]
pub(crate) enum Report {
    /// To be journalled.
    Event(EventKind),
    /// What single test rows say of each seed's best weights; to be kept beside the journal.
    Rows(CohortId, Vec<(Seed, SeedRows)>),
    /// Where training stands.
    Progress(UnderWay),
    /// Something that the user should know.
    Warning(String),
    /// What keeps the worker from writing; absent: nothing any more.
    Blocked(Option<String>),
    /// The worker ends, since its device does not answer any more; its cohort stays open.
    DeviceLost { worker: usize, why: String },
    /// The worker waits for its next assignment.
    Idle { worker: usize },
}

/// A worker as the scheduler holds it.
pub(crate) struct Worker {
    pub(crate) control: Arc<Control>,
    pub(crate) assignments: Sender<Assignment>,
    /// The cohort under way.
    pub(crate) busy: Option<CohortId>,
    /// Whether its device still answers.
    pub(crate) is_usable: bool,
    pub(crate) thread: JoinHandle<()>,
}

impl Worker {
    /// Whether it can take a cohort.
    pub(crate) const fn is_free(&self) -> bool {
        self.busy.is_none() && self.is_usable
    }
}

/// What stays the same from one cohort to the next.
pub(crate) struct Bench {
    pub(crate) number: usize,
    pub(crate) compute: Compute,
    pub(crate) header: Arc<RunHeader>,
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) control: Arc<Control>,
    pub(crate) budget: Budget,
    /// For all workers on the device.
    pub(crate) cache: Arc<FeatureCache>,
    pub(crate) reports: Sender<Report>,
}

/// Starts the thread.
pub(crate) fn spawn(bench: Bench) -> std::io::Result<Worker> {
    let (assignments, received) = crossbeam_channel::bounded(1);
    let control = Arc::clone(&bench.control);
    let name = format!("worker-{}", bench.number);
    let thread = thread::Builder::new().name(name).spawn(move || work(&bench, &received))?;
    Ok(Worker { control, assignments, busy: None, is_usable: true, thread })
}

fn work(bench: &Bench, assignments: &Receiver<Assignment>) {
    // Memory that a group's thread gave back may be taken here, on the same stream alone.
    let entered = bench.compute.enter(bench.compute.threads);
    for assignment in assignments {
        if let Err(error) = &entered {
            bench.say(Report::DeviceLost { worker: bench.number, why: error.to_string() });
            return;
        }
        if run(bench, assignment).is_break() {
            return;
        }
        // A scheduler that is gone wants nothing more.
        if bench.reports.send(Report::Idle { worker: bench.number }).is_err() {
            return;
        }
    }
}

/// One cohort, whatever happens in between; with fewer seeds at once where memory is too small for all.
fn run(bench: &Bench, mut assignment: Assignment) -> ControlFlow<()> {
    let mut at_once = assignment.seeds.len();
    loop {
        match run_once(bench, &assignment, at_once) {
            Ok(()) => return ControlFlow::Continue(()),
            Err((attempt, Failure::OutOfMemory(why))) if at_once > 1 => {
                at_once = at_once.div_ceil(2);
                let cohort = assignment.cohort;
                bench.say(Report::Warning(format!("{cohort} continues with {at_once} seeds at once: {why}")));
                (assignment.attempt, assignment.interrupted) = (attempt + 1, None);
            }
            Err((_, Failure::DeviceLost(why))) => {
                tracing::error!(cohort = %assignment.cohort, why, "device lost");
                bench.say(Report::DeviceLost { worker: bench.number, why });
                return ControlFlow::Break(());
            }
            Err((attempt, Failure::OutOfMemory(message) | Failure::Other(message))) => {
                fail(bench, &assignment, attempt, message);
                return ControlFlow::Continue(());
            }
        }
    }
}

fn fail(bench: &Bench, assignment: &Assignment, attempt: u32, message: String) {
    let cohort = assignment.cohort;
    tracing::error!(%cohort, message, "cohort failed");
    let message = shortened(message);
    let outcome = SeedOutcome::Failed { message };
    let seeds = assignment.seeds.iter().map(|&seed| (seed, outcome.clone())).collect();
    bench.event(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 0.0 });
}

/// From start to the last event; else the attempt that failed, and why.
fn run_once(bench: &Bench, assignment: &Assignment, at_once: usize) -> Result<(), (u32, Failure)> {
    // Known once it has begun.
    let attempt = Cell::new(assignment.attempt);
    let message = match catch_unwind(AssertUnwindSafe(|| train(bench, assignment, at_once, &attempt))) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_message(panic.as_ref()),
    };
    Err((attempt.get(), Failure::of(message)))
}

fn train(
    bench: &Bench,
    assignment: &Assignment,
    at_once: usize,
    under_way: &Cell<u32>,
) -> Result<(), EngineError> {
    let clock = Instant::now();
    let (header, cohort) = (&bench.header, assignment.cohort);
    if bench.dataset.task(cohort.task).is_none() {
        return Ok(());
    }
    let data = &*bench.dataset;
    let Beginning { attempt, saved, first } = begin(bench, assignment);
    under_way.set(attempt);
    let before = saved.iter().map(Saved::seconds).fold(0.0, f64::max);
    let place = place(bench, assignment, attempt);
    let (compute, control, seeds) = (bench.compute, &*bench.control, &assignment.seeds);
    let cache = &*bench.cache;
    let rows_in_all = seeds.len() * cohort.train_size * header.config.train.epochs as usize;
    let mut trained: usize = saved.iter().map(|saved| rows_behind(saved, header, cohort)).sum();
    let budget = bench.budget;
    let task = Task { cohort, seeds, at_once, budget, header, data, compute, control, cache, place };
    let (ending, waited) = parts::train(&task, saved, first, |event| match event {
        TrainingEvent::EpochFinished { epoch, metrics } => {
            bench.event(EventKind::EpochFinished { cohort, attempt, epoch, metrics });
        }
        TrainingEvent::RowsTrained { epoch, rows, samples_per_second } => {
            trained += rows;
            let done = (trained as f64 / rows_in_all as f64).min(1.0);
            let seconds = before + clock.elapsed().as_secs_f64();
            bench.say(Report::Progress(UnderWay { cohort, epoch, done, seconds, samples_per_second }));
        }
        TrainingEvent::TrainingFinished { .. } => {}
        TrainingEvent::Warned(text) => bench.say(Report::Warning(text)),
    })?;
    let outcomes = match ending {
        Ending::Left => return Ok(()),
        Ending::Stopped => seeds.iter().map(|&seed| (seed, SeedOutcome::Stopped)).collect(),
        Ending::Trained(Trained { outcomes, weights, evaluations, rows: of_rows }) => {
            if let Some(why) = expected::unlike(assignment, &evaluations) {
                fail(bench, assignment, attempt, why);
                return Ok(());
            }
            if !retry_write(bench, || checkpoints::keep(bench, assignment, attempt, &weights, &evaluations))?
            {
                return Ok(());
            }
            bench.say(Report::Rows(cohort, of_rows));
            bench.event(EventKind::CohortEvaluated { cohort, attempt, evaluations });
            outcomes
        }
    };
    let seconds = before + clock.elapsed().saturating_sub(waited).as_secs_f64();
    bench.event(EventKind::CohortFinished { cohort, attempt, seeds: outcomes, seconds });
    Ok(())
}

/// Where the groups of an attempt are saved.
fn place(bench: &Bench, assignment: &Assignment, attempt: u32) -> Place {
    let Assignment { cohort, run, run_dir, .. } = assignment;
    let config = &bench.header.config;
    let every = Duration::from_secs_f64(config.checkpoints.every.min(LONGEST));
    Place { folder: run_dir.positions(*cohort), owner: Owner::new(run, config, *cohort, attempt), every }
}

/// Rows that a saved group has trained on.
fn rows_behind(saved: &Saved, header: &RunHeader, cohort: CohortId) -> usize {
    let Position { epoch, step } = saved.position();
    let of_seed = (epoch.0 as usize - 1) * cohort.train_size + step as usize * header.config.train.batch_size;
    saved.seeds().len() * of_seed
}

/// How a cohort begins.
struct Beginning {
    attempt: u32,
    /// Groups that go on from where they were saved.
    saved: Vec<Saved>,
    /// The first epoch to be told.
    first: Epoch,
}

/// Goes on with an interrupted attempt where something of it was saved; else begins a new one.
fn begin(bench: &Bench, assignment: &Assignment) -> Beginning {
    let cohort = assignment.cohort;
    if let Some(Interrupted { attempt, recorded }) = &assignment.interrupted {
        let wanted = Wanted { cohort, header: &bench.header, seeds: &assignment.seeds };
        let (saved, complaints) = Saved::read_all(&place(bench, assignment, *attempt), &wanted);
        for text in complaints {
            bench.say(Report::Warning(text));
        }
        if !saved.is_empty() {
            let at = meeting_point(&saved, &assignment.seeds, recorded);
            bench.event(EventKind::CohortResumed { cohort, attempt: *attempt, at });
            return Beginning { attempt: *attempt, saved, first: at.epoch };
        }
    }
    // What an attempt before it saved is of no use any more.
    let _ = std::fs::remove_dir_all(assignment.run_dir.positions(cohort));
    let (attempt, only) = (assignment.attempt, assignment.only.clone());
    bench.event(EventKind::CohortStarted { cohort, attempt, only });
    Beginning { attempt, saved: Vec::new(), first: Epoch(1) }
}

/// The latest position that no group and no seed in the journal is behind.
fn meeting_point(saved: &[Saved], seeds: &[Seed], recorded: &BTreeMap<Seed, usize>) -> Position {
    let mut known = BTreeMap::new();
    for group in saved {
        known.extend(group.epochs());
    }
    let of_groups = saved.iter().map(Saved::position);
    // A seed that was not saved begins; one whose last epochs the journal lost tells them again.
    let of_seeds = seeds.iter().filter_map(|seed| {
        let recorded = recorded.get(seed).copied().unwrap_or(0);
        let known = known.get(seed).copied();
        let epoch = known.map_or(Some(1), |known| (recorded < known).then_some(recorded as u32 + 1))?;
        Some(Position { epoch: Epoch(epoch), step: 0 })
    });
    of_groups.chain(of_seeds).min().unwrap_or(Position { epoch: Epoch(1), step: 0 })
}

/// Tries again while the disk refuses, which the user can fix; `false` where an order to leave came first.
fn retry_write(bench: &Bench, write: impl Fn() -> Result<(), EngineError>) -> Result<bool, EngineError> {
    let mut was_blocked = false;
    loop {
        match write() {
            Ok(()) => break,
            Err(EngineError::Store(error)) if error.is_worth_waiting_for() => {
                bench.say(Report::Blocked(Some(error.to_string())));
                was_blocked = true;
            }
            Err(error) => return Err(error),
        }
        thread::sleep(RETRY);
        match bench.control.obey() {
            Order::Go | Order::Hold => {}
            Order::Leave | Order::Stop => return Ok(false),
        }
    }
    if was_blocked {
        bench.say(Report::Blocked(None));
    }
    Ok(true)
}

impl Bench {
    fn event(&self, kind: EventKind) {
        self.say(Report::Event(kind));
    }

    /// Blocks while the scheduler is behind; a scheduler that is gone has no use for the report.
    fn say(&self, report: Report) {
        let _ = self.reports.send(report);
    }
}
