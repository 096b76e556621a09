//! The scheduler thread: the only writer of a run's journal, and the only one that knows what is next.
//!
//! Commands in, assignments out to the workers, their reports in, events out to the feed. It never
//! waits for a frontend.

mod assign;
mod estimate;
mod export;
mod orders;
mod queue;
mod rows;
mod slower;
mod workers;

use std::collections::{BTreeSet, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use crossbeam_channel::{Receiver, Sender, after, bounded, never, select, tick};

use crate::backend::device::{self, Compute, Devices};
use crate::error::EngineError;
use crate::runtime::gpus::GpuReader;
use crate::runtime::peak;
use crate::runtime::plan::{Begin, Ended, NewRun, Plan, RunPlace};
use crate::runtime::preparation::{Prepared, Resumed, prepare, resume};
use crate::runtime::progress::{Peak, Running, Spent};
use crate::runtime::rates::KnownRates;
use crate::runtime::record::Record;
use crate::runtime::worker::port::Report;
use crate::training::control::Order;
use crate::training::memory;
use queue::Waiting;
use store::cluster::ShardStart;
use study::command::Command;
use study::config::Config;
use study::event::{EventKind, RunHeader};
use study::feed::{Feed, Level, Progress};
use study::grid::{CohortId, Seed};
use study::model::ModelId;
use study::run_state::{CohortState, Phase};
use workers::Worker;

/// How often a write that the disk refused is tried again.
const RETRY: Duration = Duration::from_secs(1);
/// How often the scheduler checks that the journal is still in its place.
const CHECK: Duration = Duration::from_secs(2);

/// What the scheduler is doing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Intent {
    /// Nothing is started, or the sweep was stopped or is finished.
    Idle,
    Run,
    Pause,
    /// Workers are to leave their cohorts.
    Stop,
    /// Likewise, and then the scheduler ends.
    Quit,
}

pub(crate) struct Scheduler {
    config: Config,
    begin: Begin,
    /// Where a new run is made, and its labels.
    new: NewRun,
    /// What alone is trained, where it is a shard.
    shard: Option<ShardStart>,
    /// What the grid has become, until the journal has it.
    grown: Option<Box<RunHeader>>,
    prepared: Prepared,
    devices: Devices,
    /// Memory that the process held once the data were loaded, in bytes.
    held: u64,
    record: Record,
    gpus: Option<GpuReader>,
    commands: Receiver<Command>,
    /// Commands that came over the control socket.
    watchers: Receiver<Command>,
    reports: Receiver<Report>,
    reports_in: Sender<Report>,
    workers: Vec<Worker>,
    queue: VecDeque<Waiting>,
    intent: Intent,
    /// Whether a frontend is there that could start or continue the sweep.
    is_attended: bool,
    spent: Spent,
    /// How far the running cohorts are, as their workers last reported.
    running: Vec<Running>,
    /// What the devices can do together.
    peak: Peak,
    /// What models take here.
    rates: KnownRates,
    exports: Vec<PathBuf>,
    /// Why the last export failed, if it did.
    export_fault: Option<String>,
    /// Cohorts whose test rows cannot be read.
    without_rows: BTreeSet<CohortId>,
    /// Those of them that train again for their rows.
    for_rows: BTreeSet<CohortId>,
    /// Modules of which it was said how slow they are.
    slowness_said: Vec<ModelId>,
    /// Why rows could not be made again.
    faults: Vec<String>,
}

impl Scheduler {
    pub(crate) fn new(
        plan: Plan,
        feed: &Arc<Feed>,
        wake: &Sender<()>,
        commands: Receiver<Command>,
    ) -> Result<Self, EngineError> {
        let Plan { config, place, begin, program } = plan;
        let devices = device::choose(&config.run, config.sweep.seeds.resolve().len())?;
        tracing::info!(device = devices.description, "device");
        let run = match &place {
            RunPlace::New(_) => None,
            RunPlace::Existing(reopened) => reopened.header(),
        };
        let prepared = prepare(&config, run, Some(&devices), &program, &mut |loading| {
            feed.set_loading(Some(loading));
            let _ = wake.try_send(());
        });
        feed.set_loading(None);
        let prepared = prepared?;
        let held = memory::held();
        let (feed, wake) = (Arc::clone(feed), wake.clone());
        let (watchers, watchers_in) = bounded(16);
        let mut in_vain = BTreeSet::new();
        let mut shard = None;
        let (prepared, grown, record, new) = match place {
            RunPlace::New(new) => {
                if let Some(place) = &new.directory {
                    feed.set_destination(place.clone());
                }
                let record = Record::new(feed, wake, Arc::clone(&prepared.header), watchers);
                (prepared, None, record, new)
            }
            RunPlace::Existing(mut reopened) => {
                shard.clone_from(&reopened.shard);
                let Resumed { prepared, header: grown, warnings } = resume(prepared, &mut reopened)?;
                let header = Arc::clone(&prepared.header);
                in_vain = rows::trained_in_vain(&reopened.events, &header.provenance);
                let record = Record::reopen(feed, wake, header, watchers, *reopened);
                for text in warnings {
                    record.notice(Level::Warning, text);
                }
                (prepared, grown, record, NewRun::default())
            }
        };
        let gpus = record.read_gpus(&devices.workers);
        let (reports_in, reports) = bounded(256);
        let peak = peak::measure(&devices.workers);
        let rates = KnownRates::open(&prepared.header, &devices);
        let mut scheduler = Self {
            config,
            begin,
            new,
            shard,
            grown,
            prepared,
            devices,
            held,
            record,
            gpus,
            commands,
            watchers: watchers_in,
            reports,
            reports_in,
            workers: Vec::new(),
            queue: VecDeque::new(),
            intent: Intent::Idle,
            is_attended: true,
            spent: Spent::default(),
            running: Vec::new(),
            peak,
            rates,
            exports: Vec::new(),
            export_fault: None,
            without_rows: BTreeSet::new(),
            for_rows: BTreeSet::new(),
            slowness_said: Vec::new(),
            faults: Vec::new(),
        };
        // About this process: its provenance says it in reports.
        if let Some(warning) = scheduler.devices.warning.clone() {
            scheduler.record.notice(Level::Warning, warning);
        }
        scheduler.find_lost_rows(&in_vain);
        scheduler.check_memory()?;
        scheduler.calibrate();
        scheduler.estimate();
        scheduler.say_modules();
        Ok(scheduler)
    }

    /// Before the start, so that no configuration begins that could only fail.
    fn check_memory(&self) -> Result<(), EngineError> {
        let (header, workers) = (&self.prepared.header, &self.devices.workers);
        let open = self.to_train();
        memory::check(self.config.run.memory, workers, header, &open, self.held).map_err(EngineError::Config)
    }

    pub(crate) fn run(mut self) -> Result<Ended, EngineError> {
        let worked = self.work();
        if worked.is_err() {
            // Nobody receives what workers still report.
            self.order(Order::Stop);
            self.reports = never();
        }
        self.dismiss_workers();
        worked?;
        let unsettled = self.record.unsettled().map(str::to_owned);
        let faults = self.faults.into_iter().chain(unsettled).chain(self.export_fault).collect();
        let run_dir = self.record.directory();
        Ok(Ended { run_dir, state: self.record.into_state(), exports: self.exports, faults })
    }

    /// Until nothing is left to do.
    fn work(&mut self) -> Result<(), EngineError> {
        if self.begin == Begin::AtOnce {
            self.start()?;
            // A process that was killed right after the last event left no summary.
            let is_exported = !self.exports.is_empty() || self.export_fault.is_some();
            if self.record.state().phase() == Phase::Finished && !is_exported {
                self.export();
            }
        }
        let (commands, watchers) = (self.commands.clone(), self.watchers.clone());
        let (reports, check) = (self.reports.clone(), tick(CHECK));
        while !self.is_over() {
            // Workers wait while nothing can be written: their channel fills.
            let is_blocked = self.record.is_blocked();
            let reports = if is_blocked { never() } else { reports.clone() };
            let retry = if is_blocked { after(RETRY) } else { never() };
            select! {
                // A frontend that is gone has quit.
                recv(commands) -> command => self.execute(command.unwrap_or(Command::Quit))?,
                recv(watchers) -> command => if let Ok(command) = command { self.execute(command)? },
                recv(reports) -> report => if let Ok(report) = report { self.take(report)? },
                recv(retry) -> _ => self.record.retry()?,
                recv(check) -> _ => self.record.check_place()?,
            }
            self.hold_while_blocked(is_blocked);
            self.say_what_trains();
        }
        Ok(())
    }

    fn is_over(&self) -> bool {
        match self.intent {
            Intent::Quit => self.is_idle(),
            Intent::Idle => !self.is_attended && !self.record.is_blocked(),
            Intent::Run | Intent::Pause | Intent::Stop => false,
        }
    }

    fn take(&mut self, report: Report) -> Result<(), EngineError> {
        match report {
            Report::Event(kind) => {
                self.take_speed(&kind);
                if let EventKind::CohortFinished { cohort, seeds, seconds, .. } = &kind {
                    let compute = self.compute();
                    self.spent.record(&self.prepared.header, compute, *cohort, seeds.len(), *seconds);
                }
                let ended = match &kind {
                    EventKind::CohortFinished { cohort, seeds, .. } => Some((*cohort, seeds.clone())),
                    _ => None,
                };
                self.record.event(kind)?;
                if let Some((cohort, seeds)) = ended {
                    self.finished(cohort, &seeds);
                    let is_over = |state: &CohortState| state.status.is_over();
                    if self.record.state().cohort(cohort).is_some_and(is_over) && !self.waits(cohort) {
                        self.say_how_slow(cohort);
                    }
                }
            }
            Report::Rows(cohort, rows) => {
                self.record.rows(cohort, self.prepared.header.data.rows.test, rows)?;
            }
            Report::Warning(text) => self.record.notice(Level::Warning, text),
            Report::Blocked(why) => self.record.set_blocked(why),
            Report::DeviceLost { worker, why } => self.device_lost(worker, &why)?,
            Report::Progress(running) => self.progress(running),
            Report::Idle { worker } => {
                self.running.retain(|running| running.worker != worker);
                if let Some(worker) = self.workers.get_mut(worker) {
                    worker.busy = None;
                }
                self.next()?;
            }
        }
        Ok(())
    }

    /// The worker is gone; its cohort goes to another, or stays open where there is none.
    fn device_lost(&mut self, worker: usize, why: &str) -> Result<(), EngineError> {
        let Some(lost) = self.workers.get_mut(worker) else { return Ok(()) };
        lost.is_usable = false;
        let busy = lost.busy.take();
        // It may have been tried more than once.
        let again = busy.map(|busy| Waiting { attempt: self.attempt(busy.cohort), ..busy });
        self.queue.extend(again);
        self.running.retain(|running| running.worker != worker);
        self.record
            .notice(Level::Error, format!("a device is lost, and its configuration stays open: {why}"));
        if self.intent == Intent::Run && !self.workers.iter().any(|worker| worker.is_usable) {
            self.record.notice(
                Level::Error,
                "no device is left; `superfuse-tui resume` continues the run later".into(),
            );
            self.intent = Intent::Stop;
        }
        self.next()
    }

    fn compute(&self) -> Compute {
        self.devices.workers.first().copied().unwrap_or_else(Compute::cpu)
    }

    /// Gives every idle worker its next cohort; ends the run where nothing is left.
    fn next(&mut self) -> Result<(), EngineError> {
        if self.intent == Intent::Run {
            while let Some(idle) = self.workers.iter().position(Worker::is_free) {
                let Some(waiting) = self.queue.pop_front() else { break };
                self.assign(idle, waiting)?;
            }
        }
        if !self.is_idle() {
            return Ok(());
        }
        self.record.set_progress(None);
        match self.intent {
            Intent::Run if self.queue.is_empty() => {
                self.intent = Intent::Idle;
                let end = if self.all_over() { EventKind::RunFinished } else { EventKind::RunInterrupted };
                self.record.event(end)?;
                self.rates.keep();
                self.export();
                Ok(())
            }
            Intent::Stop | Intent::Quit => self.stopped(),
            Intent::Run | Intent::Pause | Intent::Idle => Ok(()),
        }
    }

    /// All workers have left their cohorts.
    fn stopped(&mut self) -> Result<(), EngineError> {
        if matches!(self.record.state().phase(), Phase::Running | Phase::Paused) {
            self.record.event(EventKind::RunInterrupted)?;
            self.rates.keep();
            self.export();
        }
        if self.intent == Intent::Stop {
            self.intent = Intent::Idle;
        }
        Ok(())
    }

    fn progress(&mut self, latest: Running) {
        // In the order in which they began.
        match self.running.iter_mut().find(|known| known.worker == latest.worker) {
            Some(known) => *known = latest,
            None => self.running.push(latest),
        }
        let Some(&Running { cohort, seeds, epoch, .. }) = self.running.first() else { return };
        let others: BTreeSet<CohortId> = self.running.iter().map(|running| running.cohort).collect();
        let others = others.len() - 1;
        let header = &self.prepared.header;
        let waiting = self.queue.iter().map(|waiting| (waiting.cohort, waiting.seeds.len()));
        let remaining_seconds =
            self.spent.remaining(header, self.compute(), &self.running, waiting, self.workers.len());
        let samples_per_second = self.running.iter().map(|other| other.samples_per_second).sum();
        let load = Some(self.peak.load(header, &self.running));
        let epochs = header.config.train.epochs;
        let progress =
            Progress { cohort, others, epoch, epochs, seeds, samples_per_second, remaining_seconds, load };
        self.record.set_progress(Some(progress));
    }

    /// The seeds as [`EventKind::CohortStarted`] names them: not at all where they are all.
    fn only(&self, seeds: &[Seed]) -> Vec<Seed> {
        let all = self.prepared.header.sweep.seeds.len();
        if seeds.len() == all { Vec::new() } else { seeds.to_vec() }
    }

    fn attempt(&self, cohort: CohortId) -> u32 {
        self.record.state().cohort(cohort).map_or(1, |state| state.attempt + 1)
    }

    fn is_idle(&self) -> bool {
        self.workers.iter().all(|worker| worker.busy.is_none())
    }
}
