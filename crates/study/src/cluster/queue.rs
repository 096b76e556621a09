//! What the cluster's queue says of a run's jobs: one for each shard, and the one that finishes the run.

use std::collections::BTreeMap;

use super::super::text::brief;
use super::reason;

/// How much of a foreign name or reason is shown.
const MOST: usize = 60;
/// How much of a message.
const MESSAGE: usize = 300;
/// How many hosts the line names.
const HOSTS: usize = 2;

/// The last answer of the queue. What it says of names, reasons and hosts is foreign text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Queue {
    /// When it was asked, in milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// One for each shard, in the order of their numbers.
    pub jobs: Vec<Job>,
    /// The job that makes one run of the shards, once it was submitted.
    pub finishing: Option<JobState>,
    /// Why there is no newer answer.
    pub fault: Option<String>,
}

/// A shard's job; by default one that is being submitted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Job {
    /// Whose it is.
    pub shard: u32,
    /// As the cluster calls it: `1234_7`; empty before it is known.
    pub id: String,
    /// Where it stands.
    pub state: JobState,
    /// Why, in the cluster's word; empty where there is none.
    pub reason: String,
    /// Where it runs, or ran last; empty where that is not known.
    pub host: String,
    /// Seconds that it has run since its last start.
    pub seconds: u64,
    /// How often it was put back into the queue.
    pub restarts: u32,
}

/// Where a job stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum JobState {
    /// In the queue.
    #[default]
    Waiting,
    /// In the queue, and not to start before it is released.
    Held,
    /// Its process runs.
    Running,
    /// Its process has ended, or is about to.
    Ending,
    /// Ended, and its shard is over.
    Done,
    /// Cancelled by a user.
    Cancelled,
    /// Ended with an error.
    Failed,
    /// Ended at its time limit.
    TimedOut,
    /// Killed for its memory.
    OutOfMemory,
    /// Its node went down.
    NodeFailed,
    /// Ended for a job that goes before it.
    Preempted,
    /// Its shard is not over, and the cluster knows nothing of the job.
    Lost,
}

/// A piece of [`Queue::line`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// As `60 waiting (Priority)`.
    pub text: String,
    /// Whether something has to be done about it.
    pub is_problem: bool,
}

impl Queue {
    /// How many jobs are in this state.
    pub fn count(&self, state: JobState) -> usize {
        self.jobs.iter().filter(|job| job.state == state).count()
    }

    /// How many jobs are in each state that occurs.
    pub fn counts(&self) -> BTreeMap<JobState, usize> {
        let mut counts = BTreeMap::new();
        for job in &self.jobs {
            *counts.entry(job.state).or_default() += 1;
        }
        counts
    }

    /// The jobs that run or will run.
    pub fn alive(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.state.is_alive())
    }

    /// The jobs of which something has to be done.
    pub fn problems(&self) -> impl Iterator<Item = &Job> {
        self.jobs.iter().filter(|job| job.state.is_problem())
    }

    /// Whether no job is left that runs or will run, the finishing one included.
    pub fn is_over(&self) -> bool {
        let is_unknown = self.jobs.is_empty() && self.fault.is_some();
        !is_unknown && self.alive().next().is_none() && !self.finishing.is_some_and(JobState::is_alive)
    }

    /// The job of a shard.
    pub fn job(&self, shard: u32) -> Option<&Job> {
        self.jobs.binary_search_by_key(&shard, |job| job.shard).ok().map(|place| &self.jobs[place])
    }

    /// In one line: `12 running · 60 waiting (Priority) · 3 requeued · 1 failed: out of memory n7`.
    pub fn line(&self) -> String {
        self.parts().into_iter().map(|part| part.text).collect::<Vec<_>>().join(" · ")
    }

    /// The pieces of that line.
    pub fn parts(&self) -> Vec<Part> {
        let mut parts = Vec::new();
        let counts = self.counts();
        let mut add = |n: usize, text: String, is_problem: bool| {
            if n > 0 {
                parts.push(Part { text: format!("{n} {text}"), is_problem });
            }
        };
        let count = |state: JobState| counts.get(&state).copied().unwrap_or(0);
        add(count(JobState::Running), "running".into(), false);
        add(count(JobState::Ending), "ending".into(), false);
        let why = self.commonest_reason().map_or_else(String::new, |reason| format!(" ({reason})"));
        add(count(JobState::Waiting), format!("waiting{why}"), false);
        add(count(JobState::Held), "held".into(), false);
        add(self.alive().filter(|job| job.restarts > 0).count(), "requeued".into(), false);
        // Before the longest part, which a narrow screen cuts.
        add(count(JobState::Lost), "lost".into(), true);
        add(self.problems().filter(|job| job.state != JobState::Lost).count(), self.failures(), true);
        add(count(JobState::Cancelled), "cancelled".into(), false);
        add(count(JobState::Done), "done".into(), false);
        parts.extend(self.finish());
        if parts.is_empty() {
            parts.push(Part { text: "no jobs in the queue".into(), is_problem: false });
        }
        parts
    }

    /// The finishing job, where it is all that is left, or went wrong.
    fn finish(&self) -> Option<Part> {
        let state = self.finishing?;
        let is_last = state.is_alive() && self.alive().next().is_none();
        let is_problem = state.is_problem();
        (is_last || is_problem).then(|| Part { text: format!("finishing job {}", state.name()), is_problem })
    }

    /// Why most of the waiting ones wait.
    fn commonest_reason(&self) -> Option<String> {
        let waiting = self.jobs.iter().filter(|job| job.state == JobState::Waiting);
        let mut groups: BTreeMap<&str, usize> = BTreeMap::new();
        for job in waiting.filter(|job| !job.reason.is_empty()) {
            *groups.entry(&job.reason).or_default() += 1;
        }
        let (reason, _) = groups.into_iter().max_by_key(|&(_, n)| n)?;
        Some(brief(reason, MOST))
    }

    /// `failed: 3 out of memory n7, n8, 1 time limit`; the kinds have no number where there is one.
    fn failures(&self) -> String {
        let mut kinds: BTreeMap<String, (usize, Vec<&str>)> = BTreeMap::new();
        for job in self.problems().filter(|job| job.state != JobState::Lost) {
            let (n, hosts) = kinds.entry(job.failure()).or_default();
            *n += 1;
            if !job.host.is_empty() && !hosts.contains(&job.host.as_str()) && hosts.len() <= HOSTS {
                hosts.push(&job.host);
            }
        }
        let is_one = kinds.len() == 1;
        let mut kinds: Vec<_> = kinds.into_iter().collect();
        kinds.sort_by_key(|(_, (n, _))| std::cmp::Reverse(*n));
        let kinds = kinds.into_iter().map(|(kind, (n, hosts))| {
            let mut words = if is_one { Vec::new() } else { vec![n.to_string()] };
            words.extend(Some(kind).filter(|kind| !kind.is_empty()));
            words.extend(Some(named(&hosts)).filter(|hosts| !hosts.is_empty()));
            words.join(" ")
        });
        let kinds: Vec<String> = kinds.filter(|kind| !kind.is_empty()).collect();
        if kinds.is_empty() { "failed".into() } else { format!("failed: {}", kinds.join(", ")) }
    }
}

impl Job {
    /// Its number, state and, where it is known, host: `shard 7 (1234_7): out of memory on n7`.
    pub fn told(&self) -> String {
        let failure = match self.failure() {
            failure if failure.is_empty() || !self.state.is_problem() => self.state.name().to_owned(),
            _ if self.state == JobState::Failed => format!("failed ({})", brief(&self.reason, MESSAGE)),
            failure => failure,
        };
        let on =
            if self.host.is_empty() { String::new() } else { format!(" on {}", brief(&self.host, MOST)) };
        format!("shard {} ({}): {failure}{on}", self.shard, brief(&self.id, MOST))
    }

    /// What is to be done, or what it waits for, in one sentence, with `run`, its folder, in commands; absent where its state says it
    /// all.
    pub fn advice(&self, run: &str) -> Option<String> {
        match self.state {
            JobState::Waiting | JobState::Held => {
                let known = reason::meaning(&self.reason).map(str::to_owned);
                known.or_else(|| (self.state == JobState::Held).then(|| "held: `s` releases it".to_owned()))
            }
            JobState::Failed if !self.reason.is_empty() => {
                Some(format!("failed: {}; {}", brief(&self.reason, MESSAGE), self.remedy(run)?))
            }
            state => Some(format!("{}: {}", state.name(), self.remedy(run)?)),
        }
    }

    /// What is to be done about it, in half a sentence, with `run`, its folder, in commands; absent where nothing is.
    pub fn remedy(&self, run: &str) -> Option<String> {
        Some(match self.state {
            JobState::Waiting | JobState::Held | JobState::Running | JobState::Ending | JobState::Done => {
                return None;
            }
            JobState::Failed => format!(
                "`cluster/logs/array-{}.txt` says more, and `superfuse-tui resume {run}` submits it again",
                brief(&self.id, MOST)
            ),
            JobState::TimedOut => {
                format!("`superfuse-tui resume {run} --set cluster.time=…` submits it with more time")
            }
            JobState::OutOfMemory => {
                format!("`superfuse-tui resume {run} --set cluster.memory=…` submits it with more memory")
            }
            JobState::Cancelled | JobState::NodeFailed | JobState::Preempted | JobState::Lost => {
                format!("`superfuse-tui resume {run}` submits it again")
            }
        })
    }

    /// What went wrong; of a job that ended with an error the cluster's word for it, or nothing.
    fn failure(&self) -> String {
        match self.state {
            JobState::Failed => brief(&self.reason, MOST),
            state => state.name().to_owned(),
        }
    }
}

impl JobState {
    /// All of them, those first of which something has to be done.
    pub const ALL: [Self; 12] = [
        Self::Lost,
        Self::OutOfMemory,
        Self::Failed,
        Self::TimedOut,
        Self::NodeFailed,
        Self::Preempted,
        Self::Cancelled,
        Self::Held,
        Self::Running,
        Self::Ending,
        Self::Waiting,
        Self::Done,
    ];

    /// In words.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Held => "held",
            Self::Running => "running",
            Self::Ending => "ending",
            Self::Done => "done",
            Self::Cancelled => "cancelled",
            Self::Failed => "failed",
            Self::TimedOut => "time limit",
            Self::OutOfMemory => "out of memory",
            Self::NodeFailed => "node failed",
            Self::Preempted => "preempted",
            Self::Lost => "lost",
        }
    }

    /// Whether its process runs or will run.
    pub const fn is_alive(self) -> bool {
        matches!(self, Self::Waiting | Self::Held | Self::Running | Self::Ending)
    }

    /// Whether it ended before its shard was over, and no user wanted that.
    pub const fn is_problem(self) -> bool {
        match self {
            Self::Failed
            | Self::TimedOut
            | Self::OutOfMemory
            | Self::NodeFailed
            | Self::Preempted
            | Self::Lost => true,
            Self::Waiting | Self::Held | Self::Running | Self::Ending | Self::Done | Self::Cancelled => false,
        }
    }

    /// Where it stands in a list that begins with what has to be done.
    pub fn urgency(self) -> usize {
        Self::ALL.iter().position(|&state| state == self).unwrap_or(Self::ALL.len())
    }
}

fn named(hosts: &[&str]) -> String {
    let mut names: Vec<String> = hosts.iter().take(HOSTS).map(|host| brief(host, MOST)).collect();
    if hosts.len() > HOSTS {
        names.push("…".into());
    }
    names.join(", ")
}

#[cfg(test)]
mod tests;
