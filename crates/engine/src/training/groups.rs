//! A cohort on several cores: its seeds in groups, each a stack of its own on a thread of its own.
//!
//! LibTorch's own threads meet at a barrier in every operation, and on a machine that others use as well
//! they spend most of their time waiting there (measured: ten times slower). Groups do not wait for each other:
//! only their reports are put together, once an epoch. A trial's numbers do not depend on its group. Each group saves its
//! own training state ([`group`]).

mod group;

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError};

use crate::backend::device::{Compute, Finished, finish, give_back};
use crate::backend::inputs::CohortInputs;
use crate::error::EngineError;
use crate::evaluation::TrialWeights;
use crate::fusion::Reader;
use crate::training::cohort::saved::{Saved, Saving};
use crate::training::control::Control;
use crate::training::event::TrainingEvent;
use crate::training::feature_cache::FeatureCache;
use crate::training::memory::Budget;
use data::{Dataset, TaskData};
use study::event::{RunHeader, SeedEvaluation, SeedMetrics, SeedOutcome};
use study::grid::{CohortId, Epoch, Seed};
use study::rows::SeedRows;

/// How often progress within an epoch is reported.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// One cohort and what it is trained on.
pub(crate) struct Task<'a> {
    pub(crate) cohort: CohortId,
    /// The seeds to train.
    pub(crate) seeds: &'a [Seed],
    /// How many of them together at most; the next ones follow when these are done.
    pub(crate) at_once: usize,
    /// What they may take of memory.
    pub(crate) budget: Budget,
    pub(crate) header: &'a RunHeader,
    /// Every split of the data; each seed has its own.
    pub(crate) data: &'a Dataset,
    pub(crate) compute: Compute,
    pub(crate) control: &'a Control,
    /// What its data were made into, for this and other cohorts.
    pub(crate) cache: &'a FeatureCache,
    /// Where and how often its groups are saved.
    pub(crate) saving: Saving,
}

/// How a cohort's training ended.
pub(crate) enum Ending {
    /// As ordered, to be resumed later.
    Left,
    /// As ordered, for good.
    Stopped,
    /// With every seed trained and tested.
    Trained(Trained),
}

/// What training and testing led to, in the order of the seeds.
#[derive(Default)]
pub(crate) struct Trained {
    pub(crate) outcomes: Vec<(Seed, SeedOutcome)>,
    /// Of the seeds that completed.
    pub(crate) weights: Vec<TrialWeights>,
    /// Of the seeds that completed.
    pub(crate) evaluations: Vec<SeedEvaluation>,
    /// Results of single test rows for each seed's best weights.
    pub(crate) rows: Vec<(Seed, SeedRows)>,
}

/// What the groups of a cohort share while they train.
#[derive(Default)]
struct Shared {
    /// Rows trained on, all seeds together.
    rows: AtomicUsize,
    /// Set where a group failed, so that the others stop.
    failed: AtomicBool,
}

/// Stops the other groups where one ends early, by an error or by a panic.
struct FailsWhenDropped<'a>(&'a AtomicBool);

impl Drop for FailsWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// An event of the group of that number.
type GroupEvent = (usize, TrainingEvent);

/// A group before it trains.
struct Group {
    /// All of one split, one draw of labels and one frozen choice.
    seeds: Vec<Seed>,
    compute: Compute,
    /// Its training state, to resume from; absent: it begins.
    saved: Option<Saved>,
}

/// Trains and tests `seeds`, which begin, and the groups in `saved` from their training states; reports
/// epochs from `first` on. How it ended, and how long it waited for orders.
pub(crate) fn train(
    task: &Task<'_>,
    seeds: &[Seed],
    saved: Vec<Saved>,
    first: Epoch,
    report: impl FnMut(TrainingEvent),
) -> Result<(Ending, Duration), EngineError> {
    let reader = |seed: Seed| Reader::of(&task.header.config, task.cohort.fusion, seed);
    let rows_of = |seed: Seed| (task.data.facts.set_of(task.cohort.task, seed), reader(seed).choice);
    let groups = divide(seeds, saved, task.compute, rows_of);
    let count = groups.len();
    let threads = threads_of(task.compute, count);
    let mut all_rows: BTreeMap<Rows, (&TaskData, CohortInputs)> = BTreeMap::new();
    for seed in groups.iter().filter_map(|group| group.seeds.first()) {
        let Some(draw) = task.data.draw(task.cohort.task, *seed) else { continue };
        let data = &draw.data;
        let fused = || (data, task.cache.trained(&task.header.config, reader(*seed), data));
        all_rows.entry(rows_of(*seed)).or_insert_with(fused);
    }
    // Groups read it on streams of their own.
    finish(task.compute.device);
    let shared = Shared::default();
    let (events, received) = crossbeam_channel::bounded(64);
    let ends = thread::scope(|scope| {
        let mut running = Vec::new();
        for (number, group) in groups.into_iter().enumerate() {
            let rows = group.seeds.first().and_then(|seed| all_rows.get(&rows_of(*seed)));
            let Some((data, inputs)) = rows else { continue };
            let (data, inputs, sender, shared) = (*data, inputs.share(), events.clone(), &shared);
            let work = move || {
                let _no_grad = group.compute.enter(threads)?;
                // What it made and what it read may go to others then.
                let _finished = Finished(task.compute.device);
                let unfinished = FailsWhenDropped(&shared.failed);
                let end = group::train(task, number, group, first, (data, &inputs), shared, &sender)?;
                std::mem::forget(unfinished);
                Ok(end)
            };
            // The worker's own name, which a panic's message gives.
            let name = thread::current().name().unwrap_or("worker-").to_owned();
            let Ok(group) = thread::Builder::new().name(name).spawn_scoped(scope, work) else {
                shared.failed.store(true, Ordering::Relaxed);
                drop(events);
                // The others end by themselves, once somebody hears them.
                received.iter().for_each(drop);
                return Err(EngineError::Thread("worker"));
            };
            running.push(group);
        }
        drop(events);
        merge_reports(&received, count, first, &shared, report);
        let joined =
            running.into_iter().map(|group| group.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.collect::<Result<Vec<_>, EngineError>>()
    })?;
    if count > 1 || task.compute.uses_graphs {
        give_back(task.compute.device);
    }
    let waited = ends.iter().map(|(_, waited)| *waited).max().unwrap_or_default();
    Ok((together(ends.into_iter().map(|(ending, _)| ending)), waited))
}

/// Which rows a trial reads: its split and its draw of labels, and the frozen choice that its features are made with.
type Rows = ((usize, usize), usize);

/// The groups that were saved, as they were, and those of the seeds that begin: one for each kind of rows at least,
/// since a group has rows of one.
fn divide(seeds: &[Seed], saved: Vec<Saved>, compute: Compute, rows_of: impl Fn(Seed) -> Rows) -> Vec<Group> {
    let mut by_rows: BTreeMap<Rows, Vec<Seed>> = BTreeMap::new();
    for &seed in seeds {
        by_rows.entry(rows_of(seed)).or_default().push(seed);
    }
    let threads = threads_of(compute, by_rows.len());
    let groups_of_rows = |seeds: &Vec<Seed>| groups_of(seeds, Compute { threads, ..compute });
    let new = by_rows.values().flat_map(groups_of_rows).map(|seeds| (seeds, None));
    let saved = saved.into_iter().map(|saved| (saved.seeds(), Some(saved)));
    let all: Vec<_> = saved.chain(new).collect();
    let count = all.len();
    let of = |(number, (seeds, saved))| Group { seeds, compute: compute.among(count, number), saved };
    all.into_iter().enumerate().map(of).collect()
}

/// Seeds side by side, in as many groups as the CPU has threads for, or in one on a GPU.
pub(crate) fn groups_of(seeds: &[Seed], compute: Compute) -> Vec<Vec<Seed>> {
    let count = match compute.device {
        tch::Device::Cpu => compute.threads.clamp(1, seeds.len().max(1)),
        tch::Device::Cuda(_) | tch::Device::Mps | tch::Device::Vulkan => 1,
    };
    seeds.chunks(seeds.len().div_ceil(count).max(1)).map(<[Seed]>::to_vec).collect()
}

/// Threads for each of so many groups.
pub(crate) fn threads_of(compute: Compute, groups: usize) -> usize {
    (compute.threads / groups.max(1)).max(1)
}

/// Reports each epoch once all groups are through it, and progress in between, until the last group ends.
fn merge_reports(
    received: &Receiver<GroupEvent>,
    groups: usize,
    first: Epoch,
    shared: &Shared,
    mut report: impl FnMut(TrainingEvent),
) {
    let mut pending: BTreeMap<Epoch, BTreeMap<usize, Vec<SeedMetrics>>> = BTreeMap::new();
    let mut over: Vec<u32> = Vec::new();
    let (mut since, mut epoch) = (Instant::now(), first);
    loop {
        match received.recv_timeout(PROGRESS_EVERY) {
            Ok((group, TrainingEvent::EpochFinished { epoch, metrics })) => {
                pending.entry(epoch).or_default().insert(group, metrics);
            }
            Ok((_, TrainingEvent::TrainingFinished { last })) => over.push(last.0),
            Ok((_, event)) => report(event),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(first) = pending.first_entry() {
            let ended_before = over.iter().filter(|&&last| last < first.key().0).count();
            if first.get().len() + ended_before < groups {
                break;
            }
            let (done, by_group) = first.remove_entry();
            let metrics = by_group.into_values().flatten().collect();
            report(TrainingEvent::EpochFinished { epoch: done, metrics });
            epoch = Epoch(done.0 + 1);
        }
        if since.elapsed() >= PROGRESS_EVERY {
            let rows = shared.rows.swap(0, Ordering::Relaxed);
            // Nothing is trained while paused or testing, and there is no speed to report.
            if rows > 0 {
                let samples_per_second = rows as f64 / since.elapsed().as_secs_f64();
                report(TrainingEvent::RowsTrained { epoch, rows, samples_per_second });
            }
            since = Instant::now();
        }
    }
}

impl Trained {
    /// Adds what came of other seeds.
    pub(crate) fn extend(&mut self, trained: Self) {
        self.outcomes.extend(trained.outcomes);
        self.weights.extend(trained.weights);
        self.evaluations.extend(trained.evaluations);
        self.rows.extend(trained.rows);
    }
}

/// The cohort's ending by those of its groups: a group that left or stopped decides for all.
fn together(endings: impl Iterator<Item = Ending>) -> Ending {
    let mut all = Trained::default();
    for ending in endings {
        match ending {
            Ending::Left | Ending::Stopped => return ending,
            Ending::Trained(trained) => all.extend(trained),
        }
    }
    Ending::Trained(all)
}
