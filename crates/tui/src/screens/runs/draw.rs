//! A frame of the list of runs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::keys::BINDINGS;
use super::list::RunList;
use crate::chrome::Chrome;
use crate::theme::{Glyphs, Theme};
use crate::widgets::ascii::to_ascii;
use crate::widgets::table::{Align, Cell, TableColumn, draw_table, first_in_sight, fitting};
use monitor::text::{counted, plain};
use study::feed::Level;
use study::listing::{RunEntry, Standing};
use study::run_state::CohortStatus;

/// Least and most columns of text for a run's state.
const STATE: (u16, u16) = (11, 24);
/// Title, list, last line.
const ROWS: [Constraint; 3] = [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)];

/// Everything that a frame shows.
pub(crate) struct Shown<'a> {
    pub(crate) now_ms: u64,
    /// Absent before the first look.
    pub(crate) entries: Option<&'a [RunEntry]>,
    pub(crate) list: &'a RunList,
    pub(crate) chrome: &'a Chrome,
}

/// Draws a frame.
pub(crate) fn draw_list(buffer: &mut Buffer, area: Rect, theme: Theme, shown: &Shown<'_>) {
    let &Shown { now_ms, entries, list, chrome } = shown;
    let [top, body, _] = Layout::vertical(ROWS).areas(area);
    let count = entries.map_or_else(|| "looking…".into(), |entries| counted(entries.len(), "run"));
    let title = vec![
        Span::styled("superfuse  ", theme.strong()),
        Span::raw(count),
        Span::styled(marks(list.marked.len()), theme.dim()),
    ];
    buffer.set_line(top.x, top.y, &Line::from(title), top.width);
    if let Some(entries) = entries {
        // What did not complete is worth more room than most runs need.
        let state = entries.iter().map(|entry| entry.state.text(entry.shortfall).chars().count()).max();
        let state = (state.unwrap_or(0) as u16).clamp(STATE.0, STATE.1);
        let columns = fitting(Column::BY_PRIORITY, |column| column.width(state), body.width);
        let headings: Vec<TableColumn> = columns.iter().map(|&column| column.heading(state)).collect();
        let cells = |place: usize| {
            let entry = &entries[place];
            let is_marked = list.marked.contains(&entry.path);
            columns.iter().map(|column| column.cell(entry, is_marked, now_ms, theme)).collect()
        };
        let cursor = (!entries.is_empty()).then(|| list.place(entries));
        draw_table(buffer, body, theme, &headings, (entries.len(), &cells), cursor);
    }
    chrome.draw(buffer, area, theme, BINDINGS);
    if theme.glyphs == Glyphs::Ascii {
        to_ascii(buffer);
    }
}

/// The place in the list at a row of a screen of `area`.
pub(crate) fn place_at(area: Rect, list: &RunList, entries: &[RunEntry], row: u16) -> Option<usize> {
    let [_, body, _] = Layout::vertical(ROWS).areas(area);
    // Below the heading.
    let line = usize::from(row.checked_sub(body.y + 1)?);
    let room = usize::from(body.height.saturating_sub(1));
    let place = first_in_sight(entries.len(), room, list.place(entries)) + line;
    (line < room && place < entries.len()).then_some(place)
}

fn marks(marked: usize) -> String {
    if marked == 0 { String::new() } else { format!(", {marked} marked") }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Column {
    Mark,
    Name,
    State,
    Done,
    Age,
    Data,
    Path,
}

impl Column {
    const BY_PRIORITY: [Self; 7] =
        [Self::Mark, Self::Name, Self::State, Self::Done, Self::Age, Self::Path, Self::Data];

    const fn title(self) -> (&'static str, u16) {
        match self {
            Self::Mark => ("", 1),
            Self::Name => ("run", 12),
            Self::State => ("state", STATE.0),
            Self::Done => ("done", 7),
            Self::Age => ("begun", 7),
            Self::Data => ("data", 14),
            Self::Path => ("directory", 28),
        }
    }

    fn heading(self, state: u16) -> TableColumn {
        let (title, width) = (self.title().0, self.width(state));
        let align = if matches!(self, Self::Done | Self::Age) { Align::Right } else { Align::Left };
        TableColumn { title: title.into(), width, align }
    }

    /// With so many columns of text for the state.
    const fn width(self, state: u16) -> u16 {
        match self {
            Self::State => state,
            // The directory is cut first; its beginning matters most.
            Self::Path => self.title().1 - if state > 20 { 9 } else { state - STATE.0 },
            _ => self.title().1,
        }
    }

    fn cell(self, entry: &RunEntry, is_marked: bool, now_ms: u64, theme: Theme) -> Cell {
        let directory = || entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match self {
            Self::Mark => (if is_marked { theme.pick("●", "*") } else { " " }.into(), theme.key()),
            Self::Name => (plain(&entry.name), Style::new()),
            Self::State => (entry.state.text(entry.shortfall), style(entry, theme)),
            Self::Done => (format!("{}/{}", entry.done, entry.all), Style::new()),
            Self::Age => (entry.age(now_ms).unwrap_or_default(), Style::new()),
            Self::Data => (plain(&entry.data), theme.dim()),
            Self::Path => (plain(&directory()), theme.dim()),
        }
    }
}

fn style(entry: &RunEntry, theme: Theme) -> Style {
    match entry.state {
        Standing::Finished if !entry.shortfall.is_none() => theme.level(Level::Warning),
        Standing::Idle => theme.status(CohortStatus::Pending),
        Standing::Running | Standing::Paused => theme.status(CohortStatus::Running),
        Standing::Interrupted => theme.status(CohortStatus::Stopped),
        Standing::Dead | Standing::Unreadable => theme.status(CohortStatus::Failed),
        Standing::Finished => theme.status(CohortStatus::Completed),
    }
}
