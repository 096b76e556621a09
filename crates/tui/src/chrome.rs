//! The last line of a simple screen (a message, else the keys) and its help.

use ratatui::buffer::Buffer;
use ratatui::layout::Rect;
use ratatui::text::Line;

use super::keymap::{Binding, Direction, Scope, Sectioned, bindings};
use super::screen::Status;
use super::theme::Theme;
use super::widgets::footer::{self, Label};
use super::widgets::help::{Search, draw_help, scroll_help};
use monitor::text::plain;
use study::access::Access;
use study::feed::Level;

/// The scopes, and the contexts, of such a screen's keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Both.
    Everywhere,
    /// The screen, with nothing over it.
    Screen,
    /// The same, where it changes something: not in what is only looked at.
    Changing,
    /// As a context the screen of what is only looked at; as a scope that alone.
    ReadOnly,
    /// The line in which a filter is typed.
    Filter,
    /// The box in which labels are edited.
    Labels,
    /// As a scope both of these: a line is edited.
    Line,
    /// The help.
    Help,
    /// The line in which the help's search is typed.
    Search,
}

/// The state of the last line and of the help.
#[derive(Clone, Debug, Default)]
pub(super) struct Chrome {
    area: Rect,
    /// Its first line, where it is open.
    help: Option<usize>,
    /// What is looked for in it.
    search: Search,
    /// What else has the keyboard.
    typing: Option<Layer>,
    is_read_only: bool,
    status: Option<Status>,
}

/// What a key asks for of the help's search.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SearchKey {
    /// Type one.
    Begin,
    /// A letter more.
    Type(char),
    /// The last letter away.
    Erase,
    /// Keep what is found.
    Keep,
    /// Clear it; without one close the help.
    Clear,
}

/// A key's text in the footer, where it does something now; else nothing.
pub(super) type LabelOf<'a, A> = &'a dyn Fn(&'static Binding<A, Layer>) -> &'static str;

impl Scope for Layer {
    type Context = Self;

    fn holds(self, context: Self) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Screen => matches!(context, Self::Screen | Self::ReadOnly),
            Self::Changing => context == Self::Screen,
            Self::Line => matches!(context, Self::Filter | Self::Labels),
            Self::ReadOnly | Self::Filter | Self::Labels | Self::Help | Self::Search => self == context,
        }
    }
}

impl Chrome {
    /// Of a screen whose runs are only looked at, where `access` says so.
    pub(super) fn with(access: Access) -> Self {
        Self { is_read_only: access.is_read_only(), ..Self::default() }
    }

    /// What has the keyboard.
    pub(super) const fn layer(&self) -> Layer {
        match self.typing {
            _ if self.help.is_some() && self.search.is_typed => Layer::Search,
            _ if self.help.is_some() => Layer::Help,
            Some(layer) => layer,
            None if self.is_read_only => Layer::ReadOnly,
            None => Layer::Screen,
        }
    }

    /// Whether runs are only looked at.
    pub(super) const fn is_read_only(&self) -> bool {
        self.is_read_only
    }

    /// Gives the keyboard to what is typed in; `None` gives it back to the screen.
    pub(super) const fn set_typing(&mut self, typing: Option<Layer>) {
        self.typing = typing;
    }

    pub(super) const fn resize(&mut self, area: Rect) {
        self.area = area;
    }

    /// The screen.
    pub(super) const fn area(&self) -> Rect {
        self.area
    }

    /// Answers the last key.
    pub(super) fn say(&mut self, level: Level, text: impl Into<String>) {
        self.status = Some(Status { level, text: text.into() });
    }

    /// Takes the answer away, at the next key.
    pub(super) fn clear(&mut self) {
        self.status = None;
    }

    /// Opens the help; closes it where it is open.
    pub(super) fn toggle_help(&mut self) {
        self.help = if self.help.is_some() { None } else { Some(0) };
        self.search = Search::default();
    }

    /// Does what a key asks for of the search in the help, which is open.
    pub(super) fn search(&mut self, key: SearchKey) {
        match key {
            SearchKey::Clear if self.search == Search::default() => return self.toggle_help(),
            SearchKey::Clear => self.search = Search::default(),
            SearchKey::Begin => self.search.is_typed = true,
            SearchKey::Keep => self.search.is_typed = false,
            SearchKey::Type(letter) => self.search.text.push(letter),
            SearchKey::Erase => drop(self.search.text.pop()),
        }
        // What is found begins at the top.
        self.help = Some(0);
    }

    /// Scrolls the help, where it is open; whether it is.
    pub(super) fn scroll<A: Copy + Sectioned<Layer>>(
        &mut self,
        table: &[Binding<A, Layer>],
        direction: Direction,
    ) -> bool {
        let rows = usize::from(self.area.height.saturating_sub(1));
        let table = self.helped(table);
        let scrolled = |first| scroll_help(&table, (self.area.width, rows), (first, &self.search), direction);
        self.help = self.help.map(scrolled);
        self.help.is_some()
    }

    /// Draws over a frame whose last line is free.
    pub(super) fn draw<A: Sectioned<Layer>>(
        &self,
        buffer: &mut Buffer,
        area: Rect,
        theme: Theme,
        table: &'static [Binding<A, Layer>],
        label: LabelOf<'_, A>,
    ) {
        if area.is_empty() {
            return;
        }
        let last = Rect { y: area.bottom() - 1, height: 1, ..area };
        match &self.status {
            Some(status) => {
                let line = Line::styled(plain(&status.text), theme.level(status.level));
                buffer.set_line(last.x, last.y, &line, last.width);
            }
            None => footer::draw(buffer, last, theme, self.labels(theme, table, label, last.width)),
        }
        if let Some(first) = self.help {
            let over = Rect { height: area.height - 1, ..area };
            draw_help(buffer, over, theme, &self.helped(table), (first, &self.search));
        }
    }

    /// The lines of the help: without the keys that do nothing here.
    fn helped<A: Copy>(&self, table: &[Binding<A, Layer>]) -> Vec<Binding<A, Layer>> {
        let changes = |layer: Layer| matches!(layer, Layer::Changing | Layer::Labels);
        let is_there = |binding: &&Binding<A, Layer>| !(self.is_read_only && changes(binding.scope));
        table.iter().filter(is_there).copied().collect()
    }

    /// The action of the last line at `column`.
    pub(super) fn hit<A: Copy>(
        &self,
        theme: Theme,
        (table, label): (&'static [Binding<A, Layer>], LabelOf<'_, A>),
        width: u16,
        column: u16,
    ) -> Option<A> {
        self.status.is_none().then(|| footer::hit(&self.labels(theme, table, label, width), column)).flatten()
    }

    fn labels<A: Copy>(
        &self,
        theme: Theme,
        table: &'static [Binding<A, Layer>],
        label: LabelOf<'_, A>,
        width: u16,
    ) -> Vec<Label<A>> {
        let is_screen = matches!(self.layer(), Layer::Screen | Layer::ReadOnly);
        let text = |binding: &'static Binding<A, Layer>| {
            (binding, if is_screen { label(binding) } else { binding.label })
        };
        footer::labels(bindings(table, self.layer()).map(text), theme.glyphs, width)
    }
}
