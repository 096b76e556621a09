//! `run.device`: where to train, as asked for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What it may be, for messages.
pub(super) const ALLOWED: &str =
    "auto, cpu, cuda, cuda:N with N the device's number, cuda:N,M for several of them";

/// Where to train, as asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum DeviceChoice {
    /// CUDA where it is usable, else the CPU.
    #[default]
    Auto,
    /// The CPU.
    Cpu,
    /// CUDA devices; `None`: every visible one.
    Cuda(Option<Gpus>),
}

/// Numbers of CUDA devices, at least one, each below [`Gpus::MOST`].
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Gpus(u64);

impl Gpus {
    /// So many devices can be told apart.
    pub const MOST: usize = u64::BITS as usize;

    /// Absent where there is none, one twice, or one whose number is too high.
    pub fn new(numbers: impl IntoIterator<Item = usize>) -> Option<Self> {
        let mut bits = 0_u64;
        for number in numbers {
            let bit = 1_u64.checked_shl(u32::try_from(number).ok()?)?;
            if bits & bit != 0 {
                return None;
            }
            bits |= bit;
        }
        (bits != 0).then_some(Self(bits))
    }

    /// Their numbers, ascending.
    pub fn numbers(self) -> impl Iterator<Item = usize> {
        (0..Self::MOST).filter(move |number| self.0 & (1 << number) != 0)
    }
}

impl fmt::Display for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let numbers: Vec<String> = self.numbers().map(|number| number.to_string()).collect();
        f.write_str(&numbers.join(","))
    }
}

impl fmt::Debug for Gpus {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Gpus({self})")
    }
}

impl TryFrom<String> for DeviceChoice {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        match text.as_str() {
            "auto" => Ok(Self::Auto),
            "cpu" => Ok(Self::Cpu),
            "cuda" => Ok(Self::Cuda(None)),
            other => other
                .strip_prefix("cuda:")
                .and_then(|numbers| numbers.split(',').map(|number| number.parse().ok()).collect())
                .and_then(|numbers: Vec<usize>| Gpus::new(numbers))
                .map(|gpus| Self::Cuda(Some(gpus)))
                .ok_or_else(|| format!("`{other}` is not a device; allowed: {ALLOWED}")),
        }
    }
}

impl From<DeviceChoice> for String {
    fn from(choice: DeviceChoice) -> Self {
        match choice {
            DeviceChoice::Auto => "auto".into(),
            DeviceChoice::Cpu => "cpu".into(),
            DeviceChoice::Cuda(None) => "cuda".into(),
            DeviceChoice::Cuda(Some(gpus)) => format!("cuda:{gpus}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gpus_are_named_by_their_numbers() {
        let read = |text: &str| DeviceChoice::try_from(text.to_owned());
        for (text, numbers) in
            [("cuda:0", vec![0]), ("cuda:0,2", vec![0, 2]), ("cuda:63,3,1", vec![1, 3, 63])]
        {
            let Ok(DeviceChoice::Cuda(Some(gpus))) = read(text) else { panic!("{text}") };
            assert_eq!(gpus.numbers().collect::<Vec<_>>(), numbers);
        }
        assert_eq!(String::from(read("cuda:2,0").unwrap()), "cuda:0,2");
        for text in
            ["cuda:", "cuda:,", "cuda:0,", "cuda:0,0", "cuda:64", "cuda:-1", "cuda:0-2", "cuda:0;1", "gpu"]
        {
            let why = read(text).unwrap_err();
            assert!(why.contains("is not a device; allowed: auto, cpu, cuda, cuda:N"), "{text}: {why}");
        }
    }
}
