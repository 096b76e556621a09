//! The list of runs: one is opened, several are marked and compared.

pub mod draw;
pub mod keys;
mod list;
mod possible;
mod sections;

use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

use crossbeam_channel::Receiver;
use ratatui::Frame;
use ratatui::layout::Rect;

use super::compare::MOST_COMPARED;
use crate::chrome::{Chrome, Layer, SearchKey};
use crate::keymap::{Binding, Direction};
use crate::label_form::LabelForm;
use crate::labels::{self, LabelRequest, LabelThread};
use crate::screen::{Left, Outcome, Screen};
use crate::terminal::MousePress;
use crate::theme::Theme;
use crate::widgets::line_editor::{Edit, LineEditor};
use crate::{Options, TuiError, runtime};
use draw::{Shown, draw_list, place_at};
use keys::{Action, BINDINGS};
pub use list::RunList;
use monitor::listing::ListColumn;
use monitor::model::Change;
use monitor::shown::SortOrder;
use possible::{error_of, label};
use study::access::Access;
use study::feed::Level;
use study::labels::Labels;
use study::listing::RunEntry;

/// Runs that a page key moves over.
const PAGE: usize = 10;

/// The known runs with the current time, sent whenever they change.
pub type RunUpdates = Receiver<(u64, Vec<RunEntry>)>;

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

/// Takes the terminal and shows the runs until one is chosen.
pub fn choose_run(
    list: &mut RunList,
    updates: RunUpdates,
    options: &Options,
) -> Result<Left<RunChoice>, TuiError> {
    let labels = labels::start().map_err(TuiError::NoInput)?;
    runtime::show(RunsScreen::new(list, updates, labels, options.access), options)
}

struct RunsScreen<'a> {
    updates: RunUpdates,
    now_ms: u64,
    /// Absent before the first look.
    entries: Option<Vec<RunEntry>>,
    list: &'a mut RunList,
    access: Access,
    labels: LabelThread,
    /// The labels that are being edited, and whose they are.
    form: Option<(PathBuf, LabelForm)>,
    /// Whether labels are being written.
    is_saving: bool,
    chrome: Chrome,
}

impl Screen for RunsScreen<'_> {
    type Action = Action;
    type Scope = Layer;
    type Choice = RunChoice;

    const TABLE: &'static [Binding<Action, Layer>] = BINDINGS;

    fn context(&self) -> Layer {
        self.chrome.layer()
    }

    fn shows_keys(&self) -> bool {
        matches!(self.context(), Layer::Screen | Layer::ReadOnly)
    }

    fn pasted(&self, letter: char) -> Option<Action> {
        match self.context() {
            Layer::Filter | Layer::Labels => Some(Action::Type(letter)),
            Layer::Search => Some(Action::Search(SearchKey::Type(letter))),
            _ => None,
        }
    }

    fn update(&mut self, action: Action) -> Outcome<RunChoice> {
        self.chrome.clear();
        match action {
            Action::Open => return self.open(),
            Action::Mark => self.mark(),
            Action::Compare => return self.compare(),
            Action::Back if self.list.filter.is_empty() => self.list.marked.clear(),
            Action::Back => self.list.filter = LineEditor::default(),
            Action::Label => self.label(),
            Action::Filter => {
                self.list.filter.edit(Edit::End);
                self.chrome.set_typing(Some(Layer::Filter));
            }
            Action::SortColumn => {
                (self.list.sort, self.list.order) = (ListColumn::after(self.list.sort), SortOrder::Ascending);
                self.point(0);
            }
            Action::SortDirection if self.list.sort.is_none() => {
                self.chrome.say(Level::Warning, "no column is sorted; `,` sorts by the next one");
            }
            Action::SortDirection => {
                self.list.order = self.list.order.other();
                self.point(0);
            }
            Action::Type(letter) => self.edit(Edit::Insert(letter)),
            Action::Line(edit) => self.edit(edit),
            Action::Step(by) => {
                if let Some((_, form)) = &mut self.form {
                    form.step(by);
                }
            }
            Action::Accept => self.accept(),
            Action::Cancel => {
                if self.form.take().is_none() {
                    self.list.filter = LineEditor::default();
                }
                self.chrome.set_typing(None);
            }
            Action::Move(direction) => self.move_cursor(direction),
            Action::Point(place) => self.point(place),
            Action::Help => self.chrome.toggle_help(),
            Action::Search(key) => self.chrome.search(key),
            Action::ToggleMouse => return Outcome::ToggleMouse,
            Action::Quit => return Outcome::Leave(RunChoice::Quit),
            Action::Suspend => return Outcome::Suspend,
        }
        Outcome::Stay
    }

    fn draw(&self, frame: &mut Frame<'_>, theme: Theme) {
        let area = frame.area();
        let shown = Shown {
            now_ms: self.now_ms,
            entries: self.entries.as_deref(),
            list: self.list,
            chrome: &self.chrome,
            form: self.form.as_ref().map(|(run, form)| (form, self.name_of(run))),
        };
        draw_list(frame.buffer_mut(), area, theme, &shown);
    }

    fn hit(&self, area: Rect, theme: Theme, (press, column, row): (MousePress, u16, u16)) -> Option<Action> {
        match press {
            MousePress::WheelUp => return Some(Action::Move(Direction::Up)),
            MousePress::WheelDown => return Some(Action::Move(Direction::Down)),
            MousePress::Button => {}
        }
        if row + 1 == area.height {
            let (entries, shown) = (self.entries.as_deref().unwrap_or_default(), self.shown());
            let label = |binding: &'static Binding<Action, Layer>| label(binding, self.list, entries, &shown);
            return self.chrome.hit(theme, (BINDINGS, &label), area.width, column);
        }
        let is_free = matches!(self.context(), Layer::Screen | Layer::ReadOnly);
        is_free.then(|| place_at(area, self.list, &self.shown(), row)).flatten().map(Action::Point)
    }

    fn say(&mut self, level: Level, text: &str) {
        self.chrome.say(level, text);
    }

    fn refresh(&mut self) -> ControlFlow<RunChoice, Change> {
        let mut change = Change::None;
        if let Some((now_ms, entries)) = self.updates.try_iter().last() {
            (self.now_ms, self.entries) = (now_ms, Some(entries));
            change = Change::Some;
        }
        if let Ok(answer) = self.labels.answers.try_recv() {
            self.take(&answer.run_dir, answer.labels);
            change = Change::Some;
        }
        ControlFlow::Continue(change)
    }

    fn wakes(&self) -> Vec<Receiver<()>> {
        vec![self.labels.wake.clone()]
    }

    fn resize(&mut self, area: Rect) {
        self.chrome.resize(area);
    }
}

impl Drop for RunsScreen<'_> {
    fn drop(&mut self) {
        if self.is_saving {
            labels::wait_for(&self.labels);
        }
    }
}

impl<'a> RunsScreen<'a> {
    fn new(list: &'a mut RunList, updates: RunUpdates, labels: LabelThread, access: Access) -> Self {
        let chrome = Chrome::with(access);
        Self { updates, now_ms: 0, entries: None, list, access, labels, form: None, is_saving: false, chrome }
    }

    /// The runs that pass the filter, in the order asked for.
    fn shown(&self) -> Vec<&RunEntry> {
        self.list.shown(self.entries.as_deref().unwrap_or_default(), self.now_ms)
    }

    fn under_cursor(&self) -> Option<&RunEntry> {
        let shown = self.shown();
        shown.get(self.list.place(&shown)).copied()
    }

    fn point(&mut self, place: usize) {
        let entries = self.entries.as_deref().unwrap_or_default();
        let shown = self.list.shown(entries, self.now_ms);
        self.list.point(&shown, place);
    }

    fn name_of(&self, run: &Path) -> &str {
        let entries = self.entries.as_deref().unwrap_or_default();
        entries.iter().find(|entry| entry.path == run).map_or("", RunEntry::shown_name)
    }

    /// Opens the box with the labels of the run under the cursor, if they may and can be changed.
    fn label(&mut self) {
        let Some(entry) = self.under_cursor() else { return };
        let refusal = self.access.or(entry.access).refusal().or_else(|| entry.labels_fault.clone());
        let busy = || self.is_saving.then(|| "the last labels are still being saved".to_owned());
        if let Some(why) = refusal.or_else(busy) {
            return self.chrome.say(Level::Warning, why);
        }
        self.form = Some((entry.path.clone(), LabelForm::of(&entry.labels)));
        self.chrome.set_typing(Some(Layer::Labels));
    }

    /// Changes the filter, or the labels while these are edited.
    fn edit(&mut self, edit: Edit) {
        match &mut self.form {
            Some((_, form)) => form.edit(edit),
            None => drop(self.list.filter.edit(edit)),
        }
    }

    /// Keeps the filter, or saves the labels.
    fn accept(&mut self) {
        if let Some((run, form)) = &mut self.form {
            let Some(change) = form.change() else { return };
            if !change.is_empty() {
                self.labels.request(LabelRequest { run_dir: run.clone(), change });
                self.is_saving = true;
            }
            self.form = None;
        }
        self.chrome.set_typing(None);
    }

    /// Takes what became of labels. The next look finds them too.
    fn take(&mut self, run: &Path, labels: Result<Labels, String>) {
        self.is_saving = false;
        match labels {
            Ok(labels) => {
                let entries = self.entries.iter_mut().flatten();
                entries.filter(|entry| entry.path == run).for_each(|entry| entry.labels = labels.clone());
            }
            Err(why) => self.chrome.say(Level::Error, why),
        }
    }

    fn open(&mut self) -> Outcome<RunChoice> {
        let Some(entry) = self.under_cursor() else { return Outcome::Stay };
        match error_of(entry) {
            Some(error) => self.chrome.say(Level::Error, error),
            None => return Outcome::Leave(RunChoice::Open(entry.path.clone())),
        }
        Outcome::Stay
    }

    fn mark(&mut self) {
        let Some(entry) = self.under_cursor() else { return };
        if let Some(error) = error_of(entry) {
            return self.chrome.say(Level::Error, error);
        }
        let path = entry.path.clone();
        if !self.list.marked.remove(&path) {
            self.list.marked.insert(path);
        }
        self.move_cursor(Direction::Down);
    }

    fn compare(&mut self) -> Outcome<RunChoice> {
        let marked = self.list.marked_of(self.entries.as_deref().unwrap_or_default());
        if (2..=MOST_COMPARED).contains(&marked.len()) {
            return Outcome::Leave(RunChoice::Compare(marked));
        }
        let text = format!("mark 2 to {MOST_COMPARED} runs with Space to compare them");
        self.chrome.say(Level::Error, text);
        Outcome::Stay
    }

    fn move_cursor(&mut self, direction: Direction) {
        if self.chrome.scroll(BINDINGS, direction) {
            return;
        }
        let shown = self.shown();
        let place = direction.along(self.list.place(&shown), shown.len().saturating_sub(1), PAGE);
        self.point(place);
    }
}

#[cfg(test)]
mod tests;
