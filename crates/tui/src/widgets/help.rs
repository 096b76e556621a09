//! A screen's keys in a box over it: by heading, and of a search the lines that it finds.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};
use ratatui::widgets::{Clear, Widget};

use super::dialog::{centred, draw_more_below, framed};
use super::lines::FRAME;
use crate::keymap::{Binding, Direction, Sectioned, help_by_section};
use crate::theme::{Glyphs, Theme};
use monitor::text::{plain, wrapped};

/// Columns by which keys stand below their heading.
const INDENT: usize = 2;
/// Columns of the keys, enough for their longest names: lines are as many with either set of glyphs. And between
/// them and what they do.
const KEYS: usize = 26;
const GAP: usize = 2;
/// Most columns of what they do.
const DOES: usize = 78;

/// What is looked for in the help.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Search {
    /// Words, all of which a line has; of none every line is shown.
    pub text: String,
    /// Whether it has the keyboard.
    pub is_typed: bool,
}

/// A line of the help.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum HelpLine {
    /// A heading.
    Heading(&'static str),
    /// Keys and what they do; empty where a line goes on.
    Keys(String, String),
}

/// Draws a screen's keys from line `first` on, over the middle of `area`.
pub fn draw_help<A: Sectioned<S>, S: Copy + 'static>(
    buffer: &mut Buffer,
    area: Rect,
    theme: Theme,
    table: &[Binding<A, S>],
    (first, search): (usize, &Search),
) {
    // As high as without a search, so that the box stays while one types.
    let all = help_lines(table, theme.glyphs, area.width, &Search::default()).len();
    let place = centred(area, (INDENT + KEYS + GAP + DOES) as u16 + FRAME, all as u16 + 2);
    let title = match (search.is_typed, search.text.as_str()) {
        (true, text) => format!("Keys with: {}{}", plain(text), theme.pick("▏", "_")),
        (false, "") => "Keys".to_owned(),
        (false, text) => format!("Keys with: {}", plain(text)),
    };
    Clear.render(place, buffer);
    let block = framed(theme, &title);
    let inner = block.inner(place);
    block.render(place, buffer);
    let room = Rect { x: inner.x + 1, width: inner.width.saturating_sub(2), ..inner };
    let mut lines = help_lines(table, theme.glyphs, area.width, search);
    if lines.is_empty() {
        lines.push(HelpLine::Heading("no key does this"));
    }
    let height = usize::from(room.height);
    let first = first.min(lines.len().saturating_sub(height));
    for (row, line) in lines.iter().skip(first).take(height).enumerate() {
        let line = match line {
            HelpLine::Heading(heading) => Line::styled(*heading, theme.strong()),
            HelpLine::Keys(keys, does) => Line::from(vec![
                Span::raw(" ".repeat(INDENT)),
                Span::styled(format!("{keys:<width$}", width = KEYS + GAP), theme.key()),
                Span::raw(does.as_str()),
            ]),
        };
        buffer.set_line(room.x, room.y + row as u16, &line, room.width);
    }
    draw_more_below(buffer, place, theme, lines.len().saturating_sub(first + height));
}

/// The help's first line on a screen of so many columns and rows, once it was scrolled from `first` on.
pub fn scroll_help<A: Sectioned<S>, S: Copy + 'static>(
    table: &[Binding<A, S>],
    (columns, rows): (u16, usize),
    (first, search): (usize, &Search),
    direction: Direction,
) -> usize {
    let page = rows.saturating_sub(2).max(1);
    let last = help_lines(table, Glyphs::Unicode, columns, search).len().saturating_sub(page);
    direction.along(first.min(last), last, page)
}

/// The lines that `search` finds, as they stand below each other on a screen of `width`.
pub fn help_lines<A: Sectioned<S>, S: Copy + 'static>(
    table: &[Binding<A, S>],
    glyphs: Glyphs,
    width: u16,
    search: &Search,
) -> Vec<HelpLine> {
    let beside = FRAME + (INDENT + KEYS + GAP) as u16;
    let room = usize::from(width.saturating_sub(beside)).clamp(1, DOES);
    let mut lines = Vec::new();
    for (section, keys) in help_by_section(table, glyphs) {
        let heading = section.heading();
        let found: Vec<_> =
            keys.into_iter().filter(|(keys, does)| search.finds([heading, keys, does])).collect();
        if !found.is_empty() {
            lines.push(HelpLine::Heading(heading));
        }
        for (keys, does) in found {
            let (keys, does) = (wrapped(&keys, KEYS), wrapped(does, room));
            for place in 0..keys.len().max(does.len()) {
                let of = |part: &[String]| part.get(place).cloned().unwrap_or_default();
                lines.push(HelpLine::Keys(of(&keys), of(&does)));
            }
        }
    }
    lines
}

impl Search {
    /// Whether `texts` together have all its words; case does not matter.
    fn finds(&self, texts: [&str; 3]) -> bool {
        let text = texts.join(" ").to_lowercase();
        self.text.split_whitespace().all(|word| text.contains(&word.to_lowercase()))
    }
}
