//! The thread that reads and writes labels of runs for a screen: a disk may keep it waiting, and no key does.

use std::io;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::background::Background;
use store::labels;
use study::labels::{LabelChange, Labels};

/// What is to become of the labels of a run; without a change they are only read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelRequest {
    /// The run's directory.
    pub(crate) run_dir: PathBuf,
    /// The change.
    pub(crate) change: LabelChange,
}

/// What has become of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LabelAnswer {
    /// The run's directory.
    pub(crate) run_dir: PathBuf,
    /// Whether they were to be changed.
    pub(crate) is_change: bool,
    /// The labels, or why there are none.
    pub(crate) labels: Result<Labels, String>,
}

/// How long a screen that is left waits for labels that are being written.
const LAST_SAVE: Duration = Duration::from_secs(5);

/// The thread, as a screen holds it.
pub(crate) type LabelThread = Background<LabelRequest, LabelAnswer>;

/// Starts it.
pub(crate) fn start() -> io::Result<LabelThread> {
    Background::start("labels", |LabelRequest { run_dir, change }: LabelRequest| {
        let labels = labels::change(&run_dir, &change).map_err(|error| error.to_string());
        LabelAnswer { run_dir, is_change: !change.is_empty(), labels }
    })
}

/// Waits for labels that are being written, before the process may end.
pub(crate) fn wait_for(thread: &LabelThread) {
    let until = Instant::now() + LAST_SAVE;
    while let Ok(answer) = thread.answers.recv_deadline(until) {
        if answer.is_change {
            return;
        }
    }
}
