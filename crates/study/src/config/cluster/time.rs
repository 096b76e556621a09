//! `cluster.time`: how long a job may take.

use serde::{Deserialize, Serialize};

/// How long a job may take.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum TimeLimit {
    /// As long as the partition allows.
    #[default]
    Partition,
    /// So many seconds, whole minutes.
    Seconds(u64),
}

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// Shorter ones end before they have saved: the warning comes minutes before the end.
const SHORTEST: u64 = 10 * MINUTE;
const MOST_DAYS: u64 = 365;

/// What it may be, for messages.
pub(super) const ALLOWED: &str = "hours:minutes:seconds such as 4:00:00, with days 1-12:00:00, 10 minutes at least, or \"\" for the partition's limit";

impl TryFrom<String> for TimeLimit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        if text.is_empty() {
            return Ok(Self::Partition);
        }
        let seconds = seconds(&text).filter(|seconds| (SHORTEST..=MOST_DAYS * DAY).contains(seconds));
        seconds.map(Self::Seconds).ok_or_else(|| format!("`{text}` is not a time; allowed: {ALLOWED}"))
    }
}

/// Slurm reads "90" as minutes and "90:00" as minutes and seconds: both are refused here, since a user may have meant hours.
fn seconds(text: &str) -> Option<u64> {
    let number = |digits: &str| {
        let is_number = (1..=5).contains(&digits.len()) && digits.bytes().all(|digit| digit.is_ascii_digit());
        digits.parse::<u64>().ok().filter(|_| is_number)
    };
    let (days, rest) = match text.split_once('-') {
        Some((days, rest)) => (number(days)?, rest),
        None => (0, text),
    };
    let mut parts = rest.split(':').map(number);
    let (hours, minutes, seconds) = (parts.next()??, parts.next()??, parts.next()??);
    if parts.next().is_some() || minutes > 59 || seconds > 59 || (text.contains('-') && hours > 23) {
        return None;
    }
    // Slurm counts in minutes.
    Some((days * DAY + hours * HOUR + minutes * MINUTE + seconds).next_multiple_of(MINUTE))
}

impl From<TimeLimit> for String {
    fn from(limit: TimeLimit) -> Self {
        let TimeLimit::Seconds(all) = limit else { return Self::new() };
        let (days, hours, minutes) = (all / DAY, all % DAY / HOUR, all % HOUR / MINUTE);
        if days == 0 {
            format!("{hours}:{minutes:02}:00")
        } else {
            format!("{days}-{hours:02}:{minutes:02}:00")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_as_slurm_writes_them_and_what_may_be_minutes_is_refused() {
        let read = |text: &str| TimeLimit::try_from(text.to_owned());
        assert_eq!(read("4:00:00"), Ok(TimeLimit::Seconds(14_400)));
        assert_eq!(read("1-12:30:00"), Ok(TimeLimit::Seconds(131_400)));
        assert_eq!(read("0:30:01"), Ok(TimeLimit::Seconds(1_860)), "up to whole minutes");
        assert_eq!(read(""), Ok(TimeLimit::Partition));
        for text in
            ["90", "90:00", "4:60:00", "0:09:00", "1-24:00:00", "4h", "-1:00:00", "+4:00:00", "1:2:3:4"]
        {
            assert!(read(text).is_err(), "{text}");
        }
        for text in ["4:00:00", "1-02:00:00", "", "23:59:00", "365-00:00:00"] {
            assert_eq!(String::from(read(text).unwrap()), text);
        }
    }
}
