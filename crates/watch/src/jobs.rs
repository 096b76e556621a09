//! The queue of a cluster, asked on a thread of its own while somebody watches: it may take seconds to answer.

use std::collections::BTreeSet;
use std::io;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

use crossbeam_channel::{RecvTimeoutError, Sender, bounded};

use cluster::queue::QueueWatch;
use study::feed::Feed;

/// How often another watcher's answer is looked for.
const LOOK: Duration = Duration::from_secs(1);

/// The shards that are over.
pub(super) type Over = Arc<Mutex<BTreeSet<u32>>>;

/// Shows what the queue says of the run in `root` until the sender is dropped; a message asks it again at once. It is asked
/// once in `poll` seconds for all watchers.
pub(super) fn show(
    root: &Path,
    poll: u32,
    over: Over,
    feed: Arc<Feed>,
    wake: Sender<()>,
) -> io::Result<Sender<()>> {
    let mut watch = QueueWatch::new(root, poll);
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
            match asked.recv_timeout(LOOK) {
                Ok(()) => watch.look_again(),
                Err(RecvTimeoutError::Timeout) => {}
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    })?;
    Ok(again)
}
