//! The `findings` thread: evaluates the paper's claims, away from the UI thread.
//!
//! Requests and answers have a channel each, of length one, so that nobody waits: while it evaluates, one request is
//! kept, however many come, and a newer answer replaces one that was not read.

use std::io;
use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

use store::RunDir;
use store::rows::read_all;
use study::claims::{Findings, findings};
use study::feed::Feed;
use study::rows::RunRows;
use study::run_state::RunState;

/// The thread, as the UI holds it; it ends when this is dropped.
#[derive(Debug)]
pub(super) struct FindingsThread {
    requests: Sender<()>,
    pub(super) answers: Receiver<Arc<Findings>>,
    /// Wakes the UI thread when there is an answer.
    pub(super) wake: Receiver<()>,
}

impl FindingsThread {
    /// Starts the thread, which waits for a request.
    pub(super) fn start(feed: Arc<Feed>) -> io::Result<Self> {
        let (requests, requests_in) = bounded(1);
        let (answers, answers_in) = bounded(1);
        let (waker, wake) = bounded(1);
        let untaken = answers_in.clone();
        thread::Builder::new().name("findings".into()).spawn(move || {
            stand_back();
            while requests_in.recv().is_ok() {
                let answer = Arc::new(answer(&feed));
                let _ = untaken.try_recv();
                if answers.try_send(answer).is_err() {
                    return;
                }
                let _ = waker.try_send(());
            }
        })?;
        Ok(Self { requests, answers: answers_in, wake })
    }

    /// Requests the findings of the run as it is now.
    pub(super) fn request(&self) {
        let _ = self.requests.try_send(());
    }
}

/// Folds the feed's events. Requests are rare, so no state is kept between them.
fn answer(feed: &Feed) -> Findings {
    let mut state = feed.whole();
    if let (None, Some(planned)) = (state.header(), feed.planned()) {
        state = RunState::planned(planned);
    }
    findings(&state, &rows(feed, &state))
}

/// Results of single test rows; none where they were not kept or cannot be read.
fn rows(feed: &Feed, state: &RunState) -> RunRows {
    let directory = feed.run_dir().and_then(|root| RunDir::open(&root).ok());
    directory.map(|directory| read_all(&directory, state).rows).unwrap_or_default()
}

/// Training goes first. On Linux niceness is a thread's own; elsewhere it would slow all of them.
fn stand_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}
