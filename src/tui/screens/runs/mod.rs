//! The list of runs: one is opened, several are marked and compared.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crossbeam_channel::{Receiver, never};
use crossterm::event::{KeyCode, KeyEvent, KeyModifiers};
use ratatui::Frame;
use ratatui::buffer::Buffer;
use ratatui::layout::{Constraint, Layout, Rect};
use ratatui::style::Style;
use ratatui::text::{Line, Span};

use super::page::{self, Left, Page, Turn};
use super::text::{counted, plain};
use super::theme::{Glyphs, Theme};
use super::widgets::table::{Align, Cell, GAP, TableColumn, draw_table};
use super::{MOST_COMPARED, Options, TuiError};
use crate::study::listing::{RunEntry, Standing};
use crate::study::run_state::CohortStatus;

/// The runs as they are known, sent anew whenever they change, with the time of that.
pub type RunNews = Receiver<(u64, Vec<RunEntry>)>;

/// What was chosen of the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RunChoice {
    /// To leave.
    Quit,
    /// To open this run.
    Open(PathBuf),
    /// To compare these.
    Compare(Vec<PathBuf>),
}

/// Where the list was left, to come back to.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RunList {
    /// The run under the cursor; the first one where that is none of them.
    cursor: Option<PathBuf>,
    marked: BTreeSet<PathBuf>,
}

/// Takes the terminal and shows the runs until one is chosen.
pub fn choose_run(list: &mut RunList, news: RunNews, options: &Options) -> Result<Left<RunChoice>, TuiError> {
    let page = RunsPage { news, now_ms: 0, entries: None, list, refused: None };
    page::show(page, options)
}

struct RunsPage<'a> {
    news: RunNews,
    now_ms: u64,
    /// Absent before the first look.
    entries: Option<Vec<RunEntry>>,
    list: &'a mut RunList,
    /// Why the last key did nothing.
    refused: Option<String>,
}

const KEYS: [(&str, &str); 5] = [
    ("Enter", "open"),
    ("Space", "mark"),
    ("c", "compare the marked"),
    ("Esc", "clear marks"),
    ("q", "quit"),
];

impl Page for RunsPage<'_> {
    type Choice = RunChoice;

    fn wake(&self) -> Receiver<()> {
        // News are taken each second: the list is looked at no more often.
        never()
    }

    fn take_news(&mut self) {
        if let Some((now_ms, entries)) = self.news.try_iter().last() {
            (self.now_ms, self.entries) = (now_ms, Some(entries));
        }
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        let shown =
            Shown { now_ms: self.now_ms, entries: self.entries.as_deref(), refused: self.refused.as_deref() };
        draw_list(frame.buffer_mut(), area, theme, &shown, self.list);
    }

    fn press(&mut self, key: KeyEvent) -> Turn<RunChoice> {
        let entries = self.entries.as_deref().unwrap_or_default();
        let place = self.list.place(entries);
        self.refused = None;
        let is_ctrl = key.modifiers.contains(KeyModifiers::CONTROL);
        let to = match key.code {
            KeyCode::Char('c') if is_ctrl => return Turn::Leave(RunChoice::Quit),
            KeyCode::Char('z') if is_ctrl => return Turn::Suspend,
            KeyCode::Char('q') => return Turn::Leave(RunChoice::Quit),
            KeyCode::Esc => {
                self.list.marked.clear();
                return Turn::GoOn;
            }
            KeyCode::Enter | KeyCode::Char(' ') if fault(entries, place).is_some() => {
                self.refused = fault(entries, place);
                return Turn::GoOn;
            }
            KeyCode::Enter => {
                let open = |entry: &RunEntry| Turn::Leave(RunChoice::Open(entry.path.clone()));
                return entries.get(place).map_or(Turn::GoOn, open);
            }
            KeyCode::Char('c') => {
                let marked = self.list.marked_of(entries);
                if (2..=MOST_COMPARED).contains(&marked.len()) {
                    return Turn::Leave(RunChoice::Compare(marked));
                }
                self.refused = Some(format!("mark 2 to {MOST_COMPARED} runs with Space to compare them"));
                return Turn::GoOn;
            }
            KeyCode::Char(' ') => {
                if let Some(path) = entries.get(place).map(|entry| entry.path.clone())
                    && !self.list.marked.remove(&path)
                {
                    self.list.marked.insert(path);
                }
                place + 1
            }
            KeyCode::Down | KeyCode::Char('j') => place + 1,
            KeyCode::Up | KeyCode::Char('k') => place.saturating_sub(1),
            KeyCode::PageDown => place + 10,
            KeyCode::PageUp => place.saturating_sub(10),
            KeyCode::Home | KeyCode::Char('g') => 0,
            KeyCode::End | KeyCode::Char('G') => usize::MAX,
            _ => place,
        };
        self.list.cursor =
            entries.get(to.min(entries.len().saturating_sub(1))).map(|entry| entry.path.clone());
        Turn::GoOn
    }
}

impl RunList {
    fn place(&self, entries: &[RunEntry]) -> usize {
        entries.iter().position(|entry| Some(&entry.path) == self.cursor.as_ref()).unwrap_or(0)
    }

    /// With these marked.
    #[cfg(test)]
    pub(super) fn marking(marked: impl IntoIterator<Item = PathBuf>) -> Self {
        Self { cursor: None, marked: marked.into_iter().collect() }
    }

    /// The marked runs that are there, in the list's order.
    fn marked_of(&self, entries: &[RunEntry]) -> Vec<PathBuf> {
        let marked = entries.iter().filter(|entry| self.marked.contains(&entry.path));
        marked.map(|entry| entry.path.clone()).collect()
    }
}

/// Why the run at `place` cannot be opened, where it cannot.
fn fault(entries: &[RunEntry], place: usize) -> Option<String> {
    entries.get(place).filter(|entry| entry.state == Standing::Unreadable)?.fault.clone()
}

/// What a frame shows beside the list's own state.
pub(super) struct Shown<'a> {
    pub(super) now_ms: u64,
    /// Absent before the first look.
    pub(super) entries: Option<&'a [RunEntry]>,
    /// Why the last key did nothing.
    pub(super) refused: Option<&'a str>,
}

/// Draws a frame.
pub(super) fn draw_list(buffer: &mut Buffer, area: Rect, theme: Theme, shown: &Shown<'_>, list: &RunList) {
    let &Shown { now_ms, entries, refused } = shown;
    let [top, body, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Fill(1), Constraint::Length(1)]).areas(area);
    let count = entries.map_or_else(|| "looking…".into(), |entries| counted(entries.len(), "run"));
    let title = vec![
        Span::styled("superfuse  ", theme.strong()),
        Span::raw(count),
        Span::styled(marks(list.marked.len()), theme.dim()),
    ];
    buffer.set_line(top.x, top.y, &Line::from(title), top.width);
    if let Some(entries) = entries {
        let columns = columns(body.width);
        let headings: Vec<TableColumn> = columns.iter().map(|&column| column.heading()).collect();
        let cells = |place: usize| {
            let entry = &entries[place];
            let is_marked = list.marked.contains(&entry.path);
            columns.iter().map(|column| column.cell(entry, is_marked, now_ms, theme)).collect()
        };
        let cursor = (!entries.is_empty()).then(|| list.place(entries));
        draw_table(buffer, body, theme, &headings, (entries.len(), &cells), cursor);
    }
    let keys = KEYS.iter().flat_map(|&(key, does)| {
        [Span::styled(key, theme.key()), Span::styled(format!(" {does}  "), theme.dim())]
    });
    let foot = match refused {
        Some(why) => Line::styled(plain(why), theme.status(CohortStatus::Failed)),
        None => Line::from(keys.collect::<Vec<_>>()),
    };
    buffer.set_line(bottom.x, bottom.y, &foot, bottom.width);
    if theme.glyphs == Glyphs::Ascii {
        super::draw::to_ascii(buffer);
    }
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
            Self::State => ("state", 11),
            Self::Done => ("done", 7),
            Self::Age => ("begun", 7),
            Self::Data => ("data", 14),
            Self::Path => ("directory", 28),
        }
    }

    fn heading(self) -> TableColumn {
        let (title, width) = self.title();
        let align = if matches!(self, Self::Done | Self::Age) { Align::Right } else { Align::Left };
        TableColumn { title: title.into(), width, align }
    }

    fn cell(self, entry: &RunEntry, is_marked: bool, now_ms: u64, theme: Theme) -> Cell {
        let directory = || entry.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match self {
            Self::Mark => (if is_marked { theme.pick("●", "*") } else { " " }.into(), theme.key()),
            Self::Name => (plain(&entry.name), Style::new()),
            Self::State => (entry.state.name().into(), style(entry.state, theme)),
            Self::Done => (format!("{}/{}", entry.done, entry.all), Style::new()),
            Self::Age => (entry.age(now_ms).unwrap_or_default(), Style::new()),
            Self::Data => (plain(&entry.data), theme.dim()),
            Self::Path => (plain(&directory()), theme.dim()),
        }
    }
}

fn style(state: Standing, theme: Theme) -> Style {
    match state {
        Standing::Running | Standing::Paused => theme.status(CohortStatus::Running),
        Standing::Interrupted => theme.status(CohortStatus::Stopped),
        Standing::Dead | Standing::Failed | Standing::Unreadable => theme.status(CohortStatus::Failed),
        Standing::Finished => theme.status(CohortStatus::Completed),
    }
}

/// The columns that fit, shown from left to right.
fn columns(width: u16) -> Vec<Column> {
    let mut left = width + GAP;
    let fits = |column: &Column| {
        let needed = column.title().1 + GAP;
        left.checked_sub(needed).inspect(|&rest| left = rest).is_some()
    };
    let mut columns: Vec<Column> = Column::BY_PRIORITY.into_iter().take_while(fits).collect();
    columns.sort_unstable();
    columns
}
