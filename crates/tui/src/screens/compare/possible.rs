//! Which keys do something in a view of the comparison: the footer shows these.

use ratatui::layout::Rect;

use super::configurations::beyond;
use super::keys::{Action, View};
use super::look::{fusions, sizes, tasks};
use super::numbers;
use super::side::{Side, parts};
use crate::chrome::Layer;
use crate::keymap::{Binding, Direction};

/// A key's text in the footer of a screen of `area`; nothing where it does nothing.
pub(super) fn label(binding: &Binding<Action, Layer>, side: &Side<'_>, area: Rect) -> &'static str {
    match binding.action {
        action if !is_possible(action, side, area) => "",
        Action::Move(Direction::Left | Direction::Right) if side.looked.view == View::Configurations => {
            "more runs"
        }
        _ => binding.label,
    }
}

fn is_possible(action: Action, side: &Side<'_>, area: Rect) -> bool {
    let (view, models) = (side.looked.view, side.models());
    let is_chart = matches!(view, View::Accuracy | View::Robustness | View::Roc);
    match action {
        Action::StepFusion(_) | Action::ToggleAll => is_chart && fusions(&models).len() > 1,
        Action::CycleBand => is_chart,
        Action::ToggleTask => is_chart && tasks(&models).len() > 1,
        Action::NextReference => side.runs.len() > 1,
        Action::ToggleSplit => matches!(view, View::Accuracy | View::Paired),
        Action::NextCondition => view == View::Robustness,
        Action::Move(Direction::Left | Direction::Right) => match view {
            View::Robustness | View::Roc => sizes(&models).len() > 1,
            View::Accuracy => numbers::has_more_sizes(side, parts(area, side.runs.len())[1]),
            View::Configurations => beyond(side.differences, side.runs.len(), area.width) > 0,
            View::Results | View::Paired => false,
        },
        _ => true,
    }
}
