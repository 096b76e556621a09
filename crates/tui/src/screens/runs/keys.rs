//! The list's table of keys.

use crossterm::event::KeyCode as K;

use crate::chrome::Layer;
use crate::keymap::Key::{Ctrl, Plain};
use crate::keymap::{Binding, Direction as D, c, row};
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
    /// Clear all marks.
    Unmark,
    /// Move the cursor, or scroll the help.
    Move(D),
    /// Put the cursor on this place.
    Point(usize),
    /// Show or hide the keys.
    Help,
    /// Give the mouse to the program, or back to the terminal.
    ToggleMouse,
    /// Leave.
    Quit,
    /// Suspend the program.
    Suspend,
}

const MOVE: &str = "move the cursor";
const SCREENS: &str = "ten runs up, ten runs down";
const ENDS: &str = "the first, the last";

/// The table, in the order of the help; the footer shows as many as fit, from the top.
pub const BINDINGS: &[Binding<Action, Layer>] = &[
    row(&[Plain(K::Enter)], A::Open, Layer::Screen, "open", "open the run under the cursor"),
    row(&[c(' ')], A::Mark, Layer::Screen, "mark", "mark the run under the cursor, or clear its mark"),
    row(&[c('c')], A::Compare, Layer::Screen, "compare the marked", "show the marked runs side by side"),
    row(&[Plain(K::Esc)], A::Unmark, Layer::Screen, "clear marks", "clear all marks"),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Layer::Screen, "", MOVE),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Layer::Screen, "", MOVE),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Layer::Screen, "", SCREENS),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Layer::Screen, "", SCREENS),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Layer::Screen, "", ENDS),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Layer::Screen, "", ENDS),
    row(&[c('m')], A::ToggleMouse, Layer::Screen, "", "mouse on (points, scrolls) / off (selects text)"),
    row(&[c('?'), Plain(K::F(1))], A::Help, Layer::Screen, "help", "these keys"),
    row(&[c('q')], A::Quit, Layer::Screen, "quit", "quit"),
    row(&[Ctrl('c')], A::Quit, Layer::Everywhere, "", "quit"),
    row(&[Ctrl('z')], A::Suspend, Layer::Everywhere, "", "suspend, until `fg`"),
    row(&[Plain(K::Esc), c('?'), c('q'), Plain(K::F(1)), Plain(K::Enter)], A::Help, Layer::Help, "close", ""),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Layer::Help, "", ""),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Layer::Help, "scroll", ""),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Layer::Help, "", ""),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Layer::Help, "", ""),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Layer::Help, "", ""),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Layer::Help, "", ""),
];
