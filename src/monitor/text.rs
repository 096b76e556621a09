//! Numbers and foreign text as the screen shows them.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// Foreign text without what could move the cursor, change a colour or turn the writing direction.
pub(crate) fn plain(text: &str) -> String {
    text.chars().map(|c| if c.is_whitespace() { ' ' } else { c }).filter(|&c| is_harmless(c)).collect()
}

/// No control character of either set, and none of Unicode's invisible formatting and direction marks.
fn is_harmless(c: char) -> bool {
    let invisible = matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    !c.is_control() && !invisible
}

/// A fraction in percent with one decimal: `71.2`.
pub(crate) fn percent(fraction: f64) -> String {
    format!("{:.1}", fraction * 100.0)
}

/// Mean and deviation in percent: `71.2 ±1.3`, the deviation only where there is one.
pub(crate) fn percent_spread(mean: Option<f64>, std: Option<f64>, absent: &str) -> String {
    match (mean, std) {
        (Some(mean), Some(std)) => format!("{:.1} ±{:.1}", mean * 100.0, std * 100.0),
        (Some(mean), None) => percent(mean),
        (None, _) => absent.to_owned(),
    }
}

/// A share such as an AUC, three decimals: `.712`, `1.00`.
pub(crate) fn share(value: f64) -> String {
    let text = format!("{value:.3}");
    text.strip_prefix('0').map_or_else(|| format!("{value:.2}"), str::to_owned)
}

/// A share that may be negative, or a probability: `−.013`, `.712`, `1.00`.
pub(crate) fn signed_share(value: f64) -> String {
    let text = share(value.abs());
    let is_zero = text.bytes().all(|byte| matches!(byte, b'0' | b'.'));
    if value < 0.0 && !is_zero { format!("-{text}") } else { text }
}

/// At most `width` columns of a text, with a mark where some is left out.
pub(crate) fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut shown = String::new();
    for letter in text.chars() {
        if shown.width() + letter.width().unwrap_or(0) >= width {
            break;
        }
        shown.push(letter);
    }
    shown.truncate(shown.trim_end().len());
    if width > 0 {
        shown.push('…');
    }
    shown
}

/// Words on lines of at most `width` columns; a longer word is cut by the screen.
pub(crate) fn wrapped(text: &str, width: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.width() + 1 + word.width() <= width => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(word.to_owned()),
        }
    }
    lines
}

/// Mean and deviation of a share: `.712 ±.013`.
pub(crate) fn share_spread(mean: Option<f64>, std: Option<f64>, absent: &str) -> String {
    match (mean, std) {
        (Some(mean), Some(std)) => format!("{} ±{}", share(mean), share(std)),
        (Some(mean), None) => share(mean),
        (None, _) => absent.to_owned(),
    }
}

/// A count with thin grouping: `327,700`.
pub(crate) fn count(value: usize) -> String {
    let digits = value.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count in at most six columns: `65,536`, `328k`.
pub(crate) fn short_count(value: usize) -> String {
    match value {
        0..100_000 => count(value),
        100_000..1_000_000 => format!("{:.0}k", value as f64 / 1e3),
        _ => format!("{:.1}M", value as f64 / 1e6),
    }
}

/// A rate in few digits: `950`, `12.3k`, `1.4M`.
pub(crate) fn rate(value: f64) -> String {
    if value >= 1e6 {
        format!("{:.1}M", value / 1e6)
    } else if value >= 1e3 {
        format!("{:.1}k", value / 1e3)
    } else {
        format!("{value:.0}")
    }
}

/// A duration in its two largest units: `4.2s`, `1m 24s`, `3h 05m`, `2d 04h`.
pub(crate) fn duration(seconds: f64) -> String {
    let whole = seconds.max(0.0).round() as u64;
    match whole {
        0..10 => format!("{:.1}s", seconds.max(0.0)),
        10..60 => format!("{whole}s"),
        60..3_600 => format!("{}m {:02}s", whole / 60, whole % 60),
        3_600..86_400 => format!("{}h {:02}m", whole / 3_600, whole / 60 % 60),
        _ => format!("{}d {:02}h", whole / 86_400, whole / 3_600 % 24),
    }
}

/// The time of day, UTC: `14:03:22`.
pub(crate) fn time_of_day(at_ms: u64) -> String {
    let seconds = at_ms / 1_000;
    format!("{:02}:{:02}:{:02}", seconds / 3_600 % 24, seconds / 60 % 60, seconds % 60)
}

/// `1 seed`, `2 seeds`.
pub(crate) fn counted(n: usize, one: &str) -> String {
    if n == 1 { format!("1 {one}") } else { format!("{} {one}s", count(n)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_ends_in_a_mark() {
        assert_eq!(cut("concat", 6), "concat");
        assert_eq!(cut("concat fusion", 8), "concat…");
        assert_eq!(cut("漢字かな", 6), "漢字…");
        assert_eq!((cut("ab", 1).as_str(), cut("ab", 0).as_str()), ("…", ""));
    }

    #[test]
    fn foreign_text_cannot_reach_the_terminal_as_a_command() {
        assert_eq!(plain("a\x1b[31mb\u{9b}2Jc\r\nd\u{202e}e"), "a[31mb2Jc  de");
        assert_eq!(plain("Übung ✓"), "Übung ✓");
    }

    #[test]
    fn numbers_are_short_and_say_what_they_are() {
        assert_eq!(percent_spread(Some(0.71234), Some(0.0131), "–"), "71.2 ±1.3");
        assert_eq!(percent_spread(None, None, "–"), "–");
        assert_eq!(share_spread(Some(0.7125), Some(0.013), "–"), ".713 ±.013");
        assert_eq!(
            (share(1.0), count(327_700), rate(12_345.0)),
            ("1.00".into(), "327,700".into(), "12.3k".into())
        );
    }

    #[test]
    fn words_wrap_at_the_width_and_signs_stay() {
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("  ", 9), Vec::<String>::new());
        let shown: Vec<String> = [-0.0131, 0.5, -0.0001].map(signed_share).into();
        assert_eq!(shown, ["-.013", ".500", ".000"]);
    }

    #[test]
    fn large_counts_are_shortened_where_there_is_no_room() {
        let shown: Vec<String> = [65_536, 327_700, 2_500_000].map(short_count).into();
        assert_eq!(shown, ["65,536", "328k", "2.5M"]);
    }

    #[test]
    fn durations_show_their_two_largest_units() {
        let shown: Vec<String> = [4.23, 59.6, 84.0, 11_100.0, 187_200.0].map(duration).into();
        assert_eq!(shown, ["4.2s", "1m 00s", "1m 24s", "3h 05m", "2d 04h"]);
    }
}
