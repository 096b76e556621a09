//! The comparison's table of keys.

use crossterm::event::KeyCode as K;

use crate::chrome::{Layer, SearchKey as Search};
use crate::keymap::Key::{Ctrl, Plain};
use crate::keymap::{Binding, Direction as D, c, row};
use Action as A;

/// One way of seeing the runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum View {
    /// Accuracy against train size.
    Accuracy,
    /// Accuracy under noise.
    Robustness,
    /// ROC curves.
    Roc,
    /// The table of configurations.
    Results,
    /// Differences from the reference's, paired by seed.
    Paired,
    /// In what the runs' configurations differ.
    Configurations,
}

/// What a key asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// Show a view.
    Show(View),
    /// The fusion or baseline so many places on.
    StepFusion(isize),
    /// One fusion, or every one.
    ToggleAll,
    /// The next kind of band.
    CycleBand,
    /// The next run is the one that the others are compared with.
    NextReference,
    /// Real or synthetic.
    ToggleTask,
    /// Validation or test.
    ToggleSplit,
    /// Noise on the next modality.
    NextCondition,
    /// Move over sizes and rows, or scroll the help.
    Move(D),
    /// Put the cursor on this row.
    Point(usize),
    /// Leave for where the runs were chosen.
    Back,
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

const FUSION: &str = "the next fusion or baseline, the one before";
const VIEWS: &str = "accuracy against train rows, under noise, ROC; the tables of all results, of their differences \
                     paired by seed, of the configurations";
const SIZE: &str = "the train size before, the next one: of noise and ROC; configurations of more runs";
const ROWS: &str = "move through a table";
const REFERENCE: &str = "the next run is the reference: the others are compared with it";
const SCREENS: &str = "ten rows up, ten rows down";
const ENDS: &str = "the first, the last";

/// The table, in the order of the help; the footer shows as many as fit, from the top.
pub const BINDINGS: &[Binding<Action, Layer>] = &[
    row(&[c('2')], A::Show(View::Accuracy), Layer::Screen, "views", VIEWS),
    row(&[c('3')], A::Show(View::Robustness), Layer::Screen, "views", VIEWS),
    row(&[c('4')], A::Show(View::Roc), Layer::Screen, "views", VIEWS),
    row(&[c('5')], A::Show(View::Results), Layer::Screen, "views", VIEWS),
    row(&[c('6')], A::Show(View::Paired), Layer::Screen, "views", VIEWS),
    row(&[c('7')], A::Show(View::Configurations), Layer::Screen, "views", VIEWS),
    row(&[Plain(K::Tab)], A::StepFusion(1), Layer::Screen, "fusion", FUSION),
    row(&[Plain(K::BackTab)], A::StepFusion(-1), Layer::Screen, "", FUSION),
    row(&[Plain(K::Esc)], A::Back, Layer::Screen, "back", "back to the list of runs"),
    row(&[c('a')], A::ToggleAll, Layer::Screen, "all", "every fusion as a small chart / one fusion"),
    row(&[c('b')], A::CycleBand, Layer::Screen, "band", "band: std → 95 % interval → min–max → none"),
    row(&[c('r')], A::NextReference, Layer::Screen, "reference", REFERENCE),
    row(&[c('t')], A::ToggleTask, Layer::Screen, "task", "the next task"),
    row(&[c('v')], A::ToggleSplit, Layer::Screen, "val/test", "accuracy on the validation / the test split"),
    row(&[c('n')], A::NextCondition, Layer::Screen, "noise", "noise on text / image / both"),
    row(&[Plain(K::Left), c('h')], A::Move(D::Left), Layer::Screen, "size", SIZE),
    row(&[Plain(K::Right), c('l')], A::Move(D::Right), Layer::Screen, "size", SIZE),
    row(&[Plain(K::Down), c('j')], A::Move(D::Down), Layer::Screen, "", ROWS),
    row(&[Plain(K::Up), c('k')], A::Move(D::Up), Layer::Screen, "", ROWS),
    row(&[Plain(K::PageUp)], A::Move(D::PageUp), Layer::Screen, "", SCREENS),
    row(&[Plain(K::PageDown)], A::Move(D::PageDown), Layer::Screen, "", SCREENS),
    row(&[c('g'), Plain(K::Home)], A::Move(D::First), Layer::Screen, "", ENDS),
    row(&[c('G'), Plain(K::End)], A::Move(D::Last), Layer::Screen, "", ENDS),
    row(&[c('m')], A::ToggleMouse, Layer::Screen, "", "mouse on (points, scrolls) / off (selects text)"),
    row(&[c('?'), Plain(K::F(1))], A::Help, Layer::Screen, "help", "these keys"),
    row(&[c('q')], A::Quit, Layer::Screen, "quit", "quit"),
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
