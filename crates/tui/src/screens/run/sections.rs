//! Below which heading of the help the run screen's keys stand. What is named nowhere here is the program's.

use super::keymap::{Action, Scope};
use crate::keymap::{Section, Sectioned};

impl Sectioned<Scope> for Action {
    fn section(self, scope: Scope) -> Section {
        match (scope, self) {
            (Scope::Confirm | Scope::Filter | Scope::Form | Scope::Labels, _) => Section::Forms,
            (Scope::Tables, _) | (_, Self::Filter | Self::Copy) => Section::Tables,
            (
                _,
                Self::Start
                | Self::Pause
                | Self::StopConfiguration
                | Self::StopSweep
                | Self::RunAgain
                | Self::Export
                | Self::Detach
                | Self::Edit
                | Self::Health,
            ) => Section::Sweep,
            (_, Self::Show(_) | Self::StepView(_) | Self::Open | Self::Back | Self::About | Self::Label) => {
                Section::Views
            }
            (
                _,
                Self::StepFusion(_)
                | Self::ToggleTask
                | Self::CycleBand
                | Self::ToggleAxis
                | Self::ToggleReading
                | Self::Read(_)
                | Self::Zoom(_)
                | Self::FitAxis
                | Self::TogglePixels,
            ) => Section::Charts,
            (_, Self::Move(_) | Self::Point(_)) => Section::Moving,
            _ => Section::Program,
        }
    }
}
