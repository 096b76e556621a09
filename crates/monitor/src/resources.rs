//! What this process uses of the machine: busy cores, and memory. Where the system does not report it,
//! nothing is shown.

use std::time::{Duration, Instant};

use host::proc;

/// How often it is measured.
const INTERVAL: Duration = Duration::from_secs(1);

/// What the process takes.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Resources {
    /// Cores that are busy for it, on average since the last look.
    pub cores: f64,
    /// Bytes in memory.
    pub resident: f64,
}

/// Looks at the process, once a second at most.
#[derive(Debug, Default)]
pub struct Sampler {
    /// When it was measured, and the processor's seconds until then.
    last: Option<(Instant, f64)>,
}

impl Sampler {
    /// What the process takes, where the last look is old enough and a whole one lies behind it.
    pub fn look(&mut self, now: Instant) -> Option<Resources> {
        if self.last.is_some_and(|(at, _)| now.duration_since(at) < INTERVAL) {
            return None;
        }
        let (seconds, resident) = (proc::processor_seconds()?, proc::resident_memory()? as f64);
        let (at, before) = self.last.replace((now, seconds))?;
        let cores = (seconds - before) / now.duration_since(at).as_secs_f64();
        Some(Resources { cores, resident })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_look_needs_one_a_second_before_it() {
        let mut sampler = Sampler::default();
        let begun = Instant::now();
        assert_eq!(sampler.look(begun), None, "there is nothing to compare with yet");
        assert_eq!(sampler.look(begun + INTERVAL / 2), None);
        let taken = sampler.look(begun + INTERVAL).unwrap();
        assert!(taken.resident > 1e6 && taken.cores >= 0.0, "{taken:?}");
    }
}
