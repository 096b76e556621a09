//! Everything that a frame of the run screen shows.

use super::ui_state::UiState;
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
}
