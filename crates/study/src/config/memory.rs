//! `run.memory`: amounts of memory as people write them.

use serde::{Deserialize, Serialize};

/// Memory that data and stacks of heads may take, on the device.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Memory {
    /// Most of what is free when a run begins.
    #[default]
    Auto,
    /// So many bytes.
    Bytes(u64),
}

/// Units, the largest first, decimal as disks and GPUs are labelled, and binary.
const UNITS: [(&str, u64); 7] = [
    ("TB", 1_000_000_000_000),
    ("GiB", 1 << 30),
    ("GB", 1_000_000_000),
    ("MiB", 1 << 20),
    ("MB", 1_000_000),
    ("kB", 1_000),
    ("B", 1),
];
/// The largest amount, so that no sum of a few of them overflows.
const MOST: f64 = 1e15;

impl Memory {
    /// An amount as text, to three digits.
    pub fn shown(bytes: u64) -> String {
        const DECIMAL: [(&str, f64); 4] = [("TB", 1e12), ("GB", 1e9), ("MB", 1e6), ("kB", 1e3)];
        let amount = bytes as f64;
        match DECIMAL.iter().find(|(_, size)| amount >= *size) {
            Some((unit, size)) => {
                let number = amount / size;
                let digits = if number < 9.995 { 2 } else { usize::from(number < 99.95) };
                format!("{number:.digits$} {unit}")
            }
            None => format!("{bytes} B"),
        }
    }
}

impl TryFrom<String> for Memory {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text == "auto" {
            return Ok(Self::Auto);
        }
        let refused =
            || format!("`{text}` is not an amount of memory; allowed: auto, or such as 8 GB, 512 MiB");
        let (unit, bytes) = UNITS.iter().find(|(unit, _)| text.ends_with(unit)).ok_or_else(refused)?;
        let number: f64 = text.trim_end_matches(unit).trim().parse().map_err(|_| refused())?;
        let total = number * *bytes as f64;
        if (1.0..=MOST).contains(&total) { Ok(Self::Bytes(total as u64)) } else { Err(refused()) }
    }
}

impl From<Memory> for String {
    fn from(memory: Memory) -> Self {
        let Memory::Bytes(bytes) = memory else { return "auto".into() };
        let (unit, size) = UNITS.iter().find(|(_, size)| bytes.is_multiple_of(*size)).unwrap_or(&("B", 1));
        format!("{} {unit}", bytes / size)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_write_them_and_written_back() {
        let read = |text: &str| Memory::try_from(text.to_owned());
        assert_eq!(read("8 GB"), Ok(Memory::Bytes(8_000_000_000)));
        assert_eq!(read("1.5GiB"), Ok(Memory::Bytes(1_610_612_736)));
        assert_eq!(read("auto"), Ok(Memory::Auto));
        for text in ["8", "GB", "-1 GB", "0 B", "eight GB", "1e30 TB", "NaN GB"] {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["8 GB", "512 MiB", "1 B", "1537 MB"] {
            assert_eq!(String::from(read(text).unwrap()), text);
        }
    }
}
