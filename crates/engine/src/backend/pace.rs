//! Keeps a thread from giving a GPU much more work than it has done: orders, progress and times are about what is done.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use crate::backend::shim::Mark;
use crate::error::EngineError;

/// Most time between two marks; as much again may be in flight behind the second.
const LONGEST: Duration = Duration::from_millis(100);
/// Most steps between two marks.
const MOST_STEPS: u32 = 1 << 12;

/// A stream in which places can be marked.
pub(crate) trait Marked {
    /// A place.
    type Mark;

    /// Marks the place behind all work so far.
    fn mark(&mut self) -> Result<Self::Mark, EngineError>;

    /// Waits until the work before it is done.
    fn wait(&mut self, mark: &Self::Mark) -> Result<(), EngineError>;

    /// The time.
    fn now(&self) -> Instant;
}

/// The calling thread's stream on a GPU.
#[derive(Debug)]
pub(crate) struct OnGpu(pub(crate) usize);

impl Marked for OnGpu {
    type Mark = Mark;

    fn mark(&mut self) -> Result<Mark, EngineError> {
        Mark::new(self.0)
    }

    fn wait(&mut self, mark: &Mark) -> Result<(), EngineError> {
        mark.wait()
    }

    fn now(&self) -> Instant {
        Instant::now()
    }
}

/// Steps in flight: a mark every so many of them, and at most one mark that was not reached when the next is put.
#[derive(Debug)]
pub(crate) struct Pace<S: Marked> {
    pub(crate) stream: S,
    /// Those that were not waited for, each with the steps behind the one before.
    marks: VecDeque<(S::Mark, u32)>,
    /// Steps to the next mark.
    every: u32,
    /// Since the last mark.
    steps: u32,
    /// When the last mark that was waited for was reached.
    reached: Option<Instant>,
}

impl<S: Marked> Pace<S> {
    pub(crate) const fn new(stream: S) -> Self {
        Self { stream, marks: VecDeque::new(), every: 1, steps: 0, reached: None }
    }

    /// Behind a step that was given to the stream: waits while too many are in flight.
    pub(crate) fn step(&mut self) -> Result<(), EngineError> {
        self.steps += 1;
        if self.steps < self.every {
            return Ok(());
        }
        self.marks.push_back((self.stream.mark()?, self.steps));
        self.steps = 0;
        if self.marks.len() < 2 {
            return Ok(());
        }
        let Some((mark, steps)) = self.marks.pop_front() else { return Ok(()) };
        self.stream.wait(&mark)?;
        let now = self.stream.now();
        if let Some(before) = self.reached.replace(now) {
            // The device did so many steps meanwhile, or waited for the host.
            let took = now.saturating_duration_since(before).max(Duration::from_nanos(1));
            let fitting = f64::from(steps) * LONGEST.as_secs_f64() / took.as_secs_f64();
            self.every = (fitting as u32).clamp(1, MOST_STEPS.min(self.every * 2));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A GPU that takes `step` for each step, and a host that takes `launch` to give it one.
    struct Fake {
        begun: Instant,
        host: Duration,
        device: Duration,
        step: Duration,
        launch: Duration,
        waits: u32,
        ahead: Duration,
    }

    impl Fake {
        fn launched(&mut self) {
            self.host += self.launch;
            self.device = self.device.max(self.host) + self.step;
            self.ahead = self.ahead.max(self.device.saturating_sub(self.host));
        }
    }

    impl Marked for Fake {
        type Mark = Duration;

        fn mark(&mut self) -> Result<Duration, EngineError> {
            Ok(self.device)
        }

        fn wait(&mut self, mark: &Duration) -> Result<(), EngineError> {
            self.waits += 1;
            self.host = self.host.max(*mark);
            Ok(())
        }

        fn now(&self) -> Instant {
            self.begun + self.host
        }
    }

    /// The longest time in flight, how often it waited, and how long so many steps took.
    fn run(steps: u32, step: Duration, launch: Duration) -> (Duration, u32, Duration) {
        let zero = Duration::ZERO;
        let fake =
            Fake { begun: Instant::now(), host: zero, device: zero, step, launch, waits: 0, ahead: zero };
        let mut pace = Pace::new(fake);
        for _ in 0..steps {
            pace.stream.launched();
            pace.step().unwrap();
        }
        (pace.stream.ahead, pace.stream.waits, pace.stream.device)
    }

    #[test]
    fn a_fifth_of_a_second_is_in_flight_at_most_and_the_gpu_is_never_idle() {
        let us = Duration::from_micros;
        for step in [us(40), us(160), us(12_200)] {
            let steps = 200_000;
            let (ahead, waits, took) = run(steps, step, us(5));
            // One step more than two marks hold: where a single one is long.
            assert!(ahead <= LONGEST * 2 + step * 2, "{step:?}: {ahead:?} in flight");
            assert!(took <= step * steps + us(1_000), "{step:?}: the GPU waited, {took:?}");
            assert!(step > LONGEST / 10 || waits < steps / 100, "{step:?}: {waits} waits");
        }
        // A host that is slower than the GPU is not held up.
        let (_, _, took) = run(10_000, us(5), us(40));
        assert!(took <= us(40) * 10_000 + us(1_000), "{took:?}");
    }
}
