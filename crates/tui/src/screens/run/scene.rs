//! Everything that a frame of the run screen shows.

use super::ui_state::{Overlay, UiState};
use super::zoom::Zoom;
use crate::theme::Theme;
use monitor::model::Model;

/// Everything that a frame shows.
#[derive(Clone, Copy, Debug)]
pub struct Scene<'a> {
    /// The run.
    pub model: &'a Model,
    /// The view state.
    pub ui: &'a UiState,
    /// How it looks.
    pub theme: Theme,
    /// The run's name.
    pub title: &'a str,
}

impl Scene<'_> {
    /// Seeds that every configuration has when it is whole.
    pub fn seeds(&self) -> usize {
        self.model.run.header().map_or(0, |header| header.sweep.seeds.len())
    }

    /// Whether charts are drawn as pictures: below a box they are not, which would have to cut them.
    pub fn has_pictures(&self) -> bool {
        self.ui.pixels && matches!(self.ui.overlay, Overlay::None | Overlay::Filter)
    }

    /// How far the y axes of the charts on the screen are zoomed.
    pub fn zoom(&self) -> Zoom {
        self.ui.zoom.get(&self.ui.view).copied().unwrap_or_default()
    }
}
