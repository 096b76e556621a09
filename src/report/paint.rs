//! Lines for a terminal: laid out as plain text, coloured where the terminal shows colours.

use crate::study::grid::Fusion;

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
    Of(Fusion),
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
    const fn code(self, role: Role) -> Option<&'static str> {
        match (self, role) {
            (Self::Plain, _) | (_, Role::Text) => None,
            (_, Role::Heading | Role::Best) => Some("1"),
            (Self::Sixteen, role) => Some(match role {
                Role::Of(Fusion::Concat) => "34",
                Role::Of(Fusion::Product) | Role::Good => "32",
                Role::Of(Fusion::Tensor) | Role::Bad => "31",
                Role::Faint => "90",
                _ => "33",
            }),
            (Self::Indexed, role) => Some(match role {
                Role::Of(Fusion::Concat) => "38;5;32",
                Role::Of(Fusion::Product) | Role::Good => "38;5;35",
                Role::Of(Fusion::Tensor) | Role::Bad => "38;5;166",
                Role::Faint => "38;5;245",
                _ => "38;5;136",
            }),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line() -> Line {
        let mut line = Line::text("  ");
        line.push(Role::Of(Fusion::Product), " product ");
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
