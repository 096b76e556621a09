//! The machine's clock, which may be wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time of day; the epoch where the clock is out of range.
pub fn now() -> Timestamp {
    timestamp(SystemTime::now())
}

/// Milliseconds since 1970-01-01 UTC; 0 before that.
pub fn now_ms() -> u64 {
    milliseconds(SystemTime::now())
}

/// Seconds that this machine's local time is ahead of UTC, at a time in milliseconds since 1970-01-01 UTC; 0 where its time
/// zone is not known.
pub fn seconds_ahead(at_ms: u64) -> i32 {
    let at = i64::try_from(at_ms).ok().and_then(|at_ms| Timestamp::from_millisecond(at_ms).ok());
    at.map_or(0, |at| TimeZone::system().to_offset(at).seconds())
}

fn timestamp(time: SystemTime) -> Timestamp {
    // `Timestamp::now` panics instead.
    Timestamp::try_from(time).unwrap_or(Timestamp::UNIX_EPOCH)
}

fn milliseconds(time: SystemTime) -> u64 {
    let since = time.duration_since(UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    #[test]
    fn a_clock_that_is_out_of_range_is_no_reason_to_panic() {
        let far = UNIX_EPOCH + Duration::from_secs(1 << 42);
        let before = UNIX_EPOCH - Duration::from_secs(1 << 42);
        assert_eq!([far, before].map(timestamp), [Timestamp::UNIX_EPOCH; 2]);
        assert_eq!(milliseconds(before), 0);
        assert_eq!(milliseconds(far), 1000 << 42);
        assert!(now() > Timestamp::UNIX_EPOCH && now_ms() > 1_700_000_000_000);
    }
}
