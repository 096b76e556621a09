//! The machine's memory.

use super::proc;

/// What could be given to this process without swapping, in bytes: what is free, within the limit of the control group
/// that the process is in. Absent where the system does not report it.
pub fn available() -> Option<u64> {
    let available = proc::available_memory()?;
    Some(within_group().map_or(available, |group| group.min(available)))
}

/// What the control group that the process is in leaves, as in a container.
fn within_group() -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let number = |name| read(name)?.trim().parse::<u64>().ok();
    Some(left(number("memory.max")?, number("memory.current")?, &read("memory.stat").unwrap_or_default()))
}

/// What is left of `most` bytes while `taken` are in use: unused files in the page cache can be evicted.
fn left(most: u64, taken: u64, stat: &str) -> u64 {
    let cached = stat.lines().find_map(|line| line.strip_prefix("inactive_file "));
    let cached = cached.and_then(|bytes| bytes.trim().parse().ok()).unwrap_or(0);
    most.saturating_sub(taken.saturating_sub(cached))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cached_files_are_not_taken_memory() {
        let stat = "anon 10\ninactive_anon 5\ninactive_file 700\n";
        assert_eq!(left(1_000, 900, stat), 800);
        assert_eq!(left(1_000, 900, ""), 100);
        assert_eq!(left(1_000, 2_000, ""), 0);
    }
}
