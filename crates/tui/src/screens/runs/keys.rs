//! The list's table of keys.

use crossterm::event::KeyCode as K;

use crate::chrome::{Layer, SearchKey as Search};
use crate::keymap::Key::{Alt, Ctrl, CtrlArrow, Plain};
use crate::keymap::{Binding, Direction as D, c, row};
use crate::widgets::line_editor::Edit;
use Action as A;

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Open the run under the cursor.
    Open,
    /// Mark it, or clear its mark.
    Mark,
    /// Compare the marked runs.
    Compare,
    /// Clear the filter; without one clear all marks.
    Back,
    /// Edit the run's labels.
    Label,
    /// Type a filter.
    Filter,
    /// Sort by the next column.
    SortColumn,
    /// Sort the other way.
    SortDirection,
    /// A letter of the filter or of a label.
    Type(char),
    /// Edit the filter or a label.
    Line(Edit),
    /// Keep the filter, save the labels.
    Accept,
    /// Clear the filter, leave the labels as they are.
    Cancel,
    /// To the label so many places on.
    Step(isize),
    /// Move the cursor, or scroll the help.
    Move(D),
    /// Put the cursor on this place.
    Point(usize),
    /// Show or hide the keys.
    Help,
    /// Search them.
    Search(Search),
    /// Give the mouse to the program, or back to the terminal.
    ToggleMouse,
    /// Leave.
    Quit,
    /// Suspend the program.
    Suspend,
}

const FILTER: &str = "filter runs, all terms have to match: words in name, data or tags; `tag=ablation state=running date>=2026-11-01 \
     note=noise`; of one configuration `fusion=product size>512 acc>=.8`";
const LABELS: &str = "the next label, the one before";
const LINE: &str =
    "in a filter or a label: to a letter, a word, an end; erase a letter, a word, up to an end";
const MOVE: &str = "move the cursor";
const SCREENS: &str = "ten runs up, ten runs down";
const ENDS: &str = "the first, the last";

/// The table, in the order of the help; the footer shows as many as fit, from the top.
pub const BINDINGS: &[Binding<Action, Layer>] = &[
    row(&[Plain(K::Enter)], A::Open, Layer::Screen, "open", "open the run under the cursor"),
    row(&[c(' ')], A::Mark, Layer::Screen, "mark", "mark the run under the cursor, or clear its mark"),
    row(&[c('c')], A::Compare, Layer::Screen, "compare", "show the marked runs side by side"),
    row(&[c('/')], A::Filter, Layer::Screen, "filter", FILTER),
    row(
        &[c('n')],
        A::Label,
        Layer::Changing,
        "label",
        "edit name, note and tags of the run under the cursor",
    ),
    row(&[c('n')], A::Label, Layer::ReadOnly, "", ""),
    row(&[c(',')], A::SortColumn, Layer::Screen, "sort", "sort by the next column"),
    row(&[c('.')], A::SortDirection, Layer::Screen, "reverse", "reverse the sort order"),
    row(&[Plain(K::Esc)], A::Back, Layer::Screen, "clear", "clear the filter, then all marks"),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Layer::Screen, "", MOVE),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Layer::Screen, "", MOVE),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Layer::Screen, "", SCREENS),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Layer::Screen, "", SCREENS),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Layer::Screen, "", ENDS),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Layer::Screen, "", ENDS),
    row(&[c('m')], A::ToggleMouse, Layer::Screen, "", "mouse on (points, scrolls) / off (selects text)"),
    row(&[c('?'), Plain(K::F(1))], A::Help, Layer::Screen, "help", "these keys"),
    row(&[c('q')], A::Quit, Layer::Screen, "quit", "quit"),
    row(&[Plain(K::Enter), Plain(K::Tab)], A::Accept, Layer::Filter, "keep", "keep the filter"),
    row(&[Plain(K::Esc)], A::Cancel, Layer::Filter, "clear", "clear the filter"),
    row(&[Plain(K::Enter)], A::Accept, Layer::Labels, "save", "save the labels"),
    row(&[Plain(K::Esc)], A::Cancel, Layer::Labels, "cancel", "leave the labels as they were"),
    row(&[Plain(K::Tab), Plain(K::Down)], A::Step(1), Layer::Labels, "next", LABELS),
    row(&[Plain(K::BackTab), Plain(K::Up)], A::Step(-1), Layer::Labels, "", LABELS),
    row(&[Plain(K::Left)], A::Line(Edit::Left), Layer::Line, "", LINE),
    row(&[Plain(K::Right)], A::Line(Edit::Right), Layer::Line, "", LINE),
    row(&[CtrlArrow(K::Left), Alt('b')], A::Line(Edit::WordLeft), Layer::Line, "", LINE),
    row(&[CtrlArrow(K::Right), Alt('f')], A::Line(Edit::WordRight), Layer::Line, "", LINE),
    row(&[Plain(K::Home), Ctrl('a')], A::Line(Edit::Start), Layer::Line, "", LINE),
    row(&[Plain(K::End), Ctrl('e')], A::Line(Edit::End), Layer::Line, "", LINE),
    row(&[Plain(K::Backspace)], A::Line(Edit::EraseLeft), Layer::Line, "", LINE),
    row(&[Plain(K::Delete)], A::Line(Edit::EraseRight), Layer::Line, "", LINE),
    row(&[Ctrl('w')], A::Line(Edit::EraseWord), Layer::Line, "", LINE),
    row(&[Ctrl('u')], A::Line(Edit::EraseToStart), Layer::Line, "erase", LINE),
    row(&[Ctrl('k')], A::Line(Edit::EraseToEnd), Layer::Line, "", LINE),
    row(&[Ctrl('c')], A::Quit, Layer::Everywhere, "", "quit"),
    row(&[Ctrl('z')], A::Suspend, Layer::Everywhere, "", "suspend, until `fg`"),
    row(&[Plain(K::Esc)], A::Search(Search::Clear), Layer::Help, "close", ""),
    row(&[c('?'), c('q'), Plain(K::F(1)), Plain(K::Enter)], A::Help, Layer::Help, "", ""),
    row(&[c('/')], A::Search(Search::Begin), Layer::Help, "search", "search these keys"),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Layer::Help, "", ""),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Layer::Help, "scroll", ""),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Layer::Help, "", ""),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Layer::Help, "", ""),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Layer::Help, "", ""),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Layer::Help, "", ""),
    row(&[Plain(K::Enter), Plain(K::Tab)], A::Search(Search::Keep), Layer::Search, "keep", ""),
    row(&[Plain(K::Esc)], A::Search(Search::Clear), Layer::Search, "clear", ""),
    row(&[Plain(K::Backspace)], A::Search(Search::Erase), Layer::Search, "", ""),
    row(&[Plain(K::Up)], A::Move(D::Up), Layer::Search, "", ""),
    row(&[Plain(K::Down)], A::Move(D::Down), Layer::Search, "scroll", ""),
];
