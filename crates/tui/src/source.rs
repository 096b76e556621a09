//! Where the screen gets its run from and where its user's wishes go. Names no engine.

use std::sync::Arc;

use crossbeam_channel::{Receiver, Sender};

use study::command::Command;
use study::feed::Feed;

/// A run to look at, live or over.
#[derive(Clone, Debug)]
pub struct Source {
    /// What happened, read from where the screen left off.
    pub feed: Arc<Feed>,
    /// What the user asks for. Sent with `try_send`: the screen never waits for the scheduler.
    pub commands: Sender<Command>,
    /// One `()` whenever the feed has changed; may stand for several changes.
    pub wake: Receiver<()>,
}
