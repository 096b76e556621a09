//! Text without spaces in lines that fit, such as a path.

use unicode_width::UnicodeWidthChar;

/// `text` in lines of at most `width` columns, broken anywhere: a path has no spaces to break at.
pub fn broken(text: &str, width: usize) -> Vec<String> {
    let (mut lines, mut columns) = (vec![String::new()], 0);
    for letter in text.chars() {
        let wide = letter.width().unwrap_or(0);
        if columns + wide > width {
            lines.push(String::new());
            columns = 0;
        }
        columns += wide;
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_path_is_broken_and_keeps_every_letter() {
        assert_eq!(broken("abcdefg", 3), ["abc", "def", "g"]);
        assert_eq!(broken("漢字かな", 5), ["漢字", "かな"]);
        assert_eq!(broken("", 3), [""]);
    }
}
