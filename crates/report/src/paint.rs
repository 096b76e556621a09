//! Lines for a terminal: laid out as plain text, coloured where the terminal shows colours.

use study::look::{GREEN, GREY, Hue, VERMILLION, look};
use study::model::ModelId;

/// Which colours the terminal shows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Paint {
    /// None: a pipe, a file, `NO_COLOR`.
    #[default]
    Plain,
    /// The 16 that every terminal names.
    Sixteen,
    /// The 256 of xterm.
    Indexed,
}

/// What a piece of a line is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Heading,
    /// In the fusion's own colour.
    Of(ModelId),
    /// What others are read against.
    Faint,
    /// Better than every other, and the paired test says so.
    Best,
    Good,
    Warning,
    Bad,
}

/// One line.
#[derive(Default)]
pub(super) struct Line(Vec<(Role, String)>);

impl Line {
    pub(super) fn of(role: Role, text: impl Into<String>) -> Self {
        Self(vec![(role, text.into())])
    }

    pub(super) fn text(text: impl Into<String>) -> Self {
        Self::of(Role::Text, text)
    }

    pub(super) fn push(&mut self, role: Role, text: impl Into<String>) {
        self.0.push((role, text.into()));
    }

    /// At most `width` columns, the last of them `…` where something is missing; no blanks at the end.
    pub(super) fn rendered(&self, paint: Paint, width: usize) -> String {
        let mut left = width;
        let mut line = String::new();
        let all: usize = self.0.iter().map(|(_, text)| text.trim_end_matches('\n').chars().count()).sum();
        let last = self.0.iter().rposition(|(_, text)| !text.trim_end().is_empty());
        for (index, (role, text)) in self.0.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(index) == last { text.trim_end() } else { text };
            let many = text.chars().count();
            let is_cut = many > left || (many == left && Some(index) != last && all > width);
            if is_cut {
                let kept: String = text.chars().take(left.saturating_sub(1)).chain(['…']).collect();
                line += &paint.painted(*role, &kept);
                break;
            }
            line += &paint.painted(*role, text);
            left -= many;
        }
        line
    }
}

impl Paint {
    /// Blanks stay outside, so that nothing but letters is bold or underlined.
    fn painted(self, role: Role, text: &str) -> String {
        let inner = text.trim();
        let Some(code) = self.code(role).filter(|_| !inner.is_empty()) else { return text.into() };
        let (before, rest) = text.split_at(text.len() - text.trim_start().len());
        let after = &rest[inner.len()..];
        format!("{before}\u{1b}[{code}m{inner}\u{1b}[0m{after}")
    }

    /// Select graphic rendition: mid tones that a light and a dark background show alike.
    fn code(self, role: Role) -> Option<String> {
        let (sixteen, indexed) = match role {
            Role::Text => return None,
            Role::Heading | Role::Best => (1, None),
            Role::Of(fusion) => of(look(fusion).hue),
            Role::Good => of(&GREEN),
            Role::Bad => of(&VERMILLION),
            Role::Faint => of(&GREY),
            Role::Warning => (33, Some(136)),
        };
        match (self, indexed) {
            (Self::Plain, _) => None,
            (Self::Indexed, Some(indexed)) => Some(format!("38;5;{indexed}")),
            (Self::Sixteen, _) | (_, None) => Some(sixteen.to_string()),
        }
    }
}

/// A hue as a code of the 16 and a place among the 256.
const fn of(hue: &Hue) -> (u8, Option<u8>) {
    (hue.report.0, Some(hue.report.1))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let mut line = Line::text("  ");
        line.push(Role::Of(ModelId::PRODUCT), " product ");
        line.push(Role::Bad, " failed   ");
        line
    }

    #[test]
    fn colours_stand_around_words_and_take_no_columns() {
        assert_eq!(line().rendered(Paint::Plain, 40), "   product  failed");
        assert_eq!(
            line().rendered(Paint::Sixteen, 40),
            "   \u{1b}[32mproduct\u{1b}[0m  \u{1b}[31mfailed\u{1b}[0m"
        );
        assert_eq!(line().rendered(Paint::Sixteen, 18), line().rendered(Paint::Sixteen, 40));
    }

    #[test]
    fn a_line_that_is_too_long_says_so_in_its_last_column() {
        for width in 1..18 {
            let plain = line().rendered(Paint::Plain, width);
            assert!(plain.chars().count() <= width && plain.ends_with('…'), "{width}: {plain:?}");
            let painted = line().rendered(Paint::Indexed, width);
            assert_eq!(painted.matches("\u{1b}[0m").count() * 2, painted.matches('\u{1b}').count());
        }
    }
}
