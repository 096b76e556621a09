//! The run screen's table of keys, see [`crate::keymap`].

use crossterm::event::{KeyCode, KeyEvent};

use super::on_cluster;
use super::ui_state::{Detail, Overlay, UiState, View};
use crate::keymap::{self, c, row};
use crate::widgets::line_editor::Edit;
use study::access::Access;

pub use super::action::{Action, Context, Scope};

use Action as A;
use KeyCode as K;
use keymap::Binding;
use keymap::Direction as D;
use keymap::Key::{Alt, Ctrl, CtrlArrow, Plain};

const READ: &str = "read values at the curves' next point, the next size or model; at the one before";
const ZOOM: &str = "zoom the y axes of the charts: in; out, to all that the number can be";
const READING: &str =
    "validation / test; noise with its mean / without; configurations / trials; accuracy / robustness";
const PAGE: &str = "the next page of an opened configuration, the one before";
const BAND: &str = "band: std → 95 % interval → min–max → each seed";
const AXIS: &str = "log / linear axis of train sizes; axis of parameters / of computation";
const CHOICE: &str = "the next choice of the form's field, the one before";
const FIELDS: &str = "the next field of the form, the one before";
const LETTER: &str = "in a field: a letter to the left, to the right";
const WORD: &str = "in a field: a word to the left, to the right";
const ALSO_WORD: &str = "the same, where a terminal keeps Ctrl with an arrow for itself";
const ENDS: &str = "in a field: to its beginning, to its end";
const ERASE: &str = "erase the letter before the cursor, the one under it";
const CLEAR: &str = "erase the field up to the cursor, from the cursor on";
const GRID_VIEWS: Scope = Scope::In(&[
    View::Overview,
    View::Accuracy,
    View::Robustness,
    View::Roc,
    View::Alignment,
    View::Complexity,
]);
const FILTER: &str = "filter rows, all terms have to match: `product real 64`, `fusion=product size>512 acc>=.8`; keys: fusion, \
     task, state, size, seeds or seed, val, acc, auc";
const LABELS: &str = "the next label, the one before";
const MOVE: &str = "move the cursor: sideways over train sizes, up and down over rows; scroll";
const JOBS: &str = "the jobs of a run on a cluster";
const VIEWS: &str = "the views, as numbered at the top; the one before, the next";

/// The table, in the order of the help; the footer shows as many as fit, from the top.
pub const BINDINGS: &[Binding<Action, Scope>] = &[
    row(&[c('s')], A::Start, Scope::Views, "start", "start, or continue"),
    row(
        &[c('E')],
        A::Edit,
        Scope::Views,
        "edit",
        "edit the study before the start: data set, device, fusions, tasks, sizes, seeds, training",
    ),
    row(
        &[c('d')],
        A::Health,
        Scope::Views,
        "",
        "the data's health report: norms, copies, labels, and what logistic regression reaches",
    ),
    row(&[c('p')], A::Pause, Scope::Views, "pause", "pause at the next step"),
    row(&[c('1')], A::Show(View::Overview), Scope::Views, "", VIEWS),
    row(&[c('2')], A::Show(View::Accuracy), Scope::Views, "", VIEWS),
    row(&[c('3')], A::Show(View::Robustness), Scope::Views, "", VIEWS),
    row(&[c('4')], A::Show(View::Roc), Scope::Views, "", VIEWS),
    row(&[c('5')], A::Show(View::Trials), Scope::Views, "", VIEWS),
    row(&[c('6')], A::Show(View::Findings), Scope::Views, "", VIEWS),
    row(&[c('7')], A::Show(View::Log), Scope::Views, "", VIEWS),
    row(&[c('8')], A::Show(View::Alignment), Scope::Views, "", VIEWS),
    row(&[c('9')], A::Show(View::Complexity), Scope::Views, "", VIEWS),
    row(&[c('J')], A::Show(View::Jobs), Scope::Views, "", JOBS),
    row(&[c('[')], A::StepView(-1), Scope::Views, "", VIEWS),
    row(&[c(']')], A::StepView(1), Scope::Views, "", VIEWS),
    row(
        &[Plain(K::Enter)],
        A::Open,
        Scope::In(&[View::Overview, View::Trials, View::Findings, View::Jobs]),
        "open",
        "open the selected configuration with its seeds, the selected claim",
    ),
    row(
        &[Plain(K::Esc)],
        A::Back,
        Scope::Views,
        "back",
        "back; in a view: follow the run again, clear the filter",
    ),
    row(&[c('/')], A::Filter, Scope::In(&[View::Trials, View::Jobs]), "filter", FILTER),
    row(&[c(',')], A::SortColumn, Scope::Tables, "sort", "sort by the next column"),
    row(&[c('.')], A::SortDirection, Scope::Tables, "reverse", "reverse the sort order"),
    row(&[c('v')], A::ToggleReading, Scope::In(&[View::Trials]), "rows", READING),
    // Possible only while the axes are zoomed, which the footer then says first.
    row(&[c('0')], A::FitAxis, GRID_VIEWS, "fit the axis", "fit the y axes to the data again, after a zoom"),
    row(&[c('t')], A::ToggleTask, GRID_VIEWS, "task", "the next task"),
    row(&[c('b')], A::CycleBand, GRID_VIEWS, "band", BAND),
    row(&[Plain(K::Tab)], A::StepPage(1), Scope::Opened, "page", PAGE),
    row(&[Plain(K::BackTab)], A::StepPage(-1), Scope::Opened, "", PAGE),
    row(&[c('b')], A::CycleBand, Scope::Opened, "band", BAND),
    row(&[c('v')], A::ToggleReading, Scope::Opened, "mean", READING),
    row(&[c('v')], A::ToggleReading, Scope::In(&[View::Accuracy]), "val/test", READING),
    row(&[c('v')], A::ToggleReading, Scope::In(&[View::Robustness, View::Alignment]), "mean", READING),
    row(&[c('v')], A::ToggleReading, Scope::In(&[View::Complexity]), "number", READING),
    row(&[c('y')], A::ToggleAxis, Scope::In(&[View::Accuracy, View::Complexity]), "axis", AXIS),
    row(
        &[Plain(K::Tab)],
        A::StepFusion(1),
        GRID_VIEWS,
        "fusion",
        "focus the next fusion or baseline, the one before: its band is shaded",
    ),
    row(
        &[Plain(K::BackTab)],
        A::StepFusion(-1),
        GRID_VIEWS,
        "",
        "focus the next fusion or baseline, the one before: its band is shaded",
    ),
    row(&[c('>')], A::Read(1), GRID_VIEWS, "read", READ),
    row(&[c('<')], A::Read(-1), GRID_VIEWS, "", READ),
    row(&[c('+'), c('=')], A::Zoom(1), GRID_VIEWS, "zoom", ZOOM),
    row(&[c('-')], A::Zoom(-1), GRID_VIEWS, "zoom", ZOOM),
    row(
        &[c('x')],
        A::StopConfiguration,
        Scope::Views,
        "stop one",
        "stop the selected configuration (asks if an epoch is done)",
    ),
    row(&[c('X')], A::StopSweep, Scope::Views, "stop all", "stop the sweep (asks)"),
    row(
        &[c('r')],
        A::RunAgain,
        Scope::Views,
        "again",
        "run the selected configuration again (asks where it has a result)",
    ),
    row(
        &[c('D')],
        A::Detach,
        Scope::Views,
        "detach",
        "detach: the sweep continues without a terminal (asks)",
    ),
    row(&[c('e')], A::Export, Scope::Views, "export", "export summary and figures now"),
    row(&[Plain(K::Left), c('h')], A::Move(D::Left), Scope::Views, "", MOVE),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Scope::Views, "", MOVE),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Scope::Views, "", MOVE),
    row(&[Plain(K::Right), c('l')], A::Move(D::Right), Scope::Views, "", MOVE),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Scope::Views, "", "a page up, a page down"),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Scope::Views, "", "a page up, a page down"),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Scope::Views, "", "the first, the last"),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Scope::Views, "", "the first, the last"),
    row(&[c('c')], A::Copy, Scope::Views, "copy", "copy the table of configurations or trials (OSC 52)"),
    row(
        &[c('f')],
        A::TogglePixels,
        Scope::Views,
        "",
        "charts in pixels, where the terminal shows pictures / in characters",
    ),
    row(&[c('m')], A::ToggleMouse, Scope::Views, "", "mouse on (points, scrolls) / off (selects text)"),
    row(
        &[c('i')],
        A::About,
        Scope::Views,
        "",
        "this run: grid, data, device, directory, the whole configuration",
    ),
    row(
        &[c('n')],
        A::Label,
        Scope::Views,
        "",
        "edit the run's name, note and tags, by which lists of runs are filtered",
    ),
    row(&[c('?'), Plain(K::F(1))], A::Help, Scope::Views, "help", "these keys"),
    row(&[c('q')], A::Quit, Scope::Views, "quit", "quit; asks first while a sweep runs"),
    row(&[Ctrl('c')], A::Quit, Scope::Everywhere, "", "quit; asks first while a sweep runs"),
    row(&[Ctrl('z')], A::Suspend, Scope::Everywhere, "", "suspend: training stops too, until `fg`"),
    row(&[Plain(K::Enter), c('y')], A::Accept, Scope::Confirm, "yes", "yes, to a question"),
    row(&[Plain(K::Esc), c('n'), c('q')], A::Back, Scope::Confirm, "no", "no, to a question"),
    row(&[Plain(K::Enter), Plain(K::Tab)], A::Accept, Scope::Filter, "keep", "keep the filter"),
    row(&[Plain(K::Esc)], A::Back, Scope::Filter, "clear", "clear the filter"),
    row(&[Plain(K::Enter)], A::Accept, Scope::Form, "Apply", "apply the changes to the study"),
    row(&[Plain(K::Esc)], A::Back, Scope::Form, "Cancel", "cancel: leave the study unchanged"),
    row(&[Plain(K::Tab), Plain(K::Down)], A::Move(D::Down), Scope::Form, "Next", FIELDS),
    row(&[Plain(K::BackTab), Plain(K::Up)], A::Move(D::Up), Scope::Form, "", FIELDS),
    row(&[Ctrl('n')], A::Choose(1), Scope::Form, "Choose", CHOICE),
    row(&[Ctrl('p')], A::Choose(-1), Scope::Form, "", CHOICE),
    row(&[Plain(K::Left)], A::Line(Edit::Left), Scope::Form, "", LETTER),
    row(&[Plain(K::Right)], A::Line(Edit::Right), Scope::Form, "", LETTER),
    row(&[CtrlArrow(K::Left)], A::Line(Edit::WordLeft), Scope::Form, "", WORD),
    row(&[CtrlArrow(K::Right)], A::Line(Edit::WordRight), Scope::Form, "", WORD),
    row(&[Alt('b')], A::Line(Edit::WordLeft), Scope::Form, "", ALSO_WORD),
    row(&[Alt('f')], A::Line(Edit::WordRight), Scope::Form, "", ALSO_WORD),
    row(&[Plain(K::Home), Ctrl('a')], A::Line(Edit::Start), Scope::Form, "", ENDS),
    row(&[Plain(K::End), Ctrl('e')], A::Line(Edit::End), Scope::Form, "", ENDS),
    row(&[Plain(K::Backspace)], A::Line(Edit::EraseLeft), Scope::Form, "", ERASE),
    row(&[Plain(K::Delete)], A::Line(Edit::EraseRight), Scope::Form, "", ERASE),
    row(&[Ctrl('w')], A::Line(Edit::EraseWord), Scope::Form, "", "erase the word before the cursor"),
    row(&[Ctrl('u')], A::Line(Edit::EraseToStart), Scope::Form, "Clear", CLEAR),
    row(&[Ctrl('k')], A::Line(Edit::EraseToEnd), Scope::Form, "", CLEAR),
    row(&[Plain(K::Enter)], A::Accept, Scope::Labels, "save", "save the labels"),
    row(&[Plain(K::Esc)], A::Back, Scope::Labels, "cancel", "leave the labels as they were"),
    row(&[Plain(K::Tab), Plain(K::Down)], A::Move(D::Down), Scope::Labels, "next", LABELS),
    row(&[Plain(K::BackTab), Plain(K::Up)], A::Move(D::Up), Scope::Labels, "", LABELS),
    row(&[Plain(K::Left)], A::Line(Edit::Left), Scope::Line, "", ""),
    row(&[Plain(K::Right)], A::Line(Edit::Right), Scope::Line, "", ""),
    row(&[CtrlArrow(K::Left), Alt('b')], A::Line(Edit::WordLeft), Scope::Line, "", ""),
    row(&[CtrlArrow(K::Right), Alt('f')], A::Line(Edit::WordRight), Scope::Line, "", ""),
    row(&[Plain(K::Home), Ctrl('a')], A::Line(Edit::Start), Scope::Line, "", ""),
    row(&[Plain(K::End), Ctrl('e')], A::Line(Edit::End), Scope::Line, "", ""),
    row(&[Plain(K::Backspace)], A::Line(Edit::EraseLeft), Scope::Line, "", ""),
    row(&[Plain(K::Delete)], A::Line(Edit::EraseRight), Scope::Line, "", ""),
    row(&[Ctrl('w')], A::Line(Edit::EraseWord), Scope::Line, "", ""),
    row(&[Ctrl('u')], A::Line(Edit::EraseToStart), Scope::Line, "erase", ""),
    row(&[Ctrl('k')], A::Line(Edit::EraseToEnd), Scope::Line, "", ""),
    row(
        &[Plain(K::Esc), c('?'), c('q'), c('d'), c('i'), Plain(K::F(1)), Plain(K::Enter)],
        A::Back,
        Scope::Help,
        "close",
        "",
    ),
    row(&[c('/')], A::Search, Scope::Help, "search", "search these keys"),
    row(&[Plain(K::Enter), Plain(K::Tab)], A::Accept, Scope::Search, "keep", ""),
    row(&[Plain(K::Esc)], A::Back, Scope::Search, "clear", ""),
    row(&[Plain(K::Backspace)], A::Erase, Scope::Search, "", ""),
    row(&[Plain(K::Up)], A::Move(D::Up), Scope::Search, "", ""),
    row(&[Plain(K::Down)], A::Move(D::Down), Scope::Search, "scroll", ""),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Scope::Help, "", ""),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Scope::Help, "scroll", ""),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Scope::Help, "", ""),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Scope::Help, "", ""),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Scope::Help, "", ""),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Scope::Help, "", ""),
];

/// Who has the keyboard now.
pub fn context(ui: &UiState) -> Context {
    match (ui.overlay, ui.view, ui.detail) {
        (Overlay::Help(_), ..) if ui.search.is_typed => Context::Search,
        (Overlay::Help(_) | Overlay::About(_) | Overlay::Health(_), ..) => Context::Help,
        (Overlay::Confirm(_), ..) => Context::Confirm,
        (Overlay::Filter, ..) => Context::Filter,
        (Overlay::Form, ..) => Context::Form,
        (Overlay::Labels, ..) => Context::Labels,
        (Overlay::None, View::Trials, Detail::Seeds(_)) => Context::Seeds,
        (Overlay::None, view, _) => Context::View(view),
    }
}

/// The keys that do something else on a cluster, with what they do there.
pub fn others_on_cluster() -> Vec<Binding<Action, Scope>> {
    let is_other = |binding: &&Binding<Action, Scope>| on_cluster::said(binding.action).is_some();
    BINDINGS.iter().filter(is_other).filter_map(on_cluster::binding).collect()
}

/// The lines of the help: of a run that is only looked at without what would change it, and of one on a cluster with what
/// keys do there.
pub fn helped(access: Access, is_on_cluster: bool) -> Vec<Binding<Action, Scope>> {
    let is_there = |binding: &&Binding<Action, Scope>| {
        !(access.is_read_only() && (binding.action.changes_the_run() || binding.scope == Scope::Labels))
    };
    let named = |binding: &Binding<Action, Scope>| match (is_on_cluster, binding.action) {
        (true, _) => on_cluster::binding(binding),
        (false, Action::Show(View::Jobs)) => None,
        (false, _) => Some(*binding),
    };
    BINDINGS.iter().filter(is_there).filter_map(named).collect()
}

impl Action {
    /// Whether it changes the run or its files, or asks the process that trains it for that.
    pub const fn changes_the_run(self) -> bool {
        matches!(
            self,
            Self::Start
                | Self::Pause
                | Self::StopConfiguration
                | Self::StopSweep
                | Self::RunAgain
                | Self::Export
                | Self::Detach
                | Self::Edit
                | Self::Label
        )
    }
}

/// What a key asks for where `context` has the keyboard.
pub fn action(context: Context, event: KeyEvent) -> Option<Action> {
    let bound = keymap::action(BINDINGS, context, event);
    match (bound, context, keymap::key_of(event)) {
        (
            None,
            Context::Filter | Context::Search | Context::Form | Context::Labels,
            Some(Plain(K::Char(letter))),
        ) => Some(Action::Type(letter)),
        (bound, ..) => bound,
    }
}

impl keymap::Scope for Scope {
    type Context = Context;

    fn holds(self, context: Context) -> bool {
        match self {
            Self::Everywhere => true,
            Self::Views => matches!(context, Context::View(_) | Context::Seeds),
            Self::In(views) => matches!(context, Context::View(view) if views.contains(&view)),
            Self::Help => context == Context::Help,
            Self::Confirm => context == Context::Confirm,
            Self::Filter => context == Context::Filter,
            Self::Search => context == Context::Search,
            Self::Form => context == Context::Form,
            Self::Opened => context == Context::Seeds,
            Self::Labels => context == Context::Labels,
            Self::Tables => matches!(context, Context::View(View::Trials | View::Jobs) | Context::Seeds),
            Self::Line => matches!(context, Context::Filter | Context::Labels),
        }
    }
}
