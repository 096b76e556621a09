//! Where a run's jobs stand. All watchers of a run share one look at the queue in `cluster.poll` seconds, by a small file in the
//! run's folder; nobody looks while nobody watches.

mod cached;
mod complaint;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use crate::ClusterError;
use crate::slurm::{Seen, Slurm, State};
use crate::submit::ids;
use cached::{Cached, Kept};
use host::clock;
use store::cluster::ClusterDir;
use store::cluster::jobs::Jobs;
use study::cluster::queue::{Job, JobState, Queue};

/// A watcher's view of the queue.
#[derive(Debug)]
pub struct QueueWatch {
    root: PathBuf,
    slurm: Slurm,
    every: Duration,
    /// The last answer, this watcher's or another's.
    last: Option<Cached>,
    /// The file that holds it, as it was when it was read.
    read: Option<(u64, SystemTime)>,
    /// When this watcher last looked.
    asked: Option<Instant>,
    /// Answers from before this time are too old, in milliseconds since 1970-01-01 UTC.
    since: u64,
    fault: Option<String>,
}

impl QueueWatch {
    /// Of the run in `root`, which is on a cluster; the queue is asked once in so many seconds.
    pub fn new(root: &Path, poll: u32) -> Self {
        Self::of(Slurm::default(), root, Duration::from_secs(poll.max(1).into()))
    }

    fn of(slurm: Slurm, root: &Path, every: Duration) -> Self {
        Self { root: root.into(), slurm, every, last: None, read: None, asked: None, since: 0, fault: None }
    }

    /// Where the jobs stand; absent where there are none, or nothing is known of them yet. It may take some seconds. `is_over`
    /// says whether the journal of a shard is.
    pub fn look(&mut self, is_over: impl Fn(u32) -> bool) -> Option<Queue> {
        let jobs = match Jobs::read(&self.root) {
            Ok(jobs) => jobs,
            Err(error) => {
                self.fault = Some(error.to_string());
                return None;
            }
        };
        let all = ids(&jobs);
        if jobs.arrays.is_empty() {
            return None;
        }
        self.take_shared();
        if self.is_due() {
            self.ask(&all);
        }
        let Some(last) = &self.last else {
            let fault = self.fault.clone()?;
            return Some(Queue { fault: Some(fault), ..Queue::default() });
        };
        Some(shown(last, &jobs, self.fault.clone(), is_over))
    }

    /// As if nothing had been asked: after an order, whose effect is to be seen soon.
    pub fn look_again(&mut self) {
        (self.asked, self.since) = (None, clock::now_ms());
    }

    /// Takes the answer that another watcher has got, where it is newer.
    fn take_shared(&mut self) {
        let path = ClusterDir::of(&self.root).queue();
        let found = cached::mark(&path);
        if found == self.read {
            return;
        }
        self.read = found;
        if let Some(shared) = cached::read(&path)
            && self.last.as_ref().is_none_or(|last| last.at_ms < shared.at_ms)
        {
            self.last = Some(shared);
            self.fault = None;
        }
    }

    fn is_due(&self) -> bool {
        let every = self.every.as_millis() as u64;
        let now = clock::now_ms();
        // One from the future is of a machine whose clock is wrong.
        let is_old = |last: &Cached| now.abs_diff(last.at_ms) >= every || last.at_ms < self.since;
        let is_old = self.last.as_ref().is_none_or(is_old);
        is_old && self.asked.is_none_or(|asked| asked.elapsed() >= self.every)
    }

    fn ask(&mut self, all: &[u64]) {
        let place = ClusterDir::of(&self.root).queue();
        // Where another watcher asks at this moment, its answer is there at the next look.
        let Some(claim) = cached::claim(&place) else { return };
        self.asked = Some(Instant::now());
        match self.answer(all) {
            Ok(answer) => {
                // Another user's run is only looked at.
                if let Err(error) = cached::write(&place, &answer) {
                    tracing::debug!(%error, "what the queue said is not shared");
                }
                (self.last, self.fault) = (Some(answer), None);
            }
            Err(error) => self.fault = Some(error.to_string()),
        }
        drop(claim);
    }

    fn answer(&self, all: &[u64]) -> Result<Cached, ClusterError> {
        let mut known = self.slurm.queue(all)?;
        for seen in known.jobs.iter_mut().filter(|seen| seen.has_exited()) {
            if let Some(said) = complaint::of(&ClusterDir::of(&self.root), seen.array, seen.index) {
                seen.reason = said;
            }
        }
        let key = |job: &Seen| (job.array, job.index);
        let mut jobs: BTreeMap<(u64, Option<u32>), Kept> =
            known.jobs.into_iter().map(|seen| (key(&seen), Kept { seen, is_gone: false })).collect();
        let before = self.last.iter().flat_map(|last| &last.jobs);
        let gone: Vec<&Kept> = before.filter(|kept| !jobs.contains_key(&key(&kept.seen))).collect();
        // Slurm forgets a job minutes after its end. What was alive then has ended in between.
        let unknown: Vec<u64> =
            gone.iter().filter(|kept| !has_ended(kept.seen.state)).map(|kept| kept.seen.array).collect();
        let accounts =
            if unknown.is_empty() { Vec::new() } else { self.slurm.accounts(all).unwrap_or_default() };
        let ended = gone.into_iter().filter(|kept| has_ended(kept.seen.state)).map(|kept| kept.seen.clone());
        for seen in ended.collect::<Vec<_>>().into_iter().chain(accounts) {
            if has_ended(seen.state) {
                jobs.entry(key(&seen)).or_insert(Kept { seen, is_gone: true });
            }
        }
        Ok(Cached { at_ms: clock::now_ms(), jobs: jobs.into_values().collect() })
    }
}

/// Where the jobs of the run in `root` stand at this moment, from the queue itself. It is kept for who asks later, when the queue
/// has forgotten them.
///
/// # Errors
/// Where the queue does not answer.
pub fn ask(root: &Path) -> Result<Queue, ClusterError> {
    ask_with(&Slurm::default(), root)
}

pub(crate) fn ask_with(slurm: &Slurm, root: &Path) -> Result<Queue, ClusterError> {
    let jobs = Jobs::read(root)?;
    let mut watch = QueueWatch::of(slurm.clone(), root, Duration::ZERO);
    watch.take_shared();
    let answer = watch.answer(&ids(&jobs))?;
    cached::write(&ClusterDir::of(root).queue(), &answer)?;
    Ok(shown(&answer, &jobs, None, |_| false))
}

/// Where the jobs stood when the queue was last asked, of a run that is on a cluster or was; absent where it was not.
pub(crate) fn last(cluster: &ClusterDir, is_over: impl Fn(u32) -> bool) -> Option<Queue> {
    let jobs = Jobs::read_in(cluster).ok()?;
    Some(shown(&cached::read(&cluster.queue())?, &jobs, None, is_over))
}

pub(crate) const fn has_ended(state: State) -> bool {
    !matches!(state, State::Pending | State::Held | State::Running | State::Completing)
}

/// What was answered, as the jobs of shards. Of several jobs of a shard the last counts.
fn shown(answer: &Cached, jobs: &Jobs, fault: Option<String>, is_over: impl Fn(u32) -> bool) -> Queue {
    let seen: BTreeMap<(u64, Option<u32>), &Kept> =
        answer.jobs.iter().map(|kept| ((kept.seen.array, kept.seen.index), kept)).collect();
    let mut by_shard: BTreeMap<u32, Job> = BTreeMap::new();
    for array in &jobs.arrays {
        for index in 0..array.count {
            if array.id == 0 {
                let job = || Job { shard: array.first.saturating_add(index), ..Job::default() };
                by_shard.entry(array.first.saturating_add(index)).or_insert_with(job);
                continue;
            }
            let (shard, known) = (array.first.saturating_add(index), seen.get(&(array.id, Some(index))));
            let id = format!("{}_{index}", array.id);
            let state = state(known.copied(), is_over(shard));
            let known = known.map(|kept| &kept.seen);
            let job = Job {
                shard,
                id,
                state,
                reason: known.map_or_else(String::new, |seen| seen.reason.clone()),
                host: known.map_or_else(String::new, |seen| seen.host.clone()),
                seconds: known.map_or(0, |seen| seen.seconds),
                restarts: known.map_or(0, |seen| seen.restarts),
            };
            by_shard.insert(shard, job);
        }
    }
    let finishing = jobs.finish.map(|id| state(seen.get(&(id, None)).copied(), false));
    Queue { at_ms: answer.at_ms, jobs: by_shard.into_values().collect(), finishing, fault }
}

/// A shard whose journal is over is done, whatever became of its job. One whose job has ended and whose journal is not over may
/// be on its way to this machine, until Slurm has forgotten the job.
fn state(known: Option<&Kept>, is_over: bool) -> JobState {
    match known {
        Some(kept) if !has_ended(kept.seen.state) => kept.seen.state.shown(),
        _ if is_over => JobState::Done,
        None => JobState::Lost,
        Some(Kept { seen: Seen { state: State::Completed, .. }, is_gone }) => {
            if *is_gone {
                JobState::Lost
            } else {
                JobState::Ending
            }
        }
        Some(kept) => kept.seen.state.shown(),
    }
}

#[cfg(test)]
mod tests;
