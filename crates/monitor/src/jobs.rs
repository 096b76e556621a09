//! The jobs of a run on a cluster as a table: columns, and rows that are sorted and filtered. Knows no screen.

use std::borrow::Cow;
use std::cmp::Ordering;

use study::cluster::plan::Item;
use study::cluster::queue::{Job, JobState};
use study::filter::{Got, Key, Row, Typed};
use study::grid::{CohortId, Seed};
use study::run_state::ShardState;
use study::scored::{named, setting};

use super::model::Model;
use super::shown::SortOrder;
use super::text::{duration, plain};

/// A shard with its job.
#[derive(Clone, Copy, Debug)]
pub struct JobRow<'a> {
    /// The shard's number.
    pub shard: u32,
    /// What the queue says; absent before it has answered.
    pub job: Option<&'a Job>,
    /// What it trains.
    pub items: &'a [Item],
    /// Its latest start; absent before the first.
    begun: Option<&'a ShardState>,
    model: &'a Model,
}

/// A column of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum JobColumn {
    /// The shard's number.
    Shard,
    /// What the queue calls its job.
    Job,
    /// Where it stands.
    State,
    /// The machine.
    Host,
    /// How long it has run since its last start.
    Running,
    /// How much of its training is done.
    Done,
    /// How often it was put back into the queue.
    Requeued,
    /// How often it began.
    Starts,
    /// How long ago it last did something.
    LastSign,
    /// Why it stands where it stands.
    Reason,
    /// What it trains.
    Configurations,
}

impl JobColumn {
    /// Every column, from left to right.
    pub const ALL: [Self; 11] = [
        Self::Shard,
        Self::Job,
        Self::State,
        Self::Host,
        Self::Running,
        Self::Done,
        Self::Requeued,
        Self::Starts,
        Self::LastSign,
        Self::Reason,
        Self::Configurations,
    ];

    /// Columns in the order in which a narrow screen gives them up, last first.
    pub const BY_PRIORITY: [Self; 11] = [
        Self::Shard,
        Self::State,
        Self::Host,
        Self::Done,
        Self::Job,
        Self::Running,
        Self::Configurations,
        Self::Reason,
        Self::LastSign,
        Self::Starts,
        Self::Requeued,
    ];

    /// The heading.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Shard => "shard",
            Self::Job => "job",
            Self::State => "state",
            Self::Host => "host",
            Self::Running => "runs for",
            Self::Done => "done",
            Self::Requeued => "requeued",
            Self::Starts => "starts",
            Self::LastSign => "last sign",
            Self::Reason => "reason",
            Self::Configurations => "configurations",
        }
    }

    /// Columns of text that it needs, the gap left out.
    pub const fn width(self) -> u16 {
        match self {
            Self::Done | Self::Shard => 5,
            Self::Starts => 6,
            Self::Host | Self::Running | Self::Requeued => 8,
            Self::LastSign => 9,
            Self::Job => 10,
            Self::Reason => 12,
            Self::State => 13,
            Self::Configurations => 16,
        }
    }

    /// Whether it holds numbers, which are aligned on the right.
    pub const fn is_numeric(self) -> bool {
        matches!(
            self,
            Self::Shard | Self::Running | Self::Done | Self::Requeued | Self::Starts | Self::LastSign
        )
    }

    /// The column to sort by after `sorted`; after the last one, none.
    pub fn after(sorted: Option<Self>) -> Option<Self> {
        let place = sorted.and_then(|sorted| Self::ALL.iter().position(|&column| column == sorted));
        Self::ALL.get(place.map_or(0, |place| place + 1)).copied()
    }

    /// A row's text, safe to show.
    pub fn text(self, row: &JobRow<'_>, absent: &str) -> String {
        let of =
            |text: Option<String>| text.filter(|text| !text.is_empty()).unwrap_or_else(|| absent.to_owned());
        match self {
            Self::Shard => row.shard.to_string(),
            Self::Job => of(row.id().map(plain)),
            Self::State => of(row.state().map(|state| state.name().to_owned())),
            Self::Host => of(row.host().map(plain)),
            Self::Running => of(row.seconds().map(|seconds| duration(seconds as f64))),
            Self::Done => of(row.done().map(|done| format!("{:.0} %", (100.0 * done).floor()))),
            Self::Requeued => of(row.job.map(|job| job.restarts.to_string())),
            Self::Starts => row.starts().to_string(),
            Self::LastSign => of(row.silence().map(|ms| format!("{} ago", duration(ms as f64 / 1e3)))),
            Self::Reason => of(row.job.map(|job| plain(&job.reason))),
            Self::Configurations => of(Some(row.trains())),
        }
    }

    fn compare(self, a: &JobRow<'_>, b: &JobRow<'_>) -> Ordering {
        match self {
            Self::Shard => a.shard.cmp(&b.shard),
            // `1234_10` stands behind `1234_9`: jobs are in the order of their shards.
            Self::Job => (a.array(), a.shard).cmp(&(b.array(), b.shard)),
            Self::State => a.urgency().cmp(&b.urgency()),
            Self::Host => a.host().cmp(&b.host()),
            Self::Running => a.seconds().cmp(&b.seconds()),
            Self::Done => a.done().unwrap_or(-1.0).total_cmp(&b.done().unwrap_or(-1.0)),
            Self::Requeued => a.job.map(|job| job.restarts).cmp(&b.job.map(|job| job.restarts)),
            Self::Starts => a.starts().cmp(&b.starts()),
            Self::LastSign => a.silence().cmp(&b.silence()),
            Self::Reason => a.job.map(|job| &job.reason).cmp(&b.job.map(|job| &job.reason)),
            Self::Configurations => {
                a.items.first().map(|item| item.cohort).cmp(&b.items.first().map(|item| item.cohort))
            }
        }
    }
}

impl<'a> JobRow<'a> {
    fn of(model: &'a Model, shard: u32) -> Self {
        let job = model.cluster.queue.as_deref().and_then(|queue| queue.job(shard));
        let (items, begun) = (model.cluster.items(shard), model.run.shards().get(&shard));
        Self { shard, job, items, begun, model }
    }

    /// Where its job stands.
    pub fn state(&self) -> Option<JobState> {
        self.job.map(|job| job.state)
    }

    /// What is to be done about it, or what it waits for, with the run's folder in its commands.
    pub fn advice(&self) -> Option<String> {
        let run = self.model.run_dir.as_ref().map(|run| plain(&run.to_string_lossy()));
        self.job?.advice(run.as_deref().unwrap_or("RUN"))
    }

    /// What it trains, in short: `product-real-256 seeds 0-4 +3`.
    pub fn trains(&self) -> String {
        let [first, others @ ..] = self.items else { return String::new() };
        let more = if others.is_empty() { String::new() } else { format!(" +{}", others.len()) };
        format!("{}{}{more}", first.cohort, self.some_seeds(first))
    }

    /// All that it trains.
    pub fn all_trains(&self) -> String {
        let each = self.items.iter().map(|item| format!("{}{}", item.cohort, self.some_seeds(item)));
        each.collect::<Vec<_>>().join(", ")
    }

    /// The configuration that keys are about: the first one without an outcome, else the first.
    pub fn cohort(&self) -> Option<CohortId> {
        let is_open = |item: &&Item| !self.model.status(item.cohort).is_over();
        self.items.iter().find(is_open).or_else(|| self.items.first()).map(|item| item.cohort)
    }

    /// The seeds, where they are not all: ` seeds 0-4`.
    fn some_seeds(&self, item: &Item) -> String {
        let all = self.model.run.header().map_or(0, |header| header.sweep.seeds.len());
        match item.seeds.as_slice() {
            seeds if seeds.is_empty() || seeds.len() == all => String::new(),
            [one] => format!(" seed {}", one.0),
            [first, .., last] => format!(" seeds {}-{}", first.0, last.0),
            [] => String::new(),
        }
    }

    /// The share of its trials' epochs that is done, 0 to 1, each trial by the rows that it sees.
    fn done(&self) -> Option<f64> {
        let epochs = f64::from(self.model.run.header()?.config.train.epochs.max(1));
        let (mut done, mut all) = (0.0, 0.0);
        for item in self.items {
            let state = self.model.run.cohort(item.cohort)?;
            let of_seed = |seed: &Seed| {
                let trial = state.shown().get(seed);
                trial.map_or(0.0, |trial| match trial.outcome {
                    Some(_) => 1.0,
                    None => (trial.metrics.len() as f64 / epochs).min(1.0),
                })
            };
            let rows = item.cohort.train_size as f64;
            done += rows * item.seeds.iter().map(of_seed).sum::<f64>();
            all += rows * item.seeds.len() as f64;
        }
        (all > 0.0).then(|| done / all)
    }

    fn id(&self) -> Option<&'a str> {
        self.job.map(|job| job.id.as_str()).or_else(|| self.begun.map(|begun| begun.job.as_str()))
    }

    /// The number before the `_` of its job's name.
    fn array(&self) -> u64 {
        self.id().and_then(|id| id.split('_').next()?.parse().ok()).unwrap_or(0)
    }

    fn host(&self) -> Option<&'a str> {
        let said = self.job.map(|job| job.host.as_str()).filter(|host| !host.is_empty());
        said.or_else(|| self.begun.map(|begun| begun.host.as_str()))
    }

    fn seconds(&self) -> Option<u64> {
        self.job.filter(|job| job.seconds > 0).map(|job| job.seconds)
    }

    fn starts(&self) -> u32 {
        self.begun.map_or(0, |begun| begun.start)
    }

    /// Milliseconds since it last did something, of one that runs.
    fn silence(&self) -> Option<u64> {
        let is_alive = self.state().is_none_or(|state| state != JobState::Done);
        let last = self.model.cluster.last_sign(&self.model.run, self.shard).filter(|_| is_alive)?;
        let asked = self.model.cluster.queue.as_ref().map_or(0, |queue| queue.at_ms);
        Some(asked.max(self.model.run.last_ms()).saturating_sub(last))
    }

    fn urgency(&self) -> usize {
        self.state().map_or(usize::MAX, JobState::urgency)
    }
}

/// The jobs that pass the filter, in the order asked for; by themselves those first of which something has to be done.
/// Terms of the filter with an error do not apply.
pub fn visible<'a>(
    model: &'a Model,
    filter: &str,
    sort: Option<JobColumn>,
    order: SortOrder,
) -> Vec<JobRow<'a>> {
    let filter = Typed::read(filter, Key::JOBS).filter;
    let passes =
        |row: &JobRow<'_>| filter.is_empty() || filter.passes_of(row, row.items.iter().map(Trained), 0);
    let mut rows: Vec<JobRow<'a>> = all(model).into_iter().filter(passes).collect();
    let column = sort.unwrap_or(JobColumn::State);
    // Stable, so that equal ones stay in the order of their shards.
    match order {
        SortOrder::Descending if sort.is_some() => rows.sort_by(|a, b| column.compare(b, a)),
        _ => rows.sort_by(|a, b| column.compare(a, b)),
    }
    rows
}

/// Every shard that the queue or the plan knows, in the order of their numbers.
fn all(model: &Model) -> Vec<JobRow<'_>> {
    let queued = model.cluster.queue.iter().flat_map(|queue| &queue.jobs).map(|job| job.shard);
    let known = queued.chain(model.cluster.shards.keys().copied());
    let mut shards: Vec<u32> = known.collect();
    shards.sort_unstable();
    shards.dedup();
    shards.into_iter().map(|shard| JobRow::of(model, shard)).collect()
}

/// A shard that the queue, the plan or the journal knows.
pub fn of(model: &Model, shard: u32) -> Option<JobRow<'_>> {
    let row = JobRow::of(model, shard);
    (row.job.is_some() || !row.items.is_empty() || row.begun.is_some()).then_some(row)
}

/// How many jobs there are.
pub fn count(model: &Model) -> usize {
    all(model).len()
}

/// The place of the cursor's shard; of one that is not there the first.
pub fn place(rows: &[JobRow<'_>], shard: Option<u32>) -> Option<usize> {
    let exact = rows.iter().position(|row| Some(row.shard) == shard);
    exact.or_else(|| (!rows.is_empty()).then_some(0))
}

/// Jobs as tab-separated text, for a spreadsheet.
pub fn as_tsv(rows: &[JobRow<'_>]) -> String {
    let line = |texts: Vec<String>| texts.join("\t");
    let heading = line(JobColumn::ALL.iter().map(|column| column.title().to_owned()).collect());
    let cells = |row: &JobRow<'_>| {
        let cell = |column: &JobColumn| match column {
            JobColumn::Configurations => row.all_trains(),
            column => column.text(row, ""),
        };
        line(JobColumn::ALL.iter().map(cell).collect())
    };
    std::iter::once(heading).chain(rows.iter().map(cells)).collect::<Vec<_>>().join("\n")
}

impl Row for JobRow<'_> {
    /// Whether the word begins the state, the host or the reason, or a configuration's fusion or task, or is the number
    /// of the shard or the job.
    fn has_word(&self, word: &str) -> bool {
        let state = self.state().map_or("", JobState::name);
        let reason = self.job.map_or("", |job| job.reason.as_str());
        let begins = |text: &str| text.to_lowercase().starts_with(word);
        [state, reason, self.host().unwrap_or_default()].iter().any(|text| begins(text))
            || self.shard.to_string() == word
            || self.id() == Some(word)
            || self.items.iter().any(|item| named(item.cohort, "", word))
    }

    fn get(&self, key: Key) -> Got<'_> {
        match (key, self.state()) {
            (Key::State, Some(state)) => Got::Texts(vec![Cow::Borrowed(state.name())]),
            _ => Got::Nothing,
        }
    }
}

/// What a shard trains, as a filter sees it.
struct Trained<'a>(&'a Item);

impl Row for Trained<'_> {
    fn has_word(&self, word: &str) -> bool {
        named(self.0.cohort, "", word)
    }

    fn get(&self, key: Key) -> Got<'_> {
        setting(self.0.cohort, key)
    }
}

#[cfg(test)]
mod tests;
