//! The thread that reads and writes labels of runs for a screen: a disk may keep it waiting, and no key does.

use std::io;
use std::path::PathBuf;

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

/// The run, and its labels or why there are none.
pub(crate) type LabelAnswer = (PathBuf, Result<Labels, String>);

/// The thread, as a screen holds it.
pub(crate) type LabelThread = Background<LabelRequest, LabelAnswer>;

/// Starts it.
pub(crate) fn start() -> io::Result<LabelThread> {
    Background::start("labels", |LabelRequest { run_dir, change }: LabelRequest| {
        let labels = labels::change(&run_dir, &change).map_err(|error| error.to_string());
        (run_dir, labels)
    })
}
