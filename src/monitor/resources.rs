//! What this process takes of the machine: cores that it keeps busy, and memory. Read from `/proc`; where there is
//! none, nothing is said.

use std::fs;
use std::time::{Duration, Instant};

/// How often it is looked at.
const INTERVAL: Duration = Duration::from_secs(1);
/// Ticks of processor time in a second, as `/proc` counts them on every Linux.
const TICKS: f64 = 100.0;
/// Bytes of a page that `statm` counts in.
const PAGE: f64 = 4_096.0;

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
pub(crate) struct Sampler {
    /// When it was looked at, and the processor's seconds until then.
    last: Option<(Instant, f64)>,
}

impl Sampler {
    /// What the process takes, where the last look is old enough and a whole one lies behind it.
    pub(crate) fn look(&mut self, now: Instant) -> Option<Resources> {
        if self.last.is_some_and(|(at, _)| now.duration_since(at) < INTERVAL) {
            return None;
        }
        let seconds = processor_seconds(&fs::read_to_string("/proc/self/stat").ok()?)?;
        let resident = resident(&fs::read_to_string("/proc/self/statm").ok()?)?;
        let (at, before) = self.last.replace((now, seconds))?;
        let cores = (seconds - before) / now.duration_since(at).as_secs_f64();
        Some(Resources { cores, resident })
    }
}

/// User's and system's time of a `stat` line, whose second field may hold anything.
fn processor_seconds(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

fn resident(statm: &str) -> Option<f64> {
    statm.split(' ').nth(1)?.parse::<f64>().ok().map(|pages| pages * PAGE)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_processors_time_and_the_memory_are_read_from_their_places() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 12 0 3 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!(processor_seconds(stat), Some(3.0));
        assert_eq!(resident("900 25 10 1 0 2 0\n"), Some(102_400.0));
        assert_eq!((processor_seconds(""), resident("")), (None, None));
    }

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
