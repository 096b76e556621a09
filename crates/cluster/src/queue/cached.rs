//! `queue.json`: the last answer of the queue, which watchers share; and who asks for the next one.

use std::fs;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

use crate::claim::Claim;
use crate::slurm::Seen;
use host::files;
use store::{StoreError, atomic};

/// Bytes of the file at most: 100,000 jobs take a quarter.
const LONGEST: u64 = 64 << 20;
const FORMAT: u32 = 1;
/// A watcher that has asked for so long was killed meanwhile.
const ABANDONED: Duration = Duration::from_mins(1);

/// An answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Cached {
    /// When it was given, in milliseconds since 1970-01-01 UTC.
    pub(super) at_ms: u64,
    pub(super) jobs: Vec<Kept>,
}

/// A job as it was last seen.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Kept {
    #[serde(flatten)]
    pub(super) seen: Seen,
    /// Whether the queue has forgotten it.
    #[serde(default)]
    pub(super) is_gone: bool,
}

#[derive(Serialize, Deserialize)]
struct OnDisk {
    format: u32,
    #[serde(flatten)]
    answer: Cached,
}

/// That in the file; nothing where there is none, or none that can be used: it can be asked for again.
pub(super) fn read(path: &Path) -> Option<Cached> {
    let bytes = match files::read(path, LONGEST) {
        Ok(bytes) => bytes,
        Err(error) => {
            if error.kind() != ErrorKind::NotFound {
                tracing::debug!(%error, "the shared answer of the queue cannot be read");
            }
            return None;
        }
    };
    let on_disk: OnDisk = serde_json::from_slice(&bytes).ok()?;
    (on_disk.format == FORMAT).then_some(on_disk.answer)
}

/// Writes it whole or not at all.
pub(super) fn write(path: &Path, answer: &Cached) -> Result<(), StoreError> {
    let text = serde_json::to_vec(&OnDisk { format: FORMAT, answer: answer.clone() })
        .map_err(|error| StoreError::Encode { what: "the queue", why: error.to_string() })?;
    atomic::write(path, &text)
}

/// The right to ask, of one watcher at a time; each that cannot write in the folder asks for itself.
pub(super) fn claim(answers: &Path) -> Option<Claim> {
    Claim::take(answers.with_extension("asking"), ABANDONED)
}

/// What changes when the file is replaced.
pub(super) fn mark(path: &Path) -> Option<(u64, SystemTime)> {
    let about = fs::metadata(path).ok()?;
    Some((about.ino(), about.modified().ok()?))
}
