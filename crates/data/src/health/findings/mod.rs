//! What of a health report needs attention, each with the key to set.

mod geometry;
mod labels;
mod rows;

use serde::Serialize;

use study::config::Config;

use super::Health;

/// How much a finding matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Level {
    /// Good to know.
    Note,
    /// Results would be read wrongly without knowing it.
    Warning,
    /// A sweep refuses it, or its results would mean nothing.
    Problem,
}

/// Something to know, and what to do about it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// How much it matters.
    pub level: Level,
    /// What was found, with its numbers.
    pub what: String,
    /// The key to set with its value, or what else to do.
    pub fix: String,
}

impl Level {
    /// As the report writes it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Problem => "problem",
        }
    }
}

impl Finding {
    fn new(level: Level, what: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { level, what: what.into(), fix: fix.into() }
    }
}

/// The findings, the worst first.
pub(super) fn of(health: &Health, config: &Config) -> Vec<Finding> {
    let mut findings = rows::of(health, config);
    findings.extend(geometry::of(health, config));
    findings.extend(labels::of(health, config));
    findings.sort_by_key(|finding| std::cmp::Reverse(finding.level));
    findings
}
