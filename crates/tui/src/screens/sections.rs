//! Below which heading of the help each screen's keys stand. What is named nowhere here is the program's.

use super::{compare, run, runs};
use crate::chrome::Layer;
use crate::keymap::{Section, Sectioned};

impl Sectioned<run::keymap::Scope> for run::keymap::Action {
    fn section(self, scope: run::keymap::Scope) -> Section {
        use run::keymap::Scope;
        match (scope, self) {
            (Scope::Confirm | Scope::Filter | Scope::Form, _) => Section::Forms,
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
            (_, Self::Show(_) | Self::StepView(_) | Self::Open | Self::Back | Self::About) => Section::Views,
            (
                _,
                Self::StepFusion(_)
                | Self::ToggleTask
                | Self::CycleBand
                | Self::ToggleAxis
                | Self::ToggleReading
                | Self::Read(_)
                | Self::Zoom(_)
                | Self::FitAxis,
            ) => Section::Charts,
            (_, Self::Move(_) | Self::Point(_)) => Section::Moving,
            _ => Section::Program,
        }
    }
}

impl Sectioned<Layer> for runs::keys::Action {
    fn section(self, _scope: Layer) -> Section {
        match self {
            Self::Open | Self::Mark | Self::Compare | Self::Unmark => Section::Tables,
            Self::Move(_) | Self::Point(_) => Section::Moving,
            _ => Section::Program,
        }
    }
}

impl Sectioned<Layer> for compare::keys::Action {
    fn section(self, _scope: Layer) -> Section {
        match self {
            Self::Show(_) | Self::Back => Section::Views,
            Self::StepFusion(_) | Self::ToggleTask | Self::ToggleSplit | Self::NextCondition => {
                Section::Charts
            }
            Self::Move(_) | Self::Point(_) => Section::Moving,
            _ => Section::Program,
        }
    }
}
