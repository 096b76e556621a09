//! Below which heading of the help the list's keys stand. What is named nowhere here is the program's.

use super::keys::Action;
use crate::chrome::Layer;
use crate::keymap::{Section, Sectioned};

impl Sectioned<Layer> for Action {
    fn section(self, _scope: Layer) -> Section {
        match self {
            Self::Open | Self::Mark | Self::Compare | Self::Unmark => Section::Tables,
            Self::Move(_) | Self::Point(_) => Section::Moving,
            _ => Section::Program,
        }
    }
}
