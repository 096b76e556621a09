//! The writer's lock on a journal. Some file systems of clusters have none, such as Lustre without `-o flock`.

use std::fs::{File, TryLockError};
use std::io;
use std::path::Path;
use std::thread;
use std::time::Duration;

use crate::StoreError;
use host::files;

/// How often a lock that is held is tried again, before its holder is taken for a writer.
const LOOKS: u32 = 10;
const BETWEEN_LOOKS: Duration = Duration::from_millis(10);

/// What a file system without locks answers: it has no such call, does not offer it, or reaches no server for it.
const NO_LOCKS: [rustix::io::Errno; 3] =
    [rustix::io::Errno::NOSYS, rustix::io::Errno::OPNOTSUPP, rustix::io::Errno::NOLCK];

/// Whether a file's lock keeps other writers away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lock {
    /// This process has it.
    Held,
    /// The file system has no locks, so another process could write too.
    None,
    /// No other process writes into the journal's folder.
    NotNeeded,
}

/// Whether a process works on the run of the journal at `path`: the kernel releases the lock of one that is dead.
pub fn is_locked(path: &Path) -> bool {
    // A shared lock for an instant: any number may look at once.
    files::open(path).is_ok_and(|file| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock)))
}

/// Takes the lock. Somebody who looks at it in [`is_locked`] lets go of it at once.
pub(super) fn take(file: &File, path: &Path) -> Result<Lock, StoreError> {
    taken(|| file.try_lock(), path)
}

fn taken(mut attempt: impl FnMut() -> Result<(), TryLockError>, path: &Path) -> Result<Lock, StoreError> {
    let mut looks = LOOKS;
    loop {
        match attempt() {
            Ok(()) => return Ok(Lock::Held),
            Err(TryLockError::WouldBlock) if looks > 0 => {
                looks -= 1;
                thread::sleep(BETWEEN_LOOKS);
            }
            Err(TryLockError::WouldBlock) => return Err(StoreError::InUse { path: path.into() }),
            Err(TryLockError::Error(error)) if is_without_locks(&error) => return Ok(Lock::None),
            Err(TryLockError::Error(source)) => {
                return Err(StoreError::Io { action: "lock", path: path.into(), source });
            }
        }
    }
}

fn is_without_locks(error: &io::Error) -> bool {
    NO_LOCKS.iter().any(|errno| error.raw_os_error() == Some(errno.raw_os_error()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(errno: rustix::io::Errno) -> Result<Lock, StoreError> {
        taken(|| Err(TryLockError::Error(errno.into())), Path::new("runs/a/events.jsonl"))
    }

    #[test]
    fn a_file_system_without_locks_is_worked_on_without_one() {
        for errno in NO_LOCKS {
            assert_eq!(after(errno).unwrap(), Lock::None, "{errno}");
        }
    }

    #[test]
    fn any_other_failure_is_an_error_and_a_held_lock_is_anothers() {
        let error = after(rustix::io::Errno::IO).unwrap_err();
        assert!(matches!(error, StoreError::Io { action: "lock", .. }), "{error}");
        let error = taken(|| Err(TryLockError::WouldBlock), Path::new("a")).unwrap_err();
        assert!(matches!(error, StoreError::InUse { .. }), "{error}");
    }

    #[test]
    fn somebody_who_looks_for_an_instant_is_waited_for() {
        let mut looks = 3;
        let attempt = || {
            looks -= 1;
            if looks > 0 { Err(TryLockError::WouldBlock) } else { Ok(()) }
        };
        assert_eq!(taken(attempt, Path::new("a")).unwrap(), Lock::Held);
    }
}
