//! A worker thread: trains the cohorts it is assigned on one device. It speaks to the outside through its [`Port`] alone.
//!
//! Architecture Invariant: a failure here, a panic included, ends one cohort and nothing else.

pub(crate) mod assignment;
mod checkpoints;
pub(crate) mod expected;
mod failure;
pub(crate) mod local;
pub(crate) mod port;

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use crate::backend::device::{Compute, give_back};
use crate::error::{EngineError, panic_message};
use crate::runtime::progress::Running;
use crate::training::cohort::saved::{Owner, Saved, Saving, Wanted};
use crate::training::control::Order;
use crate::training::event::TrainingEvent;
use crate::training::feature_cache::FeatureCache;
use crate::training::groups::{Ending, Task, Trained};
use crate::training::memory::Budget;
use crate::training::parts;
use assignment::{Assignment, Interrupted};
use data::Dataset;
use failure::{Failure, shortened};
use port::{Port, Report};
use study::event::{EventKind, Position, RunHeader, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed};

/// Seconds that are as good as never.
const LONGEST: f64 = 1e8;
/// How often a write that failed is tried again.
const RETRY: Duration = Duration::from_secs(1);

/// What stays the same from one cohort to the next.
pub(crate) struct WorkerContext {
    pub(crate) number: usize,
    pub(crate) compute: Compute,
    pub(crate) header: Arc<RunHeader>,
    pub(crate) dataset: Arc<Dataset>,
    pub(crate) budget: Budget,
    /// For all workers on the device.
    pub(crate) cache: Arc<FeatureCache>,
    pub(crate) port: Box<dyn Port>,
}

/// Starts the thread.
pub(crate) fn spawn(context: WorkerContext) -> std::io::Result<JoinHandle<()>> {
    let name = format!("worker-{}", context.number);
    thread::Builder::new().name(name).spawn(move || work(&context))
}

fn work(context: &WorkerContext) {
    let worker = context.number;
    // Groups have streams of their own, whose memory is not taken here before it was given back.
    let entered = context.compute.enter(context.compute.threads);
    while let Some(assignment) = context.port.next() {
        if let Err(error) = &entered {
            context.port.report(Report::DeviceLost { worker, why: error.to_string() });
            return;
        }
        if run(context, assignment).is_break() {
            return;
        }
        context.port.report(Report::Idle { worker });
    }
}

/// One cohort, whatever happens in between; with fewer seeds at once where memory is too small for all.
fn run(context: &WorkerContext, mut assignment: Assignment) -> ControlFlow<()> {
    let mut at_once = assignment.seeds.len();
    // A GPU gives memory that is free again to nobody while another worker records a step.
    let mut may_have_been_short = context.compute.device.is_cuda();
    loop {
        match run_once(context, &assignment, at_once) {
            Ok(()) => return ControlFlow::Continue(()),
            Err((attempt, Failure::OutOfMemory(why))) if may_have_been_short => {
                may_have_been_short = false;
                give_back(context.compute.device);
                context.warn(format!("{} is tried once more: {why}", assignment.cohort));
                // Every epoch that its training state knows was reported.
                let epochs = context.header.config.train.epochs as usize;
                let recorded = assignment.seeds.iter().map(|&seed| (seed, epochs)).collect();
                assignment.interrupted = Some(Interrupted { attempt, recorded });
                assignment.attempt = attempt + 1;
            }
            Err((attempt, Failure::OutOfMemory(why))) if at_once > 1 => {
                at_once = at_once.div_ceil(2);
                let cohort = assignment.cohort;
                context.warn(format!("{cohort} continues with {at_once} seeds at once: {why}"));
                (assignment.attempt, assignment.interrupted) = (attempt + 1, None);
            }
            Err((_, Failure::DeviceLost(why))) => {
                tracing::error!(cohort = %assignment.cohort, why, "device lost");
                context.port.report(Report::DeviceLost { worker: context.number, why });
                return ControlFlow::Break(());
            }
            Err((attempt, Failure::OutOfMemory(message) | Failure::Other(message))) => {
                fail(context, &assignment, attempt, message);
                return ControlFlow::Continue(());
            }
        }
    }
}

fn fail(context: &WorkerContext, assignment: &Assignment, attempt: u32, message: String) {
    let cohort = assignment.cohort;
    tracing::error!(%cohort, message, "cohort failed");
    let message = shortened(message);
    let outcome = SeedOutcome::Failed { message };
    let seeds = assignment.seeds.iter().map(|&seed| (seed, outcome.clone())).collect();
    context.event(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 0.0 });
}

/// From start to the last event; else the attempt that failed, and why.
fn run_once(context: &WorkerContext, assignment: &Assignment, at_once: usize) -> Result<(), (u32, Failure)> {
    // Known once it has begun.
    let attempt = Cell::new(assignment.attempt);
    let message = match catch_unwind(AssertUnwindSafe(|| train(context, assignment, at_once, &attempt))) {
        Ok(Ok(())) => return Ok(()),
        Ok(Err(error)) => error.to_string(),
        Err(panic) => panic_message(panic.as_ref()),
    };
    Err((attempt.get(), Failure::of(message)))
}

fn train(
    context: &WorkerContext,
    assignment: &Assignment,
    at_once: usize,
    running_attempt: &Cell<u32>,
) -> Result<(), EngineError> {
    let clock = Instant::now();
    let (header, cohort) = (&context.header, assignment.cohort);
    if context.dataset.task(cohort.task).is_none() {
        return Ok(());
    }
    let data = &*context.dataset;
    let Beginning { attempt, saved, first } = begin(context, assignment);
    running_attempt.set(attempt);
    let before = saved.iter().map(Saved::seconds).fold(0.0, f64::max);
    let saving = saving(context, assignment, attempt);
    let (compute, control, seeds) = (context.compute, context.port.control(), &assignment.seeds);
    let cache = &*context.cache;
    let rows_in_all = seeds.len() * cohort.train_size * header.config.train.epochs as usize;
    let mut trained: usize = saved.iter().map(|saved| rows_trained(saved, header, cohort)).sum();
    let budget = context.budget;
    let task = Task { cohort, seeds, at_once, budget, header, data, compute, control, cache, saving };
    let (ending, waited) = parts::train(&task, saved, first, |event| match event {
        TrainingEvent::EpochFinished { epoch, metrics } => {
            context.event(EventKind::EpochFinished { cohort, attempt, epoch, metrics });
        }
        TrainingEvent::RowsTrained { epoch, rows, samples_per_second } => {
            trained += rows;
            let done = (trained as f64 / rows_in_all as f64).min(1.0);
            let seconds = before + clock.elapsed().as_secs_f64();
            let (worker, seeds) = (context.number, seeds.len());
            let running = Running { worker, cohort, seeds, epoch, done, seconds, samples_per_second };
            context.port.report(Report::Progress(running));
        }
        TrainingEvent::TrainingFinished { .. } => {}
        TrainingEvent::Warned(text) => context.warn(text),
    })?;
    let outcomes = match ending {
        Ending::Left => return Ok(()),
        Ending::Stopped => seeds.iter().map(|&seed| (seed, SeedOutcome::Stopped)).collect(),
        Ending::Trained(Trained { outcomes, weights, evaluations, rows: of_rows }) => {
            if let Some(why) = expected::unlike(assignment, &evaluations) {
                fail(context, assignment, attempt, why);
                return Ok(());
            }
            let (mut shared, evaluated) = (assignment.best.lock(), &evaluations);
            let mut best = *shared;
            let kept = checkpoints::of(header, data, assignment, attempt, &weights, evaluated, &mut best);
            if !retry_write(context, || context.port.keep_checkpoints(data, &header.config, &kept))? {
                return Ok(());
            }
            *shared = best;
            context.port.report(Report::Rows(cohort, of_rows));
            context.event(EventKind::CohortEvaluated { cohort, attempt, evaluations });
            // Rows of other shares are written beside those of seeds that are known to be tested.
            drop(shared);
            outcomes
        }
    };
    let seconds = before + clock.elapsed().saturating_sub(waited).as_secs_f64();
    context.event(EventKind::CohortFinished { cohort, attempt, seeds: outcomes, seconds });
    Ok(())
}

/// Where and how often the groups of an attempt are saved.
fn saving(context: &WorkerContext, assignment: &Assignment, attempt: u32) -> Saving {
    let Assignment { cohort, run, .. } = assignment;
    let config = &context.header.config;
    let every = Duration::from_secs_f64(config.checkpoints.every.min(LONGEST));
    let states = context.port.training_states(*cohort);
    Saving { states, owner: Owner::new(run, config, *cohort, attempt), every }
}

/// Rows that a saved group has trained on.
fn rows_trained(saved: &Saved, header: &RunHeader, cohort: CohortId) -> usize {
    let Position { epoch, step } = saved.position();
    let of_seed = (epoch.0 as usize - 1) * cohort.train_size + step as usize * header.config.train.batch_size;
    saved.seeds().len() * of_seed
}

/// How a cohort begins.
struct Beginning {
    attempt: u32,
    /// Groups that resume from their training states.
    saved: Vec<Saved>,
    /// The first epoch to report.
    first: Epoch,
}

/// Resumes an interrupted attempt where something of it was saved; else begins a new one.
fn begin(context: &WorkerContext, assignment: &Assignment) -> Beginning {
    let cohort = assignment.cohort;
    if let Some(Interrupted { attempt, recorded }) = &assignment.interrupted {
        let wanted = Wanted { cohort, header: &context.header, seeds: &assignment.seeds };
        let (saved, complaints) = Saved::read_all(&saving(context, assignment, *attempt), &wanted);
        for text in complaints {
            context.warn(text);
        }
        if !saved.is_empty() {
            let at = resume_point(&saved, &assignment.seeds, recorded);
            let (attempt, only) = (*attempt, assignment.only.clone());
            context.event(EventKind::CohortResumed { cohort, attempt, only, at });
            return Beginning { attempt, saved, first: at.epoch };
        }
    }
    // What an attempt before it saved is of no use any more.
    Saved::remove_all(&*context.port.training_states(cohort), &assignment.seeds);
    let (attempt, only) = (assignment.attempt, assignment.only.clone());
    context.event(EventKind::CohortStarted { cohort, attempt, only });
    Beginning { attempt, saved: Vec::new(), first: Epoch(1) }
}

/// The latest epoch and step that every group, and every seed in the journal, has reached.
fn resume_point(saved: &[Saved], seeds: &[Seed], recorded: &BTreeMap<Seed, usize>) -> Position {
    let mut known = BTreeMap::new();
    for group in saved {
        known.extend(group.epochs());
    }
    let of_groups = saved.iter().map(Saved::position);
    // A seed that was not saved begins; one whose last epochs the journal lost reports them again.
    let of_seeds = seeds.iter().filter_map(|seed| {
        let recorded = recorded.get(seed).copied().unwrap_or(0);
        let known = known.get(seed).copied();
        let epoch = known.map_or(Some(1), |known| (recorded < known).then_some(recorded as u32 + 1))?;
        Some(Position { epoch: Epoch(epoch), step: 0 })
    });
    of_groups.chain(of_seeds).min().unwrap_or(Position { epoch: Epoch(1), step: 0 })
}

/// Tries again while the disk refuses, which the user can fix; `false` where an order to leave came first.
fn retry_write(
    context: &WorkerContext,
    write: impl Fn() -> Result<(), EngineError>,
) -> Result<bool, EngineError> {
    let mut was_blocked = false;
    loop {
        match write() {
            Ok(()) => break,
            Err(EngineError::Store(error)) if error.is_worth_waiting_for() => {
                context.port.report(Report::Blocked(Some(error.to_string())));
                was_blocked = true;
            }
            Err(error) => return Err(error),
        }
        thread::sleep(RETRY);
        match context.port.control().order() {
            Order::Continue | Order::Pause => {}
            Order::Leave | Order::Stop => return Ok(false),
        }
    }
    if was_blocked {
        context.port.report(Report::Blocked(None));
    }
    Ok(true)
}

impl WorkerContext {
    fn event(&self, kind: EventKind) {
        self.port.report(Report::Event(kind));
    }

    fn warn(&self, text: String) {
        self.port.report(Report::Warning(text));
    }
}
