//! The machine's memory.

use super::proc;

/// What could be given to this process without swapping, in bytes: what is free, within the limit of the control group
/// that the process is in. Absent where the system does not say it.
pub fn available() -> Option<u64> {
    let available = proc::available_memory()?;
    Some(within_group().map_or(available, |group| group.min(available)))
}

/// What the control group that the process is in leaves, as in a container.
fn within_group() -> Option<u64> {
    let read = |name: &str| std::fs::read_to_string(format!("/sys/fs/cgroup/{name}")).ok();
    let number = |name| read(name)?.trim().parse::<u64>().ok();
    Some(number("memory.max")?.saturating_sub(number("memory.current")?))
}
