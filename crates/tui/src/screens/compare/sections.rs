//! Below which heading of the help the comparison's keys stand. What is named nowhere here is the program's.

use super::keys::Action;
use crate::chrome::Layer;
use crate::keymap::{Section, Sectioned};

impl Sectioned<Layer> for Action {
    fn section(self, _scope: Layer) -> Section {
        match self {
            Self::Show(_) | Self::Back => Section::Views,
            Self::StepFusion(_)
            | Self::ToggleAll
            | Self::CycleBand
            | Self::NextReference
            | Self::ToggleTask
            | Self::ToggleSplit
            | Self::NextCondition => Section::Charts,
            Self::Move(_) | Self::Point(_) => Section::Moving,
            _ => Section::Program,
        }
    }
}
