//! The workers as the scheduler holds them.

use std::sync::Arc;
use std::thread::JoinHandle;

use crossbeam_channel::Sender;

use super::Scheduler;
use super::queue::Waiting;
use crate::backend::device::give_back;
use crate::error::EngineError;
use crate::runtime::worker::assignment::Assignment;
use crate::runtime::worker::local::LocalPort;
use crate::runtime::worker::{self, WorkerContext};
use crate::training::control::Control;
use crate::training::feature_cache::FeatureCache;
use crate::training::memory::Budget;
use study::feed::Level;

pub(super) struct Worker {
    pub(super) control: Arc<Control>,
    pub(super) assignments: Sender<Assignment>,
    /// What it trains.
    pub(super) busy: Option<Waiting>,
    /// Whether its device still answers.
    pub(super) is_usable: bool,
    pub(super) thread: JoinHandle<()>,
}

impl Worker {
    /// Whether it can take a cohort.
    pub(super) const fn is_free(&self) -> bool {
        self.busy.is_none() && self.is_usable
    }
}

impl Scheduler {
    pub(super) fn spawn_workers(&mut self) -> Result<(), EngineError> {
        let Some(run_dir) = self.record.run_dir() else { return Ok(()) };
        if let Some(advice) = self.devices.advice.take() {
            self.record.notice(Level::Info, advice);
        }
        let splits = self.prepared.dataset.partitions().len();
        let mut caches: Vec<Arc<FeatureCache>> = Vec::new();
        for (number, &compute) in self.devices.workers.iter().enumerate() {
            // What measuring the device's peak took is free again.
            give_back(compute.device);
            let workers = self.devices.workers.iter().filter(|other| other.device == compute.device).count();
            let budget = Budget::new(self.config.run.memory, compute, workers, self.held);
            let shared = caches.iter().find(|cache| cache.device() == compute.device).map(Arc::clone);
            let shared =
                shared.unwrap_or_else(|| Arc::new(FeatureCache::new(compute, budget.kept(), splits)));
            caches.push(Arc::clone(&shared));
            let (port, assignments, control) = LocalPort::new(run_dir.clone(), self.reports_in.clone());
            let context = WorkerContext {
                number,
                compute,
                header: Arc::clone(&self.prepared.header),
                dataset: Arc::clone(&self.prepared.dataset),
                budget,
                cache: shared,
                port: Box::new(port),
            };
            let thread = worker::spawn(context).map_err(|_| EngineError::Thread("worker"))?;
            self.workers.push(Worker { control, assignments, busy: None, is_usable: true, thread });
        }
        Ok(())
    }

    /// Beside what the GPUs do.
    pub(super) fn say_what_trains(&self) {
        if let Some(gpus) = &self.gpus {
            let workers = self.devices.workers.iter().zip(&self.workers);
            gpus.look(workers.filter_map(|(compute, worker)| Some((compute, worker.busy.as_ref()?.cohort))));
        }
    }

    pub(super) fn dismiss_workers(&mut self) {
        for worker in self.workers.drain(..) {
            drop(worker.assignments);
            // A worker that panicked outside a cohort has nothing left to lose.
            let _ = worker.thread.join();
        }
    }
}
