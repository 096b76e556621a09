//! What Linux reports in `/proc` about the machine and this process. Elsewhere that folder is absent, and every answer from it is
//! `None`.

use std::path::PathBuf;
use std::{env, fs, io};

/// Ticks of processor time in a second, as `/proc` counts them on every Linux.
const TICKS: f64 = 100.0;

/// The program that users start; the one that trains lies beside it.
const PROGRAM: &str = "superfuse-tui";

/// The program to start for a command: the one that users start, also where this is the one beside it.
///
/// # Errors
/// Where the system does not say what this process executes.
pub fn program() -> io::Result<PathBuf> {
    // Links are followed, also where the system does not.
    let own = env::current_exe()?.canonicalize()?;
    let beside = own.with_file_name(PROGRAM);
    Ok(if beside.is_file() { beside } else { own })
}

/// The processor's model, as it names itself.
pub fn cpu_model() -> Option<String> {
    model_of(&fs::read_to_string("/proc/cpuinfo").ok()?)
}

/// Where there is no name, as on ARM, the numbers of its maker and part.
fn model_of(cpuinfo: &str) -> Option<String> {
    let field = |name: &str| {
        let line =
            cpuinfo.lines().find(|line| line.split(':').next().is_some_and(|key| key.trim() == name))?;
        Some(line.split_once(':')?.1.trim().to_owned()).filter(|value| !value.is_empty())
    };
    let numbers = || Some(format!("{} {}", field("CPU implementer")?, field("CPU part")?));
    field("model name").or_else(numbers)
}

/// The machine's name in its network.
pub fn host_name() -> Option<String> {
    let name = fs::read_to_string("/proc/sys/kernel/hostname").ok()?;
    Some(name.trim().to_owned()).filter(|name| !name.is_empty())
}

/// Bytes that the machine could give without swapping.
pub fn available_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemAvailable:")
}

/// Bytes that the machine has.
pub fn total_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/meminfo").ok()?, "MemTotal:")
}

/// Bytes of the machine's memory that this process holds.
pub fn resident_memory() -> Option<u64> {
    field(&fs::read_to_string("/proc/self/status").ok()?, "VmRSS:")
}

/// Seconds of processor time that this process has taken, the system's for it included.
pub fn processor_seconds() -> Option<f64> {
    ticks(&fs::read_to_string("/proc/self/stat").ok()?).map(|ticks| ticks / TICKS)
}

/// The bytes behind `key`, which are given in kB.
fn field(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find(|line| line.starts_with(key))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok()?.checked_mul(1_024)
}

/// User's and system's ticks of a `stat` line, whose second field may hold anything.
fn ticks(stat: &str) -> Option<f64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split(' ').skip(11);
    let mut next = || fields.next()?.parse::<f64>().ok();
    Some(next()? + next()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_from_their_places() {
        let stat = "7 (a) b) S 1 7 7 0 -1 4194304 12 0 3 0 250 50 0 0 20 0 9 0 1 2 3";
        assert_eq!((ticks(stat), ticks("")), (Some(300.0), None));
        let status = "Name:\tx\nVmRSS:\t    100 kB\n";
        assert_eq!((field(status, "VmRSS:"), field(status, "VmSwap:")), (Some(102_400), None));
    }

    #[test]
    fn a_processor_is_called_by_its_name_or_its_numbers() {
        let x86 = "processor\t: 0\nmodel name\t: A B @ 2.0GHz\nmodel\t: 3\n";
        assert_eq!(model_of(x86).as_deref(), Some("A B @ 2.0GHz"));
        let arm = "processor\t: 0\nCPU implementer\t: 0x41\nCPU part\t: 0xd4f\n";
        assert_eq!(model_of(arm).as_deref(), Some("0x41 0xd4f"));
        assert_eq!(model_of("processor: 0"), None);
    }

    #[test]
    fn on_linux_every_number_is_there() {
        let found = [available_memory(), total_memory(), resident_memory()];
        assert!(
            !cfg!(target_os = "linux")
                || found.iter().all(|bytes| bytes.is_some_and(|bytes| bytes > 1 << 20))
        );
        assert!(!cfg!(target_os = "linux") || processor_seconds().is_some());
    }
}
