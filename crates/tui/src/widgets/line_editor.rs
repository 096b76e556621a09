//! A line of text that is edited: its cursor, what keys do to it, and the part of it that is in sight.
//!
//! A step is a letter with the marks that combine with it, so that the cursor never stands inside of one.

use unicode_width::UnicodeWidthChar;

/// A line and its cursor.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LineEditor {
    text: String,
    /// In bytes; at the beginning of a letter, or at the end.
    cursor: usize,
}

/// What is done to a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit {
    /// Put a letter before the cursor.
    Insert(char),
    /// The cursor a letter to the left.
    Left,
    /// A letter to the right.
    Right,
    /// To the beginning of the word.
    WordLeft,
    /// To the end of the word.
    WordRight,
    /// To the beginning of the line.
    Start,
    /// To its end.
    End,
    /// Erase the letter before the cursor.
    EraseLeft,
    /// Erase the letter under the cursor.
    EraseRight,
    /// Erase up to the beginning of the word.
    EraseWord,
    /// Erase up to the beginning of the line.
    EraseToStart,
    /// Erase up to the end of the line.
    EraseToEnd,
}

/// The part of a line that is in sight.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InSight {
    /// At most as many columns as there is room for; marks stand where it is cut.
    pub text: String,
    /// The cursor's column in it.
    pub cursor: usize,
    /// The columns of the letter under the cursor; 1 at the end.
    pub width: usize,
}

impl From<&str> for LineEditor {
    fn from(text: &str) -> Self {
        Self::new(text)
    }
}

impl From<String> for LineEditor {
    fn from(text: String) -> Self {
        Self::new(text)
    }
}

impl LineEditor {
    /// Of a text, the cursor at its end.
    pub fn new(text: impl Into<String>) -> Self {
        let text = text.into();
        Self { cursor: text.len(), text }
    }

    /// The text.
    pub fn text(&self) -> &str {
        &self.text
    }

    /// Whether there is no text.
    pub const fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// Does `edit`; whether the text is another now.
    pub fn edit(&mut self, edit: Edit) -> bool {
        let (cursor, end) = (self.cursor, self.text.len());
        match edit {
            Edit::Insert(letter) => {
                self.text.insert(cursor, letter);
                self.cursor += letter.len_utf8();
            }
            Edit::Left => self.cursor = self.letter_left(),
            Edit::Right => self.cursor = self.letter_right(),
            Edit::WordLeft => self.cursor = self.word_left(),
            Edit::WordRight => self.cursor = self.word_right(),
            Edit::Start => self.cursor = 0,
            Edit::End => self.cursor = end,
            Edit::EraseLeft => self.erase(self.letter_left(), cursor),
            Edit::EraseRight => self.erase(cursor, self.letter_right()),
            Edit::EraseWord => self.erase(self.word_left(), cursor),
            Edit::EraseToStart => self.erase(0, cursor),
            Edit::EraseToEnd => self.erase(cursor, end),
        }
        matches!(edit, Edit::Insert(_)) || self.text.len() != end
    }

    /// What is in sight of a line in `room` columns: all of it where it fits, else a part with the cursor. `shown` makes
    /// text safe to show; `cut` stands at an end behind which there is more.
    pub fn in_sight(&self, room: usize, cut: char, shown: impl Fn(&str) -> String) -> InSight {
        let (before, after) = self.text.split_at(self.cursor);
        let (before, after) = (shown(before), shown(after));
        let letters: Vec<char> = before.chars().chain(after.chars()).collect();
        let at = before.chars().count();
        let width = letters.get(at).map_or(1, |&letter| columns(letter).max(1));
        let all: usize = letters.iter().map(|&letter| columns(letter)).sum();
        // At the end the cursor needs a column of its own.
        if all + usize::from(at == letters.len()) <= room {
            let cursor = letters[..at].iter().map(|&letter| columns(letter)).sum();
            return InSight { text: letters.into_iter().collect(), cursor, width };
        }
        // From the cursor to the left until two thirds of the room are used, then to the right, then left again.
        let (mut first, mut last, mut used) = (at, (at + 1).min(letters.len()), width);
        let fits = |used: usize, first: usize, last: usize, most: usize| {
            used + usize::from(first > 0) + usize::from(last < letters.len()) <= most
        };
        let to_left = |first: &mut usize, last: usize, used: &mut usize, most: usize| {
            while *first > 0 && fits(*used + columns(letters[*first - 1]), *first - 1, last, most) {
                *first -= 1;
                *used += columns(letters[*first]);
            }
        };
        to_left(&mut first, last, &mut used, room * 2 / 3);
        while last < letters.len() && fits(used + columns(letters[last]), first, last + 1, room) {
            used += columns(letters[last]);
            last += 1;
        }
        to_left(&mut first, last, &mut used, room);
        let (left, right) = (first > 0, last < letters.len());
        let mut text: String = left.then_some(cut).into_iter().collect();
        text.extend(&letters[first..last]);
        text.extend(right.then_some(cut));
        let before: usize = letters[first..at].iter().map(|&letter| columns(letter)).sum();
        InSight { text, cursor: before + usize::from(left), width }
    }

    fn erase(&mut self, from: usize, to: usize) {
        self.text.drain(from..to);
        self.cursor = from;
    }

    /// Where the letter before the cursor begins.
    fn letter_left(&self) -> usize {
        let mut letters = self.text[..self.cursor].char_indices().rev();
        letters.find(|(_, letter)| columns(*letter) > 0).map_or(0, |(place, _)| place)
    }

    /// Where the letter under the cursor ends.
    fn letter_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let next = rest.char_indices().skip(1).find(|(_, letter)| columns(*letter) > 0);
        next.map_or(self.text.len(), |(place, _)| self.cursor + place)
    }

    fn word_left(&self) -> usize {
        let before = &self.text[..self.cursor];
        let word = before.trim_end_matches(|letter: char| !is_of_word(letter));
        word.trim_end_matches(is_of_word).len()
    }

    fn word_right(&self) -> usize {
        let rest = &self.text[self.cursor..];
        let word = rest.trim_start_matches(|letter: char| !is_of_word(letter));
        self.text.len() - word.trim_start_matches(is_of_word).len()
    }
}

/// What words are made of; the parts of a path and the items of a list are words.
fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || columns(letter) == 0
}

fn columns(letter: char) -> usize {
    letter.width().unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use unicode_width::UnicodeWidthStr;

    /// The line after some edits, `|` for the cursor.
    fn after(text: &str, edits: &[Edit]) -> String {
        let mut line = LineEditor::new(text);
        for &edit in edits {
            line.edit(edit);
        }
        let (before, after) = line.text.split_at(line.cursor);
        format!("{before}|{after}")
    }

    #[test]
    fn letters_go_in_and_out_at_the_cursor() {
        use Edit::{End, EraseLeft, EraseRight, Insert, Left, Right, Start};
        assert_eq!(after("abc", &[Left, Insert('x')]), "abx|c");
        assert_eq!(after("abc", &[Start, Insert('x'), Right, EraseLeft]), "x|bc");
        assert_eq!(after("abc", &[Start, Right, EraseRight, End, Insert('!')]), "ac!|");
        assert_eq!(after("", &[Left, Right, EraseLeft, EraseRight, Edit::EraseWord]), "|");
        let mut line = LineEditor::new("abc");
        assert!(!line.edit(Left) && !line.edit(Start) && !line.edit(EraseLeft), "nothing has changed");
        assert!(line.edit(EraseRight) && line.edit(Insert('a')));
    }

    #[test]
    fn words_end_at_what_is_no_letter_or_digit() {
        use Edit::{EraseWord, WordLeft, WordRight};
        let list = r#"["concat", "product"]"#;
        assert_eq!(after(list, &[WordLeft]), r#"["concat", "|product"]"#);
        assert_eq!(after(list, &[WordLeft, WordLeft]), r#"["|concat", "product"]"#);
        assert_eq!(after(list, &[Edit::Start, WordRight]), r#"["concat|", "product"]"#);
        assert_eq!(after("/data/my_set.npz", &[EraseWord, EraseWord]), "/data/my_|");
        assert_eq!(after("a b", &[Edit::Start, WordRight, WordRight, WordRight]), "a b|");
    }

    #[test]
    fn a_line_is_cleared_on_either_side_of_the_cursor() {
        use Edit::{EraseToEnd, EraseToStart, Left};
        assert_eq!(after("abcd", &[Left, EraseToStart]), "|d");
        assert_eq!(after("abcd", &[Left, Left, EraseToEnd]), "ab|");
        assert_eq!(after("abcd", &[EraseToStart]), "|");
    }

    #[test]
    fn a_letter_and_its_marks_are_one_step() {
        use Edit::{EraseLeft, EraseRight, Left, Right, Start};
        let marked = "e\u{301}日x";
        assert_eq!(after(marked, &[Start, Right]), "e\u{301}|日x");
        assert_eq!(after(marked, &[Left, Left, Left]), "|e\u{301}日x");
        assert_eq!(after(marked, &[Left, EraseLeft]), "e\u{301}|x");
        assert_eq!(after(marked, &[Start, EraseRight]), "|日x");
    }

    #[test]
    fn the_cursor_is_always_in_sight_and_the_text_fits() {
        let cases = [
            "",
            "short",
            "a rather long path/to/some/file.npz",
            "日本語の長い名前のファイル.npz",
            "e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}e\u{301}",
        ];
        for text in cases {
            for room in 5..40 {
                let mut line = LineEditor::new(text);
                line.edit(Edit::Start);
                loop {
                    let seen = line.in_sight(room, '…', str::to_owned);
                    let is_at_end = line.cursor == text.len();
                    let needed = seen.text.width().max(seen.cursor + seen.width);
                    assert!(needed <= room, "{seen:?} in {room}");
                    let under = text[line.cursor..].chars().next();
                    // The letter that stands in the cursor's column is the one under the cursor.
                    let mut column = 0;
                    let found = seen.text.chars().find(|&letter| {
                        column += columns(letter);
                        columns(letter) > 0 && column > seen.cursor
                    });
                    assert_eq!(found, under, "{seen:?} in {room}, at {}", line.cursor);
                    if is_at_end {
                        break;
                    }
                    line.edit(Edit::Right);
                }
            }
        }
    }

    #[test]
    fn what_is_cut_has_a_mark_at_that_end() {
        let mut line = LineEditor::new("0123456789");
        let seen = |line: &LineEditor| line.in_sight(6, '…', str::to_owned);
        assert_eq!(seen(&line), InSight { text: "…6789".into(), cursor: 5, width: 1 });
        line.edit(Edit::Start);
        assert_eq!(seen(&line), InSight { text: "01234…".into(), cursor: 0, width: 1 });
        let all = InSight { text: "0123456789".into(), cursor: 0, width: 1 };
        assert_eq!(line.in_sight(10, '…', str::to_owned), all);
        // What is not shown takes no column.
        let hidden = LineEditor::new("ab\u{202e}").in_sight(6, '…', |text| text.replace('\u{202e}', ""));
        assert_eq!(hidden, InSight { text: "ab".into(), cursor: 2, width: 1 });
    }
}
