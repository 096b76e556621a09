//! A frame of the list of runs.

use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::keys::BINDINGS;
use super::list::RunList;
use super::possible::label;
use crate::chrome::{Chrome, Layer};
use crate::label_form::LabelForm;
use crate::theme::{Glyphs, Theme};
use crate::widgets::ascii::to_ascii;
use crate::widgets::edited::draw_filter;
use crate::widgets::table::{Align, Cell, GAP, TableColumn, draw_table, first_in_sight, fitting};
use monitor::listing::ListColumn;
use monitor::shown::SortOrder;
use monitor::text::{counted, cut, plain};
use study::feed::Level;
use study::listing::{RunEntry, Standing};
use study::run_state::CohortStatus;

/// Least and most columns of text for a run's state, and for its tags.
const STATE: (u16, u16) = (11, 24);
const TAGS: (u16, u16) = (4, 20);
/// Columns of a run's mark.
const MARK: u16 = 1;
/// Title, list, what is worth a line, last line.
const ROWS: [Constraint; 4] =
    [Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1), Constraint::Length(1)];

/// Everything that a frame shows.
pub(crate) struct Shown<'a> {
    pub(crate) now_ms: u64,
    /// Absent before the first look.
    pub(crate) entries: Option<&'a [RunEntry]>,
    pub(crate) list: &'a RunList,
    pub(crate) chrome: &'a Chrome,
    /// The labels that are being edited, and of which run.
    pub(crate) form: Option<(&'a LabelForm, &'a str)>,
}

/// Draws a frame.
pub(crate) fn draw_list(buffer: &mut Buffer, area: Rect, theme: Theme, shown: &Shown<'_>) {
    let &Shown { now_ms, entries, list, chrome, form } = shown;
    let [top, body, note, _] = Layout::vertical(ROWS).areas(area);
    let rows = list.shown(entries.unwrap_or_default(), now_ms);
    buffer.set_line(top.x, top.y, &title(shown, rows.len(), theme), top.width);
    if entries.is_some() {
        // What did not complete is worth more room than most runs need; so are tags.
        let widest = |column: ListColumn, (least, most): (u16, u16)| {
            let widths = rows.iter().map(|entry| column.text(entry, now_ms).chars().count());
            (widths.max().unwrap_or(0) as u16).clamp(least, most)
        };
        let room = Rect { x: body.x + MARK + GAP, width: body.width.saturating_sub(MARK + GAP), ..body };
        let state = widest(ListColumn::State, STATE);
        // Tags are cut to what the columns before them leave.
        let before = ListColumn::BY_PRIORITY.into_iter().take_while(|&column| column != ListColumn::Tags);
        let taken: u16 = before.map(|column| width(column, (state, 0)) + GAP).sum();
        let left = room.width.saturating_sub(taken).max(TAGS.0);
        let widths = (state, widest(ListColumn::Tags, TAGS).min(left));
        let columns = fitting(ListColumn::BY_PRIORITY, |column| width(column, widths), room.width);
        let mark = TableColumn { title: String::new(), width: MARK, align: Align::Left };
        let headings = columns.iter().map(|&column| heading(list, column, widths, theme));
        let headings: Vec<TableColumn> = std::iter::once(mark).chain(headings).collect();
        let cells = |place: usize| {
            let entry = rows[place];
            let mark = if list.marked.contains(&entry.path) { theme.pick("●", "*") } else { " " };
            let cell = |&column: &ListColumn| cell(column, entry, width(column, widths), now_ms, theme);
            std::iter::once((mark.to_owned(), theme.key())).chain(columns.iter().map(cell)).collect()
        };
        let cursor = (!rows.is_empty()).then(|| list.place(&rows));
        draw_table(buffer, body, theme, &headings, (rows.len(), &cells), cursor);
        if chrome.layer() == Layer::Filter {
            draw_filter(buffer, note, theme, &list.filter, list.typed().complaint());
        } else {
            buffer.set_line(note.x, note.y, &worth_a_line(shown, &rows, theme), note.width);
        }
    }
    if let Some((form, run)) = form {
        form.draw(buffer, body, theme, run);
    }
    let of_run = |binding: &'static _| label(binding, list, entries.unwrap_or_default(), &rows);
    chrome.draw(buffer, area, theme, BINDINGS, &of_run);
    if theme.glyphs == Glyphs::Ascii {
        to_ascii(buffer);
    }
}

/// The place in the list at a row of a screen of `area`.
pub(crate) fn place_at(area: Rect, list: &RunList, shown: &[&RunEntry], row: u16) -> Option<usize> {
    let [_, body, _, _] = Layout::vertical(ROWS).areas(area);
    // Below the heading.
    let line = usize::from(row.checked_sub(body.y + 1)?);
    let room = usize::from(body.height.saturating_sub(1));
    let place = first_in_sight(shown.len(), room, list.place(shown)) + line;
    (line < room && place < shown.len()).then_some(place)
}

/// How many runs there are, how many of them are shown and marked, and the filter.
fn title(shown: &Shown<'_>, rows: usize, theme: Theme) -> Line<'static> {
    let list = shown.list;
    let count = match shown.entries {
        None => "looking…".into(),
        Some(entries) if entries.len() == rows => counted(rows, "run"),
        Some(entries) => format!("{rows} of {}", counted(entries.len(), "run")),
    };
    let marks =
        if list.marked.is_empty() { String::new() } else { format!(", {} marked", list.marked.len()) };
    let mut spans =
        vec![Span::styled("superfuse  ", theme.strong()), Span::raw(count), Span::styled(marks, theme.dim())];
    if shown.chrome.is_read_only() {
        spans.push(Span::styled(theme.pick(" · ", " - "), theme.dim()));
        spans.push(Span::styled("read-only", theme.strong()));
    }
    if !list.filter.is_empty() {
        spans.push(Span::styled(format!("  filter: {}", plain(list.filter.text())), theme.key()));
    }
    Line::from(spans)
}

/// What is wrong with the filter, or with the labels of the run under the cursor; else its note.
fn worth_a_line(shown: &Shown<'_>, rows: &[&RunEntry], theme: Theme) -> Line<'static> {
    let list = shown.list;
    let complaint = list.typed().complaint();
    let warning = |why: &str| Line::styled(plain(why), theme.level(Level::Warning));
    if let Some(why) = complaint {
        return warning(&format!("filter: {why}"));
    }
    match rows.get(list.place(rows)) {
        None if list.filter.is_empty() => Line::default(),
        None => warning("no run passes the filter; Esc clears it"),
        Some(RunEntry { labels_fault: Some(why), .. }) => warning(why),
        Some(entry) if entry.labels.note().is_empty() => Line::default(),
        Some(entry) => Line::styled(format!("note: {}", plain(entry.labels.note())), theme.dim()),
    }
}

/// With so many columns of text for the state and for the tags.
const fn width(column: ListColumn, (state, tags): (u16, u16)) -> u16 {
    match column {
        ListColumn::Name => 12,
        ListColumn::State => state,
        ListColumn::Tags => tags,
        ListColumn::Done | ListColumn::Begun => 7,
        ListColumn::Best => 23,
        ListColumn::Data => 14,
        ListColumn::Directory => 28,
    }
}

fn heading(list: &RunList, column: ListColumn, widths: (u16, u16), theme: Theme) -> TableColumn {
    let mark = match list.order {
        _ if list.sort != Some(column) => "",
        SortOrder::Ascending => theme.pick("▲", "^"),
        SortOrder::Descending => theme.pick("▼", "v"),
    };
    let align = if column.is_numeric() { Align::Right } else { Align::Left };
    TableColumn { title: format!("{}{mark}", column.title()), width: width(column, widths), align }
}

fn cell(column: ListColumn, entry: &RunEntry, width: u16, now_ms: u64, theme: Theme) -> Cell {
    let text = plain(&column.text(entry, now_ms));
    let style = match column {
        ListColumn::State => style(entry, theme),
        ListColumn::Best => entry.best.map_or_else(Style::new, |best| theme.fusion(best.id.fusion)),
        ListColumn::Data | ListColumn::Directory => theme.dim(),
        ListColumn::Tags => theme.key(),
        ListColumn::Name | ListColumn::Done | ListColumn::Begun => Style::new(),
    };
    (cut(&text, usize::from(width)), style)
}

fn style(entry: &RunEntry, theme: Theme) -> Style {
    match entry.state {
        Standing::Finished if !entry.shortfall.is_none() => theme.level(Level::Warning),
        Standing::Idle => theme.status(CohortStatus::Pending),
        Standing::Running | Standing::Paused | Standing::OnCluster => theme.status(CohortStatus::Running),
        Standing::Interrupted => theme.status(CohortStatus::Stopped),
        Standing::Dead | Standing::Unreadable => theme.status(CohortStatus::Failed),
        Standing::Finished => theme.status(CohortStatus::Completed),
    }
}
