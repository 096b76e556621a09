//! The machine's memory.

/// What could be given to this process without swapping, in bytes: what is free, within the limit of the control group
/// that the process is in. Absent where the system does not say it.
pub(crate) fn available() -> Option<u64> {
    let available = of_machine()?;
    Some(within_group().map_or(available, |group| group.min(available)))
}

/// What Linux could give without swapping.
fn of_machine() -> Option<u64> {
    let info = std::fs::read_to_string("/proc/meminfo").ok()?;
    let line = info.lines().find(|line| line.starts_with("MemAvailable:"))?;
    Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? * 1024)
}

/// What the control group that the process is in leaves, as in a container.
fn within_group() -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let number = |name| read(name)?.trim().parse::<u64>().ok();
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}
