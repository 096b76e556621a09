//! What kind of file system a folder lies on, and whether locks work there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

/// Where the kernel lists what is mounted.
const MOUNTS: &str = "/proc/self/mountinfo";

/// A folder's file system.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSystem {
    /// As the kernel calls it: `ext4`, `nfs4`, `lustre`.
    pub kind: String,
    /// Whether a lock of one process keeps others out.
    pub locks: Locks,
}

/// Whether locks of files work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Locks {
    /// They do.
    Work,
    /// Among processes of one machine alone.
    OnThisMachine,
    /// They do not.
    Fail,
    /// That cannot be tried: nothing can be written there.
    Unknown,
}

/// That of `folder`, or of the nearest folder above it that exists. A file is written there for a moment.
pub fn of(folder: &Path) -> io::Result<FileSystem> {
    let mut place = std::path::absolute(folder)?;
    while !place.is_dir() && place.pop() {}
    let mounts = fs::read_to_string(MOUNTS)?;
    let mounted = mounted(&mounts, &place.canonicalize()?);
    let (kind, is_local) = mounted.unwrap_or_else(|| ("unknown".into(), false));
    let locks = match try_locks(&place) {
        Ok(true) if is_local => Locks::OnThisMachine,
        Ok(true) => Locks::Work,
        Ok(false) => Locks::Fail,
        Err(_) => Locks::Unknown,
    };
    Ok(FileSystem { kind, locks })
}

/// Kind of what is mounted at `place`, or nearest above it, and whether its options say that locks are local.
fn mounted(mounts: &str, place: &Path) -> Option<(String, bool)> {
    let mut best: Option<(PathBuf, String, bool)> = None;
    for line in mounts.lines() {
        // The fields before the dash vary in number.
        let Some((before, behind)) = line.split_once(" - ") else { continue };
        let mut before = before.split(' ').skip(4);
        let (Some(at), Some(options)) = (before.next(), before.next()) else { continue };
        let mut behind = behind.split(' ');
        let (Some(kind), further) = (behind.next(), behind.nth(1).unwrap_or_default()) else { continue };
        let at = PathBuf::from(unescaped(at));
        let is_local = [options, further].iter().any(|all| {
            all.split(',')
                .any(|one| matches!(one, "localflock" | "nolock" | "local_lock=flock" | "local_lock=all"))
        });
        // A later one lies over an earlier one at the same place.
        if place.starts_with(&at)
            && best.as_ref().is_none_or(|(known, ..)| at.components().count() >= known.components().count())
        {
            best = Some((at, kind.to_owned(), is_local));
        }
    }
    best.map(|(_, kind, is_local)| (kind, is_local))
}

/// Spaces and the like are written in octal digits.
fn unescaped(text: &str) -> String {
    let codes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    codes.iter().fold(text.to_owned(), |text, (code, letter)| text.replace(code, letter))
}

/// Whether a file that is locked cannot be locked again.
fn try_locks(folder: &Path) -> io::Result<bool> {
    let first = tempfile::NamedTempFile::new_in(folder)?;
    match flock(first.as_file(), FlockOperation::NonBlockingLockExclusive) {
        Ok(()) => {}
        Err(Errno::NOLCK | Errno::NOSYS | Errno::NOTSUP | Errno::INVAL) => return Ok(false),
        Err(error) => return Err(error.into()),
    }
    let second = File::open(first.path())?;
    Ok(flock(&second, FlockOperation::NonBlockingLockExclusive) == Err(Errno::WOULDBLOCK))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 8:1 / / rw,relatime shared:1 - ext4 /dev/sda1 rw
30 22 0:50 / /home rw - nfs4 server:/home rw,vers=4.2
31 22 0:51 / /scratch rw - lustre mds@tcp:/fs rw,localflock
32 22 0:52 / /my\\040disk rw shared:2 master:1 - xfs /dev/sdb rw
nonsense
33 30 0:53 / /home/fast rw - tmpfs none rw
";

    #[test]
    fn the_nearest_mount_above_a_folder_is_its_own() {
        let kind = |path: &str| mounted(MOUNTS, Path::new(path)).unwrap();
        assert_eq!(kind("/srv/runs"), ("ext4".into(), false));
        assert_eq!(kind("/home/me/runs"), ("nfs4".into(), false));
        assert_eq!(kind("/home/fast/runs"), ("tmpfs".into(), false));
        assert_eq!(kind("/homes/me"), ("ext4".into(), false));
        assert_eq!(kind("/scratch/runs"), ("lustre".into(), true));
        assert_eq!(kind("/my disk/runs"), ("xfs".into(), false));
        assert_eq!(mounted("", Path::new("/")), None);
    }

    #[test]
    fn locks_work_in_a_folder_for_tests_and_nothing_stays_there() {
        let folder = tempfile::tempdir().unwrap();
        let found = of(&folder.path().join("not/there/yet")).unwrap();
        assert_eq!(found.locks, Locks::Work);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
