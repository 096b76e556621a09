//! The queue of a cluster, asked on a thread of its own while somebody watches: it may take seconds to answer.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use cluster::queue::QueueWatch;
use cluster::recovery::recover;
use cluster::slurm::Slurm;
use host::clock;
use study::feed::{Feed, Level, Notice};

/// How often another watcher's answer is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// The shards that are over.
pub(super) type Over = Arc<Mutex<BTreeSet<u32>>>;

/// Shows what the queue says of the run in `root` until the sender is dropped; a message asks it again at once. It is asked
/// once in `cluster.poll` seconds for all watchers. Who `may_submit` submits what a process
/// left that was killed while it submitted.
pub(super) fn show(
    (root, poll, may_submit): (&Path, u32, bool),
    over: Over,
    feed: Arc<Feed>,
    wake: Sender<()>,
) -> io::Result<Sender<()>> {
    let mut watch = QueueWatch::new(root, poll);
    let root = root.to_path_buf();
    // Of each answer once.
    let mut seen = None;
    let (again, asked) = bounded(1);
    thread::Builder::new().name("queue".into()).spawn(move || {
        loop {
            // Not while the queue answers.
            let over = over.lock().unwrap_or_else(PoisonError::into_inner).clone();
            let queue = watch.look(|shard| over.contains(&shard)).map(Arc::new);
            if queue != feed.queue() {
                feed.set_queue(queue);
                let _ = wake.try_send(());
            }
            let at = feed.queue().filter(|_| may_submit).map(|queue| queue.at_ms);
            if at.is_some() && at != seen {
                seen = at;
                let (level, text) = match recover(&Slurm::default(), &root) {
                    Ok(false) => continue,
                    Ok(true) => (
                        Level::Info,
                        "a process was killed while it submitted jobs; the rest is submitted now".into(),
                    ),
                    Err(error) => (Level::Warning, error.to_string()),
                };
                feed.push_notice(Notice { at_ms: clock::now_ms(), level, text });
                let _ = wake.try_send(());
                watch.look_again();
            }
            match asked.recv_timeout(LOOK) {
                Ok(()) => watch.look_again(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    })?;
    Ok(again)
}
