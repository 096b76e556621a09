//! The control groups that Linux counts this process in, and what their limits on memory leave: a container's, or those of
//! a job of Slurm. A limit holds for all groups below it, so every group above the process's own counts too.

use std::fs;
use std::path::{Component, Path, PathBuf};

/// How a version of control groups names its limits and what is in use.
#[derive(Debug)]
struct Names {
    /// Files with a limit each. Beyond `memory.high` the kernel slows the group down.
    limits: &'static [&'static str],
    used: &'static str,
    /// The line of `memory.stat` that counts what this group's and all lower groups' files hold unused in the page cache.
    cached: &'static str,
}

const V1: Names = Names {
    limits: &["memory.limit_in_bytes"],
    used: "memory.usage_in_bytes",
    cached: "total_inactive_file ",
};
const V2: Names =
    Names { limits: &["memory.max", "memory.high"], used: "memory.current", cached: "inactive_file " };

/// Bytes that the limits leave this process; absent where there is none.
pub(crate) fn memory_left() -> Option<u64> {
    let read = |path: &Path| fs::read_to_string(path).ok();
    let [groups, mounts] = ["/proc/self/cgroup", "/proc/self/mountinfo"].map(Path::new).map(read);
    left_by(&groups?, &mounts?, read)
}

/// The least that any group leaves, from the process's groups, the mounts, and a way to read a file.
fn left_by(groups: &str, mounts: &str, read: impl Fn(&Path) -> Option<String>) -> Option<u64> {
    let number = |path: PathBuf| read(&path)?.trim().parse::<u64>().ok();
    let left = |folder: PathBuf, names: &Names| {
        let limit = names.limits.iter().filter_map(|name| number(folder.join(name))).min()?;
        let used = number(folder.join(names.used))?;
        Some(left(limit, used, &read(&folder.join("memory.stat")).unwrap_or_default(), names.cached))
    };
    let of_line = |(folders, names): (Vec<PathBuf>, &'static Names)| {
        folders.into_iter().filter_map(move |folder| left(folder, names)).min()
    };
    groups.lines().filter_map(|line| folders(line, mounts)).filter_map(of_line).min()
}

/// What is left of `limit` while `used` are in use: unused files in the page cache can be evicted.
fn left(limit: u64, used: u64, stat: &str, cached: &str) -> u64 {
    let cached = stat.lines().find_map(|line| line.strip_prefix(cached));
    let cached = cached.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
    limit.saturating_sub(used.saturating_sub(cached))
}

/// The folders of the group that a line of `/proc/self/cgroup` names and of all above it, where that one counts memory.
/// The line is `0::/path` of version 2, else `4:memory:/path`.
fn folders(line: &str, mounts: &str) -> Option<(Vec<PathBuf>, &'static Names)> {
    let mut fields = line.splitn(3, ':').skip(1);
    let (controllers, group) = (fields.next()?, fields.next()?);
    let counts_memory = |list: &str| list.split(',').any(|name| name == "memory");
    let (names, mount) = match controllers {
        "" => (&V2, mounts.lines().find_map(|line| mount(line, "cgroup2", |_| true))?),
        list if counts_memory(list) => {
            (&V1, mounts.lines().find_map(|line| mount(line, "cgroup", counts_memory))?)
        }
        _ => return None,
    };
    let below = Path::new(group).strip_prefix(&mount.root).ok();
    // A container may show a part of the tree that the process's group is not in: then only what it shows.
    let is_plain = |path: &&Path| path.components().all(|part| matches!(part, Component::Normal(_)));
    let below = below.filter(is_plain).unwrap_or(Path::new(""));
    Some((below.ancestors().map(|path| mount.point.join(path)).collect(), names))
}

/// A part of the tree of groups, and where it is seen.
struct Mount {
    root: PathBuf,
    point: PathBuf,
}

/// A line of `mountinfo`, such as `35 31 0:32 / /sys/fs/cgroup/memory rw shared:9 - cgroup cgroup rw,memory`, if it is of
/// this kind and has such options.
fn mount(line: &str, kind: &str, is_ours: impl Fn(&str) -> bool) -> Option<Mount> {
    let (place, system) = line.split_once(" - ")?;
    let (mut place, mut system) = (place.split(' ').skip(3), system.split(' '));
    let is_of_kind = system.next() == Some(kind) && is_ours(system.nth(1).unwrap_or_default());
    let mut path = || Some(PathBuf::from(unescaped(place.next()?)));
    is_of_kind.then(|| Some(Mount { root: path()?, point: path()? })).flatten()
}

/// A path of `mountinfo`, where a blank is `\040`.
fn unescaped(path: &str) -> String {
    [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")]
        .iter()
        .fold(path.to_owned(), |path, (escaped, letter)| path.replace(escaped, letter))
}

#[cfg(test)]
mod tests;
