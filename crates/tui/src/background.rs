//! A thread that works for a screen, away from the UI thread.
//!
//! Requests and answers have a channel each, of length one, so that nobody waits: while it works, the newest request is
//! kept, and a newer answer replaces one that was not read.

use std::io;
use std::thread;

use crossbeam_channel::{Receiver, Sender, bounded};

/// The thread, as the UI holds it; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Background<Q, A> {
    requests: Sender<Q>,
    untaken: Receiver<Q>,
    /// What it has worked out.
    pub(crate) answers: Receiver<A>,
    /// Wakes the UI thread when there is an answer.
    pub(crate) wake: Receiver<()>,
}

impl<Q: Send + 'static, A: Send + 'static> Background<Q, A> {
    /// Starts the thread, which waits for a request and answers each with `work`.
    pub(crate) fn start(name: &str, mut work: impl FnMut(Q) -> A + Send + 'static) -> io::Result<Self> {
        let (requests, requests_in) = bounded(1);
        let (answers, answers_in) = bounded(1);
        let (waker, wake) = bounded(1);
        let (untaken, unread) = (requests_in.clone(), answers_in.clone());
        thread::Builder::new().name(name.into()).spawn(move || {
            stand_back();
            while let Ok(request) = requests_in.recv() {
                let answer = work(request);
                let _ = unread.try_recv();
                if answers.try_send(answer).is_err() {
                    return;
                }
                let _ = waker.try_send(());
            }
        })?;
        Ok(Self { requests, untaken, answers: answers_in, wake })
    }

    /// Requests an answer, in the place of a request that has not begun.
    pub(crate) fn request(&self, request: Q) {
        let _ = self.untaken.try_recv();
        let _ = self.requests.try_send(request);
    }
}

/// Training goes first. On Linux niceness is a thread's own; elsewhere it would slow all of them.
fn stand_back() {
    #[cfg(target_os = "linux")]
    let _ = rustix::process::nice(10);
}
