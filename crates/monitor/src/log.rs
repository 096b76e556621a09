//! The log's lines: one sentence for what happened, one line for each problem with how often it came, and none for the
//! beginning of what is over. The newest lines are kept.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use study::cluster::mix;
use study::event::{Event, EventKind, SeedOutcome};
use study::feed::{Level, Notice};
use study::grid::{CohortId, Epoch, Seed};
use study::listing::{Shortfall, Standing};
use study::run_state::{RunState, ShardState};
use study::statistics::Spread;

use super::text::{counted, duration, percent, plain, time_of_day};

/// Lines kept.
const CAPACITY: usize = 2_000;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogLine {
    /// Milliseconds since 1970-01-01 UTC.
    pub at_ms: u64,
    /// How much it matters.
    pub level: Level,
    /// One sentence, safe to show.
    pub text: String,
    /// Seconds that the local time is ahead of UTC then.
    pub ahead: i32,
    /// How many lines there were before, those that are gone included.
    pub number: usize,
    about: About,
}

impl LogLine {
    /// The local time of day: `14:03:22`.
    pub fn time(&self) -> String {
        time_of_day(self.at_ms.saturating_add_signed(1_000 * i64::from(self.ahead)))
    }
}

/// What a line is about, for those that come later.
#[derive(Clone, Debug, PartialEq, Eq)]
enum About {
    /// Nothing that comes later changes it.
    Itself,
    /// A configuration, or some of its seeds, that begins.
    Beginning(CohortId, BTreeSet<Seed>),
    /// A shard that begins: this one again, or any for the first time.
    Start(Option<u32>),
    /// That shards are computed by machines of these kinds.
    Mix(BTreeSet<mix::Kind>),
    /// A problem that came so often, in which trials, and first here.
    Problem { message: String, times: usize, trials: BTreeSet<(CohortId, Seed)>, first: Option<CohortId> },
}

/// The newest lines.
#[derive(Clone, Debug)]
pub struct Log {
    lines: VecDeque<LogLine>,
    total: usize,
    ahead: fn(u64) -> i32,
}

impl Default for Log {
    fn default() -> Self {
        Self::with_zone(|_| 0)
    }
}

impl Log {
    /// Without a line. `ahead` says how many seconds the local time is ahead of UTC at a time in milliseconds.
    pub fn with_zone(ahead: fn(u64) -> i32) -> Self {
        Self { lines: VecDeque::new(), total: 0, ahead }
    }

    /// The kept lines, oldest first.
    pub fn lines(&self) -> &VecDeque<LogLine> {
        &self.lines
    }

    /// Lines ever, those that were dropped included.
    pub const fn total(&self) -> usize {
        self.total
    }

    /// The newest line of at least `level`.
    pub fn last(&self, level: Level) -> Option<&LogLine> {
        self.lines.iter().rev().find(|line| line.level >= level)
    }

    /// Takes a notice.
    pub fn note_notice(&mut self, notice: &Notice) {
        if notice.level == Level::Info {
            return self.push(notice.at_ms, notice.level, &notice.text, About::Itself);
        }
        self.push_problem((notice.at_ms, notice.level), None, BTreeSet::new(), &notice.text);
    }

    /// Takes an event that `run` has just taken.
    pub fn note_event(&mut self, run: &RunState, event: &Event) {
        let begins = |cohort, only: &[Seed]| About::Beginning(cohort, only.iter().copied().collect());
        let mut say = |level, text: String| self.push(event.at_ms, level, &text, About::Itself);
        match &event.kind {
            EventKind::RunStarted { header, .. } => {
                let data = &header.data;
                say(Level::Info, format!("the run began on {}: {}", header.provenance.device, data.name));
                for warning in &data.warnings {
                    say(Level::Warning, warning.clone());
                }
            }
            EventKind::RunPaused => say(Level::Info, "paused".into()),
            EventKind::RunContinued => say(Level::Info, "continued".into()),
            EventKind::RunInterrupted => {
                say(Level::Warning, "stopped before every configuration was finished".into());
            }
            EventKind::RunResumed { provenance, .. } => {
                say(Level::Info, format!("resumed on {}", provenance.device));
            }
            // Of first starts one line is kept, and one for each shard that starts again.
            EventKind::ShardStarted { shard, start: 1, host, .. } => {
                self.fold_start(None);
                let text = format!("shard {shard} began on {}{}", plain(host), begun(run));
                self.push(event.at_ms, Level::Info, &text, About::Start(None));
                self.note_mix(run, *shard, event.at_ms);
            }
            EventKind::ShardStarted { shard, start, host, .. } => {
                self.fold_start(Some(*shard));
                let text = format!("shard {shard} began again on {}, start {start}", plain(host));
                self.push(event.at_ms, Level::Info, &text, About::Start(Some(*shard)));
                self.note_mix(run, *shard, event.at_ms);
            }
            EventKind::RunFinished => {
                let shortfall = Shortfall::of(run);
                if shortfall.is_none() {
                    say(Level::Info, "every configuration has an outcome".into());
                } else {
                    say(Level::Warning, Standing::Finished.text(shortfall));
                }
            }
            EventKind::CohortStarted { cohort, attempt: 1, only } if only.is_empty() => {
                self.push(event.at_ms, Level::Info, &format!("{cohort} began"), begins(*cohort, only));
            }
            EventKind::CohortStarted { cohort, attempt: 1, only } => {
                let text = format!("{cohort} began with {}", counted(only.len(), "seed"));
                self.push(event.at_ms, Level::Info, &text, begins(*cohort, only));
            }
            EventKind::CohortStarted { cohort, attempt, only } if only.is_empty() => {
                say(Level::Info, format!("{cohort} began again, attempt {attempt}"));
            }
            EventKind::CohortStarted { cohort, attempt, only } => {
                let seeds = counted(only.len(), "seed");
                let text = format!("{cohort} began with {seeds}, attempt {attempt}");
                self.push(event.at_ms, Level::Info, &text, begins(*cohort, only));
            }
            EventKind::CohortResumed { cohort, only, at, .. } => {
                let seeds =
                    if only.is_empty() { String::new() } else { format!(" {}", counted(only.len(), "seed")) };
                let text = format!("{cohort} resumes{seeds} at epoch {}", at.epoch.0);
                self.fold_beginning(*cohort, &only.iter().copied().collect());
                self.push(event.at_ms, Level::Info, &text, begins(*cohort, only));
            }
            EventKind::EpochFinished { .. } | EventKind::CohortEvaluated { .. } => {}
            EventKind::CohortFinished { cohort, seeds, seconds, .. } => {
                self.fold_beginning(*cohort, &seeds.iter().map(|(seed, _)| *seed).collect());
                for (level, text) in ended(run, *cohort, seeds, *seconds) {
                    self.push(event.at_ms, level, &text, About::Itself);
                }
                for (message, failed) in failures(seeds) {
                    let trials = failed.into_iter().map(|seed| (*cohort, seed)).collect();
                    self.push_problem((event.at_ms, Level::Error), Some(*cohort), trials, message);
                }
            }
        }
    }

    /// The end of a configuration says what its beginning said, and so does its continuing. Of several shares each has a
    /// beginning of its own; none named are all seeds.
    fn fold_beginning(&mut self, cohort: CohortId, seeds: &BTreeSet<Seed>) {
        self.lines.retain(|line| match &line.about {
            About::Beginning(of, only) if *of == cohort => {
                !(only.is_empty() || seeds.is_empty() || only.is_subset(seeds))
            }
            _ => true,
        });
    }

    /// A start of a shard says what those before it said.
    fn fold_start(&mut self, shard: Option<u32>) {
        self.lines.retain(|line| line.about != About::Start(shard));
    }

    /// A warning where a shard that has begun is computed by another kind of machine than all before it.
    fn note_mix(&mut self, run: &RunState, shard: u32, at_ms: u64) {
        let kind = |shard: &ShardState| mix::kind(&shard.provenance);
        let Some(this) = run.shards().get(&shard).map(kind) else { return };
        // A shard that is unlike others is so from the first one or the last, which it may be itself.
        let mut all = run.shards().values();
        let is_alike = [all.next(), all.next_back()].into_iter().flatten().all(|other| kind(other) == this);
        let is_told = |line: &LogLine| matches!(&line.about, About::Mix(kinds) if kinds.contains(&this));
        if is_alike || self.lines.iter().any(is_told) {
            return;
        }
        let Some(text) = mix::told(run) else { return };
        self.lines.retain(|line| !matches!(line.about, About::Mix(_)));
        let kinds = run.shards().values().flat_map(ShardState::provenances).map(mix::kind).collect();
        self.push(at_ms, Level::Warning, &text, About::Mix(kinds));
    }

    /// A problem that has come before keeps one line: with the time of the last one, and how often it came.
    fn push_problem(
        &mut self,
        (at_ms, level): (u64, Level),
        cohort: Option<CohortId>,
        mut trials: BTreeSet<(CohortId, Seed)>,
        message: &str,
    ) {
        let known = |line: &LogLine| {
            matches!(&line.about, About::Problem { message: known, first, .. }
                if known == message && line.level == level && first.is_some() == cohort.is_some())
        };
        let before = self.lines.iter().position(known).and_then(|place| self.lines.remove(place));
        let (times, first) = match before.map(|line| line.about) {
            Some(About::Problem { times, trials: before, first, .. }) => {
                trials.extend(before);
                (times + 1, first)
            }
            _ => (1, cohort),
        };
        let text = match first {
            Some(first) => {
                let configurations: BTreeSet<CohortId> = trials.iter().map(|(cohort, _)| *cohort).collect();
                let others = match configurations.len().saturating_sub(1) {
                    0 => String::new(),
                    more => format!(" and {} more", counted(more, "configuration")),
                };
                format!("{first}{others}: {} failed: {message}", counted(trials.len(), "seed"))
            }
            None if times > 1 => format!("{message} ({times} times)"),
            None => message.to_owned(),
        };
        let message = message.to_owned();
        self.push(at_ms, level, &text, About::Problem { message, times, trials, first });
    }

    fn push(&mut self, at_ms: u64, level: Level, text: &str, about: About) {
        if self.lines.len() == CAPACITY {
            self.lines.pop_front();
        }
        let (number, ahead) = (self.total, (self.ahead)(at_ms));
        self.total += 1;
        self.lines.push_back(LogLine { at_ms, level, text: plain(text), ahead, number, about });
    }
}

/// How many shards have begun, where they are several.
fn begun(run: &RunState) -> String {
    match run.shards().len() {
        ..2 => String::new(),
        n => format!("; {n} have begun"),
    }
}

/// A line for the seeds that completed, one for those that were stopped, and one for those that diverged.
fn ended(
    run: &RunState,
    cohort: CohortId,
    seeds: &[(Seed, SeedOutcome)],
    seconds: f64,
) -> Vec<(Level, String)> {
    let count = |of: fn(&SeedOutcome) -> bool| seeds.iter().filter(|(_, outcome)| of(outcome)).count();
    let completed = count(|outcome| matches!(outcome, SeedOutcome::Completed));
    let stopped = count(|outcome| matches!(outcome, SeedOutcome::Stopped));
    let diverged: Vec<Epoch> = seeds.iter().filter_map(|(_, outcome)| diverged_in(outcome)).collect();
    let mut lines = Vec::new();
    if completed > 0 {
        let tested =
            run.cohort(cohort).and_then(|state| Spread::of(&state.evaluated(|seed| seed.test_accuracy)));
        let accuracy =
            tested.map_or_else(String::new, |spread| format!(", test accuracy {} %", percent(spread.mean)));
        let completed = counted(completed, "seed");
        lines.push((
            Level::Info,
            format!("{cohort} completed {completed} in {}{accuracy}", duration(seconds)),
        ));
    }
    if stopped > 0 {
        lines.push((Level::Warning, format!("{cohort} was stopped: {}", counted(stopped, "seed"))));
    }
    if let Some(first) = diverged.iter().min() {
        let seeds = counted(diverged.len(), "seed");
        lines.push((Level::Error, format!("{cohort}: {seeds} diverged, first in epoch {}", first.0)));
    }
    lines
}

const fn diverged_in(outcome: &SeedOutcome) -> Option<Epoch> {
    match outcome {
        SeedOutcome::Diverged { epoch } => Some(*epoch),
        SeedOutcome::Completed | SeedOutcome::Stopped | SeedOutcome::Failed { .. } => None,
    }
}

/// Every message that seeds failed with, and which did.
fn failures(seeds: &[(Seed, SeedOutcome)]) -> BTreeMap<&str, Vec<Seed>> {
    let mut failures: BTreeMap<&str, Vec<Seed>> = BTreeMap::new();
    for (seed, outcome) in seeds {
        if let SeedOutcome::Failed { message } = outcome {
            failures.entry(message.as_str()).or_default().push(*seed);
        }
    }
    failures
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture::{Stage, model};

    fn texts(log: &Log) -> Vec<&str> {
        log.lines().iter().map(|line| line.text.as_str()).collect()
    }

    #[test]
    fn a_problem_has_one_line_that_says_how_often_it_came() {
        let mut log = Log::default();
        let warn = |at_ms, text: &str| Notice { at_ms, level: Level::Warning, text: text.into() };
        for (at_ms, text) in [(1, "no space left"), (2, "the GPU is slow"), (3, "no space left")] {
            log.note_notice(&warn(at_ms, text));
        }
        assert_eq!(texts(&log), ["the GPU is slow", "no space left (2 times)"]);
        assert_eq!((log.lines()[1].at_ms, log.lines()[1].number, log.total()), (3, 2, 3));
    }

    #[test]
    fn what_is_over_does_not_say_that_it_began() {
        let failed = model(Stage::Failed);
        let texts = texts(&failed.log);
        assert!(!texts.iter().any(|text| text.ends_with(" began")), "{texts:?}");
        let running = model(Stage::Running);
        let began = running.log.lines().iter().filter(|line| line.text.ends_with(" began")).count();
        assert_eq!(began, 1, "of the one that trains");
    }

    #[test]
    fn seeds_that_fail_alike_have_one_line() {
        let failed = model(Stage::Failed);
        let errors = failed.log.lines().iter().filter(|line| line.level == Level::Error);
        let errors: Vec<&str> = errors.map(|line| line.text.as_str()).collect();
        assert_eq!(errors.iter().filter(|text| text.contains("failed: out of")).count(), 1, "{errors:?}");
        assert!(errors.iter().any(|text| text.contains(": 1 seed diverged, first in epoch")), "{errors:?}");
    }

    #[test]
    fn shares_that_fail_alike_are_one_configuration_and_fold_their_own_beginnings() {
        let running = model(Stage::Running).run;
        let cohort = running.order()[0];
        let share = |of: [u64; 2]| of.map(Seed).to_vec();
        let at = |seq, kind| Event { seq, at_ms: 0, kind };
        let began = |only| EventKind::CohortStarted { cohort, attempt: 1, only };
        let failed = |of: Vec<Seed>| EventKind::CohortFinished {
            cohort,
            attempt: 1,
            seeds: of.into_iter().map(|seed| (seed, SeedOutcome::Failed { message: "no".into() })).collect(),
            seconds: 1.0,
        };
        let mut log = Log::default();
        for (seq, kind) in (0..).zip([began(share([0, 1])), began(share([2, 3])), failed(share([2, 3]))]) {
            log.note_event(&running, &at(seq, kind));
        }
        let texts_of = |log: &Log| texts(log).iter().map(|&text| text.to_owned()).collect::<Vec<_>>();
        let first = format!("{cohort} began with 2 seeds");
        assert_eq!(texts_of(&log), [first, format!("{cohort}: 2 seeds failed: no")]);
        log.note_event(&running, &at(9, failed(share([0, 1]))));
        assert_eq!(texts_of(&log), [format!("{cohort}: 4 seeds failed: no")]);
    }

    #[test]
    fn times_are_local() {
        let mut log = Log::with_zone(|at_ms| if at_ms < 1_000 { 0 } else { -5_400 });
        for at_ms in [0, 50_602_000] {
            log.note_notice(&Notice { at_ms, level: Level::Info, text: "x".into() });
        }
        let times: Vec<String> = log.lines().iter().map(LogLine::time).collect();
        assert_eq!(times, ["00:00:00", "12:33:22"]);
    }
}
