//! `work`: trains one shard of a run on a cluster, as its job; or collects what all of them did. Knows a queue only by its
//! environment, so that any program that starts it with an index can take Slurm's place.

use std::path::{Path, PathBuf};
use std::thread;
use std::time::{Duration, Instant};

use color_eyre::eyre::{self, eyre};
use crossbeam_channel::{Receiver, bounded, select, tick};
use engine::{self, Begin, Engine, Plan, RunPlace};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM, SIGUSR1};
use signal_hook::iterator::Signals;
use superfuse::cluster::{ClusterError, queue, worker};
use superfuse::store::cluster::jobs::Jobs;
use superfuse::store::cluster::orders::{self, Order};
use superfuse::store::cluster::plan::Plan as Shards;
use superfuse::store::cluster::{self as shards, Chain, ClusterDir};
use superfuse::store::{self, Reopened, RunDir, StoreError};
use superfuse::study::cluster::plan::Item;
use superfuse::study::command::Command;
use superfuse::study::grid::CohortId;
use superfuse::study::run_state::{Phase, RunState};

use superfuse::cli::args::train::WorkArgs;
use superfuse::cli::output::{complain, say};
use superfuse::cli::plain::PlainReporter;
use superfuse::cli::{Status, program, report};

/// How often a job looks for orders, and for a later start of its shard.
const LOOK: Duration = Duration::from_secs(2);
/// How often a queue that does not answer is asked to start the job again.
const TRIES: u32 = 5;
/// Seconds that a job waits for a disk that takes nothing more; a process that somebody watches waits for ever.
const MOST_STUCK: u64 = 300;
/// The variable with another number of seconds.
const WAIT_FOR_DISK: &str = "SUPERFUSE_WAIT_FOR_DISK";
/// How long the last job waits for the process that submits to go on.
const MOST_SUBMITTING: Duration = Duration::from_mins(5);
/// Starts of a shard in a row that end before they train.
const MOST_IDLE: u32 = 3;
const BETWEEN_TRIES: Duration = Duration::from_secs(5);

/// Does what the job is there for.
pub(crate) fn run(asked: &WorkArgs) -> eyre::Result<Status> {
    if asked.finish {
        return finish(&asked.run_dir);
    }
    // Before anything that takes time: a signal without a handler ends the process.
    let signals = signals()?;
    let root = std::path::absolute(&asked.run_dir)?;
    if !ClusterDir::of(&root).exists() {
        return Err(StoreError::NotOnCluster { path: root }.into());
    }
    let first = match asked.first {
        Some(first) => first,
        None => Shards::read(&root)?.first,
    };
    let shard = first.checked_add(index(asked.index)?).ok_or_else(|| eyre!("--index is too large"))?;
    let reopened =
        shards::begin(&root, shard, (&worker::this_host(), &worker::this_job().unwrap_or_default()))?;
    let header = reopened.header().ok_or_else(|| eyre!("{} holds no run", root.display()))?;
    let plan = Plan {
        config: header.config.clone(),
        begin: Begin::AtOnce,
        program: program(),
        place: RunPlace::Existing(Box::new(reopened)),
    };
    Job::of(&root, plan)?.run(&signals)
}

/// A shard that trains.
struct Job {
    root: PathBuf,
    /// The folder of this start.
    folder: PathBuf,
    items: Vec<Item>,
    /// Orders to stop that were passed on.
    stopped: Vec<CohortId>,
    engine: Engine,
}

/// Why a job leaves before its shard is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Leaving {
    /// It cannot write what it has done.
    Stuck,
    /// Its time is nearly over: it is to start again.
    Requeue,
    /// It is to start again once it is released.
    Hold,
    /// It was asked to, and does not come back.
    Asked,
    /// A later start trains the shard, or it was collected.
    Superseded,
}

fn most_stuck() -> Duration {
    let asked = std::env::var(WAIT_FOR_DISK).ok().and_then(|seconds| seconds.parse().ok());
    Duration::from_secs(asked.unwrap_or(MOST_STUCK))
}

impl Job {
    fn of(root: &Path, plan: Plan) -> eyre::Result<Self> {
        let RunPlace::Existing(reopened) = &plan.place else { return Err(eyre!("a shard's run exists")) };
        let Reopened { directory, shard, .. } = &**reopened;
        let items = shard.iter().flat_map(|shard| shard.items.clone()).collect();
        let (root, folder) = (root.to_path_buf(), directory.root().to_path_buf());
        Ok(Self { root, folder, items, stopped: Vec::new(), engine: engine::launch(plan)? })
    }

    fn run(mut self, signals: &Receiver<Leaving>) -> eyre::Result<Status> {
        let mut reporter = PlainReporter::default();
        let mut leaving = self.look();
        let mut stuck: Option<(Instant, String)> = None;
        let _ = self.engine.commands.send(Command::Unattended);
        let looks = tick(LOOK);
        let (most_stuck, mut reason) = (most_stuck(), String::new());
        let mut is_leaving = false;
        while !self.engine.feed.is_over() {
            if let Some(why) = leaving.filter(|_| !is_leaving) {
                is_leaving = true;
                say(why.text());
                let _ = self.engine.commands.send(Command::Quit);
            }
            select! {
                recv(self.engine.wake) -> _ => {}
                // Of several reasons the strongest counts: who is cancelled does not come back.
                recv(signals) -> signal => leaving = leaving.max(signal.ok()),
                recv(looks) -> _ => leaving = leaving.max(self.look()),
            }
            stuck = self
                .engine
                .feed
                .blocked()
                .map(|why| (stuck.map_or_else(Instant::now, |(since, _)| since), why));
            if stuck.as_ref().is_some_and(|(since, _)| since.elapsed() > most_stuck) {
                leaving = leaving.max(Some(Leaving::Stuck));
                reason = stuck.as_ref().map_or_else(String::new, |(_, why)| why.clone());
            }
            reporter.report(&self.engine.feed);
        }
        let ended = match self.engine.join() {
            // Who took its folder away has what it did, or has no use for it.
            Err(_) if shards::superseded(&self.folder) => {
                say(Leaving::Superseded.text());
                return Ok(Status::Done);
            }
            ended => ended?,
        };
        for fault in &ended.faults {
            complain("error", fault);
        }
        leaving = leaving.max(signals.try_iter().max());
        // It may have been released, or cancelled, while it saved.
        if leaving == Some(Leaving::Hold) {
            leaving = match orders::read(&self.root).map(|orders| orders.last) {
                Ok(Some(Order::Release)) => Some(Leaving::Requeue),
                Ok(Some(Order::Leave)) => Some(Leaving::Asked),
                _ => leaving,
            };
        }
        // What was done in the meantime needs no further start.
        let is_over = self.items.iter().all(|item| item.is_over(&ended.state));
        match leaving.filter(|_| !is_over) {
            Some(Leaving::Requeue) if never_trains(&self.root, &self.folder) => Err(eyre!(
                "{MOST_IDLE} starts in a row ended before they trained: the jobs' time is too short to read the data; give them \
                 more (cluster.time), then `superfuse-tui resume`"
            )),
            Some(Leaving::Stuck) => Err(eyre!(
                "{} could not write for {} s: {}; what was recorded before is kept. Make room there, or exclude the node by \
                 cluster.options, then `superfuse-tui resume` submits the rest",
                worker::this_host(),
                most_stuck.as_secs(),
                reason
            )),
            Some(Leaving::Requeue) => requeue(&self.root, worker::requeue_this_job),
            Some(Leaving::Hold) => {
                let status = requeue(&self.root, worker::requeue_this_job_held)?;
                // It may have been released since it looked, before it was held.
                if orders::read(&self.root).is_ok_and(|orders| orders.last == Some(Order::Release)) {
                    put_back(worker::release_this_job)?;
                }
                Ok(status)
            }
            Some(Leaving::Asked | Leaving::Superseded) | None => Ok(Status::Done),
        }
    }

    /// Looks for orders and for a later start.
    fn look(&mut self) -> Option<Leaving> {
        if shards::superseded(&self.folder) {
            return Some(Leaving::Superseded);
        }
        // What cannot be read now is at the next look.
        let orders = orders::read(&self.root).ok()?;
        for cohort in orders.stopped {
            if self.items.iter().any(|item| item.cohort == cohort) && !self.stopped.contains(&cohort) {
                self.stopped.push(cohort);
                let _ = self.engine.commands.send(Command::StopConfiguration { cohort });
            }
        }
        match orders.last {
            Some(Order::Hold) => Some(Leaving::Hold),
            Some(Order::Leave) => Some(Leaving::Asked),
            Some(Order::Release | Order::Stop { .. }) | None => None,
        }
    }
}

impl Leaving {
    const fn text(self) -> &'static str {
        match self {
            Self::Asked => "the job was asked to leave; it saves at the next step",
            Self::Superseded => "a later start trains this shard, or it was collected; this job leaves",
            Self::Stuck => "the job cannot write what it has done; it leaves",
            Self::Requeue => "the job's time is nearly over; it saves at the next step and starts again",
            Self::Hold => "the job saves at the next step and waits until it is released",
        }
    }
}

/// Makes an ordinary run of it and writes its summary.
fn finish(run_dir: &Path) -> eyre::Result<Status> {
    // One that was left behind by an earlier submission has nothing to do with this one.
    let (own, asked) = (worker::this_job(), submitted(run_dir)?.finish);
    if own.zip(asked).is_some_and(|(own, asked)| own != asked.to_string()) {
        say("this job is not the last one of the run as it is submitted now; it leaves");
        return Ok(Status::Done);
    }
    // What the queue says now is all that is known later of how the jobs ended.
    if asked.is_some()
        && let Err(error) = queue::ask(run_dir)
    {
        complain("warning", &format!("how the jobs ended is not known: {error}"));
    }
    let collected = match shards::collect(run_dir) {
        Err(StoreError::NotOnCluster { .. }) => return summarise(run_dir),
        collected => collected?,
    };
    for fault in &collected.faults {
        complain("warning", fault);
    }
    report::write_summary(run_dir, &collected.state)?;
    Ok(Status::Done)
}

/// Writes the summary of a run that was collected before: the last job may have been killed on its way to it, and is started again.
fn summarise(run_dir: &Path) -> eyre::Result<Status> {
    let journal = RunDir::open(run_dir)?.journal();
    if store::journal::is_locked(&journal) {
        say("the run was collected, and another process trains what is missing of it");
        return Ok(Status::Done);
    }
    let state = RunState::replay(&store::journal::read(&journal)?.events);
    // Where nothing can be locked, its last event says so.
    if state.phase() == Phase::Running {
        say("the run was collected, and is trained again since");
        return Ok(Status::Done);
    }
    report::write_summary(run_dir, &state)?;
    Ok(Status::Done)
}

/// The run's jobs, once the process that submits them has their numbers: the last job may be faster than sbatch's answer.
fn submitted(run_dir: &Path) -> eyre::Result<Jobs> {
    let (submitting, since) = (ClusterDir::of(run_dir).submitting(), Instant::now());
    loop {
        let jobs = Jobs::read(run_dir)?;
        if jobs.is_whole() || !submitting.exists() || since.elapsed() > MOST_SUBMITTING {
            return Ok(jobs);
        }
        thread::sleep(LOOK);
    }
}

fn signals() -> eyre::Result<Receiver<Leaving>> {
    let mut signals = Signals::new([SIGTERM, SIGINT, SIGHUP, SIGUSR1])
        .map_err(|error| eyre!("cannot watch for signals: {error}"))?;
    let (sender, receiver) = bounded(4);
    thread::Builder::new().name("signals".into()).spawn(move || {
        for signal in &mut signals {
            let _ = sender.try_send(if signal == SIGUSR1 { Leaving::Requeue } else { Leaving::Asked });
        }
    })?;
    Ok(receiver)
}

fn index(asked: Option<u32>) -> eyre::Result<u32> {
    if let Some(index) = asked {
        return Ok(index);
    }
    worker::this_index().ok_or_else(|| {
        eyre!("which shard? name it with --index N; only jobs of a Slurm array know their own")
    })
}

/// Puts the job back into the queue; where it is none of the run's there is nothing to do.
fn requeue(root: &Path, put: fn() -> Result<(), ClusterError>) -> eyre::Result<Status> {
    let array = worker::this_job().and_then(|job| job.split_once('_')?.0.parse::<u64>().ok());
    // Whose number is not written down yet may be its own.
    let is_own = |id: u64| {
        Jobs::read(root).is_ok_and(|jobs| !jobs.is_whole() || jobs.arrays.iter().any(|of| of.id == id))
    };
    if !array.is_some_and(is_own) {
        say("there is no queue to start the job again; start it again yourself");
        return Ok(Status::Done);
    }
    put_back(put)?;
    Ok(Status::Done)
}

/// Asks a queue that may be busy several times.
fn put_back(put: fn() -> Result<(), ClusterError>) -> eyre::Result<()> {
    let mut done = put();
    for _ in 1..TRIES {
        if done.is_ok() {
            break;
        }
        thread::sleep(BETWEEN_TRIES);
        done = put();
    }
    done.map_err(|error| eyre!("{error}; `superfuse-tui resume` submits the shard again"))
}

/// Whether it would go back into the queue again and again, and never train.
fn never_trains(root: &Path, folder: &Path) -> bool {
    let shard = folder.parent().and_then(Path::file_name).and_then(|name| name.to_str()?.parse().ok());
    let chain = shard.map(|shard| Chain::of(&ClusterDir::of(root), shard));
    chain.and_then(|chain| chain.ok()?.without_training().ok()).is_some_and(|idle| idle >= MOST_IDLE)
}
