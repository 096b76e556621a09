//! A cohort on several cores: its seeds in groups, each a stack of its own on a thread of its own.
//!
//! LibTorch's own threads meet at a barrier in every operation, and on a machine that others use as well
//! they spend most of their time waiting there (measured: ten times slower). Groups meet once an epoch,
//! on paper only: a trial's numbers do not depend on its group.

use std::collections::BTreeMap;
use std::panic::resume_unwind;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender};

use super::cohort::{CohortTraining, Progress};
use super::control::{Control, Order};
use super::device::Compute;
use super::error::EngineError;
use super::evaluation::{Evaluation, TrialWeights};
use super::inputs::CohortInputs;
use super::noise::Noise;
use crate::data::TaskData;
use crate::study::event::{RunHeader, SeedEvaluation, SeedMetrics, SeedOutcome};
use crate::study::grid::{CohortId, Epoch, Seed};

/// How often progress within an epoch is told.
const PROGRESS_EVERY: Duration = Duration::from_millis(200);

/// One cohort and what it is trained on.
pub(super) struct Task<'a> {
    pub(super) cohort: CohortId,
    pub(super) header: &'a RunHeader,
    pub(super) data: &'a TaskData,
    pub(super) compute: Compute,
    pub(super) control: &'a Control,
}

/// What a cohort says while it trains.
pub(super) enum News {
    /// An epoch is over; numbers of the seeds that still train, in their order.
    Epoch(Epoch, Vec<SeedMetrics>),
    /// Where training stands.
    Progress { epoch: Epoch, samples_per_second: f64 },
}

/// How a cohort's training ended.
pub(super) enum Ending {
    /// As ordered, to be done again later.
    Left,
    /// As ordered, for good.
    Stopped,
    /// With every seed trained and tested.
    Trained(Trained),
}

/// What training and testing led to, in the order of the seeds.
#[derive(Default)]
pub(super) struct Trained {
    pub(super) outcomes: Vec<(Seed, SeedOutcome)>,
    /// Of the seeds that completed.
    pub(super) weights: Vec<TrialWeights>,
    /// Of the seeds that completed.
    pub(super) evaluations: Vec<SeedEvaluation>,
    /// Which test rows each seed's best weights got right.
    pub(super) correct: Vec<(Seed, Vec<bool>)>,
}

/// What the groups of a cohort share while they train.
#[derive(Default)]
struct Shared {
    /// Rows trained on, all seeds together.
    rows: AtomicUsize,
    /// Set where a group failed, so that the others need not go on.
    failed: AtomicBool,
}

/// Tells the other groups where one ends early, by an error or by a panic.
struct FailsWhenDropped<'a>(&'a AtomicBool);

impl Drop for FailsWhenDropped<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// One group's word to the listener.
enum Word {
    Epoch {
        group: usize,
        epoch: Epoch,
        metrics: Vec<SeedMetrics>,
    },
    /// The group trains no further than the epochs that it has told.
    Over {
        last: u32,
    },
}

/// Trains and tests all seeds; how it ended, and how long it waited for orders.
pub(super) fn train(task: &Task<'_>, tell: impl FnMut(News)) -> Result<(Ending, Duration), EngineError> {
    let groups = group(&task.header.sweep.seeds, task.compute);
    let threads = (task.compute.threads / groups.len()).max(1);
    let inputs = CohortInputs::new(task.cohort.fusion, task.data, task.compute.device);
    let shared = Shared::default();
    let (words, heard) = crossbeam_channel::bounded(64);
    let ends = thread::scope(|scope| {
        let mut running = Vec::new();
        for (number, seeds) in groups.iter().enumerate() {
            let (inputs, words, shared) = (inputs.share(), words.clone(), &shared);
            let work = move || {
                tch::set_num_threads(threads as i32);
                let _no_grad = tch::no_grad_guard();
                let unfinished = FailsWhenDropped(&shared.failed);
                let end = train_group(task, number, seeds, &inputs, shared, &words)?;
                std::mem::forget(unfinished);
                Ok(end)
            };
            // The worker's own name: a panic is told by it.
            let name = thread::current().name().unwrap_or("worker-").to_owned();
            let Ok(group) = thread::Builder::new().name(name).spawn_scoped(scope, work) else {
                shared.failed.store(true, Ordering::Relaxed);
                return Err(EngineError::Thread("worker"));
            };
            running.push(group);
        }
        drop(words);
        listen(&heard, groups.len(), &shared, tell);
        let joined =
            running.into_iter().map(|group| group.join().unwrap_or_else(|panic| resume_unwind(panic)));
        joined.collect::<Result<Vec<_>, EngineError>>()
    })?;
    let waited = ends.iter().map(|(_, waited)| *waited).max().unwrap_or_default();
    Ok((together(ends.into_iter().map(|(ending, _)| ending)), waited))
}

/// As many groups as the CPU has threads for, of seeds side by side; one on a GPU.
fn group(seeds: &[Seed], compute: Compute) -> Vec<Vec<Seed>> {
    let count = match compute.device {
        tch::Device::Cpu => compute.threads.clamp(1, seeds.len()),
        tch::Device::Cuda(_) | tch::Device::Mps | tch::Device::Vulkan => 1,
    };
    seeds.chunks(seeds.len().div_ceil(count)).map(<[Seed]>::to_vec).collect()
}

fn train_group(
    task: &Task<'_>,
    number: usize,
    seeds: &[Seed],
    inputs: &CohortInputs,
    shared: &Shared,
    words: &Sender<Word>,
) -> Result<(Ending, Duration), EngineError> {
    let (header, device) = (task.header, task.compute.device);
    let widths = (header.data.text_width, header.data.image_width);
    let mut training = CohortTraining::start(task.cohort, &header.config, seeds, inputs, widths, device);
    let mut waited = Duration::ZERO;
    while !training.is_over() {
        let before = Instant::now();
        let order = task.control.obey();
        waited += before.elapsed();
        match order {
            Order::Go | Order::Hold if !shared.failed.load(Ordering::Relaxed) => {}
            Order::Go | Order::Hold | Order::Leave => return Ok((Ending::Left, waited)),
            Order::Stop => return Ok((Ending::Stopped, waited)),
        }
        shared.rows.fetch_add(training.batch_rows() * seeds.len(), Ordering::Relaxed);
        if let Progress::Epoch(epoch, metrics) = training.step()? {
            // Whoever listens outlives the groups.
            let _ = words.send(Word::Epoch { group: number, epoch, metrics });
        }
    }
    let _ = words.send(Word::Over { last: training.position().epoch.0 - 1 });
    let (outcomes, weights) = training.finish();
    Ok((Ending::Trained(test(task, inputs, outcomes, weights)), waited))
}

/// Tests the seeds that completed.
fn test(
    task: &Task<'_>,
    inputs: &CohortInputs,
    outcomes: Vec<(Seed, SeedOutcome)>,
    weights: Vec<TrialWeights>,
) -> Trained {
    let (config, levels) = (&task.header.config, &task.header.levels);
    let (labels, device) = (&inputs.labels.test, task.compute.device);
    let evaluation = Evaluation {
        activation: config.model.activation,
        rows: &inputs.rows.test,
        labels: &task.data.labels.test,
        noise: Noise::new(&config.noise, levels, task.cohort.fusion, task.data, labels, device),
    };
    let (mut evaluations, mut correct) = (Vec::new(), Vec::new());
    for trial in &weights {
        let (numbers, right) = evaluation.of(trial);
        evaluations.push(numbers);
        correct.push((trial.seed, right));
    }
    Trained { outcomes, weights, evaluations, correct }
}

/// Tells each epoch once all groups are through it, and progress in between, until the last group ends.
fn listen(heard: &Receiver<Word>, groups: usize, shared: &Shared, mut tell: impl FnMut(News)) {
    let mut pending: BTreeMap<Epoch, BTreeMap<usize, Vec<SeedMetrics>>> = BTreeMap::new();
    let mut over: Vec<u32> = Vec::new();
    let (mut since, mut epoch) = (Instant::now(), Epoch(1));
    loop {
        match heard.recv_timeout(PROGRESS_EVERY) {
            Ok(Word::Epoch { group, epoch, metrics }) => {
                pending.entry(epoch).or_default().insert(group, metrics);
            }
            Ok(Word::Over { last }) => over.push(last),
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => return,
        }
        while let Some(first) = pending.first_entry() {
            let ended_before = over.iter().filter(|&&last| last < first.key().0).count();
            if first.get().len() + ended_before < groups {
                break;
            }
            let (done, by_group) = first.remove_entry();
            tell(News::Epoch(done, by_group.into_values().flatten().collect()));
            epoch = Epoch(done.0 + 1);
        }
        if since.elapsed() >= PROGRESS_EVERY {
            let rows = shared.rows.swap(0, Ordering::Relaxed);
            // Nothing is trained while paused or testing, and no speed is no news.
            if rows > 0 {
                tell(News::Progress {
                    epoch,
                    samples_per_second: rows as f64 / since.elapsed().as_secs_f64(),
                });
            }
            since = Instant::now();
        }
    }
}

/// The groups' endings as the cohort's: a group that left or stopped decides for all.
fn together(endings: impl Iterator<Item = Ending>) -> Ending {
    let mut all = Trained::default();
    for ending in endings {
        match ending {
            Ending::Left | Ending::Stopped => return ending,
            Ending::Trained(trained) => {
                all.outcomes.extend(trained.outcomes);
                all.weights.extend(trained.weights);
                all.evaluations.extend(trained.evaluations);
                all.correct.extend(trained.correct);
            }
        }
    }
    Ending::Trained(all)
}
