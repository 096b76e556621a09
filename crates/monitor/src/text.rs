//! Text as the screen lays it out: cut, wrapped, in narrow columns. Numbers and foreign text come from `study`.

use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

use study::format::mean_std;
use study::text::one_line;

pub use study::format::{
    count, counted, percent, rate, short_count, short_duration as duration, short_probability,
    short_share as share, time_of_day,
};

/// Foreign text for the screen: [`one_line`].
pub fn plain(text: &str) -> String {
    one_line(text)
}

/// Mean and deviation in percent: `71.2 ±1.3`, the deviation only where there is one.
pub fn percent_spread(mean: Option<f64>, std: Option<f64>, absent: &str) -> String {
    mean.map_or_else(|| absent.to_owned(), |mean| mean_std(mean, std, " ±"))
}

/// Mean and deviation of a share: `.712 ±.013`.
pub fn share_spread(mean: Option<f64>, std: Option<f64>, absent: &str) -> String {
    match (mean, std) {
        (Some(mean), Some(std)) => format!("{} ±{}", share(mean), share(std)),
        (Some(mean), None) => share(mean),
        (None, _) => absent.to_owned(),
    }
}

/// At most `width` columns of a text, with a mark where some is left out.
pub fn cut(text: &str, width: usize) -> String {
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

/// At most `width` columns of a text with a mark where some is left out: within, since names that begin alike end in what
/// tells them apart.
pub fn cut_inside(text: &str, width: usize) -> String {
    if text.width() <= width || width < 5 {
        return cut(text, width);
    }
    let taken = |letters: &mut dyn Iterator<Item = char>, room: usize| {
        let mut used = 0;
        let fits = |letter: &char| {
            used += letter.width().unwrap_or(0);
            used <= room
        };
        letters.take_while(fits).collect::<Vec<char>>()
    };
    let begins = taken(&mut text.chars(), (width - 1) / 3);
    let ends = taken(&mut text.chars().rev(), width - 1 - (width - 1) / 3);
    begins.into_iter().chain(['…']).chain(ends.into_iter().rev()).collect()
}

/// `text` broken at spaces into lines of at most `width` columns; the screen cuts a longer word.
pub fn wrapped(text: &str, width: usize) -> Vec<String> {
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
    fn names_that_begin_alike_are_told_apart_by_their_ends() {
        assert_eq!(cut_inside("smoke-20261129T140219Z", 16), "smoke…29T140219Z");
        assert_eq!(cut_inside("smoke", 16), "smoke");
        assert_eq!(cut_inside("漢字かなカナ", 8), "漢…カナ");
        assert_eq!(cut_inside("smoke-2026", 4), "smo…");
    }

    #[test]
    fn means_stand_with_their_deviations() {
        assert_eq!(percent_spread(Some(0.71234), Some(0.0131), "–"), "71.2 ±1.3");
        assert_eq!(percent_spread(None, None, "–"), "–");
        assert_eq!(share_spread(Some(0.7125), Some(0.013), "–"), ".713 ±.013");
    }

    #[test]
    fn words_wrap_at_the_width() {
        assert_eq!(wrapped("one two three four", 9), ["one two", "three", "four"]);
        assert_eq!(wrapped("  ", 9), Vec::<String>::new());
    }
}
