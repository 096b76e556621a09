//! The scheduler thread: the only writer of a run's journal, and the only one that knows what is next.
//!
//! Commands in, assignments out to the workers, their reports in, events out to the feed. It never
//! waits for a face.

use std::collections::VecDeque;
use std::path::PathBuf;
use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, select};

use super::control::{Control, Order};
use super::device::{self, Devices};
use super::error::EngineError;
use super::launch::{Begin, Ended, Plan};
use super::preparation::{Prepared, prepare};
use super::progress::Spent;
use super::record::Record;
use super::worker::{self, Assignment, Bench, Report, Worker};
use crate::report;
use crate::study::command::Command;
use crate::study::event::{EventKind, SeedOutcome};
use crate::study::feed::{Feed, Level, Progress};
use crate::study::grid::{CohortId, Epoch};
use crate::study::run_state::{CohortStatus, Phase};

/// What the scheduler is about.
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

pub(super) struct Scheduler {
    plan: Plan,
    prepared: Prepared,
    devices: Devices,
    record: Record,
    commands: Receiver<Command>,
    reports: Receiver<Report>,
    reports_in: Sender<Report>,
    workers: Vec<Worker>,
    queue: VecDeque<CohortId>,
    intent: Intent,
    spent: Spent,
    exports: Vec<PathBuf>,
}

impl Scheduler {
    pub(super) fn new(
        plan: Plan,
        feed: &Arc<Feed>,
        wake: &Sender<()>,
        commands: Receiver<Command>,
    ) -> Result<Self, EngineError> {
        let devices = device::choose(plan.config.run.device, plan.config.run.workers)?;
        tracing::info!(device = devices.description, "device");
        let prepared = prepare(&plan.config, &devices.description)?;
        let record = Record::new(Arc::clone(feed), wake.clone(), Arc::clone(&prepared.header));
        let (reports_in, reports) = bounded(256);
        Ok(Self {
            plan,
            prepared,
            devices,
            record,
            commands,
            reports,
            reports_in,
            workers: Vec::new(),
            queue: VecDeque::new(),
            intent: Intent::Idle,
            spent: Spent::default(),
            exports: Vec::new(),
        })
    }

    pub(super) fn run(mut self) -> Result<Ended, EngineError> {
        if self.plan.begin == Begin::AtOnce {
            self.start()?;
        }
        let (commands, reports) = (self.commands.clone(), self.reports.clone());
        while !(self.intent == Intent::Quit && self.is_idle()) {
            select! {
                // A face that is gone without a word has quit.
                recv(commands) -> command => self.obey(command.unwrap_or(Command::Quit))?,
                recv(reports) -> report => if let Ok(report) = report { self.take(report)? },
            }
        }
        self.dismiss_workers();
        Ok(Ended { run_dir: self.record.directory(), state: self.record.into_state(), exports: self.exports })
    }

    fn obey(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            Command::Start => self.start(),
            Command::Pause => self.pause(),
            Command::StopConfiguration { cohort } => self.stop_configuration(cohort),
            Command::StopSweep => self.stop(Intent::Stop),
            Command::RunAgain { cohort } => self.run_again(cohort),
            Command::Export => {
                self.export();
                Ok(())
            }
            Command::Quit => self.stop(Intent::Quit),
        }
    }

    fn take(&mut self, report: Report) -> Result<(), EngineError> {
        match report {
            Report::Event(kind) => {
                if let EventKind::CohortFinished { cohort, seconds, .. } = &kind {
                    self.spent.record(&self.prepared.header, *cohort, *seconds);
                }
                self.record.event(kind)?;
            }
            Report::Correctness(cohort, correct) => {
                self.record.correctness(cohort, self.prepared.header.data.rows.test, &correct)?;
            }
            Report::Progress { cohort, epoch, samples_per_second } => {
                self.progress(cohort, epoch, samples_per_second);
            }
            Report::Idle { worker } => {
                if let Some(worker) = self.workers.get_mut(worker) {
                    worker.busy = None;
                }
                self.next()?;
            }
        }
        Ok(())
    }

    /// Makes the run, or goes on with what is missing.
    fn start(&mut self) -> Result<(), EngineError> {
        match (self.intent, self.record.state().phase()) {
            (Intent::Quit, _) => {}
            (Intent::Run, _) => self.refuse("the sweep is running already"),
            (Intent::Stop, _) => self.refuse("the sweep is still stopping"),
            (Intent::Idle, Phase::Finished) => {
                self.refuse("every configuration is done; `r` runs the selected one again");
            }
            (Intent::Pause, _) => {
                self.record.event(EventKind::RunContinued)?;
                self.intent = Intent::Run;
                self.order(Order::Go);
                self.next()?;
            }
            (Intent::Idle, Phase::Planned) => {
                self.record.begin(&self.plan.config, self.plan.run_dir.as_deref())?;
                self.train_what_is_open()?;
            }
            (Intent::Idle, Phase::Running | Phase::Paused | Phase::Interrupted) => {
                self.resumed()?;
                self.train_what_is_open()?;
            }
        }
        Ok(())
    }

    fn train_what_is_open(&mut self) -> Result<(), EngineError> {
        let open = self.record.state().cohorts().filter(|(_, cohort)| !cohort.status.is_over());
        self.queue = open.map(|(id, _)| id).collect();
        self.go()
    }

    fn resumed(&mut self) -> Result<(), EngineError> {
        let provenance = self.prepared.header.provenance.clone();
        self.record.event(EventKind::RunResumed { provenance })
    }

    fn pause(&mut self) -> Result<(), EngineError> {
        if self.intent != Intent::Run {
            self.refuse("nothing is running that could pause");
            return Ok(());
        }
        self.intent = Intent::Pause;
        self.order(Order::Hold);
        self.record.event(EventKind::RunPaused)
    }

    fn stop(&mut self, intent: Intent) -> Result<(), EngineError> {
        if intent == Intent::Stop && !matches!(self.intent, Intent::Run | Intent::Pause) {
            self.refuse("nothing is running that could stop");
            return Ok(());
        }
        let was_under_way = matches!(self.intent, Intent::Run | Intent::Pause);
        self.intent = intent;
        self.order(Order::Leave);
        if was_under_way && self.is_idle() { self.stopped() } else { Ok(()) }
    }

    fn stop_configuration(&mut self, cohort: CohortId) -> Result<(), EngineError> {
        if let Some(worker) = self.workers.iter().find(|worker| worker.busy == Some(cohort)) {
            worker.control.give(Order::Stop);
            return Ok(());
        }
        if !self.queue.contains(&cohort) {
            self.refuse("that configuration is neither running nor waiting");
            return Ok(());
        }
        self.queue.retain(|&waiting| waiting != cohort);
        let attempt = self.attempt(cohort);
        let seeds = &self.prepared.header.sweep.seeds;
        let seeds = seeds.iter().map(|&seed| (seed, SeedOutcome::Stopped)).collect();
        self.record.event(EventKind::CohortStarted { cohort, attempt })?;
        self.record.event(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 0.0 })
    }

    fn run_again(&mut self, cohort: CohortId) -> Result<(), EngineError> {
        let status = self.record.state().cohort(cohort).map(|cohort| cohort.status);
        if !status.is_some_and(CohortStatus::is_over) || self.queue.contains(&cohort) {
            self.refuse("only a configuration that is over can run again");
            return Ok(());
        }
        match self.intent {
            Intent::Stop | Intent::Quit => self.refuse("the sweep is still stopping"),
            Intent::Run | Intent::Pause => {
                self.queue.push_front(cohort);
                self.next()?;
            }
            Intent::Idle => {
                self.resumed()?;
                self.queue.push_front(cohort);
                self.go()?;
            }
        }
        Ok(())
    }

    fn go(&mut self) -> Result<(), EngineError> {
        self.intent = Intent::Run;
        if self.workers.is_empty() {
            self.hire()?;
        }
        self.next()
    }

    fn hire(&mut self) -> Result<(), EngineError> {
        for (number, &compute) in self.devices.workers.iter().enumerate() {
            let bench = Bench {
                number,
                compute,
                header: Arc::clone(&self.prepared.header),
                dataset: Arc::clone(&self.prepared.dataset),
                control: Arc::new(Control::default()),
                reports: self.reports_in.clone(),
            };
            self.workers.push(worker::spawn(bench).map_err(|_| EngineError::Thread("worker"))?);
        }
        Ok(())
    }

    /// Gives every idle worker its next cohort; ends the run where nothing is left.
    fn next(&mut self) -> Result<(), EngineError> {
        if self.intent == Intent::Run {
            while let Some(idle) = self.workers.iter().position(|worker| worker.busy.is_none()) {
                let Some(cohort) = self.queue.pop_front() else { break };
                self.assign(idle, cohort)?;
            }
        }
        if !self.is_idle() {
            return Ok(());
        }
        self.record.set_progress(None);
        match self.intent {
            Intent::Run if self.queue.is_empty() => {
                self.intent = Intent::Idle;
                // `r` in a sweep that was stopped trains one configuration and leaves the rest open.
                let is_over = self.record.state().cohorts().all(|(_, cohort)| cohort.status.is_over());
                self.record.event(if is_over {
                    EventKind::RunFinished
                } else {
                    EventKind::RunInterrupted
                })?;
                self.export();
                Ok(())
            }
            Intent::Stop | Intent::Quit => self.stopped(),
            Intent::Run | Intent::Pause | Intent::Idle => Ok(()),
        }
    }

    fn assign(&mut self, worker: usize, cohort: CohortId) -> Result<(), EngineError> {
        let Some(run_dir) = self.record.run_dir() else { return Ok(()) };
        let assignment = Assignment { cohort, attempt: self.attempt(cohort), run_dir };
        let worker = &mut self.workers[worker];
        worker.control.give(Order::Go);
        match worker.assignments.try_send(assignment) {
            Ok(()) => worker.busy = Some(cohort),
            Err(TrySendError::Full(_) | TrySendError::Disconnected(_)) => {
                return Err(EngineError::Thread("worker"));
            }
        }
        Ok(())
    }

    /// All workers have left their cohorts.
    fn stopped(&mut self) -> Result<(), EngineError> {
        if matches!(self.record.state().phase(), Phase::Running | Phase::Paused) {
            self.record.event(EventKind::RunInterrupted)?;
            self.export();
        }
        if self.intent == Intent::Stop {
            self.intent = Intent::Idle;
        }
        Ok(())
    }

    fn export(&mut self) {
        let Some(run_dir) = self.record.run_dir() else {
            self.record.notice(Level::Warning, "there is nothing to export before the start".into());
            return;
        };
        match report::export(self.record.state(), run_dir.root()) {
            Ok(paths) => {
                let text = format!(
                    "wrote summary and figures, {} files, to {}",
                    paths.len(),
                    run_dir.root().display()
                );
                self.exports = paths;
                self.record.notice(Level::Info, text);
            }
            // Numbers are safe in the journal: an export can be made again.
            Err(error) => self.record.notice(Level::Error, format!("export failed: {error}")),
        }
    }

    fn progress(&self, cohort: CohortId, epoch: Epoch, samples_per_second: f64) {
        let (epochs, seeds) =
            (self.prepared.header.config.train.epochs, self.prepared.header.sweep.seeds.len());
        let done = f64::from(epoch.0 - 1) / f64::from(epochs);
        let busy = self.workers.iter().filter_map(|worker| worker.busy).map(|busy| {
            let left = if busy == cohort { 1.0 - done } else { 0.5 };
            (busy, left)
        });
        let waiting = self.queue.iter().map(|&waiting| (waiting, 1.0));
        let remaining_seconds =
            self.spent.remaining(&self.prepared.header, busy.chain(waiting), self.workers.len());
        let progress = Progress { cohort, epoch, epochs, seeds, samples_per_second, remaining_seconds };
        self.record.set_progress(Some(progress));
    }

    fn attempt(&self, cohort: CohortId) -> u32 {
        self.record.state().cohort(cohort).map_or(1, |state| state.attempt + 1)
    }

    /// Says why a command is not carried out.
    fn refuse(&self, why: &str) {
        self.record.notice(Level::Warning, why.into());
    }

    fn order(&self, order: Order) {
        for worker in self.workers.iter().filter(|worker| worker.busy.is_some()) {
            worker.control.give(order);
        }
    }

    fn is_idle(&self) -> bool {
        self.workers.iter().all(|worker| worker.busy.is_none())
    }

    fn dismiss_workers(&mut self) {
        for worker in self.workers.drain(..) {
            drop(worker.assignments);
            // A worker that panicked outside a cohort has nothing left to lose.
            let _ = worker.thread.join();
        }
    }
}
