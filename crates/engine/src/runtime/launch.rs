//! Starts the engine on a thread of its own.

use std::sync::Arc;
use std::thread;

use crossbeam_channel::{Sender, bounded};

use crate::error::EngineError;
use crate::runtime::plan::{Engine, Plan};
use crate::runtime::scheduler::Scheduler;
use study::feed::Feed;

/// Starts the scheduler thread, which loads the data and then waits for commands.
pub fn launch(plan: Plan) -> Result<Engine, EngineError> {
    let feed = Arc::new(Feed::default());
    let (commands, commands_in) = bounded(64);
    let (wake_out, wake) = bounded(1);
    let shared = Arc::clone(&feed);
    let thread = thread::Builder::new()
        .name("scheduler".into())
        .spawn(move || {
            let closing = Closing { feed: &shared, wake: &wake_out };
            Scheduler::new(plan, closing.feed, closing.wake, commands_in).and_then(Scheduler::run)
        })
        .map_err(|_| EngineError::Thread("scheduler"))?;
    Ok(Engine { feed, commands, wake, thread })
}

/// Ends the feed when dropped, also where the scheduler panics.
struct Closing<'a> {
    feed: &'a Arc<Feed>,
    wake: &'a Sender<()>,
}

impl Drop for Closing<'_> {
    fn drop(&mut self) {
        self.feed.end();
        let _ = self.wake.try_send(());
    }
}
