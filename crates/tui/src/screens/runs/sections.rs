//! Below which heading of the help the list's keys stand. What is named nowhere here is the program's.

use super::keys::Action;
use crate::chrome::Layer;
use crate::keymap::{Section, Sectioned};

impl Sectioned<Layer> for Action {
    fn section(self, scope: Layer) -> Section {
        match (scope, self) {
            (Layer::Filter | Layer::Labels | Layer::Line, _) => Section::Forms,
            (
                _,
                Self::Open
                | Self::Mark
                | Self::Compare
                | Self::Back
                | Self::Filter
                | Self::Label
                | Self::SortColumn
                | Self::SortDirection,
            ) => Section::Tables,
            (_, Self::Move(_) | Self::Point(_)) => Section::Moving,
            _ => Section::Program,
        }
    }
}
