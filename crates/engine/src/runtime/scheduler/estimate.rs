//! What the study takes, before it starts: about how long, and how much memory.

use super::Scheduler;
use crate::runtime::calibration;
use crate::runtime::progress::{self, cost, whole_seeds};
use crate::training::memory;
use study::estimate::{Basis, Estimate};
use study::event::{EventKind, SeedOutcome};
use study::grid::CohortId;
use study::model::ModelId;

/// Seconds at the devices' peak from which on a study is worth a measurement.
const WORTH_MEASURING: f64 = 2.0;

impl Scheduler {
    /// Times some steps of the models whose speed no earlier run has measured, those with most of the work first.
    pub(super) fn calibrate(&mut self) {
        let open = self.open();
        let Some(at_peak) = progress::estimate(
            &self.prepared.header,
            self.compute(),
            self.peak,
            |_| None,
            open.iter().copied(),
        ) else {
            return;
        };
        if at_peak.seconds < WORTH_MEASURING {
            return;
        }
        let mut unknown: Vec<(ModelId, f64)> = Vec::new();
        for (cohort, seeds) in open {
            let model = cohort.fusion.at_rate(None);
            if self.rates.find(model).is_some() {
                continue;
            }
            let work = cost(&self.prepared.header, self.compute(), cohort, seeds).all();
            match unknown.iter_mut().find(|(known, _)| *known == model) {
                Some((_, sum)) => *sum += work,
                None => unknown.push((model, work)),
            }
        }
        unknown.sort_by(|a, b| b.1.total_cmp(&a.1));
        let models: Vec<ModelId> = unknown.into_iter().map(|(model, _)| model).collect();
        calibration::time(
            &self.prepared,
            self.compute(),
            self.peak,
            (&models, calibration::BUDGET),
            &mut self.rates,
        );
    }

    /// Shows how long what is to be trained takes, and how much memory.
    pub(super) fn estimate(&self) -> Option<Estimate> {
        let (header, workers) = (&self.prepared.header, self.devices.independent().max(1));
        let known = |model| {
            let (rate, basis): (f64, Basis) = self.rates.find(model)?;
            Some((rate / workers as f64, basis))
        };
        let open = self.open();
        let cohorts: Vec<CohortId> = open.iter().map(|(cohort, _)| *cohort).collect();
        let estimate = progress::estimate(header, self.compute(), self.peak, known, open);
        let memory = memory::most(self.config.run.memory, &self.devices.workers, header, &cohorts, self.held);
        let estimate = estimate.map(|estimate| Estimate { memory, ..estimate });
        self.record.set_estimate(estimate);
        estimate
    }

    /// Takes from the end of an attempt how fast its model trains, where all of it was trained.
    pub(super) fn take_speed(&mut self, ended: &EventKind) {
        let EventKind::CohortFinished { cohort, seeds, seconds, .. } = ended else { return };
        let is_whole = seeds.iter().all(|(_, outcome)| *outcome == SeedOutcome::Completed);
        if is_whole && *seconds > 0.0 {
            let (header, compute) = (&self.prepared.header, self.compute());
            let cost = cost(header, compute, *cohort, whole_seeds(compute, seeds.len())).all();
            self.rates.record(cohort.fusion, *seconds, cost);
        }
    }

    /// What is to be trained, with so many seeds each.
    fn open(&self) -> Vec<(CohortId, usize)> {
        let header = &self.prepared.header;
        let seeds = |cohort: CohortId| {
            let missing = self.record.state().cohort(cohort).map(|state| state.missing(&header.sweep.seeds));
            // A configuration without a missing seed trains again for its rows.
            let missing = missing.map_or(0, |missing| missing.len());
            (cohort, if missing == 0 { header.sweep.seeds.len() } else { missing })
        };
        self.to_train().into_iter().map(seeds).collect()
    }
}
