//! What is known of the jobs that train a run on a cluster: the queue's last answer and its age, what each shard trains,
//! and when it last did something.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use study::cluster::plan::{Item, Shard};
use study::cluster::queue::{Job, JobState, Queue};
use study::event::{Event, EventKind};
use study::feed::{Feed, Level, Notice};
use study::grid::{CohortId, Seed};
use study::run_state::RunState;

/// Problems that the log names one by one when they come together.
const NAMED: usize = 5;
/// Ages of this many minutes and more are shown in hours.
const HOURS: u64 = 120;

/// The jobs of a run; of one that is not on a cluster nothing.
#[derive(Clone, Debug, Default)]
pub struct Cluster {
    /// The queue's last answer.
    pub queue: Option<Arc<Queue>>,
    /// What each shard trains, by their numbers.
    pub shards: Arc<BTreeMap<u32, Shard>>,
    /// Minutes since that answer, once there should have been another one.
    late: Option<u64>,
    /// When a trial last did something, in milliseconds since 1970-01-01 UTC.
    signs: BTreeMap<(CohortId, Seed), u64>,
    problems: Problems,
}

/// The jobs that went wrong and were reported.
#[derive(Clone, Debug, Default)]
pub struct Problems {
    known: BTreeSet<(u32, String, JobState, u32)>,
}

impl Problems {
    /// Those of `queue` that were not there before.
    pub fn new_in<'a>(&mut self, queue: &'a Queue) -> Vec<&'a Job> {
        let known = &mut self.known;
        queue
            .problems()
            .filter(|job| known.insert((job.shard, job.id.clone(), job.state, job.restarts)))
            .collect()
    }
}

impl Cluster {
    /// Takes the feed's answer and plan; where one of them is new, what the log is to say of it.
    pub fn take(&mut self, feed: &Feed) -> Option<Vec<Notice>> {
        let (queue, shards) = (feed.queue(), feed.shards());
        let has_plan = !Arc::ptr_eq(&shards, &self.shards) && (!shards.is_empty() || !self.shards.is_empty());
        self.shards = shards;
        if queue == self.queue {
            return has_plan.then(Vec::new);
        }
        self.queue = queue;
        let Some(queue) = &self.queue else { return Some(Vec::new()) };
        let wrong = self.problems.new_in(queue);
        let say = |text| Notice { at_ms: queue.at_ms, level: Level::Error, text };
        let mut news: Vec<Notice> = wrong.iter().take(NAMED).map(|job| say(job.told())).collect();
        if wrong.len() > NAMED {
            news.push(say(format!("{} more jobs went wrong; `J` shows them", wrong.len() - NAMED)));
        }
        Some(news)
    }

    /// Takes an event that `run` has just taken.
    pub fn note(&mut self, run: &RunState, event: &Event) {
        let Some(cohort) = event.kind.cohort().filter(|_| !run.shards().is_empty()) else { return };
        let seeds: Vec<Seed> = match &event.kind {
            EventKind::EpochFinished { metrics, .. } => metrics.iter().map(|one| one.seed).collect(),
            EventKind::CohortEvaluated { evaluations, .. } => {
                evaluations.iter().map(|one| one.seed).collect()
            }
            EventKind::CohortFinished { seeds, .. } => seeds.iter().map(|(seed, _)| *seed).collect(),
            EventKind::CohortStarted { only, .. } | EventKind::CohortResumed { only, .. } => only.clone(),
            _ => Vec::new(),
        };
        for seed in seeds {
            let last = self.signs.entry((cohort, seed)).or_default();
            *last = event.at_ms.max(*last);
        }
    }

    /// Takes the time; whether another age is shown now. `poll` is the seconds between two questions to the queue.
    pub fn is_older(&mut self, now_ms: u64, poll: u64) -> bool {
        let age = self.answer().map(|queue| now_ms.saturating_sub(queue.at_ms) / 1_000);
        let late = age.filter(|&age| age > 2 * poll).map(|age| age / 60);
        std::mem::replace(&mut self.late, late) != late
    }

    /// The queue's last answer; absent where it has given none, but for why.
    pub fn answer(&self) -> Option<&Queue> {
        self.queue.as_deref().filter(|queue| queue.at_ms > 0)
    }

    /// How old the answer is, where there should have been another one: `as of 4 min ago`.
    pub fn age(&self) -> Option<String> {
        Some(match self.late? {
            late @ ..HOURS => format!("as of {late} min ago"),
            late => format!("as of {} h ago", late / 60),
        })
    }

    /// Whether the queue has said that no job is left.
    pub fn is_over(&self) -> bool {
        self.answer().is_some_and(Queue::is_over)
    }

    /// How many jobs are in this state.
    pub fn count(&self, state: JobState) -> usize {
        self.answer().map_or(0, |queue| queue.count(state))
    }

    /// What a shard trains.
    pub fn items(&self, shard: u32) -> &[Item] {
        self.shards.get(&shard).map_or(&[], |shard| &shard.items)
    }

    /// The shards that train some of a configuration.
    pub fn shards_of(&self, cohort: CohortId) -> impl Iterator<Item = u32> {
        let trains = move |shard: &Shard| shard.items.iter().any(|item| item.cohort == cohort);
        self.shards.iter().filter(move |(_, shard)| trains(shard)).map(|(number, _)| *number)
    }

    /// When a shard last did something, in milliseconds since 1970-01-01 UTC; absent before its first start.
    pub fn last_sign(&self, run: &RunState, shard: u32) -> Option<u64> {
        let begun = run.shards().get(&shard)?.at_ms;
        let trials =
            self.items(shard).iter().flat_map(|item| item.seeds.iter().map(|seed| (item.cohort, *seed)));
        Some(trials.filter_map(|trial| self.signs.get(&trial).copied()).fold(begun, u64::max))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture_cluster::{broken, on_cluster};
    use study::listing::Standing;

    #[test]
    fn an_answer_is_called_old_when_two_polls_brought_no_other() {
        let mut cluster = Cluster::default();
        assert!(!cluster.is_older(u64::MAX, 60) && cluster.age().is_none());
        // The first question may have failed.
        let fault = Some("no squeue".to_owned());
        cluster.queue = Some(Arc::new(Queue { fault, ..Queue::default() }));
        assert!(!cluster.is_older(u64::MAX, 60) && !cluster.is_over());
        cluster.queue = Some(Arc::new(Queue { at_ms: 1_000, ..Queue::default() }));
        assert!(!cluster.is_older(121_000, 60) && cluster.age().is_none());
        assert!(cluster.is_older(242_000, 60));
        assert_eq!(cluster.age().as_deref(), Some("as of 4 min ago"));
        assert!(!cluster.is_older(250_000, 60), "the same is shown");
        assert!(cluster.is_older(3 * 3_600_000 + 1_000, 60));
        assert_eq!(cluster.age().as_deref(), Some("as of 3 h ago"));
    }

    #[test]
    fn the_log_says_once_which_jobs_went_wrong() {
        let mut model = on_cluster();
        let errors = |model: &crate::model::Model| {
            let lines = model.log.lines().iter().filter(|line| line.level == Level::Error);
            lines.map(|line| line.text.clone()).collect::<Vec<_>>()
        };
        let feed = Feed::default();
        feed.set_writer(model.writer);
        feed.set_shards(Arc::clone(&model.cluster.shards));
        let mut queue = broken(&model);
        feed.set_queue(Some(Arc::new(queue.clone())));
        model.take(&feed);
        let told = errors(&model);
        assert!(told.contains(&"shard 5 (1234_5): out of memory on n7".to_owned()), "{told:?}");
        queue.at_ms += 60_000;
        feed.set_queue(Some(Arc::new(queue.clone())));
        model.take(&feed);
        assert_eq!(errors(&model), told);
        for job in &mut queue.jobs {
            job.state = JobState::Lost;
        }
        feed.set_queue(Some(Arc::new(queue)));
        model.take(&feed);
        let last = errors(&model).pop().unwrap();
        assert!(last.ends_with(" more jobs went wrong; `J` shows them"), "{last}");
    }

    #[test]
    fn a_shards_last_sign_is_its_start_or_what_its_trials_did_since() {
        let model = on_cluster();
        let begun = |shard| model.run.shards()[&shard].at_ms;
        assert!(model.cluster.last_sign(&model.run, 4).unwrap() > begun(4));
        let silent = *model.run.shards().keys().last().unwrap();
        assert_eq!(model.cluster.last_sign(&model.run, silent), Some(begun(silent)));
        assert_eq!(model.cluster.last_sign(&model.run, 9_999), None);
    }

    #[test]
    fn a_run_is_on_the_cluster_until_every_configuration_has_an_outcome() {
        let mut model = on_cluster();
        assert_eq!(model.run_standing(), ("on the cluster".to_owned(), Level::Info));
        assert!(model.is_active() && model.is_watched());
        let finished = crate::fixture::model(crate::fixture::Stage::Finished).run;
        assert_eq!(Standing::of_jobs(&finished), Standing::Finished);
        // Where no job is left nothing trains, whatever the journals say.
        let mut queue = Queue::clone(model.cluster.queue.as_ref().unwrap());
        (queue.jobs, queue.finishing) = (Vec::new(), None);
        model.cluster.queue = Some(Arc::new(queue));
        assert!(!model.is_active());
    }

    #[test]
    fn the_log_warns_once_of_each_kind_of_machine_that_computes_otherwise() {
        let mut model = on_cluster();
        let mut begin = |shard, device: &str| {
            let made = &model.run.shards()[&0].provenance;
            let provenance = study::event::Provenance { device: device.to_owned(), ..made.clone() };
            let (host, job) = ("n9".to_owned(), String::new());
            let kind = EventKind::ShardStarted { shard, start: 1, host, job, after: None, provenance };
            let event = Event { seq: model.run.next_seq(), at_ms: 1, kind };
            model.run.apply(&event);
            model.log.note_event(&model.run, &event);
            let is_mix = |line: &&crate::log::LogLine| {
                line.text.starts_with("shards were computed on unlike hardware or software")
            };
            let told: Vec<_> = model.log.lines().iter().filter(is_mix).cloned().collect();
            assert!(told.iter().all(|line| line.level == Level::Warning));
            told.last().map(|line| {
                (told.len(), line.number, line.text.ends_with(&format!("shard {shard} on {device}")))
            })
        };
        let (one, first, is_named) = begin(20, "gpu X").unwrap();
        assert!(one == 1 && is_named);
        assert_eq!(begin(21, "gpu X").map(|told| told.1), Some(first), "it is told already");
        let (one, second, is_named) = begin(22, "gpu Y").unwrap();
        assert!(one == 1 && second > first && is_named);
    }

    #[test]
    fn the_log_keeps_one_line_for_shards_that_begin_and_one_for_each_that_begins_again() {
        let model = on_cluster();
        let lines: Vec<&str> = model.log.lines().iter().map(|line| line.text.as_str()).collect();
        let starts: Vec<&&str> = lines.iter().filter(|line| line.starts_with("shard ")).collect();
        assert_eq!(starts, [&"shard 7 began on n4; 8 have begun", &"shard 5 began again on n2, start 2"]);
    }
}
