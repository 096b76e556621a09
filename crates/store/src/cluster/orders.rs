//! Orders to the jobs of a run on a cluster: one file for each, made exclusively and never changed. Jobs look every few
//! seconds; a later order of hold, release and leave takes the place of an earlier one.

use std::fs::{self, File, OpenOptions};
use std::io::{ErrorKind, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::ClusterDir;
use crate::StoreError;
use crate::format::v1;
use study::grid::CohortId;

/// Bytes of a file at most.
const LONGEST: u64 = 4 << 10;
/// Orders of one run at most.
const MOST: u32 = 100_000;

/// What jobs are asked to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Order {
    /// A configuration stops: its seeds end as stopped.
    Stop {
        /// Which.
        cohort: CohortId,
    },
    /// Running jobs save, leave, and wait in the queue until they are released.
    Hold,
    /// Held jobs may go on.
    Release,
    /// Jobs save and leave.
    Leave,
}

#[derive(Debug, Serialize, Deserialize)]
#[serde(tag = "order", rename_all = "lowercase")]
enum OnDisk {
    Stop { cohort: v1::CohortId },
    Hold,
    Release,
    Leave,
}

/// All orders of a run so far.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// Configurations that stop.
    pub stopped: Vec<CohortId>,
    /// The latest of the others.
    pub last: Option<Order>,
    /// Files that are none, as messages.
    pub faults: Vec<String>,
}

/// Gives an order to the run in `root`.
pub fn give(root: &Path, order: Order) -> Result<(), StoreError> {
    let folder = ClusterDir::of(root).orders();
    let on_disk = match order {
        Order::Stop { cohort } => OnDisk::Stop { cohort: cohort.into() },
        Order::Hold => OnDisk::Hold,
        Order::Release => OnDisk::Release,
        Order::Leave => OnDisk::Leave,
    };
    let text = serde_json::to_vec(&on_disk)
        .map_err(|error| StoreError::Encode { what: "an order", why: error.to_string() })?;
    let first = names(&folder)?.last().map_or(1, |last| last + 1);
    for number in first..first.saturating_add(1_000).min(MOST) {
        // Readers see the whole file or none: it is linked into its place, which fails where another one has it.
        let path = folder.join(name(number));
        let beside = tempfile::Builder::new().prefix(".order-").tempfile_in(&folder);
        let mut beside = beside.map_err(StoreError::io("write in", &folder))?;
        beside.write_all(&text).map_err(StoreError::io("write", &path))?;
        match beside.persist_noclobber(&path) {
            Ok(_) => return Ok(()),
            Err(error) if error.error.kind() == ErrorKind::AlreadyExists => {}
            Err(error) => return Err(StoreError::io("write", &path)(error.error)),
        }
    }
    Err(StoreError::Malformed { path: folder, why: "it holds more orders than a run can have".into() })
}

/// The orders of the run in `root`.
pub fn read(root: &Path) -> Result<Orders, StoreError> {
    let folder = ClusterDir::of(root).orders();
    let mut orders = Orders::default();
    for number in names(&folder)? {
        let path = folder.join(name(number));
        match read_one(&path) {
            Ok(OnDisk::Stop { cohort }) => orders.stopped.push(cohort.into()),
            Ok(OnDisk::Hold) => orders.last = Some(Order::Hold),
            Ok(OnDisk::Release) => orders.last = Some(Order::Release),
            Ok(OnDisk::Leave) => orders.last = Some(Order::Leave),
            Err(why) => orders.faults.push(format!("{} is no order and is ignored: {why}", path.display())),
        }
    }
    Ok(orders)
}

/// A regular file of this process's user, which is not reached through a link.
fn read_one(path: &Path) -> Result<OnDisk, String> {
    let flags = rustix::fs::OFlags::NOFOLLOW | rustix::fs::OFlags::NONBLOCK;
    let file = OpenOptions::new().read(true).custom_flags(flags.bits().cast_signed()).open(path);
    let file: File = file.map_err(|error| error.to_string())?;
    let about = file.metadata().map_err(|error| error.to_string())?;
    if !about.is_file() {
        return Err("it is no regular file".into());
    }
    if about.uid() != rustix::process::geteuid().as_raw() {
        return Err("it is another user's".into());
    }
    if about.len() > LONGEST {
        return Err(format!("it has {} bytes, and an order at most {LONGEST}", about.len()));
    }
    let mut bytes = Vec::new();
    file.take(LONGEST).read_to_end(&mut bytes).map_err(|error| error.to_string())?;
    serde_json::from_slice(&bytes).map_err(|error| error.to_string())
}

fn name(number: u32) -> String {
    format!("{number:05}.json")
}

/// The numbers of the orders, in order.
fn names(folder: &Path) -> Result<Vec<u32>, StoreError> {
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(StoreError::io("list", folder)(error)),
    };
    let number = |entry: fs::DirEntry| entry.file_name().to_str()?.strip_suffix(".json")?.parse().ok();
    let mut numbers: Vec<u32> =
        entries.flatten().filter_map(number).filter(|number| *number < MOST).collect();
    numbers.sort_unstable();
    Ok(numbers)
}
