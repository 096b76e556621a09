//! What the run's GPUs do, and did in the last minute.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use study::gpus::{Gpu, Gpus};

/// Readings that are kept, about one a second.
pub const HISTORY: usize = 60;

/// The latest reading, and those before it.
#[derive(Debug, Default)]
pub struct GpuHistory {
    latest: Option<Arc<Gpus>>,
    /// By the GPUs' numbers.
    past: BTreeMap<usize, Past>,
}

/// One GPU's readings, the latest last.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Past {
    /// In percent.
    pub utilisation: VecDeque<f64>,
    /// Shares of its memory that were taken.
    pub memory: VecDeque<f64>,
}

impl GpuHistory {
    /// The latest reading.
    pub const fn latest(&self) -> Option<&Arc<Gpus>> {
        self.latest.as_ref()
    }

    /// The GPUs as last read; none where there are none, or where their driver does not answer.
    pub fn now(&self) -> &[Gpu] {
        self.latest.as_ref().map_or(&[], |latest| &latest.gpus)
    }

    /// What was read of one of them.
    pub fn past(&self, number: usize) -> Past {
        self.past.get(&number).cloned().unwrap_or_default()
    }

    /// Takes a reading. Where there is none, what was read before is forgotten too: a gap would not show.
    pub fn take(&mut self, gpus: Option<Arc<Gpus>>) {
        self.latest = gpus;
        let now = self.latest.as_ref().map_or(&[][..], |latest| &latest.gpus);
        self.past.retain(|number, _| now.iter().any(|gpu| gpu.number == *number));
        for gpu in now {
            let past = self.past.entry(gpu.number).or_default();
            push(&mut past.utilisation, gpu.utilisation.map(f64::from));
            let share = |used: u64, total: u64| used as f64 / total.max(1) as f64;
            push(&mut past.memory, gpu.memory.map(|memory| share(memory.used, memory.total)));
        }
    }
}

fn push(readings: &mut VecDeque<f64>, latest: Option<f64>) {
    readings.extend(latest);
    if readings.len() > HISTORY {
        readings.pop_front();
    }
}

#[cfg(test)]
mod tests {
    use study::gpus::GpuMemory;

    use super::*;

    fn read(at_ms: u64, utilisation: Option<u32>) -> Arc<Gpus> {
        let memory = Some(GpuMemory { used: 1, total: 4 });
        Arc::new(Gpus { at_ms, gpus: vec![Gpu { number: 2, utilisation, memory, ..Gpu::default() }] })
    }

    #[test]
    fn a_minute_of_readings_is_kept_and_a_gap_forgets_them() {
        let mut history = GpuHistory::default();
        for second in 0..70 {
            history.take(Some(read(1_000 * u64::from(second), Some(second))));
        }
        let past = history.past(2);
        assert_eq!((past.utilisation.len(), past.utilisation[0]), (HISTORY, 10.0));
        assert_eq!(past.memory.back(), Some(&0.25));
        // What is not reported is no reading.
        history.take(Some(read(70_000, None)));
        assert_eq!(history.past(2).utilisation, past.utilisation);
        assert_eq!((history.now().len(), history.past(0)), (1, Past::default()));
        history.take(None);
        assert_eq!((history.now().len(), history.past(2)), (0, Past::default()));
    }
}
