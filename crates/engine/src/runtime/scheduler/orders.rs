//! The commands of a frontend, and what follows from them.

use std::mem;

use super::queue::Waiting;
use super::workers::Worker;
use super::{Intent, Scheduler};
use crate::error::EngineError;
use crate::training::control::Order;
use study::command::Command;
use study::event::{EventKind, SeedOutcome};
use study::feed::Level;
use study::grid::CohortId;
use study::run_state::{CohortStatus, Phase};

impl Scheduler {
    pub(super) fn execute(&mut self, command: Command) -> Result<(), EngineError> {
        match command {
            // To quit is not to wait for the disk.
            Command::Quit if self.record.is_blocked() => {
                self.record.abandon();
                self.stop(Intent::Quit)
            }
            _ if self.record.is_blocked() && command != Command::Unattended => {
                self.refuse("the run waits for the disk, see above; `q` leaves it as it is recorded");
                Ok(())
            }
            Command::Start => self.start(),
            Command::Pause => self.pause(),
            Command::StopConfiguration { cohort } => self.stop_configuration(cohort),
            Command::StopSweep => self.stop(Intent::Stop),
            Command::RunAgain { cohort } => self.run_again(cohort),
            Command::Export => {
                self.export();
                Ok(())
            }
            Command::Unattended => {
                self.is_attended = false;
                if self.intent == Intent::Pause { self.stop(Intent::Quit) } else { Ok(()) }
            }
            Command::Quit => self.stop(Intent::Quit),
        }
    }

    /// Begins the run, or trains what is missing of it.
    pub(super) fn start(&mut self) -> Result<(), EngineError> {
        match (self.intent, self.record.state().phase()) {
            (Intent::Quit, _) => {}
            (Intent::Run, _) => self.refuse("the sweep is running already"),
            (Intent::Stop, _) => self.refuse("the sweep is still stopping"),
            (Intent::Idle, Phase::Finished) if self.grown.is_none() && self.to_train().is_empty() => {
                self.refuse("every configuration is done; `r` runs the selected one again");
            }
            (Intent::Pause, _) => {
                self.record.event(EventKind::RunContinued)?;
                self.intent = Intent::Run;
                self.order(Order::Continue);
                self.next()?;
            }
            (Intent::Idle, Phase::Planned) => {
                self.record.begin(&self.config, &self.new)?;
                self.train_what_is_open()?;
            }
            // Where a process was killed, the state is still that of a running run.
            (Intent::Idle, Phase::Running | Phase::Paused | Phase::Interrupted | Phase::Finished) => {
                self.resumed()?;
                self.train_what_is_open()?;
            }
        }
        Ok(())
    }

    fn train_what_is_open(&mut self) -> Result<(), EngineError> {
        self.queue = self.planned();
        if let Some(estimate) = self.estimate() {
            self.record.notice(Level::Info, estimate.sentence(&self.prepared.header));
        }
        self.go()
    }

    /// Cohorts with a seed to train, and those that are trained again for their test rows.
    pub(super) fn to_train(&self) -> Vec<CohortId> {
        // The state does not know yet how a grid has grown.
        let sweep = &self.prepared.header.sweep;
        let wanted = |id: &CohortId| !self.missing(*id).is_empty() || self.without_rows.contains(id);
        sweep.cohorts().into_iter().filter(wanted).collect()
    }

    fn resumed(&mut self) -> Result<(), EngineError> {
        let provenance = self.prepared.header.provenance.clone();
        let header = self.grown.take();
        self.record.event(match &self.shard {
            Some(shard) => shard.event(provenance),
            None => EventKind::RunResumed { provenance, header },
        })
    }

    fn pause(&mut self) -> Result<(), EngineError> {
        if self.intent != Intent::Run {
            self.refuse("nothing is running that could pause");
            return Ok(());
        }
        self.intent = Intent::Pause;
        self.order(Order::Pause);
        self.record.event(EventKind::RunPaused)
    }

    fn stop(&mut self, intent: Intent) -> Result<(), EngineError> {
        if intent == Intent::Stop && !matches!(self.intent, Intent::Run | Intent::Pause) {
            self.refuse("nothing is running that could stop");
            return Ok(());
        }
        let was_running = matches!(self.intent, Intent::Run | Intent::Pause);
        self.intent = intent;
        self.order(Order::Leave);
        if was_running && self.is_idle() { self.stopped() } else { Ok(()) }
    }

    fn stop_configuration(&mut self, cohort: CohortId) -> Result<(), EngineError> {
        let trains_it = |busy: &Waiting| busy.cohort == cohort;
        let mut is_known = false;
        for worker in self.workers.iter().filter(|worker| worker.busy.as_ref().is_some_and(trains_it)) {
            worker.control.give(Order::Stop);
            is_known = true;
        }
        let (stopped, others) = mem::take(&mut self.queue).into_iter().partition(trains_it);
        self.queue = others;
        if !is_known && stopped.is_empty() {
            self.refuse("that configuration is neither running nor waiting");
        }
        let is_again = self.record.state().missing_seeds(cohort).is_empty();
        for Waiting { seeds, attempt, .. } in stopped {
            if is_again {
                self.without_rows.remove(&cohort);
                self.record.notice(Level::Info, format!("{cohort} is not run again; its result stays"));
                continue;
            }
            let only = self.only(&seeds);
            let seeds = seeds.into_iter().map(|seed| (seed, SeedOutcome::Stopped)).collect();
            self.record.event(EventKind::CohortStarted { cohort, attempt, only })?;
            self.record.event(EventKind::CohortFinished { cohort, attempt, seeds, seconds: 0.0 })?;
        }
        Ok(())
    }

    fn run_again(&mut self, cohort: CohortId) -> Result<(), EngineError> {
        let state = self.record.state();
        if state.derived(cohort).is_some() {
            self.refuse("that row is chosen from others and is not trained; run one of those again");
            return Ok(());
        }
        let status = state.cohort(cohort).map(|cohort| cohort.status);
        let trains = |worker: &Worker| worker.busy.as_ref().is_some_and(|busy| busy.cohort == cohort);
        let is_known = self.waits(cohort) || self.workers.iter().any(trains);
        if !status.is_some_and(CohortStatus::is_over) || is_known {
            self.refuse("only a configuration that is over can run again");
            return Ok(());
        }
        // With this command the user accepts the new numbers.
        self.without_rows.remove(&cohort);
        match self.intent {
            Intent::Stop | Intent::Quit => self.refuse("the sweep is still stopping"),
            Intent::Run | Intent::Pause => {
                self.queue.push_front(self.whole(cohort));
                self.next()?;
            }
            Intent::Idle => {
                self.resumed()?;
                self.queue.push_front(self.whole(cohort));
                self.go()?;
            }
        }
        Ok(())
    }

    /// Whether it, or a share of it, waits for a worker.
    pub(super) fn waits(&self, cohort: CohortId) -> bool {
        self.queue.iter().any(|waiting| waiting.cohort == cohort)
    }

    fn go(&mut self) -> Result<(), EngineError> {
        if self.workers.iter().any(|worker| !worker.is_usable) {
            self.refuse("a device is lost; leave, then `superfuse-tui resume` continues the run");
            return Ok(());
        }
        self.intent = Intent::Run;
        if self.workers.is_empty() {
            self.spawn_workers()?;
        }
        self.next()
    }

    /// Shows why a command is not carried out.
    fn refuse(&self, why: &str) {
        self.record.notice(Level::Warning, why.into());
    }

    /// Starts no new work while its results could not be kept.
    pub(super) fn hold_while_blocked(&self, was_blocked: bool) {
        match (was_blocked, self.record.is_blocked()) {
            (false, true) if self.intent == Intent::Run => self.order(Order::Pause),
            (true, false) if self.intent == Intent::Run => self.order(Order::Continue),
            _ => {}
        }
    }

    pub(super) fn order(&self, order: Order) {
        for worker in self.workers.iter().filter(|worker| worker.busy.is_some()) {
            worker.control.give(order);
        }
    }
}
