//! The thread `gpus`, which reads from their driver what the run's GPUs do.
//!
//! Architecture Invariant: nobody waits for the driver. A call to it that does not return holds this thread alone, and
//! what it said before is taken back after a while.

use std::collections::BTreeSet;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};

use crate::backend::device::Compute;
use crate::backend::shim;
use host::clock;
use host::nvml::{Driver, Figures, LIBRARIES};
use study::feed::Feed;
use study::gpus::{Gpu, GpuMemory, Gpus};
use study::grid::CohortId;

/// How often the driver is asked.
const INTERVAL: Duration = Duration::from_secs(1);
/// When what it said is too old to be shown.
const TOO_OLD: Duration = Duration::from_secs(10);
/// How long its last answer is waited for at the end, so that the process does not end within it.
const LAST_ANSWER: Duration = Duration::from_millis(500);

/// The running thread; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct GpuReader {
    feed: Arc<Feed>,
    shared: Arc<Mutex<Shared>>,
    stop: Option<Sender<Infallible>>,
    /// Disconnected once the thread has ended.
    ended: Receiver<Infallible>,
    too_old: Duration,
}

/// What the thread and the scheduler tell each other.
#[derive(Debug)]
struct Shared {
    /// Which configurations train on which GPU.
    trains: Vec<(usize, CohortId)>,
    /// When the driver last answered.
    read: Instant,
}

impl GpuReader {
    /// Reads what the GPUs among `workers` do into the feed; nothing where there are none.
    pub(crate) fn start(workers: &[Compute], feed: &Arc<Feed>, wake: &Sender<()>) -> Option<Self> {
        let numbers: BTreeSet<usize> = workers.iter().filter_map(Compute::gpu).collect();
        let uuid = |number| match shim::gpu_uuid(number) {
            Ok(uuid) => Some((number, uuid)),
            Err(error) => {
                tracing::info!(%error, "what a GPU does is not shown");
                None
            }
        };
        let gpus: Vec<(usize, [u8; 16])> = numbers.into_iter().filter_map(uuid).collect();
        let is_vain = gpus.is_empty();
        let open = move || {
            let driver = Driver::load(&LIBRARIES);
            if driver.is_none() {
                tracing::info!("what the GPUs do is not shown: there is no {}", LIBRARIES[0]);
            }
            let driver = driver?;
            let read = move |&(number, uuid): &(usize, [u8; 16])| Some(gpu(number, driver.figures(uuid)?));
            Some(move || gpus.iter().filter_map(&read).collect())
        };
        if is_vain { None } else { Self::begin(feed, wake, TOO_OLD, open) }
    }

    /// With what `open` gives on the thread: a reading of all GPUs at each call.
    fn begin<Read: FnMut() -> Vec<Gpu>>(
        feed: &Arc<Feed>,
        wake: &Sender<()>,
        too_old: Duration,
        open: impl FnOnce() -> Option<Read> + Send + 'static,
    ) -> Option<Self> {
        let shared = Arc::new(Mutex::new(Shared { trains: Vec::new(), read: Instant::now() }));
        let (stop, stopped) = bounded(0);
        let (ends, ended) = bounded(0);
        let reader =
            Self { feed: Arc::clone(feed), shared: Arc::clone(&shared), stop: Some(stop), ended, too_old };
        let (feed, wake) = (Arc::clone(feed), wake.clone());
        let work = move || {
            let _ends: Sender<Infallible> = ends;
            if let Some(read) = open() {
                read_often(read, &shared, &feed, &wake, &stopped);
            }
        };
        thread::Builder::new().name("gpus".into()).spawn(work).ok().map(|_| reader)
    }

    /// Takes which configuration trains where, and takes back what is too old to be shown.
    pub(crate) fn look<'a>(&self, trains: impl Iterator<Item = (&'a Compute, CohortId)>) {
        let mut shared = lock(&self.shared);
        shared.trains = trains.filter_map(|(compute, cohort)| Some((compute.gpu()?, cohort))).collect();
        if shared.read.elapsed() > self.too_old {
            self.feed.set_gpus(None);
        }
    }
}

impl Drop for GpuReader {
    fn drop(&mut self) {
        self.stop = None;
        let _ = self.ended.recv_timeout(LAST_ANSWER);
    }
}

fn read_often(
    mut read: impl FnMut() -> Vec<Gpu>,
    shared: &Mutex<Shared>,
    feed: &Feed,
    wake: &Sender<()>,
    stopped: &Receiver<Infallible>,
) {
    loop {
        let mut gpus = read();
        // Without an answer for any of them there is nothing to show.
        let is_known = !gpus.is_empty();
        {
            let mut shared = lock(shared);
            for gpu in &mut gpus {
                let here = shared.trains.iter().filter(|(number, _)| *number == gpu.number);
                gpu.trains = here.map(|&(_, cohort)| cohort).collect();
            }
            shared.read = Instant::now();
            feed.set_gpus(is_known.then(|| Arc::new(Gpus { at_ms: clock::now_ms(), gpus })));
        }
        let _ = wake.try_send(());
        if stopped.recv_timeout(INTERVAL) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}

fn gpu(number: usize, figures: Figures) -> Gpu {
    Gpu {
        number,
        name: figures.name,
        utilisation: figures.utilisation,
        memory: figures.memory.map(|(used, total)| GpuMemory { used, total }),
        power: figures.power,
        temperature: figures.temperature,
        trains: Vec::new(),
    }
}

/// A panic elsewhere leaves these plain values whole.
fn lock(shared: &Mutex<Shared>) -> MutexGuard<'_, Shared> {
    shared.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicBool, Ordering};

    use super::*;
    use study::grid::Task;
    use study::model::ModelId;

    const COHORT: CohortId = CohortId { fusion: ModelId::CONCAT, task: Task::Real, train_size: 64 };

    fn on(gpu: usize) -> Compute {
        Compute { device: tch::Device::Cuda(gpu), ..Compute::cpu() }
    }

    fn waited(until: impl Fn() -> bool) {
        let begun = Instant::now();
        while !until() {
            assert!(begun.elapsed() < Duration::from_mins(1), "it does not come");
            thread::sleep(Duration::from_millis(2));
        }
    }

    #[test]
    fn the_feed_has_the_latest_reading_with_what_trains() {
        let (feed, (wake, woken)) = (Arc::new(Feed::default()), bounded(1));
        let mut count = 0;
        let open = move || {
            Some(move || {
                count += 1;
                vec![Gpu { number: 2, utilisation: Some(count), ..Gpu::default() }]
            })
        };
        let reader = GpuReader::begin(&feed, &wake, TOO_OLD, open).unwrap();
        woken.recv().unwrap();
        let first = feed.gpus().unwrap();
        assert_eq!((first.gpus[0].utilisation, &first.gpus[0].trains), (Some(1), &vec![]));
        let other = CohortId { train_size: 32, ..COHORT };
        reader.look([(&on(0), other), (&on(2), COHORT), (&Compute::cpu(), other)].into_iter());
        woken.recv().unwrap();
        let second = feed.gpus().unwrap();
        assert_eq!((second.gpus[0].utilisation, &second.gpus[0].trains), (Some(2), &vec![COHORT]));
        assert!(second.at_ms > first.at_ms);
        // A driver that knows none of the GPUs, and none at all.
        let unknown = GpuReader::begin(&feed, &wake, TOO_OLD, || Some(Vec::new)).unwrap();
        drop(reader);
        waited(|| feed.gpus().is_none());
        drop(unknown);
        drop(GpuReader::begin(&feed, &wake, TOO_OLD, || None::<fn() -> Vec<Gpu>>));
        assert_eq!(feed.gpus(), None);
    }

    #[test]
    fn a_driver_that_hangs_stops_nothing_and_what_it_said_is_taken_back() {
        let (feed, (wake, woken)) = (Arc::new(Feed::default()), bounded(1));
        let hangs = Arc::new(AtomicBool::new(false));
        let seen = Arc::clone(&hangs);
        let mut is_first = true;
        let open = move || {
            Some(move || {
                if !std::mem::take(&mut is_first) {
                    seen.store(true, Ordering::Release);
                    loop {
                        thread::park();
                    }
                }
                vec![Gpu::default()]
            })
        };
        let reader = GpuReader::begin(&feed, &wake, Duration::ZERO, open).unwrap();
        woken.recv().unwrap();
        assert!(feed.gpus().is_some());
        waited(|| hangs.load(Ordering::Acquire));
        reader.look(std::iter::empty());
        assert_eq!(feed.gpus(), None);
        let begun = Instant::now();
        drop(reader);
        assert!(begun.elapsed() < 20 * LAST_ANSWER, "the end waits for the driver");
    }

    #[test]
    fn a_run_on_the_cpu_asks_no_driver() {
        let (feed, (wake, _woken)) = (Arc::new(Feed::default()), bounded(1));
        assert!(GpuReader::start(&[Compute::cpu()], &feed, &wake).is_none());
    }
}
