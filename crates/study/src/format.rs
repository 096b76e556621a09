//! Numbers as text for people: the screen, the reports and the findings call these, so that one number looks the
//! same everywhere. Files for programs (CSV, JSON, Parquet) hold the numbers themselves.
//!
//! A negative number has the minus sign `−` (U+2212), as in the names of differences; what rounds to 0 has none.

/// `72.4`, of a fraction.
pub fn percent(fraction: f64) -> String {
    fixed(fraction * 100.0, 1)
}

/// `value` with `digits` digits behind the point.
pub fn fixed(value: f64, digits: usize) -> String {
    let text = format!("{:.digits$}", value.abs());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("−{text}") } else { text }
}

/// `72.4 ± 1.3` with `between` between, of fractions; `72.4` without a deviation.
pub fn mean_std(mean: f64, std: Option<f64>, between: &str) -> String {
    match std {
        Some(std) => format!("{}{between}{}", percent(mean), percent(std)),
        None => percent(mean),
    }
}

/// `+1.2`, of a difference of fractions: where nothing else says in which direction it was taken.
pub fn signed_points(difference: f64) -> String {
    let text = percent(difference);
    if text.starts_with('−') { text } else { format!("+{text}") }
}

/// A share such as an AUC: `0.871`.
pub fn share(value: f64) -> String {
    fixed(value, 3)
}

/// How additive a task's score is, see [`TaskFacts::additive`](crate::event::TaskFacts): `additive part R² 0.87`.
pub fn additive(value: f64) -> String {
    format!("additive part R² {}", fixed(value, 2))
}

/// [`share`] where there is little room: `.871`, `−.013`, `1.00`.
pub fn short_share(value: f64) -> String {
    let text = share(value);
    match text.strip_prefix('0') {
        Some(short) => short.to_owned(),
        None => text.strip_prefix("−0").map_or_else(|| fixed(value, 2), |short| format!("−{short}")),
    }
}

/// A probability: `0.031`, `< 0.001`.
pub fn probability(p: f64) -> String {
    if p < 0.001 { "< 0.001".into() } else { share(p) }
}

/// The same where there is little room: `.031`, `<.001`.
pub fn short_probability(p: f64) -> String {
    if p < 0.001 { "<.001".into() } else { short_share(p) }
}

/// A count with its thousands grouped: `327,700`.
pub fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in at most six columns: `65,536`, `328k`.
pub fn short_count(value: usize) -> String {
    match value {
        0..100_000 => count(value),
        100_000..1_000_000 => format!("{:.0}k", value as f64 / 1e3),
        _ => format!("{:.1}M", value as f64 / 1e6),
    }
}

/// `1 seed`, `2 seeds`.
pub fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

/// A rate in few digits: `950`, `12.3k`, `1.4M`.
pub fn rate(value: f64) -> String {
    if value >= 1e6 {
        format!("{:.1}M", value / 1e6)
    } else if value >= 1e3 {
        format!("{:.1}k", value / 1e3)
    } else {
        format!("{value:.0}")
    }
}

/// `3 h 02 min`, `4 min 05 s` or `12.3 s`.
pub fn duration(seconds: f64) -> String {
    let whole = whole_seconds(seconds);
    match whole {
        0..60 => format!("{:.1} s", seconds.max(0.0)),
        60..3_600 => format!("{} min {:02} s", whole / 60, whole % 60),
        _ => format!("{} h {:02} min", whole / 3_600, whole % 3_600 / 60),
    }
}

/// The same where there is little room, in the two largest units: `4.2s`, `1m 24s`, `3h 05m`, `2d 04h`.
pub fn short_duration(seconds: f64) -> String {
    let whole = whole_seconds(seconds);
    match whole {
        0..10 => format!("{:.1}s", seconds.max(0.0)),
        10..60 => format!("{whole}s"),
        60..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole / 3_600 % 24),
    }
}

/// The same as it is read aloud: `90 seconds`, `12 minutes`, `3 hours`.
pub fn spoken_duration(seconds: f64) -> String {
    let seconds = whole_seconds(seconds);
    match seconds {
        0..120 => format!("{seconds} seconds"),
        120..7_200 => format!("{} minutes", (seconds + 30) / 60),
        _ => format!("{} hours", (seconds + 1_800) / 3_600),
    }
}

/// A duration that was estimated, in its largest unit: `under a minute`, `about 12 min`, `about 3 h`, `about 2 days`.
pub fn about_duration(seconds: f64) -> String {
    let seconds = whole_seconds(seconds);
    let minutes = (seconds + 30) / 60;
    match seconds {
        0..45 => "under a minute".into(),
        45..1_230 => format!("about {} min", minutes.max(1)),
        1_230..6_750 => format!("about {} min", (minutes + 2) / 5 * 5),
        6_750..171_000 => format!("about {} h", (seconds + 1_800) / 3_600),
        _ => format!("about {} days", (seconds + 43_200) / 86_400),
    }
}

/// The time of day, of milliseconds since midnight of some day in the zone that is meant: `14:03:22`.
pub fn time_of_day(at_ms: u64) -> String {
    let seconds = at_ms / 1_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

fn whole_seconds(seconds: f64) -> u64 {
    seconds.max(0.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_rounded_once_and_zero_has_no_sign() {
        assert_eq!(mean_std(0.723_9, Some(0.013_4), " ± "), "72.4 ± 1.3");
        assert_eq!(mean_std(0.723_9, None, " ± "), "72.4");
        assert_eq!(
            (percent(-0.000_1), share(-0.000_1), percent(-0.012)),
            ("0.0".into(), "0.000".into(), "−1.2".into())
        );
        assert_eq!([-0.000_1, 0.012, -0.012].map(signed_points), ["+0.0", "+1.2", "−1.2"]);
    }

    #[test]
    fn shares_and_probabilities_have_a_short_form() {
        assert_eq!(
            [0.871, 1.0, -0.0131, -0.0001, 0.7125].map(short_share),
            [".871", "1.00", "−.013", ".000", ".713"]
        );
        assert_eq!((share(0.871), share(-0.0131)), ("0.871".into(), "−0.013".into()));
        assert_eq!([0.031_25, 0.000_9].map(probability), ["0.031", "< 0.001"]);
        assert_eq!([0.031_25, 0.000_9].map(short_probability), [".031", "<.001"]);
    }

    #[test]
    fn counts_are_grouped_and_shortened_where_there_is_no_room() {
        assert_eq!([32, 4_200, 18_874_466].map(count), ["32", "4,200", "18,874,466"]);
        assert_eq!([65_536, 327_700, 2_500_000].map(short_count), ["65,536", "328k", "2.5M"]);
        assert_eq!((counted(1, "seed"), counted(2_000, "seed")), ("1 seed".into(), "2,000 seeds".into()));
        assert_eq!([950.0, 12_345.0, 1.4e6].map(rate), ["950", "12.3k", "1.4M"]);
    }

    #[test]
    fn durations_have_units_in_every_form() {
        assert_eq!(
            [12.34, 59.97, 245.0, 10_925.0].map(duration),
            ["12.3 s", "1 min 00 s", "4 min 05 s", "3 h 02 min"]
        );
        let short = [4.23, 59.6, 84.0, 11_100.0, 187_200.0].map(short_duration);
        assert_eq!(short, ["4.2s", "1m 00s", "1m 24s", "3h 05m", "2d 04h"]);
        let about = [20.0, 50.0, 245.0, 740.0, 2_900.0, 6_700.0, 11_000.0, 187_200.0].map(about_duration);
        assert_eq!(about[..4], ["under a minute", "about 1 min", "about 4 min", "about 12 min"]);
        assert_eq!(about[4..], ["about 50 min", "about 110 min", "about 3 h", "about 2 days"]);
        assert_eq!([90.2, 720.0, 10_800.0].map(spoken_duration), ["90 seconds", "12 minutes", "3 hours"]);
        assert_eq!(time_of_day(50_602_000), "14:03:22");
    }
}
