//! The right to do what only one process may do at a time: a file, made exclusively and removed when it is done.
//!
//! No lock, which file systems of clusters may lack. Where its process was killed, it ends by its age.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use host::{clock, proc};

/// The right, given back when dropped.
#[derive(Debug)]
pub(crate) struct Claim(Option<(PathBuf, String)>);

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some((path, own)) = &self.0 {
            remove(path, own);
        }
    }
}

impl Claim {
    /// The claim at `path`; absent where another process has it. One that is older than `abandoned`, or whose process was on
    /// this machine and is gone, is removed, and is free at the next try. Who cannot write there has nobody to wait for.
    pub(crate) fn take(path: PathBuf, abandoned: Duration) -> Option<Self> {
        match File::create_new(&path) {
            Ok(mut file) => {
                let own = owner();
                let _ = file.write_all(own.as_bytes());
                Some(Self(Some((path, own))))
            }
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                if let Ok(owner) = fs::read_to_string(&path)
                    && is_abandoned(&path, &owner, abandoned).unwrap_or(false)
                {
                    remove(&path, &owner);
                }
                None
            }
            Err(_) => Some(Self(None)),
        }
    }

    /// Says that its process still works on it.
    pub(crate) fn renew(&self) {
        if let Some((path, own)) = &self.0
            && fs::read_to_string(path).is_ok_and(|owner| owner == *own)
        {
            let _ = fs::write(path, own);
        }
    }
}

/// Removes the claim of this owner, and no other: between a look and the removal another process may have removed it, and a
/// third have made its own.
fn remove(path: &Path, owner: &str) {
    let aside =
        path.with_extension(format!("{}-{}", proc::host_name().unwrap_or_default(), std::process::id()));
    if fs::rename(path, &aside).is_err() {
        return;
    }
    if fs::read_to_string(&aside).is_ok_and(|found| found == owner) || fs::hard_link(&aside, path).is_err() {
        let _ = fs::remove_file(&aside);
        return;
    }
    let _ = fs::remove_file(&aside);
}

/// `host process time`: with the time two owners are never taken for one.
fn owner() -> String {
    format!("{} {} {}", proc::host_name().unwrap_or_default(), std::process::id(), clock::now_ms())
}

fn is_abandoned(path: &Path, owner: &str, abandoned: Duration) -> io::Result<bool> {
    let mut words = owner.split(' ');
    let is_here =
        words.next().is_some_and(|host| !host.is_empty() && Some(host) == proc::host_name().as_deref());
    let process = words.next().and_then(|process| process.parse::<u32>().ok());
    if is_here && process.is_some_and(|process| !Path::new(&format!("/proc/{process}")).exists()) {
        return Ok(true);
    }
    let since = fs::symlink_metadata(path)?.modified()?;
    // Of a machine whose clock is ahead: after twice that time it is not.
    Ok(SystemTime::now().duration_since(since).is_ok_and(|age| age > abandoned))
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: Duration = Duration::from_hours(1);

    #[test]
    fn one_of_several_has_it_until_it_is_done_or_gone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("submitting");
        let claim = Claim::take(path.clone(), HOUR);
        assert!(claim.is_some() && Claim::take(path.clone(), HOUR).is_none());
        assert!(Claim::take(path.clone(), HOUR).is_none(), "its process lives");
        drop(claim);
        drop(Claim::take(path.clone(), HOUR).unwrap());
        // A process of this machine that is gone, and one elsewhere, which may live.
        let here = proc::host_name().unwrap();
        for (owner, is_free) in
            [(format!("{here} 4194305 1"), true), ("elsewhere 4194305 1".to_owned(), false)]
        {
            fs::write(&path, owner).unwrap();
            assert!(Claim::take(path.clone(), HOUR).is_none());
            let taken = Claim::take(path.clone(), HOUR);
            assert_eq!(taken.is_some(), is_free);
            drop(taken);
        }
        assert!(
            Claim::take(path.clone(), Duration::ZERO).is_none() && Claim::take(path, HOUR).is_some(),
            "too old"
        );
    }
}
