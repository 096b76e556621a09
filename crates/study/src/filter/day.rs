//! Days as a filter names them: in UTC, as directories of runs do.

use std::fmt;

/// Milliseconds of a day.
const DAY_MS: u64 = 86_400_000;

/// A day of UTC.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Day {
    /// The one on which the question is asked.
    Today,
    /// The one before.
    Yesterday,
    /// So many days after 1970-01-01.
    On(i64),
}

impl Day {
    /// Of `today`, `yesterday` or `2026-11-01`; none where the calendar has no such day.
    pub(super) fn read(text: &str) -> Option<Self> {
        match text {
            "today" => return Some(Self::Today),
            "yesterday" => return Some(Self::Yesterday),
            _ => {}
        }
        let parts: Vec<&str> = text.split('-').collect();
        let [year, month, day] = parts.as_slice() else { return None };
        let number = |text: &str, digits: usize| {
            let is_number = text.len() == digits && text.bytes().all(|byte| byte.is_ascii_digit());
            is_number.then(|| text.parse::<i64>().ok()).flatten()
        };
        let (year, month, day) = (number(year, 4)?, number(month, 2)?, number(day, 2)?);
        let days = days_of(year, month, day);
        // A day that the month does not have is one of the next month.
        (date_of(days) == (year, month, day)).then_some(Self::On(days))
    }

    /// Its number of days after 1970-01-01, where the time is `now_ms`.
    pub(super) fn number(self, now_ms: u64) -> i64 {
        match self {
            Self::Today => day_of(now_ms),
            Self::Yesterday => day_of(now_ms) - 1,
            Self::On(days) => days,
        }
    }
}

impl fmt::Display for Day {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match *self {
            Self::Today => f.write_str("today"),
            Self::Yesterday => f.write_str("yesterday"),
            Self::On(days) => {
                let (year, month, day) = date_of(days);
                write!(f, "{year:04}-{month:02}-{day:02}")
            }
        }
    }
}

/// The day of a time in milliseconds since 1970-01-01 UTC.
pub(super) const fn day_of(at_ms: u64) -> i64 {
    (at_ms / DAY_MS).cast_signed()
}

/// Days after 1970-01-01 of a date of the Gregorian calendar. Years begin in March here, so that a leap day is the last.
const fn days_of(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let (era, of_era) = (year.div_euclid(400), year.rem_euclid(400));
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year, month and day of so many days after 1970-01-01.
const fn date_of(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = (5 * of_year + 2) / 153;
    let day = of_year - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (era * 400 + year + if month <= 2 { 1 } else { 0 }, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_those_of_the_calendar() {
        for (text, days) in [
            ("1970-01-01", 0),
            ("1969-12-31", -1),
            ("2000-02-29", 11_016),
            ("2026-11-01", 20_758),
            ("2100-03-01", 47_541),
        ] {
            assert_eq!(Day::read(text), Some(Day::On(days)), "{text}");
            assert_eq!(Day::On(days).to_string(), text);
        }
        for bad in
            ["2100-02-29", "2026-13-01", "2026-00-10", "2026-1-1", "2026-11", "tomorrow", "2026-11-01x", ""]
        {
            assert_eq!(Day::read(bad), None, "{bad}");
        }
    }

    #[test]
    fn today_is_the_day_of_the_question() {
        let noon = 20_758 * DAY_MS + DAY_MS / 2;
        assert_eq!((Day::Today.number(noon), Day::Yesterday.number(noon)), (20_758, 20_757));
        assert_eq!(day_of(noon - DAY_MS / 2 - 1), 20_757);
    }
}
