//! Whether a run may be changed by whoever watches it: another user's is only looked at.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;

use store::RunDir;
use study::access::{Access, Reason};

/// What this process's user may do with the run in `root`. Where that cannot be found out, what is asked for is tried.
pub fn access_to(root: &Path) -> Access {
    let own = rustix::process::geteuid().as_raw();
    let owner = |path: &Path| fs::metadata(path).ok().map(|about| about.uid());
    let journal = RunDir::journal_in(root);
    let owners = [owner(root), journal.as_deref().and_then(owner)];
    let other = owners.into_iter().flatten().find(|&owner| owner != own);
    other.map_or(Access::Full, |owner| Access::ReadOnly(Reason::Owner(owner)))
}
